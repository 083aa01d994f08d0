//! Stripe, by Checkout Sessions in payment mode: the shopper pays on Stripe's page, card data never comes here and no script of ours runs.
//! Nothing outside this folder names Stripe's types.

mod evidence;
mod standing;

use super::webhook::{self, Notice, NoticeError};
use super::{Answer, Capture, Gateway, GatewayError, OpenPayment, Opened, Record, RefundStanding, RefundState, Standing, State};
use super::{failure, units};
use futures_util::FutureExt;
use kernel::money::Money;
use kernel::token::Secret;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, CreateCheckoutSessionPaymentIntentDataCaptureMethod as CaptureMethod, ExpireCheckoutSession,
    ProductData, RetrieveCheckoutSession,
};
use stripe_core::payment_intent::{CancelPaymentIntent, CapturePaymentIntent, RetrievePaymentIntent};
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};
use stripe_shared::{CheckoutSession, CheckoutSessionLocale, CheckoutSessionMode, PaymentIntent, Refund};

const PAYMENT_KEY: &str = "payment_key";
const ORDER_NUMBER: &str = "order_number";
const REFUND_KEY: &str = "refund_key";

/// How to reach one Stripe account.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    /// `sk_...`, or better a restricted `rk_...` that may write checkout sessions, payment intents, refunds and disputes.
    pub secret_key: Secret,
    /// `whsec_...` of the webhook endpoint; the old and the new one while it is being rotated.
    pub webhook_secrets: Vec<Secret>,
    /// Another place than Stripe's own, for tests.
    pub api_base: Option<String>,
    /// How long one call may take before its outcome counts as unknown.
    pub timeout: Duration,
}

impl StripeSettings {
    /// Settings for Stripe's own address and ten seconds a call.
    pub fn new(secret_key: Secret, webhook_secrets: Vec<Secret>) -> StripeSettings {
        StripeSettings { secret_key, webhook_secrets, api_base: None, timeout: Duration::from_secs(10) }
    }
}

/// The gateway to Stripe.
pub struct Stripe {
    client: Client,
    webhook_secrets: Vec<Secret>,
}

impl Stripe {
    /// Makes the gateway without calling anybody. Fails with `Refused` when a setting cannot be right.
    pub fn new(settings: StripeSettings) -> Result<Stripe, GatewayError> {
        if settings.secret_key.expose().trim().is_empty() {
            return Err(GatewayError::Refused("Stripe's secret key is empty".to_string()));
        }
        let mut builder = ClientBuilder::new(settings.secret_key.expose()).timeout(settings.timeout);
        if let Some(base) = &settings.api_base {
            builder = builder.url(format!("{}/", base.trim_end_matches('/')));
        }
        Ok(Stripe { client: builder.build().map_err(failure::read)?, webhook_secrets: settings.webhook_secrets })
    }

    async fn open_session(&self, payment: OpenPayment<'_>) -> Result<Opened, GatewayError> {
        let marks = HashMap::from([
            (PAYMENT_KEY.to_string(), payment.payment_key.to_string()),
            (ORDER_NUMBER.to_string(), payment.order_number.to_string()),
        ]);
        let mut price = CreateCheckoutSessionLineItemsPriceData::new(units::currency_to(payment.amount.currency)?);
        price.unit_amount = Some(units::to_stripe(payment.amount)?);
        price.product_data = Some(ProductData::new(payment.description.clone()));
        let mut line = CreateCheckoutSessionLineItems::new();
        line.price_data = Some(price);
        line.quantity = Some(1);
        let mut intent = CreateCheckoutSessionPaymentIntentData::new();
        intent.capture_method = Some(match payment.capture {
            Capture::Automatic => CaptureMethod::Automatic,
            Capture::Manual => CaptureMethod::Manual,
        });
        intent.description = Some(payment.description);
        intent.metadata = Some(marks.clone());
        // The shopper pays the amount of the order, not a conversion of it that settlement would have to refuse.
        let mut pricing = CreateCheckoutSessionAdaptivePricing::new();
        pricing.enabled = Some(false);
        let mut request = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Payment)
            .line_items(vec![line])
            .payment_intent_data(intent)
            .adaptive_pricing(pricing)
            .client_reference_id(payment.payment_key)
            .metadata(marks)
            .success_url(payment.return_url)
            .cancel_url(payment.cancel_url);
        if !payment.email.is_empty() {
            request = request.customer_email(payment.email);
        }
        if let Some(locale) = locale(payment.language) {
            request = request.locale(locale);
        }
        if let Some(at) = payment.expires_at {
            request = request.expires_at(at);
        }
        let once = once("open", payment.payment_key)?;
        let session = request.customize().request_strategy(once).send(&self.client).await.map_err(failure::read)?;
        Ok(Opened { reference: session.id.to_string(), redirect: session.url })
    }

    async fn session(&self, reference: &str) -> Result<CheckoutSession, GatewayError> {
        let expand = vec!["payment_intent.latest_charge".to_string()];
        RetrieveCheckoutSession::new(reference).expand(expand).send(&self.client).await.map_err(failure::read)
    }

    async fn intent(&self, reference: &str) -> Result<PaymentIntent, GatewayError> {
        let expand = vec!["latest_charge".to_string()];
        RetrievePaymentIntent::new(reference).expand(expand).send(&self.client).await.map_err(failure::read)
    }

    async fn ask_state(&self, reference: &str) -> Result<State, GatewayError> {
        if is_intent(reference) {
            let intent = self.intent(reference).await?;
            return standing::of_intent(reference, &intent, None, self.refunded(&intent).await?);
        }
        let session = self.session(reference).await?;
        let Some(intent) = session.payment_intent.as_ref() else { return standing::of_unpaid(reference, &session) };
        // Without the expanded object the money is not known; that is not the same as no money.
        let intent = intent.as_object().ok_or_else(|| left_out("payment"))?;
        standing::of_intent(reference, intent, session.status.as_ref(), self.refunded(intent).await?)
    }

    /// What went back of a payment, in Stripe's units.
    async fn refunded(&self, intent: &PaymentIntent) -> Result<i64, GatewayError> {
        let Some(charge) = intent.latest_charge.as_ref() else { return Ok(0) };
        let charge = charge.as_object().ok_or_else(|| left_out("charge"))?;
        match charge.amount_refunded {
            _ if intent.amount_received == 0 => Ok(0),
            sum if sum == 0 || intent.amount_received == intent.amount => Ok(sum),
            // After a capture in part the charge's own sum mixes what was released with what went back.
            _ => Ok(standing::sum_of(&self.refunds(intent.id.as_str()).await?)),
        }
    }

    /// The payment intent behind a reference. Fails with `Refused` while the shopper has not paid.
    async fn intent_id(&self, reference: &str) -> Result<String, GatewayError> {
        if is_intent(reference) {
            return Ok(reference.to_string());
        }
        let session = self.session(reference).await.map_err(GatewayError::of_reading)?;
        let intent = session.payment_intent.map(|intent| intent.into_id().to_string());
        intent.ok_or_else(|| GatewayError::Refused("the shopper has not paid yet".to_string()))
    }

    async fn take(&self, reference: &str, amount: Money, key: &str) -> Result<Money, GatewayError> {
        let (units, once) = (units::to_stripe(amount)?, once("capture", key)?);
        let id = self.intent_id(reference).await?;
        let request = CapturePaymentIntent::new(id.as_str()).amount_to_capture(units);
        let intent = request.customize().request_strategy(once).send(&self.client).await.map_err(failure::read)?;
        let currency = units::currency_of(&intent.currency)?;
        let taken = Money::new(units::from_stripe(intent.amount_received, currency)?, currency);
        if taken == amount { Ok(taken) } else { Err(GatewayError::Unknown(format!("asked to capture {amount:?}, answered {taken:?}"))) }
    }

    async fn release(&self, reference: &str, key: &str) -> Result<(), GatewayError> {
        // Two different requests, so two keys: a session may be paid between one try and the next.
        let (expire, cancel) = (once("expire", key)?, once("cancel", key)?);
        let state = self.ask_state(reference).await.map_err(GatewayError::of_reading)?;
        let refused = |why: &str| Err(GatewayError::Refused(why.to_string()));
        match (state.standing, state.payment_reference) {
            (Standing::Expired | Standing::Cancelled | Standing::Declined(_), _) => Ok(()),
            (Standing::Captured, _) => refused("the money was taken; refund it"),
            (Standing::Processing, _) => refused("the bank has not answered yet"),
            (Standing::Open, _) if !is_intent(reference) => {
                let request = ExpireCheckoutSession::new(reference).customize().request_strategy(expire);
                request.send(&self.client).await.map(|_| ()).map_err(failure::read)
            }
            (Standing::Open | Standing::Authorised, Some(intent)) => {
                let request = CancelPaymentIntent::new(intent.as_str()).customize().request_strategy(cancel);
                request.send(&self.client).await.map(|_| ()).map_err(failure::read)
            }
            (Standing::Open | Standing::Authorised, None) => refused("there is no payment to release"),
        }
    }

    async fn give_back(&self, reference: &str, amount: Money, key: &str) -> Result<RefundState, GatewayError> {
        let (units, once) = (units::to_stripe(amount)?, once("refund", key)?);
        let intent = self.intent_id(reference).await?;
        let marks = HashMap::from([(REFUND_KEY.to_string(), key.to_string())]);
        let request = CreateRefund::new().payment_intent(intent).amount(units).metadata(marks);
        let refund = request.customize().request_strategy(once).send(&self.client).await.map_err(failure::read)?;
        refund_of(&refund)
    }

    async fn ask_refund(&self, refund: &str) -> Result<RefundState, GatewayError> {
        refund_of(&RetrieveRefund::new(refund).send(&self.client).await.map_err(failure::read)?)
    }

    async fn seek_refund(&self, reference: &str, key: &str) -> Result<Option<RefundState>, GatewayError> {
        let refunds = self.refunds(&self.intent_id(reference).await?).await?;
        let ours = |refund: &&Refund| refund.metadata.as_ref().and_then(|marks| marks.get(REFUND_KEY)).is_some_and(|mark| mark == key);
        refunds.iter().find(ours).map(refund_of).transpose()
    }

    /// All refunds of a payment intent, page by page.
    async fn refunds(&self, intent: &str) -> Result<Vec<Refund>, GatewayError> {
        let mut all: Vec<Refund> = Vec::new();
        loop {
            let mut request = ListRefund::new().payment_intent(intent).limit(100);
            if let Some(last) = all.last() {
                request = request.starting_after(last.id.as_str());
            }
            let page = request.send(&self.client).await.map_err(failure::read)?;
            let more = page.has_more && !page.data.is_empty();
            all.extend(page.data);
            if !more {
                return Ok(all);
            }
        }
    }
}

impl Gateway for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn record(&self) -> Record {
        Record::Provider
    }

    fn open<'a>(&'a self, payment: OpenPayment<'a>) -> Answer<'a, Opened> {
        self.open_session(payment).boxed()
    }

    fn state<'a>(&'a self, reference: &'a str) -> Answer<'a, State> {
        self.ask_state(reference).boxed()
    }

    fn capture<'a>(&'a self, reference: &'a str, amount: Money, key: &'a str) -> Answer<'a, Money> {
        self.take(reference, amount, key).boxed()
    }

    fn void<'a>(&'a self, reference: &'a str, key: &'a str) -> Answer<'a, ()> {
        self.release(reference, key).boxed()
    }

    fn refund<'a>(&'a self, reference: &'a str, amount: Money, key: &'a str) -> Answer<'a, RefundState> {
        self.give_back(reference, amount, key).boxed()
    }

    fn refund_state<'a>(&'a self, refund: &'a str) -> Answer<'a, RefundState> {
        self.ask_refund(refund).boxed()
    }

    fn find_refund<'a>(&'a self, reference: &'a str, key: &'a str) -> Answer<'a, Option<RefundState>> {
        self.seek_refund(reference, key).boxed()
    }

    fn answer_dispute<'a>(&'a self, dispute: &'a str, texts: &'a BTreeMap<String, String>, key: &'a str) -> Answer<'a, ()> {
        evidence::send(&self.client, dispute, texts, key).boxed()
    }

    fn dispute_answered<'a>(&'a self, dispute: &'a str) -> Answer<'a, bool> {
        evidence::answered(&self.client, dispute).boxed()
    }

    fn signature_header(&self) -> Option<&'static str> {
        Some("stripe-signature")
    }

    fn read_notice(&self, signature: &str, body: &[u8], now: i64) -> Result<Notice, NoticeError> {
        webhook::verify(signature, body, &self.webhook_secrets, now)?;
        webhook::read(body)
    }
}

/// Stripe's keys are one space for the whole account, so the kind of wish is part of the key.
fn once(wish: &str, key: &str) -> Result<RequestStrategy, GatewayError> {
    let key = IdempotencyKey::new(format!("{wish}-{key}")).map_err(|error| GatewayError::Refused(error.to_string()))?;
    Ok(RequestStrategy::Idempotent(key))
}

fn left_out(what: &str) -> GatewayError {
    GatewayError::Unknown(format!("Stripe left the {what} out of its answer"))
}

fn is_intent(reference: &str) -> bool {
    reference.starts_with("pi_")
}

/// The language of Stripe's page; none lets Stripe follow the browser.
fn locale(tag: &str) -> Option<CheckoutSessionLocale> {
    let known = |text: &str| match text.parse() {
        Ok(CheckoutSessionLocale::Unknown(_)) | Err(_) => None,
        Ok(locale) => Some(locale),
    };
    let traditional = ["zh-Hant", "zh-TW", "zh-HK"].iter().any(|prefix| tag.starts_with(prefix));
    if traditional {
        return known("zh-TW");
    }
    known(tag).or_else(|| known(tag.split('-').next()?))
}

fn refund_of(refund: &Refund) -> Result<RefundState, GatewayError> {
    let currency = units::currency_of(&refund.currency)?;
    let standing = match refund.status.as_deref() {
        Some("succeeded") => RefundStanding::Succeeded,
        Some("failed" | "canceled") => {
            RefundStanding::Failed(refund.failure_reason.clone().unwrap_or_else(|| "no reason given".to_string()))
        }
        _ => RefundStanding::Pending,
    };
    let amount = Money::new(units::from_stripe(refund.amount, currency)?, currency);
    Ok(RefundState { reference: refund.id.to_string(), amount, standing })
}
