use super::Failure;
use crate::progress::Bar;
use crate::state;
use kernel::config::Config;
use kernel::{Db, Error};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use storefront::search::{Keeps, SearchEngine};
use storefront::{catalog, search_index};

/// How long another process may take to begin and end what it was asked for.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
const LOOK: Duration = Duration::from_millis(500);

pub fn run(config: &Config) -> Result<ExitCode, Failure> {
    let db = state::database(config)?;
    db.migrate()?;
    let engine = state::search(config)?;
    // The lock of the living index is held from here on, so that no other process changes it meanwhile: the new one would not know.
    if engine.keeps() == Keeps::Own && !search_index::writes(engine.as_ref())? {
        return ask(config, &db, engine.as_ref());
    }
    let total = u64::try_from(db.read_now(catalog::count)?).unwrap_or(0);
    let bar = Bar::new("reindex");
    let built = search_index::reindex(&db, engine.as_ref(), &mut |read| bar.at(read, total.max(read), "products"));
    drop(bar);
    match (built, &config.meilisearch) {
        (Ok(products), _) => {
            println!("The search index holds {products} products.");
            Ok(ExitCode::SUCCESS)
        }
        (Err(Error::Unavailable(reason)), Some(server)) => {
            let url = &server.url;
            Err(Failure::Failed(format!("{reason}. Nothing was changed. See that Meilisearch answers at {url} and run reindex again.")))
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// Has the server that writes the folder build it anew, while it answers searches with the old index.
fn ask(config: &Config, db: &Db, engine: &dyn SearchEngine) -> Result<ExitCode, Failure> {
    let now = kernel::clock::Clock::default().now();
    let asked = db.write_now(move |conn| search_index::ask_to_rebuild(conn, now))?;
    let folder = config.data_dir.join("search");
    println!("A server writes {}. It builds the new index while the old one answers.", folder.display());
    let since = Instant::now();
    while !search_index::was_rebuilt(engine, asked)? {
        if since.elapsed() > PATIENCE {
            return Err(Failure::Failed(format!("the server has not built it after {} minutes; see its log", PATIENCE.as_secs() / 60)));
        }
        std::thread::sleep(LOOK);
    }
    engine.refresh()?;
    println!("The search index holds {} products.", engine.len()?);
    Ok(ExitCode::SUCCESS)
}
