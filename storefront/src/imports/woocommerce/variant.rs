//! What a row says of the thing that is bought: price, stock, weight, tax.

use super::super::cell::{self, Decimals, keep};
use super::super::draft::VariantDraft;
use super::super::report::{Reason, RowError};
use super::super::table::Row;
use super::{Columns, Kind, Reader, text};

impl Reader<'_> {
    /// The variant of a row; where a variation says nothing, or says `parent`, it has what its parent has.
    pub(super) fn variant_of(&mut self, row: Row<'_>, kind: &Kind, parent: &VariantDraft) -> VariantDraft {
        let columns = self.columns;
        let (price, compare_at) = self.prices(row);
        let (tracked, quantity) = self.stock(row);
        let errors = &mut self.errors;
        VariantDraft {
            sku: row.id(columns.sku),
            barcode: row.id(columns.barcode),
            price,
            compare_at,
            tracked,
            quantity,
            oversell: keep(backorders(row, columns), errors),
            weight_grams: keep(weight(row, columns), errors).or(parent.weight_grams),
            requires_shipping: Some(!kind.is_virtual),
            taxable: keep(taxable(row, columns), errors).or(parent.taxable),
            tax_class: row.text(columns.tax_class).filter(|class| class != "parent").or_else(|| parent.tax_class.clone()),
            picture: text::explode(row.get(columns.images)).into_iter().next(),
            line: row.line,
            ..VariantDraft::default()
        }
    }

    /// What is paid, and the regular price while that is lower. A sale with dates is not taken over: applied outside its days it
    /// would sell too cheap.
    fn prices(&mut self, row: Row<'_>) -> (Option<i64>, Option<i64>) {
        let columns = self.columns;
        let regular = keep(cell::price(row, columns.regular_price, self.currency, Decimals::Local), &mut self.errors);
        let sale = keep(cell::price(row, columns.sale_price, self.currency, Decimals::Local), &mut self.errors);
        let dated = !row.get(columns.sale_starts).is_empty() || !row.get(columns.sale_ends).is_empty();
        match (sale, regular) {
            (Some(_), Some(_)) if dated => {
                let reason = Reason::of("sale-dates", &[]);
                self.notes.push(row.error(columns.sale_price, reason));
                (regular, None)
            }
            (Some(sale), Some(regular)) if sale < regular => (Some(sale), Some(regular)),
            _ => (regular, None),
        }
    }

    /// Whether stock is counted, and how much is there. What is out of stock without a count is counted as zero, so that it
    /// is not sold.
    fn stock(&mut self, row: Row<'_>) -> (Option<bool>, Option<i64>) {
        let columns = self.columns;
        match row.get(columns.stock) {
            "parent" => {
                let reason = Reason::of("stock-shared", &[]);
                self.notes.push(row.error(columns.stock, reason));
                (Some(true), None)
            }
            "" => match row.get(columns.in_stock).to_lowercase().as_str() {
                "backorder" => (Some(false), None),
                _ => match keep(cell::flag(row, columns.in_stock), &mut self.errors) {
                    Some(true) => (Some(false), None),
                    Some(false) => (Some(true), Some(0)),
                    None => (None, None),
                },
            },
            _ => match keep(cell::count(row, columns.stock), &mut self.errors) {
                Some(count) => (Some(true), Some(count)),
                None => (None, None),
            },
        }
    }
}

fn backorders(row: Row<'_>, columns: &Columns) -> Result<Option<bool>, RowError> {
    match row.get(columns.backorders).to_lowercase().as_str() {
        "notify" => Ok(Some(true)),
        _ => cell::flag(row, columns.backorders).map_err(|error| RowError { reason: Reason::of("backorders", &[]), ..error }),
    }
}

fn taxable(row: Row<'_>, columns: &Columns) -> Result<Option<bool>, RowError> {
    match row.get(columns.tax_status).to_lowercase().as_str() {
        "" | "parent" => Ok(None),
        "taxable" => Ok(Some(true)),
        // "shipping" taxes the delivery alone.
        "none" | "shipping" => Ok(Some(false)),
        _ => Err(row.error(columns.tax_status, Reason::of("tax-status", &[]))),
    }
}

fn weight(row: Row<'_>, columns: &Columns) -> Result<Option<i64>, RowError> {
    match columns.weight_unit {
        Some(unit) => cell::weight(row, columns.weight, unit, Decimals::Local),
        None if row.get(columns.weight).is_empty() => Ok(None),
        None => Err(row.error(columns.weight, Reason::of("weight-unit", &[]))),
    }
}
