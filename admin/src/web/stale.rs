//! Two people at one form: the second to save is shown what the first stored beside what they typed themselves, instead of undoing it.
//!
//! A form carries a digest of the stored values it was made of as `seen`. [`check`] compares it in the transaction that saves.

use super::desk::refusal;
use actix_web::http::StatusCode;
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use storefront::web::posted::Posted;
use storefront::web::views::form::{Form, Meanwhile};
use storefront::web::words::Words;

/// What a stale form is refused with.
const STALE: &str = "admin-stale";
/// The refusals of the domain that mean the same.
const ALIKE: [&str; 11] = [
    STALE,
    "product-stale",
    "category-stale",
    "collection-stale",
    "attribute-stale",
    "segment-stale",
    "store-changed",
    "campaign-stale",
    "journey-stale",
    "price-list-stale",
    "edi-partner-changed",
];
/// Characters that are shown of a long value, and how many of them before the first that differs.
const SHOWN: usize = 160;
const LEAD: usize = 40;

/// What a field is called, and what its values are.
#[derive(Clone, Default)]
pub struct Label {
    pub text: String,
    /// Begins the keys of its values when they are words of a list.
    pub values: &'static str,
    /// The values with their names when they are chosen from rows.
    pub choices: Vec<(String, String)>,
}

/// Fields of a form with the keys of their labels, and what begins the keys of their values or nothing.
pub type Labels = [(&'static str, &'static str, &'static str)];

/// What `labels` call a field. A name that ends in a language finds the label of the name without it.
pub fn label(labels: &Labels, name: &str, words: &Words) -> Option<Label> {
    let find = |name: &str| labels.iter().find(|(known, ..)| *known == name).map(|(_, key, values)| (words.get(key), *values));
    if let Some((text, values)) = find(name) {
        return Some(Label { text, values, ..Label::default() });
    }
    let (stem, language) = name.rsplit_once('_')?;
    let (text, values) = find(stem)?;
    Some(Label { text: format!("{text} ({})", Language::parse(language)?.name()), values, ..Label::default() })
}

/// Lets a form pass that was made of what is stored, and one that asks for what is stored already: sent twice is saved once. `Conflict`
/// for any other.
pub fn check(stored: &Form, posted: &Posted) -> Result<()> {
    let same = || stored.pairs().all(|(name, value)| alike(value, posted.get(name)));
    if posted.get("seen") == stored.digest() || same() { Ok(()) } else { Err(Error::conflict(STALE)) }
}

/// Whether a refusal says that somebody else was faster.
pub fn is(error: &Error) -> bool {
    matches!(error, Error::Conflict(text) if ALIKE.contains(&text.as_str()))
}

/// A form with its labels, to be refused.
pub struct Refused<'a> {
    /// As it was typed.
    pub form: Form,
    /// Its names in their order.
    pub order: &'a [&'a str],
    /// As it is stored by now.
    pub stored: &'a Form,
    pub label: &'a dyn Fn(&str) -> Option<Label>,
}

/// The refused form with what is wrong. A stale one shows what is stored beside what was typed, and is made of what is stored now:
/// whoever saves it again does so knowingly.
pub fn refused(posted: &Posted, error: Error, of: Refused<'_>, words: &Words) -> Result<(StatusCode, Form)> {
    let stale = is(&error);
    let (status, wrong) = refusal(error)?;
    let rows = if stale { differing(&of, words) } else { Vec::new() };
    let form = of.form.refuse(of.order, &wrong);
    if !stale {
        return Ok((status, form.made_of(posted.get("seen"))));
    }
    Ok((status, form.made_of(of.stored.digest()).beside(rows)))
}

/// The fields that differ, in their order. A field without a label is none that anybody sees.
pub fn differing(of: &Refused<'_>, words: &Words) -> Vec<Meanwhile> {
    let mut rows = Vec::new();
    for name in of.order {
        let (stored, typed) = (of.stored.value(name), of.form.value(name));
        if alike(stored, typed) {
            continue;
        }
        let Some(label) = (of.label)(name) else { continue };
        let (stored, typed) = told(stored, typed, &label, words);
        rows.push(Meanwhile { field: Some(name.to_string()), label: label.text, stored, typed });
    }
    rows
}

/// Two values in words, cut to where they differ.
pub fn told(stored: &str, typed: &str, label: &Label, words: &Words) -> (String, String) {
    let ticks = matches!((stored, typed), ("on", "") | ("", "on"));
    let chosen = |value: &str| label.choices.iter().find(|(known, _)| known == value).map(|(_, name)| name.clone());
    let word = |value: &str| match value {
        "on" if ticks => words.get("admin-yes"),
        "" if ticks => words.get("admin-no"),
        "" => words.get("admin-audit-empty"),
        value if !label.values.is_empty() => words.get(&format!("{}{}", label.values, value.replace('_', "-"))),
        value => chosen(value).unwrap_or_else(|| value.to_string()),
    };
    let (stored, typed) = (word(stored), word(typed));
    let common = stored.chars().zip(typed.chars()).take_while(|(a, b)| a == b).count();
    (excerpt(&stored, common), excerpt(&typed, common))
}

fn excerpt(text: &str, common: usize) -> String {
    let length = text.chars().count();
    if length <= SHOWN {
        return text.to_string();
    }
    let from = common.saturating_sub(LEAD).min(length - SHOWN);
    let part: String = text.chars().skip(from).take(SHOWN).collect();
    let (before, after) = (if from > 0 { "…" } else { "" }, if from + SHOWN < length { "…" } else { "" });
    format!("{before}{part}{after}")
}

/// Whether two values are the same but for line ends and blanks around them.
fn alike(a: &str, b: &str) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n").trim().to_string();
    plain(a) == plain(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut_to_where_it_differs() {
        let long = "x".repeat(500);
        assert_eq!(excerpt("short", 3), "short");
        let shown = excerpt(&format!("{long}END"), 500);
        assert!(shown.starts_with("…x") && shown.ends_with("END"), "{shown}");
        assert!(excerpt(&format!("A{long}"), 0).starts_with("Ax"));
    }

    #[test]
    fn line_ends_and_blanks_are_no_difference() {
        assert!(alike("a\r\nb ", "a\nb"));
        assert!(!alike("a b", "ab"));
    }
}
