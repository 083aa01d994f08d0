//! Staff book what a company paid, and take back what was booked by mistake or what a bank took back.

use super::follow::settle;
use super::{ACCOUNT, Entry, EntryKind, Receivable, fees, find, is_owed};
use crate::ids::{OrderId, PaymentId};
use crate::orders;
use crate::payments::{self, PaymentState};
use crate::schema::{company_account_entries as entries, receivables};
use crate::shop;
use chrono::NaiveDate;
use crm::CompanyId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::{Fields, said};
use kernel::money::Money;
use kernel::web::format;
use kernel::{Conn, Error, Result};

/// Orders that one payment settles at most.
const MOST_ORDERS: i64 = 500;
/// The longest reference and note, in characters.
const LONGEST: usize = 300;

/// Money that came from a company.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Minor units of the account's currency.
    pub amount: i64,
    /// The day on which it came.
    pub booked_on: NaiveDate,
    /// What the bank's statement says.
    pub reference: String,
    pub note: String,
    /// The orders it pays, by number; none pays the ones that are due first.
    pub orders: Vec<String>,
    /// The same key books once.
    pub key: String,
}

/// Books money of a company: of each order that it pays a payment is captured, as with a bank transfer. Answers what it paid of which order;
/// nothing when the same receipt was booked before. `Invalid` when it is more than what is open.
pub fn book(conn: &mut Conn, company: CompanyId, receipt: &Receipt, actor: &str, now: Time) -> Result<Vec<(OrderId, i64)>> {
    let account = find(conn, company)?.ok_or(Error::NotFound)?;
    let mut wrong = Fields::default();
    if receipt.amount <= 0 {
        wrong.add("amount", "account-amount");
    }
    if receipt.booked_on > shop::get(conn)?.local(now).date() {
        wrong.add("booked_on", "account-day-ahead");
    }
    for (field, text) in [("reference", &receipt.reference), ("note", &receipt.note)] {
        if text.chars().count() > LONGEST {
            wrong.add(field, "admin-too-long");
        }
    }
    wrong.check()?;
    if booked_before(conn, company, &receipt.key)? {
        return Ok(Vec::new());
    }
    let candidates = candidates(conn, company, &receipt.orders)?;
    // Rows in one order, so that two commands cannot wait for each other; and two clicks come one after the other.
    let mut locked: Vec<OrderId> = candidates.iter().map(|one| one.order_id).collect();
    locked.sort();
    for order in locked {
        orders::lock(conn, order, now)?;
    }
    if booked_before(conn, company, &receipt.key)? {
        return Ok(Vec::new());
    }
    let mut owed = Vec::with_capacity(candidates.len());
    for candidate in &candidates {
        owed.extend(super::follow::find(conn, candidate.order_id)?);
    }
    let mut left = receipt.amount;
    let parts = shares(&owed, receipt.orders.is_empty(), &mut left);
    // Fees come last: what was bought is settled before what it cost to ask for it.
    let mut fees_paid = Vec::with_capacity(owed.len());
    for one in &owed {
        let part = one.fees.min(left);
        fees_paid.push(part);
        left -= part;
    }
    if left > 0 {
        let open = Money::new(receipt.amount - left, account.currency()?);
        return Err(Error::field("amount", said("account-more-than-open", &[("open", &format::money(open))])));
    }
    let mut paid = Vec::with_capacity(parts.len());
    let mut pieces = 0;
    for (receivable, part) in owed.iter().zip(parts).filter(|(_, part)| *part > 0) {
        pay(conn, (receivable, part), receipt, &mut pieces, actor, now)?;
        paid.push((receivable.order_id, part));
    }
    for (receivable, part) in owed.iter().zip(fees_paid).filter(|(_, part)| *part > 0) {
        fees::pay(conn, (receivable, part), receipt, &piece(&receipt.key, pieces), actor, now)?;
        pieces += 1;
        paid.push((receivable.order_id, part));
    }
    Ok(paid)
}

/// What `left` pays of each: in the order in which it is due (`by_day`), a deposit by its own day, or as they stand.
fn shares(owed: &[Receivable], by_day: bool, left: &mut i64) -> Vec<i64> {
    let mut dues: Vec<(&str, usize, i64)> = Vec::with_capacity(owed.len());
    for (at, one) in owed.iter().enumerate() {
        dues.extend([(one.deposit_due_on.as_str(), at, one.deposit_open), (one.due_on.as_str(), at, one.open - one.deposit_open)]);
    }
    if by_day {
        dues.sort();
    }
    let mut parts = vec![0; owed.len()];
    for (_, at, open) in dues {
        let part = open.min(*left);
        parts[at] += part;
        *left -= part;
    }
    parts
}

/// What is open of a company: the orders of these numbers as they were named, or all in the order in which they are due.
fn candidates(conn: &mut Conn, company: CompanyId, numbers: &[String]) -> Result<Vec<Receivable>> {
    if numbers.is_empty() {
        return Ok(receivables::table
            .filter(receivables::company_id.eq(company))
            .filter(is_owed())
            .order((receivables::due_on, receivables::order_id))
            .limit(MOST_ORDERS)
            .select(Receivable::as_select())
            .load(conn)?);
    }
    let mut found: Vec<Receivable> = Vec::with_capacity(numbers.len());
    for number in numbers {
        let unknown = || Error::field("orders", said("account-order-unknown", &[("number", number)]));
        let order = match orders::get_by_number(conn, number) {
            Ok(order) => order.id,
            Err(Error::NotFound) => return Err(unknown()),
            Err(error) => return Err(error),
        };
        let receivable =
            super::follow::find(conn, order)?.filter(|one| one.company_id == company && one.open + one.fees > 0).ok_or_else(unknown)?;
        if !found.contains(&receivable) {
            found.push(receivable);
        }
    }
    Ok(found)
}

fn booked_before(conn: &mut Conn, company: CompanyId, key: &str) -> Result<bool> {
    let found: Option<CompanyId> =
        entries::table.filter(entries::dedupe_key.eq(piece(key, 0))).select(entries::company_id).first(conn).optional()?;
    match found {
        None => Ok(false),
        Some(before) if before == company => Ok(true),
        Some(_) => Err(Error::NotFound),
    }
}

/// The key of a part of a receipt, from 0 on.
fn piece(key: &str, at: usize) -> String {
    format!("receipt:{key}:{at}")
}

/// Books `amount` of what is open of an order. `pieces` counts what the receipt became.
fn pay(
    conn: &mut Conn,
    (receivable, amount): (&Receivable, i64),
    receipt: &Receipt,
    pieces: &mut usize,
    actor: &str,
    now: Time,
) -> Result<()> {
    let order = receivable.order_id;
    let mut left = amount;
    for payment in payments::of_order(conn, order)? {
        let open = payment.provider == ACCOUNT && payment.state == PaymentState::Open;
        let part = if open { payment.amount.min(left) } else { 0 };
        if part == 0 {
            continue;
        }
        left -= part;
        let entry = Entry {
            company: receivable.company_id,
            order,
            payment: Some(payment.id),
            kind: EntryKind::Payment,
            amount: -part,
            reference: receipt.reference.trim(),
            note: receipt.note.trim(),
            day: receipt.booked_on,
        };
        settle(conn, receivable, &entry, &piece(&receipt.key, *pieces), actor, now)?;
        *pieces += 1;
        payments::record_part(conn, payment.id, part, actor, now)?;
    }
    if left > 0 { Err(Error::unexpected(format!("order {order} has {left} less to pay than is open"))) } else { Ok(()) }
}

/// Takes back a payment that was booked: the company owes it again. `Conflict` when the money of it went on its way back, or the order was
/// cancelled since. `reason` stands in the ledger.
pub fn reverse(conn: &mut Conn, company: CompanyId, payment: PaymentId, reason: &str, actor: &str, now: Time) -> Result<OrderId> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => return Err(Error::field("reason", "account-reverse-reason")),
        1..=LONGEST => {}
        _ => return Err(Error::field("reason", "admin-too-long")),
    }
    let order = payments::get(conn, payment)?.order_id;
    orders::lock(conn, order, now)?;
    let receivable = super::follow::find(conn, order)?.filter(|one| one.company_id == company).ok_or(Error::NotFound)?;
    let taken = payments::get(conn, payment)?;
    if taken.provider != ACCOUNT || super::is_set_off(&taken) {
        return Err(Error::NotFound);
    }
    payments::reopen(conn, &taken, now)?;
    let entry = Entry {
        company,
        order,
        payment: Some(payment),
        kind: EntryKind::Reversal,
        amount: taken.captured,
        reference: "",
        note: reason,
        day: shop::get(conn)?.local(now).date(),
    };
    settle(conn, &receivable, &entry, &format!("reversed:{payment}"), actor, now)?;
    orders::note(conn, order, "payment_reversed", &taken.captured.to_string(), actor, now)?;
    orders::refresh(conn, order, now)?;
    payments::rebalance(conn, order, None, now)?;
    Ok(order)
}
