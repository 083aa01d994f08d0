#![allow(clippy::unwrap_used)]
use super::*;
use crate::catalog::{Product, Saving, Status, Variant, find_variant, save_product};
use crate::requisitions::Who;
use crate::stores;
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use kernel::testing;

fn now() -> Time {
    kernel::clock::Clock::default().now()
}

fn mug(conn: &mut Conn) -> Result<VariantId> {
    let variant = Variant { sku: Some("MUG".into()), price: Some(1200), count: Some(10), ..Variant::default() };
    let product = Product { title: "Mug".into(), status: Status::Active, variants: vec![variant], ..Product::default() };
    save_product(conn, &product, &Saving { currency: Currency::EUR, actor: "test", base: None, now: now() })?;
    Ok(find_variant(conn, "MUG")?.unwrap())
}

fn asked(conn: &mut Conn) -> Result<Quote> {
    let variant = mug(conn)?;
    let email = Email::parse("ann@example.com", "email")?;
    let new = NewCustomer { email, name: "Ann".into(), phone: String::new(), language: "en".into() };
    let customer = customers::ensure(conn, &new, now())?;
    let wish = Wish { store: stores::MAIN, language: "en".into(), goods: vec![(variant, 2)], text: "For May".into(), files: Vec::new() };
    let id = ask(conn, &Who { customer, buyer: None }, &wish, now())?;
    get(conn, id)
}

fn draft(sku: &str, unit_price: i64) -> Draft {
    let line = DraftLine { at: 0, sku: sku.into(), quantity: "2".into(), unit_price };
    Draft { note: "Dear Ann".into(), shipping: None, expires_on: now().date() + chrono::TimeDelta::days(7), lines: vec![line] }
}

#[test]
fn a_number_names_one_quote() {
    assert_eq!((number(QuoteId(1)).as_str(), numbered("Q1001")), ("Q1001", Some(QuoteId(1))));
    for odd in ["", "Q", "Q1000", "Q-5", "q1001", "1001", "Q99999999999999999999"] {
        assert_eq!(numbered(odd), None, "{odd}");
    }
}

#[test]
fn what_was_sent_stays_until_another_version_is_sent() {
    let db = testing::db();
    db.write_now(|conn| {
        let quote = asked(conn)?;
        assert_eq!((quote.state, quote.latest, quote.stands(now())), (State::Asked, 1, None));
        assert!(matches!(send(conn, quote.id, quote.version, now()), Err(Error::Conflict(key)) if key == "quote-not-priced"));
        let seen = get(conn, quote.id)?.version;
        assert!(matches!(save(conn, quote.id, seen, &draft("SPOON", 900), "test", now()), Err(Error::Invalid(_))));
        let seen = get(conn, quote.id)?.version;
        let first = save(conn, quote.id, seen, &draft("mug", 900), "test", now())?;
        let stale = save(conn, quote.id, seen, &draft("mug", 800), "test", now());
        assert!(matches!(stale, Err(Error::Conflict(key)) if key == STALE));
        let seen = get(conn, quote.id)?.version;
        send(conn, quote.id, seen, now())?;
        assert_eq!(get(conn, quote.id)?.stands(now()), Some(first));
        // Saved and not sent: the customer reads what they were sent.
        let seen = get(conn, quote.id)?.version;
        let second = save(conn, quote.id, seen, &draft("MUG", 800), "test", now())?;
        let quote = get(conn, quote.id)?;
        assert_eq!((quote.stands(now()), shown(conn, &quote)?.map(|version| version.id)), (Some(first), Some(first)));
        send(conn, quote.id, quote.version, now())?;
        let quote = get(conn, quote.id)?;
        assert_eq!(quote.stands(now()), Some(second));
        // Its last day is over.
        let later = now() + chrono::TimeDelta::days(9);
        assert_eq!(quote.stands(later), None);
        assert!(!claim_order(conn, second, later)?);
        assert_eq!((keep::expire(conn, later)?, get(conn, quote.id)?.state), (1, State::Expired));
        Ok(())
    })
    .unwrap();
}
