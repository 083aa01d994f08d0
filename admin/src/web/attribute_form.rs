//! A definition of an attribute as a form, and back. A choice is a row of its names, its colour and its place.

use super::stale::{self, Label, Labels, Refused};
use super::{forms, languages};
use kernel::error::Fields;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::attributes::{Choice, Definition, Kind};
use storefront::catalog::Categories;
use storefront::ids::CategoryId;
use storefront::labels;
use storefront::web::posted::Posted;
use storefront::web::views::form::{Form, Meanwhile};
use storefront::web::words::Words;

const BASE: &[&str] = &["version", "name", "code", "kind", "unit", "several", "facet", "shown"];
const CHOICE: &[&str] = &["was", "name", "swatch", "place"];
const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("code", "admin-attribute-code", ""),
    ("kind", "admin-attribute-kind", "attribute-kind-"),
    ("unit", "admin-attribute-unit", ""),
    ("several", "admin-attribute-several", ""),
    ("facet", "admin-attribute-facet", ""),
    ("shown", "admin-attribute-shown", ""),
];
/// Empty rows for new choices.
pub const BLANK_ROWS: usize = 4;
/// Rows that a form may have.
const MOST_ROWS: usize = 250;

/// What a word is in further languages.
type Said = Vec<(Language, String)>;

/// A definition with the words for it in further languages.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub definition: Definition,
    name: Said,
    /// Of each choice.
    choices: Vec<Said>,
    /// The rows that the choices stand in.
    rows: Vec<usize>,
}

/// The names of the form with `rows` rows of choices.
fn names(rows: usize, tree: &Categories) -> Vec<String> {
    let base = BASE.iter().map(ToString::to_string);
    let categories = tree.in_order().into_iter().map(|category| format!("category-{}", category.id));
    let of_choice = |at: usize| {
        let plain = CHOICE.iter().map(ToString::to_string).chain(languages::further(&["name"]));
        plain.map(move |field| format!("c{at}_{field}")).collect::<Vec<_>>()
    };
    base.chain(languages::further(&["name"])).chain((0..rows).flat_map(of_choice)).chain(categories).collect()
}

/// The rows that a posted form had.
pub fn rows(posted: &Posted) -> usize {
    (0..MOST_ROWS).take_while(|at| posted.pairs().any(|(name, _)| name == format!("c{at}_name"))).count()
}

/// The fields in which a stored definition differs from what was typed; all choices together are one.
pub fn differing(stored: &Form, posted: &Posted, tree: &Categories, words: &Words) -> Vec<Meanwhile> {
    let names = names(0, tree);
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    let category = |name: &str| {
        let id = name.strip_prefix("category-")?.parse().ok().map(CategoryId)?;
        Some(Label { text: tree.get(id)?.name.clone(), ..Label::default() })
    };
    let label = |name: &str| stale::label(LABELS, name, words).or_else(|| category(name));
    let form = Form::new(&order).typed(posted.pairs());
    let mut rows = stale::differing(&Refused { form, order: &order, stored, label: &label }, words);
    let (old, new) = (choices(|name| stored.value(name)), choices(|name| posted.get(name)));
    if old != new {
        let (stored, typed) = stale::told(&old, &new, &Label::default(), words);
        rows.push(Meanwhile { field: None, label: words.get("admin-attribute-choices"), stored, typed });
    }
    rows
}

/// The choices of a form, one a line.
fn choices<'v>(value: impl Fn(&str) -> &'v str) -> String {
    let line = |at: usize| {
        let [name, swatch] = ["name", "swatch"].map(|field| value(&format!("c{at}_{field}")).trim());
        let said = Language::further().map(|language| value(&format!("c{at}_{}", languages::field("name", language))).trim());
        let more: Vec<&str> = said.chain([swatch]).filter(|text| !text.is_empty()).collect();
        if more.is_empty() { name.to_string() } else { format!("{name} ({})", more.join(", ")) }
    };
    (0..MOST_ROWS).map(line).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn blank(rows: usize, tree: &Categories) -> Form {
    Form::new(&names(rows, tree))
}

/// The form as it was typed, with what is wrong. Checkboxes without a tick stay empty.
pub fn typed(posted: &Posted, rows: usize, tree: &Categories, wrong: &Fields) -> Form {
    blank(rows, tree).typed(posted.pairs()).refuse(&names(rows, tree), wrong)
}

/// The form of a definition.
pub fn filled(conn: &mut Conn, of: &Definition, tree: &Categories) -> Result<(Form, usize)> {
    let mut words: Vec<&str> = of.choices.iter().map(|choice| choice.name.as_str()).collect();
    words.push(&of.name);
    let mut said = Vec::new();
    for language in Language::further() {
        said.push((languages::field("name", language), labels::of_words(conn, language.code(), &words)?));
    }
    let rows = of.choices.len() + BLANK_ROWS;
    let mut form = blank(rows, tree)
        .fill("version", of.version.to_string())
        .fill("name", &of.name)
        .fill("code", &of.code)
        .fill("kind", of.kind.as_str())
        .fill("unit", &of.unit)
        .fill("several", forms::tick(of.several))
        .fill("facet", forms::tick(of.facet))
        .fill("shown", forms::tick(of.shown));
    for (at, choice) in of.choices.iter().enumerate() {
        let put = |form: Form, field: &str, value: String| form.fill(&format!("c{at}_{field}"), value);
        form = put(form, "was", choice.was.clone());
        form = put(form, "name", choice.name.clone());
        for (field, words) in &said {
            form = put(form, field, words.get(&choice.name).cloned().unwrap_or_default());
        }
        form = put(form, "swatch", choice.swatch.clone());
        form = put(form, "place", (at + 1).to_string());
    }
    for (field, words) in &said {
        form = form.fill(field, words.get(&of.name).cloned().unwrap_or_default());
    }
    for category in &of.categories {
        form = form.fill(&format!("category-{category}"), "on");
    }
    Ok((form, rows))
}

/// The definition that the form means.
pub fn read(posted: &Posted, id: Option<storefront::ids::AttributeId>) -> Result<Typed> {
    let text = |name: &str| posted.get(name).trim().to_string();
    let mut wrong = Fields::default();
    let said = |before: &str| -> Said {
        Language::further().map(|language| (language, text(&format!("{before}{}", languages::field("name", language))))).collect()
    };
    let mut choices: Vec<(i64, usize, Choice, Said)> = Vec::new();
    for at in 0..rows(posted) {
        let field = |name: &str| text(&format!("c{at}_{name}"));
        let (name, swatch, place) = (field("name"), field("swatch"), field("place"));
        if name.is_empty() {
            continue;
        }
        let place = if place.is_empty() { Ok(i64::MAX) } else { place.parse() };
        if place.is_err() {
            wrong.add(&format!("c{at}_place"), "admin-number-invalid");
        }
        choices.push((place.unwrap_or(i64::MAX), at, Choice { name, swatch, was: field("was") }, said(&format!("c{at}_"))));
    }
    choices.sort_by_key(|(place, at, ..)| (*place, *at));
    let kind = Kind::parse(posted.get("kind"));
    if kind.is_none() {
        wrong.add("kind", "admin-required");
    }
    wrong.check()?;
    let categories = posted.pairs().filter(|(_, value)| *value == "on");
    let categories = categories.filter_map(|(name, _)| name.strip_prefix("category-")?.parse().ok().map(CategoryId)).collect();
    let definition = Definition {
        id,
        code: text("code"),
        name: text("name"),
        kind: kind.unwrap_or(Kind::Text),
        unit: text("unit"),
        several: posted.ticked("several"),
        facet: posted.ticked("facet"),
        shown: posted.ticked("shown"),
        choices: choices.iter().map(|(.., choice, _)| choice.clone()).collect(),
        categories,
        // What was seen, not what is stored: a form made before somebody else's change is refused.
        version: posted.get("version").parse().unwrap_or(0),
    };
    Ok(Typed {
        definition,
        name: said(""),
        choices: choices.iter().map(|(.., said)| said.clone()).collect(),
        rows: choices.iter().map(|(_, at, ..)| *at).collect(),
    })
}

/// Stores the words of further languages.
pub fn translate(conn: &mut Conn, of: &Typed) -> Result<()> {
    let choices = of.definition.choices.iter().map(|choice| &choice.name).zip(&of.choices);
    let kept = if of.definition.kind == Kind::Choice { usize::MAX } else { 0 };
    for (word, said) in std::iter::once((&of.definition.name, &of.name)).chain(choices.take(kept)) {
        for (language, text) in said {
            if text.chars().count() > 200 {
                return Err(Error::field(&languages::field("name", *language), "attribute-name-invalid"));
            }
            match text.as_str() {
                "" => labels::unset(conn, language.code(), word)?,
                text => labels::set(conn, language.code(), word, text)?,
            }
        }
    }
    Ok(())
}

/// The domain's names of what is wrong (`choices.1.swatch`) as the form's (`c4_swatch`).
pub fn named(wrong: Fields, of: &Typed) -> Fields {
    let mut fields = Fields::default();
    for (name, message) in wrong.0 {
        let choice = name.strip_prefix("choices.").map(|rest| rest.split_once('.').unwrap_or((rest, "name")));
        let name = match choice.and_then(|(at, field)| Some((of.rows.get(at.parse::<usize>().ok()?)?, field))) {
            Some((row, field)) => format!("c{row}_{field}"),
            None if name == "choices" => "c0_name".to_string(),
            None => name,
        };
        fields.add(&name, message);
    }
    fields
}

/// The rows of choices: the beginning of their names, and their numbers.
pub fn choice_rows(rows: usize) -> Vec<Value> {
    (0..rows).map(|at| json!({ "prefix": format!("c{at}_"), "number": at + 1 })).collect()
}

/// The types, as a choice.
pub fn kinds() -> Vec<Value> {
    Kind::ALL.iter().map(|kind| json!({ "value": kind, "label": format!("attribute-kind-{}", kind.as_str().replace('_', "-")) })).collect()
}
