//! Form parameters with Stripe's brackets, such as `line_items[0][quantity]=1`, kept flat and sorted: the same request sent twice reads the
//! same whatever the order of its fields.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    pub fn read(bytes: &[u8]) -> Params {
        Params(form_urlencoded::parse(bytes).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    /// The entries of `name[...]`, as an object.
    pub fn object(&self, name: &str) -> Map<String, Value> {
        let inside = |key: &str| Some(key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?.to_string());
        self.0.iter().filter_map(|(key, value)| Some((inside(key)?, Value::from(value.as_str())))).collect()
    }

    /// Whether the answer should carry the object behind `path` instead of its id.
    pub fn expands(&self, path: &str) -> bool {
        let within = |value: &String| value == path || value.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        self.0.iter().any(|(key, value)| key.starts_with("expand[") && within(value))
    }
}
