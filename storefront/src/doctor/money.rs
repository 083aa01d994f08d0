//! Money: orders, payments, refunds, and what the crm remembers of them.

use super::{Finding, each_order};
use crate::disputes::Movement;
use crate::ids::{OrderLineId, PaymentId};
use crate::orders::{self, OrderStatus};
use crate::payments::{self, WishState};
use crate::schema::{captures, disputed_funds, order_lines, payments as payment_rows, refund_lines, refunds as refund_rows};
use crate::{margins, refunds};
use crm::disputes::DisputeId;
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::BTreeMap;

pub fn order_totals(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    each_order(conn, |conn, order| {
        finding.checked += 1;
        let lines = orders::lines(conn, order.id)?;
        let sum = |of: fn(&orders::OrderLine) -> i64| lines.iter().map(of).sum::<i64>();
        let name = |what: &str| format!("order {}, {what}", order.number);
        finding.expect_equal(|| name("subtotal"), order.subtotal, sum(|line| line.subtotal));
        finding.expect_equal(|| name("discount"), order.discount, sum(|line| line.discount));
        finding.expect_equal(|| name("tax"), order.tax, sum(|line| line.tax) + order.shipping_tax);
        finding.expect_equal(|| name("total"), order.total, sum(|line| line.total) + order.shipping_gross());
        for line in &lines {
            let before_tax = line.total - if order.prices_include_tax { 0 } else { line.tax };
            finding.expect_equal(|| name(&format!("line {}", line.position)), before_tax, line.subtotal - line.discount);
        }
        let of_lines: i64 = orders::adjustments(conn, order.id)?.iter().filter(|a| a.order_line_id.is_some()).map(|a| -a.amount).sum();
        finding.expect_equal(|| name("adjustments"), of_lines, order.discount);
        Ok(())
    })
}

pub fn statuses(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    each_order(conn, |conn, order| {
        finding.checked += 1;
        let lines = orders::lines(conn, order.id)?;
        let sums = payments::sums(conn, order.id)?;
        let derived = orders::derive(order, &lines, &sums);
        let stored = (order.status, order.payment_status, order.fulfilment_status);
        finding.expect_equal(|| format!("order {}, statuses", order.number), stored, derived);
        Ok(())
    })
}

pub fn payments(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let taken: Vec<(PaymentId, i64)> =
        captures::table.filter(captures::state.eq(WishState::Settled)).select((captures::payment_id, captures::amount)).load(conn)?;
    let given: Vec<(PaymentId, i64)> = refund_rows::table
        .filter(refund_rows::state.ne(WishState::Failed))
        .select((refund_rows::payment_id, refund_rows::amount))
        .load(conn)?;
    let (taken, given) = (summed(taken), summed(given));
    let rows: Vec<(PaymentId, i64, i64, i64)> = payment_rows::table
        .select((payment_rows::id, payment_rows::authorised, payment_rows::captured, payment_rows::refunded))
        .load(conn)?;
    for (id, authorised, captured, refunded) in rows {
        finding.checked += 1;
        finding.expect_equal(|| format!("payment {id}, captured"), captured, taken.get(&id).copied().unwrap_or(0));
        finding.expect_equal(|| format!("payment {id}, refunded"), refunded, given.get(&id).copied().unwrap_or(0));
        if captured > authorised || refunded > captured {
            finding.problems.push(format!("payment {id}: authorised {authorised}, captured {captured}, refunded {refunded}"));
        }
    }
    Ok(())
}

/// What banks took: payments and disputes say what the movements sum to.
pub fn disputed(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let rows: Vec<(Option<PaymentId>, DisputeId, i64)> = disputed_funds::table
        .filter(disputed_funds::kind.ne(Movement::Fee))
        .select((disputed_funds::payment_id, disputed_funds::dispute_id, disputed_funds::amount))
        .load(conn)?;
    let of_payments = summed(rows.iter().filter_map(|(payment, _, amount)| payment.map(|payment| (payment, *amount))).collect());
    let of_disputes = summed(rows.iter().map(|(_, dispute, amount)| (*dispute, *amount)).collect());
    for (id, sum) in of_disputes {
        finding.checked += 1;
        let dispute = crm::disputes::get(conn, id)?;
        finding.expect_equal(|| format!("dispute {}, taken", dispute.number), dispute.given, sum.max(0));
        if sum > dispute.amount {
            finding.problems.push(format!("dispute {}: {sum} taken of {}", dispute.number, dispute.amount));
        }
    }
    let stored: Vec<(PaymentId, i64)> =
        payment_rows::table.filter(payment_rows::taken.ne(0)).select((payment_rows::id, payment_rows::taken)).load(conn)?;
    finding.checked += u64::try_from(of_payments.len().max(stored.len())).unwrap_or(0);
    let made: BTreeMap<PaymentId, i64> = of_payments.into_iter().filter(|(_, sum)| *sum != 0).collect();
    finding.expect_equal(|| "taken by banks, by payment".into(), stored.into_iter().collect(), made);
    Ok(())
}

pub fn refunded_lines(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let failed = refund_rows::table.filter(refund_rows::state.eq(WishState::Failed)).select(refund_rows::id);
    let rows: Vec<(OrderLineId, i64)> = refund_lines::table
        .filter(refund_lines::refund_id.ne_all(failed))
        .select((refund_lines::order_line_id, refund_lines::quantity))
        .load(conn)?;
    let units = summed(rows);
    let stored: Vec<(OrderLineId, i64)> =
        order_lines::table.filter(order_lines::refunded.gt(0)).select((order_lines::id, order_lines::refunded)).load(conn)?;
    let stored: BTreeMap<OrderLineId, i64> = stored.into_iter().collect();
    finding.checked += u64::try_from(units.len().max(stored.len())).unwrap_or(0);
    finding.expect_equal(|| "refunded units by order line".into(), stored, units.into_iter().filter(|(_, units)| *units > 0).collect());
    each_order(conn, |conn, order| {
        let mut named = Vec::new();
        let mut outside = false;
        for refund in refunds::of_order(conn, order.id)? {
            let lines = refunds::lines_of(conn, refund.id)?;
            // Money that no order wanted, and money given back at the provider's own desk, names no line.
            outside |= lines.is_empty() && refund.shipping == 0 && !refund.surplus && !payments::has_case(conn, refund.payment_id)?;
            if !lines.is_empty() {
                named.push((refund.id, refund.amount, lines.iter().map(|line| line.amount).sum::<i64>() + refund.shipping));
            }
        }
        // After a refund from outside, the rest of a cancelled order is less than its lines.
        for (id, amount, parts) in named.into_iter().filter(|_| !outside) {
            finding.expect_equal(|| format!("refund {id} of order {}", order.number), amount, parts);
        }
        Ok(())
    })
}

pub fn purchases(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    each_order(conn, |conn, order| {
        finding.checked += 1;
        let remembered = crm::purchases::of_order(conn, order.id.0)?;
        finding.expect_equal(
            || format!("order {} is remembered", order.number),
            remembered.is_some(),
            order.status != OrderStatus::Cancelled,
        );
        let Some((revenue, refunded)) = remembered else { return Ok(()) };
        finding.expect_equal(|| format!("order {}, remembered revenue", order.number), revenue, order.total);
        let back = refunds::remembered(conn, order.id)?;
        finding.expect_equal(|| format!("order {}, remembered refunds", order.number), refunded, back);
        let margin = crm::purchases::margin(conn, order.id.0)?;
        let made = margins::of_order(conn, order)?;
        finding.expect_equal(|| format!("order {}, remembered margin", order.number), margin, Some(made));
        // A variant that was taken out of the catalogue since is remembered still.
        let lines = crm::purchases::lines(conn, order.customer_id, order.id.0)?;
        for line in orders::bought(conn, order.id)? {
            let kept = lines.iter().find(|kept| kept.variant == line.variant);
            finding.expect_equal(|| format!("order {}, remembered variant {}", order.number, line.variant), kept, Some(&line));
        }
        Ok(())
    })
}

pub(super) fn summed<K: Ord>(rows: Vec<(K, i64)>) -> BTreeMap<K, i64> {
    let mut sums = BTreeMap::new();
    for (key, amount) in rows {
        *sums.entry(key).or_default() += amount;
    }
    sums
}
