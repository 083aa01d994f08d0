//! `storefront/order.html`: the confirmation, a guest's order by signed link, and an order in the account.

use super::cart::LineView;
use super::shared::{Notice, TotalRow, Totals};
use chrono::NaiveDateTime;
use kernel::money::Money;
use serde::Serialize;

/// An order. Statuses are the words of the database (see `orders::OrderStatus`, `PaymentStatus` and `FulfilmentStatus`), which the
/// texts `order-status-…`, `payment-status-…` and `fulfilment-status-…` name.
#[derive(Debug, Clone, Serialize)]
pub struct OrderView {
    pub number: String,
    /// The key of the signed link, passed on by every form; `None` in the account.
    pub key: Option<String>,
    /// Just placed: the page says thank you.
    pub fresh: bool,
    /// Seen from the account: leads back to its list.
    pub in_account: bool,
    /// Seen as a member of the company that it was placed for.
    pub in_company: bool,
    /// For which company, and what it said of the order; empty for an order of somebody's own.
    pub trade: Vec<TotalText>,
    pub placed_at: NaiveDateTime,
    pub email: String,
    pub status: String,
    pub payment_status: String,
    pub fulfilment_status: String,
    pub notices: Vec<Notice>,
    pub lines: Vec<LineView>,
    pub totals: Totals,
    pub shipping_address: Vec<String>,
    /// The buyer picks the goods up there; `None` when they are sent.
    pub pickup: Option<PickupView>,
    pub billing_address: Vec<String>,
    pub shipping_method: Option<String>,
    pub payment_method: Option<String>,
    pub shipments: Vec<ShipmentView>,
    pub refunds: Vec<RefundView>,
    /// Gift cards that were issued for it.
    pub gift_cards: Vec<SoldCardView>,
    /// It is paid, and the codes of its gift cards are on their way.
    pub gift_cards_wait: bool,
    pub returns: Vec<ReturnView>,
    /// Where to ask for a return; `None` when nothing may come back.
    pub return_to: Option<String>,
    /// What to write on a bank transfer; `None` for other ways to pay.
    pub transfer: Option<Vec<TotalText>>,
    /// Invoice and credit notes.
    pub papers: Vec<PaperView>,
    pub history: Vec<HistoryEntry>,
    pub can_cancel: bool,
    /// What goes back when it is cancelled; `None` when nothing was taken.
    pub cancel_refund: Option<Money>,
    /// The payment failed or was left, and may be tried again.
    pub can_pay: bool,
    /// What the shop's change of the order left to be paid.
    pub balance: Option<Money>,
    pub can_reorder: bool,
}

/// Goods that are picked up.
#[derive(Debug, Clone, Serialize)]
pub struct PickupView {
    /// When somebody is there, by line.
    pub hours: Vec<String>,
    /// They wait for the buyer.
    pub ready: bool,
}

/// A parcel.
#[derive(Debug, Clone, Serialize)]
pub struct ShipmentView {
    pub number: String,
    pub shipped_at: NaiveDateTime,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    /// The carrier's page; must begin with `https://` or `http://`.
    pub tracking_url: Option<String>,
    /// What is in it, such as "2 × Mug, Indigo".
    pub contents: Vec<String>,
}

/// A gift card that the order sold. Its code is in the mail alone.
#[derive(Debug, Clone, Serialize)]
pub struct SoldCardView {
    /// By its last four characters.
    pub name: String,
    pub amount: Money,
    /// It was taken back, because it was refunded.
    pub withdrawn: bool,
}

/// Money given back.
#[derive(Debug, Clone, Serialize)]
pub struct RefundView {
    pub at: NaiveDateTime,
    pub amount: Money,
    /// `requested`, `settled`, `failed`: the texts `refund-status-…`.
    pub status: String,
    /// Such as "Store credit"; `None` for the card or the bank.
    pub to: Option<String>,
    pub parts: Vec<TotalRow>,
}

/// Goods on their way back.
#[derive(Debug, Clone, Serialize)]
pub struct ReturnView {
    pub number: String,
    pub at: NaiveDateTime,
    /// See `returns::Status`: the texts `return-status-…`.
    pub status: String,
    /// What the shop wrote, by line.
    pub message: Vec<String>,
    /// The buyer asked for other goods, and waits for them.
    pub wants_exchange: bool,
    /// See `returns::Outcome`: the texts `return-outcome-…`; `exchange` when other goods were given.
    pub outcome: Option<String>,
    /// The number of the order of those goods.
    pub exchanged: Option<String>,
    pub contents: Vec<String>,
    /// Where the label is.
    pub label: Option<String>,
    /// Where the buyer takes it back by a POST.
    pub withdraw: Option<String>,
}

/// `storefront/return.html`: posts `form::RETURN` and the fields of each line to `/orders/{number}/returns`.
#[derive(Debug, Clone, Serialize)]
pub struct ReturnFormView {
    pub number: String,
    /// The key of the signed link, passed on by the form.
    pub key: Option<String>,
    /// The order's page.
    pub back: String,
    pub form: super::form::Form,
    pub lines: Vec<ReturnLineView>,
    /// The words of `returns::Reason`: the texts `return-reason-…`.
    pub reasons: Vec<String>,
    /// How many days after the shipment something may come back.
    pub days: u32,
}

/// A line of which something may come back.
#[derive(Debug, Clone, Serialize)]
pub struct ReturnLineView {
    pub title: String,
    pub variant: Option<String>,
    pub picture: Option<super::shared::Picture>,
    pub max: String,
    /// In how many decimals the quantity is typed.
    pub places: i64,
    pub quantity_name: String,
    /// As typed.
    pub quantity: String,
    pub reason_name: String,
    pub reason: String,
    pub instead_name: String,
    /// Other variants of the same product.
    pub instead: Vec<super::shared::Choice>,
    pub error: Option<String>,
}

/// A document to download.
#[derive(Debug, Clone, Serialize)]
pub struct PaperView {
    /// What it is, such as "Invoice INV-00017".
    pub text: String,
    pub to: String,
    /// The same as UBL; none where the shop cannot make it.
    pub ubl: Option<String>,
}

/// A named text, such as "IBAN".
#[derive(Debug, Clone, Serialize)]
pub struct TotalText {
    /// A sentence or text key.
    pub label: String,
    pub value: String,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryEntry {
    pub at: NaiveDateTime,
    /// A sentence or text key.
    pub text: String,
}
