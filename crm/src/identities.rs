//! Who a customer's number stands for. After a merge the number of the one who was merged stands for the survivor, whichever order, link
//! or page it comes from; their row stays, with the mail address by which they are still known.

use crate::CustomerId;
use crate::customers::Customer;
use crate::email::Email;
use crate::schema::customers;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use std::collections::HashMap;

/// Merges of merges that are followed; more of them are a circle.
const DEEPEST: usize = 100;

/// Whoever a number stands for now: the customer themselves, or who they were merged into. `NotFound` for a number that nobody has.
pub fn standing(conn: &mut Conn, id: CustomerId) -> Result<CustomerId> {
    let mut id = id;
    for _ in 0..DEEPEST {
        let into: Option<CustomerId> = on_each!(conn, c => customers::table.find(id).select(customers::merged_into).first(c))?;
        match into {
            Some(into) => id = into,
            None => return Ok(id),
        }
    }
    Err(Error::unexpected(format!("customer {id} was merged in a circle")))
}

/// [`standing`], held to the end of the transaction: who erases or merges them comes before this or after it. `None` of somebody who was
/// erased. On SQLite there is one writer, and what was read in the transaction stays true.
pub fn hold(conn: &mut Conn, id: CustomerId) -> Result<Option<CustomerId>> {
    let mut id = id;
    for _ in 0..DEEPEST {
        let columns = (customers::merged_into, customers::erased_at);
        let (into, erased): (Option<CustomerId>, Option<Time>) = match conn {
            Conn::Sqlite(c) => customers::table.find(id).select(columns).first(c)?,
            Conn::Postgres(c) => customers::table.find(id).select(columns).for_key_share().first(c)?,
        };
        match into {
            Some(into) => id = into,
            None => return Ok(erased.is_none().then_some(id)),
        }
    }
    Err(Error::unexpected(format!("customer {id} was merged in a circle")))
}

/// [`hold`], and against everybody else who does: of two who add up what there is of a customer and add to it, the second waits for the
/// first and counts what it added.
pub fn hold_alone(conn: &mut Conn, id: CustomerId) -> Result<Option<CustomerId>> {
    let Some(id) = hold(conn, id)? else { return Ok(None) };
    if let Conn::Postgres(c) = conn {
        customers::table.find(id).select(customers::id).for_no_key_update().first::<CustomerId>(c)?;
    }
    Ok(Some(id))
}

/// Locks customers against everybody who adds something about them, in the order of their numbers.
pub(crate) fn lock(conn: &mut Conn, ids: [CustomerId; 2]) -> Result<()> {
    if let Conn::Postgres(c) = conn {
        let both = customers::table.filter(customers::id.eq_any(ids)).order(customers::id).select(customers::id);
        both.for_update().load::<CustomerId>(c)?;
    }
    Ok(())
}

/// A customer and everybody who was merged into them, themselves first.
pub fn all(conn: &mut Conn, id: CustomerId) -> Result<Vec<CustomerId>> {
    let mut found = vec![id];
    let mut at = 0;
    while let Some(into) = found.get(at).copied() {
        let more: Vec<CustomerId> = on_each!(conn, c => customers::table
            .filter(customers::merged_into.eq(into))
            .order(customers::id)
            .select(customers::id)
            .load(c))?;
        found.extend(more.into_iter().filter(|one| *one != id));
        at += 1;
    }
    Ok(found)
}

/// Everybody who was merged into one of these, directly or through others, each with whom of them.
pub fn merged_into(conn: &mut Conn, ids: &[CustomerId]) -> Result<HashMap<CustomerId, CustomerId>> {
    let mut found: HashMap<CustomerId, CustomerId> = HashMap::new();
    let mut last: Vec<CustomerId> = ids.to_vec();
    for _ in 0..DEEPEST {
        let rows = customers::table.filter(customers::merged_into.eq_any(last)).select((customers::id, customers::merged_into));
        let rows: Vec<(CustomerId, Option<CustomerId>)> = rows.load(conn)?;
        last = Vec::with_capacity(rows.len());
        for (id, into) in rows {
            let Some(into) = into else { continue };
            found.insert(id, found.get(&into).copied().unwrap_or(into));
            last.push(id);
        }
        if last.is_empty() {
            return Ok(found);
        }
    }
    Err(Error::unexpected("customers were merged in a circle"))
}

/// The mail addresses by which a customer is known, their own first.
pub fn emails(conn: &mut Conn, id: CustomerId) -> Result<Vec<String>> {
    let ids = all(conn, id)?;
    let mut emails = Vec::with_capacity(ids.len());
    for id in ids {
        emails.push(on_each!(conn, c => customers::table.find(id).select(customers::email).first(c))?);
    }
    Ok(emails)
}

/// The row that carries a mail address, also when it was merged into another: what a login belongs to.
pub fn by_address(conn: &mut Conn, email: &Email) -> Result<Option<Customer>> {
    Ok(on_each!(conn, c => customers::table.filter(customers::email_key.eq(email.key())).select(Customer::as_select()).first(c))
        .optional()?)
}

/// Which of these were merged into others.
pub fn merged_among(conn: &mut Conn, ids: &[CustomerId]) -> Result<Vec<CustomerId>> {
    let merged = customers::table.filter(customers::id.eq_any(ids.to_vec())).filter(customers::merged_into.is_not_null());
    Ok(merged.select(customers::id).load(conn)?)
}
