//! Where a payment stands, told from Stripe's objects.

use super::{PAYMENT_KEY, REFUND_KEY, units};
use crate::gateway::{Decline, GatewayError, Standing, State};
use stripe_shared::{ApiErrors, CheckoutSession, CheckoutSessionStatus, PaymentIntent, PaymentIntentStatus, Refund};

/// The state of a session that has no payment intent.
pub fn of_unpaid(reference: &str, session: &CheckoutSession) -> Result<State, GatewayError> {
    let currency = session.currency.as_ref().ok_or_else(|| GatewayError::Unknown("a session without currency".to_string()))?;
    let currency = units::currency_of(currency)?;
    let standing = match session.status {
        Some(CheckoutSessionStatus::Open) => Standing::Open,
        Some(CheckoutSessionStatus::Expired) => Standing::Expired,
        _ => return Err(GatewayError::Unknown("a session that is complete without a payment".to_string())),
    };
    Ok(State {
        reference: reference.to_string(),
        payment_reference: None,
        payment_key: session.client_reference_id.clone(),
        standing,
        currency,
        asked: units::from_stripe(session.amount_total.unwrap_or(0), currency)?,
        authorised: 0,
        captured: 0,
        refunded: 0,
        last_decline: None,
    })
}

/// The state of a payment intent of which `refunded` of Stripe's units went back. `session` is where its checkout stands, if that is known.
pub fn of_intent(
    reference: &str,
    intent: &PaymentIntent,
    session: Option<&CheckoutSessionStatus>,
    refunded: i64,
) -> Result<State, GatewayError> {
    let currency = units::currency_of(&intent.currency)?;
    let last_decline = intent.last_payment_error.as_deref().map(decline);
    let standing = match &intent.status {
        PaymentIntentStatus::Succeeded => Standing::Captured,
        PaymentIntentStatus::RequiresCapture => Standing::Authorised,
        PaymentIntentStatus::Processing => Standing::Processing,
        PaymentIntentStatus::Canceled if session == Some(&CheckoutSessionStatus::Expired) => Standing::Expired,
        PaymentIntentStatus::Canceled => Standing::Cancelled,
        PaymentIntentStatus::Unknown(status) => return Err(GatewayError::Unknown(format!("a payment in state {status}"))),
        _ => match session {
            Some(CheckoutSessionStatus::Expired) => Standing::Expired,
            // A complete session does not let the shopper try again.
            Some(CheckoutSessionStatus::Complete) => Standing::Declined(last_decline.clone().unwrap_or_else(nameless)),
            _ => Standing::Open,
        },
    };
    let held = matches!(standing, Standing::Authorised | Standing::Captured);
    Ok(State {
        reference: reference.to_string(),
        payment_reference: Some(intent.id.to_string()),
        payment_key: intent.metadata.get(PAYMENT_KEY).cloned(),
        standing,
        currency,
        asked: units::from_stripe(intent.amount, currency)?,
        authorised: if held { units::from_stripe(intent.amount, currency)? } else { 0 },
        captured: units::from_stripe(intent.amount_received, currency)?,
        refunded: units::from_stripe(refunded, currency)?,
        last_decline,
    })
}

fn decline(error: &ApiErrors) -> Decline {
    let code = error.decline_code.clone().or_else(|| error.code.as_ref().map(|code| code.as_str().to_string()));
    Decline { code: code.unwrap_or_else(|| "declined".to_string()), message: error.message.clone().unwrap_or_default() }
}

fn nameless() -> Decline {
    Decline { code: "declined".to_string(), message: "The payment was declined.".to_string() }
}

/// What went back, or is on its way, by these refunds of one payment. Stripe also lists the part of a hold that a smaller capture
/// released; that one carries no key of ours and never moved the balance.
pub fn sum_of(refunds: &[Refund]) -> i64 {
    let alive = |refund: &&Refund| !matches!(refund.status.as_deref(), Some("failed" | "canceled"));
    let ours = |refund: &Refund| refund.metadata.as_ref().is_some_and(|marks| marks.contains_key(REFUND_KEY));
    let moved = |refund: &&Refund| refund.balance_transaction.is_some() || ours(refund);
    refunds.iter().filter(alive).filter(moved).map(|refund| refund.amount).sum()
}
