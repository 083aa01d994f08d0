//! What a customer prefers, as far as their orders tell: a category, a way to order, a time of day. Each answer carries what it rests on,
//! and with too few orders or no clear favourite it says so.

use crate::catalog;
use crate::exchanges;
use crate::ids::{CategoryId, OrderId};
use crate::orders::OrderStatus;
use crate::schema::{order_lines, orders, product_categories, variants};
use crate::shop::Shop;
use crate::units::{Measure, Unit};
use chrono::{NaiveTime, Timelike};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, words};
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::Hash;

/// The latest orders that are looked at: who changed their ways years ago is known by what they do now.
const LOOKED_AT: i64 = 100;
/// Fewer orders, or units in categories, tell nothing.
const FEWEST: i64 = 5;
/// Hours of the time of day that is told.
const WINDOW: u32 = 3;

words!(
    /// How an order was placed. Exchanges and orders from before the shop are no choice of the customer.
    Channel { Shop = "web", Api = "api", Staff = "staff" }
);

/// What is preferred, if that can be told: chosen `count` times `of` so many. At least half of the times is a preference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Habit<T> {
    TooLittle { of: i64 },
    None { of: i64 },
    Clear { what: T, count: i64, of: i64 },
}

/// The hours from `from` until before `until`, in the shop's time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hours {
    pub from: u32,
    pub until: u32,
}

#[derive(Clone, Debug, Serialize)]
pub struct Habits {
    /// By units, named in the language that was asked for.
    pub category: Habit<String>,
    /// By orders.
    pub channel: Habit<Channel>,
    pub hours: Habit<Hours>,
}

/// What a customer prefers. Cancelled orders do not count.
pub fn of(conn: &mut Conn, shop: &Shop, customer: CustomerId, language: &str) -> Result<Habits> {
    let rows: Vec<(OrderId, String, Time)> = orders::table
        .filter(orders::customer_id.eq(customer))
        .filter(orders::status.ne(OrderStatus::Cancelled))
        .order((orders::placed_at.desc(), orders::id.desc()))
        .limit(LOOKED_AT)
        .select((orders::id, orders::source, orders::placed_at))
        .load(conn)?;
    let channels: Vec<Channel> = rows.iter().filter_map(|(_, source, _)| Channel::parse(source)).collect();
    // A history may know the days only, and then says midnight; an exchange is placed when staff get to it.
    let own = rows.iter().filter(|(_, source, at)| source != exchanges::SOURCE && at.time() != NaiveTime::MIN);
    let hours: Vec<u32> = own.map(|(.., at)| shop.local(*at).hour()).collect();
    let ids: Vec<OrderId> = rows.iter().map(|(id, ..)| *id).collect();
    Ok(Habits {
        category: category(conn, &ids, language)?,
        channel: most(channels.iter().map(|channel| (channel.as_str(), 1))).map(|word| Channel::parse(word).unwrap_or(Channel::Shop)),
        hours: window(&hours),
    })
}

fn category(conn: &mut Conn, orders: &[OrderId], language: &str) -> Result<Habit<String>> {
    let bought: Vec<(CategoryId, i64, i64, i64)> = order_lines::table
        .inner_join(variants::table.on(order_lines::variant_id.eq(variants::id.nullable())))
        .inner_join(product_categories::table.on(product_categories::product_id.eq(variants::product_id)))
        .filter(order_lines::order_id.eq_any(orders.to_vec()))
        .filter(order_lines::gift_card.eq(false))
        .select((product_categories::category_id, order_lines::id, order_lines::quantity, order_lines::unit_precision))
        .load(conn)?;
    let pieces = |quantity: i64, precision: i64| Measure::new(Unit::Piece, precision).pieces(quantity);
    let bought: Vec<(CategoryId, i64, i64)> =
        bought.into_iter().map(|(category, line, quantity, precision)| (category, line, pieces(quantity, precision))).collect();
    // A product in two categories counts for both, and once in the sum.
    let lines: BTreeMap<i64, i64> = bought.iter().map(|(_, line, units)| (*line, *units)).collect();
    let mut units: BTreeMap<CategoryId, i64> = BTreeMap::new();
    bought.iter().for_each(|(category, _, number)| *units.entry(*category).or_default() += number);
    let habit = best(units, lines.values().sum());
    let Habit::Clear { what, count, of } = habit else { return Ok(habit.map(|_| String::new())) };
    let tree = catalog::categories(conn, language)?;
    let name = tree.get(what).map(|category| category.name.clone()).unwrap_or_default();
    Ok(Habit::Clear { what: name, count, of })
}

impl<T> Habit<T> {
    fn map<U>(self, f: impl FnOnce(T) -> U) -> Habit<U> {
        match self {
            Habit::TooLittle { of } => Habit::TooLittle { of },
            Habit::None { of } => Habit::None { of },
            Habit::Clear { what, count, of } => Habit::Clear { what: f(what), count, of },
        }
    }
}

fn most<T: Ord + Hash>(counted: impl Iterator<Item = (T, i64)>) -> Habit<T> {
    let mut sums: BTreeMap<T, i64> = BTreeMap::new();
    counted.for_each(|(what, number)| *sums.entry(what).or_default() += number);
    let of = sums.values().sum();
    best(sums, of)
}

fn best<T: Ord>(sums: BTreeMap<T, i64>, of: i64) -> Habit<T> {
    if of < FEWEST {
        return Habit::TooLittle { of };
    }
    match sums.into_iter().rev().max_by_key(|(_, count)| *count) {
        Some((what, count)) if count * 2 >= of => Habit::Clear { what, count, of },
        _ => Habit::None { of },
    }
}

/// The hours of the day in which most orders were placed, across midnight too.
fn window(hours: &[u32]) -> Habit<Hours> {
    let within = |from: u32| hours.iter().filter(|hour| (**hour + 24 - from) % 24 < WINDOW).count() as i64;
    let of = hours.len() as i64;
    let sums: BTreeMap<u32, i64> = (0..24).map(|from| (from, within(from))).collect();
    best(sums, of).map(|from| Hours { from, until: (from + WINDOW) % 24 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_habit_needs_enough_to_rest_on_and_a_favourite() {
        let told = |words: &[&'static str]| most(words.iter().map(|word| (*word, 1)));
        assert_eq!(told(&["web"; 4]), Habit::TooLittle { of: 4 });
        assert_eq!(told(&["web", "web", "web", "api", "staff"]), Habit::Clear { what: "web", count: 3, of: 5 });
        assert_eq!(told(&["a", "a", "b", "b", "c"]), Habit::None { of: 5 });
    }

    #[test]
    fn hours_go_across_midnight() {
        assert_eq!(window(&[23, 0, 1, 0, 12]), Habit::Clear { what: Hours { from: 23, until: 2 }, count: 4, of: 5 });
        assert_eq!(window(&[1, 5, 9, 13, 17, 21]), Habit::None { of: 6 });
        assert_eq!(window(&[9; 3]), Habit::TooLittle { of: 3 });
    }
}
