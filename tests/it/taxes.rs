//! Taxes by zone, reverse charge, shipping by table and pick-up: from the merchant's forms to the invoice.

use crate::desk::staff;
use crate::support::goods;
use crate::support::house::House;
use crate::support::visitor::{Page, Visitor};
use storefront::documents::{self, Content, Kind};
use storefront::orders::{self, Order};
use storefront::refunds::{self, Request, RequestLine};
use storefront::shop::{self, Shop};
use storefront::{payments, stock};

const FRENCH: &str = "FR40303265045";

fn address<'a>(country: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let plain = [
        ("email", "ann@example.com"),
        ("ship_name", "Ann Ash"),
        ("ship_line1", "1 Main Street"),
        ("ship_postcode", "75001"),
        ("ship_city", "Somewhere"),
        ("ship_country", country),
        ("same", "on"),
    ];
    // What is named again counts.
    plain.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect()
}

/// Puts mugs into the cart and opens the checkout.
fn checkout(ann: &Visitor, units: &str) -> Page {
    ann.submit(&ann.get("/products/mug"), "/cart/lines", &[("quantity", units)]).says(200, "Mug");
    ann.get("/checkout").says(200, "VAT ID")
}

/// From the choice of the delivery to the review, with the first delivery or the one of this id.
fn review(ann: &Visitor, shipping: &Page, rate: Option<i64>) -> Page {
    let rate = rate.map(|id| id.to_string());
    let chosen: Vec<(&str, &str)> = rate.iter().map(|id| ("method", id.as_str())).collect();
    let payment = ann.submit(shipping, "/checkout/shipping", &chosen).says(200, "");
    ann.submit(&payment, "/checkout/payment", &[("method", "bank_transfer")]).says(200, "")
}

fn stored(house: &House) -> Order {
    house.db.read_now(|conn| orders::get_by_number(conn, "R1001")).unwrap()
}

fn papers(house: &House) -> Vec<(Kind, i64, i64, Content)> {
    let order = stored(house).id;
    let documents = house.db.read_now(move |conn| documents::of_order(conn, order)).unwrap();
    documents.into_iter().map(|one| (one.kind, one.total, one.tax, one.content().unwrap())).collect()
}

fn set(house: &House, change: impl Fn(&mut Shop) + Send + Sync + 'static) {
    house
        .db
        .write_now(move |conn| {
            let mut shop = shop::get(conn)?;
            change(&mut shop);
            shop::set(conn, &shop, goods::now())
        })
        .unwrap();
}

/// A rate for everywhere else, made at the desk.
fn elsewhere(mei: &Visitor, more: &[(&str, &str)]) {
    let fields = [("name", "World"), ("countries", "*"), ("active", "on")];
    let fields: Vec<(&str, &str)> = fields.into_iter().chain(more.iter().copied()).collect();
    mei.submit(&mei.get("/admin/shipping/new"), "/admin/shipping/new", &fields).says(200, "World");
}

#[test]
fn taxes_of_a_province_add_up_from_the_form_to_the_credit_note() {
    let house = House::open();
    goods::product(&house.db, "Mug", 10_000, 9);
    set(&house, |shop| shop.prices_include_tax = false);
    let mei = staff(&house);
    elsewhere(&mei, &[("kind", "flat"), ("price", "10.00")]);
    let page = mei.get("/admin/taxes").says(200, "DE");
    let gst = [("country", "ca"), ("name", "GST 5 %"), ("rate", "5")];
    mei.submit(&page, "/admin/taxes", &gst).says(200, "GST 5 %");
    let qst = [("country", "CA"), ("region", "QC, Québec"), ("name", "QST 9.975 %"), ("rate", "9.975"), ("level", "2")];
    mei.submit(&page, "/admin/taxes", &qst).says(200, "9.975%");
    mei.submit(&page, "/admin/taxes", &[("country", "CA"), ("name", "x"), ("rate", "9.97555"), ("postal_codes", "*")]).says(422, "9.975");
    mei.submit(&page, "/admin/taxes", &[("country", "CA"), ("name", "x"), ("rate", "1"), ("postal_codes", "*")]).says(422, "10001..10299");

    let ann = house.visitor();
    let contact = checkout(&ann, "1");
    let quebec = address("CA", &[("ship_postcode", "G1A 1A1"), ("ship_region", "québec")]);
    let shipping = ann.submit(&contact, "/checkout", &quebec).says(200, "World");
    // 110.00 bears 5.50 and 10.98 (9.98 and 1.00).
    let review = review(&ann, &shipping, None).says(200, "GST 5 %").says(200, "€10.98").says(200, "€126.48");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1001").says(200, "QST 9.975 %");
    let order = stored(&house);
    assert_eq!((order.tax, order.total), (1648, 12_648));
    let (_, total, tax, content) = papers(&house).remove(0);
    assert_eq!((total, tax, content.rates.len()), (12_648, 1648, 1));
    let parts: Vec<(&str, i64)> = content.rates[0].taxes.iter().map(|part| (part.name.as_str(), part.tax)).collect();
    assert_eq!(parts, [("GST 5 %", 550), ("QST 9.975 %", 1098)]);
    mei.get("/admin/orders/R1001").says(200, "14.975%").says(200, "CA QC, Québec standard: QST 9.975 %");

    house
        .db
        .write_now(move |conn| {
            let payment = payments::latest(conn, order.id)?.unwrap();
            payments::record_receipt(conn, payment.id, "test", goods::now())?;
            let line = orders::lines(conn, order.id)?[0].id;
            let request = Request { lines: vec![RequestLine { line, quantity: 1, restock: false }], ..Request::default() };
            refunds::request(conn, order.id, &request, 11_498, "test", goods::now()).map(drop)
        })
        .unwrap();
    house.work();
    goods::assert_books(&house.db);
}

#[test]
fn a_company_of_another_state_owes_the_tax_itself() {
    let house = House::open();
    goods::product(&house.db, "Mug", 11_900, 9);
    let mei = staff(&house);
    let settings = mei.get("/admin/settings").says(200, "VAT ID");
    mei.submit(&settings, "/admin/settings", &[("vat_id", "DE136695977"), ("bank_details", "IBAN X")])
        .says(422, "This VAT ID is not valid");
    mei.submit(&settings, "/admin/settings", &[("vat_id", "136 695 976"), ("bank_details", "IBAN X")]).says(200, "Saved");
    assert!(mei.get("/admin/settings").body.contains("DE136695976"));
    elsewhere(&mei, &[("kind", "flat"), ("price", "5.95")]);

    let ann = house.visitor();
    let contact = checkout(&ann, "2");
    let wrong = address("FR", &[("ship_vat_id", "FR40303265046")]);
    ann.submit(&contact, "/checkout", &wrong).says(422, "This VAT ID is not valid");
    let company = address("FR", &[("ship_company", "Thé SARL"), ("ship_vat_id", "fr 40 303 265 045")]);
    let shipping = ann.submit(&contact, "/checkout", &company).says(200, "No VAT is charged").says(200, "€5.00");
    let review = review(&ann, &shipping, None).says(200, FRENCH).says(200, "€205.00");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1001").says(200, "No VAT is charged").says(200, FRENCH);

    let order = stored(&house);
    assert!(order.taxation.0.reverse_charge && !order.prices_include_tax);
    assert_eq!((order.subtotal, order.tax, order.total), (20_000, 0, 20_500));
    let lines = house.db.read_now(move |conn| orders::lines(conn, order.id)).unwrap();
    assert!(lines[0].tax_reason.contains("Article 138") && lines[0].trace.contains("Article 138"), "{}", lines[0].tax_reason);
    mei.get("/admin/orders/R1001").says(200, "the buyer accounts for the VAT").says(200, FRENCH);
    house
        .db
        .write_now(move |conn| {
            let payment = payments::latest(conn, order.id)?.unwrap();
            payments::record_receipt(conn, payment.id, "test", goods::now())?;
            let request = Request { lines: vec![RequestLine { line: lines[0].id, quantity: 1, restock: false }], ..Request::default() };
            refunds::request(conn, order.id, &request, 10_000, "test", goods::now()).map(drop)
        })
        .unwrap();
    house.work();
    let papers = papers(&house);
    let (_, total, tax, invoice) = &papers[0];
    assert_eq!((*total, *tax, invoice.vat_id.as_str(), invoice.buyer.vat_id.as_str()), (20_500, 0, "DE136695976", FRENCH));
    assert_eq!(invoice.reverse_charge, ["goods"]);
    for (_, _, _, content) in papers.iter().filter(|(kind, ..)| *kind == Kind::CreditNote) {
        assert_eq!(content.reverse_charge, ["goods"]);
    }
    goods::assert_books(&house.db);

    // The same company at home, and a person abroad, are taxed.
    let bea = house.visitor();
    let contact = checkout(&bea, "1");
    let shipping = bea.submit(&contact, "/checkout", &address("FR", &[])).says(200, "€5.95");
    assert!(!shipping.text().contains("No VAT is charged"));
}

#[test]
fn what_is_picked_up_is_told_when_ready_and_handed_over() {
    let house = House::open();
    goods::product(&house.db, "Mug", 11_900, 9);
    let mei = staff(&house);
    let place = house.db.read_now(stock::locations).unwrap()[0].id;
    let here = format!("/admin/stock/locations/{place}");
    let page = mei.get("/admin/stock/locations").says(200, "Address and hours");
    let described = [
        ("do", "describe"),
        ("line1", "Ladenweg 3"),
        ("postcode", "10115"),
        ("city", "Berlin"),
        ("country", "DE"),
        ("hours", "Mo-Fr 10-18\r\nSa 10-14"),
    ];
    assert!(mei.submit(&page, &here, &described).says(200, "Saved").body.contains("Ladenweg 3"));
    let location = place.to_string();
    mei.submit(&mei.get("/admin/shipping/new"), "/admin/shipping/new", &[("name", "Shop"), ("countries", "*"), ("kind", "pickup")])
        .says(422, "Choose an open location");
    let rate = [("name", "Shop"), ("countries", "*"), ("kind", "pickup"), ("location", &location), ("active", "on")];
    mei.submit(&mei.get("/admin/shipping/new"), "/admin/shipping/new", &rate).says(200, "pick-up");
    let rate = house.db.read_now(storefront::shipping::list).unwrap().into_iter().find(|rate| rate.name == "Shop").unwrap().id.0;

    // Somebody from Switzerland fetches it in Berlin: German tax, and their own address on the invoice.
    let ann = house.visitor();
    let contact = checkout(&ann, "1");
    let shipping = ann.submit(&contact, "/checkout", &address("CH", &[("ship_postcode", "8001")])).says(200, "Shop");
    let review = review(&ann, &shipping, Some(rate)).says(200, "Ladenweg 3").says(200, "Sa 10-14").says(200, "1 Main Street");
    let order = ann.submit(&review, "/checkout/place", &[]).says(200, "R1001").says(200, "Pick up at").says(200, "Mo-Fr 10-18");
    let kept = stored(&house);
    assert_eq!((kept.total, kept.tax, kept.pickup_location_id), (11_900, 1900, Some(place)));
    assert_eq!((kept.shipping_address().unwrap().city.as_str(), kept.billing_address().unwrap().country.as_str()), ("Berlin", "CH"));

    let form = mei.get("/admin/orders/R1001").says(200, "Ready for pick-up");
    mei.submit(&form, "/admin/orders/R1001/pickup-ready", &[]).says(200, "The customer is told by mail");
    mei.submit(&form, "/admin/orders/R1001/pickup-ready", &[]).says(200, "The customer is told by mail");
    house.work();
    let mails = house.mails("ann@example.com");
    let ready: Vec<_> = mails.iter().filter(|mail| mail.template == "pickup_ready").collect();
    assert_eq!(ready.len(), 1, "told once");
    assert!(ready[0].body_text.contains("Ladenweg 3") && ready[0].body_text.contains("Sa 10-14"), "{}", ready[0].body_text);
    ann.get(&order.at).says(200, "Everything is ready");

    let ship = mei.get("/admin/orders/R1001/ship").says(200, "Hand over now");
    assert!(!ship.body.contains("tracking_number"));
    mei.submit(&ship, "/admin/orders/R1001/ship", &[]).says(200, "Handed over");
    house.work();
    assert!(house.mails("ann@example.com").iter().all(|mail| mail.template != "shipment_sent"));
    ann.get(&order.at).says(200, "Handed over");
    goods::assert_books(&house.db);
}

#[test]
fn a_table_says_what_the_delivery_costs() {
    let house = House::open();
    goods::product(&house.db, "Mug", 2000, 50);
    let mei = staff(&house);
    let page = mei.get("/admin/shipping/new");
    let table = [("name", "Table"), ("countries", "AT"), ("kind", "weight"), ("bands", "500 1"), ("active", "on")];
    mei.submit(&page, "/admin/shipping/new", &table).says(422, "The first row begins with 0");
    let by_weight =
        [("name", "Weight"), ("countries", "AT"), ("kind", "weight"), ("bands", "0 4.90\n1000 7.90"), ("position", "1"), ("active", "on")];
    mei.submit(&page, "/admin/shipping/new", &by_weight).says(200, "2 rows");
    let by_value =
        [("name", "Value"), ("countries", "AT"), ("kind", "value"), ("bands", "0 3\n50 2\n100 0"), ("position", "2"), ("active", "on")];
    mei.submit(&page, "/admin/shipping/new", &by_value).says(200, "3 rows");
    let share = [
        ("name", "Share"),
        ("countries", "AT"),
        ("kind", "percent"),
        ("percent", "10"),
        ("price", "2.50"),
        ("position", "3"),
        ("active", "on"),
    ];
    mei.submit(&page, "/admin/shipping/new", &share).says(200, "10%");
    let by_units = [
        ("name", "Units"),
        ("countries", "AT"),
        ("kind", "items"),
        ("bands", "0 1\n3 1.50"),
        ("free_over", "90"),
        ("position", "4"),
        ("active", "on"),
    ];
    mei.submit(&page, "/admin/shipping/new", &by_units).says(200, "Units");

    let prices = |units: &str| {
        let ann = house.visitor();
        let contact = checkout(&ann, units);
        let shipping = ann.submit(&contact, "/checkout", &address("AT", &[("ship_postcode", "1010")])).says(200, "Weight");
        let text = shipping.text();
        let price = |name: &str| {
            let from = text.find(&format!("{name} ")).unwrap_or_else(|| panic!("{name}: {text}")) + name.len();
            text[from..].split_whitespace().next().unwrap().to_string()
        };
        ["Weight", "Value", "Share", "Units"].map(price)
    };
    // A mug costs 20.00 and weighs 300 g.
    assert_eq!(prices("1"), ["€4.90", "€3.00", "€2.50", "€1.00"]);
    assert_eq!(prices("3"), ["€4.90", "€2.00", "€6.00", "€1.50"]);
    assert_eq!(prices("5"), ["€7.90", "Free", "€10.00", "Free"]);
}

#[test]
fn rounding_by_order_makes_lines_that_sum_to_it() {
    let house = House::open();
    let mugs: Vec<_> = ["A", "B", "C"].iter().map(|title| (goods::product(&house.db, title, 177, 9), 1)).collect();
    let total = |house: &House| goods::cart(&house.db, &mugs, "ann@example.com", "bank_transfer", "");
    set(&house, |shop| shop.prices_include_tax = false);
    // 1.77 bears 0.3363: 0.34 by line; the delivery of 4.90 bears 0.93.
    let (_, by_line) = total(&house);
    assert_eq!(by_line.total, 531 + 102 + 490 + 93);
    set(&house, |shop| shop.tax_rounding = storefront::tax::Rounding::Order);
    let (cart, by_order) = total(&house);
    // 10.21 bears 1.94 (1.9399).
    assert_eq!(by_order.total, 1021 + 194);
    goods::place(&house.db, cart, by_order, storefront::checkout::Settlement::After).unwrap();
    assert_eq!(papers(&house)[0].1, by_order.total);
    goods::assert_books(&house.db);
}
