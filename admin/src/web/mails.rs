//! The mails the shop sent or has to send.

use super::desk::{Desk, ROWS};
use super::order_papers::sent_at;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use kernel::{Result, mail};
use serde_json::json;
use storefront::web::posted::Posted;

/// A mail's own page may style itself and show pictures, and do nothing else: no script, no form, no way out of its frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox";
const STATES: &[&str] = &["queued", "sending", "sent", "failed", "unknown"];

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/mails").get(list))
        .service(web::resource("/mails/{id}").get(show))
        .service(web::resource("/mails/{id}/html").get(html))
        .service(web::resource("/mails/{id}/resend").post(resend));
}

async fn list(desk: Desk) -> Result<HttpResponse> {
    let (to, state) = (desk.query("q").trim().to_string(), desk.query("state"));
    let recipient = Some(to.clone()).filter(|to| !to.is_empty());
    let (wanted, before) = (state.clone(), desk.after());
    let found = desk
        .read(move |conn| match STATES.contains(&wanted.as_str()) {
            true => mail::list_in(conn, &wanted, recipient.as_deref(), before, ROWS),
            false => mail::list(conn, recipient.as_deref(), before, ROWS),
        })
        .await?;
    let next = desk.next(found.len(), found.last().map(|mail| mail.id));
    desk.page("admin/mails.html", "admin-mails", json!({ "q": to, "state": state, "states": STATES, "mails": found, "next": next }))
}

async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = *id;
    let mail = desk.read(move |conn| mail::get(conn, id)).await?;
    let title = mail.subject.clone();
    let sent = mail.sent_at.map(|at| at.to_string()).unwrap_or_default();
    desk.page("admin/mail.html", &title, json!({ "mail": mail, "sent": sent }))
}

async fn html(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = *id;
    let mail = desk.read(move |conn| mail::get(conn, id)).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(mail.body_html))
}

async fn resend(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = *id;
    let (seen, page) = (sent_at(&posted)?, format!("/admin/mails/{id}"));
    let done = desk.write(move |conn, act| {
        let before = mail::get(conn, id)?;
        mail::resend(conn, id, seen, act.now)?;
        act.log(conn, "mail.resend", &format!("mail:{id}"), &json!({ "state": before.state }), &json!({ "state": "queued" }))
    });
    match done.await {
        Ok(()) => Ok(desk.done(&page, "admin-mail-queued-again")),
        Err(error) => desk.explained(&page, error),
    }
}
