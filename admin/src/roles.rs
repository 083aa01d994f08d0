//! Roles as data: those that come with the shop, and those a shop makes for itself.

use crate::permissions::{Grants, Permission, Preset};
use crate::schema::{role_permissions as granted, roles, staff, staff_invitations as invitations};
use crate::{RoleId, StaffId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;
use std::collections::BTreeSet;

/// A set of permissions with a name.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = roles)]
pub struct Role {
    pub id: RoleId,
    /// Which of the shop's presets it is; none for a role of the shop's own.
    pub preset: Option<Preset>,
    /// The preset's word, or the name people gave it.
    pub name: String,
    /// Whether everybody in this role must sign in with a second factor.
    pub second_factor: bool,
    pub created_at: Time,
}

impl Role {
    /// The key of its name's text, or the name itself.
    pub fn label(&self) -> String {
        self.preset.map_or_else(|| self.name.clone(), |preset| format!("admin-role-{}", preset.as_str()))
    }
}

/// Makes the preset roles, and brings what they allow up to date with this version. The first time, everybody who was here before
/// there were roles becomes an owner. Changes nothing when all is in place.
pub fn set_up(conn: &mut Conn, now: Time) -> Result<()> {
    for preset in Preset::ALL {
        let row = (roles::preset.eq(preset.as_str()), roles::name.eq(preset.as_str()), roles::created_at.eq(now));
        let added = on_each!(conn, c => diesel::insert_into(roles::table).values(row).on_conflict_do_nothing().execute(c))?;
        let id = of_preset(conn, *preset)?;
        set_grants(conn, id, &preset.grants())?;
        if added == 1 && *preset == Preset::Owner {
            diesel::update(staff::table.filter(staff::role_id.is_null())).set(staff::role_id.eq(id)).execute(conn)?;
        }
    }
    Ok(())
}

/// The role of a preset.
pub fn of_preset(conn: &mut Conn, preset: Preset) -> Result<RoleId> {
    let found: Option<RoleId> = roles::table.filter(roles::preset.eq(preset.as_str())).select(roles::id).first(conn).optional()?;
    found.ok_or_else(|| Error::unexpected(format!("there is no role {}", preset.as_str())))
}

/// The role with this name, a preset's word or one the shop gave. `Invalid` when there is none.
pub fn find(conn: &mut Conn, name: &str) -> Result<Role> {
    let found = roles::table.filter(roles::name.eq(name)).select(Role::as_select()).first(conn).optional()?;
    found.ok_or_else(|| Error::field("role", "is no role of this shop"))
}

/// The presets, then the shop's own by age.
pub fn list(conn: &mut Conn) -> Result<Vec<Role>> {
    Ok(roles::table.order(roles::id).select(Role::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: RoleId) -> Result<Role> {
    Ok(roles::table.find(id).select(Role::as_select()).first(conn)?)
}

/// What a role allows; nothing without a role. Words of another version that this one does not know allow nothing.
pub fn grants(conn: &mut Conn, role: Option<RoleId>) -> Result<Grants> {
    let Some(role) = role else { return Ok(Grants::default()) };
    let words: Vec<String> = granted::table.filter(granted::role_id.eq(role)).select(granted::permission).load(conn)?;
    Ok(Grants(words.iter().filter_map(|word| Permission::parse(word)).collect()))
}

/// How many people have the role, whether they are active or not.
pub fn people(conn: &mut Conn, role: RoleId) -> Result<i64> {
    Ok(staff::table.filter(staff::role_id.eq(role)).count().get_result(conn)?)
}

/// Makes a role of the shop's own, by somebody with the grants `by`. `Invalid` when the name is none or taken; `Conflict` when it
/// would allow more than `by`.
pub fn create(conn: &mut Conn, name: &str, grants: &Grants, by: &Grants, now: Time) -> Result<RoleId> {
    let name = checked_name(name)?;
    within(by, grants)?;
    let row = (roles::name.eq(&name), roles::created_at.eq(now));
    let added = on_each!(conn, c => diesel::insert_into(roles::table).values(row).on_conflict_do_nothing().execute(c))?;
    if added == 0 {
        return Err(Error::field("name", "admin-role-name-taken"));
    }
    let id = roles::table.filter(roles::name.eq(&name)).select(roles::id).first(conn)?;
    set_grants(conn, id, grants)?;
    Ok(id)
}

/// Changes a role of the shop's own. `Conflict` for a preset, and when the role allows or would allow more than `by`.
pub fn update(conn: &mut Conn, id: RoleId, name: &str, grants: &Grants, by: &Grants) -> Result<()> {
    own(conn, id, by)?;
    let name = checked_name(name)?;
    within(by, grants)?;
    let taken: i64 = roles::table.filter(roles::name.eq(&name)).filter(roles::id.ne(id)).count().get_result(conn)?;
    if taken > 0 {
        return Err(Error::field("name", "admin-role-name-taken"));
    }
    diesel::update(roles::table.find(id)).set(roles::name.eq(&name)).execute(conn)?;
    set_grants(conn, id, grants)
}

/// Removes a role of the shop's own that nobody has and nobody is invited to. `Conflict` otherwise.
pub fn remove(conn: &mut Conn, id: RoleId, by: &Grants) -> Result<()> {
    own(conn, id, by)?;
    let invited: i64 = invitations::table.filter(invitations::role_id.eq(id)).count().get_result(conn)?;
    if people(conn, id)? > 0 || invited > 0 {
        return Err(Error::conflict("admin-role-in-use"));
    }
    set_grants(conn, id, &Grants::default())?;
    diesel::delete(roles::table.find(id)).execute(conn)?;
    Ok(())
}

/// Says whether everybody in a role must sign in with a second factor. `Conflict` when the role is above `by`.
pub fn demand_second_factor(conn: &mut Conn, id: RoleId, demanded: bool, by: &Grants) -> Result<()> {
    let theirs = grants(conn, Some(id))?;
    within(by, &theirs)?;
    diesel::update(roles::table.find(id)).set(roles::second_factor.eq(demanded)).execute(conn)?;
    Ok(())
}

/// Nobody gives what they do not have.
pub fn within(by: &Grants, grants: &Grants) -> Result<()> {
    if by.cover(grants) { Ok(()) } else { Err(Error::conflict("admin-role-beyond")) }
}

/// Holds the owners' role to the end of the transaction and fails with `Conflict` when nobody active has it besides `besides`. So
/// two owners cannot shut each other out at once.
pub fn keep_an_owner(conn: &mut Conn, besides: StaffId) -> Result<()> {
    let owner = of_preset(conn, Preset::Owner)?;
    diesel::update(roles::table.find(owner)).set(roles::preset.eq(Preset::Owner.as_str())).execute(conn)?;
    let active = |conn: &mut Conn, id: Option<StaffId>| -> Result<i64> {
        let mut query = staff::table.filter(staff::role_id.eq(owner)).filter(staff::active).into_boxed();
        query = match id {
            Some(id) => query.filter(staff::id.eq(id)),
            None => query.filter(staff::id.ne(besides)),
        };
        Ok(query.count().get_result(conn)?)
    };
    if active(conn, Some(besides))? > 0 && active(conn, None)? == 0 {
        return Err(Error::conflict("admin-staff-last-owner"));
    }
    Ok(())
}

/// Checks that the role can be changed by somebody with the grants `by`.
fn own(conn: &mut Conn, id: RoleId, by: &Grants) -> Result<()> {
    if get(conn, id)?.preset.is_some() {
        return Err(Error::conflict("admin-role-fixed"));
    }
    let before = grants(conn, Some(id))?;
    within(by, &before)
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        1..=60 if !name.chars().any(char::is_control) => Ok(name),
        0 => Err(Error::field("name", "admin-required")),
        _ => Err(Error::field("name", "admin-too-long")),
    }
}

/// Makes the rows of a role what `wanted` says, and writes only what differs.
fn set_grants(conn: &mut Conn, id: RoleId, wanted: &Grants) -> Result<()> {
    let words: BTreeSet<String> = wanted.0.iter().map(|one| one.as_str().to_string()).collect();
    let before: Vec<String> = granted::table.filter(granted::role_id.eq(id)).select(granted::permission).load(conn)?;
    let gone: Vec<&String> = before.iter().filter(|word| !words.contains(*word)).collect();
    if !gone.is_empty() {
        diesel::delete(granted::table.filter(granted::role_id.eq(id)).filter(granted::permission.eq_any(gone))).execute(conn)?;
    }
    for word in words.iter().filter(|word| !before.contains(word)) {
        let row = (granted::role_id.eq(id), granted::permission.eq(word));
        on_each!(conn, c => diesel::insert_into(granted::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staff::{self, Newcomer};
    use kernel::clock::Clock;

    #[test]
    fn presets_are_made_once_and_follow_the_program() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            set_up(conn, now)?;
            set_up(conn, now)?;
            assert_eq!(list(conn)?.len(), Preset::ALL.len());
            let agent = of_preset(conn, Preset::Agent)?;
            set_grants(conn, agent, &Grants::default())?;
            set_up(conn, now)?;
            assert_eq!(grants(conn, Some(agent))?, Preset::Agent.grants());
            assert_eq!(grants(conn, None)?, Grants::default());
            Ok(())
        })
        .expect("set up");
    }

    #[test]
    fn nobody_makes_a_role_that_allows_more_than_they_may() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            set_up(conn, now)?;
            let (owner, manager) = (Preset::Owner.grants(), Preset::Manager.grants());
            let keys = Grants([Permission::ApiKeysManage].into());
            assert!(matches!(create(conn, "Keys", &keys, &manager, now), Err(Error::Conflict(_))));
            let id = create(conn, "  Key   holder ", &keys, &owner, now)?;
            assert_eq!(get(conn, id)?.name, "Key holder");
            assert!(matches!(create(conn, "Key holder", &keys, &owner, now), Err(Error::Invalid(_))));
            assert!(matches!(create(conn, "owner", &keys, &owner, now), Err(Error::Invalid(_))), "a preset's word");
            assert!(matches!(update(conn, id, "Key holder", &Grants::default(), &manager), Err(Error::Conflict(_))));
            assert!(matches!(remove(conn, id, &manager), Err(Error::Conflict(_))));
            assert!(matches!(demand_second_factor(conn, id, true, &manager), Err(Error::Conflict(_))));
            let fixed = of_preset(conn, Preset::Agent)?;
            assert!(matches!(update(conn, fixed, "Helpers", &Grants::default(), &owner), Err(Error::Conflict(_))));
            update(conn, id, "Nothing", &Grants::default(), &owner)?;
            assert_eq!(grants(conn, Some(id))?, Grants::default());
            let email = crm::email::Email::parse("ann@shop.test", "email")?;
            let ann = Newcomer { email, name: "Ann".into(), hash: "hash".into(), role: id, language: "en".into() };
            let ann = staff::add(conn, &ann, now)?;
            assert!(matches!(remove(conn, id, &owner), Err(Error::Conflict(_))), "somebody has it");
            staff::give_role(conn, ann, fixed)?;
            remove(conn, id, &owner)?;
            assert!(matches!(get(conn, id), Err(Error::NotFound)));
            Ok(())
        })
        .expect("roles");
    }
}
