//! `storefront/product.html`.

use super::reviews::ReviewsView;
use super::shared::{Link, Picture, Shelf, Stock, TaxNote};
pub use crate::units::Unit;
use kernel::money::Money;
use serde::Serialize;

/// A product page.
///
/// The form posts `product`, one field per option (its `param`) and `quantity` to `/cart/lines`; with the field `show` it asks for no
/// line but for the page of that choice (a redirect to `/products/{slug}?{param}={value}…`), which is how prices of other variants are
/// seen without JavaScript.
#[derive(Debug, Clone, Serialize)]
pub struct ProductView {
    pub slug: String,
    /// From the home page to the category.
    pub crumbs: Vec<Link>,
    pub title: String,
    pub brand: Option<Link>,
    pub pictures: Vec<Picture>,
    /// One sentence under the title.
    pub summary: Option<String>,
    /// HTML that was cleaned when it was stored; shown as it is.
    pub description: String,
    pub options: Vec<OptionView>,
    /// The chosen or first variant: its price is shown.
    pub selected: VariantView,
    /// Every variant, for the price beside the choice; leave empty beyond a hundred, then the page asks the server.
    pub variants: Vec<VariantView>,
    pub tax: TaxNote,
    pub attributes: Vec<Attribute>,
    pub reviews: ReviewsView,
    /// The mark of the row of what is bought together with it.
    pub together: String,
    /// The mark of the button of the wish list.
    pub wish_list: String,
    /// Rows of products below.
    pub shelves: Vec<Shelf>,
    /// The mark of the row of products the visitor looked at before.
    pub viewed: String,
    /// Where shipping is explained.
    pub shipping_page: Option<String>,
    /// Where several variants are ordered at once.
    pub matrix: Option<String>,
}

/// An option such as colour, shown as radio buttons.
#[derive(Debug, Clone, Serialize)]
pub struct OptionView {
    pub label: String,
    /// The form field and query parameter.
    pub param: String,
    pub values: Vec<OptionValue>,
}

/// A value of an option.
#[derive(Debug, Clone, Serialize)]
pub struct OptionValue {
    pub value: String,
    pub label: String,
    pub selected: bool,
    /// Some variant with this value and the other chosen values can be bought.
    pub available: bool,
    /// A small picture of it, for colours.
    pub picture: Option<Picture>,
}

/// What changes with the choice.
#[derive(Debug, Clone, Serialize)]
pub struct VariantView {
    /// The values of the options in their order, as in `OptionValue::value`.
    pub choice: Vec<String>,
    pub sku: String,
    /// `None` for who may not see prices, and put nothing into the cart.
    pub price: Option<Money>,
    pub compare_at: Option<Money>,
    /// It is the price of the buyer's company, and not everybody's.
    pub own_price: bool,
    /// What a unit costs from which quantity on; empty when the quantity decides nothing.
    pub breaks: Vec<BreakView>,
    /// The least quantity, and the steps above it.
    pub min: String,
    /// What the field begins with.
    pub first: String,
    pub step: String,
    /// It is sold in any quantity.
    pub any: bool,
    /// The least quantity and the steps with their unit.
    pub min_text: String,
    pub step_text: String,
    /// The key of what the price is for; none for a piece.
    pub per: Option<String>,
    pub unit: Unit,
    /// The lowest price in the 30 days before the reduction, where the shop knows it.
    pub lowest: Option<Money>,
    /// Why the price is lower, such as "Your offer until Sunday".
    pub reason: Option<String>,
    pub stock: Stock,
    /// Whether it is sold out, and the most that can go into the cart at once.
    pub sold_out: bool,
    pub max: String,
    /// The place of its picture among `pictures`, from 0.
    pub picture: Option<usize>,
    /// Where to ask to be told when it is back; only while it is sold out.
    pub waiting: Option<String>,
}

/// A price from a quantity on.
#[derive(Debug, Clone, Serialize)]
pub struct BreakView {
    /// With its unit.
    pub from: String,
    pub price: Money,
}

/// A row of the table of properties.
#[derive(Debug, Clone, Serialize)]
pub struct Attribute {
    pub label: String,
    pub values: Vec<AttributeValue>,
}

/// One value of an attribute.
#[derive(Debug, Clone, Serialize)]
pub struct AttributeValue {
    pub text: String,
    /// A colour as `#rrggbb`, or empty.
    pub swatch: String,
}
