//! Other goods for a return: what staff choose, then what it comes to, then the exchange.

use super::desk::{Desk, refusal};
use super::forms::Reader;
use super::order_money::shares;
use super::order_new::{method_label, methods_of};
use super::promotion_bench::read_goods;
use super::returns::address;
use super::ticket_money::allowance;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::exchanges::{self, Deal, Expected, Preview, Wish};
use storefront::ids::{CartId, ReturnId, ShippingRateId, VariantId};
use storefront::returns::{self, Status};
use storefront::web::posted::Posted;
use storefront::web::shown;
use storefront::web::views::form::Form;
use storefront::web::words::Words;
use storefront::{carts, catalog, drafts, mails, orders, service, shop};

const NAMES: &[&str] = &["goods", "method", "shipping"];

/// The form; it begins with what the customer asked for, or with what came back.
pub async fn form(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = ReturnId(*id);
    let goods = desk.read(move |conn| begun(conn, id)).await;
    match goods {
        Ok(goods) => show_form(&desk, id, StatusCode::OK, Form::new(NAMES).fill("goods", goods).fill("shipping", "0")).await,
        Err(error) => desk.explained(&address(id), error),
    }
}

/// The goods to begin with, one a line. `Conflict` when the return waits for no decision.
fn begun(conn: &mut Conn, id: ReturnId) -> Result<String> {
    let back = returns::get(conn, id)?;
    if back.status != Status::Inspected {
        return Err(Error::conflict(returns::STALE));
    }
    let sold = orders::lines(conn, back.order_id)?;
    let mut lines = Vec::new();
    for part in returns::lines_of(conn, id)?.into_iter().filter(|part| part.accepted > 0) {
        let own = sold.iter().find(|line| line.id == part.order_line_id).and_then(|line| line.variant_id);
        if let Some(sku) = sku(conn, part.instead_id.or(own))? {
            lines.push(format!("{sku} {}", part.accepted));
        }
    }
    Ok(lines.join("\n"))
}

fn sku(conn: &mut Conn, variant: Option<VariantId>) -> Result<Option<String>> {
    let Some(variant) = variant else { return Ok(None) };
    Ok(catalog::skus(conn, &[variant])?.pop())
}

async fn show_form(desk: &Desk, id: ReturnId, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let words = desk.words()?;
    let (back, shop, currency, lines) = desk
        .read(move |conn| {
            let back = returns::get(conn, id)?;
            let order = orders::get(conn, back.order_id)?;
            let sold = orders::lines(conn, order.id)?;
            let line = |part: &returns::ReturnLine| {
                let line = sold.iter().find(|line| line.id == part.order_line_id)?;
                let options = if line.options.is_empty() { String::new() } else { format!(", {}", line.options) };
                Some(format!("{} × {}{options}", part.accepted, line.title))
            };
            let lines: Vec<String> = returns::lines_of(conn, id)?.iter().filter(|part| part.accepted > 0).filter_map(line).collect();
            Ok((back, shop::get(conn)?, order.currency, lines))
        })
        .await?;
    let option = |name: &String| Ok(json!({ "value": name, "label": method_label(name, &words)? }));
    let methods: Vec<Value> = methods_of(desk, &shop).iter().map(option).collect::<Result<_>>()?;
    let view = json!({ "id": id, "number": back.number, "form": form, "methods": methods, "currency": currency, "lines": lines });
    desk.page_as(status, "admin/return_exchange.html", "admin-exchange", view)
}

/// Takes the new goods down.
pub async fn draft(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = ReturnId(*id);
    let (typed, words) = (posted.clone(), desk.words()?);
    let shop = desk.read(shop::get).await?;
    let offered = methods_of(&desk, &shop);
    let made = desk.write(move |conn, act| {
        let mut wrong = Fields::default();
        let goods = read_goods(conn, typed.get("goods"), &words, &mut wrong)?;
        let method = typed.get("method").to_string();
        if !offered.contains(&method) {
            wrong.add("method", "admin-draft-method");
        }
        let mut reader = Reader::new(&typed, shop.currency);
        let shipping = reader.optional_amount("shipping").unwrap_or(0);
        wrong.0.extend(reader.wrong.0);
        wrong.check()?;
        let wish = Wish { goods, method };
        let cart = exchanges::draft(conn, id, &wish, act.now)?;
        // What cannot be given back is told here, where it was typed.
        exchanges::preview(conn, id, cart, shipping, act.now)?;
        let after = json!({ "cart": cart, "goods": wish.goods, "method": wish.method, "shipping": shipping });
        act.log(conn, "return.exchange_draft", &format!("return:{id}"), &Value::Null, &after)?;
        Ok((cart, shipping))
    });
    match made.await {
        Ok((cart, shipping)) => {
            let typed = Money::new(shipping, shop_currency(&desk).await?).decimal();
            Ok(desk.door.go(&desk.visit, &page_of(id, cart, &typed)))
        }
        Err(Error::Conflict(text)) => desk.explained(&address(id), Error::Conflict(text)),
        Err(error) => {
            let (status, mut wrong) = refusal(error)?;
            // Of a return that is worth nothing there is nothing to exchange.
            if let Some(text) = wrong.0.remove("lines") {
                wrong.add("goods", text);
            }
            show_form(&desk, id, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

async fn shop_currency(desk: &Desk) -> Result<Currency> {
    Ok(desk.read(shop::get).await?.currency)
}

fn page_of(id: ReturnId, cart: CartId, shipping: &str) -> String {
    format!("/admin/returns/{id}/exchange/{cart}?shipping={shipping}")
}

/// Of the first order's delivery, as the address of the page says.
fn shipping_of(desk: &Desk, currency: Currency) -> i64 {
    Money::parse(&desk.query("shipping"), currency).map_or(0, |amount| amount.minor)
}

pub async fn show(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, cart) = (ReturnId(path.0), CartId(path.1));
    show_draft(&desk, id, cart, StatusCode::OK, "").await
}

async fn show_draft(desk: &Desk, id: ReturnId, cart: CartId, status: StatusCode, error: &str) -> Result<HttpResponse> {
    let currency = shop_currency(desk).await?;
    let (now, words, error, shipping) = (desk.door.now(), desk.words()?, error.to_string(), shipping_of(desk, currency));
    let loaded = desk
        .read(move |conn| {
            let plan = exchanges::preview(conn, id, cart, shipping, now)?;
            Ok((view(conn, id, &plan, shipping, &error, &words)?, plan.quote))
        })
        .await;
    match loaded {
        Ok((view, quote)) => {
            // What is told here is told once, and can be placed after.
            desk.door.write(move |conn, _| carts::mark_seen(conn, &quote)).await?;
            desk.page_as(status, "admin/return_exchange_confirm.html", "admin-exchange", view)
        }
        Err(error) => desk.explained(&address(id), error),
    }
}

fn view(conn: &mut Conn, id: ReturnId, plan: &Preview, shipping: i64, error: &str, words: &Words) -> Result<Value> {
    let (quote, back) = (&plan.quote, returns::get(conn, id)?);
    let currency = quote.currency;
    let money = |minor: i64| Money::new(minor, currency);
    let chosen = quote.rate.as_ref().map(|rate| rate.id);
    let rate = |(rate, price): (&storefront::shipping::ShippingRate, i64)| json!({ "id": rate.id, "name": rate.name, "price": money(price), "chosen": Some(rate.id) == chosen });
    let refund = exchanges::refunding(conn, id, shipping, plan.pays)?;
    let returned: Vec<Value> =
        shares(&refund, currency).into_iter().zip(&refund.shares).filter(|(_, share)| !share.to_credit).map(|(share, _)| share).collect();
    let address = quote.cart.shipping_address()?.map(|address| shown::billing_lines(&address, words)).unwrap_or_default();
    let by_link = drafts::by_link(&quote.cart.payment_method) && plan.due > 0;
    Ok(json!({ "id": id, "number": back.number, "cart": quote.cart.id, "version": quote.cart.version, "total": quote.priced.total,
        "refund": plan.refund.amount, "value": money(plan.refund.amount), "back": money(plan.back), "has_back": plan.back > 0,
        "due": money(plan.due), "has_due": plan.due > 0, "shipping_typed": money(shipping).decimal(), "shares": returned, "error": error,
        "blocked": quote.blocked(), "email": quote.cart.email, "address": address, "method": method_label(&quote.cart.payment_method, words)?,
        "hours": by_link.then_some(drafts::HOURS), "lines": shown::cart_lines(conn, quote, words)?, "notices": shown::cart_notices(quote, words)?,
        "totals": shown::cart_totals(quote, false, words)?,
        "rates": quote.rates.iter().zip(quote.rate_prices.iter().copied()).map(rate).collect::<Vec<_>>() }))
}

/// Chooses another delivery, or makes the exchange at the figures that were shown.
pub async fn make(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (id, cart) = (ReturnId(path.0), CartId(path.1));
    let currency = shop_currency(&desk).await?;
    let shipping = shipping_of(&desk, currency);
    if let Ok(rate) = posted.get("rate").parse() {
        let chosen = desk.write(move |conn, act| {
            exchanges::preview(conn, id, cart, shipping, act.now)?;
            drafts::set_shipping_rate(conn, cart, ShippingRateId(rate), act.now)?;
            act.log(conn, "return.exchange_draft", &format!("return:{id}"), &Value::Null, &json!({ "shipping_rate": rate }))
        });
        return match chosen.await {
            Ok(()) => Ok(desk.door.go(&desk.visit, &page_of(id, cart, &Money::new(shipping, currency).decimal()))),
            Err(Error::Conflict(text)) => desk.explained(&address(id), Error::Conflict(text)),
            Err(error) => {
                let (status, _) = refusal(error)?;
                show_draft(&desk, id, cart, status, "shipping-not-available").await
            }
        };
    }
    let number = |name: &str| posted.get(name).parse::<i64>().unwrap_or(-1);
    let seen = Expected { version: number("version"), total: number("total"), refund: number("refund") };
    let (hours, mailer, allowance) = (number("hours"), desk.door.mailer(), allowance(&desk));
    let made = desk.write(move |conn, act| {
        let again = exchanges::of_return(conn, id)?.is_some();
        let order = exchanges::make(conn, id, &Deal { cart, shipping, hours }, seen, &act.actor, act.now)?;
        if !again {
            let first = returns::get(conn, id)?.order_id;
            let first = orders::get(conn, first)?;
            service::give(conn, first.customer_id, Money::new(seen.refund, first.currency()?), &act.actor, allowance, act.now)?;
        }
        mails::payment_link(conn, order, act.now, &mailer)?;
        let order = orders::get(conn, order)?;
        let after = json!({ "order": order.number, "total": seen.total, "came_back": seen.refund });
        act.log(conn, "return.exchange", &format!("return:{id}"), &Value::Null, &after)?;
        Ok(order.number)
    });
    match made.await {
        Ok(_) => Ok(desk.done(&address(id), "admin-exchange-made")),
        Err(Error::Conflict(text)) => show_draft(&desk, id, cart, StatusCode::CONFLICT, &text).await,
        Err(Error::Invalid(wrong)) => {
            let text = wrong.0.into_values().next().unwrap_or_default();
            show_draft(&desk, id, cart, StatusCode::UNPROCESSABLE_ENTITY, &text).await
        }
        Err(error) => Err(error),
    }
}
