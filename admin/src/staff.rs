//! The people who work in the shop.

use crate::permissions::Grants;
use crate::roles;
use crate::schema::staff;
use crate::{RoleId, StaffId, sessions};
use crm::email::Email;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use std::collections::HashMap;

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
    /// Without a role nothing is allowed.
    pub role_id: Option<RoleId>,
    /// The code of the language they are written to in.
    pub language: String,
    pub last_seen_at: Option<Time>,
}

impl Staff {
    /// How histories name somebody: by id, so that a name is never frozen into an order.
    pub fn actor(&self) -> String {
        format!("staff:{}", self.id)
    }
}

/// Somebody about to be added.
#[derive(Clone, Debug)]
pub struct Newcomer {
    pub email: Email,
    pub name: String,
    /// The hash of their password.
    pub hash: String,
    pub role: RoleId,
    /// The code of a language.
    pub language: String,
}

/// Adds somebody. `Invalid` when the address is taken or the name is no name.
pub fn add(conn: &mut Conn, newcomer: &Newcomer, now: Time) -> Result<StaffId> {
    let row = (
        staff::email.eq(newcomer.email.as_str()),
        staff::email_key.eq(newcomer.email.key()),
        staff::name.eq(checked_name(&newcomer.name)?),
        staff::password_hash.eq(&newcomer.hash),
        staff::role_id.eq(newcomer.role),
        staff::language.eq(&newcomer.language),
        staff::created_at.eq(now),
    );
    let added = on_each!(conn, c => diesel::insert_into(staff::table).values(row).on_conflict_do_nothing().execute(c))?;
    if added == 0 {
        return Err(Error::field("email", "admin-staff-known"));
    }
    Ok(staff::table.filter(staff::email_key.eq(newcomer.email.key())).select(staff::id).first(conn)?)
}

/// A name on one line. `Invalid` when it is none.
pub fn checked_name(name: &str) -> Result<String> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        1..=100 if !name.chars().any(char::is_control) => Ok(name),
        0 => Err(Error::field("name", "admin-required")),
        _ => Err(Error::field("name", "admin-too-long")),
    }
}

/// Everybody, by name.
pub fn list(conn: &mut Conn) -> Result<Vec<Staff>> {
    Ok(staff::table.order((staff::name, staff::id)).select(Staff::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: StaffId) -> Result<Staff> {
    Ok(staff::table.find(id).select(Staff::as_select()).first(conn)?)
}

/// Whether somebody with this address works or worked here.
pub fn known(conn: &mut Conn, email: &Email) -> Result<bool> {
    let found: i64 = staff::table.filter(staff::email_key.eq(email.key())).count().get_result(conn)?;
    Ok(found > 0)
}

/// The names behind the actors of histories.
pub fn names(conn: &mut Conn) -> Result<HashMap<String, String>> {
    Ok(list(conn)?.into_iter().map(|one| (one.actor(), one.name)).collect())
}

/// The person with this address. `Invalid` when there is none.
pub fn by_email(conn: &mut Conn, email: &Email) -> Result<Staff> {
    let found = staff::table.filter(staff::email_key.eq(email.key())).select(Staff::as_select()).first(conn).optional()?;
    found.ok_or_else(|| Error::field("email", "has no account here"))
}

/// Gives somebody a new password, lets them in again if they were shut out, and ends their sessions: for whoever runs the server.
pub fn reset(conn: &mut Conn, id: StaffId, hash: &str) -> Result<()> {
    diesel::update(staff::table.find(id)).set(staff::active.eq(true)).execute(conn)?;
    set_password(conn, id, hash, None)
}

/// Changes a password and ends every session but `keep`, given by its key.
pub fn set_password(conn: &mut Conn, id: StaffId, hash: &str, keep: Option<&str>) -> Result<()> {
    diesel::update(staff::table.find(id)).set(staff::password_hash.eq(hash)).execute(conn)?;
    sessions::end_others(conn, id, keep)
}

/// The stored hash of somebody's password.
pub fn password_hash(conn: &mut Conn, id: StaffId) -> Result<String> {
    Ok(staff::table.find(id).select(staff::password_hash).first(conn)?)
}

/// Somebody to be managed by a person with the grants `by`. `NotFound` when there is no such person; `Conflict` when their role
/// allows more than `by`: a manager does not shut an owner out.
pub fn within_reach(conn: &mut Conn, id: StaffId, by: &Grants) -> Result<Staff> {
    let person = get(conn, id)?;
    if by.cover(&roles::grants(conn, person.role_id)?) { Ok(person) } else { Err(Error::conflict("admin-staff-above")) }
}

/// Gives somebody another role. `Conflict` when they are the last active owner and would not be one any more.
pub fn give_role(conn: &mut Conn, id: StaffId, role: RoleId) -> Result<()> {
    let preset = roles::get(conn, role)?.preset;
    if preset != Some(crate::permissions::Preset::Owner) {
        roles::keep_an_owner(conn, id)?;
    }
    diesel::update(staff::table.find(id)).set(staff::role_id.eq(role)).execute(conn)?;
    Ok(())
}

/// Shuts somebody out at once. `Conflict` when they are the last active owner.
pub fn deactivate(conn: &mut Conn, id: StaffId) -> Result<()> {
    roles::keep_an_owner(conn, id)?;
    diesel::update(staff::table.find(id)).set(staff::active.eq(false)).execute(conn)?;
    crm::routing::leave(conn, id.0)?;
    sessions::end_others(conn, id, None)
}

/// Lets somebody in again who was shut out, with the password and second factor they had.
pub fn reactivate(conn: &mut Conn, id: StaffId) -> Result<()> {
    diesel::update(staff::table.find(id)).set(staff::active.eq(true)).execute(conn)?;
    Ok(())
}

/// What signing in needs to know of an active account.
pub struct Login {
    pub id: StaffId,
    pub hash: String,
    /// Whether the password alone does not do.
    pub second_factor: bool,
}

/// The active account of an address, for signing in.
pub fn login(conn: &mut Conn, email: &Email) -> Result<Option<Login>> {
    // One query, so that a known address takes no longer than another.
    let found: Option<(StaffId, String, bool)> = staff::table
        .filter(staff::email_key.eq(email.key()))
        .filter(staff::active)
        .select((staff::id, staff::password_hash, staff::totp_secret.is_not_null()))
        .first(conn)
        .optional()?;
    Ok(found.map(|(id, hash, second_factor)| Login { id, hash, second_factor }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Preset;
    use kernel::clock::Clock;

    fn newcomer(name: &str, role: RoleId) -> Newcomer {
        let email = Email::parse(&format!("{name}@shop.test"), "email").expect("an address");
        Newcomer { email, name: name.into(), hash: "hash".into(), role, language: "en".into() }
    }

    #[test]
    fn an_address_works_here_once() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            roles::set_up(conn, now)?;
            let agent = roles::of_preset(conn, Preset::Agent)?;
            let id = add(conn, &newcomer("Mei", agent), now)?;
            assert!(matches!(add(conn, &newcomer("mei", agent), now), Err(Error::Invalid(_))));
            let nameless = Newcomer { name: " ".into(), ..newcomer("li", agent) };
            assert!(matches!(add(conn, &nameless, now), Err(Error::Invalid(_))));
            let email = newcomer("MEI", agent).email;
            assert_eq!(login(conn, &email)?.map(|login| (login.id, login.second_factor)), Some((id, false)));
            deactivate(conn, id)?;
            assert!(login(conn, &email)?.is_none());
            reset(conn, id, "other hash")?;
            assert_eq!(login(conn, &email)?.map(|login| login.hash).as_deref(), Some("other hash"));
            Ok(())
        })
        .expect("people");
    }

    #[test]
    fn the_last_active_owner_stays() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            roles::set_up(conn, now)?;
            let (owner, agent) = (roles::of_preset(conn, Preset::Owner)?, roles::of_preset(conn, Preset::Agent)?);
            let (ann, ben) = (add(conn, &newcomer("Ann", owner), now)?, add(conn, &newcomer("Ben", owner), now)?);
            deactivate(conn, ben)?;
            assert!(matches!(deactivate(conn, ann), Err(Error::Conflict(_))));
            assert!(matches!(give_role(conn, ann, agent), Err(Error::Conflict(_))));
            give_role(conn, ann, owner)?;
            reactivate(conn, ben)?;
            give_role(conn, ann, agent)?;
            assert!(matches!(give_role(conn, ben, agent), Err(Error::Conflict(_))));
            deactivate(conn, ann)?;
            let manager = Preset::Manager.grants();
            assert!(matches!(within_reach(conn, ben, &manager), Err(Error::Conflict(_))));
            assert_eq!(within_reach(conn, ann, &manager)?.name, "Ann");
            assert!(matches!(within_reach(conn, StaffId(999), &manager), Err(Error::NotFound)));
            Ok(())
        })
        .expect("people");
    }
}
