//! Freezing a priced cart into an order.

use super::{FulfilmentStatus, OrderStatus, PaymentStatus, terms};
use crate::address::Address;
use crate::carts::{LineQuote, Quote};
use crate::ids::{OrderId, OrderLineId};
use crate::pricing::PricedLine;
use crate::schema::{adjustments, order_lines, orders};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::db::Prepared;
use kernel::{Conn, Result, on_each};

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
    let id: OrderId = diesel::insert_into(orders::table)
        .values((
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
            orders::coupon_code.eq(quote.coupon.as_ref().map_or("", |coupon| coupon.code.as_str())),
            orders::note.eq(&cart.note),
            orders::payment_due_at.eq(*due),
            (orders::country.eq(&shipping.country), orders::placed_at.eq(now), orders::updated_at.eq(now)),
        ))
        .returning(orders::id)
        .get_result(conn)?;
    let number = format!("R{}", 1000 + id.0);
    let numbered = diesel::update(orders::table.find(id)).set(orders::number.eq(&number));
    on_each!(conn, c => Prepared(numbered).execute(c))?;
    let skus = quote.lines.iter().filter_map(|line| line.variant.sku.as_deref());
    terms::insert(conn, id, &terms::of(&number, &cart.email, [billing, shipping], skus))?;
    for (position, (line, priced)) in (1i64..).zip(quote.lines.iter().zip(&priced.lines)) {
        let line_id = insert_line(conn, id, position, line, priced)?;
        if priced.discount > 0 {
            let code = quote.coupon.as_ref().map_or("", |coupon| coupon.code.as_str());
            insert_adjustment(conn, id, Some(line_id), &format!("coupon:{code}"), code, -priced.discount)?;
        }
    }
    let goods_discount = priced.discount;
    for reduction in &priced.reductions {
        let of_shipping = reduction.amount - goods_discount;
        if of_shipping > 0 {
            insert_adjustment(conn, id, None, &format!("{}:shipping", reduction.source), &reduction.source, -of_shipping)?;
        }
    }
    Ok(id)
}

fn insert_line(conn: &mut Conn, order: OrderId, position: i64, line: &LineQuote, priced: &PricedLine) -> Result<OrderLineId> {
    let variant = &line.variant;
    Ok(diesel::insert_into(order_lines::table)
        .values((
            order_lines::order_id.eq(order),
            order_lines::position.eq(position),
            order_lines::variant_id.eq(variant.id),
            order_lines::sku.eq(variant.sku.as_deref().unwrap_or("")),
            order_lines::title.eq(&variant.title),
            order_lines::options.eq(&variant.options),
            order_lines::slug.eq(&variant.slug),
            order_lines::picture_hash.eq(variant.picture_hash.as_deref()),
            (
                order_lines::quantity.eq(line.quantity),
                order_lines::unit_price.eq(line.unit_price),
                order_lines::cost.eq(variant.cost),
                order_lines::subtotal.eq(priced.subtotal),
                order_lines::discount.eq(priced.discount),
                order_lines::tax.eq(priced.tax),
                order_lines::total.eq(priced.total),
                order_lines::tax_rate_bp.eq(priced.rate_bp),
                order_lines::tax_reason.eq(&priced.tax_reason),
            ),
            order_lines::weight_grams.eq(variant.weight_grams),
            order_lines::requires_shipping.eq(variant.requires_shipping),
            order_lines::stocked.eq(variant.tracked),
            order_lines::trace.eq(kernel::json::text(&priced.trace)?),
        ))
        .returning(order_lines::id)
        .get_result(conn)?)
}

fn insert_adjustment(conn: &mut Conn, order: OrderId, line: Option<OrderLineId>, source: &str, label: &str, amount: i64) -> Result<()> {
    diesel::insert_into(adjustments::table)
        .values((
            adjustments::order_id.eq(order),
            adjustments::order_line_id.eq(line),
            adjustments::source.eq(source),
            adjustments::label.eq(label),
            adjustments::amount.eq(amount),
        ))
        .execute(conn)?;
    Ok(())
}
