//! Outgoing transaction sets in X12, version 4010.

use super::facts::{Bill, Despatch, Item, Reply, Verdict, amount, percent, unit};
use super::syntax::{Interchange, Segment, pieces};
use crate::address::Address;
use crate::documents::Kind;
use chrono::NaiveDate;
use kernel::money::Currency;
use std::collections::BTreeMap;

/// Characters of a message (X12 933).
const TEXT: usize = 264;

fn day(of: NaiveDate) -> String {
    of.format("%Y%m%d").to_string()
}

/// An amount with two decimals that are implied (N2).
fn implied(minor: i64, currency: Currency) -> String {
    let places = 2u32.saturating_sub(currency.exponent());
    minor.saturating_mul(10i64.pow(places)).to_string()
}

fn ship_to(to: &Address) -> Vec<Segment> {
    let name = if to.company.is_empty() { &to.name } else { &to.company };
    let mut all = vec![Segment::plain("N1", &["ST", &pieces(name, 60, 1).concat()])];
    all.push(Segment::plain("N3", &[&pieces(&to.line1, 55, 1).concat(), &pieces(&to.line2, 55, 1).concat()]));
    // The second element is a code of a state, which addresses elsewhere have none of.
    all.push(Segment::plain("N4", &[&pieces(&to.city, 30, 1).concat(), "", &to.postal_code, &to.country]));
    all
}

/// X12 668: as asked for, in another quantity, not at all.
fn standing(item: &Item) -> &'static str {
    match (item.asked, item.quantity) {
        (asked, quantity) if asked == quantity => "IA",
        (_, 0) => "IR",
        _ => "IQ",
    }
}

pub fn acknowledgment(reply: &Reply) -> Vec<Segment> {
    let verdict = match reply.verdict {
        Verdict::Accepted => "AD",
        Verdict::Changed => "AC",
        Verdict::Refused => "RD",
    };
    let at = day(reply.at.date());
    let mut all = vec![Segment::plain("BAK", &["00", verdict, &reply.purchase, &at, "", "", "", &reply.order])];
    all.push(Segment::plain("CUR", &["SE", reply.currency.code()]));
    for reason in &reply.reasons {
        all.push(Segment::plain("N9", &["ZZ", "REASON"]));
        all.push(Segment::plain("MSG", &[&pieces(reason, TEXT, 1).concat()]));
    }
    for item in &reply.items {
        let (units, code) = (item.measure.number(item.quantity), item.measure.unit.x12());
        let price = if item.quantity > 0 { unit(item.net, item.quantity, item.measure.per(), reply.currency) } else { String::new() };
        let (asked, sku) = (item.measure.number(item.asked.max(item.quantity)), item.sku.as_str());
        all.push(Segment::plain("PO1", &[&item.number, &asked, code, &price, "", if sku.is_empty() { "" } else { "VP" }, sku]));
        all.push(Segment::plain("ACK", &[if reply.verdict == Verdict::Refused { "IR" } else { standing(item) }, &units, code]));
    }
    all.push(Segment::plain("CTT", &[&reply.items.len().to_string()]));
    all
}

pub fn ship_notice(parcel: &Despatch) -> Vec<Segment> {
    let (on, time) = (day(parcel.at.date()), parcel.at.format("%H%M").to_string());
    let mut all = vec![Segment::plain("BSN", &["00", &parcel.number, &on, &time]), Segment::plain("DTM", &["011", &on])];
    all.push(Segment::plain("HL", &["1", "", "S"]));
    if !parcel.carrier.is_empty() {
        all.push(Segment::plain("TD5", &["", "", "", "", &pieces(&parcel.carrier, 35, 1).concat()]));
    }
    if !parcel.tracking.is_empty() {
        all.push(Segment::plain("REF", &["CN", &pieces(&parcel.tracking, 30, 1).concat()]));
    }
    all.extend(ship_to(&parcel.to));
    all.push(Segment::plain("HL", &["2", "1", "O"]));
    all.push(Segment::plain("PRF", &[&parcel.purchase]));
    for (at, item) in parcel.items.iter().enumerate() {
        all.push(Segment::plain("HL", &[&(at + 3).to_string(), "2", "I"]));
        all.push(Segment::plain("LIN", &[&item.number, "VP", &item.sku]));
        all.push(Segment::plain("SN1", &["", &item.measure.number(item.quantity), item.measure.unit.x12()]));
        all.push(Segment::plain("PID", &["F", "", "", "", &pieces(&item.title, 80, 1).concat()]));
    }
    all.push(Segment::plain("CTT", &[&(parcel.items.len() + 2).to_string()]));
    all
}

pub fn invoice(bill: &Bill) -> Vec<Segment> {
    let (ubl, currency) = (&bill.ubl, bill.ubl.currency);
    let kind = match ubl.kind {
        Kind::Invoice => "DI",
        Kind::CreditNote => "CR",
    };
    let mut all = vec![Segment::plain("BIG", &[&day(ubl.issued_on), &ubl.number, "", &bill.purchase, "", "", kind])];
    all.push(Segment::plain("CUR", &["SE", currency.code()]));
    all.push(Segment::plain("REF", &["VN", &ubl.sales_order]));
    all.extend(ubl.invoice.as_ref().map(|(number, _)| Segment::plain("REF", &["IV", number])));
    all.extend(ship_to(&ubl.delivery));
    if let Some(due) = ubl.due_on {
        all.push(Segment::plain("ITD", &["05", "3", "", "", "", &day(due)]));
    }
    for (line, number) in ubl.lines.iter().zip(&bill.numbers) {
        let price = unit(line.net, line.quantity, line.measure.per(), currency);
        let of = if line.sku.is_empty() { "" } else { "VP" };
        all.push(Segment::plain("IT1", &[number, &line.measure.number(line.quantity), line.measure.unit.x12(), &price, "", of, &line.sku]));
        all.push(Segment::plain("PID", &["F", "", "", "", &pieces(&line.name, 80, 1).concat()]));
    }
    all.push(Segment::plain("TDS", &[&implied(ubl.gross(), currency)]));
    for one in &ubl.subtotals {
        all.push(Segment::plain("TXI", &["VA", &amount(one.tax, currency), &percent(one.rate_bp)]));
    }
    for charge in &ubl.charges {
        let (what, code) = if charge.charge { ("C", "D240") } else { ("A", "C310") };
        all.push(Segment::plain("SAC", &[what, code, "", "", &implied(charge.amount, currency)]));
    }
    all.push(Segment::plain("CTT", &[&ubl.lines.len().to_string()]));
    all
}

/// 997: the groups of the interchange were taken, with so many transaction sets. What becomes of its orders, 855 tells.
pub fn functional(of: &Interchange) -> Vec<Vec<Segment>> {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for message in &of.messages {
        *groups.entry(message.group.as_str()).or_default() += 1;
    }
    let told = |(group, sets): (&str, usize)| {
        let sets = sets.to_string();
        vec![Segment::plain("AK1", &["PO", group]), Segment::plain("AK9", &["A", &sets, &sets, &sets])]
    };
    groups.into_iter().map(told).collect()
}
