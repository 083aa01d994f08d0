//! `storefront/help.html`, `storefront/contact.html`, `storefront/request.html`, `storefront/account/requests.html`.

use super::account::OrderRow;
use super::articles::HelpLink;
use super::cart::ConsentView;
use super::form::Form;
use super::shared::Picture;
use chrono::NaiveDateTime;
use kernel::money::Money;
use serde::Serialize;

/// Help with an order: first what it is about, then what is possible.
#[derive(Debug, Clone, Serialize)]
pub struct HelpView {
    pub number: String,
    /// The `key` of a guest's link.
    pub key: Option<String>,
    /// The order's page.
    pub back: String,
    pub form: Form,
    /// The ends of the keys `request-kind-…`.
    pub kinds: Vec<String>,
    pub lines: Vec<HelpLine>,
    /// Set once something was chosen.
    pub answer: Option<HelpAnswer>,
}

/// A line of the order.
#[derive(Debug, Clone, Serialize)]
pub struct HelpLine {
    pub title: String,
    pub variant: Option<String>,
    pub picture: Option<Picture>,
    pub name: String,
    pub value: String,
    pub max: String,
    /// In how many decimals the quantity is typed.
    pub places: i64,
    pub error: Option<String>,
}

/// What the shop says at once.
#[derive(Debug, Clone, Serialize)]
pub struct HelpAnswer {
    pub kind: String,
    /// The units that were chosen, as hidden fields: name and value.
    pub units: Vec<(String, String)>,
    /// What can be had without staff.
    pub remedy: Option<HelpRemedy>,
    /// What the units would give back when they come back.
    pub worth: Option<Money>,
    /// The form that sends something back.
    pub return_to: Option<String>,
    /// What is known of the parcels, for who asks where they are.
    pub parcels: Vec<HelpParcel>,
}

#[derive(Debug, Clone, Serialize)]
pub struct HelpRemedy {
    /// The end of the key `request-offer-…`.
    pub what: String,
    /// `None` when no money goes back.
    pub amount: Option<Money>,
    pub expected: i64,
    pub seen: i64,
}

#[derive(Debug, Clone, Serialize)]
pub struct HelpParcel {
    pub at: NaiveDateTime,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub tracking_url: Option<String>,
}

/// A question without an order, or a wish to be called.
#[derive(Debug, Clone, Serialize)]
pub struct ContactView {
    pub form: Form,
    /// Nobody is signed in, so an address is asked for.
    pub guest: bool,
    /// What may answer the question, shown once before it is sent.
    pub articles: Vec<HelpLink>,
    /// The last orders of whoever is signed in, with where they are.
    pub orders: Vec<OrderRow>,
}

/// A request, as whoever asked sees it.
#[derive(Debug, Clone, Serialize)]
pub struct RequestView {
    pub number: String,
    pub subject: String,
    pub kind: String,
    pub status: String,
    pub outcome: Option<String>,
    pub opened_at: NaiveDateTime,
    /// Number and page of the order it is about.
    pub order: Option<(String, String)>,
    pub messages: Vec<MessageView>,
    /// Whether staff may change the visitor's cart.
    pub consents: Vec<ConsentView>,
    /// The page with what was written before.
    pub earlier: Option<String>,
    pub form: Form,
    pub rating: Option<i64>,
    pub solved: bool,
    /// Whether they can say how content they are.
    pub rateable: bool,
    /// The `key` of a guest's link.
    pub key: Option<String>,
    /// Whether it is one of a list in the account.
    pub in_account: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct MessageView {
    /// The end of the key `request-by-…`.
    pub author: String,
    pub at: NaiveDateTime,
    pub text: String,
    pub files: Vec<FileView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct FileView {
    pub name: String,
    pub to: String,
}

/// Everything that a customer asked for.
#[derive(Debug, Clone, Serialize)]
pub struct RequestsView {
    pub rows: Vec<RequestRow>,
    pub next: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RequestRow {
    pub number: String,
    pub subject: String,
    pub to: String,
    pub at: NaiveDateTime,
    pub status: String,
}
