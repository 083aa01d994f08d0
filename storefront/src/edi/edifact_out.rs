//! Outgoing messages in EDIFACT, directory D.96A. Codes are those of UNTDID, by the number of their list.

use super::Partner;
use super::facts::{Bill, Despatch, Item, Reply, Verdict, amount, percent, unit};
use super::syntax::{Interchange, Party, Segment, pieces};
use crate::address::Address;
use crate::documents::Kind;
use crate::units::{Measure, Unit};
use chrono::NaiveDate;

/// 2379: a day.
const DAY: &str = "102";
/// 6411: pieces, as partners of this directory expect them, and codes of UN/ECE Recommendation 20 for the rest.
fn code(unit: Unit) -> &'static str {
    if unit == Unit::Piece { "PCE" } else { unit.as_str() }
}

fn dtm(qualifier: &str, day: NaiveDate) -> Segment {
    Segment::new("DTM", &[&[qualifier, &day.format("%Y%m%d").to_string(), DAY]])
}

fn rff(qualifier: &str, number: &str) -> Segment {
    Segment::new("RFF", &[&[qualifier, number]])
}

fn moa(qualifier: &str, value: &str) -> Segment {
    Segment::new("MOA", &[&[qualifier, value]])
}

fn qty(qualifier: &str, quantity: i64, measure: Measure) -> Segment {
    Segment::new("QTY", &[&[qualifier, &measure.number(quantity), code(measure.unit)]])
}

/// 3055: a number of GS1, or of the party itself.
fn nad(role: &str, party: &Party) -> Segment {
    let gln = party.id.len() == 13 && party.id.bytes().all(|byte| byte.is_ascii_digit());
    let list = if gln { "9" } else { "91" };
    Segment::new("NAD", &[&[role], &[&party.id, "", list]])
}

fn place(role: &str, to: &Address) -> Segment {
    let cut = |text: &str| pieces(text, 35, 1).concat();
    let (name, company) = (cut(&to.name), cut(&to.company));
    let names: Vec<&str> = [company.as_str(), name.as_str()].into_iter().filter(|one| !one.is_empty()).collect();
    let (first, second) = (cut(&to.line1), cut(&to.line2));
    Segment::new(
        "NAD",
        &[
            &[role],
            &[],
            &[],
            &names,
            &[&first, &second],
            &[&cut(&to.city)],
            &[&pieces(&to.region, 9, 1).concat()],
            &[&to.postal_code],
            &[&to.country],
        ],
    )
}

/// An article: 7143 says that the number is the seller's.
fn lin(number: &str, action: &str, sku: &str) -> Segment {
    let of = if sku.is_empty() { "" } else { "SA" };
    Segment::new("LIN", &[&[number], &[action], &[sku, of]])
}

fn imd(title: &str) -> Option<Segment> {
    let pieces = pieces(title, 35, 2);
    let first = pieces.first()?.clone();
    let second = pieces.get(1).cloned().unwrap_or_default();
    Some(Segment::new("IMD", &[&["F"], &[], &["", "", "", &first, &second]]))
}

/// 1229: as asked for, in another quantity, not at all, or beyond what was asked for.
fn action(item: &Item) -> &'static str {
    match (item.asked, item.quantity) {
        (asked, quantity) if asked == quantity => "5",
        (_, 0) => "7",
        (0, _) => "1",
        _ => "3",
    }
}

pub fn ordrsp(partner: &Partner, reply: &Reply) -> Vec<Segment> {
    // 1225
    let verdict = match reply.verdict {
        Verdict::Accepted => "29",
        Verdict::Changed => "4",
        Verdict::Refused => "27",
    };
    let number = if reply.order.is_empty() { &reply.purchase } else { &reply.order };
    let mut all = vec![Segment::plain("BGM", &["231", number, verdict]), dtm("137", reply.at.date())];
    for reason in &reply.reasons {
        let text = pieces(reason, 70, 5);
        let text: Vec<&str> = text.iter().map(String::as_str).collect();
        all.push(Segment::new("FTX", &[&["AAO"], &[], &[], &text]));
    }
    all.push(rff("ON", &reply.purchase));
    if !reply.order.is_empty() {
        all.push(rff("VN", &reply.order));
    }
    all.push(nad("BY", &partner.partner()));
    all.push(nad("SU", &partner.own()));
    all.push(Segment::new("CUX", &[&["2", reply.currency.code(), "9"]]));
    for item in &reply.items {
        all.push(lin(&item.number, if reply.verdict == Verdict::Refused { "7" } else { action(item) }, &item.sku));
        all.extend(imd(&item.title));
        all.push(qty("21", item.quantity, item.measure));
        if item.quantity > 0 {
            all.push(moa("203", &amount(item.net, reply.currency)));
            all.push(Segment::new("PRI", &[&["AAA", &unit(item.net, item.quantity, item.measure.per(), reply.currency)]]));
        }
    }
    all.push(Segment::plain("UNS", &["S"]));
    all.push(Segment::new("CNT", &[&["2", &reply.items.len().to_string()]]));
    all
}

pub fn desadv(partner: &Partner, parcel: &Despatch) -> Vec<Segment> {
    let mut all = vec![Segment::plain("BGM", &["351", &parcel.number, "9"]), dtm("137", parcel.at.date()), dtm("11", parcel.at.date())];
    all.push(rff("ON", &parcel.purchase));
    all.push(rff("VN", &parcel.order));
    if !parcel.tracking.is_empty() {
        all.push(rff("CN", &pieces(&parcel.tracking, 35, 1).concat()));
    }
    all.push(nad("BY", &partner.partner()));
    all.push(nad("SU", &partner.own()));
    all.push(place("DP", &parcel.to));
    if !parcel.carrier.is_empty() {
        all.push(Segment::new("TDT", &[&["20"], &[], &[], &[], &["", "", "", &pieces(&parcel.carrier, 35, 1).concat()]]));
    }
    all.push(Segment::plain("CPS", &["1"]));
    for item in &parcel.items {
        all.push(lin(&item.number, "", &item.sku));
        all.extend(imd(&item.title));
        all.push(qty("12", item.quantity, item.measure));
        all.push(Segment::new("RFF", &[&["ON", &parcel.purchase, &item.number]]));
    }
    all.push(Segment::new("CNT", &[&["2", &parcel.items.len().to_string()]]));
    all
}

fn tax(category: &str, rate_bp: i64) -> Segment {
    let rate = percent(rate_bp);
    Segment::new("TAX", &[&["7"], &["VAT"], &[], &[], &["", "", "", &rate], &[category]])
}

pub fn invoic(partner: &Partner, bill: &Bill) -> Vec<Segment> {
    let (ubl, currency) = (&bill.ubl, bill.ubl.currency);
    // 1001
    let kind = match ubl.kind {
        Kind::Invoice => "380",
        Kind::CreditNote => "381",
    };
    let mut all = vec![Segment::plain("BGM", &[kind, &ubl.number, "9"]), dtm("137", ubl.issued_on)];
    all.push(rff("ON", &bill.purchase));
    all.push(rff("VN", &ubl.sales_order));
    all.extend(ubl.invoice.as_ref().map(|(number, _)| rff("IV", number)));
    all.push(nad("SU", &partner.own()));
    all.push(rff("VA", &ubl.seller.vat_id));
    all.push(nad("BY", &partner.partner()));
    if !ubl.buyer.vat_id.is_empty() {
        all.push(rff("VA", &ubl.buyer.vat_id));
    }
    all.push(place("IV", &ubl.buyer));
    all.push(place("DP", &ubl.delivery));
    all.push(Segment::new("CUX", &[&["2", currency.code(), "4"]]));
    if let Some(due) = ubl.due_on {
        all.push(Segment::plain("PAT", &["1"]));
        all.push(dtm("13", due));
    }
    for charge in &ubl.charges {
        // 5463 and 7161: a charge for freight, an allowance as a discount.
        let (what, code, value) = if charge.charge { ("C", "FC", "23") } else { ("A", "DI", "204") };
        all.push(Segment::new("ALC", &[&[what], &[], &[], &[], &[code]]));
        all.push(moa(value, &amount(charge.amount, currency)));
        all.push(tax(charge.category.as_str(), charge.rate_bp));
    }
    for (line, number) in ubl.lines.iter().zip(&bill.numbers) {
        all.push(lin(number, "", &line.sku));
        all.extend(imd(&line.name));
        all.push(qty("47", line.quantity, line.measure));
        all.push(moa("203", &amount(line.net, currency)));
        all.push(Segment::new("PRI", &[&["AAA", &unit(line.net, line.quantity, line.measure.per(), currency)]]));
        all.push(tax(line.category.as_str(), line.rate_bp));
    }
    all.push(Segment::plain("UNS", &["S"]));
    all.push(Segment::new("CNT", &[&["2", &ubl.lines.len().to_string()]]));
    // 5025: the lines, the whole, what is to be paid, what is taxed, the tax, and what was paid before.
    for (code, value) in
        [("79", ubl.line_total()), ("77", ubl.gross()), ("9", ubl.payable()), ("125", ubl.net()), ("176", ubl.tax()), ("113", ubl.prepaid)]
    {
        all.push(moa(code, &amount(value, currency)));
    }
    for one in &ubl.subtotals {
        all.push(tax(one.category.as_str(), one.rate_bp));
        all.push(moa("125", &amount(one.base, currency)));
        all.push(moa("124", &amount(one.tax, currency)));
    }
    all
}

/// CONTRL: the interchange was taken (0083, action 7). What becomes of its orders, ORDRSP tells.
pub fn contrl(of: &Interchange) -> Vec<Segment> {
    let (sender, recipient) = (&of.sender, &of.recipient);
    vec![Segment::new("UCI", &[&[&of.control], &[&sender.id, &sender.qualifier], &[&recipient.id, &recipient.qualifier], &["7"]])]
}
