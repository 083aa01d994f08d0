//! What a price list says of single goods: its prices by quantity, and in which quantities they are sold.

use super::desk::{Desk, ROWS};
use super::forms;
use super::price_lists::{at, subject};
use super::stale::{self, Label, Labels, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::catalog::{self, VariantForSale};
use storefront::ids::VariantId;
use storefront::price_lists::{self, Break, Entry, MAX_BREAKS, PriceList, PriceListId, QuantityRule};
use storefront::shop::OWN_LANGUAGE;
use storefront::units::Measure;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

/// Empty rows below the prices that there are.
const FREE: usize = 3;

const LABELS: &Labels = &[("minimum", "admin-price-minimum", ""), ("increment", "admin-price-increment", "")];

pub async fn list(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, after, text) = (PriceListId(*id), desk.after().map(VariantId), desk.query("q"));
    let asked = text.trim().to_string();
    if !asked.is_empty() {
        // An article number leads to its goods, whether the list says anything of them or not.
        let found = desk.read(move |conn| catalog::variant_named(conn, &asked, true)).await?;
        if let Some(variant) = found {
            return Ok(desk.door.go(&desk.visit, &format!("{}/prices/{variant}", at(id))));
        }
    }
    let (list, found, goods) = desk
        .read(move |conn| {
            let list = price_lists::get(conn, id)?;
            let found = price_lists::entries(conn, id, after, ROWS)?;
            let ids: Vec<VariantId> = found.iter().map(|entry| entry.variant).collect();
            let goods = catalog::variants_for_sale(conn, &ids, list.currency()?, OWN_LANGUAGE)?;
            Ok((list, found, goods))
        })
        .await?;
    let currency = list.currency()?;
    let next = desk.next(found.len(), found.last().map(|entry| entry.variant.0));
    let goods: HashMap<VariantId, VariantForSale> = goods.into_iter().map(|one| (one.id, one)).collect();
    let rows: Vec<Value> = found.iter().map(|entry| row(entry, goods.get(&entry.variant), currency)).collect();
    let missed = !text.trim().is_empty();
    let view = json!({ "id": id, "name": list.name, "rows": rows, "next": next, "q": text, "missed": missed });
    desk.page("admin/price_entries.html", "admin-price-list-prices", view)
}

fn row(entry: &Entry, goods: Option<&VariantForSale>, currency: Currency) -> Value {
    let money = |minor: i64| Money::new(minor, currency);
    let measure = goods.map(|one| one.measure).unwrap_or_default();
    let breaks: Vec<Value> =
        entry.breaks.iter().map(|one| json!({ "from": measure.text(one.from), "price": money(one.unit_price) })).collect();
    let rule = entry.rule.map(|rule| json!({ "minimum": measure.text(rule.minimum), "increment": measure.text(rule.increment) }));
    json!({ "variant": entry.variant, "title": goods.map(|one| one.title.clone()), "options": goods.map(|one| one.options.clone()),
        "sku": goods.and_then(|one| one.sku.clone()), "shop_price": goods.filter(|one| one.unit_price > 0).map(|one| money(one.unit_price)),
        "breaks": breaks, "rule": rule })
}

/// The names of the fields for so many prices.
fn names(rows: usize) -> Vec<String> {
    let pairs = (0..rows).flat_map(|at| [format!("from_{at}"), format!("price_{at}")]);
    pairs.chain(["minimum".to_string(), "increment".to_string()]).collect()
}

fn filled(entry: &Entry, measure: Measure, rows: usize, currency: Currency) -> Form {
    let number = |steps: Option<i64>| steps.map(|steps| measure.number(steps)).unwrap_or_default();
    let mut form = Form::new(&names(rows))
        .fill("minimum", number(entry.rule.map(|rule| rule.minimum)))
        .fill("increment", number(entry.rule.map(|rule| rule.increment)));
    for (at, one) in entry.breaks.iter().enumerate() {
        form = form.fill(&format!("from_{at}"), measure.number(one.from));
        form = form.fill(&format!("price_{at}"), forms::amount(Some(one.unit_price), currency));
    }
    form
}

/// The rows that a form has for these prices.
fn rows_for(prices: usize) -> usize {
    prices + FREE
}

fn load(conn: &mut Conn, id: PriceListId, variant: VariantId) -> Result<(PriceList, Entry, VariantForSale)> {
    let list = price_lists::get(conn, id)?;
    let goods = catalog::variants_for_sale(conn, &[variant], list.currency()?, OWN_LANGUAGE)?.pop().ok_or(Error::NotFound)?;
    let entry = price_lists::entry(conn, id, variant)?;
    Ok((list, entry, goods))
}

pub async fn edit(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, variant) = path.into_inner();
    let (id, variant) = (PriceListId(id), VariantId(variant));
    let (list, entry, goods) = desk.read(move |conn| load(conn, id, variant)).await?;
    let rows = rows_for(entry.breaks.len());
    let form = filled(&entry, goods.measure, rows, list.currency()?).sealed();
    show(&desk, StatusCode::OK, (&list, &goods), rows, form)
}

fn show(desk: &Desk, status: StatusCode, (list, goods): (&PriceList, &VariantForSale), rows: usize, form: Form) -> Result<HttpResponse> {
    let currency = list.currency()?;
    let shop_price = (goods.unit_price > 0).then(|| Money::new(goods.unit_price, currency));
    let view = json!({ "id": list.id, "name": list.name, "variant": goods.id, "product": goods.product_id, "title": goods.title,
        "options": goods.options, "sku": goods.sku, "currency": list.currency, "shop_price": shop_price, "per": goods.measure.unit.per_key(), "form": form,
        "rows": (0..rows).collect::<Vec<usize>>() });
    desk.page_as(status, "admin/price_entry.html", &goods.title, view)
}

/// What was typed of the goods. Rows without a price are no rows.
fn read(posted: &Posted, (variant, measure): (VariantId, Measure), rows: usize, currency: Currency) -> Result<Entry> {
    let (mut wrong, mut breaks) = (Fields::default(), Vec::new());
    for at in 0..rows {
        let (from_name, price_name) = (format!("from_{at}"), format!("price_{at}"));
        let (from, price) = (posted.get(&from_name).trim(), posted.get(&price_name).trim());
        if price.is_empty() {
            if !from.is_empty() && measure.read(from) != Some(1) {
                wrong.add(&price_name, "admin-amount-invalid");
            }
            continue;
        }
        let from = if from.is_empty() { Some(1) } else { measure.read(from) };
        match (from, Money::parse(price, currency)) {
            (Some(from), Ok(price)) => breaks.push(Break { from, unit_price: price.minor }),
            (None, _) => wrong.add(&from_name, "admin-number-invalid"),
            (_, Err(_)) => wrong.add(&price_name, "admin-amount-invalid"),
        }
    }
    let mut number = |name: &str| match posted.get(name).trim() {
        "" => None,
        text => match measure.read(text) {
            Some(number) => Some(number),
            None => {
                wrong.add(name, "admin-number-invalid");
                None
            }
        },
    };
    let (minimum, increment) = (number("minimum"), number("increment"));
    wrong.check()?;
    let rule = (minimum.is_some() || increment.is_some()).then(|| {
        let increment = increment.unwrap_or(1);
        QuantityRule { minimum: minimum.unwrap_or(increment), increment }
    });
    breaks.sort_unstable_by_key(|one| one.from);
    Ok(Entry { variant, breaks, rule })
}

pub async fn update(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (id, variant) = path.into_inner();
    let (id, variant) = (PriceListId(id), VariantId(variant));
    let typed = posted.clone();
    let stored = desk
        .write(move |conn, act| {
            let (list, before, goods) = load(conn, id, variant)?;
            let rows = rows_for(before.breaks.len());
            let currency = list.currency()?;
            stale::check(&filled(&before, goods.measure, rows, currency), &typed)?;
            let wanted = read(&typed, (variant, goods.measure), rows.max(MAX_BREAKS + FREE), currency)?;
            price_lists::put(conn, id, &wanted)?;
            act.log(conn, "price_list.price", &subject(id), &before, &wanted)
        })
        .await;
    let error = match stored {
        Ok(()) => return Ok(desk.done(&format!("{}/prices/{variant}", at(id)), "admin-saved")),
        Err(error) => error,
    };
    let words = desk.words()?;
    let (list, entry, goods) = desk.read(move |conn| load(conn, id, variant)).await?;
    let typed = (0..MAX_BREAKS + FREE).rev().find(|at| !posted.get(&format!("price_{at}")).trim().is_empty()).map_or(0, |last| last + 1);
    let rows = rows_for(entry.breaks.len().max(typed));
    let names = names(rows);
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    let stored = filled(&entry, goods.measure, rows, list.currency()?);
    let label = |name: &str| {
        if let Some(label) = stale::label(LABELS, name, &words) {
            return Some(label);
        }
        let (what, at) = name.split_once('_')?;
        let key = if what == "from" { "admin-price-from" } else { "admin-price-each" };
        let text = words.with(key, &[("row", &(at.parse::<usize>().ok()? + 1).to_string())]).ok()?;
        Some(Label { text, ..Label::default() })
    };
    let of = Refused { form: Form::new(&names).typed(posted.pairs()), order: &order, stored: &stored, label: &label };
    let (status, form) = stale::refused(&posted, above(error), of, &words)?;
    show(&desk, status, (&list, &goods), rows, form)
}

/// What is wrong with all prices together stands above the form.
fn above(error: Error) -> Error {
    let Error::Invalid(mut fields) = error else { return error };
    if let Some(text) = fields.0.remove("breaks") {
        fields.add("form", text);
    }
    Error::Invalid(fields)
}
