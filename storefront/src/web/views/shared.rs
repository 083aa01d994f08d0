//! Small things several pages show.

use kernel::money::Money;
use serde::Serialize;

/// A link: its words and where it leads.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    pub label: String,
    pub to: String,
}

/// A picture in several widths.
#[derive(Debug, Clone, Serialize)]
pub struct Picture {
    /// The address used when `srcset` is not understood, such as `/pictures/{hash}/640.webp`.
    pub src: String,
    /// Addresses with widths, such as `/pictures/{hash}/320.webp 320w, /pictures/{hash}/640.webp 640w`.
    pub srcset: String,
    /// Of the largest version, in pixels: reserves the right place before the picture arrives.
    pub width: u32,
    pub height: u32,
    /// What it shows, for those who do not see it; empty for decoration.
    pub alt: String,
}

/// A product in a grid or shelf.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    pub title: String,
    pub to: String,
    pub picture: Option<Picture>,
    /// The lowest price of a variant; `None` for who may not see prices.
    pub price: Option<Money>,
    /// Variants differ in price: "from".
    pub from: bool,
    /// The price before the reduction, when there is one.
    pub compare_at: Option<Money>,
    /// The key of what the price is for; none for a piece.
    pub per: Option<String>,
    pub brand: Option<String>,
    pub sold_out: bool,
    /// None of it came yet, and it can be ordered before.
    pub pre_order: bool,
    /// Such as "4 colours"; `None` to leave out.
    pub note: Option<String>,
}

/// A row of products under a heading.
#[derive(Debug, Clone, Serialize)]
pub struct Shelf {
    pub title: String,
    /// Where all of them are.
    pub more: Option<String>,
    pub products: Vec<Card>,
}

/// A category as a picture with its name.
#[derive(Debug, Clone, Serialize)]
pub struct Tile {
    pub title: String,
    pub to: String,
    pub picture: Option<Picture>,
}

/// One choice of a select or of radio buttons.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

/// Whether and how soon a variant can be had.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Stock {
    InStock,
    /// So few are left that it is worth saying.
    Few {
        left: i64,
    },
    /// None here, but it may be ordered; `ready` says when it ships, as a sentence.
    BackOrder {
        ready: Option<String>,
    },
    /// It may be ordered before it came for the first time; `ready` as above.
    PreOrder {
        ready: Option<String>,
    },
    SoldOut,
}

/// What the shown prices say about tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaxNote {
    /// VAT or the like is in the price.
    Included,
    /// Tax comes on top.
    Excluded,
    /// A gift card, which is taxed when it is used and mailed.
    GiftCard,
    /// Nothing to say: the shop charges no tax.
    None,
}

/// The sums of a cart or order, in the order they are shown.
#[derive(Debug, Clone, Serialize)]
pub struct Totals {
    /// Lines before order-wide reductions, shipping and tax.
    pub subtotal: Money,
    /// Everything between subtotal and total, each with its name.
    pub rows: Vec<TotalRow>,
    /// The tax in the total, when prices include it: shown below, not added.
    pub included_tax: Vec<TotalRow>,
    pub total: Money,
    /// What gift cards and store credit paid or will pay, each with its name (negative).
    pub paid: Vec<TotalRow>,
    /// What is left to pay then; `None` when nothing is paid so.
    pub due: Option<Money>,
    /// Shipping or tax may still change, for example before an address is known.
    pub estimated: bool,
}

/// One named amount: a reduction (negative), shipping, a tax.
#[derive(Debug, Clone, Serialize)]
pub struct TotalRow {
    /// A sentence or text key, such as "Coupon SPRING10".
    pub label: String,
    pub amount: Money,
}

/// Something the shopper must know about a cart, line or order.
#[derive(Debug, Clone, Serialize)]
pub struct Notice {
    pub kind: super::page::Tone,
    /// A sentence or the key of a text without arguments.
    pub text: String,
}
