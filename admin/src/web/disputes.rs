//! Complaints and disputed payments: the list with what is due first, and one of them with what speaks for whom.

use super::desk::{Desk, ROWS};
use crate::permissions::Permission;
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::disputes::{self, Dispute, Evidence, EvidenceId, Kind, Outcome, Place, Proof, Reason, Sending, Shown, State, Texts};
use crm::{customers, tickets};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Money;
use kernel::{Conn, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::disputes::{Gift, TEXTS};
use storefront::ids::OrderId;
use storefront::shipments::{self, Shipment};
use storefront::web::posted::Posted;
use storefront::web::requests::files;
use storefront::web::views::form::Form;
use storefront::{logins, orders};

pub const FIELDS: &[&str] = &["evidence", "files", "outcome", "decision", "gift", "gift_amount", "appeal", "appeal_due"];
/// The texts that are long.
const LONG: [&str; 8] = [
    "product_description",
    "billing_address",
    "shipping_address",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "cancellation_rebuttal",
    "duplicate_charge_explanation",
    "uncategorized_text",
];
/// Tickets of an order that evidence may lead to.
const TICKETS: i64 = 20;

/// The address of a dispute's page.
pub fn address(number: &str) -> String {
    format!("/admin/disputes/{number}")
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let asked = desk.query("state");
    let shown = match asked.as_str() {
        "decided" => Shown::Decided,
        "all" => Shown::All,
        _ => Shown::Open,
    };
    let (after, now) = (Place::parse(&desk.query("after")), desk.door.now());
    let (found, last) = desk
        .read(move |conn| {
            let found = disputes::list(conn, shown, after, ROWS)?;
            Ok((rows(conn, &found, now)?, found.last().map(|last| Place::of(last).text())))
        })
        .await?;
    let next = desk.next(found.len(), last);
    desk.page("admin/disputes.html", "admin-disputes", json!({ "rows": found, "next": next, "state": asked }))
}

/// Disputes as lists show them.
pub fn rows(conn: &mut Conn, found: &[Dispute], now: Time) -> Result<Vec<Value>> {
    found.iter().map(|one| row(conn, one, now)).collect()
}

fn row(conn: &mut Conn, one: &Dispute, now: Time) -> Result<Value> {
    let who = one.customer_id.map(|customer| customers::called(conn, customer)).transpose()?;
    let order = one.order_id.map(|order| orders::get(conn, OrderId(order))).transpose()?;
    let ticket = one.ticket_id.map(|ticket| tickets::get(conn, ticket)).transpose()?;
    Ok(json!({ "number": one.number, "kind": one.kind, "reason": one.reason, "amount": one.money()?, "state": one.state,
        "outcome": one.outcome, "due_at": one.due(), "overdue": one.overdue(now), "answered_at": one.answered_at, "who": who,
        "customer": one.customer_id, "order": order.map(|order| order.number), "ticket": ticket.map(|ticket| ticket.number),
        "opened_at": one.opened_at, "proposed": storefront::disputes::proposed(conn, one.id)? }))
}

pub async fn show(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    page(&desk, &number, StatusCode::OK, None, &Fields::default()).await
}

/// The page; `posted` is a form that was refused, whose values stay.
pub async fn page(desk: &Desk, number: &str, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (asked, now) = (number.to_string(), desk.door.now());
    let (number, mut view, texts) = desk
        .read(move |conn| {
            let dispute = disputes::by_number(conn, &asked)?;
            let texts = if dispute.kind == Kind::Payment { storefront::disputes::texts(conn, &dispute)? } else { Texts::new() };
            Ok((dispute.number.clone(), load(conn, &dispute, now)?, texts))
        })
        .await?;
    let fields: Vec<&str> = FIELDS.iter().chain(TEXTS.iter()).copied().collect();
    let form = Form::new(&fields).typed(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    view["form"] = json!(match posted {
        Some(posted) => form.typed(posted.pairs()).refuse(&fields, wrong),
        None => form,
    });
    view["texts"] = TEXTS.iter().map(|name| json!({ "name": name, "long": LONG.contains(name) })).collect();
    view["outcomes"] = json!(Outcome::ALL);
    view["limited"] = json!(!desk.may(Permission::TicketsApprove));
    desk.page_as(status, "admin/dispute.html", &number, view)
}

fn load(conn: &mut Conn, one: &Dispute, now: Time) -> Result<Value> {
    let mut view = row(conn, one, now)?;
    let names = staff::names(conn)?;
    let person = |actor: &str| names.get(actor).cloned();
    let evidence: Vec<Value> = disputes::evidence(conn, one.id)?
        .iter()
        .map(|part| json!({ "id": part.id, "kind": part.kind, "text": part.body, "name": part.name, "at": part.created_at, "by": person(&part.actor),
            "to": leads_to(part) }))
        .collect();
    let history: Vec<Value> = disputes::history(conn, one.id)?
        .iter()
        .map(|entry| json!({ "what": entry.kind, "detail": entry.detail, "at": entry.happened_at, "by": person(&entry.actor) }))
        .collect();
    let complaint = one.kind == Kind::Complaint;
    view["about"] = json!(one.about);
    view["decision"] = json!(one.decision);
    view["decided_at"] = json!(one.decided_at);
    view["appealed_at"] = json!(one.appealed_at);
    view["given"] = if one.given > 0 { json!(Money::new(one.given, one.currency()?)) } else { Value::Null };
    view["seen"] = json!(one.version);
    (view["evidence"], view["history"]) = (json!(evidence), json!(history));
    let answer = disputes::answer_of(conn, one.id)?;
    let taken = answer.as_ref().is_some_and(|answer| matches!(answer.state, Sending::OnItsWay | Sending::Sent));
    view["can_send"] = json!(!taken && disputes::may_be_sent(one, now));
    view["sending"] = answer.map_or(
        Value::Null,
        |answer| json!({ "state": answer.state, "reason": answer.reason, "at": answer.settled_at.unwrap_or(answer.asked_at) }),
    );
    view["open"] = json!(one.open());
    view["can_answer"] = json!(one.open() && one.answered_at.is_none());
    view["can_decide"] = json!(complaint && one.open() && view["proposed"] == json!(false));
    view["funds"] = json!(
        storefront::disputes::funds(conn, one.id)?
            .iter()
            .map(|moved| Ok(json!({ "kind": moved.kind, "amount": moved.money()?, "at": moved.booked_at })))
            .collect::<Result<Vec<Value>>>()?
    );
    view["proposals"] = json!(proposals(conn, one, &names)?);
    view["can_appeal"] = json!(complaint && one.state == State::Decided && one.appealed_at.is_none());
    view["registered"] = json!(one.customer_id.map_or(Ok(false), |customer| logins::proven(conn, customer))?);
    view["links"] = json!(
        links(conn, one)?.into_iter().map(|(name, kind, label)| json!({ "name": name, "kind": kind, "label": label })).collect::<Vec<_>>()
    );
    if let Some(order) = one.order_id {
        view["order_seen"] = json!(orders::version(conn, OrderId(order))?);
    }
    Ok(view)
}

/// What was proposed to decide, with what became of that.
fn proposals(conn: &mut Conn, one: &Dispute, names: &HashMap<String, String>) -> Result<Vec<Value>> {
    let mut views = Vec::new();
    for proposal in storefront::disputes::proposals(conn, one.id)? {
        let decision = &proposal.decision.0;
        views.push(json!({ "id": proposal.id, "outcome": decision.outcome, "decision": decision.why, "credit": matches!(decision.gift, Gift::Credit(_)),
            "amount": proposal.money()?, "by": names.get(&proposal.proposed_by), "at": proposal.created_at, "state": proposal.state,
            "decided_by": names.get(&proposal.decided_by), "why": proposal.why }));
    }
    Ok(views)
}

/// The page of what a piece of evidence leads to.
fn leads_to(part: &Evidence) -> Option<String> {
    match part.kind {
        Proof::Order => Some(format!("/admin/orders/{}", part.body)),
        Proof::Ticket => Some(format!("/admin/tickets/{}", part.body)),
        Proof::Text | Proof::File | Proof::Shipment => None,
    }
}

/// What the shop has that evidence may lead to: the name of its checkbox, what it is, and its number.
pub fn links(conn: &mut Conn, one: &Dispute) -> Result<Vec<(String, Proof, String)>> {
    let mut all = Vec::new();
    let mut of: Vec<String> = Vec::new();
    if let Some(ticket) = one.ticket_id {
        of.push(tickets::get(conn, ticket)?.number);
    }
    if let Some(order) = one.order_id {
        let number = orders::get(conn, OrderId(order))?.number;
        all.push(("link-order".to_string(), Proof::Order, number.clone()));
        for sent in shipments::of_order(conn, OrderId(order))? {
            all.push((format!("link-shipment-{}", sent.id), Proof::Shipment, parcel(&number, &sent)));
        }
        let others = tickets::of_order(conn, order, TICKETS)?.into_iter().map(|ticket| ticket.number);
        let more: Vec<String> = others.filter(|number| !of.contains(number)).collect();
        of.extend(more);
    }
    all.extend(of.into_iter().map(|number| (format!("link-ticket-{number}"), Proof::Ticket, number)));
    Ok(all)
}

/// A parcel as evidence names it.
fn parcel(order: &str, sent: &Shipment) -> String {
    let parts = [sent.shipped_at.format("%Y-%m-%d").to_string(), sent.carrier.clone(), sent.tracking_number.clone(), order.to_string()];
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
}

pub async fn file(desk: Desk, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let (file, bytes) = desk
        .read(move |conn| {
            let dispute = disputes::by_number(conn, &number)?;
            disputes::file(conn, dispute.id, EvidenceId(id))
        })
        .await?;
    Ok(files::download_of(&file.name, &file.content_type, bytes))
}

/// What the page of a ticket needs to open a complaint.
pub fn reasons() -> Value {
    json!(Reason::ALL)
}
