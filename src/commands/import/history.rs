//! Customers and past orders.

use super::{Options, exit, print_row};
use crate::commands::Failure;
use crate::progress::Bar;
use kernel::clock::Clock;
use kernel::money::Currency;
use kernel::{Conn, Db, Error};
use std::fs::File;
use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;
use storefront::imports::apply::{Mode, Report, rehearse};
use storefront::imports::{
    FileError, Parsed, RetailOrder, RowError, apply_customers, apply_orders, apply_retail, read_customers, read_orders, read_retail,
};
use storefront::shop;

/// Retail orders written by one commit.
const TOGETHER: usize = 200;
/// The currency of the retail transactions, whose file names none.
const RETAIL_CURRENCY: &str = "GBP";

pub fn customers(db: &Db, options: &Options) -> Result<ExitCode, Failure> {
    let file = options.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let now = Clock::default().now();
    bring(db, options, "customers", read_customers, move |conn, drafts, mode, progress| {
        apply_customers::apply(conn, drafts, &file, mode, now, progress)
    })
}

pub fn orders(db: &Db, options: &Options) -> Result<ExitCode, Failure> {
    let now = Clock::default().now();
    bring(db, options, "orders", read_orders, move |conn, drafts, mode, progress| apply_orders::apply(conn, drafts, mode, now, progress))
}

/// Reads the file, tells what is wrong with it, and applies the rest as the options say.
fn bring<T: Send + Sync + 'static>(
    db: &Db,
    options: &Options,
    what: &'static str,
    read: fn(File, Currency) -> Result<Parsed<T>, FileError>,
    apply: impl Fn(&mut Conn, &[T], Mode, &mut dyn FnMut(u64)) -> Result<Report, Error> + Send + 'static,
) -> Result<ExitCode, Failure> {
    let name = options.file.display();
    let file = File::open(&options.file).map_err(Failure::of(&name))?;
    let currency = db.read_now(shop::get)?.currency;
    let parsed = read(file, currency).map_err(|error| Failure::Failed(format!("{name}: {error}")))?;
    eprintln!("{name}: {} {what} in the format {}", parsed.items.len(), parsed.format.name());
    parsed.notes.iter().for_each(|note| print_row("note", note));
    parsed.errors.iter().for_each(|error| print_row("error", error));
    if !parsed.errors.is_empty() && !options.keep_good && !options.dry_run {
        println!("Nothing was imported: {} rows are wrong. Mend them, or take the good ones with --keep-good.", parsed.errors.len());
        return Ok(ExitCode::FAILURE);
    }
    let sound = parsed.errors.is_empty();
    // A rehearsal tells of every row, whatever the others are.
    let mode = if options.keep_good || options.dry_run { Mode::KeepGood } else { Mode::AllOrNothing };
    let bar = Arc::new(Bar::new("import"));
    let (dry, items, shown) = (options.dry_run, parsed.items, bar.clone());
    let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
    let report = db.write_now(move |conn| {
        let run = |conn: &mut Conn| apply(conn, &items, mode, &mut |done| shown.at(done, total, what));
        if dry { rehearse(conn, run) } else { run(conn) }
    });
    drop(bar);
    let report = report?;
    report.notes.iter().for_each(|note| print_row("note", note));
    report.errors.iter().for_each(|error| print_row("error", error));
    let Report { created, changed, unchanged, .. } = report;
    match (options.dry_run, report.applied) {
        (true, _) => println!("{created} {what} would be created, {changed} changed, {unchanged} unchanged."),
        (false, true) => println!("{created} {what} created, {changed} changed, {unchanged} unchanged."),
        (false, false) => println!("Nothing was imported. Mend the file, or take the good rows with --keep-good."),
    }
    Ok(exit(sound && report.errors.is_empty()))
}

/// The transactions of a wholesaler: read twice, first to find what is wrong, then to write it in many commits.
pub fn retail(db: &Db, options: &Options) -> Result<ExitCode, Failure> {
    let currency = Currency::parse(RETAIL_CURRENCY).ok_or_else(|| Failure::Failed("pounds are no currency here".into()))?;
    let (mut total, mut errors) = (0u64, 0u64);
    for order in open(options, currency)? {
        match order {
            Ok(_) => total += 1,
            Err(error) => {
                print_row("error", &error);
                errors += 1;
            }
        }
    }
    if options.dry_run {
        println!("The file has {total} orders; {errors} rows are wrong.");
        return Ok(exit(errors == 0));
    }
    if errors > 0 && !options.keep_good {
        println!("Nothing was imported: {errors} rows are wrong. Mend them, or take the good ones with --keep-good.");
        return Ok(ExitCode::FAILURE);
    }
    let bar = Bar::new("import");
    let now = Clock::default().now();
    let (mut read, mut written) = (0u64, 0u64);
    let mut orders = open(options, currency)?.filter_map(Result::ok);
    loop {
        let batch: Vec<RetailOrder> = orders.by_ref().take(TOGETHER).collect();
        if batch.is_empty() {
            break;
        }
        read += u64::try_from(batch.len()).unwrap_or(0);
        written += db.write_now(move |conn| apply_retail::apply(conn, &batch, currency, now))?;
        bar.at(read, total, "orders");
    }
    drop(bar);
    println!("{written} orders imported, {} were there already.", read - written);
    Ok(exit(errors == 0))
}

type Orders = Box<dyn Iterator<Item = Result<RetailOrder, RowError>>>;

fn open(options: &Options, currency: Currency) -> Result<Orders, Failure> {
    let name = options.file.display();
    let file: Box<dyn Read> = Box::new(File::open(&options.file).map_err(Failure::of(&name))?);
    Ok(Box::new(read_retail(file, currency).map_err(|error| Failure::Failed(format!("{name}: {error}")))?))
}
