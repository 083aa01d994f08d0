//! What is to be done about customers: on the page of each, and all of it on a page of its own.

use super::customer::{address, moved};
use super::customers::called;
use super::desk::{Desk, ROWS, refusal};
use super::forms::Reader;
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::tasks::{self, Filter, Task, TaskId, Wish};
use crm::{CustomerId, customers};
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const FIELDS: &[&str] = &["title", "due", "assignee", "remark"];
/// Tasks shown on a customer's page.
const SHOWN: i64 = 20;

/// The tasks about a customer with an empty form for another.
pub fn of(conn: &mut Conn, id: CustomerId, now: Time) -> Result<Value> {
    let found = tasks::of_customer(conn, id, SHOWN)?;
    let rows = rows(conn, &found, now, false)?;
    Ok(json!({ "rows": rows, "form": Form::new(FIELDS).fill("due", now.date().to_string()), "staff": people(conn)? }))
}

/// Who of the staff may be given a task.
fn people(conn: &mut Conn) -> Result<Vec<Value>> {
    let at_work = staff::list(conn)?.into_iter().filter(|one| one.active);
    Ok(at_work.map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect())
}

/// Tasks as pages list them; with the names of the customers where the page is not about one.
fn rows(conn: &mut Conn, found: &[Task], now: Time, named: bool) -> Result<Vec<Value>> {
    let staff = staff::list(conn)?;
    let by_actor = staff::names(conn)?;
    let mut rows = Vec::with_capacity(found.len());
    for task in found {
        let assignee = staff.iter().find(|one| Some(one.id.0) == task.assignee).map(|one| one.name.as_str());
        let customer = if named { Some(called(&customers::get(conn, task.customer_id)?).to_string()) } else { None };
        rows.push(json!({ "id": task.id, "customer_id": task.customer_id, "customer": customer, "title": task.title, "note": task.note,
            "due": task.due_on.date().to_string(), "overdue": task.overdue(now.date()), "assignee": assignee, "done_at": task.done_at,
            "done_by": by_actor.get(&task.done_by), "turn": if task.done_at.is_some() { "undone" } else { "done" } }));
    }
    Ok(rows)
}

/// All of them, or one's own: what is overdue first.
pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (whose, done) = (desk.query("whose"), desk.query("state") == "done");
    let assignee = (whose == "mine").then_some(desk.staff().id.0);
    let filter = Filter { assignee, done, after: desk.after().map(TaskId) };
    let now = desk.door.now();
    let (rows, last) = desk
        .read(move |conn| {
            let found = tasks::list(conn, &filter, ROWS)?;
            Ok((rows(conn, &found, now, true)?, found.last().map(|task| task.id.0)))
        })
        .await?;
    let view = json!({ "rows": rows, "next": desk.next(rows.len(), last), "whose": whose, "state": if done { "done" } else { "" },
        "people": [{ "value": "mine", "label": "admin-tasks-mine" }], "states": [{ "value": "done", "label": "admin-tasks-done" }] });
    desk.page("admin/tasks.html", "admin-tasks", view)
}

fn read(posted: &Posted) -> Result<Wish> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let due_on = reader.day("due");
    let wish = Wish {
        title: reader.text("title").trim().to_string(),
        note: reader.text("remark").trim().to_string(),
        due_on,
        assignee: reader.optional_number("assignee"),
    };
    reader.check()?;
    Ok(wish)
}

/// What the audit log keeps of a task.
fn kept(task: &Task) -> Value {
    json!({ "task": task.id, "title": task.title, "note": task.note, "due": task.due_on.date(), "assignee": task.assignee,
        "done": task.done_at.is_some() })
}

pub async fn create(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = CustomerId(*id);
    let made = match read(&posted) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                let task = tasks::create(conn, id, &wish, &act.actor, act.now)?;
                act.log(conn, "task.add", &format!("customer:{id}"), &Value::Null, &kept(&task))
            })
            .await
        }
    };
    match made {
        Ok(()) => Ok(desk.done(&format!("{}#tasks", address(id)), "admin-task-added")),
        Err(error) => refused(&desk, id, None, error, &posted).await,
    }
}

pub async fn form(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, task) = path.into_inner();
    let (id, task) = (CustomerId(id), TaskId(task));
    if let Some(there) = moved(&desk, id, &format!("/tasks/{task}")).await? {
        return Ok(there);
    }
    let found = desk.read(move |conn| tasks::get(conn, id, task)).await?;
    let form = Form::new(FIELDS)
        .fill("title", found.title.as_str())
        .fill("due", found.due_on.date().to_string())
        .fill("assignee", found.assignee.map(|one| one.to_string()).unwrap_or_default())
        .fill("remark", found.note.as_str());
    page(&desk, id, Some(&found), StatusCode::OK, form).await
}

async fn page(desk: &Desk, id: CustomerId, task: Option<&Task>, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let mut view = desk
        .read(move |conn| {
            let customer = customers::known(conn, id)?;
            Ok(json!({ "id": id, "name": called(&customer), "staff": people(conn)? }))
        })
        .await?;
    view["task"] = json!(task.map(|task| task.id));
    view["seen"] = json!(task.map(version).unwrap_or_default());
    view["form"] = json!(form);
    desk.page_as(status, "admin/task.html", "admin-task", view)
}

/// How the row was when a form was made.
fn version(task: &Task) -> String {
    task.updated_at.and_utc().timestamp_micros().to_string()
}

async fn refused(desk: &Desk, id: CustomerId, task: Option<TaskId>, error: Error, posted: &Posted) -> Result<HttpResponse> {
    let (status, wrong) = refusal(error)?;
    let found = match task {
        Some(task) => Some(desk.read(move |conn| tasks::get(conn, id, task)).await?),
        None => None,
    };
    page(desk, id, found.as_ref(), status, Form::new(FIELDS).typed(posted.pairs()).refuse(FIELDS, &wrong)).await
}

pub async fn update(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (id, task) = path.into_inner();
    let (id, task, seen) = (CustomerId(id), TaskId(task), posted.get("seen").to_string());
    let saved = match read(&posted) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                let before = tasks::get(conn, id, task)?;
                if version(&before) != seen {
                    return Err(Error::conflict("task-stale"));
                }
                let after = tasks::update(conn, id, task, &wish, before.updated_at, act.now)?;
                act.log(conn, "task.edit", &format!("customer:{id}"), &kept(&before), &kept(&after))
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done(&format!("{}#tasks", address(id)), "admin-saved")),
        Err(error) => refused(&desk, id, Some(task), error, &posted).await,
    }
}

pub async fn done(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    turn(&desk, path.into_inner(), &posted, true).await
}

pub async fn undone(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    turn(&desk, path.into_inner(), &posted, false).await
}

/// Ticks a task off or opens it again, and goes back to the page it was done on.
async fn turn(desk: &Desk, (id, task): (i64, i64), posted: &Posted, done: bool) -> Result<HttpResponse> {
    let (id, task) = (CustomerId(id), TaskId(task));
    desk.write(move |conn, act| {
        let before = tasks::get(conn, id, task)?;
        let changed = if done { tasks::finish(conn, id, task, &act.actor, act.now)? } else { tasks::reopen(conn, id, task, act.now)? };
        if !changed {
            return Ok(());
        }
        let action = if done { "task.done" } else { "task.undone" };
        let after = tasks::get(conn, id, task)?;
        act.log(conn, action, &format!("customer:{id}"), &kept(&before), &kept(&after))
    })
    .await?;
    let to = match posted.get("from") {
        "mine" => "/admin/tasks?whose=mine".to_string(),
        "all" => "/admin/tasks".to_string(),
        _ => format!("{}#tasks", address(id)),
    };
    Ok(desk.done(&to, if done { "admin-task-is-done" } else { "admin-task-is-open" }))
}
