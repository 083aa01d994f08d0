//! Erasing a person: everything that tells who they are goes, and the books stay as they were. What was bought, paid, given back and
//! written on issued documents is what tax law demands; every total before is every total after.

mod forget;
mod places;
mod preview;

pub use forget::erase;
pub use preview::{Hindrance, Part, Preview, preview};

use crate::ids::{CartId, OrderId, ReturnId};
use crate::reviews;
use crate::schema::{carts, orders, returns, stock_requests};
use crm::email::Email;
use crm::{CustomerId, disputes, identities, tickets};
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::BTreeSet;

/// The mail addresses by which a customer is known here, in every spelling that is stored, `emails` are those of
/// their row and of whoever was merged into them.
fn spellings(conn: &mut Conn, customer: CustomerId, emails: &[String]) -> Result<Vec<String>> {
    let mut all: BTreeSet<String> =
        orders::table.filter(orders::customer_id.eq(customer)).select(orders::email).distinct().load::<String>(conn)?.into_iter().collect();
    for email in emails {
        let waiting = stock_requests::table.filter(stock_requests::email_key.eq(email.to_lowercase()));
        all.extend(waiting.select(stock_requests::email).load::<String>(conn)?);
        all.insert(email.to_lowercase());
        all.insert(email.clone());
    }
    all.remove("");
    Ok(all.into_iter().collect())
}

/// The addresses of these spellings, each once.
fn addresses(spellings: &[String]) -> Vec<Email> {
    let mut all: Vec<Email> = Vec::new();
    for email in spellings.iter().filter_map(|text| Email::parse(text, "email").ok()) {
        if all.iter().all(|known| known.key() != email.key()) {
            all.push(email);
        }
    }
    all
}

/// The carts of a customer that became no order: theirs, and those that name one of their addresses.
fn carts_left(conn: &mut Conn, customer: CustomerId, spellings: &[String]) -> Result<Vec<CartId>> {
    let theirs = carts::customer_id.eq(customer).or(carts::customer_id.is_null().and(carts::email.eq_any(spellings.to_vec())));
    Ok(carts::table
        .filter(carts::state.ne(crate::carts::CartState::Placed))
        .filter(theirs.assume_not_null())
        .order(carts::id)
        .select(carts::id)
        .load(conn)?)
}

/// What the audit log calls the things of a customer: themselves, their orders and the carts these came from, their returns and
/// reviews.
pub fn subjects(conn: &mut Conn, customer: CustomerId) -> Result<Vec<String>> {
    let own: Vec<(OrderId, String, Option<CartId>)> = orders::table
        .filter(orders::customer_id.eq(customer))
        .order(orders::id)
        .select((orders::id, orders::number, orders::cart_id))
        .load(conn)?;
    let mut subjects: Vec<String> = identities::all(conn, customer)?.iter().map(|id| format!("customer:{id}")).collect();
    subjects.extend(tickets::numbers_of_customer(conn, customer)?.iter().map(|number| format!("ticket:{number}")));
    subjects.extend(disputes::of_customer(conn, customer, i64::MAX)?.iter().map(|one| format!("dispute:{}", one.number)));
    for (id, number, cart) in own {
        subjects.push(format!("order:{number}"));
        subjects.extend(cart.map(|cart| format!("cart:{cart}")));
        let back: Vec<ReturnId> = returns::table.filter(returns::order_id.eq(id)).select(returns::id).load(conn)?;
        subjects.extend(back.into_iter().map(|back| format!("return:{back}")));
        subjects.extend(reviews::of_order(conn, id)?.iter().map(|review| format!("review:{}", review.id)));
    }
    Ok(subjects)
}
