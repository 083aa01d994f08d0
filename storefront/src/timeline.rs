//! What the books of orders tell the timelines of customers: one activity for each entry of an order's history that a customer would
//! know of. The listener and the rebuilding are the same function, which adds what is missing.

use crate::edits;
use crate::ids::OrderId;
use crate::orders::{self, HistoryEntry};
use crm::activities::{self, Activity, BOOKS, Kind};
use kernel::clock::Time;
use kernel::events::Event;
use kernel::mail::Mail;
use kernel::money::{Currency, Money};
use kernel::{Conn, Result};

/// Follows an event of an order.
pub fn on_event(conn: &mut Conn, event: &Event) -> Result<()> {
    let order = match event {
        Event::OrderPlaced { order }
        | Event::OrderCancelled { order, .. }
        | Event::OrderEdited { order, .. }
        | Event::PaymentSettled { order, .. }
        | Event::ShipmentSent { order, .. }
        | Event::RefundSettled { order, .. }
        | Event::ReturnChanged { order, .. } => *order,
        _ => return Ok(()),
    };
    follow(conn, OrderId(order))
}

/// Adds what the timeline of an order's customer lacks of it.
pub fn follow(conn: &mut Conn, order: OrderId) -> Result<()> {
    let order = orders::get(conn, order)?;
    let currency = Currency::parse(&order.currency);
    let first_total = edits::of_order(conn, order.id)?.iter().min_by_key(|edit| edit.id).map_or(order.total, |edit| edit.total_before);
    for entry in orders::history(conn, order.id)? {
        let Some(kind) = kind(&entry) else { continue };
        let activity = Activity {
            customer: Some(order.customer_id),
            trail: None,
            kind,
            at: entry.created_at,
            source: BOOKS,
            dedupe_key: &format!("history:{}", entry.id),
            subject: Some(order.id.0),
            amount: currency.and_then(|currency| Some(Money::new(amount(first_total, kind, &entry)?, currency))),
            detail: &order.number,
        };
        activities::record(conn, &activity)?;
    }
    Ok(())
}

fn kind(entry: &HistoryEntry) -> Option<Kind> {
    match entry.kind.as_str() {
        "placed" => Some(Kind::OrderPlaced),
        "edited" => Some(Kind::OrderChanged),
        "cancelled" => Some(Kind::OrderCancelled),
        "captured" | "payment_received" => Some(Kind::OrderPaid),
        "shipped" | "handed_over" => Some(Kind::OrderShipped),
        "return_requested" => Some(Kind::ReturnAsked),
        "return_received" => Some(Kind::OrderReturned),
        "refunded" => Some(Kind::OrderRefunded),
        _ => None,
    }
}

/// What moved, in minor units. `first_total` is what the order came to when it was placed.
fn amount(first_total: i64, kind: Kind, entry: &HistoryEntry) -> Option<i64> {
    match kind {
        Kind::OrderChanged | Kind::OrderPaid | Kind::OrderRefunded => entry.detail.parse().ok(),
        Kind::OrderPlaced => Some(first_total),
        _ => None,
    }
}

/// Keeps that a mail was handed over, if it went to a customer.
pub fn mailed(conn: &mut Conn, mail: &Mail, now: Time) -> Result<()> {
    let Ok(email) = crm::email::Email::parse(&mail.recipient, "email") else { return Ok(()) };
    let Some(customer) = crm::customers::find_by_email(conn, &email)? else { return Ok(()) };
    let sent = Activity {
        customer: Some(customer.id),
        trail: None,
        kind: Kind::MailSent,
        at: now,
        source: "mail",
        dedupe_key: &mail.id.to_string(),
        subject: Some(mail.id),
        amount: None,
        detail: &mail.subject,
    };
    activities::record(conn, &sent).map(drop)
}
