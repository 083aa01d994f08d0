//! What a purchase order says, whichever syntax it came in: EDIFACT D.96A ORDERS or X12 850, version 4010.

use super::Kind;
use super::syntax::{Interchange, Message, Segment, day};
use crate::buying::PO_NUMBER;
use crate::units::{Measure, Unit};
use chrono::NaiveDate;
use kernel::error::said;
use kernel::money::Currency;

/// Characters of a note that go to the order.
const NOTE: usize = 1000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purchase {
    /// What the buyer calls it.
    pub number: String,
    /// The place that the goods go to, by number or name; empty for the buyer's own.
    pub place: String,
    pub note: String,
    pub requested_on: Option<NaiveDate>,
    /// ISO 4217; empty when it does not say.
    pub currency: String,
    pub lines: Vec<Wanted>,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub number: String,
    /// The seller's SKU, else a GTIN.
    pub code: String,
    /// Whole units; 0 of what is measured.
    pub quantity: i64,
    /// The quantity in digits with a point, and its unit when the message says one.
    pub text: String,
    pub unit: Option<Unit>,
    pub price: Option<Price>,
}

impl Wanted {
    /// The quantity in steps of a measure; 0 when it is none of it.
    pub fn steps(&self, measure: Measure) -> i64 {
        measure.read(&self.text).unwrap_or(self.quantity)
    }

    /// The finest measure of its unit, for what was never placed.
    pub fn measure(&self) -> Measure {
        match self.unit {
            None | Some(Unit::Piece) => Measure::PIECE,
            Some(unit) => Measure::new(unit, Measure::FINEST),
        }
    }
}

/// The unit of a code of UN/ECE Recommendation 20 or X12 355; `None` for one that nothing is sold in.
fn unit_of(code: &str) -> Option<Unit> {
    match code {
        "PCE" | "EA" | "NAR" | "H87" | "PC" => Some(Unit::Piece),
        code => Unit::ALL.iter().copied().find(|unit| unit.as_str() == code || unit.x12() == code),
    }
}

/// What the buyer expects to pay, before tax: `digits` with the decimal mark `places` from their end, for `per` units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    pub digits: i128,
    pub places: u32,
    pub per: i128,
}

impl Price {
    /// Whether `net`, minor units for `quantity` steps before tax, is no more than that. A price is rounded for each unit.
    pub fn bears(&self, net: i64, quantity: i64, measure: Measure, currency: Currency) -> bool {
        let scale = 10i128.pow(self.places) * self.per * i128::from(measure.per());
        let expected = self.digits * 10i128.pow(currency.exponent()) * i128::from(quantity);
        2 * (i128::from(net) * scale - expected) <= (i128::from(measure.whole(quantity)) + 1) * scale
    }
}

/// How surely a code names an article of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Nothing,
    Otherwise,
    Gtin,
    Sku,
}

/// UNTDID 7143 and X12 235: whose number a code is.
fn named(qualifier: &str) -> Named {
    match qualifier {
        "SA" | "VP" | "VN" | "SK" => Named::Sku,
        "EN" | "UP" | "SRV" | "GT" | "UA" | "UI" | "UK" | "EO" => Named::Gtin,
        _ => Named::Otherwise,
    }
}

/// A line with how surely its code names something.
struct Line {
    wanted: Wanted,
    named: Named,
    counted: bool,
}

impl Line {
    fn new(number: &str) -> Line {
        Line { wanted: Wanted { number: number.to_string(), ..Wanted::default() }, named: Named::Nothing, counted: false }
    }

    fn name(&mut self, code: &str, qualifier: &str) {
        let named = if code.is_empty() { Named::Nothing } else { named(qualifier) };
        if named > self.named {
            self.named = named;
            self.wanted.code = code.to_string();
        }
    }

    fn count(&mut self, quantity: &str, unit: &str, decimal: char) -> Result<(), String> {
        let line = self.wanted.number.clone();
        self.wanted.unit = unit_of(unit);
        if !unit.is_empty() && self.wanted.unit.is_none() {
            return Err(said("edi-unit", &[("line", &line), ("unit", &unit)]));
        }
        let (digits, places) = number(quantity, decimal).ok_or_else(|| said("edi-quantity", &[("line", &line)]))?;
        let scale = 10i128.pow(places);
        if !matches!(self.wanted.unit, None | Some(Unit::Piece)) && digits > 0 {
            let width = usize::try_from(places).unwrap_or(0);
            self.wanted.text = if places == 0 { digits.to_string() } else { format!("{}.{:0width$}", digits / scale, digits % scale) };
            self.counted = true;
            return Ok(());
        }
        let whole = i64::try_from(digits / scale).ok().filter(|units| digits % scale == 0 && *units > 0);
        self.wanted.quantity = whole.ok_or_else(|| said("edi-quantity", &[("line", &line)]))?;
        self.wanted.text = self.wanted.quantity.to_string();
        self.counted = true;
        Ok(())
    }

    fn price(&mut self, amount: &str, per: &str, decimal: char) -> Result<(), String> {
        if amount.is_empty() {
            return Ok(());
        }
        let wrong = || said("edi-price-unreadable", &[("line", &self.wanted.number)]);
        let (digits, places) = number(amount, decimal).ok_or_else(wrong)?;
        let (units, scale) = if per.is_empty() { (1, 0) } else { number(per, decimal).ok_or_else(wrong)? };
        if units == 0 || units % 10i128.pow(scale) != 0 {
            return Err(wrong());
        }
        self.wanted.price = Some(Price { digits, places, per: units / 10i128.pow(scale) });
        Ok(())
    }
}

/// A number that is not below zero: its digits, and how many of them stand behind the mark.
fn number(text: &str, decimal: char) -> Option<(i128, u32)> {
    let (whole, part) = text.split_once(decimal).unwrap_or((text, ""));
    let digits = format!("{whole}{part}");
    let plain = digits.len() <= 12 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { Some((digits.parse().ok()?, u32::try_from(part.len()).ok()?)) } else { None }
}

/// Reads a message. Fails with what is wrong with it, a key or what [`said`] made.
pub fn read(kind: Kind, interchange: &Interchange, message: &Message) -> Result<Purchase, String> {
    let orders = match kind {
        Kind::X12 => "850",
        _ => "ORDERS",
    };
    if message.kind != orders {
        return Err(said("edi-other-kind", &[("kind", &orders)]));
    }
    let mut purchase = Purchase::default();
    let mut lines: Vec<Line> = Vec::new();
    for segment in &message.segments {
        match kind {
            Kind::X12 => x12(&mut purchase, &mut lines, segment)?,
            _ => edifact(&mut purchase, &mut lines, segment, interchange.decimal)?,
        }
    }
    // As the order keeps it.
    purchase.number = purchase.number.split_whitespace().collect::<Vec<_>>().join(" ");
    if purchase.number.is_empty() || purchase.number.chars().count() > PO_NUMBER {
        return Err("edi-no-number".into());
    }
    if lines.is_empty() {
        return Err("edi-no-lines".into());
    }
    for (at, line) in lines.iter_mut().enumerate() {
        if line.wanted.number.is_empty() {
            line.wanted.number = (at + 1).to_string();
        }
        if !line.counted {
            return Err(said("edi-quantity", &[("line", &line.wanted.number)]));
        }
    }
    purchase.lines = lines.into_iter().map(|line| line.wanted).collect();
    Ok(purchase)
}

fn note(purchase: &mut Purchase, text: &str) {
    if !text.is_empty() {
        let all = if purchase.note.is_empty() { text.to_string() } else { format!("{} {text}", purchase.note) };
        purchase.note = all.chars().take(NOTE).collect();
    }
}

fn wanted_on(purchase: &mut Purchase, text: &str) -> Result<(), String> {
    if purchase.requested_on.is_none() {
        purchase.requested_on = Some(day(text).ok_or("edi-date")?);
    }
    Ok(())
}

fn edifact(purchase: &mut Purchase, lines: &mut Vec<Line>, segment: &Segment, decimal: char) -> Result<(), String> {
    match (segment.tag.as_str(), lines.last_mut()) {
        ("BGM", None) => {
            // UNTDID 1001: an order, in a hurry or not. UNTDID 1225: an original.
            if !matches!(segment.get(1), "" | "105" | "220" | "224") || !matches!(segment.get(3), "" | "9") {
                return Err("edi-only-originals".into());
            }
            purchase.number = segment.get(2).to_string();
        }
        ("DTM", _) if segment.part(1, 1) == "2" => wanted_on(purchase, segment.part(1, 2))?,
        ("FTX", _) => (1..=5).for_each(|at| note(purchase, segment.part(4, at))),
        ("NAD", None) if segment.get(1) == "DP" => {
            purchase.place = segment.get(2).to_string();
        }
        ("CUX", None) => purchase.currency = segment.part(1, 2).to_string(),
        ("LIN", _) => {
            let mut line = Line::new(segment.get(1));
            line.name(segment.part(3, 1), segment.part(3, 2));
            lines.push(line);
        }
        ("PIA", Some(line)) => (2..=6).for_each(|at| line.name(segment.part(at, 1), segment.part(at, 2))),
        ("QTY", Some(line)) if segment.part(1, 1) == "21" => line.count(segment.part(1, 2), segment.part(1, 3), decimal)?,
        ("PRI", Some(line)) if segment.part(1, 1) == "AAA" => line.price(segment.part(1, 2), segment.part(1, 5), decimal)?,
        _ => {}
    }
    Ok(())
}

fn x12(purchase: &mut Purchase, lines: &mut Vec<Line>, segment: &Segment) -> Result<(), String> {
    match (segment.tag.as_str(), lines.is_empty()) {
        ("BEG", true) => {
            if segment.get(1) != "00" || !matches!(segment.get(2), "NE" | "SA" | "RO") {
                return Err("edi-only-originals".into());
            }
            purchase.number = segment.get(3).to_string();
        }
        ("CUR", true) => purchase.currency = segment.get(2).to_string(),
        ("DTM", _) if segment.get(1) == "002" => wanted_on(purchase, segment.get(2))?,
        ("MSG", _) => note(purchase, segment.get(1)),
        ("N1", true) if segment.get(1) == "ST" => {
            let code = segment.get(4);
            purchase.place = if code.is_empty() { segment.get(2).to_string() } else { code.to_string() };
        }
        ("PO1", _) => {
            let mut line = Line::new(segment.get(1));
            line.count(segment.get(2), segment.get(3), '.')?;
            // X12 639: a price for each.
            if !matches!(segment.get(5), "" | "PE" | "NT") {
                return Err(said("edi-price-unreadable", &[("line", &segment.get(1))]));
            }
            line.price(segment.get(4), "", '.')?;
            (6..=24).step_by(2).for_each(|at| line.name(segment.get(at + 1), segment.get(at)));
            lines.push(line);
        }
        _ => {}
    }
    Ok(())
}
