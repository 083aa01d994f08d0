mod history;

use super::Failure;
use crate::progress::Bar;
use crate::state;
use clap::{Args, Subcommand};
use kernel::clock::Clock;
use kernel::config::Config;
use kernel::web::i18n::{Language, Texts};
use kernel::{Db, Error};
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};
use storefront::catalog::Saving;
use storefront::imports::apply::{Mode, Plan, Report, apply, plan};
use storefront::imports::{ProductDraft, RowError, read_products};
use storefront::shop;

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Products: Shopify's export (classic or 2024 columns) or WooCommerce's, unchanged
    Products(Options),
    /// Customers: Shopify's export, unchanged
    Customers(Options),
    /// Past orders: Shopify's export, unchanged
    Orders(Options),
    /// Past orders: the "Online Retail" transactions of the UCI repository, plain or gzip, in pounds
    Retail(Options),
}

#[derive(Args)]
struct Options {
    /// The CSV file
    file: PathBuf,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Take the good rows of a file that has bad ones
    #[arg(long)]
    keep_good: bool,
}

pub fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let db = state::database(config)?;
    db.migrate()?;
    match &arguments.what {
        What::Products(options) => products(&db, options),
        What::Customers(options) => history::customers(&db, options),
        What::Orders(options) => history::orders(&db, options),
        What::Retail(options) => history::retail(&db, options),
    }
}

fn products(db: &Db, options: &Options) -> Result<ExitCode, Failure> {
    let file = File::open(&options.file).map_err(Failure::of(options.file.display()))?;
    let currency = db.read_now(shop::get)?.currency;
    let parsed = read_products(file, currency).map_err(|error| Failure::Failed(format!("{}: {error}", options.file.display())))?;
    eprintln!("{}: {} products in the format {}", options.file.display(), parsed.items.len(), parsed.format.name());
    parsed.notes.iter().for_each(|note| print_row("note", note));
    parsed.errors.iter().for_each(|error| print_row("error", error));
    if options.dry_run {
        let plan = db.read_now(|conn| plan(conn, &parsed.items, currency))?;
        print_plan(&plan);
        return Ok(exit(parsed.errors.is_empty() && plan.errors.is_empty()));
    }
    if !parsed.errors.is_empty() && !options.keep_good {
        println!("Nothing was imported: {} rows are wrong. Mend them, or take the good ones with --keep-good.", parsed.errors.len());
        return Ok(ExitCode::FAILURE);
    }
    let sound = parsed.errors.is_empty();
    let report = write(db, parsed.items, options)?;
    report.errors.iter().for_each(|error| print_row("error", error));
    match report.applied {
        true => println!("{} products created, {} changed, {} unchanged.", report.created, report.changed, report.unchanged),
        false => println!("Nothing was imported. Mend the file, or take the good rows with --keep-good."),
    }
    Ok(exit(sound && report.errors.is_empty()))
}

fn write(db: &Db, drafts: Vec<ProductDraft>, options: &Options) -> Result<Report, Error> {
    let bar = Arc::new(Bar::new("import"));
    let mode = if options.keep_good { Mode::KeepGood } else { Mode::AllOrNothing };
    let base = options.file.canonicalize().ok().and_then(|file| file.parent().map(|folder| folder.display().to_string()));
    let total = u64::try_from(drafts.len()).unwrap_or(u64::MAX);
    let now = Clock::default().now();
    let currency = db.read_now(shop::get)?.currency;
    db.write_now(move |conn| {
        let saving = Saving { currency, actor: "import", base: base.as_deref(), now };
        apply(conn, &drafts, &saving, mode, &mut |done| bar.at(done, total, "products"))
    })
}

fn exit(sound: bool) -> ExitCode {
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The texts of the terminal.
static TEXTS: LazyLock<Result<Texts, Error>> = LazyLock::new(|| Texts::load(None));

fn print_row(kind: &str, row: &RowError) {
    let reason = TEXTS.as_ref().map_or_else(ToString::to_string, |texts| row.reason.told(texts, Language::ENGLISH));
    println!("{kind}: line {}, column {}: {reason} ({:?})", row.line, row.column, row.value);
}

fn print_plan(plan: &Plan) {
    plan.created.iter().for_each(|handle| println!("new      {handle}"));
    for change in &plan.changed {
        println!("changes  {} (line {})", change.handle, change.line);
        change.fields.iter().for_each(|field| println!("         {}: {:?} -> {:?}", field.field, field.before, field.after));
    }
    plan.errors.iter().for_each(|error| print_row("error", error));
    println!("{} products would be created, {} changed, {} unchanged.", plan.created.len(), plan.changed.len(), plan.unchanged);
}
