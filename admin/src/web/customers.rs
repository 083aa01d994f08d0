//! The list of customers, and what is known of all of them together.

use super::desk::{Desk, ROWS};
use crate::permissions::Permission;
use actix_web::HttpResponse;
use crm::CustomerId;
use crm::customers::Customer;
use crm::rfm::Group;
use crm::scores::{self, Earning, Filter, Order, Run, Score, Stage};
use crm::segments::{self, SegmentId, State};
use kernel::Result;
use kernel::money::Money;
use serde_json::{Value, json};

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (text, group, stage) = (desk.query("q"), desk.query("group"), desk.query("stage"));
    let segment: Option<SegmentId> = desk.query("segment").parse().ok().filter(|_| desk.may(Permission::SegmentsView));
    let earning = desk.query("earning");
    let open_task = desk.query("task") == "open";
    let order = Order::parse(&desk.query("order")).unwrap_or(Order::Newest);
    let filter = Filter {
        order,
        group: Group::parse(&group),
        stage: Stage::parse(&stage),
        segment,
        open_task,
        earning: Earning::parse(&earning),
        text: text.clone(),
        after: desk.after().map(CustomerId),
    };
    let (now, may) = (desk.door.now(), desk.may(Permission::SegmentsView));
    let (found, run, segments) = desk
        .read(move |conn| {
            let all = if may { segments::list(conn)? } else { Vec::new() };
            Ok((scores::list(conn, &filter, ROWS, now)?, scores::last_run(conn)?, all))
        })
        .await?;
    let due = segments.iter().any(|one| Some(one.id) == segment && one.state == State::Due);
    let segments: Vec<Value> = segments.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
    let rows = found.iter().map(row).collect::<Result<Vec<Value>>>()?;
    // A text lists the first that it finds, and goes no further.
    let last = found.last().map(|(customer, _)| customer.id.0).filter(|_| text.trim().is_empty());
    let view = json!({ "rows": rows, "next": desk.next(rows.len(), last), "q": text, "group": group, "stage": stage, "order": order,
        "orders": Order::ALL, "groups": Group::ALL, "stages": Stage::ALL, "segment": segment.map(|id| id.to_string()).unwrap_or_default(), "segments": segments, "due": due, "earning": earning, "earnings": Earning::ALL, "task": if open_task { "open" } else { "" },
        "tasks": [{ "value": "open", "label": "admin-tasks-open-some" }], "run": run.map(|run| known(&run)) });
    desk.page("admin/customers.html", "admin-customers", view)
}

fn row((customer, score): &scores::Row) -> Result<Value> {
    Ok(json!({ "id": customer.id, "name": customer.name, "email": customer.email, "since": customer.created_at,
        "score": score.as_ref().map(short).transpose()? }))
}

/// What a list shows of a score.
fn short(score: &Score) -> Result<Value> {
    let currency = score.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    Ok(
        json!({ "orders": score.orders, "value": money(score.value), "last_at": score.last_at, "stage": score.stage, "group": score.standing,
        "year": score.value_365.map(money), "margin": money(score.margin), "uncosted": score.uncosted }),
    )
}

/// What the last run found, in the words of the page.
pub fn known(run: &Run) -> Value {
    let figures = &run.figures.0;
    let tried = figures.back_test.as_ref().map(|tried| {
        json!({ "days": tried.days, "customers": tried.customers, "expected": whole(tried.expected_visits), "visits": tried.visits,
            "expected_to_come": whole(tried.expected_to_come), "came": tried.came, "best": tried.best, "best_came": tried.best_came })
    });
    let model = figures.repeat_buying;
    json!({ "at": run.run_at, "buyers": run.buyers, "forecasts": model.is_some(), "tried": tried,
        "drop_out": model.is_some_and(|model| model.drop_out.is_some()), "pace": figures.pace.map(whole) })
}

/// A number of the statistics as people read it.
pub fn whole(number: f64) -> String {
    format!("{number:.0}")
}

/// What to call a customer in a heading.
pub fn called(customer: &Customer) -> &str {
    if customer.name.is_empty() { &customer.email } else { &customer.name }
}
