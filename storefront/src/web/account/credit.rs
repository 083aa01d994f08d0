//! The customer's store credit: what there is, and what became of it.

use super::{draw_in, or_sign_in, theirs};
use crate::ids::OrderId;
use crate::store_credit::{self, Entry};
use crate::web::door::Door;
use crate::web::frame;
use crate::web::views::account::{CreditEntry, CreditPageView};
use crate::web::visit::Visit;
use crate::{orders, payments};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::CustomerId;
use kernel::money::Money;
use kernel::{Conn, Result};
use serde::Deserialize;

const PAGE: i64 = 30;

/// What a customer has, by currency; nothing for a currency that is used up.
pub(super) fn balances(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Money>> {
    store_credit::of_customer(conn, customer)?.iter().filter(|one| one.balance > 0).map(|one| one.money()).collect()
}

/// The key of a page: the entry before it. Anything else is the first page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    before: String,
}

pub async fn show(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    let (seen, before) = (visit.clone(), query.before.parse().ok());
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, id, now| {
        let found = store_credit::ledger(conn, id, before, PAGE)?;
        let full = i64::try_from(found.len()).is_ok_and(|rows| rows == PAGE);
        let next = found.last().filter(|_| full).map(|entry| format!("/account/store-credit?before={}", entry.id));
        let mut entries = Vec::with_capacity(found.len());
        for entry in &found {
            entries.push(row(conn, entry)?);
        }
        Ok((frame::load(conn, &seen, now)?, CreditPageView { balances: balances(conn, id)?, entries, next }))
    }));
    draw_in(&door, &visit, StatusCode::OK, "credit", "store-credit", page, view)
}

/// Reasons are the shop's notes; the customer reads what happened.
fn row(conn: &mut Conn, entry: &Entry) -> Result<CreditEntry> {
    let order: Option<OrderId> = entry.payment_id.map(|payment| payments::get(conn, payment)).transpose()?.map(|payment| payment.order_id);
    let order = order.map(|order| orders::get(conn, order)).transpose()?.map(|order| order.number);
    let text = format!("store-credit-entry-{}", entry.kind.as_str());
    Ok(CreditEntry { at: entry.created_at, text, order, amount: entry.money()? })
}
