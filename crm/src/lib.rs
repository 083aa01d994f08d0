//! The memory: who the customers are, what they allowed, what they bought. No pages and no HTTP: plain functions over its own tables.

pub mod consents;
pub mod customers;
pub mod email;
pub mod purchases;
mod schema;

kernel::id!(CustomerId);
