//! What the goods are, as far as rules over customers ask: their categories and their brand. The shop tells of it when a product changes.

use crate::schema::product_kin;
use diesel::prelude::*;
use kernel::{Conn, Result, on_each, words};

words!(
    /// What a product is related by.
    Kin {
        /// The id of a category it is in, or of one above that.
        Category = "category",
        Brand = "brand",
    }
);

/// What is remembered of a product, in order.
pub fn kin(conn: &mut Conn, product: i64) -> Result<Vec<(Kin, String)>> {
    Ok(on_each!(conn, c => product_kin::table
        .filter(product_kin::product_id.eq(product))
        .order((product_kin::kind, product_kin::key))
        .select((product_kin::kind, product_kin::key))
        .load(c))?)
}

/// Remembers what a product is. Answers whether that was not known.
pub fn learn(conn: &mut Conn, product: i64, mut wanted: Vec<(Kin, String)>) -> Result<bool> {
    wanted.sort_by(|one, other| (one.0.as_str(), &one.1).cmp(&(other.0.as_str(), &other.1)));
    wanted.dedup();
    let mut known = kin(conn, product)?;
    known.sort_by(|one, other| (one.0.as_str(), &one.1).cmp(&(other.0.as_str(), &other.1)));
    if known == wanted {
        return Ok(false);
    }
    diesel::delete(product_kin::table.filter(product_kin::product_id.eq(product))).execute(conn)?;
    let rows: Vec<_> = wanted
        .iter()
        .map(|(kind, key)| (product_kin::product_id.eq(product), product_kin::kind.eq(*kind), product_kin::key.eq(key)))
        .collect();
    on_each!(conn, c => diesel::insert_into(product_kin::table).values(&rows).execute(c))?;
    Ok(true)
}
