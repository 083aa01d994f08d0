//! The steps of the checkout: `storefront/checkout/{contact,shipping,payment,review}.html`.

use super::approvals::NeedView;
use super::cart::LineView;
use super::form::Form;
use super::shared::{Choice, Notice, Totals};
use kernel::money::Money;
use serde::Serialize;

/// What is being bought, beside every step.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub lines: Vec<LineView>,
    pub totals: Totals,
}

/// First step: who, and where to. Posts the form of `form::CHECKOUT` to `/checkout`.
#[derive(Debug, Clone, Serialize)]
pub struct ContactView {
    pub form: Form,
    pub countries: Vec<Choice>,
    /// Addresses of the customer's book, posted as `saved`; a chosen one replaces the typed fields.
    pub saved: Vec<Choice>,
    /// For which company it is ordered, with the places that it can go to.
    pub company: Option<String>,
    pub sites: Vec<Choice>,
    pub notices: Vec<Notice>,
    pub summary: Summary,
}

/// Second step. Posts `method` to `/checkout/shipping`.
#[derive(Debug, Clone, Serialize)]
pub struct ShippingView {
    pub form: Form,
    pub methods: Vec<Method>,
    pub done: Vec<Done>,
    pub notices: Vec<Notice>,
    pub summary: Summary,
}

/// Third step. Posts `method` to `/checkout/payment`.
#[derive(Debug, Clone, Serialize)]
pub struct PaymentView {
    pub form: Form,
    pub stored: StoredView,
    pub methods: Vec<Method>,
    pub done: Vec<Done>,
    pub notices: Vec<Notice>,
    pub summary: Summary,
}

/// Gift cards and store credit, above the ways to pay the rest.
#[derive(Debug, Clone, Serialize)]
pub struct StoredView {
    /// Posts `form::GIFT_CARD` to `/checkout/payment/gift-card`.
    pub form: Form,
    /// Each is removed by a POST of `card` to `/checkout/payment/gift-card/remove`.
    pub cards: Vec<GiftCardView>,
    /// Gift cards lie in the cart, which gift cards do not pay for.
    pub sells_cards: bool,
    /// Posts `use` to `/checkout/payment/store-credit`; `None` without credit.
    pub credit: Option<CreditView>,
    /// Something is left to pay.
    pub more: bool,
}

/// A gift card on the cart.
#[derive(Debug, Clone, Serialize)]
pub struct GiftCardView {
    pub id: String,
    pub label: String,
    pub balance: Money,
    /// What it pays; nothing when it cannot, or others pay all of it.
    pub amount: Money,
}

/// The customer's store credit.
#[derive(Debug, Clone, Serialize)]
pub struct CreditView {
    pub available: Money,
    pub used: bool,
}

/// Last step. Posts `token` to `/checkout/place`.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewView {
    pub done: Vec<Done>,
    pub notices: Vec<Notice>,
    pub summary: Summary,
    /// Proves that the shopper saw this very cart; a changed one is shown again instead of placed.
    pub token: String,
    /// The page with the terms.
    pub terms: Option<String>,
    /// After placing, the shopper is taken to the payment page of a provider: the button says so.
    pub redirects: bool,
    /// Somebody of the company has to say yes first; `None` when nobody has to.
    pub approval: Option<NeedView>,
}

/// A way to ship or pay.
#[derive(Debug, Clone, Serialize)]
pub struct Method {
    pub value: String,
    pub label: String,
    /// A sentence about it, such as "2 to 3 working days".
    pub text: Option<String>,
    /// What it costs; `None` for nothing to say.
    pub price: Option<Money>,
    pub selected: bool,
}

/// What an earlier step settled, with the way back.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    /// A sentence or text key, such as `checkout-ship-to`.
    pub label: String,
    pub lines: Vec<String>,
    pub change: String,
}
