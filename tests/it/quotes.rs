//! Quotes: asked for, priced, sent and accepted into exactly one order, over HTTP and by many at once.

use crate::races::together;
use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::office::{self, at_work};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::companies::{self, Details, members};
use crm::{CompanyId, CustomerId, sales};
use kernel::{Db, Error};
use std::sync::Arc;
use storefront::company_accounts::{self, AccountState, Deposit, Terms};
use storefront::gateway::Gateways;
use storefront::gateway::offline::BankTransfer;
use storefront::ids::{OrderId, QuoteId, QuoteVersionId, VariantId};
use storefront::quotes::{self, Acceptance, Draft, DraftLine, State, Wish};
use storefront::requisitions::Who;
use storefront::{address_book, buying, carts, erasure, orders, personal, price_lists, stores};

fn till() -> Gateways {
    Gateways::new(vec![Arc::new(BankTransfer)])
}

/// A customer with an address.
fn ann(db: &Db) -> CustomerId {
    let customer = goods::customer(db, "ann@example.com", 0);
    db.write_now(move |conn| address_book::add(conn, customer, &goods::address(), true, now())).unwrap();
    customer
}

fn asked(db: &Db, customer: CustomerId, variant: VariantId) -> QuoteId {
    let wish = Wish { store: stores::MAIN, language: "en".into(), goods: vec![(variant, 2)], text: String::new(), files: Vec::new() };
    db.write_now(move |conn| quotes::ask(conn, &Who { customer, buyer: None }, &wish, now())).unwrap()
}

/// Prices and sends a version with two mugs at `price` each.
fn offer(db: &Db, id: QuoteId, price: i64) -> QuoteVersionId {
    db.write_now(move |conn| {
        let line = DraftLine { at: 0, sku: "MUG".into(), quantity: "2".into(), unit_price: price };
        let expires_on = now().date() + TimeDelta::days(7);
        let draft = Draft { note: String::new(), shipping: Some(500), expires_on, lines: vec![line] };
        let seen = quotes::get(conn, id)?.version;
        let version = quotes::save(conn, id, seen, &draft, "test", now())?;
        let seen = quotes::get(conn, id)?.version;
        quotes::send(conn, id, seen, now())?;
        Ok(version)
    })
    .unwrap()
}

fn accept(db: &Db, id: QuoteId, version: QuoteVersionId, total: i64) -> kernel::Result<OrderId> {
    accept_by(db, id, version, total, "bank_transfer")
}

fn accept_by(db: &Db, id: QuoteId, version: QuoteVersionId, total: i64, method: &'static str) -> kernel::Result<OrderId> {
    db.write_now(move |conn| {
        let quote = quotes::get(conn, id)?;
        let place = quotes::places(conn, &quote)?[0].key.clone();
        let wish = Acceptance { version, total, place, method: method.into(), po_number: "PO-7".into() };
        quotes::accept(conn, &quote, &wish, &till(), now())
    })
}

#[test]
fn many_who_accept_at_once_have_one_order() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    let id = asked(&db, ann(&db), mug);
    let version = offer(&db, id, 1000);
    let answers = together(|_| accept(&db, id, version, 2500));
    let quote = db.read_now(move |conn| quotes::get(conn, id)).unwrap();
    let order = quote.order_id.unwrap();
    assert_eq!(quote.state, State::Accepted);
    for answer in &answers {
        match answer {
            Ok(placed) => assert_eq!(*placed, order),
            Err(Error::Conflict(key)) => assert_eq!(key, quotes::ENDED),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(answers.iter().any(Result::is_ok));
    let (order, lines) = db.read_now(move |conn| Ok((orders::get(conn, order)?, orders::lines(conn, order)?))).unwrap();
    assert_eq!((order.total, order.shipping, lines.len(), lines[0].unit_price, lines[0].quantity), (2500, 500, 1, 1000, 2));
    goods::assert_books(&db);
}

#[test]
fn an_offer_that_was_replaced_or_is_over_is_not_accepted_and_nothing_changes() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 20);
    let customer = ann(&db);
    let id = asked(&db, customer, mug);
    let first = offer(&db, id, 1000);
    let second = offer(&db, id, 900);
    let replaced = accept(&db, id, first, 2500);
    assert!(matches!(&replaced, Err(Error::Conflict(key)) if key == quotes::ENDED), "{replaced:?}");
    let other = accept(&db, id, second, 2500);
    assert!(matches!(&other, Err(Error::Conflict(key)) if key == "quote-total-changed"), "{other:?}");
    quotes::expire_all(&db, now() + TimeDelta::days(9)).unwrap();
    let over = accept(&db, id, second, 2300);
    assert!(matches!(&over, Err(Error::Conflict(key)) if key == quotes::ENDED), "{over:?}");
    let quote = db.read_now(move |conn| quotes::get(conn, id)).unwrap();
    assert_eq!((quote.state, quote.order_id), (State::Expired, None));
    // Who is erased said nothing, and asks no more.
    let wish = Wish { store: stores::MAIN, language: "en".into(), goods: Vec::new(), text: "For Ann Ash".into(), files: Vec::new() };
    let open = db.write_now(move |conn| quotes::ask(conn, &Who { customer, buyer: None }, &wish, now())).unwrap();
    db.write_now(move |conn| erasure::erase(conn, customer, now())).unwrap();
    let (quote, said) = db.read_now(move |conn| Ok((quotes::get(conn, open)?, quotes::messages_of(conn, open)?))).unwrap();
    assert_eq!((quote.state, said[0].text.as_str()), (State::Withdrawn, ""));
}

#[test]
fn what_is_short_says_so_and_the_offer_stays() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1);
    let id = asked(&db, ann(&db), mug);
    let version = offer(&db, id, 1000);
    let short = accept(&db, id, version, 2500);
    assert!(matches!(&short, Err(Error::Conflict(key)) if key.starts_with("quote-short")), "{short:?}");
    assert_eq!(db.read_now(move |conn| quotes::get(conn, id)).unwrap().stands(now()), Some(version));
}

#[test]
fn a_quote_goes_from_the_cart_to_an_order() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 20);
    let (customer, browser) = house.signed_in("ann@example.com");
    house.db.write_now(move |conn| address_book::add(conn, customer, &goods::address(), true, now())).unwrap();
    let product = browser.get("/products/mug");
    browser.submit(&product, "/cart/lines", &[]).says(200, "Mug");
    browser.submit(&browser.get("/cart"), "/account/quotes", &[]).says(200, "Quote Q1001");
    let page = browser.get("/account/quotes").says(200, "Asked");
    browser.submit(&page, "/account/quotes", &[]).says(422, "Write what you need");

    let (_, clerk) = at_work(&house, "clerk", office::role(&house, Preset::Agent));
    let desk = "/admin/quotes/Q1001";
    clerk.get("/admin/quotes").says(200, "Q1001");
    let page = clerk.get(desk).says(200, "20 available");
    let page = clerk.submit(&page, desk, &[("sku_1", "SPOON"), ("quantity_1", "1"), ("price_1", "1")]).says(422, "No goods have this");
    let page = page.holds("value=\"SPOON\"");
    let typed = [("sku_1", ""), ("quantity_1", ""), ("price_1", ""), ("quantity_0", "3"), ("price_0", "10"), ("shipping", "5")];
    let page = clerk.submit(&page, desk, &typed).says(200, "The new version is saved");
    browser.get("/account/quotes/Q1001").says(200, "Our offer follows");
    clerk.submit(&page, "/admin/quotes/Q1001/send", &[]).says(200, "The offer is on its way");
    house.follow();
    let mails = house.mails("ann@example.com");
    let text = &mails.last().unwrap().body_text;
    let link = text.split_whitespace().find(|word| word.contains("/quotes/Q1001?key=")).unwrap().to_string();

    // Whoever has the link reads and does not answer; a wrong key shows nothing.
    let guest = house.visitor();
    let page = guest.get(&link).says(200, "Sign in to answer");
    assert!(page.text().contains("€30.00") && page.forms().iter().all(|form| !form.action.contains("quotes")));
    assert_eq!(guest.get("/quotes/Q1001?key=wrong").status, 404);
    let paper = guest.get(&link.replace("Q1001?", "Q1001/quote.pdf?"));
    assert_eq!((paper.status, paper.headers.get("content-type").map(String::as_str)), (200, Some("application/pdf")));
    // Somebody else finds nothing of it.
    let (_, eve) = house.signed_in("eve@example.com");
    for path in ["/account/quotes/Q1001", "/account/quotes/Q1001/quote.pdf", "/account/quotes/Q1001/files/1"] {
        assert_eq!(eve.get(path).status, 404, "{path}");
    }
    let own = eve.get("/account/quotes").form("/account/quotes", &[]);
    let token = own.into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    for act in ["say", "decline", "withdraw", "checkout", "accept"] {
        let fields = [("csrf", token.as_str()), ("act", act), ("text", "x"), ("version", "1"), ("offer", "1"), ("total", "1")];
        assert_eq!(eve.post_once("/account/quotes/Q1001", &fields).status, 404, "{act}");
    }

    // At the checkout the offer has its prices, and is left by choosing other goods.
    let here = "/account/quotes/Q1001";
    let page = browser.get(here).says(200, "€35.00");
    browser.submit(&page, here, &[("act", "checkout")]);
    let cart = browser.get("/cart").says(200, "are those of an offer");
    assert!(cart.text().contains("€10.00"));
    browser.submit(&cart, "/cart/put-aside", &[]).says(200, "€12.00");

    // One click.
    let page = browser.submit(&browser.get(here), here, &[("act", "say"), ("text", "Looks good")]).says(200, "Looks good");
    browser.submit(&page, here, &[("act", "accept"), ("method", "bank_transfer")]).says(200, "R1001");
    browser.get(here).says(200, "Accepted").says(200, "Order R1001");
    browser.get("/cart").says(200, "€12.00");
    let kept = house.db.read_now(move |conn| personal::gather(conn, customer, now())).unwrap();
    assert_eq!(kept["quotes"][0]["number"].as_str(), Some("Q1001"));
    goods::assert_books(&house.db);
}

#[test]
fn the_cart_of_an_offer_is_placed_once_and_not_changed() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 20);
    let id = asked(&db, ann(&db), mug);
    let version = offer(&db, id, 1000);
    let cart = db
        .write_now(move |conn| {
            let quote = quotes::get(conn, id)?;
            let cart = quotes::open(conn, &quote, version, "a visitor", now())?;
            let quote = quotes::get(conn, id)?;
            let again = quotes::open(conn, &quote, version, "another browser", now())?;
            assert_eq!(cart, again);
            let changed = carts::add(conn, cart, mug, 1, now());
            assert!(matches!(changed, Err(Error::Conflict(key)) if key == "quote-cart-fixed"));
            Ok(cart)
        })
        .unwrap();
    accept(&db, id, version, 2500).unwrap();
    let quote = db.read_now(move |conn| carts::quote(conn, cart, now())).unwrap();
    assert!(quote.blocked() && quote.notices.contains(&carts::Notice::QuoteEnded), "{:?}", quote.notices);
}

/// An opportunity that a quote is of.
fn hope(company: CompanyId, quote: QuoteId) -> sales::Wish {
    sales::Wish {
        title: "Mugs".into(),
        company: Some(company),
        contact_name: String::new(),
        contact_email: String::new(),
        contact_phone: String::new(),
        contact_company: String::new(),
        amount: 2000,
        currency: EUR,
        owner: None,
        next_step: String::new(),
        next_on: None,
        expected_on: None,
        source: String::new(),
        quote: Some(quote.0),
        with_order: false,
    }
}

#[test]
fn a_company_accepts_on_account_within_its_limit_and_gets_contract_prices() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    let (boss, ben) = (goods::customer(&db, "boss@example.com", 0), goods::customer(&db, "ben@example.com", 0));
    let terms =
        |credit_limit: i64| Terms { currency: EUR, credit_limit, net_days: 30, state: AccountState::Open, deposit: Deposit::default() };
    let first = terms(2000);
    let (company, member) = db
        .write_now(move |conn| {
            let details = Details { name: "Berg Cafés".into(), country: "DE".into(), ..Details::default() };
            let (company, _) = companies::apply(conn, boss, &details, &kernel::json::text(&goods::address())?, now())?;
            let seen = companies::get(conn, company)?.version;
            companies::approve(conn, company, seen, "test", now())?;
            let wish = members::Wish { role: companies::roles::built_in(conn, "buyer")?, site: None, cost_centre: String::new() };
            let member = members::join(conn, company, ben, &wish, "test", now())?;
            company_accounts::agree(conn, company, 0, &first, now())?;
            Ok((company, member))
        })
        .unwrap();
    let id = db
        .write_now(move |conn| {
            let goods = vec![(mug, 2)];
            let wish = Wish { store: stores::MAIN, language: "en".into(), goods, text: String::new(), files: Vec::new() };
            let buyer = companies::buyer(conn, member)?;
            quotes::ask(conn, &Who { customer: ben, buyer }, &wish, now())
        })
        .unwrap();
    let hoped = db.write_now(move |conn| sales::create(conn, &hope(company, id), "test", now())).unwrap();
    let version = offer(&db, id, 1000);
    // Beyond the limit nothing happens at all.
    let refused = accept_by(&db, id, version, 2500, "account");
    let limit = company_accounts::LIMIT_EXCEEDED;
    assert!(matches!(&refused, Err(Error::Conflict(key)) if key.starts_with(limit)), "{refused:?}");
    let standing = db.read_now(move |conn| quotes::get(conn, id)).unwrap();
    assert_eq!(standing.stands(now()), Some(version));
    let second = terms(3000);
    db.write_now(move |conn| {
        let seen = company_accounts::find(conn, company)?.unwrap().version;
        company_accounts::agree(conn, company, seen, &second, now())
    })
    .unwrap();
    let order = accept_by(&db, id, version, 2500, "account").unwrap();
    let (trade, owed) = db
        .read_now(move |conn| Ok((buying::of_order(conn, order)?.unwrap(), company_accounts::find(conn, company)?.unwrap().exposure)))
        .unwrap();
    assert_eq!((trade.company, trade.po_number.as_str(), owed), (company, "PO-7", 2500));
    let won = db.read_now(move |conn| sales::get(conn, hoped)).unwrap();
    assert_eq!((won.state, won.order_id), (sales::State::Won, Some(order.0)), "its opportunity knows the order");
    // Won, its prices become those of the company; once.
    let contract = |name: &'static str| {
        db.write_now(move |conn| {
            let seen = quotes::get(conn, id)?.version;
            quotes::contract_prices(conn, id, seen, name, now())
        })
    };
    let list = contract("Quote Q1001").unwrap();
    assert!(matches!(contract("Quote Q1001"), Err(Error::Conflict(key)) if key == "quote-contract-made"));
    let entry = db.read_now(move |conn| price_lists::entry(conn, list, mug)).unwrap();
    assert_eq!((entry.breaks[0].from, entry.breaks[0].unit_price), (2, 1000));
    // Who left the company does not see its quotes.
    db.write_now(move |conn| members::remove(conn, company, member, "test", now())).unwrap();
    let gone = db.read_now(move |conn| quotes::of_customer(conn, ben, "Q1001"));
    assert!(matches!(gone, Err(Error::NotFound)), "{gone:?}");
    assert!(db.read_now(move |conn| quotes::list_of(conn, ben, None, 10)).unwrap().is_empty());
    goods::assert_books(&db);
}
