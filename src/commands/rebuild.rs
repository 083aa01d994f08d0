use super::Failure;
use crate::progress::Bar;
use crate::state;
use crm::{recommendations, scores, segments, tickets};
use kernel::clock::Clock;
use kernel::config::Config;
use std::process::ExitCode;
use storefront::{kin, orders, rebuild, shop};

pub fn run(config: &Config) -> Result<ExitCode, Failure> {
    let db = state::database(config)?;
    db.migrate()?;
    let now = Clock::default().now();
    let total = u64::try_from(db.read_now(orders::count)?).unwrap_or(0);
    let bar = Bar::new("rebuild");
    let done = rebuild::run(&db, now, &mut |read| bar.at(read, total.max(read), "orders"));
    drop(bar);
    let done = done?;
    let currency = db.read_now(|conn| Ok(shop::get(conn)?.currency))?;
    scores::run(&db, currency, now)?;
    kin::all(&db, now)?;
    segments::build_all(&db, &Clock::default())?;
    recommendations::run(&db, now)?;
    tickets::find_anew(&db)?;
    println!(
        "Purchases, timelines and scores were made anew from {done} orders, and segments and recommendations from them; and the words that tickets are found by."
    );
    Ok(ExitCode::SUCCESS)
}
