use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    regulars::commands::run(regulars::commands::Cli::parse())
}
