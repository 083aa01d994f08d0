//! The shop as its users and its enemies meet it. Every test runs on SQLite, and on PostgreSQL when `TEST_DATABASE_URL` is set.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod books;
mod buying;
mod crash;
mod desk;
mod documents;
mod mailing;
mod outages;
mod races;
mod support;
mod walls;
mod words;
