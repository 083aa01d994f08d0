//! Fields that are said in several languages: `name` in English, `name_zh` and its like in each further one; or `title_en` and its like
//! where English is one of them.

use kernel::web::i18n::Language;
use serde_json::{Value, json};

/// What the names of fields in a language end in: `_zh`.
pub fn end(language: Language) -> String {
    format!("_{}", language.code())
}

/// The name of a field in a language.
pub fn field(name: &str, language: Language) -> String {
    format!("{name}_{}", language.code())
}

/// The names of fields in every language but English.
pub fn further(names: &[&str]) -> Vec<String> {
    Language::further().flat_map(|language| names.iter().map(move |name| field(name, language))).collect()
}

/// The names of fields in every language.
pub fn each(names: &[&str]) -> Vec<String> {
    Language::all().iter().flat_map(|language| names.iter().map(move |name| field(name, *language))).collect()
}

/// Every language, as a choice.
pub fn choices() -> Vec<Value> {
    Language::all().iter().map(|one| json!({ "value": one.code(), "label": one.name() })).collect()
}
