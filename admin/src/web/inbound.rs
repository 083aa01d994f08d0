//! The mails that came in, as they came and as they are read.

use super::desk::{Desk, ROWS};
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use crm::inbound::mailbox;
use crm::inbound::{self, Fate, Filter, InboundId, Letter, Stored};
use crm::tickets;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};
use serde_json::{Value, json};
use storefront::stores::MAIN;
use storefront::web::posted::Posted;

/// The HTML of somebody else: it stands in a frame of ours, with nothing fetched, run, filled in or led to.
const POLICY: &str = "default-src 'none'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox";

/// Mails that were left in the mailbox which the page of the list names.
const REFUSED: i64 = 10;

/// The word of what became of a mail, for addresses and texts.
fn word(fate: Fate) -> &'static str {
    if fate == Fate::Waiting { "waiting" } else { fate.as_str() }
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (from, fate) = (desk.query("q").trim().to_string(), desk.query("fate"));
    let wanted = Filter {
        fate: Fate::ALL.iter().copied().find(|known| word(*known) == fate),
        from: Some(from.clone()).filter(|from| !from.is_empty()),
        before: desk.after().map(InboundId),
    };
    let source = desk.door.config.inbound.imap.as_ref().map(|imap| imap.source());
    let (found, fetched) = desk.read(move |conn| Ok((inbound::list(conn, &wanted, ROWS)?, fetched(conn, source.as_deref())?))).await?;
    let next = desk.next(found.len(), found.last().map(|mail| mail.id));
    let fates: Vec<&str> = Fate::ALL.iter().copied().map(word).collect();
    let mails: Vec<Value> = found.iter().map(told).collect();
    desk.page(
        "admin/inbound.html",
        "admin-inbound",
        json!({ "q": from, "fate": fate, "fates": fates, "mails": mails, "next": next, "mailbox": fetched }),
    )
}

/// How it goes with the mailbox that mails are fetched from; nothing without one.
fn fetched(conn: &mut Conn, source: Option<&str>) -> Result<Value> {
    let Some(source) = source else { return Ok(Value::Null) };
    let known = mailbox::of(conn, source)?;
    let refused = known.as_ref().map_or(Ok(Vec::new()), |known| mailbox::refused(conn, known.id, REFUSED))?;
    let (looked_at, failing_since) = known.as_ref().map_or((None, None), |known| (known.looked_at, known.failing_since));
    let failed = known.map_or(String::new(), |known| known.failed);
    Ok(json!({ "source": source, "looked_at": looked_at, "failed": failed, "failing_since": failing_since, "refused": refused }))
}

/// A mail as its lists and its page tell it.
fn told(mail: &Stored) -> Value {
    let from = if mail.from_email.is_empty() { mail.sender.clone().unwrap_or_default() } else { mail.from_email.clone() };
    json!({ "id": mail.id, "subject": mail.subject, "from": from, "name": mail.from_name, "to": mail.recipients, "way": mail.way,
        "nature": mail.nature, "fate": word(mail.fate), "received_at": mail.received_at, "size": mail.size, "bounced": mail.bounced_mail_id })
}

pub async fn show(desk: Desk, id: web::Path<InboundId>) -> Result<HttpResponse> {
    let id = *id;
    let (stored, letter, ticket) = desk
        .read(move |conn| {
            let (stored, letter) = letter(conn, id)?;
            let ticket = stored.ticket_id.map(|ticket| tickets::get(conn, ticket)).transpose()?;
            Ok((stored, letter, ticket.map(|ticket| ticket.number)))
        })
        .await?;
    let files: Vec<Value> = letter.files.iter().map(|file| json!({ "name": file.name, "size": file.bytes.len() })).collect();
    let complaint = letter.complaint.as_ref().map(|complaint| format!("{} {}", complaint.recipient, complaint.kind));
    let report = letter.report.as_ref().map(|report| format!("{} {}", report.recipient, report.status)).or(complaint);
    let title = if stored.subject.is_empty() { "admin-inbound-untitled" } else { stored.subject.as_str() };
    let view = json!({ "mail": told(&stored), "text": letter.text, "folded": letter.folded, "html": letter.html.is_some(),
        "files": files, "ticket": ticket, "report": report });
    desk.page("admin/inbound_mail.html", title, view)
}

fn letter(conn: &mut Conn, id: InboundId) -> Result<(Stored, Letter)> {
    let stored = inbound::get(conn, id)?;
    let raw = inbound::raw(conn, id)?;
    let to: Vec<String> = stored.recipients.split_whitespace().map(str::to_string).collect();
    let letter = inbound::read(&raw, stored.sender.as_deref(), &to);
    Ok((stored, letter))
}

pub async fn html(desk: Desk, id: web::Path<InboundId>) -> Result<HttpResponse> {
    let id = *id;
    let (_, letter) = desk.read(move |conn| letter(conn, id)).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(letter.html.unwrap_or_default()))
}

/// The mail as it came, as a file: no browser shows it.
pub async fn raw(desk: Desk, id: web::Path<InboundId>) -> Result<HttpResponse> {
    let id = *id;
    let raw = desk.read(move |conn| inbound::raw(conn, id)).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"mail-{id}.eml\"")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(raw))
}

/// Opens a request for a mail that was only kept: somebody read it and thinks that it wants an answer.
pub async fn take_up(desk: Desk, id: web::Path<InboundId>, _: Posted) -> Result<HttpResponse> {
    let (id, language) = (*id, Language::default().code());
    let page = format!("/admin/inbound/{id}");
    // Read before the transaction, which others wait for.
    let (stored, letter) = desk.read(move |conn| letter(conn, id)).await?;
    let done = desk.write(move |conn, act| {
        let ticket = inbound::take_up(conn, id, &letter, (MAIN.0, language), act.now)?;
        let number = tickets::get(conn, ticket)?.number;
        let after = json!({ "fate": Fate::Opened, "ticket": number });
        act.log(conn, "inbound.take-up", &format!("inbound:{id}"), &json!({ "fate": stored.fate }), &after)
    });
    match done.await {
        Ok(()) => Ok(desk.done(&page, "admin-inbound-taken-up")),
        Err(error) => desk.explained(&page, error),
    }
}
