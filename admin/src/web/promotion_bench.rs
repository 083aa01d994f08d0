//! The test bench: which promotions a cart gets, what it then costs, and why it does not get the others. Nothing is stored.

use super::desk::Desk;
use super::forms;
use super::promotion_goods::{lines, not_found};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::NaiveDateTime;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::{Conn, Result};
use serde_json::{Value, json};
use storefront::catalog;
use storefront::promotions::{self, Trial, Trying};
use storefront::shop;
use storefront::units;
use storefront::web::reductions::told_reason;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

const NAMES: &[&str] = &["goods", "country", "email", "signed_in", "codes", "at"];

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    let words = Words::of(&desk.door.templates, desk.visit.language)?;
    let asked: Vec<(&str, String)> = NAMES.iter().map(|name| (*name, desk.query(name))).collect();
    let tried = !desk.visit.query.is_empty();
    let now = desk.door.now();
    let (form, trial) = desk.read(move |conn| run(conn, &asked, tried, &words, now)).await?;
    desk.page_as(StatusCode::OK, "admin/promotion_bench.html", "admin-promotion-bench", json!({ "form": form, "trial": trial }))
}

fn run(conn: &mut Conn, asked: &[(&str, String)], tried: bool, words: &Words, now: Time) -> Result<(Form, Option<Value>)> {
    let shop = shop::get(conn)?;
    let mut form = Form::new(NAMES).fill("country", &shop.country).fill("at", forms::moment(Some(shop.local(now))));
    if !tried {
        return Ok((form, None));
    }
    form = form.typed(asked.iter().map(|(name, value)| (*name, value.as_str())));
    let value = |name: &str| asked.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str());
    let mut wrong = Fields::default();
    let goods = read_goods(conn, value("goods"), words, &mut wrong)?;
    let local = NaiveDateTime::parse_from_str(value("at"), "%Y-%m-%dT%H:%M")
        .or_else(|_| NaiveDateTime::parse_from_str(value("at"), "%Y-%m-%dT%H:%M:%S"));
    if local.is_err() {
        wrong.add("at", "admin-time-invalid");
    }
    let country = value("country").trim().to_uppercase();
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
        wrong.add("country", "admin-country-invalid");
    }
    let (Ok(local), true) = (local, wrong.0.is_empty()) else { return Ok((form.refuse(NAMES, &wrong), None)) };
    let trying = Trying {
        goods,
        country,
        email: value("email").trim().to_string(),
        signed_in: value("signed_in") == "on",
        codes: lines(value("codes")).iter().flat_map(|line| promotions::codes::split(line)).collect(),
        language: words.language.code().into(),
        at: shop.moment(local),
    };
    let trial = promotions::trial(conn, &trying)?;
    Ok((form, Some(view(&trial, shop.currency, shop.prices_include_tax, words)?)))
}

/// Lines such as `MUG-BLUE 3` or `CLOTH 2.50`, one unit when no quantity stands behind the SKU or address.
pub fn read_goods(conn: &mut Conn, text: &str, words: &Words, wrong: &mut Fields) -> Result<Vec<(storefront::ids::VariantId, i64)>> {
    let mut goods = Vec::new();
    for line in lines(text) {
        let (name, quantity) = match line.rsplit_once(char::is_whitespace) {
            Some((name, number)) if whole(number) => (name.trim(), Some(number)),
            // A name may end in such a word, too.
            Some((name, number)) if decimal(number) && catalog::variant_named(conn, &line, true)?.is_none() => (name.trim(), Some(number)),
            _ => (line.as_str(), None),
        };
        let Some(variant) = catalog::variant_named(conn, name, true)? else {
            wrong.add("goods", not_found(&[name.to_string()], words)?);
            continue;
        };
        let measure = units::measure(conn, variant)?;
        let steps = quantity.map_or(Some(measure.per()), |text| measure.read(text));
        match steps.filter(|steps| (1..=measure.most()).contains(steps)) {
            Some(steps) => goods.push((variant, steps)),
            None => wrong.add("goods", "quantity-measure-invalid"),
        }
    }
    if goods.is_empty() {
        wrong.add("goods", "admin-promotion-bench-goods-missing");
    }
    Ok(goods)
}

fn whole(word: &str) -> bool {
    word.parse::<i64>().is_ok_and(|number| (1..=999).contains(&number))
}

fn decimal(word: &str) -> bool {
    let part = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    word.split_once(['.', ',']).is_some_and(|(whole, fine)| part(whole) && part(fine))
}

fn view(trial: &Trial, currency: Currency, tax_included: bool, words: &Words) -> Result<Value> {
    let money = |minor: i64| Money::new(minor, currency);
    let reckoning = &trial.reckoning;
    let priced = &reckoning.priced;
    let rows: Vec<Value> = reckoning
        .lines
        .iter()
        .zip(&priced.lines)
        .map(|(line, priced)| {
            json!({ "title": line.variant.title, "options": line.variant.options, "sku": line.variant.sku, "quantity": line.variant.measure.text(line.quantity),
                "gift": line.gift, "unit_price": money(line.unit_price), "discount": money(-priced.discount), "reduced": priced.discount > 0,
                "tax": money(priced.tax), "total": money(priced.total) })
        })
        .collect();
    let applied: Vec<Value> = reckoning
        .decision
        .applied
        .iter()
        .map(|one| json!({ "id": one.id, "label": one.label(), "amount": money(-one.amount()), "gift": one.gift.is_some() }))
        .collect();
    let mut rejected = Vec::new();
    for one in trial.rejected() {
        let reason = match &one.reason {
            // Shoppers are told the same of both; the merchant is not.
            promotions::Reason::Paused => words.get("admin-promotion-is-paused"),
            reason => told_reason(reason, currency, words)?,
        };
        rejected.push(json!({ "id": one.id, "name": one.name, "code": one.code, "reason": reason }));
    }
    for (code, reason) in &trial.stray {
        rejected.push(json!({ "id": null, "name": code, "code": null, "reason": told_reason(reason, currency, words)? }));
    }
    Ok(
        json!({ "lines": rows, "applied": applied, "rejected": rejected, "subtotal": money(priced.subtotal), "discount": money(-priced.discount),
        "reduced": priced.discount > 0, "shipping": money(priced.shipping), "rate": reckoning.rate.as_ref().map(|rate| rate.name.clone()),
        "tax": money(priced.tax), "tax_included": tax_included, "total": money(priced.total) }),
    )
}
