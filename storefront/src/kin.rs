//! What the memory is told of products, so that rules over customers can ask for what was bought by category and brand.

use crate::catalog;
use crate::ids::ProductId;
use crate::schema::products;
use crm::products::{Kin, learn};
use crm::segments;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::Event;
use kernel::{Conn, Db, Result};

/// Products told of in one transaction.
const PAGE: i64 = 200;

/// Listens to the catalogue. A product that moved leaves the segments that ask about such things to be built.
pub fn changed(conn: &mut Conn, event: &Event, now: Time) -> Result<()> {
    let ids: Vec<ProductId> = match event {
        Event::ProductChanged { product } => vec![ProductId(*product)],
        Event::ProductsChanged { products } => products.iter().copied().map(ProductId).collect(),
        _ => return Ok(()),
    };
    tell(conn, &ids, now)
}

fn tell(conn: &mut Conn, ids: &[ProductId], now: Time) -> Result<()> {
    let mut moved = false;
    for (product, kin) in of(conn, ids)? {
        moved |= learn(conn, product.0, kin)?;
    }
    if moved { segments::goods_moved(conn, now) } else { Ok(()) }
}

/// Tells the memory of every product anew: nightly, so that nothing stays wrong that an event once missed.
pub fn all(db: &Db, now: Time) -> Result<()> {
    let mut after = ProductId(0);
    loop {
        let ids: Vec<ProductId> = db.read_now(move |conn| {
            Ok(products::table.filter(products::id.gt(after)).order(products::id).limit(PAGE).select(products::id).load(conn)?)
        })?;
        let Some(last) = ids.last().copied() else { return Ok(()) };
        after = last;
        db.write_now(move |conn| tell(conn, &ids, now))?;
    }
}

/// A product, and what it is.
type Known = (ProductId, Vec<(Kin, String)>);

/// What products are: every category with those above it, and the brand; in order.
fn of(conn: &mut Conn, ids: &[ProductId]) -> Result<Vec<Known>> {
    let natures = catalog::natures(conn, ids)?;
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let mut kin: Vec<(Kin, String)> = Vec::new();
        if let Some(nature) = natures.get(id) {
            kin.extend(Some(nature.brand.clone()).filter(|brand| !brand.is_empty()).map(|brand| (Kin::Brand, brand)));
            let mut keys: Vec<String> = nature.categories.iter().map(ToString::to_string).collect();
            keys.sort();
            kin.extend(keys.into_iter().map(|key| (Kin::Category, key)));
        }
        all.push((*id, kin));
    }
    Ok(all)
}
