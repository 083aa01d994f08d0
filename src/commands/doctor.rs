use super::Failure;
use crate::state;
use kernel::config::Config;
use std::process::ExitCode;

/// The exit code when something does not agree.
const SICK: u8 = 3;
/// Problems of one law that are printed; the rest is counted.
const SHOWN: usize = 20;

pub fn run(config: &Config) -> Result<ExitCode, Failure> {
    let db = state::database(config)?;
    let findings = db.read_whole(|conn| storefront::doctor::examine(conn, &mut |law| eprintln!("checking: {law}")))?;
    let mut problems = 0;
    for finding in &findings {
        let count = finding.problems.len();
        problems += count;
        println!("{} {} ({} checked)", if count == 0 { "ok   " } else { "WRONG" }, finding.law, finding.checked);
        finding.problems.iter().take(SHOWN).for_each(|problem| println!("      {problem}"));
        if count > SHOWN {
            println!("      and {} more", count - SHOWN);
        }
    }
    match problems {
        0 => println!("The books agree."),
        _ => println!("{problems} problems found."),
    }
    Ok(if problems == 0 { ExitCode::SUCCESS } else { ExitCode::from(SICK) })
}
