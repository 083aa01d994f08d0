//! Freezing a priced cart into an order.

use super::{FulfilmentStatus, OrderStatus, PaymentStatus, Taxation, terms};
use crate::address::Address;
use crate::carts::Quote;
use crate::catalog::VariantForSale;
use crate::ids::{OrderId, OrderLineId};
use crate::pricing::PricedLine;
use crate::promotions::Applied;
use crate::schema::{adjustments, order_lines, orders};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each, prepared};

/// Rows in one statement: far below the parameters that a database takes.
const TOGETHER: usize = 500;
/// Up to so many rows go one by one: a statement for one row is prepared once, one for many each time.
const FEW: usize = 12;

pub struct NewOrder<'a> {
    pub quote: &'a Quote,
    pub customer: CustomerId,
    pub shipping: &'a Address,
    pub billing: &'a Address,
    /// Until when it must be paid, for orders that wait for a payment provider.
    pub due: Option<Time>,
}

/// Inserts the order with its lines and adjustments. Later edits of the catalogue never reach it.
pub fn create(conn: &mut Conn, new: &NewOrder, now: Time) -> Result<OrderId> {
    let NewOrder { quote, customer, shipping, billing, due } = new;
    let cart = &quote.cart;
    let priced = &quote.priced;
    let method = quote.rate.as_ref().filter(|_| quote.requires_shipping).map_or("", |rate| rate.name.as_str());
    let taxation = Taxation { reverse_charge: quote.reverse_charge, shipping: priced.shipping_taxes.clone() };
    let row = (
        // The number follows from the id, which exists only after the insert.
        orders::number.eq(format!("cart:{}", cart.id)),
        orders::cart_id.eq(cart.id),
        orders::customer_id.eq(customer),
        orders::email.eq(&cart.email),
        orders::language.eq(&cart.language),
        orders::currency.eq(quote.currency.code()),
        orders::status.eq(OrderStatus::Pending),
        orders::payment_status.eq(PaymentStatus::Pending),
        orders::fulfilment_status.eq(FulfilmentStatus::Unfulfilled),
        (
            orders::subtotal.eq(priced.subtotal),
            orders::discount.eq(priced.discount),
            orders::shipping.eq(priced.shipping),
            orders::shipping_tax.eq(priced.shipping_tax),
            orders::tax.eq(priced.tax),
            orders::total.eq(priced.total),
            orders::prices_include_tax.eq(quote.prices_include_tax),
        ),
        orders::billing_address.eq(kernel::json::text(billing)?),
        orders::shipping_address.eq(kernel::json::text(shipping)?),
        orders::shipping_method.eq(method),
        orders::payment_method.eq(&cart.payment_method),
        orders::coupon_code.eq(codes(&quote.decision.applied)),
        orders::note.eq(&cart.note),
        orders::payment_due_at.eq(*due),
        orders::taxation.eq(kernel::json::text(&taxation)?),
        orders::pickup_location_id.eq(quote.pickup.as_ref().map(|pickup| pickup.location)),
        orders::store_id.eq(cart.store_id),
        (orders::country.eq(&shipping.country), orders::placed_at.eq(now), orders::updated_at.eq(now)),
    );
    let id: OrderId = on_each!(conn, c => diesel::insert_into(orders::table).values(row).returning(orders::id).get_result(c))?;
    let number = format!("R{}", 1000 + id.0);
    let numbered = diesel::update(orders::table.find(id)).set(orders::number.eq(&number));
    prepared!(conn, numbered => execute)?;
    let skus = quote.lines.iter().filter_map(|line| line.variant.sku.as_deref());
    terms::insert(conn, id, &terms::of(&number, &cart.email, [billing, shipping], skus))?;
    let mut line_ids = Vec::with_capacity(quote.lines.len());
    for (position, (line, priced)) in (1i64..).zip(quote.lines.iter().zip(&priced.lines)) {
        line_ids.push(insert_line(conn, id, position, &line.variant, line.quantity, priced)?);
    }
    insert_adjustments(conn, id, &quote.decision.applied, &line_ids)?;
    Ok(id)
}

/// The codes that opened something, as reports and exports write them.
fn codes(applied: &[Applied]) -> String {
    let codes: Vec<&str> = applied.iter().filter_map(|applied| applied.code.as_deref()).collect();
    codes.join(", ")
}

/// What each promotion took off each line and off the delivery. A gift took nothing off, and still names who gave it: its line
/// stands behind those of the cart, in the order of the gifts.
fn insert_adjustments(conn: &mut Conn, order: OrderId, applied: &[Applied], lines: &[OrderLineId]) -> Result<()> {
    let gifts = applied.iter().filter(|applied| applied.gift.is_some()).count();
    let mut gift_lines = lines[lines.len().saturating_sub(gifts)..].iter();
    let mut rows = Vec::new();
    for one in applied {
        let (source, label) = (one.source(), one.label());
        for (line, amount) in &one.lines {
            rows.push((lines.get(*line).copied(), source.clone(), label.clone(), -amount));
        }
        if one.shipping > 0 {
            rows.push((None, format!("{source}:shipping"), label.clone(), -one.shipping));
        }
        if one.gift.is_some() {
            rows.push((gift_lines.next().copied(), source, label, 0));
        }
    }
    let row = |(line, source, label, amount): &(Option<OrderLineId>, String, String, i64)| {
        (
            adjustments::order_id.eq(order),
            adjustments::order_line_id.eq(*line),
            adjustments::source.eq(source.clone()),
            adjustments::label.eq(label.clone()),
            adjustments::amount.eq(*amount),
        )
    };
    if rows.len() <= FEW {
        for one in &rows {
            on_each!(conn, c => diesel::insert_into(adjustments::table).values(row(one)).execute(c))?;
        }
        return Ok(());
    }
    for some in rows.chunks(TOGETHER) {
        let values: Vec<_> = some.iter().map(row).collect();
        on_each!(conn, c => diesel::insert_into(adjustments::table).values(values).execute(c))?;
    }
    Ok(())
}

/// Inserts a line of an order: what a variant is now, and what so many units of it were priced at.
pub(crate) fn insert_line(
    conn: &mut Conn,
    order: OrderId,
    position: i64,
    variant: &VariantForSale,
    quantity: i64,
    priced: &PricedLine,
) -> Result<OrderLineId> {
    let row = (
        order_lines::order_id.eq(order),
        order_lines::position.eq(position),
        order_lines::variant_id.eq(variant.id),
        order_lines::sku.eq(variant.sku.as_deref().unwrap_or("")),
        order_lines::title.eq(&variant.title),
        order_lines::options.eq(&variant.options),
        order_lines::slug.eq(&variant.slug),
        order_lines::picture_hash.eq(variant.picture_hash.as_deref()),
        (
            order_lines::quantity.eq(quantity),
            order_lines::unit_price.eq(priced.unit_price),
            order_lines::cost.eq(variant.cost),
            order_lines::subtotal.eq(priced.subtotal),
            order_lines::discount.eq(priced.discount),
            order_lines::tax.eq(priced.tax),
            order_lines::total.eq(priced.total),
            order_lines::tax_rate_bp.eq(priced.rate_bp),
            order_lines::tax_reason.eq(&priced.tax_reason),
            order_lines::taxes.eq(kernel::json::text(&priced.taxes)?),
        ),
        order_lines::weight_grams.eq(variant.weight_grams),
        order_lines::requires_shipping.eq(variant.requires_shipping),
        order_lines::stocked.eq(variant.tracked),
        order_lines::gift_card.eq(variant.gift_card),
        order_lines::trace.eq(kernel::json::text(&priced.trace)?),
        (order_lines::unit.eq(variant.measure.unit), order_lines::unit_precision.eq(variant.measure.precision)),
    );
    Ok(on_each!(conn, c => diesel::insert_into(order_lines::table).values(row).returning(order_lines::id).get_result(c))?)
}
