//! A shop made by its own functions, below the web: goods, rates, promotions, and carts that are ready to be placed.

use crm::CustomerId;
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use kernel::clock::{Clock, Time};
use kernel::money::{Currency, Money};
use kernel::testing::TestDb;
use kernel::{Conn, Db};
use storefront::address::Address;
use storefront::carts;
use storefront::catalog::{self, Product, Saving, Status, Variant};
use storefront::checkout::{self, PlaceError, Placed, Seen, Settlement};
use storefront::gift_cards::{self, Issue};
use storefront::ids::{CartId, GiftCardId, PromotionId, VariantId};
use storefront::promotions::{self, Cut, Effect, Goods, Terms};
use storefront::shipping::{self, NewShippingRate};
use storefront::tax_rates::{self, NewTaxRate};
use storefront::{logins, store_credit};

pub const EUR: Currency = Currency::EUR;

pub fn now() -> Time {
    Clock::default().now()
}

/// An empty shop that taxes and delivers in Germany.
pub fn open() -> TestDb {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        for (class, rate) in [("standard", 1900), ("reduced", 700)] {
            tax_rates::set(conn, NewTaxRate::of_country("DE", class, &format!("VAT {rate}"), rate))?;
        }
        let rate = NewShippingRate::flat("Standard", EUR, 490);
        shipping::create(conn, NewShippingRate { countries: "DE".into(), delivery_days: "2-4".into(), ..rate })?;
        Ok(())
    })
    .unwrap();
    db
}

/// A product with one variant.
pub fn product(db: &Db, title: &str, price: i64, stock: i64) -> VariantId {
    let title = title.to_string();
    db.write_now(move |conn| {
        let variant =
            Variant { sku: Some(title.to_uppercase()), price: Some(price), count: Some(stock), weight_grams: 300, ..Variant::default() };
        let product = Product { status: Status::Active, title: title.clone(), variants: vec![variant], ..Product::default() };
        catalog::save_product(conn, &product, &Saving { currency: EUR, actor: "test", base: None, now: now() })?;
        Ok(catalog::find_variant(conn, &title.to_uppercase())?.expect("the variant was just saved"))
    })
    .unwrap()
}

pub fn coupon(db: &Db, code: &str, percent_bp: i64, max_uses: Option<i64>, per_customer: Option<i64>) -> PromotionId {
    let effect = Effect::Reduce { cut: Cut::Percentage(percent_bp), on: Goods::default() };
    promotion(db, Terms { max_uses, max_uses_per_customer: per_customer, ..Terms::coupon(code, effect, EUR) })
}

pub fn promotion(db: &Db, terms: Terms) -> PromotionId {
    db.write_now(move |conn| promotions::create(conn, terms.clone(), now())).unwrap()
}

pub fn address() -> Address {
    Address {
        name: "Ann Ash".into(),
        line1: "Hauptstraße 1".into(),
        postal_code: "10115".into(),
        city: "Berlin".into(),
        country: "DE".into(),
        ..Address::default()
    }
}

/// A cart with every step of the checkout done, and what its shopper saw.
pub fn cart(db: &Db, goods: &[(VariantId, i64)], email: &str, method: &str, code: &str) -> (CartId, Seen) {
    let (goods, email, method, code) = (goods.to_vec(), email.to_string(), method.to_string(), code.to_string());
    db.write_now(move |conn| {
        let cart = carts::create(conn, None, &storefront::shop::Shop::default(), "en", now())?;
        for (variant, quantity) in &goods {
            carts::add(conn, cart, *variant, *quantity, now())?;
        }
        carts::set_contact(conn, cart, &Email::parse(&email, "email")?, &address(), None, "", now())?;
        let rate = carts::quote(conn, cart, now())?.rate.expect("Germany is delivered to").id;
        carts::set_shipping_rate(conn, cart, rate, now())?;
        carts::set_payment_method(conn, cart, &method, now())?;
        if !code.is_empty() {
            carts::set_coupon(conn, cart, &code, now())?;
        }
        Ok((cart, seen(conn, cart)?))
    })
    .unwrap()
}

/// A gift card over so much, and its code.
pub fn gift_card(db: &Db, amount: i64) -> (GiftCardId, String) {
    let new = Issue {
        key: kernel::token::random(),
        amount: Money::new(amount, EUR),
        expires_at: None,
        recipient_name: String::new(),
        recipient_email: String::new(),
        language: "en".into(),
        message: String::new(),
        note: String::new(),
    };
    let (id, code) = db.write_now(move |conn| gift_cards::issue(conn, &new, "test", now())).unwrap();
    (id, code.expect("it is a fresh card"))
}

/// A customer with a verified account and so much store credit.
pub fn customer(db: &Db, email: &str, credit: i64) -> CustomerId {
    let new = NewCustomer { email: Email::parse(email, "email").unwrap(), name: "Ann".into(), phone: String::new(), language: "en".into() };
    db.write_now(move |conn| {
        let id = customers::ensure(conn, &new, now())?;
        logins::register(conn, id, "no password", now())?;
        let token = logins::issue_token(conn, id, logins::Purpose::Verify, now())?;
        logins::use_token(conn, &token, logins::Purpose::Verify, now())?;
        if credit > 0 {
            store_credit::adjust(conn, id, Money::new(credit, EUR), "hello", &format!("first:{id}"), "test", now())?;
        }
        Ok(id)
    })
    .unwrap()
}

/// Lets gift cards, and the credit of a customer, pay for a cart; answers what its shopper sees then.
pub fn pay_with(db: &Db, cart: CartId, codes: &[&str], customer: Option<CustomerId>) -> Seen {
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    db.write_now(move |conn| {
        for code in &codes {
            carts::add_gift_card(conn, cart, code, now())?;
        }
        if let Some(customer) = customer {
            carts::merge(conn, cart, customer, now())?;
            carts::use_store_credit(conn, cart, true, now())?;
        }
        seen(conn, cart)
    })
    .unwrap()
}

pub fn seen(conn: &mut Conn, cart: CartId) -> kernel::Result<Seen> {
    let quote = carts::quote(conn, cart, now())?;
    Ok(Seen { version: quote.cart.version, total: quote.priced.total, due: quote.due() })
}

/// Places a cart as the checkout does: what refuses to be placed is rolled back.
pub fn place(db: &Db, cart: CartId, seen: Seen, settlement: Settlement) -> Result<Placed, PlaceError> {
    let refused = std::sync::Arc::new(parking_lot::Mutex::new(None));
    let keep = refused.clone();
    let placed = db.write_now(move |conn| {
        checkout::place(conn, cart, seen, settlement, now()).map_err(|error| match error {
            PlaceError::Other(error) => error,
            other => {
                *keep.lock() = Some(other);
                kernel::Error::conflict("not placed")
            }
        })
    });
    placed.map_err(|error| refused.lock().take().unwrap_or(PlaceError::Other(error)))
}

/// Writes what no function of the shop would.
pub fn run(db: &Db, sql: &'static str) {
    use diesel::connection::SimpleConnection;
    db.write_now(move |conn| Ok(kernel::on_each!(conn, c => c.batch_execute(sql))?)).unwrap();
}

/// Fails with every problem that `doctor` finds.
pub fn assert_books(db: &Db) {
    let findings = db.read_now(|conn| storefront::doctor::examine(conn, &mut |_| {})).unwrap();
    let problems: Vec<String> = findings.into_iter().flat_map(|finding| finding.problems).collect();
    assert!(problems.is_empty(), "the books do not agree:\n{}", problems.join("\n"));
}
