use super::Failure;
use crate::state;
use clap::Args;
use kernel::config::Config;
use std::process::ExitCode;

#[derive(Args)]
pub struct Arguments {
    /// Change nothing; say what would run, and end with 1 when there is anything
    #[arg(long)]
    check: bool,
}

pub fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let db = state::database(config)?;
    let names = if arguments.check { db.pending_migrations()? } else { db.migrate()? };
    for name in &names {
        println!("{} {name}", if arguments.check { "pending" } else { "ran" });
    }
    if names.is_empty() {
        println!("the database is up to date");
    }
    Ok(if arguments.check && !names.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
