//! What rules would do to all that a filter finds.

use super::change::Wanted;
use super::rules::Rules;
use super::{Edit, MOST_VARIANTS};
use crate::catalog::{self, Filter};
use crate::ids::ProductId;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};

/// Products looked at together.
const TOGETHER: usize = 500;

/// The changes that rules come to.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    pub edits: Vec<Edit>,
    /// Prices that were left alone because they would have fallen below zero.
    pub below_zero: usize,
}

/// The products and variants that a filter finds; `None` when they are more than one edit may change.
pub fn count(conn: &mut Conn, filter: &Filter, currency: Currency) -> Result<Option<(usize, usize)>> {
    let Some(ids) = all(conn, filter, currency)? else { return Ok(None) };
    let variants = catalog::found_variants(conn, filter, currency, &ids)?.len();
    Ok((variants <= MOST_VARIANTS).then_some((ids.len(), variants)))
}

/// Every product that is found, the newest first; `None` when they are too many.
fn all(conn: &mut Conn, filter: &Filter, currency: Currency) -> Result<Option<Vec<ProductId>>> {
    let most = i64::try_from(MOST_VARIANTS).map_err(Error::unexpected)?;
    let ids = catalog::found(conn, filter, currency, most + 1)?;
    Ok((ids.len() <= MOST_VARIANTS).then_some(ids))
}

/// What the rules change of each product that a filter finds. `Invalid` when more is found than one edit may change.
pub fn plan(conn: &mut Conn, filter: &Filter, rules: &Rules, currency: Currency) -> Result<Planned> {
    let Some(ids) = all(conn, filter, currency)? else { return Err(Error::field("form", "batch-too-many")) };
    let mut planned = Planned::default();
    for ids in ids.chunks(TOGETHER) {
        let meant = catalog::found_variants(conn, filter, currency, ids)?;
        // Before the products themselves: what somebody saves in between is then known to be newer.
        let seen = catalog::updated_of(conn, ids)?;
        for product in catalog::products(conn, ids, currency)? {
            let (after, below) = rules.apply(&product, |id| meant.contains(&id), currency);
            planned.below_zero += below;
            let Some((id, wanted)) = product.id.zip(Wanted::between(&product, &after)) else { continue };
            if let Some(seen) = seen.get(&id) {
                planned.edits.push(Edit { product: id, title: product.title, seen: *seen, wanted });
            }
        }
    }
    Ok(planned)
}
