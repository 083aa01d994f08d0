//! What other systems call what the shop has: one number of each system for each thing, and one thing for each number.

use crate::schema::external_refs as refs;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::said;
use kernel::{Conn, Error, Result, on_each, token, words};
use std::collections::HashMap;

/// The longest external id and name of a system, in characters.
const ID: usize = 100;
const SYSTEM: usize = 40;

words!(Kind { Order = "order", Customer = "customer", Company = "company" });

/// Fails with `Invalid` unless this can be an external id.
pub fn check(text: &str) -> Result<()> {
    let fine = !text.trim().is_empty() && text.trim() == text && text.chars().count() <= ID && !text.chars().any(char::is_control);
    if fine { Ok(()) } else { Err(Error::field("external_id", "erp-reference-invalid")) }
}

/// The same for the name of a system.
pub fn check_system(text: &str) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    let fine = (1..=SYSTEM).contains(&text.len()) && text.bytes().all(plain);
    if fine { Ok(()) } else { Err(Error::field("system", "erp-system-invalid")) }
}

/// What is left of the number of somebody who was erased: enough to know it again.
fn erased(external_id: &str) -> String {
    format!("erased:{}", token::hash(external_id))
}

/// What a system calls by this number; somebody who was erased, too.
pub fn find(conn: &mut Conn, kind: Kind, system: &str, external_id: &str) -> Result<Option<i64>> {
    let either = vec![external_id.to_string(), erased(external_id)];
    let found = refs::table
        .filter(refs::kind.eq(kind))
        .filter(refs::system.eq(system))
        .filter(refs::external_id.eq_any(either))
        .select(refs::internal_id);
    Ok(found.first(conn).optional()?)
}

/// What a system calls these; what it has no number for is left out.
pub fn of(conn: &mut Conn, kind: Kind, system: &str, ids: &[i64]) -> Result<HashMap<i64, String>> {
    let own = refs::table
        .filter(refs::kind.eq(kind))
        .filter(refs::system.eq(system))
        .filter(refs::internal_id.eq_any(ids.to_vec()))
        .select((refs::internal_id, refs::external_id));
    let found: Vec<(i64, String)> = own.load(conn)?;
    Ok(found.into_iter().collect())
}

/// Keeps what a system calls something; false when it was kept before. `Conflict` when the number, or the thing, has another.
pub fn set(conn: &mut Conn, kind: Kind, system: &str, external_id: &str, id: i64, now: Time) -> Result<bool> {
    let row = (
        refs::kind.eq(kind),
        refs::system.eq(system),
        refs::external_id.eq(external_id),
        refs::internal_id.eq(id),
        refs::created_at.eq(now),
    );
    // Whoever says the same at once waits here, and then finds it said.
    if on_each!(conn, c => diesel::insert_into(refs::table).values(row).on_conflict_do_nothing().execute(c))? == 1 {
        return Ok(true);
    }
    match find(conn, kind, system, external_id)? {
        Some(other) if other == id => Ok(false),
        Some(_) => Err(Error::conflict(said("erp-reference-taken", &[("reference", &external_id)]))),
        None => {
            let own = of(conn, kind, system, &[id])?.remove(&id).unwrap_or_default();
            Err(Error::conflict(said("erp-reference-other", &[("reference", &own)])))
        }
    }
}

/// What all systems call somebody, for themselves to see.
pub fn of_customer(conn: &mut Conn, customer: i64) -> Result<Vec<(String, String)>> {
    let own = refs::table
        .filter(refs::kind.eq(Kind::Customer))
        .filter(refs::internal_id.eq(customer))
        .order(refs::id)
        .select((refs::system, refs::external_id));
    Ok(own.load(conn)?)
}

/// Keeps of the numbers of somebody who is erased only what knows them again, so that no row brings them back.
pub(crate) fn forget(conn: &mut Conn, customer: i64) -> Result<()> {
    for (system, external_id) in of_customer(conn, customer)? {
        if external_id.starts_with("erased:") {
            continue;
        }
        let own = refs::table.filter(refs::kind.eq(Kind::Customer)).filter(refs::system.eq(&system)).filter(refs::internal_id.eq(customer));
        diesel::update(own).set(refs::external_id.eq(erased(&external_id))).execute(conn)?;
    }
    Ok(())
}
