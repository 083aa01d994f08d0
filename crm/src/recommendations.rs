//! What to show beside a product, with a cart and to a customer, worked out of who bought what.
//!
//! [`run`] learns every night and after an import, and writes lists: for each product what is bought together with it and what completes
//! a cart with it, for each customer what they may want, and what many bought lately. Pages read lists and never a model.

mod ease;
mod goods;
mod lists;
pub mod measure;
mod model;
mod nightly;
mod results;
pub mod rules;
mod source;
#[cfg(test)]
mod tests;

pub use goods::Goods;
pub use lists::{Beside, CHANNEL, Own, Run, TOPIC, complete, last_run, own, own_of, popular, together, wanted};
pub use measure::{Accuracy, Compared, Measure, Tally};
pub use model::{Model, Scores};
pub use nightly::run;
pub use results::{Arm, Count, Shelf, count, difference, results};
pub use source::{Bought, Purchases};

use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::{Conn, Result};
use serde::{Deserialize, Serialize};

/// The job that learns.
pub const RUN_JOB: &str = "recommendations.run";
/// The key of one that was asked for.
pub const SOON: &str = "recommendations:soon";

/// Has the lists worked out by the next worker: after a history came in, or when staff ask for it.
pub fn run_soon(conn: &mut Conn, now: Time) -> Result<()> {
    jobs::enqueue_as(conn, Class::Bulk, RUN_JOB, "", Some(SOON), now, now)
}

kernel::words!(
    /// How products go with another one.
    Kind {
        /// Often in one order with it.
        Together = "together",
        /// Missing where it is in a cart.
        Complete = "complete",
    }
);

/// A product that goes with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    pub product: i64,
    /// How much, beside the others of the list; scores of several lists of one kind may be added.
    pub score: i64,
}

/// Why a product is recommended to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// They bought it in several orders.
    Again,
    /// They bought it once.
    Before,
    /// They bought this other product.
    Because(i64),
}

/// A product that is recommended to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    pub product: i64,
    pub reason: Reason,
}
