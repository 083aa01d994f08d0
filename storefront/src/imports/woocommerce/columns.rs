//! Where WooCommerce's exporter keeps what. Its names are English; units stand in brackets and vary with the shop.

use super::super::cell::WeightUnit;
use super::super::report::FileError;
use super::super::table::{Column, Row, Table};
use super::text::explode;

pub(super) struct Columns {
    pub id: Column,
    pub kind: usize,
    pub sku: Column,
    pub barcode: Column,
    pub name: usize,
    pub published: Column,
    pub visibility: Column,
    pub short_description: Column,
    pub description: Column,
    pub sale_starts: Column,
    pub sale_ends: Column,
    pub tax_status: Column,
    pub tax_class: Column,
    pub in_stock: Column,
    pub stock: Column,
    pub backorders: Column,
    pub weight: Column,
    /// None when the header names no unit, or none known.
    pub weight_unit: Option<WeightUnit>,
    pub sale_price: Column,
    pub regular_price: Column,
    pub categories: Column,
    pub tags: Column,
    pub brands: Column,
    pub images: Column,
    pub parent: Column,
    /// Name and values.
    attributes: Vec<(usize, Column)>,
}

impl Columns {
    pub fn of(table: &Table) -> Result<Columns, FileError> {
        let weight = table.header.iter().find(|name| name.eq_ignore_ascii_case("weight") || name.to_lowercase().starts_with("weight ("));
        let unit = weight.and_then(|name| name.split_once('(')).and_then(|(_, rest)| rest.split_once(')'));
        let mut attributes = Vec::new();
        for name in &table.header {
            let lower = name.to_lowercase();
            let Some(n) = lower.strip_prefix("attribute ").and_then(|rest| rest.strip_suffix(" name")) else { continue };
            if let Some(at) = table.column(name)? {
                attributes.push((at, table.column(&format!("Attribute {n} value(s)"))?));
            }
        }
        Ok(Columns {
            id: table.column("ID")?,
            kind: table.required("Type")?,
            sku: table.column("SKU")?,
            barcode: table.column("GTIN, UPC, EAN, or ISBN")?,
            name: table.required("Name")?,
            published: table.column("Published")?,
            visibility: table.column("Visibility in catalog")?,
            short_description: table.column("Short description")?,
            description: table.column("Description")?,
            sale_starts: table.column("Date sale price starts")?,
            sale_ends: table.column("Date sale price ends")?,
            tax_status: table.column("Tax status")?,
            tax_class: table.column("Tax class")?,
            in_stock: table.column("In stock?")?,
            stock: table.column("Stock")?,
            backorders: table.column("Backorders allowed?")?,
            weight: weight.map(|name| table.column(name)).transpose()?.flatten(),
            weight_unit: unit.and_then(|(name, _)| WeightUnit::parse(name)),
            sale_price: table.column("Sale price")?,
            regular_price: table.column("Regular price")?,
            categories: table.column("Categories")?,
            tags: table.column("Tags")?,
            brands: table.column("Brands")?,
            images: table.column("Images")?,
            parent: table.column("Parent")?,
            attributes,
        })
    }

    /// The row's attributes by name, with their values; those without a value too.
    pub fn attributes(&self, row: Row<'_>) -> Vec<(String, Vec<String>)> {
        let named = self.attributes.iter().filter_map(|(name, values)| Some((row.text(Some(*name))?, *values)));
        named.map(|(name, values)| (super::plain_text(&name), explode(row.get(values)))).collect()
    }
}
