//! The settings of an installation: a commented TOML file, overridden by the environment, checked whole at start.
//!
//! Read by hand from the `toml` parser and not through a layering library or serde: those stop at the first mistake and cannot say
//! which line or variable it came from.

mod keys;
mod read;

pub use keys::{ALL, Key, example};
pub use read::{Mistake, Mistakes};

use crate::db::Target;
use crate::mail::{Security, SmtpSettings};
use crate::token::Secret;
use keys as key;
use read::Reader;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file that is read when none is named.
pub const FILE: &str = "regulars.toml";

/// All settings of an installation, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    /// Scheme, host and port, without a slash at the end.
    pub base_url: String,
    pub trusted_proxy: bool,
    /// How long an anonymous page may be served from memory. Zero: never.
    pub page_cache: Duration,
    pub database: Target,
    pub connections: usize,
    pub log: Log,
    pub mail: Mail,
    pub inbound: Inbound,
    /// `None`: the shop takes no cards.
    pub stripe: Option<Stripe>,
    /// `None`: the embedded search engine.
    pub meilisearch: Option<Meilisearch>,
    /// Whether outgoing webhooks may call this machine and its network.
    pub webhooks_private: bool,
    pub limits: RateLimits,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Levels as the subscriber's filter reads them.
    pub filter: String,
    pub json: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    /// The domain of the addresses that replies to tickets go to.
    pub reply_domain: Option<String>,
    /// `None`: files in [`Config::mail_folder`].
    pub smtp: Option<SmtpSettings>,
}

/// How mails of customers come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    pub listen: Option<SocketAddr>,
    pub hook_secret: Option<Secret>,
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripe {
    pub secret_key: Secret,
    pub webhook_secret: Secret,
    /// Without a slash at the end.
    pub api_base: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meilisearch {
    pub url: String,
    pub key: Secret,
}

/// Requests that one address may make in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    pub sign_in: u32,
    pub checkout: u32,
    pub search: u32,
}

impl Config {
    /// Reads `file`, or `regulars.toml` in the working directory when it exists, and the process's environment.
    pub fn load(file: Option<&Path>) -> Result<Config, Mistakes> {
        let path = file.unwrap_or(Path::new(FILE));
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                let should = format!("must be a file that can be read: {error}");
                return Err(Mistakes(vec![Mistake { key: name, should, origin: "--config or REGULARS_CONFIG".into() }]));
            }
        };
        // A variable that is no Unicode can be none of ours.
        let vars = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Config::read(text.as_deref().map(|text| (text, name.as_str())), vars)
    }

    /// Reads a TOML text with the name of its file, and variables. Fails with every mistake there is.
    pub fn read(file: Option<(&str, &str)>, vars: impl IntoIterator<Item = (String, String)>) -> Result<Config, Mistakes> {
        let mut reader = Reader::default();
        if let Some((text, name)) = file {
            reader.file(text, name);
        }
        reader.environment(vars);
        let config = config(&mut reader);
        match config {
            Some(config) if reader.mistakes.is_empty() => Ok(config),
            _ => Err(Mistakes(reader.mistakes)),
        }
    }

    /// Whether people reach the shop over TLS.
    pub fn https(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// The host people reach the shop at, without a port: the right part of Message-IDs.
    pub fn host(&self) -> &str {
        let authority = self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, rest)| rest);
        match authority.strip_prefix('[') {
            Some(literal) => literal.split(']').next().unwrap_or(literal),
            None => authority.split(':').next().unwrap_or(authority),
        }
    }

    /// The address that the shop's mails are from, in lower case and without a name.
    pub fn sender(&self) -> String {
        self.mail.from.parse::<lettre::message::Mailbox>().map(|from| from.email.to_string().to_lowercase()).unwrap_or_default()
    }

    /// Where mails go that are written as files.
    pub fn mail_folder(&self) -> PathBuf {
        self.data_dir.join("mail")
    }
}

fn config(r: &mut Reader) -> Option<Config> {
    let listen = r.parse(key::LISTEN, "must be an address and a port such as 127.0.0.1:8080", |text| text.parse().ok());
    let data_dir = r.parse(key::DATA_DIR, "must be a folder", |text| (!text.is_empty()).then(|| PathBuf::from(text)));
    let base_url = r.parse(key::BASE_URL, "must be scheme, host and port such as https://shop.example.com", |text| match text {
        "" => Some(String::new()),
        text => origin(text),
    });
    let yes_no = |text: &str| text.parse().ok();
    let trusted_proxy = r.parse(key::TRUSTED_PROXY, "must be true or false", yes_no);
    let page_cache = r.parse(key::PAGE_CACHE_MS, "must be milliseconds, 0 to 60000", |text| in_range(text, 0, 60_000));
    let database =
        r.parse(key::DATABASE_URL, "must be postgres://user:password@host/database, sqlite://path or a path", |text| match text {
            "" => Some(None),
            text => Target::parse(text).ok().map(Some),
        });
    let connections = r.parse(key::DATABASE_CONNECTIONS, "must be a number from 1 to 100", |text| in_range(text, 1, 100));
    let json = r.parse(key::LOG_FORMAT, "must be text or json", |text| match text {
        "text" => Some(false),
        "json" => Some(true),
        _ => None,
    });
    let filter = r.parse(key::LOG_FILTER, "must be a level (error, warn, info, debug, trace) or part=level pairs with commas", filter);
    let webhooks_private = r.parse(key::WEBHOOKS_ALLOW_PRIVATE, "must be true or false", yes_no);
    let (mail, inbound, stripe, meilisearch, limits) = (mail(r), inbound(r), stripe(r), meilisearch(r), limits(r));
    let (listen, data_dir, base_url): (SocketAddr, PathBuf, String) = (listen?, data_dir?, base_url?);
    Some(Config {
        base_url: if base_url.is_empty() { reached_at(listen) } else { base_url },
        listen,
        trusted_proxy: trusted_proxy?,
        page_cache: Duration::from_millis(page_cache?.into()),
        database: database?.unwrap_or_else(|| Target::File(data_dir.join("regulars.db"))),
        data_dir,
        connections: usize::try_from(connections?).ok()?,
        log: Log { filter: filter?, json: json? },
        mail: mail?,
        inbound: inbound?,
        stripe: stripe?,
        meilisearch: meilisearch?,
        webhooks_private: webhooks_private?,
        limits: limits?,
    })
}

fn mail(r: &mut Reader) -> Option<Mail> {
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
    Some(Mail { from: from?, reply_domain: reply_domain?, smtp: (!smtp.host.is_empty()).then_some(smtp) })
}

fn inbound(r: &mut Reader) -> Option<Inbound> {
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
    let imap = imap(r);
    // A mailbox has an address of its own: answers find it without a domain.
    let any = matches!(listen, Some(Some(_))) || matches!(secret, Some(Some(_)));
    if r.text(key::MAIL_REPLY_DOMAIN).is_empty() && any {
        r.reject(key::MAIL_REPLY_DOMAIN, "must be set, for a way in for mails is");
    }
    Some(Inbound { listen: listen?, hook_secret: secret?, imap: imap? })
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

fn stripe(r: &mut Reader) -> Option<Option<Stripe>> {
    let secret_key = Secret::new(r.text(key::STRIPE_SECRET_KEY));
    let webhook_secret = Secret::new(r.text(key::STRIPE_WEBHOOK_SECRET));
    let api_base = r.parse(key::STRIPE_API_BASE, "must be scheme, host and port such as https://api.stripe.com", origin);
    match (secret_key.expose().is_empty(), webhook_secret.expose().is_empty()) {
        (true, true) => return Some(None),
        // Without the second, a paid order would wait for the reconciling job; without the first, nothing works at all.
        (false, true) => r.reject(key::STRIPE_WEBHOOK_SECRET, "must be set, for stripe.secret_key is"),
        (true, false) => r.reject(key::STRIPE_SECRET_KEY, "must be set, for stripe.webhook_secret is"),
        (false, false) => {}
    }
    Some(Some(Stripe { secret_key, webhook_secret, api_base: api_base? }))
}

fn meilisearch(r: &mut Reader) -> Option<Option<Meilisearch>> {
    let key = Secret::new(r.text(key::MEILISEARCH_KEY));
    let url = r.parse(key::MEILISEARCH_URL, "must be scheme, host and port such as http://127.0.0.1:7700", |text| match text {
        "" => Some(None),
        text => origin(text).map(Some),
    })?;
    Some(url.map(|url| Meilisearch { url, key }))
}

fn limits(r: &mut Reader) -> Option<RateLimits> {
    let should = "must be a number from 1 to 100000";
    let limit = |text: &str| in_range(text, 1, 100_000);
    let (sign_in, checkout, search) = (
        r.parse(key::SIGN_IN_LIMIT, should, limit),
        r.parse(key::CHECKOUT_LIMIT, should, limit),
        r.parse(key::SEARCH_LIMIT, should, limit),
    );
    Some(RateLimits { sign_in: sign_in?, checkout: checkout?, search: search? })
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

fn in_range(text: &str, least: u32, most: u32) -> Option<u32> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

/// Scheme, host and port of a URL without a path; a slash at the end is dropped.
fn origin(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    // It goes into headers and pages: nothing but a host may stand there.
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_');
    (!host.is_empty() && host.chars().all(allowed)).then(|| text.to_string())
}

/// A name that stands behind the @ of mail addresses.
fn domain(text: &str) -> Option<String> {
    let label = |label: &str| !label.is_empty() && label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    (text.contains('.') && text.split('.').all(label)).then(|| text.to_lowercase())
}

/// Where a browser on this machine reaches a server that listens on `address`.
fn reached_at(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("http://127.0.0.1:{}", address.port()) } else { format!("http://{address}") }
}

fn filter(text: &str) -> Option<String> {
    let level = |text: &str| matches!(text, "off" | "error" | "warn" | "info" | "debug" | "trace");
    let part = |text: &str| match text.split_once('=') {
        Some((name, own)) => !name.is_empty() && level(own),
        None => level(text),
    };
    text.split(',').all(|piece| part(piece.trim())).then(|| text.to_string())
}

#[cfg(test)]
mod tests;
