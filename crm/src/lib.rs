//! The memory: who the customers are, what they allowed, what they bought, and which rules hold for them. No pages and no HTTP: plain functions over its own tables.

pub mod activities;
pub mod bg_nbd;
pub mod birthdays;
pub mod campaigns;
pub mod consents;
pub mod customers;
pub mod disputes;
pub mod email;
pub mod erasure;
pub mod frequencies;
pub mod gamma_gamma;
pub mod identities;
pub mod inbound;
pub mod intents;
pub mod journeys;
pub mod levels;
pub mod lift;
mod likelihood;
pub mod merges;
pub mod products;
pub mod purchases;
pub mod recommendations;
pub mod rfm;
pub mod routing;
pub mod rules;
mod schema;
pub mod scores;
pub mod segments;
pub mod sign_ups;
pub mod suppressions;
pub mod surveys;
pub mod tasks;
pub mod tickets;
pub mod topics;
pub mod trails;

kernel::id!(CustomerId);
