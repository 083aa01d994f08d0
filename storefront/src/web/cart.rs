//! The cart page and what changes a cart.

use super::countries;
use super::door::Door;
use super::frame;
use super::helped::{self, On};
use super::known;
use super::offers;
use super::posted::Posted;
use super::recommend;
use super::shown;
use super::views::cart::{CartView, EstimateView};
use super::views::form::{self, Form};
use super::views::page::{Page, PageView, Tone};
use super::views::shared::{Choice, Notice as Told, TotalRow};
use super::visit::Visit;
use super::words::Words;
use super::{add, basket, reductions};
use crate::carts::{self, Notice, Quote};
use crate::ids::{CartLineId, StoreId};
use crate::promotions::codes;
use crate::{quotes, shipping, stores};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/cart", web::get().to(show))
        .route("/cart/lines", web::post().to(add::add))
        .route("/cart/lines/{id}", web::post().to(set_quantity))
        .route("/cart/coupon", web::post().to(set_coupon))
        .route("/cart/coupon/remove", web::post().to(remove_coupon))
        .route("/cart/consents/{id}", web::post().to(helped::answer))
        .route("/cart/changes/{id}/undo", web::post().to(helped::undo))
        .route("/cart/estimate", web::post().to(estimate))
        .route("/cart/put-aside", web::post().to(put_aside));
}

/// What the cart page is made of besides the cart: a refused form, and whether an estimate was asked for.
#[derive(Clone, Default)]
struct Asked {
    coupon: Option<Form>,
    estimate: Option<Form>,
    estimated: bool,
}

async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let asked = Asked { estimated: visit.query.contains("estimate"), ..Asked::default() };
    render(&door, &visit, StatusCode::OK, asked).await
}

async fn render(door: &Door, visit: &Visit, status: StatusCode, asked: Asked) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, visit.language)?;
    speak_language(door, visit).await?;
    // Offers are decided before the cart is priced with them.
    let known = known::load(door, visit).await?;
    let (seen, title) = (visit.clone(), words.get("cart-title"));
    let (mut page, mut view, quote) = door.read(move |conn, now| load(conn, &seen, &asked, &words, now)).await?;
    page.title = title;
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, "/cart", visit.language);
    if let Some(quote) = &quote {
        view.complete = complete(door, visit, &known, quote).await?;
    }
    let used = quote.iter().flat_map(|quote| &quote.decision.applied).map(|applied| applied.id).collect();
    view.offers = offers::beside(door, visit, &known, used).await?;
    mark_seen(door, quote).await?;
    door.render_as(status, visit, "storefront/cart.html", &Page { page, view })
}

/// The row of what completes the cart, as HTML.
async fn complete(door: &Door, visit: &Visit, known: &known::Known, quote: &Quote) -> Result<String> {
    let id = quote.cart.id;
    let products = door.glance(move |conn, _| carts::products(conn, id)).await?;
    if products.is_empty() {
        return Ok(String::new());
    }
    let html = recommend::complete(door, visit, known, &products).await?;
    String::from_utf8(html.to_vec()).map_err(Error::unexpected)
}

/// A cart begun in one language is shown, and its order written, in the one the shopper reads now.
pub(super) async fn speak_language(door: &Door, visit: &Visit) -> Result<()> {
    let seen = visit.clone();
    let language = visit.language.code();
    let other = door.read(move |conn, now| {
        let customer = seen.customer(conn, now)?;
        Ok(basket::find(conn, &seen, customer)?.filter(|cart| cart.language != language).map(|cart| cart.id))
    });
    match other.await? {
        Some(cart) => door.write(move |conn, _| carts::set_language(conn, cart, language)).await,
        None => Ok(()),
    }
}

/// Remembers that the shopper was told of changed prices. Nothing is written when there were none.
pub(super) async fn mark_seen(door: &Door, quote: Option<Quote>) -> Result<()> {
    let Some(quote) =
        quote.filter(|quote| quote.newly_seen() || quote.notices.iter().any(|notice| matches!(notice, Notice::PriceChanged { .. })))
    else {
        return Ok(());
    };
    door.write(move |conn, _| carts::mark_seen(conn, &quote)).await
}

fn load(conn: &mut Conn, visit: &Visit, asked: &Asked, words: &Words, now: Time) -> Result<(PageView, CartView, Option<Quote>)> {
    let page = frame::load(conn, visit, now)?;
    let customer = visit.customer(conn, now)?;
    let quote = match basket::find(conn, visit, customer)? {
        Some(cart) => Some(carts::quote(conn, cart.id, now)?),
        None => None,
    };
    let Some(quote) = quote else { return Ok((page, empty(conn, visit.site.id, asked, words)?, None)) };
    if quote.hides_prices() {
        // What lies in it waits until its prices may be seen.
        let told = Told { kind: Tone::Info, text: words.get("prices-hidden-cart") };
        return Ok((page, CartView { notices: vec![told], ..empty(conn, visit.site.id, asked, words)? }, None));
    }
    let lines = shown::cart_lines(conn, &quote, words)?;
    let blocked = (quote.blocked() && !lines.is_empty()).then(|| words.get("cart-blocked"));
    // Without an address the country is a guess, so the sums are an estimate.
    let estimated = quote.cart.shipping_address.is_none();
    let totals = (!quote.lines.is_empty()).then(|| shown::cart_totals(&quote, estimated, words)).transpose()?;
    let view = CartView {
        notices: shown::cart_notices(&quote, words)?,
        consents: helped::asked(conn, visit, On::Cart(quote.cart.id), now)?,
        changes: helped::changed(conn, quote.cart.id, now)?,
        totals,
        coupon: asked.coupon.clone().unwrap_or_else(|| Form::new(form::COUPON)),
        coupons: codes::split(&quote.cart.coupon_code),
        estimate: estimate_view(conn, &quote, asked, words)?,
        blocked,
        complete: String::new(),
        offers: String::new(),
        punchout: quote.cart.punchout_id.is_some(),
        quote: quote.cart.quote_version_id.map(|version| quotes::number_of(conn, version)).transpose()?,
        lines,
    };
    Ok((page, view, Some(quote)))
}

fn empty(conn: &mut Conn, store: StoreId, asked: &Asked, words: &Words) -> Result<CartView> {
    let shop = stores::shop(conn, store)?;
    let estimate = EstimateView {
        form: Form::new(form::ESTIMATE),
        countries: destinations(conn, shop.currency, words, shop.assumed_country())?,
        rates: None,
        ships: true,
    };
    let coupon = asked.coupon.clone().unwrap_or_else(|| Form::new(form::COUPON));
    Ok(CartView {
        lines: Vec::new(),
        notices: Vec::new(),
        consents: Vec::new(),
        changes: Vec::new(),
        totals: None,
        coupon,
        coupons: Vec::new(),
        estimate,
        blocked: None,
        complete: String::new(),
        offers: String::new(),
        quote: None,
        punchout: false,
    })
}

fn estimate_view(conn: &mut Conn, quote: &Quote, asked: &Asked, words: &Words) -> Result<EstimateView> {
    let row =
        |(rate, price): (&shipping::ShippingRate, &i64)| TotalRow { label: rate.name.clone(), amount: Money::new(*price, quote.currency) };
    let ships = !(quote.requires_shipping && quote.rates.is_empty());
    Ok(EstimateView {
        form: asked.estimate.clone().unwrap_or_else(|| Form::new(form::ESTIMATE).fill("country", &quote.country)),
        countries: destinations(conn, quote.currency, words, &quote.country)?,
        rates: (asked.estimated && ships && quote.requires_shipping).then(|| quote.rates.iter().zip(&quote.rate_prices).map(row).collect()),
        ships,
    })
}

/// The countries the shop delivers to for prices in this currency.
pub(super) fn destinations(conn: &mut Conn, currency: Currency, words: &Words, selected: &str) -> Result<Vec<Choice>> {
    let (codes, elsewhere) = shipping::countries(conn, currency)?;
    let only = (!elsewhere && !codes.is_empty()).then_some(codes.as_slice());
    Ok(countries::choices(only, words.language, selected))
}

async fn set_quantity(door: web::Data<Door>, visit: Visit, path: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let line: CartLineId = path.parse().map_err(|_| Error::NotFound)?;
    let (seen, typed) = (visit.clone(), form.get("quantity").to_string());
    let changed = door.write(move |conn, now| {
        let quantity = carts::typed(conn, line, &typed)?;
        let cart = basket::existing(conn, &seen, now)?;
        carts::set_quantity(conn, cart, line, quantity, now)?;
        Ok(quantity)
    });
    match changed.await {
        Ok(0) => visit.say(&door.signer, Tone::Success, "cart-removed"),
        Ok(_) => visit.say(&door.signer, Tone::Success, "cart-updated"),
        Err(Error::Invalid(wrong)) => {
            let text = wrong.0.into_values().next().unwrap_or_default();
            visit.say(&door.signer, Tone::Error, &text);
        }
        // The cart was placed or merged meanwhile: the page shows how things stand.
        Err(Error::NotFound | Error::Conflict(_)) => visit.say(&door.signer, Tone::Info, "cart-is-new"),
        Err(error) => return Err(error),
    }
    Ok(door.go(&visit, "/cart"))
}

async fn set_coupon(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let code = form.get("code").trim().to_string();
    let refuse = |key: &str| {
        let mut wrong = kernel::error::Fields::default();
        wrong.add("code", key);
        let refused = Form::new(form::COUPON).typed(form.pairs()).refuse(form::COUPON, &wrong);
        Asked { coupon: Some(refused), ..Asked::default() }
    };
    if code.is_empty() {
        return render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, refuse("coupon-empty")).await;
    }
    // Nobody finds a code by trying.
    door.limits.checkout.check(&format!("code:{}", visit.client))?;
    let seen = visit.clone();
    let refusal = door.write(move |conn, now| {
        let cart = basket::existing(conn, &seen, now)?;
        carts::add_coupon(conn, cart, &code, now)?;
        let quote = carts::quote(conn, cart, now)?;
        let refusal = quote.refusal(&code).map(|reason| (reason.clone(), quote.currency));
        if refusal.as_ref().is_some_and(|(reason, _)| reason.is_final()) {
            carts::remove_coupon(conn, cart, &code, now)?;
        }
        Ok(refusal)
    });
    match refusal.await? {
        Some((reason, currency)) if reason.is_final() => {
            let words = Words::of(&door.templates, visit.language)?;
            let told = reductions::told_reason(&reason, currency, &words)?;
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, refuse(&told)).await
        }
        // What is still missing stands on the cart as a notice.
        Some(_) => {
            visit.say(&door.signer, Tone::Info, "coupon-kept");
            Ok(door.go(&visit, "/cart"))
        }
        None => {
            visit.say(&door.signer, Tone::Success, "coupon-added");
            Ok(door.go(&visit, "/cart"))
        }
    }
}

async fn remove_coupon(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let (seen, code) = (visit.clone(), form.get("code").to_string());
    door.write(move |conn, now| {
        let cart = basket::existing(conn, &seen, now)?;
        carts::remove_coupon(conn, cart, &code, now)
    })
    .await?;
    visit.say(&door.signer, Tone::Success, "coupon-removed");
    Ok(door.go(&visit, "/cart"))
}

/// Puts the cart of an offer aside for the one that the shopper filled themselves.
async fn put_aside(door: web::Data<Door>, visit: Visit, _form: Posted) -> Result<HttpResponse> {
    let visitor = visit.visitor.clone();
    door.write(move |conn, _| quotes::leave(conn, &visitor)).await?;
    Ok(door.go(&visit, "/cart"))
}

async fn estimate(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let country = form.get("country").trim().to_uppercase();
    let seen = visit.clone();
    let set = match countries::known(&country) {
        true => {
            let write = door.write(move |conn, now| {
                let cart = basket::existing(conn, &seen, now)?;
                carts::set_country(conn, cart, &country, now)
            });
            write.await
        }
        false => Err(Error::field("country", "country-required")),
    };
    match set {
        Ok(()) => Ok(door.go(&visit, "/cart?estimate=1")),
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::ESTIMATE).typed(form.pairs()).refuse(form::ESTIMATE, &wrong);
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, Asked { estimate: Some(refused), ..Asked::default() }).await
        }
        Err(error) => Err(error),
    }
}
