//! The ground: words every room shares (money, ids, events, errors) and tools (database, jobs, mail, pages). No rule of the shop.

pub mod error;
pub mod money;

pub use error::{Error, Result};
