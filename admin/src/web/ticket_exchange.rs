//! Other goods for goods of an order, from its ticket: which units for which variant, then the difference, then the exchange.

use super::desk::{Desk, refusal};
use super::forms::Reader;
use super::order_money::shares;
use super::order_new::{method_label, methods_of};
use super::order_ship::quantities;
use super::ticket::{address, seen};
use super::ticket_money::{allowance, carry, said, source};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::tickets;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Money;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::exchanges::Expected;
use storefront::ids::{CartId, LocationId, OrderId, VariantId};
use storefront::orders::{self, Order};
use storefront::service::exchange::{self, Exchange, Swap};
use storefront::service::{Deed, Wish};
use storefront::web::posted::Posted;
use storefront::web::shown;
use storefront::web::words::Words;
use storefront::{carts, drafts, mails, returns, shop, stock};

pub async fn form(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    match source(&desk, &number, None).await {
        Ok(_) => show(&desk, &number, StatusCode::OK, None, None, &Fields::default()).await,
        Err(error) => desk.explained(&address(&number), error),
    }
}

/// Both steps post here: without a draft the new goods are taken down and the difference is shown, with it the goods are exchanged.
pub async fn exchange(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    if posted.get("cart").is_empty() || posted.get("change") == "on" {
        return match take_down(&desk, &number, &posted).await {
            Ok(cart) => show(&desk, &number, StatusCode::OK, Some(&posted), Some(cart), &Fields::default()).await,
            Err(error) => refused(&desk, &number, &posted, error).await,
        };
    }
    let (allowance, mailer, form, asked) = (allowance(&desk), desk.door.mailer(), posted.clone(), number.clone());
    let carried = desk.write(move |conn, act| {
        let ticket = tickets::by_number(conn, &asked)?;
        let order = orders::get(conn, OrderId(ticket.order_id.ok_or_else(|| Error::conflict("service-no-order"))?))?;
        let (wanted, _) = typed(&form, &order)?;
        let seen_now = Expected { version: form.id("version")?, total: form.id("total")?, refund: form.id("refund")? };
        let wanted = Exchange { cart: CartId(form.id("cart")?), hours: form.get("hours").parse().unwrap_or(0), seen: seen_now, ..wanted };
        let deed = Deed::Exchange(wanted);
        let wish = Wish {
            ticket: ticket.id,
            seen: seen(&form)?,
            order_seen: Some(form.id("order_seen")?),
            deed: deed.clone(),
            solve: form.ticked("solve"),
        };
        let carried = carry(conn, act, &wish, allowance)?;
        link(conn, &deed, act.now, &mailer)?;
        Ok(carried)
    });
    match carried.await {
        Ok(carried) => Ok(desk.done(&address(&number), said(carried, "admin-exchange-made"))),
        Err(error) => refused(&desk, &number, &posted, error).await,
    }
}

/// The form with what was typed, and why it was not taken.
async fn refused(desk: &Desk, number: &str, posted: &Posted, error: Error) -> Result<HttpResponse> {
    let (status, mut wrong) = refusal(error)?;
    // The new goods have no field of their own here.
    if let Some(text) = wrong.0.remove("goods") {
        wrong.add("lines", text);
    }
    show(desk, number, status, Some(posted), None, &wrong).await
}

/// Sends the customer the link by which they pay what an exchange costs beyond what came back. Nothing for what was not made.
pub fn link(conn: &mut Conn, deed: &Deed, now: Time, mailer: &mails::Mailer) -> Result<()> {
    let Deed::Exchange(wanted) = deed else { return Ok(()) };
    match orders::find_by_cart(conn, wanted.cart)? {
        Some(order) => mails::payment_link(conn, order, now, mailer),
        None => Ok(()),
    }
}

/// What was typed, without figures, and the way to pay.
fn typed(posted: &Posted, order: &Order) -> Result<(Exchange, String)> {
    let mut wrong = Fields::default();
    let mut swaps = Vec::new();
    for (line, quantity) in quantities(posted)?.into_iter().filter(|(_, quantity)| *quantity != 0) {
        let name = format!("variant-{line}");
        match posted.get(&name).parse() {
            Ok(variant) => swaps.push(Swap { line, quantity, variant: VariantId(variant) }),
            Err(_) => wrong.add(&name, "service-exchange-variant"),
        }
    }
    let mut reader = Reader::new(posted, order.currency()?);
    let shipping = reader.optional_amount("shipping").unwrap_or(0);
    wrong.0.extend(reader.wrong.0);
    wrong.check()?;
    let seen = Expected { version: 0, total: 0, refund: 0 };
    let location = posted.get("location").parse().ok().map(LocationId);
    Ok((Exchange { swaps, shipping, location, cart: CartId(0), hours: 0, seen }, posted.get("method").to_string()))
}

/// Takes the new goods down as a draft.
async fn take_down(desk: &Desk, number: &str, posted: &Posted) -> Result<CartId> {
    let shop = desk.read(shop::get).await?;
    let (offered, form, asked) = (methods_of(desk, &shop), posted.clone(), number.to_string());
    desk.write(move |conn, act| {
        let ticket = tickets::by_number(conn, &asked)?;
        let order = orders::get(conn, OrderId(ticket.order_id.ok_or_else(|| Error::conflict("service-no-order"))?))?;
        let (wanted, method) = typed(&form, &order)?;
        if !offered.contains(&method) {
            return Err(Error::field("method", "admin-draft-method"));
        }
        let cart = exchange::draft(conn, &order, &wanted.swaps, &method, act.now)?;
        // What cannot be given back is told here, where it was typed.
        let plan = exchange::compare(conn, &order, &wanted.swaps, wanted.shipping, cart, act.now)?;
        // What is told with the figures is told once, and can be placed after.
        carts::mark_seen(conn, &plan.quote)?;
        let after = json!({ "cart": cart, "swaps": wanted.swaps, "method": method, "shipping": wanted.shipping });
        act.log(conn, "ticket.exchange_draft", &format!("ticket:{}", ticket.number), &Value::Null, &after)?;
        Ok(cart)
    })
    .await
}

/// The form, and beside it the difference when there is a draft.
async fn show(
    desk: &Desk,
    number: &str,
    status: StatusCode,
    posted: Option<&Posted>,
    draft: Option<CartId>,
    wrong: &Fields,
) -> Result<HttpResponse> {
    let shop = desk.read(shop::get).await?;
    let words = desk.words()?;
    let method = |name: &String| Ok(json!({ "value": name, "label": method_label(name, &words)? }));
    let methods: Vec<Value> = methods_of(desk, &shop).iter().map(method).collect::<Result<_>>()?;
    let (asked, typed_in, wrong, now) = (number.to_string(), posted.cloned(), wrong.0.clone(), desk.door.now());
    let view = desk.read(move |conn| {
        let ticket = tickets::by_number(conn, &asked)?;
        let order = orders::get(conn, OrderId(ticket.order_id.unwrap_or_default()))?;
        let wanted = tickets::lines(conn, ticket.id)?;
        let value = |name: &str, or: String| typed_in.as_ref().map_or(or, |posted| posted.get(name).to_string());
        let mut rows: Vec<Value> = Vec::new();
        for one in returns::with_buyer(conn, &order)? {
            let (line, name, variant) = (&one.line, format!("quantity-{}", one.line.id), format!("variant-{}", one.line.id));
            let asked_of = wanted.iter().find(|known| known.order_line_id == line.id.0).map_or(0, |known| known.quantity.min(one.units));
            let choices = choices(conn, &order, &one)?;
            rows.push(json!({ "title": line.title, "options": line.options, "sku": line.sku, "left": line.measure().text(one.units), "places": line.measure().precision, "name": name,
                "value": value(&name, line.measure().number(asked_of)), "error": wrong.get(&name), "choices": choices, "choose": variant,
                "chosen": value(&variant, line.variant_id.map(|id| id.to_string()).unwrap_or_default()), "choose_error": wrong.get(&variant) }));
        }
        let places: Vec<Value> = stock::locations(conn)?
            .iter()
            .filter(|place| place.active)
            .map(|place| json!({ "value": place.id.to_string(), "label": place.name }))
            .collect();
        let figures = match (draft, &typed_in) {
            (Some(cart), Some(posted)) => figures(conn, &order, posted, cart, now, &words)?,
            _ => Value::Null,
        };
        Ok(json!({ "number": ticket.number, "seen": ticket.version, "order_seen": orders::version(conn, order.id)?, "rows": rows, "wrong": wrong,
            "places": places, "methods": methods, "currency": order.currency, "figures": figures, "location": value("location", String::new()),
            "method": value("method", String::new()), "shipping": value("shipping", "0".to_string()) }))
    });
    desk.page_as(status, "admin/ticket_exchange.html", "admin-ticket-exchange", view.await?)
}

/// The variants on sale that units of a line can be exchanged for, each with its price and what is there.
fn choices(conn: &mut Conn, order: &Order, one: &returns::Returnable) -> Result<Vec<Value>> {
    let currency = order.currency()?;
    let mut all = Vec::new();
    for variant in returns::alternatives(conn, order, one.line.id)?.into_iter().filter(|variant| variant.for_sale) {
        let level = stock::level(conn, variant.id)?;
        let name = if variant.options.is_empty() { variant.title } else { variant.options };
        all.push(json!({ "value": variant.id.to_string(), "name": name, "price": Money::new(variant.unit_price, currency),
            "free": level.tracked.then(|| variant.measure.text(level.free())) }));
    }
    Ok(all)
}

fn figures(conn: &mut Conn, order: &Order, posted: &Posted, cart: CartId, now: Time, words: &Words) -> Result<Value> {
    let (wanted, method) = typed(posted, order)?;
    let plan = exchange::compare(conn, order, &wanted.swaps, wanted.shipping, cart, now)?;
    let (currency, quote) = (order.currency()?, &plan.quote);
    let money = |minor: i64| Money::new(minor, currency);
    let refund = exchange::shares(conn, order, &wanted.swaps, wanted.shipping, plan.pays)?;
    let returned: Vec<Value> =
        shares(&refund, currency).into_iter().zip(&refund.shares).filter(|(_, share)| !share.to_credit).map(|(share, _)| share).collect();
    let address = quote.cart.shipping_address()?.map(|address| shown::billing_lines(&address, words)).unwrap_or_default();
    let by_link = drafts::by_link(&method) && plan.due > 0;
    Ok(json!({ "cart": cart, "version": quote.cart.version, "total": quote.priced.total, "refund": plan.refund.amount,
        "value": money(plan.refund.amount), "new": money(quote.priced.total), "back": money(plan.back), "has_back": plan.back > 0,
        "due": money(plan.due), "has_due": plan.due > 0, "shares": returned, "blocked": quote.blocked(), "address": address,
        "method": method_label(&method, words)?, "hours": by_link.then_some(drafts::HOURS),
        "lines": shown::cart_lines(conn, quote, words)?, "totals": shown::cart_totals(quote, false, words)?,
        "notices": shown::cart_notices(quote, words)? }))
}
