//! Languages and texts. A text is a Fluent message with a key. English and Chinese are built in and have the same keys, which a test
//! keeps; further languages are folders that an operator puts beside the data ([`learn`]), and say in English what they leave out.

mod folder;
mod language;
mod texts;

pub use folder::learn;
pub use language::{Language, Spoken};
pub(super) use language::{Manner, Piece};
pub use texts::Texts;
