//! An order as the API shows it.

use super::amount::Amount;
use crate::address::Address;
use crate::buying;
use crate::ids::OrderId;
use crate::orders::{self, OrderLine};
use crate::payments::{self, Payment};
use crate::refunds::{self, Refund};
use crate::shipments::{self, Shipment};
use crate::tax::TaxPart;
use crate::units::Unit;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// An order: the frozen copy of what was bought, and what became of it.
#[derive(Serialize, ToSchema)]
pub struct OrderView {
    number: String,
    /// `pending`, `confirmed`, `completed` or `cancelled`.
    status: &'static str,
    /// `pending`, `authorised`, `partially_paid`, `paid`, `partially_refunded`, `refunded` or `voided`.
    payment_status: &'static str,
    /// `unfulfilled`, `partial`, `fulfilled` or `cancelled`.
    fulfilment_status: &'static str,
    /// UTC (RFC 3339).
    placed_at: String,
    email: String,
    language: String,
    /// The id of the store it was placed in; 1 is the main store.
    store: i64,
    shipping_address: Address,
    billing_address: Address,
    shipping_method: String,
    payment_method: String,
    coupon_code: String,
    note: String,
    /// The company that it was ordered for; null for an order of somebody's own.
    company: Option<CompanyView>,
    subtotal: Amount,
    discount: Amount,
    shipping: Amount,
    tax: Amount,
    prices_include_tax: bool,
    /// The buyer owes the tax in place of the shop.
    reverse_charge: bool,
    /// The buyer picks the goods up; `shipping_address` is where.
    pickup: bool,
    total: Amount,
    /// What is missing to the total since the order was changed; zero for an order that stands as it was placed.
    balance_due: Amount,
    lines: Vec<OrderLineView>,
    payments: Vec<PaymentView>,
    shipments: Vec<ShipmentView>,
    refunds: Vec<RefundView>,
}

/// For which company somebody ordered, and what they said of the order.
#[derive(Serialize, ToSchema)]
struct CompanyView {
    id: i64,
    name: String,
    /// The membership of whoever ordered.
    member_id: i64,
    /// The place it was ordered for.
    site_id: Option<i64>,
    po_number: String,
    cost_centre: String,
    /// When the goods are wanted, `YYYY-MM-DD`.
    requested_on: Option<String>,
}

fn company(conn: &mut Conn, id: OrderId) -> Result<Option<CompanyView>> {
    let Some(trade) = buying::of_order(conn, id)? else { return Ok(None) };
    Ok(Some(CompanyView {
        id: trade.company.0,
        name: crm::companies::get(conn, trade.company)?.name,
        member_id: trade.member.0,
        site_id: trade.site.map(|site| site.0),
        po_number: trade.po_number,
        cost_centre: trade.cost_centre,
        requested_on: trade.requested_on.map(|day| day.to_string()),
    }))
}

#[derive(Serialize, ToSchema)]
struct OrderLineView {
    id: i64,
    sku: String,
    title: String,
    options: String,
    quantity: i64,
    /// The unit that the price is for, by its code of UN/ECE Recommendation 20, and in how many decimals of it quantities count: 250 of `MTR`
    /// with a precision of 2 are 2.50 m.
    #[schema(value_type = String, pattern = "^(C62|BX|MTR|KGM|GRM|LTR)$")]
    unit: Unit,
    precision: i64,
    /// The quantity with its unit, as people read it.
    quantity_text: String,
    /// Of `quantity`, units that were sent, will never be sent, and were given money back for.
    shipped: i64,
    cancelled: i64,
    refunded: i64,
    /// Each unit is a gift card over `unit_price`.
    gift_card: bool,
    /// Of `quantity`, gift cards that were issued and stand.
    issued: i64,
    unit_price: Amount,
    subtotal: Amount,
    discount: Amount,
    tax: Amount,
    /// What `tax` was made of when the order was placed.
    taxes: Vec<TaxPart>,
    tax_reason: String,
    total: Amount,
}

#[derive(Serialize, ToSchema)]
struct PaymentView {
    provider: String,
    /// The provider's own name of it.
    reference: Option<String>,
    /// `open`, `authorised`, `captured`, `voided`, `failed` or `expired`.
    state: &'static str,
    amount: Amount,
    authorised: Amount,
    captured: Amount,
    /// Asked for or done.
    refunded: Amount,
}

#[derive(Serialize, ToSchema)]
struct ShipmentView {
    id: i64,
    carrier: String,
    tracking_number: String,
    tracking_url: String,
    shipped_at: String,
    lines: Vec<ShipmentLineView>,
}

#[derive(Serialize, ToSchema)]
struct ShipmentLineView {
    line_id: i64,
    quantity: i64,
}

#[derive(Serialize, ToSchema)]
struct RefundView {
    id: i64,
    amount: Amount,
    /// `requested`, `settled` or `failed`.
    state: &'static str,
    reason: String,
    created_at: String,
}

/// The order with its lines, payments, shipments and refunds.
pub fn show(conn: &mut Conn, id: OrderId) -> Result<OrderView> {
    let order = orders::get(conn, id)?;
    let currency = order.currency()?;
    let amount = |minor: i64| Amount::new(minor, currency);
    let mut parcels = Vec::new();
    for shipment in shipments::of_order(conn, id)? {
        let lines = shipments::lines_of(conn, shipment.id)?;
        parcels.push(parcel(shipment, lines.into_iter().map(|(line, quantity)| ShipmentLineView { line_id: line.0, quantity }).collect()));
    }
    Ok(OrderView {
        status: order.status.as_str(),
        payment_status: order.payment_status.as_str(),
        fulfilment_status: order.fulfilment_status.as_str(),
        placed_at: moment(order.placed_at),
        store: order.store_id.0,
        shipping_address: order.shipping_address()?,
        billing_address: order.billing_address()?,
        subtotal: amount(order.subtotal),
        discount: amount(order.discount),
        shipping: amount(order.shipping),
        tax: amount(order.tax),
        prices_include_tax: order.prices_include_tax,
        reverse_charge: order.taxation.0.reverse_charge,
        pickup: order.pickup_location_id.is_some(),
        total: amount(order.total),
        balance_due: amount(payments::balance(conn, &order)?),
        lines: orders::lines(conn, id)?.into_iter().map(|line| line_view(line, currency)).collect(),
        payments: payments::of_order(conn, id)?.into_iter().map(|payment| payment_view(payment, currency)).collect(),
        shipments: parcels,
        company: company(conn, id)?,
        refunds: refunds::of_order(conn, id)?.into_iter().map(|refund| refund_view(refund, currency)).collect(),
        number: order.number,
        email: order.email,
        language: order.language,
        shipping_method: order.shipping_method,
        payment_method: order.payment_method,
        coupon_code: order.coupon_code,
        note: order.note,
    })
}

/// A moment as RFC 3339 in UTC.
pub fn moment(at: Time) -> String {
    at.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn line_view(line: OrderLine, currency: Currency) -> OrderLineView {
    let amount = |minor: i64| Amount::new(minor, currency);
    OrderLineView {
        id: line.id.0,
        unit: line.unit,
        precision: line.unit_precision,
        quantity_text: line.measure().text(line.quantity),
        sku: line.sku,
        title: line.title,
        options: line.options,
        quantity: line.quantity,
        shipped: line.shipped,
        cancelled: line.cancelled,
        refunded: line.refunded,
        gift_card: line.gift_card,
        issued: line.issued,
        unit_price: amount(line.unit_price),
        subtotal: amount(line.subtotal),
        discount: amount(line.discount),
        tax: amount(line.tax),
        taxes: line.taxes.0,
        tax_reason: line.tax_reason,
        total: amount(line.total),
    }
}

fn payment_view(payment: Payment, currency: Currency) -> PaymentView {
    let amount = |minor: i64| Amount::new(minor, currency);
    PaymentView {
        provider: payment.provider,
        reference: payment.provider_reference,
        state: payment.state.as_str(),
        amount: amount(payment.amount),
        authorised: amount(payment.authorised),
        captured: amount(payment.captured),
        refunded: amount(payment.refunded),
    }
}

fn parcel(shipment: Shipment, lines: Vec<ShipmentLineView>) -> ShipmentView {
    ShipmentView {
        id: shipment.id.0,
        carrier: shipment.carrier,
        tracking_number: shipment.tracking_number,
        tracking_url: shipment.tracking_url,
        shipped_at: moment(shipment.shipped_at),
        lines,
    }
}

fn refund_view(refund: Refund, currency: Currency) -> RefundView {
    RefundView {
        id: refund.id.0,
        amount: Amount::new(refund.amount, currency),
        state: refund.state.as_str(),
        reason: refund.reason,
        created_at: moment(refund.created_at),
    }
}
