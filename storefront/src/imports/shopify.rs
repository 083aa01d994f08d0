//! Shopify's product export, classic and since 2024. Rows of one handle are one product: the first row carries the product,
//! every row with anything about a variant is a variant, every row with a picture adds it.

mod columns;
#[cfg(test)]
mod tests;

use super::cell::{self, Decimals, WeightUnit, keep};
use super::check::{self, Building, Words};
use super::draft::{DraftStatus, PictureDraft, ProductDraft, VariantDraft};
use super::report::{FileError, Format, Parsed, Reason, RowError};
use super::table::{Row, Table};
use crate::units::{Measure, Unit};
use columns::{Columns, Metafield, Role};
pub(super) use columns::{METAFIELD, OWN_NAMESPACE};
use kernel::money::Currency;
use std::collections::HashMap;

/// What Shopify writes for a product that has no options.
pub(super) const NO_OPTION: (&str, &str) = ("Title", "Default Title");
/// Beyond this a metafield is a text, not an attribute to filter by.
const ATTRIBUTE_LIMIT: usize = 500;

pub(super) fn read(table: &Table, currency: Currency) -> Result<Parsed<ProductDraft>, FileError> {
    let columns = Columns::of(table)?;
    let mut reader =
        Reader { columns: &columns, currency, products: Vec::new(), places: HashMap::new(), errors: Vec::new(), notes: Vec::new() };
    for row in table.rows() {
        reader.row(row);
    }
    let Reader { products, mut errors, mut notes, .. } = reader;
    let kept = products.into_iter().map(Product::finish).collect();
    notes.extend(market_prices(table, &columns));
    notes.sort_by_key(|note| note.line);
    let words = match table.format {
        Format::Shopify2024 => Words { sku: "SKU", option: "Option1 value" },
        _ => Words { sku: "Variant SKU", option: "Option1 Value" },
    };
    let items = check::finish(kept, &words, &mut errors);
    Ok(Parsed { items, errors, notes, format: table.format })
}

/// A note for each column of prices for one market that has any price in it.
fn market_prices(table: &Table, columns: &Columns) -> Vec<RowError> {
    let filled =
        columns.markets.iter().filter_map(|column| table.rows().find(|row| !row.get(Some(*column)).is_empty()).map(|row| (row, *column)));
    filled.map(|(row, column)| row.error(Some(column), Reason::of("market", &[]))).collect()
}

struct Product {
    building: Building,
    /// Picture and its place in the gallery, as given.
    pictures: Vec<(i64, PictureDraft)>,
}

impl Product {
    /// Puts the pictures in order, those of variants that stand nowhere else last, and takes away the option that is none.
    fn finish(mut self) -> Building {
        let draft = &mut self.building.draft;
        self.pictures.sort_by_key(|(position, _)| *position);
        for (_, picture) in self.pictures {
            add_picture(&mut draft.pictures, picture);
        }
        for source in draft.variants.iter().filter_map(|variant| variant.picture.clone()) {
            add_picture(&mut draft.pictures, PictureDraft { source, alt: None });
        }
        let [name] = draft.options.as_slice() else { return self.building };
        if name == NO_OPTION.0 && matches!(draft.variants.as_slice(), [only] if only.options == [NO_OPTION.1]) {
            draft.options.clear();
            draft.variants[0].options.clear();
        }
        self.building
    }
}

pub(super) fn add_picture(pictures: &mut Vec<PictureDraft>, picture: PictureDraft) {
    if !pictures.iter().any(|known| known.source == picture.source) {
        pictures.push(picture);
    }
}

struct Reader<'c> {
    columns: &'c Columns,
    currency: Currency,
    products: Vec<Product>,
    places: HashMap<String, usize>,
    errors: Vec<RowError>,
    notes: Vec<RowError>,
}

impl Reader<'_> {
    fn row(&mut self, row: Row<'_>) {
        let before = self.errors.len();
        let columns = self.columns;
        let wide = row.check_width();
        let Some(handle) = row.text(Some(columns.handle)) else {
            self.errors.push(wide.err().unwrap_or_else(|| row.error(Some(columns.handle), Reason::of("no-handle", &[]))));
            return;
        };
        let known = self.places.get(&handle).copied();
        let place = known.unwrap_or(self.products.len());
        if known.is_none() {
            let draft = ProductDraft { handle: handle.clone(), line: row.line, ..ProductDraft::default() };
            self.products.push(Product { building: Building { draft, bad: false }, pictures: Vec::new() });
            self.places.insert(handle, place);
        }
        if let Err(error) = wide {
            // Its cells may stand in wrong columns: nothing of it is believed.
            self.errors.push(error);
        } else {
            if known.is_none() {
                self.product(place, row);
            } else {
                self.same_title(place, row);
            }
            let variant = self.variant(place, row);
            let picture = self.picture(place, row);
            if known.is_some() && !variant && !picture {
                self.errors.push(row.error(Some(columns.handle), Reason::of("nothing", &[])));
            }
        }
        self.products[place].building.bad |= self.errors.len() > before;
    }

    fn product(&mut self, place: usize, row: Row<'_>) {
        let columns = self.columns;
        let errors = &mut self.errors;
        let product = &mut self.products[place];
        let draft = &mut product.building.draft;
        draft.title = row.get(columns.title).to_string();
        if columns.title.is_some() && draft.title.is_empty() {
            errors.push(row.error(columns.title, Reason::of("no-title", &[])));
        }
        draft.description_html = Some(row.raw(columns.body)).filter(|text| !text.trim().is_empty()).map(str::to_string);
        draft.brand = row.text(columns.vendor);
        draft.product_type = row.text(columns.product_type);
        draft.tags = cell::list(row.get(columns.tags));
        draft.seo_title = row.text(columns.seo_title);
        draft.seo_description = row.text(columns.seo_description);
        draft.categories.extend(row.text(columns.category).map(|path| path_of(&path)));
        draft.status = keep(status(row, columns), errors);
        draft.gift_card = keep(cell::flag(row, columns.gift_card), errors);
        for metafield in &columns.metafields {
            metafield_value(draft, row, metafield, errors, &mut self.notes);
        }
    }

    fn same_title(&mut self, place: usize, row: Row<'_>) {
        let draft = &self.products[place].building.draft;
        let title = row.get(self.columns.title);
        if !title.is_empty() && title != draft.title {
            let reason = Reason::of("title-other", &[("title", &draft.title), ("line", &draft.line.to_string())]);
            self.errors.push(row.error(self.columns.title, reason));
        }
    }

    /// Whether the row says anything of a variant.
    fn variant(&mut self, place: usize, row: Row<'_>) -> bool {
        let columns = self.columns;
        if columns.of_variant().all(|column| row.get(column).is_empty()) {
            return false;
        }
        let errors = &mut self.errors;
        let draft = &mut self.products[place].building.draft;
        for (at, (name, _)) in columns.options.iter().enumerate() {
            let Some(text) = row.text(*name) else { continue };
            if at == draft.options.len() && draft.variants.is_empty() {
                draft.options.push(text);
            } else if draft.options.get(at) != Some(&text) {
                errors.push(row.error(*name, Reason::of("option-other", &[])));
            }
        }
        let mut options: Vec<String> = columns.options.iter().map(|(_, value)| row.get(*value).to_string()).collect();
        for (at, (_, value)) in columns.options.iter().enumerate().skip(draft.options.len()) {
            if !options[at].is_empty() {
                errors.push(row.error(*value, Reason::of("option-unnamed", &[])));
            }
        }
        options.truncate(draft.options.len());
        let (currency, point) = (self.currency, Decimals::Point);
        let unit = keep(cell::unit(row, columns.own(Role::Unit)), errors);
        let precision = keep(cell::precision(row, columns.own(Role::Precision)), errors);
        let measure = Measure::new(unit.unwrap_or(Unit::Piece), precision.unwrap_or(0));
        let variant = VariantDraft {
            unit,
            precision,
            sku: row.id(columns.sku),
            barcode: row.id(columns.barcode),
            options,
            price: keep(cell::price(row, columns.price, currency, point), errors),
            compare_at: keep(cell::price(row, columns.compare_at, currency, point), errors),
            cost: keep(cell::price(row, columns.cost, currency, point), errors),
            // An empty tracker is a statement: nobody counts.
            tracked: columns.tracker.map(|tracker| !row.get(Some(tracker)).is_empty()),
            quantity: keep(cell::measured(row, columns.quantity, measure), errors),
            oversell: keep(oversell(row, columns), errors),
            weight_grams: keep(cell::weight(row, columns.grams, WeightUnit::GRAM, point), errors),
            requires_shipping: keep(cell::flag(row, columns.requires_shipping), errors),
            taxable: keep(cell::flag(row, columns.taxable), errors),
            tax_class: row.text(columns.tax_code),
            picture: row.text(columns.variant_image),
            line: row.line,
        };
        draft.variants.push(variant);
        true
    }

    /// Whether the row has a picture.
    fn picture(&mut self, place: usize, row: Row<'_>) -> bool {
        let columns = self.columns;
        let Some(source) = row.text(columns.image) else { return false };
        let position = keep(cell::count(row, columns.image_position), &mut self.errors).unwrap_or(i64::MAX);
        self.products[place].pictures.push((position, PictureDraft { source, alt: row.text(columns.image_alt) }));
        true
    }
}

fn path_of(text: &str) -> Vec<String> {
    text.split(" > ").map(str::trim).filter(|name| !name.is_empty()).map(str::to_string).collect()
}

/// A product that is active and yet not in the online shop was for the till only; it does not appear here by surprise.
fn status(row: Row<'_>, columns: &Columns) -> Result<Option<DraftStatus>, RowError> {
    let published = cell::flag(row, columns.published)?;
    match (row.get(columns.status).to_lowercase().as_str(), published) {
        ("", None) => Ok(None),
        ("", Some(true)) => Ok(Some(DraftStatus::Active)),
        ("active", Some(true) | None) => Ok(Some(DraftStatus::Active)),
        ("active" | "", Some(false)) | ("draft" | "unlisted", _) => Ok(Some(DraftStatus::Draft)),
        ("archived", _) => Ok(Some(DraftStatus::Archived)),
        _ => Err(row.error(columns.status, Reason::of("status", &[]))),
    }
}

fn oversell(row: Row<'_>, columns: &Columns) -> Result<Option<bool>, RowError> {
    match row.get(columns.policy).to_lowercase().as_str() {
        "continue" => Ok(Some(true)),
        "deny" => Ok(Some(false)),
        _ => cell::flag(row, columns.policy).map_err(|error| RowError { reason: Reason::of("policy", &[]), ..error }),
    }
}

fn metafield_value(draft: &mut ProductDraft, row: Row<'_>, metafield: &Metafield, errors: &mut Vec<RowError>, notes: &mut Vec<RowError>) {
    let column = Some(metafield.column);
    let text = row.get(column);
    if text.is_empty() {
        return;
    }
    match metafield.role {
        Role::Categories => match serde_json::from_str::<Vec<Vec<String>>>(text) {
            Ok(paths) => draft.categories.extend(paths),
            Err(_) => errors.push(row.error(column, Reason::of("paths", &[]))),
        },
        Role::Translations => match serde_json::from_str(text) {
            Ok(texts) => draft.translations = texts,
            Err(_) => errors.push(row.error(column, Reason::of("texts", &[]))),
        },
        // The row of each variant says it.
        Role::Unit | Role::Precision => {}
        Role::Attribute { list } => {
            let values = match serde_json::from_str::<Vec<String>>(text) {
                Ok(values) => values,
                Err(_) if list => text.split(';').map(str::trim).filter(|value| !value.is_empty()).map(str::to_string).collect(),
                Err(_) => vec![text.to_string()],
            };
            if text.len() > ATTRIBUTE_LIMIT {
                notes.push(row.error(column, Reason::of("attribute-long", &[])));
            } else {
                draft.attributes.extend(values.into_iter().map(|value| (metafield.name.clone(), value)));
            }
        }
    }
}
