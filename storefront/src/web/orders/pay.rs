//! Paying at a provider's page: sending the shopper there, and what happens when they come back.

use super::{FRESH, Key, allowed, order_path, path_for};
use crate::gateway::{GatewayError, Gateways, OpenPayment, Record, State};
use crate::orders::{Order, OrderStatus};
use crate::payments::{self, Outcome, Payment, PaymentState};
use crate::stores;
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use actix_web::{HttpResponse, web};
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use std::time::Duration;

/// How long a shopper who comes back waits for the provider's word. A job asks again later.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether an order waits for the shopper to pay at a provider, all of it or the `balance` of a changed one.
pub fn payable(gateways: &Gateways, order: &Order, payment: &Payment, balance: i64) -> bool {
    let provider = gateways.find(&payment.provider).is_some_and(|gateway| gateway.record() == Record::Provider);
    let waits = order.status == OrderStatus::Pending || balance > 0;
    provider && waits && !matches!(payment.state, PaymentState::Authorised | PaymentState::Captured)
}

/// Whether the shopper is to be sent to the provider right after placing.
pub fn awaits(door: &Door, order: &Order, payment: &Payment) -> bool {
    payable(&door.gateways, order, payment, 0) && payment.state == PaymentState::Open
}

/// Opens the payment at its provider and sends the shopper there. When the provider does not answer, the order stands and its page
/// offers to try again.
pub async fn send(door: &Door, visit: &Visit, order: &Order, payment: &Payment, page: &str) -> Result<HttpResponse> {
    match redirect(door, order, payment).await {
        Ok(Some(url)) => Ok(door.go(visit, &url)),
        Ok(None) => Ok(door.go(visit, page)),
        Err(error) => {
            tracing::warn!(order.number, %error, "a payment could not be opened");
            let text = match error {
                GatewayError::Unreachable(_) | GatewayError::Unknown(_) => "order-provider-silent",
                GatewayError::Declined(_) | GatewayError::Refused(_) => "order-provider-refused",
            };
            visit.say(&door.signer, Tone::Warning, text);
            Ok(door.go(visit, page))
        }
    }
}

/// The address of the provider's page for a payment. Asking twice with the same payment sends the same fields, made from what is
/// stored, so that the provider answers with the same page.
async fn redirect(door: &Door, order: &Order, payment: &Payment) -> Result<Option<String>, GatewayError> {
    if let Some(url) = &payment.redirect {
        return Ok(Some(url.clone()));
    }
    let here = |error: Error| GatewayError::Unreachable(error.to_string());
    let gateway = door.gateways.find(&payment.provider).ok_or_else(|| GatewayError::Refused("the gateway is switched off".into()))?;
    let id = order.id;
    let store = order.store_id;
    let (shop, capture) = door.read(move |conn, _| Ok((stores::shop(conn, store)?, payments::opening(conn, id)?))).await.map_err(here)?;
    let language = Language::parse(&order.language).unwrap_or_default();
    let key = door.signer.sign(super::LINK, &order.number);
    let site = door.site_of(store);
    let url = |path: &str| site.url(language, path);
    let open = OpenPayment {
        payment_key: &payment.key,
        order_number: &order.number,
        amount: payment.money().map_err(here)?,
        email: &order.email,
        language: language.tag(),
        return_url: url(&format!("/orders/{}/return?key={key}", order.number)),
        cancel_url: url(&order_path(&door.signer, &order.number)),
        capture,
        description: format!("{} {}", shop.name, order.number),
        expires_at: payment.page_until(order.payment_due_at),
    };
    let opened = gateway.open(open).await?;
    let (id, answer) = (payment.id, opened.clone());
    let stored = door.write(move |conn, now| payments::opened(conn, id, &answer.reference, answer.redirect.as_deref(), now));
    stored.await.map_err(here)?;
    Ok(opened.redirect)
}

/// Asks the provider how a payment stands and books the answer. `None` when it does not answer in time.
async fn ask(door: &Door, payment: &Payment) -> Result<Option<Outcome>> {
    let (Some(gateway), Some(reference)) = (door.gateways.find(&payment.provider), &payment.provider_reference) else { return Ok(None) };
    let state: State = match tokio::time::timeout(PATIENCE, gateway.state(reference)).await {
        Ok(Ok(state)) => state,
        Ok(Err(error)) => {
            tracing::warn!(payment.key, %error, "the provider did not say how a payment stands");
            return Ok(None);
        }
        Err(_) => return Ok(None),
    };
    let id = payment.id;
    door.write(move |conn, now| payments::settle(conn, id, &state, now)).await.map(Some)
}

/// The shopper comes back from the provider. What the address says is only a hint: the provider is asked.
pub async fn came_back(door: web::Data<Door>, visit: Visit, number: web::Path<String>, query: web::Query<Key>) -> Result<HttpResponse> {
    let (seen, signer, number, key) = (visit.clone(), door.signer.clone(), number.into_inner(), query.into_inner().key);
    let page = path_for(&signer, &number, &key);
    let latest = door
        .read(move |conn, now| {
            let order = allowed(conn, &seen, &signer, &number, &key, now)?;
            payments::latest(conn, order.id)
        })
        .await?;
    let outcome = match &latest {
        Some(payment) => ask(&door, payment).await?,
        None => None,
    };
    match outcome {
        Some(Outcome::Paid) => visit.say(&door.signer, Tone::Success, FRESH),
        Some(Outcome::SentBack) => visit.say(&door.signer, Tone::Warning, "order-money-sent-back"),
        Some(Outcome::Failed(_)) => visit.say(&door.signer, Tone::Error, "order-payment-failed"),
        Some(Outcome::Open) => visit.say(&door.signer, Tone::Info, "order-payment-open"),
        None => visit.say(&door.signer, Tone::Info, "order-payment-unknown"),
    }
    Ok(door.go(&visit, &page))
}

/// "Pay now" on the order's page: the same payment again while it can be paid, a new one otherwise.
pub async fn pay(door: web::Data<Door>, visit: Visit, number: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&visit.client)?;
    let (number, key) = (number.into_inner(), form.get("key").to_string());
    let page = path_for(&door.signer, &number, &key);
    let (order, payment) = match retry(&door, &visit, &number, &key).await {
        Err(Error::Conflict(_)) => return Ok(door.go(&visit, &page)),
        other => other?,
    };
    if payment.provider_reference.is_none() {
        return send(&door, &visit, &order, &payment, &page).await;
    }
    // It was opened before: it may be paid by now, in another tab, or have run out.
    match ask(&door, &payment).await? {
        Some(Outcome::Open) => send(&door, &visit, &order, &payment, &page).await,
        Some(Outcome::Failed(_)) => {
            let (order, payment) = retry(&door, &visit, &number, &key).await?;
            send(&door, &visit, &order, &payment, &page).await
        }
        Some(Outcome::Paid) => {
            visit.say(&door.signer, Tone::Success, FRESH);
            Ok(door.go(&visit, &page))
        }
        Some(Outcome::SentBack) => Ok(door.go(&visit, &page)),
        None => {
            visit.say(&door.signer, Tone::Warning, "order-provider-silent");
            Ok(door.go(&visit, &page))
        }
    }
}

async fn retry(door: &Door, visit: &Visit, number: &str, key: &str) -> Result<(Order, Payment)> {
    let (seen, signer, number, key) = (visit.clone(), door.signer.clone(), number.to_string(), key.to_string());
    let write = door.write(move |conn, now| {
        let order = allowed(conn, &seen, &signer, &number, &key, now)?;
        let payment = payments::retry(conn, order.id, now)?;
        Ok((crate::orders::get(conn, order.id)?, payment))
    });
    write.await
}
