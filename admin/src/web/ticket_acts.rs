//! What staff do with a ticket. Each form says which version of the ticket it was made of; a stale one changes nothing and is shown again
//! with what is new.

use super::desk::{Act, Desk, refusal};
use super::ticket::{address, page, seen};
use actix_web::{HttpResponse, web};
use crm::tasks;
use crm::tickets::{self, Answer, Change, Kind, MessageId, NewFile, NewMessage, Outcome, Ticket};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::service;
use storefront::web::attached::Attached;
use storefront::web::posted::Posted;

/// What the audit log keeps of a ticket.
fn kept(ticket: &Ticket) -> Value {
    json!({ "status": ticket.status, "outcome": ticket.outcome, "assignee": ticket.assignee, "kind": ticket.kind, "queue": ticket.queue,
        "priority": ticket.priority, "tags": ticket.tags })
}

/// Does something with a ticket, keeps who did it, and goes back to its page with `said`.
async fn act(
    desk: &Desk,
    number: &str,
    posted: &Posted,
    (action, said): (&'static str, &str),
    mut verb: impl FnMut(&mut Conn, &Act, &Ticket) -> Result<Value> + Send + 'static,
) -> Result<HttpResponse> {
    let asked = number.to_string();
    let done = desk.write(move |conn, act| {
        let before = tickets::by_number(conn, &asked)?;
        let more = verb(conn, act, &before)?;
        let mut after = kept(&tickets::get(conn, before.id)?);
        if let (Value::Object(after), Value::Object(more)) = (&mut after, more) {
            after.extend(more);
        }
        act.log(conn, action, &format!("ticket:{}", before.number), &kept(&before), &after)
    });
    match done.await {
        Ok(()) => Ok(desk.done(&address(number), said)),
        Err(error) => refused(desk, number, posted, error).await,
    }
}

/// The page again, with what was typed and why it was not taken.
async fn refused(desk: &Desk, number: &str, posted: &Posted, error: Error) -> Result<HttpResponse> {
    let (status, wrong) = refusal(error)?;
    page(desk, number, status, Some(posted), &wrong).await
}

pub async fn reply(desk: Desk, number: web::Path<String>, form: Attached) -> Result<HttpResponse> {
    let (posted, files) = form.open().await;
    let files = match files {
        Ok(files) => files,
        Err(error) => return refused(&desk, &number, &posted, error).await,
    };
    let (form, outcome) = (posted.clone(), Outcome::parse(posted.get("outcome")));
    let said = if outcome.is_some() { "admin-ticket-replied-solved" } else { "admin-ticket-replied" };
    act(&desk, &number, &posted, ("ticket.reply", said), move |conn, act, ticket| {
        let message = NewMessage { files: files.clone(), ..NewMessage::text(form.get("body")) };
        let message = tickets::reply(conn, ticket.id, &Answer { message, solve: outcome }, act.agent(), seen(&form)?, act.now)?;
        Ok(json!({ "message": message, "files": names(&files) }))
    })
    .await
}

/// What the audit log keeps of files.
fn names(files: &[NewFile]) -> Vec<&str> {
    files.iter().map(NewFile::name).collect()
}

/// A note among staff; whoever is mentioned has a task by it.
pub async fn note(desk: Desk, number: web::Path<String>, form: Attached) -> Result<HttpResponse> {
    let (posted, files) = form.open().await;
    let files = match files {
        Ok(files) => files,
        Err(Error::Invalid(mut wrong)) => {
            // The page has two inputs for files: what is wrong is said beside the note's.
            if let Some(text) = wrong.0.remove("files") {
                wrong.add("note_files", text);
            }
            return refused(&desk, &number, &posted, Error::Invalid(wrong)).await;
        }
        Err(error) => return Err(error),
    };
    let form = posted.clone();
    act(&desk, &number, &posted, ("ticket.note", "admin-ticket-noted"), move |conn, act, ticket| {
        let text = form.get("note");
        if text.trim().is_empty() && files.is_empty() {
            return Err(Error::field("note", "field-required"));
        }
        let note = NewMessage { files: files.clone(), ..NewMessage::text(text) };
        let message = tickets::note(conn, ticket.id, &note, act.agent(), act.now)?;
        let mentioned: Option<i64> = form.get("mention").parse().ok();
        if let Some(colleague) = mentioned {
            let customer = ticket.customer_id.ok_or_else(|| Error::conflict("admin-ticket-no-customer"))?;
            let title: String = format!("{}: {}", ticket.number, ticket.subject).chars().take(tasks::TITLE).collect();
            at_work(conn, colleague)?;
            // Tasks are told to the customer who asks what is kept of them; a note among staff is not.
            let wish = tasks::Wish { title, note: String::new(), due_on: act.now.date(), assignee: Some(colleague) };
            tasks::create(conn, customer, &wish, &act.actor, act.now)?;
        }
        Ok(json!({ "message": message, "mentioned": mentioned, "files": names(&files) }))
    })
    .await
}

/// `NotFound` for somebody who does not work here any more.
fn at_work(conn: &mut Conn, staff: i64) -> Result<()> {
    let found = crate::staff::list(conn)?.iter().any(|one| one.id.0 == staff && one.active);
    if found { Ok(()) } else { Err(Error::NotFound) }
}

pub async fn assign(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    act(&desk, &number, &posted, ("ticket.assign", "admin-ticket-assigned"), move |conn, act, ticket| {
        let to: Option<i64> = form.get("assignee").parse().ok();
        if let Some(to) = to {
            at_work(conn, to)?;
        }
        tickets::assign(conn, ticket.id, to, act.agent(), seen(&form)?, act.now)?;
        Ok(Value::Null)
    })
    .await
}

pub async fn file(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    act(&desk, &number, &posted, ("ticket.file", "admin-saved"), move |conn, act, ticket| {
        let to = Change {
            kind: Kind::parse(form.get("kind")).ok_or(Error::NotFound)?,
            queue: form.get("queue").to_string(),
            priority: form.get("priority").parse().unwrap_or(0),
            tags: form.get("tags").to_string(),
        };
        tickets::change(conn, ticket.id, &to, act.agent(), seen(&form)?, act.now)?;
        Ok(Value::Null)
    })
    .await
}

pub async fn solve(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    act(&desk, &number, &posted, ("ticket.solve", "admin-ticket-is-solved"), move |conn, act, ticket| {
        let outcome = Outcome::parse(form.get("outcome")).ok_or_else(|| Error::field("outcome", "admin-ticket-outcome-missing"))?;
        tickets::solve(conn, ticket.id, outcome, &act.actor, Some(seen(&form)?), act.now)?;
        Ok(Value::Null)
    })
    .await
}

pub async fn reopen(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    act(&desk, &number, &posted, ("ticket.reopen", "admin-ticket-is-open"), move |conn, act, ticket| {
        tickets::reopen(conn, ticket.id, &act.actor, Some(seen(&form)?), act.now)?;
        Ok(Value::Null)
    })
    .await
}

pub async fn merge(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    act(&desk, &number, &posted, ("ticket.merge", "admin-ticket-was-merged"), move |conn, act, ticket| {
        let into = tickets::by_number(conn, form.get("into")).map_err(|_| Error::field("into", "admin-ticket-unknown"))?;
        if service::of_ticket(conn, ticket.id)?.iter().any(|one| one.state == service::State::Waiting) {
            return Err(Error::conflict("service-decide-first"));
        }
        tickets::merge(conn, ticket.id, into.id, act.agent(), [seen(&form)?, into.version], act.now)?;
        Ok(json!({ "into": into.number }))
    })
    .await
}

pub async fn unmerge(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    act(&desk, &number, &posted, ("ticket.unmerge", "admin-ticket-was-unmerged"), move |conn, act, ticket| {
        tickets::unmerge(conn, ticket.id, act.agent(), act.now)?;
        Ok(Value::Null)
    })
    .await
}

/// Moves the messages that are ticked to a ticket of their own.
pub async fn split(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    act(&desk, &number, &posted, ("ticket.split", "admin-ticket-was-split"), move |conn, act, ticket| {
        let ticked = form.pairs().filter(|(_, value)| *value == "on").filter_map(|(name, _)| name.strip_prefix("message-"));
        let moved: Vec<MessageId> = ticked.filter_map(|id| id.parse().ok().map(MessageId)).collect();
        let made = tickets::split(conn, ticket.id, &moved, form.get("subject"), act.agent(), seen(&form)?, act.now)?;
        Ok(json!({ "split": made.number }))
    })
    .await
}
