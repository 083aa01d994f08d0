//! Writing what a partner is to fetch, each about one thing once.

use super::facts::{self, Reply, Source};
use super::syntax::{self, Interchange, Segment, Written};
use super::{Direction, Kind, Partner, Problem, State, edifact_out, x12_out};
use crate::documents::ubl::{self, Said};
use crate::documents::{self, Document};
use crate::ids::{EdiMessageId, OrderId, PartnerId, ShipmentId};
use crate::orders;
use crate::schema::{edi_messages as messages, trading_partners as partners};
use crate::shipments;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::Event;
use kernel::{Conn, Error, Result, on_each};

/// What an outgoing message is about.
struct Out<'a> {
    partner: &'a Partner,
    kind: &'a str,
    /// The same for the same thing: it is written once.
    subject: String,
    number: &'a str,
    order: Option<OrderId>,
}

fn told(conn: &mut Conn, partner: PartnerId, subject: &str) -> Result<bool> {
    let before = messages::table
        .filter(messages::partner_id.eq(partner))
        .filter(messages::subject.eq(subject))
        .filter(messages::state.ne(State::Failed))
        .select(messages::id);
    let found: Option<i64> = on_each!(conn, c => before.first(c)).optional()?;
    Ok(found.is_some())
}

/// The next control number. The partner's row is locked to the end of the transaction.
fn next(conn: &mut Conn, partner: PartnerId) -> Result<i64> {
    let grown = partners::last_control.eq(partners::last_control + 1i64);
    let update = diesel::update(partners::table.find(partner)).set(grown).returning(partners::last_control);
    Ok(on_each!(conn, c => update.get_result(c))?)
}

/// Writes a message, unless there is one about the same.
fn put(conn: &mut Conn, out: &Out, body: &[Segment], now: Time) -> Result<()> {
    let Out { partner, kind, subject, number, order } = out;
    let control = next(conn, partner.id)?;
    // Asked behind the lock.
    if told(conn, partner.id, subject)? {
        return Ok(());
    }
    let (own, other) = (partner.own(), partner.partner());
    let raw = syntax::write(partner.kind, &Written { own: &own, partner: &other, control, kind, body, at: now });
    let row = (
        messages::partner_id.eq(partner.id),
        messages::direction.eq(Direction::Out),
        messages::kind.eq(*kind),
        messages::control.eq(Some(control.to_string())),
        messages::subject.eq(Some(subject.as_str())),
        messages::number.eq(*number),
        messages::raw.eq(raw),
        messages::state.eq(State::Ready),
        messages::order_id.eq(order),
        messages::at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(messages::table).values(row).execute(c))?;
    Ok(())
}

/// Says that an interchange was taken.
pub fn receipt(conn: &mut Conn, partner: &Partner, of: &Interchange, now: Time) -> Result<()> {
    let bodies = match partner.kind {
        Kind::X12 => x12_out::functional(of),
        _ => vec![edifact_out::contrl(of)],
    };
    let kind = match partner.kind {
        Kind::X12 => "997",
        _ => "CONTRL",
    };
    for (at, body) in bodies.iter().enumerate() {
        let out = Out { partner, kind, subject: format!("taken:{}:{at}", of.control), number: &of.control, order: None };
        put(conn, &out, body, now)?;
    }
    Ok(())
}

/// Says what becomes of a purchase order.
pub fn reply(conn: &mut Conn, partner: &Partner, reply: &Reply, subject: String, order: Option<OrderId>, now: Time) -> Result<()> {
    let (kind, body) = match partner.kind {
        Kind::X12 => ("855", x12_out::acknowledgment(reply)),
        _ => ("ORDRSP", edifact_out::ordrsp(partner, reply)),
    };
    put(conn, &Out { partner, kind, subject, number: &reply.purchase, order }, &body, now)
}

/// Says what an order is now.
pub fn confirm(conn: &mut Conn, source: &Source, order: OrderId, subject: String, now: Time) -> Result<()> {
    let order = orders::get(conn, order)?;
    let told = facts::confirmed(conn, source, &order, now)?;
    reply(conn, &source.partner, &told, subject, Some(order.id), now)
}

/// Whether the partner was told that a message of its became an order.
pub(crate) fn answered(conn: &mut Conn, partner: PartnerId, message: EdiMessageId) -> Result<bool> {
    told(conn, partner, &placed(message))
}

/// What the answer to a message that became an order is about.
pub fn placed(message: EdiMessageId) -> String {
    format!("placed:{message}")
}

/// Writes the invoices and credit notes of an order that were not written yet. One that cannot be is kept as failed and holds up nothing.
pub fn bills(conn: &mut Conn, source: &Source, order: OrderId, now: Time) -> Result<()> {
    for document in documents::of_order(conn, order)? {
        let subject = format!("document:{}", document.id);
        if told(conn, source.partner.id, &subject)? {
            continue;
        }
        if let Err(error) = bill(conn, source, &document, subject.clone(), now) {
            let why = match error {
                Error::Conflict(key) => key,
                Error::Unexpected(_) => "edi-bill-failed".to_string(),
                other => return Err(other),
            };
            failed(conn, source, &document, &subject, &why, now)?;
        }
    }
    Ok(())
}

fn bill_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::X12 => "810",
        _ => "INVOIC",
    }
}

fn bill(conn: &mut Conn, source: &Source, document: &Document, subject: String, now: Time) -> Result<()> {
    // Programs read codes; these words stand where a name has to be.
    let said = Said { terms: String::new(), discount: "Discount".into(), amount: "Amount".into(), exempt: String::new() };
    let model = ubl::model(document, &said)?;
    let bill = facts::billed(conn, source, document.order_id, model)?;
    let partner = &source.partner;
    let body = match partner.kind {
        Kind::X12 => x12_out::invoice(&bill),
        _ => edifact_out::invoic(partner, &bill),
    };
    let out = Out { partner, kind: bill_kind(partner.kind), subject, number: &document.label, order: Some(document.order_id) };
    put(conn, &out, &body, now)
}

/// Keeps that a document could not be written, once.
fn failed(conn: &mut Conn, source: &Source, document: &Document, subject: &str, why: &str, now: Time) -> Result<()> {
    let partner = source.partner.id;
    let before = messages::table
        .filter(messages::partner_id.eq(partner))
        .filter(messages::subject.eq(subject))
        .filter(messages::state.eq(State::Failed))
        .select(messages::id);
    let found: Option<i64> = on_each!(conn, c => before.first(c)).optional()?;
    if found.is_some() {
        return Ok(());
    }
    let row = (
        messages::partner_id.eq(partner),
        messages::direction.eq(Direction::Out),
        messages::kind.eq(bill_kind(source.partner.kind)),
        messages::subject.eq(Some(subject)),
        messages::number.eq(&document.label),
        messages::raw.eq(""),
        messages::state.eq(State::Failed),
        messages::error.eq(kernel::json::text(&[Problem::whole(why)])?),
        messages::order_id.eq(Some(document.order_id)),
        messages::at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(messages::table).values(row).execute(c))?;
    Ok(())
}

/// Called in the transaction that issues a document.
pub(crate) fn issued(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    match facts::source(conn, order)? {
        Some(source) => bills(conn, &source, order, now),
        None => Ok(()),
    }
}

/// Tells the partner that placed an order what becomes of it.
pub fn on_event(conn: &mut Conn, event: &Event, now: Time) -> Result<()> {
    let (order, subject) = match event {
        Event::OrderCancelled { order, .. } => (OrderId(*order), format!("cancelled:{order}")),
        Event::OrderEdited { order, edit } => (OrderId(*order), format!("edited:{edit}")),
        Event::ShipmentSent { order, shipment } => (OrderId(*order), format!("shipment:{shipment}")),
        _ => return Ok(()),
    };
    let Some(source) = facts::source(conn, order)? else { return Ok(()) };
    let Event::ShipmentSent { shipment, .. } = event else { return confirm(conn, &source, order, subject, now) };
    let (order, parcel) = (orders::get(conn, order)?, shipments::get(conn, ShipmentId(*shipment))?);
    let despatch = facts::despatched(conn, &source, &order, &parcel)?;
    let partner = &source.partner;
    let (kind, body) = match partner.kind {
        Kind::X12 => ("856", x12_out::ship_notice(&despatch)),
        _ => ("DESADV", edifact_out::desadv(partner, &despatch)),
    };
    put(conn, &Out { partner, kind, subject, number: &despatch.number, order: Some(order.id) }, &body, now)
}
