//! The wall: how the open tickets stand at this moment. An open page draws itself anew; without a script it is reloaded by hand.

use super::desk::Desk;
use super::tickets::NO_QUEUE;
use crate::staff;
use actix_web::HttpResponse;
use chrono::TimeDelta;
use crm::tickets::{self, Standing};
use kernel::Result;
use kernel::clock::Time;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    let now = desk.door.now();
    let (all, people) = desk.read(move |conn| Ok((tickets::wall(conn, now)?, staff::list(conn)?))).await?;
    let queues: BTreeSet<&str> = all.iter().map(|one| one.queue.as_str()).collect();
    let queues: Vec<Value> =
        queues.into_iter().map(|queue| row(queue, &in_queue(queue), all.iter().filter(|one| one.queue == queue), now)).collect();
    let mut rows: Vec<Value> = Vec::new();
    for one in &people {
        let own: Vec<&Standing> = all.iter().filter(|standing| standing.assignee == Some(one.id.0)).collect();
        if !own.is_empty() {
            rows.push(row(&one.name, &format!("whose={}", one.id), own, now));
        }
    }
    let nobodys: Vec<&Standing> = all.iter().filter(|one| one.assignee.is_none()).collect();
    if !nobodys.is_empty() {
        rows.push(row("", "whose=nobody", nobodys, now));
    }
    let view = json!({ "all": row("", "", &all, now), "queues": queues, "people": rows, "at": now });
    desk.page("admin/wall.html", "admin-wall", view)
}

/// The figures of some tickets, with the query that lists them.
fn row<'a>(name: &str, query: &str, all: impl IntoIterator<Item = &'a Standing>, now: Time) -> Value {
    let sum = tickets::sum(all);
    let waits = sum.oldest.map(|oldest| (now - oldest).max(TimeDelta::zero()));
    json!({ "name": name, "query": query, "waiting": sum.waiting, "chats": sum.chats, "late": sum.late, "soon": sum.soon,
        "hours": waits.map(|waits| waits.num_hours()), "minutes": waits.map(|waits| waits.num_minutes() % 60) })
}

/// What of an address asks for the tickets of a queue.
pub fn in_queue(queue: &str) -> String {
    let queue = if queue.is_empty() { NO_QUEUE } else { queue };
    form_urlencoded::Serializer::new(String::new()).append_pair("queue", queue).finish()
}
