//! What a version of a quote says of the cart that is made of it.

use super::{get, lines_of, number, version};
use crate::ids::{QuoteVersionId, VariantId};
use crate::pricing::Step;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::HashMap;

/// Prices that somebody was promised.
#[derive(Clone, Debug)]
pub(crate) struct Agreed {
    /// What a unit costs, of exactly the goods that were offered.
    pub prices: HashMap<VariantId, i64>,
    /// What the delivery costs; as in the shop without.
    pub shipping: Option<i64>,
    /// Whether it can be accepted now.
    pub stands: bool,
    quote: String,
    version: i64,
}

impl Agreed {
    /// What the line of an order keeps of it.
    pub fn step(&self, unit_price: i64) -> Step {
        Step { rule: format!("quote {}", self.quote), outcome: format!("chosen, version {}", self.version), amount: unit_price }
    }
}

/// What a version promises.
pub(crate) fn agreed(conn: &mut Conn, id: QuoteVersionId, now: Time) -> Result<Agreed> {
    let of = version(conn, id)?;
    let quote = get(conn, of.quote_id)?;
    let prices = lines_of(conn, id)?.iter().filter_map(|line| Some((line.variant_id?, line.unit_price))).collect();
    Ok(Agreed { prices, shipping: of.shipping, stands: quote.stands(now) == Some(id), quote: number(quote.id), version: of.number })
}
