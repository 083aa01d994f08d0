//! The JSON API over real HTTP, on a database of its own for each test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bad_input;
mod document;
mod gift_cards;
mod keys;
mod lists;
mod once;
mod purchase;
mod shop;
