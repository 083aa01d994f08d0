//! Answers kept by the client's `Idempotency-Key`, so that a request sent again is answered again and not done again.
//!
//! The key is claimed in the transaction of the effect, and the answer is stored in it too: a refused or broken request leaves no
//! trace and may be sent again. Where a call to the outside stands between two transactions, the claim is committed first; should
//! the process die there, the next request takes the claim over after [`LEASE_SECONDS`].

use crate::schema::idempotency_keys as keys;
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use sha2::{Digest, Sha256};

/// How long an unfinished claim keeps others out: longer than any call to a payment provider may take.
pub const LEASE_SECONDS: i64 = 120;
/// How long an answer is kept.
pub const KEPT_DAYS: i64 = 7;
/// The most characters of a key.
const MAX_KEY: usize = 255;

/// A request that is to happen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Who asks for what: keys of different clients and routes never meet.
    scope: String,
    key: String,
    hash: String,
}

/// What a claim found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The request is ours to do. End with [`finish`] or [`release`], or by rolling back.
    Mine,
    /// It was done before, with this answer.
    Done { status: u16, response: String },
    /// Another request with this key is under way.
    Running,
}

impl Once {
    /// `parts` are method, path and body. Fails with `Invalid` for a key that is not 1 to 255 visible ASCII characters.
    pub fn new(scope: &str, key: &str, parts: [&[u8]; 3]) -> Result<Once> {
        if key.is_empty() || key.len() > MAX_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::field("Idempotency-Key", "Give 1 to 255 visible ASCII characters, such as a UUID."));
        }
        let mut hash = Sha256::new();
        for part in parts {
            // The length before each part keeps ("ab", "c") from ("a", "bc").
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        Ok(Once { scope: scope.into(), key: key.into(), hash: hex::encode(hash.finalize()) })
    }
}

type Row = (String, Option<i64>, Option<String>, Time);

/// Claims a request. Fails with `Invalid` when the key was used for another request.
pub fn claim(conn: &mut Conn, once: &Once, now: Time) -> Result<Claim> {
    let row =
        (keys::scope.eq(&once.scope), keys::idempotency_key.eq(&once.key), keys::request_hash.eq(&once.hash), keys::created_at.eq(now));
    // On PostgreSQL the insert waits for a parallel claim to commit or to roll back.
    if on_each!(conn, c => diesel::insert_into(keys::table).values(row).on_conflict_do_nothing().execute(c))? == 1 {
        return Ok(Claim::Mine);
    }
    let own = keys::table.find((&once.scope, &once.key));
    let found: Option<Row> = own.select((keys::request_hash, keys::status, keys::response, keys::created_at)).first(conn).optional()?;
    // Released or pruned at this very moment: the client asks again.
    let Some((hash, status, response, since)) = found else { return Ok(Claim::Running) };
    if hash != once.hash {
        return Err(Error::field("Idempotency-Key", "This key was used for another request. Use a new key for a new request."));
    }
    if let (Some(status), Some(response)) = (status, response) {
        let status = u16::try_from(status).map_err(Error::unexpected)?;
        return Ok(Claim::Done { status, response });
    }
    if now - since < TimeDelta::seconds(LEASE_SECONDS) {
        return Ok(Claim::Running);
    }
    let taken = diesel::update(own)
        .filter(keys::status.is_null())
        .filter(keys::created_at.eq(since))
        .set(keys::created_at.eq(now))
        .execute(conn)?;
    Ok(if taken == 1 { Claim::Mine } else { Claim::Running })
}

/// Stores the answer of a claimed request.
pub fn finish(conn: &mut Conn, once: &Once, status: u16, response: &str) -> Result<()> {
    diesel::update(keys::table.find((&once.scope, &once.key)))
        .filter(keys::request_hash.eq(&once.hash))
        .set((keys::status.eq(i64::from(status)), keys::response.eq(response)))
        .execute(conn)?;
    Ok(())
}

/// Gives a claim back that ended without an answer worth keeping, so that the request can be sent again at once.
pub fn release(conn: &mut Conn, once: &Once) -> Result<()> {
    diesel::delete(keys::table.find((&once.scope, &once.key))).filter(keys::status.is_null()).execute(conn)?;
    Ok(())
}

/// Forgets what is older than [`KEPT_DAYS`]; returns how many.
pub fn prune(conn: &mut Conn, now: Time) -> Result<usize> {
    Ok(diesel::delete(keys::table.filter(keys::created_at.lt(now - TimeDelta::days(KEPT_DAYS)))).execute(conn)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use kernel::clock::Clock;

    fn once(key: &str, body: &str) -> Once {
        Once::new("1 /carts", key, [b"POST", b"/carts", body.as_bytes()]).unwrap()
    }

    #[test]
    fn a_request_happens_once() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            let request = once("k", "{}");
            assert_eq!(claim(conn, &request, now)?, Claim::Mine);
            assert_eq!(claim(conn, &request, now)?, Claim::Running);
            assert!(matches!(claim(conn, &once("k", "{ }"), now), Err(Error::Invalid(_))));
            finish(conn, &request, 201, "{\"id\":1}")?;
            assert_eq!(claim(conn, &request, now)?, Claim::Done { status: 201, response: "{\"id\":1}".into() });
            release(conn, &request)?;
            assert!(matches!(claim(conn, &request, now)?, Claim::Done { .. }), "an answer is not released");
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_claim_of_a_dead_process_is_taken_over_by_one() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            let request = once("k", "");
            let later = now + TimeDelta::seconds(LEASE_SECONDS);
            assert_eq!(claim(conn, &request, now)?, Claim::Mine);
            assert_eq!(claim(conn, &request, later)?, Claim::Mine);
            assert_eq!(claim(conn, &request, later)?, Claim::Running);
            release(conn, &request)?;
            assert_eq!(claim(conn, &request, later)?, Claim::Mine);
            assert_eq!(prune(conn, later)?, 0);
            assert_eq!(prune(conn, later + TimeDelta::days(KEPT_DAYS + 1))?, 1);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn keys_are_visible_ascii() {
        for wrong in ["", "a b", "é", "\0", &"x".repeat(256)] {
            assert!(Once::new("s", wrong, [b"", b"", b""]).is_err(), "{wrong:?}");
        }
    }
}
