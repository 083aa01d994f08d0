//! Recommendations on published data: the UCI Online Retail orders before 2011-10-10, judged by what the customers bought in the thirty days
//! after.
//!
//! `cargo bench -p regulars-crm --bench recommendations`; `REGULARS_MODEL_DATA` names the folder that holds `retail/`. Exits with 1 when the
//! lists are worse than they were measured, or take more time or memory than they may.

// A benchmark reports figures of models and times; no money is computed here.
#![allow(clippy::float_arithmetic, clippy::unwrap_used)]

use chrono::{NaiveDate, NaiveDateTime};
use flate2::read::GzDecoder;
use kernel::money::{Currency, Money};
use regulars_crm::CustomerId;
use regulars_crm::customers::{self, NewCustomer};
use regulars_crm::email::Email;
use regulars_crm::purchases::{self, Line, Purchase};
use regulars_crm::recommendations::measure::{LENGTH, measure};
use regulars_crm::recommendations::{Bought, Kind, Model, Tally, own, run};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// (hit rate, NDCG) at ten: the floor.
const ALL: (f64, f64) = (0.841, 0.353);
const NEW: (f64, f64) = (0.549, 0.128);
const SECONDS: f64 = 10.0;
const MEGABYTES: u64 = 500;

fn main() -> ExitCode {
    let folder = std::env::var_os("REGULARS_MODEL_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    if !folder.join("retail").is_dir() {
        println!("No data in {}. Set REGULARS_MODEL_DATA to the folder with retail/.", folder.display());
        return ExitCode::SUCCESS;
    }
    let (bought, items) = purchases(&folder);
    let customers: BTreeSet<i64> = bought.iter().map(|one| one.customer).collect();
    println!("Online Retail until 2011-11-08 (Chen 2015): {} customers, {} items, {} lines", customers.len(), items.len(), bought.len());
    let mut wrong = judged(&folder, &bought, &items);
    wrong += usize::from(!rebuilt(&bought));
    wrong += usize::from(!stored(&bought));
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn rows(path: &Path) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(GzDecoder::new(File::open(path).unwrap())).records().map(|row| row.unwrap()).collect()
}

/// The purchases, cleaned as the description of the data says, and the number of each item.
fn purchases(folder: &Path) -> (Vec<Bought>, BTreeMap<String, i64>) {
    let is_item = |code: &str| {
        let digits = code.bytes().take_while(u8::is_ascii_digit).count();
        digits == 5 && code.len() <= 7 && code.bytes().skip(5).all(|byte| byte.is_ascii_uppercase())
    };
    let mut lines: BTreeMap<(i64, NaiveDateTime, String, String), ()> = BTreeMap::new();
    for row in rows(&folder.join("retail/online_retail_until_2011-11-08.csv.gz")) {
        let (quantity, price): (i64, f64) = (row[3].parse().unwrap(), row[5].parse().unwrap());
        let code = row[1].trim().to_uppercase();
        if row[6].is_empty() || row[0].starts_with('C') || quantity <= 0 || price <= 0.0 || !is_item(&code) {
            continue;
        }
        let at = NaiveDateTime::parse_from_str(&row[4], "%Y-%m-%d %H:%M:%S").unwrap();
        lines.insert((row[6].parse::<f64>().unwrap() as i64, at, row[0].to_string(), code), ());
    }
    let items: BTreeSet<&String> = lines.keys().map(|line| &line.3).collect();
    let items: BTreeMap<String, i64> = items.into_iter().zip(1..).map(|(item, number)| (item.clone(), number)).collect();
    let orders: BTreeSet<&String> = lines.keys().map(|line| &line.2).collect();
    let orders: HashMap<&String, i64> = orders.into_iter().zip(1..).collect();
    let line = |(customer, at, order, item): &(i64, NaiveDateTime, String, String)| Bought {
        customer: *customer,
        order: orders[order],
        product: items[item],
        at: *at,
    };
    let mut bought: Vec<Bought> = lines.keys().map(line).collect();
    bought.sort_by_key(|one| (one.customer, one.order, one.product));
    bought.dedup_by_key(|one| (one.customer, one.order, one.product));
    (bought, items)
}

/// Lists of the validation split, by its protocol.
fn judged(folder: &Path, bought: &[Bought], items: &BTreeMap<String, i64>) -> usize {
    let cut = NaiveDate::from_ymd_opt(2011, 10, 10).unwrap().and_hms_opt(0, 0, 0).unwrap();
    let before: Vec<Bought> = bought.iter().filter(|one| one.at < cut).copied().collect();
    let of: HashMap<i64, &[Bought]> =
        before.chunk_by(|one, next| one.customer == next.customer).map(|all| (all[0].customer, all)).collect();
    let (mut all, mut new): (BTreeMap<i64, HashSet<i64>>, BTreeMap<i64, HashSet<i64>>) = Default::default();
    for row in rows(&folder.join("retail/recommend_validation_2011-10-10.csv.gz")) {
        let (customer, item) = (row[0].parse::<f64>().unwrap() as i64, items.get(&row[1]).copied().unwrap_or(-1));
        all.entry(customer).or_default().insert(item);
        if &row[2] == "1" {
            new.entry(customer).or_default().insert(item);
        }
    }
    let started = Instant::now();
    let model = Model::fit(before.as_slice(), cut, false).unwrap();
    println!("  fitted to {} lines in {:.2} s", before.len(), started.elapsed().as_secs_f64());
    let popular = model.goods.popular(model.goods.len());
    let [mut of_all, mut of_new, mut popular_all, mut popular_new] = [Tally::default(); 4];
    let product = |place: &usize| model.goods.products[*place];
    for (customer, relevant) in &all {
        let bought = of.get(customer).copied().unwrap_or_default();
        let had: HashSet<i64> = bought.iter().map(|one| one.product).collect();
        let picks = model.picks(bought, LENGTH, LENGTH);
        of_all.add(picks.iter().map(|pick| pick.product), relevant);
        popular_all.add(popular.iter().map(product), relevant);
        if let Some(relevant) = new.get(customer) {
            of_new.add(picks.iter().map(|pick| pick.product).filter(|product| !had.contains(product)), relevant);
            popular_new.add(popular.iter().map(product).filter(|product| !had.contains(product)), relevant);
        }
    }
    told("popularity of 14 days, all", &popular_all, (0.0, 0.0));
    told("popularity of 14 days, new", &popular_new, (0.0, 0.0));
    told("blend, all", &of_all, ALL) + told("blend, new", &of_new, NEW)
}

/// 1 when a figure, rounded as the published ones are, is below its floor.
fn told(what: &str, tally: &Tally, floor: (f64, f64)) -> usize {
    let many = f64::from(tally.customers);
    let rounded = |sum: f64| (sum / many * 1000.0).round() / 1000.0;
    let (hits, ndcg) = (rounded(tally.hits), rounded(tally.ndcg));
    let held = hits >= floor.0 && ndcg >= floor.1;
    println!(
        "  {what:<28} {:>4} customers  HR {:.4} (floor {:.3})  NDCG {:.4} (floor {:.3})  {}",
        tally.customers,
        tally.hits / many,
        floor.0,
        tally.ndcg / many,
        floor.1,
        if held { "held" } else { "MISSED" }
    );
    usize::from(!held)
}

/// What a night does in memory: the models, every list, and the shop's own hold-out.
fn rebuilt(bought: &[Bought]) -> bool {
    let as_of = NaiveDate::from_ymd_opt(2011, 11, 9).unwrap().and_hms_opt(0, 0, 0).unwrap();
    let started = Instant::now();
    let model = Model::fit(bought, as_of, true).unwrap();
    let fitted = started.elapsed().as_secs_f64();
    let of = |kind: Kind| (0..model.goods.len()).map(|place| model.companions(place, kind, 20).len()).sum::<usize>();
    let companions = of(Kind::Together) + of(Kind::Complete);
    let beside = started.elapsed().as_secs_f64() - fitted;
    let customers = bought.chunk_by(|one, next| one.customer == next.customer);
    let picks: usize = customers.map(|bought| model.picks(bought, 12, 16).len()).sum();
    let tables = started.elapsed().as_secs_f64();
    println!(
        "  tables: {companions} companions, {picks} picks; fit {fitted:.2} s, companions {beside:.2} s, all {tables:.2} s (at most {SECONDS} s)"
    );
    drop(model);
    let told = measure(bought, as_of).unwrap();
    println!("  own hold-out in {:.2} s more: {told:?}", started.elapsed().as_secs_f64() - tables);
    let memory = peak_megabytes();
    println!("  peak memory {memory} MB (at most {MEGABYTES}), with the data");
    tables <= SECONDS && memory <= MEGABYTES
}

/// The whole run over a database, as a night does it: read, learn, write every list, and the hold-out.
fn stored(bought: &[Bought]) -> bool {
    let db = kernel::testing::db();
    let mut ids: HashMap<i64, CustomerId> = HashMap::new();
    for orders in bought.chunk_by(|one, next| one.customer == next.customer) {
        let (orders, name) = (orders.to_vec(), orders[0].customer);
        let learned = db.write_now(move |conn| {
            let email = Email::parse(&format!("c{name}@example.com"), "email")?;
            let new = NewCustomer { email, name: String::new(), phone: String::new(), language: "en".into() };
            let customer = customers::ensure(conn, &new, orders[0].at)?;
            for order in orders.chunk_by(|one, next| one.order == next.order) {
                let line = |one: &Bought| Line { variant: one.product, product: one.product, quantity: 1, amount: 100 };
                let (lines, revenue) = (order.iter().map(line).collect(), Money::new(100, Currency::EUR));
                let purchase = Purchase {
                    order: order[0].order,
                    customer,
                    at: order[0].at,
                    revenue,
                    units: 1,
                    lines,
                    place: Default::default(),
                    margin: Default::default(),
                };
                purchases::learn(conn, &purchase, order[0].at)?;
            }
            Ok(customer)
        });
        ids.insert(name, learned.unwrap());
    }
    let now = NaiveDate::from_ymd_opt(2011, 11, 9).unwrap().and_hms_opt(0, 0, 0).unwrap();
    let started = Instant::now();
    run(&db, now).unwrap();
    let first = started.elapsed().as_secs_f64();
    run(&db, now).unwrap();
    let again = started.elapsed().as_secs_f64() - first;
    let customer = *ids.values().next().unwrap();
    let read = Instant::now();
    let mut picks = 0;
    for _ in 0..1000 {
        picks += db.read_now(move |conn| own(conn, customer, now)).unwrap().picks.len();
    }
    let one = read.elapsed().as_secs_f64() * 1000.0;
    println!(
        "  on a database: {first:.2} s, over lists that were there {again:.2} s; a customer's own lists in {one:.0} us ({picks} picks read)"
    );
    first.max(again) <= SECONDS
}

/// The most memory the process held, where the system tells.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
