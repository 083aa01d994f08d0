//! The categories of the forum.

use super::desk::{Desk, refusal};
use crate::forum::{self, Category, CategoryId};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const HERE: &str = "/admin/forum/categories";
const FIELDS: &[&str] = &["name", "position"];

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    page(&desk, StatusCode::OK, None, Form::new(FIELDS)).await
}

/// The page; `refused` is the category whose form was refused, or the form is that of a new one.
async fn page(desk: &Desk, status: StatusCode, refused: Option<CategoryId>, typed: Form) -> Result<HttpResponse> {
    let all = desk.read(forum::categories).await?;
    let view = |one: &Category| {
        let form = match refused {
            Some(id) if id == one.id => typed.clone(),
            _ => Form::new(FIELDS).fill("name", one.name.as_str()).fill("position", one.position.to_string()),
        };
        json!({ "id": one.id, "name": one.name, "form": form, "seen": one.version })
    };
    let blank = if refused.is_some() { Form::new(FIELDS) } else { typed.clone() };
    let of = refused.map_or_else(|| "-new".to_string(), |id| format!("-{id}"));
    let view = json!({ "rows": all.iter().map(view).collect::<Vec<Value>>(), "form": blank, "typed": typed, "of": of });
    desk.page_as(status, "admin/forum_categories.html", "admin-forum-categories", view)
}

fn position(posted: &Posted) -> Result<i64> {
    match posted.get("position").trim() {
        "" => Ok(0),
        _ => posted.number("position", "admin-number-invalid"),
    }
}

async fn refused(desk: &Desk, id: Option<CategoryId>, posted: &Posted, error: Error) -> Result<HttpResponse> {
    let (status, wrong) = refusal(error)?;
    page(desk, status, id, Form::new(FIELDS).typed(posted.pairs()).refuse(FIELDS, &wrong)).await
}

pub async fn add(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    let done = desk.write(move |conn, act| {
        let id = forum::add(conn, form.get("name"), position(&form)?)?;
        let after = forum::category(conn, id)?;
        act.log(conn, "forum.category", "forum_categories", &Value::Null, &after)
    });
    match done.await {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => refused(&desk, None, &posted, error).await,
    }
}

pub async fn change(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, form) = (CategoryId(*id), posted.clone());
    let done = desk.write(move |conn, act| {
        let before = forum::category(conn, id)?;
        forum::put(conn, id, form.get("name"), position(&form)?, form.id("seen")?)?;
        let after = forum::category(conn, id)?;
        act.log(conn, "forum.category", "forum_categories", &before, &after)
    });
    match done.await {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => refused(&desk, Some(id), &posted, error).await,
    }
}

pub async fn remove(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = CategoryId(*id);
    let done = desk.write(move |conn, act| {
        let before = forum::category(conn, id)?;
        forum::remove(conn, id)?;
        act.log(conn, "forum.category", "forum_categories", &before, &Value::Null)
    });
    match done.await {
        // Taken away twice is taken away.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(HERE, "admin-deleted")),
        Err(error) => desk.explained(HERE, error),
    }
}
