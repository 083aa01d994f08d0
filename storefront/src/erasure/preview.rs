//! What an erasure takes away, what it leaves and why, and what stands in its way.

use super::{carts_left, spellings};
use crate::orders::{FulfilmentStatus, Order, OrderStatus};
use crate::payments::{self, WishState};
use crate::returns::{self, Status};
use crate::schema::{addresses, documents, orders as order_rows, stock_requests};
use crate::{logins, refunds, requisitions, store_credit, wish_list};
use crm::disputes::{self, Dispute};
use crm::{CustomerId, activities, consents, customers, identities, tickets, trails};
use diesel::prelude::*;
use kernel::money::Money;
use kernel::{Conn, Result, mail};
use serde::Serialize;

/// Requests counted.
const COUNTED: i64 = 1000;
/// Browsers counted.
const BROWSERS: i64 = 1000;
/// Hindrances named; whoever sees to them looks again.
const NAMED: usize = 20;

/// Why somebody cannot be erased now: a text key (`erasure-hinders-…`), and the number of what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hindrance {
    pub why: &'static str,
    pub number: String,
}

/// So many of something: `erasure-goes-…` or `erasure-stays-…` is its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    pub what: &'static str,
    pub count: i64,
}

/// What is shown before anybody confirms.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// Nothing can be erased while there is one.
    pub hindered: Vec<Hindrance>,
    pub goes: Vec<Part>,
    pub stays: Vec<Part>,
    /// Store credit that nobody can spend any more then.
    pub credit: Vec<Money>,
}

/// Figures what an erasure would do. `NotFound` for somebody who was erased.
pub fn preview(conn: &mut Conn, id: CustomerId) -> Result<Preview> {
    customers::known(conn, id)?;
    let emails = identities::emails(conn, id)?;
    let spelled = spellings(conn, id, &emails)?;
    let keys: Vec<String> = emails.iter().map(|email| email.to_lowercase()).collect();
    let waiting = stock_requests::table.filter(stock_requests::email_key.eq_any(keys));
    let count = |what, count: usize| Part { what, count: i64::try_from(count).unwrap_or(i64::MAX) };
    let orders: i64 = order_rows::table.filter(order_rows::customer_id.eq(id)).count().get_result(conn)?;
    let goes = vec![
        Part { what: "login", count: i64::from(logins::registered(conn, id)?) },
        Part { what: "addresses", count: addresses::table.filter(addresses::customer_id.eq(id)).count().get_result(conn)? },
        count("carts", carts_left(conn, id, &spelled)?.len()),
        Part { what: "waiting", count: waiting.count().get_result(conn)? },
        count("wish-list", wish_list::of(conn, id)?.len()),
        count("companies", crm::companies::kept(conn, id, &emails)?.len()),
        count("requisition-lists", requisitions::of_customer(conn, id, COUNTED)?.len()),
        Part { what: "orders", count: orders },
        Part { what: "timeline", count: activities::count_of(conn, id)? },
        count("browsers", trails::edges(conn, id, BROWSERS)?.len()),
        count("consents", consents::of(conn, id)?.len()),
        count("requests", tickets::of_customer(conn, id, None, COUNTED)?.len()),
        Part { what: "mails", count: mail::count_to(conn, &spelled)? },
    ];
    let of_order = documents::table.inner_join(order_rows::table.on(order_rows::id.eq(documents::order_id)));
    let stays = vec![
        Part { what: "documents", count: of_order.filter(order_rows::customer_id.eq(id)).count().get_result(conn)? },
        Part { what: "orders", count: orders },
    ];
    let there = |parts: Vec<Part>| parts.into_iter().filter(|part| part.count > 0).collect();
    let credit = store_credit::of_customer(conn, id)?;
    let credit = credit.iter().filter(|one| one.balance > 0).map(store_credit::Balance::money).collect::<Result<Vec<Money>>>()?;
    Ok(Preview { hindered: hindered(conn, id)?, goes: there(goes), stays: there(stays), credit })
}

/// What stands in the way, the first [`NAMED`].
pub(super) fn hindered(conn: &mut Conn, id: CustomerId) -> Result<Vec<Hindrance>> {
    let own: Vec<Order> =
        order_rows::table.filter(order_rows::customer_id.eq(id)).order(order_rows::id.desc()).select(Order::as_select()).load(conn)?;
    let disputed = disputes::of_customer(conn, id, COUNTED)?.into_iter().filter(Dispute::open).take(NAMED);
    let mut found: Vec<Hindrance> = disputed.map(|one| Hindrance { why: "erasure-hinders-dispute", number: one.number }).collect();
    for order in &own {
        of_order(conn, order, &mut found)?;
        if found.len() >= NAMED {
            break;
        }
    }
    Ok(found)
}

fn of_order(conn: &mut Conn, order: &Order, found: &mut Vec<Hindrance>) -> Result<()> {
    let mut name = |why, number: &str| found.push(Hindrance { why, number: number.to_string() });
    if matches!(order.status, OrderStatus::Pending | OrderStatus::Confirmed) {
        let sent = order.fulfilment_status == FulfilmentStatus::Fulfilled;
        name(if sent { "erasure-hinders-unpaid" } else { "erasure-hinders-unsent" }, &order.number);
    }
    if refunds::of_order(conn, order.id)?.iter().any(|refund| refund.state == WishState::Requested) {
        name("erasure-hinders-refund", &order.number);
    }
    if payments::capturing(conn, order.id)? || payments::any_case(conn, order.id)? {
        name("erasure-hinders-money", &order.number);
    }
    for back in returns::of_order(conn, order.id)? {
        if !matches!(back.status, Status::Declined | Status::Withdrawn | Status::Closed) {
            name("erasure-hinders-return", &back.number);
        }
    }
    Ok(())
}
