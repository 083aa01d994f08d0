//! The carts behind the share that became orders: those that stayed one, and those that were placed.

use super::choice;
use super::desk::{Desk, ROWS};
use actix_web::HttpResponse;
use chrono::{DateTime, NaiveDate};
use kernel::Result;
use kernel::clock::Time;
use serde_json::json;
use storefront::carts::CartState;
use storefront::ids::CartId;
use storefront::sales::{self, Period};
use storefront::{shop, stores};

/// Days that are shown when the address names none, as the first page counts them.
const DAYS: u64 = 30;
/// What the list can show.
const STATES: [&str; 2] = ["open", "placed"];

/// The last cart of the page before: its moment in microseconds and its id.
fn before(key: &str) -> Option<(Time, CartId)> {
    let (at, id) = key.split_once('.')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?.naive_utc(), CartId(id.parse().ok()?)))
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let asked = desk.query("state");
    let state = if asked == STATES[1] { CartState::Placed } else { CartState::Open };
    let (from, to): (Option<NaiveDate>, Option<NaiveDate>) = (desk.query("from").parse().ok(), desk.query("to").parse().ok());
    let (now, before) = (desk.door.now(), before(&desk.query("after")));
    let (rows, first, last) = desk
        .read(move |conn| {
            let shop = stores::shop(conn, store)?;
            let clocks = shop::get(conn)?;
            let last = to.unwrap_or_else(|| shop.local(now).date());
            let first = from.unwrap_or_else(|| clocks.local(Period::days(&shop, last, DAYS).from).date());
            let period = Period { from: Period::days(&shop, first, 1).from, until: Period::days(&shop, last, 1).until };
            Ok((sales::cart_list(conn, store, state, period, before, ROWS)?, first, last))
        })
        .await?;
    let key = rows.last().map(|row| format!("{}.{}", row.updated_at.and_utc().timestamp_micros(), row.id));
    let view = json!({ "state": state.as_str(), "states": STATES, "from": first.to_string(), "to": last.to_string(), "of": of,
        "store": if of.query.is_empty() { String::new() } else { store.to_string() }, "next": desk.next(rows.len(), key), "carts": rows });
    desk.page("admin/carts.html", "admin-carts", view)
}
