//! A shopper's yes to staff changing their live cart. It is asked for from a ticket, given by whoever holds the cart and by nobody else, and
//! holds for this cart, this ticket and [`GIVEN_FOR`]. It ends at once when the shopper takes it back, and with the ticket.
//!
//! Whoever writes here holds the ticket first, then the consent, then the cart.

use super::{Cart, CartState, get, of_customer};
use crate::ids::{CartId, StoreId};
use crate::schema::{cart_changes, cart_consents as rows, carts};
use chrono::TimeDelta;
use crm::CustomerId;
use crm::tickets::{self, Agent, Author, Status, Ticket, TicketId, chat};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, words};

kernel::id!(ConsentId);

/// How long a question stands, and a yes.
pub const ASKED_FOR: TimeDelta = TimeDelta::hours(24);
pub const GIVEN_FOR: TimeDelta = TimeDelta::minutes(60);

words!(
    State {
        Asked = "asked",
        Given = "given",
        Refused = "refused",
        /// It was given and taken back.
        Withdrawn = "withdrawn",
        /// Nobody answered in time, the time of the yes is over, or another question took its place.
        Expired = "expired",
    }
);

words!(
    /// What a shopper says.
    Answer { Yes = "yes", No = "no", Withdraw = "withdraw" }
);

/// A question and what came of it, as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Consent {
    pub id: ConsentId,
    pub cart_id: CartId,
    pub ticket_id: TicketId,
    state: State,
    pub asked_by: String,
    pub asked_at: Time,
    pub ends_at: Time,
    pub answered_at: Option<Time>,
    /// How often staff changed the cart by it.
    pub changes: i64,
}

impl Consent {
    /// How it stands: what is past its time has expired, whether or not anybody wrote that down.
    pub fn state(&self, now: Time) -> State {
        match self.state {
            State::Asked | State::Given if self.ends_at <= now => State::Expired,
            state => state,
        }
    }
}

/// A consent. `NotFound` without one.
pub fn find(conn: &mut Conn, id: ConsentId) -> Result<Consent> {
    Ok(rows::table.find(id).select(Consent::as_select()).first(conn)?)
}

/// The live cart that a ticket knows of: that of the browser in which its chat goes on, else that of its customer in the ticket's store.
pub fn cart_of(conn: &mut Conn, ticket: &Ticket) -> Result<Option<Cart>> {
    let store = StoreId(ticket.store_id);
    if let Some(chat) = chat::of(conn, ticket.id)?
        && let Some(browser) = chat.browser()
        && chat.goes_on(ticket)
    {
        return of_browser(conn, browser, store);
    }
    match ticket.customer_id {
        Some(customer) => of_customer(conn, store, customer),
        None => Ok(None),
    }
}

fn of_browser(conn: &mut Conn, digest: &str, store: StoreId) -> Result<Option<Cart>> {
    Ok(carts::table
        .filter(carts::token_hash.eq(digest))
        .filter(carts::store_id.eq(store))
        .filter(carts::state.eq(CartState::Open))
        .select(Cart::as_select())
        .first(conn)
        .optional()?)
}

/// Asks the shopper in the ticket as it was at version `seen`. `Conflict` when the ticket is solved or knows no cart, or when the same was
/// asked and still stands.
pub fn ask(conn: &mut Conn, ticket: TicketId, seen: i64, agent: Agent, now: Time) -> Result<ConsentId> {
    let ticket = tickets::claim(conn, ticket, Some(seen), now)?;
    if ticket.status == Status::Solved {
        return Err(Error::conflict("cart-consent-solved"));
    }
    let cart = cart_of(conn, &ticket)?.ok_or_else(|| Error::conflict("cart-consent-no-cart"))?;
    if let Some(before) = open(conn, ticket.id)? {
        if before.cart_id == cart.id && before.state(now) != State::Expired {
            return Err(Error::conflict("cart-consent-stands"));
        }
        diesel::update(rows::table.find(before.id)).set(rows::state.eq(State::Expired)).execute(conn)?;
    }
    let row = (
        rows::cart_id.eq(cart.id),
        rows::ticket_id.eq(ticket.id),
        rows::asked_by.eq(agent.actor),
        rows::asked_at.eq(now),
        rows::ends_at.eq(now + ASKED_FOR),
    );
    let id: ConsentId = diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?;
    let message = tickets::told_by_system(conn, ticket.id, "request-cart-asked", "cart_asked", agent.actor, now)?;
    if !ticket.email.is_empty() {
        tickets::tell(conn, ticket.id, message, now)?;
    }
    Ok(id)
}

/// The question or yes of a ticket that nobody ended, even if its time is over.
fn open(conn: &mut Conn, ticket: TicketId) -> Result<Option<Consent>> {
    let own = rows::table.filter(rows::ticket_id.eq(ticket)).filter(rows::state.eq_any([State::Asked, State::Given]));
    Ok(own.select(Consent::as_select()).first(conn).optional()?)
}

/// Keeps what the shopper says who holds `cart`. To anybody else the question is `NotFound`. `Conflict` when it was answered otherwise, or
/// is over; the same answer twice is one.
pub fn answer(conn: &mut Conn, id: ConsentId, cart: CartId, answer: Answer, now: Time) -> Result<()> {
    let asked = find(conn, id)?;
    if asked.cart_id != cart {
        return Err(Error::NotFound);
    }
    let (from, to, said, what) = match answer {
        Answer::Yes => (State::Asked, State::Given, "request-cart-given", "cart_given"),
        Answer::No => (State::Asked, State::Refused, "request-cart-refused", "cart_refused"),
        Answer::Withdraw => (State::Given, State::Withdrawn, "request-cart-withdrawn", "cart_withdrawn"),
    };
    if asked.state(now) == to {
        return Ok(());
    }
    let ticket = tickets::standing(conn, asked.ticket_id)?;
    tickets::told_by_system(conn, ticket, said, what, Author::Customer.as_str(), now)?;
    let ends_at = if answer == Answer::Yes { now + GIVEN_FOR } else { asked.ends_at };
    let answered = diesel::update(rows::table.find(id).filter(rows::state.eq(from)).filter(rows::ends_at.gt(now)))
        .set((rows::state.eq(to), rows::ends_at.eq(ends_at), rows::answered_at.eq(now)))
        .execute(conn)?;
    if answered == 1 { Ok(()) } else { Err(Error::conflict("cart-consent-over")) }
}

/// The standing yes of a ticket, and its cart. `Conflict` says why there is none: it was not given, it is over, or the cart was ordered or
/// went into another one.
pub fn standing(conn: &mut Conn, ticket: &Ticket, now: Time) -> Result<(Consent, Cart)> {
    if ticket.merged_into.is_some() {
        return Err(Error::conflict("ticket-merged"));
    }
    if ticket.status == Status::Solved {
        return Err(Error::conflict("cart-consent-solved"));
    }
    let Some(last) = last(conn, ticket.id)? else { return Err(Error::conflict("cart-consent-missing")) };
    match last.state(now) {
        State::Given => {}
        State::Asked => return Err(Error::conflict("cart-consent-waiting")),
        State::Refused => return Err(Error::conflict("cart-consent-refused")),
        State::Withdrawn => return Err(Error::conflict("cart-consent-withdrawn")),
        State::Expired => return Err(Error::conflict("cart-consent-expired")),
    }
    let cart = get(conn, last.cart_id)?;
    match cart.state {
        CartState::Open => {}
        CartState::Placed => return Err(Error::conflict("cart-consent-placed")),
        CartState::Merged => return Err(Error::conflict("cart-consent-merged")),
    }
    // Whoever left the chat for the mailbox, or another customer who was put into the ticket, holds another cart.
    if cart_of(conn, ticket)?.is_none_or(|known| known.id != cart.id) {
        return Err(Error::conflict("cart-consent-missing"));
    }
    Ok((last, cart))
}

/// [`standing`], held to the end of the transaction: a shopper who takes it back comes before or after it. The ticket is held.
pub(super) fn hold(conn: &mut Conn, ticket: &Ticket, now: Time) -> Result<(Consent, Cart)> {
    let (consent, cart) = standing(conn, ticket, now)?;
    let given = rows::table.find(consent.id).filter(rows::state.eq(State::Given)).filter(rows::ends_at.gt(now));
    let held = diesel::update(given).set(rows::changes.eq(rows::changes + 1i64)).execute(conn)?;
    if held == 1 { Ok((consent, cart)) } else { Err(Error::conflict("cart-consent-withdrawn")) }
}

/// What was asked in a ticket last.
pub fn last(conn: &mut Conn, ticket: TicketId) -> Result<Option<Consent>> {
    let own = rows::table.filter(rows::ticket_id.eq(ticket)).order(rows::id.desc());
    Ok(own.select(Consent::as_select()).first(conn).optional()?)
}

/// The questions and the yes that stand about a cart, for whoever holds it.
pub fn of_cart(conn: &mut Conn, cart: CartId, now: Time) -> Result<Vec<Consent>> {
    let open =
        rows::table.filter(rows::cart_id.eq(cart)).filter(rows::state.eq_any([State::Asked, State::Given])).filter(rows::ends_at.gt(now));
    Ok(open.order(rows::id).select(Consent::as_select()).load(conn)?)
}

/// Everything that was asked of a customer, oldest first: about their carts, and in their tickets.
pub fn of_customer_ever(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Consent>> {
    let mut ids: Vec<ConsentId> = Vec::new();
    let about = rows::table.inner_join(carts::table.on(carts::id.eq(rows::cart_id))).filter(carts::customer_id.eq(customer));
    ids.extend(about.select(rows::id).load::<ConsentId>(conn)?);
    for some in tickets::ids_of_customer(conn, customer)?.chunks(TOGETHER) {
        ids.extend(rows::table.filter(rows::ticket_id.eq_any(some.to_vec())).select(rows::id).load::<ConsentId>(conn)?);
    }
    ids.sort_unstable();
    ids.dedup();
    let mut all = Vec::new();
    for some in ids.chunks(TOGETHER) {
        all.extend(rows::table.filter(rows::id.eq_any(some.to_vec())).order(rows::id).select(Consent::as_select()).load::<Consent>(conn)?);
    }
    Ok(all)
}

/// Rows of one statement.
const TOGETHER: usize = 500;

/// Takes away everything that was asked about carts, with what was changed by it.
pub(crate) fn forget(conn: &mut Conn, carts: &[CartId]) -> Result<()> {
    for some in carts.chunks(TOGETHER) {
        let own: Vec<ConsentId> = on_each!(conn, c => rows::table
            .filter(rows::cart_id.eq_any(some.to_vec()))
            .select(rows::id)
            .load(c))?;
        remove(conn, &own)?;
    }
    Ok(())
}

/// [`forget`] for somebody who is erased: what they bought, and what they asked, is told without it.
pub(crate) fn forget_person(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    let own: Vec<ConsentId> = of_customer_ever(conn, customer)?.into_iter().map(|one| one.id).collect();
    remove(conn, &own)
}

fn remove(conn: &mut Conn, ids: &[ConsentId]) -> Result<()> {
    for some in ids.chunks(TOGETHER) {
        diesel::delete(cart_changes::table.filter(cart_changes::consent_id.eq_any(some.to_vec()))).execute(conn)?;
        diesel::delete(rows::table.filter(rows::id.eq_any(some.to_vec()))).execute(conn)?;
    }
    Ok(())
}
