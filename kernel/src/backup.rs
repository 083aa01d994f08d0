//! The whole shop in one file that either engine writes and reads: a backup, and the way from a file to a database server or back.
//!
//! The file is gzipped JSON, one value a line: a header with the schema's versions, then for each table a line with its columns and
//! a line for each row, and a last line that proves nothing is missing. Times are UTC text, bytes hexadecimal. Tables come in the order
//! of their references. Everything in it belongs to one moment: it is read in one snapshot while the shop goes on selling.

mod dump;
mod restore;
mod tables;
#[cfg(test)]
mod tests;

pub use dump::dump;
pub use restore::{Over, Restored, restore};

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// The version of the file's form. It changes only when an older reader would misread it.
const FORM: u32 = 1;
/// Rows, or bytes of them, that go to the database in one statement.
const BATCH_ROWS: usize = 500;
const BATCH_BYTES: usize = 1 << 20;

/// How far a dump or restore is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    pub table: &'a str,
    pub done: u64,
    pub total: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    regulars_backup: u32,
    migrations: Vec<String>,
    rows: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct TableHead {
    table: String,
    columns: Vec<String>,
    rows: u64,
    /// The last number the table gave out, so that no id is ever given out twice.
    sequence: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct End {
    end: bool,
    rows: u64,
}

fn disk(what: &str, error: &std::io::Error) -> Error {
    Error::Unavailable(format!("{what}: {error}"))
}

fn bad_file(reason: impl std::fmt::Display) -> Error {
    Error::conflict(format!("the backup cannot be used: {reason}"))
}

/// A name as SQL takes it. Names come from the database's own catalogue.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A count of the database as one that can be added up.
fn count(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(Error::unexpected)
}
