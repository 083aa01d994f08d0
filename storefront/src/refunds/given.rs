//! What was given back of each line.

use crate::ids::{OrderId, OrderLineId};
use crate::orders::OrderLine;
use crate::payments::WishState;
use crate::schema::{refund_lines, refunds};
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::HashMap;

/// What was given back of a line, or is on its way, with the tax in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Given {
    /// For units that came back or never went out.
    pub units: (i64, i64),
    /// Without any unit.
    pub reduced: (i64, i64),
}

impl Given {
    /// What is left of a line and of its tax.
    pub fn left_of(self, line: &OrderLine) -> (i64, i64) {
        let left = |total: i64, units: i64, reduced: i64| (total - units - reduced).max(0);
        (left(line.total, self.units.0, self.reduced.0), left(line.tax, self.units.1, self.reduced.1))
    }
}

/// The lines of an order that any refund names, one that failed among them.
pub(crate) fn named(conn: &mut Conn, order: OrderId) -> Result<Vec<OrderLineId>> {
    let lines = refund_lines::table.inner_join(refunds::table.on(refunds::id.eq(refund_lines::refund_id)));
    Ok(lines.filter(refunds::order_id.eq(order)).select(refund_lines::order_line_id).distinct().load(conn)?)
}

/// What was given back of each line that anything was given back of.
pub(crate) fn given(conn: &mut Conn, order: OrderId) -> Result<HashMap<OrderLineId, Given>> {
    let rows: Vec<(OrderLineId, i64, i64, bool)> = refund_lines::table
        .inner_join(refunds::table.on(refunds::id.eq(refund_lines::refund_id)))
        .filter(refunds::order_id.eq(order))
        .filter(refunds::state.ne(WishState::Failed))
        .select((refund_lines::order_line_id, refund_lines::amount, refund_lines::tax, refund_lines::reduction))
        .load(conn)?;
    let mut sums: HashMap<OrderLineId, Given> = HashMap::new();
    for (line, amount, tax, reduction) in rows {
        let given = sums.entry(line).or_default();
        let sum = if reduction { &mut given.reduced } else { &mut given.units };
        *sum = (sum.0 + amount, sum.1 + tax);
    }
    Ok(sums)
}

/// What can still be given back of each of `lines`, in minor units of their order's currency.
pub fn left_of_lines(conn: &mut Conn, order: OrderId, lines: &[OrderLine]) -> Result<HashMap<OrderLineId, i64>> {
    let given = given(conn, order)?;
    Ok(lines.iter().map(|line| (line.id, given.get(&line.id).copied().unwrap_or_default().left_of(line).0)).collect())
}

/// The lines of an order of which something was given back, or is on its way, without any unit.
pub(crate) fn reduced(conn: &mut Conn, order: OrderId) -> Result<Vec<OrderLineId>> {
    Ok(given(conn, order)?.into_iter().filter(|(_, given)| given.reduced.0 > 0).map(|(line, _)| line).collect())
}
