//! Which products: by category, for the sitemap, for a shelf, and for the back office. Pages go by key, never by offset.

use super::assortment::Assortment;
use super::categories::categories;
use super::filter::{self, Filter};
use super::product::Status;
use crate::ids::{CategoryId, ProductId};
use crate::schema::{collection_products, prices, product_categories, product_pictures, products, stock_levels, variants};
use crate::shop::OWN_LANGUAGE;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// The product with this slug, whatever its status.
pub fn find(conn: &mut Conn, slug: &str) -> Result<Option<ProductId>> {
    Ok(products::table.filter(products::slug.eq(slug)).select(products::id).first(conn).optional()?)
}

/// What a product is called.
#[derive(Clone, Debug, Queryable)]
pub struct Brief {
    pub slug: String,
    pub title: String,
    pub status: Status,
}

/// What a product is called, if it is still there.
pub fn brief(conn: &mut Conn, id: ProductId) -> Result<Option<Brief>> {
    Ok(products::table.find(id).select((products::slug, products::title, products::status)).first(conn).optional()?)
}

/// Products on show after the id `after`, by id, sold in whichever store; with a category, those in it or below it.
pub fn listing(conn: &mut Conn, category: Option<CategoryId>, after: Option<ProductId>, limit: i64) -> Result<Vec<ProductId>> {
    listed(conn, &|| sql("1 = 1"), category, after, limit)
}

/// [`listing`] of what a store sells.
pub fn sold(
    conn: &mut Conn,
    sold: &Assortment,
    category: Option<CategoryId>,
    after: Option<ProductId>,
    limit: i64,
) -> Result<Vec<ProductId>> {
    listed(conn, &|| sold.condition(), category, after, limit)
}

fn listed(
    conn: &mut Conn,
    condition: &dyn Fn() -> SqlLiteral<Bool>,
    category: Option<CategoryId>,
    after: Option<ProductId>,
    limit: i64,
) -> Result<Vec<ProductId>> {
    let after = after.unwrap_or(ProductId(0));
    let Some(category) = category else {
        let listed = products::table.filter(products::listed.eq(true)).filter(products::id.gt(after)).filter(condition());
        return Ok(listed.order(products::id).limit(limit).select(products::id).load(conn)?);
    };
    // A page of each category below, from one range of an index: one query over all of them would gather what they hold before it cuts.
    let mut found = BTreeSet::new();
    for below in categories(conn, OWN_LANGUAGE)?.subtree(category) {
        let page: Vec<ProductId> = product_categories::table
            .inner_join(products::table.on(products::id.eq(product_categories::product_id)))
            .filter(product_categories::category_id.eq(below))
            .filter(product_categories::product_id.gt(after))
            .filter(products::listed.eq(true))
            .filter(condition())
            .order(product_categories::product_id)
            .limit(limit)
            .select(product_categories::product_id)
            .load(conn)?;
        found.extend(page);
    }
    Ok(found.into_iter().take(usize::try_from(limit).unwrap_or(0)).collect())
}

/// Ids of all products after the id `after`, whatever their status, by id: for exports.
pub fn ids(conn: &mut Conn, after: Option<ProductId>, limit: i64) -> Result<Vec<ProductId>> {
    Ok(products::table
        .filter(products::id.gt(after.unwrap_or(ProductId(0))))
        .order(products::id)
        .limit(limit)
        .select(products::id)
        .load(conn)?)
}

/// How many products there are, whatever their status.
pub fn count(conn: &mut Conn) -> Result<i64> {
    Ok(products::table.count().get_result(conn)?)
}

/// The names of all attributes, in order of the first product that has them.
pub fn attribute_names(conn: &mut Conn) -> Result<Vec<String>> {
    use crate::schema::product_attributes as attributes;
    Ok(attributes::table
        .group_by(attributes::name)
        .order((diesel::dsl::min(attributes::product_id), diesel::dsl::min(attributes::position)))
        .select(attributes::name)
        .load(conn)?)
}

/// Slug and time of change of the products of a store with ids after `from` up to `until`, by id: for the sitemap.
pub fn slugs(conn: &mut Conn, sold: &Assortment, from: i64, until: i64) -> Result<Vec<(String, Time)>> {
    Ok(products::table
        .filter(products::listed.eq(true))
        .filter(products::id.gt(ProductId(from)).and(products::id.le(ProductId(until))))
        .filter(sold.condition())
        .order(products::id)
        .select((products::slug, products::updated_at))
        .load(conn)?)
}

/// The numbers of the ranges of `size` ids, counted from 0, in which a store may have products: those with its members, or all up to the
/// last product on show.
pub fn ranges(conn: &mut Conn, sold: &Assortment, size: i64) -> Result<Vec<i64>> {
    if let Some(part) = sold.part {
        // Only a number is written into it.
        let range = sql::<BigInt>(&format!("(collection_products.product_id - 1) / {size}"));
        let own = collection_products::table.filter(collection_products::collection_id.eq(part));
        let mut ranges: Vec<i64> = own.select(range).distinct().load(conn)?;
        ranges.sort_unstable();
        return Ok(ranges);
    }
    let last: Option<ProductId> =
        products::table.filter(products::listed.eq(true)).order(products::id.desc()).select(products::id).first(conn).optional()?;
    Ok((0..last.map_or(0, |last| (last.0 - 1) / size + 1)).collect())
}

/// The products on show with these slugs, in that order.
pub fn by_slugs(conn: &mut Conn, slugs: &[String]) -> Result<Vec<ProductId>> {
    let found: HashMap<String, ProductId> = products::table
        .filter(products::listed.eq(true))
        .filter(products::slug.eq_any(slugs))
        .select((products::slug, products::id))
        .load::<(String, ProductId)>(conn)?
        .into_iter()
        .collect();
    Ok(slugs.iter().filter_map(|slug| found.get(slug).copied()).collect())
}

/// The products of a store that appeared last.
pub fn newest(conn: &mut Conn, sold: &Assortment, limit: i64) -> Result<Vec<ProductId>> {
    Ok(products::table
        .filter(products::listed.eq(true))
        .filter(sold.condition())
        .order((products::published_at.desc(), products::id.desc()))
        .limit(limit)
        .select(products::id)
        .load(conn)?)
}

/// Other products of a store that share a category with `product`, the one added last first.
pub fn related(conn: &mut Conn, sold: &Assortment, product: ProductId, limit: i64) -> Result<Vec<ProductId>> {
    let shared: Vec<CategoryId> =
        product_categories::table.filter(product_categories::product_id.eq(product)).select(product_categories::category_id).load(conn)?;
    // As in `listing`: a few of each category, from the end of its range.
    let mut found = BTreeSet::new();
    for category in shared {
        let newest: Vec<ProductId> = product_categories::table
            .inner_join(products::table.on(products::id.eq(product_categories::product_id)))
            .filter(product_categories::category_id.eq(category))
            .filter(product_categories::product_id.ne(product))
            .filter(products::listed.eq(true))
            .filter(sold.condition())
            .order(product_categories::product_id.desc())
            .limit(limit)
            .select(product_categories::product_id)
            .load(conn)?;
        found.extend(newest);
    }
    Ok(found.into_iter().rev().take(usize::try_from(limit).unwrap_or(0)).collect())
}

/// A product in the back office's list. Amounts are minor units of the currency asked for.
#[derive(Clone, Debug, Serialize)]
pub struct ProductRow {
    pub id: ProductId,
    pub slug: String,
    pub title: String,
    pub status: Status,
    /// Whether shoppers see it now.
    pub listed: bool,
    pub brand: String,
    pub updated_at: Time,
    pub picture_hash: Option<String>,
    /// Variants that are sold.
    pub variants: i64,
    pub price_from: Option<i64>,
    pub price_to: Option<i64>,
    /// Units free to sell over all counted variants; none when nothing is counted.
    pub available: Option<i64>,
}

type Base = (ProductId, String, String, Status, bool, String, Time);

/// Products of any status, the newest first, in four queries.
pub fn product_list(conn: &mut Conn, filter: &Filter, currency: Currency, limit: i64) -> Result<Vec<ProductRow>> {
    let found = filter::found(conn, filter, currency, limit)?;
    let rows: Vec<Base> = products::table
        .filter(products::id.eq_any(&found))
        .order(products::id.desc())
        .select((products::id, products::slug, products::title, products::status, products::listed, products::brand, products::updated_at))
        .load(conn)?;
    let ids: Vec<ProductId> = rows.iter().map(|row| row.0).collect();
    let sums = sums(conn, &ids, currency)?;
    let pictures = first_pictures(conn, &ids)?;
    let row = |(id, slug, title, status, listed, brand, updated_at): Base| {
        let sum = sums.get(&id).copied().unwrap_or_default();
        ProductRow {
            id,
            slug,
            title,
            status,
            listed,
            brand,
            updated_at,
            picture_hash: pictures.get(&id).cloned(),
            variants: sum.variants,
            price_from: sum.price_from,
            price_to: sum.price_to,
            available: sum.available,
        }
    };
    Ok(rows.into_iter().map(row).collect())
}

#[derive(Clone, Copy, Default)]
struct Sum {
    variants: i64,
    price_from: Option<i64>,
    price_to: Option<i64>,
    available: Option<i64>,
}

/// Tracked, on hand, allocated, held.
type Counted = Option<(bool, i64, i64, i64)>;

fn sums(conn: &mut Conn, ids: &[ProductId], currency: Currency) -> Result<HashMap<ProductId, Sum>> {
    let rows: Vec<(ProductId, Option<i64>, Counted)> = variants::table
        .left_join(prices::table.on(prices::variant_id.eq(variants::id).and(prices::currency.eq(currency.code()))))
        .left_join(stock_levels::table.on(stock_levels::variant_id.eq(variants::id)))
        .filter(variants::product_id.eq_any(ids))
        .filter(variants::active)
        .select((
            variants::product_id,
            prices::amount.nullable(),
            (stock_levels::tracked, stock_levels::on_hand, stock_levels::allocated, stock_levels::held).nullable(),
        ))
        .load(conn)?;
    let mut sums: HashMap<ProductId, Sum> = HashMap::new();
    for (product, price, stock) in rows {
        let sum = sums.entry(product).or_default();
        sum.variants += 1;
        if let Some(price) = price {
            sum.price_from = Some(sum.price_from.map_or(price, |least| least.min(price)));
            sum.price_to = Some(sum.price_to.map_or(price, |most| most.max(price)));
        }
        if let Some((true, on_hand, allocated, held)) = stock {
            sum.available = Some(sum.available.unwrap_or(0) + on_hand - allocated - held);
        }
    }
    Ok(sums)
}

fn first_pictures(conn: &mut Conn, ids: &[ProductId]) -> Result<HashMap<ProductId, String>> {
    let rows: Vec<(ProductId, Option<String>)> = product_pictures::table
        .filter(product_pictures::product_id.eq_any(ids))
        .order((product_pictures::product_id, product_pictures::position, product_pictures::id))
        .select((product_pictures::product_id, product_pictures::picture_hash))
        .load(conn)?;
    let mut first = HashMap::new();
    for (product, hash) in rows {
        if let Some(hash) = hash {
            first.entry(product).or_insert(hash);
        }
    }
    Ok(first)
}
