//! The checkout of a cart: delivery, payment, and the one commit that makes it an order.

use super::amount::Amount;
use super::call::{self, Body, Call, Written, found};
use super::cart_view::{self, CartView};
use super::catalogue::known;
use super::order_view::{self, OrderView};
use super::payment_methods::offers;
use crate::api_keys::Scope;
use crate::carts::{self, Cart};
use crate::checkout::{self, PlaceError, Placed, Seen, Settlement};
use crate::gateway::{Capture, Gateway, GatewayError, Gateways, OpenPayment, Opened, Record};
use crate::habits::Channel;
use crate::ids::{OrderId, PaymentId, ShippingRateId};
use crate::orders::{self, Order};
use crate::payments::{self, Payment, PaymentState};
use crate::stored_value::COVERED;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The most characters of an address to return to.
const MAX_URL: usize = 2000;

#[derive(Serialize, ToSchema)]
struct ShippingRateList {
    /// In the merchant's order. Empty when nothing delivers this cart to its country.
    shipping_rates: Vec<ShippingRateView>,
}

#[derive(Serialize, ToSchema)]
struct ShippingRateView {
    id: i64,
    name: String,
    /// `flat`, `value`, `weight`, `items`, `percent` or `pickup`: the buyer picks the goods up.
    kind: &'static str,
    /// What it costs for this cart as it is, without the tax on top when prices exclude tax.
    price: Amount,
    /// From this sum of goods on it costs nothing.
    free_over: Option<Amount>,
    delivery_days: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShippingChoice {
    shipping_rate_id: i64,
}

#[derive(Serialize, ToSchema)]
struct PaymentMethodList {
    payment_methods: Vec<PaymentMethodView>,
}

#[derive(Serialize, ToSchema)]
struct PaymentMethodView {
    /// `stripe`, `bank_transfer`, `cash_on_delivery`, or `account` for the cart of a company that has one; `stored_value` alone when gift cards and store credit pay all of the cart.
    name: String,
    /// Whether the buyer is sent to a page of the provider to pay.
    redirects: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PaymentChoice {
    /// The `name` of a payment method.
    #[schema(max_length = 40, example = "bank_transfer")]
    payment_method: String,
}

/// What the buyer agreed to. The cart is placed at these figures or not at all.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Placing {
    /// The cart's `version` that was read.
    version: i64,
    /// The cart's `total` that was read.
    total: Amount,
    /// The cart's `due` that was read. Without it, whatever gift cards and store credit pay by then is taken.
    due: Option<Amount>,
    /// Where the provider's page sends the buyer after paying. Without it: a page of the shop.
    #[schema(max_length = 2000, example = "https://shop.example.com/thanks")]
    return_url: Option<String>,
    /// Where the provider's page sends the buyer who turns back.
    #[schema(max_length = 2000, example = "https://shop.example.com/cart")]
    cancel_url: Option<String>,
}

/// The order a cart became.
#[derive(Serialize, ToSchema)]
struct PlacedOrder {
    order: OrderView,
    /// Where to send the buyer to pay; null when nothing is left to do in a browser.
    redirect: Option<String>,
}

/// Ways to deliver a cart
#[utoipa::path(
    tag = "checkout",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    responses((status = 200, description = "The rates that deliver this cart to its country.", body = ShippingRateList)),
)]
#[get("/carts/{cart}/shipping-rates")]
pub async fn shipping_rates(request: HttpRequest, cart: web::Path<String>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CartWrite).await?;
    call.query().end()?;
    let id = known(cart)?;
    let quote = call.door.read(move |conn, now| {
        let cart = cart_view::find(conn, &id)?;
        carts::quote(conn, cart.id, now)
    });
    let quote = quote.await?;
    let view = |(rate, price): (&crate::shipping::ShippingRate, &i64)| ShippingRateView {
        id: rate.id.0,
        name: rate.name.clone(),
        kind: rate.kind.as_str(),
        price: Amount::new(*price, quote.currency),
        free_over: rate.free_over.map(|over| Amount::new(over, quote.currency)),
        delivery_days: rate.delivery_days.clone(),
    };
    found(&ShippingRateList { shipping_rates: quote.rates.iter().zip(&quote.rate_prices).map(view).collect() })
}

/// Choose the delivery
#[utoipa::path(
    tag = "checkout",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    request_body = ShippingChoice,
    responses((status = 200, description = "The cart with its delivery.", body = CartView)),
)]
#[put("/carts/{cart}/shipping-rate")]
pub async fn choose_shipping_rate(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let id = known(cart)?;
    let choice: ShippingChoice = call.body()?;
    let set = move |conn: &mut Conn, now| {
        let cart = cart_view::find(conn, &id)?;
        carts::set_shipping_rate(conn, cart.id, ShippingRateId(choice.shipping_rate_id), now).map_err(|error| match error {
            Error::Invalid(fields) if fields.0.contains_key("rate") => {
                Error::field("shipping_rate_id", "This rate does not deliver the cart. Choose one of its shipping rates.")
            }
            other => other,
        })?;
        cart_view::show(conn, &id, now)
    };
    call.once(StatusCode::OK, set).await
}

/// Ways to pay for a cart
#[utoipa::path(
    tag = "checkout",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    responses((status = 200, description = "The payment methods of the shop.", body = PaymentMethodList)),
)]
#[get("/carts/{cart}/payment-methods")]
pub async fn payment_methods(request: HttpRequest, cart: web::Path<String>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CartWrite).await?;
    call.query().end()?;
    let id = known(cart)?;
    let names: Vec<&'static str> = call.door.gateways.all().iter().map(|gateway| gateway.name()).collect();
    let read = call.door.read(move |conn, now| {
        let cart = cart_view::find(conn, &id)?;
        let quote = carts::quote(conn, cart.id, now)?;
        let mut offered = Vec::new();
        for name in &names {
            if offers(conn, &cart, name)? {
                offered.push(*name);
            }
        }
        Ok((offered, quote.due() == 0 && quote.stored.sum() > 0))
    });
    let (names, covered) = read.await?;
    if covered {
        return found(&PaymentMethodList { payment_methods: vec![PaymentMethodView { name: COVERED.into(), redirects: false }] });
    }
    let offered = call.door.gateways.all().iter().filter(|gateway| names.contains(&gateway.name()));
    let view =
        |gateway: &Arc<dyn Gateway>| PaymentMethodView { name: gateway.name().into(), redirects: gateway.record() == Record::Provider };
    found(&PaymentMethodList { payment_methods: offered.map(view).collect() })
}

/// Choose how to pay
#[utoipa::path(
    tag = "checkout",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    request_body = PaymentChoice,
    responses((status = 200, description = "The cart with its payment method.", body = CartView)),
)]
#[put("/carts/{cart}/payment-method")]
pub async fn choose_payment_method(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let id = known(cart)?;
    let PaymentChoice { payment_method } = call.body()?;
    let known = call.door.gateways.find(&payment_method).is_some();
    let set = move |conn: &mut Conn, now| {
        let cart = cart_view::find(conn, &id)?;
        if payment_method == COVERED {
            let quote = carts::quote(conn, cart.id, now)?;
            if quote.due() > 0 || quote.stored.sum() == 0 {
                return Err(Error::field("payment_method", "Gift cards and store credit do not pay all of this cart."));
            }
        } else if !known || !offers(conn, &cart, &payment_method)? {
            return Err(Error::field("payment_method", "Choose one of the cart's payment methods."));
        }
        carts::set_payment_method(conn, cart.id, &payment_method, now)?;
        cart_view::show(conn, &id, now)
    };
    call.once(StatusCode::OK, set).await
}

/// Place a cart
///
/// The cart becomes an order; placing it again answers with the same order. When the provider does not answer, the order stands and
/// waits for its payment: send the request again to get where to pay.
#[utoipa::path(
    tag = "checkout",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    request_body = Placing,
    responses((status = 201, description = "The order, and where to pay for it.", body = PlacedOrder)),
)]
#[post("/carts/{cart}/order")]
pub async fn place_order(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let id = known(cart)?;
    let placing: Placing = call.body()?;
    for (field, url) in [("return_url", &placing.return_url), ("cancel_url", &placing.cancel_url)] {
        checked_url(field, url.as_deref())?;
    }
    let (once, gateways, seen) =
        (call.claimed(), call.door.gateways.clone(), (placing.version, placing.total.clone(), placing.due.clone()));
    let begun = call.door.write(move |conn, now| begin(conn, &id, &gateways, &seen, once.as_ref(), now)).await?;
    let begun = match begun {
        Begun::Placed(begun) => begun,
        Begun::Answered(written) => return call::answer(StatusCode::CREATED, written),
    };
    match open(&call, &begun, &placing).await {
        Ok(opened) => end(&call, begun.order.id, begun.payment.id, opened).await,
        Err(error) => {
            if let Some(once) = call.claimed() {
                call.door.write(move |conn, _| crate::idempotency::release(conn, &once)).await?;
            }
            Err(error)
        }
    }
}

fn checked_url(field: &str, url: Option<&str>) -> Result<()> {
    let Some(url) = url else { return Ok(()) };
    let sound = url.len() <= MAX_URL
        && url::Url::parse(url).is_ok_and(|parsed| matches!(parsed.scheme(), "http" | "https") && parsed.host_str().is_some());
    if sound { Ok(()) } else { Err(Error::field(field, "Give an address that starts with https:// and has at most 2000 characters.")) }
}

/// An order whose payment is to be opened at its gateway.
struct ToOpen {
    order: Order,
    payment: Payment,
    capture: Capture,
}

enum Begun {
    Placed(Box<ToOpen>),
    Answered(Written),
}

/// The first transaction: the claim and the order. Nothing outside is asked in it.
fn begin(
    conn: &mut Conn,
    id: &str,
    gateways: &Gateways,
    seen: &(i64, Amount, Option<Amount>),
    once: Option<&crate::idempotency::Once>,
    now: Time,
) -> Result<Begun> {
    if let Some(before) = call::claim(conn, once, now)? {
        return Ok(Begun::Answered(before));
    }
    let cart = cart_view::find(conn, id)?;
    let total = seen.1.minor_in(cart.currency()?, "total")?;
    let due = seen.2.as_ref().map(|due| due.minor_in(cart.currency()?, "due")).transpose()?;
    let placed = place(conn, &cart, gateways, (seen.0, total, due), now)?;
    let capture = payments::opening(conn, placed.order)?;
    let order = orders::get(conn, placed.order)?;
    Ok(Begun::Placed(Box::new(ToOpen { order, payment: payments::get(conn, placed.payment)?, capture })))
}

fn place(conn: &mut Conn, cart: &Cart, gateways: &Gateways, seen: (i64, i64, Option<i64>), now: Time) -> Result<Placed> {
    let offered = offers(conn, cart, &cart.payment_method)?;
    let (version, total, due) = seen;
    // A cart that was placed keeps its order, whatever is offered today.
    let placed = orders::find_by_cart(conn, cart.id)?.is_some();
    let settlement = match gateways.find(&cart.payment_method).filter(|_| offered) {
        Some(gateway) if gateway.record() == Record::Shop => Settlement::After,
        Some(_) => Settlement::Before,
        None if placed || covered(conn, cart, now)? => Settlement::After,
        None => return Err(incomplete("payment")),
    };
    let mut seen = Seen { version, total, due: due.unwrap_or(total) };
    if !placed {
        let quote = carts::quote(conn, cart.id, now)?;
        // Whoever names today's total has seen today's prices.
        if quote.cart.version == seen.version && quote.priced.total == seen.total {
            carts::mark_seen(conn, &quote)?;
            seen.due = due.unwrap_or(quote.due());
        }
    }
    let placed = checkout::place(conn, cart.id, seen, settlement, now).map_err(|error| match error {
        PlaceError::Changed => Error::conflict(
            "The cart is not what you named any more, or something in it cannot be had. Read it again, then place it as it is.",
        ),
        PlaceError::Incomplete(step) => incomplete(step),
        PlaceError::NeedsApproval => {
            Error::conflict("Somebody of the company has to approve this cart. Ask for that on the review page of the shop.")
        }
        PlaceError::Other(error) => error,
    })?;
    if placed.first {
        orders::came_by(conn, placed.order, Channel::Api)?;
    }
    Ok(placed)
}

/// Whether the cart says that gift cards and store credit pay all of it, and they do.
fn covered(conn: &mut Conn, cart: &Cart, now: Time) -> Result<bool> {
    Ok(cart.payment_method == COVERED && carts::quote(conn, cart.id, now)?.due() == 0)
}

fn incomplete(step: &str) -> Error {
    match step {
        "shipping" => Error::field("shipping_rate_id", "Choose one of the cart's shipping rates first."),
        "payment" => Error::field("payment_method", "Choose one of the cart's payment methods first."),
        _ => Error::field("contact", "Set the cart's contact and addresses first."),
    }
}

/// Asks the gateway to open the payment, outside any transaction. `None` when there is nothing to open.
async fn open(call: &Call, begun: &ToOpen, placing: &Placing) -> Result<Option<Opened>> {
    let (order, payment) = (&begun.order, &begun.payment);
    if payment.amount == 0 || payment.provider_reference.is_some() || payment.state != PaymentState::Open {
        return Ok(None);
    }
    let Some(gateway) = call.door.gateways.find(&payment.provider) else {
        return Err(Error::conflict("The way to pay that this order was placed with is switched off. Contact the shop."));
    };
    let site = call.door.site_of(order.store_id);
    let base = &site.base_url;
    let back = |own: &Option<String>, page: &str| own.clone().unwrap_or_else(|| format!("{base}{page}"));
    let opening = OpenPayment {
        payment_key: &payment.key,
        order_number: &order.number,
        amount: Money::new(payment.amount, payment.currency()?),
        email: &order.email,
        language: kernel::web::i18n::Language::parse(&order.language).unwrap_or_default().tag(),
        return_url: back(&placing.return_url, "/checkout/return?session={CHECKOUT_SESSION_ID}"),
        cancel_url: back(&placing.cancel_url, "/cart"),
        capture: begun.capture,
        description: format!("Order {}", order.number),
        // Fixed with the order, so that a repeated opening carries the same values.
        expires_at: payment.page_until(order.payment_due_at),
    };
    match gateway.open(opening).await {
        Ok(opened) => Ok(Some(opened)),
        Err(GatewayError::Refused(reason)) => {
            tracing::warn!(order.number = %order.number, reason, "a payment provider refused to open a payment");
            Err(Error::conflict(format!(
                "Order {} was placed, and the payment provider refuses its payment. Contact the shop.",
                order.number
            )))
        }
        Err(error) => Err(error.into()),
    }
}

/// The second transaction: what the gateway answered, and the answer to the client.
async fn end(call: &Call, order: OrderId, payment: PaymentId, opened: Option<Opened>) -> Result<HttpResponse> {
    let once = call.claimed();
    let written = call.door.write(move |conn, now| {
        if let Some(opened) = &opened {
            payments::opened(conn, payment, &opened.reference, opened.redirect.as_deref(), now)?;
        }
        let payment = payments::get(conn, payment)?;
        let redirect = payment.redirect.filter(|_| payment.state == PaymentState::Open);
        let text = kernel::json::text(&PlacedOrder { order: order_view::show(conn, order)?, redirect })?;
        call::finish(conn, once.as_ref(), StatusCode::CREATED, &text)?;
        Ok(Written::Now(text))
    });
    call::answer(StatusCode::CREATED, written.await?)
}
