//! Orders that staff changed: their records against what the orders are, and what their payments ask for.

use super::{Finding, PAGE};
use crate::edits::{self, Edit};
use crate::ids::OrderId;
use crate::orders::{self, OrderStatus};
use crate::payments::{self, PaymentState};
use crate::schema::{order_edits as rows, refunds as refund_rows};
use crate::stored_value::is_stored;
use diesel::prelude::*;
use kernel::{Conn, Result};

/// The records of an order join on to each other, the last one says what the order comes to, and what each did to the lines comes to
/// the difference of the totals, but for the delivery.
pub fn records(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    each(conn, |conn, id, edits| {
        finding.checked += 1;
        let order = orders::get(conn, id)?;
        let mut before: Option<&Edit> = None;
        for edit in edits {
            let name = |what: &str| format!("order {}, change {}, {what}", order.number, edit.id);
            if let Some(before) = before {
                let joined = (before.total_after, before.tax_after);
                finding.expect_equal(|| name("what was before"), (edit.total_before, edit.tax_before), joined);
            }
            let changes = edit.changes()?;
            let (amounts, taxes) = changes
                .lines
                .iter()
                .fold((0, 0), |sum, line| (sum.0 + line.after.total - line.before.total, sum.1 + line.after.tax - line.before.tax));
            let (total, tax) = (edit.total_after - edit.total_before - amounts, edit.tax_after - edit.tax_before - taxes);
            // What is left is the delivery: its price, or only its tax when the goods that it delivers are others.
            if changes.delivery.is_none() && order.prices_include_tax {
                finding.expect_equal(|| name("total beside its lines"), total, 0);
            } else if !order.prices_include_tax && changes.delivery.is_none() {
                finding.expect_equal(|| name("total beside its lines"), total, tax);
            }
            before = Some(edit);
        }
        if let Some(last) = before {
            let name = || format!("order {}, total and tax after its last change", order.number);
            finding.expect_equal(name, (order.total, order.tax), (last.total_after, last.tax_after));
        }
        Ok(())
    })
}

/// What payments ask for is what is missing, and money beyond the total goes back only for changed orders.
pub fn balances(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    each(conn, |conn, id, _| {
        let order = orders::get(conn, id)?;
        if !matches!(order.status, OrderStatus::Confirmed | OrderStatus::Completed) {
            return Ok(());
        }
        finding.checked += 1;
        let open = |payment: &&payments::Payment| payment.state == PaymentState::Open && !is_stored(&payment.provider);
        let asked: i64 = payments::of_order(conn, id)?.iter().filter(open).map(|payment| payment.amount).sum();
        let missing = payments::balance(conn, &order)?;
        finding.expect_equal(|| format!("order {}, what its payments ask for", order.number), asked, missing);
        Ok(())
    })?;
    let strange: Vec<(crate::ids::RefundId, OrderId)> =
        refund_rows::table.filter(refund_rows::surplus).select((refund_rows::id, refund_rows::order_id)).load(conn)?;
    for (refund, order) in strange {
        finding.checked += 1;
        finding.expect_equal(|| format!("refund {refund} of a surplus is of a changed order"), edits::edited(conn, order)?, true);
    }
    Ok(())
}

/// Calls `each` for every order that was changed, with its changes from the oldest on.
fn each(conn: &mut Conn, mut each: impl FnMut(&mut Conn, OrderId, &[Edit]) -> Result<()>) -> Result<()> {
    let mut after = OrderId(0);
    loop {
        let page: Vec<OrderId> =
            rows::table.filter(rows::order_id.gt(after)).select(rows::order_id).distinct().order(rows::order_id).limit(PAGE).load(conn)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = *last;
        for id in page {
            let edits = edits::of_order(conn, id)?;
            each(conn, id, &edits)?;
        }
    }
}
