//! The back office: who works in the shop, what they did, and their pages.

pub mod audit;
mod schema;
pub mod staff;
pub mod web;

kernel::id!(
    /// Somebody who works in the shop.
    StaffId
);
