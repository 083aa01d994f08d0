//! Which ways mail goes out and comes in.

use super::keys as key;
use super::read::Reader;
use super::{domain, in_range};
use crate::mail::{Security, SmtpSettings, sns};
use crate::token::Secret;
use std::net::{IpAddr, SocketAddr};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    /// The domain of the addresses that replies to tickets go to.
    pub reply_domain: Option<String>,
    /// `None`: files in [`super::Config::mail_folder`].
    pub smtp: Option<SmtpSettings>,
    /// Further servers, each with its name.
    pub relays: Vec<(String, SmtpSettings)>,
    /// Who is asked for records of the DNS. `None`: whoever the machine asks.
    pub dns_server: Option<SocketAddr>,
}

/// How mails of customers come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    pub listen: Option<SocketAddr>,
    pub hook_secret: Option<Secret>,
    /// The topics of Amazon SNS that are listened to, as their ARNs.
    pub sns_topics: Vec<String>,
    /// `None`: no mailbox is looked into.
    pub imap: Option<Imap>,
}

/// A mailbox at another server (IMAP) that mails are fetched from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imap {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: String,
    pub password: Secret,
    pub folder: String,
    /// Where mails go that were stored; `None`: they are marked as read.
    pub move_to: Option<String>,
    /// Minutes from one look to the next.
    pub every: u32,
}

impl Imap {
    /// What tells it from other mailboxes.
    pub fn source(&self) -> String {
        format!("{} @ {} / {}", self.user, self.host, self.folder)
    }
}

pub(super) fn mail(r: &mut Reader) -> Option<Mail> {
    let from = r.parse(key::MAIL_FROM, "must be an address such as Shop <shop@example.com>", |text| {
        text.parse::<lettre::message::Mailbox>().ok().map(|_| text.to_string())
    });
    let port = r.parse(key::SMTP_PORT, "must be a port from 1 to 65535", port);
    let security = r.parse(key::SMTP_SECURITY, "must be starttls, implicit or plain", security);
    let (host, user) = (r.text(key::SMTP_HOST).to_string(), r.text(key::SMTP_USER).to_string());
    let password = Secret::new(r.text(key::SMTP_PASSWORD));
    if user.is_empty() && !password.expose().is_empty() {
        r.reject(key::SMTP_USER, "must be set, for mail.smtp_password is");
    }
    let smtp = SmtpSettings { host, port: port?, user, password, security: security? };
    let reply_domain = r.parse(key::MAIL_REPLY_DOMAIN, "must be a domain such as reply.example.com", |text| match text {
        "" => Some(None),
        text => domain(text).map(Some),
    });
    let should = "must be name=security://user:password@host:port, with a space between servers";
    let relays = r.parse(key::MAIL_RELAYS, should, relays);
    let dns_server = r.parse(key::MAIL_DNS_SERVER, "must be an address, with or without a port, such as 127.0.0.1:53", |text| match text {
        "" => Some(None),
        text => text.parse::<SocketAddr>().ok().or_else(|| text.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 53))).map(Some),
    });
    if relays.as_ref().is_some_and(|relays| !relays.is_empty()) && smtp.host.is_empty() {
        r.reject(key::SMTP_HOST, "must be set, for mail.relays is");
    }
    let smtp = (!smtp.host.is_empty()).then_some(smtp);
    Some(Mail { from: from?, reply_domain: reply_domain?, smtp, relays: relays?, dns_server: dns_server? })
}

/// Mail servers beside the first, as `name=security://user:password@host:port`. User and password are percent-encoded, and may be
/// left out.
fn relays(text: &str) -> Option<Vec<(String, SmtpSettings)>> {
    let mut all: Vec<(String, SmtpSettings)> = Vec::new();
    for one in text.split_whitespace() {
        let (name, relay) = relay(one)?;
        // The first server's name is taken, too.
        if name == crate::mail::MAIN || all.iter().any(|(known, _)| *known == name) {
            return None;
        }
        all.push((name, relay));
    }
    Some(all)
}

fn relay(text: &str) -> Option<(String, SmtpSettings)> {
    let (name, url) = text.split_once('=')?;
    let (security, rest) = url.split_once("://")?;
    let security = self::security(security)?;
    let (login, server) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = server.rsplit_once(':')?;
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    let plain = !name.is_empty() && name.len() <= 40 && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    let host = host.trim_start_matches('[').trim_end_matches(']').to_string();
    let port = port.parse().ok().filter(|port: &u16| *port > 0)?;
    let settings = SmtpSettings { host, port, user: decoded(user)?, password: Secret::new(decoded(password)?), security };
    (plain && !settings.host.is_empty()).then(|| (name.to_string(), settings))
}

pub(super) fn inbound(r: &mut Reader) -> Option<Inbound> {
    let listen = r.parse(key::INBOUND_LISTEN, "must be an address and a port such as 127.0.0.1:2525", |text| match text {
        "" => Some(None),
        text => text.parse().ok().map(Some),
    });
    // Whoever guesses it writes to the shop in anybody's name.
    let secret = r.parse(key::INBOUND_HOOK_SECRET, "must have at least 16 characters", |text| match text.len() {
        0 => Some(None),
        1..=15 => None,
        _ => Some(Some(Secret::new(text))),
    });
    let named = "must be ARNs such as arn:aws:sns:eu-west-1:123456789012:bounces, with a space between them";
    let sns_topics = r.parse(key::INBOUND_SNS_TOPICS, named, |text| {
        text.split_whitespace().map(|topic| sns::is_topic(topic).then(|| topic.to_string())).collect::<Option<Vec<String>>>()
    });
    let imap = imap(r);
    // A mailbox has an address of its own: answers find it without a domain.
    let any = matches!(listen, Some(Some(_))) || matches!(secret, Some(Some(_)));
    if r.text(key::MAIL_REPLY_DOMAIN).is_empty() && any {
        r.reject(key::MAIL_REPLY_DOMAIN, "must be set, for a way in for mails is");
    }
    Some(Inbound { listen: listen?, hook_secret: secret?, sns_topics: sns_topics?, imap: imap? })
}

fn imap(r: &mut Reader) -> Option<Option<Imap>> {
    let port = r.parse(key::IMAP_PORT, "must be a port from 1 to 65535", port);
    let security = r.parse(key::IMAP_SECURITY, "must be starttls, implicit or plain", security);
    let every = r.parse(key::IMAP_EVERY_MINUTES, "must be minutes from 1 to 1440", |text| in_range(text, 1, 1440));
    // A line end would begin a command of its own.
    let folder = |text: &str| (!text.chars().any(char::is_control)).then(|| text.to_string());
    let name = "must be the name of a folder as the server lists it";
    let own = r.parse(key::IMAP_FOLDER, name, |text| folder(text).filter(|text| !text.is_empty()));
    let move_to = r.parse(key::IMAP_MOVE_TO, name, folder);
    let (host, user) = (r.text(key::IMAP_HOST).to_string(), r.text(key::IMAP_USER).to_string());
    let password = Secret::new(r.text(key::IMAP_PASSWORD));
    if host.is_empty() {
        return (port.is_some() && security.is_some() && every.is_some() && own.is_some() && move_to.is_some()).then_some(None);
    }
    if user.is_empty() {
        r.reject(key::IMAP_USER, "must be set, for inbound.imap_host is");
    }
    if password.expose().is_empty() {
        r.reject(key::IMAP_PASSWORD, "must be set, for inbound.imap_host is");
    }
    // INBOX is one folder in any case of its letters (RFC 9051, 5.1); of others the server decides.
    let inbox = |name: &str| name.eq_ignore_ascii_case("INBOX");
    let same = |own: &str, to: &str| own == to || (inbox(own) && inbox(to));
    if own.as_deref().zip(move_to.as_deref()).is_some_and(|(own, to)| same(own, to)) {
        r.reject(key::IMAP_MOVE_TO, "must be another folder than inbound.imap_folder");
    }
    let move_to = Some(move_to?).filter(|folder| !folder.is_empty());
    Some(Some(Imap { host, port: port?, security: security?, user, password, folder: own?, move_to, every: every? }))
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

fn security(text: &str) -> Option<Security> {
    match text {
        "starttls" => Some(Security::StartTls),
        "implicit" => Some(Security::Implicit),
        "plain" => Some(Security::Plain),
        _ => None,
    }
}
