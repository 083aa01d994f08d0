//! What outgoing messages tell, whichever syntax they are written in.

use super::purchase::{self, Purchase, Wanted};
use super::{Direction, Message, Partner, syntax};
use crate::address::Address;
use crate::catalog::{self, Coded};
use crate::documents::ubl::Ubl;
use crate::ids::OrderId;
use crate::orders::{self, Order, OrderLine, OrderStatus};
use crate::schema::edi_messages as messages;
use crate::shipments::{self, Shipment};
use crate::units::Measure;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money, scale};
use kernel::{Conn, Error, Result, on_each};

/// The purchase order that an order was placed from.
#[derive(Clone, Debug)]
pub struct Source {
    pub partner: Partner,
    pub purchase: Purchase,
}

/// An article of an order as the partner knows it. Amounts are minor units before tax, for all units.
#[derive(Clone, Debug)]
pub struct Item {
    /// The buyer's number of the line.
    pub number: String,
    pub sku: String,
    pub title: String,
    /// What the buyer asked for, and what it is now.
    pub asked: i64,
    pub quantity: i64,
    /// In what both are counted.
    pub measure: Measure,
    pub net: i64,
}

/// What becomes of a purchase order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    /// Other goods, or other quantities, than were asked for.
    Changed,
    Refused,
}

/// A confirmation, or a refusal.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What the buyer calls the order, and what the shop does; the latter is empty for one that was never placed.
    pub purchase: String,
    pub order: String,
    pub at: Time,
    pub verdict: Verdict,
    /// Why it was refused, by line; empty otherwise.
    pub reasons: Vec<String>,
    pub currency: Currency,
    pub items: Vec<Item>,
}

/// A parcel.
#[derive(Clone, Debug)]
pub struct Despatch {
    pub number: String,
    pub purchase: String,
    pub order: String,
    pub at: Time,
    pub carrier: String,
    pub tracking: String,
    pub to: Address,
    pub items: Vec<Item>,
}

/// An invoice or credit note.
#[derive(Clone, Debug)]
pub struct Bill {
    pub purchase: String,
    pub ubl: Ubl,
    /// The buyer's numbers of its lines; empty for what is no article of the order.
    pub numbers: Vec<String>,
}

/// The message that an order was placed by.
pub fn source(conn: &mut Conn, order: OrderId) -> Result<Option<Source>> {
    let found: Option<Message> = on_each!(conn, c => messages::table
        .filter(messages::order_id.eq(order))
        .filter(messages::direction.eq(Direction::In))
        .select(Message::as_select())
        .first(c))
    .optional()?;
    let Some(message) = found else { return Ok(None) };
    let partner = super::get(conn, message.partner_id)?;
    let purchase = match said(&partner, &message) {
        Some(purchase) => purchase,
        // Its text was forgotten with the person who ordered: only the number is left.
        None if message.raw.is_empty() => Purchase { number: message.number, ..Purchase::default() },
        None => return Err(Error::unexpected(format!("message {} does not read any more", message.id))),
    };
    Ok(Some(Source { partner, purchase }))
}

/// What a message that was read before says.
fn said(partner: &Partner, message: &Message) -> Option<Purchase> {
    let interchange = syntax::read(partner.kind, &message.raw).ok()?;
    let control = message.control.as_deref()?;
    let part = interchange.messages.iter().find(|part| interchange.control_of(part) == control)?;
    purchase::read(partner.kind, &interchange, part).ok()
}

/// The lines of an order by the buyer's numbers: what the buyer did not ask for is counted on behind them.
fn numbered(conn: &mut Conn, source: &Source, lines: &[OrderLine]) -> Result<Vec<(String, Option<Wanted>)>> {
    let wanted = &source.purchase.lines;
    let codes: Vec<String> = wanted.iter().map(|one| one.code.clone()).collect();
    let coded = catalog::coded(conn, &codes)?;
    let mut last = wanted.iter().filter_map(|one| one.number.parse::<i64>().ok()).max().unwrap_or(0);
    let mut found = Vec::with_capacity(lines.len());
    for line in lines {
        let named = |one: &&Wanted| match coded.get(&one.code) {
            Some(Coded::Variant(id)) => line.variant_id == Some(*id),
            _ => one.code.eq_ignore_ascii_case(&line.sku),
        };
        match wanted.iter().find(named) {
            Some(one) => found.push((one.number.clone(), Some(one.clone()))),
            None => {
                last += 1;
                found.push((last.to_string(), None));
            }
        }
    }
    Ok(found)
}

fn item(line: &OrderLine, (number, wanted): (String, Option<Wanted>), quantity: i64) -> Item {
    Item {
        number,
        sku: line.sku.clone(),
        title: line.title.clone(),
        asked: wanted.map_or(0, |one| one.steps(line.measure())),
        quantity,
        measure: line.measure(),
        net: scale(line.total - line.tax, quantity, line.quantity.max(1)),
    }
}

/// What an order is now beside what was asked for.
pub fn confirmed(conn: &mut Conn, source: &Source, order: &Order, now: Time) -> Result<Reply> {
    let lines = orders::lines(conn, order.id)?;
    let numbers = numbered(conn, source, &lines)?;
    let mut items: Vec<Item> = lines.iter().zip(numbers).map(|(line, number)| item(line, number, line.quantity)).collect();
    for gone in &source.purchase.lines {
        if items.iter().all(|item| item.number != gone.number) {
            let (number, sku) = (gone.number.clone(), gone.code.clone());
            let measure = gone.measure();
            items.push(Item { number, sku, title: String::new(), asked: gone.steps(measure), quantity: 0, measure, net: 0 });
        }
    }
    let verdict = match order.status {
        OrderStatus::Cancelled => Verdict::Refused,
        _ if items.iter().all(|item| item.asked == item.quantity) => Verdict::Accepted,
        _ => Verdict::Changed,
    };
    Ok(Reply {
        purchase: source.purchase.number.clone(),
        order: order.number.clone(),
        at: now,
        verdict,
        reasons: Vec::new(),
        currency: order.currency()?,
        items,
    })
}

pub fn despatched(conn: &mut Conn, source: &Source, order: &Order, parcel: &Shipment) -> Result<Despatch> {
    let lines = orders::lines(conn, order.id)?;
    let numbers = numbered(conn, source, &lines)?;
    let sent = shipments::lines_of(conn, parcel.id)?;
    let mut items = Vec::with_capacity(sent.len());
    for (line, number) in lines.iter().zip(numbers) {
        let units: i64 = sent.iter().filter(|(id, _)| *id == line.id).map(|(_, units)| units).sum();
        if units > 0 {
            items.push(item(line, number, units));
        }
    }
    Ok(Despatch {
        number: format!("{}-{}", order.number, parcel.id),
        purchase: source.purchase.number.clone(),
        order: order.number.clone(),
        at: parcel.shipped_at,
        carrier: parcel.carrier.clone(),
        tracking: parcel.tracking_number.clone(),
        to: order.shipping_address()?,
        items,
    })
}

pub fn billed(conn: &mut Conn, source: &Source, order: OrderId, ubl: Ubl) -> Result<Bill> {
    let lines = orders::lines(conn, order)?;
    let known = numbered(conn, source, &lines)?;
    let of = |sku: &str| lines.iter().zip(&known).find(|(line, _)| line.sku == sku).map(|(_, (number, _))| number.clone());
    let numbers = ubl.lines.iter().map(|line| if line.sku.is_empty() { String::new() } else { of(&line.sku).unwrap_or_default() });
    let numbers = numbers.collect();
    Ok(Bill { purchase: source.purchase.number.clone(), ubl, numbers })
}

/// Minor units as digits with a point.
pub fn amount(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).decimal()
}

/// What a unit costs when `quantity` steps come to `net`, of which a unit has `per`, with two more decimals than the currency has where it does not divide.
pub fn unit(net: i64, quantity: i64, per: i64, currency: Currency) -> String {
    let (net, quantity) = (net.saturating_mul(per), quantity.max(1));
    if net % quantity == 0 {
        return amount(net / quantity, currency);
    }
    let fine = scale(net, 100, quantity);
    let (whole, part) = amount(fine / 100, currency)
        .split_once('.')
        .map_or_else(|| (amount(fine / 100, currency), String::new()), |(whole, part)| (whole.to_string(), part.to_string()));
    let digits = format!("{part}{:02}", fine % 100);
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

/// Basis points as a percentage.
pub fn percent(rate_bp: i64) -> String {
    let digits = format!("{}.{:02}", rate_bp / 100, rate_bp % 100);
    digits.trim_end_matches('0').trim_end_matches('.').to_string()
}
