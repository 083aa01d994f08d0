//! What an export file says, in the shop's words and without the shop's ids. `None` always means "the file does not say":
//! whoever stores a draft leaves what is stored as it is. Amounts are minor units of the currency given to the reader.

use crate::units::Unit;
use chrono::{DateTime, Utc};
use kernel::money::Currency;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether shoppers see a product. A product that its old shop did not show in the shop window is a `Draft` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DraftStatus {
    Active,
    Draft,
    Archived,
}

/// A product as a file describes it. `handle` is its identity in the file; `line` is where it begins there, from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProductDraft {
    pub handle: String,
    /// Plain text; empty when the file has no title for the handle.
    pub title: String,
    /// As the file has it. It goes through [`super::clean_html`] before anybody sees it.
    pub description_html: Option<String>,
    pub brand: Option<String>,
    pub product_type: Option<String>,
    pub status: Option<DraftStatus>,
    /// Whether each unit is a gift card over its price.
    pub gift_card: Option<bool>,
    /// Each a path of names from the root.
    pub categories: Vec<Vec<String>>,
    pub tags: Vec<String>,
    /// Name and value; a name with several values stands several times.
    pub attributes: Vec<(String, String)>,
    /// Names of what the variants differ in, at most three.
    pub options: Vec<String>,
    pub variants: Vec<VariantDraft>,
    pub pictures: Vec<PictureDraft>,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
    /// By language code, such as `zh-Hans`.
    pub translations: BTreeMap<String, TextDraft>,
    pub line: u64,
}

/// One thing that can be bought. `options` has a value for each option name of its product, in the same order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VariantDraft {
    pub sku: Option<String>,
    pub barcode: Option<String>,
    pub options: Vec<String>,
    pub price: Option<i64>,
    /// The former price, to be shown struck through.
    pub compare_at: Option<i64>,
    pub cost: Option<i64>,
    /// Whether stock is counted.
    pub tracked: Option<bool>,
    /// Steps on hand; negative where the old shop had oversold.
    pub quantity: Option<i64>,
    /// Whether it may be sold beyond the stock.
    pub oversell: Option<bool>,
    pub weight_grams: Option<i64>,
    /// The code of its unit, with the decimals of it that can be ordered.
    pub unit: Option<Unit>,
    pub precision: Option<i64>,
    pub requires_shipping: Option<bool>,
    pub taxable: Option<bool>,
    pub tax_class: Option<String>,
    /// The source of the picture that shows this variant; it is one of the product's pictures.
    pub picture: Option<String>,
    pub line: u64,
}

/// A picture by path or URL, in the order of the gallery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PictureDraft {
    pub source: String,
    pub alt: Option<String>,
}

/// The texts of a product in a further language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextDraft {
    pub title: Option<String>,
    pub description_html: Option<String>,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
}

/// A postal address as the file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressDraft {
    pub name: Option<String>,
    pub company: Option<String>,
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub city: Option<String>,
    pub province: Option<String>,
    pub province_code: Option<String>,
    pub country: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country_code: Option<String>,
    pub zip: Option<String>,
    pub phone: Option<String>,
}

/// A customer as a file describes one; at least one of `email`, `phone` and `external_id` is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerDraft {
    /// The id in the old shop.
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub address: Option<AddressDraft>,
    pub accepts_email: Option<bool>,
    pub accepts_sms: Option<bool>,
    /// Minor units of the shop's currency.
    pub total_spent: Option<i64>,
    pub total_orders: Option<i64>,
    pub note: Option<String>,
    pub tax_exempt: Option<bool>,
    pub tags: Vec<String>,
    /// Month and day: `05-31`.
    pub birthday: Option<String>,
    pub line: u64,
}

/// A past order. All its amounts are minor units of its own `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDraft {
    /// The number people know, such as `#1001`.
    pub number: String,
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// In small letters as the old shop names it, such as `paid` or `partially_refunded`.
    pub financial_status: Option<String>,
    /// In small letters as the old shop names it, such as `fulfilled`; none means that nothing was shipped.
    pub fulfillment_status: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub paid_at: Option<DateTime<Utc>>,
    pub fulfilled_at: Option<DateTime<Utc>>,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub accepts_marketing: Option<bool>,
    pub currency: Currency,
    pub subtotal: Option<i64>,
    pub shipping: Option<i64>,
    pub taxes: Option<i64>,
    pub total: Option<i64>,
    pub refunded: Option<i64>,
    pub outstanding: Option<i64>,
    pub discount_code: Option<String>,
    pub discount: Option<i64>,
    /// Name, such as `VAT 19%`, and amount.
    pub tax_lines: Vec<(String, i64)>,
    pub shipping_method: Option<String>,
    pub payment_method: Option<String>,
    pub payment_reference: Option<String>,
    pub billing: Option<AddressDraft>,
    pub delivery: Option<AddressDraft>,
    pub note: Option<String>,
    pub tags: Vec<String>,
    pub source: Option<String>,
    pub lines: Vec<OrderLineDraft>,
    pub line: u64,
}

/// A line of a past order; `price` is for one unit, `discount` for the whole line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLineDraft {
    pub sku: Option<String>,
    pub name: String,
    pub quantity: i64,
    pub price: i64,
    pub compare_at: Option<i64>,
    pub discount: Option<i64>,
    pub requires_shipping: Option<bool>,
    pub taxable: Option<bool>,
    pub fulfillment_status: Option<String>,
    pub vendor: Option<String>,
    pub line: u64,
}
