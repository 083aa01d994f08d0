//! Whom a price is for: which of the live promotions that ask about the customer hold for a visitor.
//!
//! Pages are rendered once for everybody who sees the same prices. Visitors differ in their prices only by promotions that name
//! customers, greet a first order, ask for an account or a segment, or count the uses of each customer, and by what they were offered
//! ([`crate::offers`]); which of them hold is the visitor's [`Audience`]. Most shops have none live, and then every visitor is the same
//! audience. Customers who were offered the same product share one.

use super::conditions;
use super::engine::{Candidate, Shopper};
use super::grant::Decided;
use super::live;
use super::shelf::concerns_one;
use crate::ids::{ProductId, PromotionId};
use crate::price_lists::Trade;
use crate::shop::OWN_LANGUAGE;
use crm::companies::Buyer;
use crm::{CompanyId, CustomerId, tickets};
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::fmt::{Display, Formatter};

/// What of a visitor decides the prices of single products. The default is everybody who is not signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Audience {
    /// Promotions for certain people that hold for this visitor, an offer of their own best product with that product.
    also: Vec<(PromotionId, Option<ProductId>)>,
    /// Promotions for everybody that this visitor used as often as each may.
    except: Vec<PromotionId>,
    /// The company that the visitor buys for, and its price group: their lists of prices, and the goods of their contract.
    pub company: Option<CompanyId>,
    pub group: String,
    /// Somebody is signed in. Told only in a store that hides its prices from some, so that others share their pages with guests.
    pub signed_in: bool,
}

impl Audience {
    /// Has prices be those of the company that somebody buys for.
    pub fn for_company(&mut self, buyer: &Buyer) {
        let Trade { company, group, .. } = Trade::of(buyer);
        (self.company, self.group) = (company, group);
    }

    /// Who reads prices.
    pub fn trade(&self) -> Trade {
        Trade { company: self.company, group: self.group.clone(), signed_in: self.signed_in }
    }

    /// Whether a promotion that reduces single products is for this audience. An offer is given to it.
    pub(super) fn gets(&self, offer: &mut Candidate) -> bool {
        if !for_some(offer) {
            return !self.except.contains(&offer.id);
        }
        let Some((_, product)) = self.also.iter().find(|(id, _)| *id == offer.id) else { return false };
        offer.decide(Decided::Given(*product));
        true
    }
}

/// Equal for equal audiences only, so that it can be part of a key.
impl Display for Audience {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.also.iter().try_for_each(|(id, product)| match product {
            Some(product) => write!(f, "+{id}@{product}"),
            None => write!(f, "+{id}"),
        })?;
        self.except.iter().try_for_each(|id| write!(f, "-{id}"))?;
        if self.signed_in {
            write!(f, "!")?;
        }
        if let Some(company) = self.company {
            // With the length of a text that anybody may have typed, so that no two audiences read alike.
            write!(f, "={company}:{}:{}", self.group.len(), self.group)?;
        }
        Ok(())
    }
}

/// Whether it is only for some people.
pub(super) fn for_some(offer: &Candidate) -> bool {
    let conditions = &offer.rules.conditions;
    offer.grant.is_some()
        || conditions.signed_in
        || conditions.first_order
        || !conditions.customers.is_empty()
        || conditions.segment.is_some()
}

/// The live promotions that make the prices of single products depend on who asks, and all offers, at one moment.
pub struct Personal(Vec<Candidate>);

impl Personal {
    /// One query.
    pub fn load(conn: &mut Conn, now: Time) -> Result<Personal> {
        let mut offers = live::live(conn, &[], OWN_LANGUAGE, now)?.offers;
        let asks = |offer: &Candidate| for_some(offer) || offer.max_uses_per_customer.is_some();
        offers.retain(|offer| offer.grant.is_some() || concerns_one(offer) && asks(offer));
        Ok(Personal(offers))
    }

    /// What holds for a customer who is signed in; `email` is their address, empty to have it read. Costs nothing when there are no such
    /// promotions.
    pub fn of(&self, conn: &mut Conn, customer: CustomerId, email: &str, now: Time) -> Result<Theirs> {
        Ok(self.of_these(conn, &[(customer, email.to_string())], now)?.pop().unwrap_or_default())
    }

    /// [`Personal::of`] several customers, each with their address, by their place: asked of the database as one.
    pub fn of_these(&self, conn: &mut Conn, customers: &[(CustomerId, String)], now: Time) -> Result<Vec<Theirs>> {
        if self.0.is_empty() {
            return Ok(vec![Theirs::default(); customers.len()]);
        }
        let mut all = Vec::with_capacity(customers.len());
        for ((customer, _), (offers, who)) in customers.iter().zip(live::shoppers(conn, &self.0, customers, now)?) {
            let mut theirs = Theirs::among(&offers, &who);
            // Nothing new is decided while something else stands open with them: it waits without anybody asking at each page.
            theirs.undecided = theirs.undecided && tickets::suppressed(conn, *customer)?.is_none();
            all.push(theirs);
        }
        Ok(all)
    }
}

/// What of promotions holds for one customer.
#[derive(Clone, Debug, Default)]
pub struct Theirs {
    pub audience: Audience,
    /// They were given an offer that they did not use up.
    pub offered: bool,
    /// An offer is to be decided for them ([`crate::offers::settle`]).
    pub undecided: bool,
}

impl Theirs {
    /// What of these promotions, as they stand for a customer, holds.
    fn among(offers: &[Candidate], who: &Shopper) -> Theirs {
        let mut theirs = Theirs::default();
        for offer in offers {
            let is_for = conditions::is_for(offer, who);
            theirs.offered |= offer.grant.is_some() && is_for;
            theirs.undecided |= conditions::awaits(offer, who);
            match (concerns_one(offer), for_some(offer), is_for) {
                (true, true, true) => theirs.audience.also.push((offer.id, offer.product())),
                (true, false, false) => theirs.audience.except.push(offer.id),
                _ => {}
            }
        }
        theirs
    }
}
