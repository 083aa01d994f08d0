//! Quality and speed of the embedded search on 19,406 products and 59 judged queries (Open Icecat).
//!
//! `cargo bench -p regulars-storefront --bench search`; `REGULARS_SEARCH_DATA` names the folder with `icecat.jsonl.gz`,
//! `icecat_judgments.json` and `icecat_queries.json`. Exits with 1 when a floor of quality is missed.

// A benchmark reports averages and ratios; no money is computed here.
#![allow(clippy::float_arithmetic)]

use kernel::money::Currency;
use regulars_storefront::search::embedded::EmbeddedSearch;
use regulars_storefront::search::{SearchDocument, SearchEngine, SearchQuery, SearchVariant, Sort, Within};
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const FLOORS: [(&str, &str, f64); 3] =
    [("as_typed", "as typed", 0.81), ("one_typo", "one typo", 0.76), ("last_word_cut", "last word cut", 0.65)];
const ROUNDS: usize = 5;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let folder = std::env::var_os("REGULARS_SEARCH_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/search"), PathBuf::from);
    if !folder.join("icecat.jsonl.gz").is_file() {
        println!("No data in {}. Set REGULARS_SEARCH_DATA to the folder with icecat.jsonl.gz and its judgments.", folder.display());
        return ExitCode::SUCCESS;
    }
    match run(&folder) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("The benchmark failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Path) -> Outcome<bool> {
    let (documents, categories) = load(folder)?;
    let before = resident();
    let begun = Instant::now();
    let home = std::env::temp_dir().join(format!("regulars-search-{}", std::process::id()));
    let engine = EmbeddedSearch::open(&home)?;
    engine.rebuild(&mut documents.chunks(1000).map(|batch| Ok(batch.to_vec())))?;
    println!(
        "{} products indexed in {:.1} s, {} MB of memory, {} MB on disk",
        documents.len(),
        begun.elapsed().as_secs_f64(),
        (resident() - before) / 1024,
        size(&home)? >> 20
    );
    let judgments: Value = serde_json::from_slice(&std::fs::read(folder.join("icecat_judgments.json"))?)?;
    let queries: Value = serde_json::from_slice(&std::fs::read(folder.join("icecat_queries.json"))?)?;
    let mut stocked = documents.clone();
    stocked.iter_mut().flat_map(|product| &mut product.variants).for_each(|variant| variant.available = true);
    let judged = EmbeddedSearch::in_memory()?;
    judged.replace(&stocked)?;
    judged.commit()?;
    let mut met = true;
    // The judges knew no stock. What is out of stock goes last in the shop, which is a rule of trade and not a better match: the
    // floor is for the matching, the second figure is what a shopper gets with the stock of the data.
    for (variant, name, floor) in FLOORS {
        let score = quality(&judged, &judgments["qrels"], &queries[variant])?;
        let in_shop = quality(&engine, &judgments["qrels"], &queries[variant])?;
        println!("NDCG@10 {name:<14} {score:.3} (floor {floor}), with a fifth out of stock and last {in_shop:.3}");
        met &= score >= floor;
    }
    drop(judged);
    let texts: Vec<String> = FLOORS
        .iter()
        .filter_map(|(variant, ..)| queries[*variant].as_object())
        .flat_map(|queries| queries.values())
        .filter_map(Value::as_str)
        .map(str::to_string)
        .collect();
    speed("top ten", &texts, |text| SearchQuery { text: text.into(), limit: 10, ..SearchQuery::default() }, &engine)?;
    speed(
        "with facets",
        &texts,
        |text| SearchQuery { text: text.into(), limit: 10, with_facets: true, ..SearchQuery::default() },
        &engine,
    )?;
    let filtered = |text: &str| SearchQuery {
        text: text.into(),
        limit: 10,
        with_facets: true,
        sort: Sort::PriceAscending,
        facets: [
            ("option:Color".to_string(), ["Black".to_string(), "Silver".to_string()].into()),
            ("availability".to_string(), ["in".to_string()].into()),
        ]
        .into(),
        ..SearchQuery::default()
    };
    speed("filter, facets, price sort", &texts, filtered, &engine)?;
    let all: Vec<String> = categories.values().map(i64::to_string).collect();
    let listing = |id: &str| SearchQuery { category: id.parse().ok(), limit: 48, with_facets: true, ..SearchQuery::default() };
    speed("category page with facets", &all, listing, &engine)?;
    let begun = Instant::now();
    for text in &texts {
        engine.suggest(text, &Within::default(), 8)?;
    }
    println!("{:<28} mean {:.2} ms", "suggestions", begun.elapsed().as_secs_f64() * 1000.0 / texts.len() as f64);
    drop(engine);
    std::fs::remove_dir_all(home)?;
    Ok(met)
}

fn load(folder: &Path) -> Outcome<(Vec<SearchDocument>, BTreeMap<String, i64>)> {
    let file = std::fs::File::open(folder.join("icecat.jsonl.gz"))?;
    let mut categories = BTreeMap::new();
    let mut documents = Vec::new();
    for line in BufReader::new(flate2::read::GzDecoder::new(file)).lines() {
        let product: Value = serde_json::from_str(&line?)?;
        let text = |key: &str| product[key].as_str().unwrap_or_default().to_string();
        let next = categories.len() as i64 + 1;
        let category = *categories.entry(text("category")).or_insert(next);
        let color = Some(text("color")).filter(|color| color != "n/a");
        documents.push(SearchDocument {
            product_id: text("id").parse()?,
            slug: text("id"),
            titles: vec![text("title")],
            descriptions: vec![text("description")],
            brand: Some(text("brand")),
            categories: vec![(category, text("category"))],
            skus: vec![text("sku")],
            tags: vec![text("attrs")],
            variants: vec![SearchVariant {
                options: color.map(|color| ("Color".to_string(), color)).into_iter().collect(),
                prices: vec![(Currency::EUR, product["price"].as_i64().unwrap_or_default())],
                available: product["in_stock"].as_bool().unwrap_or_default(),
            }],
            ..SearchDocument::default()
        });
    }
    Ok((documents, categories))
}

/// The mean over the queries with a relevant product; what is not judged counts as wrong.
fn quality(engine: &dyn SearchEngine, judgments: &Value, queries: &Value) -> Outcome<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for (judged, text) in queries.as_object().ok_or("no queries")? {
        let grades = judgments[judged].as_object().ok_or("no judgments")?;
        let gain = |grade: u64| f64::from((1u32 << grade) - 1);
        let discount = |place: usize| (place as f64 + 2.0).log2();
        let mut ideal: Vec<f64> = grades.values().filter_map(Value::as_u64).map(gain).collect();
        ideal.sort_by(|a, b| b.total_cmp(a));
        let ideal: f64 = ideal.iter().take(10).enumerate().map(|(place, gain)| gain / discount(place)).sum();
        if ideal == 0.0 {
            continue;
        }
        let text = text.as_str().ok_or("a query is no text")?;
        let page = engine.search(&SearchQuery { text: text.into(), limit: 10, ..SearchQuery::default() })?;
        let found: f64 = page
            .hits
            .iter()
            .enumerate()
            .map(|(place, id)| gain(grades.get(&id.to_string()).and_then(Value::as_u64).unwrap_or(0)) / discount(place))
            .sum();
        if std::env::var_os("REGULARS_SEARCH_VERBOSE").is_some() {
            println!("  {:.3} {judged:<24} as {text:<24} {} found", found / ideal, page.total);
        }
        sum += found / ideal;
        count += 1;
    }
    Ok(sum / f64::from(count))
}

fn speed(name: &str, texts: &[String], query: impl Fn(&str) -> SearchQuery, engine: &dyn SearchEngine) -> Outcome<()> {
    let mut times: Vec<Duration> = Vec::new();
    for round in 0..=ROUNDS {
        for text in texts {
            let query = query(text);
            let begun = Instant::now();
            std::hint::black_box(engine.search(&query)?);
            if round > 0 {
                times.push(begun.elapsed());
            }
        }
    }
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!("{name:<28} p50 {:.2} ms, p99 {:.2} ms", at(50), at(99));
    Ok(())
}

/// Resident memory in KB, 0 where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or(0)
}

fn size(folder: &Path) -> Outcome<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        sum += if entry.path().is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(sum)
}
