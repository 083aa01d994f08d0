//! Why a buyer pays what they pay: every price list with the reason why it won or lost. Nothing is stored.

use super::desk::Desk;
use super::forms;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::NaiveDateTime;
use crm::CompanyId;
use crm::companies::{self, Company};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Money;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::ids::StoreId;
use storefront::price_lists::{self, Answer, Break, Loser, Question};
use storefront::stores::{self, MAIN, Store};
use storefront::web::views::form::Form;
use storefront::{catalog, shop, units};

const NAMES: &[&str] = &["goods", "company", "quantity", "store", "at"];
/// Companies that fit what was typed, of which one has to be meant.
const FOUND: i64 = 10;

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    let asked: Vec<(&str, String)> = NAMES.iter().map(|name| (*name, desk.query(name))).collect();
    let (tried, now) = (!desk.query("goods").is_empty() || !desk.query("company").is_empty(), desk.door.now());
    let (form, answer, found, all) = desk.read(move |conn| run(conn, &asked, tried, now)).await?;
    let store = |store: &Store| json!({ "value": store.id.to_string(), "label": format!("{} ({})", store.name, store.currency) });
    let one = |one: &Company| json!({ "id": one.id, "name": one.name, "vat_id": one.vat_id });
    let view = json!({ "form": form, "answer": answer.map(|answer| told(&answer)), "stores": all.iter().map(store).collect::<Vec<Value>>(),
        "companies": found.iter().map(one).collect::<Vec<Value>>() });
    desk.page_as(StatusCode::OK, "admin/price_explain.html", "admin-price-explain", view)
}

type Shown = (Form, Option<Answer>, Vec<Company>, Vec<Store>);

fn run(conn: &mut Conn, asked: &[(&str, String)], tried: bool, now: Time) -> Result<Shown> {
    let (shop, all) = (shop::get(conn)?, stores::list(conn)?);
    let form = Form::new(NAMES).fill("quantity", "1").fill("store", MAIN.to_string()).fill("at", forms::moment(Some(shop.local(now))));
    if !tried {
        return Ok((form, None, Vec::new(), all));
    }
    // What a link leaves out stays as it is drawn.
    let typed: Vec<(&str, &str)> =
        asked.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, value.as_str())).collect();
    let form = form.typed(typed);
    let mut wrong = Fields::default();
    let variant = catalog::variant_named(conn, form.value("goods").trim(), true)?;
    if variant.is_none() {
        wrong.add("goods", "admin-price-explain-goods");
    }
    let (company, found) = company(conn, form.value("company").trim(), &mut wrong)?;
    let measure = variant.map(|variant| units::measure(conn, variant)).transpose()?.unwrap_or_default();
    let quantity = measure.read(form.value("quantity")).filter(|quantity| (1..=measure.most()).contains(quantity));
    if quantity.is_none() {
        wrong.add("quantity", if measure.per() == 1 { "quantity-invalid" } else { "quantity-measure-invalid" });
    }
    let store = form.value("store").parse::<i64>().ok().map(StoreId).filter(|id| all.iter().any(|store| store.id == *id));
    if store.is_none() {
        wrong.add("store", "admin-price-explain-store");
    }
    let at = form.value("at");
    let local =
        NaiveDateTime::parse_from_str(at, "%Y-%m-%dT%H:%M").or_else(|_| NaiveDateTime::parse_from_str(at, "%Y-%m-%dT%H:%M:%S")).ok();
    if local.is_none() {
        wrong.add("at", "admin-time-invalid");
    }
    let (Some(variant), Some(quantity), Some(store), Some(local), true) = (variant, quantity, store, local, wrong.0.is_empty()) else {
        return Ok((form.refuse(NAMES, &wrong), None, found, all));
    };
    let question = Question { company, variant, quantity, store, at: shop.moment(local) };
    match price_lists::explain(conn, &question) {
        Ok(answer) => Ok((form, Some(answer), Vec::new(), all)),
        Err(Error::NotFound) => {
            wrong.add("goods", "admin-price-explain-goods");
            Ok((form.refuse(NAMES, &wrong), None, found, all))
        }
        Err(error) => Err(error),
    }
}

/// The company that is meant by its number or the beginning of its name; without a text none. Several that fit are answered to choose from.
fn company(conn: &mut Conn, text: &str, wrong: &mut Fields) -> Result<(Option<CompanyId>, Vec<Company>)> {
    if text.is_empty() {
        return Ok((None, Vec::new()));
    }
    if let Ok(id) = text.parse::<i64>() {
        match companies::get(conn, CompanyId(id)) {
            Ok(company) => return Ok((Some(company.id), Vec::new())),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let found = companies::list(conn, &companies::Filter { text: text.to_string(), ..companies::Filter::default() }, FOUND)?;
    match found.as_slice() {
        [one] => Ok((Some(one.id), Vec::new())),
        [] => {
            wrong.add("company", "price-list-company");
            Ok((None, found))
        }
        _ => {
            wrong.add("company", "admin-price-explain-several");
            Ok((None, found))
        }
    }
}

fn told(answer: &Answer) -> Value {
    let money = |minor: i64| Money::new(minor, answer.currency);
    let trace = &answer.chosen.trace;
    let chosen = trace
        .chosen
        .as_ref()
        .map(|one| json!({ "id": one.list, "name": one.name, "from": one.from.map(|from| answer.measure.text(from)), "adjust": one.adjust_bp.map(forms::percent) }));
    let lost = |one: &Loser| json!({ "id": one.list, "name": one.name, "price": one.unit_price.map(money), "why": one.why.key() });
    let step = |one: &Break| json!({ "from": answer.measure.text(one.from), "price": money(one.unit_price) });
    let rule =
        answer.rule.map(|rule| json!({ "minimum": answer.measure.text(rule.minimum), "increment": answer.measure.text(rule.increment) }));
    json!({ "title": answer.title, "price": money(answer.chosen.unit_price), "shop_price": money(trace.shop_price), "chosen": chosen,
        "lost": trace.rejected.iter().map(lost).collect::<Vec<Value>>(), "breaks": answer.breaks.iter().map(step).collect::<Vec<Value>>(),
        "rule": rule, "more": answer.more })
}
