//! What a company owes, order by order, and how it came to that. Lists are paged by key.

use super::{EntryKind, Receivable, fees, is_owed};
use crate::ids::{OrderId, PaymentId};
use crate::schema::{company_account_entries as entries, company_accounts as accounts, orders, receivables};
use chrono::NaiveDate;
use crm::CompanyId;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::BTreeSet;

/// An order that is open on account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Item {
    pub receivable: Receivable,
    pub number: String,
    pub placed_at: Time,
    pub currency: String,
}

/// A line of the ledger of a company.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = entries)]
pub struct Line {
    pub id: i64,
    pub company_id: CompanyId,
    pub order_id: OrderId,
    pub payment_id: Option<PaymentId>,
    pub kind: EntryKind,
    /// Above zero the company owes more by it.
    pub amount: i64,
    pub reference: String,
    pub note: String,
    pub actor: String,
    /// A day as YYYY-MM-DD.
    pub booked_on: String,
    pub created_at: Time,
}

/// What a company owes, and what of it is past its day. Minor units of its account's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    pub open: i64,
    pub overdue: i64,
}

/// What a company owes by `today`.
pub fn totals(conn: &mut Conn, company: CompanyId, today: NaiveDate) -> Result<Totals> {
    let sum = || sql::<BigInt>("CAST(COALESCE(SUM(open + fees), 0) AS BIGINT)");
    let of = || receivables::table.filter(receivables::company_id.eq(company)).filter(is_owed());
    let open: i64 = of().select(sum()).first(conn)?;
    let late: i64 = of().filter(receivables::due_on.lt(today.to_string())).select(sum()).first(conn)?;
    // Deposits are a part of what is open, and late by a day of their own.
    let deposits: i64 = receivables::table
        .filter(receivables::company_id.eq(company))
        .filter(deposit_open())
        .filter(receivables::deposit_due_on.lt(today.to_string()))
        .filter(receivables::due_on.ge(today.to_string()))
        .select(sql::<BigInt>("CAST(COALESCE(SUM(deposit_open), 0) AS BIGINT)"))
        .first(conn)?;
    Ok(Totals { open, overdue: late + deposits })
}

/// Deposits that are open, written out as in the indexes.
fn deposit_open() -> SqlLiteral<Bool> {
    sql("receivables.deposit_open > 0")
}

type Row = (Receivable, String, Time, String);

fn item((receivable, number, placed_at, currency): Row) -> Item {
    Item { receivable, number, placed_at, currency }
}

/// What is owed of a company, the oldest order first, after the order `after`.
pub fn items(conn: &mut Conn, company: CompanyId, after: Option<OrderId>, limit: i64) -> Result<Vec<Item>> {
    let rows: Vec<Row> = receivables::table
        .inner_join(orders::table.on(orders::id.eq(receivables::order_id)))
        .filter(receivables::company_id.eq(company))
        .filter(is_owed())
        .filter(receivables::order_id.gt(after.unwrap_or(OrderId(0))))
        .order(receivables::order_id)
        .limit(limit)
        .select((Receivable::as_select(), orders::number, orders::placed_at, orders::currency))
        .load(conn)?;
    Ok(rows.into_iter().map(item).collect())
}

/// What is past its day by `today`, whoever owes it: the longest first, after the item of that day and order.
pub fn overdue(conn: &mut Conn, today: NaiveDate, after: Option<(String, OrderId)>, limit: i64) -> Result<Vec<Item>> {
    let (day, order) = after.unwrap_or((String::new(), OrderId(0)));
    let rows: Vec<Row> = receivables::table
        .inner_join(orders::table.on(orders::id.eq(receivables::order_id)))
        .filter(is_owed())
        .filter(receivables::due_on.lt(today.to_string()))
        // Where the index is entered: a planner does not read it out of the next line.
        .filter(receivables::due_on.ge(day.clone()))
        .filter(receivables::due_on.gt(day.clone()).or(receivables::due_on.eq(day).and(receivables::order_id.gt(order))))
        .order((receivables::due_on, receivables::order_id))
        .limit(limit)
        .select((Receivable::as_select(), orders::number, orders::placed_at, orders::currency))
        .load(conn)?;
    Ok(rows.into_iter().map(item).collect())
}

/// Deposits past their day by `today`, whoever owes them: the longest first, after the item of that day and order.
pub fn overdue_deposits(conn: &mut Conn, today: NaiveDate, after: Option<(String, OrderId)>, limit: i64) -> Result<Vec<Item>> {
    let (day, order) = after.unwrap_or((String::new(), OrderId(0)));
    let rows: Vec<Row> = receivables::table
        .inner_join(orders::table.on(orders::id.eq(receivables::order_id)))
        .filter(deposit_open())
        .filter(receivables::deposit_due_on.lt(today.to_string()))
        .filter(receivables::deposit_due_on.gt(day.clone()).or(receivables::deposit_due_on.eq(day).and(receivables::order_id.gt(order))))
        .order((receivables::deposit_due_on, receivables::order_id))
        .limit(limit)
        .select((Receivable::as_select(), orders::number, orders::placed_at, orders::currency))
        .load(conn)?;
    Ok(rows.into_iter().map(item).collect())
}

/// What is owed of an order that was bought on account; none for another order.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Option<Receivable>> {
    super::follow::find(conn, order)
}

/// The ledger of a company, the newest line first, below the line `before`, each with the number of its order and whether it is a payment
/// that can be taken back.
pub fn ledger(conn: &mut Conn, company: CompanyId, before: Option<i64>, limit: i64) -> Result<Vec<(Line, String, bool)>> {
    let rows: Vec<(Line, String)> = entries::table
        .inner_join(orders::table.on(orders::id.eq(entries::order_id)))
        .filter(entries::company_id.eq(company))
        .filter(entries::id.lt(before.unwrap_or(i64::MAX)))
        .order(entries::id.desc())
        .limit(limit)
        .select((Line::as_select(), orders::number))
        .load(conn)?;
    let payments: Vec<PaymentId> = rows.iter().filter_map(|(line, _)| line.payment_id).collect();
    let reversed: BTreeSet<PaymentId> = entries::table
        .filter(entries::dedupe_key.eq_any(payments.iter().map(|payment| format!("reversed:{payment}")).collect::<Vec<_>>()))
        .select(entries::payment_id)
        .load::<Option<PaymentId>>(conn)?
        .into_iter()
        .flatten()
        .collect();
    let keys = rows.iter().filter(|(line, _)| line.kind == EntryKind::FeePayment).map(|(line, _)| fees::reversal(line.id));
    let fees_reversed: Vec<String> =
        entries::table.filter(entries::dedupe_key.eq_any(keys.collect::<Vec<_>>())).select(entries::dedupe_key).load(conn)?;
    let reversible = |line: &Line| match line.kind {
        EntryKind::Payment => line.payment_id.is_some_and(|payment| !reversed.contains(&payment)),
        EntryKind::FeePayment => !fees_reversed.contains(&fees::reversal(line.id)),
        _ => false,
    };
    let told = |(line, number): (Line, String)| {
        let open = reversible(&line);
        (line, number, open)
    };
    Ok(rows.into_iter().map(told).collect())
}

/// What was booked from `from` to `to`, both days within it, of one company or of all: by day, after the line of that day and id. With the
/// number of the order and its currency.
pub fn bookings(
    conn: &mut Conn,
    company: Option<CompanyId>,
    (from, to): (NaiveDate, NaiveDate),
    after: Option<(String, i64)>,
    limit: i64,
) -> Result<Vec<(Line, String, String)>> {
    let (day, id) = after.unwrap_or((String::new(), 0));
    // Each page of the file begins in the index where the last one ended.
    let since = day.clone().max(from.to_string());
    let columns = (Line::as_select(), orders::number, accounts::currency);
    let within = entries::table
        .inner_join(orders::table.on(orders::id.eq(entries::order_id)))
        .inner_join(accounts::table.on(accounts::company_id.eq(entries::company_id)))
        .filter(entries::booked_on.ge(since))
        .filter(entries::booked_on.le(to.to_string()))
        .filter(entries::booked_on.gt(day.clone()).or(entries::booked_on.eq(day).and(entries::id.gt(id))))
        .order((entries::booked_on, entries::id))
        .limit(limit)
        .select(columns);
    Ok(match company {
        Some(company) => within.filter(entries::company_id.eq(company)).load(conn)?,
        None => within.load(conn)?,
    })
}
