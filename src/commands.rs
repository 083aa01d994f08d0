//! The commands of the binary. Each is a file; this one reads the arguments and turns what went wrong into an exit code.

mod api_key;
mod backup;
mod demo;
mod doctor;
mod export;
mod import;
mod migrate;
mod rebuild;
mod reindex;
mod restore;
mod serve;
mod staff;
mod worker;

use clap::{Parser, Subcommand};
use kernel::config::{Config, Mistakes};
use kernel::web::i18n::{Language, Texts};
use std::path::PathBuf;
use std::process::ExitCode;

const AFTER: &str = "\
Settings come from regulars.toml in the working directory and from the environment, which wins; regulars.example.toml lists them all.

Exit codes: 0 done, 1 failed, 2 wrong arguments or settings, 3 the doctor found something.";

/// A storefront that knows its customers: shop, CRM and back office in one program.
#[derive(Parser)]
#[command(name = "regulars", version, after_help = AFTER, arg_required_else_help = true)]
pub struct Cli {
    /// The file with the settings [default: regulars.toml, when there is one]
    #[arg(long, value_name = "FILE", env = "REGULARS_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the shop: the web server and, in the same process, the worker
    Serve(serve::Arguments),
    /// Run a worker alone, beside servers that share its PostgreSQL database
    Worker,
    /// Bring the database up to date
    Migrate(migrate::Arguments),
    /// Fill an empty database with a demo shop
    Demo,
    /// Bring in products, customers and orders from a merchant's own export files
    Import(import::Arguments),
    /// Write products, customers or orders to a file that other shops read
    Export(export::Arguments),
    /// Who may sign in to the back office
    Staff(staff::Arguments),
    /// Make, list and end the keys of programs that use the JSON API
    ApiKey(api_key::Arguments),
    /// Build the search index anew while the old one serves
    Reindex,
    /// Make anew what the memory of customers keeps of orders: purchases, timelines, scores
    Rebuild,
    /// Prove the books: read the whole database and tell what does not agree
    Doctor,
    /// Write everything the database holds to one file, while the shop goes on selling
    Backup(backup::Arguments),
    /// Replace what the database holds by a backup, made on SQLite or PostgreSQL alike
    Restore(restore::Arguments),
}

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    Settings(Mistakes),
    Failed(String),
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Failure {
        Failure::Settings(mistakes)
    }
}

impl From<kernel::Error> for Failure {
    fn from(error: kernel::Error) -> Failure {
        // What people are told stands in the texts of the shop.
        let said = |text: &str| Texts::load(None).map_or_else(|_| text.to_string(), |texts| texts.message(Language::ENGLISH, text));
        match error {
            kernel::Error::Invalid(fields) => {
                let told: Vec<String> = fields.0.iter().map(|(field, message)| format!("{field}: {}", said(message))).collect();
                Failure::Failed(told.join("; "))
            }
            kernel::Error::Conflict(text) => Failure::Failed(said(&text)),
            other => Failure::Failed(other.to_string()),
        }
    }
}

impl Failure {
    /// A failure of the system below, with what was tried.
    fn of(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Failure {
        move |error| Failure::Failed(format!("{what}: {error}"))
    }
}

/// Runs the command and says on standard error what went wrong.
pub fn run(cli: Cli) -> ExitCode {
    match dispatch(cli) {
        Ok(code) => code,
        Err(Failure::Settings(mistakes)) => {
            eprintln!("regulars: {mistakes}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(reason)) => {
            eprintln!("regulars: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    let config = Config::load(cli.config.as_deref())?;
    crate::logs::start(&config.log);
    crate::state::languages(&config).map_err(|error| Failure::Failed(format!("the languages of the shop: {error}")))?;
    match cli.command {
        Command::Serve(arguments) => serve::run(config, &arguments),
        Command::Worker => worker::run(config),
        Command::Migrate(arguments) => migrate::run(&config, &arguments),
        Command::Demo => demo::run(&config),
        Command::Import(arguments) => import::run(&config, &arguments),
        Command::Export(arguments) => export::run(&config, &arguments),
        Command::Staff(arguments) => staff::run(&config, arguments),
        Command::ApiKey(arguments) => api_key::run(&config, arguments),
        Command::Reindex => reindex::run(&config),
        Command::Rebuild => rebuild::run(&config),
        Command::Doctor => doctor::run(&config),
        Command::Backup(arguments) => backup::run(&config, &arguments),
        Command::Restore(arguments) => restore::run(&config, &arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_sound_and_every_command_says_what_it_does() {
        let command = Cli::command();
        command.clone().debug_assert();
        assert!(command.get_subcommands().all(|sub| sub.get_about().is_some()));
    }
}
