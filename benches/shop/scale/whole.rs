//! Whole pages, as a browser waits for them: the shop's own server on the same database, asked over loopback, with no page kept
//! from one answer to the next. The search engine keeps the facets of a category until one of its products changes.
//!
//! The server is started several times for each size, and the visit with the least median counts: where the machine puts a server and
//! its database's process makes one visit twice as slow as the next, at every size, and says nothing about the shop.

use super::{REPEATS, any, deep};
use crate::support::client::{Client, get};
use crate::support::serving::{serve, stop};
use crate::support::{Dice, Spread, millis};
use admin::permissions::Preset;
use admin::staff::{self, Newcomer};
use admin::{roles, sessions};
use crm::email::Email;
use kernel::clock::Clock;
use kernel::config::Config;
use kernel::db::Target;
use kernel::{Db, Result};
use regulars::app;
use regulars::state::AppState;
use storefront::search_index;

/// How often the server is started for a size.
const VISITS: usize = 3;
/// The session of the owner, whom [`open`] signs in.
pub const TOKEN: &str = "bench-session-of-staff";
/// The small shop sold nothing in the days it shows.
const OVERVIEW: &str = "overview";

/// A page: its name, the address that the dice choose, and whether the floor is meant for it.
pub struct Page {
    pub name: &'static str,
    pub has_floor: bool,
    path: fn(&mut Dice, i64) -> String,
    staff: bool,
}

/// What a page took: when its address is asked for the first time, and in the best visit once what it reads is in the machine's memory.
pub struct Times {
    pub first: Spread,
    pub again: Spread,
}

pub fn pages() -> Vec<Page> {
    let page = |name, staff, path| Page { name, has_floor: name != OVERVIEW, path, staff };
    vec![
        page("order list page", true, |_, _| "/admin/orders".into()),
        page("order list page, deep", true, |dice, scale| format!("/admin/orders?after={}", deep(dice, scale))),
        page("order list page, completed, deep", true, |dice, scale| format!("/admin/orders?status=completed&after={}", deep(dice, scale))),
        page("order list page, a name", true, |dice, scale| format!("/admin/orders?q=c{}%40example.com", any(dice, scale / 10))),
        page("order page", true, |dice, scale| format!("/admin/orders/R{}", 1000 + any(dice, scale))),
        page("product list page", true, |_, _| "/admin/products".into()),
        page("product list page, deep", true, |dice, scale| format!("/admin/products?after={}", deep(dice, scale))),
        page("product list page, drafts, deep", true, |dice, scale| {
            format!("/admin/products?status=draft&after={}", deep(dice, scale) + scale / 5)
        }),
        page(OVERVIEW, true, |_, _| "/admin".into()),
        page("category page", false, |dice, _| format!("/categories/category-{}", any(dice, super::CATEGORIES))),
        page("product page", false, |dice, scale| format!("/products/product-{}", 1 + any(dice, scale / 20 - 1) * 20)),
    ]
}

/// Milliseconds of each page with `scale` orders and products. `Err` names a page that did not answer.
pub fn measure(db: &Db, scale: i64) -> std::result::Result<Vec<Times>, String> {
    let folder = std::env::temp_dir().join(format!("regulars_bench_scale_{}", std::process::id()));
    let state = open(db, &folder).map_err(|error| error.to_string())?;
    let (_, took) = millis(|| search_index::reindex(&state.db, state.door.search.as_ref(), &mut |_| ()));
    println!("  (search index made in {:.0} s)", took / 1000.0);
    let mut best = visit(state, scale)?;
    for _ in 1..VISITS {
        let state = open(db, &folder).map_err(|error| error.to_string())?;
        for (best, times) in best.iter_mut().zip(visit(state, scale)?) {
            if times.again.median < best.again.median {
                best.again = times.again;
            }
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
    Ok(best)
}

/// The times of every page on a server that is started for it.
fn visit(state: AppState, scale: i64) -> std::result::Result<Vec<Times>, String> {
    let (address, handle) = serve(move |listener| app::server(state, listener).unwrap());
    let mut client = Client::connect(address).map_err(|error| error.to_string())?;
    let times = pages().iter().map(|page| time(&mut client, page, scale)).collect();
    stop(handle);
    times
}

/// A database as the setting names it.
pub fn address(db: &Db) -> String {
    match db.target() {
        Target::File(path) => format!("sqlite://{}", path.display()),
        Target::Postgres(url) => url.clone(),
    }
}

/// The shop on this database, keeping no page, with an owner who is signed in.
pub fn open(db: &Db, folder: &std::path::Path) -> Result<AppState> {
    let vars = [
        ("REGULARS_DATA_DIR", folder.display().to_string()),
        ("DATABASE_URL", address(db)),
        ("REGULARS_BASE_URL", "http://shop.test".to_string()),
        ("REGULARS_PAGE_CACHE_MS", "0".to_string()),
    ];
    let config = Config::read(None, vars.map(|(name, value)| (name.to_string(), value))).unwrap();
    let state = AppState::open(config, Clock::default())?;
    let now = Clock::default().now();
    state.db.write_now(move |conn| {
        let email = Email::parse("owner@shop.test", "email")?;
        if !staff::known(conn, &email)? {
            let role = roles::of_preset(conn, Preset::Owner)?;
            let newcomer = Newcomer { email: email.clone(), name: "Owner".into(), hash: String::new(), role, language: "en".into() };
            staff::add(conn, &newcomer, now)?;
            let id = staff::by_email(conn, &email)?.id;
            sessions::open(conn, id, TOKEN, "bench", now)?;
        }
        Ok(())
    })?;
    Ok(state)
}

fn time(client: &mut Client, page: &Page, scale: i64) -> std::result::Result<Times, String> {
    let first = round(client, page, scale)?;
    Ok(Times { first, again: round(client, page, scale)? })
}

/// The same addresses in each round.
fn round(client: &mut Client, page: &Page, scale: i64) -> std::result::Result<Spread, String> {
    let mut dice = Dice::new(13);
    let cookie = if page.staff { format!("staff_session={TOKEN}") } else { String::new() };
    let mut times = Vec::new();
    for _ in 0..REPEATS {
        let path = (page.path)(&mut dice, scale);
        let (answer, took) = millis(|| client.ask(&get(&path, &cookie)).map(|answer| answer.status));
        match answer {
            Ok(200) => times.push(took),
            other => return Err(format!("{}: {path} answers {other:?}", page.name)),
        }
    }
    Ok(Spread::of(times))
}
