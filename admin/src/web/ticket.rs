//! One ticket, with the whole customer beside it.

use super::chat;
use super::customer;
use super::desk::Desk;
use super::disputes;
use super::forum;
use super::ticket_advice;
use super::ticket_cart;
use super::tickets as inbox;
use crate::permissions::Permission;
use crate::{macros, staff, viewers};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::levels;
use crm::tickets::log::What;
use crm::tickets::{self, Author, Eyes, Kind, Message, MessageId, Outcome, PRIORITIES, Ticket};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Money;
use kernel::web::format;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::articles;
use storefront::ids::OrderId;
use storefront::orders;
use storefront::service;
use storefront::web::posted::Posted;
use storefront::web::requests::files::attachment;
use storefront::web::views::form::Form;
use storefront::web::words::Words;
use storefront::{logins, payments, returns, shop};

/// Fields of the forms on the page.
pub const FIELDS: &[&str] = &[
    "body",
    "outcome",
    "note",
    "mention",
    "kind",
    "queue",
    "priority",
    "tags",
    "into",
    "subject",
    "amount",
    "worth",
    "days",
    "files",
    "note_files",
    "claim_reason",
    "claim_about",
    "claim_amount",
    "claim_due",
];
/// Messages on the page.
const MESSAGES: i64 = 50;
/// Entries of the log on the page.
const ENTRIES: i64 = 50;
/// Characters of a message that are shown before somebody asks for all of it.
const CUT: usize = 10_000;

/// The address of a ticket's page.
pub fn address(number: &str) -> String {
    format!("/admin/tickets/{number}")
}

pub async fn show(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    page(&desk, &number, StatusCode::OK, None, &Fields::default()).await
}

/// The page; `posted` is a form that was refused, whose values stay.
pub async fn page(desk: &Desk, number: &str, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let asked = number.to_string();
    let door = desk.door.clone();
    let (words, now, me) = (desk.words()?, desk.door.now(), desk.staff().id);
    let part = Part {
        before: number_of(desk, "before").map(MessageId),
        log: number_of(desk, "log"),
        whole: number_of(desk, "whole").map(MessageId),
    };
    let (whole, reads) = (desk.may(Permission::CustomersView), desk.may(Permission::ForumRead));
    let carts = desk.may(Permission::TicketsCart);
    let (ticket, mut view, chosen) = {
        let chosen = desk.query("macro").parse().ok().map(macros::MacroId);
        desk.read(move |conn| {
            let ticket = tickets::by_number(conn, &asked)?;
            let mut view = load(conn, &ticket, part, &words, now)?;
            view["others"] = json!(viewers::others(conn, ticket.id, me, now)?);
            view["customer"] = beside(conn, &ticket, whole, now)?;
            view["cart"] = if carts { ticket_cart::panel(conn, &ticket, now)? } else { Value::Null };
            view["topics"] = forum::about(conn, &format!("ticket:{}", ticket.number), reads)?;
            let disputed = crm::disputes::of_ticket(conn, &ticket)?;
            view["disputes"] = json!(disputes::rows(conn, &disputed, now)?);
            view["advice"] = ticket_advice::of(&door, conn, &ticket, now)?;
            let chosen = match chosen {
                Some(id) => Some(filled(conn, &ticket, id)?),
                None => None,
            };
            Ok((ticket, view, chosen))
        })
        .await?
    };
    let form = match posted {
        Some(posted) => filed(&ticket).typed(posted.pairs()).refuse(FIELDS, wrong),
        None => filed(&ticket).fill("body", chosen.unwrap_or_default()),
    };
    view["form"] = json!(form);
    // What was typed into a ticket that a colleague merged meanwhile is not lost.
    if let Some(posted) = posted.filter(|_| ticket.merged_into.is_some()) {
        let kept = [("reply", "body"), ("note", "note")].into_iter().find(|(_, field)| !posted.get(field).trim().is_empty());
        view["kept"] = json!(kept.map(|(act, field)| json!({ "act": act, "field": field, "text": posted.get(field) })));
    }
    (view["reasons"], view["claiming"]) = (disputes::reasons(), json!(posted.is_some_and(|posted| !posted.get("claim_reason").is_empty())));
    view["limited"] = json!(!desk.may(Permission::TicketsApprove));
    view["outcomes"] = json!(Outcome::ALL.iter().filter(|outcome| outcome.chosen()).collect::<Vec<_>>());
    (view["kinds"], view["priorities"]) = (json!(Kind::ALL), json!(PRIORITIES));
    desk.page_as(status, "admin/ticket.html", &format!("{} {}", ticket.number, ticket.subject), view)
}

/// Which part of a long ticket is shown.
#[derive(Clone, Copy)]
struct Part {
    /// Messages before this one.
    before: Option<MessageId>,
    /// Entries of the log before this one.
    log: Option<i64>,
    /// The message that is shown whole, however long it is.
    whole: Option<MessageId>,
}

fn number_of(desk: &Desk, name: &str) -> Option<i64> {
    desk.query(name).parse().ok()
}

/// The forms as the ticket's row fills them.
fn filed(ticket: &Ticket) -> Form {
    Form::new(FIELDS)
        .fill("kind", ticket.kind.as_str())
        .fill("queue", ticket.queue.as_str())
        .fill("priority", ticket.priority.to_string())
        .fill("tags", ticket.tags.as_str())
        .fill("subject", ticket.subject.as_str())
        .fill("days", "90")
}

/// The text of a macro for this ticket.
fn filled(conn: &mut Conn, ticket: &Ticket, id: macros::MacroId) -> Result<String> {
    let chosen = macros::get(conn, id)?;
    let name = match ticket.customer_id {
        Some(customer) => crm::customers::get(conn, customer)?.name,
        None => String::new(),
    };
    let order = match ticket.order_id {
        Some(order) => orders::get(conn, OrderId(order))?.number,
        None => String::new(),
    };
    Ok(chosen.filled(&name, &ticket.number, &order))
}

fn load(conn: &mut Conn, ticket: &Ticket, part: Part, words: &Words, now: Time) -> Result<Value> {
    let people = staff::list(conn)?;
    let names: HashMap<i64, String> = people.iter().map(|one| (one.id.0, one.name.clone())).collect();
    let at_work: Vec<Value> =
        people.iter().filter(|one| one.active).map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
    let found = tickets::thread(conn, ticket.id, Eyes::Staff, part.before, MESSAGES)?;
    let earlier = found.first().filter(|_| full(found.len(), MESSAGES)).map(|first| first.id);
    let entries = tickets::log::page(conn, ticket.id, part.log, ENTRIES)?;
    let log_earlier = entries.first().filter(|_| full(entries.len(), ENTRIES)).map(|first| first.id);
    let into = match ticket.merged_into {
        Some(into) => Some(tickets::get(conn, into)?.number),
        None => None,
    };
    let joined: Vec<String> = tickets::merged(conn, ticket.id)?.into_iter().map(|one| one.number).collect();
    let store = shop::get(conn)?;
    let clock = |at: Time| format::local(store.local(at), &store.time_zone, words.language);
    let call = ticket.call_from.zip(ticket.call_until).map(|(from, until)| json!({ "from": clock(from), "until": clock(until) }));
    Ok(json!({
        "number": ticket.number, "subject": ticket.subject, "kind": ticket.kind, "channel": ticket.channel, "status": ticket.status,
        "outcome": ticket.outcome, "email": ticket.email, "phone": ticket.phone, "call": call, "language": ticket.language, "queue": ticket.queue,
        "priority": ticket.priority, "tags": ticket.tags, "assignee": ticket.assignee, "assignee_name": ticket.assignee.and_then(|id| names.get(&id)),
        "rating": ticket.rating, "rating_note": ticket.rating_note, "seen": ticket.version, "opened_at": ticket.opened_at,
        "asked_at": ticket.asked_at, "first_answered_at": ticket.first_answered_at, "solved_at": ticket.solved_at,
        "stream": chat::stream_of(ticket, &found, part.before), "messages": messages(conn, &found, part.whole, &names, words)?, "earlier": earlier, "before": part.before,
        "log": log(entries, &names, words), "log_earlier": log_earlier, "staff": at_work,
        "macros": macros::list(conn)?, "queues": inbox::queues(conn)?, "order": order(conn, ticket)?, "merged_into": into, "joined": joined,
        "clocks": clocks(conn, ticket, now)?, "article": articles::of_ticket(conn, ticket.id)?, "proposals": proposals(conn, ticket, &names)?, "registered": registered(conn, ticket)?, "currency": store.currency,
    }))
}

/// Whether a page has as many rows as there is room for.
fn full(rows: usize, room: i64) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows == room)
}

/// What is due, by which policy.
fn clocks(conn: &mut Conn, ticket: &Ticket, now: Time) -> Result<Value> {
    let stored = tickets::clock::stored(conn, ticket.id)?;
    let policy = match stored.policy {
        Some(policy) => levels::policies(conn)?.into_iter().find(|one| one.id == policy).map(|one| one.name),
        None => None,
    };
    let rows: Vec<Value> = stored.all().iter().map(|(clock, at)| json!({ "clock": clock, "at": at, "overdue": *at <= now })).collect();
    Ok(json!({ "policy": policy, "rows": rows }))
}

fn registered(conn: &mut Conn, ticket: &Ticket) -> Result<bool> {
    ticket.customer_id.map_or(Ok(false), |customer| logins::proven(conn, customer))
}

fn messages(
    conn: &mut Conn,
    found: &[Message],
    whole: Option<MessageId>,
    names: &HashMap<i64, String>,
    words: &Words,
) -> Result<Vec<Value>> {
    let ids: Vec<MessageId> = found.iter().map(|message| message.id).collect();
    let files = tickets::files_of(conn, &ids)?;
    let view = |message: &Message| {
        let own: Vec<Value> = files
            .iter()
            .filter(|file| file.message_id == message.id)
            .map(|file| json!({ "id": file.id, "name": file.name, "size": file.size }))
            .collect();
        let text = if message.author == Author::System { words.get(&message.body) } else { message.body.clone() };
        let cut = text.char_indices().nth(CUT).map(|(at, _)| at).filter(|_| whole != Some(message.id));
        let text = cut.and_then(|at| text.get(..at)).unwrap_or(&text);
        json!({ "id": message.id, "author": message.author, "internal": message.internal, "text": text, "at": message.created_at,
            "who": message.staff.and_then(|id| names.get(&id)), "files": own, "cut": cut.is_some() })
    };
    Ok(found.iter().map(view).collect())
}

/// What happened, for the foot of the page.
fn log(entries: Vec<tickets::log::Entry>, names: &HashMap<i64, String>, words: &Words) -> Vec<Value> {
    let person = |text: &str| text.parse::<i64>().ok().and_then(|id| names.get(&id).cloned()).unwrap_or_else(|| text.to_string());
    let row = |entry: tickets::log::Entry| {
        let actor = entry.actor.strip_prefix("staff:").map(person);
        let detail = match entry.kind {
            What::Assigned => person(&entry.detail),
            What::Opened | What::Sorted => words.get(&format!("request-kind-{}", entry.detail)),
            What::Prioritised => words.get(&format!("admin-ticket-priority-{}", entry.detail)),
            What::Solved => words.get(&format!("admin-ticket-outcome-{}", entry.detail)),
            What::Overdue => words.get(&format!("admin-ticket-due-{}", entry.detail)),
            What::Acted => words.get(&format!("admin-ticket-deed-{}", entry.detail)),
            _ => entry.detail.clone(),
        };
        json!({ "what": entry.kind, "at": entry.happened_at, "by": actor, "by_key": format!("admin-ticket-by-{}", entry.actor), "detail": detail })
    };
    entries.into_iter().map(row).collect()
}

/// The order with what can be done about it from here.
fn order(conn: &mut Conn, ticket: &Ticket) -> Result<Value> {
    let Some(id) = ticket.order_id else { return Ok(Value::Null) };
    let order = orders::get(conn, OrderId(id))?;
    let (lines, currency) = (orders::lines(conn, order.id)?, order.currency()?);
    let paid: i64 = payments::of_order(conn, order.id)?.iter().map(|payment| payment.left()).sum();
    let wanted = tickets::lines(conn, ticket.id)?;
    let line = |line: &orders::OrderLine| {
        let asked = wanted.iter().find(|one| one.order_line_id == line.id.0).map(|one| one.quantity);
        json!({ "title": line.title, "options": line.options, "quantity": line.measure().text(line.quantity),
            "asked": asked.map(|asked| line.measure().text(asked)) })
    };
    Ok(json!({ "number": order.number, "status": order.status, "payment_status": order.payment_status,
        "fulfilment_status": order.fulfilment_status, "total": Money::new(order.total, currency), "back": Money::new(paid, currency),
        "refundable": paid > 0, "can_resend": service::resendable(&lines).next().is_some(), "can_exchange": !returns::with_buyer(conn, &order)?.is_empty(), "can_cancel": orders::cancellable(&order, &lines), "seen": orders::version(conn, order.id)?,
        "lines": lines.iter().map(line).collect::<Vec<_>>() }))
}

fn proposals(conn: &mut Conn, ticket: &Ticket, names: &HashMap<i64, String>) -> Result<Vec<Value>> {
    let person = |actor: &str| actor.strip_prefix("staff:").and_then(|id| names.get(&id.parse().ok()?).cloned());
    let mut views = Vec::new();
    for one in service::of_ticket(conn, ticket.id)? {
        views.push(json!({ "id": one.id, "what": one.deed.0.as_str(), "amount": one.money()?, "by": person(&one.proposed_by),
            "actor": one.proposed_by, "at": one.created_at, "state": one.state, "decided_by": person(&one.decided_by) }));
    }
    Ok(views)
}

/// The customer, for who may see customers: what they bought, what lies in their cart, what happened, and what else they asked.
fn beside(conn: &mut Conn, ticket: &Ticket, whole: bool, now: Time) -> Result<Value> {
    let Some(id) = ticket.customer_id.filter(|_| whole) else { return Ok(Value::Null) };
    if crm::customers::erased(conn, id)? {
        return Ok(Value::Null);
    }
    let (_, mut view) = customer::whole(conn, id, now)?;
    if let Some(all) = view["tickets"].as_array_mut() {
        all.retain(|one| one["number"] != ticket.number.as_str());
    }
    Ok(view)
}

/// An open page says that it is, and is told who else has the ticket open and whether it went on.
pub async fn presence(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (me, seen, words) = (desk.staff().id, posted.get("seen").parse::<i64>().unwrap_or(0), desk.words()?);
    let answers = desk.may(Permission::TicketsAnswer);
    let text = desk
        .write(move |conn, act| {
            let ticket = tickets::by_number(conn, &number)?;
            viewers::here(conn, ticket.id, me, act.now)?;
            if answers {
                tickets::chat::here(conn, me.0, act.now)?;
            }
            let others = viewers::others(conn, ticket.id, me, act.now)?;
            let mut said = Vec::new();
            if ticket.version != seen {
                said.push(words.get("admin-ticket-went-on"));
            }
            if !others.is_empty() {
                said.push(words.with("admin-ticket-others", &[("names", &others.join(", "))])?);
            }
            Ok(said.join(" "))
        })
        .await?;
    desk.news((!text.is_empty()).then_some(text))
}

pub async fn file(desk: Desk, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let (file, bytes) = desk
        .read(move |conn| {
            let ticket = tickets::by_number(conn, &number)?;
            tickets::file(conn, ticket.id, id, Eyes::Staff)
        })
        .await?;
    Ok(attachment(&file, bytes))
}

/// The version that a form saw; one without is stale.
pub fn seen(posted: &Posted) -> Result<i64> {
    posted.get("seen").parse().map_err(|_| Error::conflict(tickets::STALE))
}
