//! Taking an interchange: each of its messages becomes an order, or a row that says why it did not, exactly once.

use super::facts::{self, Reply, Verdict};
use super::purchase::{self, Purchase};
use super::syntax::{self, Interchange};
use super::{Direction, Message, Partner, Problem, State, send};
use crate::address::Address;
use crate::buying;
use crate::carts::{self, Notice, Quote};
use crate::checkout::{self, PlaceError, Seen, Settlement};
use crate::company_accounts::{self, ACCOUNT};
use crate::ids::{CartId, EdiInterchangeId, EdiMessageId, OrderId, VariantId};
use crate::orders;
use crate::quick_order::{self, Rest, Row};
use crate::schema::{carts as cart_rows, edi_interchanges as interchanges, edi_messages as messages};
use crate::stores;
use crate::web::words::Words;
use crm::companies::{self, Buyer, May, Site};
use crm::customers;
use crm::email::Email;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::db::savepoint;
use kernel::error::said;
use kernel::{Conn, Error, Result, on_each, token};
use std::collections::BTreeSet;

/// What a placing is refused with when its problems are told by line.
const BY_LINE: &str = "edi-lines-refused";
/// The longest control number, those of group and message with it, and the characters of a kind that are kept.
const CONTROL: usize = 60;
const KIND: usize = 10;
/// Messages of one interchange: all of them are placed in one transaction.
const MOST: usize = 200;

/// What became of an interchange.
#[derive(Clone, Debug)]
pub enum Taken {
    /// Nothing of it was taken, for the reason of this key: it may come again under the same number.
    Unreadable(String),
    /// Its messages, those that had come before among them.
    Messages(Vec<Message>),
}

/// Takes an interchange of a partner, all in the caller's transaction. `words` are those that the partner is told reasons in. `Conflict`
/// when a control number stands on something else than the first time.
pub fn take(conn: &mut Conn, partner: &Partner, raw: &str, words: &Words, now: Time) -> Result<Taken> {
    let interchange = match read(partner, raw) {
        Ok(interchange) => interchange,
        Err(why) => {
            let (kept, first) = keep(conn, partner, raw, now)?;
            // Sent once more it is no other mistake.
            if first {
                let row = (
                    messages::partner_id.eq(partner.id),
                    messages::direction.eq(Direction::In),
                    messages::kind.eq(""),
                    messages::number.eq(""),
                    messages::raw.eq(""),
                    messages::state.eq(State::Unreadable),
                    messages::error.eq(kernel::json::text(&[Problem::whole(why)])?),
                    messages::at.eq(now),
                    messages::interchange_id.eq(Some(kept)),
                );
                on_each!(conn, c => diesel::insert_into(messages::table).values(row).execute(c))?;
            }
            return Ok(Taken::Unreadable(why.to_string()));
        }
    };
    let (kept, _) = keep(conn, partner, raw, now)?;
    let apart = syntax::apart(partner.kind, raw, &interchange);
    let (mut taken, mut fresh) = (Vec::with_capacity(interchange.messages.len()), false);
    for (at, part) in interchange.messages.iter().enumerate() {
        let control = interchange.control_of(part);
        let row = (
            messages::partner_id.eq(partner.id),
            messages::direction.eq(Direction::In),
            messages::kind.eq(part.kind.chars().take(KIND).collect::<String>()),
            messages::control.eq(Some(&control)),
            messages::number.eq(""),
            messages::raw.eq(apart.get(at).map_or(raw, String::as_str)),
            messages::state.eq(State::Refused),
            messages::at.eq(now),
            messages::interchange_id.eq(Some(kept)),
        );
        // Whoever sends the same at once waits here, and then finds it taken.
        let insert = diesel::insert_into(messages::table).values(row).on_conflict_do_nothing().returning(messages::id);
        let added: Option<EdiMessageId> = on_each!(conn, c => insert.get_result(c).optional())?;
        match added {
            Some(id) => {
                work(conn, partner, (&interchange, part), id, words, now)?;
                taken.push(super::message(conn, partner.id, id)?);
                fresh = true;
            }
            None => {
                let before = known(conn, partner, &control)?;
                let same = match before.interchange_id {
                    Some(id) => id == kept,
                    // One from before interchanges were kept by themselves; of who was erased the text is gone.
                    None => before.raw == raw || before.raw.is_empty(),
                };
                if !same {
                    return Err(Error::conflict("edi-control-reused"));
                }
                taken.push(before);
            }
        }
    }
    if fresh {
        send::receipt(conn, partner, &interchange, now)?;
    }
    Ok(Taken::Messages(taken))
}

/// Keeps what came, once; answers its row, and whether it is a new one.
fn keep(conn: &mut Conn, partner: &Partner, raw: &str, now: Time) -> Result<(EdiInterchangeId, bool)> {
    let digest = token::hash(raw);
    let row = (
        interchanges::partner_id.eq(partner.id),
        interchanges::digest.eq(&digest),
        interchanges::raw.eq(raw.replace('\0', "")),
        interchanges::at.eq(now),
    );
    let insert = diesel::insert_into(interchanges::table).values(row).on_conflict_do_nothing().returning(interchanges::id);
    let added: Option<EdiInterchangeId> = on_each!(conn, c => insert.get_result(c).optional())?;
    if let Some(id) = added {
        return Ok((id, true));
    }
    let before = interchanges::table
        .filter(interchanges::partner_id.eq(partner.id))
        .filter(interchanges::digest.eq(&digest))
        .select(interchanges::id);
    Ok((on_each!(conn, c => before.first(c))?, false))
}

/// Reads an interchange that is for us, from this partner. Fails with the key of a text.
fn read(partner: &Partner, raw: &str) -> Result<Interchange, &'static str> {
    if raw.contains('\0') {
        return Err(syntax::NONE);
    }
    let interchange = syntax::read(partner.kind, raw)?;
    if !partner.partner().is(&interchange.sender) || !partner.own().is(&interchange.recipient) {
        return Err("edi-other-party");
    }
    if interchange.messages.is_empty() {
        return Err(syntax::NONE);
    }
    if interchange.messages.len() > MOST {
        return Err("edi-too-many");
    }
    let controls: BTreeSet<String> = interchange.messages.iter().map(|part| interchange.control_of(part)).collect();
    let once = controls.len() == interchange.messages.len() && controls.iter().all(|control| control.chars().count() <= CONTROL);
    if once { Ok(interchange) } else { Err(syntax::DIFFERS) }
}

fn known(conn: &mut Conn, partner: &Partner, control: &str) -> Result<Message> {
    Ok(on_each!(conn, c => messages::table
        .filter(messages::partner_id.eq(partner.id))
        .filter(messages::direction.eq(Direction::In))
        .filter(messages::control.eq(control))
        .select(Message::as_select())
        .first(c))?)
}

/// Tries once more what was refused, or could not be written. `Conflict` when neither was.
pub fn again(conn: &mut Conn, partner: &Partner, id: EdiMessageId, words: &Words, now: Time) -> Result<()> {
    let message = super::message(conn, partner.id, id)?;
    match (message.state, message.order_id) {
        (State::Failed, Some(order)) => match facts::source(conn, order)? {
            Some(source) => send::bills(conn, &source, order, now),
            None => Err(Error::NotFound),
        },
        (State::Refused, _) => {
            // Locked to the end of the transaction: two people may try at once.
            let held = diesel::update(messages::table.find(id)).filter(messages::state.eq(State::Refused));
            if held.set(messages::error.eq("")).execute(conn)? == 0 {
                return Err(Error::conflict("edi-not-again"));
            }
            let interchange = read(partner, &message.raw).map_err(Error::conflict)?;
            let control = message.control.unwrap_or_default();
            let part = interchange.messages.iter().find(|part| interchange.control_of(part) == control).ok_or(Error::NotFound)?;
            work(conn, partner, (&interchange, part), id, words, now)
        }
        _ => Err(Error::conflict("edi-not-again")),
    }
}

/// Places the order of a message whose row is `id`, or writes there why not; the partner is told either way.
fn work(
    conn: &mut Conn,
    partner: &Partner,
    (interchange, part): (&Interchange, &syntax::Message),
    id: EdiMessageId,
    words: &Words,
    now: Time,
) -> Result<()> {
    let purchase = match purchase::read(partner.kind, interchange, part) {
        Ok(purchase) => purchase,
        Err(why) => return refuse(conn, partner, &Purchase::default(), id, &[Problem::whole(why)], words, now),
    };
    let number = messages::number.eq(&purchase.number);
    diesel::update(messages::table.find(id)).set(number).execute(conn)?;
    let mut problems = Vec::new();
    let placed = savepoint(conn, |conn| {
        if interchange.test {
            return Err(Error::conflict("edi-test"));
        }
        place(conn, partner, &purchase, &mut problems, now)
    });
    let order = match placed {
        Ok(order) => order,
        Err(Error::Conflict(why)) => {
            if why != BY_LINE {
                problems = vec![Problem::whole(why)];
            }
            return refuse(conn, partner, &purchase, id, &problems, words, now);
        }
        Err(Error::Invalid(fields)) => {
            let problems: Vec<Problem> = fields.0.into_values().map(Problem::whole).collect();
            return refuse(conn, partner, &purchase, id, &problems, words, now);
        }
        Err(error) => return Err(error),
    };
    let set = (messages::state.eq(State::Placed), messages::order_id.eq(Some(order)), messages::error.eq(""));
    diesel::update(messages::table.find(id)).set(set).execute(conn)?;
    let source = facts::Source { partner: partner.clone(), purchase };
    send::confirm(conn, &source, order, send::placed(id), now)?;
    // Its invoice may have been issued with it.
    send::bills(conn, &source, order, now)
}

fn refuse(
    conn: &mut Conn,
    partner: &Partner,
    purchase: &Purchase,
    id: EdiMessageId,
    problems: &[Problem],
    words: &Words,
    now: Time,
) -> Result<()> {
    let set = (messages::state.eq(State::Refused), messages::error.eq(kernel::json::text(&problems)?));
    diesel::update(messages::table.find(id)).set(set).execute(conn)?;
    // Without a number nobody would know what is refused.
    if purchase.number.is_empty() {
        return Ok(());
    }
    let mut reasons = Vec::with_capacity(problems.len());
    for one in problems {
        let why = words.get(&one.why);
        reasons.push(match one.line.as_str() {
            "" => why,
            line => words.with("edi-line", &[("line", line), ("code", &one.code), ("why", &why)])?,
        });
    }
    let shop = stores::shop(conn, partner.store_id)?;
    let reply = Reply {
        purchase: purchase.number.clone(),
        order: String::new(),
        at: now,
        verdict: Verdict::Refused,
        reasons,
        currency: shop.currency,
        items: Vec::new(),
    };
    send::reply(conn, partner, &reply, format!("refused:{id}"), None, now)
}

/// Makes a cart of a purchase order and places it on account, as the buyer would at the checkout.
fn place(conn: &mut Conn, partner: &Partner, purchase: &Purchase, problems: &mut Vec<Problem>, now: Time) -> Result<OrderId> {
    if let Some(before) = ordered(conn, partner, &purchase.number)? {
        return Err(Error::conflict(said("edi-ordered-before", &[("number", &orders::get(conn, before)?.number)])));
    }
    let buyer = companies::buyer(conn, partner.member_id)?.filter(|one| one.company == partner.company_id && one.may(May::Order));
    let Some(buyer) = buyer else { return Err(Error::conflict("company-may-not-order")) };
    let shop = stores::shop(conn, partner.store_id)?;
    if !purchase.currency.is_empty() && purchase.currency != shop.currency.code() {
        return Err(Error::conflict(said("edi-currency", &[("currency", &shop.currency.code())])));
    }
    let customer = customers::get(conn, buyer.customer)?;
    let cart = carts::create(conn, None, &shop, &customer.language, now)?;
    diesel::update(cart_rows::table.find(cart))
        .set((cart_rows::customer_id.eq(buyer.customer), cart_rows::member_id.eq(buyer.member)))
        .execute(conn)?;
    fill(conn, cart, purchase, problems, now)?;
    let site = site(conn, &buyer, &purchase.place)?;
    let billing = buying::billed_at(conn, &site)?.map(|site| Address::stored(&site.address)).transpose()?;
    let email = Email::parse(&customer.email, "email")?;
    carts::set_contact(conn, cart, &email, &Address::stored(&site.address)?, billing.as_ref(), &purchase.note, now)?;
    let day = purchase.requested_on.map(|day| day.to_string()).unwrap_or_default();
    let trade = buying::typed(Some(site.id), &purchase.number, "", &day, now)?;
    buying::set_trade(conn, cart, &buyer, &trade)?;
    let own = carts::get(conn, cart)?;
    if company_accounts::offer(conn, &own)?.is_none() {
        return Err(Error::conflict(company_accounts::NOT_OFFERED));
    }
    carts::set_payment_method(conn, cart, ACCOUNT, now)?;
    if let Some(rate) = carts::quote(conn, cart, now)?.rate {
        carts::set_shipping_rate(conn, cart, rate.id, now)?;
    }
    let quote = carts::quote(conn, cart, now)?;
    if quote.notices.contains(&Notice::NoDelivery) {
        return Err(Error::conflict("cart-no-delivery"));
    }
    if quote.blocked() {
        return Err(Error::conflict("checkout-changed"));
    }
    priced(conn, &quote, purchase, problems)?;
    let seen = Seen { version: quote.cart.version, total: quote.priced.total, due: quote.due() };
    let placed = checkout::place(conn, cart, seen, Settlement::After, now).map_err(|error| match error {
        PlaceError::Changed => Error::conflict("checkout-changed"),
        PlaceError::Incomplete(_) => Error::conflict("edi-incomplete"),
        PlaceError::NeedsApproval => Error::conflict("edi-needs-approval"),
        PlaceError::Other(error) => error,
    })?;
    Ok(placed.order)
}

/// The order that this purchase order was placed as before, under another control number.
fn ordered(conn: &mut Conn, partner: &Partner, number: &str) -> Result<Option<OrderId>> {
    let before = messages::table
        .filter(messages::partner_id.eq(partner.id))
        .filter(messages::number.eq(number))
        .filter(messages::direction.eq(Direction::In))
        .filter(messages::state.eq(State::Placed))
        .select(messages::order_id);
    let found: Option<Option<OrderId>> = on_each!(conn, c => before.first(c)).optional()?;
    Ok(found.flatten())
}

/// Puts all lines into the cart, or none.
fn fill(conn: &mut Conn, cart: CartId, purchase: &Purchase, problems: &mut Vec<Problem>, now: Time) -> Result<()> {
    let rows: Vec<Row> = purchase.lines.iter().map(|line| Row::typed(&line.code, &line.text)).collect();
    let added = quick_order::add(conn, cart, &rows, Rest::Refuse, now)?;
    let mut met: BTreeSet<VariantId> = BTreeSet::new();
    for (line, row) in purchase.lines.iter().zip(&added.rows) {
        // The answer is by line: two of one article could not be told apart.
        let twice = row.variant.as_ref().is_some_and(|variant| !met.insert(variant.id));
        let own = row.measure().unit;
        let other = line.unit.filter(|unit| row.variant.is_some() && *unit != own);
        let other = other.map(|unit| said("edi-unit", &[("line", &line.number), ("unit", &unit.as_str())]));
        let why = other.or_else(|| row.wrong.clone()).or_else(|| twice.then(|| "edi-line-twice".to_string()));
        if let Some(why) = why {
            problems.push(Problem { line: line.number.clone(), code: line.code.clone(), why });
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::conflict(BY_LINE)) }
}

/// The place that goods go to: named by its number or name, else the buyer's own or the first.
fn site(conn: &mut Conn, buyer: &Buyer, place: &str) -> Result<Site> {
    let sites = buying::sites_of(conn, buyer)?;
    let found = if place.is_empty() {
        sites.iter().find(|one| Some(one.id) == buyer.site).or(sites.first())
    } else {
        sites.iter().find(|one| one.id.to_string() == place || one.name.to_lowercase() == place.to_lowercase())
    };
    found.cloned().ok_or_else(|| Error::conflict(said("edi-place", &[("place", &place)])))
}

/// Compares the prices that the buyer expects with those of the cart, before tax: nobody pays more than they said.
fn priced(conn: &mut Conn, quote: &Quote, purchase: &Purchase, problems: &mut Vec<Problem>) -> Result<()> {
    let codes: Vec<String> = purchase.lines.iter().map(|line| line.code.clone()).collect();
    let coded = crate::catalog::coded(conn, &codes)?;
    for line in &purchase.lines {
        let Some(price) = line.price else { continue };
        let Some(crate::catalog::Coded::Variant(variant)) = coded.get(&line.code) else { continue };
        let own = quote.lines.iter().zip(&quote.priced.lines).find(|(one, _)| one.variant.id == *variant && one.gift.is_none());
        let Some((one, cost)) = own else { continue };
        let net = cost.total - cost.tax;
        if !price.bears(net, one.quantity, one.variant.measure, quote.currency) {
            let ours = facts::unit(net, one.quantity, one.variant.measure.per(), quote.currency);
            let why = said("edi-price", &[("price", &ours), ("currency", &quote.currency.code())]);
            problems.push(Problem { line: line.number.clone(), code: line.code.clone(), why });
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::conflict(BY_LINE)) }
}
