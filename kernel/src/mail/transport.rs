//! Where mail goes: `.eml` files under the data folder by default, an SMTP server when configured.

use super::{HandOver, Mail, WrittenBy};
use crate::token::Secret;
use crate::{Error, Result};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport as _};
use std::path::PathBuf;
use std::time::Duration;

/// How to reach the SMTP server (RFC 5321).
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

/// Hands mails over. Both kinds are safe to call again with the same mail.
pub enum Transport {
    Files { folder: PathBuf, from: String },
    Smtp { server: Box<SmtpTransport>, from: String },
}

impl Transport {
    pub fn files(folder: PathBuf, from: &str) -> Result<Transport> {
        std::fs::create_dir_all(&folder).map_err(|error| Error::Unavailable(format!("cannot create {}: {error}", folder.display())))?;
        Ok(Transport::Files { folder, from: checked(from)? })
    }

    pub fn smtp(settings: &SmtpSettings, from: &str) -> Result<Transport> {
        let tls = || TlsParameters::new(settings.host.clone()).map_err(|error| Error::field("mail.smtp_host", error.to_string()));
        let mut server = SmtpTransport::builder_dangerous(&settings.host).port(settings.port).timeout(Some(Duration::from_secs(20)));
        server = match settings.security {
            Security::Plain => server,
            Security::StartTls => server.tls(Tls::Required(tls()?)),
            Security::Implicit => server.tls(Tls::Wrapper(tls()?)),
        };
        if !settings.user.is_empty() {
            server = server.credentials(Credentials::new(settings.user.clone(), settings.password.expose().to_string()));
        }
        Ok(Transport::Smtp { server: Box::new(server.build()), from: checked(from)? })
    }

    /// Hands `mail` over, blocking, 20 seconds at most.
    pub fn send(&self, mail: &Mail) -> HandOver {
        let from = match self {
            Transport::Files { from, .. } | Transport::Smtp { from, .. } => from,
        };
        let message = match message(mail, from) {
            Ok(message) => message,
            Err(reason) => return HandOver::Refused(reason),
        };
        match self {
            Transport::Files { folder, .. } => {
                let name = format!("{:08}-{}.eml", mail.id, mail.template);
                match std::fs::write(folder.join(name), message.formatted()) {
                    Ok(()) => HandOver::Accepted,
                    Err(error) => HandOver::Failed(error.to_string()),
                }
            }
            Transport::Smtp { server, .. } => match server.send(&message) {
                Ok(_) => HandOver::Accepted,
                Err(error) if error.is_permanent() => HandOver::Refused(error.to_string()),
                Err(error) => HandOver::Failed(error.to_string()),
            },
        }
    }
}

fn checked(from: &str) -> Result<String> {
    from.parse::<Mailbox>().map_err(|_| Error::field("mail.from", "must be an address such as Shop <shop@example.com>"))?;
    Ok(from.to_string())
}

fn message(mail: &Mail, from: &str) -> Result<Message, String> {
    let to: Mailbox = mail.recipient.parse().map_err(|error| format!("the address cannot be used: {error}"))?;
    let from: Mailbox = from.parse().map_err(|error| format!("the sender cannot be used: {error}"))?;
    let mut message = Message::builder()
        .from(from)
        .to(to)
        .subject(mail.subject.clone())
        .date(mail.created_at.and_utc().into())
        .message_id(Some(format!("<{}>", mail.message_id)))
        .header(AutoSubmitted(mail.written_by));
    if !mail.reply_to.is_empty() {
        message = message.reply_to(mail.reply_to.parse().map_err(|error| format!("the address for replies cannot be used: {error}"))?);
    }
    if !mail.in_reply_to.is_empty() {
        message = message.in_reply_to(format!("<{}>", mail.in_reply_to));
    }
    if !mail.thread.is_empty() {
        let all: Vec<String> = mail.thread.split_whitespace().map(|one| format!("<{one}>")).collect();
        message = message.references(all.join(" "));
    }
    message.multipart(MultiPart::alternative_plain_html(mail.body_text.clone(), mail.body_html.clone())).map_err(|error| error.to_string())
}

/// Who or what wrote a mail (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted(WrittenBy);

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        WrittenBy::parse(text.trim()).map(AutoSubmitted).ok_or_else(|| format!("{text} is none of {:?}", WrittenBy::ALL).into())
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.as_str().into())
    }
}
