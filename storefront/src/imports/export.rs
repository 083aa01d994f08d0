//! Products as a CSV file with Shopify's classic columns, which most shops and tools read. What those columns cannot hold
//! (further categories, translations) goes into metafields, so that this shop reads back exactly what it wrote.
//!
//! Cells that a spreadsheet would run as a formula get an apostrophe in front; reading takes it away.

use super::draft::{DraftStatus, ProductDraft, VariantDraft};
use super::shopify::{METAFIELD, NO_OPTION, OWN_NAMESPACE};
use super::table::guard;
use crate::units::{Measure, Unit};
use kernel::money::{Currency, Money};
use std::collections::HashMap;
use std::io::Write;

const COLUMNS: [&str; 33] = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "SEO Title",
    "SEO Description",
    "Variant Image",
    "Variant Tax Code",
    "Cost per item",
];
/// Columns between the fixed ones and the metafields.
const STATUS: &str = "Status";

/// Writes the products with prices in `currency`. Reading the file back gives equal drafts, but for `line`, for the order of
/// attributes of different names, and for a `tracked` that nobody stated, which Shopify's columns write as "not counted".
/// Fails when `out` does.
pub fn write_shopify<'p>(products: impl Iterator<Item = &'p ProductDraft>, currency: Currency, out: impl Write) -> std::io::Result<()> {
    let products: Vec<&ProductDraft> = products.collect();
    let mut writer = ShopifyWriter::new(attribute_names(&products), currency, out)?;
    products.into_iter().try_for_each(|product| writer.write(product))?;
    writer.finish()
}

/// Writes products one at a time, as [`write_shopify`] does. The header comes first, so the names of all attributes have to be known.
pub struct ShopifyWriter<W: Write> {
    writer: csv::Writer<W>,
    names: Vec<String>,
    header: usize,
    columns: HashMap<String, usize>,
    currency: Currency,
}

impl<W: Write> ShopifyWriter<W> {
    /// Writes the header, with a column for each attribute of `names`. Fails when `out` does.
    pub fn new(names: Vec<String>, currency: Currency, out: W) -> std::io::Result<ShopifyWriter<W>> {
        let mut header: Vec<String> = COLUMNS.iter().map(|name| name.to_string()).chain([STATUS.to_string()]).collect();
        header.extend(names.iter().enumerate().map(|(at, name)| format!("{name}{METAFIELD}custom.attribute_{})", at + 1)));
        for own in ["categories", "translations", "unit", "precision"] {
            header.push(format!("{own}{METAFIELD}{OWN_NAMESPACE}.{own})"));
        }
        let mut writer = csv::Writer::from_writer(out);
        write_row(&mut writer, &header)?;
        let columns: HashMap<String, usize> = header.into_iter().enumerate().map(|(at, name)| (name, at)).collect();
        Ok(ShopifyWriter { writer, names, header: columns.len(), columns, currency })
    }

    /// Writes the rows of a product. An attribute that the header has no column for is left out.
    pub fn write(&mut self, product: &ProductDraft) -> std::io::Result<()> {
        let rows = product.variants.len().max(product.pictures.len()).max(1);
        for n in 0..rows {
            let mut row = Row { columns: &self.columns, cells: vec![String::new(); self.header], currency: self.currency };
            row.set("Handle", &product.handle);
            if n == 0 {
                row.product(product, &self.names)?;
            }
            if let Some(variant) = product.variants.get(n) {
                row.variant(product, variant, n == 0);
            }
            if let Some(picture) = product.pictures.get(n) {
                row.set("Image Src", &picture.source);
                row.set("Image Position", &(n + 1).to_string());
                row.set_maybe("Image Alt Text", picture.alt.as_deref());
            }
            write_row(&mut self.writer, &row.cells)?;
        }
        Ok(())
    }

    /// Brings everything to the end of its way. Fails when `out` does.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

/// Writes a row whose cells no spreadsheet runs as formulas.
pub(super) fn write_row<W: Write>(writer: &mut csv::Writer<W>, cells: &[String]) -> std::io::Result<()> {
    writer.write_record(cells.iter().map(|cell| guard(cell).into_owned())).map_err(std::io::Error::other)
}

fn attribute_names(products: &[&ProductDraft]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let all = products.iter().flat_map(|product| product.attributes.iter().map(|(name, _)| name.as_str()));
    all.filter(|name| seen.insert(*name)).map(str::to_string).collect()
}

struct Row<'h> {
    columns: &'h HashMap<String, usize>,
    cells: Vec<String>,
    currency: Currency,
}

impl Row<'_> {
    fn set(&mut self, column: &str, text: &str) {
        if let Some(cell) = self.columns.get(column).and_then(|at| self.cells.get_mut(*at)) {
            *cell = text.to_string();
        }
    }

    fn set_maybe(&mut self, column: &str, text: Option<&str>) {
        self.set(column, text.unwrap_or(""));
    }

    fn money(&mut self, column: &str, minor: Option<i64>) {
        self.set(column, &minor.map_or(String::new(), |minor| Money::new(minor, self.currency).decimal()));
    }

    fn flag(&mut self, column: &str, value: Option<bool>, words: (&str, &str)) {
        self.set(column, value.map_or("", |value| if value { words.0 } else { words.1 }));
    }

    fn product(&mut self, product: &ProductDraft, names: &[String]) -> std::io::Result<()> {
        self.set("Title", &product.title);
        self.set_maybe("Body (HTML)", product.description_html.as_deref());
        self.set_maybe("Vendor", product.brand.as_deref());
        self.set_maybe("Type", product.product_type.as_deref());
        self.set("Tags", &product.tags.join(", "));
        self.set_maybe("SEO Title", product.seo_title.as_deref());
        self.set_maybe("SEO Description", product.seo_description.as_deref());
        let (published, status) = match product.status {
            None => ("", ""),
            Some(DraftStatus::Active) => ("TRUE", "active"),
            Some(DraftStatus::Draft) => ("FALSE", "draft"),
            Some(DraftStatus::Archived) => ("FALSE", "archived"),
        };
        self.flag("Gift Card", product.gift_card, ("TRUE", "FALSE"));
        self.set("Published", published);
        self.set(STATUS, status);
        // A name with " > " in it would read back as two; such a path, and all behind it, go into the metafield.
        let plain = |path: &Vec<String>| path.iter().all(|name| !name.contains('>'));
        let (first, others) = match product.categories.split_first() {
            Some((first, others)) if plain(first) => (first.join(" > "), others),
            _ => (String::new(), product.categories.as_slice()),
        };
        self.set("Product Category", &first);
        let json = |value: serde_json::Result<String>| value.map_err(std::io::Error::other);
        let own = |name: &str| format!("{name}{METAFIELD}{OWN_NAMESPACE}.{name})");
        if !others.is_empty() {
            self.set(&own("categories"), &json(serde_json::to_string(others))?);
        }
        if !product.translations.is_empty() {
            self.set(&own("translations"), &json(serde_json::to_string(&product.translations))?);
        }
        for (at, name) in names.iter().enumerate() {
            let values: Vec<&str> = product.attributes.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect();
            let cell = match values.as_slice() {
                [] => continue,
                // A value that itself reads as a list must stand in one.
                [only] if !only.starts_with('[') => only.to_string(),
                _ => json(serde_json::to_string(&values))?,
            };
            self.set(&format!("{name}{METAFIELD}custom.attribute_{})", at + 1), &cell);
        }
        Ok(())
    }

    fn variant(&mut self, product: &ProductDraft, variant: &VariantDraft, first: bool) {
        let names = ["Option1 Name", "Option2 Name", "Option3 Name"];
        let values = ["Option1 Value", "Option2 Value", "Option3 Value"];
        if product.options.is_empty() {
            self.set(names[0], if first { NO_OPTION.0 } else { "" });
            self.set(values[0], NO_OPTION.1);
        }
        for (column, name) in names.iter().zip(&product.options).filter(|_| first) {
            self.set(column, name);
        }
        for (column, value) in values.iter().zip(&variant.options) {
            self.set(column, value);
        }
        self.set_maybe("Variant SKU", variant.sku.as_deref());
        self.set_maybe("Variant Barcode", variant.barcode.as_deref());
        self.money("Variant Price", variant.price);
        self.money("Variant Compare At Price", variant.compare_at);
        self.money("Cost per item", variant.cost);
        self.flag("Variant Inventory Tracker", variant.tracked, ("shopify", ""));
        let measure = Measure::new(variant.unit.unwrap_or(Unit::Piece), variant.precision.unwrap_or(0));
        self.set("Variant Inventory Qty", &variant.quantity.map_or(String::new(), |quantity| measure.number(quantity)));
        let own = |name: &str| format!("{name}{METAFIELD}{OWN_NAMESPACE}.{name})");
        // Pieces are what every shop sells.
        if measure != Measure::PIECE {
            self.set(&own("unit"), measure.unit.as_str());
            self.set(&own("precision"), &measure.precision.to_string());
        }
        self.flag("Variant Inventory Policy", variant.oversell, ("continue", "deny"));
        self.set("Variant Grams", &variant.weight_grams.map_or(String::new(), |grams| grams.to_string()));
        self.flag("Variant Requires Shipping", variant.requires_shipping, ("TRUE", "FALSE"));
        self.flag("Variant Taxable", variant.taxable, ("TRUE", "FALSE"));
        self.set_maybe("Variant Tax Code", variant.tax_class.as_deref());
        self.set_maybe("Variant Image", variant.picture.as_deref());
    }
}

#[cfg(test)]
mod tests;
