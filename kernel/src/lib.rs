//! The ground: words every room shares (money, ids, events, errors) and tools (database, jobs, mail, pages). No rule of the shop.

// The bundled libraries are linked through these crates; nothing calls them directly.
use {libsqlite3_sys as _, openssl_sys as _, pq_sys as _};

pub mod backup;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod events;
pub mod ids;
pub mod jobs;
pub mod json;
pub mod mail;
pub mod money;
mod schema;
pub mod settings;
pub mod terms;
pub mod testing;
pub mod token;
pub mod totp;
pub mod web;

pub use db::{Conn, Db};
pub use error::{Error, Result};
