//! What handlers say in the visitor's language: sentences with names and amounts in them.

use crate::imports::Reason;
use kernel::Result;
use kernel::money::Money;
use kernel::web::format;
use kernel::web::i18n::{Language, Texts};
use kernel::web::templates::Templates;
use std::sync::Arc;

/// The texts of one language. Cheap to clone.
#[derive(Clone)]
pub struct Words {
    texts: Arc<Texts>,
    pub language: Language,
}

impl Words {
    /// Fails when the texts on disk do not read, which only happens while somebody edits them.
    pub fn of(templates: &Templates, language: Language) -> Result<Words> {
        Ok(Words { texts: templates.texts()?, language })
    }

    /// The text of a key without arguments; any other text stands for itself.
    pub fn get(&self, key: &str) -> String {
        self.texts.message(self.language, key)
    }

    /// A text with arguments. Fails when there is no such key.
    pub fn with(&self, key: &str, args: &[(&str, &str)]) -> Result<String> {
        self.texts.with(self.language, key, args)
    }

    /// Why a row of a file was not taken over.
    pub fn reason(&self, reason: &Reason) -> String {
        reason.told(&self.texts, self.language)
    }

    /// An amount as people write it.
    pub fn money(&self, amount: Money) -> String {
        format::money(amount)
    }
}
