//! An invoice or credit note as UBL 2.1 (ISO/IEC 19845) by the European standard EN 16931-1, made of the frozen document alone. Terms of the
//! standard (`BT-…`, `BG-…`) stand beside what they are here; rules (`BR-…`) are those of EN 16931-1, 6.4. The file says what the print says: nothing
//! is figured anew, amounts before tax are the frozen ones less their frozen tax.

mod parts;
mod write;

pub use parts::{Category, Charge, Seller, Subtotal, Ubl, UblLine};

use super::{Content, Document, Kind, Line, RateRow};
use crate::address::Address;
use crate::tax::VOUCHER;
use crate::tax_relief::{GOODS, SERVICES};
use crate::units::Measure;
use crate::vat_id;
use crate::web::words::Words;
use kernel::money::scale;
use kernel::{Error, Result};
use std::collections::BTreeMap;

/// The specification that the file keeps to (BT-24): the core of the standard, no national addition.
pub const SPECIFICATION: &str = "urn:cen.eu:en16931:2017";

/// Sentences of the file, in the language of the document.
#[derive(Clone, Debug)]
pub struct Said {
    /// When it is to be paid.
    pub terms: String,
    /// What takes something off a line.
    pub discount: String,
    /// An amount that is no item.
    pub amount: String,
    /// Why something is not taxed when the document does not tell.
    pub exempt: String,
}

/// Whether there is such a file of a document: the standard asks for the seller's name, country and VAT id, and knows two decimals.
pub fn possible(document: &Document, content: &Content) -> Result<bool> {
    let named = !content.seller.is_empty() || !content.shop_name.is_empty();
    let two = document.currency()?.exponent() <= 2;
    Ok(named && two && !content.vat_id.is_empty() && content.vat_id.is_ascii() && !country(content).is_empty() && document.total > 0)
}

/// The seller's country: as the document keeps it, else by the prefix of the VAT id.
fn country(content: &Content) -> String {
    match content.seller_country.as_str() {
        "" => vat_id::member(&content.vat_id).unwrap_or_default().to_string(),
        known => known.to_string(),
    }
}

/// The file. `Conflict` when there is none.
pub fn xml(document: &Document, words: &Words) -> Result<String> {
    let content = document.content()?;
    let terms = match (document.kind, content.due_on.as_str()) {
        (Kind::CreditNote, _) => words.get("ubl-terms-credit"),
        (Kind::Invoice, "") => words.get("ubl-terms"),
        (Kind::Invoice, day) => words.with("ubl-terms-due", &[("day", day)])?,
    };
    let said = Said { terms, discount: words.get("ubl-discount"), amount: words.get("ubl-amount"), exempt: words.get("ubl-exempt") };
    Ok(write::written(&model(document, &said)?, &said))
}

/// What the file says. `Conflict` when there is none; an error when the frozen amounts do not agree, which no document's do.
pub fn model(document: &Document, said: &Said) -> Result<Ubl> {
    let content = document.content()?;
    if !possible(document, &content)? {
        return Err(Error::conflict("ubl-none"));
    }
    let issued_on = document.issued_at.date();
    let country = country(&content);
    let mut tally = Tally { content: &content, said, leaves: leaves(&content, &country), subtotals: BTreeMap::new() };
    let lines: Vec<UblLine> = if content.lines.is_empty() {
        content.rates.iter().map(|row| tally.amount(row)).collect()
    } else {
        content.lines.iter().map(|line| tally.line(line)).collect()
    };
    let charges: Vec<Charge> =
        if content.lines.is_empty() { Vec::new() } else { content.rates.iter().flat_map(|row| tally.rest(row)).collect() };
    let subtotals: Vec<Subtotal> = tally.subtotals.into_values().collect();
    let trade = |key: &str| content.trade.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone()).unwrap_or_default();
    let within = subtotals.iter().any(|one| one.category == Category::IntraCommunity);
    let iban = content.bank.iter().find_map(|line| iban(line));
    let prepaid = match (document.kind, content.payment_status.as_str()) {
        (Kind::Invoice, "paid") => document.total,
        (Kind::Invoice, _) => content.paid.clamp(0, document.total),
        (Kind::CreditNote, _) => 0,
    };
    let mut seller = content.seller.clone();
    let name = if seller.is_empty() { content.shop_name.clone() } else { seller.remove(0) };
    let ubl = Ubl {
        kind: document.kind,
        number: document.label.clone(),
        issued_on,
        due_on: content.due_on.parse().ok(),
        currency: document.currency()?,
        purchase_order: trade("po-number"),
        cost_centre: trade("cost-centre"),
        sales_order: content.order_number.clone(),
        invoice: content.invoice.as_ref().map(|one| (one.label.clone(), one.issued_at.date())),
        seller: Seller {
            name,
            trading_name: content.shop_name.clone(),
            lines: seller,
            vat_id: prefixed(&content.vat_id, &country),
            country,
            email: content.contact.clone(),
        },
        buyer: Address { vat_id: prefixed(&content.buyer.vat_id, &content.buyer.country), ..content.buyer.clone() },
        delivery: content.delivery.clone(),
        // BR-IC-11 asks when goods went to another state; a document is often older than its parcel.
        period: within.then(|| (content.ordered_at.date().min(issued_on), issued_on)),
        means: means(&content.payment_method, iban.is_some()),
        iban,
        terms: said.terms.clone(),
        charges,
        subtotals,
        lines,
        prepaid,
    };
    if (ubl.gross(), ubl.tax()) != (document.total, document.tax) {
        return Err(Error::unexpected(format!("document {} sums to {} in UBL", document.label, ubl.gross())));
    }
    Ok(ubl)
}

/// Whether goods leave the Union for somewhere else.
fn leaves(content: &Content, seller: &str) -> bool {
    vat_id::is_member(seller)
        && !content.picked_up
        && !vat_id::is_union_destination(&content.delivery.country, &content.delivery.postal_code)
}

/// A country by its code in the lists of the standard (BR-CL-14): that of ISO 3166-1, and `1A` for Kosovo, which has none there.
fn listed(country: &str) -> &str {
    if country == "XK" { "1A" } else { country }
}

/// A VAT id with the prefix of its country (BR-CO-09), which is `EL` for Greece. Outside the Union many are numbers alone.
fn prefixed(number: &str, country: &str) -> String {
    let prefix = if country == "GR" { "EL" } else { listed(country) };
    let whole = number.is_empty() || number.starts_with(prefix) || vat_id::member(number).is_some();
    if whole { number.to_string() } else { format!("{prefix}{number}") }
}

/// UNTDID 4461. A transfer without an account would break BR-61.
fn means(method: &str, account: bool) -> &'static str {
    match method {
        "bank_transfer" | "account" if account => "30",
        "stripe" => "48",
        "cash_on_delivery" => "10",
        _ => "1",
    }
}

/// The IBAN in a line of bank details, by its form and check digits (ISO 13616).
fn iban(line: &str) -> Option<String> {
    let text = line.to_uppercase();
    let text = text.split_once("IBAN").map_or(text.as_str(), |(_, rest)| rest);
    let text = text.split_once("BIC").map_or(text, |(before, _)| before);
    let plain: String = text.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
    let digits = |range: std::ops::Range<usize>| plain.get(range).is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !(15..=34).contains(&plain.len()) || !plain.starts_with(|letter: char| letter.is_ascii_alphabetic()) || !digits(2..4) {
        return None;
    }
    let turned = plain.chars().skip(4).chain(plain.chars().take(4));
    let rest = turned.filter_map(|letter| letter.to_digit(36)).fold(0u32, |rest, value| {
        let shift = if value < 10 { 10 } else { 100 };
        (rest * shift + value) % 97
    });
    (rest == 1).then_some(plain)
}

/// Lines and charges as they are made, and the tax that they come to.
struct Tally<'a> {
    content: &'a Content,
    said: &'a Said,
    /// Goods leave the Union.
    leaves: bool,
    subtotals: BTreeMap<(i64, Category), Subtotal>,
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

    fn line(&mut self, line: &Line) -> UblLine {
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
            measure: if line.quantity > 0 { line.measure } else { Measure::PIECE },
            price: net + allowance,
            allowance,
            net,
            category,
            rate_bp: line.rate_bp,
        }
    }

    /// A line for what is no item: an amount that is credited.
    fn amount(&mut self, row: &RateRow) -> UblLine {
        let category = self.category(row.rate_bp, &row.reason);
        let net = row.total - row.tax;
        self.count(category, row.rate_bp, (net, row.tax), &row.reason);
        UblLine {
            name: self.said.amount.clone(),
            description: String::new(),
            sku: String::new(),
            quantity: 1,
            measure: Measure::PIECE,
            price: net,
            allowance: 0,
            net,
            category,
            rate_bp: row.rate_bp,
        }
    }

    /// What a rate holds beside the lines: the delivery, and what the document counts to it otherwise.
    fn rest(&mut self, row: &RateRow) -> Vec<Charge> {
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
