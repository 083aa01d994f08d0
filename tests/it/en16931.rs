//! Invoices and credit notes as UBL, held to the rules of EN 16931 as CEN published them: its own Schematron, run by tests/support/en16931.py.

use crate::gift_sales::voucher;
use crate::support::double;
use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use crate::support::visitor::Visitor;
use crate::ubl::{papers, seller};
use crm::email::Email;
use kernel::Db;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use storefront::address::Address;
use storefront::carts;
use storefront::catalog::{self, Product, Saving, Status, Variant};
use storefront::checkout::{Placed, Settlement};
use storefront::ids::{OrderId, VariantId};
use storefront::orders::{self, CancelReason};
use storefront::payments;
use storefront::refunds::{self, LineAmount, Request, RequestLine};
use storefront::shop::{self, InvoiceAt, Shop};

const ANN: &str = "ann@example.com";
/// The least of the rules that the smallest invoice is asked for: a stylesheet that looked at nothing would refuse nothing.
const ASKED: i64 = 40;

/// What was asked of each file, and what the rules refuse in it.
fn examined(files: &[(String, String)]) -> Vec<(i64, Vec<String>)> {
    let documents: Vec<&String> = files.iter().map(|(_, xml)| xml).collect();
    let mut command = Command::new(double::python());
    command.arg("-Wignore").arg(double::file("en16931.py"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(json!(documents).to_string().as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "tests/support/en16931.py ended with {}", done.status);
    let answer: Value = serde_json::from_slice(&done.stdout).unwrap();
    let all = answer.as_array().unwrap();
    assert_eq!(all.len(), files.len());
    all.iter()
        .map(|one| {
            let refused = one["refused"].as_array().unwrap().iter();
            let told: Vec<String> =
                refused.map(|rule| format!("{} {}", rule["flag"].as_str().unwrap(), rule["text"].as_str().unwrap())).collect();
            (one["asked"].as_i64().unwrap(), told)
        })
        .collect()
}

/// An order of Ann's that goes to this address, with a code and a gift card where they say something.
fn bought(db: &Db, wanted: &[(VariantId, i64)], to: &Address, code: &str, card: &str) -> Placed {
    let (wanted, to, code) = (wanted.to_vec(), to.clone(), code.to_string());
    let (cart, seen) = db
        .write_now(move |conn| {
            let cart = carts::create(conn, None, &Shop::default(), "en", now())?;
            for (variant, quantity) in &wanted {
                carts::add(conn, cart, *variant, *quantity, now())?;
            }
            carts::set_contact(conn, cart, &Email::parse(ANN, "email")?, &to, None, "", now())?;
            if let Some(rate) = carts::quote(conn, cart, now())?.rate {
                carts::set_shipping_rate(conn, cart, rate.id, now())?;
            }
            carts::set_payment_method(conn, cart, "bank_transfer", now())?;
            if !code.is_empty() {
                carts::set_coupon(conn, cart, &code, now())?;
            }
            Ok((cart, goods::seen(conn, cart)?))
        })
        .unwrap();
    let seen = if card.is_empty() { seen } else { goods::pay_with(db, cart, &[card], None) };
    place(db, cart, seen, Settlement::After).unwrap()
}

/// A product that nobody sends.
fn service(db: &Db) -> VariantId {
    db.write_now(|conn| {
        let variant =
            Variant { sku: Some("HELP".into()), price: Some(7700), count: Some(1000), requires_shipping: false, ..Variant::default() };
        let product = Product { status: Status::Active, title: "Help".into(), variants: vec![variant], ..Product::default() };
        catalog::save_product(conn, &product, &Saving { currency: EUR, actor: "test", base: None, now: now() })?;
        Ok(catalog::find_variant(conn, "HELP")?.expect("the variant was just saved"))
    })
    .unwrap()
}

fn to(country: &str, vat_id: &str) -> Address {
    Address {
        company: "Thé SARL <Paris> & Cie".into(),
        country: country.into(),
        vat_id: vat_id.into(),
        postal_code: "75001".into(),
        city: "Paris".into(),
        region: if country == "US" { "TX".into() } else { String::new() },
        ..goods::address()
    }
}

fn received(db: &Db, placed: Placed) {
    db.write_now(move |conn| payments::record_receipt(conn, placed.payment, "test", now())).unwrap();
}

/// Gives back of an order, once it was paid, a unit of its first line and a part of the delivery, then an amount of its last line.
fn given_back(db: &Db, placed: Placed) {
    received(db, placed);
    db.write_now(move |conn| {
        let lines = orders::lines(conn, placed.order)?;
        let (first, last) = (lines[0].id, lines[lines.len() - 1].id);
        let unit = Request { lines: vec![RequestLine { line: first, quantity: 1, restock: false }], shipping: 123, ..Request::default() };
        let amount = Request { amounts: vec![LineAmount { line: last, amount: 77 }], ..Request::default() };
        for request in [unit, amount] {
            let order = orders::get(conn, placed.order)?;
            let expected = refunds::preview(conn, &order, &request)?.amount;
            let refund = refunds::request(conn, placed.order, &request, expected, "test", now())?;
            refunds::settle(conn, refund, now())?;
        }
        Ok(())
    })
    .unwrap();
}

fn cancelled(db: &Db, placed: Placed) {
    db.write_now(move |conn| orders::cancel(conn, placed.order, CancelReason::Staff, "test", now())).unwrap();
}

/// The files of an order, as its buyer fetches them.
fn fetched(house: &House, browser: &Visitor, name: &str, order: OrderId) -> Vec<(String, String)> {
    let number = house.db.read_now(move |conn| Ok(orders::get(conn, order)?.number)).unwrap();
    papers(&house.db, order)
        .iter()
        .map(|paper| {
            let file = browser.get(&format!("/orders/{number}/documents/{}/ubl", paper.id));
            assert_eq!(file.status, 200, "{name}: {}", paper.label);
            (format!("{name}: {}", paper.label), file.body)
        })
        .collect()
}

#[test]
fn no_published_rule_refuses_an_invoice_or_credit_note_of_any_kind() {
    let mut files = Vec::new();
    for prices_include_tax in [true, false] {
        let house = House::open();
        let db = &house.db;
        seller(db, prices_include_tax);
        goods::run(db, "UPDATE shipping_rates SET countries = 'DE FR US XK'");
        goods::coupon(db, "SOME", 1337, None, None);
        let (mug, tea, book) =
            (goods::product(db, "Mug & <Cup>", 1190, 500), goods::product(db, "Tea", 333, 500), goods::product(db, "Book", 1499, 500));
        goods::run(db, "UPDATE variants SET tax_class = 'reduced' WHERE sku IN ('TEA', 'BOOK')");
        let (help, present) = (service(db), voucher(db, 5000));
        let (_, card) = goods::gift_card(db, 1500);
        let home = goods::address();
        let all = [(mug, 3), (tea, 7), (book, 1)];
        let (_, browser) = house.signed_in(ANN);

        let domestic = bought(db, &[(mug, 2)], &home, "", "");
        let reduced = bought(db, &all, &home, "SOME", "");
        let partly_paid = bought(db, &all, &home, "", &card);
        let vouchers = bought(db, &[(present, 2), (mug, 1)], &home, "", "");
        let vouchers_alone = bought(db, &[(present, 1)], &home, "", "");
        let within = bought(db, &[(mug, 2), (book, 1)], &to("FR", "FR40303265045"), "SOME", "");
        let services = bought(db, &[(help, 1)], &to("FR", "FR40303265045"), "", "");
        let both = bought(db, &[(mug, 1), (help, 2)], &to("FR", "FR40303265045"), "", "");
        // Outside the Union a number is often one without letters.
        let abroad = bought(db, &[(mug, 2)], &to("US", "123456789"), "", "");
        let kosovo = bought(db, &[(mug, 2)], &to("XK", ""), "", "");
        let back = bought(db, &all, &home, "SOME", "");
        given_back(db, back);
        let rest = bought(db, &all, &home, "", "");
        given_back(db, rest);
        cancelled(db, rest);
        let back_within = bought(db, &[(mug, 3), (book, 1)], &to("FR", "FR40303265045"), "", "");
        given_back(db, back_within);
        let whole = bought(db, &[(mug, 3), (help, 1)], &to("FR", "FR40303265045"), "", "");
        cancelled(db, whole);
        db.write_now(|conn| {
            let shop = shop::get(conn)?;
            shop::set(conn, &Shop { invoice_at: InvoiceAt::Payment, ..shop }, now())
        })
        .unwrap();
        let paid = bought(db, &all, &home, "SOME", "");
        received(db, paid);
        for (name, placed, count) in [
            ("domestic", domestic, 1),
            ("several rates, reduced", reduced, 1),
            ("a gift card paid a part", partly_paid, 1),
            ("vouchers beside goods", vouchers, 1),
            ("vouchers alone", vouchers_alone, 1),
            ("goods within the Union", within, 1),
            ("services, reverse charge", services, 1),
            ("goods and services within the Union", both, 1),
            ("export", abroad, 1),
            ("export to Kosovo", kosovo, 1),
            ("given back", back, 3),
            ("given back, then cancelled", rest, 4),
            ("given back within the Union", back_within, 3),
            ("cancelled within the Union", whole, 2),
            ("paid", paid, 1),
        ] {
            let found = fetched(&house, &browser, &format!("{name}, prices with tax: {prices_include_tax}"), placed.order);
            assert_eq!(found.len(), count, "{name}");
            files.extend(found);
        }
    }
    // They are of the kinds that they are meant to be.
    for part in [
        "<cbc:ID>S</cbc:ID>",
        "<cbc:ID>K</cbc:ID>",
        "<cbc:ID>AE</cbc:ID>",
        "<cbc:ID>G</cbc:ID>",
        "<cbc:ID>E</cbc:ID>",
        "<CreditNote ",
        "<cbc:PrepaidAmount ",
        "<cbc:ChargeTotalAmount ",
        "<cac:InvoicePeriod>",
        "<cbc:CompanyID>US123456789</cbc:CompanyID>",
        "<cbc:IdentificationCode>1A</cbc:IdentificationCode>",
    ] {
        assert!(files.iter().any(|(_, xml)| xml.contains(part)), "{part} is in no file");
    }
    for ((name, xml), (asked, refused)) in files.iter().zip(examined(&files)) {
        assert!(refused.is_empty(), "{name}: {refused:#?}\n{xml}");
        assert!(asked >= ASKED, "{name}: only {asked} rules were asked\n{xml}");
    }
}

#[test]
fn the_published_rules_refuse_what_was_tampered_with() {
    let house = House::open();
    let db = &house.db;
    seller(db, true);
    let mug = goods::product(db, "Mug", 1190, 50);
    let (_, browser) = house.signed_in(ANN);
    let placed = bought(db, &[(mug, 2)], &goods::address(), "", "");
    let (_, good) = fetched(&house, &browser, "good", placed.order).remove(0);
    let begins = |name: &str| format!("<cbc:{name} currencyID=\"EUR\">");
    let changed = |rule: &str, from: &str, to: &str| {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from} is not in\n{good}");
        (rule.to_string(), bad)
    };
    let files = [
        changed("[BR-CO-15]", &begins("TaxInclusiveAmount"), &format!("{}1", begins("TaxInclusiveAmount"))),
        changed("[BR-CO-10]", &begins("LineExtensionAmount"), &format!("{}1", begins("LineExtensionAmount"))),
        changed("[BR-CO-16]", &begins("PayableAmount"), &format!("{}1", begins("PayableAmount"))),
        changed("[BR-CO-09]", "<cbc:CompanyID>DE", "<cbc:CompanyID>"),
        changed("[BR-CL-14]", "<cbc:IdentificationCode>DE", "<cbc:IdentificationCode>XK"),
        changed("[BR-S-07]", "<cbc:Percent>19.00", "<cbc:Percent>0.00"),
        changed("[BR-CL-16]", "<cbc:PaymentMeansCode>30", "<cbc:PaymentMeansCode>99"),
    ];
    for ((rule, xml), (_, refused)) in files.iter().zip(examined(&files)) {
        let fatal = refused.iter().any(|told| told.starts_with("fatal") && told.contains(rule.as_str()));
        assert!(fatal, "{rule} refuses nothing: {refused:#?}\n{xml}");
    }
}
