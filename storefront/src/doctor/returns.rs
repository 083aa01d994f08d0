//! Returns: their statuses, and their units against what was sent and refunded.

use super::Finding;
use super::money::summed;
use crate::exchanges::{self, Exchange};
use crate::ids::{OrderLineId, ReturnId};
use crate::orders::{self, OrderStatus};
use crate::payments;
use crate::returns::{self, Outcome, Return, Status};
use crate::schema::{exchanges as made, order_lines, return_lines, returns as rows};
use crate::stored_value::STORE_CREDIT;
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::BTreeMap;

pub fn returns(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut after = ReturnId(0);
    let mut units: Vec<(OrderLineId, i64)> = Vec::new();
    loop {
        let page: Vec<Return> =
            rows::table.filter(rows::id.gt(after)).order(rows::id).limit(super::PAGE).select(Return::as_select()).load(conn)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for one in &page {
            finding.checked += 1;
            finding.expect_equal(|| format!("return {}, status", one.number), one.status, returns::derive(one));
            let lines = returns::lines_of(conn, one.id)?;
            let paid = matches!(one.outcome, Some(Outcome::Refund | Outcome::StoreCredit));
            finding.expect_equal(|| format!("return {} has a refund", one.number), one.refund_id.is_some(), paid);
            for line in &lines {
                let due = if paid { line.accepted } else { 0 };
                finding.expect_equal(|| format!("return {}, refunded units", one.number), line.refunded, due);
            }
            if !matches!(one.status, Status::Declined | Status::Withdrawn) {
                units.extend(lines.iter().map(|line| (line.order_line_id, line.quantity)));
            }
        }
    }
    let units: BTreeMap<OrderLineId, i64> = summed(units);
    let named = return_lines::table.select(return_lines::order_line_id);
    let shipped: Vec<(OrderLineId, i64)> =
        order_lines::table.filter(order_lines::id.eq_any(named)).select((order_lines::id, order_lines::shipped)).load(conn)?;
    for (line, shipped) in shipped {
        let back = units.get(&line).copied().unwrap_or(0);
        if back > shipped {
            finding.problems.push(format!("order line {line}: {back} units come back of {shipped} that were sent"));
        }
    }
    Ok(())
}

/// What of the refund of a return paid other goods is the credit that those were paid with, until they are cancelled.
pub fn exchanges(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let all: Vec<Exchange> = made::table.order(made::return_id).select(Exchange::as_select()).load(conn)?;
    for one in all {
        finding.checked += 1;
        let order = orders::get(conn, one.order_id)?;
        let what = |part: &str| format!("order {} in exchange, {part}", order.number);
        finding.expect_equal(|| what("cancelled"), order.status == OrderStatus::Cancelled, one.undone_at.is_some());
        let paid: i64 = payments::stored_by(conn, order.id, STORE_CREDIT)?;
        finding.expect_equal(|| what("paid with what came back"), paid, one.amount);
        if one.undone_at.is_some() {
            continue;
        }
        let (mut credit, mut other) = (0, 0);
        for refund in exchanges::refunds_of(conn, &one)? {
            let stored = payments::get(conn, refund.payment_id)?.provider == STORE_CREDIT;
            match refund.to_credit {
                true => credit += refund.amount,
                false if stored => other += refund.amount,
                false => {}
            }
        }
        if !(credit..=credit + other).contains(&one.amount) {
            finding.problems.push(format!("{}: {} of a refund that gave {credit}", what("amount"), one.amount));
        }
    }
    Ok(())
}
