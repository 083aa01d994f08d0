//! Who may work in the back office: a password (argon2id) and sessions on the server that can be revoked.

use crate::StaffId;
use crate::schema::{staff, staff_sessions as sessions};
use chrono::TimeDelta;
use crm::email::Email;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, token};
use std::collections::HashMap;

/// How long a session lasts without signing in again.
pub const SESSION_HOURS: i64 = 12;

/// Somebody who works in the shop.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = staff)]
pub struct Staff {
    pub id: StaffId,
    pub email: String,
    pub name: String,
    /// Somebody who left keeps their place in the history and cannot sign in.
    pub active: bool,
    pub created_at: Time,
}

impl Staff {
    /// How histories name somebody: by id, so that a name is never frozen into an order.
    pub fn actor(&self) -> String {
        format!("staff:{}", self.id)
    }
}

/// Adds somebody with the hash of their password. `Invalid` when the address is taken or the name is no name.
pub fn add(conn: &mut Conn, email: &Email, name: &str, hash: &str, now: Time) -> Result<StaffId> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::field("name", "must be 1 to 100 characters"));
    }
    let row = (
        staff::email.eq(email.as_str()),
        staff::email_key.eq(email.key()),
        staff::name.eq(name),
        staff::password_hash.eq(hash),
        staff::created_at.eq(now),
    );
    let added = on_each!(conn, c => diesel::insert_into(staff::table).values(row).on_conflict_do_nothing().execute(c))?;
    if added == 0 {
        return Err(Error::field("email", "has an account already; `regulars staff reset` gives it a new password"));
    }
    Ok(staff::table.filter(staff::email_key.eq(email.key())).select(staff::id).first(conn)?)
}

/// Everybody, by name.
pub fn list(conn: &mut Conn) -> Result<Vec<Staff>> {
    Ok(staff::table.order((staff::name, staff::id)).select(Staff::as_select()).load(conn)?)
}

/// The names behind the actors of histories.
pub fn names(conn: &mut Conn) -> Result<HashMap<String, String>> {
    Ok(list(conn)?.into_iter().map(|one| (one.actor(), one.name)).collect())
}

/// Gives somebody a new password, lets them in again if they were shut out, and ends their sessions.
pub fn reset(conn: &mut Conn, email: &Email, hash: &str) -> Result<()> {
    let id = id_of(conn, email)?;
    diesel::update(staff::table.find(id)).set((staff::password_hash.eq(hash), staff::active.eq(true))).execute(conn)?;
    close_all(conn, id)
}

/// Shuts somebody out at once.
pub fn deactivate(conn: &mut Conn, email: &Email) -> Result<()> {
    let id = id_of(conn, email)?;
    diesel::update(staff::table.find(id)).set(staff::active.eq(false)).execute(conn)?;
    close_all(conn, id)
}

fn id_of(conn: &mut Conn, email: &Email) -> Result<StaffId> {
    let found: Option<StaffId> = staff::table.filter(staff::email_key.eq(email.key())).select(staff::id).first(conn).optional()?;
    found.ok_or_else(|| Error::field("email", "has no account here"))
}

/// Id and password hash of an active account, for signing in.
pub fn login(conn: &mut Conn, email: &Email) -> Result<Option<(StaffId, String)>> {
    Ok(staff::table
        .filter(staff::email_key.eq(email.key()))
        .filter(staff::active)
        .select((staff::id, staff::password_hash))
        .first(conn)
        .optional()?)
}

/// Opens a session; the token goes into a cookie and is kept here only as a hash. Sessions that ran out go.
pub fn open_session(conn: &mut Conn, id: StaffId, token: &str, now: Time) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(now))).execute(conn)?;
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(token::hash(token)),
            sessions::staff_id.eq(id),
            sessions::created_at.eq(now),
            sessions::expires_at.eq(now + TimeDelta::hours(SESSION_HOURS)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whose session this is; nobody's when it ran out, was closed, or they left.
pub fn session(conn: &mut Conn, token: &str, now: Time) -> Result<Option<Staff>> {
    Ok(sessions::table
        .inner_join(staff::table.on(staff::id.eq(sessions::staff_id)))
        .filter(sessions::token_hash.eq(token::hash(token)))
        .filter(sessions::expires_at.gt(now))
        .filter(staff::active)
        .select(Staff::as_select())
        .first(conn)
        .optional()?)
}

/// Ends one session.
pub fn close_session(conn: &mut Conn, token: &str) -> Result<()> {
    diesel::delete(sessions::table.find(token::hash(token))).execute(conn)?;
    Ok(())
}

fn close_all(conn: &mut Conn, id: StaffId) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::staff_id.eq(id))).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::clock::Clock;

    #[test]
    fn a_session_ends_by_time_by_hand_and_by_a_new_password() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        let email = Email::parse("Mei@shop.test", "email").expect("an address");
        let (add_email, again) = (email.clone(), email.clone());
        let id = db.write_now(move |conn| add(conn, &add_email, "Mei", "hash", now)).expect("added");
        assert!(matches!(db.write_now(move |conn| add(conn, &again, "Mei", "hash", now)), Err(Error::Invalid(_))));
        for token in ["one", "two", "three"] {
            db.write_now(move |conn| open_session(conn, id, token, now)).expect("opened");
        }
        let who = |token: &'static str, at: Time| db.read_now(|conn| session(conn, token, at)).expect("reads").map(|one| one.name);
        assert_eq!(who("one", now).as_deref(), Some("Mei"));
        assert_eq!(who("other", now), None);
        assert_eq!(who("one", now + TimeDelta::hours(SESSION_HOURS)), None);
        db.write_now(|conn| close_session(conn, "one")).expect("closed");
        assert_eq!(who("one", now), None);
        assert_eq!(who("two", now).as_deref(), Some("Mei"));
        let (reset_email, gone) = (email.clone(), email.clone());
        db.write_now(move |conn| reset(conn, &reset_email, "other hash")).expect("reset");
        assert_eq!(who("two", now), None);
        db.write_now(move |conn| deactivate(conn, &gone)).expect("shut out");
        assert!(db.read_now(|conn| login(conn, &email)).expect("reads").is_none());
    }
}
