//! The shop as its users and its enemies meet it. Every test runs on SQLite, and on PostgreSQL when `TEST_DATABASE_URL` is set.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod books;
mod buying;
mod catalogue;
mod content;
mod crash;
mod desk;
mod documents;
mod drafts;
mod editing;
mod feeds;
mod mailing;
mod outages;
mod overview;
mod pairs;
mod promotions;
mod promotions_web;
mod races;
mod returns;
mod stored_value;
mod support;
mod waiting;
mod walls;
mod webhooks;
mod words;
