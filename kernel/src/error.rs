//! The one error that reaches the edge. Rooms define their own enum only where a caller branches on it.

use std::collections::BTreeMap;
use std::fmt::Display;

/// Stands between a key and its arguments; no text that anybody types has it.
pub const BETWEEN: char = '\u{1f}';

/// A message whose text has arguments, as one text: the key, then each name and value. `Texts::message` reads it.
pub fn said(key: &str, args: &[(&str, &dyn Display)]) -> String {
    args.iter().fold(key.to_string(), |text, (name, value)| {
        let value = value.to_string().replace(BETWEEN, " ");
        format!("{text}{BETWEEN}{name}{BETWEEN}{value}")
    })
}

/// What is wrong with each field of a form or request: field name to a message key or what [`said`] made.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fields(pub BTreeMap<String, String>);

impl Fields {
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.entry(field.to_string()).or_insert_with(|| message.into());
    }

    /// `Ok` when nothing was added.
    pub fn check(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 404. Also for what exists but belongs to somebody else.
    #[error("not found")]
    NotFound,
    /// 422, with a message per field.
    #[error("invalid: {0:?}")]
    Invalid(Fields),
    /// 403: known, and not allowed.
    #[error("not allowed")]
    Forbidden,
    /// 401: sign in first.
    #[error("sign in first")]
    Unauthorised,
    /// 409: the state changed or does not allow it. The text says what to do next.
    #[error("{0}")]
    Conflict(String),
    /// 429, with the seconds to wait.
    #[error("too many requests; try again in {0} seconds")]
    TooMany(u64),
    /// 503, with `Retry-After`: the database or an outside service cannot answer now. Nothing was changed.
    #[error("busy: {0}")]
    Unavailable(String),
    /// 500: a bug or a broken machine. Logged once at the edge.
    #[error("unexpected: {0}")]
    Unexpected(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// `Invalid` with one field.
    pub fn field(field: &str, message: impl Into<String>) -> Error {
        let mut fields = Fields::default();
        fields.add(field, message);
        Error::Invalid(fields)
    }

    pub fn conflict(message: impl Into<String>) -> Error {
        Error::Conflict(message.into())
    }

    pub fn unexpected(message: impl std::fmt::Display) -> Error {
        Error::Unexpected(message.to_string())
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Error {
        use diesel::result::{DatabaseErrorKind as Kind, Error as Diesel};
        match &error {
            Diesel::NotFound => Error::NotFound,
            Diesel::DatabaseError(Kind::SerializationFailure | Kind::ClosedConnection | Kind::UnableToSendCommand, info) => {
                Error::Unavailable(info.message().to_string())
            }
            // A connection that was lost in a transaction stays like this: nothing of it was kept.
            Diesel::BrokenTransactionManager | Diesel::RollbackErrorOnCommit { .. } => Error::Unavailable(error.to_string()),
            Diesel::DatabaseError(_, info) if transient(info.message()) => Error::Unavailable(info.message().to_string()),
            _ => Error::Unexpected(error.to_string()),
        }
    }
}

/// Messages of conditions that pass by themselves: SQLite's busy and full disk, PostgreSQL's deadlock, locks and statements that took
/// too long, shutdown, start-up, and a disk or a memory that is full there.
fn transient(message: &str) -> bool {
    [
        "database is locked",
        "database is busy",
        "database table is locked",
        "disk is full",
        "disk I/O error",
        "deadlock detected",
        "canceling statement due to lock timeout",
        "canceling statement due to statement timeout",
        "canceling statement due to conflict with recovery",
        "No space left on device",
        "out of memory",
        "out of shared memory",
        "shutting down",
        "starting up",
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "could not connect",
        "too many clients",
        "remaining connection slots",
    ]
    .iter()
    .any(|known| message.contains(known))
}

impl From<crate::money::MoneyError> for Error {
    fn from(error: crate::money::MoneyError) -> Error {
        Error::Unexpected(error.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Error {
        Error::Unexpected(format!("stored JSON does not read: {error}"))
    }
}
