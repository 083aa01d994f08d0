//! The benchmarks of the whole shop, in one program: linking it takes minutes, and four of them would take four times as long.
//!
//! `cargo bench --bench shop -- bulk campaigns companies desk journeys pages orders person prices promotions quick scale start`, or some of them.
//! Each prints what it measured; the exit code is 1 when an answer was wrong, not when something was slow.

// A benchmark reports rates and ratios; no money is computed here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_arithmetic)]

mod bulk;
mod campaigns;
mod companies;
mod desk;
#[path = "../../tests/it/support/goods.rs"]
#[allow(dead_code, reason = "shared with the tests, which use the rest")]
mod goods;
mod journeys;
mod orders;
mod pages;
mod person;
mod prices;
mod promotions;
mod quick;
mod scale;
mod start;
mod support;

use std::process::ExitCode;

/// Runs one benchmark and answers whether its results were right.
type Run = fn() -> bool;
const ALL: [(&str, Run); 13] = [
    ("bulk", bulk::run),
    ("campaigns", campaigns::run),
    ("companies", companies::run),
    ("desk", desk::run),
    ("journeys", journeys::run),
    ("pages", pages::run),
    ("orders", orders::run),
    ("person", person::run),
    ("prices", prices::run),
    ("promotions", promotions::run),
    ("quick", quick::run),
    ("scale", scale::run),
    ("start", start::run),
];

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if let Some(unknown) = asked.iter().find(|name| ALL.iter().all(|(known, _)| known != name)) {
        println!(
            "There is no benchmark {unknown}. There are bulk, campaigns, companies, desk, journeys, pages, orders, person, prices, promotions, quick, scale and start."
        );
        return ExitCode::from(2);
    }
    let mut right = true;
    for (name, run) in ALL.iter().filter(|(name, _)| asked.is_empty() || asked.iter().any(|asked| asked == name)) {
        println!("== {name}");
        right &= run();
    }
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
