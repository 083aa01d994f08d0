//! One person who works here: their role, and letting them out and in. Nobody does this to themselves, nor to somebody whose role
//! allows more than their own.

use super::desk::Desk;
use super::staff::choices;
use crate::staff::Staff;
use crate::{RoleId, StaffId, audit, roles, second_factor, sessions, staff};
use actix_web::{HttpResponse, web};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;

/// Changes shown on the page of a person.
const CHANGES: i64 = 10;

fn address(id: StaffId) -> String {
    format!("/admin/staff/{id}")
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, own, grants, now) = (StaffId(*id), desk.staff().id, desk.grants().clone(), desk.door.now());
    let (person, mut view) = desk
        .read(move |conn| {
            let person = staff::get(conn, id)?;
            let theirs = roles::grants(conn, person.role_id)?;
            let all = roles::list(conn)?;
            let role = all.iter().find(|role| Some(role.id) == person.role_id).map(roles::Role::label);
            let choices = choices(conn, &all, |wanted| grants.cover(wanted))?;
            let view = json!({ "id": id, "name": person.name, "email": person.email, "active": person.active, "since": person.created_at,
                "seen": person.last_seen_at, "role": role, "role_id": person.role_id.map(|role| role.to_string()), "roles": choices,
                "own": id == own, "beyond": !grants.cover(&theirs), "sessions": sessions::of(conn, id, now)?.len(),
                "second_factor": second_factor::state(conn, id)?.on, "may": theirs });
            Ok((person, view))
        })
        .await?;
    let subject = person.actor();
    let changes = desk.read(move |conn| audit::of(conn, &subject, CHANGES)).await?;
    view["changes"] = super::audit::rows(&desk, &changes).await?;
    desk.page("admin/person.html", &person.name, view)
}

/// Changes somebody else within reach, records it, and says so on their page.
async fn change(
    desk: &Desk,
    id: i64,
    action: &'static str,
    said: &str,
    mut f: impl FnMut(&mut Conn, &Staff) -> Result<(Value, Value)> + Send + 'static,
) -> Result<HttpResponse> {
    let (id, own, grants) = (StaffId(id), desk.staff().id, desk.grants().clone());
    let done = desk
        .write(move |conn, act| {
            let person = staff::within_reach(conn, id, &grants)?;
            if id == own {
                return Err(Error::conflict("admin-staff-self"));
            }
            let (before, after) = f(conn, &person)?;
            if before == after {
                return Ok(());
            }
            act.log(conn, action, &person.actor(), &before, &after)
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(id), said)),
        Err(error) => desk.explained(&address(id), error),
    }
}

pub async fn role(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (role, grants) = (RoleId(posted.id("role")?), desk.grants().clone());
    change(&desk, *id, "staff.role", "admin-saved", move |conn, person| {
        let new = roles::get(conn, role)?;
        let wanted = roles::grants(conn, Some(role))?;
        roles::within(&grants, &wanted)?;
        let old = person.role_id.map(|old| roles::get(conn, old)).transpose()?;
        staff::give_role(conn, person.id, role)?;
        Ok((json!({ "role": old.map(|old| old.name) }), json!({ "role": new.name })))
    })
    .await
}

pub async fn deactivate(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    change(&desk, *id, "staff.deactivate", "admin-staff-out", |conn, person| {
        staff::deactivate(conn, person.id)?;
        Ok((json!({ "active": person.active }), json!({ "active": false })))
    })
    .await
}

pub async fn reactivate(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    change(&desk, *id, "staff.reactivate", "admin-staff-in", |conn, person| {
        staff::reactivate(conn, person.id)?;
        Ok((json!({ "active": person.active }), json!({ "active": true })))
    })
    .await
}

/// For somebody who lost their app and their recovery codes.
pub async fn second_factor_off(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    change(&desk, *id, "staff.factor_off", "admin-factor-off-theirs", |conn, person| {
        let on = second_factor::state(conn, person.id)?.on;
        second_factor::remove(conn, person.id)?;
        Ok((json!({ "second_factor": on }), json!({ "second_factor": false })))
    })
    .await
}
