//! Mail to many, and to whom an own mail of a journey is due: one row for each campaign and person, with a fixed Message-ID.
//!
//! A campaign is written as a draft, scheduled, frozen ([`Audience`]: one delivery for each person, the control group among them) and
//! sent from its rows. Whether it is finished is a question to the rows, not a flag. What a campaign says is the shop's affair: here it
//! is a text of JSON.

pub mod address;
pub mod attribution;
mod audience;
mod claim;
mod control;
mod counts;
mod deliveries;
mod forget;
mod freeze;
pub mod hits;
pub mod machines;
mod permission;
mod record;
pub mod reports;
pub mod results;
mod skipped;
mod store;
#[cfg(test)]
mod tests;
mod times;
mod trials;
mod zones;

pub(crate) use audience::countries;
pub use audience::{Reach, reach};
pub use claim::{LEASE, any, claim, exchange};
pub use control::{CANCEL_JOB, Stage, cancel, cancel_rest, pause, progress, recall, resume, schedule, stage};
pub use counts::{Counts, Moment, Tally, Wrong, add, counts, proofs};
pub use deliveries::{Delivery, Place, delivery, leave, listed, send_again};
pub(crate) use forget::forget;
pub use forget::{Kept, of_customer};
pub use freeze::{FREEZE_JOB, freeze};
pub(crate) use freeze::{give, open_step};
pub use permission::{Hindrance, permission};
pub use record::{Outcome, expire_leases, record};
pub use skipped::{Reason, reasons, skipped};
pub use store::{
    Campaign, EMPTY, STALE, VARIANTS, Variant, Wish, add_variant, create, create_as, for_segment, get, letter, list, put_variant,
    remove_variant, set_time, update, variant, variants,
};
pub(crate) use times::next_at;
pub use times::{due, moment, zone_of};
pub use trials::{DECIDE_JOB, Decision, Figure, decide_all};

use crate::CustomerId;
use crate::segments::SegmentId;
use chrono::NaiveTime;
use kernel::clock::Time;
use kernel::words;
use serde::{Deserialize, Serialize};

/// The job that hands mails over. The worker has it, since it reaches mail servers.
pub const PUMP_JOB: &str = "campaigns.pump";

kernel::id!(CampaignId, VariantId, DeliveryId);

words!(
    /// Whose mail it is.
    Kind {
        Campaign = "campaign",
        /// The mail of a step of a journey; its `round` is the enrolment.
        Step = "step",
    }
);

words!(
    /// What a merchant decided about a campaign. That it runs or is finished follows from its rows.
    State { Draft = "draft", Scheduled = "scheduled", Paused = "paused", Cancelled = "cancelled" }
);

words!(
    /// What chance said for a person.
    Arm { Given = "given", Control = "control" }
);

words!(
    /// Where a delivery stands.
    Standing {
        Waiting = "waiting",
        /// Claimed by a process; when its lease runs out, nobody knows what became of it.
        Sending = "sending",
        /// A mail server took it.
        Accepted = "accepted",
        /// A mail server will never take it.
        Refused = "refused",
        /// Not sent to this person, for the reason that stands beside it.
        Skipped = "skipped",
        /// Handed over, and the answer was lost. Never sent again by itself.
        Unknown = "unknown",
        /// Taken back before it was sent.
        Cancelled = "cancelled",
        /// In the control group: never sent.
        Control = "control",
    }
);

words!(
    /// What was done with a mail.
    Hit { Open = "open", Click = "click", View = "view" }
);

/// Whom a campaign is for: members of any of the segments (of all customers without one) who are in none of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audience {
    pub include: Vec<SegmentId>,
    pub exclude: Vec<SegmentId>,
}

/// When and how fast.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// The start, as the clock of the place shows it. At once without.
    pub at: Option<Time>,
    /// Whether `at` and `window` are read by the clock of each recipient's place, else of the shop's.
    pub local: bool,
    /// Mails are only handed over between these times of day.
    pub window: Option<(NaiveTime, NaiveTime)>,
    /// Mails in an hour at most.
    pub per_hour: Option<i64>,
    /// So many mails of campaigns within so many days at most, for each person.
    pub cap: Option<(i64, i64)>,
}

words!(
    /// What decides a trial: people, never machines.
    Measure { Clicks = "clicks", Orders = "orders", Opens = "opens" }
);

/// What is tried out before the rest gets the best of it. Without variants beside the first there is no trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trial {
    /// Basis points of the audience that the variants are tried out on, in equal parts; 10,000 when there is no rest.
    pub share_bp: i64,
    pub measure: Measure,
    /// Hours after the last mail of the trial until it is decided.
    pub hours: i64,
}

impl Default for Trial {
    fn default() -> Trial {
        Trial { share_bp: 2000, measure: Measure::Clicks, hours: 24 }
    }
}

/// Somebody whom a mail is to be handed over to now, as claimed.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub id: DeliveryId,
    pub campaign: CampaignId,
    pub variant: VariantId,
    pub customer: CustomerId,
    pub round: i64,
    pub message_id: String,
    pub attempts: i64,
}
