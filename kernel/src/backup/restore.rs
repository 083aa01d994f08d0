//! Reading the file into a database of either engine. Until everything is in and proven, the old data stays as it is.

use super::tables::{self, Table, Type};
use super::{BATCH_BYTES, BATCH_ROWS, End, FORM, Header, Progress, TableHead, bad_file, count, disk};
use crate::db::{Conn, Target, migrations, transaction};
use crate::{Error, Result, on_each};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// What may be written over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// A database without rows.
    Empty,
    /// Anything.
    Everything,
}

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    pub rows: u64,
    /// Where the SQLite file that was there before is now.
    pub kept: Option<PathBuf>,
}

/// Replaces the content of the database with that of `file`, in one step at the end. A backup of an older version is brought up to
/// date on the way. On SQLite the file that was there stays beside the new one; on PostgreSQL everything is one transaction.
/// Fails with `Conflict` when the database holds rows and `over` does not allow it, when it is in use (SQLite), or when the file is
/// damaged or of a newer version.
pub fn restore(file: &Path, target: &Target, over: Over, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Restored> {
    let mut backup = Backup::open(file)?;
    match target {
        Target::Postgres(_) => {
            let mut conn = target.connect()?;
            conn.batch_execute("SET statement_timeout = 0")?;
            let rows = transaction(&mut conn, |conn| {
                refuse_over(conn, over)?;
                migrations::revert_all(conn)?;
                fill(conn, &mut backup, progress)
            })?;
            Ok(Restored { rows, kept: None })
        }
        Target::File(path) => {
            if path.exists() {
                refuse_over(&mut target.connect()?, over)?;
            } else if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|error| disk("the folder could not be created", &error))?;
            }
            let fresh = beside(path, "restoring");
            remove(&fresh)?;
            let filled = fill_file(&fresh, &mut backup, progress).and_then(|rows| Ok(Restored { rows, kept: swap(&fresh, target, path)? }));
            if filled.is_err() {
                remove(&fresh)?;
            }
            filled
        }
    }
}

fn refuse_over(conn: &mut Conn, over: Over) -> Result<()> {
    if over == Over::Everything {
        return Ok(());
    }
    for table in tables::all(conn)? {
        if table.count(conn)? > 0 {
            return Err(Error::conflict(format!("the database holds data already (in {}); --force replaces it", table.name)));
        }
    }
    Ok(())
}

/// Writes a new SQLite file. Nobody reads it before it is whole, so it needs no journal that survives a crash, only a sync at the end.
fn fill_file(fresh: &Path, backup: &mut Backup, progress: &mut dyn FnMut(Progress<'_>)) -> Result<u64> {
    let mut conn = Target::File(fresh.to_path_buf()).connect()?;
    conn.batch_execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF;")?;
    let rows = transaction(&mut conn, |conn| fill(conn, backup, progress))?;
    let Conn::Sqlite(sqlite) = &mut conn else { return Err(Error::unexpected("a file that is no SQLite")) };
    let verdict: Verdict = diesel::sql_query("SELECT integrity_check AS verdict FROM pragma_integrity_check").get_result(sqlite)?;
    let broken = diesel::sql_query("SELECT \"table\" AS verdict FROM pragma_foreign_key_check").load::<Verdict>(sqlite)?;
    if verdict.verdict != "ok" || !broken.is_empty() {
        return Err(Error::unexpected(format!("the new file is not sound: {}, {} broken references", verdict.verdict, broken.len())));
    }
    drop(conn);
    File::open(fresh).and_then(|file| file.sync_all()).map_err(|error| disk("the new file could not be synced", &error))?;
    Ok(rows)
}

#[derive(QueryableByName)]
struct Verdict {
    #[diesel(sql_type = Text)]
    verdict: String,
}

/// Puts `fresh` in the place of `path`, whose content stays under another name. There is no moment without a database.
fn swap(fresh: &Path, target: &Target, path: &Path) -> Result<Option<PathBuf>> {
    let failed = |error: std::io::Error| disk("the restored file could not be put in place", &error);
    let mut kept = None;
    if path.exists() {
        // Leaving WAL writes everything into the one file, and succeeds only when no other connection is open.
        let left: Result<Verdict, _> = match target.connect()? {
            Conn::Sqlite(mut conn) => {
                conn.batch_execute("PRAGMA busy_timeout = 200")?;
                diesel::sql_query("PRAGMA journal_mode = DELETE")
                    .get_result::<Mode>(&mut conn)
                    .map(|mode| Verdict { verdict: mode.journal_mode })
            }
            Conn::Postgres(_) => return Err(Error::unexpected("a path that is no file")),
        };
        if !left.is_ok_and(|mode| mode.verdict == "delete") {
            return Err(Error::conflict("the database is in use; stop the shop and its workers first"));
        }
        let name = free_name(path);
        std::fs::hard_link(path, &name).or_else(|_| std::fs::copy(path, &name).map(drop)).map_err(failed)?;
        kept = Some(name);
    }
    std::fs::rename(fresh, path).map_err(failed)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(kept)
}

#[derive(QueryableByName)]
struct Mode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    name.into()
}

fn free_name(path: &Path) -> PathBuf {
    let first = beside(path, "before-restore");
    let more = (2..).map(|number| beside(path, &format!("before-restore-{number}")));
    std::iter::once(first.clone()).chain(more).find(|name| !name.exists()).unwrap_or(first)
}

fn remove(path: &Path) -> Result<()> {
    for name in [path.to_path_buf(), with_suffix(path, "-wal"), with_suffix(path, "-shm"), with_suffix(path, "-journal")] {
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(disk("an unfinished restore could not be removed", &error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Builds the schema the backup was made with, fills it, and brings it up to date.
fn fill(conn: &mut Conn, backup: &mut Backup, progress: &mut dyn FnMut(Progress<'_>)) -> Result<u64> {
    migrations::run(conn, Some(&backup.header.migrations))?;
    if let Conn::Sqlite(conn) = conn {
        conn.batch_execute("PRAGMA defer_foreign_keys = ON")?;
    }
    let tables = tables::all(conn)?;
    // What migrations put into a new shop is in the backup as it was then. The names are the schema's own.
    for table in tables.iter().rev() {
        conn.batch_execute(&format!("DELETE FROM {}", table.name))?;
    }
    let (mut done, total) = (0, backup.header.rows);
    loop {
        let line = backup.line()?;
        if let Ok(end) = serde_json::from_str::<End>(&line) {
            if !end.end || end.rows != done || done != total {
                return Err(bad_file(format!("it should hold {total} rows and holds {done}")));
            }
            break;
        }
        let head: TableHead = serde_json::from_str(&line).map_err(bad_file)?;
        // The names go into SQL: only names that the schema knows.
        let table =
            tables.iter().find(|table| table.name == head.table).ok_or_else(|| bad_file(format!("there is no table {}", head.table)))?;
        done += fill_table(conn, table, &head, backup, &mut |rows| progress(Progress { table: &table.name, done: done + rows, total }))?;
    }
    migrations::run(conn, None)?;
    Ok(done)
}

fn fill_table(conn: &mut Conn, table: &Table, head: &TableHead, backup: &mut Backup, progress: &mut dyn FnMut(u64)) -> Result<u64> {
    let mut columns: Vec<(String, Type)> = Vec::with_capacity(head.columns.len());
    for name in &head.columns {
        let column = table.columns.iter().find(|(known, _)| known == name);
        columns.push(column.cloned().ok_or_else(|| bad_file(format!("{} has no column {name}", table.name)))?);
    }
    let statement = table.insert(conn, &columns);
    let mut done = 0;
    while done < head.rows {
        let mut batch = String::from("[");
        let mut rows = 0;
        let full = |rows: u64, bytes: usize| !table.own_reference && (rows >= BATCH_ROWS as u64 || bytes >= BATCH_BYTES);
        while done + rows < head.rows && !full(rows, batch.len()) {
            if rows > 0 {
                batch.push(',');
            }
            let line = backup.line()?;
            if !line.starts_with('[') {
                return Err(bad_file(format!("rows of {} are missing", table.name)));
            }
            batch.push_str(&line);
            rows += 1;
        }
        batch.push(']');
        let inserted = on_each!(conn, c => diesel::sql_query(&statement).bind::<Text, _>(&batch).execute(c)).map_err(Error::from);
        let inserted = inserted.map_err(|error| match error {
            Error::Unavailable(_) => error,
            other => bad_file(format!("{} does not take its rows: {other}", table.name)),
        })?;
        if inserted as u64 != rows {
            return Err(bad_file(format!("{} took {inserted} of {rows} rows", table.name)));
        }
        done += rows;
        progress(done);
    }
    if let Some(last) = head.sequence {
        table.go_on_after(conn, last)?;
    }
    if count(table.count(conn)?)? != head.rows {
        return Err(bad_file(format!("{} does not hold {} rows", table.name, head.rows)));
    }
    Ok(done)
}

/// The file, past its header.
struct Backup {
    header: Header,
    lines: BufReader<MultiGzDecoder<BufReader<File>>>,
}

impl Backup {
    fn open(file: &Path) -> Result<Backup> {
        let name = file.display();
        let input = File::open(file).map_err(|error| Error::conflict(format!("{name} cannot be read: {error}")))?;
        let lines = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(BufReader::new(input)));
        let mut backup = Backup { header: Header { regulars_backup: 0, migrations: Vec::new(), rows: 0 }, lines };
        let no_backup = |_| bad_file(format!("{name} is no backup of this program"));
        let line = backup.line().map_err(no_backup)?;
        backup.header = serde_json::from_str(&line).map_err(|_| bad_file(format!("{name} is no backup of this program")))?;
        let known = migrations::known()?;
        let newer = backup.header.migrations.iter().any(|version| !known.contains(version));
        if newer || backup.header.regulars_backup > FORM {
            return Err(bad_file("a newer version of this program made it; restore it with that version"));
        }
        Ok(backup)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).map_err(bad_file)?;
        if read == 0 || line.pop() != Some('\n') {
            return Err(bad_file("it ends too early"));
        }
        Ok(line)
    }
}
