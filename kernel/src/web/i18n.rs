//! Languages and texts. A text is a Fluent message with a key; both languages have the same keys, which a test keeps.

use super::embedded::LOCALES;
use crate::error::BETWEEN;
use crate::{Error, Result};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use unic_langid::LanguageIdentifier;

/// A language of the shop. English is the default and has no prefix in addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    #[default]
    English,
    Chinese,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::Chinese];

    /// `en` or `zh`: the folder of its texts, what is stored with a customer, and what views serialise to.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh",
        }
    }

    /// The language of a stored code; `None` for any other text.
    pub fn parse(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The BCP 47 tag for `lang` and `hreflang`: Chinese texts are in simplified characters.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-Hans",
        }
    }

    /// The name of the language in itself.
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Chinese => "简体中文",
        }
    }

    /// The address of a page in this language: `/cart` stays or becomes `/zh/cart`. Addresses with a scheme or of one page
    /// (`#total`) are left alone.
    pub fn path(self, to: &str) -> String {
        Spoken::from(self).path(to)
    }

    /// Splits the language off an address: `/zh/cart` is Chinese and `/cart`.
    pub fn of_path(path: &str) -> (Language, &str) {
        Language::named_by(path).filter(|(language, _)| *language != Language::default()).unwrap_or((Language::default(), path))
    }

    /// The language that an address names, English too, and the address without it; `None` when it names none.
    pub fn named_by(path: &str) -> Option<(Language, &str)> {
        let inside = path.strip_prefix('/')?;
        Language::ALL.into_iter().find_map(|language| match inside.strip_prefix(language.code())? {
            "" => Some((language, "/")),
            rest if rest.starts_with('/') => Some((language, rest)),
            _ => None,
        })
    }
}

/// A language as a site speaks it: the one that the site speaks first has no prefix in its addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spoken {
    pub language: Language,
    pub first: Language,
}

impl From<Language> for Spoken {
    /// On a site that speaks English first.
    fn from(language: Language) -> Spoken {
        Spoken { language, first: Language::default() }
    }
}

impl Spoken {
    /// The address of a page in this language: on a site that speaks English first, `/cart` stays or becomes `/zh/cart`. Addresses with
    /// a scheme or of one page (`#total`) are left alone.
    pub fn path(self, to: &str) -> String {
        if self.language == self.first || !to.starts_with('/') || to.starts_with("//") {
            return to.to_string();
        }
        let rest = if to == "/" || to.starts_with("/?") { &to[1..] } else { to };
        format!("/{}{rest}", self.language.code())
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

/// The texts of both languages.
pub struct Texts {
    english: Bundle,
    chinese: Bundle,
}

struct Bundle {
    fluent: FluentBundle<FluentResource>,
    keys: BTreeSet<String>,
}

impl Texts {
    /// Reads the texts the binary carries, or those in `dir` (with a folder per language) when one is given. Fails when a file
    /// does not parse or defines a key twice.
    pub fn load(dir: Option<&Path>) -> Result<Texts> {
        Ok(Texts { english: bundle(Language::English, dir)?, chinese: bundle(Language::Chinese, dir)? })
    }

    /// The text of `key` with its arguments in place. Fails when the key or an argument it needs is missing.
    pub fn text(&self, language: Language, key: &str, args: Option<&FluentArgs>) -> Result<String> {
        let bundle = &self.bundle(language).fluent;
        let pattern = bundle
            .get_message(key)
            .and_then(|message| message.value())
            .ok_or_else(|| Error::unexpected(format!("no text {key} in {language}")))?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
        match errors.first() {
            None => Ok(text),
            Some(error) => Err(Error::unexpected(format!("text {key} in {language}: {error}"))),
        }
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

    /// Whether the language has a text of this key.
    pub fn has(&self, language: Language, key: &str) -> bool {
        self.bundle(language).keys.contains(key)
    }

    /// Every key of the language, sorted.
    pub fn keys(&self, language: Language) -> impl Iterator<Item = &str> {
        self.bundle(language).keys.iter().map(String::as_str)
    }

    fn bundle(&self, language: Language) -> &Bundle {
        match language {
            Language::English => &self.english,
            Language::Chinese => &self.chinese,
        }
    }
}

fn bundle(language: Language, dir: Option<&Path>) -> Result<Bundle> {
    let tag: LanguageIdentifier = language.code().parse().map_err(Error::unexpected)?;
    let mut fluent = FluentBundle::new_concurrent(vec![tag]);
    // The marks around arguments are for mixed writing directions; both languages run left to right.
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
    let Some(dir) = dir else {
        let prefix = format!("{language}/");
        let own = LOCALES.iter().filter_map(|(name, source)| Some((name.strip_prefix(&prefix)?.to_string(), source.to_string())));
        return Ok(own.collect());
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys() {
        let texts = Texts::load(None).expect("texts load");
        let english: BTreeSet<&str> = texts.keys(Language::English).collect();
        let chinese: BTreeSet<&str> = texts.keys(Language::Chinese).collect();
        assert_eq!(english.difference(&chinese).collect::<Vec<_>>(), Vec::<&&str>::new(), "missing in Chinese");
        assert_eq!(chinese.difference(&english).collect::<Vec<_>>(), Vec::<&&str>::new(), "missing in English");
    }

    #[test]
    fn an_address_gains_and_loses_its_language() {
        for (plain, chinese) in [("/", "/zh"), ("/cart", "/zh/cart"), ("/search?q=a", "/zh/search?q=a"), ("/?a=1", "/zh?a=1")] {
            assert_eq!(Language::English.path(plain), plain);
            assert_eq!(Language::Chinese.path(plain), chinese);
        }
        assert_eq!(Language::Chinese.path("https://example.com/"), "https://example.com/");
        assert_eq!(Language::Chinese.path("#total"), "#total");
        assert_eq!(Language::of_path("/zh"), (Language::Chinese, "/"));
        assert_eq!(Language::of_path("/zh/cart"), (Language::Chinese, "/cart"));
        assert_eq!(Language::of_path("/zhen"), (Language::English, "/zhen"));
        assert_eq!(Language::of_path("/en/cart"), (Language::English, "/en/cart"));
        assert_eq!(Language::named_by("/en/cart"), Some((Language::English, "/cart")));
        assert_eq!((Language::named_by("/cart"), Language::named_by("")), (None, None));
        let turned = |language| Spoken { language, first: Language::Chinese };
        for (plain, english) in [("/", "/en"), ("/cart", "/en/cart"), ("/?a=1", "/en?a=1"), ("//x", "//x"), ("https://x/", "https://x/")] {
            assert_eq!((turned(Language::Chinese).path(plain), turned(Language::English).path(plain)), (plain.into(), english.into()));
        }
    }

    #[test]
    fn a_message_may_be_a_key_or_a_sentence() {
        let texts = Texts::load(None).expect("texts load");
        assert_eq!(texts.message(Language::Chinese, "Only two are left."), "Only two are left.");
        assert_eq!(texts.message(Language::Chinese, "cart-title"), "购物车");
        let told = crate::error::said("order-units-up-to", &[("most", &2)]);
        assert_eq!(texts.message(Language::English, &told), "Give a number from 0 to 2.");
        assert_eq!(texts.message(Language::English, "cart-title\nnothing"), "Cart\nnothing");
        assert!(texts.text(Language::English, "no-such-key", None).is_err());
        assert!(texts.text(Language::English, "stock-few", None).is_err(), "a missing argument is an error, not a hole");
    }
}
