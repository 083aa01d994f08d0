//! What other processes do to a database, as whoever asks it meets it: never a bug, always "again in a moment".

use super::{Db, Limits, Target, snapshot};
use crate::{Conn, Error, on_each, settings, testing};
use diesel::connection::SimpleConnection;
use std::time::Duration;

fn run(conn: &mut Conn, sql: &str) -> crate::Result<()> {
    Ok(on_each!(conn, c => c.batch_execute(sql))?)
}

#[test]
fn a_lock_that_somebody_else_holds_is_busy_and_not_broken() {
    let db = testing::db();
    let now = crate::clock::Clock::default().now();
    db.write_now(move |conn| settings::set(conn, "one", &1, now)).unwrap();
    let mut other = db.target().connect().unwrap();
    match db.target() {
        Target::File(_) => run(&mut other, "BEGIN IMMEDIATE").unwrap(),
        Target::Postgres(_) => run(&mut other, "BEGIN; UPDATE settings SET value = value").unwrap(),
    }
    // PostgreSQL's wait is cut short for this test; SQLite waits its five seconds.
    let refused = db.write_now(move |conn| {
        if let Conn::Postgres(_) = conn {
            run(conn, "SET LOCAL lock_timeout = '200ms'")?;
        }
        settings::set(conn, "one", &2, now)
    });
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    run(&mut other, "ROLLBACK").unwrap();
    db.write_now(move |conn| settings::set(conn, "one", &3, now)).unwrap();
    assert_eq!(db.read_now(|conn| settings::find::<i64>(conn, "one")).unwrap(), Some(3));
}

#[test]
fn a_statement_that_takes_too_long_is_busy_and_keeps_its_connection() {
    let db = testing::db();
    if !matches!(db.target(), Target::Postgres(_)) {
        return;
    }
    let one = Db::open(db.target().clone(), Limits { connections: 1, wait: Duration::from_secs(5) }).unwrap();
    let backend = |conn: &mut Conn| -> crate::Result<i32> {
        Ok(on_each!(conn, c => diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("pg_backend_pid()")).get_result(c))?)
    };
    use diesel::RunQueryDsl;
    let before = one.read_now(backend).unwrap();
    let refused = one.read_now(|conn| run(conn, "SET statement_timeout = '100ms'; SELECT pg_sleep(5)"));
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert_eq!(one.read_now(backend).unwrap(), before, "the connection is as good as before");
}

#[test]
fn a_full_disk_and_a_busy_server_pass_by_themselves() {
    use diesel::result::{DatabaseErrorKind, Error as Diesel};
    for message in [
        "could not extend file \"base/1/2\": No space left on device",
        "canceling statement due to lock timeout",
        "canceling statement due to statement timeout",
        "out of shared memory",
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
    ] {
        let error = Diesel::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_string()));
        assert!(matches!(Error::from(error), Error::Unavailable(_)), "{message}");
    }
}

#[test]
fn a_picture_of_the_whole_database_does_not_move() {
    let db = testing::db();
    let now = crate::clock::Clock::default().now();
    db.write_now(move |conn| settings::set(conn, "one", &1, now)).unwrap();
    let seen = db
        .read_whole(|conn| {
            let first: Option<i64> = settings::find(conn, "one")?;
            db.write_now(move |conn| settings::set(conn, "one", &2, now))?;
            Ok((first, settings::find::<i64>(conn, "one")?))
        })
        .unwrap();
    assert_eq!(seen, (Some(1), Some(1)));
    assert_eq!(db.read_now(|conn| snapshot(conn, |conn| settings::find::<i64>(conn, "one"))).unwrap(), Some(2));
}
