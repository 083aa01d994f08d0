//! `storefront/cart.html`.

use super::form::Form;
use super::shared::{Choice, Notice, Picture, Stock, TotalRow, Totals};
use chrono::NaiveDateTime;
use kernel::money::Money;
use serde::Serialize;

/// The cart.
#[derive(Debug, Clone, Serialize)]
pub struct CartView {
    pub lines: Vec<LineView>,
    /// Changes since the last look: prices, stock, a promotion that ended.
    pub notices: Vec<Notice>,
    /// Questions of staff whether they may change it, and what was allowed.
    pub consents: Vec<ConsentView>,
    /// What they changed lately.
    pub changes: Vec<CartChangeView>,
    /// `None` for an empty cart.
    pub totals: Option<Totals>,
    /// The form of `form::COUPON`.
    pub coupon: Form,
    /// Codes in use; each is removed by a POST of `code` to `/cart/coupon/remove`.
    pub coupons: Vec<String>,
    pub estimate: EstimateView,
    /// Why the checkout cannot start, such as a line that is sold out; `None` when it can.
    pub blocked: Option<String>,
    /// The row of what completes the cart, as HTML; empty to leave out.
    pub complete: String,
    /// Offers of the customer that the cart does not have yet, as HTML; empty to leave out.
    pub offers: String,
    /// The number of the quote that it was made of; such a cart is not changed.
    pub quote: Option<String>,
    /// It goes to the buyer's procurement system, and is not ordered here.
    pub punchout: bool,
}

/// A question of staff whether they may change the cart, or the yes that stands.
#[derive(Debug, Clone, Serialize)]
pub struct ConsentView {
    /// For `/cart/consents/{id}`; not shown.
    pub id: i64,
    /// The request that it is about.
    pub number: String,
    pub subject: String,
    /// It was allowed; otherwise it is asked.
    pub given: bool,
    /// Until when the yes holds, or the question stands.
    pub until: NaiveDateTime,
    /// Where the answer leads back to: empty for the cart, `chat`, or the number of a request.
    pub back: String,
    /// The `key` of a guest's link to the request.
    pub key: Option<String>,
}

/// What staff changed in the cart.
#[derive(Debug, Clone, Serialize)]
pub struct CartChangeView {
    /// For `/cart/changes/{id}/undo`; not shown.
    pub id: i64,
    /// What the goods are called; empty of a code.
    pub title: String,
    pub code: String,
    /// Units before and after; of a code 0 or 1.
    pub before: i64,
    pub after: i64,
    /// The same with their unit.
    pub before_text: String,
    pub after_text: String,
    pub at: NaiveDateTime,
}

/// A line of a cart or order.
#[derive(Debug, Clone, Serialize)]
pub struct LineView {
    /// For `/cart/lines/{id}`; not shown.
    pub id: String,
    pub title: String,
    /// The chosen options, such as "Indigo".
    pub variant: Option<String>,
    pub sku: String,
    /// `None` when the product is no longer for sale.
    pub to: Option<String>,
    pub picture: Option<Picture>,
    pub unit_price: Money,
    pub compare_at: Option<Money>,
    /// As its field has it, and with its unit.
    pub quantity: String,
    pub quantity_text: String,
    /// The most the quantity may be.
    pub max: String,
    /// In steps of so many.
    pub step: String,
    /// The key of what the unit price is for; none for a piece.
    pub per: Option<String>,
    /// Quantity times unit price, after reductions of this line.
    pub total: Money,
    /// Reductions of this line, each with its name.
    pub adjustments: Vec<TotalRow>,
    /// The promotion that gives it; such a line cannot be changed.
    pub gift: Option<String>,
    pub notice: Option<Notice>,
    /// That its goods are not here yet; `None` when they are.
    pub stock: Option<Stock>,
}

/// Shipping and tax by country, before the checkout.
#[derive(Debug, Clone, Serialize)]
pub struct EstimateView {
    /// The form of `form::ESTIMATE`.
    pub form: Form,
    pub countries: Vec<Choice>,
    /// What shipping would cost; `None` before asking.
    pub rates: Option<Vec<TotalRow>>,
    /// The shop ships there: otherwise `rates` is empty and this is false.
    pub ships: bool,
}
