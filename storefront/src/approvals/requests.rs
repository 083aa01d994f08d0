//! Asking, answering and taking back.

use super::rules::{Standing, standing};
use super::{Answer, Approval, CHANGED, NOTE, State, WITHDRAWN, decide, gate, get, has_answered, open_of_cart, people, votes};
use crate::carts::{self, Cart, CartState, Quote};
use crate::checkout::{self, PlaceError, Seen, Settlement};
use crate::company_accounts::{self, ACCOUNT};
use crate::gateway::{Gateways, Record};
use crate::ids::{ApprovalId, OrderId};
use crate::schema::{approval_votes as vote_rows, approvals as rows};
use crate::stores;
use chrono::TimeDelta;
use crm::companies::Buyer;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::db::savepoint;
use kernel::error::said;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, on_each};

/// When those who did not answer are asked once more, without a deadline.
const REMINDER: TimeDelta = TimeDelta::hours(24);

/// What an answer led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Others have to answer as well.
    Waiting,
    Refused,
    /// The buyer places the order: they have to pay first, or it could not be placed at once.
    Approved,
    Placed(OrderId),
    /// The cart is not what was asked for any more.
    Void,
    Expired,
}

fn note(text: &str) -> Result<&str> {
    let text = text.trim();
    if text.chars().count() > NOTE { Err(Error::field("note", "field-too-long")) } else { Ok(text) }
}

/// Asks for the yes that a cart needs; asking twice for the same cart is asking once. `Conflict` when nothing has to be approved, or when
/// nobody could.
pub fn request(conn: &mut Conn, buyer: &Buyer, quote: &Quote, text: &str, now: Time) -> Result<ApprovalId> {
    let text = note(text)?;
    let asked = gate::asked(conn, buyer, quote, now)?;
    if asked.requirements.is_empty() {
        return Err(Error::conflict("approval-not-needed"));
    }
    if quote.blocked() {
        return Err(Error::conflict("checkout-changed"));
    }
    if let Some(open) = open_of_cart(conn, quote.cart.id)? {
        if gate::covers(&open, quote) && open.member_id == buyer.member {
            return Ok(open.id);
        }
        decide(conn, open.id, State::Void, CHANGED, now)?;
    }
    let colleagues = people::colleagues(conn, buyer.company)?;
    let able = people::able(&colleagues, &asked.requirements, buyer.member, &asked.scope.sites);
    for (requirement, able) in asked.requirements.iter().zip(&able) {
        if i64::try_from(able.len()).is_ok_and(|able| able < requirement.needed) {
            return Err(Error::conflict(said("approval-nobody", &[("name", &requirement.name)])));
        }
    }
    let expires_at = asked.deadline_hours.map(|hours| now + TimeDelta::hours(hours));
    let remind_at = asked.deadline_hours.map_or(now + REMINDER, |hours| now + (TimeDelta::hours(hours) / 2).min(REMINDER));
    let sites: Vec<String> = asked.scope.sites.iter().map(ToString::to_string).collect();
    let row = (
        rows::company_id.eq(buyer.company),
        rows::cart_id.eq(quote.cart.id),
        rows::cart_version.eq(quote.cart.version),
        rows::total.eq(quote.priced.total),
        rows::due.eq(quote.due()),
        rows::currency.eq(quote.currency.code()),
        rows::member_id.eq(buyer.member),
        rows::sites.eq(sites.join(" ")),
        rows::cost_centre.eq(&asked.scope.cost_centre),
        rows::requirements.eq(kernel::json::text(&asked.requirements)?),
        rows::note.eq(text),
        rows::created_at.eq(now),
        rows::expires_at.eq(expires_at),
        rows::remind_at.eq(remind_at),
    );
    let id: ApprovalId = diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?;
    events::record(conn, "approvals", &format!("asked:{id}"), &Event::ApprovalAsked { approval: id.0 }, now)?;
    Ok(id)
}

/// Locks a request that waits to the end of the transaction. `Conflict` when it does not wait any more.
fn lock(conn: &mut Conn, id: ApprovalId) -> Result<Approval> {
    let locked = diesel::update(rows::table.find(id)).set(rows::version.eq(rows::version + 1)).execute(conn)?;
    if locked == 0 {
        return Err(Error::NotFound);
    }
    let found = get(conn, id)?;
    if found.state == State::Waiting { Ok(found) } else { Err(Error::conflict("approval-decided")) }
}

/// Answers a request. The last yes that is needed places the order in this transaction, as it was asked for, unless it has to be paid for
/// in the browser. `Conflict` for the one who asked, for whoever has no say, and for a second answer.
pub fn vote(conn: &mut Conn, buyer: &Buyer, id: ApprovalId, yes: bool, text: &str, gateways: &Gateways, now: Time) -> Result<Outcome> {
    let text = note(text)?;
    let approval = super::seen_by(conn, buyer, id, now)?;
    if approval.member_id == buyer.member {
        return Err(Error::conflict("approval-own"));
    }
    if has_answered(conn, id, buyer.member)? {
        return Err(Error::conflict("approval-answered"));
    }
    // Asked again behind the lock: two people may answer at once.
    let approval = lock(conn, approval.id)?;
    if has_answered(conn, id, buyer.member)? {
        return Err(Error::conflict("approval-answered"));
    }
    let counts = people::may_answer(conn, buyer, &approval, now.date())?;
    if counts.is_empty() {
        return Err(Error::conflict("approval-not-yours"));
    }
    if approval.expires_at.is_some_and(|at| at <= now) {
        decide(conn, id, State::Expired, "", now)?;
        return Ok(Outcome::Expired);
    }
    let cart = carts::get(conn, approval.cart_id)?;
    if cart.state != CartState::Open || cart.version != approval.cart_version {
        decide(conn, id, State::Void, CHANGED, now)?;
        return Ok(Outcome::Void);
    }
    let places: Vec<String> = counts.iter().map(ToString::to_string).collect();
    let row = (
        vote_rows::approval_id.eq(id),
        vote_rows::member_id.eq(buyer.member),
        vote_rows::answer.eq(if yes { Answer::Yes } else { Answer::No }),
        vote_rows::counts.eq(places.join(" ")),
        vote_rows::note.eq(text),
        vote_rows::at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(vote_rows::table).values(row).execute(c))?;
    let answers: Vec<(bool, Vec<usize>)> = votes(conn, id)?.iter().map(super::Vote::counted).collect();
    match standing(&approval.requirements()?, &answers) {
        Standing::Waiting => Ok(Outcome::Waiting),
        Standing::Refused => {
            decide(conn, id, State::Refused, "", now)?;
            Ok(Outcome::Refused)
        }
        Standing::Approved => approved(conn, &approval, gateways, now),
    }
}

/// Approves a request and places its order, if nothing has to be paid in the browser.
fn approved(conn: &mut Conn, approval: &Approval, gateways: &Gateways, now: Time) -> Result<Outcome> {
    diesel::update(rows::table.find(approval.id)).set(rows::state.eq(State::Approved)).execute(conn)?;
    let cart = carts::get(conn, approval.cart_id)?;
    let mut told = String::new();
    if approval.due == 0 || at_once(conn, gateways, &cart)? {
        let seen = Seen { version: approval.cart_version, total: approval.total, due: approval.due };
        let placed = savepoint(conn, |conn| {
            checkout::place(conn, approval.cart_id, seen, Settlement::After, now).map_err(|error| match error {
                PlaceError::Other(error) => error,
                PlaceError::Changed | PlaceError::Incomplete(_) | PlaceError::NeedsApproval => Error::conflict(CHANGED),
            })
        });
        match placed {
            Ok(placed) => {
                let event = Event::ApprovalDecided { approval: approval.id.0, state: State::Placed.as_str().to_string() };
                events::record(conn, "approvals", &format!("placed:{}", approval.id), &event, now)?;
                diesel::update(rows::table.find(approval.id))
                    .set((rows::decided_at.eq(now), rows::remind_at.eq(None::<Time>)))
                    .execute(conn)?;
                return Ok(Outcome::Placed(placed.order));
            }
            Err(Error::Conflict(reason)) if reason == CHANGED => {
                decide(conn, approval.id, State::Void, CHANGED, now)?;
                return Ok(Outcome::Void);
            }
            // A limit or a budget has not enough left: the buyer learns why, and may place it later.
            Err(Error::Conflict(reason)) => told = reason,
            Err(error) => return Err(error),
        }
    }
    decide(conn, approval.id, State::Approved, &told, now)?;
    Ok(Outcome::Approved)
}

/// Whether a cart is paid so that nobody is needed at a browser, and can be so now. The account is that of the one who asked.
fn at_once(conn: &mut Conn, gateways: &Gateways, cart: &Cart) -> Result<bool> {
    let method = cart.payment_method.as_str();
    if method == ACCOUNT {
        return Ok(company_accounts::offer(conn, cart)?.is_some());
    }
    let shop = stores::shop(conn, cart.store_id)?;
    Ok(gateways.offered(&shop).iter().any(|gateway| gateway.name() == method && gateway.record() != Record::Provider))
}

/// Takes a request back; the cart stays.
pub fn withdraw(conn: &mut Conn, buyer: &Buyer, id: ApprovalId, now: Time) -> Result<()> {
    let found = get(conn, id)?;
    if found.company_id != buyer.company || found.member_id != buyer.member {
        return Err(Error::NotFound);
    }
    if decide(conn, id, State::Void, WITHDRAWN, now)? { Ok(()) } else { Err(Error::conflict("approval-decided")) }
}
