//! Deciding for a customer, once.

use super::{Arm, Choice, OfferRow, store};
use crate::catalog;
use crate::ids::{ProductId, PromotionId};
use crate::promotions::{self, Candidate, Decided, Priced, Shelf};
use crate::schema::offer_decisions as decisions;
use crate::shop::{self, OWN_LANGUAGE, Shop};
use crm::activities::{self, Activity, Kind};
use crm::recommendations::{self, Reason};
use crm::segments::SegmentId;
use crm::{CustomerId, customers, tickets};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Products looked at for the customer's own best.
const LOOKED_AT: usize = 24;

/// What a decision followed from, as it was at its moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Why {
    /// The segment they were a member of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentId>,
    /// They were named.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub invited: bool,
    /// Where their product came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<Source>,
    /// The version of the promotion's terms.
    pub version: i64,
}

/// Where a customer's own product came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// They bought it before.
    Again,
    /// They bought this other product.
    Because(ProductId),
    /// Many bought it lately.
    Popular,
}

/// Decides what is to be decided for a customer who is signed in; nothing while something else stands open with them, see
/// [`tickets::suppressed`]. Answers how many offers that were.
pub fn settle(conn: &mut Conn, customer: CustomerId, now: Time) -> Result<usize> {
    let mut loaded = promotions::live(conn, &[], OWN_LANGUAGE, now)?;
    loaded.offers.retain(|offer| offer.grant.is_some());
    if loaded.offers.is_empty() || customers::erased(conn, customer)? || tickets::suppressed(conn, customer)?.is_some() {
        return Ok(0);
    }
    let who = promotions::shopper(conn, &mut loaded, Some(customer), "", now)?;
    let mut decided = 0;
    for offer in loaded.offers.iter().filter(|offer| promotions::awaits(offer, &who)) {
        decided += usize::from(decide(conn, offer, customer, now)?);
    }
    Ok(decided)
}

/// Decides one offer for a customer now, as [`settle`] does for those who sign in. `false` when it is not for them, or was decided before.
pub fn invite(conn: &mut Conn, promotion: PromotionId, customer: CustomerId, now: Time) -> Result<bool> {
    let mut loaded = promotions::live(conn, &[], OWN_LANGUAGE, now)?;
    loaded.offers.retain(|offer| offer.id == promotion && offer.grant.is_some());
    if loaded.offers.is_empty() || customers::known(conn, customer).is_err() || tickets::suppressed(conn, customer)?.is_some() {
        return Ok(false);
    }
    let who = promotions::shopper(conn, &mut loaded, Some(customer), "", now)?;
    match loaded.offers.first().filter(|offer| promotions::awaits(offer, &who)) {
        Some(offer) => decide(conn, offer, customer, now),
        None => Ok(false),
    }
}

/// `false` when there is nothing to give: no product of their own, for now.
fn decide(conn: &mut Conn, offer: &Candidate, customer: CustomerId, now: Time) -> Result<bool> {
    let Some(row) = store::get(conn, offer.id)? else { return Ok(false) };
    let promotion = promotions::get(conn, offer.id)?;
    let conditions = &offer.rules.conditions;
    let mut why = Why { segment: conditions.segment, invited: !conditions.customers.is_empty(), product: None, version: promotion.version };
    // The control group is chosen among those who would have got it, so a product is looked for first.
    let product = match row.choice {
        Choice::Terms => None,
        Choice::Own => {
            let shop = shop::get(conn)?;
            let Some((product, source)) = own_best(conn, &shop, offer, customer, now)? else { return Ok(false) };
            why.product = Some(source);
            Some(product)
        }
    };
    let arm = arm_of(&row, customer);
    let added = on_each!(conn, c => diesel::insert_into(decisions::table)
        .values((
            decisions::promotion_id.eq(offer.id),
            decisions::customer_id.eq(customer),
            decisions::arm.eq(arm),
            decisions::product_id.eq(product),
            decisions::reason.eq(kernel::json::text(&why)?),
            decisions::decided_at.eq(now),
            decisions::ends_at.eq(row.stands_days.map(|days| now + chrono::TimeDelta::days(days))),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    if added == 1 && arm == Arm::Given {
        let key = format!("{}:{customer}", offer.id);
        let activity = Activity {
            customer: Some(customer),
            trail: None,
            kind: Kind::OfferGiven,
            at: now,
            source: "offers",
            dedupe_key: &key,
            subject: product.map(|product| product.0),
            amount: None,
            detail: &promotion.name,
        };
        activities::record(conn, &activity)?;
    }
    Ok(added == 1)
}

/// Chance, the same however often it is asked: the digest of the offer and the customer.
fn arm_of(row: &OfferRow, customer: CustomerId) -> Arm {
    let digest = Sha256::digest(format!("offer {} customer {customer}", row.promotion_id));
    let number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    if i64::try_from(number % 10_000).is_ok_and(|place| place < row.control_bp) { Arm::Control } else { Arm::Given }
}

/// The product that a customer most likely wants among those that the offer makes cheaper and that are in stock.
fn own_best(conn: &mut Conn, shop: &Shop, offer: &Candidate, customer: CustomerId, now: Time) -> Result<Option<(ProductId, Source)>> {
    let own = recommendations::own(conn, customer, now)?;
    let picked = own.picks.iter().filter(|pick| !own.lately.contains(&pick.product)).map(|pick| {
        let source = match pick.reason {
            Reason::Again | Reason::Before => Source::Again,
            Reason::Because(other) => Source::Because(ProductId(other)),
        };
        (ProductId(pick.product), source)
    });
    let mut wanted: Vec<(ProductId, Source)> = picked.collect();
    let many = recommendations::popular(conn)?.into_iter().filter(|product| !own.lately.contains(product));
    wanted.extend(many.map(|product| (ProductId(product), Source::Popular)));
    let mut seen = std::collections::HashSet::new();
    wanted.retain(|(product, _)| seen.insert(*product));
    for some in wanted.chunks(LOOKED_AT) {
        let ids: Vec<ProductId> = some.iter().map(|(product, _)| *product).collect();
        let cards = catalog::cards(conn, shop, &ids, OWN_LANGUAGE)?;
        let on_sale = cards.iter().filter(|card| card.availability.sellable()).filter_map(|card| {
            let (variant, reduced) = (card.only_variant, card.compare_at.is_some());
            card.price_from.map(|price| Priced { product: card.id, variant, price, reduced })
        });
        let on_sale: Vec<Priced> = on_sale.collect();
        let reduced: HashMap<ProductId, i64> = Shelf::of(conn, shop, offer, now)?
            .prices(conn, &on_sale)?
            .into_iter()
            .zip(&on_sale)
            .filter_map(|(price, one)| Some((one.product, price?)))
            .collect();
        if let Some(best) = some.iter().find(|(product, _)| reduced.contains_key(product)) {
            return Ok(Some(*best));
        }
    }
    Ok(None)
}

/// What was decided for somebody about an offer.
#[derive(Clone, Debug, diesel::Queryable)]
pub(crate) struct Decision {
    pub customer: CustomerId,
    promotion: PromotionId,
    arm: Arm,
    product: Option<ProductId>,
    ends_at: Option<Time>,
}

/// What was decided for these customers.
pub(crate) fn decided(conn: &mut Conn, customers: &[CustomerId]) -> Result<Vec<Decision>> {
    let columns = (decisions::customer_id, decisions::promotion_id, decisions::arm, decisions::product_id, decisions::ends_at);
    Ok(match customers {
        [customer] => on_each!(conn, c => decisions::table.filter(decisions::customer_id.eq(*customer)).select(columns).load(c))?,
        _ => on_each!(conn, c => decisions::table.filter(decisions::customer_id.eq_any(customers.to_vec())).select(columns).load(c))?,
    })
}

/// Tells the engine what was decided for a customer about these offers; `kept` may hold that of others, too.
pub(crate) fn take_over(kept: &[Decision], customer: CustomerId, offers: &mut [Candidate], now: Time) {
    for offer in offers {
        let theirs = |one: &&Decision| one.promotion == offer.id && one.customer == customer;
        let Some(Decision { arm, product, ends_at, .. }) = kept.iter().find(theirs) else { continue };
        let stands = *arm == Arm::Given && ends_at.is_none_or(|end| now < end);
        offer.decide(if stands { Decided::Given(*product) } else { Decided::Withheld });
    }
}
