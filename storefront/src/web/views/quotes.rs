//! `storefront/account/quotes.html`, `storefront/account/quote.html`, `storefront/quote.html`.

use super::checkout::Method;
use super::form::Form;
use super::shared::{Choice, Totals};
use kernel::clock::Time;
use kernel::money::Money;
use serde::Serialize;

/// `quotes.html`. The form of `form::QUOTE` posts to `/account/quotes`, with files.
#[derive(Debug, Clone, Serialize)]
pub struct QuotesView {
    pub quotes: Vec<QuoteRow>,
    pub next: Option<String>,
    pub form: Form,
    /// The company that is asked for.
    pub company: Option<String>,
    /// There is a cart whose goods can be asked for.
    pub cart: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct QuoteRow {
    pub number: String,
    /// One of the ends of `quote-state-…`.
    pub state: &'static str,
    pub at: Time,
    pub until: Option<Time>,
    pub company: Option<String>,
    /// The goods; `None` before anything is priced.
    pub total: Option<Money>,
}

/// `quote.html`: of the account, and of the link in a mail, where nothing can be done but to read.
#[derive(Debug, Clone, Serialize)]
pub struct QuoteView {
    pub number: String,
    pub state: &'static str,
    pub at: Time,
    pub until: Option<Time>,
    pub company: Option<String>,
    /// What staff wrote above the goods, by line.
    pub note: Vec<String>,
    pub lines: Vec<QuoteLineView>,
    /// Prices are those of an offer and not what the shop asks.
    pub offered: bool,
    /// The goods together.
    pub goods: Option<Money>,
    /// The delivery that was agreed on.
    pub shipping: Option<Money>,
    /// Of the quote, for its forms.
    pub version: i64,
    /// Where the PDF is.
    pub pdf: Option<String>,
    /// Number and address of the order that was made of it.
    pub order: Option<(String, String)>,
    /// Why it was declined.
    pub reason: Option<String>,
    pub messages: Vec<QuoteMessageView>,
    /// Something can still be said.
    pub open: bool,
    /// It can be accepted now.
    pub offer: Option<OfferedView>,
    pub form: Form,
}

#[derive(Debug, Clone, Serialize)]
pub struct QuoteLineView {
    pub title: String,
    pub sku: String,
    /// With its unit.
    pub quantity: String,
    /// The key of what the unit price is for; none for a piece.
    pub per: Option<String>,
    /// `None` before it is offered to who may not see prices.
    pub unit_price: Option<Money>,
    pub total: Option<Money>,
}

#[derive(Debug, Clone, Serialize)]
pub struct QuoteMessageView {
    /// The customer's own, otherwise of staff.
    pub mine: bool,
    pub text: Vec<String>,
    pub at: Time,
    /// Name and address.
    pub files: Vec<(String, String)>,
}

/// How it can be accepted. Posts `act`, `offer`, `total`, `place`, `method` and `po_number` to the quote's page.
#[derive(Debug, Clone, Serialize)]
pub struct OfferedView {
    pub version: i64,
    /// Where it can go to.
    pub places: Vec<Choice>,
    /// The key of the one that the sums are for.
    pub place: String,
    pub totals: Option<Totals>,
    /// Minor units, as the form says what was seen.
    pub total: i64,
    /// Why it cannot be ordered as things are.
    pub hindered: Option<String>,
    pub methods: Vec<Method>,
    /// For a company, which may give a number of its own.
    pub company: bool,
}
