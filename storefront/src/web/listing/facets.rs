//! The engine's facets in the words of the page.

use super::choices::{Choices, param, range_params};
use crate::attributes::{Definition, Definitions, Kind, Value, decimal};
use crate::catalog::Categories;
use crate::ids::CategoryId;
use crate::labels::Labels;
use crate::search::{Facet, SearchPage, facet_name as name};
use crate::web::shown_attribute::{number, written};
use crate::web::views::listing::{Facet as View, FacetValue, RangeFacet};
use crate::web::words::Words;

/// Values shown of one facet; chosen ones always are.
const SHOWN: usize = 20;
/// Facets shown unfolded besides those in which something is chosen.
const OPEN: usize = 3;
/// Different numbers of an attribute that are chosen one by one; more are asked for as a range.
const FEW: usize = 8;

/// What names keys and values.
pub struct Naming<'a> {
    pub words: &'a Words,
    pub labels: &'a Labels,
    pub tree: &'a Categories,
    pub definitions: &'a Definitions,
}

impl Naming<'_> {
    /// The definition of the attribute that a facet is of, or that has the name of its option.
    fn definition(&self, key: &str) -> Option<&Definition> {
        self.definitions.named(name(key)?)
    }

    fn facet(&self, key: &str) -> String {
        match key.split_once(':') {
            Some((_, name)) => self.labels.of(name).to_string(),
            None => self.words.get(&format!("facet-{key}")),
        }
    }

    /// `None` for what is not shown: a category that is gone, and "sold out", which nobody looks for.
    fn value(&self, key: &str, value: &str) -> Option<String> {
        match key {
            "category" => value.parse().ok().and_then(|id| self.tree.get(CategoryId(id))).map(|category| category.name.clone()),
            "availability" => (value == "in").then(|| self.words.get("facet-available")),
            _ => Some(match self.definition(key).map(|definition| (definition, definition.read(value))) {
                Some((definition, Ok(read))) => written(&read, self.labels.of(&definition.unit), self.labels, self.words),
                _ => self.labels.of(value).to_string(),
            }),
        }
    }

    /// The words of numbers from one to another, as typed.
    pub fn range_chip(&self, key: &str, low: &str, high: &str) -> String {
        let unit = self.definition(key).map(|definition| self.labels.of(&definition.unit)).unwrap_or_default();
        let told = |typed: &str| decimal::read(typed).map_or_else(|| typed.to_string(), |value| number(value, unit));
        format!("{}: {}", self.facet(key), between(low, high, &told))
    }

    /// The words of a chosen value. Of options and attributes they name both, for "Yes" alone says nothing.
    pub fn chip(&self, key: &str, value: &str) -> String {
        let shown = self.value(key, value).unwrap_or_else(|| value.to_string());
        if key.contains(':') { format!("{}: {shown}", self.facet(key)) } else { shown }
    }
}

/// A range in words; an end that is empty is open.
pub fn between(low: &str, high: &str, told: &dyn Fn(&str) -> String) -> String {
    match (low, high) {
        ("", high) => format!("≤ {}", told(high)),
        (low, "") => format!("≥ {}", told(low)),
        (low, high) => format!("{} – {}", told(low), told(high)),
    }
}

/// The facets worth showing: those that would narrow the list, or do.
pub fn views(page: &SearchPage, choices: &Choices, named: &Naming, with_categories: bool) -> Vec<View> {
    let facets = &page.facets;
    let chosen = |key: &str| choices.facets.contains_key(key) || choices.range(key).is_some();
    let is_filter = |key: &str| key.starts_with("option:") || named.definition(key).is_none_or(|definition| definition.facet);
    let wanted = |facet: &&Facet| chosen(&facet.key) || is_filter(&facet.key);
    let shown = facets.iter().filter(|facet| with_categories || facet.key != "category").filter(wanted);
    // A range in which nothing is found has no values to stand with.
    let bare: Vec<Facet> = choices
        .ranges
        .keys()
        .filter(|key| facets.iter().all(|facet| name(&facet.key) != name(key)))
        .map(|key| Facet { key: key.clone(), values: Vec::new() })
        .collect();
    let mut shown: Vec<&Facet> = shown.chain(&bare).collect();
    shown.sort_by_key(|facet| (rank(&facet.key), place(named, &facet.key)));
    let mut views: Vec<View> = shown.into_iter().filter_map(|facet| view(facet, choices, named, page.total)).collect();
    for view in views.iter_mut().take(OPEN) {
        view.open = true;
    }
    views
}

/// Defined attributes in their order, then the others.
fn place(named: &Naming, key: &str) -> usize {
    name(key).and_then(|name| named.definitions.all.iter().position(|one| one.name == name)).unwrap_or(usize::MAX)
}

fn view(facet: &Facet, choices: &Choices, named: &Naming, total: usize) -> Option<View> {
    let definition = named.definition(&facet.key);
    let range = definition.filter(|one| one.kind == Kind::Number).and_then(|one| range(facet, choices, named.labels.of(&one.unit)));
    let range = range.or_else(|| choices.range(&facet.key).map(|_| ends(facet, choices, "")));
    let mut values = Vec::new();
    for value in in_order(facet, definition) {
        if (values.len() >= SHOWN || range.is_some()) && !value.selected {
            continue;
        }
        let Some(label) = named.value(&facet.key, &value.value) else { continue };
        let count = u64::try_from(value.count).unwrap_or(u64::MAX);
        let swatch = match definition.and_then(|definition| definition.read(&value.value).ok()) {
            Some(Value::Choice { swatch, .. }) => swatch,
            _ => String::new(),
        };
        values.push(FacetValue { value: value.value.clone(), label, count, selected: value.selected, swatch });
    }
    let chosen = values.iter().any(|value| value.selected) || choices.range(&facet.key).is_some();
    // Where only some say yes, "yes" alone narrows.
    let some_say = definition.is_some_and(|one| one.kind == Kind::YesNo) && facet.values.iter().any(|value| value.count < total);
    let narrows = match facet.key.as_str() {
        "availability" => facet.values.len() > 1 && !values.is_empty(),
        _ => values.len() > 1 || some_say && !values.is_empty(),
    };
    (chosen || narrows || range.is_some()).then(|| View {
        name: param(&facet.key),
        label: named.facet(&facet.key),
        values,
        range,
        open: chosen,
    })
}

/// Choices in the order of their definition, numbers and days from the least on, yes before no; the engine's order otherwise.
fn in_order<'f>(facet: &'f Facet, definition: Option<&Definition>) -> Vec<&'f crate::search::FacetValue> {
    let mut values: Vec<_> = facet.values.iter().collect();
    if let Some(definition) = definition {
        values.sort_by_key(|value| match definition.read(&value.value) {
            Ok(Value::Number(number)) => (0, number),
            Ok(Value::YesNo(yes)) => (0, i64::from(!yes)),
            Ok(Value::Date(day)) => (0, day.signed_duration_since(chrono::NaiveDate::MIN).num_days()),
            Ok(Value::Choice { name, .. }) => {
                let at = definition.choices.iter().position(|choice| choice.name == name);
                (0, at.and_then(|at| i64::try_from(at).ok()).unwrap_or(i64::MAX))
            }
            Ok(Value::Text(_)) => (0, 0),
            // What was written before there was a definition stands last.
            Err(_) => (1, 0),
        });
    }
    values
}

/// The range to type, when there are many numbers or one is typed already.
fn range(facet: &Facet, choices: &Choices, unit: &str) -> Option<RangeFacet> {
    let numbers = facet.values.iter().filter(|value| decimal::written(&value.value).is_some()).count();
    (numbers > FEW || choices.range(&facet.key).is_some()).then(|| ends(facet, choices, unit))
}

fn ends(facet: &Facet, choices: &Choices, unit: &str) -> RangeFacet {
    let numbers = || facet.values.iter().filter_map(|value| decimal::written(&value.value));
    let (min, max) = choices.range(&facet.key).cloned().unwrap_or_default();
    let unreadable = [&min, &max].iter().any(|typed| !typed.is_empty() && decimal::read(typed).is_none());
    let (min_name, max_name) = range_params(&facet.key);
    RangeFacet {
        min_name,
        max_name,
        min,
        max,
        floor: numbers().min().map(decimal::write).unwrap_or_default(),
        ceiling: numbers().max().map(decimal::write).unwrap_or_default(),
        unit: unit.to_string(),
        error: unreadable.then(|| "listing-range-unreadable".to_string()),
    }
}

/// Where to first, then what tells variants apart, then the rest.
fn rank(key: &str) -> u8 {
    match key.split_once(':').map_or(key, |(kind, _)| kind) {
        "category" => 0,
        "option" => 1,
        "brand" => 2,
        "attribute" => 3,
        _ => 4,
    }
}
