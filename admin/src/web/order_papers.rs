//! What leaves the house about an order: its invoice and credit notes, packing slips, and mails sent again.

use super::desk::Desk;
use super::order::address;
use actix_web::{HttpResponse, web};
use chrono::NaiveDateTime;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result, mail};
use serde_json::{Value, json};
use storefront::documents::{self, print, ubl};
use storefront::ids::{DocumentId, ShipmentId};
use storefront::orders::{self, Order};
use storefront::web::orders::{pdf, xml};
use storefront::web::posted::Posted;
use storefront::web::words::Words;

/// Documents and mails of an order, for its page.
pub fn views(conn: &mut Conn, order: &Order) -> Result<Value> {
    let mut papers = Vec::new();
    for one in documents::of_order(conn, order.id)? {
        papers.push(json!({ "id": one.id, "kind": one.kind, "label": one.label, "total": one.money()?, "at": one.issued_at,
            "ubl": ubl::possible(&one, &one.content()?)? }));
    }
    let mails: Vec<Value> = storefront::mails::of_order(conn, order)?
        .iter()
        .map(|mail| {
            let sent = mail.sent_at.map(|at| at.to_string()).unwrap_or_default();
            json!({ "id": mail.id, "subject": mail.subject, "recipient": mail.recipient, "state": mail.state, "at": mail.created_at,
                "sent_at": mail.sent_at, "sent": sent, "again": matches!(mail.state.as_str(), "sent" | "failed" | "unknown") })
        })
        .collect();
    Ok(json!({ "documents": papers, "mails": mails, "can_invoice": documents::can_issue(conn, order)? }))
}

/// The words of the order's language: what is put into its parcel or sent to its buyer.
fn words(desk: &Desk, language: &str) -> Result<Words> {
    Words::of(&desk.door.templates, Language::parse(language).unwrap_or_default())
}

pub async fn slip(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    let asked = number.clone();
    let (language, slip) = desk
        .read(move |conn| {
            let order = orders::get_by_number(conn, &asked)?;
            Ok((order.language.clone(), print::of_order(conn, &order)?))
        })
        .await?;
    let words = words(&desk, &language)?;
    Ok(pdf(&format!("{number}-packing-slip"), print::slip(&slip, &words)?))
}

pub async fn parcel_slip(desk: Desk, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, shipment) = path.into_inner();
    let asked = number.clone();
    let (language, slip) = desk
        .read(move |conn| {
            let order = orders::get_by_number(conn, &asked)?;
            Ok((order.language.clone(), print::of_shipment(conn, &order, ShipmentId(shipment))?))
        })
        .await?;
    let words = words(&desk, &language)?;
    Ok(pdf(&format!("{number}-packing-slip-{shipment}"), print::slip(&slip, &words)?))
}

pub async fn document(desk: Desk, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let document = desk
        .read(move |conn| {
            let order = orders::get_by_number(conn, &number)?;
            documents::get_of(conn, order.id, DocumentId(id))
        })
        .await?;
    let words = words(&desk, &document.content()?.language)?;
    Ok(pdf(&document.label, print::invoice(&document, &words)?))
}

pub async fn document_ubl(desk: Desk, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let document = desk
        .read(move |conn| {
            let order = orders::get_by_number(conn, &number)?;
            documents::get_of(conn, order.id, DocumentId(id))
        })
        .await?;
    let words = words(&desk, &document.content()?.language)?;
    Ok(xml(&document.label, ubl::xml(&document, &words)?))
}

pub async fn issue(desk: Desk, number: web::Path<String>, _: Posted) -> Result<HttpResponse> {
    let asked = number.clone();
    let done = desk
        .write(move |conn, act| {
            let order = orders::get_by_number(conn, &asked)?;
            documents::issue_invoice(conn, order.id, act.now)?;
            let issued = documents::of_order(conn, order.id)?.last().map(|one| one.label.clone());
            act.log(conn, "order.invoice", &format!("order:{asked}"), &Value::Null, &json!({ "invoice": issued }))
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(&number), "admin-invoice-issued")),
        Err(error) => desk.explained(&address(&number), error),
    }
}

/// Sends a mail of the order once more. The form says when it was last sent, so that a second click sends nothing.
pub async fn resend(desk: Desk, path: web::Path<(String, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let asked = number.clone();
    let seen = sent_at(&posted)?;
    let done = desk
        .write(move |conn, act| {
            let order = orders::get_by_number(conn, &asked)?;
            let order = orders::lock(conn, order.id, act.now)?;
            let mails = storefront::mails::of_order(conn, &order)?;
            let before = mails.into_iter().find(|mail| mail.id == id).ok_or(Error::NotFound)?;
            mail::resend(conn, id, seen, act.now)?;
            orders::note(conn, order.id, "mail_resent", &before.subject, &act.actor, act.now)?;
            let was = json!({ "mail": id, "state": before.state, "sent_at": before.sent_at });
            act.log(conn, "order.mail", &format!("order:{asked}"), &was, &json!({ "mail": id, "state": "queued" }))
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(&number), "admin-mail-queued-again")),
        Err(error) => desk.explained(&address(&number), error),
    }
}

/// When a form saw its mail sent; a made-up moment is `NotFound`.
pub fn sent_at(posted: &Posted) -> Result<Option<NaiveDateTime>> {
    let text = posted.get("sent");
    if text.is_empty() {
        return Ok(None);
    }
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(Some).map_err(|_| Error::NotFound)
}
