//! The inbox, and writing down what somebody said on the telephone.

use super::chat;
use super::desk::{Desk, ROWS, refusal};
use super::filters;
use super::ticket::address;
use crate::saved_filters::List;
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Datelike, NaiveDate};
use crm::customers;
use crm::email::Email;
use crm::routing;
use crm::tickets::{self, Asker, Channel, Filter, Kind, New, NewMessage, Outcome, Place, Status, Ticket, Whose};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Result, token};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::sales::Period;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{orders, service, shop, stores};

const FIELDS: &[&str] = &["channel", "kind", "subject", "email", "name", "phone", "order", "body", "request"];
/// Longest name and telephone number, in characters.
const NAME: usize = 200;
const PHONE: usize = 50;
/// Proposals that the list names.
const PROPOSED: i64 = 20;
/// Stands in an address for the tickets without a queue.
pub const NO_QUEUE: &str = "-";
/// What is done about an order from a ticket, as the log calls it.
const DEEDS: [&str; 5] = ["refund", "credit", "resend", "coupon", "cancel"];
/// What an address may ask of the list.
const ASKED: [&str; 13] = ["q", "status", "whose", "queue", "kind", "channel", "tag", "outcome", "rating", "reopened", "did", "from", "to"];

/// What the query asks for. Open tickets without a word, since they wait.
fn filter(desk: &Desk) -> Filter {
    let asked = desk.query("status");
    let text = |name: &str| Some(desk.query(name).trim().to_string()).filter(|text| !text.is_empty());
    Filter {
        status: if asked == "all" { None } else { Some(Status::parse(&asked).unwrap_or(Status::Open)) },
        whose: match desk.query("whose").as_str() {
            "mine" => Some(Whose::Of(desk.staff().id.0)),
            "nobody" => Some(Whose::Nobodys),
            other => other.parse().ok().map(Whose::Of),
        },
        queue: text("queue").map(|queue| if queue == NO_QUEUE { String::new() } else { queue }),
        kind: Kind::parse(&desk.query("kind")),
        channel: Channel::parse(&desk.query("channel")),
        tag: text("tag"),
        words: desk.query("q").split_whitespace().map(str::to_string).collect(),
        outcome: Outcome::parse(&desk.query("outcome")),
        rating: desk.query("rating").parse().ok(),
        reopened: desk.query("reopened") == "on",
        did: text("did").filter(|did| DEEDS.contains(&did.as_str())),
        days: None,
        after: Place::parse(&desk.query("after")),
    }
}

/// A day of an address. Years of four figures: calendars go on for longer than clocks.
pub fn day(desk: &Desk, name: &str) -> Option<NaiveDate> {
    let found = NaiveDate::parse_from_str(desk.query(name).trim(), "%Y-%m-%d").ok();
    found.filter(|day| (1970..=9998).contains(&day.year()))
}

/// The days from one to another by the shop's clocks; without one of them as far as there are tickets.
fn days(conn: &mut Conn, first: Option<NaiveDate>, last: Option<NaiveDate>) -> Result<Option<(Time, Time)>> {
    if first.is_none() && last.is_none() {
        return Ok(None);
    }
    let shop = shop::get(conn)?;
    let from = first.map_or(DateTime::UNIX_EPOCH.naive_utc(), |day| Period::days(&shop, day, 1).from);
    let until = last.map_or(tickets::clock::never(), |day| Period::days(&shop, day, 1).until);
    Ok(Some((from, until)))
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let filter = filter(&desk);
    // A number leads to its ticket.
    if let [number] = filter.words.as_slice() {
        let number = number.clone();
        let found = desk.read(move |conn| tickets::by_number(conn, &number)).await;
        if let Ok(ticket) = found {
            return Ok(desk.door.go(&desk.visit, &address(&ticket.number)));
        }
    }
    let now = desk.door.now();
    let (first, last) = (day(&desk, "from"), day(&desk, "to"));
    let (mut asked, approves) = (filter.clone(), desk.may(crate::permissions::Permission::TicketsApprove));
    let (me, own) = (desk.staff().id, query(&desk));
    let (found, rows, people, queues, (proposed, decisions), saved, chats) = desk
        .read(move |conn| {
            asked.days = days(conn, first, last)?;
            let found = tickets::list(conn, &asked, ROWS)?;
            let rows = rows(conn, &found, now)?;
            let at_work = staff::list(conn)?.into_iter().filter(|one| one.active);
            let mut people = vec![
                json!({ "value": "mine", "label": "admin-tickets-mine" }),
                json!({ "value": "nobody", "label": "admin-tickets-nobodys" }),
            ];
            people.extend(at_work.map(|one| json!({ "value": one.id.to_string(), "label": one.name })));
            let mut proposed = Vec::new();
            for id in if approves { service::waiting(conn, PROPOSED)? } else { Vec::new() } {
                proposed.push(tickets::get(conn, id)?.number);
            }
            proposed.dedup();
            let mut decisions = Vec::new();
            for id in if approves { storefront::disputes::waiting(conn, PROPOSED)? } else { Vec::new() } {
                decisions.push(crm::disputes::get(conn, id)?.number);
            }
            let saved = filters::kept(conn, me, List::Tickets, &own)?;
            let mut queues = queues(conn)?;
            queues.push(json!({ "value": NO_QUEUE, "label": "admin-wall-no-queue" }));
            Ok((found, rows, people, queues, (proposed, decisions), saved, chat::waiting(conn, now)?))
        })
        .await?;
    let next = desk.next(found.len(), found.last().map(|last| Place::of(last, filter.status).text()));
    let asked = |name: &str| desk.query(name);
    let more = ASKED[3..].iter().any(|name| !asked(name).is_empty());
    let queues = with_asked(queues, &asked("queue"));
    let view = json!({ "rows": rows, "next": next, "people": people, "queues": queues, "proposed": proposed, "decisions": decisions,
        "status": filter.status.map_or("all", Status::as_str), "whose": asked("whose"), "queue": asked("queue"), "kind": asked("kind"),
        "channel": asked("channel"), "tag": asked("tag"), "q": asked("q"), "query": query(&desk), "saved": saved, "kinds": Kind::ALL, "channels": Channel::ALL,
        "outcome": filter.outcome, "outcomes": Outcome::ALL.iter().filter(|outcome| outcome.chosen()).collect::<Vec<_>>(),
        "rating": filter.rating, "ratings": [5, 4, 3, 2, 1], "reopened": filter.reopened, "did": asked("did"), "deeds": DEEDS,
        "from": first, "to": last, "more": more, "chats": chats });
    desk.page("admin/tickets.html", "admin-tickets", view)
}

/// What the page asks, without its place: what a filter keeps.
fn query(desk: &Desk) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ASKED {
        let value = desk.query(name);
        if !value.trim().is_empty() {
            query.append_pair(name, value.trim());
        }
    }
    query.finish()
}

pub async fn save_filter(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let query = query(&desk);
    filters::save(&desk, List::Tickets, query, &posted).await
}

pub async fn delete_filter(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    filters::delete(&desk, List::Tickets, *id).await
}

/// A queue that nothing files into any more is still a choice for whom a link led to it.
fn with_asked(mut queues: Vec<Value>, asked: &str) -> Vec<Value> {
    let asked = asked.trim();
    if !asked.is_empty() && !queues.iter().any(|one| one["value"] == asked) {
        queues.push(json!({ "value": asked, "label": asked }));
    }
    queues
}

/// The queues that the policy and the rules of routing file into.
pub fn queues(conn: &mut Conn) -> Result<Vec<Value>> {
    let mut names: Vec<String> = service::policy(conn)?.rules.into_values().map(|rule| rule.queue).collect();
    names.extend(routing::routes(conn)?.into_iter().map(|rule| rule.queue));
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    Ok(names.into_iter().map(|name| json!({ "value": name, "label": name })).collect())
}

/// When something is due first, if anything is.
fn due(ticket: &Ticket) -> Option<Time> {
    Some(ticket.due_at).filter(|at| *at < tickets::clock::never())
}

/// Tickets as lists show them.
pub fn rows(conn: &mut Conn, found: &[Ticket], now: Time) -> Result<Vec<Value>> {
    let names: HashMap<i64, String> = staff::list(conn)?.into_iter().map(|one| (one.id.0, one.name)).collect();
    let mut rows = Vec::with_capacity(found.len());
    for ticket in found {
        let who = match ticket.customer_id {
            Some(customer) => customers::called(conn, customer)?,
            None => ticket.email.clone(),
        };
        rows.push(json!({ "number": ticket.number, "subject": ticket.subject, "who": who, "kind": ticket.kind, "channel": ticket.channel,
            "status": ticket.status, "priority": ticket.priority, "queue": ticket.queue, "tags": ticket.tags,
            "assignee": ticket.assignee.and_then(|id| names.get(&id)), "due_at": due(ticket), "overdue": ticket.due_at <= now, "asked_at": ticket.asked_at, "changed_at": ticket.changed_at }));
    }
    Ok(rows)
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let form = Form::new(FIELDS)
        .fill("channel", Channel::Phone.as_str())
        .fill("kind", Kind::Question.as_str())
        .fill("email", desk.query("email"))
        .fill("order", desk.query("order"))
        .fill("request", token::random());
    show_new(&desk, StatusCode::OK, form)
}

fn show_new(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let view = json!({ "form": form, "kinds": Kind::ALL, "channels": Channel::ALL });
    desk.page_as(status, "admin/ticket_new.html", "admin-ticket-new", view)
}

/// What somebody said, as a ticket whose first message is a note among staff.
pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let language = desk.visit.language.code();
    let made = match read(&posted) {
        Err(error) => Err(error),
        Ok((channel, kind, asker)) => {
            let typed = posted.clone();
            desk.write(move |conn, act| {
                let order = match typed.get("order").trim() {
                    "" => None,
                    number => {
                        Some(orders::get_by_number(conn, number).map_err(|_| kernel::Error::field("order", "admin-ticket-no-order"))?)
                    }
                };
                let mut asker = asker.clone();
                // Of an order it is the buyer who asks.
                if let Some(order) = &order {
                    if asker.email.as_ref().is_some_and(|email| !email.as_str().eq_ignore_ascii_case(&order.email)) {
                        return Err(kernel::Error::field("email", "admin-ticket-other-buyer"));
                    }
                    asker.customer = Some(order.customer_id);
                }
                let rule = service::policy(conn)?.rule(kind);
                let new = New {
                    kind,
                    channel,
                    subject: typed.get("subject").to_string(),
                    asker,
                    order: order.as_ref().map(|order| order.id.0),
                    lines: Vec::new(),
                    store: order.as_ref().map_or(stores::MAIN, |order| order.store_id).0,
                    language: order.as_ref().map_or(language.to_string(), |order| order.language.clone()),
                    call: None,
                    queue: rule.queue,
                    priority: rule.priority,
                    message: NewMessage::text(typed.get("body")),
                    logged_by: Some(act.agent()),
                    request_key: Some(format!("desk:{}", typed.get("request"))),
                };
                let opened = tickets::open(conn, &new, act.now)?;
                if opened.new {
                    let after = json!({ "kind": kind, "channel": channel, "order": order.map(|order| order.number) });
                    act.log(conn, "ticket.open", &format!("ticket:{}", opened.ticket.number), &Value::Null, &after)?;
                }
                Ok(opened.ticket.number)
            })
            .await
        }
    };
    match made {
        Ok(number) => Ok(desk.done(&address(&number), "admin-ticket-opened")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show_new(&desk, status, Form::new(FIELDS).typed(posted.pairs()).refuse(FIELDS, &wrong))
        }
    }
}

fn read(posted: &Posted) -> Result<(Channel, Kind, Asker)> {
    let mut wrong = Fields::default();
    let channel = Channel::parse(posted.get("channel")).unwrap_or(Channel::Phone);
    let kind = Kind::parse(posted.get("kind")).unwrap_or(Kind::Question);
    let (name, phone) = (posted.get("name").trim().to_string(), posted.get("phone").trim().to_string());
    if name.chars().count() > NAME {
        wrong.add("name", "admin-too-long");
    }
    if phone.chars().count() > PHONE {
        wrong.add("phone", "admin-too-long");
    }
    if !(16..=64).contains(&posted.get("request").len()) {
        wrong.add("form", "form-expired");
    }
    let email = match posted.get("email").trim() {
        "" => None,
        text => Email::parse(text, "email").map_err(|_| wrong.add("email", "email-invalid")).ok(),
    };
    wrong.check()?;
    Ok((channel, kind, Asker { customer: None, email, name, phone }))
}
