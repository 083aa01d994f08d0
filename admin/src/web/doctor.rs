//! The proof of the books on a page: what was examined last, and what does not agree.

use super::desk::Desk;
use actix_web::HttpResponse;
use kernel::Result;
use serde_json::{Value, json};
use storefront::doctor::runs::{self, Examination};
use storefront::web::posted::Posted;

/// Examinations shown, the last in full.
const SHOWN: i64 = 10;

fn view(one: &Examination) -> Value {
    json!({ "id": one.id, "by": one.asked_by, "asked_at": one.asked_at, "ended_at": one.ended_at, "problems": one.problems(),
        "findings": one.findings.0 })
}

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    let found = desk.read(|conn| runs::latest(conn, SHOWN)).await?;
    let runs = found.first().is_some_and(|one| one.ended_at.is_none());
    // While one runs, the one before it is still what is known.
    let last = found.iter().find(|one| one.ended_at.is_some()).map(view);
    let all: Vec<Value> = found.iter().map(view).collect();
    desk.page("admin/doctor.html", "admin-doctor", json!({ "runs": runs, "last": last, "all": all }))
}

pub async fn ask(desk: Desk, _: Posted) -> Result<HttpResponse> {
    let asked = desk.write(move |conn, act| {
        let id = runs::ask(conn, &act.actor, act.now)?;
        act.log(conn, "doctor.ask", &format!("examination:{id}"), &Value::Null, &json!({ "asked_at": act.now }))
    });
    match asked.await {
        Ok(()) => Ok(desk.done("/admin/doctor", "admin-doctor-asked")),
        Err(error) => desk.explained("/admin/doctor", error),
    }
}
