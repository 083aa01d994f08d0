//! What a change changed, field by field, for people to read.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most fields that are shown of one change, and the most letters of one value.
const FIELDS: usize = 200;
const LETTERS: usize = 400;

/// A field whose value is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The way to the field, such as `variants › 2 › price`; empty when the whole is one value.
    pub field: String,
    /// None when the field was not there.
    pub before: Option<String>,
    /// None when the field is gone.
    pub after: Option<String>,
}

/// The fields that differ between two JSON texts, in the order of their names. A text that is no JSON stands for itself.
pub fn changes(before: &str, after: &str) -> Vec<Change> {
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<&Vec<Step>> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .take(FIELDS)
        .map(|name| Change { field: shown(name), before: before.get(name).map(cut), after: after.get(name).map(cut) })
        .collect()
}

/// A name, or a place in a list. Places sort by number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Place(usize),
    Name(String),
}

fn shown(steps: &[Step]) -> String {
    let words: Vec<String> = steps
        .iter()
        .map(|step| match step {
            Step::Place(place) => place.to_string(),
            Step::Name(name) => name.replace('_', " "),
        })
        .collect();
    words.join(" › ")
}

#[expect(clippy::ptr_arg, reason = "what a map of strings holds")]
fn cut(text: &String) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.clone(),
    }
}

fn fields(text: &str) -> BTreeMap<Vec<Step>, String> {
    let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_string()));
    let mut fields = BTreeMap::new();
    flatten(&value, &mut Vec::new(), &mut fields);
    fields
}

fn flatten(value: &Value, path: &mut Vec<Step>, fields: &mut BTreeMap<Vec<Step>, String>) {
    let mut below = |step: Step, value: &Value| {
        path.push(step);
        flatten(value, path, fields);
        path.pop();
    };
    match value {
        Value::Null => {}
        Value::Object(parts) => parts.iter().for_each(|(name, part)| below(Step::Name(name.clone()), part)),
        // A list of plain values reads better as one.
        Value::Array(parts) if parts.iter().all(|part| !part.is_object() && !part.is_array()) => {
            if !parts.is_empty() {
                fields.insert(path.clone(), parts.iter().map(plain).collect::<Vec<_>>().join(", "));
            }
        }
        Value::Array(parts) => parts.iter().enumerate().for_each(|(at, part)| below(Step::Place(at + 1), part)),
        plain_value => {
            fields.insert(path.clone(), plain(plain_value));
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        // A form sends its lines with a carriage return, which is no change.
        Value::String(text) => text.replace("\r\n", "\n"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(before: &str, after: &str) -> Vec<String> {
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        changes(before, after).iter().map(|one| format!("{}: {} > {}", one.field, word(&one.before), word(&one.after))).collect()
    }

    #[test]
    fn only_what_differs_is_shown() {
        assert_eq!(read(r#"{"a":1,"b":"x"}"#, r#"{"a":2,"b":"x","c":true}"#), ["a: 1 > 2", "c: - > true"]);
        assert_eq!(read("null", r#"{"note":"hello"}"#), ["note: - > hello"]);
        assert_eq!(read(r#"{"tags":["a","b"]}"#, r#"{"tags":["a"]}"#), ["tags: a, b > a"]);
        assert_eq!(read("null", "null"), Vec::<String>::new());
        assert_eq!(read(r#"{"a":"x\ny"}"#, r#"{"a":"x\r\ny"}"#), Vec::<String>::new());
    }

    #[test]
    fn lists_go_by_their_place() {
        let list = |second: &str| {
            let parts: Vec<String> = (1..=11).map(|at| format!(r#"{{"unit_price":{}}}"#, if at == 2 { second } else { "5" })).collect();
            format!(r#"{{"variants":[{}]}}"#, parts.join(","))
        };
        assert_eq!(read(&list("5"), &list("7")), ["variants › 2 › unit price: 5 > 7"]);
        let fields: Vec<String> = changes("null", &list("5")).into_iter().map(|one| one.field).collect();
        assert_eq!((fields[1].as_str(), fields[9].as_str()), ("variants › 2 › unit price", "variants › 10 › unit price"));
    }

    #[test]
    fn long_texts_are_cut_and_odd_ones_shown() {
        let long = format!("\"{}\"", "茶".repeat(1000));
        assert_eq!(changes("null", &long)[0].after.as_ref().map(|text| text.chars().count()), Some(LETTERS + 1));
        assert_eq!(read("no json", "null"), [": no json > -"]);
    }
}
