//! The shopper's pages. A handler parses, calls one domain function and renders.

pub mod door;
pub mod frame;
pub mod posted;
pub mod views;
pub mod visit;
