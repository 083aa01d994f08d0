//! Changing an order before it is shipped. What it comes to, and what that means for the money, is shown before anybody confirms it.

use super::desk::{Desk, refusal};
use super::order::address;
use super::order_history;
use super::order_ship::quantities;
use super::promotion_bench::read_goods;
use super::ticket_money::allowance;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::company_accounts::ACCOUNT;
use storefront::edits::{self, Expected, LineChange, Plan, Sums, Wish};
use storefront::ids::ShippingRateId;
use storefront::orders::{self, Order, OrderLine};
use storefront::payments;
use storefront::service;
use storefront::shop;
use storefront::web::checkout::{contact_form, methods};
use storefront::web::countries;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

const NAMES: &[&str] = &[
    "goods",
    "ship_name",
    "ship_company",
    "ship_line1",
    "ship_line2",
    "ship_postcode",
    "ship_city",
    "ship_region",
    "ship_country",
    "ship_phone",
    "rate",
    "method",
    "reason",
];

/// Everything the form shows of an order.
struct Found {
    order: Order,
    lines: Vec<OrderLine>,
    rates: Vec<Value>,
    frame: Value,
}

fn find(conn: &mut Conn, number: &str, posted: Option<&Posted>) -> Result<Found> {
    let order = orders::get_by_number(conn, number)?;
    let lines = orders::lines(conn, order.id)?;
    if !edits::editable(&order, &lines) {
        return Err(Error::conflict("order-edit-closed"));
    }
    let currency = order.currency()?;
    let grams = lines.iter().map(|line| line.measure().amount(line.weight_grams, line.quantity)).sum();
    let units = lines.iter().map(|line| line.measure().pieces(line.quantity)).sum();
    let mut rates = Vec::new();
    for rate in edits::deliveries(conn, &order, grams)? {
        let price = rate.delivery(grams, units).costs(order.subtotal - order.discount, false).0;
        let price = kernel::web::format::money(Money::new(price, currency));
        rates.push(json!({ "value": rate.id.to_string(), "label": format!("{} · {price}", rate.name) }));
    }
    let frame = order_history::frame(conn, &order, posted)?;
    Ok(Found { order, lines, rates, frame })
}

pub async fn form(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    match show(&desk, &number, StatusCode::OK, None, &Fields::default()).await {
        Err(Error::Conflict(text)) => desk.explained(&address(&number), Error::Conflict(text)),
        other => other,
    }
}

/// The form; `posted` keeps what was typed.
async fn show(desk: &Desk, number: &str, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (asked, refused) = (number.to_string(), posted.cloned());
    let (found, shop) = desk.read(move |conn| Ok((find(conn, &asked, refused.as_ref())?, shop::get(conn)?))).await?;
    let words = desk.words()?;
    let currency = found.order.currency()?;
    let line = |line: &OrderLine| {
        let name = format!("quantity-{}", line.id);
        let typed = posted.map_or_else(|| line.measure().number(line.open()), |posted| posted.get(&name).to_string());
        json!({ "title": line.title, "options": line.options, "sku": line.sku, "quantity": line.measure().text(line.quantity), "done": line.measure().text(line.quantity - line.open()), "places": line.measure().precision,
            "unit_price": Money::new(line.unit_price, currency), "name": name, "value": typed, "error": wrong.0.get(&name) })
    };
    let form = match posted {
        Some(posted) => Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, wrong),
        None => filled(desk, &shop, &found.order)?,
    };
    let offered: Vec<Value> = offered(desk, &shop, &found.order.payment_method)
        .iter()
        .map(|name| json!({ "value": name, "label": methods::method_name(name, &words) }))
        .collect();
    let country = found.order.shipping_address()?.country;
    let view = json!({ "number": number, "form": form, "wrong": wrong.0, "order": found.frame,
        "lines": found.lines.iter().map(line).collect::<Vec<_>>(), "rates": found.rates, "methods": offered,
        "moves": posted.is_some_and(|posted| NAMES[1..10].iter().any(|name| wrong.0.contains_key(*name) || posted.ticked("moves"))),
        "country": countries::choices(Some(std::slice::from_ref(&country)), desk.visit.language, ""),
        "shipping_method": found.order.shipping_method, "total": Money::new(found.order.total, currency) });
    desk.page_as(status, "admin/order_edit.html", "admin-order-edit", view)
}

/// The form as the order is.
fn filled(desk: &Desk, shop: &shop::Shop, order: &Order) -> Result<Form> {
    let to = order.shipping_address()?;
    let offered = offered(desk, shop, &order.payment_method);
    let method = offered.iter().find(|name| **name == order.payment_method).or(offered.first()).cloned().unwrap_or_default();
    let values = [
        ("ship_name", to.name),
        ("ship_company", to.company),
        ("ship_line1", to.line1),
        ("ship_line2", to.line2),
        ("ship_postcode", to.postal_code),
        ("ship_city", to.city),
        ("ship_region", to.region),
        ("ship_country", to.country),
        ("ship_phone", to.phone),
        ("method", method),
    ];
    Ok(values.into_iter().fold(Form::new(NAMES), |form, (name, value)| form.fill(name, value)))
}

/// Ways to pay a balance of an order that was placed with `own`. What was bought on account can go on so.
fn offered(desk: &Desk, shop: &shop::Shop, own: &str) -> Vec<String> {
    let account = (own == ACCOUNT).then(|| ACCOUNT.to_string());
    account.into_iter().chain(desk.door.gateways.offered(shop).into_iter().map(|gateway| gateway.name().to_string())).collect()
}

/// What was typed. Fails with every mistake at once.
fn wish(conn: &mut Conn, posted: &Posted, offered: &[String], words: &Words) -> Result<Wish> {
    let mut wrong = Fields::default();
    let mut keep = |fields: Fields| wrong.0.extend(fields.0);
    let open = quantities(posted).or_else(|error| gathered(error, &mut keep))?;
    let address = contact_form::address(posted, "ship_").map(Some).or_else(|error| gathered(error, &mut keep))?;
    let goods = if posted.get("goods").trim().is_empty() { Vec::new() } else { read_goods(conn, posted.get("goods"), words, &mut wrong)? };
    let method = posted.get("method").to_string();
    // A shop that offers no way to pay has none to choose.
    let known = offered.contains(&method) || offered.is_empty() && method.is_empty();
    if !known {
        wrong.add("method", "admin-draft-method");
    }
    let rate = match posted.get("rate") {
        "" => None,
        typed => Some(ShippingRateId(typed.parse().map_err(|_| Error::NotFound)?)),
    };
    wrong.check()?;
    Ok(Wish { open, added: goods, address, rate, method, reason: posted.get("reason").trim().to_string() })
}

/// Keeps the mistakes of one part, so that all parts are read before the form is shown again.
fn gathered<T: Default>(error: Error, keep: &mut impl FnMut(Fields)) -> Result<T> {
    match error {
        Error::Invalid(fields) => {
            keep(fields);
            Ok(T::default())
        }
        other => Err(other),
    }
}

/// Both steps post here: without `expected_total` the figures are shown, with it they are confirmed.
pub async fn edit(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    if posted.get("change") == "on" {
        return show(&desk, &number, StatusCode::OK, Some(&posted), &Fields::default()).await;
    }
    let step = async {
        let named = number.clone();
        let (shop, own) = desk.read(move |conn| Ok((shop::get(conn)?, orders::get_by_number(conn, &named)?.payment_method))).await?;
        let (offered, words, typed, asked) = (offered(&desk, &shop, &own), desk.words()?, posted.clone(), number.clone());
        let now = desk.door.now();
        if posted.get("expected_total").is_empty() {
            let (order, plan, version) = desk
                .read(move |conn| {
                    let order = orders::get_by_number(conn, &asked)?;
                    let wish = wish(conn, &typed, &offered, &words)?;
                    let plan = edits::preview(conn, &order, &wish, now)?;
                    let version = orders::version(conn, order.id)?;
                    Ok((order, plan, version))
                })
                .await?;
            return show_figures(&desk, &order, &posted, &plan, version).map(Some);
        }
        let expected = Expected { total: posted.id("expected_total")?, due: posted.id("expected_due")?, back: posted.id("expected_back")? };
        let (seen, allowance) = (order_history::seen(&posted), allowance(&desk));
        desk.write(move |conn, act| {
            let order = orders::get_by_number(conn, &asked)?;
            // Two clicks on one button are one change: the second finds an order that is not as it saw it.
            orders::lock_seen(conn, order.id, seen, act.now)?;
            let wish = wish(conn, &typed, &offered, &words)?;
            let id = edits::edit(conn, order.id, &wish, expected, &act.actor, act.now)?;
            let done = edits::get(conn, id)?;
            let back = Money::new(done.given_back, order.currency()?);
            service::give(conn, order.customer_id, back, &act.actor, allowance, act.now)?;
            let before = json!({ "total": order.total, "tax": order.tax, "payment": order.payment_status });
            let after = json!({ "total": done.total_after, "tax": done.tax_after, "due": done.due, "given_back": done.given_back,
                "changes": done.changes()?, "reason": done.reason });
            act.log(conn, "order.edit", &format!("order:{asked}"), &before, &after)
        })
        .await?;
        Ok(None)
    };
    match step.await {
        Ok(Some(page)) => Ok(page),
        Ok(None) => Ok(desk.done(&address(&number), "admin-order-edited")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            match show(&desk, &number, status, Some(&posted), &wrong).await {
                // It was shipped or cancelled meanwhile: there is no form any more.
                Err(Error::Conflict(text)) => desk.explained(&address(&number), Error::Conflict(text)),
                other => other,
            }
        }
    }
}

/// The second step: what the order comes to, and the button that makes it so.
fn show_figures(desk: &Desk, order: &Order, posted: &Posted, plan: &Plan, seen: i64) -> Result<HttpResponse> {
    let currency = order.currency()?;
    let typed: Vec<Value> = posted
        .pairs()
        .filter(|(name, _)| NAMES.contains(name) || name.starts_with("quantity-") || name.starts_with("places-quantity-"))
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let expected = Expected::of(plan);
    let money = |minor: i64| Money::new(minor, currency);
    let words = desk.words()?;
    let short: Vec<String> = plan
        .short
        .iter()
        .map(|one| {
            let (wanted, left) = (one.measure.text(one.wanted), one.measure.text(one.left));
            words.with("admin-edit-short", &[("title", &one.title), ("wanted", &wanted), ("left", &left)])
        })
        .collect::<Result<_>>()?;
    let share =
        |share: &storefront::refunds::Share| json!({ "to": format!("admin-provider-{}", share.provider), "amount": money(share.amount) });
    let method = posted.get("method");
    let view = json!({
        "number": order.number, "typed": typed, "seen": seen, "expected": { "total": expected.total, "due": expected.due, "back": expected.back },
        "lines": plan.lines.iter().map(|line| line_view(line, currency)).collect::<Vec<_>>(),
        "rows": rows(&plan.before, &plan.after, currency), "tax_included": order.prices_include_tax,
        "delivery": plan.delivery, "address": plan.address.as_ref().map(|to| to.lines()), "short": short,
        "paid": money(plan.holding.captured + plan.holding.authorised), "due": money(plan.due), "has_due": plan.due > 0,
        "back": money(plan.back), "has_back": plan.back > 0, "released": money(plan.released), "has_released": plan.released > 0,
        "shares": plan.shares.iter().map(share).collect::<Vec<_>>(), "method": methods::method_name(method, &words),
        "held": !payments::by_hand(&order.payment_method), "invoice": plan.invoice.as_ref().filter(|_| plan.changes()), "lost": !plan.lost.is_empty(),
        "can_confirm": plan.short.is_empty() && (plan.changes() || plan.due > 0 || plan.back > 0), "nothing": !plan.changes(),
    });
    desk.page("admin/order_edit_confirm.html", "admin-order-edit-confirm", view)
}

fn line_view(change: &LineChange, currency: Currency) -> Value {
    let money = |minor: i64| Money::new(minor, currency);
    let (title, options, sku) = change.names();
    let (before, after) = (&change.before, &change.after);
    json!({ "title": title, "options": options, "sku": sku, "unit_price": money(change.unit_price), "changed": change.changed(),
        "added": change.line.is_none(), "removed": after.quantity == 0, "before": change.measure().text(before.quantity), "after": change.measure().text(after.quantity),
        "total_before": money(before.total), "total_after": money(after.total), "discount": money(-after.discount), "reduced": after.discount > 0 })
}

/// The sums before and after, row by row.
fn rows(before: &Sums, after: &Sums, currency: Currency) -> Vec<Value> {
    let money = |minor: i64| Money::new(minor, currency);
    let row = |key: &str, before: i64, after: i64| {
        let changed = before != after;
        json!({ "key": key, "before": money(before), "after": money(after), "changed": changed })
    };
    vec![
        row("totals-subtotal", before.subtotal, after.subtotal),
        row("totals-discount", -before.discount, -after.discount),
        row("totals-shipping", before.shipping, after.shipping),
        row("tax", before.tax, after.tax),
        row("totals-total", before.total, after.total),
    ]
}

/// The changes of an order and how its money stands, for its page.
pub fn views(conn: &mut Conn, order: &Order, words: &Words, names: &std::collections::HashMap<String, String>) -> Result<Value> {
    let currency = order.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    let mut all = Vec::new();
    for one in edits::of_order(conn, order.id)? {
        let told = storefront::mails::edited_lines(&one.changes()?, words)?;
        let actor = names.get(&one.actor).cloned().unwrap_or(one.actor);
        all.push(json!({ "at": one.created_at, "actor": actor, "before": money(one.total_before), "after": money(one.total_after),
            "changes": told, "reason": one.reason }));
    }
    let (balance, overpaid) = (payments::balance(conn, order)?, payments::overpaid(conn, order)?);
    Ok(
        json!({ "all": all, "balance": money(balance), "has_balance": balance > 0, "overpaid": money(overpaid), "is_overpaid": overpaid > 0 }),
    )
}
