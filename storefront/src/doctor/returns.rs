//! Returns: their statuses, and their units against what was sent and refunded.

use super::Finding;
use super::money::summed;
use crate::ids::{OrderLineId, ReturnId};
use crate::returns::{self, Outcome, Return, Status};
use crate::schema::{order_lines, return_lines, returns as rows};
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
