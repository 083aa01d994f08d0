//! Invoices and credit notes: numbers without gaps, content that never changes, and who may read them.

use crate::desk::{order, staff};
use crate::support::goods::{self, now, place};
use crate::support::house::House;
use kernel::{Db, Error};
use storefront::checkout::Settlement;
use storefront::documents::{self, Document, Kind};
use storefront::ids::OrderId;
use storefront::orders::{self, CancelReason};
use storefront::refunds::{self, Request, RequestLine};
use storefront::shop::{self, InvoiceAt, Shop};
use storefront::{payments, stock};

const ORDERS: usize = 50;

fn papers(db: &Db, order: OrderId) -> Vec<Document> {
    db.read_now(move |conn| documents::of_order(conn, order)).unwrap()
}

fn numbers(db: &Db, orders: &[OrderId]) -> Vec<i64> {
    let mut numbers: Vec<i64> = orders.iter().flat_map(|order| papers(db, *order)).map(|one| one.number).collect();
    numbers.sort_unstable();
    numbers
}

/// Orders that wait for a card payment.
fn pending(db: &Db) -> Vec<OrderId> {
    let mug = goods::product(db, "Mug", 1200, 1000);
    let one = |n: usize| {
        let (cart, seen) = goods::cart(db, &[(mug, 1)], &format!("c{n}@example.com"), "stripe", "");
        place(db, cart, seen, Settlement::Before).unwrap().order
    };
    (0..ORDERS).map(one).collect()
}

fn confirm(db: &Db, order: OrderId) {
    let confirmed = db.write_now(move |conn| {
        let confirmed = orders::confirm(conn, order, "test", now())?;
        orders::refresh(conn, order, now())?;
        Ok(confirmed)
    });
    confirmed.unwrap();
}

#[test]
fn fifty_confirmations_at_once_number_their_invoices_without_a_gap() {
    let db = goods::open();
    let orders = pending(&db);
    assert_eq!(numbers(&db, &orders), [0i64; 0]);
    std::thread::scope(|scope| {
        for order in &orders {
            let db = &db;
            // Twice each: an order is confirmed and invoiced once.
            scope.spawn(move || confirm(db, *order));
            scope.spawn(move || confirm(db, *order));
        }
    });
    assert_eq!(numbers(&db, &orders), (1..=50).collect::<Vec<i64>>());
    goods::assert_books(&db);
}

#[test]
fn what_is_rolled_back_takes_no_number() {
    let db = goods::open();
    let orders = pending(&db);
    std::thread::scope(|scope| {
        for (n, order) in orders.iter().copied().enumerate() {
            let db = &db;
            scope.spawn(move || {
                if n % 2 == 0 {
                    return confirm(db, order);
                }
                let undone = db.write_now(move |conn| {
                    orders::confirm(conn, order, "test", now())?;
                    assert_eq!(documents::of_order(conn, order)?.len(), 1);
                    Err::<(), _>(Error::conflict("the power went out"))
                });
                assert!(undone.is_err());
            });
        }
    });
    assert_eq!(numbers(&db, &orders), (1..=25).collect::<Vec<i64>>());
    goods::assert_books(&db);
}

#[test]
fn an_invoice_says_what_was_bought_and_a_reprint_says_the_same() {
    let db = goods::open();
    db.write_now(|conn| {
        let shop = Shop { imprint: "Tea GmbH\nWeg 1\n10115 Berlin".into(), vat_id: "DE123".into(), ..Shop::default() };
        shop::set(conn, &shop, now())
    })
    .unwrap();
    let (mug, pot) = (goods::product(&db, "Mug", 1200, 50), goods::product(&db, "Pot", 4550, 50));
    goods::coupon(&db, "TEN", 1000, None, None);
    let (cart, seen) = goods::cart(&db, &[(mug, 2), (pot, 1)], "ann@example.com", "bank_transfer", "TEN");
    let placed = place(&db, cart, seen, Settlement::After).unwrap();
    let invoice = papers(&db, placed.order).pop().unwrap();
    let content = invoice.content().unwrap();
    assert_eq!((invoice.kind, invoice.number, invoice.label.as_str()), (Kind::Invoice, 1, "INV-00001"));
    assert_eq!((invoice.total, content.payment_status.as_str()), (seen.total, "pending"));
    assert_eq!(content.seller, ["Tea GmbH", "Weg 1", "10115 Berlin"]);
    assert_eq!((content.lines.len(), content.buyer.name.as_str(), content.vat_id.as_str()), (2, "Ann Ash", "DE123"));
    // 19 % inside 67.45 (69.50 less 10 %, and 4.90 delivery).
    assert_eq!((content.rates.len(), content.rates[0].rate_bp, content.rates[0].total), (1, 1900, 6745));

    let before = print(&invoice);
    db.write_now(move |conn| {
        shop::set(
            conn,
            &Shop { name: "Renamed".into(), imprint: "Elsewhere".into(), invoice_prefix: "X".into(), ..Shop::default() },
            now(),
        )?;
        stock::set_on_hand(conn, mug, 7, "count", "count", "test", now())
    })
    .unwrap();
    let after = papers(&db, placed.order).pop().unwrap();
    assert_eq!(after.content().unwrap(), content);
    assert_eq!(print(&after), before, "a reprint is the same file");
    goods::assert_books(&db);
}

fn print(document: &Document) -> Vec<u8> {
    let templates = kernel::web::templates::Templates::load(None).unwrap();
    let language = kernel::web::i18n::Language::parse(&document.content().unwrap().language).unwrap();
    let words = storefront::web::words::Words::of(&templates, language).unwrap();
    let bytes = documents::print::invoice(document, &words).unwrap();
    assert!(bytes.starts_with(b"%PDF-") && bytes.len() < 200_000, "{} bytes", bytes.len());
    bytes
}

/// The text of a printed document, page by page, as a reader copies it.
fn text(bytes: &[u8]) -> String {
    let read = lopdf::Document::load_mem(bytes).unwrap();
    let pages: Vec<u32> = read.get_pages().into_keys().collect();
    read.extract_text(&pages).unwrap().split_whitespace().collect()
}

#[test]
fn a_chinese_invoice_can_be_read_by_programs() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 50);
    let (cart, seen) = goods::cart(&db, &[(mug, 2)], "ann@example.com", "bank_transfer", "");
    db.write_now(move |conn| {
        let product = storefront::catalog::product_of(conn, mug)?.unwrap();
        let mut stored = storefront::catalog::products(conn, &[product], goods::EUR)?.remove(0);
        let text = storefront::catalog::Text { title: "青瓷茶杯".into(), ..Default::default() };
        stored.texts.insert("zh".into(), text);
        let saving = storefront::catalog::Saving { currency: goods::EUR, actor: "test", base: None, now: now() };
        storefront::catalog::save_product(conn, &stored, &saving)?;
        storefront::carts::set_language(conn, cart, "zh")
    })
    .unwrap();
    let placed = place(&db, cart, seen, Settlement::After).unwrap();
    let invoice = papers(&db, placed.order).pop().unwrap();
    let told = text(&print(&invoice));
    for part in ["发票INV-00001", "下单日期2026年", "商品数量单价", "青瓷茶杯", "AnnAsh", "28.90"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

#[test]
fn refunds_and_cancellations_are_credited_in_a_series_of_their_own() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 50);
    let placed = order(&db, &[(mug, 3)], "ann@example.com");
    let line = db.read_now(move |conn| orders::lines(conn, placed.order)).unwrap()[0].id;
    let (id, payment) = (placed.order, placed.payment);
    let refund = db
        .write_now(move |conn| {
            payments::record_receipt(conn, payment, "test", now())?;
            let request = Request {
                lines: vec![RequestLine { line, quantity: 1, restock: false }],
                shipping: 490,
                reason: "broken".into(),
                ..Default::default()
            };
            refunds::request(conn, id, &request, 1690, "test", now())
        })
        .unwrap();
    assert_eq!(papers(&db, id).len(), 1, "what is asked for is not credited yet");
    db.write_now(move |conn| refunds::settle(conn, refund, now())).unwrap();
    db.write_now(move |conn| refunds::settle(conn, refund, now())).unwrap();
    let all = papers(&db, id);
    let note = &all[1];
    assert_eq!((all.len(), note.kind, note.number, note.total, note.refund_id), (2, Kind::CreditNote, 1, 1690, Some(refund)));
    let content = note.content().unwrap();
    assert_eq!((content.lines[0].quantity, content.lines[0].total, content.shipping.unwrap().total), (1, 1200, 490));
    assert_eq!(content.invoice.unwrap().label, "INV-00001");

    // What is left is credited when the order is cancelled; the refund that follows has no note of its own.
    db.write_now(move |conn| orders::cancel(conn, id, CancelReason::Staff, "test", now())).unwrap();
    let open = db.read_now(move |conn| refunds::of_order(conn, id)).unwrap();
    db.write_now(move |conn| open.iter().try_for_each(|refund| refunds::settle(conn, refund.id, now()))).unwrap();
    let all = papers(&db, id);
    assert_eq!(all.iter().map(|one| (one.number, one.total)).collect::<Vec<_>>(), [(1, 4090), (1, 1690), (2, 2400)]);
    all.iter().for_each(|one| drop(print(one)));
    goods::assert_books(&db);
}

#[test]
fn a_shop_may_wait_for_the_money_before_it_invoices() {
    let db = goods::open();
    db.write_now(|conn| shop::set(conn, &Shop { invoice_at: InvoiceAt::Payment, ..Shop::default() }, now())).unwrap();
    let mug = goods::product(&db, "Mug", 1200, 50);
    let placed = order(&db, &[(mug, 1)], "ann@example.com");
    assert_eq!(papers(&db, placed.order).len(), 0);
    db.write_now(move |conn| payments::record_receipt(conn, placed.payment, "test", now())).unwrap();
    assert_eq!(papers(&db, placed.order)[0].content().unwrap().payment_status, "paid");
    goods::assert_books(&db);
}

#[test]
fn buyers_read_their_own_documents_and_nobody_elses() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (mine, other) = (order(&house.db, &[(mug, 1)], "ann@example.com"), order(&house.db, &[(mug, 1)], "bea@example.com"));
    let ann = house.visitor();
    let key = house.state.signer.sign("order", "R1001");
    let page = ann.get(&format!("/orders/R1001?key={key}")).says(200, "Invoice INV-00001");
    let link = format!("/orders/R1001/documents/{}?key={key}", papers(&house.db, mine.order)[0].id);
    assert!(page.body.contains(&link), "{}", page.body);
    let pdf = ann.get(&link);
    assert_eq!((pdf.status, pdf.headers["content-type"].as_str()), (200, "application/pdf"));
    assert!(pdf.headers["content-disposition"].contains("INV-00001.pdf"));
    let others = papers(&house.db, other.order)[0].id;
    for address in [
        format!("/orders/R1001/documents/{others}?key={key}"),
        format!("/orders/R1002/documents/{others}?key={key}"),
        format!("/orders/R1002/documents/{others}"),
        format!("/orders/R1001/documents/999?key={key}"),
        "/orders/R1001/documents/1".to_string(),
    ] {
        assert_eq!(ann.get(&address).status, 404, "{address}");
    }
}

#[test]
fn staff_print_slips_and_documents_and_issue_a_missing_invoice() {
    let house = House::open();
    house.db.write_now(|conn| shop::set(conn, &Shop { invoice_at: InvoiceAt::Payment, ..Shop::default() }, now())).unwrap();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let placed = order(&house.db, &[(mug, 2)], "ann@example.com");
    let mei = staff(&house);
    let form = mei.get("/admin/orders/R1001/ship");
    let line = house.db.read_now(move |conn| orders::lines(conn, placed.order)).unwrap()[0].id;
    mei.submit(&form, "/admin/orders/R1001/ship", &[(&format!("quantity-{line}"), "1"), ("carrier", "DHL")]).says(200, "Shipped.");
    let sent = house.db.read_now(move |conn| storefront::shipments::of_order(conn, placed.order)).unwrap()[0].id;
    for address in ["/admin/orders/R1001/packing-slip".to_string(), format!("/admin/orders/R1001/shipments/{sent}/packing-slip")] {
        let pdf = mei.get(&address);
        assert_eq!((pdf.status, pdf.headers["content-type"].as_str()), (200, "application/pdf"), "{address}");
        assert!(!house.visitor().get(&address).headers["content-type"].contains("pdf"), "strangers sign in first");
    }
    assert_eq!(mei.get("/admin/orders/R1001/shipments/99/packing-slip").status, 404);

    let page = mei.get("/admin/orders/R1001").says(200, "No invoice yet.");
    let done = mei.submit(&page, "/admin/orders/R1001/invoice", &[]).says(200, "The invoice was issued.");
    assert!(done.text().contains("Invoice INV-00001"), "{}", done.text());
    mei.submit(&page, "/admin/orders/R1001/invoice", &[]).says(200, "This order has an invoice");
    let id = papers(&house.db, placed.order)[0].id;
    assert_eq!(mei.get(&format!("/admin/orders/R1001/documents/{id}")).headers["content-type"], "application/pdf");
}
