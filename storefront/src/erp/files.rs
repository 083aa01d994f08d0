//! The same rows as CSV files in a folder, and orders as JSON files: `<folder>/in`, `done`, `failed` and `out`.
//!
//! A file is known again by its name, time and content. Its rows are worked through some at a time, and how far it came is written with them: a crash
//! anywhere repeats none. Files with orders go out as those of EDI do ([`crate::edi::folder`]): staged, said to be staged, renamed, said to be filed.

use super::{Act, Became, CompanyRow, CustomerRow, Done, MOST, PriceRow, SYSTEM, StockRow, companies, customers, feed, prices, stock};
use crate::api::order_changes;
use crate::folders::{self, Seen};
use crate::imports::unguard;
use crate::price_lists::{self, PriceListId};
use crate::schema::{erp_files as files, order_feed_state as state};
use crate::shop;
use crate::web::words::Words;
use csv::StringRecord;
use diesel::prelude::*;
use kernel::clock::{Clock, Time};
use kernel::error::said;
use kernel::money::{Currency, Money};
use kernel::{Conn, Db, Error, Result, on_each, token};
use std::path::Path;
use std::time::Duration;

/// The job that looks into the folder.
pub const JOB: &str = "erp.folder";
/// The most bytes of a file, and the rows that are refused of which the report tells why.
const LARGEST: u64 = 32 << 20;
const TOLD: usize = 5000;
/// Orders of one file.
const ORDERS: i64 = 100;
/// The one row of the state of the feed.
const ONE: i64 = 1;

/// What a file is about, by the beginning of its name, with its columns: those that have to be there first.
struct Kind {
    begins: &'static str,
    needed: usize,
    columns: &'static [&'static str],
    rows: fn(&mut Conn, &[Cells], &Act<'_>) -> Result<Vec<Done>>,
}

static KINDS: [Kind; 4] = [
    Kind {
        begins: "companies-",
        needed: 1,
        columns: &[
            "external_id",
            "name",
            "country",
            "vat_id",
            "registration_number",
            "invoice_email",
            "website",
            "phone",
            "price_group",
            "parent",
            "administrator_email",
            "line1",
            "line2",
            "postal_code",
            "city",
            "approved",
        ],
        rows: of_companies,
    },
    Kind {
        begins: "customers-",
        needed: 2,
        columns: &["external_id", "email", "name", "phone", "language", "tags", "note"],
        rows: of_customers,
    },
    Kind {
        begins: "prices-",
        needed: 2,
        columns: &["sku", "price", "compare_at", "list", "min_quantity", "minimum", "increment"],
        rows: of_prices,
    },
    Kind { begins: "stock-", needed: 2, columns: &["sku", "on_hand", "location"], rows: of_stock },
];

/// A row of a file.
#[derive(Clone)]
struct Cells {
    line: u64,
    /// In the order of the columns of the kind.
    cells: Vec<Option<String>>,
}

impl Cells {
    fn at(&self, column: usize) -> Option<String> {
        self.cells.get(column).cloned().flatten()
    }

    fn text(&self, column: usize) -> String {
        self.at(column).unwrap_or_default()
    }
}

/// Reads what came and writes the orders that changed. What cannot be done with one file keeps no other.
pub fn run(db: &Db, root: &Path, words: &Words, still: Duration, clock: &Clock) -> Result<()> {
    let Some(_held) = folders::hold(root)? else { return Ok(()) };
    let now = clock.now();
    db.write_now(move |conn| feed::begin(conn, now))?;
    let kind = |name: &str| KINDS.iter().find(|kind| folders::ends_in(name, ".csv") && name.starts_with(kind.begins));
    let seen = folders::look(&root.join("in"), |name| kind(name).is_some())?;
    folders::wait(&seen, still);
    let mut failed: Option<Error> = None;
    for one in &seen {
        let Some(kind) = kind(&one.name) else { continue };
        if let Err(error) = file(db, root, kind, one, words, clock.now()) {
            tracing::warn!(%error, "a file of the ERP");
            failed.get_or_insert(error);
        }
    }
    give(db, &root.join("out"))?;
    failed.map_or(Ok(()), Err)
}

/// Works through a file and moves it aside, with a report of the rows that were refused.
fn file(db: &Db, root: &Path, kind: &'static Kind, one: &Seen, words: &Words, now: Time) -> Result<()> {
    if one.size > LARGEST {
        let why = words.get(&said("edi-file-large", &[("most", &"32 MiB")]));
        return refuse(root, one, &format!("{}-{}", one.stamp(), one.name), &why);
    }
    let Some(bytes) = folders::read(one, LARGEST)? else { return Ok(()) };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let digest = token::hash(&format!("{}\n{}\n{text}", one.name, one.stamp()));
    let stored = format!("{}-{}", digest.get(..12).unwrap_or_default(), one.name);
    let rows = match read(kind, &text) {
        Ok(rows) => rows,
        Err(why) => return refuse(root, one, &stored, &words.get(&why)),
    };
    let (name, key) = (one.name.clone(), digest.clone());
    let id: i64 = db.write_now(move |conn| {
        let row = (files::name.eq(&name), files::digest.eq(&key), files::created_at.eq(now));
        on_each!(conn, c => diesel::insert_into(files::table).values(row).on_conflict_do_nothing().execute(c))?;
        Ok(files::table.filter(files::digest.eq(&key)).select(files::id).first(conn)?)
    })?;
    loop {
        let done: i64 = db.read_now(move |conn| Ok(files::table.find(id).select(files::done).first(conn)?))?;
        let at = usize::try_from(done).map_err(Error::unexpected)?;
        let some = together(kind, rows.get(at..).unwrap_or_default());
        if some.is_empty() {
            break;
        }
        let actor = format!("file:{}", one.name.chars().take(80).collect::<String>());
        db.write_now(move |conn| step(conn, kind, id, done, &some, &actor, now))?;
    }
    let errors: String = db.read_now(move |conn| Ok(files::table.find(id).select(files::errors).first(conn)?))?;
    let errors: Vec<(u64, String)> = serde_json::from_str(&errors)?;
    let aside = root.join("done");
    if !errors.is_empty() {
        let mut report = String::from("line;reason\n");
        for (line, why) in &errors {
            report.push_str(&format!("{line};\"{}\"\n", words.get(why).replace('"', "\"\"")));
        }
        folders::put(&aside, &format!("{stored}.errors.csv"), report.as_bytes())?;
    }
    folders::aside(one, &aside, &stored)
}

fn refuse(root: &Path, one: &Seen, stored: &str, why: &str) -> Result<()> {
    let failed = root.join("failed");
    folders::put(&failed, &format!("{stored}.txt"), format!("{why}\n").as_bytes())?;
    folders::aside(one, &failed, stored)
}

/// The rows of a file, whose columns are separated by commas or semicolons. Fails with the key of a text.
fn read(kind: &Kind, text: &str) -> Result<Vec<Cells>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') || text.contains('\u{fffd}') {
        return Err("price-file-not-text".to_string());
    }
    let header = text.lines().next().unwrap_or_default();
    let separator = if header.contains(';') && !header.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let odd = |_| "price-file-not-csv".to_string();
    let names: Vec<String> = reader.headers().map_err(odd)?.iter().map(|name| name.trim().to_lowercase()).collect();
    if let Some(unknown) = names.iter().find(|name| !kind.columns.contains(&name.as_str())) {
        let unknown: String = unknown.chars().take(100).collect();
        return Err(said("erp-file-column", &[("column", &unknown), ("columns", &kind.columns.join(", "))]));
    }
    if let Some(missing) = kind.columns.iter().take(kind.needed).find(|column| names.iter().all(|name| name != *column)) {
        return Err(said("erp-file-missing", &[("column", missing)]));
    }
    let places: Vec<Option<usize>> = kind.columns.iter().map(|column| names.iter().position(|name| name == column)).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record: StringRecord = record.map_err(odd)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |place: &Option<usize>| {
            let text = place.and_then(|at| record.get(at)).map(|text| unguard(text.trim()).to_string());
            text.filter(|text| !text.is_empty())
        };
        let cells: Vec<Option<String>> = places.iter().map(cell).collect();
        if cells.iter().any(Option::is_some) {
            rows.push(Cells { line, cells });
        }
    }
    Ok(rows)
}

/// The rows of one transaction: what a price list says of one article is not torn apart.
fn together(kind: &Kind, rows: &[Cells]) -> Vec<Cells> {
    let mut end = rows.len().min(MOST);
    let same = |a: &Cells, b: &Cells| kind.begins == "prices-" && (a.text(0), a.at(3)) == (b.text(0), b.at(3));
    while end > 0 && end < rows.len() && same(&rows[end - 1], &rows[end]) {
        end += 1;
    }
    rows.get(..end).unwrap_or_default().to_vec()
}

/// Does some rows, and writes with them how far the file came.
fn step(conn: &mut Conn, kind: &Kind, id: i64, done: i64, some: &[Cells], actor: &str, now: Time) -> Result<()> {
    let then = done + i64::try_from(some.len()).map_err(Error::unexpected)?;
    let own = files::table.find(id).filter(files::done.eq(done));
    if diesel::update(own).set(files::done.eq(then)).execute(conn)? == 0 {
        return Ok(());
    }
    let once = format!("erp-file:{id}:{done}");
    let record = |_: &mut Conn, _: &super::Note<'_>| -> Result<()> { Ok(()) };
    let act = Act { system: SYSTEM, actor, once: &once, now, record: &record };
    let became = (kind.rows)(conn, some, &act)?;
    let stored: String = files::table.find(id).select(files::errors).first(conn)?;
    let mut errors: Vec<(u64, String)> = serde_json::from_str(&stored)?;
    let (mut changed, mut refused) = (0i64, 0i64);
    for (row, one) in some.iter().zip(&became) {
        match one {
            Ok(Became::Unchanged) => {}
            Ok(_) => changed += 1,
            Err(why) => {
                refused += 1;
                if errors.len() < TOLD {
                    errors.push((row.line, why.clone()));
                }
            }
        }
    }
    let set = (
        files::changed.eq(files::changed + changed),
        files::refused.eq(files::refused + refused),
        files::errors.eq(kernel::json::text(&errors)?),
    );
    diesel::update(files::table.find(id)).set(set).execute(conn)?;
    Ok(())
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| said("price-row-number", &[("value", &text.chars().take(40).collect::<String>())]))
}

fn of_stock(conn: &mut Conn, some: &[Cells], act: &Act<'_>) -> Result<Vec<Done>> {
    // A number that does not read is refused as one that is too small is.
    let row = |one: &Cells| StockRow { sku: one.text(0), on_hand: number(&one.text(1)).unwrap_or(-1), location: one.text(2) };
    stock(conn, &some.iter().map(row).collect::<Vec<_>>(), act)
}

fn of_prices(conn: &mut Conn, some: &[Cells], act: &Act<'_>) -> Result<Vec<Done>> {
    let own = shop::get(conn)?.currency;
    let mut rows = Vec::with_capacity(some.len());
    for one in some {
        let mut row = PriceRow { sku: one.text(0), ..PriceRow::default() };
        let mut wrong: Option<String> = None;
        let mut whole = |column: usize| match one.at(column).map(|text| number(&text)) {
            Some(Ok(number)) => Some(number),
            Some(Err(why)) => {
                wrong.get_or_insert(why);
                None
            }
            None => None,
        };
        row.list = whole(3).map(PriceListId);
        row.min_quantity = whole(4).unwrap_or(1);
        row.minimum = whole(5);
        row.increment = whole(6);
        let currency: Currency = match row.list {
            Some(list) => match price_lists::get(conn, list) {
                Ok(list) => list.currency()?,
                // The row is refused for it below.
                Err(Error::NotFound) => own,
                Err(error) => return Err(error),
            },
            None => own,
        };
        let mut amount = |column: usize| match one.at(column).map(|text| Money::parse(&text, currency).map_err(|_| text)) {
            Some(Ok(money)) => Some((money.minor, currency.code().to_string())),
            Some(Err(text)) => {
                wrong.get_or_insert(said("price-row-price", &[("value", &text.chars().take(40).collect::<String>())]));
                None
            }
            None => None,
        };
        row.price = amount(1);
        row.compare_at = amount(2);
        row.wrong = wrong;
        rows.push(row);
    }
    prices(conn, &rows, act)
}

fn of_customers(conn: &mut Conn, some: &[Cells], act: &Act<'_>) -> Result<Vec<Done>> {
    let row = |one: &Cells| CustomerRow {
        external_id: one.text(0),
        email: one.text(1),
        name: one.at(2),
        phone: one.at(3),
        language: one.at(4),
        tags: one.at(5),
        note: one.at(6),
    };
    customers(conn, &some.iter().map(row).collect::<Vec<_>>(), act)
}

fn of_companies(conn: &mut Conn, some: &[Cells], act: &Act<'_>) -> Result<Vec<Done>> {
    let row = |one: &Cells| CompanyRow {
        external_id: one.text(0),
        name: one.at(1),
        country: one.at(2),
        vat_id: one.at(3),
        registration_number: one.at(4),
        invoice_email: one.at(5),
        website: one.at(6),
        phone: one.at(7),
        price_group: one.at(8),
        parent: one.at(9),
        administrator_email: one.at(10),
        line1: one.at(11),
        line2: one.at(12),
        postal_code: one.at(13),
        city: one.at(14),
        approved: one.at(15).is_some_and(|text| matches!(text.to_lowercase().as_str(), "true" | "yes" | "1")),
    };
    companies(conn, &some.iter().map(row).collect::<Vec<_>>(), act)
}

/// Writes the orders that changed, each file once.
fn give(db: &Db, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).map_err(|error| Error::Unavailable(format!("{}: {error}", out.display())))?;
    let name = |cursor: i64| format!("orders-{cursor:012}.json");
    loop {
        let (filed, staged): (i64, i64) =
            db.read_now(|conn| Ok(state::table.find(ONE).select((state::filed, state::staged)).first(conn)?))?;
        if staged > filed {
            folders::publish(out, &name(staged))?;
            db.write_now(move |conn| {
                let own = state::table.find(ONE).filter(state::staged.eq(staged));
                diesel::update(own).set(state::filed.eq(staged)).execute(conn)?;
                Ok(())
            })?;
            continue;
        }
        let page = db.read_now(move |conn| order_changes::page(conn, SYSTEM, filed, ORDERS))?;
        let next = page.next();
        if next <= filed {
            return Ok(());
        }
        folders::stage(out, &name(next), kernel::json::text(&page)?.as_bytes())?;
        db.write_now(move |conn| {
            let own = state::table.find(ONE).filter(state::filed.eq(filed));
            diesel::update(own).set(state::staged.eq(next)).execute(conn)?;
            Ok(())
        })?;
    }
}
