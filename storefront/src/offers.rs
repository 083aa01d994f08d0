//! One-to-one offers: promotions that are given to single customers, by a decision that is kept.
//!
//! An offer is a promotion with an audience (a segment or a list of people), a budget and a control group. The first time a customer of
//! the audience who is signed in meets the shop while it is live, [`settle`] decides for them: chance puts them into the control group
//! or gives them the offer, for the goods of its terms or for their own best product. From then on it stands as decided, whatever
//! becomes of the audience, until its time is over. `promotions::decide` prices it like any promotion (`promotions::Grant`), so that the
//! product page, the cart and the placing commit cannot differ.

mod decide;
mod results;
mod store;

pub(crate) use decide::{Decision, decided, take_over};
pub use decide::{Source, Why, invite, settle};
pub use results::{FIGURE_JOB, Outcome, Results, figure_all, figure_soon};
pub use store::{Given, OfferRow, Open, among, counts, get, list, of_customer, open};
pub(crate) use store::{forget, is_one, of_promotions, put, returned, spend, unspend};

use kernel::words;
use std::collections::BTreeMap;

words!(
    /// What an offer reduces.
    Choice {
        /// The goods of the promotion's terms.
        Terms = "terms",
        /// The one product among them that the customer most likely wants.
        Own = "own",
    }
);

words!(
    /// What chance said for a customer.
    Arm { Given = "given", Control = "control" }
);

/// What a merchant says of an offer beside the promotion's own terms. Amounts are minor units of the promotion's currency.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Terms {
    /// Why they got it, as the customer reads it, by language.
    pub why: BTreeMap<String, String>,
    pub choice: Choice,
    /// Basis points of the audience that get nothing, to compare with.
    pub control_bp: i64,
    /// Basis points of a price before tax that must be left over its cost.
    pub margin_floor_bp: Option<i64>,
    pub budget: Option<i64>,
    /// Days it stands for a customer; until the promotion's end without.
    pub stands_days: Option<i64>,
    /// Whether a use is given back when the goods are.
    pub returned: bool,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms {
            why: BTreeMap::new(),
            choice: Choice::Terms,
            control_bp: 1000,
            margin_floor_bp: None,
            budget: None,
            stands_days: None,
            returned: false,
        }
    }
}
