//! Old addresses and where they lead.

use super::desk::{Desk, ROWS, refusal};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::redirects::{self, RedirectId};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["from", "to"];

/// The list with the form below it; `?edit=3` fills the form with that redirect.
pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let form = match desk.query("edit").parse().ok().map(RedirectId) {
        None => Form::new(NAMES),
        Some(id) => {
            let known = desk.read(move |conn| redirects::get(conn, id)).await?;
            Form::new(NAMES).fill("from", known.path).fill("to", known.target)
        }
    };
    show(&desk, StatusCode::OK, form).await
}

async fn show(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (text, before) = (desk.query("q"), desk.after().map(RedirectId));
    let asked = text.clone();
    let rows = desk.read(move |conn| redirects::list(conn, &asked, before, ROWS)).await?;
    let next = desk.next(rows.len(), rows.last().map(|row| row.id.0));
    desk.page_as(status, "admin/redirects.html", "admin-redirects", json!({ "rows": rows, "q": text, "next": next, "form": form }))
}

pub async fn set(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    // A whole address of this shop, pasted from the browser, stands for its path.
    let base = desk.door.config.base_url.clone();
    let own = |name: &str| {
        let typed = posted.get(name).trim();
        let path = typed.strip_prefix(base.as_str()).filter(|path| path.is_empty() || path.starts_with(['/', '?'])).unwrap_or(typed);
        if path.is_empty() && !typed.is_empty() { "/".to_string() } else { path.to_string() }
    };
    let (from, to) = (own("from"), own("to"));
    let stored = desk
        .write(move |conn, act| {
            let before = redirects::list(conn, &from, None, ROWS)?.into_iter().find(|known| known.path == from);
            let id = redirects::set(conn, &from, &to)?;
            let after = redirects::get(conn, id)?;
            act.log(conn, "redirect.set", &format!("redirect:{}", after.path), &before, &after)
        })
        .await;
    match stored {
        Ok(()) => Ok(desk.done("/admin/redirects", "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

pub async fn delete(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = RedirectId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = redirects::get(conn, id)?;
            redirects::remove(conn, id)?;
            act.log(conn, "redirect.delete", &format!("redirect:{}", before.path), &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done("/admin/redirects", "admin-deleted")),
        Err(error) => Err(error),
    }
}
