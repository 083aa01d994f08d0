//! Addresses that an old yes does not reach any more, whoever brings it. They outlive the person who had them, as hashes.
//!
//! A plain hash of an address can be found by trying addresses, so each is signed with a secret of the shop. It is a secret of its own and
//! not the one that signs links: that one can be replaced at any time, and nobody would notice that every suppression was lifted by it.

use crate::CustomerId;
use crate::email::Email;
use crate::schema::{suppression_counts as numbers, suppressions};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::token::{self, Secret, Signer};
use kernel::{Conn, Result, on_each, prepared, settings, words};
use serde::Serialize;
use std::collections::HashSet;

/// The ways in which somebody can be written to. People are known by their mail address, whichever way it is.
pub const CHANNELS: [&str; 2] = ["email", "sms"];
/// The channel whose rows are shown and counted; each address has one of each.
const SHOWN: &str = "email";
/// The setting that holds the secret.
const KEY: &str = "suppression_key";
/// Longest note, in characters.
pub const NOTE: usize = 200;

words!(
    /// Why an address is suppressed.
    Reason {
        /// From before reasons were kept.
        Unsaid = "unsaid",
        /// Nothing can arrive there.
        Bounced = "bounced",
        Complained = "complained",
        Unsubscribed = "unsubscribed",
        /// The person was erased.
        Erased = "erased",
        /// By a list of addresses that staff brought along.
        Imported = "imported",
        /// By staff.
        Staff = "staff",
    }
);

/// A suppressed address; nobody can tell which from this alone.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = suppressions)]
pub struct Row {
    pub address_hash: String,
    pub created_at: Time,
    pub reason: Reason,
    pub note: String,
}

fn hash(key: String, channel: &str, address: &Email) -> String {
    signed(&Signer::new(Secret::new(key)), channel, address)
}

fn signed(signer: &Signer, channel: &str, address: &Email) -> String {
    signer.sign(&format!("suppression:{channel}"), &address.key())
}

/// [`suppress`] for no reason that is known.
pub fn add(conn: &mut Conn, address: &Email, now: Time) -> Result<()> {
    suppress(conn, address, Reason::Unsaid, "", now).map(drop)
}

/// Suppresses an address on every channel; doing it again changes nothing, also not the reason. Answers whether it is new.
pub fn suppress(conn: &mut Conn, address: &Email, reason: Reason, note: &str, now: Time) -> Result<bool> {
    Ok(suppress_all(conn, std::slice::from_ref(address), reason, note, now)? == 1)
}

/// [`suppress`] of many addresses for one reason. Answers how many are new.
pub fn suppress_all(conn: &mut Conn, addresses: &[Email], reason: Reason, note: &str, now: Time) -> Result<usize> {
    let key: String = settings::get_or_make(conn, KEY, now, token::random)?;
    let note: String = note.chars().take(NOTE).collect();
    let mut new = 0;
    for address in addresses {
        for channel in CHANNELS {
            let row = (
                suppressions::channel.eq(channel),
                suppressions::address_hash.eq(hash(key.clone(), channel, address)),
                suppressions::created_at.eq(now),
                suppressions::reason.eq(reason),
                suppressions::note.eq(&note),
            );
            let added = prepared!(conn, diesel::insert_into(suppressions::table).values(row).on_conflict_do_nothing() => execute)?;
            if channel == SHOWN {
                new += added;
            }
        }
    }
    counted(conn, reason, i64::try_from(new).unwrap_or(i64::MAX))?;
    Ok(new)
}

/// Moves the count of a reason.
fn counted(conn: &mut Conn, reason: Reason, by: i64) -> Result<()> {
    if by == 0 {
        return Ok(());
    }
    let row = (numbers::reason.eq(reason), numbers::count.eq(0_i64));
    on_each!(conn, c => diesel::insert_into(numbers::table).values(row).on_conflict_do_nothing().execute(c))?;
    diesel::update(numbers::table.filter(numbers::reason.eq(reason))).set(numbers::count.eq(numbers::count + by)).execute(conn)?;
    Ok(())
}

/// Whether an address is suppressed on a channel.
pub fn holds(conn: &mut Conn, channel: &str, address: &Email) -> Result<bool> {
    let Some(key) = settings::find::<String>(conn, KEY)? else { return Ok(false) };
    let own = suppressions::table.find((channel, hash(key, channel, address))).count();
    Ok(own.get_result::<i64>(conn)? > 0)
}

/// Those of `people` whose address is suppressed on a channel.
pub fn among(conn: &mut Conn, channel: &str, people: &[(CustomerId, Email)]) -> Result<Vec<CustomerId>> {
    let Some(key) = settings::find::<String>(conn, KEY)?.filter(|_| !people.is_empty()) else { return Ok(Vec::new()) };
    let signer = Signer::new(Secret::new(key));
    let hashes: Vec<String> = people.iter().map(|(_, email)| signed(&signer, channel, email)).collect();
    let known = suppressions::table.filter(suppressions::channel.eq(channel)).filter(suppressions::address_hash.eq_any(hashes.clone()));
    let known: HashSet<String> = known.select(suppressions::address_hash).load::<String>(conn)?.into_iter().collect();
    Ok(people.iter().zip(&hashes).filter(|(_, hash)| known.contains(*hash)).map(|((id, _), _)| *id).collect())
}

/// Why and since when an address gets no mail; `None` of one that is not suppressed.
pub fn of(conn: &mut Conn, address: &Email) -> Result<Option<Row>> {
    let Some(key) = settings::find::<String>(conn, KEY)? else { return Ok(None) };
    let own = suppressions::table.find((SHOWN, hash(key, SHOWN, address)));
    Ok(own.select(Row::as_select()).first(conn).optional()?)
}

/// Lets an address be written to again, on every channel. Answers what held it; `None` when nothing did.
pub fn lift(conn: &mut Conn, address: &Email) -> Result<Option<Row>> {
    let Some(held) = of(conn, address)? else { return Ok(None) };
    let Some(key) = settings::find::<String>(conn, KEY)? else { return Ok(None) };
    for channel in CHANNELS {
        let gone = diesel::delete(suppressions::table.find((channel, hash(key.clone(), channel, address)))).execute(conn)?;
        if channel == SHOWN && gone == 1 {
            counted(conn, held.reason, -1)?;
        }
    }
    Ok(Some(held))
}

/// What somebody says by themselves, knowing the address: it takes back what they said before, and nothing that a mail server said.
pub fn renew(conn: &mut Conn, address: &Email) -> Result<()> {
    match of(conn, address)? {
        Some(held) if matches!(held.reason, Reason::Unsubscribed | Reason::Complained) => lift(conn, address).map(drop),
        _ => Ok(()),
    }
}

/// Where a page of the list ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: Time,
    pub hash: String,
}

/// Suppressed addresses, the latest first, from behind `before`.
pub fn list(conn: &mut Conn, before: Option<Place>, limit: i64) -> Result<Vec<Row>> {
    let mut query = suppressions::table
        .filter(suppressions::channel.eq(SHOWN))
        .order((suppressions::created_at.desc(), suppressions::address_hash.desc()))
        .limit(limit)
        .select(Row::as_select())
        .into_boxed();
    if let Some(before) = before {
        let same = suppressions::created_at.eq(before.at).and(suppressions::address_hash.lt(before.hash));
        query = query.filter(suppressions::created_at.le(before.at)).filter(suppressions::created_at.lt(before.at).or(same));
    }
    Ok(query.load(conn)?)
}

/// How many there are for each reason.
pub fn counts(conn: &mut Conn) -> Result<Vec<(Reason, i64)>> {
    let rows: Vec<(Reason, i64)> =
        numbers::table.filter(numbers::count.gt(0)).order(numbers::reason).select((numbers::reason, numbers::count)).load(conn)?;
    Ok(rows)
}

/// Addresses of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub addresses: Vec<Email>,
    /// Lines that have something in them and no address.
    pub wrong: usize,
}

/// Reads a list of addresses: one a line, or in any column of a CSV file. A first line without an address is its head.
pub fn read_list(text: &str) -> Listed {
    let mut listed = Listed::default();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut cells = line.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches(['"', '\'', '<', '>']));
        match cells.find_map(|cell| Email::parse(cell, "email").ok()) {
            Some(address) => listed.addresses.push(address),
            None if at == 0 => {}
            None => listed.wrong += 1,
        }
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::clock::Clock;

    #[test]
    fn an_address_is_known_again_whatever_its_case_and_nobody_reads_it() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            let (ann, ben) = (Email::parse("Ann@example.com", "email")?, Email::parse("ben@example.com", "email")?);
            assert!(!holds(conn, "email", &ann)?);
            add(conn, &ann, now)?;
            add(conn, &ann, now)?;
            assert!(holds(conn, "email", &Email::parse("ann@EXAMPLE.com", "email")?)? && holds(conn, "sms", &ann)?);
            assert!(!holds(conn, "email", &ben)?);
            let hashes: Vec<String> = suppressions::table.select(suppressions::address_hash).load(conn)?;
            assert_eq!(hashes.len(), CHANNELS.len());
            assert_ne!(hashes[0], hashes[1], "one channel does not tell of the other");
            assert!(!hashes.contains(&token::hash("ann@example.com")));
            assert_eq!(suppress_all(conn, &[ann.clone(), ben.clone()], Reason::Imported, "old list", now)?, 1);
            let people =
                [(CustomerId(1), ann.clone()), (CustomerId(2), ben.clone()), (CustomerId(3), Email::parse("c@example.com", "email")?)];
            assert_eq!(among(conn, "email", &people)?, [CustomerId(1), CustomerId(2)]);
            assert_eq!(counts(conn)?, [(Reason::Imported, 1), (Reason::Unsaid, 1)]);
            assert_eq!(lift(conn, &ben)?.map(|held| held.note), Some("old list".to_string()));
            assert!(!holds(conn, "email", &ben)? && !holds(conn, "sms", &ben)? && lift(conn, &ben)?.is_none());
            assert_eq!((counts(conn)?, list(conn, None, 10)?.len()), (vec![(Reason::Unsaid, 1)], 1));
            Ok(())
        })
        .expect("suppressions");
    }

    #[test]
    fn a_list_is_read_from_any_column() {
        let listed = read_list("\u{feff}Name;E-mail\r\nAnn;\"ann@example.com\";x\r\n\r\nben@example.com\r\nnobody\r\n");
        assert_eq!(listed.addresses.iter().map(Email::as_str).collect::<Vec<_>>(), ["ann@example.com", "ben@example.com"]);
        assert_eq!(listed.wrong, 1);
        assert_eq!(read_list(""), Listed::default());
    }
}
