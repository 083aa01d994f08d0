//! The packing slip: what belongs into a parcel, or into all parcels of an order. It shows no price.
#![allow(clippy::float_arithmetic, reason = "places on paper")]

use super::paper::{Ink, LEFT, Paper, RIGHT, Side};
use crate::address::Address;
use crate::ids::ShipmentId;
use crate::orders::{self, Order};
use crate::shipments;
use crate::shop;
use crate::units::Measure;
use crate::web::shown::address_lines;
use crate::web::words::Words;
use kernel::clock::Time;
use kernel::web::format;
use kernel::{Conn, Error, Result};

const SIZE: f32 = 10.0;
const ITEM: f32 = 340.0;

/// Everything a slip shows.
#[derive(Clone, Debug)]
pub struct Slip {
    pub shop_name: String,
    pub seller: Vec<String>,
    pub order_number: String,
    pub placed_at: Time,
    pub to: Address,
    pub shipping_method: String,
    /// Carrier and tracking number of a parcel; empty for the slip of an order.
    pub tracking: String,
    /// What the customer wrote.
    pub note: String,
    pub lines: Vec<SlipLine>,
}

/// Units of an item to pack.
#[derive(Clone, Debug)]
pub struct SlipLine {
    pub title: String,
    pub options: String,
    pub sku: String,
    pub quantity: i64,
    /// Units of it in the whole order.
    pub ordered: i64,
    /// In what both are counted.
    pub measure: Measure,
}

fn about(conn: &mut Conn, order: &Order, lines: Vec<SlipLine>, tracking: String) -> Result<Slip> {
    let shop = shop::get(conn)?;
    Ok(Slip {
        seller: shop.imprint.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect(),
        shop_name: shop.name,
        order_number: order.number.clone(),
        placed_at: order.placed_at,
        to: order.shipping_address()?,
        shipping_method: order.shipping_method.clone(),
        tracking,
        note: order.note.clone(),
        lines,
    })
}

/// The slip of a whole order: every unit that was not cancelled.
pub fn of_order(conn: &mut Conn, order: &Order) -> Result<Slip> {
    let lines = orders::lines(conn, order.id)?.into_iter().filter(|line| line.requires_shipping && line.quantity > line.cancelled);
    let line = |line: orders::OrderLine| SlipLine {
        quantity: line.quantity - line.cancelled,
        ordered: line.quantity,
        measure: line.measure(),
        title: line.title,
        options: line.options,
        sku: line.sku,
    };
    let lines = lines.map(line).collect();
    about(conn, order, lines, String::new())
}

/// The slip of one parcel. That of another order is `NotFound`.
pub fn of_shipment(conn: &mut Conn, order: &Order, id: ShipmentId) -> Result<Slip> {
    let shipment = shipments::get(conn, id)?;
    if shipment.order_id != order.id {
        return Err(Error::NotFound);
    }
    let all = orders::lines(conn, order.id)?;
    let mut lines = Vec::new();
    for (id, quantity) in shipments::lines_of(conn, id)? {
        let Some(line) = all.iter().find(|line| line.id == id) else { continue };
        let (title, options, sku) = (line.title.clone(), line.options.clone(), line.sku.clone());
        lines.push((line.position, SlipLine { title, options, sku, quantity, ordered: line.quantity, measure: line.measure() }));
    }
    lines.sort_by_key(|(position, _)| *position);
    let tracking = [shipment.carrier, shipment.tracking_number].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    about(conn, order, lines.into_iter().map(|(_, line)| line).collect(), tracking)
}

/// The PDF of a slip.
pub fn slip(slip: &Slip, words: &Words) -> Result<Vec<u8>> {
    let mut paper = Paper::new()?;
    let title = words.with("document-slip-title", &[("number", &slip.order_number)])?;
    paper.put(LEFT, 52.0, 17.0, Ink::Black, Side::Left, &slip.shop_name);
    paper.rule_at(LEFT, 84.0);
    let sender = slip.seller.join(" · ");
    let sender = paper.wrap(&sender, 6.5, 230.0).into_iter().next().unwrap_or_default();
    paper.put(LEFT, 112.0, 6.5, Ink::Grey, Side::Left, &sender);
    let left = paper.block(LEFT, 126.0, 230.0, 11.0, Ink::Black, &address_lines(&slip.to, words.language));
    let mut y = 126.0;
    let rows = [
        (words.get("document-order"), slip.order_number.clone()),
        (words.get("document-order-date"), format::date(slip.placed_at.date(), words.language)),
        (words.get("document-method"), slip.shipping_method.clone()),
        (words.get("document-tracking"), slip.tracking.clone()),
    ];
    for (label, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        paper.put(330.0, y, 9.0, Ink::Grey, Side::Left, &label);
        y = paper.block(430.0, y, RIGHT - 430.0, 9.0, Ink::Black, &[value]);
    }
    paper.y = left.max(y).max(210.0) + 24.0;
    let at = paper.y;
    paper.put(LEFT, at, 17.0, Ink::Black, Side::Left, &title);
    paper.y += 32.0;
    columns(&mut paper, words);
    for line in &slip.lines {
        row(&mut paper, line, words)?;
    }
    if !slip.note.is_empty() {
        paper.y += 12.0;
        paper.paragraph(9.0, Ink::Grey, &words.get("document-note"));
        for text in slip.note.lines() {
            paper.paragraph(SIZE, Ink::Black, text);
        }
    }
    paper.finish(&title, &slip.seller, |page, pages| {
        words.with("document-page", &[("page", &page.to_string()), ("pages", &pages.to_string())])
    })
}

fn columns(paper: &mut Paper, words: &Words) {
    let y = paper.y;
    paper.put(LEFT + 60.0, y, 8.0, Ink::Grey, Side::Left, &words.get("document-item"));
    paper.put(LEFT + 40.0, y, 8.0, Ink::Grey, Side::Right, &words.get("document-units"));
    paper.put(RIGHT, y, 8.0, Ink::Grey, Side::Right, &words.get("document-sku"));
    paper.y += 14.0;
    paper.rule(LEFT, Ink::Black);
}

fn row(paper: &mut Paper, line: &SlipLine, words: &Words) -> Result<()> {
    let titles = paper.wrap(&line.title, SIZE, ITEM - 60.0);
    let mut notes = Vec::new();
    if !line.options.is_empty() {
        notes.extend(paper.wrap(&line.options, 8.0, ITEM - 60.0));
    }
    if line.ordered != line.quantity {
        notes.push(words.with("document-of-ordered", &[("count", &line.measure.printed(line.ordered))])?);
    }
    if paper.make_room(titles.len() as f32 * 14.0 + notes.len() as f32 * 11.2 + 8.0) {
        columns(paper, words);
    }
    let y = paper.y;
    paper.put(LEFT + 40.0, y, SIZE, Ink::Black, Side::Right, &line.measure.printed(line.quantity));
    let skus = paper.wrap(&line.sku, 9.0, 110.0);
    let mut at = y;
    for sku in &skus {
        paper.put(RIGHT, at, 9.0, Ink::Grey, Side::Right, sku);
        at += 12.6;
    }
    let under = paper.block(LEFT + 60.0, y, ITEM - 58.0, SIZE, Ink::Black, &titles);
    let end = paper.block(LEFT + 60.0, under, ITEM - 58.0, 8.0, Ink::Grey, &notes);
    paper.y = end.max(at) + 4.0;
    paper.rule(LEFT, Ink::Light);
    Ok(())
}
