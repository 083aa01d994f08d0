//! The syntaxes and what is read of them, without a database.

use super::purchase::{self, Price, Purchase};
use super::syntax::{self, COUNTS, DIFFERS, Party, Segment, Written};
use super::{Kind, facts};
use crate::units::{Measure, Unit};
use kernel::clock::Clock;
use kernel::money::Currency;

fn purchase_of(kind: Kind, text: &str) -> Result<Purchase, String> {
    let interchange = syntax::read(kind, text).expect("it reads");
    purchase::read(kind, &interchange, &interchange.messages[0])
}

/// Other separators than the usual ones, a decimal comma, data with separators in it, and line breaks.
const ODD: &str = "UNA|*,#\u{20}~\nUNB*UNOC|3*CUPS|ZZ*SHOP*261124|1030*R1**ORDERS~\nUNH*7*ORDERS|D|96A|UN~BGM*220*A#*1##*9~\
    DTM*2|20261201|102~NAD*DP*12||92~CUX*2|EUR|9~LIN*5**4006381333931|EN~PIA*5*TEA|SA~QTY*21|10,0|PCE~PRI*AAA|12,5~UNS*S~UNT*11*7~UNZ*1*R1~";

#[test]
fn any_service_string_advice_is_kept_to() {
    let interchange = syntax::read(Kind::Edifact, ODD).expect("it reads");
    assert_eq!((interchange.sender.id.as_str(), interchange.sender.qualifier.as_str(), interchange.control.as_str()), ("CUPS", "ZZ", "R1"));
    let purchase = purchase_of(Kind::Edifact, ODD).expect("it is an order");
    assert_eq!((purchase.number.as_str(), purchase.place.as_str(), purchase.currency.as_str()), ("A*1#", "12", "EUR"));
    assert_eq!(purchase.requested_on.map(|day| day.to_string()).as_deref(), Some("2026-12-01"));
    let line = &purchase.lines[0];
    assert_eq!((line.number.as_str(), line.code.as_str(), line.quantity), ("5", "TEA", 10), "the seller's number goes before a GTIN");
    assert_eq!(line.price, Some(Price { digits: 125, places: 1, per: 1 }));
    assert_eq!(syntax::read(Kind::Edifact, &ODD.replace("UNT*11", "UNT*12")), Err(COUNTS));
    assert_eq!(syntax::read(Kind::Edifact, &ODD.replace("UNZ*1*R1", "UNZ*1*R2")), Err(DIFFERS));
    for (before, after) in
        [("BGM*220*A#*1##*9", "BGM*220*A*1"), ("QTY*21|10,0|PCE", "QTY*21|1,5|PCE"), ("|PCE", "|CT"), ("20261201", "20261301")]
    {
        assert!(purchase_of(Kind::Edifact, &ODD.replace(before, after)).is_err(), "{after}");
    }
}

#[test]
fn what_is_written_reads_the_same() {
    let body = vec![
        Segment::new("BGM", &[&["231"], &["it's 1+1:2?"], &["29"]]),
        Segment::new("IMD", &[&["F"], &[], &["", "", "", "Tasse: groß", ""]]),
        Segment::new("RFF", &[&["ON", "ends with ?:"]]),
    ];
    let (own, partner) = (Party::stored("SHOP:14"), Party::stored("CUPS"));
    for (kind, word) in [(Kind::Edifact, "ORDRSP"), (Kind::X12, "855")] {
        let written = Written { own: &own, partner: &partner, control: 41, kind: word, body: &body, at: Clock::default().now() };
        let text = syntax::write(kind, &written);
        let read = syntax::read(kind, &text).expect("it reads");
        assert_eq!((read.sender.id.as_str(), read.recipient.id.as_str(), read.messages[0].kind.as_str()), ("SHOP", "CUPS", word));
        assert!(own.is(&read.sender));
        if kind == Kind::Edifact {
            assert_eq!(read.messages[0].segments[0], body[0]);
            assert_eq!(read.messages[0].segments[1].part(3, 4), "Tasse: groß");
            assert_eq!(read.messages[0].segments[2], body[2]);
        }
    }
}

#[test]
fn nothing_that_is_sent_breaks_the_reader() {
    let mut dice: u64 = 7;
    let letters: Vec<char> = "UNABHTZ+:?'*~|ISGSTE\n019é\u{0}".chars().collect();
    for round in 0..2000 {
        let mut text = String::from(if round % 2 == 0 { "UNA:+.? 'UNB+UNOC:3+A+B+1:2+R'UNH+1+ORDERS'" } else { "ISA*00*" });
        for _ in 0..round % 150 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(dice >> 33).unwrap_or(0) % letters.len();
            text.extend(letters.get(at));
        }
        for kind in [Kind::Edifact, Kind::X12] {
            if let Ok(interchange) = syntax::read(kind, &text) {
                assert_eq!(syntax::apart(kind, &text, &interchange).len(), interchange.messages.len(), "{text}");
                interchange.messages.iter().for_each(|message| drop(purchase::read(kind, &interchange, message)));
            }
        }
    }
}

#[test]
fn each_message_stands_for_itself_as_it_came() {
    let three = "UNA|*,#\u{20}~\nUNB*UNOC|3*CUPS|ZZ*SHOP*261124|1030*R#*1~UNG*ORDERS*A*B*261124|1030*G1*UN*D|96A~\nUNH*1*ORDERS|D|96A|UN~BGM*220*A#~1*9~\n\
        UNT*3*1~UNH*2*ORDERS|D|96A|UN~\nUNT*2*2~UNE*2*G1~UNG*ORDERS*A*B*261124|1030*G2*UN*D|96A~UNH*1*ORDERS|D|96A|UN~UNT*2*1~UNE*1*G2~UNZ*2*R#*1~\n";
    let isa = "ISA*00*          *00*          *ZZ*CUPS           *ZZ*SHOP           *261124*1030*U*00401*000000041*0*P*>~\n";
    let sets = "GS*PO*A*B*20261124*1030*7*X*004010~ST*850*0001~BEG*00*SA*P1~SE*3*0001~\nST*850*0002~SE*2*0002~GE*2*7~IEA*1*000000041~\n";
    for (kind, text) in [(Kind::Edifact, three.to_string()), (Kind::X12, format!("{isa}{sets}")), (Kind::Edifact, ODD.to_string())] {
        let whole = syntax::read(kind, &text).expect("it reads");
        let apart = syntax::apart(kind, &text, &whole);
        assert_eq!(apart.len(), whole.messages.len(), "{text}");
        for (own, message) in apart.iter().zip(&whole.messages) {
            let read = syntax::read(kind, own).expect(own);
            assert_eq!((read.messages.as_slice(), read.decimal), (std::slice::from_ref(message), whole.decimal), "{own}");
            assert_eq!((read.sender.clone(), read.control_of(&read.messages[0])), (whole.sender.clone(), whole.control_of(message)));
        }
    }
}

#[test]
fn a_price_bears_what_is_rounded_and_no_more() {
    let price = |digits: i128, places: u32, per: i128| Price { digits, places, per };
    // 12.00 with 19 % in it is 10.08 before tax, three of them 30.25.
    assert!(price(1009, 2, 1).bears(3025, 3, Measure::PIECE, Currency::EUR));
    assert!(price(1008, 2, 1).bears(1008, 1, Measure::PIECE, Currency::EUR));
    assert!(!price(1006, 2, 1).bears(1008, 1, Measure::PIECE, Currency::EUR));
    assert!(!price(900, 2, 1).bears(3025, 3, Measure::PIECE, Currency::EUR));
    assert!(price(100_830, 2, 100).bears(3025, 3, Measure::PIECE, Currency::EUR), "a price for a hundred");
    assert_eq!((facts::unit(3025, 3, 1, Currency::EUR), facts::unit(3000, 3, 1, Currency::EUR)), ("10.0833".into(), "10.00".into()));
    // Cloth at 10.08 a metre: 2.50 m come to 25.20.
    let metre = Measure::new(Unit::Metre, 2);
    assert!(price(1008, 2, 1).bears(2520, 250, metre, Currency::EUR));
    assert!(!price(900, 2, 1).bears(2520, 250, metre, Currency::EUR));
    assert_eq!(facts::unit(2520, 250, metre.per(), Currency::EUR), "10.08");
    assert_eq!((facts::percent(1900), facts::percent(725), facts::percent(0)), ("19".into(), "7.25".into(), "0".into()));
}
