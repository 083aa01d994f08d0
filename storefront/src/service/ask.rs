//! Asking for something, and having it at once where the policy says so.

use super::policy::policy;
use super::remedy::{Remedy, answer, wanted};
use crate::ids::{OrderLineId, StoreId};
use crate::orders::{self, CancelReason, Order};
use crate::refunds;
use crm::email::Email;
use crm::tickets::{self, Asker, Author, Channel, Kind, New, NewLine, NewMessage, Outcome, Ticket, costs};
use kernel::clock::Time;
use kernel::error::{Fields, said};
use kernel::money::Money;
use kernel::web::format;
use kernel::{Conn, Error, Result};

/// What a buyer asks about an order.
#[derive(Clone, Debug)]
pub struct Ask {
    pub kind: Kind,
    pub units: Vec<(OrderLineId, i64)>,
    pub text: String,
    /// Unique to the form it came from, so that sending the form twice asks once.
    pub key: String,
    pub subject: String,
    /// The code of the language that they read.
    pub language: String,
    /// What they were offered and take.
    pub decided: Option<Decided>,
}

/// What was shown and is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    pub amount: i64,
    pub seen: i64,
}

/// Opens a ticket about an order; when something was `decided` it is done and the ticket solved in the same commit. `Conflict` when what
/// was shown is not what there is any more: nothing is written then. `Invalid` (field `quantity-…`) for more units than were ordered.
pub fn ask(conn: &mut Conn, order: &Order, ask: &Ask, now: Time) -> Result<Ticket> {
    let rule = policy(conn)?.rule(ask.kind);
    if !rule.offered {
        return Err(Error::NotFound);
    }
    let order = match ask.decided {
        // Against what the form saw first of all: the same form again finds its ticket before that.
        Some(_) => orders::lock(conn, order.id, now)?,
        None => order.clone(),
    };
    let lines = units(conn, &order, &ask.units)?;
    let words = if ask.text.trim().is_empty() && ask.decided.is_some() { ask.subject.clone() } else { ask.text.clone() };
    let new = New {
        kind: ask.kind,
        channel: Channel::Web,
        subject: ask.subject.clone(),
        asker: Asker { customer: Some(order.customer_id), email: Email::parse(&order.email, "email").ok(), ..Asker::default() },
        order: Some(order.id.0),
        lines,
        store: order.store_id.0,
        language: ask.language.clone(),
        call: None,
        queue: rule.queue,
        priority: rule.priority,
        message: NewMessage::text(words),
        logged_by: None,
        request_key: Some(format!("order:{}:{}", order.id, ask.key)),
    };
    let opened = tickets::open(conn, &new, now)?;
    let Some(decided) = ask.decided.filter(|_| opened.new) else { return Ok(opened.ticket) };
    // The row that numbers tickets is locked by now: no other request of this customer is decided at the same time.
    let offer = answer(conn, &order, ask.kind, &ask.units, now)?;
    let offer = offer.filter(|offer| offer.amount == decided.amount && offer.seen == decided.seen);
    let Some(offer) = offer else { return Err(Error::conflict("request-changed")) };
    let actor = Author::System.as_str();
    let amount = Money::new(offer.amount, order.currency()?);
    let (text, outcome) = match offer.remedy {
        Remedy::Cancel => {
            orders::cancel(conn, order.id, CancelReason::Customer, "customer", now)?;
            (said("request-did-cancel", &[("number", &order.number)]), Outcome::Cancelled)
        }
        Remedy::Refund => {
            let request = wanted(&ask.units, ask.kind.as_str());
            refunds::request(conn, order.id, &request, offer.amount, actor, now)?;
            costs::keep(conn, opened.ticket.id, offer.remedy.as_str(), amount, now)?;
            (said("request-did-refund", &[("amount", &format::money(amount))]), Outcome::Refunded)
        }
    };
    tickets::told_by_system(conn, opened.ticket.id, &text, offer.remedy.as_str(), actor, now)?;
    tickets::solve(conn, opened.ticket.id, outcome, actor, None, now)?;
    tickets::get(conn, opened.ticket.id)
}

/// The units as the ticket keeps them. `Invalid` for more than were ordered, `NotFound` for lines of other orders.
fn units(conn: &mut Conn, order: &Order, units: &[(OrderLineId, i64)]) -> Result<Vec<NewLine>> {
    let lines = orders::lines(conn, order.id)?;
    let (mut wrong, mut all) = (Fields::default(), Vec::new());
    for (at, (id, quantity)) in units.iter().enumerate() {
        let line = lines.iter().find(|line| line.id == *id).ok_or(Error::NotFound)?;
        let twice = units[..at].iter().any(|(before, _)| before == id);
        if twice || *quantity < 1 || *quantity > line.quantity {
            wrong.add(&format!("quantity-{id}"), "return-too-many");
        }
        all.push(NewLine { order_line_id: id.0, quantity: *quantity });
    }
    wrong.check()?;
    Ok(all)
}

/// Opens a ticket of somebody who asks something without an order, filed as the policy says.
pub fn question(conn: &mut Conn, store: StoreId, mut new: New, now: Time) -> Result<Ticket> {
    let rule = policy(conn)?.rule(new.kind);
    new.store = store.0;
    (new.queue, new.priority) = (rule.queue, rule.priority);
    Ok(tickets::open(conn, &new, now)?.ticket)
}
