//! Journeys: what happens with people step by step, from an entry of their timeline, a segment that they enter, their
//! birthday, or something that they wait or wish for.
//!
//! What staff draw is a draft; publishing it makes a version, and whoever entered walks theirs to its end. [`told`] enters people and wakes
//! those who wait, in the transaction in which something happened; a job takes the steps that are due. What comes next says [`step`] alone,
//! which is pure: the rehearsal walks what really happened by the same function and writes nothing of it.

mod counts;
mod graph;
mod live;
mod occasions;
mod people;
mod ready;
mod rehearsal;
mod step;
mod store;
#[cfg(test)]
mod tests;
mod told;
mod walk;

pub use counts::{Counts, Wrong, counts, proofs};
pub use graph::{Again, Awaited, Errand, Graph, LONGEST, Node, NodeId, Rhythm, Trigger, Wait, What, chance, check, sound};
pub use live::{END_JOB, JOB, OFFER_JOB, any, run, sweep};
pub use occasions::{BIRTHDAY_JOB, back, birthdays, dropped, subjects, tells_back, tells_drops};
pub use people::{Entry, Kept, Listing, enrolment, listed, log, of_customer};
pub(crate) use people::{forget, taken_out};
pub use ready::{READY, Ready, about_to_be_lost, ready};
pub use rehearsal::{Acted, Past, REHEARSE_JOB, Rehearsal, RehearsalId, acts, ask, last, rehearsal, rehearse};
pub use step::{Act, Ending, Facts, Position, Way, step};
pub use store::{
    Journey, Wish, add_mail, create, end, for_segment, get, graph_of, list, pause, publish, put_graph, renew_mail, resume, update, versions,
};
pub use told::told;
pub(crate) use told::{listens, moved};

use crate::CustomerId;
use crate::schema::enrolments;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use kernel::clock::Time;
use kernel::words;
use serde::Serialize;

kernel::id!(JourneyId, VersionId, EnrolmentId);

words!(
    /// Where a journey stands.
    State {
        Draft = "draft",
        Live = "live",
        /// Nobody enters, and nobody takes a step.
        Paused = "paused",
        /// For good: whoever was in it has left.
        Ended = "ended",
    }
);

words!(
    /// Where somebody stands in a journey.
    Stage {
        Active = "active",
        /// They came to the end, or to the goal.
        Done = "done",
        Left = "left",
    }
);

/// Somebody who entered a journey.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = enrolments)]
pub struct Enrolment {
    pub id: EnrolmentId,
    pub journey_id: JourneyId,
    pub version_id: VersionId,
    pub customer_id: CustomerId,
    pub state: Stage,
    /// 0 behind the last step.
    pub node: NodeId,
    pub since: Option<Time>,
    pub due_at: Time,
    pub wake_at: Time,
    pub awaits: String,
    pub came: bool,
    pub steps: i64,
    pub entered_at: Time,
    pub ended_at: Option<Time>,
    pub ending: String,
}

/// Those who are in a journey, written so that both databases see that the indexes over them will do.
fn active() -> SqlLiteral<Bool> {
    sql("state = 'active'")
}
