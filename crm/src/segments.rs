//! Segments: customers for whom a rule holds.
//!
//! A row is kept for each member, and for whoever becomes one by the passing of time alone; with it, until when that stands. A row that is
//! past its time is asked anew by whoever reads it ([`among`], [`members`]) and written by a job each minute ([`settle`]). What changes a
//! customer's facts calls [`follow`] in its transaction. A new rule, and what concerns everybody (scores of the night, goods that moved),
//! leaves the segment `due` until a [`build`] has gone over all customers; until then readers ask the rule itself.

mod build;
mod follow;
mod list;
mod past;
mod proof;
mod read;
mod settle;
mod store;
#[cfg(test)]
mod tests;

pub use crate::rules::SegmentId;
pub use build::{BUILD_JOB, build, build_all, doubt_all, goods_moved, rebuild, scores_moved};
pub use follow::{follow, follow_events, forget};
pub(crate) use follow::{follow_answers, follow_costs, follow_tickets};
pub(crate) use list::{Listed, listed};
pub use list::{Moved, Preview, Size, history, members, preview, size, sizes};
pub use past::{Past, past};
pub use proof::{Proof, proofs};
pub use read::{Standing, among, among_these, of_customer};
pub use settle::{SETTLE_JOB, prune, settle};
pub use store::{Segment, Wish, create, get, list, others, remove, update, users};

use kernel::words;

words!(
    /// Whether the rows of a segment are what its rule says.
    State {
        Built = "built",
        /// Something changed for all customers; a build is on its way.
        Due = "due",
    }
);

words!(
    /// Why somebody entered or left.
    Why {
        Order = "order",
        Consent = "consent",
        Profile = "profile",
        Event = "event",
        /// Nothing happened but time.
        Time = "time",
        /// The rule was changed, or what it asks about changed for everybody.
        Build = "build",
    }
);
