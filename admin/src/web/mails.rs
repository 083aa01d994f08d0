//! The mails the shop sent or has to send.

use super::desk::{Desk, ROWS};
use super::order_papers::sent_at;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use kernel::Result;
use kernel::mail::{self, Mail};
use serde_json::json;
use storefront::gift_cards;
use storefront::web::posted::Posted;

/// A mail's own page may style itself and show pictures, and do nothing else: no script, no form, no way out of its frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox";
const STATES: &[&str] = &["queued", "sending", "sent", "failed", "unknown"];

pub async fn list(desk: Desk) -> Result<HttpResponse> {
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

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = *id;
    let mut mail = desk.read(move |conn| mail::get(conn, id)).await?;
    mail.body_text = readable(&mail, &mail.body_text);
    let title = mail.subject.clone();
    let sent = mail.sent_at.map(|at| at.to_string()).unwrap_or_default();
    desk.page("admin/mail.html", &title, json!({ "mail": mail, "sent": sent }))
}

pub async fn html(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = *id;
    let mail = desk.read(move |conn| mail::get(conn, id)).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(readable(&mail, &mail.body_html)))
}

/// What staff may read of a mail: everything but what opens an account or is money.
fn readable(mail: &Mail, body: &str) -> String {
    let body = without_secrets(body);
    if matches!(mail.template.as_str(), "gift_card" | "gift_cards_sold") { gift_cards::masked(&body) } else { body }
}

/// A mail without what only its reader may have: the secret of a link that lets somebody in or sets a password. Whoever reads the
/// shop's mails would otherwise become any customer, or an owner.
fn without_secrets(body: &str) -> String {
    const MARK: &str = "token=";
    let mut parts = body.split(MARK);
    let mut shown = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let end = part.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-' || letter == '_')).unwrap_or(part.len());
        shown.push_str(MARK);
        shown.push('…');
        shown.push_str(&part[end..]);
    }
    shown
}

pub async fn resend(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
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

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn links_in_mails_are_shown_without_their_secrets() {
        let text = "Open\nhttps://shop.test/account/reset?token=aZ0_-9\nor <a href=\"/x?token=abc&amp;y=1\">";
        assert_eq!(without_secrets(text), "Open\nhttps://shop.test/account/reset?token=…\nor <a href=\"/x?token=…&amp;y=1\">");
        assert_eq!(without_secrets("token="), "token=…");
        assert_eq!(without_secrets("nothing"), "nothing");
    }
}
