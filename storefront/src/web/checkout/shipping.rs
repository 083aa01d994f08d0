//! Second step: how to send it.

use super::{Stage, Step, drawn, stage};
use crate::carts;
use crate::shipping::ShippingRate;
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::checkout::{Method, ShippingView};
use crate::web::views::form::{self, Form};
use crate::web::views::page::Page;
use crate::web::visit::Visit;
use crate::web::{basket, shown};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::money::Money;
use kernel::{Error, Result};

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let stage = stage!(&door, &visit, Step::Shipping);
    if !stage.quote.requires_shipping {
        return Ok(door.go(&visit, "/checkout/payment"));
    }
    render(&door, &visit, StatusCode::OK, stage, Form::new(form::SHIPPING)).await
}

async fn render(door: &Door, visit: &Visit, status: StatusCode, stage: Stage, form: Form) -> Result<HttpResponse> {
    let done = stage.done(Step::Shipping)?;
    let Stage { page, quote, words, summary, .. } = stage;
    let selected = quote.rate.as_ref().map(|rate| rate.id);
    let method = |(rate, price): (&ShippingRate, &i64)| {
        let text = match rate.delivery_days.as_str() {
            "" if rate.pickup().is_some() => Some(words.get("shipping-pickup")),
            "" => None,
            days => Some(words.with("shipping-days", &[("days", days)])?),
        };
        let price = Money::new(*price, quote.currency);
        Ok(Method { value: rate.id.to_string(), label: rate.name.clone(), text, price: Some(price), selected: Some(rate.id) == selected })
    };
    let methods = quote.rates.iter().zip(&quote.rate_prices).map(method).collect::<Result<Vec<_>>>()?;
    let notices = shown::cart_notices(&quote, &words)?;
    let view = ShippingView { form, methods, done, notices, summary };
    drawn(door, quote, door.render_as(status, visit, "storefront/checkout/shipping.html", &Page { page, view })).await
}

pub async fn save(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&visit.client)?;
    let chosen = form.get("method").parse().map_err(|_| Error::field("rate", "shipping-choose"));
    let saved = match chosen {
        Ok(rate) => {
            let seen = visit.clone();
            let write = door.write(move |conn, now| {
                let cart = basket::existing(conn, &seen, now)?;
                carts::set_shipping_rate(conn, cart, rate, now)
            });
            write.await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => Ok(door.go(&visit, "/checkout/payment")),
        Err(Error::Invalid(wrong)) => {
            let stage = stage!(&door, &visit, Step::Shipping);
            let mut fields = Fields::default();
            wrong.0.into_values().for_each(|text| fields.add("method", text));
            let refused = Form::new(form::SHIPPING).typed(form.pairs()).refuse(form::SHIPPING, &fields);
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, stage, refused).await
        }
        Err(Error::NotFound) => Ok(door.go(&visit, "/cart")),
        Err(error) => Err(error),
    }
}
