//! What was sold: sums of days, the goods that sold best, and what became of carts. A sale is an order that stands, confirmed or
//! completed, in the shop's currency; its revenue is what the buyer pays for it, with delivery and tax, less the gift cards in it: a gift card
//! that is sold is owed to whoever holds it, and becomes revenue with the goods that it pays. Every query reads a range of the
//! orders by their moment, so that it costs what the period holds and not what the shop has grown to.

use crate::carts::CartState;
use crate::ids::{CartId, ProductId, StoreId, VariantId};
use crate::orders::OrderStatus;
use crate::schema::{cart_lines, carts, order_lines, orders, products, variants};
use crate::shop::Shop;
use crate::units::measures;
use chrono::{Days, NaiveDate, NaiveTime};
use diesel::dsl::{count_star, exists, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::clock::Time;
use kernel::{Conn, Result};
use serde::Serialize;
use std::collections::HashMap;

/// What counts as sold.
pub(crate) const SOLD: [OrderStatus; 2] = [OrderStatus::Confirmed, OrderStatus::Completed];

/// From a moment on, until before another.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    pub from: Time,
    pub until: Time,
}

impl Period {
    /// `days` whole days by the shop's clocks, of which `last` is the last.
    pub fn days(shop: &Shop, last: NaiveDate, days: u64) -> Period {
        let start = |day: NaiveDate| shop.moment(day.and_time(NaiveTime::MIN));
        let first = last.checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or(last);
        Period { from: start(first), until: start(last.succ_opt().unwrap_or(last)) }
    }
}

/// Orders of a store and what their goods and delivery brought, in minor units of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub orders: i64,
    pub revenue: i64,
}

impl Sum {
    /// What an order brought on average, rounded half up; zero without orders.
    pub fn average(&self) -> i64 {
        if self.orders == 0 { 0 } else { (self.revenue + self.orders / 2) / self.orders }
    }

    pub fn of(days: &[(NaiveDate, Sum)]) -> Sum {
        days.iter().fold(Sum::default(), |sum, (_, day)| Sum { orders: sum.orders + day.orders, revenue: sum.revenue + day.revenue })
    }
}

/// The sums of a store over `days` days by the shop's clocks, the oldest first; `last` is the last of them.
pub fn by_day(conn: &mut Conn, shop: &Shop, last: NaiveDate, days: u64) -> Result<Vec<(NaiveDate, Sum)>> {
    let mut sums = Vec::new();
    for back in (0..days).rev() {
        let Some(day) = last.checked_sub_days(Days::new(back)) else { continue };
        sums.push((day, sum(conn, shop, Period::days(shop, day, 1))?));
    }
    Ok(sums)
}

fn sum(conn: &mut Conn, shop: &Shop, period: Period) -> Result<Sum> {
    let (orders, paid): (i64, i64) = orders::table
        .filter(orders::placed_at.ge(period.from).and(orders::placed_at.lt(period.until)))
        .filter(orders::status.eq_any(SOLD))
        .filter(orders::store_id.eq(shop.store))
        .filter(orders::currency.eq(shop.currency.code()))
        .select((count_star(), sql::<BigInt>("CAST(coalesce(sum(total), 0) AS BIGINT)")))
        .first(conn)?;
    let for_cards: i64 = order_lines::table
        .inner_join(orders::table.on(orders::id.eq(order_lines::order_id)))
        .filter(order_lines::gift_card)
        .filter(orders::placed_at.ge(period.from).and(orders::placed_at.lt(period.until)))
        .filter(orders::status.eq_any(SOLD))
        .filter(orders::store_id.eq(shop.store))
        .filter(orders::currency.eq(shop.currency.code()))
        .select(sql::<BigInt>("CAST(coalesce(sum(order_lines.total), 0) AS BIGINT)"))
        .first(conn)?;
    Ok(Sum { orders, revenue: paid - for_cards })
}

/// A product that was sold.
#[derive(Clone, Debug)]
pub struct Seller {
    pub product: ProductId,
    pub title: String,
    pub units: i64,
    /// What its lines brought, with tax, in minor units of the shop's currency.
    pub revenue: i64,
}

/// The products that brought most in a store in a period, as they are called now; gift cards bring nothing before they are used.
pub fn best(conn: &mut Conn, shop: &Shop, period: Period, limit: i64) -> Result<Vec<Seller>> {
    let rows: Vec<(ProductId, i64, i64)> = order_lines::table
        .inner_join(orders::table.on(orders::id.eq(order_lines::order_id)))
        .inner_join(variants::table.on(order_lines::variant_id.eq(variants::id.nullable())))
        .filter(orders::placed_at.ge(period.from).and(orders::placed_at.lt(period.until)))
        .filter(orders::status.eq_any(SOLD))
        .filter(orders::store_id.eq(shop.store))
        .filter(orders::currency.eq(shop.currency.code()))
        .filter(order_lines::gift_card.eq(false))
        .group_by(variants::product_id)
        .select((
            variants::product_id,
            // What is measured counts once for each line of which some was sold.
            sql::<BigInt>(
                "CAST(sum(CASE WHEN order_lines.unit_precision = 0 THEN order_lines.quantity - order_lines.cancelled \
                 WHEN order_lines.quantity > order_lines.cancelled THEN 1 ELSE 0 END) AS BIGINT)",
            ),
            sql::<BigInt>("CAST(sum(order_lines.total) AS BIGINT)"),
        ))
        .order((sql::<BigInt>("3 DESC"), variants::product_id))
        .limit(limit)
        .load(conn)?;
    let ids: Vec<ProductId> = rows.iter().map(|row| row.0).collect();
    let titles: HashMap<ProductId, String> =
        products::table.filter(products::id.eq_any(ids)).select((products::id, products::title)).load(conn)?.into_iter().collect();
    let seller = |(product, units, revenue)| titles.get(&product).map(|title| Seller { product, title: title.clone(), units, revenue });
    Ok(rows.into_iter().filter_map(seller).collect())
}

/// Carts with goods that somebody touched in a period, and how many of them became orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carts {
    pub placed: i64,
    pub open: i64,
}

impl Carts {
    /// Of a thousand carts so many became orders; none without carts.
    pub fn per_mille(&self) -> Option<i64> {
        let all = self.placed + self.open;
        (all > 0).then(|| (self.placed * 1000 + all / 2) / all)
    }
}

/// The carts of a store in a period.
pub fn carts(conn: &mut Conn, store: StoreId, period: Period) -> Result<Carts> {
    let touched = |state: CartState| {
        let own = carts::table.filter(carts::state.eq(state)).filter(carts::store_id.eq(store));
        own.filter(carts::updated_at.ge(period.from).and(carts::updated_at.lt(period.until)))
    };
    let placed = touched(CartState::Placed).count().get_result(conn)?;
    let with_goods = exists(cart_lines::table.filter(cart_lines::cart_id.eq(carts::id)));
    let open = touched(CartState::Open).filter(with_goods).count().get_result(conn)?;
    Ok(Carts { placed, open })
}

/// A cart in a list.
#[derive(Clone, Debug, Serialize)]
pub struct CartRow {
    pub id: CartId,
    /// As far as the shopper gave it.
    pub email: String,
    pub units: i64,
    pub updated_at: Time,
    /// The number of the order that it became.
    pub order: Option<String>,
}

/// The carts of a store in a period that [`carts`] counts, in one state: those touched last come first, from before the moment and id on.
pub fn cart_list(
    conn: &mut Conn,
    store: StoreId,
    state: CartState,
    period: Period,
    before: Option<(Time, CartId)>,
    limit: i64,
) -> Result<Vec<CartRow>> {
    let with_goods = exists(cart_lines::table.filter(cart_lines::cart_id.eq(carts::id)));
    let mut query = carts::table
        .filter(carts::state.eq(state))
        .filter(carts::store_id.eq(store))
        .filter(carts::updated_at.ge(period.from).and(carts::updated_at.lt(period.until)))
        .into_boxed();
    if state == CartState::Open {
        query = query.filter(with_goods);
    }
    if let Some((at, id)) = before {
        query = query.filter(carts::updated_at.lt(at).or(carts::updated_at.eq(at).and(carts::id.lt(id))));
    }
    let found: Vec<(CartId, String, Time)> = query
        .order((carts::updated_at.desc(), carts::id.desc()))
        .limit(limit)
        .select((carts::id, carts::email, carts::updated_at))
        .load(conn)?;
    let ids: Vec<CartId> = found.iter().map(|(id, ..)| *id).collect();
    let mut units: HashMap<CartId, i64> = HashMap::new();
    let columns = (cart_lines::cart_id, cart_lines::variant_id, cart_lines::quantity);
    let lines: Vec<(CartId, VariantId, i64)> = cart_lines::table.filter(cart_lines::cart_id.eq_any(&ids)).select(columns).load(conn)?;
    let measures = measures(conn, &lines.iter().map(|(_, variant, _)| *variant).collect::<Vec<_>>())?;
    for (cart, variant, quantity) in lines {
        *units.entry(cart).or_default() += measures.get(&variant).map_or(quantity, |measure| measure.pieces(quantity));
    }
    let became = orders::table.filter(orders::cart_id.eq_any(&ids)).select((orders::cart_id.assume_not_null(), orders::number));
    let mut numbers: HashMap<CartId, String> = became.load::<(CartId, String)>(conn)?.into_iter().collect();
    let row = |(id, email, updated_at): (CartId, String, Time)| CartRow {
        units: units.get(&id).copied().unwrap_or(0),
        order: numbers.remove(&id),
        id,
        email,
        updated_at,
    };
    Ok(found.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_as_long_as_the_clocks_say() {
        let shop = Shop { time_zone: "Europe/Berlin".into(), ..Shop::default() };
        let hours = |year, month, day| {
            let period = Period::days(&shop, NaiveDate::from_ymd_opt(year, month, day).expect("a day"), 1);
            (period.until - period.from).num_hours()
        };
        assert_eq!((hours(2026, 3, 29), hours(2026, 10, 25), hours(2026, 11, 22)), (23, 25, 24));
    }

    #[test]
    fn averages_and_shares_are_rounded_and_need_no_orders() {
        assert_eq!(Sum::default().average(), 0);
        assert_eq!(Sum { orders: 3, revenue: 1000 }.average(), 333);
        assert_eq!(Sum { orders: 2, revenue: 1001 }.average(), 501);
        assert_eq!(Carts::default().per_mille(), None);
        assert_eq!(Carts { placed: 1, open: 2 }.per_mille(), Some(333));
    }
}
