//! The languages that this process knows, and addresses in them.

use parking_lot::RwLock;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

/// What is known of a language. Languages are learnt once, at the start, and never forgotten.
#[derive(Debug)]
pub(super) struct Known {
    /// Its number among all languages.
    pub(super) place: usize,
    pub(super) code: &'static str,
    pub(super) tag: &'static str,
    pub(super) name: &'static str,
    pub(super) manner: Manner,
    /// Names of countries by their codes; those of built-in languages stand elsewhere.
    pub(super) countries: BTreeMap<String, String>,
    /// Its texts by the names of their files. Those of built-in languages are carried by the binary.
    pub(super) sources: Vec<(String, String)>,
}

/// How a language writes dates.
#[derive(Debug)]
pub(in crate::web) enum Manner {
    English,
    Chinese,
    /// Pieces one after another, and the names of the months from January on: none for numbers.
    Own {
        pieces: Vec<Piece>,
        months: Vec<String>,
    },
    /// `2026-11-22`.
    Iso,
}

/// A piece of a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) enum Piece {
    Text(String),
    Day,
    Month,
    Year,
}

/// A language of the shop. English is the default and has no prefix in addresses.
#[derive(Clone, Copy)]
pub struct Language(&'static Known);

static ENGLISH: Known =
    Known { place: 0, code: "en", tag: "en", name: "English", manner: Manner::English, countries: BTreeMap::new(), sources: Vec::new() };

/// Chinese texts are in simplified characters.
static CHINESE: Known = Known {
    place: 1,
    code: "zh",
    tag: "zh-Hans",
    name: "简体中文",
    manner: Manner::Chinese,
    countries: BTreeMap::new(),
    sources: Vec::new(),
};

static BUILT_IN: [Language; 2] = [Language::ENGLISH, Language::CHINESE];
static ALL: RwLock<&'static [Language]> = RwLock::new(&BUILT_IN);

impl Language {
    /// The language in which a catalogue is written first: every further one translates it.
    pub const ENGLISH: Language = Language(&ENGLISH);
    pub const CHINESE: Language = Language(&CHINESE);

    /// Every language there is, English first, then Chinese, then those that were learnt by their codes.
    pub fn all() -> &'static [Language] {
        *ALL.read()
    }

    /// Every language but English: those that things are translated to.
    pub fn further() -> impl Iterator<Item = Language> {
        Language::all().iter().copied().skip(1)
    }

    /// Adds a language for as long as the process lives, and answers it. One of a known code stays what it is.
    pub(super) fn add(make: impl FnOnce(usize) -> Known, code: &str) -> Language {
        let mut all = ALL.write();
        if let Some(known) = all.iter().find(|known| known.code() == code) {
            return *known;
        }
        let added = Language(Box::leak(Box::new(make(all.len()))));
        *all = Box::leak(all.iter().copied().chain([added]).collect());
        added
    }

    /// The number of the language among all of them: where a list has what is its own.
    pub(in crate::web) fn place(self) -> usize {
        self.0.place
    }

    /// How the language writes dates.
    pub(in crate::web) fn manner(self) -> &'static Manner {
        &self.0.manner
    }

    pub(super) fn known(self) -> &'static Known {
        self.0
    }

    /// Such as `en`: the folder of its texts, the prefix of its addresses, what is stored with a customer, and what views serialise to.
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// The language of a stored code; `None` for any other text.
    pub fn parse(code: &str) -> Option<Language> {
        Language::all().iter().copied().find(|language| language.code() == code)
    }

    /// The BCP 47 tag for `lang` and `hreflang`.
    pub fn tag(self) -> &'static str {
        self.0.tag
    }

    /// The name of the language in itself.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The name that a learnt language has for a country (ISO 3166-1 alpha-2).
    pub fn country(self, code: &str) -> Option<&'static str> {
        self.0.countries.get(code).map(String::as_str)
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
        let (first, rest) = inside.find('/').map_or((inside, "/"), |end| inside.split_at(end));
        Language::parse(first).map(|language| (language, rest))
    }
}

impl Default for Language {
    fn default() -> Language {
        Language::ENGLISH
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Language) -> bool {
        self.0.place == other.0.place
    }
}

impl Eq for Language {}

impl PartialOrd for Language {
    fn partial_cmp(&self, other: &Language) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Language {
    fn cmp(&self, other: &Language) -> std::cmp::Ordering {
        self.0.place.cmp(&other.0.place)
    }
}

impl Hash for Language {
    fn hash<H: Hasher>(&self, to: &mut H) {
        self.0.place.hash(to);
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gains_and_loses_its_language() {
        for (plain, chinese) in [("/", "/zh"), ("/cart", "/zh/cart"), ("/search?q=a", "/zh/search?q=a"), ("/?a=1", "/zh?a=1")] {
            assert_eq!(Language::ENGLISH.path(plain), plain);
            assert_eq!(Language::CHINESE.path(plain), chinese);
        }
        assert_eq!(Language::CHINESE.path("https://example.com/"), "https://example.com/");
        assert_eq!(Language::CHINESE.path("#total"), "#total");
        assert_eq!(Language::of_path("/zh"), (Language::CHINESE, "/"));
        assert_eq!(Language::of_path("/zh/cart"), (Language::CHINESE, "/cart"));
        assert_eq!(Language::of_path("/zhen"), (Language::ENGLISH, "/zhen"));
        assert_eq!(Language::of_path("/en/cart"), (Language::ENGLISH, "/en/cart"));
        assert_eq!(Language::named_by("/en/cart"), Some((Language::ENGLISH, "/cart")));
        assert_eq!((Language::named_by("/cart"), Language::named_by(""), Language::named_by("/")), (None, None, None));
        let turned = |language| Spoken { language, first: Language::CHINESE };
        for (plain, english) in [("/", "/en"), ("/cart", "/en/cart"), ("/?a=1", "/en?a=1"), ("//x", "//x"), ("https://x/", "https://x/")] {
            assert_eq!((turned(Language::CHINESE).path(plain), turned(Language::ENGLISH).path(plain)), (plain.into(), english.into()));
        }
    }
}
