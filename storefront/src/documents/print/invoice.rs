//! The sheet of an invoice or a credit note.
#![allow(clippy::float_arithmetic, reason = "places on paper; amounts stay whole minor units")]

use super::paper::{Ink, LEFT, Paper, RIGHT, Side};
use crate::documents::{Content, Document, Kind, Line};
use crate::tax::combined;
use crate::web::checkout::method_name;
use crate::web::shown::address_lines;
use crate::web::words::Words;
use chrono::NaiveDate;
use kernel::Result;
use kernel::money::{Currency, Money};
use kernel::web::format;

const SIZE: f32 = 9.0;
const ROW: f32 = 12.6;
/// Where the columns of numbers end.
const UNITS: f32 = 348.0;
const PRICE: f32 = 420.0;
const RATE: f32 = 464.0;
const ITEM: f32 = 240.0;

struct Sheet<'a> {
    paper: Paper,
    document: &'a Document,
    content: &'a Content,
    currency: Currency,
    words: &'a Words,
}

/// The PDF of a document, in the language it was issued in. What it says comes from what was frozen, and from nowhere else.
pub fn invoice(document: &Document, words: &Words) -> Result<Vec<u8>> {
    let content = document.content()?;
    let mut sheet = Sheet { paper: Paper::new()?, document, content: &content, currency: document.currency()?, words };
    sheet.head()?;
    sheet.table()?;
    sheet.sums()?;
    sheet.closing()?;
    let mut foot = content.seller.clone();
    if !content.vat_id.is_empty() {
        foot.push(format!("{} {}", words.get("document-vat-id"), content.vat_id));
    }
    if !content.contact.is_empty() {
        foot.push(content.contact.clone());
    }
    let title = sheet.title()?;
    sheet
        .paper
        .finish(&title, &foot, |page, pages| words.with("document-page", &[("page", &page.to_string()), ("pages", &pages.to_string())]))
}

impl Sheet<'_> {
    fn money(&self, minor: i64) -> String {
        // The sign of the baht is in neither font.
        self.words.money(Money::new(minor, self.currency)).replace('฿', "THB\u{a0}")
    }

    /// An amount as this shop shows it: with the tax in it, or before tax.
    fn shown(&self, total: i64, tax: i64) -> String {
        self.money(if self.content.prices_include_tax { total } else { total - tax })
    }

    fn title(&self) -> Result<String> {
        let key = match self.document.kind {
            Kind::Invoice => "document-invoice-title",
            Kind::CreditNote => "document-credit_note-title",
        };
        self.words.with(key, &[("number", &self.document.label)])
    }

    fn head(&mut self) -> Result<()> {
        let content = self.content;
        let language = self.words.language;
        self.paper.put(LEFT, 52.0, 17.0, Ink::Black, Side::Left, &content.shop_name);
        self.paper.rule_at(LEFT, 84.0);
        let sender = content.seller.join(" · ");
        let sender = self.paper.wrap(&sender, 6.5, 230.0).into_iter().next().unwrap_or_default();
        self.paper.put(LEFT, 112.0, 6.5, Ink::Grey, Side::Left, &sender);
        let left = self.paper.block(LEFT, 126.0, 230.0, 10.0, Ink::Black, &address_lines(&content.buyer, language));

        let mut rows = vec![
            (self.words.get("document-number"), self.document.label.clone()),
            (self.words.get("document-date"), format::date(self.document.issued_at.date(), language)),
            (self.words.get("document-order"), content.order_number.clone()),
            (self.words.get("document-order-date"), format::date(content.ordered_at.date(), language)),
        ];
        if !content.vat_id.is_empty() {
            rows.push((self.words.get("document-seller-vat-id"), content.vat_id.clone()));
        }
        if !content.buyer.vat_id.is_empty() {
            rows.push((self.words.get("document-buyer-vat-id"), content.buyer.vat_id.clone()));
        }
        for (key, value) in &content.trade {
            rows.push((self.words.get(key), value.clone()));
        }
        if let Some(invoice) = &content.invoice {
            rows.push((self.words.get("document-to-invoice"), invoice.label.clone()));
            rows.push((self.words.get("document-to-invoice-date"), format::date(invoice.issued_at.date(), language)));
        }
        let mut y = 126.0;
        for (label, value) in rows {
            self.paper.put(330.0, y, SIZE, Ink::Grey, Side::Left, &label);
            let lines = self.paper.wrap(&value, SIZE, RIGHT - 430.0);
            for line in lines {
                self.paper.put(430.0, y, SIZE, Ink::Black, Side::Left, &line);
                y += ROW;
            }
        }
        self.paper.y = left.max(y).max(210.0) + 24.0;
        let title = self.title()?;
        let at = self.paper.y;
        self.paper.put(LEFT, at, 17.0, Ink::Black, Side::Left, &title);
        self.paper.y += 30.0;
        if content.delivery != content.buyer && content.delivery != Default::default() {
            let to = address_lines(&content.delivery, language).join(", ");
            let key = if content.picked_up { "document-picked-up-at" } else { "document-delivered-to" };
            let text = self.words.with(key, &[("address", &to)])?;
            self.paper.paragraph(SIZE, Ink::Grey, &text);
            self.paper.y += 6.0;
        }
        Ok(())
    }

    fn columns(&mut self) {
        let y = self.paper.y;
        let words = self.words;
        self.paper.put(LEFT, y, 8.0, Ink::Grey, Side::Left, &words.get("document-item"));
        self.paper.put(UNITS, y, 8.0, Ink::Grey, Side::Right, &words.get("document-units"));
        self.paper.put(PRICE, y, 8.0, Ink::Grey, Side::Right, &words.get("document-unit-price"));
        self.paper.put(RATE, y, 8.0, Ink::Grey, Side::Right, &words.get("document-tax-rate"));
        let amount = if self.content.prices_include_tax { "document-amount" } else { "document-amount-net" };
        self.paper.put(RIGHT, y, 8.0, Ink::Grey, Side::Right, &words.get(amount));
        self.paper.y += 14.0;
        self.paper.rule(LEFT, Ink::Black);
    }

    fn table(&mut self) -> Result<()> {
        self.columns();
        for line in &self.content.lines {
            self.line(line)?;
        }
        if self.content.lines.is_empty() {
            let label = self.words.get(&format!("document-reason-{}", self.content.reason));
            let (total, tax) = self.content.sums();
            let amount = self.shown(total, tax);
            self.row(&label, &[], ["", "", ""], &amount);
        }
        if let Some(shipping) = &self.content.shipping {
            let label = self.words.with("document-shipping", &[("name", &shipping.name)])?;
            let label = label.trim_end_matches([' ', ':', '：']).to_string();
            let amount = self.shown(shipping.total, shipping.tax);
            self.row(&label, &[], ["", "", ""], &amount);
        }
        Ok(())
    }

    fn line(&mut self, line: &Line) -> Result<()> {
        let mut small: Vec<String> = [&line.options, &line.sku].into_iter().filter(|text| !text.is_empty()).cloned().collect();
        if line.discount > 0 {
            small.push(self.words.with("document-discount", &[("amount", &self.money(-line.discount))])?);
        }
        let price = line.unit_price.map(|price| self.money(price)).unwrap_or_default();
        let rate = if line.taxes.is_empty() { format::percent(line.rate_bp) } else { format::rate(combined(&line.taxes)) };
        let units = if line.quantity == 0 { String::new() } else { line.measure.printed(line.quantity) };
        if line.quantity == 0 {
            small.push(self.words.get("document-part-of-price"));
        }
        let amount = self.shown(line.total, line.tax);
        self.row(&line.title, &small, [&units, &price, &rate], &amount);
        Ok(())
    }

    /// A row of the table, whole on one page.
    fn row(&mut self, title: &str, small: &[String], numbers: [&str; 3], amount: &str) {
        let titles = self.paper.wrap(title, SIZE, ITEM);
        let notes: Vec<String> = small.iter().flat_map(|text| self.paper.wrap(text, 7.5, ITEM)).collect();
        let height = titles.len() as f32 * ROW + notes.len() as f32 * 10.5 + 8.0;
        if self.paper.make_room(height) {
            self.columns();
        }
        let y = self.paper.y;
        for (place, text) in [UNITS, PRICE, RATE].into_iter().zip(numbers) {
            self.paper.put(place, y, SIZE, Ink::Black, Side::Right, text);
        }
        self.paper.put(RIGHT, y, SIZE, Ink::Black, Side::Right, amount);
        let under = self.paper.block(LEFT, y, ITEM + 2.0, SIZE, Ink::Black, &titles);
        let end = self.paper.block(LEFT, under, ITEM + 2.0, 7.5, Ink::Grey, &notes);
        self.paper.y = end + 4.0;
        self.paper.rule(LEFT, Ink::Light);
    }

    fn sums(&mut self) -> Result<()> {
        let (total, tax) = (self.document.total, self.document.tax);
        let mut rows = vec![(self.words.get("document-net"), self.money(total - tax))];
        for row in &self.content.rates {
            let base = self.money(row.total - row.tax);
            match row.taxes.as_slice() {
                taxes @ ([] | [_]) => {
                    let rate = taxes.first().map_or_else(|| format::percent(row.rate_bp), |part| format::rate(part.rate_ppm));
                    rows.push((self.words.with("document-tax", &[("rate", &rate), ("base", &base)])?, self.money(row.tax)));
                }
                // Taxes that add up are named one by one.
                taxes => {
                    for part in taxes {
                        let label = self.words.with("document-tax-of", &[("name", &part.name), ("base", &base)])?;
                        rows.push((label, self.money(part.tax)));
                    }
                }
            }
        }
        self.paper.make_room(rows.len() as f32 * 15.0 + 40.0);
        self.paper.y += 6.0;
        for (label, amount) in rows {
            let y = self.paper.y;
            self.paper.put(300.0, y, SIZE, Ink::Grey, Side::Left, &label);
            self.paper.put(RIGHT, y, SIZE, Ink::Black, Side::Right, &amount);
            self.paper.y += 14.0;
        }
        self.paper.rule(300.0, Ink::Black);
        let y = self.paper.y + 2.0;
        let key = if self.document.kind == Kind::Invoice { "document-total" } else { "document-credit-total" };
        let (label, amount) = (self.words.get(key), self.money(total));
        self.paper.put(300.0, y, 12.0, Ink::Black, Side::Left, &label);
        self.paper.put(RIGHT, y, 12.0, Ink::Black, Side::Right, &amount);
        self.paper.y += 34.0;
        Ok(())
    }

    /// How it is paid, and why something is not taxed.
    fn closing(&mut self) -> Result<()> {
        let content = self.content;
        for part in &content.reverse_charge {
            let text = self.words.get(&format!("reverse-charge-{part}"));
            self.paper.paragraph(SIZE, Ink::Black, &text);
        }
        let reasons = content.rates.iter().filter(|row| row.rate_bp == 0 && !row.reason.is_empty() && content.reverse_charge.is_empty());
        for row in reasons {
            let text = self.words.with("document-untaxed", &[("reason", &row.reason)])?;
            self.paper.paragraph(SIZE, Ink::Black, &text);
        }
        let method = method_name(&content.payment_method, self.words);
        let key = match self.document.kind {
            Kind::Invoice => format!("document-payment-{}", content.payment_status),
            Kind::CreditNote => format!("document-credit-{}", content.reason),
        };
        // Only two states of the money have words of their own; of the others the way to pay says enough.
        let known = matches!(content.payment_status.as_str(), "paid" | "authorised") || self.document.kind == Kind::CreditNote;
        let key = if known { key } else { "document-payment-open".to_string() };
        let text = self.words.with(&key, &[("method", &method)])?;
        self.paper.paragraph(SIZE, Ink::Black, &text);
        if let Ok(day) = content.due_on.parse::<NaiveDate>() {
            let text = self.words.with("document-due-on", &[("day", &format::date(day, self.words.language))])?;
            self.paper.paragraph(SIZE, Ink::Black, &text);
        }
        if let Ok(day) = content.deposit_due_on.parse::<NaiveDate>() {
            let (amount, day) = (self.money(content.deposit), format::date(day, self.words.language));
            let text = self.words.with("document-deposit", &[("amount", &amount), ("day", &day)])?;
            self.paper.paragraph(SIZE, Ink::Black, &text);
        }
        let left = self.document.total - content.paid;
        if content.paid > 0 && left > 0 {
            let amounts = [("paid", self.money(content.paid)), ("left", self.money(left))];
            let text = self.words.with("document-paid-before", &amounts.each_ref().map(|(name, text)| (*name, text.as_str())))?;
            self.paper.paragraph(SIZE, Ink::Black, &text);
        }
        if !content.bank.is_empty() {
            self.paper.y += 4.0;
            for line in &content.bank {
                self.paper.paragraph(SIZE, Ink::Black, line);
            }
            let text = self.words.with("document-transfer-reference", &[("number", &content.order_number)])?;
            self.paper.paragraph(SIZE, Ink::Black, &text);
        }
        Ok(())
    }
}
