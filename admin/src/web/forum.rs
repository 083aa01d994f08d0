//! The forum among staff: its topics, one of them with what was said, and what a post said before.

use super::audit;
use super::desk::{Desk, ROWS};
use crate::forum::{self, CategoryId, Filter, Post, PostId, Topic, TopicId};
use crate::permissions::{Grants, Permission};
use crate::{StaffId, staff};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::{CustomerId, customers};
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

pub const HERE: &str = "/admin/forum";
/// Fields of the forms on the page of a topic.
pub const FIELDS: &[&str] = &["body", "links"];
/// Fields of a post's form.
pub const POST: &[&str] = &["title", "body"];
/// Posts on the page.
const POSTS: i64 = 50;
/// Pinned topics above a list, and versions of a post.
const SHOWN: i64 = 50;
/// Topics on the page of what they are about.
const ABOUT: i64 = 10;

pub fn address(id: TopicId) -> String {
    format!("{HERE}/{id}")
}

/// The names of the staff by id.
fn names(conn: &mut Conn) -> Result<HashMap<StaffId, String>> {
    Ok(staff::list(conn)?.into_iter().map(|one| (one.id, one.name)).collect())
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (q, show) = (desk.query("q").trim().to_string(), desk.query("show"));
    let category: Option<i64> = desk.query("category").parse().ok();
    let me = desk.staff().id;
    let filter = Filter {
        category: category.map(CategoryId),
        closed: match show.as_str() {
            "open" => Some(false),
            "closed" => Some(true),
            _ => None,
        },
        named: (show == "mine").then_some(me),
        // Pinned topics stand above a list that nobody looks for something in.
        pinned: q.is_empty().then_some(false),
        words: q.clone(),
        after: desk.after().map(PostId),
    };
    let (rows, pinned, categories, unread, last) = desk
        .read(move |conn| {
            let found = forum::list(conn, &filter, ROWS)?;
            let above = match (&filter.pinned, filter.after) {
                (Some(false), None) => forum::list(conn, &Filter { pinned: Some(true), ..filter.clone() }, SHOWN)?,
                _ => Vec::new(),
            };
            let last = found.last().map(|topic| topic.last_post_id);
            Ok((rows(conn, &found, me)?, rows(conn, &above, me)?, forum::categories(conn)?, forum::unread(conn, me)?, last))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    let categories: Vec<Value> = categories.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
    let view = json!({ "rows": rows, "pinned": pinned, "categories": categories, "category": desk.query("category"), "q": q,
        "show": show, "shows": ["open", "closed", "mine"], "unread": unread.topics, "named": unread.named, "next": next });
    desk.page("admin/forum.html", "admin-forum", view)
}

/// The topics about something, as the log calls it, on its page: nothing for who may not read them.
pub fn about(conn: &mut Conn, subject: &str, reads: bool) -> Result<Value> {
    if !reads {
        return Ok(Value::Null);
    }
    let row = |topic: &Topic| json!({ "id": topic.id, "title": topic.title, "closed": topic.closed, "pinned": false, "answered": topic.answer_id.is_some() });
    Ok(forum::about(conn, subject, ABOUT)?.iter().map(row).collect())
}

/// Topics as lists show them.
fn rows(conn: &mut Conn, found: &[Topic], me: StaffId) -> Result<Vec<Value>> {
    let names = names(conn)?;
    let categories: HashMap<CategoryId, String> = forum::categories(conn)?.into_iter().map(|one| (one.id, one.name)).collect();
    let ids: Vec<TopicId> = found.iter().map(|topic| topic.id).collect();
    let read = forum::read_of(conn, me, &ids)?;
    let row = |topic: &Topic| {
        let unread = read.get(&topic.id).is_none_or(|read| *read < topic.last_post_id);
        json!({ "id": topic.id, "title": topic.title, "closed": topic.closed, "pinned": topic.pinned, "answered": topic.answer_id.is_some(),
            "category": categories.get(&topic.category_id), "by": names.get(&topic.staff_id), "at": topic.changed_at, "unread": unread })
    };
    Ok(found.iter().map(row).collect())
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    page(&desk, TopicId(*id), StatusCode::OK, None, &Fields::default()).await
}

/// The page of a topic; `posted` is a form that was refused, whose values stay.
pub async fn page(desk: &Desk, id: TopicId, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (me, may) = (desk.staff().id, desk.grants().clone());
    let before: Option<PostId> = desk.query("before").parse().ok();
    let (title, mut view) = desk
        .read(move |conn| {
            let topic = forum::get(conn, id)?;
            let mut view = load(conn, &topic, before, me)?;
            view["links"] = json!(linked(conn, id, &may)?);
            Ok((topic.title, view))
        })
        .await?;
    let form = Form::new(FIELDS);
    view["form"] = json!(match posted {
        Some(posted) => form.typed(posted.pairs()).refuse(FIELDS, wrong),
        None => form,
    });
    view["own"] = json!(view["author"] == json!(me) || desk.may(Permission::ForumManage));
    let title = if title.is_empty() { "admin-forum-forgotten".to_string() } else { title };
    desk.page_as(status, "admin/forum_topic.html", &title, view)
}

fn load(conn: &mut Conn, topic: &Topic, before: Option<PostId>, me: StaffId) -> Result<Value> {
    let names = names(conn)?;
    let found = forum::thread(conn, topic.id, before, POSTS)?;
    let first = forum::first(conn, topic.id)?;
    let earlier = found.first().filter(|one| one.id != first).map(|one| one.id);
    let read = forum::read_of(conn, me, &[topic.id])?.get(&topic.id).copied();
    let new = |post: &Post| read.is_none_or(|read| read < post.id);
    let view = |post: &Post| {
        json!({ "id": post.id, "text": post.body, "by": names.get(&post.staff_id), "at": post.created_at, "own": post.staff_id == me,
            "edited": (post.version > 1).then_some(post.changed_at), "answer": topic.answer_id == Some(post.id), "new": new(post) })
    };
    Ok(json!({ "id": topic.id, "title": topic.title, "category": forum::category(conn, topic.category_id)?.name, "author": topic.staff_id,
        "by": names.get(&topic.staff_id), "at": topic.created_at, "closed": topic.closed, "pinned": topic.pinned, "answer": topic.answer_id,
        "seen": topic.version, "last": topic.last_post_id, "unread": read.is_none_or(|read| read < topic.last_post_id),
        "posts": found.iter().map(view).collect::<Vec<_>>(), "earlier": earlier, "before": before }))
}

/// What a topic is about, of what somebody may see.
fn linked(conn: &mut Conn, id: TopicId, may: &Grants) -> Result<Vec<Value>> {
    let mut views = Vec::new();
    for subject in forum::links(conn, id)? {
        let Some((to, permission)) = audit::address(&subject) else { continue };
        if !may.may(permission) {
            continue;
        }
        let (kind, number) = subject.split_once(':').unwrap_or((subject.as_str(), ""));
        let label = match (kind, number.parse::<i64>()) {
            ("customer", Ok(customer)) => customers::called(conn, CustomerId(customer))?,
            _ => number.to_string(),
        };
        views.push(json!({ "to": to, "subject": subject, "label": label }));
    }
    Ok(views)
}

/// Keeps that the posts on the page were read.
fn seen(conn: &mut Conn, me: StaffId, id: TopicId, posted: &Posted) -> Result<Topic> {
    let topic = forum::get(conn, id)?;
    let up_to: PostId = posted.id("seen")?;
    forum::read(conn, me, id, up_to.min(topic.last_post_id))?;
    Ok(topic)
}

/// An open page says that it is read, and is told when there is more.
pub async fn presence(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (me, id, words) = (desk.staff().id, TopicId(*id), desk.words()?);
    let text = desk
        .write(move |conn, _| {
            let topic = seen(conn, me, id, &posted)?;
            let more = posted.id::<PostId>("seen")? < topic.last_post_id;
            Ok(more.then(|| words.get("admin-forum-more")))
        })
        .await?;
    desk.news(text)
}

/// The same by a button.
pub async fn read(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (me, id) = (desk.staff().id, TopicId(*id));
    desk.write(move |conn, _| seen(conn, me, id, &posted).map(drop)).await?;
    Ok(desk.door.go(&desk.visit, HERE))
}

pub async fn post(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (topic, id) = path.into_inner();
    post_page(&desk, TopicId(topic), PostId(id), StatusCode::OK, None, &Fields::default()).await
}

/// A post with what it said before, and the form of whoever wrote it.
pub async fn post_page(
    desk: &Desk,
    topic: TopicId,
    id: PostId,
    status: StatusCode,
    posted: Option<&Posted>,
    wrong: &Fields,
) -> Result<HttpResponse> {
    let (of, now, first, by, versions) = desk
        .read(move |conn| {
            let now = forum::post(conn, id)?;
            if now.topic_id != topic {
                return Err(Error::NotFound);
            }
            let of = forum::get(conn, topic)?;
            let by = names(conn)?.get(&now.staff_id).cloned();
            Ok((of, now, forum::first(conn, topic)? == id, by, forum::versions(conn, id, SHOWN)?))
        })
        .await?;
    let form = Form::new(POST).fill("title", of.title.as_str()).fill("body", now.body.as_str());
    let form = match posted {
        Some(posted) => form.typed(posted.pairs()).refuse(POST, wrong),
        None => form,
    };
    let own = now.staff_id == desk.staff().id && desk.may(Permission::ForumWrite);
    let view = json!({ "topic": topic, "id": id, "title": of.title, "text": now.body, "at": now.changed_at, "by": by, "seen": now.version,
        "first": first, "own": own, "versions": versions, "form": form });
    desk.page_as(status, "admin/forum_post.html", "admin-forum-post", view)
}
