//! When a product is on show. Lists find what is on show by the stored `listed`, which follows from status and window and is written
//! in one place; a job at each edge of a window keeps it true.

use super::product::Status;
use crate::ids::ProductId;
use crate::schema::products as rows;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Result, jobs, token};
use serde::{Deserialize, Serialize};

/// The kind of the job that opens or closes a product's window. Its payload is the product's id.
pub const WINDOW_JOB: &str = "catalog.window";

/// From when and until when an active product is shown and sold; without an edge, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub from: Option<Time>,
    /// The first moment at which it is not shown any more.
    pub until: Option<Time>,
}

impl Window {
    pub fn open(&self, now: Time) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// Whether shoppers see a product of this status and window.
pub(super) fn listed(status: Status, window: &Window, now: Time) -> bool {
    status == Status::Active && window.open(now)
}

/// Has the product looked at again at each edge that is to come.
pub(super) fn plan(conn: &mut Conn, id: ProductId, window: &Window, now: Time) -> Result<()> {
    for edge in [window.from, window.until].into_iter().flatten().filter(|edge| *edge > now) {
        let key = format!("{WINDOW_JOB}:{id}:{}", edge.and_utc().timestamp());
        jobs::enqueue(conn, WINDOW_JOB, &id.to_string(), Some(&key), edge, now)?;
    }
    Ok(())
}

/// Shows or hides a product as its status and window say now. What appears is new to the shoppers. A product that is gone is fine.
pub fn relist(conn: &mut Conn, id: ProductId, now: Time) -> Result<()> {
    let found: Option<(Status, Option<Time>, Option<Time>, bool)> =
        rows::table.find(id).select((rows::status, rows::publish_from, rows::publish_until, rows::listed)).first(conn).optional()?;
    let Some((status, from, until, was)) = found else { return Ok(()) };
    let is = listed(status, &Window { from, until }, now);
    if is == was {
        return Ok(());
    }
    diesel::update(rows::table.find(id)).set(rows::listed.eq(is)).execute(conn)?;
    if is {
        diesel::update(rows::table.find(id)).set(rows::published_at.eq(now)).execute(conn)?;
    }
    events::record(conn, "catalog", &format!("{id}:{}", token::random()), &Event::ProductChanged { product: id.0 }, now)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Product, Saving, Variant, cards, find_variant, listing, page, save_product, variants_for_sale};
    use crate::shop::Shop;
    use chrono::TimeDelta;
    use kernel::Error;
    use kernel::clock::Clock;
    use kernel::money::Currency;

    #[test]
    fn a_product_is_on_show_within_its_window() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            let (from, until) = (now + TimeDelta::hours(1), now + TimeDelta::hours(2));
            let variant = Variant { sku: Some("M".into()), price: Some(1000), count: Some(5), ..Variant::default() };
            let mut product = Product { title: "Mug".into(), status: Status::Active, variants: vec![variant], ..Product::default() };
            product.window = Window { from: Some(from), until: Some(until) };
            let saving = Saving { currency: Currency::EUR, actor: "test", base: None, now };
            let id = save_product(conn, &product, &saving)?.id;
            let variant = find_variant(conn, "M")?.ok_or(Error::NotFound)?;
            let shown = |conn: &mut Conn, at: Time| -> Result<(usize, usize, bool, bool)> {
                let sale = variants_for_sale(conn, &[variant], Currency::EUR, "en")?;
                let listed = (listing(conn, None, None, 10)?.len(), cards(conn, &Shop::default(), &[id], "en")?.len());
                Ok((listed.0, listed.1, page(conn, &Shop::default(), "mug", "en").is_ok(), sale[0].sold_at(at)))
            };
            assert_eq!(shown(conn, now)?, (0, 0, false, false));
            let mut edges: Vec<Time> =
                jobs::list(conn, None, None, 10)?.into_iter().filter(|job| job.kind == WINDOW_JOB).map(|job| job.run_at).collect();
            edges.sort();
            assert_eq!(edges, [from, until]);
            let told = events::backlog(conn)?;
            relist(conn, id, now)?;
            assert_eq!(events::backlog(conn)?, told);
            relist(conn, id, from)?;
            assert_eq!((shown(conn, from)?, events::backlog(conn)?), ((1, 1, true, true), told + 1));
            // Nobody buys after the end, even before the job ran.
            assert_eq!(shown(conn, until)?, (1, 1, true, false));
            relist(conn, id, until)?;
            assert_eq!(shown(conn, until)?, (0, 0, false, false));
            let backwards =
                Product { id: None, window: Window { from: Some(until), until: Some(from) }, variants: Vec::new(), ..product.clone() };
            assert!(
                matches!(save_product(conn, &backwards, &saving), Err(Error::Invalid(fields)) if fields.0.contains_key("publish_until"))
            );
            Ok(())
        })
        .unwrap();
    }
}
