//! Asking for a return: what may come back, and the request.

use super::{Reason, Status, lines_of, of_order, stepped};
use crate::catalog::{self, VariantForSale};
use crate::ids::{OrderId, OrderLineId, ReturnId, VariantId};
use crate::orders::{self, Order, OrderLine, OrderStatus};
use crate::schema::{return_lines, returns};
use crate::{shipments, shop};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use std::collections::HashMap;

/// Longest comment of a buyer, in characters.
const COMMENT: usize = 1000;

/// How many units of a line may come back.
#[derive(Clone, Debug)]
pub struct Returnable {
    pub line: OrderLine,
    pub units: i64,
}

/// What the buyer wants to send back.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Unique to the form it came from, so that sending the form twice asks once.
    pub key: String,
    pub lines: Vec<WantedLine>,
    pub comment: String,
    /// Other goods in place of money.
    pub exchange: bool,
    /// Other variants in place of the units of some lines: only of the same product, and only of an exchange.
    pub instead: Vec<(OrderLineId, VariantId)>,
}

#[derive(Clone, Debug)]
pub struct WantedLine {
    pub line: OrderLineId,
    pub quantity: i64,
    pub reason: Reason,
}

/// The lines of which something may come back: units that were sent within the shop's days, less those that came back already, are
/// on their way back, or were refunded without a return. Empty when the shop takes nothing back.
pub fn returnable(conn: &mut Conn, order: &Order, now: Time) -> Result<Vec<Returnable>> {
    let days = shop::get(conn)?.return_days;
    if days == 0 || order.status == OrderStatus::Cancelled {
        return Ok(Vec::new());
    }
    let mut recent: HashMap<OrderLineId, i64> = HashMap::new();
    for shipment in shipments::of_order(conn, order.id)?.iter().filter(|sent| now - sent.shipped_at <= TimeDelta::days(days)) {
        for (line, units) in shipments::lines_of(conn, shipment.id)? {
            *recent.entry(line).or_default() += units;
        }
    }
    let lately = |one: Returnable| {
        let units = one.units.min(recent.get(&one.line.id).copied().unwrap_or(0));
        (units > 0).then_some(Returnable { units, ..one })
    };
    Ok(with_buyer(conn, order)?.into_iter().filter_map(lately).collect())
}

/// The lines of which the buyer has units, however long ago they were sent: less those that came back, are on their way back, or were
/// refunded without a return.
pub fn with_buyer(conn: &mut Conn, order: &Order) -> Result<Vec<Returnable>> {
    let mut back: HashMap<OrderLineId, (i64, i64)> = HashMap::new();
    for one in of_order(conn, order.id)?.iter().filter(|one| !matches!(one.status, Status::Declined | Status::Withdrawn)) {
        for line in lines_of(conn, one.id)? {
            let sum = back.entry(line.order_line_id).or_default();
            *sum = (sum.0 + line.quantity, sum.1 + line.refunded);
        }
    }
    let mut all = Vec::new();
    for line in orders::lines(conn, order.id)? {
        let (returned, refunded) = back.get(&line.id).copied().unwrap_or_default();
        // Units that were never sent are refunded as cancelled ones; the others came back without a return.
        let otherwise = (line.refunded - line.cancelled - refunded).max(0);
        let units = line.shipped - returned - otherwise;
        if units > 0 {
            all.push(Returnable { line, units });
        }
    }
    Ok(all)
}

/// Asks for a return. `Invalid` names the line of which fewer may come back.
pub fn request(conn: &mut Conn, order: OrderId, wanted: &Wanted, actor: &str, now: Time) -> Result<ReturnId> {
    let order = orders::lock(conn, order, now)?;
    let before: Option<(ReturnId, OrderId)> =
        returns::table.filter(returns::request_key.eq(&wanted.key)).select((returns::id, returns::order_id)).first(conn).optional()?;
    match before {
        Some((id, of)) if of == order.id => return Ok(id),
        Some(_) => return Err(Error::NotFound),
        None => {}
    }
    checked(wanted, &returnable(conn, &order, now)?)?;
    let count = of_order(conn, order.id)?.len() + 1;
    let id: ReturnId = diesel::insert_into(returns::table)
        .values((
            returns::number.eq(format!("{}-{count}", order.number)),
            returns::order_id.eq(order.id),
            returns::request_key.eq(&wanted.key),
            returns::status.eq(Status::Requested),
            returns::comment.eq(wanted.comment.trim()),
            returns::requested_at.eq(now),
            returns::exchange.eq(wanted.exchange),
        ))
        .returning(returns::id)
        .get_result(conn)?;
    for line in wanted.lines.iter().filter(|line| line.quantity > 0) {
        diesel::insert_into(return_lines::table)
            .values((
                return_lines::return_id.eq(id),
                return_lines::order_line_id.eq(line.line),
                return_lines::quantity.eq(line.quantity),
                return_lines::reason.eq(line.reason),
                return_lines::instead_id.eq(instead(conn, &order, wanted, line.line)?),
            ))
            .execute(conn)?;
    }
    stepped(conn, id, "return_requested", actor, now)?;
    Ok(id)
}

/// What the buyer would like in place of a line. Anything but another variant of the same product, on sale now, is passed over.
fn instead(conn: &mut Conn, order: &Order, wanted: &Wanted, line: OrderLineId) -> Result<Option<VariantId>> {
    let Some((_, variant)) = wanted.instead.iter().find(|(of, _)| *of == line && wanted.exchange) else { return Ok(None) };
    let choices = alternatives(conn, order, line)?;
    Ok(choices.into_iter().find(|choice| choice.id == *variant).map(|choice| choice.id))
}

/// The variants on sale of the product that a line is of, itself included: what it can be exchanged for most simply.
pub fn alternatives(conn: &mut Conn, order: &Order, line: OrderLineId) -> Result<Vec<VariantForSale>> {
    let lines = orders::lines(conn, order.id)?;
    let sold = lines.iter().find(|known| known.id == line);
    let Some((variant, measure)) = sold.and_then(|line| Some((line.variant_id?, line.measure()))) else { return Ok(Vec::new()) };
    let Some(product) = catalog::product_of(conn, variant)? else { return Ok(Vec::new()) };
    let currency = order.currency()?;
    let Some(product) = catalog::products(conn, &[product], currency)?.pop() else { return Ok(Vec::new()) };
    let ids: Vec<VariantId> = product.variants.iter().filter(|one| one.active).filter_map(|one| one.id).collect();
    let mut found = catalog::variants_for_sale(conn, &ids, currency, &order.language)?;
    // So much of one is as much of the other only where both are counted alike.
    found.retain(|one| one.measure.precision == measure.precision);
    Ok(found)
}

fn checked(wanted: &Wanted, returnable: &[Returnable]) -> Result<()> {
    let mut fields = Fields::default();
    let mut units = 0;
    for (at, line) in wanted.lines.iter().enumerate() {
        let most = returnable.iter().find(|one| one.line.id == line.line).map_or(0, |one| one.units);
        let twice = wanted.lines[..at].iter().any(|before| before.line == line.line);
        if twice || line.quantity < 0 || line.quantity > most {
            fields.add(&format!("quantity-{}", line.line), "return-too-many");
        }
        units += line.quantity.clamp(0, most);
    }
    if fields.0.is_empty() && units == 0 {
        fields.add("lines", "return-nothing");
    }
    if wanted.comment.chars().count() > COMMENT {
        fields.add("comment", "field-too-long");
    }
    fields.check()
}
