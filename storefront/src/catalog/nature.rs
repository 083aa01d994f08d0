//! What kind of thing a product is, for rules that speak of kinds of things.

use super::categories::categories;
use crate::ids::{CategoryId, ProductId, VariantId};
use crate::schema::{product_categories, products, variants};
use crate::shop::OWN_LANGUAGE;
use diesel::prelude::*;
use kernel::json::Json;
use kernel::{Conn, Result, on_each};
use std::collections::HashMap;

/// Where a product belongs. Brand and tags as stored, the same in every language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nature {
    /// Its categories and all above them.
    pub categories: Vec<CategoryId>,
    pub brand: String,
    pub tags: Vec<String>,
}

/// The natures of these products, in three queries.
pub fn natures(conn: &mut Conn, ids: &[ProductId]) -> Result<HashMap<ProductId, Nature>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let tree = categories(conn, OWN_LANGUAGE)?;
    let mut found: HashMap<ProductId, Nature> = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(super::CHUNK) {
        let rows: Vec<(ProductId, String, Json<Vec<String>>)> =
            products::table.filter(products::id.eq_any(ids)).select((products::id, products::brand, products::tags)).load(conn)?;
        for (id, brand, Json(tags)) in rows {
            found.insert(id, Nature { categories: Vec::new(), brand, tags });
        }
        let rows: Vec<(ProductId, CategoryId)> = product_categories::table
            .filter(product_categories::product_id.eq_any(ids))
            .select((product_categories::product_id, product_categories::category_id))
            .load(conn)?;
        for (product, category) in rows {
            let Some(nature) = found.get_mut(&product) else { continue };
            for above in tree.path(category) {
                if !nature.categories.contains(&above.id) {
                    nature.categories.push(above.id);
                }
            }
        }
    }
    Ok(found)
}

/// A product by its address or a variant by its SKU, as merchants name them in lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Product(ProductId),
    Variant(VariantId),
}

/// What a merchant means by `name`; an address before a SKU. `None` when there is no such thing.
pub fn named(conn: &mut Conn, name: &str) -> Result<Option<Named>> {
    if let Some(product) = super::find(conn, name)? {
        return Ok(Some(Named::Product(product)));
    }
    Ok(super::find_variant(conn, name)?.map(Named::Variant))
}

/// The products that a merchant means by each of `names`, as [`named`] finds them: a variant stands for its product.
pub fn products_named(conn: &mut Conn, names: &[String]) -> Result<Vec<Option<ProductId>>> {
    let mut found: HashMap<String, ProductId> = HashMap::with_capacity(names.len());
    for names in names.chunks(super::CHUNK) {
        let skus = variants::table.filter(variants::sku.eq_any(names)).select((variants::sku.assume_not_null(), variants::product_id));
        found.extend(skus.load::<(String, ProductId)>(conn)?);
        // An address comes before a SKU.
        let slugs = products::table.filter(products::slug.eq_any(names)).select((products::slug, products::id));
        found.extend(slugs.load::<(String, ProductId)>(conn)?);
    }
    Ok(names.iter().map(|name| found.get(name).copied()).collect())
}

/// The addresses of these products in their order; those that are gone are left out.
pub fn addresses_in_order(conn: &mut Conn, ids: &[ProductId]) -> Result<Vec<String>> {
    let mut found: HashMap<ProductId, String> = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(super::CHUNK) {
        found.extend(
            products::table.filter(products::id.eq_any(ids)).select((products::id, products::slug)).load::<(ProductId, String)>(conn)?,
        );
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// The addresses of these products.
pub fn addresses(conn: &mut Conn, ids: &[ProductId]) -> Result<Vec<String>> {
    Ok(products::table.filter(products::id.eq_any(ids)).order(products::slug).select(products::slug).load(conn)?)
}

/// The SKUs of these variants; those without one are left out.
pub fn skus(conn: &mut Conn, ids: &[VariantId]) -> Result<Vec<String>> {
    let rows: Vec<Option<String>> =
        variants::table.filter(variants::id.eq_any(ids)).order(variants::sku).select(variants::sku).load(conn)?;
    Ok(rows.into_iter().flatten().collect())
}

/// The SKU of each of these variants that has one.
pub fn skus_by_variant(conn: &mut Conn, ids: &[VariantId]) -> Result<HashMap<VariantId, String>> {
    let rows: Vec<(VariantId, Option<String>)> =
        variants::table.filter(variants::id.eq_any(ids)).select((variants::id, variants::sku)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, sku)| Some((id, sku?))).collect())
}

/// The variants that have exactly these SKUs.
pub fn variants_by_sku(conn: &mut Conn, skus: &[&str]) -> Result<HashMap<String, VariantId>> {
    let rows: Vec<(VariantId, Option<String>)> =
        variants::table.filter(variants::sku.eq_any(skus.to_vec())).select((variants::id, variants::sku)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, sku)| Some((sku?, id))).collect())
}

/// The product of a variant.
pub fn product_of(conn: &mut Conn, variant: VariantId) -> Result<Option<ProductId>> {
    Ok(variants::table.find(variant).select(variants::product_id).first(conn).optional()?)
}

/// The products that these are variants of, each once.
pub fn products_of(conn: &mut Conn, ids: &[VariantId]) -> Result<Vec<ProductId>> {
    let of = variants::table.filter(variants::id.eq_any(ids.to_vec())).select(variants::product_id).distinct();
    Ok(on_each!(conn, c => of.order(variants::product_id).load(c))?)
}

/// The variant a merchant means by `name`: its SKU, or the address of a product with one variant that is sold. With `first` the
/// first variant stands for a product that has more.
pub fn variant_named(conn: &mut Conn, name: &str, first: bool) -> Result<Option<VariantId>> {
    let Some(Named::Product(product)) = named(conn, name)? else { return super::find_variant(conn, name) };
    let found: Vec<VariantId> = variants::table
        .filter(variants::product_id.eq(product))
        .filter(variants::active)
        .order(variants::position)
        .limit(2)
        .select(variants::id)
        .load(conn)?;
    Ok(found.first().copied().filter(|_| first || found.len() == 1))
}
