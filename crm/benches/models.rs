//! The models on published data: RFM on the UCI Online Retail orders, BG/NBD and Gamma-Gamma on the CDNOW customers.
//!
//! `cargo bench -p regulars-crm --bench models`; `REGULARS_MODEL_DATA` names the folder that holds `retail/` and `cdnow/`, and
//! `REGULARS_CDNOW_MASTER` the file `CDNOW_master.txt` (it is in the package `lifetimes` of PyPI) for the speed of a fit. Exits with 1 when a
//! result is not the published one.

// A benchmark reports figures of models and times; no money is computed here.
#![allow(clippy::float_arithmetic, clippy::unwrap_used)]

use chrono::{NaiveDate, NaiveDateTime};
use flate2::read::GzDecoder;
use regulars_crm::CustomerId;
use regulars_crm::bg_nbd::{self, DropOut, History, Model};
use regulars_crm::gamma_gamma::{self, Spending};
use regulars_crm::scores::{Bought, Buyer, figure};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let folder = std::env::var_os("REGULARS_MODEL_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    if !folder.join("cdnow").is_dir() {
        println!("No data in {}. Set REGULARS_MODEL_DATA to the folder with retail/ and cdnow/.", folder.display());
        return ExitCode::SUCCESS;
    }
    let mut wrong = 0;
    wrong += cdnow(&folder);
    wrong += retail(&folder);
    if let Some(master) = std::env::var_os("REGULARS_CDNOW_MASTER") {
        wrong += speed(Path::new(&master));
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// 1 when `found` is farther from `published` than `by`.
fn told(what: &str, found: f64, published: f64, by: f64) -> usize {
    let held = (found - published).abs() <= by;
    println!("  {what:<44} {found:>12.4}  published {published:>12.4}  {}", if held { "equal" } else { "DIFFERS" });
    usize::from(!held)
}

fn rows(path: &Path) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(GzDecoder::new(File::open(path).unwrap())).records().map(|row| row.unwrap()).collect()
}

fn cdnow(folder: &Path) -> usize {
    println!("CDNOW, 2,357 customers (Fader, Hardie & Lee 2005)");
    let number = |row: &csv::StringRecord, at: usize| row[at].parse::<f64>().unwrap();
    let rows = rows(&folder.join("cdnow/cdnow_sample_rfm_holdout.csv.gz"));
    let histories: Vec<History> =
        rows.iter().map(|row| History { repeats: number(row, 1), last: number(row, 2), age: number(row, 3) }).collect();
    let spending: Vec<Spending> = rows.iter().map(|row| Spending { purchases: number(row, 1), mean: number(row, 4) }).collect();
    let model = bg_nbd::fit(&histories).unwrap();
    let drop_out = model.drop_out.unwrap();
    let one = History { repeats: 2.0, last: 30.43, age: 38.86 };
    let mean = histories.iter().map(|history| model.again(history, 39.0)).sum::<f64>() / histories.len() as f64;
    let mut wrong = told("r", model.r, 0.2426, 1e-3) + told("alpha", model.alpha, 4.4136, 5e-3);
    wrong += told("a", drop_out.a, 0.7929, 1e-3) + told("b", drop_out.b, 2.4259, 1e-3);
    wrong += told("log-likelihood", model.log_likelihood, -9582.429, 1e-3);
    wrong += told("visits in 39 weeks of (2, 30.43, 38.86)", model.expected(&one, 39.0), 1.226, 1e-3);
    wrong += told("chance that they are alive", model.alive(&one), 0.7266, 1e-3);
    wrong += told("chance of a visit in 39 weeks", model.again(&one, 39.0), 0.5546, 1e-3);
    wrong += told("the same, mean of all", mean, 0.26179, 1e-3);
    // Published for the parameters as the paper prints them.
    let printed = Model { r: 0.243, alpha: 4.414, drop_out: Some(DropOut { a: 0.793, b: 2.426 }), ..model };
    wrong += told("visits of a new customer in 52 weeks", printed.expected_of_new(52.0), 1.4461, 1e-3);
    let values = gamma_gamma::fit(&spending).unwrap();
    wrong += told("Gamma-Gamma p", values.p, 6.2488, 1e-2) + told("q", values.q, 3.7446, 1e-2);
    wrong += told("gamma", values.gamma, 15.4477, 5e-2) + told("mean value of a purchase", values.mean().unwrap(), 35.171, 1e-2);
    for (purchases, mean, published) in [(1.0, 10.0, 17.6816), (1.0, 50.0, 45.4745), (5.0, 100.0, 94.765), (10.0, 50.0, 49.3761)] {
        let expected = values.expected(&Spending { purchases, mean }).unwrap();
        wrong += told(&format!("value after {purchases} of {mean}"), expected, published, 1e-2);
    }
    wrong
}

/// The buyers of the retail data, cleaned as its description says, on 2011-11-09.
fn buyers(folder: &Path) -> Vec<Buyer> {
    let item = |code: &str| {
        let digits = code.bytes().take_while(u8::is_ascii_digit).count();
        digits == 5 && code.len() <= 7 && code.bytes().skip(5).all(|byte| byte.is_ascii_uppercase())
    };
    // What an order brought, by customer, moment and number.
    let mut orders: BTreeMap<(i64, NaiveDateTime, String), i64> = BTreeMap::new();
    for row in rows(&folder.join("retail/online_retail_until_2011-11-08.csv.gz")) {
        let (quantity, price): (i64, f64) = (row[3].parse().unwrap(), row[5].parse().unwrap());
        let kept = !row[6].is_empty() && !row[0].starts_with('C') && quantity > 0 && price > 0.0;
        if !kept || !item(&row[1].trim().to_uppercase()) {
            continue;
        }
        let at = NaiveDateTime::parse_from_str(&row[4], "%Y-%m-%d %H:%M:%S").unwrap();
        // Prices have up to three digits after the point.
        let thousandths = quantity * (price * 1000.0).round() as i64;
        *orders.entry((row[6].parse::<f64>().unwrap() as i64, at, row[0].to_string())).or_default() += thousandths;
    }
    let mut by_customer: BTreeMap<i64, BTreeMap<String, (NaiveDateTime, i64)>> = BTreeMap::new();
    for ((customer, at, number), net) in orders {
        let entry = by_customer.entry(customer).or_default().entry(number).or_insert((at, 0));
        *entry = (entry.0.max(at), entry.1 + net);
    }
    let buyer = |(customer, orders): (i64, BTreeMap<String, (NaiveDateTime, i64)>)| {
        let mut bought: Vec<Bought> = orders.into_values().map(|(at, net)| Bought { at, net, margin: 0, uncosted: 0 }).collect();
        bought.sort_by_key(|one| one.at);
        Buyer::of(CustomerId(customer), &bought)
    };
    by_customer.into_iter().filter_map(buyer).collect()
}

fn retail(folder: &Path) -> usize {
    println!("Online Retail until 2011-11-08 (Chen 2015)");
    let today = NaiveDate::from_ymd_opt(2011, 11, 9).unwrap();
    let buyers = buyers(folder);
    let started = Instant::now();
    let (figures, places) = figure(&buyers, today);
    let took = started.elapsed();
    let expected = rows(&folder.join("retail/rfm_expected_2011-11-09.csv.gz"));
    let mut wrong = usize::from(expected.len() != buyers.len());
    for ((row, buyer), place) in expected.iter().zip(&buyers).zip(&places) {
        // The file names groups in words with spaces.
        let found = format!(
            "{},{},{},{:.2},{},{},{},{}",
            buyer.customer,
            buyer.silence(today),
            buyer.orders,
            buyer.value as f64 / 1000.0,
            place.recency,
            place.frequency,
            place.value,
            place.group().as_str().replace('_', " ")
        );
        let told: Vec<&str> = row.iter().collect();
        if found != told.join(",").replace('_', " ") {
            wrong += 1;
            if wrong < 5 {
                println!("  {found} instead of {}", told.join(","));
            }
        }
    }
    println!(
        "  {} customers, {} rows differ from the published ones; all figures in {:.1} ms",
        buyers.len(),
        wrong,
        took.as_secs_f64() * 1e3
    );
    let model = figures.repeat_buying.unwrap();
    println!(
        "  drop-out: {:?} (none can be estimated on these data); pace {:?} days; back-test {:?}",
        model.drop_out, figures.pace, figures.back_test
    );
    wrong + usize::from(model.drop_out.is_some())
}

/// Fits the 23,570 customers of the whole CDNOW data; told, not judged.
fn speed(master: &Path) -> usize {
    let text = std::fs::read_to_string(master).unwrap();
    let mut by_customer: BTreeMap<i64, Vec<Bought>> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Ok(day) = NaiveDate::parse_from_str(words.get(1).copied().unwrap_or(""), "%Y%m%d") else { continue };
        if day <= NaiveDate::from_ymd_opt(1997, 9, 30).unwrap() {
            by_customer.entry(words[0].parse().unwrap()).or_default().push(Bought {
                at: day.and_hms_opt(0, 0, 0).unwrap(),
                net: 1,
                margin: 0,
                uncosted: 0,
            });
        }
    }
    let today = NaiveDate::from_ymd_opt(1997, 9, 30).unwrap();
    let histories: Vec<History> = by_customer
        .into_iter()
        .filter_map(|(id, mut bought)| {
            bought.sort_by_key(|one| one.at);
            Some(Buyer::of(CustomerId(id), &bought)?.history(today))
        })
        .collect();
    let mut times: Vec<f64> = Vec::new();
    let mut model = None;
    for _ in 0..11 {
        let started = Instant::now();
        model = bg_nbd::fit(&histories);
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let model = model.unwrap();
    println!("CDNOW, all {} customers: fitted in {:.1}/{:.1}/{:.1} ms (floor 50)", histories.len(), times[0], times[5], times[10]);
    let drop_out = model.drop_out.unwrap();
    told("r", model.r, 0.2516, 1e-3)
        + told("alpha", model.alpha, 4.7889, 5e-3)
        + told("a", drop_out.a, 0.7234, 1e-3)
        + told("b", drop_out.b, 2.1611, 2e-3)
        + told("log-likelihood", model.log_likelihood, -95368.44, 1e-2)
}
