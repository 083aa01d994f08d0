use super::Failure;
use crate::progress::Bar;
use crate::state;
use kernel::Db;
use kernel::clock::Clock;
use kernel::config::Config;
use std::process::ExitCode;

pub fn run(config: &Config) -> Result<ExitCode, Failure> {
    let db = state::database(config)?;
    db.migrate()?;
    load(&db, &Clock::default())?;
    Ok(ExitCode::SUCCESS)
}

/// Loads the demo and says so. A shop that has it already is left as it is.
pub fn load(db: &Db, clock: &Clock) -> Result<(), Failure> {
    let bar = Bar::new("demo");
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let loaded = storefront::demo::load(db, clock.now(), &mut |done, total| bar.at(count(done), count(total), "pictures"))?;
    drop(bar);
    match loaded.already {
        true => println!("The demo shop is here already; nothing was changed."),
        false => println!("Loaded the demo shop: {} products, {} pictures, {} pages.", loaded.products, loaded.pictures, loaded.pages),
    }
    Ok(())
}
