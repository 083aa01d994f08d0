//! The lines and charges of the file, and the tax of each rate, from the rows of a document.

use super::{Category, Charge, Said, Subtotal, UblLine};
use crate::documents::{Content, Line, RateRow};
use crate::tax::VOUCHER;
use crate::tax_relief::{GOODS, SERVICES};
use kernel::money::scale;
use std::collections::BTreeMap;

/// Lines and charges as they are made, and the tax that they come to.
pub(super) struct Tally<'a> {
    pub content: &'a Content,
    pub said: &'a Said,
    /// Goods leave the Union.
    pub leaves: bool,
    pub subtotals: BTreeMap<(i64, Category), Subtotal>,
}

impl Tally<'_> {
    fn category(&self, rate_bp: i64, reason: &str) -> Category {
        match reason {
            _ if rate_bp > 0 => Category::Standard,
            GOODS => Category::IntraCommunity,
            SERVICES => Category::ReverseCharge,
            VOUCHER => Category::Exempt,
            _ if self.leaves => Category::Export,
            _ => Category::Exempt,
        }
    }

    fn count(&mut self, category: Category, rate_bp: i64, (base, tax): (i64, i64), reason: &str) {
        let said = self.said;
        let row = self.subtotals.entry((rate_bp, category)).or_insert_with(|| Subtotal {
            category,
            rate_bp,
            base: 0,
            tax: 0,
            reason: match category {
                Category::Standard => String::new(),
                _ if reason.is_empty() => said.exempt.clone(),
                _ => reason.to_string(),
            },
        });
        row.base += base;
        row.tax += tax;
    }

    pub fn line(&mut self, line: &Line) -> UblLine {
        let content = self.content;
        let row = content.rates.iter().find(|row| row.rate_bp == line.rate_bp).map_or("", |row| row.reason.as_str());
        let reason = if line.tax_reason.is_empty() { row } else { line.tax_reason.as_str() };
        let category = self.category(line.rate_bp, reason);
        let net = line.total - line.tax;
        self.count(category, line.rate_bp, (net, line.tax), reason);
        let allowance = match (line.unit_price, content.prices_include_tax) {
            (None, _) => 0,
            (Some(_), false) => line.discount,
            (Some(_), true) if line.total > 0 => scale(line.discount, net, line.total),
            (Some(_), true) => scale(line.discount, 10_000, 10_000 + line.rate_bp),
        };
        UblLine {
            name: line.title.clone(),
            description: line.options.clone(),
            sku: line.sku.clone(),
            quantity: line.quantity.max(1),
            price: net + allowance,
            allowance,
            net,
            category,
            rate_bp: line.rate_bp,
        }
    }

    /// A line for what is no item: an amount that is credited.
    pub fn amount(&mut self, row: &RateRow) -> UblLine {
        let category = self.category(row.rate_bp, &row.reason);
        let net = row.total - row.tax;
        self.count(category, row.rate_bp, (net, row.tax), &row.reason);
        UblLine {
            name: self.said.amount.clone(),
            description: String::new(),
            sku: String::new(),
            quantity: 1,
            price: net,
            allowance: 0,
            net,
            category,
            rate_bp: row.rate_bp,
        }
    }

    /// What a rate holds beside the lines: the delivery, and what the document counts to it otherwise.
    pub fn rest(&mut self, row: &RateRow) -> Vec<Charge> {
        let (content, mut made) = (self.content, Vec::new());
        let of_lines: Vec<&Line> = content.lines.iter().filter(|line| line.rate_bp == row.rate_bp).collect();
        let lines: i64 = of_lines.iter().map(|line| line.total - line.tax).sum();
        let taxes: i64 = of_lines.iter().map(|line| line.tax).sum();
        // Delivery goes with goods, where a rate has them.
        let reason = of_lines.iter().map(|line| line.tax_reason.as_str()).find(|reason| *reason == GOODS);
        let reason = reason.or(of_lines.first().map(|line| line.tax_reason.as_str())).filter(|reason| !reason.is_empty());
        let reason = reason.unwrap_or(row.reason.as_str()).to_string();
        let category = self.category(row.rate_bp, &reason);
        let delivery = row.shipping_total - row.shipping_tax;
        let name = content.shipping.as_ref().map(|shipping| shipping.name.clone()).filter(|name| !name.is_empty());
        if delivery != 0 || row.shipping_tax != 0 {
            self.count(category, row.rate_bp, (delivery, row.shipping_tax), &reason);
            let reason = name.unwrap_or_else(|| self.said.amount.clone());
            made.push(Charge { charge: delivery >= 0, reason, amount: delivery.abs(), category, rate_bp: row.rate_bp });
        }
        let (more, tax) = (row.total - row.tax - lines - delivery, row.tax - taxes - row.shipping_tax);
        if more != 0 || tax != 0 {
            self.count(category, row.rate_bp, (more, tax), &reason);
        }
        if more != 0 {
            made.push(Charge { charge: more > 0, reason: self.said.amount.clone(), amount: more.abs(), category, rate_bp: row.rate_bp });
        }
        made
    }
}
