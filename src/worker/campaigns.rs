//! Hands mails of campaigns over: a few connections beside each other, each of which claims a batch in the transaction that records the one
//! before, writes its mails and gives them to a mail server.

use crate::state::AppState;
use chrono::TimeDelta;
use crm::campaigns::{self, Claimed, DeliveryId, Outcome};
use kernel::clock::Time;
use kernel::mail::post::{Parcel, TransportId};
use kernel::mail::{self, HandOver};
use kernel::{Error, Result};
use std::time::{Duration, Instant};
use storefront::campaigns as words;

/// The job; it stands in the queue while anything can be claimed.
pub use crm::campaigns::PUMP_JOB as JOB;
/// Mails on their way at once, and mails of a batch.
const CONNECTIONS: usize = 8;
const BATCH: i64 = 20;
/// After so long the job ends and is asked for again, so that a process that is told to stop does.
const SHIFT: Duration = Duration::from_secs(5);
/// How long a mail waits that nobody could take, or whose batch could not be read.
const HELD: TimeDelta = TimeDelta::minutes(1);
/// How often results are written that the database does not take, a second apart: they are known only here.
const TRIES: usize = 60;

/// Hands over what can be claimed, for a while.
pub fn run(state: &AppState) -> Result<()> {
    let now = state.clock.now();
    while state.db.write_now(move |conn| campaigns::expire_leases(conn, now))? > 0 {}
    let until = Instant::now() + SHIFT;
    std::thread::scope(|scope| -> Result<()> {
        let hands: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(|| work(state, until))).collect();
        let ended = hands.into_iter().map(|hand| hand.join().unwrap_or_else(|_| Err(Error::unexpected("a mail of a campaign panicked"))));
        // All of them are joined, whatever the first came to.
        ended.collect::<Vec<Result<()>>>().into_iter().collect()
    })
}

/// What one connection does.
fn work(state: &AppState, until: Instant) -> Result<()> {
    let mut results: Vec<(DeliveryId, Outcome)> = Vec::new();
    loop {
        let now = state.clock.now();
        if Instant::now() >= until {
            return record(state, &results);
        }
        let told = results.clone();
        let claimed = state.db.write_now(move |conn| {
            let claimed = campaigns::exchange(conn, &told, now, BATCH)?;
            words::settle(conn, &claimed, now)?;
            Ok(claimed)
        });
        let claimed = match claimed {
            Ok(claimed) => claimed,
            Err(error) => {
                record(state, &results)?;
                return Err(error);
            }
        };
        if claimed.is_empty() {
            return Ok(());
        }
        results = deliver(state, &claimed, until, now);
        // While no server may take any, the rest is not gone through for nothing.
        if results.iter().all(|(_, outcome)| matches!(outcome, Outcome::Held { until } if *until > now)) {
            return record(state, &results);
        }
    }
}

/// Writes results alone. What became of a mail is known only here, so it is tried for a while.
fn record(state: &AppState, results: &[(DeliveryId, Outcome)]) -> Result<()> {
    if results.is_empty() {
        return Ok(());
    }
    let mut tried = 0;
    loop {
        let (told, now) = (results.to_vec(), state.clock.now());
        match state.db.write_now(move |conn| campaigns::record(conn, &told, now)) {
            Err(Error::Unavailable(_)) if tried < TRIES => {
                tried += 1;
                std::thread::sleep(Duration::from_secs(1));
            }
            ended => return ended,
        }
    }
}

/// Makes the mails of a batch and hands them over, until the shift is over; the rest waits for the next.
fn deliver(state: &AppState, claimed: &[Claimed], until: Instant, now: Time) -> Vec<(DeliveryId, Outcome)> {
    let ways = state.door.mailer();
    let letters = match state.db.read_now(|conn| words::letters(conn, claimed, &ways, now)) {
        Ok(letters) => letters,
        Err(error) => {
            tracing::warn!(%error, "the mails of a campaign could not be written and wait");
            return claimed.iter().map(|one| (one.id, Outcome::Held { until: now + HELD })).collect();
        }
    };
    let mut results = Vec::with_capacity(letters.len());
    for (id, letter) in letters {
        let outcome = match letter {
            Err(reason) => Outcome::Skipped { reason },
            Ok(_) if !results.is_empty() && Instant::now() >= until => Outcome::Held { until: now },
            Ok(parcel) => hand_over(state, &parcel, now),
        };
        results.push((id, outcome));
    }
    results
}

/// Signs one mail and hands it over. While every mail server has had its share nobody tries, and it waits.
fn hand_over(state: &AppState, parcel: &Parcel, now: Time) -> Outcome {
    let (taker, came) = state.post.send_parcel(parcel);
    let transport = taker.to_string();
    match came {
        HandOver::Accepted => Outcome::Accepted { transport },
        HandOver::Refused(reason) => Outcome::Refused { transport, reason: mail::without_people(&reason) },
        HandOver::Unknown(reason) => Outcome::Unknown { transport, reason: mail::without_people(&reason) },
        HandOver::Failed(reason) => match state.post.barred(&parcel.from) {
            Ok(Some(reason)) => Outcome::Barred { reason },
            _ if taker == TransportId(0) => Outcome::Held { until: now + HELD },
            _ => Outcome::Later { reason: mail::without_people(&reason) },
        },
    }
}
