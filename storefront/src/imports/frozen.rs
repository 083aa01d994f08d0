//! An order that was placed elsewhere, written as it was: no stock moves, nobody is mailed, no provider is asked.

use crate::address::Address;
use crate::ids::{OrderId, OrderLineId, PaymentId, RefundId, ShipmentId, VariantId};
use crate::margins;
use crate::orders::{self, FulfilmentStatus, OrderStatus, PaymentStatus, terms};
use crate::payments::{PaymentState, WishState};
use crate::schema::{adjustments, captures, order_lines, orders as order_rows, payments, refund_lines, refunds, shipment_lines, shipments};
use crate::timeline;
use crm::CustomerId;
use crm::purchases::{self, Place, Purchase};
use crm::segments::{self, Why};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money, allocate};
use kernel::{Conn, Result, on_each};

/// Who acted, in the books of an imported order, and its source.
pub(crate) const IMPORT: &str = "import";
/// Lines inserted by one statement: far below the parameters that a database takes.
const TOGETHER: usize = 100;

/// An order to be written. Its parts must sum as the doctor asks: see [`super::figure`].
#[derive(Clone, Debug, Default)]
pub(super) struct Frozen {
    pub number: String,
    pub email: String,
    pub cancelled: bool,
    pub shipping: i64,
    pub shipping_tax: i64,
    pub prices_include_tax: bool,
    pub billing: Address,
    pub delivery: Address,
    pub shipping_method: String,
    pub payment_method: String,
    pub coupon_code: String,
    pub note: String,
    pub placed_at: Time,
    pub paid_at: Time,
    pub shipped_at: Time,
    pub lines: Vec<FrozenLine>,
    pub captured: i64,
    pub refunded: i64,
    /// What is still to be paid, by transfer: nobody asks the old shop's provider.
    pub owed: i64,
}

/// A line of it; `total` is what was paid for it.
#[derive(Clone, Debug, Default)]
pub(super) struct FrozenLine {
    pub variant: Option<VariantId>,
    pub sku: String,
    pub title: String,
    pub quantity: i64,
    pub unit_price: i64,
    pub subtotal: i64,
    pub discount: i64,
    pub tax: i64,
    pub tax_rate_bp: i64,
    pub total: i64,
    pub requires_shipping: bool,
    pub shipped: i64,
    pub cancelled: i64,
}

impl Frozen {
    pub fn total(&self) -> i64 {
        let tax = if self.prices_include_tax { 0 } else { self.shipping_tax };
        self.lines.iter().map(|line| line.total).sum::<i64>() + self.shipping + tax
    }

    fn shipping_gross(&self) -> i64 {
        if self.prices_include_tax { self.shipping } else { self.shipping + self.shipping_tax }
    }

    /// Whether every unit was paid back.
    fn all_back(&self) -> bool {
        self.refunded > 0 && self.refunded == self.total()
    }
}

#[derive(Insertable)]
#[diesel(table_name = order_lines, treat_none_as_default_value = false)]
struct LineRow<'a> {
    order_id: OrderId,
    position: i64,
    variant_id: Option<VariantId>,
    sku: &'a str,
    title: &'a str,
    options: &'a str,
    quantity: i64,
    unit_price: i64,
    subtotal: i64,
    discount: i64,
    tax: i64,
    total: i64,
    tax_rate_bp: i64,
    tax_reason: &'a str,
    requires_shipping: bool,
    stocked: bool,
    trace: &'a str,
    shipped: i64,
    cancelled: i64,
    refunded: i64,
}

/// Writes the order of `customer` with all that became of it. Its number must be free.
pub(super) fn write(conn: &mut Conn, order: &Frozen, customer: CustomerId, currency: Currency, now: Time) -> Result<OrderId> {
    let id = insert_order(conn, order, customer, currency, now)?;
    let all_back = order.all_back();
    let skus = order.lines.iter().map(|line| line.sku.as_str());
    terms::insert(conn, id, &terms::of(&order.number, &order.email, [&order.billing, &order.delivery], skus))?;
    let rows: Vec<LineRow> = (1i64..).zip(&order.lines).map(|(position, line)| line_row(id, position, line, all_back)).collect();
    for rows in rows.chunks(TOGETHER) {
        on_each!(conn, c => diesel::insert_into(order_lines::table).values(rows).execute(c))?;
    }
    let discounted = order.lines.iter().any(|line| line.discount > 0);
    let shipped = order.lines.iter().any(|line| line.shipped > 0);
    if discounted || shipped || order.refunded > 0 {
        let lines: Vec<OrderLineId> =
            order_lines::table.filter(order_lines::order_id.eq(id)).order(order_lines::position).select(order_lines::id).load(conn)?;
        insert_discounts(conn, order, id, &lines)?;
        if shipped {
            insert_shipment(conn, order, id, &lines)?;
        }
        insert_money(conn, order, id, &lines, currency)?;
    } else {
        insert_money(conn, order, id, &[], currency)?;
    }
    if !order.cancelled {
        let units = order.lines.iter().map(|line| line.quantity).sum();
        let revenue = Money::new(order.total(), currency);
        let lines = orders::bought(conn, id)?;
        let place = Place::new(&order.delivery.country, &order.delivery.postal_code, &order.billing.company);
        let stored = orders::get(conn, id)?;
        let margin = margins::of_order(conn, &stored)?;
        purchases::learn(conn, &Purchase { order: id.0, customer, at: order.placed_at, revenue, units, lines, place, margin }, now)?;
        if order.refunded > 0 {
            purchases::refund(conn, id.0, order.refunded, now)?;
        }
    }
    orders::note(conn, id, "placed", "", IMPORT, order.placed_at)?;
    orders::refresh(conn, id, now)?;
    timeline::follow(conn, id)?;
    segments::follow(conn, customer, Why::Order, now)?;
    Ok(id)
}

fn insert_order(conn: &mut Conn, order: &Frozen, customer: CustomerId, currency: Currency, now: Time) -> Result<OrderId> {
    let sum = |of: fn(&FrozenLine) -> i64| order.lines.iter().map(of).sum::<i64>();
    Ok(diesel::insert_into(order_rows::table)
        .values((
            order_rows::number.eq(&order.number),
            order_rows::customer_id.eq(customer),
            order_rows::email.eq(&order.email),
            order_rows::language.eq(crate::shop::OWN_LANGUAGE),
            order_rows::currency.eq(currency.code()),
            order_rows::status.eq(if order.cancelled { OrderStatus::Cancelled } else { OrderStatus::Confirmed }),
            order_rows::payment_status.eq(PaymentStatus::Pending),
            order_rows::fulfilment_status.eq(FulfilmentStatus::Unfulfilled),
            (
                order_rows::subtotal.eq(sum(|line| line.subtotal)),
                order_rows::discount.eq(sum(|line| line.discount)),
                order_rows::shipping.eq(order.shipping),
                order_rows::shipping_tax.eq(order.shipping_tax),
                order_rows::tax.eq(sum(|line| line.tax) + order.shipping_tax),
                order_rows::total.eq(order.total()),
                order_rows::prices_include_tax.eq(order.prices_include_tax),
            ),
            order_rows::billing_address.eq(kernel::json::text(&order.billing)?),
            order_rows::shipping_address.eq(kernel::json::text(&order.delivery)?),
            order_rows::shipping_method.eq(&order.shipping_method),
            order_rows::payment_method.eq(&order.payment_method),
            order_rows::coupon_code.eq(&order.coupon_code),
            order_rows::note.eq(&order.note),
            order_rows::source.eq(IMPORT),
            order_rows::placed_at.eq(order.placed_at),
            order_rows::updated_at.eq(now),
            order_rows::country.eq(&order.delivery.country),
        ))
        .returning(order_rows::id)
        .get_result(conn)?)
}

fn line_row(order_id: OrderId, position: i64, line: &FrozenLine, all_back: bool) -> LineRow<'_> {
    LineRow {
        order_id,
        position,
        variant_id: line.variant,
        sku: &line.sku,
        title: &line.title,
        options: "",
        quantity: line.quantity,
        unit_price: line.unit_price,
        subtotal: line.subtotal,
        discount: line.discount,
        tax: line.tax,
        total: line.total,
        tax_rate_bp: line.tax_rate_bp,
        tax_reason: IMPORT,
        requires_shipping: line.requires_shipping,
        // Its goods left, or will leave, another shelf: no movement here ever speaks of them.
        stocked: false,
        trace: "[]",
        shipped: line.shipped,
        cancelled: line.cancelled,
        refunded: if all_back { line.quantity } else { 0 },
    }
}

fn insert_discounts(conn: &mut Conn, order: &Frozen, id: OrderId, lines: &[OrderLineId]) -> Result<()> {
    for (line, stored) in order.lines.iter().zip(lines).filter(|(line, _)| line.discount > 0) {
        diesel::insert_into(adjustments::table)
            .values((
                adjustments::order_id.eq(id),
                adjustments::order_line_id.eq(stored),
                adjustments::source.eq(IMPORT),
                adjustments::label.eq(&order.coupon_code),
                adjustments::amount.eq(-line.discount),
            ))
            .execute(conn)?;
    }
    Ok(())
}

fn insert_shipment(conn: &mut Conn, order: &Frozen, id: OrderId, lines: &[OrderLineId]) -> Result<()> {
    let shipment: ShipmentId = diesel::insert_into(shipments::table)
        .values((
            shipments::key.eq(format!("{IMPORT}:{id}")),
            shipments::order_id.eq(id),
            shipments::actor.eq(IMPORT),
            shipments::shipped_at.eq(order.shipped_at),
        ))
        .returning(shipments::id)
        .get_result(conn)?;
    let sent: Vec<_> = order
        .lines
        .iter()
        .zip(lines)
        .filter(|(line, _)| line.shipped > 0)
        .map(|(line, stored)| {
            (shipment_lines::shipment_id.eq(shipment), shipment_lines::order_line_id.eq(*stored), shipment_lines::quantity.eq(line.shipped))
        })
        .collect();
    for sent in sent.chunks(TOGETHER) {
        on_each!(conn, c => diesel::insert_into(shipment_lines::table).values(sent.to_vec()).execute(c))?;
    }
    Ok(())
}

/// The payment that was made, with its capture and refund, and the one that is still expected.
fn insert_money(conn: &mut Conn, order: &Frozen, id: OrderId, lines: &[OrderLineId], currency: Currency) -> Result<()> {
    if order.captured > 0 {
        let payment = insert_payment(conn, order, id, currency, IMPORT, order.captured, true)?;
        diesel::insert_into(captures::table)
            .values((
                captures::key.eq(format!("{IMPORT}:{id}")),
                captures::payment_id.eq(payment),
                captures::amount.eq(order.captured),
                captures::state.eq(WishState::Settled),
                captures::actor.eq(IMPORT),
                captures::created_at.eq(order.paid_at),
            ))
            .execute(conn)?;
        if order.refunded > 0 {
            insert_refund(conn, order, id, payment, lines)?;
        }
    }
    if order.owed > 0 {
        insert_payment(conn, order, id, currency, "bank_transfer", order.owed, false)?;
    }
    Ok(())
}

fn insert_payment(
    conn: &mut Conn,
    order: &Frozen,
    id: OrderId,
    currency: Currency,
    provider: &str,
    amount: i64,
    taken: bool,
) -> Result<PaymentId> {
    let (state, done) = if taken { (PaymentState::Captured, amount) } else { (PaymentState::Open, 0) };
    Ok(diesel::insert_into(payments::table)
        .values((
            payments::key.eq(format!("{IMPORT}:{id}:{provider}")),
            payments::order_id.eq(id),
            payments::provider.eq(provider),
            payments::state.eq(state),
            payments::currency.eq(currency.code()),
            payments::amount.eq(amount),
            payments::authorised.eq(done),
            payments::captured.eq(done),
            payments::refunded.eq(if taken { order.refunded } else { 0 }),
            payments::created_at.eq(order.placed_at),
            payments::updated_at.eq(order.paid_at),
        ))
        .returning(payments::id)
        .get_result(conn)?)
}

/// What came back. The file has only the sum: a part of it is spread over the lines by what they cost, without units, and what they
/// do not hold came back of the delivery.
fn insert_refund(conn: &mut Conn, order: &Frozen, id: OrderId, payment: PaymentId, lines: &[OrderLineId]) -> Result<()> {
    let weights: Vec<i64> = order.lines.iter().map(|line| line.total).collect();
    let of_lines = if order.all_back() { order.total() - order.shipping_gross() } else { order.refunded.min(weights.iter().sum()) };
    let refund: RefundId = diesel::insert_into(refunds::table)
        .values((
            refunds::key.eq(format!("{IMPORT}:{id}")),
            refunds::order_id.eq(id),
            refunds::payment_id.eq(payment),
            refunds::amount.eq(order.refunded),
            refunds::shipping.eq(order.refunded - of_lines),
            refunds::state.eq(WishState::Settled),
            refunds::reason.eq(IMPORT),
            refunds::actor.eq(IMPORT),
            refunds::created_at.eq(order.paid_at),
            refunds::settled_at.eq(order.paid_at),
        ))
        .returning(refunds::id)
        .get_result(conn)?;
    let parts = allocate(of_lines, &weights);
    for ((line, stored), part) in order.lines.iter().zip(lines).zip(parts) {
        diesel::insert_into(refund_lines::table)
            .values((
                refund_lines::refund_id.eq(refund),
                refund_lines::order_line_id.eq(stored),
                refund_lines::quantity.eq(if order.all_back() { line.quantity } else { 0 }),
                refund_lines::amount.eq(part),
                refund_lines::tax.eq(kernel::money::scale(line.tax, part, line.total.max(1))),
                refund_lines::restocked.eq(false),
            ))
            .execute(conn)?;
    }
    Ok(())
}
