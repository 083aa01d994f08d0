//! "Change all that were found": rules for every product of a filter, shown as a preview before anything happens.

use super::choice;
use super::desk::{Desk, refusal};
use super::forms::Reader;
use super::product_filter::Asked;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::batches::{self, CompareRule, PriceRule, Rounding, Rules};
use storefront::catalog::Status;
use storefront::shop::OWN_LANGUAGE;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

const NAMES: &[&str] =
    &["price_rule", "price_value", "rounding", "compare_rule", "compare_value", "status", "brand", "add_tags", "remove_tags"];
/// Entries of the choice of a price rule, and of that of a former price.
const PRICE_RULES: [&str; 3] = ["percent", "add", "set"];
const COMPARE_RULES: [&str; 3] = ["former", "set", "clear"];

pub async fn form(desk: Desk) -> Result<HttpResponse> {
    show(&desk, StatusCode::OK, Form::new(NAMES).fill("rounding", "minor")).await
}

async fn show(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let asked = Asked::of(desk);
    let (currency, of) = choice::currency(desk).await?;
    let (counted, tree, asked) = desk
        .read(move |conn| {
            let counted = batches::count(conn, &asked.filter(currency, None), currency)?;
            Ok((counted, storefront::catalog::categories(conn, OWN_LANGUAGE)?, asked))
        })
        .await?;
    let choices = |words: &[&str], prefix: &str| -> Vec<Value> {
        words.iter().map(|word| json!({ "value": word, "label": format!("{prefix}{}", word.replace('_', "-")) })).collect()
    };
    let roundings: Vec<&str> = Rounding::ALL.iter().map(|one| one.as_str()).collect();
    let statuses: Vec<&str> = Status::ALL.iter().map(|one| one.as_str()).collect();
    let view = json!({ "form": form, "filter": asked.view(&tree), "currency": currency, "products": counted.map(|one| one.0),
        "variants": counted.map(|one| one.1), "most": batches::MOST_VARIANTS, "price_rules": choices(&PRICE_RULES, "admin-rule-price-"),
        "compare_rules": choices(&COMPARE_RULES, "admin-rule-compare-"), "roundings": choices(&roundings, "admin-rounding-"),
        "statuses": choices(&statuses, "admin-product-"), "of": of });
    desk.page_as(status, "admin/product_rules.html", "admin-rules", view)
}

pub async fn preview(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (currency, _) = choice::currency(&desk).await?;
    match plan(&desk, &posted, currency).await {
        Ok(to) => Ok(desk.door.go(&desk.visit, &to)),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

/// Writes the changes down and answers where they are shown.
async fn plan(desk: &Desk, posted: &Posted, currency: Currency) -> Result<String> {
    let rules = rules(posted, currency)?;
    let name = name(&rules, &desk.words()?, currency)?;
    let filter = Asked::of(desk).filter(currency, None);
    let planned = desk.read(move |conn| batches::plan(conn, &filter, &rules, currency)).await?;
    let staff = desk.staff().actor();
    let below = planned.below_zero;
    let id = desk.write(move |conn, act| batches::draft_edit(conn, &name, &staff, currency.code(), &planned.edits, act.now)).await?;
    Ok(format!("/admin/products/batches/{id}{}", if below > 0 { format!("?below={below}") } else { String::new() }))
}

fn rules(posted: &Posted, currency: Currency) -> Result<Rules> {
    let mut reader = Reader::new(posted, currency);
    let price = match posted.get("price_rule") {
        "set" => Some(PriceRule::Set(reader.amount("price_value"))),
        "add" => Some(PriceRule::Add(reader.amount("price_value"))),
        "percent" => Some(PriceRule::Percent {
            points: reader.percent("price_value"),
            rounding: Rounding::parse(posted.get("rounding")).unwrap_or(Rounding::Minor),
        }),
        _ => None,
    };
    let compare_at = match posted.get("compare_rule") {
        "set" => Some(CompareRule::Set(reader.amount("compare_value"))),
        "clear" => Some(CompareRule::Clear),
        "former" => Some(CompareRule::Former),
        _ => None,
    };
    let words = |name: &str| -> Vec<String> {
        posted.get(name).split([',', '，']).map(|word| word.trim().to_string()).filter(|word| !word.is_empty()).collect()
    };
    let brand = posted.get("brand").trim();
    let rules = Rules {
        price,
        compare_at,
        status: Status::parse(posted.get("status")),
        brand: (!brand.is_empty()).then(|| brand.to_string()),
        add_tags: words("add_tags"),
        remove_tags: words("remove_tags"),
    };
    reader.check()?;
    let mut wrong = Fields::default();
    match rules.price {
        Some(PriceRule::Set(amount)) if amount < 0 => wrong.add("price_value", "admin-amount-invalid"),
        Some(PriceRule::Percent { points, .. }) if !(-10_000..=100_000).contains(&points) => {
            wrong.add("price_value", "admin-percent-invalid")
        }
        _ => {}
    }
    if matches!(rules.compare_at, Some(CompareRule::Set(amount)) if amount < 0) {
        wrong.add("compare_value", "admin-amount-invalid");
    }
    if rules.is_empty() {
        wrong.add("form", "admin-rules-none");
    }
    wrong.check()?;
    Ok(rules)
}

/// What the rules do, in words, as the name of the batch.
fn name(rules: &Rules, words: &Words, currency: Currency) -> Result<String> {
    let money = |minor: i64| words.money(Money::new(minor, currency));
    let mut parts = Vec::new();
    match rules.price {
        Some(PriceRule::Set(amount)) => parts.push(words.with("admin-rule-said-set", &[("price", &money(amount))])?),
        Some(PriceRule::Add(amount)) => parts.push(words.with("admin-rule-said-add", &[("price", &money(amount))])?),
        Some(PriceRule::Percent { points, .. }) => {
            parts.push(words.with("admin-rule-said-percent", &[("percent", &super::forms::percent(points))])?);
        }
        None => {}
    }
    match rules.compare_at {
        Some(CompareRule::Set(amount)) => parts.push(words.with("admin-rule-said-compare", &[("price", &money(amount))])?),
        Some(CompareRule::Clear) => parts.push(words.get("admin-rule-compare-clear")),
        Some(CompareRule::Former) => parts.push(words.get("admin-rule-compare-former")),
        None => {}
    }
    if let Some(status) = rules.status {
        parts.push(words.get(&format!("admin-product-{}", status.as_str())));
    }
    parts.extend(rules.brand.clone());
    parts.extend(rules.add_tags.iter().map(|tag| format!("+ {tag}")));
    parts.extend(rules.remove_tags.iter().map(|tag| format!("− {tag}")));
    if parts.is_empty() {
        return Err(Error::field("form", "admin-rules-none"));
    }
    Ok(parts.join(" · "))
}
