//! The loop: relays events to their listeners, leases what is due and runs it, a few at a time.

use super::{Listener, Switchboard, Watch};
use crate::state::AppState;
use kernel::clock::Time;
use kernel::events::Event;
use kernel::jobs::{self, Class, Job};
use kernel::{Conn, Error, Result, events, mail};
use std::collections::HashMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};

/// Jobs that run at the same time.
const PARALLEL: u32 = 3;
/// The most of them that are not prompt: one place is always left for money and mails, however much an import has to do.
const PATIENT: i64 = PARALLEL as i64 - 1;
const RELAYED: i64 = 100;
/// How long the loop waits when nothing was committed in this process: others may have added work.
const IDLE: Duration = Duration::from_millis(500);
/// Commits of this long share one look at the queue.
const GATHER: Duration = Duration::from_millis(20);
/// Well below the length of a lease.
const RENEW: Duration = Duration::from_secs(30);
const LISTEN: &str = "listen:";
/// The key of the one job of a watch.
const WATCHED: &str = "watched";

/// Runs jobs. Any number of workers in any number of processes may share a database.
#[derive(Clone)]
pub struct Worker(Arc<Inner>);

struct Inner {
    state: AppState,
    board: &'static Switchboard,
    /// The moment last seeded of each schedule, to spare the database the question.
    seeded: Mutex<HashMap<&'static str, Time>>,
    running: Mutex<HashMap<i64, Job>>,
    renewed: Mutex<Instant>,
}

impl Worker {
    pub fn new(state: AppState, board: &'static Switchboard) -> Worker {
        let (seeded, running) = (Mutex::default(), Mutex::default());
        Worker(Arc::new(Inner { state, board, seeded, running, renewed: Mutex::new(Instant::now()) }))
    }

    /// Runs everything that is due now, also what it brings about, one after another on this thread. Returns how many jobs ran; a
    /// job that failed waits for its next time. Fails when the database does not answer.
    pub fn run_due(&self) -> Result<usize> {
        let mut ran = 0;
        loop {
            let relayed = self.0.prepare()?;
            let jobs = self.0.lease(16, 16)?;
            if jobs.is_empty() && relayed == 0 {
                return Ok(ran);
            }
            jobs.iter().for_each(|job| self.0.execute(job));
            ran += jobs.len();
        }
    }

    /// Works until `stop` becomes true, then finishes what it began.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(PARALLEL as usize));
        let mut trouble = 0u32;
        while !*stop.borrow() {
            let mut committed = Box::pin(self.0.state.db.committed());
            // Polled once before looking, so that a commit during the look is not missed.
            let woken = std::future::poll_fn(|context| Poll::Ready(committed.as_mut().poll(context).is_ready())).await;
            let rest = match self.pass(&places).await {
                Ok(found) => {
                    trouble = 0;
                    if woken || (found && places.available_permits() > 0) { GATHER } else { IDLE }
                }
                Err(error) => {
                    tracing::warn!(%error, "the worker cannot reach its queue");
                    trouble = (trouble + 1).min(10);
                    IDLE * trouble
                }
            };
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(rest) => {}
                () = async { committed.await; tokio::time::sleep(GATHER).await }, if trouble == 0 => {}
            }
        }
        // All places free again: every job has ended. It fails only for a closed semaphore, and nobody closes this one.
        let _all = places.acquire_many(PARALLEL).await;
    }

    /// One look at events and queue. Answers whether there was anything.
    async fn pass(&self, places: &Arc<Semaphore>) -> Result<bool> {
        let free = i64::try_from(places.available_permits()).unwrap_or(0);
        let worker = self.clone();
        let looked = tokio::task::spawn_blocking(move || {
            worker.0.renew()?;
            let relayed = worker.0.prepare()?;
            let patient = lock(&worker.0.running).values().filter(|job| !job.prompt()).count();
            let patient = (PATIENT - i64::try_from(patient).unwrap_or(PATIENT)).max(0);
            let jobs = if free > 0 { worker.0.lease(free, patient)? } else { Vec::new() };
            Ok::<_, Error>((relayed, jobs))
        });
        let (relayed, jobs) = looked.await.map_err(|error| Error::unexpected(format!("the worker panicked: {error}")))??;
        let found = relayed > 0 || !jobs.is_empty();
        for job in jobs {
            let place = places.clone().acquire_owned().await.map_err(Error::unexpected)?;
            let worker = self.clone();
            lock(&worker.0.running).insert(job.id, job.clone());
            tokio::task::spawn_blocking(move || {
                worker.0.execute(&job);
                lock(&worker.0.running).remove(&job.id);
                drop(place);
            });
        }
        Ok(found)
    }
}

impl Inner {
    /// Seeds schedules and relays events. Returns how many events it relayed.
    fn prepare(&self) -> Result<usize> {
        let now = self.state.clock.now();
        for slot in self.board.schedule {
            let next = slot.next(now);
            if lock(&self.seeded).get(slot.kind) != Some(&next) {
                self.state.db.write_now(move |conn| slot.seed(conn, next, now))?;
                lock(&self.seeded).insert(slot.kind, next);
            }
        }
        for Watch { kind, any } in self.board.watches {
            if self.state.db.read_now(|conn| Ok(any(conn, now)? && !jobs::known(conn, kind, WATCHED)?))? {
                self.state.db.write_now(move |conn| jobs::enqueue(conn, kind, "", Some(WATCHED), now, now))?;
            }
        }
        self.relay(now)
    }

    /// Turns events into one job for each listener, in the transaction that marks them: nobody is told twice or forgotten.
    fn relay(&self, now: Time) -> Result<usize> {
        let found = self.state.db.read_now(|conn| events::undispatched(conn, RELAYED))?;
        if found.is_empty() {
            return Ok(0);
        }
        let (count, listeners) = (found.len(), self.board.listeners);
        self.state.db.write_now(move |conn| {
            let mut asked: HashMap<&'static str, bool> = HashMap::new();
            for recorded in &found {
                if !events::mark_dispatched(conn, recorded.id, now)? {
                    continue;
                }
                for Listener { name, wanted, .. } in listeners(&recorded.event) {
                    let told = match asked.get(name) {
                        Some(told) => *told,
                        None => wanted(conn)?,
                    };
                    asked.insert(name, told);
                    if !told {
                        continue;
                    }
                    let key = format!("event:{}:{name}", recorded.id);
                    let (class, kind) = (class(&recorded.event), format!("{LISTEN}{name}"));
                    jobs::enqueue_as(conn, class, &kind, &recorded.id.to_string(), Some(&key), now, now)?;
                }
            }
            Ok(())
        })?;
        Ok(count)
    }

    fn lease(&self, limit: i64, patient: i64) -> Result<Vec<Job>> {
        let now = self.state.clock.now();
        // A look costs nothing; a write waits for its turn.
        let any = |conn: &mut Conn| if patient > 0 { jobs::any_due(conn, now) } else { jobs::any_prompt(conn, now) };
        if !self.state.db.read_now(any)? {
            return Ok(Vec::new());
        }
        self.state.db.write_now(move |conn| jobs::lease(conn, limit, patient, now))
    }

    /// Keeps the leases of long jobs, so that nobody else takes them for abandoned.
    fn renew(&self) -> Result<()> {
        if lock(&self.renewed).elapsed() < RENEW {
            return Ok(());
        }
        *lock(&self.renewed) = Instant::now();
        let jobs: Vec<Job> = lock(&self.running).values().cloned().collect();
        let now = self.state.clock.now();
        self.state.db.write_now(move |conn| {
            for job in &jobs {
                jobs::renew(conn, job, now)?;
            }
            Ok(())
        })
    }

    /// Runs a leased job and records how it ended.
    fn execute(&self, job: &Job) {
        let ran = catch_unwind(AssertUnwindSafe(|| self.perform(job))).unwrap_or_else(|_| Err(Error::unexpected("the job panicked")));
        let outcome = if ran.is_ok() { "done" } else { "failed" };
        metrics::counter!("regulars_jobs_run_total", "kind" => job.kind.clone(), "outcome" => outcome).increment(1);
        let Err(error) = ran else { return };
        let endless = self.board.watches.iter().any(|watch| watch.kind == job.kind) || self.board.endless.contains(&job.kind.as_str());
        let last = job.attempts >= jobs::MAX_ATTEMPTS && !endless;
        // What a mail server answered may name the person who was to get the mail: the row has it, for staff who may see that.
        let told = if job.kind == mail::SEND_JOB { mail::without_people(&error.to_string()) } else { error.to_string() };
        if last {
            tracing::error!(job.id, job.kind, job.attempts, error = told, "job given up; see it in the job console");
        } else {
            tracing::warn!(job.id, job.kind, job.attempts, error = told, "job failed and will be tried again");
        }
        let (now, leased, text) = (self.state.clock.now(), job.clone(), error.to_string());
        if let Err(error) = self.state.db.write_now(move |conn| jobs::fail(conn, &leased, &text, endless, now)) {
            tracing::error!(job.id, %error, "a failed job could not be recorded; it runs again when its lease ends");
        }
    }

    fn perform(&self, job: &Job) -> Result<()> {
        if let Some(name) = job.kind.strip_prefix(LISTEN) {
            return self.tell(name, job);
        }
        let kind = self.board.kinds.iter().find(|kind| kind.name == job.kind);
        let kind = kind.ok_or_else(|| Error::unexpected(format!("there is no job of the kind {}", job.kind)))?;
        (kind.run)(&self.state, job)?;
        let job = job.clone();
        self.state.db.write_now(move |conn| jobs::complete(conn, &job)).map(drop)
    }

    /// Runs a listener in one transaction with the end of its job.
    fn tell(&self, name: &str, job: &Job) -> Result<()> {
        let id: i64 = job.payload.parse().map_err(|_| Error::unexpected("a listener's job without the id of an event"))?;
        let event = self.state.db.read_now(|conn| events::get(conn, id))?.event;
        let listener = (self.board.listeners)(&event).iter().find(|listener| listener.name == name);
        let run = listener.ok_or_else(|| Error::unexpected(format!("{name} does not listen to {}", event.kind())))?.run;
        let (state, job, now) = (self.state.clone(), job.clone(), self.state.clock.now());
        self.state.db.write_now(move |conn| {
            run(&state, conn, &event, now)?;
            if jobs::complete(conn, &job)? { Ok(()) } else { Err(Error::conflict("another worker has this job now")) }
        })
    }
}

/// An import tells of thousands of products; everything else happens one by one.
fn class(event: &Event) -> Class {
    match event {
        Event::ProductChanged { .. } | Event::ProductsChanged { .. } => Class::Bulk,
        _ => Class::Prompt,
    }
}

/// What these locks guard is whole at every moment, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
