//! Reads keys from the file and the environment and collects every mistake, so that a person mends them all at once.

use super::keys::{ALL, Key};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use toml::de::{DeTable, DeValue};

/// A value that cannot be used: which key, what it should be, and where it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub key: String,
    pub should: String,
    pub origin: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.key, self.should, self.origin)
    }
}

/// Every mistake of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        self.0.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

struct Given {
    text: String,
    origin: String,
}

/// The given values, and what was found wrong with them so far.
#[derive(Default)]
pub struct Reader {
    given: BTreeMap<&'static str, Given>,
    pub mistakes: Vec<Mistake>,
}

impl Reader {
    /// Takes the keys of a TOML text; `name` is the file's, for messages.
    pub fn file(&mut self, text: &str, name: &str) {
        match DeTable::parse(text) {
            Ok(table) => self.table(table.get_ref(), "", &|at| format!("{name}, line {}", line(text, at))),
            Err(error) => {
                let origin = error.span().map_or_else(|| name.to_string(), |span| format!("{name}, line {}", line(text, span.start)));
                let should = format!("must be readable as TOML: {}", error.message());
                self.mistakes.push(Mistake { key: name.to_string(), should, origin });
            }
        }
    }

    fn table(&mut self, table: &DeTable<'_>, section: &str, origin: &dyn Fn(usize) -> String) {
        for (key, value) in table {
            let name = if section.is_empty() { key.get_ref().to_string() } else { format!("{section}.{}", key.get_ref()) };
            let origin_here = origin(key.span().start);
            let text = match value.get_ref() {
                DeValue::Table(inner) if section.is_empty() => {
                    if ALL.iter().any(|known| known.name.starts_with(&format!("{name}."))) {
                        self.table(inner, &name, origin);
                    } else {
                        self.unknown(&name, origin_here, &sections());
                    }
                    continue;
                }
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) => number.to_string(),
                DeValue::Boolean(yes) => yes.to_string(),
                other => {
                    self.wrong(
                        &name,
                        "must be a text, a whole number, true or false",
                        format!("{origin_here}: it is {}", other.type_str()),
                    );
                    continue;
                }
            };
            match ALL.iter().find(|known| known.name == name) {
                Some(known) => self.give(known, text, origin_here),
                None => self.unknown(&name, origin_here, &names_in(section)),
            }
        }
    }

    /// Takes what the environment sets. Names that begin with `REGULARS_` and are no key are mistakes; an empty value counts as not set.
    pub fn environment(&mut self, vars: impl IntoIterator<Item = (String, String)>) {
        let known: HashMap<&str, &'static Key> = ALL.iter().map(|key| (key.env, *key)).collect();
        for (name, text) in vars {
            match known.get(name.as_str()) {
                Some(_) if text.is_empty() => {}
                Some(key) => self.give(key, text, format!("environment, {name}")),
                None if name.starts_with("REGULARS_") && name != "REGULARS_CONFIG" && !name.starts_with("REGULARS_TEST_") => {
                    self.wrong(&name, "is no setting; see regulars.example.toml for all of them", "environment".into());
                }
                None => {}
            }
        }
    }

    fn give(&mut self, key: &'static Key, text: String, origin: String) {
        self.given.insert(key.name, Given { text, origin });
    }

    /// The value of `key` or its default, understood by `parse`. `None`, and one more mistake, when it cannot be.
    pub fn parse<T>(&mut self, key: &Key, should: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = parse(self.text(key));
        if value.is_none() {
            self.reject(key, should);
        }
        value
    }

    /// The value of `key` or its default, as it was written.
    pub fn text(&self, key: &Key) -> &str {
        self.given.get(key.name).map_or(key.default, |given| given.text.as_str())
    }

    /// Notes that the value of `key` cannot be used. The value itself is not repeated: it may be a secret.
    pub fn reject(&mut self, key: &Key, should: &str) {
        let origin = self.given.get(key.name).map_or_else(|| "not set".to_string(), |given| given.origin.clone());
        self.wrong(key.name, should, origin);
    }

    fn unknown(&mut self, name: &str, origin: String, known: &str) {
        self.wrong(name, &format!("is no setting; there are {known}"), origin);
    }

    fn wrong(&mut self, key: &str, should: &str, origin: String) {
        self.mistakes.push(Mistake { key: key.to_string(), should: should.to_string(), origin });
    }
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn names_in(section: &str) -> String {
    let names = ALL.iter().filter(|key| key.name.split_once('.').map_or("", |(own, _)| own) == section);
    names.map(|key| key.name.rsplit('.').next().unwrap_or(key.name)).collect::<Vec<_>>().join(", ")
}

fn sections() -> String {
    let mut names: Vec<String> = ALL.iter().filter_map(|key| key.name.split_once('.')).map(|(section, _)| format!("[{section}]")).collect();
    names.dedup();
    names.join(", ")
}
