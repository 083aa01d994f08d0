//! Recommendations: what was learned and how good it is, how the shelves do, and what the merchant wants always or never.

use super::desk::{Desk, refusal};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::TimeDelta;
use crm::recommendations::{self, Arm, Compared, Count, RUN_JOB, Run, SOON, Shelf, rules};
use kernel::{Conn, Error, Result, jobs};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use storefront::catalog::{self, Named};
use storefront::ids::ProductId;
use storefront::shop::OWN_LANGUAGE;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["never", "beside", "other"];
/// Days of counts that are shown.
const DAYS: i64 = 30;
/// Pins on the page: more than anybody sets by hand.
const PINS: i64 = 1000;

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    page(&desk, StatusCode::OK, Form::new(NAMES)).await
}

async fn page(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (now, language) = (desk.door.now(), desk.visit.language.code());
    let view = desk.read(move |conn| {
        let run = recommendations::last_run(conn)?;
        let waits = jobs::known(conn, RUN_JOB, SOON)?;
        let counts = recommendations::results(conn, now - TimeDelta::days(DAYS))?;
        let (never, pins) = (rules::exclusions(conn)?, rules::pins(conn, None, PINS)?);
        let ids: Vec<ProductId> = never.iter().copied().chain(pins.iter().flat_map(|pin| [pin.0, pin.1])).map(ProductId).collect();
        let titles = catalog::titles_in(conn, &ids, language)?;
        let product = |id: i64| json!({ "id": id, "title": titles.get(&ProductId(id)).cloned().unwrap_or_else(|| format!("#{id}")) });
        let pins: Vec<Value> =
            pins.into_iter().map(|(beside, other)| json!({ "beside": product(beside), "other": product(other) })).collect();
        Ok(json!({
            "run": run.as_ref().map(learned), "waits": waits, "days": DAYS, "shelves": shelves(&counts),
            "never": never.into_iter().map(product).collect::<Vec<Value>>(), "pins": pins,
        }))
    });
    let mut view = view.await?;
    view["form"] = serde_json::to_value(&form)?;
    desk.page_as(status, "admin/recommendations.html", "admin-recommendations", view)
}

/// The last run and what the shop's past said of it.
fn learned(run: &Run) -> Value {
    let told = &run.measure.0;
    let row = |of: &Compared| {
        json!({ "customers": of.customers, "hits": percent(of.model.hits), "popular_hits": percent(of.popularity.hits),
            "ndcg": share(of.model.ndcg), "popular_ndcg": share(of.popularity.ndcg) })
    };
    json!({ "at": run.run_at, "buyers": run.buyers, "products": run.products, "seconds": (run.milliseconds + 999) / 1000,
        "from": told.from, "days": told.days, "says": told.says_something(), "customers": told.all.customers,
        "rows": [("all", row(&told.all)), ("new", row(&told.new))] })
}

/// Thousandths as `12.3`.
fn percent(thousandths: i64) -> String {
    format!("{}{}.{}", if thousandths < 0 { "-" } else { "" }, (thousandths / 10).abs(), (thousandths % 10).abs())
}

/// Thousandths as `0.123`.
fn share(thousandths: i64) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// Each shelf that somebody saw, with both lists beside each other and what the difference says.
fn shelves(counts: &BTreeMap<(Shelf, Arm), Count>) -> Vec<Value> {
    let of = |shelf: Shelf, arm: Arm| counts.get(&(shelf, arm)).copied().unwrap_or_default();
    let row = |count: Count| {
        let rate = |part: i64| (count.views > 0).then(|| percent((part * 1000 + count.views / 2) / count.views));
        json!({ "views": count.views, "clicks": count.clicks, "orders": count.orders, "clicked": rate(count.clicks), "ordered": rate(count.orders) })
    };
    let shelf = |shelf: &Shelf| {
        let (model, popular) = (of(*shelf, Arm::Model), of(*shelf, Arm::Popular));
        let compared = *shelf != Shelf::Again;
        let says = |part: fn(&Count) -> i64| {
            let (low, high) = recommendations::difference((part(&model), model.views), (part(&popular), popular.views))?;
            // From the smaller to the larger, whichever list is ahead.
            let (less, more) = if low > 0 { (low, high) } else { (-high, -low) };
            Some(json!({ "better": low > 0, "from": percent(less), "to": percent(more) }))
        };
        json!({ "shelf": shelf, "model": row(model), "popular": compared.then(|| row(popular)),
            "clicks": says(|count| count.clicks), "orders": says(|count| count.orders) })
    };
    let seen = |shelf: &&Shelf| Arm::ALL.iter().any(|arm| of(**shelf, *arm) != Count::default());
    Shelf::ALL.iter().filter(seen).map(shelf).collect()
}

/// Has everything worked out anew.
pub async fn learn(desk: Desk, _: Posted) -> Result<HttpResponse> {
    desk.write(|conn, act| {
        recommendations::run_soon(conn, act.now)?;
        act.log(conn, "recommendations.learn", "recommendations", &Value::Null, &json!({ "asked_at": act.now }))
    })
    .await?;
    Ok(desk.done("/admin/recommendations", "admin-recommendations-asked"))
}

/// The product of an address or SKU that was typed.
fn typed(conn: &mut Conn, field: &str, name: &str) -> Result<ProductId> {
    let found = match catalog::named(conn, name.trim())? {
        Some(Named::Product(product)) => Some(product),
        Some(Named::Variant(variant)) => catalog::product_of(conn, variant)?,
        None => None,
    };
    found.ok_or_else(|| Error::field(field, "admin-recommendations-unknown"))
}

fn named(conn: &mut Conn, product: ProductId) -> Result<Value> {
    let titles: HashMap<ProductId, String> = catalog::titles_in(conn, &[product], OWN_LANGUAGE)?;
    Ok(json!(titles.get(&product)))
}

/// Recommends a product never more.
pub async fn exclude(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let name = posted.get("never").to_string();
    let done = desk.write(move |conn, act| {
        let product = typed(conn, "never", &name)?;
        rules::exclude(conn, product.0, act.now)?;
        let told = named(conn, product)?;
        act.log(conn, "recommendations.exclude", &format!("product:{product}"), &Value::Null, &json!({ "never": told }))
    });
    answer(&desk, done.await, &posted).await
}

/// Lets a product be recommended again.
pub async fn allow(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let product = ProductId(number(&posted, "product")?);
    let done = desk.write(move |conn, act| {
        if !rules::excluded(conn)?.contains(&product.0) {
            return Ok(());
        }
        rules::allow(conn, product.0)?;
        let told = named(conn, product)?;
        act.log(conn, "recommendations.allow", &format!("product:{product}"), &json!({ "never": told }), &Value::Null)
    });
    answer(&desk, done.await, &posted).await
}

/// Puts a product first beside another one.
pub async fn pin(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (beside, other) = (posted.get("beside").to_string(), posted.get("other").to_string());
    let done = desk.write(move |conn, act| {
        let (product, other) = (typed(conn, "beside", &beside)?, typed(conn, "other", &other)?);
        rules::pin(conn, product.0, other.0, act.now)?;
        let told = named(conn, other)?;
        act.log(conn, "recommendations.pin", &format!("product:{product}"), &Value::Null, &json!({ "beside": told }))
    });
    answer(&desk, done.await, &posted).await
}

/// Takes it away from there.
pub async fn unpin(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (product, other) = (ProductId(number(&posted, "product")?), ProductId(number(&posted, "other")?));
    let done = desk.write(move |conn, act| {
        if !rules::pinned(conn, product.0)?.contains(&other.0) {
            return Ok(());
        }
        rules::unpin(conn, product.0, other.0)?;
        let told = named(conn, other)?;
        act.log(conn, "recommendations.unpin", &format!("product:{product}"), &json!({ "beside": told }), &Value::Null)
    });
    answer(&desk, done.await, &posted).await
}

fn number(posted: &Posted, name: &str) -> Result<i64> {
    posted.get(name).parse().map_err(|_| Error::NotFound)
}

async fn answer(desk: &Desk, done: Result<()>, posted: &Posted) -> Result<HttpResponse> {
    match done {
        Ok(()) => {
            // What this process shows follows at once.
            desk.door.memory.forget_lists();
            Ok(desk.done("/admin/recommendations", "admin-saved"))
        }
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_as_people_read_them() {
        assert_eq!([percent(846), percent(5), percent(-12), percent(1000)], ["84.6", "0.5", "-1.2", "100.0"]);
        assert_eq!([share(354), share(5), share(1000)], ["0.354", "0.005", "1.000"]);
    }

    #[test]
    fn only_shelves_that_were_seen_are_told_of() {
        let count = |views, clicks, orders| Count { views, clicks, orders };
        let counts = BTreeMap::from([
            ((Shelf::Together, Arm::Model), count(1000, 100, 30)),
            ((Shelf::Together, Arm::Popular), count(1000, 20, 25)),
            ((Shelf::Again, Arm::Model), count(10, 1, 0)),
        ]);
        let told = shelves(&counts);
        assert_eq!(told.len(), 2);
        assert_eq!((&told[0]["clicks"]["better"], &told[0]["orders"]), (&json!(true), &Value::Null));
        assert_eq!((&told[0]["model"]["clicked"], &told[1]["popular"]), (&json!("10.0"), &Value::Null));
    }
}
