//! Uses of promotions: a ledger that only grows, and balances that the guards stand on.

use super::engine::Applied;
use super::reason::Reason;
use super::rules::Rules;
use super::{State, codes};
use crate::ids::{OrderId, PromotionId};
use crate::offers;
use crate::schema::{promotion_balances as balances, promotion_codes as code_rows, promotion_movements as movements, promotions};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::{Conn, Result, on_each, prepared};

/// Takes one use of each promotion for an order, in the placing transaction. The guards are in the updates, so parallel orders cannot
/// pass a limit. Answers what refused; the caller then rolls back.
pub fn claim(
    conn: &mut Conn,
    applied: &[Applied],
    customer: CustomerId,
    order: OrderId,
    now: Time,
) -> Result<std::result::Result<(), Reason>> {
    // Rows in one order, so that two orders cannot wait for each other.
    let mut applied: Vec<&Applied> = applied.iter().collect();
    applied.sort_by_key(|applied| applied.id);
    for one in applied {
        if let Err(reason) = claim_one(conn, one, customer, order, now)? {
            return Ok(Err(reason));
        }
    }
    Ok(Ok(()))
}

fn claim_one(
    conn: &mut Conn,
    applied: &Applied,
    customer: CustomerId,
    order: OrderId,
    now: Time,
) -> Result<std::result::Result<(), Reason>> {
    let take = diesel::update(promotions::table.find(applied.id))
        .filter(promotions::state.eq(State::Active))
        .filter(promotions::max_uses.is_null().or(promotions::uses.nullable().lt(promotions::max_uses)))
        .set(promotions::uses.eq(promotions::uses + 1))
        .returning((promotions::max_uses_per_customer, promotions::rules));
    let taken: Option<(Option<i64>, Json<Rules>)> = prepared!(conn, take => get_result).optional()?;
    let Some((each, Json(rules))) = taken else { return Ok(Err(Reason::UsedUp)) };
    let row = (balances::promotion_id.eq(applied.id), balances::customer_id.eq(customer), balances::uses.eq(0));
    prepared!(conn, diesel::insert_into(balances::table).values(row).on_conflict_do_nothing() => execute)?;
    // Somebody has one first order, however many they place at once.
    let limit = if rules.conditions.first_order { 1 } else { each.unwrap_or(i64::MAX) };
    let take = diesel::update(balances::table.find((applied.id, customer)))
        .filter(balances::uses.lt(limit))
        .set(balances::uses.eq(balances::uses + 1));
    let taken = prepared!(conn, take => execute)?;
    if taken == 0 {
        return Ok(Err(Reason::UsedByCustomer));
    }
    let code = match &applied.code {
        None => None,
        Some(code) => {
            let take = diesel::update(code_rows::table.filter(code_rows::code.eq(codes::normalise(code))))
                .filter(code_rows::promotion_id.eq(applied.id))
                .filter(code_rows::once.eq(false).or(code_rows::uses.lt(1)))
                .set(code_rows::uses.eq(code_rows::uses + 1))
                .returning(code_rows::id);
            let taken: Option<i64> = prepared!(conn, take => get_result).optional()?;
            match taken {
                None => return Ok(Err(Reason::CodeUsed)),
                taken => taken,
            }
        }
    };
    let amount = applied.worth.unwrap_or_else(|| applied.amount());
    if applied.worth.is_some() && !offers::spend(conn, applied.id, amount)? {
        return Ok(Err(Reason::BudgetSpent));
    }
    movement(conn, &Use { promotion: applied.id, code, customer, amount }, order, 1, now)?;
    Ok(Ok(()))
}

/// Gives the uses of a cancelled order back. Does nothing when it had none, or gave them back before.
pub fn release(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    for used in used(conn, order)? {
        give_back(conn, order, &used, now)?;
    }
    Ok(())
}

/// Gives back the uses of promotions of which nothing is left on a changed order: those whose adjustments come from `lost`. Answers
/// the codes that opened them.
pub(crate) fn release_lost(conn: &mut Conn, order: OrderId, lost: &[String], now: Time) -> Result<Vec<String>> {
    let mut freed = Vec::new();
    if lost.is_empty() {
        return Ok(freed);
    }
    for used in used(conn, order)? {
        let code: Option<String> = match used.code {
            Some(id) => code_rows::table.find(id).select(code_rows::code).first(conn).optional()?,
            None => None,
        };
        let own = format!("promotion:{}", used.promotion);
        let from_code = |source: &String| {
            let typed = source.strip_prefix("coupon:");
            typed.zip(code.as_ref()).is_some_and(|(typed, code)| codes::normalise(typed) == *code)
        };
        if lost.iter().any(|source| *source == own || from_code(source)) {
            give_back(conn, order, &used, now)?;
            freed.extend(code);
        }
    }
    Ok(freed)
}

/// Gives back the uses of offers that say so, once all goods that they made cheaper were given back: those of the whole order with the
/// last of its goods.
pub(crate) fn release_refunded(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    for used in used(conn, order)? {
        if offers::returned(conn, used.promotion)? && all_refunded(conn, order, used.promotion)? {
            give_back(conn, order, &used, now)?;
        }
    }
    Ok(())
}

fn all_refunded(conn: &mut Conn, order: OrderId, promotion: PromotionId) -> Result<bool> {
    use crate::schema::{adjustments, order_lines};
    let named = adjustments::source.eq(format!("promotion:{promotion}")).and(adjustments::order_line_id.is_not_null());
    let named: Vec<Option<i64>> =
        adjustments::table.filter(adjustments::order_id.eq(order).and(named)).select(adjustments::order_line_id).load(conn)?;
    let lines: Vec<(i64, i64, i64, i64)> = order_lines::table
        .filter(order_lines::order_id.eq(order))
        .select((order_lines::id, order_lines::quantity, order_lines::refunded, order_lines::unit_price))
        .load(conn)?;
    let paid: Vec<_> = lines.iter().filter(|(.., price)| *price > 0).collect();
    // A gift costs nothing that could be given back: what was paid beside it counts.
    let whole = paid.iter().all(|(id, ..)| !named.contains(&Some(*id)));
    Ok(paid.iter().filter(|(id, ..)| whole || named.contains(&Some(*id))).all(|(_, quantity, refunded, _)| refunded >= quantity))
}

/// A use of a promotion.
struct Use {
    promotion: PromotionId,
    code: Option<i64>,
    customer: CustomerId,
    /// What it took off the order.
    amount: i64,
}

/// The uses of an order that were not given back.
fn used(conn: &mut Conn, order: OrderId) -> Result<Vec<Use>> {
    let moved: Vec<(PromotionId, Option<i64>, CustomerId, i64, i64)> = movements::table
        .filter(movements::order_id.eq(order))
        .order((movements::promotion_id, movements::id))
        .select((movements::promotion_id, movements::code_id, movements::customer_id, movements::uses, movements::amount))
        .load(conn)?;
    let back = |promotion: PromotionId| moved.iter().any(|row| row.0 == promotion && row.3 == -1);
    let open = moved.iter().filter(|row| row.3 == 1 && !back(row.0));
    Ok(open.map(|&(promotion, code, customer, _, amount)| Use { promotion, code, customer, amount }).collect())
}

fn give_back(conn: &mut Conn, order: OrderId, used: &Use, now: Time) -> Result<()> {
    let Use { promotion, code, customer, amount } = *used;
    diesel::update(promotions::table.find(promotion)).set(promotions::uses.eq(promotions::uses - 1)).execute(conn)?;
    diesel::update(balances::table.find((promotion, customer))).set(balances::uses.eq(balances::uses - 1)).execute(conn)?;
    if let Some(code) = code {
        diesel::update(code_rows::table.find(code)).set(code_rows::uses.eq(code_rows::uses - 1)).execute(conn)?;
    }
    offers::unspend(conn, promotion, amount)?;
    movement(conn, used, order, -1, now)
}

fn movement(conn: &mut Conn, used: &Use, order: OrderId, uses: i64, now: Time) -> Result<()> {
    let row = (
        movements::promotion_id.eq(used.promotion),
        movements::code_id.eq(used.code),
        movements::customer_id.eq(used.customer),
        movements::amount.eq(used.amount),
        movements::order_id.eq(order),
        movements::uses.eq(uses),
        movements::created_at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(movements::table).values(row).execute(c))?;
    Ok(())
}
