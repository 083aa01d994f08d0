//! Whom a price is for: which of the live promotions that ask about the customer hold for a visitor.
//!
//! Pages are rendered once for everybody who sees the same prices. Visitors differ in their prices only by promotions that name
//! customers, greet a first order, ask for an account or a segment, or count the uses of each customer; which of them hold is the visitor's
//! [`Audience`]. Most shops have none live, and then every visitor is the same audience. What is offered to a single customer
//! would make an audience of one: it belongs into a slot of the page.

use super::conditions;
use super::engine::Offer;
use super::live::{self, Loaded};
use super::rules::Conditions;
use super::shelf::concerns_one;
use crate::ids::PromotionId;
use crate::shop::LANGUAGES;
use crm::CustomerId;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::fmt::{Display, Formatter};

/// What of a visitor decides the prices of single products. The default is everybody who is not signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Audience {
    /// Promotions for certain people that hold for this visitor.
    also: Vec<PromotionId>,
    /// Promotions for everybody that this visitor used as often as each may.
    except: Vec<PromotionId>,
}

impl Audience {
    /// Whether a promotion that reduces single products is for this audience.
    pub(super) fn gets(&self, offer: &Offer) -> bool {
        if for_some(&offer.rules.conditions) { self.also.contains(&offer.id) } else { !self.except.contains(&offer.id) }
    }
}

/// Equal for equal audiences only, so that it can be part of a key.
impl Display for Audience {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.also.iter().try_for_each(|id| write!(f, "+{id}"))?;
        self.except.iter().try_for_each(|id| write!(f, "-{id}"))
    }
}

/// Whether it is only for some people.
pub(super) fn for_some(conditions: &Conditions) -> bool {
    conditions.signed_in || conditions.first_order || !conditions.customers.is_empty() || conditions.segment.is_some()
}

/// The live promotions that make the prices of single products depend on who asks, at one moment.
pub struct Personal(Vec<Offer>);

impl Personal {
    /// One query.
    pub fn load(conn: &mut Conn, now: Time) -> Result<Personal> {
        let mut offers = live::live(conn, &[], LANGUAGES[0], now)?.offers;
        let asks = |offer: &Offer| for_some(&offer.rules.conditions) || offer.max_uses_per_customer.is_some();
        offers.retain(|offer| concerns_one(offer) && asks(offer));
        Ok(Personal(offers))
    }

    /// The audience a customer who is signed in belongs to. Costs nothing when there are no such promotions.
    pub fn audience(&self, conn: &mut Conn, customer: CustomerId, now: Time) -> Result<Audience> {
        let mut audience = Audience::default();
        if self.0.is_empty() {
            return Ok(audience);
        }
        let mut loaded = Loaded { offers: self.0.clone(), stray: Vec::new() };
        let who = live::shopper(conn, &mut loaded, Some(customer), "", now)?;
        for offer in &loaded.offers {
            match (for_some(&offer.rules.conditions), conditions::is_for(offer, &who)) {
                (true, true) => audience.also.push(offer.id),
                (false, false) => audience.except.push(offer.id),
                _ => {}
            }
        }
        Ok(audience)
    }
}
