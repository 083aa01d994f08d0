//! Merging two customers who are one person, and undoing it: the shop's part. `crm::merges` keeps the merge and moves the memory; here
//! move orders, carts, store credit, uses of promotions, offers, addresses and sessions, all in one transaction of the caller.
//!
//! A row that belongs to an order goes where the order goes. Balances follow from their ledgers, which is what lets an undone merge be
//! refused when one of the two would owe the shop. Logins stay where they are: each address signs in with its own password, as the
//! survivor while the merge stands.

mod back;
mod balances;
mod going;
mod parts;
mod preview;
mod take;

pub use back::{Undoing, undo, undoing};
pub use preview::{Cell, Line, Preview, Side, preview};
pub use take::{SWEEP_JOB, left, merge, sweep};

/// The tables of this room whose rows move, by the names that the ledger of a merge gives them.
const ORDERS: &str = "orders";
const CARTS: &str = "carts";
const CREDIT: &str = "store_credit_entries";
const ADDRESSES: &str = "addresses";
const WISHES: &str = "wish_list_items";
const REQUISITIONS: &str = "requisition_lists";
const QUOTES: &str = "quotes";
/// Addresses that were the default of the one who was merged.
const DEFAULTS: &str = "addresses, default";
/// Promotions whose decisions moved, and those whose decisions the two exchanged.
const DECISIONS: &str = "offer_decisions";
const EXCHANGED: &str = "offer_decisions exchanged";

/// Every table with rows of customers, and what a merge does with them. A test finds tables that are not here.
pub const TABLES: &[(&str, Fate)] = &[
    ("activities", Fate::Moves),
    ("addresses", Fate::SomeMove),
    ("carts", Fate::Moves),
    ("company_members", Fate::SomeMove),
    ("consents", Fate::Moves),
    ("customer_picks", Fate::Stays),
    ("customer_tasks", Fate::Moves),
    ("deliveries", Fate::SomeMove),
    ("disputes", Fate::Moves),
    ("enrolments", Fate::Stays),
    ("given_alone", Fate::Stays),
    ("identity_edges", Fate::Moves),
    ("login_tokens", Fate::Stays),
    ("logins", Fate::Stays),
    ("mail_frequencies", Fate::Moves),
    ("offer_decisions", Fate::SomeMove),
    ("opportunities", Fate::Moves),
    ("opportunity_activities", Fate::Moves),
    ("orders", Fate::Moves),
    ("promotion_balances", Fate::Figured),
    ("promotion_movements", Fate::Moves),
    ("purchase_lines", Fate::Moves),
    ("purchases", Fate::Moves),
    ("quotes", Fate::Moves),
    ("rehearsal_acts", Fate::Stays),
    ("requisition_lists", Fate::Moves),
    ("scores", Fate::Figured),
    ("segment_history", Fate::Stays),
    ("segment_states", Fate::Figured),
    ("sessions", Fate::Moves),
    ("stage_changes", Fate::Stays),
    ("store_credit_balances", Fate::Figured),
    ("store_credit_entries", Fate::Moves),
    ("survey_answers", Fate::SomeMove),
    ("tickets", Fate::Moves),
    ("trails", Fate::Moves),
    ("wish_list_items", Fate::SomeMove),
];

/// What a merge does with the rows of a table that are the merged one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// All of them become the survivor's.
    Moves,
    /// Those become the survivor's that the survivor has not the like of.
    SomeMove,
    /// They follow from other rows, and are worked out again for both.
    Figured,
    /// They stay, and speak only of the time before.
    Stays,
}
