//! A program that changes something: once for each `Idempotency-Key`, in one transaction with its entry in the audit log.

use crate::audit::{self, Who};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde::Serialize;
use storefront::api::call::Call;
use storefront::ids::ApiKeyId;

/// Who changes something, and when.
pub struct Act {
    key: ApiKeyId,
    /// The name for histories of the domain.
    pub actor: String,
    /// The key of what must not be done twice.
    pub once: String,
    pub now: Time,
}

impl Act {
    /// Records the change in the audit log, in the transaction that makes it.
    pub fn log(&self, conn: &mut Conn, action: &str, subject: &str, before: &impl Serialize, after: &impl Serialize) -> Result<()> {
        audit::record(conn, Who::Key(self.key), action, subject, before, after, self.now)
    }
}

/// Runs `f` once in one transaction, and answers with what it makes.
pub async fn act<T: Serialize>(
    call: &Call,
    status: StatusCode,
    mut f: impl FnMut(&mut Conn, &Act) -> Result<T> + Send + 'static,
) -> Result<HttpResponse> {
    let (key, actor, once) = (call.key.id, call.actor(), format!("api:{}", call.name()));
    call.once(status, move |conn, now| f(conn, &Act { key, actor: actor.clone(), once: once.clone(), now })).await
}

/// A page of a list: as many as were asked for of one more, and the key after which it goes on.
pub fn page<T>(mut rows: Vec<T>, limit: i64, key: impl Fn(&T) -> i64) -> (Vec<T>, Option<String>) {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| more).map(|last| key(last).to_string());
    (rows, next)
}

/// What a body names and there is not is a mistake of the body, not of the address.
pub fn named<T>(found: Result<T>, field: &str, message: &str) -> Result<T> {
    found.map_err(|error| match error {
        Error::NotFound => Error::field(field, message),
        other => other,
    })
}
