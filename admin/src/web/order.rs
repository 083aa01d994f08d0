//! One order: what was bought, how it was priced, what became of it. Notes and cancelling are here; money and parcels have files of
//! their own.

use super::desk::Desk;
use super::forum;
use super::ticket_money::allowance;
use super::{order_edit, order_history, order_papers};
use crate::permissions::Permission;
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::NaiveTime;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::web::format;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::ids::OrderLineId;
use storefront::orders::{self, CancelReason, Order, OrderLine};
use storefront::payments::{self, Payment, PaymentState};
use storefront::pricing::Step;
use storefront::stored_value::{GIFT_CARD, STORE_CREDIT};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;
use storefront::{company_accounts, edits, exchanges, gift_cards, pickups, refunds, service, shipments, store_credit, stores, tax};

/// Longest note, in characters.
const NOTE: usize = 2000;

/// The address of an order's page.
pub fn address(number: &str) -> String {
    format!("/admin/orders/{number}")
}

pub async fn show(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    page(&desk, &number, StatusCode::OK, Form::new(&["note"])).await
}

async fn page(desk: &Desk, number: &str, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (asked, reads) = (number.to_string(), desk.may(Permission::ForumRead));
    let (words, now) = (desk.words()?, desk.door.now());
    let mut view = desk
        .read(move |conn| {
            let mut view = load(conn, &asked, &words, now)?;
            view["topics"] = forum::about(conn, &format!("order:{asked}"), reads)?;
            Ok(view)
        })
        .await?;
    view["form"] = json!(form);
    desk.page_as(status, "admin/order.html", number, view)
}

fn load(conn: &mut Conn, number: &str, words: &Words, now: Time) -> Result<Value> {
    let order = orders::get_by_number(conn, number)?;
    let currency = order.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    let names = staff::names(conn)?;
    let lines = orders::lines(conn, order.id)?;
    let adjustments = orders::adjustments(conn, order.id)?;
    let paid = payments::of_order(conn, order.id)?;
    let refundable: i64 = paid.iter().map(|payment| payment.left()).sum();
    let shown_payments = paid.iter().map(|payment| payment_view(conn, payment, currency)).collect::<Result<Vec<Value>>>()?;
    let mut history = orders::history(conn, order.id)?;
    history.reverse();
    let version = history.first().map_or(0, |entry| entry.id);
    let history = order_history::entries(&history, currency, &names);
    let of_whole: Vec<Value> = adjustments
        .iter()
        .filter(|one| one.order_line_id.is_none())
        .map(|one| json!({ "label": one.label, "source": one.source, "amount": money(one.amount) }))
        .collect();
    let shown_lines = lines.iter().map(|line| line_view(line, currency, &adjustments)).collect::<Result<Vec<Value>>>()?;
    let mut view = facts(&order, currency)?;
    let more = json!({
        "store": store_name(conn, &order)?, "exchange_for": exchange_for(conn, &order)?, "can_tell_ready": pickups::can_tell(conn, &order)?,
        "lines": shown_lines, "adjustments": of_whole, "payments": shown_payments, "history": history,
        "shipments": shipment_views(conn, &order, &lines)?, "refunds": refund_views(conn, &order, &lines, currency)?,
        "can_ship": order.status == orders::OrderStatus::Confirmed && lines.iter().any(|line| line.sendable() > 0),
        "can_cancel": orders::cancellable(&order, &lines), "can_edit": edits::editable(&order, &lines),
        "edits": order_edit::views(conn, &order, words, &names)?,
        "deposit": deposit(conn, &order)?,
        "trade": storefront::buying::told(conn, order.id)?, "company": storefront::buying::of_order(conn, order.id)?.map(|trade| trade.company),
        "customer": order.customer_id, "credit": Money::new(store_credit::balance(conn, order.customer_id, currency)?, currency),
        "can_return": !storefront::returns::returnable(conn, &order, now)?.is_empty(),
        "returns": super::returns::of_order(conn, &order)?, "can_refund": refundable > 0, "gift_cards": sold_cards(conn, &lines)?, "seen": version, "papers": order_papers::views(conn, &order)?,
    });
    if let (Some(view), Value::Object(more)) = (view.as_object_mut(), more) {
        view.extend(more);
    }
    Ok(view)
}

/// The deposit for which its goods wait.
fn deposit(conn: &mut Conn, order: &Order) -> Result<Value> {
    let Some(held) = company_accounts::waits(conn, order.id)? else { return Ok(Value::Null) };
    let (currency, due) = (order.currency()?, held.deposit_due()?.map(|day| day.and_time(NaiveTime::MIN)));
    Ok(json!({ "amount": Money::new(held.deposit, currency), "open": Money::new(held.deposit_open, currency), "due": due }))
}

/// The return that the order was made in exchange for.
fn exchange_for(conn: &mut Conn, order: &Order) -> Result<Value> {
    let Some(made) = exchanges::of_order(conn, order.id)? else { return Ok(Value::Null) };
    let back = storefront::returns::get(conn, made.return_id)?;
    Ok(json!({ "id": back.id, "number": back.number }))
}

/// The name of its store, in a shop of several.
fn store_name(conn: &mut Conn, order: &Order) -> Result<Option<String>> {
    let all = stores::list(conn)?;
    Ok(all.iter().find(|store| store.id == order.store_id).filter(|_| all.len() > 1).map(|store| store.name.clone()))
}

/// Gift cards that were issued for the order.
fn sold_cards(conn: &mut Conn, lines: &[OrderLine]) -> Result<Vec<Value>> {
    let view = |card: gift_cards::GiftCard| {
        let money = |minor: i64| Ok::<_, Error>(Money::new(minor, card.currency()?));
        Ok(json!({ "id": card.id, "last_four": card.last_four, "initial": money(card.initial)?, "balance": money(card.balance)?,
            "withdrawn": card.withdrawn_at.is_some() }))
    };
    gift_cards::of_lines(conn, lines)?.into_iter().map(view).collect()
}

/// What stands in the order itself.
fn facts(order: &Order, currency: Currency) -> Result<Value> {
    let money = |minor: i64| Money::new(minor, currency);
    let billing = order.billing_address()?;
    Ok(json!({
        "number": order.number, "email": order.email, "language": order.language, "placed_at": order.placed_at, "source": order.source,
        "status": order.status, "payment_status": order.payment_status, "fulfilment_status": order.fulfilment_status,
        "payment_due_at": order.payment_due_at, "customer_note": order.note, "coupon_code": order.coupon_code,
        "shipping_method": order.shipping_method, "payment_method": order.payment_method, "prices_include_tax": order.prices_include_tax,
        "subtotal": money(order.subtotal), "discount": money(-order.discount), "shipping": money(order.shipping),
        "shipping_tax": money(order.shipping_tax), "tax": money(order.tax), "total": money(order.total),
        "shipping_address": order.shipping_address()?.lines(), "billing_address": billing.lines(), "vat_id": billing.vat_id,
        "reverse_charge": order.taxation.0.reverse_charge, "pickup": order.pickup_location_id.is_some(),
    }))
}

fn line_view(line: &OrderLine, currency: Currency, adjustments: &[orders::Adjustment]) -> Result<Value> {
    let money = |minor: i64| Money::new(minor, currency);
    let trace: Vec<Step> = serde_json::from_str(&line.trace)?;
    let steps: Vec<Value> =
        trace.iter().map(|step| json!({ "rule": step.rule, "outcome": step.outcome, "amount": money(step.amount) })).collect();
    let own: Vec<Value> = adjustments
        .iter()
        .filter(|one| one.order_line_id == Some(line.id))
        .map(|one| json!({ "label": one.label, "amount": money(one.amount) }))
        .collect();
    Ok(json!({
        "id": line.id, "title": line.title, "options": line.options, "sku": line.sku, "slug": line.slug, "picture": line.picture_hash,
        "quantity": line.measure().text(line.quantity), "per": line.unit.per_key(), "unit_price": money(line.unit_price), "discount": money(-line.discount), "tax": money(line.tax),
        "tax_rate": tax_rate(line), "tax_reason": line.tax_reason, "total": money(line.total), "shipped": line.shipped,
        "cancelled": line.cancelled, "refunded": line.refunded, "open": line.open(), "shipped_text": line.measure().text(line.shipped),
        "cancelled_text": line.measure().text(line.cancelled), "refunded_text": line.measure().text(line.refunded), "open_text": line.measure().text(line.open()), "adjustments": own, "trace": steps,
    }))
}

/// The rate of a line as people read it.
fn tax_rate(line: &OrderLine) -> String {
    let taxes = &line.taxes.0;
    if taxes.is_empty() { format::percent(line.tax_rate_bp) } else { format::rate(tax::combined(taxes)) }
}

fn payment_view(conn: &mut Conn, payment: &Payment, currency: Currency) -> Result<Value> {
    let money = |minor: i64| Money::new(minor, currency);
    let captures: Vec<Value> = payments::captures_of(conn, payment.id)?
        .iter()
        .map(|capture| json!({ "amount": money(capture.amount), "state": capture.state, "error": capture.error, "at": capture.created_at }))
        .collect();
    Ok(json!({
        "id": payment.id, "provider": payment.provider, "card": card(conn, payment)?, "reference": payment.provider_reference, "state": payment.state,
        "amount": money(payment.amount), "authorised": money(payment.authorised), "captured": money(payment.captured),
        "refunded": money(payment.refunded), "taken": (payment.taken > 0).then(|| money(payment.taken)), "reason": payment.reason, "captures": captures,
        "can_capture": payments::capturable(conn, payment)? > 0,
        "can_release": payments::releasable(conn, payment)?,
        "can_receive": by_hand(payment) && payment.state == PaymentState::Open,
    }))
}

/// The gift card behind a payment.
fn card(conn: &mut Conn, payment: &Payment) -> Result<Option<Value>> {
    if payment.provider != GIFT_CARD {
        return Ok(None);
    }
    let card = gift_cards::of_payment(conn, payment.id)?;
    Ok(Some(json!({ "id": card.id, "last_four": card.last_four })))
}

/// Whether staff see the money arrive, and not a provider.
pub fn by_hand(payment: &Payment) -> bool {
    payments::by_hand(&payment.provider)
}

/// Units by the name of their line, as shipments and refunds list them.
fn units(lines: &[OrderLine], parts: impl IntoIterator<Item = (OrderLineId, i64)>) -> Vec<String> {
    let titles: HashMap<OrderLineId, &OrderLine> = lines.iter().map(|line| (line.id, line)).collect();
    let name = |(id, quantity): (OrderLineId, i64)| {
        let line = titles.get(&id)?;
        let options = if line.options.is_empty() { String::new() } else { format!(", {}", line.options) };
        // The units of a line stand with one of several refunds that share its amount.
        let units = if quantity == 0 { String::new() } else { format!("{} × ", line.measure().text(quantity)) };
        Some(format!("{units}{}{options}", line.title))
    };
    parts.into_iter().filter_map(name).collect()
}

fn shipment_views(conn: &mut Conn, order: &Order, lines: &[OrderLine]) -> Result<Vec<Value>> {
    let mut views = Vec::new();
    for sent in shipments::of_order(conn, order.id)? {
        let contents = units(lines, shipments::lines_of(conn, sent.id)?);
        views.push(json!({ "id": sent.id, "carrier": sent.carrier, "number": sent.tracking_number, "url": sent.tracking_url, "at": sent.shipped_at, "contents": contents }));
    }
    Ok(views)
}

fn refund_views(conn: &mut Conn, order: &Order, lines: &[OrderLine], currency: Currency) -> Result<Vec<Value>> {
    let mut views = Vec::new();
    for refund in refunds::of_order(conn, order.id)? {
        let to = if refund.to_credit { STORE_CREDIT.to_string() } else { payments::get(conn, refund.payment_id)?.provider };
        let contents = units(lines, refunds::lines_of(conn, refund.id)?.iter().map(|line| (line.order_line_id, line.quantity)));
        let money = |minor: i64| Money::new(minor, currency);
        views.push(json!({
            "amount": money(refund.amount), "shipping": money(refund.shipping), "has_shipping": refund.shipping > 0, "state": refund.state,
            "surplus": refund.surplus, "reason": refund.reason, "to": format!("admin-provider-{to}"), "error": refund.error, "at": refund.created_at, "contents": contents,
        }));
    }
    Ok(views)
}

/// Whether anything happened to the order since the page was made. Asked every few seconds by open pages.
pub async fn news(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    let seen: i64 = desk.query("seen").parse().unwrap_or(0);
    let changed = desk
        .read(move |conn| {
            let order = orders::get_by_number(conn, &number)?;
            Ok(orders::version(conn, order.id)? != seen)
        })
        .await?;
    let words = desk.words()?;
    desk.news(changed.then(|| words.get("admin-order-news")))
}

pub async fn note(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let text = posted.get("note").trim().to_string();
    let length = text.chars().count();
    if length == 0 || length > NOTE {
        let mut wrong = Fields::default();
        wrong.add("note", if length == 0 { "admin-required" } else { "admin-too-long" });
        let form = Form::new(&["note"]).typed(posted.pairs()).refuse(&["note"], &wrong);
        return page(&desk, &number, StatusCode::UNPROCESSABLE_ENTITY, form).await;
    }
    let asked = number.clone();
    desk.write(move |conn, act| {
        let order = orders::get_by_number(conn, &asked)?;
        orders::lock(conn, order.id, act.now)?;
        orders::note(conn, order.id, "note", &text, &act.actor, act.now)?;
        act.log(conn, "order.note", &format!("order:{asked}"), &Value::Null, &json!({ "note": text }))
    })
    .await?;
    Ok(desk.done(&address(&number), "admin-note-added"))
}

pub async fn cancel_form(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    show_cancel(&desk, &number, None).await
}

/// What goes back when an order is cancelled, in minor units.
fn held(conn: &mut Conn, order: &Order) -> Result<i64> {
    Ok(payments::of_order(conn, order.id)?.iter().map(|payment| payment.left()).sum())
}

/// What cancelling means; `stale` is the form that was refused because the order changed meanwhile.
async fn show_cancel(desk: &Desk, number: &str, stale: Option<&Posted>) -> Result<HttpResponse> {
    let (asked, posted) = (number.to_string(), stale.cloned());
    let view = desk
        .read(move |conn| {
            let order = orders::get_by_number(conn, &asked)?;
            if !orders::cancellable(&order, &orders::lines(conn, order.id)?) {
                return Err(Error::conflict("order-not-cancellable"));
            }
            let back = held(conn, &order)?;
            let money = |minor: i64| -> Result<Money> { Ok(Money::new(minor, order.currency()?)) };
            Ok(json!({ "number": order.number, "email": order.email, "total": money(order.total)?, "back": money(back)?, "pays_back": back > 0, "exchange_for": exchange_for(conn, &order)?,
                "order": order_history::frame(conn, &order, posted.as_ref())? }))
        })
        .await;
    let status = if stale.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    match view {
        Ok(view) => desk.page_as(status, "admin/order_cancel.html", "admin-order-cancel", view),
        Err(error) => desk.explained(&address(number), error),
    }
}

pub async fn cancel(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (asked, seen, allowance) = (number.clone(), order_history::seen(&posted), allowance(&desk));
    let done = desk
        .write(move |conn, act| {
            let order = orders::get_by_number(conn, &asked)?;
            // Whoever clicked twice sees that it is done.
            if order.status == orders::OrderStatus::Cancelled {
                return Ok(());
            }
            orders::lock_seen(conn, order.id, seen, act.now)?;
            let back = Money::new(held(conn, &order)?, order.currency()?);
            service::give(conn, order.customer_id, back, &act.actor, allowance, act.now)?;
            orders::cancel(conn, order.id, CancelReason::Staff, &act.actor, act.now)?;
            let after = orders::get(conn, order.id)?;
            act.log(conn, "order.cancel", &format!("order:{asked}"), &json!({ "status": order.status }), &json!({ "status": after.status }))
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(&number), "admin-order-cancel-done")),
        Err(Error::Conflict(text)) if text == orders::CHANGED => show_cancel(&desk, &number, Some(&posted)).await,
        Err(error) => desk.explained(&address(&number), error),
    }
}
