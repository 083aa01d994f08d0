//! The texts of every language, by their keys.

use super::language::Language;
use crate::error::BETWEEN;
use crate::web::embedded::LOCALES;
use crate::{Error, Result};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::collections::BTreeSet;
use std::path::Path;
use unic_langid::LanguageIdentifier;

/// The texts of every language that was known when they were read.
pub struct Texts {
    /// By the places of the languages.
    bundles: Vec<Bundle>,
}

struct Bundle {
    fluent: FluentBundle<FluentResource>,
    keys: BTreeSet<String>,
}

impl Texts {
    /// Reads the texts the binary carries, or those in `dir` (with a folder per language) when one is given, and those of the languages
    /// that were learnt. Fails when a file does not parse or defines a key twice.
    pub fn load(dir: Option<&Path>) -> Result<Texts> {
        Ok(Texts { bundles: Language::all().iter().map(|language| bundle(*language, dir)).collect::<Result<_>>()? })
    }

    /// The text of `key` with its arguments in place, in English where a language has none. Fails when there is no such key or an
    /// argument it needs is missing.
    pub fn text(&self, language: Language, key: &str, args: Option<&FluentArgs>) -> Result<String> {
        let own = self.own(language, key, args);
        // What an operator wrote may ask for an argument that there is not; a page is not lost by that.
        if language.place() < BUILT_IN || matches!(own, Some(Ok(_))) {
            return own.unwrap_or_else(|| Err(Error::unexpected(format!("no text {key} in {language}"))));
        }
        self.own(Language::ENGLISH, key, args).unwrap_or_else(|| Err(Error::unexpected(format!("no text {key}"))))
    }

    /// The text in this language alone.
    fn own(&self, language: Language, key: &str, args: Option<&FluentArgs>) -> Option<Result<String>> {
        let bundle = &self.bundles.get(language.place())?.fluent;
        let pattern = bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
        Some(match errors.first() {
            None => Ok(text),
            Some(error) => Err(Error::unexpected(format!("text {key} in {language}: {error}"))),
        })
    }

    /// [`Texts::text`] with arguments by name. Values are texts; plural forms need a number and a template.
    pub fn with(&self, language: Language, key: &str, args: &[(&str, &str)]) -> Result<String> {
        let args: FluentArgs = args.iter().map(|(name, value)| (name.to_string(), *value)).collect();
        self.text(language, key, Some(&args))
    }

    /// The text of a key, with the arguments that `error::said` put behind it; anything else stands for itself. Of several lines each is
    /// a message.
    pub fn message(&self, language: Language, key_or_sentence: &str) -> String {
        if key_or_sentence.contains('\n') {
            let lines: Vec<String> = key_or_sentence.lines().map(|line| self.message(language, line)).collect();
            return lines.join("\n");
        }
        let mut parts = key_or_sentence.split(BETWEEN);
        let key = parts.next().unwrap_or_default();
        if !self.has(language, key) {
            return key_or_sentence.replace(BETWEEN, " ");
        }
        let mut args = FluentArgs::new();
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            args.set(name.to_string(), value.to_string());
        }
        self.text(language, key, Some(&args)).unwrap_or_else(|_| key_or_sentence.replace(BETWEEN, " "))
    }

    /// Whether the language has a text of this key, or says it in English.
    pub fn has(&self, language: Language, key: &str) -> bool {
        let own = |language: Language| self.bundles.get(language.place()).is_some_and(|bundle| bundle.keys.contains(key));
        own(language) || (language.place() >= BUILT_IN && own(Language::ENGLISH))
    }

    /// Every key of the language itself, sorted.
    pub fn keys(&self, language: Language) -> impl Iterator<Item = &str> {
        self.bundles.get(language.place()).into_iter().flat_map(|bundle| bundle.keys.iter().map(String::as_str))
    }
}

/// Languages whose texts the binary carries; they come first.
const BUILT_IN: usize = 2;

fn bundle(language: Language, dir: Option<&Path>) -> Result<Bundle> {
    let tag: LanguageIdentifier = language.tag().parse().map_err(Error::unexpected)?;
    let mut fluent = FluentBundle::new_concurrent(vec![tag]);
    // The marks around arguments are for mixed writing directions; the built-in languages run left to right.
    fluent.set_use_isolating(false);
    let mut keys = BTreeSet::new();
    for (name, source) in sources(language, dir)? {
        let resource = FluentResource::try_new(source).map_err(|(_, errors)| {
            Error::unexpected(format!("{language}/{name}: {}", errors.first().map(ToString::to_string).unwrap_or_default()))
        })?;
        keys.extend(resource.entries().filter_map(|entry| match entry {
            fluent_syntax::ast::Entry::Message(message) => Some(message.id.name.to_string()),
            _ => None,
        }));
        fluent.add_resource(resource).map_err(|errors| Error::unexpected(format!("{language}/{name}: {errors:?}")))?;
    }
    Ok(Bundle { fluent, keys })
}

fn sources(language: Language, dir: Option<&Path>) -> Result<Vec<(String, String)>> {
    if language.place() >= BUILT_IN {
        return Ok(language.known().sources.clone());
    }
    let Some(dir) = dir else { return Ok(carried(language)) };
    let folder = dir.join(language.code());
    let failed = |error: std::io::Error| Error::unexpected(format!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "ftl") {
            files.push((path.display().to_string(), std::fs::read_to_string(&path).map_err(failed)?));
        }
    }
    files.sort();
    Ok(files)
}

/// The texts that the binary carries for a language, by the names of their files.
pub(super) fn carried(language: Language) -> Vec<(String, String)> {
    let prefix = format!("{language}/");
    LOCALES.iter().filter_map(|(name, source)| Some((name.strip_prefix(&prefix)?.to_string(), source.to_string()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys() {
        let texts = Texts::load(None).expect("texts load");
        let english: BTreeSet<&str> = texts.keys(Language::ENGLISH).collect();
        let chinese: BTreeSet<&str> = texts.keys(Language::CHINESE).collect();
        assert_eq!(english.difference(&chinese).collect::<Vec<_>>(), Vec::<&&str>::new(), "missing in Chinese");
        assert_eq!(chinese.difference(&english).collect::<Vec<_>>(), Vec::<&&str>::new(), "missing in English");
    }

    #[test]
    fn a_message_may_be_a_key_or_a_sentence() {
        let texts = Texts::load(None).expect("texts load");
        assert_eq!(texts.message(Language::CHINESE, "Only two are left."), "Only two are left.");
        assert_eq!(texts.message(Language::CHINESE, "cart-title"), "购物车");
        let told = crate::error::said("order-units-up-to", &[("most", &2)]);
        assert_eq!(texts.message(Language::ENGLISH, &told), "Give a number from 0 to 2.");
        assert_eq!(texts.message(Language::ENGLISH, "cart-title\nnothing"), "Cart\nnothing");
        assert!(texts.text(Language::ENGLISH, "no-such-key", None).is_err());
        assert!(texts.text(Language::ENGLISH, "stock-few", None).is_err(), "a missing argument is an error, not a hole");
    }
}
