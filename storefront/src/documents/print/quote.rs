//! The sheet of an offer: what a quote says of goods and prices, and until when.
#![allow(clippy::float_arithmetic, reason = "places on paper; amounts stay whole minor units")]

use super::paper::{Ink, LEFT, Paper, RIGHT, Side};
use crate::quotes::Line;
use crate::web::words::Words;
use chrono::NaiveDate;
use kernel::Result;
use kernel::money::{Currency, Money};
use kernel::web::format;

const SIZE: f32 = 9.0;
/// Where the columns of numbers end.
const UNITS: f32 = 380.0;
const PRICE: f32 = 460.0;
const ITEM: f32 = 270.0;

/// Everything that an offer shows on paper.
#[derive(Clone, Debug)]
pub struct QuoteSheet {
    pub shop_name: String,
    pub seller: Vec<String>,
    pub number: String,
    pub language: String,
    pub buyer: String,
    pub made_on: NaiveDate,
    pub until: Option<NaiveDate>,
    pub currency: Currency,
    pub note: String,
    /// What the delivery costs, where that was agreed on.
    pub shipping: Option<i64>,
    pub prices_include_tax: bool,
    pub lines: Vec<Line>,
}

impl QuoteSheet {
    fn money(&self, minor: i64, words: &Words) -> String {
        // The sign of the baht is in neither font.
        words.money(Money::new(minor, self.currency)).replace('฿', "THB\u{a0}")
    }
}

/// The PDF of an offer.
pub fn quote(sheet: &QuoteSheet, words: &Words) -> Result<Vec<u8>> {
    let mut paper = Paper::new()?;
    let title = words.with("quote-number", &[("number", &sheet.number)])?;
    paper.put(LEFT, 52.0, 17.0, Ink::Black, Side::Left, &sheet.shop_name);
    paper.rule_at(LEFT, 84.0);
    let sender = sheet.seller.join(" · ");
    let sender = paper.wrap(&sender, 6.5, 230.0).into_iter().next().unwrap_or_default();
    paper.put(LEFT, 112.0, 6.5, Ink::Grey, Side::Left, &sender);
    let left = paper.block(LEFT, 126.0, 230.0, 11.0, Ink::Black, std::slice::from_ref(&sheet.buyer));
    let until = sheet.until.map(|day| format::date(day, words.language)).unwrap_or_default();
    let rows = [(words.get("quote-made-on"), format::date(sheet.made_on, words.language)), (words.get("quote-until"), until)];
    let mut y = 126.0;
    for (label, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        paper.put(330.0, y, 9.0, Ink::Grey, Side::Left, &label);
        y = paper.block(430.0, y, RIGHT - 430.0, 9.0, Ink::Black, &[value]);
    }
    paper.y = left.max(y).max(190.0) + 24.0;
    let at = paper.y;
    paper.put(LEFT, at, 17.0, Ink::Black, Side::Left, &title);
    paper.y += 32.0;
    for text in sheet.note.lines() {
        paper.paragraph(10.0, Ink::Black, text);
    }
    paper.y += 12.0;
    columns(&mut paper, words);
    for line in &sheet.lines {
        row(&mut paper, sheet, line, words);
    }
    sums(&mut paper, sheet, words);
    paper.finish(&title, &sheet.seller, |page, pages| {
        words.with("document-page", &[("page", &page.to_string()), ("pages", &pages.to_string())])
    })
}

fn columns(paper: &mut Paper, words: &Words) {
    let y = paper.y;
    paper.put(LEFT, y, 8.0, Ink::Grey, Side::Left, &words.get("document-item"));
    paper.put(UNITS, y, 8.0, Ink::Grey, Side::Right, &words.get("document-units"));
    paper.put(PRICE, y, 8.0, Ink::Grey, Side::Right, &words.get("quote-each"));
    paper.put(RIGHT, y, 8.0, Ink::Grey, Side::Right, &words.get("line-total"));
    paper.y += 14.0;
    paper.rule(LEFT, Ink::Black);
}

fn row(paper: &mut Paper, sheet: &QuoteSheet, line: &Line, words: &Words) {
    let titles = paper.wrap(&line.title, SIZE, ITEM);
    if paper.make_room(titles.len() as f32 * 12.6 + 20.0) {
        columns(paper, words);
    }
    let y = paper.y;
    paper.put(UNITS, y, SIZE, Ink::Black, Side::Right, &line.measure().printed(line.quantity));
    paper.put(PRICE, y, SIZE, Ink::Black, Side::Right, &sheet.money(line.unit_price, words));
    paper.put(RIGHT, y, SIZE, Ink::Black, Side::Right, &sheet.money(line.total(), words));
    let under = paper.block(LEFT, y, ITEM + 2.0, SIZE, Ink::Black, &titles);
    let end = if line.sku.is_empty() { under } else { paper.block(LEFT, under, ITEM, 8.0, Ink::Grey, std::slice::from_ref(&line.sku)) };
    paper.y = end + 4.0;
    paper.rule(LEFT, Ink::Light);
}

fn sums(paper: &mut Paper, sheet: &QuoteSheet, words: &Words) {
    let goods: i64 = sheet.lines.iter().map(Line::total).sum();
    let mut rows = vec![(words.get("quote-goods"), goods)];
    rows.extend(sheet.shipping.map(|price| (words.get("quote-shipping"), price)));
    for (label, amount) in rows {
        paper.make_room(20.0);
        let y = paper.y + 4.0;
        paper.put(PRICE, y, 10.0, Ink::Grey, Side::Right, &label);
        paper.put(RIGHT, y, 10.0, Ink::Black, Side::Right, &sheet.money(amount, words));
        paper.y += 16.0;
    }
    paper.y += 8.0;
    let tax = if sheet.prices_include_tax { "quote-tax-included" } else { "quote-tax-excluded" };
    paper.paragraph(8.0, Ink::Grey, &words.get(tax));
    if sheet.shipping.is_none() {
        paper.paragraph(8.0, Ink::Grey, &words.get("quote-shipping-open"));
    }
}
