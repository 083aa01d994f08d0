//! Making and changing stores.

use super::{MAIN, rows};
use crate::collections;
use crate::ids::{CollectionId, StoreId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use std::collections::BTreeMap;
use url::Host;

/// A store as the merchant writes it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub name: String,
    /// As typed: a host, with letters of any script.
    pub domain: String,
    /// As typed: an ISO 4217 code. It stays what it was once the store exists, since carts and orders are in it.
    pub currency: String,
    pub languages: Vec<Language>,
    pub part: Option<CollectionId>,
    pub country: String,
    pub announcement: BTreeMap<String, String>,
    pub open: bool,
}

/// A host as stores keep it, of what somebody typed: in ASCII and small letters, letters of other scripts encoded. `None` for what is no
/// name of a host; numbers of the internet are none.
pub fn domain(typed: &str) -> Option<String> {
    let typed = typed.trim().trim_end_matches('.');
    let Ok(Host::Domain(host)) = Host::parse(typed) else { return None };
    let sound = |label: &str| {
        let inner = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    (host.len() <= 253 && host.contains('.') && host.split('.').all(sound)).then_some(host)
}

/// A wish that can be stored.
struct Sound {
    name: String,
    domain: String,
    languages: String,
    country: String,
    announcement: String,
}

/// `Invalid` names each field that cannot be. `own` is the host of the main store, which no other can have.
fn checked(conn: &mut Conn, id: Option<StoreId>, wish: &Wish, own: &str) -> Result<Sound> {
    let mut wrong = Fields::default();
    let name = wish.name.trim().to_string();
    if name.is_empty() || name.chars().count() > 80 || name.contains('\0') {
        wrong.add("name", "store-name");
    }
    let host = domain(&wish.domain);
    match &host {
        None => wrong.add("domain", "store-domain"),
        Some(host) if host == own => wrong.add("domain", "store-domain-main"),
        Some(host) => {
            let holder: Option<StoreId> = rows::table.filter(rows::domain.eq(host)).select(rows::id).first(conn).optional()?;
            if holder.is_some() && holder != id {
                wrong.add("domain", "store-domain-taken");
            }
        }
    }
    if id.is_none() && Currency::parse(&wish.currency).is_none() {
        wrong.add("currency", "store-currency");
    }
    let mut languages: Vec<Language> = Vec::new();
    wish.languages.iter().for_each(|language| {
        if !languages.contains(language) {
            languages.push(*language);
        }
    });
    if languages.is_empty() {
        wrong.add("languages", "store-languages");
    }
    if let Some(part) = wish.part {
        match collections::updated_at(conn, part) {
            Ok(_) => {}
            Err(Error::NotFound) => wrong.add("part", "store-part"),
            Err(error) => return Err(error),
        }
    }
    let country = wish.country.trim().to_uppercase();
    if !country.is_empty() && (country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase())) {
        wrong.add("country", "store-country");
    }
    let announcement: BTreeMap<String, String> =
        wish.announcement.iter().map(|(language, text)| (language.clone(), text.trim().to_string())).collect();
    for (language, _) in announcement.iter().filter(|(_, text)| text.chars().count() > 300 || text.contains('\0')) {
        wrong.add(&format!("announcement_{language}"), "field-too-long");
    }
    wrong.check()?;
    let languages: Vec<&str> = languages.iter().map(|language| language.code()).collect();
    let announcement = kernel::json::text(&announcement)?;
    Ok(Sound { name, domain: host.unwrap_or_default(), languages: languages.join(" "), country, announcement })
}

/// Makes a store. `own` is the host of the main store. `Invalid` names what cannot be.
pub fn create(conn: &mut Conn, wish: &Wish, own: &str, now: Time) -> Result<StoreId> {
    let sound = checked(conn, None, wish, own)?;
    let row = (
        rows::name.eq(sound.name),
        rows::domain.eq(sound.domain),
        rows::currency.eq(&wish.currency),
        rows::languages.eq(sound.languages),
        rows::collection_id.eq(wish.part),
        rows::country.eq(sound.country),
        rows::announcement.eq(sound.announcement),
        rows::home.eq(""),
        rows::open.eq(wish.open),
        rows::version.eq(1),
        rows::created_at.eq(now),
        rows::updated_at.eq(now),
    );
    Ok(diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?)
}

/// Changes a store; its currency stays. `Conflict` when it was changed since the version `seen`, `NotFound` for the main store, which is
/// what the shop's settings say.
pub fn update(conn: &mut Conn, id: StoreId, wish: &Wish, seen: i64, own: &str, now: Time) -> Result<()> {
    if id == MAIN {
        return Err(Error::NotFound);
    }
    let sound = checked(conn, Some(id), wish, own)?;
    let change = (
        rows::name.eq(sound.name),
        rows::domain.eq(sound.domain),
        rows::languages.eq(sound.languages),
        rows::collection_id.eq(wish.part),
        rows::country.eq(sound.country),
        rows::announcement.eq(sound.announcement),
        rows::open.eq(wish.open),
        rows::version.eq(rows::version + 1i64),
        rows::updated_at.eq(now),
    );
    if diesel::update(rows::table.find(id).filter(rows::version.eq(seen))).set(change).execute(conn)? == 1 {
        return Ok(());
    }
    super::get(conn, id)?;
    Err(Error::conflict("store-changed"))
}

/// Says which languages the main store speaks, its first one first. Every language in the order in which they are known is kept as none,
/// so that one that is learnt later is spoken too. `Invalid` without any.
pub fn speak(conn: &mut Conn, languages: &[Language], now: Time) -> Result<()> {
    if languages.is_empty() {
        return Err(Error::field("first", "store-languages"));
    }
    let codes: Vec<&str> = languages.iter().map(|language| language.code()).collect();
    let kept = if languages == Language::all() { String::new() } else { codes.join(" ") };
    let change = (rows::languages.eq(kept), rows::version.eq(rows::version + 1), rows::updated_at.eq(now));
    diesel::update(rows::table.find(MAIN)).set(change).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_name_of_a_host_alone() {
        for (typed, kept) in [
            ("CH.Example.com", "ch.example.com"),
            (" tea.example.com. ", "tea.example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("茶.example", "xn--cl1a.example"),
            ("a.localhost", "a.localhost"),
        ] {
            assert_eq!(domain(typed).as_deref(), Some(kept), "{typed}");
        }
        for odd in [
            "",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "https://x.example",
            "x.example/path",
            "x.example:80",
            "-a.example",
            "a b.example",
            "a..b",
            "*.example",
        ] {
            assert_eq!(domain(odd), None, "{odd}");
        }
    }
}
