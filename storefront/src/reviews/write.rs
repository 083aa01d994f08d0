//! Writing a review.

use super::{Review, State, of_line};
use crate::catalog;
use crate::ids::{OrderLineId, ProductId};
use crate::orders::{self, Order, OrderLine};
use crate::schema::reviews as rows;
use crm::activities::{self, Activity, Kind};
use crm::customers;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};

/// Longest title, text and name, in characters.
pub const TITLE: usize = 120;
pub const BODY: usize = 4000;
pub const NAME: usize = 60;
/// What begins a link. A review needs none, and those who write for links find no place here.
const LINKS: [&str; 3] = ["http://", "https://", "www."];

/// What a buyer writes.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// 1 to 5, 5 being the best.
    pub stars: i64,
    pub title: String,
    pub body: String,
    /// As they want to be called; nothing is fine.
    pub name: String,
    pub language: String,
}

/// A line of an order about which a review can be written, with its product: something of it was delivered, and it is no gift card.
pub fn line(conn: &mut Conn, order: &Order, id: OrderLineId) -> Result<(OrderLine, ProductId)> {
    let found = orders::lines(conn, order.id)?.into_iter().find(|line| line.id == id).ok_or(Error::NotFound)?;
    product(conn, &found)?.map(|product| (found, product)).ok_or(Error::NotFound)
}

fn product(conn: &mut Conn, line: &OrderLine) -> Result<Option<ProductId>> {
    let Some(variant) = line.variant_id.filter(|_| line.shipped > 0 && !line.gift_card) else { return Ok(None) };
    Ok(catalog::products_of(conn, &[variant])?.first().copied())
}

/// All such lines of an order, each with what was written about it.
pub fn lines(conn: &mut Conn, order: &Order) -> Result<Vec<(OrderLine, Option<Review>)>> {
    let mut found = Vec::new();
    for line in orders::lines(conn, order.id)? {
        if product(conn, &line)?.is_some() {
            let review = of_line(conn, line.id)?;
            found.push((line, review));
        }
    }
    Ok(found)
}

fn check(written: &Written) -> Result<()> {
    let mut wrong = Fields::default();
    if !(1..=5).contains(&written.stars) {
        wrong.add("stars", "review-stars");
    }
    if written.body.is_empty() {
        wrong.add("body", "review-body-missing");
    }
    for (name, text, most) in [("title", &written.title, TITLE), ("body", &written.body, BODY), ("name", &written.name, NAME)] {
        let lower = text.to_lowercase();
        if text.chars().count() > most {
            wrong.add(name, "field-too-long");
        } else if LINKS.iter().any(|link| lower.contains(link)) {
            wrong.add(name, "review-no-links");
        }
    }
    wrong.check()
}

/// Keeps what a buyer writes about a line of their order, or what they write instead while nobody read it. `NotFound` for what they did not
/// get, `Conflict` once staff decided.
pub fn write(conn: &mut Conn, order: &Order, id: OrderLineId, written: &Written, now: Time) -> Result<()> {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let written = Written {
        stars: written.stars,
        title: one_line(&written.title),
        body: written.body.replace("\r\n", "\n").trim().to_string(),
        name: one_line(&written.name),
        language: written.language.clone(),
    };
    check(&written)?;
    // Of two who write at once the second finds what the first wrote.
    let order = orders::lock(conn, order.id, now)?;
    if customers::erased(conn, order.customer_id)? {
        return Err(Error::NotFound);
    }
    let (line, product) = line(conn, &order, id)?;
    if let Some(before) = of_line(conn, line.id)? {
        let own = rows::table.find(before.id).filter(rows::state.eq(State::Waiting));
        let change = (
            rows::stars.eq(written.stars),
            rows::title.eq(&written.title),
            rows::body.eq(&written.body),
            rows::name.eq(&written.name),
            rows::language.eq(&written.language),
            rows::changed_at.eq(now),
        );
        let changed = diesel::update(own).set(change).execute(conn)?;
        return if changed == 1 { Ok(()) } else { Err(Error::conflict("review-decided")) };
    }
    let row = (
        rows::product_id.eq(product),
        rows::order_id.eq(order.id),
        rows::order_line_id.eq(line.id),
        rows::stars.eq(written.stars),
        rows::title.eq(&written.title),
        rows::body.eq(&written.body),
        rows::name.eq(&written.name),
        rows::language.eq(&written.language),
        rows::state.eq(State::Waiting),
        rows::reason.eq(""),
        rows::answer.eq(""),
        rows::written_at.eq(now),
        rows::changed_at.eq(now),
    );
    diesel::insert_into(rows::table).values(row).execute(conn)?;
    let told = Activity {
        customer: Some(order.customer_id),
        trail: None,
        kind: Kind::ReviewWritten,
        at: now,
        source: "reviews",
        dedupe_key: &line.id.to_string(),
        subject: Some(product.0),
        amount: None,
        detail: &order.number,
    };
    activities::record(conn, &told).map(drop)
}
