//! Writing the file.

use super::tables::{self, Table};
use super::{End, FORM, Header, Progress, TableHead, count, disk};
use crate::db::{Conn, Target, migrations, snapshot};
use crate::{Error, Result};
use diesel::connection::{DefaultLoadingMode, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::Text;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Writes everything the database holds to `file`, as of one moment, while others read and write. The file appears under its name
/// only when it is whole, and is readable by its owner only: it holds people's data and the shop's keys. Returns the number of rows.
/// Fails with `Conflict` when there is a file of this name already.
pub fn dump(target: &Target, file: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<u64> {
    if file.exists() {
        return Err(Error::conflict(format!("{} exists already; name a new file", file.display())));
    }
    let mut conn = target.connect()?;
    if let Conn::Postgres(conn) = &mut conn {
        conn.batch_execute("SET statement_timeout = 0")?;
    }
    let part = part_of(file);
    let written = write(&mut conn, &part, progress).and_then(|rows| {
        std::fs::rename(&part, file).map_err(|error| disk("the finished backup could not be named", &error))?;
        Ok(rows)
    });
    if written.is_err() {
        // Nothing is lost when this fails too: the name says what it is.
        let _ = std::fs::remove_file(&part);
    }
    written
}

fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn write(conn: &mut Conn, part: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<u64> {
    let failed = |error: std::io::Error| disk(&format!("{} could not be written", part.display()), &error);
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let out = options.open(part).map_err(failed)?;
    let mut out = GzEncoder::new(BufWriter::new(out), Compression::fast());
    let rows = snapshot(conn, |conn| write_snapshot(conn, &mut out, progress))?;
    let out = out.finish().and_then(|buffer| buffer.into_inner().map_err(|error| error.into_error())).map_err(failed)?;
    out.sync_all().map_err(failed)?;
    Ok(rows)
}

fn write_snapshot(conn: &mut Conn, out: &mut impl Write, progress: &mut dyn FnMut(Progress<'_>)) -> Result<u64> {
    let mut heads = Vec::new();
    for table in tables::all(conn)? {
        let columns = table.columns.iter().map(|(name, _)| name.clone()).collect();
        let head = TableHead { table: table.name.clone(), columns, rows: count(table.count(conn)?)?, sequence: table.sequence(conn)? };
        heads.push((table, head));
    }
    let total = heads.iter().map(|(_, head)| head.rows).sum();
    line(out, &crate::json::text(&Header { regulars_backup: FORM, migrations: migrations::applied(conn)?, rows: total })?)?;
    let mut done = 0;
    for (table, head) in &heads {
        line(out, &crate::json::text(head)?)?;
        let before = done;
        rows(conn, table, |text| {
            done += 1;
            if done % 1000 == 0 {
                progress(Progress { table: &table.name, done, total });
            }
            line(out, text)
        })?;
        if done - before != head.rows {
            return Err(Error::unexpected(format!("{} had {} rows and gave {}", table.name, head.rows, done - before)));
        }
        progress(Progress { table: &table.name, done, total });
    }
    line(out, &crate::json::text(&End { end: true, rows: total })?)?;
    Ok(total)
}

fn line(out: &mut impl Write, text: &str) -> Result<()> {
    out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(|error| disk("the backup could not be written", &error))
}

/// Hands each row to `each`; never more than a batch of them is in memory.
fn rows(conn: &mut Conn, table: &Table, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
    let query = table.select(conn);
    match conn {
        Conn::Sqlite(conn) => {
            for row in diesel::sql_query(query).load_iter::<Row, DefaultLoadingMode>(conn)? {
                each(&row?.line)?;
            }
        }
        Conn::Postgres(conn) => {
            conn.batch_execute(&format!("DECLARE backup_rows NO SCROLL CURSOR FOR {query}"))?;
            loop {
                let rows: Vec<Row> = diesel::sql_query("FETCH 500 FROM backup_rows").load(conn)?;
                if rows.is_empty() {
                    break;
                }
                rows.iter().try_for_each(|row| each(&row.line))?;
            }
            conn.batch_execute("CLOSE backup_rows")?;
        }
    }
    Ok(())
}
