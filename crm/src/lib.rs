//! The memory: who the customers are, what they allowed, what they bought. No pages and no HTTP: plain functions over its own tables.

pub mod activities;
pub mod bg_nbd;
pub mod consents;
pub mod customers;
pub mod email;
pub mod gamma_gamma;
mod likelihood;
pub mod purchases;
pub mod recommendations;
pub mod rfm;
mod schema;
pub mod scores;
pub mod trails;

kernel::id!(CustomerId);
