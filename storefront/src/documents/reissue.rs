//! The invoice of an order that was changed.

use super::issue::{credit_amount, next_edition, take_back};
use super::{Content, of_order};
use crate::company_accounts;
use crate::ids::{OrderId, OrderLineId, RefundId};
use crate::orders::{self, Order, OrderLine};
use crate::payments::{self, WishState};
use crate::refunds::{self, Refund};
use crate::shop;
use kernel::clock::Time;
use kernel::money::scale;
use kernel::{Conn, Result};
use std::collections::HashMap;

/// Takes the invoice of an order back whole and issues another over what the order comes to now. Goods whose refund was credited before
/// are not invoiced again. The order has an invoice.
pub(crate) fn reissue(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    again(conn, order, "edited", now)
}

/// Makes up for the credit note of a refund that failed afterwards: the invoice is taken back whole and issued again with the goods of the
/// refund on it. Does nothing for a refund that has no credit note.
pub(crate) fn uncredit_refund(conn: &mut Conn, refund: &Refund, now: Time) -> Result<()> {
    let noted = of_order(conn, refund.order_id)?.iter().any(|one| one.refund_id == Some(refund.id));
    if noted { again(conn, refund.order_id, "refund_failed", now) } else { Ok(()) }
}

fn again(conn: &mut Conn, order: OrderId, reason: &str, now: Time) -> Result<()> {
    take_back(conn, order, reason, now)?;
    let order = orders::get(conn, order)?;
    let lines = orders::lines(conn, order.id)?;
    let before = order.total;
    let (order, lines) = without_refunded(conn, order, lines)?;
    let shop = shop::get(conn)?;
    // What was paid for goods that are not invoiced again is no part of it.
    let paid = (payments::holding(conn, order.id, None)?.captured - (before - order.total)).max(0);
    let due_on = company_accounts::due_on(conn, order.id)?;
    let (deposit, deposit_due_on) = company_accounts::in_advance(conn, order.id)?;
    let content = Content { paid, due_on, deposit, deposit_due_on, ..Content::invoice(&order, &lines, &shop)? };
    next_edition(conn, &order, &content, now)?;
    let nameless = nameless(conn, order.id)?;
    if nameless > 0 { credit_amount(conn, order.id, nameless, now) } else { Ok(()) }
}

/// What was credited for refunds that name neither a line nor the delivery, and did not fail. No line says which goods are not to be
/// invoiced again, so that the amount is credited anew.
fn nameless(conn: &mut Conn, order: OrderId) -> Result<i64> {
    let noted: Vec<RefundId> = of_order(conn, order)?.iter().filter_map(|one| one.refund_id).collect();
    let mut sum = 0;
    for refund in refunds::of_order(conn, order)?.iter().filter(|one| noted.contains(&one.id) && one.state != WishState::Failed) {
        sum += if refunds::nameless(conn, refund)? { refund.amount } else { 0 };
    }
    Ok(sum)
}

/// Units, amount and tax.
type Part = (i64, i64, i64);

/// The order and its lines without what credit notes of refunds are about. A refund that failed took nothing away.
fn without_refunded(conn: &mut Conn, order: Order, lines: Vec<OrderLine>) -> Result<(Order, Vec<OrderLine>)> {
    let noted: Vec<RefundId> = of_order(conn, order.id)?.iter().filter_map(|one| one.refund_id).collect();
    let mut back: HashMap<OrderLineId, Part> = HashMap::new();
    let mut delivery = 0;
    for refund in refunds::of_order(conn, order.id)?.iter().filter(|refund| noted.contains(&refund.id) && refund.state != WishState::Failed)
    {
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
        line.subtotal = line.measure().amount(line.unit_price, line.quantity);
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
