//! Making a change, in one commit.

use super::change::LineChange;
use super::figures::traced;
use super::plan::{Plan, preview};
use super::{Changed, Changes, Wish};
use crate::company_accounts;
use crate::ids::{OrderEditId, OrderId, OrderLineId};
use crate::orders::{self, Order, Taxation, terms};
use crate::pricing::{PricedLine, Step, figured};
use crate::schema::{adjustments, order_edits, order_lines, orders as rows};
use crate::stock::{self, StockError};
use crate::tax;
use crate::{documents, margins, payments, promotions, refunds};
use crm::purchases::{self, Place};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result};

/// The figures that a person confirmed. Minor units of the order's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    pub total: i64,
    pub due: i64,
    pub back: i64,
}

impl Expected {
    pub fn of(plan: &Plan) -> Expected {
        Expected { total: plan.after.total, due: plan.due, back: plan.back }
    }
}

/// Changes an order: lines and their adjustments, sums, goods promised or free again, uses of promotions of which nothing is left, the
/// customer's memory, money back or still to be paid, invoice. `Conflict` when it would come to other figures than `expected`, and
/// nothing changes.
pub fn edit(conn: &mut Conn, order: OrderId, wish: &Wish, expected: Expected, actor: &str, now: Time) -> Result<OrderEditId> {
    let order = orders::lock(conn, order, now)?;
    let plan = preview(conn, &order, wish, now)?;
    if Expected::of(&plan) != expected {
        return Err(Error::conflict("order-edit-figures"));
    }
    if !plan.short.is_empty() {
        return Err(Error::conflict("order-edit-short"));
    }
    if !plan.changes() && plan.back == 0 && plan.due == 0 {
        return Err(Error::field("lines", "order-edit-nothing"));
    }
    let lines = write_lines(conn, &order, &plan)?;
    let id = record(conn, &order, &plan, wish, &lines, actor, now)?;
    stock::change(conn, order.id, &plan.demand, &format!("edit:{id}"), actor, now).map_err(|error| match error {
        StockError::SoldOut { .. } => Error::conflict("order-edit-short"),
        StockError::Other(error) => error,
    })?;
    let freed = write_adjustments(conn, &order, &plan, now)?;
    let changed = write_order(conn, &order, &plan, &freed, now)?;
    terms::rewrite(conn, &changed)?;
    let units = plan.lines.iter().map(|line| line.measure().pieces(line.after.quantity)).sum();
    let lines = orders::bought(conn, order.id)?;
    let to = changed.shipping_address()?;
    let place = Place::new(&to.country, &to.postal_code, &changed.billing_address()?.company);
    purchases::change(conn, order.id.0, plan.after.total, units, &lines, &place, now)?;
    // As placing locks them: the account before budgets.
    company_accounts::hold(conn, order.id, now)?;
    margins::follow(conn, order.id, now)?;
    orders::note(conn, order.id, "edited", &plan.after.total.to_string(), actor, now)?;
    refunds::request_surplus(conn, &changed, plan.back, "order changed", actor, now)?;
    payments::rebalance(conn, order.id, Some(&wish.method), now)?;
    let event = Event::OrderEdited { order: order.id.0, edit: id.0 };
    events::record(conn, "orders", &format!("edited:{id}"), &event, now)?;
    orders::refresh(conn, order.id, now)?;
    // Last: everybody who issues waits for the row with the numbers.
    if plan.invoice.is_some() && plan.changes() {
        documents::reissue(conn, order.id, now)?;
    }
    Ok(id)
}

/// Writes the lines; answers the id of each, also of those that were taken off.
fn write_lines(conn: &mut Conn, order: &Order, plan: &Plan) -> Result<Vec<OrderLineId>> {
    let mut position = plan.lines.iter().filter_map(|change| change.line.as_ref()).map(|line| line.position).max().unwrap_or(0);
    let mut ids = Vec::with_capacity(plan.lines.len());
    for change in &plan.lines {
        let after = &change.after;
        match &change.line {
            None => {
                position += 1;
                ids.push(insert_line(conn, order, change, position)?);
            }
            Some(line) => {
                ids.push(line.id);
                if !change.changed() {
                    continue;
                }
                if after.quantity == 0 {
                    diesel::delete(adjustments::table.filter(adjustments::order_line_id.eq(line.id))).execute(conn)?;
                    diesel::delete(order_lines::table.find(line.id)).execute(conn)?;
                    continue;
                }
                diesel::update(order_lines::table.find(line.id))
                    .set((
                        order_lines::quantity.eq(after.quantity),
                        order_lines::subtotal.eq(after.subtotal),
                        order_lines::discount.eq(after.discount),
                        order_lines::tax.eq(after.tax),
                        order_lines::total.eq(after.total),
                        order_lines::taxes.eq(kernel::json::text(&tax::split(&line.taxes.0, after.tax))?),
                        order_lines::trace.eq(traced(line, after)?),
                    ))
                    .execute(conn)?;
            }
        }
    }
    Ok(ids)
}

fn insert_line(conn: &mut Conn, order: &Order, change: &LineChange, position: i64) -> Result<OrderLineId> {
    let Some(variant) = &change.added else { return Err(Error::unexpected("a line of a change is about nothing")) };
    let after = &change.after;
    let step = |rule: &str, outcome: String, amount| Step { rule: rule.into(), outcome, amount };
    let priced = PricedLine {
        unit_price: change.unit_price,
        subtotal: after.subtotal,
        discount: after.discount,
        tax: after.tax,
        total: after.total,
        rate_bp: change.rate.basis_points(),
        taxes: change.rate.parts(&change.rate.tax(after.subtotal, order.prices_include_tax).taxes),
        tax_reason: change.rate.reason.clone(),
        trace: vec![
            step("order changed", "added".into(), after.total),
            step("list price", figured(change.unit_price, after.quantity, change.measure().per()), after.subtotal),
            step("tax", change.rate.reason.clone(), after.tax),
        ],
    };
    orders::insert_line(conn, order.id, position, variant, after.quantity, &priced)
}

fn record(conn: &mut Conn, order: &Order, plan: &Plan, wish: &Wish, ids: &[OrderLineId], actor: &str, now: Time) -> Result<OrderEditId> {
    let changed = plan.lines.iter().zip(ids).filter(|(change, _)| change.changed());
    let lines = changed.map(|(change, id)| {
        let (title, options, sku) = change.names();
        Changed {
            line: id.0,
            title: title.into(),
            options: options.into(),
            sku: sku.into(),
            before: change.before,
            after: change.after,
            measure: change.measure(),
        }
    });
    let changes = Changes {
        lines: lines.collect(),
        address: plan.address.is_some(),
        delivery: plan.delivery.as_ref().map(|name| (order.shipping_method.clone(), name.clone())),
    };
    Ok(diesel::insert_into(order_edits::table)
        .values((
            order_edits::order_id.eq(order.id),
            order_edits::total_before.eq(plan.before.total),
            order_edits::total_after.eq(plan.after.total),
            order_edits::tax_before.eq(plan.before.tax),
            order_edits::tax_after.eq(plan.after.tax),
            order_edits::due.eq(plan.due),
            order_edits::given_back.eq(plan.back),
            order_edits::changes.eq(kernel::json::text(&changes)?),
            order_edits::reason.eq(wish.reason.trim()),
            order_edits::actor.eq(actor),
            order_edits::created_at.eq(now),
        ))
        .returning(order_edits::id)
        .get_result(conn)?)
}

/// Writes the adjustments anew; answers the codes of promotions of which nothing is left, whose uses are given back.
fn write_adjustments(conn: &mut Conn, order: &Order, plan: &Plan, now: Time) -> Result<Vec<String>> {
    diesel::delete(adjustments::table.filter(adjustments::order_id.eq(order.id))).execute(conn)?;
    for row in &plan.adjustments {
        diesel::insert_into(adjustments::table)
            .values((
                adjustments::order_id.eq(order.id),
                adjustments::order_line_id.eq(row.order_line_id),
                adjustments::source.eq(&row.source),
                adjustments::label.eq(&row.label),
                adjustments::amount.eq(row.amount),
            ))
            .execute(conn)?;
    }
    promotions::release_lost(conn, order.id, &plan.lost, now)
}

/// Writes the order's own row; answers it as it is then.
fn write_order(conn: &mut Conn, order: &Order, plan: &Plan, freed: &[String], now: Time) -> Result<Order> {
    let codes: Vec<&str> =
        order.coupon_code.split(", ").filter(|code| freed.iter().all(|gone| promotions::normalise(code) != *gone)).collect();
    let after = &plan.after;
    let taxation = Taxation { shipping: plan.shipping_taxes.clone(), ..order.taxation.0.clone() };
    diesel::update(rows::table.find(order.id))
        .set((
            rows::subtotal.eq(after.subtotal),
            rows::discount.eq(after.discount),
            rows::shipping.eq(after.shipping),
            rows::shipping_tax.eq(after.shipping_tax),
            rows::tax.eq(after.tax),
            rows::total.eq(after.total),
            rows::coupon_code.eq(codes.join(", ")),
            rows::taxation.eq(kernel::json::text(&taxation)?),
            rows::updated_at.eq(now),
        ))
        .execute(conn)?;
    if let Some(name) = &plan.delivery {
        diesel::update(rows::table.find(order.id)).set(rows::shipping_method.eq(name)).execute(conn)?;
    }
    if let Some(address) = &plan.address {
        diesel::update(rows::table.find(order.id)).set(rows::shipping_address.eq(kernel::json::text(address)?)).execute(conn)?;
    }
    orders::get(conn, order.id)
}
