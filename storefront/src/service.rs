//! After-sales: what a buyer can have at once, what staff do from a ticket, and what they propose. The ticket is the crm's
//! ([`crm::tickets`]); the money, the goods and the order are moved by the functions that move them everywhere else, in one commit with
//! the ticket.

mod act;
mod ask;
mod costs;
mod coupon;
pub mod exchange;
mod limit;
mod policy;
mod proposals;
mod remedy;
mod resend;

pub use act::{Allowance, Carried, DAYS, Deed, Wish, act};
pub use ask::{Ask, Decided, ask, question};
pub use costs::{Cost, Given, costs};
pub use limit::give;
pub use policy::{ORDER_KINDS, Policy, Rule, policy, save};
pub(crate) use proposals::forget;
pub use proposals::{Proposal, ProposalId, State, approve, decline, of_this, of_ticket, waiting};
pub use remedy::{Offer, Remedy, answer, worth};
pub use resend::{goods, resendable};
