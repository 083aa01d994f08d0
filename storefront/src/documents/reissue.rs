//! The invoice of an order that was changed.

use super::issue::{next_edition, take_back};
use super::{Content, of_order};
use crate::ids::{OrderId, OrderLineId, RefundId};
use crate::orders::{self, Order, OrderLine};
use crate::payments;
use crate::refunds;
use crate::shop;
use kernel::clock::Time;
use kernel::money::scale;
use kernel::{Conn, Result};
use std::collections::HashMap;

/// Takes the invoice of an order back whole and issues another over what the order comes to now. Goods whose refund was credited before
/// are not invoiced again. The order has an invoice.
pub(crate) fn reissue(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    take_back(conn, order, "edited", now)?;
    let order = orders::get(conn, order)?;
    let lines = orders::lines(conn, order.id)?;
    let before = order.total;
    let (order, lines) = without_refunded(conn, order, lines)?;
    let shop = shop::get(conn)?;
    // What was paid for goods that are not invoiced again is no part of it.
    let paid = (payments::holding(conn, order.id, None)?.captured - (before - order.total)).max(0);
    let content = Content { paid, ..Content::invoice(&order, &lines, &shop)? };
    next_edition(conn, &order, &content, now)
}

/// Units, amount and tax.
type Part = (i64, i64, i64);

/// The order and its lines without what credit notes of refunds are about.
fn without_refunded(conn: &mut Conn, order: Order, lines: Vec<OrderLine>) -> Result<(Order, Vec<OrderLine>)> {
    let noted: Vec<RefundId> = of_order(conn, order.id)?.iter().filter_map(|one| one.refund_id).collect();
    let mut back: HashMap<OrderLineId, Part> = HashMap::new();
    let mut delivery = 0;
    for refund in refunds::of_order(conn, order.id)?.iter().filter(|refund| noted.contains(&refund.id)) {
        delivery += refund.shipping;
        for line in refunds::lines_of(conn, refund.id)? {
            let part = back.entry(line.order_line_id).or_default();
            *part = (part.0 + line.quantity, part.1 + line.amount, part.2 + line.tax);
        }
    }
    let included = order.prices_include_tax;
    let left = |mut line: OrderLine| {
        let (units, amount, tax) = back.get(&line.id).copied().unwrap_or_default();
        if units == 0 && amount == 0 {
            return Some(line);
        }
        line.quantity -= units;
        line.total -= amount;
        line.tax -= tax;
        line.subtotal = line.unit_price.saturating_mul(line.quantity);
        line.discount = (line.subtotal - line.total + if included { 0 } else { line.tax }).max(0);
        (line.quantity > 0 || line.total != 0).then_some(line)
    };
    let lines = lines.into_iter().filter_map(left).collect();
    let tax = scale(order.shipping_tax, delivery, order.shipping_gross().max(1));
    let net = if included { delivery } else { delivery - tax };
    let gone = delivery + back.values().map(|part| part.1).sum::<i64>();
    let order = Order { shipping: order.shipping - net, shipping_tax: order.shipping_tax - tax, total: order.total - gone, ..order };
    Ok((order, lines))
}
