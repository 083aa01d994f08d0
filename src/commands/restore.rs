use super::Failure;
use crate::progress::Bar;
use clap::Args;
use kernel::backup::{Over, restore};
use kernel::clock::Clock;
use kernel::config::Config;
use kernel::db::Target;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub struct Arguments {
    /// The backup to read
    file: PathBuf,
    /// Replace a database that holds data. What it holds is kept: a SQLite file beside the new one, PostgreSQL's content as a backup in
    /// the data folder
    #[arg(long)]
    force: bool,
}

pub fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let over = if arguments.force { Over::Everything } else { Over::Empty };
    let mut kept = None;
    if arguments.force && matches!(config.database, Target::Postgres(_)) {
        kept = keep(config)?;
    }
    let bar = Bar::new("restore");
    let restored = restore(&arguments.file, &config.database, over, &mut |progress| bar.at(progress.done, progress.total, progress.table))?;
    drop(bar);
    println!("restored {} rows from {}", restored.rows, arguments.file.display());
    if let Some(path) = restored.kept.or(kept) {
        println!("what was there before is in {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Backs up what a server holds before it is replaced. Nothing when it was never migrated.
fn keep(config: &Config) -> Result<Option<PathBuf>, Failure> {
    std::fs::create_dir_all(&config.data_dir).map_err(Failure::of(format!("cannot create {}", config.data_dir.display())))?;
    let name = format!("before-restore-{}.backup", Clock::default().now().format("%Y%m%d-%H%M%S"));
    let path = config.data_dir.join(name);
    super::backup::write(config, &path)?;
    Ok(Some(path))
}
