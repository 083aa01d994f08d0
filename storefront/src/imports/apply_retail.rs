//! Brings the transactions of a wholesaler into the shop as a history of real customers: every order paid and delivered, without
//! tax. What was brought in before is skipped, so that an import that was cut off is simply run again.

use super::apply_orders::known;
use super::frozen::{self, Frozen, FrozenLine};
use super::retail::RetailOrder;
use crate::address::Address;
use crate::shop::OWN_LANGUAGE;
use crate::web::countries;
use crm::CustomerId;
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use crm::{recommendations, scores};
use kernel::clock::Time;
use kernel::db::filling;
use kernel::money::Currency;
use kernel::{Conn, Result};
use std::collections::HashMap;

/// In front of the invoice, as the order's number.
const NUMBER: &str = "UCI-";

/// Writes the orders that the shop does not have yet, and answers how many. Their customers are told apart by their number, for
/// which an address of the reserved domain `example` stands. The caller holds the transaction.
pub fn apply(conn: &mut Conn, orders: &[RetailOrder], currency: Currency, now: Time) -> Result<u64> {
    filling(conn)?;
    let numbers: Vec<String> = orders.iter().map(|order| format!("{NUMBER}{}", order.invoice)).collect();
    let known = known(conn, &numbers)?;
    let mut people: HashMap<&str, CustomerId> = HashMap::new();
    let mut written = 0;
    for (order, number) in orders.iter().zip(numbers) {
        if known.contains_key(&number) {
            continue;
        }
        let email = Email::parse(&format!("customer-{}@retail.example", order.customer), "CustomerID")?;
        let name = format!("Customer {}", order.customer);
        let frozen = freeze(order, number, email.as_str(), &name);
        let customer = match people.get(order.customer.as_str()) {
            Some(known) => *known,
            None => {
                let new = NewCustomer { email, name, phone: String::new(), language: OWN_LANGUAGE.into() };
                let id = customers::ensure(conn, &new, now)?;
                people.insert(&order.customer, id);
                id
            }
        };
        frozen::write(conn, &frozen, customer, currency, now)?;
        written += 1;
    }
    if written > 0 {
        scores::run_soon(conn, now)?;
        recommendations::run_soon(conn, now)?;
    }
    Ok(written)
}

fn freeze(order: &RetailOrder, number: String, email: &str, name: &str) -> Frozen {
    let address = Address { name: name.into(), country: country(&order.country).into(), ..Address::default() };
    Frozen {
        number,
        email: email.into(),
        prices_include_tax: true,
        billing: address.clone(),
        delivery: address,
        placed_at: order.ordered_at,
        paid_at: order.ordered_at,
        shipped_at: order.ordered_at,
        captured: order.total(),
        lines: order
            .lines
            .iter()
            .map(|line| FrozenLine {
                sku: line.sku.clone(),
                title: line.name.clone(),
                quantity: line.quantity,
                unit_price: line.price,
                subtotal: line.amount,
                total: line.amount,
                requires_shipping: true,
                shipped: line.quantity,
                ..FrozenLine::default()
            })
            .collect(),
        ..Frozen::default()
    }
}

/// The code of a country as the file names it; empty for those that are no country.
fn country(name: &str) -> &'static str {
    match name {
        "EIRE" => "IE",
        "USA" => "US",
        "RSA" => "ZA",
        "Czech Republic" => "CZ",
        "Korea" => "KR",
        "Hong Kong" => "HK",
        "Channel Islands" => "GG",
        other => countries::code(other).unwrap_or(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::read_retail;
    use crate::imports::tests::fixture;
    use kernel::clock::Clock;
    use kernel::db::Db;

    fn bring(db: &Db, currency: Currency) -> u64 {
        let file = fixture("retail_excerpt.csv");
        let orders: Vec<RetailOrder> = read_retail(file.as_slice(), currency).unwrap().map(|order| order.unwrap()).collect();
        let now = Clock::default().now();
        db.write_now(move |conn| apply(conn, &orders, currency, now)).unwrap()
    }

    #[test]
    fn the_history_comes_once_and_the_books_agree() {
        let db = kernel::testing::db();
        let currency = Currency::parse("GBP").unwrap();
        let written = bring(&db, currency);
        assert!(written > 0);
        assert_eq!(bring(&db, currency), 0);
        db.write_now(move |conn| {
            assert_eq!(crate::orders::count(conn)? as u64, written);
            for finding in crate::doctor::examine(conn, &mut |_| ())? {
                assert_eq!(finding.problems, Vec::<String>::new(), "{}", finding.law);
            }
            let first = crate::orders::after(conn, crate::ids::OrderId(0), 1)?.remove(0);
            assert_eq!((first.status, first.source.as_str()), (crate::orders::OrderStatus::Completed, "import"));
            assert!(first.number.starts_with("UCI-") && first.email.ends_with("@retail.example"));
            Ok(())
        })
        .unwrap();
    }
}
