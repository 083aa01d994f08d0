//! Questions of several requests, asked as one.
//!
//! What every page asks costs little in the database and much on the way there: a change of threads and the socket to PostgreSQL. While
//! one question is under way, others gather, and the next carries them all, as the writer does with commits. Nobody is answered by a
//! question that was asked before theirs, so that an answer is as fresh as one's own.

use super::{Conn, Db, Target};
use crate::{Error, Result};
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The most that one question carries. When more than these wait, another is asked beside it, so that a slow one does not hold up all.
const MOST: usize = 32;
/// Questions at the same time.
const SIDES: usize = 2;

type Answer<K, V> = dyn Fn(&mut Conn, &[K]) -> Result<Vec<V>> + Send + Sync;

/// Asks for many what each request asks for one. Cheap to clone.
pub struct Together<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    db: Db,
    answer: Box<Answer<K, V>>,
    waiting: Mutex<Waiting<K, V>>,
}

struct Waiting<K, V> {
    asked: Vec<(K, oneshot::Sender<Result<V>>)>,
    sides: usize,
}

impl<K, V> Clone for Together<K, V> {
    fn clone(&self) -> Self {
        Together(self.0.clone())
    }
}

impl<K: Send + 'static, V: Send + 'static> Together<K, V> {
    /// `answer` gives one answer for each that is asked, in their order. It may be called again with one of them alone.
    pub fn new(db: Db, answer: impl Fn(&mut Conn, &[K]) -> Result<Vec<V>> + Send + Sync + 'static) -> Together<K, V> {
        let waiting = Mutex::new(Waiting { asked: Vec::new(), sides: 0 });
        Together(Arc::new(Inner { db, answer: Box::new(answer), waiting }))
    }

    /// On SQLite, which answers in the process, each asks for itself: see [`Db::glance`].
    pub async fn ask(&self, key: K) -> Result<V> {
        let own = self.0.clone();
        if matches!(own.db.target(), Target::File(_)) {
            return self.0.db.glance(move |conn| own.one(conn, &key)).await;
        }
        let (sender, receiver) = oneshot::channel();
        let begin = {
            let mut waiting = own.waiting.lock();
            waiting.asked.push((key, sender));
            let begin = waiting.asked.len() > waiting.sides * MOST && waiting.sides < SIDES;
            waiting.sides += usize::from(begin);
            begin
        };
        if begin {
            // Not by this request, whose visitor may leave before the others are answered.
            tokio::spawn(own.side());
        }
        receiver.await.map_err(|_| Error::Unavailable("the database does not answer".into()))?
    }
}

impl<K: Send + 'static, V: Send + 'static> Inner<K, V> {
    /// Asks until nobody waits.
    async fn side(self: Arc<Self>) {
        let mut side = Side { inner: self.clone(), ended: false };
        if let Err(error) = self.db.read(move |conn| side.work(conn)).await {
            tracing::warn!(%error, "questions of several requests failed");
        }
    }

    /// Those who wait; `None` ends this side.
    fn next(&self) -> Option<Vec<(K, oneshot::Sender<Result<V>>)>> {
        let mut waiting = self.waiting.lock();
        if waiting.asked.is_empty() {
            waiting.sides -= 1;
            return None;
        }
        let many = waiting.asked.len().min(MOST);
        Some(waiting.asked.drain(..many).collect())
    }

    fn answer(&self, conn: &mut Conn, batch: Vec<(K, oneshot::Sender<Result<V>>)>) -> Result<()> {
        let (keys, senders): (Vec<K>, Vec<_>) = batch.into_iter().unzip();
        match (self.answer)(conn, &keys) {
            Ok(values) => {
                for (value, sender) in values.into_iter().zip(senders) {
                    // Whoever left does not need it.
                    let _ = sender.send(Ok(value));
                }
                Ok(())
            }
            // The connection is of no use any more; they are told that the database does not answer.
            Err(error @ Error::Unavailable(_)) => Err(error),
            // One of them may be the cause: each gets what is theirs.
            Err(_) => {
                for (key, sender) in keys.iter().zip(senders) {
                    let _ = sender.send(self.one(conn, key));
                }
                Ok(())
            }
        }
    }

    fn one(&self, conn: &mut Conn, key: &K) -> Result<V> {
        let mut values = (self.answer)(conn, std::slice::from_ref(key))?;
        values.pop().ok_or_else(|| Error::unexpected("a question without an answer"))
    }
}

/// One that asks. When it ends before its work is done, whoever waits is told so, and the next to ask begins anew.
struct Side<K, V> {
    inner: Arc<Inner<K, V>>,
    /// [`Inner::next`] said that nobody waits, and counted it off in the same breath.
    ended: bool,
}

impl<K: Send + 'static, V: Send + 'static> Side<K, V> {
    fn work(&mut self, conn: &mut Conn) -> Result<()> {
        while let Some(batch) = self.inner.next() {
            self.inner.answer(conn, batch)?;
        }
        self.ended = true;
        Ok(())
    }
}

impl<K, V> Drop for Side<K, V> {
    fn drop(&mut self) {
        if !self.ended {
            let mut waiting = self.inner.waiting.lock();
            waiting.sides -= 1;
            waiting.asked.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Limits;
    use crate::testing;
    use std::panic::AssertUnwindSafe;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn all<V: Send + 'static>(asks: impl IntoIterator<Item = impl Future<Output = Result<V>> + Send + 'static>) -> Vec<Result<V>> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let asked: Vec<_> = asks.into_iter().map(tokio::spawn).collect();
            let mut answers = Vec::new();
            for one in asked {
                answers.push(one.await.unwrap());
            }
            answers
        })
    }

    #[test]
    fn each_gets_their_own_answer_and_their_own_error() {
        let db = testing::db();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let doubles = Together::new(db.clone(), move |_, keys: &[u64]| {
            counted.fetch_add(1, Ordering::Relaxed);
            // So that others gather meanwhile.
            std::thread::sleep(Duration::from_millis(2));
            keys.iter().map(|key| if *key == 13 { Err(Error::conflict("unlucky")) } else { Ok(key * 2) }).collect()
        });
        let answers = all((0..200).map(|key| {
            let doubles = doubles.clone();
            async move { doubles.ask(key).await }
        }));
        for (key, answer) in (0..).zip(answers) {
            match answer {
                Ok(value) => assert_eq!(value, key * 2),
                Err(error) => assert!(key == 13 && matches!(error, Error::Conflict(_)), "{key}: {error}"),
            }
        }
        let calls = calls.load(Ordering::Relaxed);
        if matches!(db.target(), Target::Postgres(_)) {
            assert!(calls < 100, "{calls} questions for 200 that ask");
        }
    }

    #[test]
    fn a_side_that_breaks_off_leaves_nobody_waiting_and_the_next_begins_anew() {
        let db = testing::db();
        let limits = Limits { connections: 2, wait: Duration::from_secs(5) };
        let own = Db::open(db.target().clone(), limits).unwrap();
        let first = Arc::new(AtomicUsize::new(0));
        let tries = first.clone();
        let ask = Together::new(own, move |_, keys: &[u64]| match tries.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Error::Unavailable("the server went away".into())),
            1 => panic!("a bug in an answer"),
            _ => Ok(keys.to_vec()),
        });
        for (turn, works) in [false, false, true, true].into_iter().enumerate() {
            let one = ask.clone();
            let answer = std::panic::catch_unwind(AssertUnwindSafe(|| all([async move { one.ask(7).await }]).remove(0)));
            let answered = matches!(answer, Ok(Ok(7)));
            assert_eq!(answered, works, "turn {turn}");
        }
        assert_eq!(first.load(Ordering::Relaxed), 4);
    }
}
