//! A migrated database of its own for each test: SQLite in a temporary folder, or PostgreSQL when `TEST_DATABASE_URL` names a
//! server. Gone when dropped.
#![allow(clippy::expect_used, reason = "a test without its database has nothing left to do but stop")]

use crate::db::{Conn, Db, Limits, Target};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database that lives as long as this value.
pub struct TestDb {
    db: Option<Db>,
    place: Place,
}

enum Place {
    Folder(PathBuf),
    Database { server: String, name: String },
}

/// A new, empty, migrated database. Panics when it cannot be made.
pub fn db() -> TestDb {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let name = format!("regulars_test_{}_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed), nanos % 1_000_000_000);
    let (place, target) = match std::env::var("TEST_DATABASE_URL") {
        Ok(server) if !server.is_empty() => {
            match std::env::var("NEXTEST_RUN_ID") {
                Ok(id) if !id.is_empty() => run(&server, &format!("CREATE DATABASE {name} TEMPLATE {}", template(&server, &id))),
                _ => run(&server, &format!("CREATE DATABASE {name}")),
            }
            let target = Target::Postgres(renamed(&server, &name));
            (Place::Database { server, name }, target)
        }
        _ => {
            let folder = std::env::temp_dir().join(name);
            let target = Target::File(folder.join("shop.sqlite"));
            (Place::Folder(folder), target)
        }
    };
    // Enough for fifty clients who really stand in each other's way; a connection is opened when it is needed.
    let limits = Limits { connections: 64, ..Limits::default() };
    let db = Db::open(target, limits).expect("the test database opens");
    db.migrate().expect("the test database migrates");
    TestDb { db: Some(db), place }
}

impl Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        self.db.as_ref().expect("the handle is there until the drop")
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        self.db = None;
        match &self.place {
            // A folder that stays behind is no reason to fail a test that passed.
            Place::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Place::Database { server, name } => run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")),
        }
    }
}

/// The name of a migrated database that the tests of a run copy, as its hundred migrations take many times as long as a copy. Whoever comes
/// first makes it, under another name until it is whole.
fn template(server: &str, run_id: &str) -> String {
    let name = format!("regulars_template_{}", run_id.replace(|c: char| !c.is_ascii_alphanumeric(), ""));
    let mut conn = connect(server);
    let exists = |conn: &mut Conn| -> bool {
        let found = format!("SELECT count(*) AS found FROM pg_database WHERE datname = '{name}'");
        crate::on_each!(conn, c => diesel::sql_query(found.as_str()).get_result::<Found>(c)).expect("the server lists its databases").found
            > 0
    };
    if exists(&mut conn) {
        return name;
    }
    // The lock goes with the connection.
    batch(&mut conn, "SELECT pg_advisory_lock(7365737473)");
    if !exists(&mut conn) {
        let raw = format!("{name}_raw");
        batch(&mut conn, &format!("DROP DATABASE IF EXISTS {raw}"));
        batch(&mut conn, &format!("CREATE DATABASE {raw}"));
        let db = Db::open(Target::Postgres(renamed(server, &raw)), Limits::default()).expect("the template opens");
        db.migrate().expect("the template migrates");
        drop(db);
        let close = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{raw}'");
        batch(&mut conn, &close);
        batch(&mut conn, &format!("ALTER DATABASE {raw} RENAME TO {name}"));
    }
    name
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    found: i64,
}

fn connect(server: &str) -> Conn {
    Target::Postgres(server.to_string()).connect().expect("the server of TEST_DATABASE_URL answers")
}

fn run(server: &str, sql: &str) {
    batch(&mut connect(server), sql);
}

fn batch(conn: &mut Conn, sql: &str) {
    crate::on_each!(conn, c => c.batch_execute(sql)).expect("the server of TEST_DATABASE_URL lets tests make databases");
}

/// `url` with another database: what stands between the last slash and the question mark.
fn renamed(url: &str, name: &str) -> String {
    let (head, query) = url.split_once('?').map_or((url, String::new()), |(head, query)| (head, format!("?{query}")));
    let authority = head.find("://").map_or(0, |at| at + 3);
    let server = head[authority..].find('/').map_or(head, |at| &head[..authority + at]);
    format!("{server}/{name}{query}")
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn only_the_database_changes() {
        assert_eq!(renamed("postgres://u@h:5432/shop", "t"), "postgres://u@h:5432/t");
        assert_eq!(renamed("postgres://u@h", "t"), "postgres://u@h/t");
        assert_eq!(renamed("postgres:///shop?host=/tmp/x&user=u", "t"), "postgres:///t?host=/tmp/x&user=u");
    }
}
