//! Bringing a file of prices in: read and compared first, written by a job after somebody said so, row by row and only what changes.

use super::entries::{self, Entry};
use super::file::{self, FileRow, Mistake};
use super::resolve::{Break, QuantityRule};
use super::{PriceListId, edit};
use crate::catalog;
use crate::ids::VariantId;
use crate::schema::{price_list_imports as rows, variants};
use crate::units::{self, Measure};
use diesel::prelude::*;
use kernel::clock::{Clock, Time};
use kernel::error::said;
use kernel::jobs::{self, Class};
use kernel::json::Json;
use kernel::{Conn, Db, Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The job that writes the rows of a file.
pub const IMPORT_JOB: &str = "price_lists.import";
/// Rows of one transaction: short, so that shoppers do not wait behind it.
const AT_ONCE: usize = 500;
/// Variants looked up at once.
const CHUNK: usize = 1000;
/// Changes and mistakes that the preview tells of.
const TOLD: usize = 100;

kernel::words!(
    /// A draft waits for somebody to say that it is to be written.
    ImportState { Draft = "draft", Running = "running", Done = "done" }
);

/// The difference that a file makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub new: usize,
    pub changed: usize,
    pub same: usize,
    pub wrong: usize,
    /// SKU, quantity, price before and price then, of some that change.
    pub changes: Vec<(String, i64, Option<i64>, i64)>,
    /// In what the goods of these SKUs are counted that are no pieces.
    #[serde(default)]
    pub measures: BTreeMap<String, Measure>,
    /// Lines with the text key of what is wrong with them, of some.
    pub mistakes: Vec<Mistake>,
}

/// A file of prices.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Import {
    pub id: i64,
    pub list_id: PriceListId,
    pub name: String,
    pub actor: String,
    pub state: ImportState,
    pub line_count: i64,
    /// Rows that were worked through.
    pub written: i64,
    pub told: Json<Told>,
    pub created_at: Time,
    pub finished_at: Option<Time>,
}

/// A row as it is kept until it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    variant: VariantId,
    price: Option<Break>,
    rule: Option<QuantityRule>,
}

impl Row {
    fn kept(&self) -> String {
        let (from, price) = self.price.map_or((String::new(), String::new()), |one| (one.from.to_string(), one.unit_price.to_string()));
        let (minimum, increment) =
            self.rule.map_or((String::new(), String::new()), |rule| (rule.minimum.to_string(), rule.increment.to_string()));
        format!("{},{from},{price},{minimum},{increment}", self.variant)
    }

    fn read(line: &str) -> Result<Row> {
        let odd = || Error::unexpected("a row of an import of prices cannot be read");
        let cells: Vec<&str> = line.split(',').collect();
        let [variant, from, price, minimum, increment] = cells.as_slice() else { return Err(odd()) };
        let number = |text: &str| if text.is_empty() { Ok(None) } else { text.parse::<i64>().map(Some).map_err(|_| odd()) };
        let (from, price, minimum, increment) = (number(from)?, number(price)?, number(minimum)?, number(increment)?);
        Ok(Row {
            variant: variant.parse().map_err(|_| odd())?,
            price: from.zip(price).map(|(from, unit_price)| Break { from, unit_price }),
            rule: minimum.zip(increment).map(|(minimum, increment)| QuantityRule { minimum, increment }),
        })
    }
}

/// The import with this id. `NotFound` when there is none.
pub fn import(conn: &mut Conn, id: i64) -> Result<Import> {
    Ok(rows::table.find(id).select(Import::as_select()).first(conn)?)
}

/// The files of a list, newest first.
pub fn imports(conn: &mut Conn, list: PriceListId, limit: i64) -> Result<Vec<Import>> {
    Ok(rows::table.filter(rows::list_id.eq(list)).order(rows::id.desc()).limit(limit).select(Import::as_select()).load(conn)?)
}

/// A file that was compared with its list, to be kept.
#[derive(Clone, Debug)]
pub struct Compared {
    told: Told,
    content: Vec<String>,
}

/// Reads a file and compares it with a list. `Conflict` with a text key when nothing of it can be read.
pub fn compared(conn: &mut Conn, list: PriceListId, bytes: &[u8]) -> Result<Compared> {
    let currency = edit::get(conn, list)?.currency()?;
    let known = by_sku(conn, &file::skus(bytes))?;
    let ids: Vec<VariantId> = known.values().copied().collect();
    let measured = units::measures(conn, &ids)?;
    let of = |(sku, id): (&String, &VariantId)| {
        let measure = measured.get(id).filter(|measure| **measure != Measure::PIECE)?;
        Some((sku.clone(), *measure))
    };
    let measures: HashMap<String, Measure> = known.iter().filter_map(of).collect();
    let (read, mut mistakes) = file::read(bytes, currency, &measures).map_err(|error| Error::conflict(error.key()))?;
    let mut wanted: Vec<(&FileRow, Row)> = Vec::with_capacity(read.len());
    for row in &read {
        match known.get(&row.sku) {
            Some(variant) => wanted.push((row, Row { variant: *variant, price: row.price, rule: row.rule })),
            None => mistakes.push((row.line, said("price-row-unknown", &[("sku", &row.sku)]))),
        }
    }
    mistakes.sort_by_key(|(line, _)| *line);
    let mut told = Told { wrong: mistakes.len(), ..Told::default() };
    for some in wanted.chunks(CHUNK) {
        let stored = stored(conn, list, some.iter().map(|(_, row)| row))?;
        for (of, row) in some {
            compare(&mut told, of, row, stored.get(&row.variant));
        }
    }
    let changed = |sku: &String| measures.get(sku).map(|measure| (sku.clone(), *measure));
    told.measures = told.changes.iter().filter_map(|(sku, ..)| changed(sku)).collect();
    mistakes.truncate(TOLD);
    told.mistakes = mistakes;
    Ok(Compared { told, content: wanted.iter().map(|(_, row)| row.kept()).collect() })
}

/// Keeps a file until somebody has it written.
pub fn draft(conn: &mut Conn, list: PriceListId, name: &str, of: &Compared, actor: &str, now: Time) -> Result<i64> {
    Ok(diesel::insert_into(rows::table)
        .values((
            rows::list_id.eq(list),
            rows::name.eq(name),
            rows::actor.eq(actor),
            rows::state.eq(ImportState::Draft),
            rows::content.eq(of.content.join("\n")),
            rows::line_count.eq(i64::try_from(of.content.len()).map_err(Error::unexpected)?),
            rows::told.eq(kernel::json::text(&of.told)?),
            rows::created_at.eq(now),
        ))
        .returning(rows::id)
        .get_result(conn)?)
}

/// The variants of the SKUs of a file.
fn by_sku(conn: &mut Conn, all: &[String]) -> Result<HashMap<String, VariantId>> {
    let skus: Vec<&str> = all.iter().map(String::as_str).collect::<BTreeSet<&str>>().into_iter().collect();
    let mut known = HashMap::with_capacity(skus.len());
    for some in skus.chunks(CHUNK) {
        known.extend(catalog::variants_by_sku(conn, some)?);
    }
    Ok(known)
}

/// What the list says by now of the variants of these rows.
fn stored<'r>(conn: &mut Conn, list: PriceListId, of: impl Iterator<Item = &'r Row>) -> Result<HashMap<VariantId, Entry>> {
    let ids: BTreeSet<VariantId> = of.map(|row| row.variant).collect();
    let ids: Vec<VariantId> = ids.into_iter().collect();
    Ok(entries::of(conn, list, &ids)?.into_iter().map(|entry| (entry.variant, entry)).collect())
}

/// Counts what a row would change.
fn compare(told: &mut Told, of: &FileRow, row: &Row, stored: Option<&Entry>) {
    let before = row.price.and_then(|one| stored?.breaks.iter().find(|known| known.from == one.from).map(|known| known.unit_price));
    let rule = stored.and_then(|entry| entry.rule);
    let same_rule = row.rule.is_none() || row.rule == rule;
    match row.price {
        Some(one) if before == Some(one.unit_price) && same_rule => told.same += 1,
        None if same_rule => told.same += 1,
        Some(_) if before.is_none() => told.new += 1,
        _ => told.changed += 1,
    }
    if let Some(one) = row.price.filter(|one| before != Some(one.unit_price) && told.changes.len() < TOLD) {
        told.changes.push((of.sku.clone(), one.from, before, one.unit_price));
    }
}

/// Has a job write the rows. Starting twice is starting once; `Conflict` for a file that is done.
pub fn start(conn: &mut Conn, id: i64, now: Time) -> Result<()> {
    let draft = rows::table.find(id).filter(rows::state.eq(ImportState::Draft));
    let started = diesel::update(draft).set(rows::state.eq(ImportState::Running)).execute(conn)?;
    match (started, import(conn, id)?.state) {
        (0, ImportState::Done) => Err(Error::conflict("price-import-done")),
        (0, _) => Ok(()),
        _ => jobs::enqueue_as(conn, Class::Bulk, IMPORT_JOB, &id.to_string(), Some(&format!("{IMPORT_JOB}:{id}")), now, now),
    }
}

/// Writes the rows of a file until none is left. One that is through is left alone, so it may run again.
pub fn run(db: &Db, clock: &Clock, id: i64) -> Result<()> {
    let content: String = db.read_now(move |conn| Ok(rows::table.find(id).select(rows::content).first(conn)?))?;
    let all: Vec<Row> = content.lines().map(Row::read).collect::<Result<_>>()?;
    loop {
        let written = db.read_now(move |conn| Ok(import(conn, id)?.written))?;
        let at = usize::try_from(written).map_err(Error::unexpected)?;
        let some: Vec<Row> = all.iter().skip(at).take(AT_ONCE).copied().collect();
        let now = clock.now();
        if !db.write_now(move |conn| step(conn, id, written, &some, now))? {
            return Ok(());
        }
    }
}

/// Writes some rows; false when there is nothing more to do.
fn step(conn: &mut Conn, id: i64, written: i64, some: &[Row], now: Time) -> Result<bool> {
    // Held to the end of the transaction, so that two workers do not write the same rows.
    let own = rows::table.find(id).filter(rows::state.eq(ImportState::Running)).filter(rows::written.eq(written));
    let then = written + i64::try_from(some.len()).map_err(Error::unexpected)?;
    if diesel::update(own).set(rows::written.eq(then)).execute(conn)? == 0 {
        // Another worker was faster: what it left is looked at again, and a file that is through has nothing left.
        return Ok(import(conn, id)?.state == ImportState::Running);
    }
    if some.is_empty() {
        let end = (rows::state.eq(ImportState::Done), rows::content.eq(""), rows::finished_at.eq(now));
        diesel::update(rows::table.find(id)).set(end).execute(conn)?;
        return Ok(false);
    }
    let list = import(conn, id)?.list_id;
    let stored = stored(conn, list, some.iter())?;
    let ids: Vec<VariantId> = stored.keys().copied().collect();
    // Goods may have gone for good since the file was read.
    let there: Vec<VariantId> = variants::table.filter(variants::id.eq_any(&ids)).select(variants::id).load(conn)?;
    for row in some.iter().filter(|row| there.contains(&row.variant)) {
        let known = stored.get(&row.variant);
        if let Some(one) = row.price.filter(|one| known.is_none_or(|entry| !entry.breaks.contains(one))) {
            entries::set_price(conn, list, row.variant, one)?;
        }
        if let Some(rule) = row.rule.filter(|rule| known.is_none_or(|entry| entry.rule != Some(*rule))) {
            entries::set_rule(conn, list, row.variant, rule)?;
        }
    }
    Ok(true)
}

/// Forgets files from before `before` that nobody had written.
pub fn discard_old(conn: &mut Conn, before: Time) -> Result<usize> {
    let old = rows::table.filter(rows::state.eq(ImportState::Draft)).filter(rows::created_at.lt(before));
    Ok(diesel::delete(old).execute(conn)?)
}
