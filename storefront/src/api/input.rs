//! What a client sent, read strictly: what is unknown, of the wrong type or out of bounds is refused with its name.

use super::amount::LARGEST;
use crate::shop;
use kernel::error::Fields;
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a JSON body. Fails with `Invalid` naming the field by its path, such as `lines[0].quantity`.
pub fn json<T: DeserializeOwned>(content_type: Option<&str>, body: &[u8]) -> Result<T> {
    let is_json = content_type.is_some_and(|sent| sent.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(Error::field("Content-Type", "Send the body as application/json."));
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| Error::field("body", told(&format!("This is not JSON: {error}."))))?;
    if !value.is_object() {
        return Err(Error::field("body", "Send a JSON object."));
    }
    // PostgreSQL stores no NUL, and nobody means one.
    if let Some(path) = with_nul(&value, "") {
        return Err(Error::field(&path, "A NUL character is not allowed."));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        Error::field(&named(&path, &message), told(&message))
    })
}

/// The path of the field a message is about: that of an unknown or missing field is the path of its object and its name.
fn named(path: &str, message: &str) -> String {
    let about_field = ["unknown field `", "missing field `"].iter().find_map(|start| message.strip_prefix(start));
    let Some(name) = about_field.and_then(|rest| rest.split('`').next()) else {
        return if path == "." { "body".into() } else { path.into() };
    };
    let parent = path.trim_end_matches(['?', '.']);
    let parent = parent.strip_suffix(name).unwrap_or(parent).trim_end_matches('.');
    let name: String = name.chars().take(100).collect();
    if parent.is_empty() { name } else { format!("{parent}.{name}") }
}

/// A parser's message, without pages of what the client sent.
fn told(message: &str) -> String {
    message.chars().take(200).collect()
}

fn with_nul(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::String(text) if text.contains('\0') => Some(if path.is_empty() { "body".into() } else { path.to_string() }),
        Value::Array(items) => items.iter().enumerate().find_map(|(at, item)| with_nul(item, &format!("{path}[{at}]"))),
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if name.contains('\0') { Some("body".into()) } else { with_nul(item, &path) }
        }),
        _ => None,
    }
}

/// The parameters of a query string. Take what is known, then [`Query::end`] refuses the rest.
#[derive(Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
    fields: Fields,
}

impl Query {
    pub fn new(text: &str) -> Query {
        let mut query = Query { pairs: form_urlencoded::parse(text.as_bytes()).into_owned().collect(), fields: Fields::default() };
        if let Some((name, _)) = query.pairs.iter().find(|(name, value)| name.contains('\0') || value.contains('\0')) {
            query.fields.add(&name.replace('\0', ""), "A NUL character is not allowed.");
        }
        query
    }

    /// A parameter that may be given once.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut found = self.texts(name);
        if found.len() > 1 {
            self.refuse(name, "Give this parameter once.");
        }
        found.pop()
    }

    /// A parameter that may be given several times.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let (found, rest) = std::mem::take(&mut self.pairs).into_iter().partition(|(known, _)| known == name);
        self.pairs = rest;
        found.into_iter().map(|(_, value): (String, String)| value).collect()
    }

    /// One of a fixed list, read by `parse`.
    pub fn word<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Option<T>, choices: &str) -> Option<T> {
        let text = self.text(name)?;
        let word = parse(&text);
        if word.is_none() {
            self.refuse(name, &format!("Give one of {choices}."));
        }
        word
    }

    /// A whole number from `least` to `most`.
    pub fn number(&mut self, name: &str, least: i64, most: i64) -> Option<i64> {
        let text = self.text(name)?;
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.refuse(name, &format!("Give a whole number from {least} to {most}."));
        }
        number
    }

    /// An amount in minor units.
    pub fn minor(&mut self, name: &str) -> Option<i64> {
        self.number(name, 0, LARGEST)
    }

    /// `company`: the id of a company.
    pub fn company(&mut self) -> Option<i64> {
        self.number("company", 1, LARGEST)
    }

    /// `store`: the id of a store.
    pub fn store(&mut self) -> Option<i64> {
        self.number("store", 1, LARGEST)
    }

    /// `limit`: how many entries a page has, 1 to 100; 20 without.
    pub fn limit(&mut self) -> i64 {
        self.number("limit", 1, 100).unwrap_or(20)
    }

    /// `language`: that of texts; the shop's own without.
    pub fn language(&mut self) -> &'static str {
        let codes: Vec<&str> = Language::all().iter().map(|one| one.code()).collect();
        self.word("language", language, &codes.join(", ")).unwrap_or(shop::OWN_LANGUAGE)
    }

    /// `after` of a list in the order of ids: the `next` of the page before.
    pub fn after(&mut self) -> Option<i64> {
        let text = self.text("after")?;
        let id = text.parse().ok().filter(|id| *id > 0);
        if id.is_none() {
            self.refuse("after", "Give the `next` of the page before.");
        }
        id
    }

    pub fn refuse(&mut self, name: &str, message: &str) {
        self.fields.add(name, message);
    }

    /// Fails with `Invalid` when anything was refused or is left over.
    pub fn end(mut self) -> Result<()> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            self.fields.add(&name.chars().take(100).collect::<String>(), "There is no such parameter.");
        }
        self.fields.check()
    }
}

/// A language of the shop by its code.
pub fn language(code: &str) -> Option<&'static str> {
    Language::parse(code).map(Language::code)
}

/// Fails with `Invalid` when a text has more than `most` characters or a control character other than a line break or tab.
pub fn text(field: &str, value: &str, most: usize) -> Result<()> {
    if value.chars().count() > most {
        return Err(Error::field(field, format!("Give at most {most} characters.")));
    }
    if value.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)) {
        return Err(Error::field(field, "Control characters are not allowed."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "lines")]
        _lines: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "quantity")]
        _quantity: i64,
    }

    #[test]
    fn a_mistake_is_named_by_its_path() {
        let cases = [
            (r#"{"lines":[{"quantity":"x"}]}"#, "lines[0].quantity"),
            (r#"{"lines":[{"quantity":1,"colour":2}]}"#, "lines[0].colour"),
            (r#"{"lines":[{}]}"#, "lines[0].quantity"),
            (r#"{"lines":[],"more":1}"#, "more"),
            (r#"{}"#, "lines"),
            (r#"{"lines":null}"#, "lines"),
            (r#"{"lines":[{"quantity":"\u0000"}]}"#, "lines[0].quantity"),
            (r#"{"lines":[{"quantity":1.5}]}"#, "lines[0].quantity"),
            (r#"{"lines":[{"quantity":99999999999999999999}]}"#, "lines[0].quantity"),
            ("[]", "body"),
            ("", "body"),
            ("{", "body"),
            ("\u{feff}{}", "body"),
        ];
        for (body, field) in cases {
            let Error::Invalid(fields) = json::<Outer>(Some("application/json"), body.as_bytes()).unwrap_err() else { panic!("{body}") };
            assert_eq!(fields.0.keys().collect::<Vec<_>>(), [field], "{body}: {fields:?}");
        }
        assert!(json::<Outer>(Some("text/plain"), b"{}").is_err());
        assert!(json::<Outer>(Some("application/json; charset=utf-8"), br#"{"lines":[]}"#).is_ok());
    }

    #[test]
    fn a_query_is_read_whole() {
        let mut query = Query::new("limit=101&language=fr&x=1&after=-1&a=1&a=2");
        assert_eq!((query.limit(), query.language(), query.after(), query.text("a")), (20, "en", None, Some("2".into())));
        let Error::Invalid(fields) = query.end().unwrap_err() else { panic!() };
        assert_eq!(fields.0.keys().collect::<Vec<_>>(), ["a", "after", "language", "limit", "x"]);
    }
}
