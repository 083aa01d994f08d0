//! Addresses that an old yes does not reach any more, whoever brings it. They outlive the person who had them, as hashes.
//!
//! A plain hash of an address can be found by trying addresses, so each is signed with a secret of the shop. It is a secret of its own and
//! not the one that signs links: that one can be replaced at any time, and nobody would notice that every suppression was lifted by it.

use crate::CustomerId;
use crate::email::Email;
use crate::schema::suppressions;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::token::{self, Secret, Signer};
use kernel::{Conn, Result, on_each, settings};
use std::collections::HashSet;

/// The ways in which somebody can be written to. People are known by their mail address, whichever way it is.
pub const CHANNELS: [&str; 2] = ["email", "sms"];
/// The setting that holds the secret.
const KEY: &str = "suppression_key";

fn hash(key: String, channel: &str, address: &Email) -> String {
    signed(&Signer::new(Secret::new(key)), channel, address)
}

fn signed(signer: &Signer, channel: &str, address: &Email) -> String {
    signer.sign(&format!("suppression:{channel}"), &address.key())
}

/// Suppresses an address on every channel; doing it again changes nothing.
pub fn add(conn: &mut Conn, address: &Email, now: Time) -> Result<()> {
    let key: String = settings::get_or_make(conn, KEY, now, token::random)?;
    for channel in CHANNELS {
        let row = (
            suppressions::channel.eq(channel),
            suppressions::address_hash.eq(hash(key.clone(), channel, address)),
            suppressions::created_at.eq(now),
        );
        on_each!(conn, c => diesel::insert_into(suppressions::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
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
            Ok(())
        })
        .expect("suppressions");
    }
}
