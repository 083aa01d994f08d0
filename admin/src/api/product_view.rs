//! A product as a program of the merchant reads it: whole, whatever its status.

use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use storefront::api::amount::Amount;
use storefront::api::moment;
use storefront::catalog::{Categories, Product, Text, Variant};
use storefront::units::Unit;
use utoipa::ToSchema;

/// How a version tells a moment, to the finest that is stored.
const VERSION: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// A product as the merchant keeps it.
#[derive(Serialize, ToSchema)]
pub struct ManagedProduct {
    pub id: i64,
    /// Changes with the product. Send it back with a change.
    #[schema(example = "2026-11-22T10:00:00.123456Z")]
    pub version: String,
    pub slug: String,
    #[schema(pattern = "^(active|draft|archived)$")]
    pub status: &'static str,
    pub title: String,
    pub description_html: String,
    pub brand: String,
    pub product_type: String,
    pub tags: Vec<String>,
    /// What the variants differ in.
    pub options: Vec<String>,
    pub seo_title: String,
    pub seo_description: String,
    pub gift_card: bool,
    /// When it is shown while it is active; UTC (RFC 3339).
    pub publish_from: Option<String>,
    /// The first moment at which it is not shown any more.
    pub publish_until: Option<String>,
    /// In further languages, by their codes. What is empty shows in the shop's own.
    pub texts: BTreeMap<String, TextParts>,
    /// The slugs of its categories.
    pub categories: Vec<String>,
    pub attributes: Vec<NamedValue>,
    pub pictures: Vec<ManagedPicture>,
    pub variants: Vec<ManagedVariant>,
}

/// The texts of a product in a further language.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextParts {
    #[serde(default)]
    #[schema(max_length = 300)]
    pub title: String,
    #[serde(default)]
    pub description_html: String,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub seo_title: String,
    #[serde(default)]
    #[schema(max_length = 5000)]
    pub seo_description: String,
}

impl From<TextParts> for Text {
    fn from(of: TextParts) -> Text {
        Text { title: of.title, description_html: of.description_html, seo_title: of.seo_title, seo_description: of.seo_description }
    }
}

/// An attribute. One with several values stands several times.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedValue {
    #[schema(max_length = 200)]
    pub name: String,
    #[schema(max_length = 2000)]
    pub value: String,
}

#[derive(Serialize, ToSchema)]
pub struct ManagedPicture {
    /// Where it came from: what tells it from the product's others.
    pub source: String,
    pub alt: String,
    /// Whether it was fetched and is shown.
    pub ready: bool,
}

/// What can be bought of a product.
#[derive(Serialize, ToSchema)]
pub struct ManagedVariant {
    pub id: i64,
    pub sku: Option<String>,
    pub barcode: String,
    /// A value for each option of the product.
    pub options: Vec<String>,
    pub price: Option<Amount>,
    /// The former price, which is shown struck through.
    pub compare_at: Option<Amount>,
    pub cost: Option<Amount>,
    pub tracked: bool,
    pub oversell: bool,
    /// In the house, in steps of the unit.
    pub on_hand: i64,
    /// The unit that the price is for, by its code of UN/ECE Recommendation 20, and in how many decimals of it quantities count.
    #[schema(value_type = String, pattern = "^(C62|BX|MTR|KGM|GRM|LTR)$")]
    pub unit: Unit,
    pub precision: i64,
    pub weight_grams: i64,
    pub requires_shipping: bool,
    pub taxable: bool,
    pub tax_class: String,
    /// Whether it is sold.
    pub active: bool,
}

/// A version of a product.
pub fn version(at: Time) -> String {
    at.format(VERSION).to_string()
}

/// The moment that a version means. `Invalid` for what is none.
pub fn seen(version: &str) -> Result<Time> {
    Time::parse_from_str(version, VERSION).map_err(|_| Error::field("version", "Give the version that the product was read with."))
}

/// The view of a stored product with prices in `currency`.
pub fn view(of: Product, updated_at: Time, categories: &Categories, currency: Currency) -> ManagedProduct {
    let amount = |minor: Option<i64>| minor.map(|minor| Amount::new(minor, currency));
    let variant = |one: Variant| ManagedVariant {
        id: one.id.map_or(0, |id| id.0),
        sku: one.sku,
        barcode: one.barcode,
        options: one.options,
        price: amount(one.price),
        compare_at: amount(one.compare_at),
        cost: amount(one.cost),
        tracked: one.tracked,
        oversell: one.oversell,
        on_hand: one.on_hand,
        unit: one.measure.unit,
        precision: one.measure.precision,
        weight_grams: one.weight_grams,
        requires_shipping: one.requires_shipping,
        taxable: one.taxable,
        tax_class: one.tax_class,
        active: one.active,
    };
    let text = |one: Text| TextParts {
        title: one.title,
        description_html: one.description_html,
        seo_title: one.seo_title,
        seo_description: one.seo_description,
    };
    let picture = |one: storefront::catalog::Picture| ManagedPicture { ready: one.hash.is_some(), source: one.source, alt: one.alt };
    ManagedProduct {
        id: of.id.map_or(0, |id| id.0),
        version: version(updated_at),
        slug: of.slug,
        status: of.status.as_str(),
        title: of.title,
        description_html: of.description_html,
        brand: of.brand,
        product_type: of.product_type,
        tags: of.tags,
        options: of.options,
        seo_title: of.seo_title,
        seo_description: of.seo_description,
        gift_card: of.gift_card,
        publish_from: of.window.from.map(moment),
        publish_until: of.window.until.map(moment),
        texts: of.texts.into_iter().map(|(language, one)| (language, text(one))).collect(),
        categories: of.categories.iter().filter_map(|id| categories.get(*id)).map(|one| one.slug.clone()).collect(),
        attributes: of.attributes.into_iter().map(|(name, value)| NamedValue { name, value }).collect(),
        pictures: of.pictures.into_iter().map(picture).collect(),
        variants: of.variants.into_iter().map(variant).collect(),
    }
}
