//! Writing. SQLite has one writer thread with group commit: up to [`BATCH`] callers share one COMMIT (one fsync), each in a
//! savepoint of its own, and are answered after it. PostgreSQL writes on pooled connections and retries deadlocks.

use super::pool::Pool;
use super::{Conn, Target, begin, commit, roll_back, savepoint};
use crate::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;
use tokio::sync::oneshot;

const BATCH: usize = 64;
const QUEUE: usize = 4096;
const ATTEMPTS: u32 = 8;

pub enum Writer {
    Queue(Queue),
    Pooled,
}

impl Writer {
    pub fn start(target: &Target) -> Result<Writer> {
        if let Target::Postgres(_) = target {
            return Ok(Writer::Pooled);
        }
        let conn = target.connect_to_write()?;
        let target = target.clone();
        let (sender, receiver) = sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || write_batches(conn, &target, &receiver))
            .map_err(|error| Error::Unavailable(format!("cannot start the writer: {error}")))?;
        Ok(Writer::Queue(Queue(sender)))
    }
}

pub struct Queue(SyncSender<Box<dyn Work>>);

impl Queue {
    /// Hands `f` to the writer. Fails with `Unavailable` at once when the queue is full, which is back-pressure.
    pub fn submit<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (reply, answer) = oneshot::channel();
        match self.0.try_send(Box::new(Task { f, result: None, reply })) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_)) => Err(Error::Unavailable("too many writes are waiting".into())),
            Err(TrySendError::Disconnected(_)) => Err(Error::Unavailable("the writer stopped".into())),
        }
    }
}

trait Work: Send {
    /// Runs in a savepoint. `false` when the whole batch has to be given up (a full disk).
    fn run(&mut self, conn: &mut Conn) -> bool;
    /// Tells the caller: the result, or why the batch did not commit.
    fn answer(self: Box<Self>, batch: &Result<(), String>);
}

struct Task<F, T> {
    f: F,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: FnMut(&mut Conn) -> Result<T> + Send> Work for Task<F, T> {
    fn run(&mut self, conn: &mut Conn) -> bool {
        let f = &mut self.f;
        let ran = catch_unwind(AssertUnwindSafe(|| savepoint(conn, f)));
        let sound = ran.is_ok();
        let result = ran.unwrap_or_else(|_| Err(Error::unexpected("a write panicked")));
        let whole = sound && !matches!(result, Err(Error::Unavailable(_)));
        self.result = Some(result);
        whole
    }

    fn answer(self: Box<Self>, batch: &Result<(), String>) {
        let result = match (batch, self.result) {
            (Ok(()), Some(result)) => result,
            (_, Some(Err(Error::Unexpected(text)))) => Err(Error::Unexpected(text)),
            (Err(reason), _) => Err(Error::Unavailable(reason.clone())),
            (Ok(()), None) => Err(Error::unexpected("a write was never run")),
        };
        // A caller that went away (a closed browser) does not need the answer.
        let _ = self.reply.send(result);
    }
}

fn write_batches(mut conn: Conn, target: &Target, queue: &Receiver<Box<dyn Work>>) {
    while let Ok(first) = queue.recv() {
        let mut batch = vec![first];
        let outcome = write_batch(&mut conn, &mut batch, queue).map_err(|error| error.to_string());
        if outcome.is_err() {
            // SQLite may have rolled back by itself (full disk) or a panic left a savepoint open: closing the connection undoes
            // everything in either case. When no new one opens, the broken one keeps refusing, and the next batch tries again.
            if let Ok(fresh) = target.connect_to_write() {
                conn = fresh;
            }
        }
        batch.into_iter().for_each(|work| work.answer(&outcome));
    }
}

fn write_batch(conn: &mut Conn, batch: &mut Vec<Box<dyn Work>>, queue: &Receiver<Box<dyn Work>>) -> Result<()> {
    begin(conn)?;
    let mut at = 0;
    while at < batch.len() {
        if !batch[at].run(conn) {
            return Err(Error::Unavailable("the database could not write; nothing was changed".into()));
        }
        at += 1;
        if batch.len() < BATCH
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
    }
    commit(conn)
}

/// One transaction on PostgreSQL, again after a deadlock or serialization failure (40P01, 40001), or when it could not begin
/// because a pooled connection had died.
pub fn retrying<T>(pool: &Pool, mut f: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match pool.with(|conn| once(conn, &mut f)) {
            Err(Error::Unavailable(reason)) if attempt < ATTEMPTS && passes(&reason) => {
                std::thread::sleep(Duration::from_millis(rand::random_range(1..=u64::from(attempt) * 8)));
            }
            other => return other,
        }
    }
}

fn once<T>(conn: &mut Conn, f: &mut impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
    begin(conn).map_err(|error| Error::Unavailable(format!("{NO_BEGIN}: {error}")))?;
    match f(conn) {
        Ok(value) => commit(conn).map(|()| value),
        Err(error) => match roll_back(conn) {
            Ok(()) => Err(error),
            // What cannot be undone was undone by the server, which ends a transaction with its connection.
            Err(lost) => Err(Error::Unavailable(format!("{LOST}: {lost}"))),
        },
    }
}

const LOST: &str = "the connection was lost";

const NO_BEGIN: &str = "no transaction could begin";

fn passes(reason: &str) -> bool {
    conflicted(reason) || reason.starts_with(NO_BEGIN)
}

/// Whether the server chose this transaction to fail so that another could go on: the same again may well succeed at once.
fn conflicted(reason: &str) -> bool {
    reason.contains("deadlock detected") || reason.contains("could not serialize")
}

/// Whether the connection that failed like this is as good as before: the server gave up a statement and said so.
pub fn sound(reason: &str) -> bool {
    !reason.starts_with(LOST) && passed(reason)
}

fn passed(reason: &str) -> bool {
    conflicted(reason)
        || ["canceling statement", "No space left on device", "out of shared memory"].iter().any(|known| reason.contains(known))
}
