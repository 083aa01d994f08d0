//! Customers by what the ERP calls them.

use super::refs::{self, Kind};
use super::{Act, Became, Done, tried};
use crm::customers::{self as people, NewCustomer};
use crm::email::Email;
use crm::{CustomerId, identities};
use kernel::events::{self, Event};
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::Value;

/// Somebody. What is left out stays as it is. What they allow is said by themselves, and not by an ERP.
#[derive(Clone, Debug, Default)]
pub struct CustomerRow {
    pub external_id: String,
    pub email: String,
    pub name: Option<String>,
    pub phone: Option<String>,
    /// The code of a language that the shop speaks.
    pub language: Option<String>,
    /// With commas between, in place of those they have.
    pub tags: Option<String>,
    pub note: Option<String>,
}

/// Adds customers, and changes those that are known by their external ids, or by their mail addresses as long as they have none.
pub fn customers(conn: &mut Conn, rows: &[CustomerRow], act: &Act) -> Result<Vec<Done>> {
    rows.iter().map(|row| tried(conn, |conn| put(conn, row, act))).collect()
}

fn within(text: &Option<String>, field: &str, most: usize) -> Result<()> {
    let odd = |text: &String| text.chars().count() > most || text.chars().any(|c| c.is_control() && !"\n\r\t".contains(c));
    if text.as_ref().is_some_and(odd) { Err(Error::field(field, "field-too-long")) } else { Ok(()) }
}

fn put(conn: &mut Conn, row: &CustomerRow, act: &Act) -> Result<Became> {
    refs::check(&row.external_id)?;
    let email = Email::parse(&row.email, "email")?;
    within(&row.name, "name", 200)?;
    within(&row.phone, "phone", 40)?;
    within(&row.tags, "tags", 2000)?;
    within(&row.note, "note", 5000)?;
    if row.language.as_ref().is_some_and(|code| Language::parse(code).is_none()) {
        return Err(Error::field("language", "erp-language"));
    }
    let (id, created) = person(conn, row, &email, act)?;
    let named = refs::set(conn, Kind::Customer, act.system, &row.external_id, id.0, act.now);
    // Two rows of two systems' customers who were merged here are about one person.
    let linked = match named {
        Err(Error::Conflict(why)) => match known(conn, row, act)? {
            Some(standing) if standing == id => false,
            _ => return Err(Error::Conflict(why)),
        },
        named => named?,
    };
    let before = people::known(conn, id)?;
    let or = |wanted: &Option<String>, stored: &str| wanted.as_deref().map_or_else(|| stored.to_string(), |text| text.trim().to_string());
    let (name, phone, language) = (or(&row.name, &before.name), or(&row.phone, &before.phone), or(&row.language, &before.language));
    let mut changed = linked;
    if (&name, &phone, &language) != (&before.name, &before.phone, &before.language) {
        people::update_profile(conn, id, &name, &phone, &language, act.now)?;
        changed = true;
    }
    let tags = row.tags.as_ref().map_or_else(|| before.tags.clone(), |tags| people::tags(tags).join(", "));
    let note = or(&row.note, &before.note);
    if (&tags, &note) != (&before.tags, &before.note) {
        people::annotate(conn, id, &tags, &note, act.now)?;
        changed = true;
    }
    let (subject, after) = (format!("customer:{id}"), people::known(conn, id)?);
    match (created, changed) {
        (true, _) => {
            act.note(conn, "customer.add", &subject, &Value::Null, &after)?;
            Ok(Became::Created)
        }
        (false, true) => {
            act.note(conn, "customer.edit", &subject, &before, &after)?;
            Ok(Became::Changed)
        }
        (false, false) => Ok(Became::Unchanged),
    }
}

/// Whom the ERP calls so: who they are by now.
fn known(conn: &mut Conn, row: &CustomerRow, act: &Act) -> Result<Option<CustomerId>> {
    match refs::find(conn, Kind::Customer, act.system, &row.external_id)? {
        Some(id) => identities::standing(conn, CustomerId(id)).map(Some),
        None => Ok(None),
    }
}

/// The customer that a row is about, and whether they are new.
fn person(conn: &mut Conn, row: &CustomerRow, email: &Email, act: &Act) -> Result<(CustomerId, bool)> {
    if let Some(id) = known(conn, row, act)? {
        if people::erased(conn, id)? {
            return Err(Error::conflict("erp-customer-erased"));
        }
        // The mail address is what somebody signs in with: it is theirs to change.
        if identities::emails(conn, id)?.iter().all(|own| own.to_lowercase() != email.key()) {
            return Err(Error::conflict("erp-email-differs"));
        }
        return Ok((id, false));
    }
    if let Some(found) = people::find_by_email(conn, email)? {
        return Ok((found.id, false));
    }
    let language = row.language.clone().unwrap_or_else(|| Language::default().code().to_string());
    let id = people::ensure(conn, &NewCustomer { email: email.clone(), name: String::new(), phone: String::new(), language }, act.now)?;
    // As when they join by themselves, which then says nothing new.
    events::record(conn, "logins", &format!("joined:{id}"), &Event::CustomerJoined { customer: id.0 }, act.now)?;
    Ok((id, true))
}

/// The customer of an address, added when there is none.
pub(super) fn of_address(conn: &mut Conn, email: &Email, act: &Act) -> Result<CustomerId> {
    person(conn, &CustomerRow::default(), email, act).map(|(id, _)| id)
}
