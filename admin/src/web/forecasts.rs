//! What is known of all customers together: how many are in which group and stage, and how well a forecast would have done.

use super::customers::known;
use super::desk::Desk;
use actix_web::HttpResponse;
use crm::scores;
use kernel::Result;
use kernel::money::Money;
use serde_json::{Value, json};

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    let (run, parts) = desk.read(|conn| Ok((scores::last_run(conn)?, scores::parts(conn)?))).await?;
    let currency = run.as_ref().map(scores::Run::currency).transpose()?;
    let all: i64 = parts.groups.iter().map(|(_, part)| part.customers).sum();
    let row = |word: &str, part: &scores::Part| {
        let share = if all > 0 { (part.customers * 100 + all / 2) / all } else { 0 };
        json!({ "word": word, "customers": part.customers, "share": share, "value": currency.map(|currency| Money::new(part.value, currency)) })
    };
    let groups: Vec<Value> = parts.groups.iter().map(|(group, part)| row(group.as_str(), part)).collect();
    let stages: Vec<Value> = parts.stages.iter().map(|(stage, part)| row(stage.as_str(), part)).collect();
    let view = json!({ "run": run.as_ref().map(known), "groups": groups, "stages": stages });
    desk.page("admin/forecasts.html", "admin-forecasts", view)
}
