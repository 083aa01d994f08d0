use super::Failure;
use crate::state;
use chrono::TimeDelta;
use clap::{Args, Subcommand};
use kernel::Db;
use kernel::clock::{Clock, Time};
use kernel::config::Config;
use std::process::ExitCode;
use storefront::api_keys::{self, ApiKey, Scope};
use storefront::ids::ApiKeyId;

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Make a key and show its secret, this once
    Add(New),
    /// Show the keys, without their secrets
    List,
    /// End a key at once
    Revoke {
        /// The number that `list` shows
        id: i64,
    },
}

#[derive(Args)]
struct New {
    /// The program that will use the key
    name: String,
    /// What the key may do; give it several times for several. With orders:read a key sees every order of the shop
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scope)]
    scopes: Vec<Scope>,
    /// Days until the key ends by itself [default: never]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=36_500))]
    days: Option<i64>,
}

pub fn run(config: &Config, arguments: Arguments) -> Result<ExitCode, Failure> {
    let db = state::database(config)?;
    db.migrate()?;
    let now = Clock::default().now();
    match arguments.what {
        What::Add(new) => add(&db, new, now)?,
        What::List => db.read_now(api_keys::list)?.iter().for_each(|key| print(key, now)),
        What::Revoke { id } => {
            let revoked = db.write_now(move |conn| api_keys::revoke(conn, ApiKeyId(id), now));
            revoked.map_err(|error| match error {
                kernel::Error::NotFound => Failure::Failed(format!("there is no key {id}")),
                other => other.into(),
            })?;
            println!("revoked key {id}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The secret alone goes to standard output, so that a script can take it.
fn add(db: &Db, new: New, now: Time) -> Result<(), Failure> {
    let expires = new.days.map(|days| now + TimeDelta::days(days));
    let (id, secret) = db.write_now(move |conn| api_keys::create(conn, &new.name, &new.scopes, expires, now))?;
    eprintln!("made key {id}; keep its secret now, it is not shown again:");
    println!("{secret}");
    Ok(())
}

fn print(key: &ApiKey, now: Time) {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", at.date()),
        (None, Some(at)) if at <= now => format!("expired {}", at.date()),
        (None, Some(at)) => format!("until {}", at.date()),
        (None, None) => "works".to_string(),
    };
    println!("{}\t{}\t{}\t{state}", key.id, key.name, key.scopes);
}

fn scope(word: &str) -> Result<Scope, String> {
    let known = || Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    Scope::parse(word).ok_or_else(|| format!("the scopes are {}", known()))
}
