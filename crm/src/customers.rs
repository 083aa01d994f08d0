//! A customer exists from the first order, sign-up or import on, with or without a login. One mail address, one customer.

use crate::CustomerId;
use crate::activities::{self, Activity, Kind};
use crate::email::Email;
use crate::identities;
use crate::schema::customers;
use crate::segments::{self, Why};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, on_each, prepared, token};
use std::collections::HashMap;

/// The customers of which the key `$key` begins with a text, at most `$limit` in its order.
macro_rules! begins {
    ($conn:expr, $key:expr, $text:expr, $limit:expr) => {{
        let key = $text.trim().to_lowercase();
        match $conn {
            // SQLite compares bytes, so that a range of the index is the beginning; PostgreSQL has an index for patterns.
            Conn::Sqlite(c) => {
                let range = $key.ge(&key).and($key.lt(format!("{key}{}", char::MAX)));
                customers::table.filter(range).order($key).limit($limit).select(Customer::as_select()).load(c).map_err(kernel::Error::from)
            }
            Conn::Postgres(c) => {
                let pattern = format!("{}%", key.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_"));
                let like = $key.like(pattern).escape('\\');
                customers::table.filter(like).order($key).limit($limit).select(Customer::as_select()).load(c).map_err(kernel::Error::from)
            }
        }
    }};
}

#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = customers)]
pub struct Customer {
    pub id: CustomerId,
    pub email: String,
    pub name: String,
    pub phone: String,
    pub language: String,
    pub tags: String,
    pub note: String,
    pub created_at: Time,
    pub updated_at: Time,
    /// When the person was erased. What is left is a number that the books refer to.
    pub erased_at: Option<Time>,
    /// Whom they were merged into. Their number stands for that one then.
    pub merged_into: Option<CustomerId>,
    /// Month and day of their birthday (`05-31`); empty where they did not say it ([`crate::birthdays`]).
    pub birthday: String,
}

/// What is known of somebody when they first appear.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    pub email: Email,
    pub name: String,
    pub phone: String,
    pub language: String,
}

/// The customer of this address, created if new. What a stranger types at checkout never overwrites what is stored; an empty
/// name or phone is filled in.
pub fn ensure(conn: &mut Conn, new: &NewCustomer, now: Time) -> Result<CustomerId> {
    let (id, changed) = meet(conn, new, now)?;
    if changed {
        segments::follow(conn, id, Why::Profile, now)?;
    }
    Ok(id)
}

/// [`ensure`] for whoever has the customer's segments follow in the same transaction anyway, as an order does. Also answers whether
/// anything was written.
pub fn meet(conn: &mut Conn, new: &NewCustomer, now: Time) -> Result<(CustomerId, bool)> {
    let key = new.email.key();
    if let Some(found) = find_by_email(conn, &new.email)? {
        let changed = fill_in(conn, &found, new, now)?;
        return Ok((found.id, changed));
    }
    let row = (
        customers::email.eq(new.email.as_str()),
        customers::email_key.eq(&key),
        customers::name.eq(&new.name),
        customers::name_key.eq(name_key(&new.name)),
        customers::phone.eq(&new.phone),
        customers::language.eq(&new.language),
        customers::created_at.eq(now),
        customers::updated_at.eq(now),
    );
    let insert = diesel::insert_into(customers::table).values(row).on_conflict_do_nothing().returning(customers::id);
    let added: Option<CustomerId> = prepared!(conn, insert => get_result).optional()?;
    if let Some(id) = added {
        return Ok((id, true));
    }
    Ok((find_by_email(conn, &new.email)?.ok_or(Error::NotFound)?.id, false))
}

/// A name as it is looked for.
pub(crate) fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn fill_in(conn: &mut Conn, found: &Customer, new: &NewCustomer, now: Time) -> Result<bool> {
    let name = if found.name.is_empty() { &new.name } else { &found.name };
    let phone = if found.phone.is_empty() { &new.phone } else { &found.phone };
    let changes = *name != found.name || *phone != found.phone;
    if changes {
        diesel::update(customers::table.find(found.id).filter(customers::erased_at.is_null()))
            .set((
                customers::name.eq(name),
                customers::name_key.eq(name_key(name)),
                customers::phone.eq(phone),
                customers::updated_at.eq(now),
            ))
            .execute(conn)?;
    }
    Ok(changes)
}

pub fn get(conn: &mut Conn, id: CustomerId) -> Result<Customer> {
    Ok(on_each!(conn, c => customers::table.find(id).select(Customer::as_select()).first(c))?)
}

/// A customer who was neither erased nor merged into another; `NotFound` otherwise.
pub fn known(conn: &mut Conn, id: CustomerId) -> Result<Customer> {
    let found = get(conn, id)?;
    if found.erased_at.is_some() || found.merged_into.is_some() { Err(Error::NotFound) } else { Ok(found) }
}

/// Whether a customer was erased.
pub fn erased(conn: &mut Conn, id: CustomerId) -> Result<bool> {
    let at: Option<Time> = on_each!(conn, c => customers::table.find(id).select(customers::erased_at).first(c))?;
    Ok(at.is_some())
}

/// A customer's name, which may be empty, and mail address.
pub fn name_and_email(conn: &mut Conn, id: CustomerId) -> Result<(String, String)> {
    let own = customers::table.find(id).select((customers::name, customers::email));
    Ok(on_each!(conn, c => own.first(c))?)
}

/// [`name_and_email`] of several.
pub fn names_and_emails(conn: &mut Conn, ids: &[CustomerId]) -> Result<HashMap<CustomerId, (String, String)>> {
    match ids {
        [] => return Ok(HashMap::new()),
        [id] => return Ok(HashMap::from([(*id, name_and_email(conn, *id)?)])),
        _ => {}
    }
    let query = customers::table.filter(customers::id.eq_any(ids.to_vec())).select((customers::id, customers::name, customers::email));
    let rows: Vec<(CustomerId, String, String)> = on_each!(conn, c => query.load(c))?;
    Ok(rows.into_iter().map(|(id, name, email)| (id, (name, email))).collect())
}

/// What to call a customer: the name, or else the mail address.
pub fn called(conn: &mut Conn, id: CustomerId) -> Result<String> {
    let (name, email) = name_and_email(conn, id)?;
    Ok(if name.is_empty() { email } else { name })
}

/// The customer who is known by this address: the one whose it is, or whom they were merged into.
pub fn find_by_email(conn: &mut Conn, email: &Email) -> Result<Option<Customer>> {
    match identities::by_address(conn, email)? {
        Some(Customer { id, merged_into: Some(_), .. }) => {
            let standing = identities::standing(conn, id)?;
            get(conn, standing).map(Some)
        }
        found => Ok(found),
    }
}

/// What a customer may change about themselves.
pub fn update_profile(conn: &mut Conn, id: CustomerId, name: &str, phone: &str, language: &str, now: Time) -> Result<()> {
    // A form of somebody who was erased meanwhile brings nothing back.
    let standing = customers::erased_at.is_null().and(customers::merged_into.is_null());
    diesel::update(customers::table.find(id).filter(standing))
        .set((
            customers::name.eq(name),
            customers::name_key.eq(name_key(name)),
            customers::phone.eq(phone),
            customers::language.eq(language),
            customers::updated_at.eq(now),
        ))
        .execute(conn)?;
    changed(conn, id, now)?;
    segments::follow(conn, id, Why::Profile, now)
}

/// Tells programs that something about a customer changed.
pub(crate) fn changed(conn: &mut Conn, id: CustomerId, now: Time) -> Result<()> {
    let event = Event::CustomerChanged { customer: id.0 };
    events::record(conn, "customers", &format!("{id}:{}", token::random()), &event, now).map(drop)
}

/// Locks a customer to the end of the transaction, before they are read to be changed. `Conflict` when they were changed since `seen`,
/// `NotFound` for one who was erased.
pub fn begin_edit(conn: &mut Conn, id: CustomerId, seen: Time, now: Time) -> Result<()> {
    let claim = diesel::update(customers::table.find(id))
        .filter(customers::erased_at.is_null())
        .filter(customers::updated_at.eq(seen))
        .set(customers::updated_at.eq(now));
    if claim.execute(conn)? == 1 {
        return Ok(());
    }
    known(conn, id)?;
    Err(Error::conflict("customer-stale"))
}

/// Tags and note, as staff write them or an import brings them. Tags stand with a comma and a space between them, which is how rules look
/// for one.
pub fn annotate(conn: &mut Conn, id: CustomerId, tags: &str, note: &str, now: Time) -> Result<()> {
    let before = known(conn, id)?.note;
    let tags = self::tags(tags).join(", ");
    diesel::update(customers::table.find(id))
        .set((customers::tags.eq(tags), customers::note.eq(note), customers::updated_at.eq(now)))
        .execute(conn)?;
    changed(conn, id, now)?;
    segments::follow(conn, id, Why::Profile, now)?;
    if before == note || note.is_empty() {
        return Ok(());
    }
    let written = Activity {
        customer: Some(id),
        trail: None,
        kind: Kind::NoteWritten,
        at: now,
        source: "notes",
        dedupe_key: &format!("{id}:{}", now.and_utc().timestamp_micros()),
        subject: None,
        amount: None,
        detail: note,
    };
    activities::record(conn, &written).map(drop)
}

/// The first customers whose mail address or name begins with `text`, whatever the case of its letters; by mail address and then by name.
pub fn named(conn: &mut Conn, text: &str, limit: i64) -> Result<Vec<Customer>> {
    let mut found: Vec<Customer> = Vec::new();
    let mut both = begins(conn, text, limit, Key::Email)?;
    both.extend(begins(conn, text, limit, Key::Name)?);
    for mut one in both {
        // Whoever looks for somebody who was merged finds the survivor.
        if one.merged_into.is_some() {
            let standing = identities::standing(conn, one.id)?;
            one = get(conn, standing)?;
        }
        if found.iter().all(|known| known.id != one.id) {
            found.push(one);
        }
    }
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// What a customer is looked for by.
enum Key {
    Email,
    Name,
}

fn begins(conn: &mut Conn, text: &str, limit: i64, by: Key) -> Result<Vec<Customer>> {
    match by {
        Key::Email => begins!(conn, customers::email_key, text, limit),
        Key::Name => begins!(conn, customers::name_key, text, limit),
    }
}

/// The tags in a text with commas between them, each once.
pub fn tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(|tag| tag.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|tag| !tag.is_empty()) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// The customers with these ids that there are.
pub fn of(conn: &mut Conn, ids: &[CustomerId]) -> Result<Vec<Customer>> {
    let these = customers::table.filter(customers::id.eq_any(ids.to_vec()));
    Ok(on_each!(conn, c => these.select(Customer::as_select()).load(c))?)
}

/// How many customers there are.
pub fn count(conn: &mut Conn) -> Result<i64> {
    Ok(customers::table.filter(customers::merged_into.is_null()).count().get_result(conn)?)
}

/// Customers in order of id, after `after`, without those who were erased or merged into others: for exports.
pub fn after(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Customer>> {
    Ok(customers::table
        .filter(customers::id.gt(CustomerId(after)))
        .filter(customers::erased_at.is_null())
        .filter(customers::merged_into.is_null())
        .order(customers::id)
        .limit(limit)
        .select(Customer::as_select())
        .load(conn)?)
}
