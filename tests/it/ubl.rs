//! Invoices and credit notes as UBL, held to the rules of EN 16931-1 that our documents could break, each restated by its number; the published ones
//! are asked in `en16931`.

use crate::support::goods::{self, now, place};
use crate::support::house::House;
use kernel::Db;
use std::collections::BTreeMap;
use storefront::address::Address;
use storefront::carts;
use storefront::checkout::Settlement;
use storefront::documents::ubl::{self, Category, Said, Ubl};
use storefront::documents::{self, Document, Kind};
use storefront::ids::{OrderId, VariantId};
use storefront::orders::{self, CancelReason};
use storefront::shop::{self, Shop};

/// A hundred minor units: what the published rules allow between a tax and its rate (BR-CO-17, BR-S-09).
const TOLERANCE: i64 = 100;

fn said() -> Said {
    Said { terms: "At once".into(), discount: "Reduction".into(), amount: "Amount".into(), exempt: "Not taxed".into() }
}

pub fn seller(db: &Db, prices_include_tax: bool) {
    db.write_now(move |conn| {
        let shop = Shop {
            imprint: "Tea GmbH\nWeg 1\n10115 Berlin".into(),
            vat_id: "DE136695976".into(),
            bank_details: "Bank\nIBAN DE02 1203 0000 0000 2020 51\nBIC BYLADEM1001".into(),
            prices_include_tax,
            ..Shop::default()
        };
        shop::set(conn, &shop, now())
    })
    .unwrap();
}

pub fn papers(db: &Db, order: OrderId) -> Vec<Document> {
    db.read_now(move |conn| documents::of_order(conn, order)).unwrap()
}

/// The rules. A name of a rule in a message is that of EN 16931-1.
fn keeps(of: &Ubl) {
    let name = &of.number;
    assert!(!name.is_empty(), "BR-02");
    assert!(!of.seller.name.is_empty() && !of.buyer.name.is_empty(), "BR-06, BR-07 {name}");
    assert!(of.seller.country.len() == 2 && of.buyer.country.len() == 2, "BR-09, BR-11 {name}");
    assert!(!of.lines.is_empty(), "BR-16 {name}");
    for line in &of.lines {
        assert!(line.quantity > 0 && !line.name.is_empty(), "BR-22, BR-25 {name}");
        assert!(line.price >= 0 && line.allowance >= 0, "BR-27 {name}");
        assert_eq!(line.net, line.price - line.allowance, "BT-131 {name}");
    }
    for charge in &of.charges {
        assert!(charge.amount >= 0 && !charge.reason.is_empty(), "BR-31, BR-33, BR-36, BR-38 {name}");
    }
    assert_eq!(of.seller.vat_id.get(..2), Some("DE"), "BR-CO-09 {name}");
    assert_eq!(of.line_total(), of.lines.iter().map(|line| line.net).sum::<i64>(), "BR-CO-10 {name}");
    assert_eq!(of.net(), of.line_total() - of.charge_total(false) + of.charge_total(true), "BR-CO-13 {name}");
    assert_eq!(of.tax(), of.subtotals.iter().map(|one| one.tax).sum::<i64>(), "BR-CO-14 {name}");
    assert_eq!(of.gross(), of.net() + of.tax(), "BR-CO-15 {name}");
    assert_eq!(of.payable(), of.gross() - of.prepaid, "BR-CO-16 {name}");
    assert!(!of.subtotals.is_empty(), "BR-CO-18 {name}");
    assert!(of.payable() <= 0 || of.due_on.is_some() || !of.terms.is_empty(), "BR-CO-25 {name}");
    assert!(of.means != "30" || of.iban.is_some(), "BR-61 {name}");
    // BR-S-01, BR-S-08, BR-AE-08, BR-IC-08, BR-G-08, BR-E-08: each category and rate is broken down, and sums to its lines and charges.
    let mut bases: BTreeMap<(Category, i64), i64> = BTreeMap::new();
    for line in &of.lines {
        *bases.entry((line.category, line.rate_bp)).or_default() += line.net;
    }
    for charge in &of.charges {
        *bases.entry((charge.category, charge.rate_bp)).or_default() += if charge.charge { charge.amount } else { -charge.amount };
    }
    let told: BTreeMap<(Category, i64), i64> = of.subtotals.iter().map(|one| ((one.category, one.rate_bp), one.base)).collect();
    assert_eq!(bases, told, "BR-S-08 {name}");
    assert_eq!(told.len(), of.subtotals.len(), "a category and rate stands once: {name}");
    for one in &of.subtotals {
        let exact = (one.base * one.rate_bp + 5_000) / 10_000;
        assert!((one.tax - exact).abs() < TOLERANCE, "BR-CO-17, BR-S-09 {name}: {} at {}", one.base, one.rate_bp);
        match one.category {
            Category::Standard => assert!(one.rate_bp > 0 && one.reason.is_empty(), "BR-S-05, BR-S-10 {name}"),
            _ => assert!(one.rate_bp == 0 && one.tax == 0 && !one.reason.is_empty(), "BR-AE-05, BR-AE-09, BR-AE-10 {name}"),
        }
        if matches!(one.category, Category::ReverseCharge | Category::IntraCommunity) {
            assert!(!of.buyer.vat_id.is_empty(), "BR-AE-02, BR-IC-02 {name}");
        }
        if one.category == Category::IntraCommunity {
            assert!(of.period.is_some() && of.delivery.country.len() == 2, "BR-IC-11, BR-IC-12 {name}");
        }
    }
}

/// What a document says, after all rules were held to it.
fn model(document: &Document) -> Ubl {
    let of = ubl::model(document, &said()).unwrap();
    keeps(&of);
    assert_eq!((of.gross(), of.tax()), (document.total, document.tax), "{}", document.label);
    of
}

/// Numbers that look thrown and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % most
    }
}

#[test]
fn random_orders_keep_the_rules_whatever_is_taken_off_and_given_back() {
    for prices_include_tax in [true, false] {
        let db = goods::open();
        seller(&db, prices_include_tax);
        goods::coupon(&db, "SOME", 1337, None, None);
        let mut dice = Dice(if prices_include_tax { 7 } else { 11 });
        let variants: Vec<VariantId> =
            (0..12).map(|n| goods::product(&db, &format!("Thing {n}"), 1 + dice.below(9_999), 100_000)).collect();
        goods::run(&db, "UPDATE variants SET tax_class = 'reduced' WHERE id % 3 = 0");
        goods::run(&db, "UPDATE variants SET taxable = FALSE WHERE id % 5 = 0");
        for round in 0..25 {
            let lines: Vec<(VariantId, i64)> = variants.iter().filter(|_| dice.below(3) > 0).map(|id| (*id, 1)).collect();
            let lines: Vec<(VariantId, i64)> = lines.into_iter().map(|(id, _)| (id, 1 + dice.below(9))).collect();
            if lines.is_empty() {
                continue;
            }
            let code = if round % 2 == 0 { "SOME" } else { "" };
            let (cart, seen) = goods::cart(&db, &lines, &format!("c{round}@example.com"), "bank_transfer", code);
            let order = place(&db, cart, seen, Settlement::After).unwrap().order;
            let of = model(&papers(&db, order)[0]);
            assert_eq!((of.lines.len(), of.kind, of.means), (lines.len(), Kind::Invoice, "30"));
            // Cancelled it is credited whole.
            if round % 3 == 0 {
                db.write_now(move |conn| orders::cancel(conn, order, CancelReason::Staff, "test", now())).unwrap();
                let note = model(&papers(&db, order)[1]);
                assert_eq!((note.gross(), note.tax(), note.kind), (of.gross(), of.tax(), Kind::CreditNote));
                assert_eq!(note.invoice.map(|(number, _)| number), Some(of.number));
            }
        }
    }
}

#[test]
fn goods_for_a_company_in_another_state_are_exempt_and_it_owes_the_tax() {
    let db = goods::open();
    seller(&db, true);
    goods::run(&db, "UPDATE shipping_rates SET countries = 'DE FR US'");
    let mug = goods::product(&db, "Mug", 1190, 50);
    let to = |country: &str, vat_id: &str| Address {
        company: "Thé SARL <Paris> & Cie".into(),
        country: country.into(),
        vat_id: vat_id.into(),
        postal_code: "75001".into(),
        city: "Paris".into(),
        region: if country == "US" { "TX".into() } else { String::new() },
        ..goods::address()
    };
    let bought = |address: Address| {
        let (cart, _) = goods::cart(&db, &[(mug, 2)], "b@example.com", "bank_transfer", "");
        let seen = db
            .write_now(move |conn| {
                let email = crm::email::Email::parse("b@example.com", "email")?;
                carts::set_contact(conn, cart, &email, &address, None, "", now())?;
                let rate = carts::quote(conn, cart, now())?.rate.unwrap().id;
                carts::set_shipping_rate(conn, cart, rate, now())?;
                goods::seen(conn, cart)
            })
            .unwrap();
        let order = place(&db, cart, seen, Settlement::After).unwrap().order;
        papers(&db, order).remove(0)
    };
    let of = model(&bought(to("FR", "FR40303265045")));
    assert_eq!(of.subtotals.iter().map(|one| (one.category, one.tax)).collect::<Vec<_>>(), [(Category::IntraCommunity, 0)]);
    assert!(of.subtotals[0].reason.contains("Article 138"));
    assert_eq!((of.lines[0].net, of.lines[0].quantity), (2000, 2));
    let abroad = model(&bought(to("US", "")));
    assert_eq!(abroad.subtotals[0].category, Category::Export);
}

#[test]
fn the_file_stands_beside_the_print_for_buyer_and_staff() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug & <Cup>", 1190, 50);
    let (_, browser) = house.signed_in("ann@example.com");
    // Without a VAT id there is none.
    let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], "ann@example.com", "bank_transfer", "");
    let before = place(&house.db, cart, seen, Settlement::After).unwrap().order;
    let number = |order| house.db.read_now(move |conn| Ok(orders::get(conn, order)?.number)).unwrap();
    let first = number(before);
    let id = papers(&house.db, before)[0].id;
    assert!(!browser.get(&format!("/account/orders/{first}")).body.contains("/ubl"));
    browser.get(&format!("/orders/{first}/documents/{id}/ubl")).says(409, "There is no UBL file");
    seller(&house.db, true);
    goods::coupon(&house.db, "TEN", 1000, None, None);
    let (cart, seen) = goods::cart(&house.db, &[(mug, 2)], "ann@example.com", "bank_transfer", "TEN");
    let order = place(&house.db, cart, seen, Settlement::After).unwrap().order;
    let (number, paper) = (number(order), papers(&house.db, order).remove(0));
    let to = format!("/orders/{number}/documents/{}/ubl", paper.id);
    let page = browser.get(&format!("/account/orders/{number}"));
    assert!(page.body.contains(&to));
    let file = browser.get(&to);
    assert_eq!((file.status, file.headers["content-type"].as_str()), (200, "application/xml; charset=utf-8"));
    for part in [
        "<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>",
        &format!("<cbc:ID>{}</cbc:ID>", paper.label),
        "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>",
        "<cbc:CompanyID>DE136695976</cbc:CompanyID>",
        "<cbc:Name>Mug &amp; &lt;Cup&gt;</cbc:Name>",
        "<cbc:ID>DE02120300000000202051</cbc:ID>",
        // 23.80 less a tenth is 21.42, in it 3.42 of tax; delivery 4.90 with 0.78.
        "<cbc:LineExtensionAmount currencyID=\"EUR\">18.00</cbc:LineExtensionAmount>",
        "<cbc:Amount currencyID=\"EUR\">2.00</cbc:Amount>",
        "<cbc:PriceAmount currencyID=\"EUR\">20.00</cbc:PriceAmount>",
        "<cbc:BaseQuantity unitCode=\"C62\">2</cbc:BaseQuantity>",
        "<cbc:ChargeTotalAmount currencyID=\"EUR\">4.12</cbc:ChargeTotalAmount>",
        "<cbc:TaxAmount currencyID=\"EUR\">4.20</cbc:TaxAmount>",
        "<cbc:PayableAmount currencyID=\"EUR\">26.32</cbc:PayableAmount>",
    ] {
        assert!(file.body.contains(part), "{part} is not in\n{}", file.body);
    }
    whole(&file.body);
    house.visitor().get(&to).says(404, "");
}

/// Every element that is opened is closed, and nothing stands between that is no text.
fn whole(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in xml.split('<').skip(2) {
        let (tag, _) = part.split_once('>').unwrap();
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
}
