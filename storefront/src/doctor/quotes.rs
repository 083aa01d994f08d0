//! Quotes and their orders.

use super::{Finding, PAGE};
use crate::ids::{OrderId, QuoteId, QuoteVersionId};
use crate::quotes::{State, number};
use crate::schema::quotes as rows;
use crate::{carts, orders};
use diesel::prelude::*;
use kernel::{Conn, Result};

/// An accepted quote has one order, of a cart of the version that was offered; no other quote has any.
pub fn accepted(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    type Row = (QuoteId, State, Option<QuoteVersionId>, Option<OrderId>);
    let mut after = QuoteId(0);
    loop {
        let page: Vec<Row> = rows::table
            .filter(rows::id.gt(after))
            .order(rows::id)
            .limit(PAGE)
            .select((rows::id, rows::state, rows::offered_id, rows::order_id))
            .load(conn)?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after = *last;
        for (id, state, offered, order) in page {
            finding.checked += 1;
            finding.expect_equal(|| format!("order of quote {}", number(id)), order.is_some(), state == State::Accepted);
            let Some(order) = order else { continue };
            let cart = orders::get(conn, order)?.cart_id;
            let version = match cart {
                Some(cart) => carts::get(conn, cart)?.quote_version_id,
                None => None,
            };
            finding.expect_equal(|| format!("version of the order of quote {}", number(id)), version, offered);
        }
    }
}
