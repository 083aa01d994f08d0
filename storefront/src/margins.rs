//! What an order leaves over its goods: what the goods brought without tax and delivery, less what was given back for them and what they
//! cost the shop. Payment fees and delivery are no part of it, and gift cards are no goods; what a bank took of a disputed payment counts as given
//! back, and what it charged for that as a cost.
//!
//! The cost of a unit was frozen with its line. Units that never left, and those that came back into stock, cost nothing.

use crate::ids::{OrderId, RefundId, VariantId};
use crate::orders::{self, Order, OrderLine};
use crate::payments::WishState;
use crate::pricing::PricedLine;
use crate::schema::{refund_lines, stock_movements};
use crate::units::Measure;
use crate::{budgets, carts, disputes, payments, refunds, stock};
use crm::purchases::{self, Margin};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::BTreeMap;

/// Of a cart that is placed: nothing was given back yet.
pub(crate) fn of_cart<'a>(lines: impl Iterator<Item = (&'a carts::LineQuote, &'a PricedLine)>) -> Margin {
    let mut margin = Margin::default();
    for (line, priced) in lines.filter(|(line, _)| !line.variant.gift_card) {
        margin.goods += priced.total - priced.tax;
        match line.variant.cost {
            Some(cost) => margin.cost += line.variant.measure.amount(cost, line.quantity),
            None => margin.uncosted += 1,
        }
    }
    margin
}

/// Of an order as its books are now.
pub fn of_order(conn: &mut Conn, order: &Order) -> Result<Margin> {
    let lines = orders::lines(conn, order.id)?;
    let goods: Vec<&OrderLine> = lines.iter().filter(|line| !line.gift_card).collect();
    let mut margin = Margin::default();
    let mut costs: BTreeMap<VariantId, (i64, Measure)> = BTreeMap::new();
    for line in &goods {
        margin.goods += line.total - line.tax;
        let Some(cost) = line.cost else {
            margin.uncosted += 1;
            continue;
        };
        margin.cost += line.measure().amount(cost, line.quantity - line.cancelled);
        if let Some(variant) = line.variant_id {
            let of = (cost, line.measure());
            costs.entry(variant).and_modify(|known| known.0 = cost.min(known.0)).or_insert(of);
        }
    }
    let returned: Vec<(VariantId, i64)> = stock_movements::table
        .filter(stock_movements::order_id.eq(order.id))
        .filter(stock_movements::reason.eq(stock::RETURNED))
        .select((stock_movements::variant_id, stock_movements::on_hand))
        .load(conn)?;
    let worth = |(variant, units): &(VariantId, i64)| costs.get(variant).map_or(0, |(cost, measure)| measure.amount(*cost, *units));
    margin.cost -= returned.iter().map(worth).sum::<i64>();
    margin.given_back = given_back(conn, order, &goods, margin.goods)?;
    let (taken, fees) = disputes::funds_of_order(conn, order.id, &order.currency)?;
    margin.given_back += share(taken, margin.goods, order.total);
    margin.cost += fees;
    Ok(margin)
}

/// What was given back for goods, without tax. Of a refund that names neither goods nor delivery the goods' share of the order counts.
fn given_back(conn: &mut Conn, order: &Order, goods: &[&OrderLine], worth: i64) -> Result<i64> {
    let mut back = 0;
    for refund in refunds::of_order(conn, order.id)? {
        if refund.state == WishState::Failed || refund.surplus || payments::has_case(conn, refund.payment_id)? {
            continue;
        }
        let named = lines_of(conn, refund.id)?;
        if named.is_empty() && refund.shipping == 0 {
            back += share(refund.amount, worth, order.total);
        }
        back += named.iter().filter(|(line, _)| goods.iter().any(|one| one.id.0 == *line)).map(|(_, net)| net).sum::<i64>();
    }
    Ok(back)
}

/// The goods' share of an amount of an order.
fn share(amount: i64, worth: i64, total: i64) -> i64 {
    if total <= 0 {
        return 0;
    }
    i64::try_from(i128::from(amount) * i128::from(worth) / i128::from(total)).unwrap_or(i64::MAX)
}

fn lines_of(conn: &mut Conn, refund: RefundId) -> Result<Vec<(i64, i64)>> {
    let own = refund_lines::table.filter(refund_lines::refund_id.eq(refund));
    Ok(own.select((refund_lines::order_line_id, refund_lines::amount - refund_lines::tax)).load(conn)?)
}

/// Brings what the memory holds of an order, and what it takes from budgets, up to date, after its lines, refunds or returned goods changed.
pub(crate) fn follow(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    budgets::follow(conn, order, now)?;
    let order = orders::get(conn, order)?;
    let margin = of_order(conn, &order)?;
    purchases::reckon(conn, order.id.0, &margin, now)
}
