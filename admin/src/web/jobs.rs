//! The console of jobs: how the queue stands, what failed and why, and trying again.

use super::desk::{Desk, ROWS};
use actix_web::{HttpResponse, web};
use kernel::{Error, Result, jobs};
use serde_json::{Value, json};
use storefront::web::posted::Posted;

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let state = Some(desk.query("state")).filter(|state| matches!(state.as_str(), "due" | "dead"));
    let (asked, before, now) = (state.clone(), desk.after(), desk.door.now());
    let (found, depth) = desk.read(move |conn| Ok((jobs::list(conn, asked.as_deref(), before, ROWS)?, jobs::depth(conn, now)?))).await?;
    let next = desk.next(found.len(), found.last().map(|job| job.id));
    desk.page("admin/jobs.html", "admin-jobs", json!({ "jobs": found, "depth": depth, "state": state.unwrap_or_default(), "next": next }))
}

pub async fn retry(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = *id;
    let done = desk
        .write(move |conn, act| {
            jobs::retry(conn, id, act.now)?;
            act.log(conn, "job.retry", &format!("job:{id}"), &Value::Null, &Value::Null)
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done("/admin/jobs", "admin-job-retried")),
        // Whoever pressed the button on an old page: the job did its work meanwhile.
        Err(Error::NotFound) => Ok(desk.done("/admin/jobs", "admin-job-gone")),
        Err(error) => Err(error),
    }
}
