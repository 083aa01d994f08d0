//! A definition of an attribute as a form, and back. A choice is a row of its names, its colour and its place.

use super::forms;
use super::stale::{self, Label, Labels, Refused};
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::attributes::{Choice, Definition, Kind};
use storefront::catalog::Categories;
use storefront::ids::CategoryId;
use storefront::labels;
use storefront::shop::LANGUAGES;
use storefront::web::posted::Posted;
use storefront::web::views::form::{Form, Meanwhile};
use storefront::web::words::Words;

const BASE: &[&str] = &["version", "name", "name_zh", "code", "kind", "unit", "several", "facet", "shown"];
const CHOICE: &[&str] = &["was", "name", "zh", "swatch", "place"];
const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("name_zh", "admin-category-name-zh", ""),
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

/// A definition with the words for it in the second language.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub definition: Definition,
    pub name_zh: String,
    /// Of each choice.
    pub choices_zh: Vec<String>,
    /// The rows that the choices stand in.
    rows: Vec<usize>,
}

/// The names of the form with `rows` rows of choices.
fn names(rows: usize, tree: &Categories) -> Vec<String> {
    let base = BASE.iter().map(ToString::to_string);
    let categories = tree.in_order().into_iter().map(|category| format!("category-{}", category.id));
    base.chain((0..rows).flat_map(|at| CHOICE.iter().map(move |field| format!("c{at}_{field}")))).chain(categories).collect()
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
        let [name, zh, swatch] = ["name", "zh", "swatch"].map(|field| value(&format!("c{at}_{field}")).trim());
        let more: Vec<&str> = [zh, swatch].into_iter().filter(|text| !text.is_empty()).collect();
        if more.is_empty() { name.to_string() } else { format!("{name} ({})", more.join(", ")) }
    };
    (0..MOST_ROWS).map(line).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn blank(rows: usize, tree: &Categories) -> Form {
    Form::new(&names(rows, tree).iter().map(String::as_str).collect::<Vec<_>>())
}

/// The form as it was typed, with what is wrong. Checkboxes without a tick stay empty.
pub fn typed(posted: &Posted, rows: usize, tree: &Categories, wrong: &Fields) -> Form {
    let names = names(rows, tree);
    blank(rows, tree).typed(posted.pairs()).refuse(&names.iter().map(String::as_str).collect::<Vec<_>>(), wrong)
}

/// The form of a definition.
pub fn filled(conn: &mut Conn, of: &Definition, tree: &Categories) -> Result<(Form, usize)> {
    let mut words: Vec<&str> = of.choices.iter().map(|choice| choice.name.as_str()).collect();
    words.push(&of.name);
    let translated = labels::of_words(conn, LANGUAGES[1], &words)?;
    let zh = |word: &str| translated.get(word).cloned().unwrap_or_default();
    let rows = of.choices.len() + BLANK_ROWS;
    let mut form = blank(rows, tree)
        .fill("version", of.version.to_string())
        .fill("name", &of.name)
        .fill("name_zh", zh(&of.name))
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
        form = put(form, "zh", zh(&choice.name));
        form = put(form, "swatch", choice.swatch.clone());
        form = put(form, "place", (at + 1).to_string());
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
    let mut choices: Vec<(i64, usize, Choice, String)> = Vec::new();
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
        choices.push((place.unwrap_or(i64::MAX), at, Choice { name, swatch, was: field("was") }, field("zh")));
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
        name_zh: text("name_zh"),
        choices_zh: choices.iter().map(|(.., zh)| zh.clone()).collect(),
        rows: choices.iter().map(|(_, at, ..)| *at).collect(),
    })
}

/// Stores the words of the second language.
pub fn translate(conn: &mut Conn, of: &Typed) -> Result<()> {
    let choices = of.definition.choices.iter().map(|choice| &choice.name).zip(&of.choices_zh);
    let kept = if of.definition.kind == Kind::Choice { usize::MAX } else { 0 };
    for (word, zh) in std::iter::once((&of.definition.name, &of.name_zh)).chain(choices.take(kept)) {
        if zh.chars().count() > 200 {
            return Err(Error::field("name_zh", "attribute-name-invalid"));
        }
        match zh.as_str() {
            "" => labels::unset(conn, LANGUAGES[1], word)?,
            zh => labels::set(conn, LANGUAGES[1], word, zh)?,
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
