//! An order that staff place for a customer: what they took down, then what it costs, then the order.

use super::choice;
use super::desk::{Desk, refusal};
use super::order::address;
use super::promotion_bench::read_goods;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::{MemberId, companies};
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::carts::{self, Quote};
use storefront::checkout::Seen;
use storefront::drafts::{self, Wish};
use storefront::ids::{CartId, ShippingRateId, StoreId};
use storefront::stores::{self, MAIN};
use storefront::web::checkout::{contact_form, methods};
use storefront::web::countries;
use storefront::web::posted::Posted;
use storefront::web::shown;
use storefront::web::views::form::Form;
use storefront::web::words::Words;
use storefront::{mails, orders, shop};

const NAMES: &[&str] = &[
    "goods",
    "email",
    "language",
    "ship_name",
    "ship_company",
    "ship_line1",
    "ship_line2",
    "ship_postcode",
    "ship_city",
    "ship_region",
    "ship_country",
    "ship_phone",
    "ship_vat_id",
    "codes",
    "method",
    "note",
    "member",
];

fn page_of(cart: CartId) -> String {
    format!("/admin/new-order/{cart}")
}

/// Every way to pay that the shop offers. What needs the page of a provider is paid by a link.
pub(super) fn methods_of(desk: &Desk, shop: &shop::Shop) -> Vec<String> {
    desk.door.gateways.offered(shop).into_iter().map(|gateway| gateway.name().to_string()).collect()
}

/// A way to pay as staff read it.
pub(super) fn method_label(name: &str, words: &Words) -> Result<String> {
    let method = methods::method_name(name, words);
    if drafts::by_link(name) { words.with("admin-draft-by-link", &[("method", &method)]) } else { Ok(method) }
}

pub async fn form(desk: Desk) -> Result<HttpResponse> {
    let (store, _) = choice::store(&desk).await?;
    let shop = desk.read(move |conn| stores::shop(conn, store)).await?;
    let language = spoken(&desk, store).first().copied().unwrap_or_default();
    let form =
        Form::new(NAMES).fill("email", desk.query("email")).fill("ship_country", shop.assumed_country()).fill("language", language.code());
    let form = form.fill("member", desk.query("member"));
    show_form(&desk, StatusCode::OK, form).await
}

/// The languages of a store, its first one first.
fn spoken(desk: &Desk, store: StoreId) -> Vec<Language> {
    desk.door.site_of(store).languages.clone()
}

async fn show_form(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (store, of) = choice::store(desk).await?;
    let shop = desk.read(move |conn| stores::shop(conn, store)).await?;
    let words = desk.words()?;
    let option = |name: &String| Ok(json!({ "value": name, "label": method_label(name, &words)? }));
    let methods: Vec<Value> = methods_of(desk, &shop).iter().map(option).collect::<Result<_>>()?;
    let countries = countries::choices(None, desk.visit.language, "");
    let languages: Vec<Value> = spoken(desk, store).iter().map(|one| json!({ "value": one.code(), "label": one.name() })).collect();
    let member: Option<MemberId> = form.value("member").parse().ok();
    let buyer = desk
        .read(move |conn| match member {
            Some(member) => companies::buyer(conn, member),
            None => Ok(None),
        })
        .await?;
    let view = json!({ "buyer": buyer.map(|buyer| buyer.name), "form": form, "methods": methods,
        "countries": countries, "languages": languages, "of": of, "currency": shop.currency });
    desk.page_as(status, "admin/order_new.html", "admin-order-new", view)
}

pub async fn make(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (typed, words) = (posted.clone(), desk.words()?);
    let (store, _) = choice::store(&desk).await?;
    let shop = desk.read(move |conn| stores::shop(conn, store)).await?;
    let (offered, languages) = (methods_of(&desk, &shop), spoken(&desk, store));
    let made = desk.write(move |conn, act| {
        let wish = Wish { store, ..wish(conn, &typed, (&offered, &languages), &words)? };
        let member: Option<MemberId> = match typed.get("member") {
            "" => None,
            text => Some(text.parse().map_err(|_| Error::NotFound)?),
        };
        let cart = drafts::make_for(conn, &wish, member, act.now)?;
        let after = json!({ "email": wish.email.as_str(), "goods": wish.goods, "method": wish.method, "codes": wish.codes,
            "store": wish.store, "member": member });
        act.log(conn, "order.draft", &format!("cart:{cart}"), &Value::Null, &after)?;
        Ok(cart)
    });
    match made.await {
        Ok(cart) => Ok(desk.door.go(&desk.visit, &page_of(cart))),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show_form(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

/// What was typed, of the main store. Fails with every mistake at once.
fn wish(conn: &mut Conn, posted: &Posted, (offered, languages): (&[String], &[Language]), words: &Words) -> Result<Wish> {
    let mut wrong = Fields::default();
    let goods = read_goods(conn, posted.get("goods"), words, &mut wrong)?;
    let contact = match contact_form::read(posted, None) {
        Ok(contact) => Some(contact),
        Err(Error::Invalid(fields)) => {
            wrong.0.extend(fields.0);
            None
        }
        Err(other) => return Err(other),
    };
    let method = posted.get("method").to_string();
    if !offered.contains(&method) {
        wrong.add("method", "admin-draft-method");
    }
    match contact {
        Some(contact) if wrong.0.is_empty() => {
            let asked = Language::parse(posted.get("language")).filter(|asked| languages.contains(asked));
            let language = asked.or(languages.first().copied()).unwrap_or_default().code().to_string();
            let codes = posted.get("codes").to_string();
            Ok(Wish { store: MAIN, email: contact.email, address: contact.shipping, note: contact.note, language, goods, codes, method })
        }
        _ => Err(Error::Invalid(wrong)),
    }
}

pub async fn show(desk: Desk, cart: web::Path<i64>) -> Result<HttpResponse> {
    show_draft(&desk, CartId(*cart), StatusCode::OK, "").await
}

async fn show_draft(desk: &Desk, cart: CartId, status: StatusCode, error: &str) -> Result<HttpResponse> {
    let (now, words, error) = (desk.door.now(), desk.words()?, error.to_string());
    let loaded = desk
        .read(move |conn| {
            if let Some(order) = orders::find_by_cart(conn, cart)? {
                return Ok(Err(orders::get(conn, order)?.number));
            }
            let quote = drafts::quote(conn, cart, now)?;
            Ok(Ok((view(conn, &quote, &error, &words)?, quote)))
        })
        .await?;
    match loaded {
        Ok((view, quote)) => {
            // What is told here is told once, and can be placed after.
            desk.door.write(move |conn, _| carts::mark_seen(conn, &quote)).await?;
            desk.page_as(status, "admin/order_new_confirm.html", "admin-order-new", view)
        }
        Err(number) => Ok(desk.door.go(&desk.visit, &address(&number))),
    }
}

fn view(conn: &mut Conn, quote: &Quote, error: &str, words: &Words) -> Result<Value> {
    let currency: Currency = quote.currency;
    let chosen = quote.rate.as_ref().map(|rate| rate.id);
    let rate = |(rate, price): (&storefront::shipping::ShippingRate, i64)| json!({ "id": rate.id, "name": rate.name, "price": Money::new(price, currency), "chosen": Some(rate.id) == chosen });
    let cart = &quote.cart;
    let shipping = cart.shipping_address()?.map(|address| shown::billing_lines(&address, words)).unwrap_or_default();
    let pickup = quote.pickup.as_ref().map(|pickup| pickup.address.lines());
    Ok(json!({ "cart": cart.id, "version": cart.version, "total": quote.priced.total, "email": cart.email, "note": cart.note,
        "address": shipping, "pickup": pickup, "method": method_label(&cart.payment_method, words)?,
        "hours": (drafts::by_link(&cart.payment_method) && quote.priced.total > 0).then_some(drafts::HOURS), "error": error, "blocked": quote.blocked(),
        "lines": shown::cart_lines(conn, quote, words)?, "notices": shown::cart_notices(quote, words)?,
        "totals": shown::cart_totals(quote, false, words)?, "rates": quote.rates.iter().zip(quote.rate_prices.iter().copied()).map(rate).collect::<Vec<_>>() }))
}

/// Chooses another delivery, or places the order at the figures that were shown.
pub async fn place(desk: Desk, cart: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let cart = CartId(*cart);
    if let Ok(rate) = posted.get("rate").parse() {
        let chosen = desk.write(move |conn, act| {
            drafts::set_shipping_rate(conn, cart, ShippingRateId(rate), act.now)?;
            act.log(conn, "order.draft", &format!("cart:{cart}"), &Value::Null, &json!({ "shipping_rate": rate }))
        });
        return match chosen.await {
            Ok(()) => Ok(desk.door.go(&desk.visit, &page_of(cart))),
            Err(error) => {
                let (status, _) = refusal(error)?;
                show_draft(&desk, cart, status, "shipping-not-available").await
            }
        };
    }
    let number = |name: &str| posted.get(name).parse::<i64>().unwrap_or(-1);
    let seen = Seen { version: number("version"), total: number("total"), due: number("total") };
    let (hours, mailer) = (number("hours"), desk.door.mailer());
    let placed = desk.write(move |conn, act| {
        let order = drafts::place(conn, cart, seen, hours, &act.actor, act.now)?;
        mails::payment_link(conn, order, act.now, &mailer)?;
        let order = orders::get(conn, order)?;
        act.log(
            conn,
            "order.place",
            &format!("order:{}", order.number),
            &Value::Null,
            &json!({ "total": order.total, "email": order.email, "payment_due_at": order.payment_due_at }),
        )?;
        Ok((order.number, order.payment_due_at.is_some()))
    });
    match placed.await {
        Ok((number, link)) => Ok(desk.done(&address(&number), if link { "admin-order-placed-link" } else { "admin-order-placed" })),
        Err(Error::Conflict(text)) => show_draft(&desk, cart, StatusCode::CONFLICT, &text).await,
        Err(Error::Invalid(wrong)) => {
            let text = wrong.0.into_values().next().unwrap_or_default();
            show_draft(&desk, cart, StatusCode::UNPROCESSABLE_ENTITY, &text).await
        }
        Err(error) => Err(error),
    }
}
