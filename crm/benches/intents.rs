//! Intents and similar questions on published data: the training questions of BANKING77 (Casanueva, Temčinas, Gerz, Henderson & Vulić 2020,
//! "Efficient Intent Detection with Dual Sentence Encoders"), of which every fifth is kept back.
//!
//! `cargo bench -p regulars-crm --bench intents`; `REGULARS_MODEL_DATA` names the folder that holds `tickets/`. Exits with 1 when the guesses
//! are worse than they may be.

// A benchmark reports figures of models and times; no money is computed here.
#![allow(clippy::float_arithmetic, clippy::unwrap_used)]

use flate2::read::GzDecoder;
use regulars_crm::intents::{Example, Model, measure};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The right intent first, and among the first three.
const FLOOR: (f64, f64) = (0.85, 0.95);
const MILLISECONDS: f64 = 5.0;

fn main() -> ExitCode {
    let folder = std::env::var_os("REGULARS_MODEL_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let file = folder.join("tickets/banking77_train.csv.gz");
    if !file.is_file() {
        println!("No data in {}. Set REGULARS_MODEL_DATA to the folder with tickets/.", folder.display());
        return ExitCode::SUCCESS;
    }
    let rows = csv::Reader::from_reader(GzDecoder::new(File::open(file).unwrap())).into_records().map(|row| row.unwrap());
    let examples: Vec<Example> =
        (0..).zip(rows).map(|(ticket, row)| Example { ticket, text: row[0].to_string(), intent: row[1].to_string() }).collect();
    let started = Instant::now();
    let told = measure(&examples).unwrap();
    println!("BANKING77, {} questions, {} of them kept back, learnt and asked in {:.1} s", examples.len(), told.asked, seconds(started));
    println!("  right intent first      {:.4}  floor {}", told.first, FLOOR.0);
    println!("  among the first three   {:.4}  floor {}", told.third, FLOOR.1);
    println!("  similar question first  {:.4}  among three {:.4}", told.similar.0, told.similar.1);
    println!("  answered with 90 % right: {:.4} of the questions", told.coverage);
    let started = Instant::now();
    let model = Model::fit(&examples).unwrap();
    println!("  fitted on all, measured before, in {:.1} s", seconds(started));
    let mut took: Vec<Duration> = examples.iter().step_by(5).map(|example| asked(&model, &example.text)).collect();
    took.sort();
    let at = |share: usize| took[took.len() * share / 100].as_secs_f64() * 1000.0;
    println!("  a question: guesses and similar ones, p50 {:.2} ms, p99 {:.2} ms  floor {MILLISECONDS} ms", at(50), at(99));
    if told.first >= FLOOR.0 && told.third >= FLOOR.1 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

/// How long one question takes, with everything that a ticket's page asks.
fn asked(model: &Model, question: &str) -> Duration {
    let started = Instant::now();
    std::hint::black_box((model.guesses(question, 3), model.sure(question), model.similar(question, 5)));
    started.elapsed()
}
