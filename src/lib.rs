//! Wiring: settings, the web server, the worker and the commands. No rule of the business lives here.
//!
//! A test starts the whole shop in its own process: [`state::AppState::open`] with a clock it moves, [`app::server`] on a port of its
//! choice, and [`worker::Worker::run_due`] in place of the worker's loop.

pub mod app;
pub mod commands;
pub mod imap;
pub mod logs;
pub mod metrics;
pub mod middleware;
pub mod progress;
pub mod smtp;
pub mod state;
pub mod worker;
