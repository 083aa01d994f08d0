//! Everything a product page shows, in one struct.

use super::availability::Availability;
use super::cards::{galleries, state};
use super::categories::{Category, categories};
use super::price_log;
use super::product::{Status, products};
use crate::attributes::{Definitions, Value};
use crate::ids::{ProductId, VariantId};
use crate::labels::Labels;
use crate::price_lists::{Break, QuantityRule};
use crate::schema::{product_pictures, products as rows};
use crate::shop::Shop;
use crate::stock;
use crate::units::Measure;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde::Serialize;
use std::collections::HashMap;

pub use super::cards::CardPicture as PagePicture;

/// A product in the language asked for. Amounts are minor units of `currency`.
#[derive(Clone, Debug)]
pub struct ProductPage {
    pub id: ProductId,
    pub slug: String,
    pub title: String,
    pub description_html: String,
    pub brand: String,
    /// The brand as stored: the same in every language.
    pub brand_key: String,
    pub product_type: String,
    pub tags: Vec<String>,
    /// What the page says of itself to search engines; the title when the merchant wrote nothing.
    pub seo_title: String,
    pub seo_description: String,
    pub currency: Currency,
    /// Each unit is a gift card over its price.
    pub gift_card: bool,
    pub pictures: Vec<PagePicture>,
    pub options: Vec<ProductOption>,
    /// On sale, in their order.
    pub variants: Vec<PageVariant>,
    /// Those that are to be shown, the defined ones first in their order.
    pub attributes: Vec<PageAttribute>,
    /// The path of each category from the root.
    pub categories: Vec<Vec<Category>>,
    pub availability: Availability,
    pub price_from: Option<i64>,
    pub price_to: Option<i64>,
    pub updated_at: Time,
}

/// A choice, such as colour, with its values in the order of the variants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProductOption {
    /// As stored: the same in every language.
    pub key: String,
    /// As shown.
    pub name: String,
    /// As stored and as shown.
    pub values: Vec<(String, String)>,
}

/// One value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAttribute {
    /// How programs call its definition; none when nobody defined it.
    pub code: Option<String>,
    /// As shown.
    pub name: String,
    /// As stored, in the language asked for.
    pub text: String,
    /// As its definition reads it; none without one and for what it cannot read.
    pub value: Option<Value>,
    /// Of a number, in the language asked for; empty for none.
    pub unit: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageVariant {
    pub id: VariantId,
    pub sku: Option<String>,
    pub barcode: String,
    /// A value for each option, as stored.
    pub options: Vec<String>,
    /// The same as shown, with ` / ` between.
    pub label: String,
    pub price: i64,
    /// The former price, when it was higher.
    pub compare_at: Option<i64>,
    /// The lowest price in the 30 days before the reduction, beside a former price that the shop names.
    pub lowest: Option<i64>,
    pub availability: Availability,
    /// When more is expected.
    pub expected_on: Option<Time>,
    pub picture_hash: Option<String>,
    pub taxable: bool,
    pub tax_class: String,
    pub weight_grams: i64,
    /// What the price is for, and how finely it can be ordered.
    pub measure: Measure,
    /// `price` is that of a price list ([`crate::price_lists`]).
    pub own_price: bool,
    /// The prices by quantity of the lists; empty without any.
    pub breaks: Vec<Break>,
    /// In which quantities it is sold; `None` for any.
    pub rule: Option<QuantityRule>,
}

/// The page of a product on show in the part of the catalogue that `shop` sells. `NotFound` for any other.
pub fn page(conn: &mut Conn, shop: &Shop, slug: &str, language: &str) -> Result<ProductPage> {
    let (id, updated_at): (ProductId, Time) =
        rows::table.filter(rows::slug.eq(slug)).filter(rows::listed.eq(true)).select((rows::id, rows::updated_at)).first(conn)?;
    if shop.assortment().inside(conn, &[id])?.is_some_and(|inside| inside.is_empty()) {
        return Err(Error::NotFound);
    }
    let mut product =
        products(conn, &[id], shop.currency)?.pop().filter(|product| product.status == Status::Active).ok_or(Error::NotFound)?;
    let labels = Labels::load(conn, language)?;
    let definitions = Definitions::load(conn)?;
    let tree = categories(conn, language)?;
    let pictures = galleries(conn, &[id], &labels, usize::MAX)?.remove(&id).unwrap_or_default();
    let by_source = sources(conn, id)?;
    let ids: Vec<VariantId> = product.variants.iter().filter_map(|variant| variant.id).collect();
    let levels: HashMap<VariantId, stock::Level> = stock::levels(conn, &ids)?.into_iter().map(|level| (level.variant_id, level)).collect();

    let mut variants = Vec::with_capacity(product.variants.len());
    for variant in product.variants.into_iter().filter(|variant| variant.active) {
        let (Some(id), Some(price)) = (variant.id, variant.price) else { continue };
        let level = levels.get(&id).map(|level| (level.tracked, level.oversell, level.on_hand, level.allocated, level.held));
        variants.push(PageVariant {
            id,
            sku: variant.sku,
            barcode: variant.barcode,
            label: labels.joined(&variant.options),
            options: variant.options,
            price,
            compare_at: variant.compare_at.filter(|before| *before > price),
            lowest: None,
            // What is measured is not told as so many things that are left.
            availability: state(level, if variant.measure.per() == 1 { shop.low_stock } else { 0 }),
            expected_on: levels.get(&id).and_then(|level| level.expected_on),
            picture_hash: by_source.get(&variant.picture).cloned(),
            taxable: variant.taxable,
            tax_class: variant.tax_class,
            weight_grams: variant.weight_grams,
            measure: variant.measure,
            own_price: false,
            breaks: Vec::new(),
            rule: None,
        });
    }
    let awaited: Vec<VariantId> = variants
        .iter()
        .filter(|variant| variant.availability == Availability::BackOrder && variant.expected_on.is_some())
        .map(|variant| variant.id)
        .collect();
    if !awaited.is_empty() {
        let came = stock::ever_came(conn, &awaited)?;
        for variant in &mut variants {
            variant.availability = variant.availability.or_pre_order(variant.expected_on.is_some(), came.contains(&variant.id));
        }
    }
    let reduced: Vec<VariantId> = variants.iter().filter(|variant| variant.compare_at.is_some()).map(|variant| variant.id).collect();
    if !reduced.is_empty() {
        let lowest = price_log::lowest_before(conn, &reduced, shop.currency)?;
        variants.iter_mut().for_each(|variant| variant.lowest = lowest.get(&variant.id).copied());
    }
    let text = product.texts.remove(language).unwrap_or_default();
    let or = |translated: String, own: String| if translated.is_empty() { own } else { translated };
    let title = or(text.title, product.title);
    let seo_title = or(text.seo_title, product.seo_title);
    let states: Vec<Availability> = variants.iter().map(|variant| variant.availability).collect();
    Ok(ProductPage {
        id,
        slug: product.slug,
        gift_card: product.gift_card,
        seo_title: or(seo_title, title.clone()),
        title,
        description_html: or(text.description_html, product.description_html),
        brand: labels.of(&product.brand).to_string(),
        brand_key: product.brand.clone(),
        product_type: labels.of(&product.product_type).to_string(),
        tags: product.tags.iter().map(|tag| labels.of(tag).to_string()).collect(),
        seo_description: or(text.seo_description, product.seo_description),
        currency: shop.currency,
        pictures,
        options: options(&product.options, &variants, &labels),
        attributes: attributes(&product.attributes, &definitions, &labels),
        categories: product.categories.iter().map(|id| tree.path(*id).into_iter().cloned().collect()).collect(),
        availability: Availability::best(&states),
        price_from: variants.iter().map(|variant| variant.price).min(),
        price_to: variants.iter().map(|variant| variant.price).max(),
        variants,
        updated_at,
    })
}

fn attributes(stored: &[(String, String)], definitions: &Definitions, labels: &Labels) -> Vec<PageAttribute> {
    let place = |name: &str| definitions.all.iter().position(|one| one.name == name).unwrap_or(usize::MAX);
    let mut shown: Vec<&(String, String)> =
        stored.iter().filter(|(name, _)| definitions.named(name).is_none_or(|definition| definition.shown)).collect();
    shown.sort_by_key(|(name, _)| place(name));
    let attribute = |(name, text): &(String, String)| {
        let definition = definitions.named(name);
        PageAttribute {
            code: definition.map(|definition| definition.code.clone()),
            name: labels.of(name).to_string(),
            text: labels.of(text).to_string(),
            value: definition.and_then(|definition| definition.read(text).ok()),
            unit: definition.map(|definition| labels.of(&definition.unit).to_string()).unwrap_or_default(),
        }
    };
    shown.into_iter().map(attribute).collect()
}

/// Only values that a variant on sale has: nobody chooses what cannot be had.
fn options(names: &[String], variants: &[PageVariant], labels: &Labels) -> Vec<ProductOption> {
    let option = |(at, name): (usize, &String)| {
        let mut values: Vec<(String, String)> = Vec::new();
        for value in variants.iter().filter_map(|variant| variant.options.get(at)) {
            if !values.iter().any(|(known, _)| known == value) {
                values.push((value.clone(), labels.of(value).to_string()));
            }
        }
        ProductOption { key: name.clone(), name: labels.of(name).to_string(), values }
    };
    names.iter().enumerate().map(option).collect()
}

fn sources(conn: &mut Conn, id: ProductId) -> Result<HashMap<String, String>> {
    let rows: Vec<(String, Option<String>)> = product_pictures::table
        .filter(product_pictures::product_id.eq(id))
        .select((product_pictures::source, product_pictures::picture_hash))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(source, hash)| Some((source, hash?))).collect())
}
