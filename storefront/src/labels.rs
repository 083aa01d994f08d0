//! Translations of short words that many products share (options, attributes, tags, categories, rates): one dictionary a language.

use crate::schema::label_translations as translations;
use crate::shop::OWN_LANGUAGE;
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::HashMap;

/// The words of one language. Empty for the shop's own, in which every word stands for itself.
#[derive(Clone, Debug, Default)]
pub struct Labels(HashMap<String, String>);

impl Labels {
    /// Every word of `language`.
    pub fn load(conn: &mut Conn, language: &str) -> Result<Labels> {
        if language == OWN_LANGUAGE {
            return Ok(Labels::default());
        }
        let rows: Vec<(String, String)> = translations::table
            .filter(translations::language.eq(language))
            .select((translations::source, translations::text))
            .load(conn)?;
        Ok(Labels(rows.into_iter().collect()))
    }

    /// The translation of `source`, or `source` itself when there is none.
    pub fn of<'a>(&'a self, source: &'a str) -> &'a str {
        self.0.get(source).map_or(source, String::as_str)
    }

    /// The translations of `words`, one after another with ` / ` between: how the options of a variant are told.
    pub fn joined(&self, words: &[String]) -> String {
        words.iter().map(|word| self.of(word)).collect::<Vec<_>>().join(" / ")
    }
}

/// The translation of each of `words` that has one.
pub fn of_words(conn: &mut Conn, language: &str, words: &[&str]) -> Result<HashMap<String, String>> {
    let rows: Vec<(String, String)> = translations::table
        .filter(translations::language.eq(language))
        .filter(translations::source.eq_any(words))
        .select((translations::source, translations::text))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Forgets the translation of `source`.
pub fn unset(conn: &mut Conn, language: &str, source: &str) -> Result<()> {
    diesel::delete(translations::table.filter(translations::language.eq(language)).filter(translations::source.eq(source)))
        .execute(conn)?;
    Ok(())
}

/// Stores the translation of `source`, in place of the one before.
pub fn set(conn: &mut Conn, language: &str, source: &str, text: &str) -> Result<()> {
    let row = (translations::language.eq(language), translations::source.eq(source), translations::text.eq(text));
    kernel::on_each!(conn, c => diesel::insert_into(translations::table)
        .values(row).on_conflict((translations::language, translations::source)).do_update().set(translations::text.eq(text)).execute(c))?;
    Ok(())
}
