//! Storing a product: checked as a whole, then only what differs is written.

use super::product::{Product, Text, Variant, products};
use super::slug::{slug, unique};
use super::write;
use crate::collections;
use crate::gift_cards;
use crate::ids::{ProductId, VariantId};
use crate::imports::clean_html;
use crate::schema::{products as rows, variants};
use crate::units::Measure;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::events::{self, Event};
use kernel::money::Currency;
use kernel::{Conn, Error, Result, token};
use std::collections::{BTreeMap, HashSet};

/// The kind of job that fetches a picture; its payload is what [`crate::pictures::fetch_plan`] reads.
pub const PICTURE_JOB: &str = "picture.fetch";

/// The most variants of one product.
const VARIANTS: usize = 2000;
/// The most of any amount or weight: far above any shop's and far below what a sum could overflow with.
const LARGEST: i64 = 1_000_000_000_000;

/// Who saves, when, and in which currency the prices are.
#[derive(Clone, Debug)]
pub struct Saving<'a> {
    pub currency: Currency,
    pub actor: &'a str,
    /// The folder in which pictures given by path are looked for; without it only addresses are fetched.
    pub base: Option<&'a str>,
    pub now: Time,
}

/// What saving did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    pub id: ProductId,
    /// False when everything was stored like that already.
    pub changed: bool,
}

/// Adds a product, or changes the one with its id. Variants of the stored product that are not named any more stay with their
/// history and are no longer sold. Fails with `Invalid` naming fields, with `Conflict` when stock is promised to orders.
pub fn save_product(conn: &mut Conn, product: &Product, saving: &Saving) -> Result<Saved> {
    let before = match product.id {
        None => None,
        Some(id) => Some(products(conn, &[id], saving.currency)?.pop().ok_or(Error::NotFound)?),
    };
    save_over(conn, before.as_ref(), checked(product)?, saving)
}

/// Stores a [`checked`] product over what is known to be stored.
fn save_over(conn: &mut Conn, before: Option<&Product>, after: Product, saving: &Saving) -> Result<Saved> {
    let saved = save_untold(conn, before, after, saving)?;
    if saved.changed {
        collections::follow(conn, &[saved.id])?;
        let (id, event) = (saved.id, Event::ProductChanged { product: saved.id.0 });
        events::record(conn, "catalog", &format!("{id}:{}", token::random()), &event, saving.now)?;
    }
    Ok(saved)
}

/// [`save_over`] without telling anybody: the caller tells of many at once, and has collections follow.
pub(crate) fn save_untold(conn: &mut Conn, before: Option<&Product>, mut after: Product, saving: &Saving) -> Result<Saved> {
    if let (Some(before), Some(id)) = (before, after.id)
        && *before == after
    {
        return Ok(Saved { id, changed: false });
    }
    if before.is_none_or(|before| before.slug != after.slug) {
        after.slug = free_slug(conn, &after)?;
    }
    check_skus(conn, before, &after)?;
    let id = write::product(conn, before, &after, saving)?;
    Ok(Saved { id, changed: true })
}

/// The product as it will be stored: trimmed, texts made safe. `Invalid` names what cannot be stored.
pub(crate) fn checked(product: &Product) -> Result<Product> {
    let mut product = product.clone();
    let mut fields = Fields::default();
    line(&mut fields, "title", &mut product.title, 300);
    if product.title.is_empty() {
        fields.add("title", "admin-required");
    }
    line(&mut fields, "brand", &mut product.brand, 200);
    line(&mut fields, "product_type", &mut product.product_type, 200);
    line(&mut fields, "seo_title", &mut product.seo_title, 500);
    line(&mut fields, "seo_description", &mut product.seo_description, 5000);
    html(&mut fields, "description", &mut product.description_html);
    let mut texts = BTreeMap::new();
    for (language, mut text) in std::mem::take(&mut product.texts) {
        line(&mut fields, &format!("title_{language}"), &mut text.title, 300);
        line(&mut fields, &format!("seo_title_{language}"), &mut text.seo_title, 500);
        line(&mut fields, &format!("seo_description_{language}"), &mut text.seo_description, 5000);
        html(&mut fields, &format!("description_{language}"), &mut text.description_html);
        if text != Text::default() {
            texts.insert(language, text);
        }
    }
    product.texts = texts;
    if product.window.from.zip(product.window.until).is_some_and(|(from, until)| from >= until) {
        fields.add("publish_until", "publish-window-order");
    }
    words(&mut fields, "tags", &mut product.tags);
    words(&mut fields, "options", &mut product.options);
    product.categories.sort_unstable();
    product.categories.dedup();
    for (name, value) in &mut product.attributes {
        line(&mut fields, "attributes", name, 200);
        line(&mut fields, "attributes", value, 2000);
    }
    product.attributes.retain(|(name, value)| !name.is_empty() && !value.is_empty());
    let mut sources = HashSet::new();
    for picture in &mut product.pictures {
        line(&mut fields, "pictures", &mut picture.source, 2000);
        line(&mut fields, "pictures", &mut picture.alt, 1000);
    }
    product.pictures.retain(|picture| !picture.source.is_empty() && sources.insert(picture.source.clone()));
    if product.gift_card {
        product.variants.iter_mut().for_each(as_gift_card);
    }
    check_variants(&mut fields, &mut product);
    fields.check()?;
    Ok(product)
}

fn check_variants(fields: &mut Fields, product: &mut Product) {
    if product.options.len() > 3 {
        fields.add("options", "admin-options-too-many");
    }
    if product.variants.len() > VARIANTS {
        fields.add("variants", "admin-variants-too-many");
    }
    let mut options: HashSet<Vec<String>> = HashSet::new();
    let mut skus: HashSet<String> = HashSet::new();
    for (at, variant) in product.variants.iter_mut().enumerate() {
        let field = |name: &str| format!("variants.{at}.{name}");
        if let Some(sku) = &mut variant.sku {
            line(fields, &field("sku"), sku, 200);
        }
        variant.sku = variant.sku.take().filter(|sku| !sku.is_empty());
        line(fields, &field("barcode"), &mut variant.barcode, 200);
        line(fields, &field("tax_class"), &mut variant.tax_class, 50);
        for value in &mut variant.options {
            line(fields, &field("options"), value, 200);
        }
        if variant.sku.as_ref().is_some_and(|sku| !skus.insert(sku.clone())) {
            fields.add(&field("sku"), "admin-sku-taken");
        }
        let complete = variant.options.len() == product.options.len() && variant.options.iter().all(|value| !value.is_empty());
        if variant.active && !(complete && options.insert(variant.options.clone())) {
            fields.add(&field("options"), "admin-options-invalid");
        }
        amounts(fields, &field, variant);
        if !(0..=Measure::FINEST).contains(&variant.measure.precision) {
            fields.add(&field("precision"), "unit-precision-invalid");
        }
        let value = variant.price.filter(|_| product.gift_card);
        if value.is_some_and(|value| !(1..=gift_cards::MOST).contains(&value)) {
            fields.add(&field("price"), "gift-card-amount");
        }
    }
}

/// A code is sent by mail, from no shelf, and taxed when it is used.
fn as_gift_card(variant: &mut Variant) {
    (variant.tracked, variant.oversell, variant.count) = (false, false, None);
    (variant.weight_grams, variant.requires_shipping, variant.taxable) = (0, false, false);
    variant.measure = Measure::PIECE;
}

fn amounts(fields: &mut Fields, field: &dyn Fn(&str) -> String, variant: &Variant) {
    let mut within = |name: &str, value: Option<i64>| {
        if value.is_some_and(|value| !(0..=LARGEST).contains(&value)) {
            fields.add(&field(name), "admin-amount-range");
        }
    };
    within("price", variant.price);
    within("compare_at", variant.compare_at);
    within("cost", variant.cost);
    within("weight", Some(variant.weight_grams));
    within("quantity", variant.count);
    if variant.price.is_none() && variant.compare_at.or(variant.cost).is_some() {
        fields.add(&field("price"), "admin-required");
    }
}

fn line(fields: &mut Fields, name: &str, text: &mut String, limit: usize) {
    if text.trim().len() != text.len() {
        *text = text.trim().to_string();
    }
    if text.contains('\0') || text.chars().count() > limit {
        fields.add(name, "admin-text-invalid");
    }
}

fn html(fields: &mut Fields, name: &str, text: &mut String) {
    if text.contains('\0') || text.len() > 1 << 20 {
        fields.add(name, "admin-text-invalid");
    } else if text.contains(['<', '&', '>']) {
        *text = clean_html(text);
    }
}

fn words(fields: &mut Fields, name: &str, words: &mut Vec<String>) {
    for word in words.iter_mut() {
        line(fields, name, word, 200);
    }
    let mut seen = HashSet::new();
    words.retain(|word| !word.is_empty() && seen.insert(word.clone()));
}

/// The slug asked for, refused when another product has it; or one made from the title, with a number when taken.
fn free_slug(conn: &mut Conn, product: &Product) -> Result<String> {
    let asked = slug(&product.slug);
    let wanted = match (asked.is_empty(), slug(&product.title)) {
        (false, _) => asked.clone(),
        (true, made) if made.is_empty() => "product".into(),
        (true, made) => made,
    };
    let holder: Option<ProductId> = rows::table.filter(rows::slug.eq(&wanted)).select(rows::id).first(conn).optional()?;
    match holder {
        Some(holder) if Some(holder) != product.id => {}
        _ => return Ok(wanted),
    }
    if !asked.is_empty() {
        return Err(Error::field("slug", "admin-slug-taken"));
    }
    let taken: Vec<(ProductId, String)> =
        rows::table.filter(rows::slug.like(format!("{wanted}%"))).select((rows::id, rows::slug)).load(conn)?;
    let taken: HashSet<String> = taken.into_iter().filter(|(id, _)| Some(*id) != product.id).map(|(_, slug)| slug).collect();
    Ok(unique(&wanted, &taken))
}

/// A SKU names one variant of the whole shop: `Invalid` names those that another variant has.
pub(crate) fn check_skus(conn: &mut Conn, before: Option<&Product>, after: &Product) -> Result<()> {
    let known: HashSet<&String> =
        before.into_iter().flat_map(|before| &before.variants).filter_map(|variant| variant.sku.as_ref()).collect();
    let new: Vec<&String> = after.variants.iter().filter_map(|variant| variant.sku.as_ref()).filter(|sku| !known.contains(sku)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let taken: Vec<(VariantId, Option<String>)> =
        variants::table.filter(variants::sku.eq_any(new)).select((variants::id, variants::sku)).load(conn)?;
    let mut fields = Fields::default();
    for (at, variant) in after.variants.iter().enumerate() {
        if taken.iter().any(|(id, sku)| *sku == variant.sku && Some(*id) != variant.id) {
            fields.add(&format!("variants.{at}.sku"), "admin-sku-taken");
        }
    }
    fields.check()
}
