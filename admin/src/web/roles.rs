//! What each role may do.

use super::desk::Desk;
use super::forms;
use super::stale::{self, Label, Refused};
use crate::RoleId;
use crate::permissions::{Grants, Permission};
use crate::roles::{self, Role};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const LIST: &str = "/admin/staff/roles";

/// The name of a permission's checkbox and of its text: a dot had better not be in an element's id or in a key.
fn word(permission: Permission) -> String {
    permission.as_str().replace(['.', '_'], "-")
}

fn names() -> Vec<String> {
    std::iter::once("name".to_string()).chain(Permission::ALL.iter().map(|one| word(*one))).collect()
}

fn blank() -> Form {
    Form::new(&names().iter().map(String::as_str).collect::<Vec<_>>())
}

fn filled(name: &str, grants: &Grants) -> Form {
    Permission::ALL.iter().fold(blank().fill("name", name), |form, one| form.fill(&word(*one), forms::tick(grants.may(*one))))
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let own = desk.grants().clone();
    let rows = desk
        .read(move |conn| {
            let mut rows = Vec::new();
            for role in roles::list(conn)? {
                let grants = roles::grants(conn, Some(role.id))?;
                rows.push(json!({ "id": role.id, "label": role.label(), "preset": role.preset, "people": roles::people(conn, role.id)?,
                    "allowed": grants.0.len(), "second_factor": role.second_factor, "within": own.cover(&grants) }));
            }
            Ok(rows)
        })
        .await?;
    desk.page("admin/roles.html", "admin-roles", json!({ "roles": rows, "all": Permission::ALL.len() }))
}

/// Stores for each role the person may change whether it demands a second factor.
pub async fn demand(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let own = desk.grants().clone();
    desk.write(move |conn, act| {
        for role in roles::list(conn)? {
            let wanted = posted.ticked(&format!("demand-{}", role.id));
            let grants = roles::grants(conn, Some(role.id))?;
            if role.second_factor == wanted || !own.cover(&grants) {
                continue;
            }
            roles::demand_second_factor(conn, role.id, wanted, &own)?;
            let (before, after) = (json!({ "second_factor": role.second_factor }), json!({ "second_factor": wanted }));
            act.log(conn, "role.second_factor", &format!("role:{}", role.id), &before, &after)?;
        }
        Ok(())
    })
    .await?;
    Ok(desk.done(LIST, "admin-saved"))
}

/// The form for a role of the shop's own; `?from=3` begins with what that role allows.
pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let form = match desk.query("from").parse().ok().map(RoleId) {
        None => blank(),
        Some(from) => {
            let grants = desk
                .read(move |conn| {
                    roles::get(conn, from)?;
                    roles::grants(conn, Some(from))
                })
                .await?;
            filled("", &grants)
        }
    };
    show(&desk, StatusCode::OK, None, form)
}

/// A role with what it allows.
fn load(conn: &mut Conn, id: RoleId) -> Result<(Role, Grants, i64)> {
    Ok((roles::get(conn, id)?, roles::grants(conn, Some(id))?, roles::people(conn, id)?))
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = RoleId(*id);
    let (role, grants, people) = desk.read(move |conn| load(conn, id)).await?;
    let form = filled(&role.name, &grants).sealed();
    show(&desk, StatusCode::OK, Some((&role, people)), form)
}

fn show(desk: &Desk, status: StatusCode, role: Option<(&Role, i64)>, form: Form) -> Result<HttpResponse> {
    // In groups by what they are about, in the order of the list.
    let mut groups: Vec<(&str, Vec<Value>)> = Vec::new();
    for permission in Permission::ALL {
        let about = permission.as_str().split('.').next().unwrap_or_default();
        // Nobody gives what they do not have; what the role has already still shows.
        let shown = json!({ "name": word(*permission), "locked": !desk.may(*permission) });
        match groups.iter_mut().find(|(group, _)| *group == about) {
            Some((_, members)) => members.push(shown),
            None => groups.push((about, vec![shown])),
        }
    }
    let groups: Vec<Value> =
        groups.into_iter().map(|(group, members)| json!({ "name": group.replace('_', "-"), "permissions": members })).collect();
    let view = json!({ "id": role.map(|(role, _)| role.id), "label": role.map(|(role, _)| role.label()), "groups": groups, "form": form,
        "fixed": role.is_some_and(|(role, _)| role.preset.is_some()), "people": role.map_or(0, |(_, people)| people) });
    let label = role.map_or_else(|| "admin-role-new".to_string(), |(role, _)| role.label());
    desk.page_as(status, "admin/role.html", &label, view)
}

fn read(posted: &Posted) -> (String, Grants) {
    let ticked = Permission::ALL.iter().copied().filter(|one| posted.ticked(&word(*one)));
    (posted.get("name").to_string(), Grants(ticked.collect()))
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let ((name, grants), own) = (read(&posted), desk.grants().clone());
    let made = desk
        .write(move |conn, act| {
            let id = roles::create(conn, &name, &grants, &own, act.now)?;
            act.log(conn, "role.create", &format!("role:{id}"), &Value::Null, &json!({ "name": name, "allows": grants }))
        })
        .await;
    match made {
        Ok(()) => Ok(desk.done(LIST, "admin-saved")),
        Err(error) => refused(&desk, error, None, &posted, &blank()),
    }
}

fn refused(desk: &Desk, error: Error, role: Option<(&Role, i64)>, posted: &Posted, stored: &Form) -> Result<HttpResponse> {
    let (names, words) = (names(), desk.words()?);
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    // A box that the person may not touch is not sent, and says nothing.
    let locked = |name: &str| Permission::ALL.iter().any(|one| word(*one) == name && !desk.may(*one));
    let label = |name: &str| {
        let key = if name == "name" { "admin-role-name".to_string() } else { format!("admin-may-{name}") };
        (!locked(name)).then(|| Label { text: words.get(&key), ..Label::default() })
    };
    let of = Refused { form: blank().typed(posted.pairs()), order: &order, stored, label: &label };
    let (status, form) = stale::refused(posted, error, of, &words)?;
    show(desk, status, role, form)
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, (name, grants), own) = (RoleId(*id), read(&posted), desk.grants().clone());
    let typed = posted.clone();
    let saved = desk
        .write(move |conn, act| {
            let (role, before, _) = load(conn, id)?;
            stale::check(&filled(&role.name, &before), &typed)?;
            roles::update(conn, id, &name, &grants, &own)?;
            let (before, after) = (json!({ "name": role.name, "allows": before }), json!({ "name": name, "allows": grants }));
            act.log(conn, "role.save", &format!("role:{id}"), &before, &after)
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(LIST, "admin-saved")),
        Err(error) => {
            let (role, stored, people) = desk.read(move |conn| load(conn, id)).await?;
            refused(&desk, error, Some((&role, people)), &posted, &filled(&role.name, &stored))
        }
    }
}

pub async fn remove(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let (id, own) = (RoleId(*id), desk.grants().clone());
    let gone = desk
        .write(move |conn, act| {
            let (role, before, _) = load(conn, id)?;
            roles::remove(conn, id, &own)?;
            act.log(conn, "role.remove", &format!("role:{id}"), &json!({ "name": role.name, "allows": before }), &Value::Null)
        })
        .await;
    match gone {
        // Removed twice is removed.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(LIST, "admin-deleted")),
        Err(error) => desk.explained(LIST, error),
    }
}
