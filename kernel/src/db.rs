//! One database, two engines: SQLite in a file (the default) or PostgreSQL, chosen by the URL.
//!
//! Rooms write `fn verb(conn: &mut Conn, …)` and never open a transaction; the edge calls [`Db::read`] or [`Db::write`].

pub(crate) mod migrations;
mod pool;
mod prepared;
#[cfg(test)]
mod tests;
mod together;
mod writer;

use crate::{Error, Result};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, MultiConnection, PgConnection, SqliteConnection};
use parking_lot::Mutex;
use pool::Pool;
pub use prepared::{Prepared, one};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
pub use together::Together;
use writer::Writer;

/// Connections that share a long work on PostgreSQL: more would keep what people wait for waiting.
const SIDES: usize = 2;

/// A connection to either engine. Diesel's queries run on it unchanged; what only one dialect can say goes through [`on_each!`].
#[derive(MultiConnection)]
pub enum Conn {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Compiles one diesel expression for each engine: the way to upserts and batch inserts, which the enum cannot express.
#[macro_export]
macro_rules! on_each {
    ($conn:expr, $c:ident => $run:expr) => {
        match $conn {
            $crate::db::Conn::Postgres($c) => $run,
            $crate::db::Conn::Sqlite($c) => $run,
        }
    };
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL URL. It may hold a password and is never logged.
    Postgres(String),
}

impl Target {
    /// Reads a `DATABASE_URL`: `postgres://…`, `postgresql://…`, `sqlite://path` or a bare path.
    pub fn parse(url: &str) -> Result<Target> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Target::Postgres(url.to_string()));
        }
        let path = url.strip_prefix("sqlite://").unwrap_or(url);
        if path.contains("://") || path.is_empty() {
            return Err(Error::field("DATABASE_URL", "must be postgres://user@host/database, sqlite://path or a path"));
        }
        Ok(Target::File(PathBuf::from(path)))
    }

    /// A new connection, set up for its engine. Fails with `Unavailable` when the server does not answer.
    pub fn connect(&self) -> Result<Conn> {
        match self {
            Target::File(path) => sqlite(path).map(Conn::Sqlite),
            Target::Postgres(url) => postgres(url).map(Conn::Postgres),
        }
    }
}

impl Target {
    /// The connection that writes. On SQLite it keeps more pages than those that read, which there are several of.
    fn connect_to_write(&self) -> Result<Conn> {
        let mut conn = self.connect()?;
        if let Conn::Sqlite(sqlite) = &mut conn {
            sqlite.batch_execute("PRAGMA cache_size = -16000;")?;
        }
        Ok(conn)
    }
}

fn sqlite(path: &Path) -> Result<SqliteConnection> {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).map_err(|error| Error::Unavailable(error.to_string()))?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(conn)
}

fn postgres(url: &str) -> Result<PgConnection> {
    let mut conn = PgConnection::establish(url).map_err(|_| Error::Unavailable("the database server does not answer".into()))?;
    // The shop's statements are short: compiling one takes longer than running it.
    conn.batch_execute(
        "SET statement_timeout = '60s'; SET lock_timeout = '10s'; SET TIME ZONE 'UTC'; SET client_min_messages = warning; SET jit = off;",
    )?;
    Ok(conn)
}

/// To be called first in a transaction that may fill tables which are empty now. PostgreSQL plans a statement when it is prepared and keeps the
/// plan: of an empty table that is to read the whole of it, which is never what is wanted once it is full. To the end of the transaction it
/// looks for rows by an index wherever there is one. On SQLite nothing is to be done.
pub fn filling(conn: &mut Conn) -> Result<()> {
    if let Conn::Postgres(conn) = conn {
        conn.batch_execute("SET LOCAL enable_seqscan = off")?;
    }
    Ok(())
}

/// How many connections to keep, and how long a request may wait for one.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub connections: usize,
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connections: 4, wait: Duration::from_secs(5) }
    }
}

/// The handle every handler and job holds. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    target: Target,
    pool: Pool,
    writer: Writer,
    commits: tokio::sync::Notify,
}

impl Db {
    /// Connects, and starts the writer. Does not migrate.
    pub fn open(target: Target, limits: Limits) -> Result<Db> {
        if let Target::File(path) = &target
            && let Some(folder) = path.parent()
        {
            std::fs::create_dir_all(folder).map_err(|error| Error::Unavailable(format!("cannot create {}: {error}", folder.display())))?;
        }
        let pool = Pool::open(target.clone(), limits)?;
        let writer = Writer::start(&target)?;
        Ok(Db(Arc::new(Inner { target, pool, writer, commits: tokio::sync::Notify::new() })))
    }

    pub fn target(&self) -> &Target {
        &self.0.target
    }

    /// Runs `f` on a connection for reading, off the async threads. On SQLite `f` sees one snapshot only within one statement.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        let permit = self.0.pool.permit().await?;
        let db = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            db.0.pool.with(f)
        });
        done.await.map_err(|error| Error::unexpected(format!("a read panicked: {error}")))?
    }

    /// [`Db::read`] of a few rows by their keys, for what every page asks. On SQLite, with a connection idle, it runs where it is called:
    /// such a read takes microseconds and waits for nobody, less than the change of threads would cost. Else it is [`Db::read`].
    pub async fn glance<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        match self.0.target {
            Target::File(_) => match self.0.pool.at_once(f) {
                Ok(result) => result,
                Err(f) => self.read(f).await,
            },
            Target::Postgres(_) => self.read(f).await,
        }
    }

    /// Runs `f` in one transaction and answers after the commit. `f` may run again after a deadlock, so it must not touch
    /// anything but the connection. An error rolls everything back.
    pub async fn write<T: Send + 'static>(&self, f: impl FnMut(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        let result = match &self.0.writer {
            Writer::Queue(queue) => queue.submit(f)?.await.map_err(|_| Error::Unavailable("the writer stopped".into()))?,
            Writer::Pooled => {
                let permit = self.0.pool.permit().await?;
                let db = self.clone();
                let done = tokio::task::spawn_blocking(move || {
                    let _permit = permit;
                    writer::retrying(&db.0.pool, f)
                });
                done.await.map_err(|error| Error::unexpected(format!("a write panicked: {error}")))?
            }
        };
        if result.is_ok() {
            self.0.commits.notify_waiters();
        }
        result
    }

    /// [`Db::read`] for threads that may block: commands and jobs.
    pub fn read_now<T>(&self, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        self.0.pool.with(f)
    }

    /// [`Db::read_now`] on one unchanging picture of the whole database, as by [`snapshot`]. Statements may take as long as they need.
    pub fn read_whole<T>(&self, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        // A connection of its own: what takes minutes must not keep one that requests wait for.
        let mut conn = self.0.target.connect()?;
        if let Conn::Postgres(conn) = &mut conn {
            conn.batch_execute("SET statement_timeout = 0")?;
        }
        snapshot(&mut conn, f)
    }

    /// [`Db::write`] for threads that may block: commands and jobs.
    pub fn write_now<T: Send + 'static>(&self, f: impl FnMut(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        let result = match &self.0.writer {
            Writer::Queue(queue) => queue.submit(f)?.blocking_recv().map_err(|_| Error::Unavailable("the writer stopped".into()))?,
            Writer::Pooled => writer::retrying(&self.0.pool, f),
        };
        if result.is_ok() {
            self.0.commits.notify_waiters();
        }
        result
    }

    /// Does `work` on each of `items`: on SQLite, which has one writer, one after the other; on PostgreSQL by a few connections at the same
    /// time, in no order. Ends with the first error of any.
    pub fn side_by_side<I: Send>(&self, mut items: impl Iterator<Item = I> + Send, work: impl Fn(I) -> Result<()> + Sync) -> Result<()> {
        if matches!(self.0.target, Target::File(_)) {
            return items.try_for_each(work);
        }
        let items = Mutex::new(items);
        std::thread::scope(|scope| {
            let side = || -> Result<()> {
                loop {
                    let item = items.lock().next();
                    match item {
                        Some(item) => work(item)?,
                        None => return Ok(()),
                    }
                }
            };
            let sides: Vec<_> = (0..SIDES).map(|_| scope.spawn(side)).collect();
            sides.into_iter().try_for_each(|side| side.join().map_err(|_| Error::unexpected("work in the database panicked"))?)
        })
    }

    /// Returns after the next commit made through this handle: what lets the worker react at once.
    pub async fn committed(&self) {
        self.0.commits.notified().await;
    }

    /// Brings the schema up to date. Returns the names of the migrations that ran.
    pub fn migrate(&self) -> Result<Vec<String>> {
        let mut conn = self.0.target.connect()?;
        // Migrations take no lock of their own; two servers starting at once must not both run them.
        if let Conn::Postgres(conn) = &mut conn {
            conn.batch_execute("SELECT pg_advisory_lock(727365677)")?;
        }
        let ran = migrations::run(&mut conn, None);
        if let Conn::Postgres(conn) = &mut conn {
            conn.batch_execute("SELECT pg_advisory_unlock(727365677)")?;
        }
        ran
    }

    /// The names of migrations that this binary has and the database has not run.
    pub fn pending_migrations(&self) -> Result<Vec<String>> {
        migrations::pending(&mut self.0.target.connect()?)
    }

    /// Connections in use by requests, and how many there may be.
    pub fn usage(&self) -> (usize, usize) {
        self.0.pool.usage()
    }
}

/// Asks the database for nothing but an answer. Fails with `Unavailable` when it has none.
pub fn ping(conn: &mut Conn) -> Result<()> {
    conn.batch_execute("SELECT 1")?;
    Ok(())
}

/// Runs `f` on one unchanging picture of the whole database, however long it takes, without stopping anybody from writing. `f` only reads;
/// on PostgreSQL a write fails.
pub fn snapshot<T>(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    match conn {
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction(conn)?,
        Conn::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?,
    }
    let result = f(conn);
    roll_back(conn)?;
    result
}

/// Runs `f` in a transaction of its own on a connection that no pool holds.
pub(crate) fn transaction<T>(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    begin(conn)?;
    match f(conn) {
        Ok(value) => commit(conn).map(|()| value),
        Err(error) => {
            roll_back(conn)?;
            Err(error)
        }
    }
}

/// `BEGIN IMMEDIATE` on SQLite, so that a read followed by a write cannot fail half way; plain `BEGIN` on PostgreSQL.
fn begin(conn: &mut Conn) -> Result<()> {
    match conn {
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?,
        Conn::Postgres(conn) => AnsiTransactionManager::begin_transaction(conn)?,
    }
    Ok(())
}

fn commit(conn: &mut Conn) -> Result<()> {
    on_each!(conn, c => AnsiTransactionManager::commit_transaction(c))?;
    Ok(())
}

fn roll_back(conn: &mut Conn) -> Result<()> {
    on_each!(conn, c => AnsiTransactionManager::rollback_transaction(c))?;
    Ok(())
}

/// Runs `f` in a savepoint of the current transaction: its error undoes only what it did. For imports, row by row.
/// `Unavailable` when undoing failed too: the engine gave up the whole transaction by itself (a full disk), or is gone.
pub fn savepoint<T>(conn: &mut Conn, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    use diesel::result::Error::RollbackTransaction;
    let mut failed = None;
    let done = conn.transaction(|conn| {
        f(conn).map_err(|error| {
            failed = Some(error);
            RollbackTransaction
        })
    });
    match (done, failed) {
        (Ok(value), _) => Ok(value),
        (Err(RollbackTransaction), Some(error)) => Err(error),
        (Err(_), Some(Error::Unavailable(reason))) => Err(Error::Unavailable(reason)),
        (Err(lost), Some(error)) => Err(Error::Unavailable(format!("{error}; the transaction is lost: {lost}"))),
        (Err(error), None) => Err(error.into()),
    }
}
