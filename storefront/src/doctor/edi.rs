//! Messages of trading partners and their orders.

use super::{Finding, PAGE};
use crate::buying;
use crate::edi::{Direction, State, answered};
use crate::ids::{EdiMessageId, OrderId, PartnerId};
use crate::orders;
use crate::schema::edi_messages as rows;
use diesel::prelude::*;
use kernel::{Conn, Result};

/// A purchase order that was placed has one order of the partner's number, and the partner was told so; no other message has any.
pub fn placed(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    type Row = (EdiMessageId, PartnerId, State, String, Option<OrderId>);
    let mut after = EdiMessageId(0);
    loop {
        let page: Vec<Row> = rows::table
            .filter(rows::id.gt(after))
            .filter(rows::direction.eq(Direction::In))
            .order(rows::id)
            .limit(PAGE)
            .select((rows::id, rows::partner_id, rows::state, rows::number, rows::order_id))
            .load(conn)?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after = *last;
        for (id, partner, state, number, order) in page {
            finding.checked += 1;
            finding.expect_equal(|| format!("order of message {id}"), order.is_some(), state == State::Placed);
            let Some(order) = order else { continue };
            let order = orders::get(conn, order)?;
            let named = buying::of_order(conn, order.id)?.map(|trade| trade.po_number);
            finding.expect_equal(|| format!("purchase order of {}", order.number), named, Some(number));
            finding.expect_equal(|| format!("answer to message {id}"), answered(conn, partner, id)?, true);
        }
    }
}
