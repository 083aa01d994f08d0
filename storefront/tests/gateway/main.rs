//! The gateways, over real HTTP against the double of Stripe.

// Amounts are written as they are read: 12_50 is 12.50.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::inconsistent_digit_grouping)]

mod failing;
mod offline;
mod paying;
mod webhooks;

use kernel::money::{Currency, Money};
use kernel::token::Secret;
use regulars_storefront::gateway::stripe::{Stripe, StripeSettings};
use regulars_storefront::gateway::{Capture, OpenPayment};
use std::time::Duration;
use stripe_double::Double;

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn settings(double: &Double) -> StripeSettings {
    let mut settings = StripeSettings::new(Secret::new(double.secret_key()), vec![Secret::new(double.webhook_secret())]);
    settings.api_base = Some(double.base_url());
    settings.timeout = Duration::from_millis(800);
    settings
}

fn stripe(double: &Double) -> Stripe {
    Stripe::new(settings(double)).unwrap()
}

fn payment(key: &str, amount: Money, capture: Capture) -> OpenPayment<'_> {
    OpenPayment {
        payment_key: key,
        order_number: "R-1001",
        amount,
        email: "ann@example.com",
        language: "zh-CN",
        return_url: "http://shop.test/pay/return?session={CHECKOUT_SESSION_ID}".to_string(),
        cancel_url: "http://shop.test/checkout".to_string(),
        capture,
        description: "Order R-1001".to_string(),
        expires_at: None,
    }
}

/// A plain HTTP client that stays where it is, as a test's browser.
fn browser() -> ureq::Agent {
    ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent()
}
