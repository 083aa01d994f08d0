//! The shop: what is sold, to whom, for how much, and what became of it.

pub mod gateway;
pub mod ids;
#[allow(dead_code)] // until every table has its owner module
mod schema;
pub mod shop;
