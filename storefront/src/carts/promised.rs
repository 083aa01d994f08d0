//! Carts of quotes: goods at the prices that were agreed on, without promotions.

use super::reckon::{Situation, reckon};
use super::{LineQuote, Notice, Reckoning};
use crate::address::Address;
use crate::catalog::{self, Assortment};
use crate::ids::{CartLineId, StoreId, VariantId};
use crate::pricing::Priced;
use crate::promotions::Shopper;
use crate::quotes::Agreed;
use crate::stores;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result};

/// Where an offer goes to, and how it is read.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub store: StoreId,
    pub currency: Currency,
    pub language: String,
    pub address: Address,
    /// The VAT id of who gets the invoice; empty without one.
    pub vat_id: String,
}

/// The lines of a cart at agreed prices. What is not sold any more, and what the offer does not name, is left out and told.
pub(super) fn lines(
    conn: &mut Conn,
    rows: &[(CartLineId, VariantId, i64, i64)],
    agreed: &Agreed,
    (sold, language): (&Assortment, &str),
    now: Time,
    notices: &mut Vec<Notice>,
) -> Result<Vec<LineQuote>> {
    let ids: Vec<VariantId> = rows.iter().map(|row| row.1).collect();
    let on_sale = catalog::for_sale(conn, sold, &ids, language)?;
    let mut lines = Vec::with_capacity(rows.len());
    for (id, variant, quantity, _) in rows {
        let known = on_sale.iter().find(|known| known.id == *variant && known.sold_at(now));
        let (Some(known), Some(price)) = (known, agreed.prices.get(variant)) else {
            notices.push(Notice::Gone { line: *id });
            continue;
        };
        let mut variant = known.clone();
        // What the shop asks says nothing of what was agreed on.
        variant.compare_at = None;
        if variant.tracked && !variant.oversell && variant.available < *quantity {
            notices.push(Notice::Short { line: *id, left: variant.available.max(0) });
        }
        lines.push(LineQuote {
            id: *id,
            quantity: *quantity,
            unit_price: *price,
            seen_price: *price,
            variant,
            price_trace: None,
            rule: None,
            gift: None,
        });
    }
    Ok(lines)
}

/// Each line of the order keeps which quote its price is from.
pub(super) fn trace(agreed: &Agreed, priced: &mut Priced) {
    for line in &mut priced.lines {
        line.trace.insert(0, agreed.step(line.unit_price));
    }
}

/// What goods come to at agreed prices, before there is a cart. The lines are numbered from 1.
pub(crate) fn estimate(
    conn: &mut Conn,
    agreed: &Agreed,
    goods: &[(VariantId, i64)],
    to: &Destination,
    now: Time,
) -> Result<(Reckoning, Vec<Notice>)> {
    let shop = stores::shop(conn, to.store)?;
    let rows: Vec<(CartLineId, VariantId, i64, i64)> =
        (1i64..).zip(goods).map(|(at, (variant, quantity))| (CartLineId(at), *variant, *quantity, 0)).collect();
    let mut notices = Vec::new();
    if !agreed.stands {
        notices.push(Notice::QuoteEnded);
    }
    let sold = Assortment { currency: to.currency, contract: None, ..shop.assortment() };
    let lines = lines(conn, &rows, agreed, (&sold, &to.language), now, &mut notices)?;
    let situation = Situation {
        currency: to.currency,
        place: to.address.place(),
        vat_id: to.vat_id.clone(),
        rate: None,
        shopper: Shopper::default(),
        language: to.language.clone(),
        at: now,
        delivery: agreed.shipping,
    };
    let reckoning = reckon(conn, &shop, lines, &situation, &[])?;
    if reckoning.requires_shipping && reckoning.rates.is_empty() {
        notices.push(Notice::NoDelivery);
    }
    Ok((reckoning, notices))
}
