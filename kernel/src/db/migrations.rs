//! The schema's history, carried by the binary for each engine under the same names.

use super::Conn;
use crate::{Error, Result, on_each};
use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// Runs what has not run, or of that only the versions in `only`. Returns the names of those that ran.
pub fn run(conn: &mut Conn, only: Option<&[String]>) -> Result<Vec<String>> {
    match conn {
        Conn::Sqlite(conn) => run_on(conn, SQLITE, only),
        Conn::Postgres(conn) => run_on(conn, POSTGRES, only),
    }
}

/// The names of migrations that this binary has and the database has not run.
pub fn pending(conn: &mut Conn) -> Result<Vec<String>> {
    fn names<DB: Backend>(found: Vec<Box<dyn Migration<DB>>>) -> Vec<String> {
        found.iter().map(|migration| migration.name().to_string()).collect()
    }
    match conn {
        Conn::Sqlite(conn) => Ok(names(conn.pending_migrations(SQLITE).map_err(unreadable)?)),
        Conn::Postgres(conn) => Ok(names(conn.pending_migrations(POSTGRES).map_err(unreadable)?)),
    }
}

/// The versions this binary has, oldest first.
pub fn known() -> Result<Vec<String>> {
    let all: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> = SQLITE.migrations().map_err(unreadable)?;
    let mut versions: Vec<String> = all.iter().map(|migration| migration.name().version().to_string()).collect();
    versions.sort();
    Ok(versions)
}

/// The versions the database has run, oldest first. Only reads, unlike the harness, which would create the table of versions.
pub fn applied(conn: &mut Conn) -> Result<Vec<String>> {
    let query = "SELECT version AS version FROM __diesel_schema_migrations ORDER BY version";
    let found = on_each!(conn, c => diesel::sql_query(query).load::<Applied>(c));
    let found =
        found.map_err(|error| Error::conflict(format!("the database has no schema yet; run `regulars migrate` first ({error})")))?;
    Ok(found.into_iter().map(|applied| applied.version).collect())
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

/// Takes back every migration, and with them all data.
pub fn revert_all(conn: &mut Conn) -> Result<()> {
    match conn {
        Conn::Sqlite(conn) => conn.revert_all_migrations(SQLITE).map(drop),
        Conn::Postgres(conn) => conn.revert_all_migrations(POSTGRES).map(drop),
    }
    .map_err(|error| Error::unexpected(format!("the old tables could not be dropped: {error}")))
}

fn run_on<DB: Backend, C: MigrationHarness<DB>>(
    conn: &mut C,
    source: impl MigrationSource<DB>,
    only: Option<&[String]>,
) -> Result<Vec<String>> {
    let mut ran = Vec::new();
    for migration in conn.pending_migrations(source).map_err(unreadable)? {
        let name = migration.name().to_string();
        if only.is_none_or(|only| only.contains(&migration.name().version().to_string())) {
            conn.run_migration(&*migration).map_err(|error| Error::unexpected(format!("migration {name} failed: {error}")))?;
            ran.push(name);
        }
    }
    Ok(ran)
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::unexpected(format!("cannot read migrations: {error}"))
}
