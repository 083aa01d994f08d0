//! Variants as a cart needs them.

use super::assortment::Assortment;
use super::window::Window;
use crate::ids::{ProductId, VariantId};
use crate::labels::Labels;
use crate::schema::{prices, product_pictures, product_texts, products, stock_levels, variants};
use crate::units::{Measure, Unit};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::money::Currency;
use kernel::{Conn, Result, on_each};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// What a unit costs the shop before tax, `None` when nobody said, and how it is taxed.
#[derive(Clone, Debug)]
pub struct Cost {
    pub amount: Option<i64>,
    pub taxable: bool,
    pub tax_class: String,
}

/// What the active variants of these products cost.
pub fn costs(conn: &mut Conn, of: &[ProductId], currency: Currency) -> Result<Vec<(ProductId, VariantId, Cost)>> {
    let priced = prices::variant_id.eq(variants::id).and(prices::currency.eq(currency.code()));
    let rows: Vec<(ProductId, VariantId, Option<i64>, bool, String)> = on_each!(conn, c => variants::table
        .left_join(prices::table.on(priced))
        .filter(variants::product_id.eq_any(of.to_vec()))
        .filter(variants::active.eq(true))
        .select((variants::product_id, variants::id, prices::cost.nullable(), variants::taxable, variants::tax_class))
        .load(c))?;
    let cost = |(product, variant, amount, taxable, tax_class)| (product, variant, Cost { amount, taxable, tax_class });
    Ok(rows.into_iter().map(cost).collect())
}

/// A variant with everything a cart line shows, sums up and checks. Amounts are minor units of the currency asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariantForSale {
    pub id: VariantId,
    pub product_id: ProductId,
    pub sku: Option<String>,
    /// The product's title in the language asked for.
    pub title: String,
    /// Its option values in that language, such as `White / 250 ml`; empty without options.
    pub options: String,
    pub slug: String,
    pub picture_hash: Option<String>,
    /// 0 when there is no price in the currency; it is then not `for_sale`.
    pub unit_price: i64,
    pub compare_at: Option<i64>,
    pub cost: Option<i64>,
    pub weight_grams: i64,
    /// What the prices are for, and how finely it can be ordered.
    pub measure: Measure,
    pub requires_shipping: bool,
    pub taxable: bool,
    pub tax_class: String,
    /// Each unit is a gift card over its price.
    pub gift_card: bool,
    /// The variant is active, its product on show, and there is a price. Says nothing of the stock.
    pub for_sale: bool,
    /// When the product is sold: a sale asks it, for the moment between an edge and the job that follows it.
    pub window: Window,
    /// Whether stock is counted at all.
    pub tracked: bool,
    /// Whether it may be sold beyond the stock.
    pub oversell: bool,
    /// On hand and promised to nobody; below zero when oversold.
    pub available: i64,
    /// When more is expected.
    pub expected_on: Option<Time>,
}

impl VariantForSale {
    /// Whether a cart may hold it at this moment.
    pub fn sold_at(&self, now: Time) -> bool {
        self.for_sale && self.window.open(now)
    }

    /// What a unit costs the shop.
    pub fn cost(&self) -> Cost {
        Cost { amount: self.cost, taxable: self.taxable, tax_class: self.tax_class.clone() }
    }

    /// Whether so many units have to wait for goods that are not here.
    pub fn waits(&self, quantity: i64) -> bool {
        self.tracked && self.oversell && self.available < quantity
    }

    /// The most units that can be ordered now, `None` for any number.
    pub fn limit(&self) -> Option<i64> {
        (self.tracked && !self.oversell).then_some(self.available.max(0))
    }
}

type Stock = (bool, bool, i64, i64, i64, Option<Time>);
type Flags = (i64, bool, bool, String, bool, (Unit, i64));
type Row = (
    (VariantId, ProductId, Option<String>, Json<Vec<String>>, String),
    Flags,
    (String, bool, String, Option<Time>, Option<Time>, bool),
    Option<String>,
    Option<(i64, Option<i64>, Option<i64>)>,
    Option<Stock>,
);

/// Up to so many variants the embedded database is asked for one by one: it keeps such a query prepared, and no list of ids.
const ONE_BY_ONE: usize = 12;

/// The rows of variants on a connection, chosen by a filter.
macro_rules! rows {
    ($conn:expr, $currency:expr, $language:expr, $filter:expr) => {
        variants::table
            .inner_join(products::table.on(products::id.eq(variants::product_id)))
            .left_join(
                product_texts::table
                    .on(product_texts::product_id.eq(variants::product_id).and(product_texts::language.eq($language.to_string()))),
            )
            .left_join(prices::table.on(prices::variant_id.eq(variants::id).and(prices::currency.eq($currency.code()))))
            .left_join(stock_levels::table.on(stock_levels::variant_id.eq(variants::id)))
            .filter($filter)
            .select((
                (variants::id, variants::product_id, variants::sku, variants::option_values, variants::picture_source),
                (
                    variants::weight_grams,
                    variants::requires_shipping,
                    variants::taxable,
                    variants::tax_class,
                    variants::active,
                    (variants::unit, variants::unit_precision),
                ),
                (products::slug, products::listed, products::title, products::publish_from, products::publish_until, products::gift_card),
                product_texts::title.nullable(),
                (prices::amount, prices::compare_at, prices::cost).nullable(),
                (
                    stock_levels::tracked,
                    stock_levels::oversell,
                    stock_levels::on_hand,
                    stock_levels::allocated,
                    stock_levels::held,
                    stock_levels::expected_on,
                )
                    .nullable(),
            ))
            .load::<Row>($conn)
    };
}

/// The variants of `ids` that exist, in no particular order.
pub fn variants_for_sale(conn: &mut Conn, ids: &[VariantId], currency: Currency, language: &str) -> Result<Vec<VariantForSale>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: Vec<Row> = Vec::with_capacity(ids.len());
    if one_by_one(conn, ids.len()) {
        for id in ids {
            rows.extend(on_each!(conn, c => rows!(c, currency, language, variants::id.eq(id)))?);
        }
    } else {
        for ids in ids.chunks(super::CHUNK) {
            rows.extend(rows!(conn, currency, language, variants::id.eq_any(ids))?);
        }
    }
    let mut of_products: Vec<ProductId> = rows.iter().map(|row| row.0.1).collect();
    of_products.sort_unstable();
    of_products.dedup();
    let pictures = pictures_by_product(conn, &of_products)?;
    let labels = Labels::load(conn, language)?;
    Ok(rows.into_iter().map(|row| variant(row, &pictures, &labels)).collect())
}

/// [`variants_for_sale`] in a store: what is outside its part of the catalogue is not `for_sale`.
pub fn for_sale(conn: &mut Conn, sold: &Assortment, ids: &[VariantId], language: &str) -> Result<Vec<VariantForSale>> {
    let mut found = variants_for_sale(conn, ids, sold.currency, language)?;
    let products: Vec<ProductId> = found.iter().map(|variant| variant.product_id).collect();
    if let Some(inside) = sold.inside(conn, &products)? {
        found.iter_mut().for_each(|variant| variant.for_sale &= inside.contains(&variant.product_id));
    }
    Ok(found)
}

fn one_by_one(conn: &Conn, ids: usize) -> bool {
    matches!(conn, Conn::Sqlite(_)) && ids <= ONE_BY_ONE
}

/// Every product that is a gift card.
pub fn gift_cards(conn: &mut Conn) -> Result<HashSet<ProductId>> {
    // Written out and not bound, as in the index `products_gift_cards`.
    let sold_as_cards = diesel::dsl::sql::<diesel::sql_types::Bool>("products.gift_card");
    let ids: Vec<ProductId> = products::table.filter(sold_as_cards).select(products::id).load(conn)?;
    Ok(ids.into_iter().collect())
}

/// The variant with exactly this SKU.
pub fn find_variant(conn: &mut Conn, sku: &str) -> Result<Option<VariantId>> {
    Ok(variants::table.filter(variants::sku.eq(sku)).select(variants::id).first(conn).optional()?)
}

/// Source and hash of the pictures that are there, by product in the order of its gallery.
type Pictures = HashMap<ProductId, Vec<(String, String)>>;

fn pictures_by_product(conn: &mut Conn, ids: &[ProductId]) -> Result<Pictures> {
    let mut rows: Vec<(ProductId, String, Option<String>)> = Vec::new();
    let gallery = product_pictures::table.order((product_pictures::product_id, product_pictures::position, product_pictures::id)).select((
        product_pictures::product_id,
        product_pictures::source,
        product_pictures::picture_hash,
    ));
    if one_by_one(conn, ids.len()) {
        for id in ids {
            rows.extend(
                on_each!(conn, c => gallery.filter(product_pictures::product_id.eq(id)).load::<(ProductId, String, Option<String>)>(c))?,
            );
        }
    } else {
        for ids in ids.chunks(super::CHUNK) {
            rows.extend(gallery.filter(product_pictures::product_id.eq_any(ids)).load::<(ProductId, String, Option<String>)>(conn)?);
        }
    }
    let mut pictures = Pictures::new();
    for (product, source, hash) in rows {
        if let Some(hash) = hash {
            pictures.entry(product).or_default().push((source, hash));
        }
    }
    Ok(pictures)
}

fn variant(row: Row, pictures: &Pictures, labels: &Labels) -> VariantForSale {
    let ((id, product_id, sku, Json(options), picture), flags, product, translated, price, stock) = row;
    let (slug, listed, title, from, until, gift_card) = product;
    let (weight_grams, requires_shipping, taxable, tax_class, active, (unit, precision)) = flags;
    let (tracked, oversell, on_hand, allocated, held, expected_on) = stock.unwrap_or((false, false, 0, 0, 0, None));
    let gallery = pictures.get(&product_id).map(Vec::as_slice).unwrap_or_default();
    let shown = gallery.iter().find(|(source, _)| *source == picture).or(gallery.first());
    VariantForSale {
        id,
        product_id,
        sku,
        title: translated.filter(|text| !text.is_empty()).unwrap_or(title),
        options: labels.joined(&options),
        slug,
        picture_hash: shown.map(|(_, hash)| hash.clone()),
        unit_price: price.map_or(0, |(amount, ..)| amount),
        compare_at: price.and_then(|(amount, compare_at, _)| compare_at.filter(|before| *before > amount)),
        cost: price.and_then(|(.., cost)| cost),
        weight_grams,
        measure: Measure::new(unit, precision),
        requires_shipping,
        taxable,
        tax_class,
        gift_card,
        for_sale: active && listed && price.is_some(),
        tracked,
        oversell,
        available: on_hand - allocated - held,
        expected_on,
        window: Window { from, until },
    }
}
