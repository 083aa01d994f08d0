//! WooCommerce's product export. A product is a row; a variable product is a row of its own and a row for each variation, which
//! may stand anywhere in the file and name their parent by SKU or id.
//!
//! Grouped and external products have no price and stock of their own here or anywhere: they are noted and left out. Downloads
//! arrive as drafts, because their files are not in the export and nobody should pay for nothing.

mod columns;
#[cfg(test)]
mod tests;
mod text;
mod variant;

use super::cell::{self, keep};
use super::check::{self, Building, Words};
use super::draft::{DraftStatus, PictureDraft, ProductDraft, VariantDraft};
use super::html::plain_text;
use super::report::{FileError, Parsed, Reason, RowError};
use super::shopify::add_picture;
use super::table::{Row, Table};
use columns::Columns;
use kernel::money::Currency;
use std::collections::{HashMap, HashSet};

/// What the `Type` column says; it may list several words.
struct Kind {
    word: String,
    is_virtual: bool,
    downloadable: bool,
}

impl Kind {
    fn of(row: Row<'_>, columns: &Columns) -> Kind {
        let text = row.get(Some(columns.kind)).to_lowercase();
        let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        let word = words.iter().find(|word| !matches!(**word, "virtual" | "downloadable")).unwrap_or(&"simple");
        Kind { word: word.to_string(), is_virtual: words.contains(&"virtual"), downloadable: words.contains(&"downloadable") }
    }
}

/// Names of attributes with their values.
type Attributes = Vec<(String, Vec<String>)>;

struct Product {
    building: Building,
    variable: bool,
    attributes: Attributes,
    /// What a variation takes from its parent when it says nothing itself.
    inherited: VariantDraft,
    variations: Vec<(VariantDraft, Attributes)>,
}

struct Reader<'c> {
    columns: &'c Columns,
    currency: Currency,
    products: Vec<Product>,
    by_key: HashMap<String, usize>,
    /// Keys of rows left out, so that their variations are left out with a note too.
    left_out: HashSet<String>,
    handles: HashSet<String>,
    errors: Vec<RowError>,
    notes: Vec<RowError>,
}

pub(super) fn read(table: &Table, currency: Currency) -> Result<Parsed<ProductDraft>, FileError> {
    let columns = Columns::of(table)?;
    let mut reader = Reader {
        columns: &columns,
        currency,
        products: Vec::new(),
        by_key: HashMap::new(),
        left_out: HashSet::new(),
        handles: HashSet::new(),
        errors: Vec::new(),
        notes: Vec::new(),
    };
    let mut variations = Vec::new();
    for row in table.rows() {
        let kind = Kind::of(row, &columns);
        match (row.check_width(), kind.word.as_str()) {
            (Err(error), _) => reader.broken(row, error),
            (Ok(()), "variation") => variations.push((row, kind)),
            (Ok(()), "simple" | "variable") => reader.product(row, &kind),
            (Ok(()), _) => reader.leave_out(row, &kind),
        }
    }
    for (row, kind) in variations {
        reader.variation(row, &kind);
    }
    let Reader { products, mut errors, mut notes, .. } = reader;
    let finished = products.into_iter().map(|product| finish(product, &mut notes)).collect();
    let items = check::finish(finished, &Words { sku: "SKU", option: "Attribute 1 value(s)" }, &mut errors);
    notes.sort_by_key(|note| note.line);
    Ok(Parsed { items, errors, notes, format: table.format })
}

/// How variations may call a row: by id and by SKU.
fn keys(row: Row<'_>, columns: &Columns) -> Vec<String> {
    let id = row.id(columns.id).map(|id| format!("id:{id}"));
    let sku = row.id(columns.sku).map(|sku| format!("sku:{sku}"));
    id.into_iter().chain(sku).collect()
}

impl Reader<'_> {
    /// A row whose cells may stand in wrong columns is reported alone; its variations are noted, not reported as orphans.
    fn broken(&mut self, row: Row<'_>, error: RowError) {
        self.errors.push(error);
        self.left_out.extend(keys(row, self.columns));
    }

    fn leave_out(&mut self, row: Row<'_>, kind: &Kind) {
        let reason = match kind.word.as_str() {
            "grouped" => Reason::of("grouped", &[]),
            "external" => Reason::of("external", &[]),
            other => Reason::of("type", &[("type", other)]),
        };
        self.notes.push(row.error(Some(self.columns.kind), reason));
        self.left_out.extend(keys(row, self.columns));
    }

    fn product(&mut self, row: Row<'_>, kind: &Kind) {
        let columns = self.columns;
        let before = self.errors.len();
        let place = self.products.len();
        for key in keys(row, columns) {
            match self.by_key.get(&key).map(|place| &self.products[*place]) {
                None => drop(self.by_key.insert(key, place)),
                // Two things for sale with one SKU are found over the whole file, variations included.
                Some(first) if key.starts_with("sku:") && !first.variable && kind.word != "variable" => {}
                Some(first) => {
                    let column = if key.starts_with("id:") { columns.id } else { columns.sku };
                    let reason = Reason::of("same", &[("line", &first.building.draft.line.to_string())]);
                    self.errors.push(row.error(column, reason));
                }
            }
        }
        let title = plain_text(row.get(Some(columns.name)));
        if title.is_empty() {
            self.errors.push(row.error(Some(columns.name), Reason::of("no-title", &[])));
        }
        let variant = self.variant_of(row, kind, &VariantDraft::default());
        let mut draft = ProductDraft {
            handle: self.handle(row, &title),
            description_html: description(row, columns),
            brand: text::explode(row.get(columns.brands)).into_iter().next().map(|name| plain_text(&name)),
            status: keep(status(row, columns), &mut self.errors),
            categories: text::categories(row.get(columns.categories)),
            tags: text::explode(row.get(columns.tags)).iter().map(|tag| plain_text(tag)).collect(),
            line: row.line,
            title,
            ..ProductDraft::default()
        };
        for source in text::explode(row.get(columns.images)) {
            add_picture(&mut draft.pictures, PictureDraft { source, alt: None });
        }
        let variable = kind.word == "variable";
        if !variable {
            draft.variants.push(VariantDraft { picture: None, ..variant.clone() });
        }
        if kind.downloadable {
            self.download(row, &mut draft);
        }
        let building = Building { draft, bad: self.errors.len() > before };
        let attributes = columns.attributes(row);
        self.products.push(Product { building, variable, attributes, inherited: variant, variations: Vec::new() });
    }

    fn download(&mut self, row: Row<'_>, draft: &mut ProductDraft) {
        draft.status = Some(DraftStatus::Draft);
        let reason = Reason::of("download", &[]);
        self.notes.push(row.error(Some(self.columns.kind), reason));
    }

    /// The name in plain letters; where that is empty or taken, with the id, which stays the same from export to export.
    fn handle(&mut self, row: Row<'_>, title: &str) -> String {
        let slug = text::slug(title);
        let id = row.id(self.columns.id).or_else(|| row.id(self.columns.sku)).map(|id| text::slug(&id)).filter(|id| !id.is_empty());
        let first = if slug.is_empty() { "product".to_string() } else { slug.clone() };
        let mut handle = if slug.is_empty() { id.as_ref().map_or(first.clone(), |id| format!("{first}-{id}")) } else { slug };
        let mut tail = 1;
        while !self.handles.insert(handle.clone()) {
            handle = match (&id, tail) {
                (Some(id), 1) => format!("{first}-{id}"),
                _ => format!("{first}-{tail}"),
            };
            tail += 1;
        }
        handle
    }

    fn variation(&mut self, row: Row<'_>, kind: &Kind) {
        let columns = self.columns;
        let parent = row.get(columns.parent);
        let key = match parent.strip_prefix("id:") {
            Some(id) => format!("id:{}", id.trim()),
            None => format!("sku:{}", parent.strip_prefix('\'').unwrap_or(parent)),
        };
        let Some(place) = self.by_key.get(&key).copied() else {
            if self.left_out.contains(&key) {
                self.notes.push(row.error(columns.parent, Reason::of("parent-left-out", &[])));
            } else {
                let reason = if parent.is_empty() { Reason::of("no-parent", &[]) } else { Reason::of("parent-unknown", &[]) };
                self.errors.push(row.error(columns.parent, reason));
            }
            return;
        };
        if !self.products[place].variable {
            self.errors.push(row.error(columns.parent, Reason::of("parent-kind", &[])));
            self.products[place].building.bad = true;
            return;
        }
        if row.get(columns.published) == "0" || row.get(columns.published) == "-1" {
            self.notes.push(row.error(columns.published, Reason::of("switched-off", &[])));
            return;
        }
        let before = self.errors.len();
        let inherited = self.products[place].inherited.clone();
        let variant = self.variant_of(row, kind, &inherited);
        if kind.downloadable {
            let mut draft = std::mem::take(&mut self.products[place].building.draft);
            self.download(row, &mut draft);
            self.products[place].building.draft = draft;
        }
        let product = &mut self.products[place];
        product.building.bad |= self.errors.len() > before;
        product.variations.push((variant, columns.attributes(row)));
    }
}

/// Gives variations their options, in the order of the parent's attributes; what no variation differs in stays an attribute.
fn finish(product: Product, notes: &mut Vec<RowError>) -> Building {
    let Product { mut building, variable, attributes, variations, .. } = product;
    let draft = &mut building.draft;
    if variable && variations.is_empty() && !building.bad {
        notes.push(RowError::new(draft.line, "Type", "variable", Reason::of("no-variation", &[])));
    }
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    let used = |name: &str| variations.iter().any(|(_, own)| own.iter().any(|(n, values)| same(n, name) && !values.is_empty()));
    let own_names = variations.iter().flat_map(|(_, own)| own.iter().filter(|(_, values)| !values.is_empty()).map(|(name, _)| name));
    for name in attributes.iter().map(|(name, _)| name).filter(|name| used(name)).chain(own_names) {
        if !draft.options.iter().any(|known| same(known, name)) {
            draft.options.push(name.clone());
        }
    }
    for (name, values) in &attributes {
        if !draft.options.iter().any(|option| same(option, name)) {
            draft.attributes.extend(values.iter().map(|value| (name.clone(), plain_text(value))));
        }
    }
    for (mut variant, own) in variations {
        let value = |option: &String| own.iter().find(|(name, _)| same(name, option)).map(|(_, values)| plain_text(&values.join(", ")));
        variant.options = draft.options.iter().map(|option| value(option).unwrap_or_default()).collect();
        if let Some(source) = variant.picture.clone() {
            add_picture(&mut draft.pictures, PictureDraft { source, alt: None });
        }
        draft.variants.push(variant);
    }
    building
}

/// Short description and description, one after the other: the product page here has one text.
fn description(row: Row<'_>, columns: &Columns) -> Option<String> {
    let texts = [row.raw(columns.short_description), row.raw(columns.description)];
    let texts: Vec<String> = texts.iter().filter(|text| !text.trim().is_empty()).map(|text| text::lines(text)).collect();
    Some(texts.join("\n")).filter(|text| !text.is_empty())
}

/// Private and hidden products become drafts: nothing shows up here that the old shop did not show.
fn status(row: Row<'_>, columns: &Columns) -> Result<Option<DraftStatus>, RowError> {
    let hidden = row.get(columns.visibility).eq_ignore_ascii_case("hidden");
    match row.get(columns.published) {
        "-1" => Ok(Some(DraftStatus::Draft)),
        _ => match cell::flag(row, columns.published).map_err(|error| RowError { reason: Reason::of("published", &[]), ..error })? {
            Some(true) if !hidden => Ok(Some(DraftStatus::Active)),
            None if !hidden => Ok(None),
            _ => Ok(Some(DraftStatus::Draft)),
        },
    }
}
