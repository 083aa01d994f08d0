//! Promotions: what the merchant gives away, to whom and when. A coupon is a promotion that asks for a code.
//!
//! [`decide`] says which promotions a cart gets, and nothing else does: the cart, the checkout, the API, the placing commit, the product
//! pages and the test bench of the back office all ask it. Uses are a ledger with guarded balances, so that no number of parallel
//! orders passes a limit.

mod audience;
mod check;
pub mod codes;
mod conditions;
mod effects;
mod engine;
mod grant;
mod ledger;
mod live;
mod past;
mod reason;
mod rules;
mod shelf;
mod store;
#[cfg(test)]
mod tests;
mod trial;

pub use audience::{Audience, Personal, Theirs};
pub use codes::normalise;
pub(crate) use conditions::awaits;
pub use engine::{Applied, Candidate, Decision, Facts, GiftStock, Item, Rejected, Shopper, decide};
pub use grant::{Decided, Grant};
pub(crate) use ledger::{claim, release, release_lost, release_refunded};
pub(crate) use live::{gifts, items, live, names, shopper};
pub use past::lowest;
pub use reason::Reason;
pub use rules::{Conditions, Cut, Effect, Goods, Hours, ItemsCondition, Measure, Rules, Tier};
pub use shelf::{Priced, Shelf};
pub use store::{by_code, create, duplicate, for_segment, get, list, set_state, shared_code, shared_codes, update};
pub(crate) use store::{forget_person, speak_of};
pub use trial::{Trial, Trying, trial};

use crate::ids::PromotionId;
use crate::offers::{self, OfferRow};
use crate::schema::promotions;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::money::Currency;
use kernel::{Error, Result, words};

words!(
    /// Whether a promotion may be used.
    State { Active = "active", Paused = "paused" }
);

/// The numbers of the groups.
pub const STACKING: std::ops::RangeInclusive<i64> = 1..=9;

/// A promotion as stored.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = promotions)]
pub struct Promotion {
    pub id: PromotionId,
    pub name: String,
    pub state: State,
    pub needs_code: bool,
    /// Its group: within one the best wins, and groups follow each other by number.
    pub stacking: i64,
    /// Stands alone or is not used.
    pub exclusive: bool,
    pub currency: String,
    pub starts_at: Option<Time>,
    pub ends_at: Option<Time>,
    pub max_uses: Option<i64>,
    pub max_uses_per_customer: Option<i64>,
    pub uses: i64,
    pub rules: Json<Rules>,
    /// Counts the changes.
    pub version: i64,
}

impl Promotion {
    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("promotion {} has currency {}", self.id, self.currency)))
    }

    /// The promotion as the engine sees it, without a code and without a customer; `offer` makes it a one-to-one offer.
    pub(crate) fn candidate(&self, offer: Option<&OfferRow>, language: &str) -> Result<Candidate> {
        Ok(Candidate {
            id: self.id,
            name: self.rules.0.name(&self.name, language).to_string(),
            active: self.state == State::Active,
            needs_code: self.needs_code,
            code: None,
            code_used: false,
            stacking: self.stacking,
            exclusive: self.exclusive,
            currency: self.currency()?,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            max_uses: self.max_uses,
            max_uses_per_customer: self.max_uses_per_customer,
            uses: self.uses,
            used_by_customer: 0,
            rules: self.rules.0.clone(),
            grant: offer.map(OfferRow::grant),
        })
    }
}

/// A promotion as the merchant writes it. Amounts in the rules are minor units of `currency`.
#[derive(Clone, Debug)]
pub struct Terms {
    pub name: String,
    pub active: bool,
    pub needs_code: bool,
    /// The one code that everybody may use; empty for none, or when only unique codes shall open it.
    pub code: String,
    pub stacking: i64,
    pub exclusive: bool,
    pub currency: Currency,
    pub starts_at: Option<Time>,
    pub ends_at: Option<Time>,
    pub max_uses: Option<i64>,
    pub max_uses_per_customer: Option<i64>,
    pub rules: Rules,
    /// What makes it a one-to-one offer.
    pub offer: Option<offers::Terms>,
}

impl Terms {
    /// A promotion for every cart without limits, whose name is its code.
    pub fn coupon(code: &str, effect: Effect, currency: Currency) -> Terms {
        let rules = Rules { effect, ..Rules::default() };
        Terms { needs_code: true, code: code.into(), stacking: 5, ..Terms::automatic(code, rules, currency) }
    }

    /// A promotion that every cart gets whose conditions hold.
    pub fn automatic(name: &str, rules: Rules, currency: Currency) -> Terms {
        Terms {
            name: name.into(),
            active: true,
            needs_code: false,
            code: String::new(),
            stacking: 1,
            exclusive: false,
            currency,
            starts_at: None,
            ends_at: None,
            max_uses: None,
            max_uses_per_customer: None,
            rules,
            offer: None,
        }
    }
}
