//! A return as a program of the merchant reads it.

use kernel::{Conn, Result};
use serde::Serialize;
use storefront::api::moment;
use storefront::exchanges;
use storefront::ids::ReturnId;
use storefront::orders;
use storefront::returns::{self, Return, ReturnLine};
use utoipa::ToSchema;

/// Goods that come back.
#[derive(Serialize, ToSchema)]
pub struct ReturnView {
    pub id: i64,
    /// The order's number and a counter, such as `R1001-1`.
    pub number: String,
    pub order_number: String,
    pub email: String,
    #[schema(pattern = "^(requested|approved|declined|withdrawn|received|inspected|closed)$")]
    pub status: &'static str,
    /// What it came to; null until it is settled.
    #[schema(pattern = "^(refund|store_credit|nothing)$")]
    pub outcome: Option<&'static str>,
    /// What the buyer wrote.
    pub comment: String,
    /// What they were answered.
    pub message: String,
    /// Whether the buyer would like other goods in place of money.
    pub exchange: bool,
    /// The order with the goods that they got instead.
    pub exchange_order: Option<String>,
    /// UTC (RFC 3339).
    pub requested_at: String,
    pub closed_at: Option<String>,
    pub lines: Vec<ReturnLineView>,
}

/// Units of a line of the order that come back.
#[derive(Serialize, ToSchema)]
pub struct ReturnLineView {
    /// The `id` of the order's line.
    pub line_id: i64,
    pub quantity: i64,
    #[schema(pattern = "^(changed_mind|does_not_fit|not_as_described|damaged|wrong_item|other)$")]
    pub reason: &'static str,
    /// Units that are worth money; zero until the inspection.
    pub accepted: i64,
    /// Where accepted units were put on the shelf.
    pub location_id: Option<i64>,
}

/// The view of a return.
pub fn show(conn: &mut Conn, id: ReturnId) -> Result<ReturnView> {
    let back = returns::get(conn, id)?;
    view(conn, &back)
}

/// [`show`] of a return that was read.
pub fn view(conn: &mut Conn, back: &Return) -> Result<ReturnView> {
    let order = orders::get(conn, back.order_id)?;
    let line = |one: ReturnLine| ReturnLineView {
        line_id: one.order_line_id.0,
        quantity: one.quantity,
        reason: one.reason.as_str(),
        accepted: one.accepted,
        location_id: one.location_id.map(|id| id.0),
    };
    Ok(ReturnView {
        id: back.id.0,
        number: back.number.clone(),
        order_number: order.number,
        email: order.email,
        status: back.status.as_str(),
        outcome: back.outcome.map(|outcome| outcome.as_str()),
        comment: back.comment.clone(),
        message: back.message.clone(),
        exchange: back.exchange,
        exchange_order: exchanges::number_of(conn, back)?,
        requested_at: moment(back.requested_at),
        closed_at: back.closed_at.map(moment),
        lines: returns::lines_of(conn, back.id)?.into_iter().map(line).collect(),
    })
}
