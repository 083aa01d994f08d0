//! Handing a mail to an SMTP server (RFC 5321), step by step: what a lost answer means depends on the step it was lost at.

use super::super::{HandOver, Security, SmtpSettings};
use crate::{Error, Result};
use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use parking_lot::Mutex;
use std::fmt::{Display, Formatter};
use std::time::{Duration, Instant};

/// For each command.
const WAIT: Duration = Duration::from_secs(20);
/// For the answer to a whole mail: the server may store and examine it first, and giving up too early means not to know.
const LAST_WAIT: Duration = Duration::from_secs(60);
/// How long a connection is kept for the next mail. Servers hang up after some minutes.
const KEPT: Duration = Duration::from_secs(30);
/// Connections kept at most. Who sends with more at a time opens new ones.
const MOST: usize = 20;

/// What one attempt came to.
pub enum Attempt {
    Came(HandOver),
    /// The server took nothing and no blame lies on the mail: another may.
    Away(String),
    /// The server wants no mail of the shop's, or with `sender` none of this sender's, whatever it says and whom it is to.
    Aside {
        reason: String,
        sender: bool,
    },
}

/// A server and the connections to it that are idle.
pub struct Server {
    host: String,
    port: u16,
    security: Security,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
    idle: Mutex<Vec<(SmtpConnection, Instant)>>,
}

impl Server {
    /// Connects to nobody yet.
    pub fn new(settings: &SmtpSettings) -> Result<Server> {
        let tls = match settings.security {
            Security::Plain => None,
            Security::StartTls | Security::Implicit => {
                let tls = TlsParameters::new(settings.host.clone());
                Some(tls.map_err(|error| Error::field("mail.smtp_host", error.to_string()))?)
            }
        };
        let credentials =
            (!settings.user.is_empty()).then(|| Credentials::new(settings.user.clone(), settings.password.expose().to_string()));
        Ok(Server {
            host: settings.host.clone(),
            port: settings.port,
            security: settings.security,
            tls,
            credentials,
            hello: ClientId::default(),
            idle: Mutex::default(),
        })
    }

    /// Hands one mail over, blocking.
    pub fn deliver(&self, raw: &[u8], from: &Address, to: &Address) -> Attempt {
        if let Some(mut conn) = self.kept() {
            // A server may have hung up on a connection that was idle: then a new one is tried.
            match begin(&mut conn, raw, from, to) {
                Ok(()) => return self.finish(conn, raw, to),
                Err(Begun::Refused(reason)) => {
                    self.keep(conn);
                    return Attempt::Came(HandOver::Refused(reason));
                }
                Err(Begun::Away(_) | Begun::Aside(_)) => conn.abort(),
            }
        }
        let mut conn = match self.connect() {
            Ok(conn) => conn,
            Err(error) if is_final(&error) => return Attempt::Aside { reason: error.to_string(), sender: false },
            Err(error) => return Attempt::Away(error.to_string()),
        };
        match begin(&mut conn, raw, from, to) {
            Ok(()) => self.finish(conn, raw, to),
            Err(Begun::Refused(reason)) => {
                self.keep(conn);
                Attempt::Came(HandOver::Refused(reason))
            }
            Err(Begun::Away(reason)) => {
                conn.abort();
                Attempt::Away(reason)
            }
            Err(Begun::Aside(reason)) => {
                conn.abort();
                Attempt::Aside { reason, sender: true }
            }
        }
    }

    /// The recipient and the mail itself.
    fn finish(&self, mut conn: SmtpConnection, raw: &[u8], to: &Address) -> Attempt {
        let asked = conn.command(Rcpt::new(to.clone(), Vec::new())).and_then(|_| conn.command(Data));
        if let Err(error) = asked {
            let outcome = judged(&error);
            self.keep_after(conn, &error);
            return Attempt::Came(outcome.unwrap_or_else(|| HandOver::Failed(error.to_string())));
        }
        // From here on the server may have taken it, whatever becomes of its answer.
        let _ = conn.set_timeout(Some(LAST_WAIT));
        let answer = match std::str::from_utf8(raw) {
            Ok(text) => conn.command(Whole(text)),
            Err(_) => conn.message(raw),
        };
        match answer {
            Ok(_) => {
                self.keep(conn);
                Attempt::Came(HandOver::Accepted)
            }
            Err(error) => {
                let outcome = judged(&error).unwrap_or_else(|| HandOver::Unknown(error.to_string()));
                self.keep_after(conn, &error);
                Attempt::Came(outcome)
            }
        }
    }

    fn connect(&self) -> Result<SmtpConnection, SmtpError> {
        let wrapper = self.tls.as_ref().filter(|_| self.security == Security::Implicit);
        let mut conn = SmtpConnection::connect((self.host.as_str(), self.port), Some(WAIT), &self.hello, wrapper, None)?;
        if let (Some(tls), Security::StartTls) = (&self.tls, self.security) {
            conn.starttls(tls, &self.hello)?;
        }
        if let Some(credentials) = &self.credentials {
            conn.auth(DEFAULT_MECHANISMS, credentials)?;
        }
        Ok(conn)
    }

    /// The connection that was used last, unless it was idle for too long; those are closed.
    fn kept(&self) -> Option<SmtpConnection> {
        let (fresh, old) = {
            let mut idle = self.idle.lock();
            match idle.pop() {
                Some((conn, since)) if since.elapsed() < KEPT => (Some(conn), Vec::new()),
                Some(last) => {
                    let mut old = std::mem::take(&mut *idle);
                    old.push(last);
                    (None, old)
                }
                None => (None, Vec::new()),
            }
        };
        for (mut conn, _) in old {
            conn.abort();
        }
        fresh
    }

    fn keep(&self, mut conn: SmtpConnection) {
        if conn.set_timeout(Some(WAIT)).is_err() {
            conn.abort();
            return;
        }
        let mut idle = self.idle.lock();
        if idle.len() < MOST {
            idle.push((conn, Instant::now()));
            return;
        }
        drop(idle);
        conn.abort();
    }

    /// Keeps a connection on which something was refused, if it still can be used: the mail that was begun is taken back.
    fn keep_after(&self, mut conn: SmtpConnection, error: &SmtpError) {
        let closing = error.status().is_none_or(|code| u16::from(code) == 421);
        if closing || conn.command(Rset).is_err() {
            conn.abort();
        } else {
            self.keep(conn);
        }
    }
}

/// A mail as it goes over the wire with its end (RFC 5321, 4.5.2), in one write: [`SmtpConnection::message`] writes the end by itself, which
/// the kernel then keeps back until the server confirmed the rest (RFC 896), for 40 ms where it waits to confirm (RFC 1122, 4.2.3.2).
struct Whole<'a>(&'a str);

impl Display for Whole<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let first = if self.0.starts_with('.') { "." } else { "" };
        write!(f, "{first}{}\r\n.\r\n", self.0.replace("\r\n.", "\r\n.."))
    }
}

/// Why a mail was not begun.
enum Begun {
    Refused(String),
    Away(String),
    Aside(String),
}

/// Whether a connection fails however often it is tried: the server answered its beginning with 5xx, has no way to sign in or to encrypt, or
/// its certificate is not trusted.
fn is_final(error: &SmtpError) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let of_tls = |io: &std::io::Error| io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
        if inner.downcast_ref::<std::io::Error>().is_some_and(of_tls) {
            return true;
        }
        source = inner.source();
    }
    error.is_permanent() || error.is_client() || error.is_tls()
}

/// The sender. A server that refuses it for now, or does not answer, is not at home; one that refuses it for good says nothing about the
/// mail, and others may take it (RFC 5321, 4.2.1 and 3.3).
fn begin(conn: &mut SmtpConnection, raw: &[u8], from: &Address, to: &Address) -> Result<(), Begun> {
    let mut parameters = Vec::new();
    if !from.to_string().is_ascii() || !to.to_string().is_ascii() {
        if !conn.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Begun::Refused("the mail server takes no address with letters beyond ASCII".to_string()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !raw.is_ascii() {
        if !conn.server_info().supports_feature(Extension::EightBitMime) {
            return Err(Begun::Refused("the mail server takes plain ASCII only".to_string()));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    match conn.command(Mail::new(Some(from.clone()), parameters)) {
        Ok(_) => Ok(()),
        // A mail that is too large for the server (RFC 1870) is one that it will never take.
        Err(error) if error.status().is_some_and(|code| u16::from(code) == 552) => Err(Begun::Refused(error.to_string())),
        Err(error) if error.is_permanent() => Err(Begun::Aside(error.to_string())),
        Err(error) => Err(Begun::Away(error.to_string())),
    }
}

/// What the server said about the mail. None when it said nothing.
fn judged(error: &SmtpError) -> Option<HandOver> {
    if error.is_permanent() {
        Some(HandOver::Refused(error.to_string()))
    } else if error.is_transient() {
        Some(HandOver::Failed(error.to_string()))
    } else {
        None
    }
}
