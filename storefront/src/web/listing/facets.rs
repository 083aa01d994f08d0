//! The engine's facets in the words of the page.

use super::choices::param;
use crate::catalog::Categories;
use crate::ids::CategoryId;
use crate::labels::Labels;
use crate::search::Facet;
use crate::web::views::listing::{Facet as View, FacetValue};
use crate::web::words::Words;

/// Values shown of one facet; chosen ones always are.
const SHOWN: usize = 20;
/// Facets shown unfolded besides those in which something is chosen.
const OPEN: usize = 3;

/// What names keys and values.
pub struct Naming<'a> {
    pub words: &'a Words,
    pub labels: &'a Labels,
    pub tree: &'a Categories,
}

impl Naming<'_> {
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
            _ => Some(self.labels.of(value).to_string()),
        }
    }

    /// The words of a chosen value. Of options and attributes they name both, for "Yes" alone says nothing.
    pub fn chip(&self, key: &str, value: &str) -> String {
        let shown = self.value(key, value).unwrap_or_else(|| value.to_string());
        if key.contains(':') { format!("{}: {shown}", self.facet(key)) } else { shown }
    }
}

/// The facets worth showing: those that would narrow the list, or do.
pub fn views(facets: &[Facet], named: &Naming, with_categories: bool) -> Vec<View> {
    let mut shown: Vec<&Facet> = facets.iter().filter(|facet| with_categories || facet.key != "category").collect();
    shown.sort_by_key(|facet| rank(&facet.key));
    let mut views: Vec<View> = shown.into_iter().filter_map(|facet| view(facet, named)).collect();
    for view in views.iter_mut().take(OPEN) {
        view.open = true;
    }
    views
}

fn view(facet: &Facet, named: &Naming) -> Option<View> {
    let mut values = Vec::new();
    for (at, value) in facet.values.iter().enumerate() {
        if at >= SHOWN && !value.selected {
            continue;
        }
        let Some(label) = named.value(&facet.key, &value.value) else { continue };
        let count = u64::try_from(value.count).unwrap_or(u64::MAX);
        values.push(FacetValue { value: value.value.clone(), label, count, selected: value.selected });
    }
    let chosen = values.iter().any(|value| value.selected);
    let narrows = if facet.key == "availability" { facet.values.len() > 1 && !values.is_empty() } else { values.len() > 1 };
    (chosen || narrows).then(|| View { name: param(&facet.key), label: named.facet(&facet.key), values, open: chosen })
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
