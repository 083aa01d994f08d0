//! Fees of reminders: owed beside an order and no part of it, so that no document and no payment of the order changes. Each is an entry of the
//! ledger, charged once for an order and a level; they are paid after the orders, and staff may waive them.

use super::follow::{Receivable, find};
use super::{Entry, EntryKind, Line, Receipt, shift, write};
use crate::ids::OrderId;
use crate::orders;
use crate::schema::{company_account_entries as entries, receivables};
use crate::shop;
use crm::CompanyId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, prepared};

/// The most that a reminder may cost, in minor units.
pub const MOST_FEE: i64 = 1_000_000;
/// The longest reason, in characters.
const LONGEST: usize = 300;

/// Whether an entry is about fees and not about the order itself.
pub fn is_fee(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::Fee | EntryKind::Waive | EntryKind::FeePayment | EntryKind::FeeReversal)
}

/// Moves what is owed of fees, and writes it into the ledger.
fn record(conn: &mut Conn, entry: &Entry, key: &str, actor: &str, now: Time) -> Result<()> {
    shift(conn, entry.company, entry.amount, now)?;
    let update = diesel::update(receivables::table.find(entry.order)).set(receivables::fees.eq(receivables::fees + entry.amount));
    prepared!(conn, update => execute)?;
    write(conn, entry, key, actor, now)
}

/// Charges the fee of a reminder that an order just reached; the key of the entry lets it happen once for each level.
pub(super) fn charge(conn: &mut Conn, receivable: &mut Receivable, level: i64, amount: i64, now: Time) -> Result<()> {
    let (company, order) = (receivable.company_id, receivable.order_id);
    let day = shop::get(conn)?.local(now).date();
    let entry = Entry { company, order, payment: None, kind: EntryKind::Fee, amount, reference: "", note: "", day };
    record(conn, &entry, &format!("fee:{order}:{level}"), "system", now)?;
    orders::note(conn, order, "fee_charged", &amount.to_string(), "system", now)?;
    receivable.fees += amount;
    Ok(())
}

/// Books `amount` of what is owed of fees, as a part of a receipt.
pub(super) fn pay(
    conn: &mut Conn,
    (receivable, amount): (&Receivable, i64),
    receipt: &Receipt,
    key: &str,
    actor: &str,
    now: Time,
) -> Result<()> {
    let entry = Entry {
        company: receivable.company_id,
        order: receivable.order_id,
        payment: None,
        kind: EntryKind::FeePayment,
        amount: -amount,
        reference: receipt.reference.trim(),
        note: receipt.note.trim(),
        day: receipt.booked_on,
    };
    record(conn, &entry, key, actor, now)
}

/// Waives what is owed of the fees of an order; answers how much that was. `Conflict` when nothing is.
pub fn waive(conn: &mut Conn, company: CompanyId, order: OrderId, reason: &str, actor: &str, now: Time) -> Result<i64> {
    let reason = checked(reason)?;
    orders::lock(conn, order, now)?;
    let receivable = find(conn, order)?.filter(|one| one.company_id == company).ok_or(Error::NotFound)?;
    if receivable.fees == 0 {
        return Err(Error::conflict("account-fees-none"));
    }
    forgive(conn, &receivable, reason, actor, now)?;
    Ok(receivable.fees)
}

/// Takes what is owed of the fees of an order off the account.
pub(super) fn forgive(conn: &mut Conn, receivable: &Receivable, reason: &str, actor: &str, now: Time) -> Result<()> {
    let (company, order, fees) = (receivable.company_id, receivable.order_id, receivable.fees);
    let written: i64 = entries::table.filter(entries::order_id.eq(order)).count().get_result(conn)?;
    let day = shop::get(conn)?.local(now).date();
    let entry = Entry { company, order, payment: None, kind: EntryKind::Waive, amount: -fees, reference: "", note: reason, day };
    record(conn, &entry, &format!("waived:{order}:{written}"), actor, now)?;
    orders::note(conn, order, "fee_waived", &fees.to_string(), actor, now)
}

/// The key of the entry that takes back the payment of a fee, of which `entry` is the line.
pub(super) fn reversal(entry: i64) -> String {
    format!("reversed-fee:{entry}")
}

/// Takes back the payment of a fee that was booked, by its line of the ledger: it is owed again. `Conflict` when it was taken back before.
pub fn reverse_fee(conn: &mut Conn, company: CompanyId, line: i64, reason: &str, actor: &str, now: Time) -> Result<OrderId> {
    let reason = checked(reason)?;
    let found: Option<Line> = entries::table
        .filter(entries::id.eq(line))
        .filter(entries::company_id.eq(company))
        .filter(entries::kind.eq(EntryKind::FeePayment))
        .select(Line::as_select())
        .first(conn)
        .optional()?;
    let paid = found.ok_or(Error::NotFound)?;
    orders::lock(conn, paid.order_id, now)?;
    let before: i64 = entries::table.filter(entries::dedupe_key.eq(reversal(line))).count().get_result(conn)?;
    if before > 0 {
        return Err(Error::conflict("account-reverse-refunded"));
    }
    let entry = Entry {
        company,
        order: paid.order_id,
        payment: None,
        kind: EntryKind::FeeReversal,
        amount: -paid.amount,
        reference: "",
        note: reason,
        day: shop::get(conn)?.local(now).date(),
    };
    record(conn, &entry, &reversal(line), actor, now)?;
    Ok(paid.order_id)
}

fn checked(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => Err(Error::field("reason", "account-fee-reason")),
        1..=LONGEST => Ok(reason),
        _ => Err(Error::field("reason", "admin-too-long")),
    }
}
