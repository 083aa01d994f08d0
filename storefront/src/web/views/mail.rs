//! What the mails of `templates/mail/<name>/{subject.txt,body.txt,body.html}` are rendered from. All addresses are absolute, with the
//! language in them.

use super::shared::{TotalRow, Totals};
use kernel::clock::Time;
use kernel::money::Money;
use kernel::web::i18n::Language;
use serde::Serialize;

/// The frame of every mail and what is particular to one: `{{ mail.shop_name }}`, `{{ view.order.number }}`.
#[derive(Debug, Clone, Serialize)]
pub struct Mail<V: Serialize> {
    pub mail: MailView,
    pub view: V,
}

/// The same for every mail.
#[derive(Debug, Clone, Serialize)]
pub struct MailView {
    pub language: Language,
    /// The BCP 47 tag for `<html lang>`.
    pub tag: &'static str,
    pub shop_name: String,
    pub shop_url: String,
    pub look: MailLook,
    /// Where to write with questions.
    pub contact: String,
    /// The postal address and register number the law asks for, by line.
    pub imprint: Vec<String>,
    /// How to address the reader; `None` when no name is known.
    pub name: Option<String>,
}

/// What mails show of the shop's theme. Their text stands on white, whatever the shop wears: readers of mail have their own ideas of
/// dark grounds.
#[derive(Debug, Clone, Serialize)]
pub struct MailLook {
    /// Behind the logo or the shop's name, and the name itself, as `#rrggbb`.
    pub ground: String,
    pub ink: String,
    /// Of links; readable on white.
    pub accent: String,
    /// The absolute address of the logo, and its width at 36 pixels of height.
    pub logo: Option<(String, i64)>,
}

/// The order a mail is about.
#[derive(Debug, Clone, Serialize)]
pub struct MailOrder {
    pub number: String,
    /// The order's page; for guests with the key of the signed link.
    pub url: String,
    pub lines: Vec<MailLine>,
    pub totals: Totals,
    pub shipping_address: Vec<String>,
    /// The buyer picks the goods up there.
    pub pickup: bool,
    pub billing_address: Vec<String>,
    pub shipping_method: Option<String>,
    pub payment_method: Option<String>,
}

/// A line of an order.
#[derive(Debug, Clone, Serialize)]
pub struct MailLine {
    pub title: String,
    pub variant: Option<String>,
    /// With its unit.
    pub quantity: String,
    pub total: Money,
}

/// `order_confirmation`.
#[derive(Debug, Clone, Serialize)]
pub struct OrderConfirmation {
    pub order: MailOrder,
    /// What to write on a bank transfer; `None` for other ways to pay.
    pub transfer: Option<Vec<super::order::TotalText>>,
}

/// `payment_received`.
#[derive(Debug, Clone, Serialize)]
pub struct PaymentReceived {
    pub order: MailOrder,
    pub amount: Money,
}

/// `shipment_sent`.
#[derive(Debug, Clone, Serialize)]
pub struct ShipmentSent {
    pub order: MailOrder,
    pub contents: Vec<MailLine>,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub tracking_url: Option<String>,
    pub offers: Vec<MailOffer>,
}

/// Something that the reader was offered.
#[derive(Debug, Clone, Serialize)]
pub struct MailOffer {
    pub name: String,
    /// Why they got it, as the merchant says it.
    pub why: String,
    pub until: Option<Time>,
    /// The product it is for alone, with its price for them.
    pub title: Option<String>,
    pub price: Option<Money>,
    pub url: String,
}

/// `pickup_ready`: the goods wait at the order's `shipping_address`.
#[derive(Debug, Clone, Serialize)]
pub struct PickupReady {
    pub order: MailOrder,
    /// When somebody is there, by line.
    pub hours: Vec<String>,
}

/// `payment_link`: an order that staff took down waits for its payment on the order's page.
#[derive(Debug, Clone, Serialize)]
pub struct PaymentLink {
    pub order: MailOrder,
    /// The goods are kept until then.
    pub until: Time,
}

/// `order_edited`.
#[derive(Debug, Clone, Serialize)]
pub struct OrderEdited {
    pub order: MailOrder,
    /// What became another, such as "Mug, Indigo: 3 → 2".
    pub changes: Vec<String>,
    /// What goes back; `None` when nothing does.
    pub back: Option<Money>,
    /// What is still to be paid because of the change.
    pub balance: Option<Money>,
    /// The balance can be paid on the order's page.
    pub pays_online: bool,
    /// What to write on a bank transfer; `None` for other ways to pay.
    pub transfer: Option<Vec<super::order::TotalText>>,
}

/// `order_cancelled`.
#[derive(Debug, Clone, Serialize)]
pub struct OrderCancelled {
    pub order: MailOrder,
    /// Why, as a sentence; `None` when the customer asked.
    pub reason: Option<String>,
    /// What goes back; `None` when nothing was paid.
    pub refund: Option<Money>,
    /// What stays with the customer as store credit, since other goods were paid with it.
    pub credit: Option<Money>,
}

/// `refund_sent`.
#[derive(Debug, Clone, Serialize)]
pub struct RefundSent {
    pub order: MailOrder,
    pub amount: Money,
    pub parts: Vec<TotalRow>,
    /// Such as "Store credit"; `None` for the way it was paid.
    pub to: Option<String>,
}

/// `payment_case_refund`: money came too late or did not fit the order, and is sent back.
#[derive(Debug, Clone, Serialize)]
pub struct PaymentCaseRefund {
    /// The order it was meant for; `None` when there never was one.
    pub order_number: Option<String>,
    pub amount: Money,
    pub shop_page: String,
}

/// `verify_email`, `reset_password` and `confirm_newsletter`.
#[derive(Debug, Clone, Serialize)]
pub struct LinkMail {
    pub url: String,
    /// How long the link works.
    pub hours: u32,
}

/// `company_invitation`, and `company_decided`, which says how the company stands.
#[derive(Debug, Clone, Serialize)]
pub struct CompanyMail {
    pub company: String,
    pub state: String,
    /// Why it was refused or closed.
    pub reason: String,
    pub url: String,
}

/// `review_request`.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewRequest {
    pub number: String,
    /// What was bought, each with the page where to write about it.
    pub goods: Vec<ReviewGood>,
    /// Where to say that no such mail is wanted.
    pub stop_url: String,
}

/// Something to write about.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewGood {
    pub title: String,
    pub variant: Option<String>,
    pub url: String,
}

/// `approval_asked`.
#[derive(Debug, Clone, Serialize)]
pub struct ApprovalAsked {
    pub company: String,
    /// Who wants to order.
    pub requester: String,
    pub total: Money,
    /// The rules and budgets because of which a yes is needed.
    pub why: Vec<String>,
    pub note: Vec<String>,
    /// When the request ends unanswered.
    pub until: Option<Time>,
    /// It is a reminder.
    pub again: bool,
    pub url: String,
}

/// `approval_decided`.
#[derive(Debug, Clone, Serialize)]
pub struct ApprovalDecided {
    /// One of `approved`, `refused`, `void`, `expired`, `placed`.
    pub state: String,
    pub total: Money,
    /// A text key.
    pub reason: Option<String>,
    /// What those who answered wrote.
    pub notes: Vec<String>,
    /// The number of the order that was placed.
    pub order: Option<String>,
    pub url: String,
}

/// `quote_update`. The texts `mail-quote-subject-…` and `mail-quote-text-…` are named by `what` happened: received, offered, answered,
/// expired or withdrawn.
#[derive(Debug, Clone, Serialize)]
pub struct QuoteUpdate {
    pub number: String,
    pub what: String,
    /// What staff wrote, by line.
    pub text: Vec<String>,
    /// What is offered.
    pub lines: Vec<MailLine>,
    /// The goods together, without the delivery.
    pub total: Option<Money>,
    /// When the offer ends.
    pub until: Option<Time>,
    pub url: String,
}

/// `back_in_stock`.
#[derive(Debug, Clone, Serialize)]
pub struct BackInStock {
    pub title: String,
    pub variant: Option<String>,
    /// `None` in a store that does not show its prices to everybody.
    pub price: Option<Money>,
    pub url: String,
}

/// `gift_card`.
#[derive(Debug, Clone, Serialize)]
pub struct GiftCardMail {
    pub amount: Money,
    /// In groups of four.
    pub code: String,
    /// What the giver says, by line.
    pub message: Vec<String>,
    pub expires_at: Option<chrono::NaiveDateTime>,
}

/// `gift_cards_sold`.
#[derive(Debug, Clone, Serialize)]
pub struct GiftCardsSold {
    pub order_number: String,
    pub order_url: String,
    pub cards: Vec<SoldCard>,
}

/// A gift card that an order sold.
#[derive(Debug, Clone, Serialize)]
pub struct SoldCard {
    pub amount: Money,
    /// In groups of four.
    pub code: String,
}

/// `return_update`. The texts `mail-return-title-…` and `mail-return-subject-…` are named by the status.
#[derive(Debug, Clone, Serialize)]
pub struct ReturnUpdate {
    pub number: String,
    pub order_number: String,
    pub status: String,
    /// What the step means, as a sentence.
    pub text: String,
    /// What staff wrote, by line.
    pub message: Vec<String>,
    /// What comes back, such as "2 × Mug, Indigo".
    pub contents: Vec<String>,
    /// A label waits on the order's page.
    pub label: bool,
    pub url: String,
    /// The number of the order of the goods that were given in exchange.
    pub exchange: Option<String>,
}

/// `ticket_update`. The texts `mail-ticket-text-…` are named by `what` happened: received, answered or solved.
#[derive(Debug, Clone, Serialize)]
pub struct TicketUpdate {
    pub number: String,
    pub subject: String,
    pub what: String,
    /// What was said, by line.
    pub body: Vec<String>,
    /// What came with it.
    pub files: Vec<MailFile>,
    /// The end of the key of what it came to.
    pub outcome: Option<String>,
    /// Whether it asks how content they are.
    pub rate: bool,
    /// Where it is followed, answered and rated.
    pub url: String,
}

/// `ticket_survey`.
#[derive(Debug, Clone, Serialize)]
pub struct TicketSurvey {
    pub number: String,
    pub subject: String,
    /// Each rating, the best first, with the page on which it is chosen.
    pub ratings: Vec<(i64, String)>,
}

/// A file that a mail leads to.
#[derive(Debug, Clone, Serialize)]
pub struct MailFile {
    pub name: String,
    pub url: String,
}

/// `account_invoice`.
#[derive(Debug, Clone, Serialize)]
pub struct AccountInvoice {
    pub number: String,
    pub invoice: String,
    pub amount: Money,
    pub due: Time,
    /// What of it is to be paid before the goods leave, and until when.
    pub deposit: Option<Money>,
    pub deposit_due: Option<Time>,
    /// The order's page.
    pub url: String,
}

/// `account_reminder`.
#[derive(Debug, Clone, Serialize)]
pub struct AccountReminder {
    /// The mildest is 1.
    pub level: i64,
    pub company: String,
    /// The shop's own words for the level.
    pub text: Option<String>,
    pub items: Vec<AccountItem>,
    pub total: Money,
    /// Where to pay, by line.
    pub bank: Vec<String>,
}

/// An order that a company has not paid.
#[derive(Debug, Clone, Serialize)]
pub struct AccountItem {
    pub number: String,
    /// Empty when there is none.
    pub invoice: String,
    pub due: Time,
    /// Days since it was due.
    pub days: i64,
    pub amount: Money,
    /// What is owed of the fees of reminders beside it.
    pub fee: Option<Money>,
}
