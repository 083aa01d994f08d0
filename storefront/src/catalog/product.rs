//! A product as the merchant keeps it, whole: what the back office edits and an import compares with.

use super::window::Window;
use crate::ids::{CategoryId, ProductId, VariantId};
use crate::schema::{
    prices, product_attributes as attributes, product_categories, product_pictures, product_texts, products as rows, stock_levels, variants,
};
use crate::units::{Measure, Unit};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::money::Currency;
use kernel::{Conn, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

kernel::words!(
    /// Whether shoppers see a product.
    Status {
        Active = "active",
        /// Not yet.
        Draft = "draft",
        /// No longer; its orders still name it.
        Archived = "archived",
    }
);

/// A product in the shop's own language, with translations beside it. Amounts are minor units of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// None before it is stored.
    pub id: Option<ProductId>,
    /// Empty before it is stored: the title then gives it.
    pub slug: String,
    pub status: Status,
    pub title: String,
    pub description_html: String,
    pub brand: String,
    pub product_type: String,
    pub tags: Vec<String>,
    /// What the variants differ in, at most three.
    pub options: Vec<String>,
    pub seo_title: String,
    pub seo_description: String,
    /// What the last import said, as a hash; empty when it never came from a file.
    pub import_hash: String,
    /// Each unit sold is a gift card over its price: no tax, no delivery, no stock, no promotions.
    #[serde(default)]
    pub gift_card: bool,
    /// When it is shown while it is active.
    pub window: Window,
    pub texts: BTreeMap<String, Text>,
    /// By id.
    pub categories: Vec<CategoryId>,
    pub attributes: Vec<(String, String)>,
    pub pictures: Vec<Picture>,
    /// In their order, those that are not sold any more at their old place with `active` off.
    pub variants: Vec<Variant>,
}

/// The texts of a product in a further language; an empty one falls back to the shop's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub title: String,
    pub description_html: String,
    pub seo_title: String,
    pub seo_description: String,
}

/// A picture of the gallery; `source` is its identity within the product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub source: String,
    pub alt: String,
    /// None until it is fetched.
    pub hash: Option<String>,
}

/// What can be bought of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// None before it is stored.
    pub id: Option<VariantId>,
    pub sku: Option<String>,
    pub barcode: String,
    /// A value for each option of the product.
    pub options: Vec<String>,
    pub price: Option<i64>,
    pub compare_at: Option<i64>,
    pub cost: Option<i64>,
    pub tracked: bool,
    pub oversell: bool,
    /// Units in the house when it was read. To change it, set `count`.
    pub on_hand: i64,
    /// Units in the house from now on, when saving sets them.
    pub count: Option<i64>,
    pub weight_grams: i64,
    /// What the prices are for, and how finely it can be ordered. The precision is fixed once anything stands in it.
    #[serde(default)]
    pub measure: Measure,
    pub requires_shipping: bool,
    pub taxable: bool,
    pub tax_class: String,
    /// The `source` of the picture that shows it, or empty.
    pub picture: String,
    pub active: bool,
}

impl Default for Product {
    fn default() -> Product {
        Product {
            id: None,
            slug: String::new(),
            status: Status::Draft,
            title: String::new(),
            description_html: String::new(),
            brand: String::new(),
            product_type: String::new(),
            tags: Vec::new(),
            options: Vec::new(),
            seo_title: String::new(),
            seo_description: String::new(),
            import_hash: String::new(),
            gift_card: false,
            window: Window::default(),
            texts: BTreeMap::new(),
            categories: Vec::new(),
            attributes: Vec::new(),
            pictures: Vec::new(),
            variants: Vec::new(),
        }
    }
}

impl Default for Variant {
    fn default() -> Variant {
        Variant {
            id: None,
            sku: None,
            barcode: String::new(),
            options: Vec::new(),
            price: None,
            compare_at: None,
            cost: None,
            tracked: true,
            oversell: false,
            on_hand: 0,
            count: None,
            weight_grams: 0,
            measure: Measure::PIECE,
            requires_shipping: true,
            taxable: true,
            tax_class: "standard".into(),
            picture: String::new(),
            active: true,
        }
    }
}

type ProductRow = (
    (ProductId, String, Status, String, String, String, String),
    (Json<Vec<String>>, Json<Vec<String>>, String, String, String),
    (Option<Time>, Option<Time>, bool),
);
type VariantRow = (
    (VariantId, ProductId, Option<String>, String, Json<Vec<String>>, String),
    (i64, bool, bool, String, bool, (Unit, i64)),
    Option<(i64, Option<i64>, Option<i64>)>,
    Option<(bool, bool, i64)>,
);

/// The products of `ids` that exist, in that order, with prices in `currency`. Six queries for each thousand.
pub fn products(conn: &mut Conn, ids: &[ProductId], currency: Currency) -> Result<Vec<Product>> {
    let mut found: HashMap<ProductId, Product> = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(super::CHUNK) {
        let loaded: Vec<ProductRow> = rows::table
            .filter(rows::id.eq_any(ids))
            .select((
                (rows::id, rows::slug, rows::status, rows::title, rows::description_html, rows::brand, rows::product_type),
                (rows::tags, rows::option_names, rows::seo_title, rows::seo_description, rows::import_hash),
                (rows::publish_from, rows::publish_until, rows::gift_card),
            ))
            .load(conn)?;
        found.extend(loaded.into_iter().map(|row| (row.0.0, product(row))));
        add_lists(conn, ids, &mut found)?;
        add_variants(conn, ids, currency, &mut found)?;
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn product(row: ProductRow) -> Product {
    let ((id, slug, status, title, description_html, brand, product_type), lists, (from, until, gift_card)) = row;
    let (Json(tags), Json(options), seo_title, seo_description, hash) = lists;
    Product {
        id: Some(id),
        slug,
        status,
        title,
        description_html,
        brand,
        product_type,
        tags,
        options,
        seo_title,
        seo_description,
        import_hash: hash,
        gift_card,
        window: Window { from, until },
        ..Product::default()
    }
}

fn add_lists(conn: &mut Conn, ids: &[ProductId], found: &mut HashMap<ProductId, Product>) -> Result<()> {
    let texts: Vec<(ProductId, String, String, String, String, String)> =
        product_texts::table.filter(product_texts::product_id.eq_any(ids)).load(conn)?;
    for (id, language, title, description_html, seo_title, seo_description) in texts {
        if let Some(product) = found.get_mut(&id) {
            product.texts.insert(language, Text { title, description_html, seo_title, seo_description });
        }
    }
    let categories: Vec<(ProductId, CategoryId)> = product_categories::table
        .filter(product_categories::product_id.eq_any(ids))
        .order((product_categories::product_id, product_categories::category_id))
        .load(conn)?;
    for (id, category) in categories {
        if let Some(product) = found.get_mut(&id) {
            product.categories.push(category);
        }
    }
    let facts: Vec<(ProductId, String, String)> = attributes::table
        .filter(attributes::product_id.eq_any(ids))
        .order((attributes::product_id, attributes::position))
        .select((attributes::product_id, attributes::name, attributes::value))
        .load(conn)?;
    for (id, name, value) in facts {
        if let Some(product) = found.get_mut(&id) {
            product.attributes.push((name, value));
        }
    }
    let pictures: Vec<(ProductId, String, String, Option<String>)> = product_pictures::table
        .filter(product_pictures::product_id.eq_any(ids))
        .order((product_pictures::product_id, product_pictures::position, product_pictures::id))
        .select((product_pictures::product_id, product_pictures::source, product_pictures::alt, product_pictures::picture_hash))
        .load(conn)?;
    for (id, source, alt, hash) in pictures {
        if let Some(product) = found.get_mut(&id) {
            product.pictures.push(Picture { source, alt, hash });
        }
    }
    Ok(())
}

fn add_variants(conn: &mut Conn, ids: &[ProductId], currency: Currency, found: &mut HashMap<ProductId, Product>) -> Result<()> {
    let loaded: Vec<VariantRow> = variants::table
        .left_join(prices::table.on(prices::variant_id.eq(variants::id).and(prices::currency.eq(currency.code()))))
        .left_join(stock_levels::table.on(stock_levels::variant_id.eq(variants::id)))
        .filter(variants::product_id.eq_any(ids))
        .order((variants::product_id, variants::position, variants::id))
        .select((
            (variants::id, variants::product_id, variants::sku, variants::barcode, variants::option_values, variants::picture_source),
            (
                variants::weight_grams,
                variants::requires_shipping,
                variants::taxable,
                variants::tax_class,
                variants::active,
                (variants::unit, variants::unit_precision),
            ),
            (prices::amount, prices::compare_at, prices::cost).nullable(),
            (stock_levels::tracked, stock_levels::oversell, stock_levels::on_hand).nullable(),
        ))
        .load(conn)?;
    for ((id, product, sku, barcode, Json(options), picture), flags, price, stock) in loaded {
        let Some(product) = found.get_mut(&product) else { continue };
        let (weight_grams, requires_shipping, taxable, tax_class, active, (unit, precision)) = flags;
        let (tracked, oversell, on_hand) = stock.unwrap_or((false, false, 0));
        product.variants.push(Variant {
            id: Some(id),
            sku,
            barcode,
            options,
            price: price.map(|(amount, ..)| amount),
            compare_at: price.and_then(|(_, compare_at, _)| compare_at),
            cost: price.and_then(|(.., cost)| cost),
            tracked,
            oversell,
            on_hand,
            count: None,
            weight_grams,
            measure: Measure::new(unit, precision),
            requires_shipping,
            taxable,
            tax_class,
            picture,
            active,
        });
    }
    Ok(())
}
