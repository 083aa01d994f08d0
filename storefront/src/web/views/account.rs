//! `storefront/account/*.html`.

use super::company::CompanyNav;
use super::form::Form;
use super::letters::TopicChoice;
use super::shared::{Card, Choice};
use crate::erasure::Preview;
use chrono::NaiveDateTime;
use kernel::clock::Time;
use kernel::money::Money;
use serde::Serialize;

/// `sign_in.html`: posts `form::SIGN_IN` to `/account/sign-in`.
#[derive(Debug, Clone, Serialize)]
pub struct SignInView {
    pub form: Form,
}

/// `register.html`: posts `form::REGISTER` to `/account/register`.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterView {
    pub form: Form,
}

/// `forgot.html`: posts `form::FORGOT` to `/account/forgot`.
#[derive(Debug, Clone, Serialize)]
pub struct ForgotView {
    pub form: Form,
    /// Says that a mail is on its way, whether or not the address is known.
    pub sent: bool,
}

/// `reset.html`: posts `form::RESET` to `/account/reset`.
#[derive(Debug, Clone, Serialize)]
pub struct ResetView {
    pub form: Form,
    /// The link is used up or too old: only the way to a new one is shown.
    pub expired: bool,
}

/// `verify.html`: posts `token` to `/account/verify`.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyView {
    pub token: String,
    pub state: VerifyState,
    /// Shown where a new mail can be asked for (a POST to `/account/verify/send`).
    pub email: Option<String>,
}

/// Where the verification of an address stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerifyState {
    /// A mail was sent; nothing to press here.
    Sent,
    /// The link was opened: one button confirms.
    Ask,
    Done,
    Expired,
}

/// `overview.html`.
#[derive(Debug, Clone, Serialize)]
pub struct OverviewView {
    pub name: String,
    pub email: String,
    pub verified: bool,
    pub orders: Vec<OrderRow>,
    pub address: Option<Vec<String>>,
    /// Store credit by currency; empty for who has none.
    pub credit: Vec<Money>,
}

/// `credit.html`.
#[derive(Debug, Clone, Serialize)]
pub struct CreditPageView {
    pub balances: Vec<Money>,
    pub entries: Vec<CreditEntry>,
    pub next: Option<String>,
}

/// A change of store credit.
#[derive(Debug, Clone, Serialize)]
pub struct CreditEntry {
    pub at: NaiveDateTime,
    /// A text key.
    pub text: String,
    /// The number of the order it is about.
    pub order: Option<String>,
    pub amount: Money,
}

/// `statement.html`. What a company owes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StatementView {
    pub nav: CompanyNav,
    pub company: String,
    /// None when the company has no account of its own.
    pub account: Option<StatementAccount>,
    /// It buys on the account of a company above it.
    pub above: bool,
    pub items: Vec<StatementItem>,
    pub next: Option<String>,
    /// The period of the file, as YYYY-MM-DD.
    pub from: String,
    pub to: String,
}

/// What a company may owe, and what it owes.
#[derive(Debug, Clone, Serialize)]
pub struct StatementAccount {
    pub limit: Money,
    pub owed: Money,
    pub left: Money,
    pub overdue: Option<Money>,
    /// Days to pay.
    pub days: i64,
}

/// An order that is not paid.
#[derive(Debug, Clone, Serialize)]
pub struct StatementItem {
    pub number: String,
    /// The order's page, for members who may open it.
    pub to: Option<String>,
    /// Empty when there is none.
    pub invoice: String,
    pub placed_at: Time,
    pub due: Time,
    /// Days since it was due; zero when it is not yet.
    pub late: i64,
    pub open: Money,
    pub settled: Option<Money>,
    /// What of it is to be paid before the goods leave, and until when.
    pub deposit: Option<Money>,
    pub deposit_due: Option<Time>,
    /// What is owed of the fees of reminders beside it.
    pub fees: Option<Money>,
}

/// `orders.html`.
#[derive(Debug, Clone, Serialize)]
pub struct OrdersView {
    pub orders: Vec<OrderRow>,
    pub next: Option<String>,
    pub first: Option<String>,
}

/// An order in a list.
#[derive(Debug, Clone, Serialize)]
pub struct OrderRow {
    pub number: String,
    pub to: String,
    pub placed_at: NaiveDateTime,
    pub total: Money,
    pub items: u32,
    pub status: String,
    pub payment_status: String,
    pub fulfilment_status: String,
}

/// `addresses.html`.
#[derive(Debug, Clone, Serialize)]
pub struct AddressesView {
    pub addresses: Vec<AddressView>,
}

/// An address of the book. It is edited at `/account/addresses/{id}` and removed by a POST to `/account/addresses/{id}/remove`.
#[derive(Debug, Clone, Serialize)]
pub struct AddressView {
    pub id: String,
    pub lines: Vec<String>,
    pub default: bool,
}

/// `address.html`: posts `form::ADDRESS` to `/account/addresses` or `/account/addresses/{id}`.
#[derive(Debug, Clone, Serialize)]
pub struct AddressFormView {
    /// `None` for a new address.
    pub id: Option<String>,
    pub form: Form,
    pub countries: Vec<Choice>,
}

/// `profile.html`: posts `form::PROFILE` to `/account/profile`.
#[derive(Debug, Clone, Serialize)]
pub struct ProfileView {
    pub form: Form,
    pub languages: Vec<Choice>,
}

/// `preferences.html`: posts `form::PREFERENCES` and what is chosen of mail to `/account/preferences`.
#[derive(Debug, Clone, Serialize)]
pub struct PreferencesView {
    pub form: Form,
    pub topics: Vec<TopicChoice>,
    pub frequencies: Vec<Choice>,
    pub languages: Vec<Choice>,
}

/// `personal.html`.
#[derive(Debug, Clone, Serialize)]
pub struct PersonalView {
    pub name: String,
    /// What `personal::gather` gathers.
    pub all: serde_json::Value,
}

/// `erase.html`: posts `form::ERASE` to `/account/preferences/erase`, unless something hinders it.
#[derive(Debug, Clone, Serialize)]
pub struct EraseView {
    pub of: Preview,
    pub form: Form,
}

/// `wish_list.html`: posts `product` (a slug) or `remove` (a number) to `/account/wish-list`.
#[derive(Debug, Clone, Serialize)]
pub struct WishListView {
    pub items: Vec<WishListItem>,
    /// What somebody wanted to put there before they signed in.
    pub wanted: Option<Wanted>,
}

/// A product that may be put on the list.
#[derive(Debug, Clone, Serialize)]
pub struct Wanted {
    pub slug: String,
    pub card: Card,
}

/// A product on the list.
#[derive(Debug, Clone, Serialize)]
pub struct WishListItem {
    pub product: i64,
    pub title: String,
    pub added_at: Time,
    /// `None` when the store does not sell it any more.
    pub card: Option<Card>,
}
