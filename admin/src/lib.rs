//! The back office: who works in the shop and what they may do, what they did, and their pages.

pub mod api;
pub mod audit;
pub mod forum;
pub mod invitations;
pub mod macros;
pub mod permissions;
pub mod roles;
pub mod saved_filters;
mod schema;
pub mod second_factor;
pub mod sessions;
pub mod staff;
pub mod viewers;
pub mod web;

kernel::id!(
    /// Somebody who works in the shop.
    StaffId,
    /// What somebody may do.
    RoleId,
    /// Somebody who was asked to work here and has not answered yet.
    InvitationId
);
