//! What staff do in the forum. The audit log keeps that it was done; what was said is kept with the posts.

use super::audit;
use super::desk::{Act, Desk, refusal};
use super::forum::{address, page, post_page};
use crate::forum::{self, CategoryId, Deed, PostId, Topic, TopicId};
use crate::permissions::{Grants, Permission};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::email::Email;
use crm::{CustomerId, customers, disputes, tickets};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::orders;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

/// Fields of a new topic.
const NEW: &[&str] = &["title", "category", "body", "links"];

fn subject(id: TopicId) -> String {
    format!("forum:{id}")
}

/// What the audit log keeps of a topic.
fn kept(topic: &Topic) -> Value {
    json!({ "category": topic.category_id, "closed": topic.closed, "pinned": topic.pinned, "answer": topic.answer_id })
}

/// What is meant by numbers of tickets, orders and disputes, and by mail addresses of customers, as far as somebody may see them. `Invalid` for
/// what is none of these.
fn meant(conn: &mut Conn, typed: &str, may: &Grants) -> Result<Vec<String>> {
    let mut subjects = Vec::new();
    for word in typed.split([',', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
        let found = one(conn, word)?.filter(|subject| audit::address(subject).is_some_and(|(_, permission)| may.may(permission)));
        subjects.push(found.ok_or_else(|| Error::field("links", "forum-link-unknown"))?);
    }
    Ok(subjects)
}

fn one(conn: &mut Conn, word: &str) -> Result<Option<String>> {
    if let Some(id) = word.strip_prefix("customer:").and_then(|id| id.parse().ok()) {
        return Ok(known(customers::known(conn, CustomerId(id)))?.map(|one| format!("customer:{}", one.id)));
    }
    if word.contains('@') {
        let Ok(email) = Email::parse(word, "links") else { return Ok(None) };
        return Ok(customers::find_by_email(conn, &email)?.map(|one| format!("customer:{}", one.id)));
    }
    if let Some(ticket) = known(tickets::by_number(conn, word))? {
        return Ok(Some(format!("ticket:{}", ticket.number)));
    }
    if let Some(dispute) = known(disputes::by_number(conn, word))? {
        return Ok(Some(format!("dispute:{}", dispute.number)));
    }
    Ok(known(orders::get_by_number(conn, &word.to_uppercase()))?.map(|order| format!("order:{}", order.number)))
}

/// What was found, or nothing.
fn known<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(one) => Ok(Some(one)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    new_page(&desk, StatusCode::OK, Form::new(NEW).fill("links", desk.query("links"))).await
}

async fn new_page(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let categories = desk.read(forum::categories).await?;
    let choices: Vec<Value> = categories.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
    desk.page_as(status, "admin/forum_new.html", "admin-forum-new", json!({ "form": form, "categories": choices }))
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (form, me, may) = (posted.clone(), desk.staff().id, desk.grants().clone());
    let made = desk.write(move |conn, act| {
        let of: i64 = form.get("category").parse().map_err(|_| Error::field("category", "forum-category-missing"))?;
        let about = meant(conn, form.get("links"), &may)?;
        let id = forum::open(conn, me, CategoryId(of), (form.get("title"), form.get("body")), act.now)?;
        forum::link(conn, id, &about)?;
        act.log(conn, "forum.open", &subject(id), &Value::Null, &json!({ "category": of, "links": about }))?;
        Ok(id)
    });
    match made.await {
        Ok(id) => Ok(desk.done(&address(id), "admin-forum-opened")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            new_page(&desk, status, Form::new(NEW).typed(posted.pairs()).refuse(NEW, &wrong)).await
        }
    }
}

/// Does something with a topic, keeps who did it, and goes back to its page with `said`.
async fn act(
    desk: &Desk,
    id: TopicId,
    posted: &Posted,
    (action, said): (&'static str, &str),
    mut verb: impl FnMut(&mut Conn, &Act) -> Result<Value> + Send + 'static,
) -> Result<HttpResponse> {
    let done = desk.write(move |conn, act| {
        let before = kept(&forum::get(conn, id)?);
        let more = verb(conn, act)?;
        let mut after = kept(&forum::get(conn, id)?);
        if let (Value::Object(after), Value::Object(more)) = (&mut after, more) {
            after.extend(more);
        }
        act.log(conn, action, &subject(id), &before, &after)
    });
    match done.await {
        Ok(()) => Ok(desk.done(&address(id), said)),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(desk, id, status, Some(posted), &wrong).await
        }
    }
}

pub async fn reply(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, me, form) = (TopicId(*id), desk.staff().id, posted.clone());
    act(&desk, id, &posted, ("forum.reply", "admin-forum-replied"), move |conn, act| {
        let post = forum::reply(conn, id, me, form.get("body"), act.now)?;
        Ok(json!({ "post": post }))
    })
    .await
}

/// Changes one's own post.
pub async fn edit(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (topic, id) = path.into_inner();
    let (topic, id, me, form) = (TopicId(topic), PostId(id), desk.staff().id, posted.clone());
    let done = desk.write(move |conn, act| {
        let before = forum::post(conn, id)?;
        if before.topic_id != topic {
            return Err(Error::NotFound);
        }
        forum::edit(conn, id, me, (form.get("title"), form.get("body")), form.id("seen")?, act.now)?;
        act.log(
            conn,
            "forum.edit",
            &subject(topic),
            &json!({ "post": id, "version": before.version }),
            &json!({ "post": id, "version": before.version + 1 }),
        )
    });
    match done.await {
        Ok(()) => Ok(desk.done(&address(topic), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            post_page(&desk, topic, id, status, Some(&posted), &wrong).await
        }
    }
}

/// One of the deeds about a topic as it was seen.
async fn change(desk: Desk, id: i64, posted: Posted, (action, said): (&'static str, &str), deed: Deed) -> Result<HttpResponse> {
    let (id, me, manages, form) = (TopicId(id), desk.staff().id, desk.may(Permission::ForumManage), posted.clone());
    act(&desk, id, &posted, (action, said), move |conn, act| {
        forum::change(conn, id, deed, (me, manages), form.id("seen")?, act.now)?;
        Ok(Value::Null)
    })
    .await
}

pub async fn answer(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let which = match posted.get("post") {
        "" => None,
        _ => Some(posted.id::<PostId>("post")?),
    };
    let said = if which.is_some() { "admin-forum-answered" } else { "admin-forum-unanswered" };
    change(desk, *id, posted, ("forum.answer", said), Deed::Answer(which)).await
}

pub async fn state(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (said, deed) = match posted.get("to") {
        "closed" => ("admin-forum-is-closed", Deed::Close),
        "open" => ("admin-forum-is-open", Deed::Reopen),
        _ => return Err(Error::NotFound),
    };
    change(desk, *id, posted, ("forum.state", said), deed).await
}

pub async fn pin(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let deed = match posted.get("to") {
        "pinned" => Deed::Pin,
        "unpinned" => Deed::Unpin,
        _ => return Err(Error::NotFound),
    };
    change(desk, *id, posted, ("forum.pin", "admin-saved"), deed).await
}

pub async fn link(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, may, form) = (TopicId(*id), desk.grants().clone(), posted.clone());
    act(&desk, id, &posted, ("forum.link", "admin-saved"), move |conn, _| {
        let about = meant(conn, form.get("links"), &may)?;
        if about.is_empty() {
            return Err(Error::field("links", "field-required"));
        }
        forum::link(conn, id, &about)?;
        Ok(json!({ "links": about }))
    })
    .await
}

pub async fn unlink(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, gone) = (TopicId(*id), posted.get("subject").to_string());
    let done = desk.write(move |conn, act| {
        forum::unlink(conn, id, &gone)?;
        act.log(conn, "forum.link", &subject(id), &json!({ "links": [gone] }), &Value::Null)
    });
    match done.await {
        // Taken away twice is taken away.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => Err(error),
    }
}
