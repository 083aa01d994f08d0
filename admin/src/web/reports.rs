//! What came of the tickets of some days: by day, queue, person, reason and outcome, what customers said of it and what it cost, each with the
//! way to the tickets themselves.

use super::desk::Desk;
use super::tickets::day;
use super::wall::in_queue;
use crate::staff;
use actix_web::HttpResponse;
use chrono::{NaiveDate, TimeDelta};
use crm::levels::{self, Calendar};
use crm::tickets::report::{self, Day, Figures, Report, Spread};
use kernel::Result;
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::articles::trials::{self, Results};
use storefront::sales::Period;
use storefront::service::{self, Cost};
use storefront::shop::{self, Shop};
use storefront::web::words::Words;

/// The longest stretch, in days, and the one that is shown first.
const LONGEST: i64 = 92;
const SHOWN: i64 = 28;
/// Asks for times by the clock where there are calendars.
const CLOCK: &str = "clock";

/// From one day to another, both of them included.
#[derive(Clone, Copy)]
struct Stretch {
    first: NaiveDate,
    last: NaiveDate,
}

impl Stretch {
    /// The days that are asked for, [`LONGEST`] at most, of which the last ones count.
    fn of(first: Option<NaiveDate>, last: Option<NaiveDate>, today: NaiveDate) -> Stretch {
        let last = last.unwrap_or(today);
        let first = first.unwrap_or(last - TimeDelta::days(SHOWN - 1));
        Stretch { first: first.clamp(last - TimeDelta::days(LONGEST - 1), last), last }
    }

    fn days(self, shop: &Shop) -> Vec<Day> {
        let each = self.first.iter_days().take_while(|day| *day <= self.last);
        each.map(|date| {
            let Period { from, until } = Period::days(shop, date, 1);
            Day { date, from, until }
        })
        .collect()
    }

    /// The query of the list of its tickets; `more` narrows it.
    fn query(self, more: &str) -> String {
        let and = if more.is_empty() { "" } else { "&" };
        format!("status=all&from={}&to={}{and}{more}", self.first, self.last)
    }
}

pub async fn service(desk: Desk) -> Result<HttpResponse> {
    let (now, first, last, asked) = (desk.door.now(), day(&desk, "from"), day(&desk, "to"), desk.query("calendar"));
    let words = desk.words()?;
    let view = desk
        .read(move |conn| {
            let shop = shop::get(conn)?;
            let stretch = Stretch::of(first, last, shop.local(now).date());
            let days = stretch.days(&shop);
            let calendars = levels::calendars(conn)?;
            let chosen = calendars.iter().find(|one| one.id.to_string() == asked).or(calendars.first()).filter(|_| asked != CLOCK);
            let report = report::report(conn, &days, chosen.map(|calendar| &calendar.hours))?;
            let people: HashMap<i64, String> = staff::list(conn)?.into_iter().map(|one| (one.id.0, one.name)).collect();
            let (costs, tried) = match (days.first(), days.last()) {
                (Some(first), Some(last)) => {
                    (service::costs(conn, first.from, last.until)?, trials::results(conn, first.from, last.until, now)?)
                }
                _ => Default::default(),
            };
            let entry = |one: &Calendar| json!({ "value": one.id.to_string(), "label": one.name });
            let cut = first.is_some_and(|first| first < stretch.first && stretch.first < stretch.last);
            Ok(json!({ "from": stretch.first, "to": stretch.last, "cut": cut.then_some(LONGEST), "all": row("", &stretch.query(""), &report.all()),
                "tables": tables(&report, stretch, &people, &words), "ratings": ratings(&report, stretch, &words),
                "articles": of_articles(&tried), "costs": costs.iter().map(|cost| of_cost(cost, stretch)).collect::<Vec<_>>(),
                "calendars": calendars.iter().map(entry).collect::<Vec<_>>(), "calendar": chosen.map(|one| one.id.to_string()),
                "every": (report.every > 1).then_some(report.every) }))
        })
        .await?;
    desk.page("admin/report_service.html", "admin-report-service", view)
}

/// The tables, each with its title.
fn tables(report: &Report, stretch: Stretch, people: &HashMap<i64, String>, words: &Words) -> Vec<Value> {
    let table = |title: &str, rows: Vec<Value>| json!({ "title": title, "rows": rows });
    let days = report.by(|of| of.opened_on).into_iter().map(|(day, own)| {
        let alone = Stretch { first: day, last: day };
        row(&day.to_string(), &alone.query(""), &own)
    });
    let queues = report.by(|of| of.queue.clone()).into_iter().map(|(queue, own)| {
        let name = if queue.is_empty() { words.get("admin-wall-no-queue") } else { queue.clone() };
        row(&name, &stretch.query(&in_queue(&queue)), &own)
    });
    let whose = report.by(|of| of.assignee).into_iter().map(|(id, own)| {
        let name = id.map_or_else(|| words.get("admin-tickets-nobodys"), |id| people.get(&id).cloned().unwrap_or_else(|| id.to_string()));
        let asked = id.map_or_else(|| "nobody".to_string(), |id| id.to_string());
        row(&name, &stretch.query(&format!("whose={asked}")), &own)
    });
    let kinds = report.by(|of| of.kind).into_iter().map(|(kind, own)| {
        let kind = kind.as_str();
        row(&words.get(&format!("request-kind-{kind}")), &stretch.query(&format!("kind={kind}")), &own)
    });
    let outcomes = report.by(|of| of.outcome).into_iter().filter_map(|(outcome, own)| {
        let outcome = outcome?.as_str();
        Some(row(&words.get(&format!("admin-ticket-outcome-{outcome}")), &stretch.query(&format!("outcome={outcome}")), &own))
    });
    vec![
        table("admin-report-kinds", kinds.collect()),
        table("admin-wall-queues", queues.collect()),
        table("admin-wall-people", whose.collect()),
        table("admin-report-outcomes", outcomes.collect()),
        table("admin-report-days", days.collect()),
    ]
}

/// A row of a table, with the query that lists its tickets. A rating is shown with one decimal.
fn row(name: &str, query: &str, own: &Figures) -> Value {
    let rating = own.rating.map(|hundredths| {
        let tenths = (hundredths + 5) / 10;
        format!("{}.{}", tenths / 10, tenths % 10)
    });
    let spread = |of: Option<Spread>| of.map(|of| json!({ "half": span(of.half), "most": span(of.most) }));
    json!({ "name": name, "query": query, "opened": own.opened, "solved": own.solved, "reopened": own.reopened, "rated": own.rated,
        "rating": rating, "first": spread(own.first), "end": spread(own.end) })
}

fn span(minutes: i64) -> Value {
    json!({ "hours": minutes / 60, "minutes": minutes % 60 })
}

/// How many gave which rating, the best first.
fn ratings(report: &Report, stretch: Stretch, words: &Words) -> Vec<Value> {
    let each = report.ratings.iter().rev();
    each.map(|(rating, count)| {
        json!({ "name": words.get(&format!("request-rating-{rating}")), "query": stretch.query(&format!("rating={rating}")), "count": count })
    })
    .collect()
}

/// What service cost in a currency.
fn of_cost(cost: &Cost, stretch: Stretch) -> Value {
    let given = |one: &service::Given| {
        let to = match one.deed.strip_prefix("bank_") {
            Some(_) => "/admin/disputes?state=all".to_string(),
            None => format!("/admin/tickets?{}", stretch.query(&format!("did={}", one.deed))),
        };
        json!({ "deed": one.deed, "to": to, "times": one.times, "amount": one.amount })
    };
    json!({ "currency": cost.sum.currency, "given": cost.given.iter().map(given).collect::<Vec<_>>(), "sum": cost.sum, "orders": cost.orders,
        "per_order": cost.per_order() })
}

/// What articles did to questions: how many fewer were asked than without them.
fn of_articles(tried: &Results) -> Value {
    let fewer = tried.more.map(|more| json!({ "tells": more.tells(), "fewer": -more.more, "low": -more.high, "high": -more.low }));
    let group = |group: &trials::Group| json!({ "people": group.people, "read": group.read, "asked": group.asked });
    json!({ "shown": group(&tried.shown), "control": group(&tried.control), "waiting": tried.waiting, "fewer": fewer })
}
