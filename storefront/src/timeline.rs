//! What the books of orders tell the timelines of customers: one activity for each entry of an order's history that a customer would
//! know of. The listener and the rebuilding are the same function, which adds what is missing.

use crate::ids::{CategoryId, OrderId, ProductId};
use crate::orders::{self, HistoryEntry};
use crate::shop::OWN_LANGUAGE;
use crate::{catalog, edits};
use crm::activities::{self, Activity, BOOKS, Entry, Kind};
use crm::surveys::{self, AnswerId};
use crm::{customers, journeys, segments};
use kernel::clock::Time;
use kernel::events::Event;
use kernel::mail::Mail;
use kernel::money::{Currency, Money};
use kernel::{Conn, Result};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Follows an event of an order, and the segments of its customer with it.
pub fn on_event(conn: &mut Conn, event: &Event, now: Time) -> Result<()> {
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
    let written = follow(conn, OrderId(order))?;
    let customer = orders::get(conn, OrderId(order))?.customer_id;
    segments::follow_events(conn, &[customer], &BY_ORDERS.map(Kind::as_str), now)?;
    // Of an event that is told, and not of books that are read anew.
    written.into_iter().try_for_each(|kind| journeys::told(conn, customer, kind.as_str(), Some(order), now))
}

/// What the history of an order tells.
const BY_ORDERS: [Kind; 8] = [
    Kind::OrderPlaced,
    Kind::OrderChanged,
    Kind::OrderCancelled,
    Kind::OrderPaid,
    Kind::OrderShipped,
    Kind::ReturnAsked,
    Kind::OrderReturned,
    Kind::OrderRefunded,
];

/// Adds what the timeline of an order's customer lacks of it, and answers the kinds; who was erased has none. Whoever calls it has the
/// customer's segments follow.
pub fn follow(conn: &mut Conn, order: OrderId) -> Result<Vec<Kind>> {
    let order = orders::get(conn, order)?;
    let mut written = Vec::new();
    if customers::erased(conn, order.customer_id)? {
        return Ok(written);
    }
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
        if activities::keep(conn, &activity)? {
            written.push(kind);
        }
    }
    Ok(written)
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
    let Some(customer) = customers::find_by_email(conn, &email)? else { return Ok(()) };
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

/// The entries as pages show them: with the names of what was looked at.
pub fn told(conn: &mut Conn, entries: &[Entry]) -> Result<Vec<Value>> {
    let of_product = |kind: Kind| matches!(kind, Kind::ProductViewed | Kind::CartChanged | Kind::WishListed | Kind::ReviewWritten);
    let about = |entry: &Entry| of_product(entry.kind).then_some(entry.subject).flatten();
    let products: Vec<ProductId> = entries.iter().filter_map(about).map(ProductId).collect();
    let titles = if products.is_empty() { HashMap::new() } else { catalog::titles(conn, &products)? };
    let tree =
        if entries.iter().any(|entry| entry.kind == Kind::CategoryViewed) { Some(catalog::categories(conn, OWN_LANGUAGE)?) } else { None };
    let answer = |entry: &Entry| (entry.kind == Kind::SurveyAnswered).then_some(entry.subject).flatten();
    let answers: Vec<AnswerId> = entries.iter().filter_map(answer).map(AnswerId).collect();
    let answers = if answers.is_empty() { HashMap::new() } else { surveys::scores(conn, &answers)? };
    let row = |entry: &Entry| {
        let (mut text, mut order) = (entry.detail.clone(), None);
        match entry.kind {
            Kind::ProductViewed | Kind::CartChanged | Kind::WishListed | Kind::ReviewWritten => {
                text = entry.subject.and_then(|id| titles.get(&ProductId(id)).cloned()).unwrap_or_default();
            }
            Kind::CategoryViewed => {
                let category = entry.subject.and_then(|id| tree.as_ref()?.get(CategoryId(id)));
                text = category.map(|category| category.name.clone()).unwrap_or_default();
            }
            Kind::OrderPlaced
            | Kind::OrderChanged
            | Kind::OrderCancelled
            | Kind::OrderPaid
            | Kind::OrderShipped
            | Kind::ReturnAsked
            | Kind::OrderReturned
            | Kind::OrderRefunded => order = Some(entry.detail.clone()),
            Kind::Searched
            | Kind::SignedIn
            | Kind::MailSent
            | Kind::ConsentSaid
            | Kind::NoteWritten
            | Kind::OfferGiven
            | Kind::TaskSet
            | Kind::TaskDone
            | Kind::Merged
            | Kind::Parted
            | Kind::CompanyJoined
            | Kind::CompanyLeft
            | Kind::SalesContact => {}
            Kind::SurveyAnswered => {
                if let Some((score, words)) = entry.subject.and_then(|id| answers.get(&AnswerId(id))) {
                    text = format!("{}: {score}/{} {words}", entry.detail, surveys::TOP).trim().to_string();
                }
            }
            Kind::QuoteAsked | Kind::QuoteOffered | Kind::QuoteAnswered => text = entry.detail.clone(),
            Kind::TicketOpened | Kind::TicketAnswered | Kind::TicketSolved => text = entry.detail.clone(),
        }
        json!({ "kind": entry.kind, "at": entry.happened_at, "text": text, "order": order, "amount": entry.amount() })
    };
    Ok(entries.iter().map(row).collect())
}
