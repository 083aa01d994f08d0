//! The rows of a product: each part is written when it differs from what is stored.

use super::price_log::{self, Change};
use super::product::{Product, Variant};
use super::save::{PICTURE_JOB, Saving};
use super::window::{self, Window};
use crate::ids::{ProductId, VariantId};
use crate::pictures::{self, FetchJob};
use crate::schema::{
    cart_lines, order_lines, price_list_prices, price_list_terms, prices, product_attributes as attributes, product_categories,
    product_pictures, product_tags, product_texts, products as rows, quote_lines, requisition_lines, stock_movements, variants,
};
use crate::units::Unit;
use crate::{redirects, stock};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::json::text as json;
use kernel::{Conn, Error, Result, token};
use std::collections::HashMap;

/// Writes `after` over `before`.
pub(super) fn product(conn: &mut Conn, before: Option<&Product>, after: &Product, saving: &Saving) -> Result<ProductId> {
    let id = base(conn, before, after, saving.now)?;
    let slug = before.map(|before| before.slug.as_str());
    if slug != Some(after.slug.as_str()) {
        redirects::moved(conn, redirects::Page::Product(id), slug, &after.slug)?;
    }
    if before.map_or(Window::default(), |before| before.window) != after.window {
        window::plan(conn, id, &after.window, saving.now)?;
    }
    lists(conn, id, before, after)?;
    gallery(conn, id, before, after, saving)?;
    let gone: Vec<VariantId> = before
        .into_iter()
        .flat_map(|before| &before.variants)
        .filter(|old| old.active && !after.variants.iter().any(|new| new.id == old.id))
        .filter_map(|old| old.id)
        .collect();
    if !gone.is_empty() {
        diesel::update(variants::table.filter(variants::id.eq_any(gone))).set(variants::active.eq(false)).execute(conn)?;
    }
    free_skus(conn, before, after)?;
    let (mut added, mut repriced) = (Vec::new(), Vec::new());
    for (at, new) in after.variants.iter().enumerate() {
        match before.into_iter().flat_map(|before| before.variants.iter().enumerate()).find(|(_, old)| old.id.is_some() && old.id == new.id)
        {
            Some(old) => repriced.extend(variant(conn, id, old, (at, new), saving)?),
            None => added.push((at, new)),
        }
    }
    price_log::record(conn, &repriced, saving.currency.code(), saving.actor, saving.now)?;
    add_variants(conn, id, &added, saving)?;
    Ok(id)
}

fn base(conn: &mut Conn, before: Option<&Product>, after: &Product, now: Time) -> Result<ProductId> {
    let fields = (
        rows::slug.eq(&after.slug),
        rows::status.eq(after.status),
        rows::title.eq(&after.title),
        rows::description_html.eq(&after.description_html),
        rows::brand.eq(&after.brand),
        rows::product_type.eq(&after.product_type),
        rows::tags.eq(json(&after.tags)?),
        rows::option_names.eq(json(&after.options)?),
        rows::seo_title.eq(&after.seo_title),
        rows::seo_description.eq(&after.seo_description),
        rows::import_hash.eq(&after.import_hash),
        rows::gift_card.eq(after.gift_card),
        rows::publish_from.eq(after.window.from),
        rows::publish_until.eq(after.window.until),
        rows::listed.eq(window::listed(after.status, &after.window, now)),
        rows::updated_at.eq(now),
    );
    let Some(id) = after.id else {
        let born = (rows::created_at.eq(now), rows::published_at.eq(now));
        return Ok(diesel::insert_into(rows::table).values((fields, born)).returning(rows::id).get_result(conn)?);
    };
    diesel::update(rows::table.find(id)).set(fields).execute(conn)?;
    // What was hidden until now is new to the shoppers.
    if before.is_some_and(|before| before.status != after.status && before.status == super::Status::Draft) {
        diesel::update(rows::table.find(id)).set(rows::published_at.eq(now)).execute(conn)?;
    }
    Ok(id)
}

fn lists(conn: &mut Conn, id: ProductId, before: Option<&Product>, after: &Product) -> Result<()> {
    if before.map_or(!after.texts.is_empty(), |before| before.texts != after.texts) {
        if before.is_some() {
            diesel::delete(product_texts::table.filter(product_texts::product_id.eq(id))).execute(conn)?;
        }
        let texts: Vec<_> = after
            .texts
            .iter()
            .map(|(language, text)| {
                (
                    product_texts::product_id.eq(id),
                    product_texts::language.eq(language),
                    product_texts::title.eq(&text.title),
                    product_texts::description_html.eq(&text.description_html),
                    product_texts::seo_title.eq(&text.seo_title),
                    product_texts::seo_description.eq(&text.seo_description),
                )
            })
            .collect();
        kernel::on_each!(conn, c => diesel::insert_into(product_texts::table).values(texts).execute(c))?;
    }
    if before.map_or(!after.tags.is_empty(), |before| before.tags != after.tags) {
        if before.is_some() {
            diesel::delete(product_tags::table.filter(product_tags::product_id.eq(id))).execute(conn)?;
        }
        let tags: Vec<_> = after.tags.iter().map(|tag| (product_tags::product_id.eq(id), product_tags::tag.eq(tag))).collect();
        kernel::on_each!(conn, c => diesel::insert_into(product_tags::table).values(tags).execute(c))?;
    }
    if before.map_or(!after.categories.is_empty(), |before| before.categories != after.categories) {
        if before.is_some() {
            diesel::delete(product_categories::table.filter(product_categories::product_id.eq(id))).execute(conn)?;
        }
        let places: Vec<_> = after
            .categories
            .iter()
            .map(|category| (product_categories::product_id.eq(id), product_categories::category_id.eq(*category)))
            .collect();
        kernel::on_each!(conn, c => diesel::insert_into(product_categories::table).values(places).execute(c))?;
    }
    if before.map_or(!after.attributes.is_empty(), |before| before.attributes != after.attributes) {
        if before.is_some() {
            diesel::delete(attributes::table.filter(attributes::product_id.eq(id))).execute(conn)?;
        }
        let facts: Vec<_> = after
            .attributes
            .iter()
            .zip(0i64..)
            .map(|((name, value), at)| {
                (attributes::product_id.eq(id), attributes::position.eq(at), attributes::name.eq(name), attributes::value.eq(value))
            })
            .collect();
        kernel::on_each!(conn, c => diesel::insert_into(attributes::table).values(facts).execute(c))?;
    }
    Ok(())
}

/// A picture stays the same row while its source does, so that it is fetched once.
fn gallery(conn: &mut Conn, id: ProductId, before: Option<&Product>, after: &Product, saving: &Saving) -> Result<()> {
    let old = before.map(|before| before.pictures.as_slice()).unwrap_or_default();
    if old == after.pictures {
        return Ok(());
    }
    let kept: Vec<&String> = after.pictures.iter().map(|picture| &picture.source).collect();
    let gone: Vec<&String> = old.iter().map(|picture| &picture.source).filter(|source| !kept.contains(source)).collect();
    if !gone.is_empty() {
        diesel::delete(product_pictures::table.filter(product_pictures::product_id.eq(id)).filter(product_pictures::source.eq_any(gone)))
            .execute(conn)?;
    }
    let mut new = Vec::new();
    for (picture, at) in after.pictures.iter().zip(0i64..) {
        if old.iter().any(|known| known.source == picture.source) {
            let row =
                product_pictures::table.filter(product_pictures::product_id.eq(id)).filter(product_pictures::source.eq(&picture.source));
            diesel::update(row).set((product_pictures::position.eq(at), product_pictures::alt.eq(&picture.alt))).execute(conn)?;
        } else {
            new.push((
                product_pictures::product_id.eq(id),
                product_pictures::position.eq(at),
                product_pictures::source.eq(&picture.source),
                product_pictures::alt.eq(&picture.alt),
                product_pictures::picture_hash.eq(picture.hash.as_ref()),
            ));
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    kernel::on_each!(conn, c => diesel::insert_into(product_pictures::table).values(new).execute(c))?;
    fetch(conn, id, saving)
}

/// Has the pictures of a product fetched that nobody fetched yet. A job that waits already is not added again.
fn fetch(conn: &mut Conn, id: ProductId, saving: &Saving) -> Result<()> {
    let missing: Vec<(i64, String)> = product_pictures::table
        .filter(product_pictures::product_id.eq(id))
        .filter(product_pictures::picture_hash.is_null())
        .select((product_pictures::id, product_pictures::source))
        .load(conn)?;
    for (picture, _) in missing.iter().filter(|(_, source)| !pictures::is_embedded(source)) {
        let job = json(&FetchJob { picture: *picture, base: saving.base.map(str::to_string) })?;
        jobs::enqueue_as(conn, Class::Bulk, PICTURE_JOB, &job, Some(&format!("picture:{picture}")), saving.now, saving.now)?;
    }
    Ok(())
}

/// Takes away the SKUs that change, so that two variants can exchange theirs.
fn free_skus(conn: &mut Conn, before: Option<&Product>, after: &Product) -> Result<()> {
    let Some(before) = before else { return Ok(()) };
    let changing: Vec<VariantId> = after
        .variants
        .iter()
        .filter(|new| before.variants.iter().any(|old| old.id == new.id && old.sku != new.sku && old.sku.is_some()))
        .filter_map(|new| new.id)
        .collect();
    if changing.len() > 1 {
        diesel::update(variants::table.filter(variants::id.eq_any(changing))).set(variants::sku.eq(None::<String>)).execute(conn)?;
    }
    Ok(())
}

/// A variant's own row.
#[derive(Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = variants, treat_none_as_default_value = false, treat_none_as_null = true)]
struct VariantRow<'a> {
    product_id: ProductId,
    position: i64,
    sku: Option<&'a str>,
    barcode: &'a str,
    option_values: String,
    picture_source: &'a str,
    weight_grams: i64,
    requires_shipping: bool,
    taxable: bool,
    tax_class: &'a str,
    active: bool,
    unit: Unit,
    unit_precision: i64,
}

impl VariantRow<'_> {
    fn of(product: ProductId, at: usize, variant: &Variant) -> Result<VariantRow<'_>> {
        Ok(VariantRow {
            product_id: product,
            position: i64::try_from(at).map_err(Error::unexpected)?,
            sku: variant.sku.as_deref(),
            barcode: &variant.barcode,
            option_values: json(&variant.options)?,
            picture_source: &variant.picture,
            weight_grams: variant.weight_grams,
            requires_shipping: variant.requires_shipping,
            taxable: variant.taxable,
            tax_class: &variant.tax_class,
            active: variant.active,
            unit: variant.measure.unit,
            unit_precision: variant.measure.precision,
        })
    }
}

/// Whether quantities of a variant stand anywhere: in orders, in stock, in carts and lists, in quotes, in terms of price lists. They are counted in
/// its steps, and would mean something else by another precision.
fn measured(conn: &mut Conn, id: VariantId) -> Result<bool> {
    let ordered: i64 = order_lines::table.filter(order_lines::variant_id.eq(id)).count().get_result(conn)?;
    let moved = stock_movements::table.filter(stock_movements::variant_id.eq(id));
    let moved: i64 = moved.filter(stock_movements::on_hand.ne(0).or(stock_movements::allocated.ne(0))).count().get_result(conn)?;
    let carts: i64 = cart_lines::table.filter(cart_lines::variant_id.eq(id)).count().get_result(conn)?;
    let lists: i64 = requisition_lines::table.filter(requisition_lines::variant_id.eq(id)).count().get_result(conn)?;
    let quoted: i64 = quote_lines::table.filter(quote_lines::variant_id.eq(id)).count().get_result(conn)?;
    let breaks = price_list_prices::table.filter(price_list_prices::variant_id.eq(id)).filter(price_list_prices::min_quantity.gt(1));
    let breaks: i64 = breaks.count().get_result(conn)?;
    let terms: i64 = price_list_terms::table.filter(price_list_terms::variant_id.eq(id)).count().get_result(conn)?;
    Ok(ordered + moved + carts + lists + quoted + breaks + terms > 0)
}

/// Changes a stored variant, and answers the change of its price for the log.
fn variant(
    conn: &mut Conn,
    product: ProductId,
    (place, old): (usize, &Variant),
    (at, new): (usize, &Variant),
    saving: &Saving,
) -> Result<Option<Change>> {
    let Some(id) = old.id.filter(|_| place != at || old != new) else { return Ok(None) };
    if old.measure.precision != new.measure.precision && measured(conn, id)? {
        return Err(Error::field(&format!("variants.{at}.precision"), "unit-precision-used"));
    }
    let row = VariantRow::of(product, at, new)?;
    if place != at || VariantRow::of(product, at, old)? != row {
        diesel::update(variants::table.find(id)).set(row).execute(conn)?;
    }
    if (old.price, old.compare_at, old.cost) != (new.price, new.compare_at, new.cost) {
        price(conn, id, new, saving.currency.code())?;
    }
    if (old.tracked, old.oversell) != (new.tracked, new.oversell) {
        stock::ensure(conn, id, new.tracked, new.oversell)?;
    }
    if let Some(count) = new.count.filter(|count| old.on_hand != *count) {
        let key = format!("catalog:{id}:{}", token::random());
        stock::set_on_hand(conn, id, count, "catalogue", &key, saving.actor, saving.now)?;
    }
    Ok(Some(Change { variant: id, before: (old.price, old.compare_at), after: (new.price, new.compare_at) }))
}

fn price(conn: &mut Conn, id: VariantId, new: &Variant, currency: &str) -> Result<()> {
    let Some(amount) = new.price else {
        diesel::delete(prices::table.find((id, currency))).execute(conn)?;
        return Ok(());
    };
    let row = (
        prices::variant_id.eq(id),
        prices::currency.eq(currency),
        prices::amount.eq(amount),
        prices::compare_at.eq(new.compare_at),
        prices::cost.eq(new.cost),
    );
    let change = (prices::amount.eq(amount), prices::compare_at.eq(new.compare_at), prices::cost.eq(new.cost));
    kernel::on_each!(conn, c => diesel::insert_into(prices::table)
        .values(row).on_conflict((prices::variant_id, prices::currency)).do_update().set(change).execute(c))?;
    Ok(())
}

/// Adds variants with their prices and stock, in a few statements for all of them: a catalogue is brought in by the thousands.
fn add_variants(conn: &mut Conn, product: ProductId, added: &[(usize, &Variant)], saving: &Saving) -> Result<()> {
    if added.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = added.iter().map(|(at, variant)| VariantRow::of(product, *at, variant)).collect::<Result<_>>()?;
    kernel::on_each!(conn, c => diesel::insert_into(variants::table).values(rows).execute(c))?;
    // Variants that are not named any more keep their places, so the newest at a place is the one added.
    let stored: HashMap<i64, VariantId> = variants::table
        .filter(variants::product_id.eq(product))
        .order(variants::id)
        .select((variants::position, variants::id))
        .load(conn)?
        .into_iter()
        .collect();
    let id = |at: usize| {
        let place = i64::try_from(at).map_err(Error::unexpected)?;
        stored.get(&place).copied().ok_or_else(|| Error::unexpected("an added variant is not stored"))
    };
    let (mut priced, mut first_prices, mut openings) = (Vec::new(), Vec::new(), Vec::new());
    for (at, variant) in added {
        let id = id(*at)?;
        priced.extend(variant.price.map(|amount| {
            (
                prices::variant_id.eq(id),
                prices::currency.eq(saving.currency.code()),
                prices::amount.eq(amount),
                prices::compare_at.eq(variant.compare_at),
                prices::cost.eq(variant.cost),
            )
        }));
        first_prices.push(Change { variant: id, before: (None, None), after: (variant.price, variant.compare_at) });
        openings.push(stock::Opening {
            variant: id,
            tracked: variant.tracked,
            oversell: variant.oversell,
            on_hand: variant.count.unwrap_or(0),
        });
    }
    if !priced.is_empty() {
        kernel::on_each!(conn, c => diesel::insert_into(prices::table).values(priced).execute(c))?;
    }
    price_log::record(conn, &first_prices, saving.currency.code(), saving.actor, saving.now)?;
    stock::open(conn, &openings, saving.actor, saving.now)
}
