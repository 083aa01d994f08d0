//! One-to-one offers: their list, what each brought beside its control group, and what a customer was offered and why.

use super::desk::{Desk, ROWS};
use super::promotion_words::{self, Spelled};
use super::promotions::standing;
use actix_web::HttpResponse;
use crm::lift::{Lift, Sample};
use crm::{CustomerId, segments};
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Result, jobs};
use serde_json::{Value, json};
use storefront::catalog;
use storefront::ids::{ProductId, PromotionId};
use storefront::offers::{self, Choice, OfferRow, Outcome, Results, Source};
use storefront::promotions::{self, Promotion};
use storefront::web::posted::Posted;
use storefront::web::words::Words;

/// Decisions shown on a customer's page.
const SHOWN: i64 = 20;
/// The key of the job that was asked for.
const SOON: &str = "offers:soon";

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let before = desk.after();
    let words = Words::of(&desk.door.templates, desk.visit.language)?;
    let now = desk.door.now();
    let (rows, last, waits) = desk
        .read(move |conn| {
            let found = offers::list(conn, before, ROWS)?;
            let mut rows = Vec::with_capacity(found.len());
            for (promotion, offer) in &found {
                let spelled = Spelled::load(conn, promotion)?;
                let mut row = told(conn, promotion, offer)?;
                row["sentence"] = json!(promotion_words::effect(promotion, &spelled, &words)?);
                row["standing"] = json!(standing(promotion, now));
                rows.push(row);
            }
            Ok((rows, found.last().map(|(promotion, _)| promotion.id.0), jobs::known(conn, offers::FIGURE_JOB, SOON)?))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    desk.page("admin/offers.html", "admin-offers", json!({ "offers": rows, "next": next, "waits": waits }))
}

/// An offer with its decisions, its budget and its results.
fn told(conn: &mut Conn, promotion: &Promotion, offer: &OfferRow) -> Result<Value> {
    let currency = promotion.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    let (given, control) = offers::counts(conn, promotion.id)?;
    Ok(
        json!({ "id": promotion.id, "name": promotion.name, "uses": promotion.uses, "own": offer.choice == Choice::Own, "given": given, "control": control,
        "spent": money(offer.spent), "budget": offer.budget.map(money),
        "results": offer.results.as_ref().map(|results| brought(&results.0, currency)) }),
    )
}

/// [`told`] of one promotion; null when it is no offer.
pub fn of_promotion(conn: &mut Conn, id: PromotionId) -> Result<Value> {
    let Some(offer) = offers::get(conn, id)? else { return Ok(Value::Null) };
    let promotion = promotions::get(conn, id)?;
    told(conn, &promotion, &offer)
}

fn brought(results: &Results, currency: Currency) -> Value {
    let mut brought = compared((&results.given, &results.control), (results.orders.as_ref(), results.money.as_ref()), currency);
    brought["at"] = json!(results.at);
    brought
}

/// Those who were given something beside the control group, and by how many orders and how much money that changed what they bought.
pub fn compared(groups: (&Outcome, &Outcome), more: (Option<&Lift>, Option<&Lift>), currency: Currency) -> Value {
    let money = |minor: i64| Money::new(minor, currency);
    let orders =
        |hundredths: i64| format!("{}{}.{:02}", if hundredths < 0 { "-" } else { "" }, hundredths.abs() / 100, hundredths.abs() % 100);
    let mean = |sample: &Sample| sample.sum / sample.people.max(1);
    let arm = |outcome: &Outcome| {
        json!({ "people": outcome.orders.people, "orders": outcome.orders.sum / 100, "money": money(outcome.money.sum),
            "orders_each": orders(mean(&outcome.orders)), "money_each": money(mean(&outcome.money)) })
    };
    let lift = |lift: &Lift, text: &dyn Fn(i64) -> Value| json!({ "tells": lift.tells(), "more": text(lift.more), "low": text(lift.low), "high": text(lift.high) });
    json!({ "given": arm(groups.0), "control": arm(groups.1),
        "orders": more.0.map(|one| lift(one, &|hundredths| json!(orders(hundredths)))),
        "money": more.1.map(|one| lift(one, &|minor| json!(money(minor)))) })
}

/// Has the results of all offers figured.
pub async fn figure(desk: Desk, _: Posted) -> Result<HttpResponse> {
    desk.write(|conn, act| {
        offers::figure_soon(conn, act.now)?;
        act.log(conn, "offers.figure", "offers", &Value::Null, &json!({ "asked_at": act.now }))
    })
    .await?;
    Ok(desk.done("/admin/offers", "admin-offers-asked"))
}

/// What was decided for a customer, with what it followed from.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, language: &str, now: Time) -> Result<Vec<Value>> {
    let given = offers::of_customer(conn, customer, SHOWN)?;
    let mut ids: Vec<ProductId> = given.iter().filter_map(|one| one.product).collect();
    ids.extend(given.iter().filter_map(|one| if let Some(Source::Because(other)) = one.why.product { Some(other) } else { None }));
    let titles = catalog::titles_in(conn, &ids, language)?;
    let title = |id: ProductId| titles.get(&id).cloned().unwrap_or_else(|| format!("#{id}"));
    let mut rows = Vec::with_capacity(given.len());
    for one in &given {
        // A segment that was removed since has no name any more.
        let segment = one.why.segment.and_then(|id| segments::get(conn, id).ok()).map(|segment| segment.name);
        let source = one.why.product.map(|source| match source {
            Source::Again => json!({ "word": "again" }),
            Source::Because(other) => json!({ "word": "because", "title": title(other) }),
            Source::Popular => json!({ "word": "popular" }),
        });
        rows.push(json!({ "id": one.promotion.id, "name": one.promotion.name, "arm": one.arm, "open": one.is_open(now),
            "product": one.product.map(title), "at": one.decided_at, "until": one.until(), "uses": one.uses,
            "segment": segment, "invited": one.why.invited, "source": source, "why": one.offer.why(language) }));
    }
    Ok(rows)
}
