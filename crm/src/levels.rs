//! Service levels: when somebody is there ([`Hours`], a calendar), by when a ticket is answered and settled ([`Policy`]), and how a change
//! of either reaches the tickets that are open.

mod calendars;
mod hours;
mod policies;
mod recalculate;

pub(crate) use calendars::named;
pub use calendars::{Calendar, CalendarId, calendar, calendars, create_calendar, remove_calendar, update_calendar};
pub use hours::{Hours, Span, read_holidays, read_spans, write_holidays, write_spans};
pub(crate) use policies::Levels;
pub use policies::{Policy, PolicyId, Wish, for_segment, policies, policy, remove_policy, save_policy};
pub use recalculate::{JOB, recalculate};
