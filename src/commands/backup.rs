use super::Failure;
use crate::progress::Bar;
use clap::Args;
use kernel::config::Config;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub struct Arguments {
    /// The file to write; there must be none of this name yet
    file: PathBuf,
}

pub fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let rows = write(config, &arguments.file)?;
    println!("wrote {rows} rows to {}", arguments.file.display());
    Ok(ExitCode::SUCCESS)
}

/// Backs the configured database up to `file`. Returns the number of rows.
pub fn write(config: &Config, file: &Path) -> Result<u64, Failure> {
    let bar = Bar::new("backup");
    Ok(kernel::backup::dump(&config.database, file, &mut |progress| bar.at(progress.done, progress.total, progress.table))?)
}
