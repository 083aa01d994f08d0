use super::Failure;
use crate::progress::Bar;
use crate::state;
use kernel::Error;
use kernel::config::Config;
use std::process::ExitCode;
use storefront::{catalog, search_index};

pub fn run(config: &Config) -> Result<ExitCode, Failure> {
    let db = state::database(config)?;
    db.migrate()?;
    let engine = state::search(config)?;
    let total = u64::try_from(db.read_now(catalog::count)?).unwrap_or(0);
    let bar = Bar::new("reindex");
    // Holds the lock of the living index, so that no other process changes it meanwhile: the new one would not know.
    let alone = if config.meilisearch.is_none() { engine.replace(&[]) } else { Ok(()) };
    let built = alone.and_then(|()| search_index::reindex(&db, engine.as_ref(), &mut |read| bar.at(read, total.max(read), "products")));
    drop(bar);
    match built {
        Ok(products) => {
            println!("The search index holds {products} products.");
            Ok(ExitCode::SUCCESS)
        }
        Err(Error::Unavailable(reason)) => Err(Failure::Failed(advice(config, &reason))),
        Err(error) => Err(error.into()),
    }
}

/// What to do about an engine that does not take the new index.
fn advice(config: &Config, reason: &str) -> String {
    match &config.meilisearch {
        Some(server) => format!("{reason}. Nothing was changed. See that Meilisearch answers at {} and run reindex again.", server.url),
        None => format!(
            "{reason}. The old index still serves. The embedded index in {} is written by one process at a time: stop the server or worker \
             that uses this folder, run reindex, and start it again.",
            config.data_dir.join("search").display()
        ),
    }
}
