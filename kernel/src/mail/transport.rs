//! How to reach a mail server.

use crate::token::Secret;

/// A server that mail is handed to (RFC 5321).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Secret,
    pub security: Security,
}

/// `Implicit` TLS from the first byte, `StartTls` required after the greeting, or `Plain` for a server on the same machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Plain,
    StartTls,
    Implicit,
}
