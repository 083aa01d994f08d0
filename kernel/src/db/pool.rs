//! Connections for reading, and on PostgreSQL for writing. Opened when first needed, dropped when the server went away.

use super::writer::sound;
use super::{Conn, Limits, Target};
use crate::{Error, Result};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub struct Pool {
    target: Target,
    wait: Duration,
    connections: usize,
    slots: Mutex<Slots>,
    returned: Condvar,
    /// In front of the blocking threads, so that waiting requests hold a future and not a thread.
    requests: Arc<Semaphore>,
}

struct Slots {
    idle: Vec<Conn>,
    unopened: usize,
}

impl Pool {
    /// Opens the first connection at once, so that a wrong URL is told at start.
    pub fn open(target: Target, limits: Limits) -> Result<Pool> {
        let first = target.connect()?;
        let slots = Slots { idle: vec![first], unopened: limits.connections.saturating_sub(1) };
        let requests = Arc::new(Semaphore::new(limits.connections.max(1)));
        Ok(Pool {
            target,
            wait: limits.wait,
            connections: limits.connections.max(1),
            slots: Mutex::new(slots),
            returned: Condvar::new(),
            requests,
        })
    }

    /// Connections that requests use now, and how many there are for them.
    pub fn usage(&self) -> (usize, usize) {
        (self.connections.saturating_sub(self.requests.available_permits()), self.connections)
    }

    /// Leave to use a connection. Fails with `Unavailable` when none came free in time.
    pub async fn permit(&self) -> Result<OwnedSemaphorePermit> {
        match tokio::time::timeout(self.wait, self.requests.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Unavailable("all database connections are in use".into())),
        }
    }

    /// Runs `f` with a connection. After a lost connection every idle one is dropped too: the server was restarted.
    pub fn with<T>(&self, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        self.run(self.take()?, f)
    }

    /// [`Pool::with`] when a connection is idle and nobody waits for one; else gives `f` back.
    pub fn at_once<T, F: FnOnce(&mut Conn) -> Result<T>>(&self, f: F) -> std::result::Result<Result<T>, F> {
        let Ok(_permit) = self.requests.try_acquire() else { return Err(f) };
        let idle = self.slots.lock().idle.pop();
        match idle {
            Some(conn) => Ok(self.run(conn, f)),
            None => Err(f),
        }
    }

    fn run<T>(&self, conn: Conn, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let mut lease = Lease { pool: self, conn: Some(conn) };
        let conn = lease.conn.as_mut().ok_or_else(|| Error::unexpected("a lease without a connection"))?;
        let result = f(conn);
        if matches!(&result, Err(Error::Unavailable(reason)) if !sound(reason)) {
            lease.discard();
        }
        result
    }

    fn take(&self) -> Result<Conn> {
        let mut slots = self.slots.lock();
        loop {
            if let Some(conn) = slots.idle.pop() {
                return Ok(conn);
            }
            if slots.unopened > 0 {
                slots.unopened -= 1;
                drop(slots);
                return self.target.connect().inspect_err(|_| self.slots.lock().unopened += 1);
            }
            if self.returned.wait_for(&mut slots, self.wait).timed_out() {
                return Err(Error::Unavailable("all database connections are in use".into()));
            }
        }
    }
}

/// Gives the connection back even when `f` panics; then it is closed, for its transaction may be open.
struct Lease<'a> {
    pool: &'a Pool,
    conn: Option<Conn>,
}

impl Lease<'_> {
    fn discard(&mut self) {
        self.conn = None;
        let mut slots = self.pool.slots.lock();
        slots.unopened += slots.idle.len() + 1;
        slots.idle.clear();
        drop(slots);
        self.pool.returned.notify_one();
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        let mut slots = self.pool.slots.lock();
        if std::thread::panicking() {
            slots.unopened += 1;
        } else {
            slots.idle.push(conn);
        }
        drop(slots);
        self.pool.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_at_once_needs_an_idle_connection_and_leaves_it_idle() {
        let file = std::env::temp_dir().join(format!("regulars_pool_{}", crate::token::random()));
        let limits = Limits { connections: 1, wait: Duration::from_millis(50) };
        let pool = Pool::open(Target::File(file.clone()), limits).unwrap();
        let busy = pool.with(|_| Ok(pool.at_once(|_| Ok(())).is_err())).unwrap();
        assert!(busy, "the only connection is in use");
        assert!(matches!(pool.at_once(|_| Ok(7)), Ok(Ok(7))));
        assert!(matches!(pool.at_once(|_| Ok(8)), Ok(Ok(8))));
        let permit = pool.requests.clone().try_acquire_owned().unwrap();
        assert!(pool.at_once(|_| Ok(())).is_err(), "whoever waits comes first");
        drop(permit);
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", file.display()));
        }
    }
}
