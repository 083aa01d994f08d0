//! `storefront/cart.html`.

use super::form::Form;
use super::shared::{Choice, Notice, Picture, Stock, TotalRow, Totals};
use kernel::money::Money;
use serde::Serialize;

/// The cart.
#[derive(Debug, Clone, Serialize)]
pub struct CartView {
    pub lines: Vec<LineView>,
    /// Changes since the last look: prices, stock, a promotion that ended.
    pub notices: Vec<Notice>,
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
    pub quantity: u32,
    /// The most the quantity may be.
    pub max: u32,
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
