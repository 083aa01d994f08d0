//! Domains that mail is from: their keys, and the records that the world looks for in the DNS before it believes a sender.
//!
//! A key signs from when its record was seen. A new one takes over then, and not before; the record of the old one stays published for
//! some days, because mail that it signed is still on its way.

use super::dns::{Found, Kind, Purpose, Record, Sight};
use super::post::{self, Algorithm, NewKey};
use crate::clock::Time;
use crate::config::domain as domain_name;
use crate::db::Conn;
use crate::error::Fields;
use crate::json::{self, Json};
use crate::schema::{dkim_keys as keys, sending_domains as domains};
use crate::token::Secret;
use crate::{Db, Error, Result, jobs};
use chrono::TimeDelta;
use diesel::prelude::*;
use std::net::{IpAddr, SocketAddr};

crate::id!(SendingDomainId, DkimKeyId);

/// Looks at the DNS for one domain, which is its payload, or for all.
pub const CHECK_JOB: &str = "mail.domains";
/// Days that the record of a retired key stays published.
pub const PUBLISHED_DAYS: i64 = 7;
const MOST: i64 = 100;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = domains)]
pub struct SendingDomain {
    pub id: SendingDomainId,
    pub domain: String,
    /// Mechanisms of SPF that the merchant added; empty: those of the configured servers.
    pub spf: String,
    /// The domain of the address that bounces go to; empty: to the sender.
    pub return_path: String,
    pub found: Json<Vec<Found>>,
    pub checked_at: Option<Time>,
}

/// What everybody may know of a key.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = keys)]
pub struct PublicKey {
    pub id: DkimKeyId,
    pub algorithm: Algorithm,
    pub selector: String,
    pub public_key: String,
    pub made_at: Time,
    pub seen_at: Option<Time>,
    pub retired_at: Option<Time>,
}

impl PublicKey {
    pub fn signs(&self) -> bool {
        self.seen_at.is_some() && self.retired_at.is_none()
    }

    /// Until when its record has to stand, once it is retired.
    pub fn published_until(&self) -> Option<Time> {
        self.retired_at.map(|at| at + TimeDelta::days(PUBLISHED_DAYS))
    }
}

/// What a merchant sets of a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub domain: String,
    pub spf: String,
    pub return_path: String,
}

impl Wish {
    fn checked(&self) -> Result<(String, String, String)> {
        let mut wrong = Fields::default();
        let domain = domain_name(self.domain.trim());
        if domain.is_none() || self.domain.trim().len() > 200 {
            wrong.add("domain", "post-domain-invalid");
        }
        let path = self.return_path.trim();
        let return_path = if path.is_empty() { Some(String::new()) } else { domain_name(path) };
        if return_path.is_none() || path.len() > 200 {
            wrong.add("return_path", "post-domain-invalid");
        }
        let words: Vec<&str> = self.spf.split_whitespace().collect();
        let plain = |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-~?:./=_%{}".contains(&byte));
        // Whatever stands behind `all` is never read, and the product ends the record itself.
        let ends = |word: &&str| word.to_lowercase().trim_start_matches(['+', '-', '~', '?']) == "all";
        if self.spf.len() > 400 || !words.iter().all(plain) || words.iter().any(ends) || words.iter().any(|word| word.starts_with("v=")) {
            wrong.add("spf", "post-spf-invalid");
        }
        wrong.check()?;
        Ok((domain.unwrap_or_default(), words.join(" "), return_path.unwrap_or_default()))
    }
}

/// The domains by name.
pub fn list(conn: &mut Conn) -> Result<Vec<SendingDomain>> {
    Ok(domains::table.order(domains::domain).select(SendingDomain::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: SendingDomainId) -> Result<SendingDomain> {
    Ok(domains::table.find(id).select(SendingDomain::as_select()).first(conn)?)
}

/// The keys of a domain, oldest first.
pub fn keys(conn: &mut Conn, id: SendingDomainId) -> Result<Vec<PublicKey>> {
    Ok(keys::table.filter(keys::domain_id.eq(id)).order(keys::id).select(PublicKey::as_select()).load(conn)?)
}

/// Adds a domain with its first keys ([`NewKey::pair`]).
pub fn add(conn: &mut Conn, wish: &Wish, new: &[NewKey], now: Time) -> Result<SendingDomainId> {
    let (domain, spf, return_path) = wish.checked()?;
    if domains::table.filter(domains::domain.eq(&domain)).count().get_result::<i64>(conn)? > 0 {
        return Err(Error::field("domain", "post-domain-known"));
    }
    if domains::table.count().get_result::<i64>(conn)? >= MOST {
        return Err(Error::conflict("post-too-many-domains"));
    }
    let id: SendingDomainId = diesel::insert_into(domains::table)
        .values((
            domains::domain.eq(domain),
            domains::spf.eq(spf),
            domains::return_path.eq(return_path),
            domains::found.eq("[]"),
            domains::created_at.eq(now),
        ))
        .returning(domains::id)
        .get_result(conn)?;
    insert(conn, id, new, now)?;
    check_soon(conn, id, now)?;
    Ok(id)
}

/// Changes who may send for a domain, and where its bounces go. Its name stays.
pub fn update(conn: &mut Conn, id: SendingDomainId, wish: &Wish, now: Time) -> Result<()> {
    let domain = get(conn, id)?.domain;
    let (_, spf, return_path) = Wish { domain, ..wish.clone() }.checked()?;
    diesel::update(domains::table.find(id)).set((domains::spf.eq(spf), domains::return_path.eq(return_path))).execute(conn)?;
    check_soon(conn, id, now)
}

/// Gives a domain new keys. Those before sign until the records of the new ones were seen. `Conflict` while new ones still wait.
pub fn rotate(conn: &mut Conn, id: SendingDomainId, new: &[NewKey], now: Time) -> Result<()> {
    get(conn, id)?;
    if keys(conn, id)?.iter().any(|key| key.seen_at.is_none()) {
        return Err(Error::conflict("post-keys-wait"));
    }
    insert(conn, id, new, now)
}

/// Removes a domain with its keys: mail from it is not signed any more.
pub fn remove(conn: &mut Conn, id: SendingDomainId) -> Result<()> {
    diesel::delete(keys::table.filter(keys::domain_id.eq(id))).execute(conn)?;
    diesel::delete(domains::table.find(id)).execute(conn)?;
    Ok(())
}

fn insert(conn: &mut Conn, id: SendingDomainId, new: &[NewKey], now: Time) -> Result<()> {
    for key in new {
        let row = (
            keys::domain_id.eq(id),
            keys::algorithm.eq(key.algorithm),
            keys::selector.eq(&key.selector),
            keys::private_key.eq(key.private.expose()),
            keys::public_key.eq(&key.public),
            keys::made_at.eq(now),
        );
        diesel::insert_into(keys::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// A domain as mail from it is signed.
pub(super) struct Signing {
    pub domain: String,
    pub return_path: String,
    pub keys: Vec<SigningKey>,
}

pub(super) struct SigningKey {
    pub selector: String,
    pub algorithm: Algorithm,
    pub private: Secret,
}

/// Every domain with the keys that sign.
pub(super) fn signing(conn: &mut Conn) -> Result<Vec<Signing>> {
    let mut all = Vec::new();
    for domain in list(conn)? {
        let rows: Vec<(String, Algorithm, String)> = keys::table
            .filter(keys::domain_id.eq(domain.id))
            .filter(keys::seen_at.is_not_null())
            .filter(keys::retired_at.is_null())
            .order(keys::id)
            .select((keys::selector, keys::algorithm, keys::private_key))
            .load(conn)?;
        let key =
            |(selector, algorithm, private): (String, Algorithm, String)| SigningKey { selector, algorithm, private: Secret::new(private) };
        all.push(Signing { domain: domain.domain, return_path: domain.return_path, keys: rows.into_iter().map(key).collect() });
    }
    Ok(all)
}

/// What of the installation stands in records.
#[derive(Clone, Debug)]
pub struct Place {
    /// The mail servers that mail is handed to.
    pub hosts: Vec<String>,
    /// The host that takes mail in.
    pub inbound: String,
}

impl Place {
    pub fn of(config: &crate::config::Config) -> Place {
        Place { hosts: config.mail_hosts(), inbound: config.host().to_string() }
    }
}

/// The records that a domain needs: keys (RFC 6376), who may send (RFC 7208), what is to become of forgeries (RFC 7489), and where bounces
/// arrive.
pub fn records(domain: &SendingDomain, all: &[PublicKey], place: &Place) -> Vec<Record> {
    let mut records = Vec::new();
    for key in all {
        records.push(Record {
            purpose: Purpose::Dkim,
            kind: Kind::Txt,
            name: format!("{}._domainkey.{}", key.selector, domain.domain),
            value: post::record(key.algorithm, &key.public_key),
        });
    }
    let bounces = if domain.return_path.is_empty() { &domain.domain } else { &domain.return_path };
    let spf = if domain.spf.is_empty() {
        place.hosts.iter().map(|host| mechanism(host)).collect::<Vec<_>>().join(" ")
    } else {
        domain.spf.clone()
    };
    let value = ["v=spf1", spf.as_str(), "~all"].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    records.push(Record { purpose: Purpose::Spf, kind: Kind::Txt, name: bounces.clone(), value });
    let (name, value) = (format!("_dmarc.{}", domain.domain), "v=DMARC1; p=none".to_string());
    records.push(Record { purpose: Purpose::Dmarc, kind: Kind::Txt, name, value });
    if !domain.return_path.is_empty() {
        let value = format!("10 {}.", place.inbound);
        records.push(Record { purpose: Purpose::ReturnPath, kind: Kind::Mx, name: domain.return_path.clone(), value });
    }
    records
}

/// Who may send, by the host of a mail server.
fn mechanism(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => format!("ip4:{ip}"),
        Ok(IpAddr::V6(ip)) => format!("ip6:{ip}"),
        Err(_) => format!("a:{host}"),
    }
}

/// Has the records of a domain looked at soon.
pub fn check_soon(conn: &mut Conn, id: SendingDomainId, now: Time) -> Result<()> {
    jobs::enqueue(conn, CHECK_JOB, &id.to_string(), Some(&format!("domain:{id}")), now, now)
}

/// Looks at the DNS for one domain, or for all, and keeps what was found. Blocks; no transaction is open meanwhile.
pub fn check(db: &Db, only: Option<SendingDomainId>, server: Option<SocketAddr>, place: &Place, now: Time) -> Result<()> {
    let all = db.read_now(move |conn| {
        let mut all = Vec::new();
        for domain in list(conn)? {
            let keys = keys(conn, domain.id)?;
            all.push((domain, keys));
        }
        Ok(all)
    })?;
    for (domain, keys) in all {
        if only.is_some_and(|only| only != domain.id) {
            continue;
        }
        let found = super::dns::look(server, &records(&domain, &keys, place))?;
        let id = domain.id;
        db.write_now(move |conn| keep(conn, id, &found, now))?;
    }
    db.write_now(move |conn| prune(conn, now))
}

/// Keeps what was found, and lets a key sign whose record was seen: those of its kind before it are retired then.
pub fn keep(conn: &mut Conn, id: SendingDomainId, found: &[Found], now: Time) -> Result<()> {
    let set = (domains::found.eq(json::text(&found)?), domains::checked_at.eq(now));
    if diesel::update(domains::table.find(id)).set(set).execute(conn)? == 0 {
        return Ok(());
    }
    let domain = get(conn, id)?;
    for key in keys(conn, id)? {
        let name = format!("{}._domainkey.{}", key.selector, domain.domain);
        let right = found.iter().any(|one| one.purpose == Purpose::Dkim && one.name == name && one.sight == Sight::Right);
        if key.seen_at.is_some() || !right {
            continue;
        }
        diesel::update(keys::table.find(key.id)).set(keys::seen_at.eq(now)).execute(conn)?;
        diesel::update(keys::table)
            .filter(keys::domain_id.eq(id))
            .filter(keys::algorithm.eq(key.algorithm))
            .filter(keys::id.ne(key.id))
            .filter(keys::seen_at.is_not_null())
            .filter(keys::retired_at.is_null())
            .set(keys::retired_at.eq(now))
            .execute(conn)?;
    }
    Ok(())
}

/// Forgets keys whose records need not stand any longer, and what was counted long ago.
pub fn prune(conn: &mut Conn, now: Time) -> Result<()> {
    diesel::delete(keys::table.filter(keys::retired_at.lt(now - TimeDelta::days(PUBLISHED_DAYS)))).execute(conn)?;
    post::prune(conn, now)
}

#[cfg(test)]
#[path = "domains_tests.rs"]
mod tests;
