//! Templates: Tera over files the binary carries, with the shop's words as functions and filters in each language.
//!
//! Functions: `t(key=…, …)`, `path(to=…)`, `asset(name=…)`. Filters: `money`, `number`, `date`, `datetime`, `iso`, `percent`, `message`, `language`,
//! `json_script`.

use super::embedded::TEMPLATES;
use super::i18n::{Language, Spoken, Texts};
use super::{assets, format};
use crate::money::{Currency, Money};
use crate::{Error, Result};
use arc_swap::ArcSwap;
use chrono::{NaiveDate, NaiveDateTime};
use fluent_bundle::{FluentArgs, FluentValue};
use serde::Serialize;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tera::{Context, Kwargs, State, Tera, TeraResult, Value};

/// All templates, ready to render in each language.
pub struct Templates {
    /// The folder with `templates`, `locales` and `assets` to read in place of the carried files.
    dir: Option<PathBuf>,
    current: ArcSwap<Set>,
}

/// The templates at one moment.
struct Set {
    engine: Tera,
    texts: Arc<Texts>,
    changed: Option<SystemTime>,
}

impl Templates {
    /// Reads the templates and texts the binary carries, or, for development, those in the folders `templates`, `locales` and
    /// `assets` of `dir`, which are read again when a file in them changes. Fails with the place of the mistake when one does not parse.
    pub fn load(dir: Option<&Path>) -> Result<Templates> {
        Ok(Templates { dir: dir.map(Path::to_path_buf), current: ArcSwap::from_pointee(read(dir)?) })
    }

    /// Renders the template `name`, such as `storefront/cart.html`, with the fields of `view` as its variables. Fails when there is
    /// no such template or it asks for something the view does not have.
    pub fn render(&self, name: &str, spoken: impl Into<Spoken>, view: &impl Serialize) -> Result<String> {
        let set = self.current()?;
        let context = Context::from_serialize(view).map_err(failed)?;
        SPOKEN.set(spoken.into());
        set.engine.render(name, &context).map_err(failed)
    }

    /// The texts the templates use.
    pub fn texts(&self) -> Result<Arc<Texts>> {
        Ok(self.current()?.texts.clone())
    }

    /// The text of a message without arguments, for what is said outside templates. Fails when there is no such key.
    pub fn text(&self, language: Language, key: &str) -> Result<String> {
        self.current()?.texts.text(language, key, None)
    }

    fn current(&self) -> Result<Arc<Set>> {
        let current = self.current.load_full();
        let Some(dir) = &self.dir else { return Ok(current) };
        if last_change(dir) == current.changed {
            return Ok(current);
        }
        let fresh = Arc::new(read(Some(dir))?);
        self.current.store(fresh.clone());
        Ok(fresh)
    }
}

thread_local! {
    /// In which language this thread renders. Functions read it here, since components do not see the page's variables; an engine for each
    /// language would hold every template once more.
    static SPOKEN: Cell<Spoken> = Cell::new(Spoken::from(Language::ENGLISH));
}

/// The language of the page that is being rendered.
fn spoken() -> Language {
    SPOKEN.get().language
}

/// The engine's message with all its causes: the first alone says only which template failed.
fn failed(error: tera::Error) -> Error {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    Error::Unexpected(text)
}

fn read(dir: Option<&Path>) -> Result<Set> {
    let changed = dir.and_then(last_change);
    let texts = Arc::new(Texts::load(dir.map(|dir| dir.join("locales")).as_deref())?);
    let sources: Vec<(String, String)> = match dir {
        None => TEMPLATES.iter().map(|(name, source)| (name.to_string(), source.to_string())).collect(),
        Some(dir) => {
            let base = dir.join("templates");
            let mut files = Vec::new();
            walk(&base, &mut |path| files.push(path.to_path_buf()));
            files.into_iter().map(|path| source(&base, &path)).collect::<Result<_>>()?
        }
    };
    let engine = engine(&sources, &texts, dir.map(|dir| dir.join("assets")))?;
    Ok(Set { engine, texts, changed })
}

fn source(base: &Path, path: &Path) -> Result<(String, String)> {
    let name = path.strip_prefix(base).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let source = std::fs::read_to_string(path).map_err(|error| Error::unexpected(format!("{}: {error}", path.display())))?;
    Ok((name, source))
}

/// Calls `each` with every file below `folder`; what cannot be read is passed over.
fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, each) } else { each(&path) }
    }
}

fn last_change(dir: &Path) -> Option<SystemTime> {
    let mut last = None;
    for folder in ["templates", "locales", "assets"] {
        walk(&dir.join(folder), &mut |path| last = last.max(path.metadata().and_then(|meta| meta.modified()).ok()));
    }
    last
}

/// The templates, read once for all languages.
fn engine(sources: &[(String, String)], texts: &Arc<Texts>, assets_dir: Option<PathBuf>) -> Result<Tera> {
    let mut tera = Tera::default();
    speak(&mut tera, texts);
    tera.register_function("asset", move |args: Kwargs, _: &State| -> TeraResult<String> {
        let name = args.must_get::<&str>("name")?;
        assets::address(name, assets_dir.as_deref()).ok_or_else(|| tera::Error::message(format!("no asset {name}")))
    });
    tera.register_filter("money", |value: &Value, _: Kwargs, _: &State| amount(value).map(format::money));
    tera.register_filter("number", |value: i64, _: Kwargs, _: &State| format::number(value));
    tera.register_filter("percent", |value: i64, _: Kwargs, _: &State| format::percent(value));
    tera.register_filter("iso", |value: &str, _: Kwargs, _: &State| moment(value).map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string()));
    tera.register_filter("language", |code: &str, _: Kwargs, _: &State| {
        Language::parse(code).map_or_else(|| code.to_string(), |one| one.name().to_string())
    });
    tera.register_filter("json_script", |value: &str, _: Kwargs, _: &State| Value::safe_string(&json_script(value)));
    tera.add_raw_templates(sources.iter().map(|(name, source)| (name.as_str(), source.as_str()))).map_err(failed)?;
    Ok(tera)
}

/// Functions and filters that say something in the language of the page.
fn speak(tera: &mut Tera, texts: &Arc<Texts>) {
    let words = texts.clone();
    tera.register_function("t", move |args: Kwargs, _: &State| text(&words, spoken(), &args));
    tera.register_function("path", |args: Kwargs, _: &State| -> TeraResult<String> { Ok(SPOKEN.get().path(args.must_get::<&str>("to")?)) });
    tera.register_filter("date", |value: &str, _: Kwargs, _: &State| moment(value).map(|at| format::date(at.date(), spoken())));
    tera.register_filter("month", |value: &str, _: Kwargs, _: &State| {
        moment(&format!("{value}-01")).map(|at| format::month(at.date(), spoken()))
    });
    tera.register_filter("datetime", |value: &str, _: Kwargs, _: &State| moment(value).map(|at| format::datetime(at, spoken())));
    let words = texts.clone();
    tera.register_filter("message", move |value: &str, _: Kwargs, _: &State| words.message(spoken(), value));
}

/// `t(key="cart-title", count=3)`: every argument but `key` goes to the message. Numbers choose plural forms.
fn text(texts: &Texts, language: Language, args: &Kwargs) -> TeraResult<String> {
    let key = args.must_get::<&str>("key")?;
    let values = args.deserialize::<std::collections::BTreeMap<String, serde_json::Value>>()?;
    let mut fluent = FluentArgs::new();
    for (name, value) in values.iter().filter(|(name, _)| *name != "key") {
        let value = match value {
            serde_json::Value::Number(number) => number.as_i64().map_or_else(|| FluentValue::from(number.to_string()), FluentValue::from),
            serde_json::Value::String(text) => FluentValue::from(text.as_str()),
            other => FluentValue::from(other.to_string()),
        };
        fluent.set(name.as_str(), value);
    }
    texts.text(language, key, Some(&fluent)).map_err(|error| tera::Error::message(error.to_string()))
}

/// Reads what `Money` serialises to.
fn amount(value: &Value) -> TeraResult<Money> {
    let wrong = || tera::Error::message(format!("{value} is not an amount {{minor, currency}}"));
    let minor = value.get_from_path("minor").and_then(Value::as_i64).ok_or_else(wrong)?;
    let currency = value.get_from_path("currency").and_then(Value::as_str).and_then(Currency::parse).ok_or_else(wrong)?;
    Ok(Money::new(minor, currency))
}

/// Reads what a `NaiveDateTime` or `NaiveDate` serialises to.
fn moment(text: &str) -> TeraResult<NaiveDateTime> {
    let day = || text.parse::<NaiveDate>().map(|day| day.and_time(chrono::NaiveTime::MIN));
    text.parse::<NaiveDateTime>()
        .or_else(|_| day())
        .map_err(|_| tera::Error::message(format!("{text} is not a date such as 2026-11-22T10:00:00")))
}

/// Text as templates write it into a page: nothing in it can begin or end an element or an attribute's value.
pub fn escape(text: &str) -> String {
    let mut escaped = Vec::with_capacity(text.len());
    // Writing to memory does not fail, and the engine writes whole letters.
    let _ = tera::escape_html(text, &mut escaped);
    String::from_utf8(escaped).unwrap_or_default()
}

/// JSON that may stand inside a `script` element: nothing in it can end the element or start a comment.
pub fn json_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
