//! What campaigns say: content in blocks, made into a mail for each recipient.
//!
//! [`letters`] makes the mails of a batch that was claimed ([`crm::campaigns::Claimed`]): it only reads, what is the same for many once for the
//! whole batch. What somebody typed never reaches HTML as HTML: texts are cleaned when they are read, and the values of variables are text.
//! A mail that cannot be made for somebody is skipped with the reason, which [`risks`] tells before anything is sent.

pub mod content;
mod draw;
mod letters;
pub mod links;
mod occasion;
mod people;
mod risks;
mod saved;
mod stage;
#[cfg(test)]
mod tests;
pub mod text;

pub use content::{Block, Condition, Content, Part, Source, Version};
pub use letters::{Preview, Reader, SkipReason, Ways, letters, preview, settle, trial, view};
pub use risks::{Level, Risk, risks};
pub use saved::{Saved, SavedId, get as saved, list as all_saved, remove as remove_saved, save};
