//! Taking a product away for good. Only one that left no trace anywhere goes; everything else is archived.

use crate::collections;
use crate::ids::{ProductId, VariantId};
use crate::price_lists;
use crate::quotes;
use crate::redirects;
use crate::requisitions;
use crate::schema::{
    cart_lines, order_lines, price_changes, prices, product_attributes, product_categories, product_pictures, product_tags, product_texts,
    products, stock_requests, variants,
};
use crate::stock;
use crate::wish_list;
use diesel::prelude::*;
use kernel::{Conn, Error, Result};
use std::collections::HashSet;

/// Which of these products somebody ordered, has in a cart, waits for, or moved on the shelves.
pub fn used(conn: &mut Conn, ids: &[ProductId]) -> Result<HashSet<ProductId>> {
    let mut used = HashSet::new();
    for ids in ids.chunks(super::CHUNK) {
        let own: Vec<(VariantId, ProductId)> =
            variants::table.filter(variants::product_id.eq_any(ids)).select((variants::id, variants::product_id)).load(conn)?;
        for own in own.chunks(super::CHUNK) {
            let ids: Vec<VariantId> = own.iter().map(|(id, _)| *id).collect();
            let mut traces: HashSet<VariantId> = stock::moved_since_opening(conn, &ids)?;
            let ordered: Vec<Option<VariantId>> =
                order_lines::table.filter(order_lines::variant_id.eq_any(&ids)).select(order_lines::variant_id).distinct().load(conn)?;
            traces.extend(ordered.into_iter().flatten());
            let in_carts = cart_lines::table.filter(cart_lines::variant_id.eq_any(&ids)).select(cart_lines::variant_id).distinct();
            traces.extend(in_carts.load::<VariantId>(conn)?);
            let waited =
                stock_requests::table.filter(stock_requests::variant_id.eq_any(&ids)).select(stock_requests::variant_id).distinct();
            traces.extend(waited.load::<VariantId>(conn)?);
            used.extend(own.iter().filter(|(id, _)| traces.contains(id)).map(|(_, product)| *product));
        }
    }
    Ok(used)
}

/// Takes a product away with all that belongs to it. `Conflict` when it is [`used`].
pub fn remove(conn: &mut Conn, id: ProductId) -> Result<()> {
    if !used(conn, &[id])?.is_empty() {
        return Err(Error::conflict("product-used"));
    }
    let own: Vec<VariantId> = variants::table.filter(variants::product_id.eq(id)).select(variants::id).load(conn)?;
    for own in own.chunks(super::CHUNK) {
        stock::forget(conn, own)?;
        price_lists::forget_variants(conn, own)?;
        requisitions::forget_variants(conn, own)?;
        quotes::forget_variants(conn, own)?;
        diesel::delete(price_changes::table.filter(price_changes::variant_id.eq_any(own))).execute(conn)?;
        diesel::delete(prices::table.filter(prices::variant_id.eq_any(own))).execute(conn)?;
    }
    diesel::delete(variants::table.filter(variants::product_id.eq(id))).execute(conn)?;
    diesel::delete(product_texts::table.filter(product_texts::product_id.eq(id))).execute(conn)?;
    diesel::delete(product_tags::table.filter(product_tags::product_id.eq(id))).execute(conn)?;
    diesel::delete(product_categories::table.filter(product_categories::product_id.eq(id))).execute(conn)?;
    diesel::delete(product_attributes::table.filter(product_attributes::product_id.eq(id))).execute(conn)?;
    diesel::delete(product_pictures::table.filter(product_pictures::product_id.eq(id))).execute(conn)?;
    crm::recommendations::rules::forget_product(conn, id.0)?;
    redirects::forget_product(conn, id)?;
    collections::forget_product(conn, id)?;
    wish_list::forget_product(conn, id)?;
    diesel::delete(products::table.find(id)).execute(conn)?;
    Ok(())
}
