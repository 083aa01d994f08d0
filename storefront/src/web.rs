//! The shopper's pages.

pub mod views;
