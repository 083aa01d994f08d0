//! An invoice or credit note as UBL 2.1 (ISO/IEC 19845) by the European standard EN 16931-1, made of the frozen document alone. Terms of the
//! standard (`BT-…`, `BG-…`) stand beside what they are here; rules (`BR-…`) are those of EN 16931-1, 6.4. The file says what the print says: nothing
//! is figured anew, amounts before tax are the frozen ones less their frozen tax.

mod tally;
mod write;

use self::tally::Tally;
use super::{Content, Document, Kind};
use crate::address::Address;
use crate::vat_id;
use crate::web::words::Words;
use chrono::NaiveDate;
use kernel::money::Currency;
use kernel::{Error, Result, words};
use std::collections::BTreeMap;

/// The specification that the file keeps to (BT-24): the core of the standard, no national addition.
pub const SPECIFICATION: &str = "urn:cen.eu:en16931:2017";

words!(
    /// Why and how something is taxed (BT-118, BT-151): codes of UNTDID 5305.
    Category {
        Standard = "S",
        /// The buyer owes the tax of a service.
        ReverseCharge = "AE",
        /// Goods that a company in another state of the Union bought.
        IntraCommunity = "K",
        /// Goods that leave the Union.
        Export = "G",
        Exempt = "E",
    }
);

/// What the file says. Amounts are minor units, before tax unless they say otherwise.
#[derive(Clone, Debug)]
pub struct Ubl {
    pub kind: Kind,
    /// BT-1.
    pub number: String,
    /// BT-2.
    pub issued_on: NaiveDate,
    /// BT-9, of what was bought on account.
    pub due_on: Option<NaiveDate>,
    /// BT-5.
    pub currency: Currency,
    /// BT-13, and BT-10 as well: what the buyer calls the order; empty without one.
    pub purchase_order: String,
    /// BT-19: where the buyer books it; empty without one.
    pub cost_centre: String,
    /// BT-14.
    pub sales_order: String,
    /// BT-25 and BT-26, of a credit note.
    pub invoice: Option<(String, NaiveDate)>,
    /// BG-4.
    pub seller: Seller,
    /// BG-7.
    pub buyer: Address,
    /// BG-15.
    pub delivery: Address,
    /// BG-14, where a rule wants it.
    pub period: Option<(NaiveDate, NaiveDate)>,
    /// BT-81, a code of UNTDID 4461.
    pub means: &'static str,
    /// BT-84.
    pub iban: Option<String>,
    /// BT-20.
    pub terms: String,
    /// BG-20 and BG-21.
    pub charges: Vec<Charge>,
    /// BG-23.
    pub subtotals: Vec<Subtotal>,
    /// BG-25.
    pub lines: Vec<UblLine>,
    /// BT-113, tax included.
    pub prepaid: i64,
}

/// Who sells.
#[derive(Clone, Debug)]
pub struct Seller {
    /// BT-27.
    pub name: String,
    /// BT-28.
    pub trading_name: String,
    /// BT-35, BT-36 and BT-162.
    pub lines: Vec<String>,
    /// BT-40.
    pub country: String,
    /// BT-31.
    pub vat_id: String,
    /// BT-43.
    pub email: String,
}

/// A charge (BG-21) or an allowance (BG-20) of the whole document.
#[derive(Clone, Debug)]
pub struct Charge {
    pub charge: bool,
    /// BT-97, BT-104.
    pub reason: String,
    /// BT-92, BT-99: never below zero.
    pub amount: i64,
    pub category: Category,
    pub rate_bp: i64,
}

/// The tax of one category and rate.
#[derive(Clone, Debug)]
pub struct Subtotal {
    pub category: Category,
    /// BT-119, in hundredths of a percent.
    pub rate_bp: i64,
    /// BT-116.
    pub base: i64,
    /// BT-117.
    pub tax: i64,
    /// BT-120; empty for what is taxed.
    pub reason: String,
}

/// A line.
#[derive(Clone, Debug)]
pub struct UblLine {
    /// BT-153.
    pub name: String,
    /// BT-154; empty without one.
    pub description: String,
    /// BT-155; empty without one.
    pub sku: String,
    /// BT-129 and BT-149: the price is that of all units, so that no rounding comes between.
    pub quantity: i64,
    /// BT-146 for all units.
    pub price: i64,
    /// BT-136.
    pub allowance: i64,
    /// BT-131.
    pub net: i64,
    pub category: Category,
    pub rate_bp: i64,
}

impl Ubl {
    /// BT-106.
    pub fn line_total(&self) -> i64 {
        self.lines.iter().map(|line| line.net).sum()
    }

    /// BT-107, or with `charge` BT-108.
    pub fn charge_total(&self, charge: bool) -> i64 {
        self.charges.iter().filter(|one| one.charge == charge).map(|one| one.amount).sum()
    }

    /// BT-109.
    pub fn net(&self) -> i64 {
        self.line_total() - self.charge_total(false) + self.charge_total(true)
    }

    /// BT-110.
    pub fn tax(&self) -> i64 {
        self.subtotals.iter().map(|one| one.tax).sum()
    }

    /// BT-112.
    pub fn gross(&self) -> i64 {
        self.net() + self.tax()
    }

    /// BT-115.
    pub fn payable(&self) -> i64 {
        self.gross() - self.prepaid
    }
}

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
        buyer: content.buyer.clone(),
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

/// A VAT id with the prefix of its country (BR-CO-09), which is `EL` for Greece.
fn prefixed(vat_id: &str, country: &str) -> String {
    let own = vat_id.get(..2).is_some_and(|prefix| prefix.bytes().all(|byte| byte.is_ascii_uppercase()));
    let prefix = if country == "GR" { "EL" } else { country };
    if own { vat_id.to_string() } else { format!("{prefix}{vat_id}") }
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
