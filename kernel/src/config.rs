//! The settings of an installation: a commented TOML file, overridden by the environment, checked whole at start.
//!
//! Read by hand from the `toml` parser and not through a layering library or serde: those stop at the first mistake and cannot say
//! which line or variable it came from.

mod keys;
mod mails;
mod read;

pub use keys::{ALL, Key, example};
pub use mails::{Imap, Inbound, Mail};
pub use read::{Mistake, Mistakes};

use crate::db::Target;
use crate::token::Secret;
use keys as key;
use mails::{inbound, mail};
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
    /// Where VAT identification numbers are asked for, without a slash at the end; `None`: nowhere.
    pub vies: Option<String>,
    /// Whether outgoing webhooks may call this machine and its network.
    pub webhooks_private: bool,
    /// `None`: EDI by HTTP alone.
    pub edi_folder: Option<PathBuf>,
    /// `None`: an ERP asks by the API alone.
    pub erp_folder: Option<PathBuf>,
    pub limits: RateLimits,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Levels as the subscriber's filter reads them.
    pub filter: String,
    pub json: bool,
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

    /// The hosts of the mail servers that mail is handed to.
    pub fn mail_hosts(&self) -> Vec<String> {
        let first = self.mail.smtp.iter().map(|smtp| &smtp.host);
        first.chain(self.mail.relays.iter().map(|(_, smtp)| &smtp.host)).cloned().collect()
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
    let vies = r.parse(key::VIES, "must be off or an address such as https://ec.europa.eu/taxation_customs/vies/rest-api", vies);
    let edi_folder = r.parse(key::EDI_FOLDER, "must be a folder", |text| Some((!text.is_empty()).then(|| PathBuf::from(text))));
    let erp_folder = r.parse(key::ERP_FOLDER, "must be a folder", |text| Some((!text.is_empty()).then(|| PathBuf::from(text))));
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
        vies: vies?,
        webhooks_private: webhooks_private?,
        edi_folder: edi_folder?,
        erp_folder: erp_folder?,
        limits: limits?,
    })
}

/// `off`, or an address with a path.
fn vies(text: &str) -> Option<Option<String>> {
    let text = text.trim().trim_end_matches('/');
    if text == "off" {
        return Some(None);
    }
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let fine = !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'@'));
    fine.then(|| Some(text.to_string()))
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

/// A name that stands behind the @ of mail addresses, in lower case.
pub fn domain(text: &str) -> Option<String> {
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
