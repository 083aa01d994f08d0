//! The run over all purchases, every night and after an import of a history.

use super::goods::Goods;
use super::measure::{Measure, measure};
use super::model::Model;
use super::source::{Purchases, Stored};
use super::{Companion, Kind, Pick};
use crate::schema::{customer_picks, popular_products, product_companions, recommendation_runs};
use chrono::{Days, NaiveTime};
use diesel::dsl::max;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Db, Result, json, on_each};
use std::time::Instant;

/// Products beside another one.
const COMPANIONS: usize = 24;
/// Products that a customer had, and new ones, in their list: more than a shelf shows, since some are sold out or in the cart.
const AGAIN: usize = 12;
const NEW: usize = 24;
const POPULAR: usize = 100;
/// Lists written in one transaction: short, since orders wait for it on SQLite.
const WRITTEN: usize = 250;
/// Runs that are kept, for comparing.
const KEPT: i64 = 400;

/// Works out every list anew. A list is there before and after; each is swapped in one transaction.
pub fn run(db: &Db, now: Time) -> Result<()> {
    let started = Instant::now();
    let purchases = Stored(db);
    // The last days are those of the shop: a history that ends long ago has a trend of its own.
    let Some(as_of) = purchases.last()?.map(|last| end_of_day(last).min(now)) else { return forget(db) };
    let model = Model::fit(&purchases, as_of, true)?;
    write_popular(db, &model.goods)?;
    write_companions(db, &model)?;
    let products = model.goods.len();
    let buyers = write_picks(db, &model, &purchases)?;
    drop(model);
    let told = measure(&purchases, as_of)?;
    record(db, (buyers, products), started, &told, now)
}

/// The midnight after a moment.
fn end_of_day(at: Time) -> Time {
    (at.date() + Days::new(1)).and_time(NaiveTime::MIN)
}

/// Without a purchase there is nothing to recommend.
fn forget(db: &Db) -> Result<()> {
    db.write_now(|conn| {
        diesel::delete(popular_products::table).execute(conn)?;
        diesel::delete(product_companions::table).execute(conn)?;
        diesel::delete(customer_picks::table).execute(conn)?;
        Ok(())
    })
}

fn record(db: &Db, (buyers, products): (i64, usize), started: Instant, told: &Measure, now: Time) -> Result<()> {
    let told = json::text(told)?;
    let took = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    db.write_now(move |conn| {
        let row = (
            recommendation_runs::run_at.eq(now),
            recommendation_runs::buyers.eq(buyers),
            recommendation_runs::products.eq(products as i64),
            recommendation_runs::milliseconds.eq(took),
            recommendation_runs::measure.eq(&told),
        );
        diesel::insert_into(recommendation_runs::table).values(row).execute(conn)?;
        let last: Option<i64> = recommendation_runs::table.select(max(recommendation_runs::id)).first(conn)?;
        diesel::delete(recommendation_runs::table.filter(recommendation_runs::id.le(last.unwrap_or(0) - KEPT))).execute(conn)?;
        Ok(())
    })
}

fn write_popular(db: &Db, goods: &Goods) -> Result<()> {
    let products: Vec<i64> = goods.popular(POPULAR).into_iter().map(|place| goods.products[place]).collect();
    db.write_now(move |conn| {
        let ranked = products.iter().zip(1i64..);
        let rows: Vec<_> =
            ranked.map(|(product, rank)| (popular_products::rank.eq(rank), popular_products::product_id.eq(*product))).collect();
        diesel::delete(popular_products::table).execute(conn)?;
        on_each!(conn, c => diesel::insert_into(popular_products::table).values(&rows).execute(c))?;
        Ok(())
    })
}

fn write_companions(db: &Db, model: &Model) -> Result<()> {
    let mut places: Vec<usize> = (0..model.goods.len()).collect();
    places.sort_by_key(|place| model.goods.products[*place]);
    let mut swap = Swap { from: i64::MIN, lists: Vec::new() };
    for place in places {
        let lists = [Kind::Together, Kind::Complete].map(|kind| (kind, model.companions(place, kind, COMPANIONS)));
        swap.add(model.goods.products[place], lists, |from, until, lists| {
            db.write_now(move |conn| swap_companions(conn, (from, until), &lists))
        })?;
    }
    swap.end(|from, until, lists| db.write_now(move |conn| swap_companions(conn, (from, until), &lists)))
}

fn write_picks(db: &Db, model: &Model, purchases: &Stored) -> Result<i64> {
    let mut buyers = 0;
    let mut swap = Swap { from: i64::MIN, lists: Vec::new() };
    purchases.each(&mut |bought| {
        let Some(first) = bought.first() else { return Ok(()) };
        buyers += 1;
        swap.add(first.customer, model.picks(bought, AGAIN, NEW), |from, until, lists| {
            db.write_now(move |conn| swap_picks(conn, (from, until), &lists))
        })
    })?;
    swap.end(|from, until, lists| db.write_now(move |conn| swap_picks(conn, (from, until), &lists)))?;
    Ok(buyers)
}

/// Both lists beside a product.
type Beside = [(Kind, Vec<Companion>); 2];

/// Lists in the order of their ids, swapped a range of ids at a time: so what has no list any more goes as well.
struct Swap<T> {
    /// The range begins after this id.
    from: i64,
    lists: Vec<(i64, T)>,
}

impl<T> Swap<T> {
    fn add(&mut self, id: i64, list: T, write: impl FnOnce(i64, i64, Vec<(i64, T)>) -> Result<()>) -> Result<()> {
        self.lists.push((id, list));
        if self.lists.len() < WRITTEN {
            return Ok(());
        }
        let from = std::mem::replace(&mut self.from, id);
        write(from, id, std::mem::take(&mut self.lists))
    }

    fn end(self, write: impl FnOnce(i64, i64, Vec<(i64, T)>) -> Result<()>) -> Result<()> {
        write(self.from, i64::MAX, self.lists)
    }
}

fn swap_companions(conn: &mut Conn, (from, until): (i64, i64), lists: &[(i64, Beside)]) -> Result<()> {
    let range = product_companions::product_id.gt(from).and(product_companions::product_id.le(until));
    diesel::delete(product_companions::table.filter(range)).execute(conn)?;
    let each = lists.iter().flat_map(|(product, lists)| lists.iter().map(move |(kind, list)| (*product, *kind, list)));
    let texts: Vec<(i64, Kind, String)> = each
        .filter(|(_, _, list)| !list.is_empty())
        .map(|(product, kind, list)| Ok((product, kind, json::text(list)?)))
        .collect::<Result<_>>()?;
    let row = |(product, kind, text): &(i64, Kind, String)| {
        (product_companions::product_id.eq(*product), product_companions::kind.eq(*kind), product_companions::companions.eq(text.clone()))
    };
    let rows: Vec<_> = texts.iter().map(row).collect();
    if !rows.is_empty() {
        on_each!(conn, c => diesel::insert_into(product_companions::table).values(&rows).execute(c))?;
    }
    Ok(())
}

fn swap_picks(conn: &mut Conn, (from, until): (i64, i64), lists: &[(i64, Vec<Pick>)]) -> Result<()> {
    let range = customer_picks::customer_id.gt(from).and(customer_picks::customer_id.le(until));
    diesel::delete(customer_picks::table.filter(range)).execute(conn)?;
    let row = |(customer, picks): &(i64, Vec<Pick>)| {
        Ok((customer_picks::customer_id.eq(*customer), customer_picks::picks.eq(json::text(picks)?)))
    };
    let rows: Vec<_> = lists.iter().filter(|(_, picks)| !picks.is_empty()).map(row).collect::<Result<_>>()?;
    if !rows.is_empty() {
        on_each!(conn, c => diesel::insert_into(customer_picks::table).values(&rows).execute(c))?;
    }
    Ok(())
}
