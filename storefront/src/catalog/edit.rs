//! Two people at one product: the second to save is told, instead of undoing what the first did.

use crate::ids::ProductId;
use crate::schema::products;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use std::collections::HashMap;

/// When a product was last changed: what a form keeps to tell later whether it is stale.
pub fn updated_at(conn: &mut Conn, id: ProductId) -> Result<Time> {
    Ok(products::table.find(id).select(products::updated_at).first(conn)?)
}

/// What products are called in the shop's own language.
pub fn titles(conn: &mut Conn, ids: &[ProductId]) -> Result<HashMap<ProductId, String>> {
    let rows: Vec<(ProductId, String)> =
        products::table.filter(products::id.eq_any(ids)).select((products::id, products::title)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// When these products were last changed.
pub fn updated_of(conn: &mut Conn, ids: &[ProductId]) -> Result<HashMap<ProductId, Time>> {
    let rows: Vec<(ProductId, Time)> =
        products::table.filter(products::id.eq_any(ids)).select((products::id, products::updated_at)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Locks a product to the end of the transaction, before it is read to be changed. `Conflict` when it was changed since `seen`.
pub fn begin_edit(conn: &mut Conn, id: ProductId, seen: Option<Time>, now: Time) -> Result<()> {
    let mut claim = diesel::update(products::table).filter(products::id.eq(id)).into_boxed();
    if let Some(seen) = seen {
        claim = claim.filter(products::updated_at.eq(seen));
    }
    if claim.set(products::updated_at.eq(now)).execute(conn)? == 1 {
        return Ok(());
    }
    updated_at(conn, id)?;
    Err(Error::conflict("product-stale"))
}
