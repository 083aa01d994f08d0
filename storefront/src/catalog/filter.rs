//! Which products the back office asks for.

use super::categories::categories;
use super::product::Status;
use crate::ids::{CategoryId, ProductId, VariantId};
use crate::schema::{product_categories, product_tags, products, variants};
use crate::shop::OWN_LANGUAGE;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use kernel::money::Currency;
use kernel::{Conn, Result};
use std::collections::HashSet;

kernel::words!(
    /// Whether there is something to sell of a variant.
    Stocked {
        /// A unit is free, or nobody counts.
        In = "in",
        Out = "out",
    }
);

/// What the back office asks of its product list. What is left empty is not asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub status: Option<Status>,
    /// Part of a title or slug, or a whole SKU or barcode. The case of letters beyond ASCII counts.
    pub text: String,
    /// In it or below it.
    pub category: Option<CategoryId>,
    pub brand: String,
    pub tag: String,
    /// Stock and price speak of one and the same variant that is sold.
    pub stock: Option<Stocked>,
    /// Lowest and highest price in minor units, both inclusive.
    pub price: (Option<i64>, Option<i64>),
    /// The last id of the page before.
    pub before: Option<ProductId>,
}

diesel::define_sql_function!(fn lower(text: Text) -> Text);

/// Whether a title holds a word, as the list of products looks for it.
pub(crate) fn title_holds(word: &str) -> TitleHolds {
    let typed = format!("%{}%", escaped(word));
    let small = typed.to_lowercase();
    Box::new(lower(products::title).like(small).escape('\\').or(products::title.like(typed).escape('\\')))
}

/// A condition on a product, in the dialect of either database.
pub(crate) type TitleHolds = Box<dyn BoxableExpression<products::table, <Conn as diesel::Connection>::Backend, SqlType = Bool>>;

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

impl Filter {
    /// Whether only some of a product's variants may be meant.
    fn of_variants(&self) -> bool {
        self.stock.is_some() || self.price != (None, None)
    }
}

/// What a row of `variants` must be. Only numbers and the code of a currency are written into it, never a text that somebody typed.
fn meant(filter: &Filter, currency: Currency) -> String {
    let mut conditions = String::from("variants.active");
    if filter.price != (None, None) {
        conditions.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM prices WHERE prices.variant_id = variants.id AND prices.currency = '{}' AND prices.amount BETWEEN {} AND {})",
            currency.code(),
            filter.price.0.unwrap_or(0),
            filter.price.1.unwrap_or(i64::MAX),
        ));
    }
    if let Some(stock) = filter.stock {
        conditions.push_str(&format!(
            " AND {}EXISTS (SELECT 1 FROM stock_levels WHERE stock_levels.variant_id = variants.id AND stock_levels.tracked
              AND stock_levels.on_hand - stock_levels.allocated - stock_levels.held <= 0)",
            if stock == Stocked::In { "NOT " } else { "" },
        ));
    }
    conditions
}

/// Ids of the products that are asked for, the newest first.
pub fn found(conn: &mut Conn, filter: &Filter, currency: Currency, limit: i64) -> Result<Vec<ProductId>> {
    let mut query = products::table.select(products::id).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(products::status.eq(status));
    }
    if let Some(before) = filter.before {
        query = query.filter(products::id.lt(before));
    }
    if let Some(category) = filter.category {
        let below = categories(conn, OWN_LANGUAGE)?.subtree(category);
        query = query.filter(products::id.eq_any(
            product_categories::table.filter(product_categories::category_id.eq_any(below)).select(product_categories::product_id),
        ));
    }
    if !filter.brand.is_empty() {
        query = query.filter(products::brand.eq(filter.brand.clone()));
    }
    if !filter.tag.is_empty() {
        let tagged = product_tags::table.filter(product_tags::tag.eq(filter.tag.clone()));
        query = query.filter(products::id.eq_any(tagged.select(product_tags::product_id)));
    }
    if filter.of_variants() {
        let condition = meant(filter, currency);
        let any = format!("EXISTS (SELECT 1 FROM variants WHERE variants.product_id = products.id AND {condition})");
        query = query.filter(sql::<Bool>(&any));
    }
    let text = filter.text.trim();
    if !text.is_empty() {
        let typed = format!("%{}%", escaped(text));
        let small = typed.to_lowercase();
        let by_code = variants::table.filter(variants::sku.eq(text.to_string()).or(variants::barcode.eq(text.to_string())));
        query = query.filter(
            lower(products::title)
                .like(small.clone())
                .escape('\\')
                .or(products::title.like(typed).escape('\\'))
                .or(products::slug.like(small).escape('\\'))
                .or(products::id.eq_any(by_code.select(variants::product_id))),
        );
    }
    Ok(query.order(products::id.desc()).limit(limit).load(conn)?)
}

/// The variants of these products that are meant: those that are sold and, when stock or price are asked about, answer to that.
pub fn found_variants(conn: &mut Conn, filter: &Filter, currency: Currency, products: &[ProductId]) -> Result<HashSet<VariantId>> {
    let mut meant_ids = HashSet::new();
    for ids in products.chunks(super::CHUNK) {
        let rows: Vec<VariantId> = variants::table
            .filter(variants::product_id.eq_any(ids))
            .filter(sql::<Bool>(&meant(filter, currency)))
            .select(variants::id)
            .load(conn)?;
        meant_ids.extend(rows);
    }
    Ok(meant_ids)
}
