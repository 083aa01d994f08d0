//! Store credit: money a customer has with the shop, by currency. The ledger only grows; the balance follows by a guarded update in
//! the same transaction.

use crate::ids::{CreditBalanceId, PaymentId, RefundId};
use crate::schema::{store_credit_balances as balances, store_credit_entries as entries};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, on_each, prepared, words};

words!(
    /// Why a balance changed.
    EntryKind {
        Granted = "granted",
        Taken = "taken",
        /// Paid for an order.
        Spent = "spent",
        /// Came back from an order that it had paid.
        Returned = "returned",
        /// Given in place of money for an order.
        Refunded = "refunded",
    }
);

/// The most that is granted or taken at once, in minor units.
const MOST: i64 = 100_000_000;
/// Longest reason, in characters.
const REASON: usize = 300;

/// What a customer has in a currency.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = balances)]
pub struct Balance {
    pub id: CreditBalanceId,
    pub customer_id: CustomerId,
    pub currency: String,
    pub balance: i64,
}

impl Balance {
    pub fn money(&self) -> Result<Money> {
        let currency = Currency::parse(&self.currency);
        let currency = currency.ok_or_else(|| Error::unexpected(format!("credit {} has currency {}", self.id, self.currency)))?;
        Ok(Money::new(self.balance, currency))
    }
}

/// A line of a customer's ledger.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = entries)]
pub struct Entry {
    pub id: i64,
    pub currency: String,
    pub kind: EntryKind,
    pub amount: i64,
    pub payment_id: Option<PaymentId>,
    pub refund_id: Option<RefundId>,
    pub reason: String,
    pub actor: String,
    pub created_at: Time,
}

impl Entry {
    pub fn money(&self) -> Result<Money> {
        let currency = Currency::parse(&self.currency);
        let currency = currency.ok_or_else(|| Error::unexpected(format!("credit entry {} has currency {}", self.id, self.currency)))?;
        Ok(Money::new(self.amount, currency))
    }
}

/// What a customer has in `currency`, in minor units; zero for somebody who never had any.
pub fn balance(conn: &mut Conn, customer: CustomerId, currency: Currency) -> Result<i64> {
    let found: Option<i64> = balances::table
        .filter(balances::customer_id.eq(customer))
        .filter(balances::currency.eq(currency.code()))
        .select(balances::balance)
        .first(conn)
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// What a customer has, by currency.
pub fn of_customer(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Balance>> {
    Ok(balances::table.filter(balances::customer_id.eq(customer)).order(balances::currency).select(Balance::as_select()).load(conn)?)
}

/// Everybody who has or had credit, the newest first, below the balance `before`.
pub fn list(conn: &mut Conn, before: Option<CreditBalanceId>, limit: i64) -> Result<Vec<Balance>> {
    Ok(balances::table
        .filter(balances::id.lt(before.unwrap_or(CreditBalanceId(i64::MAX))))
        .order(balances::id.desc())
        .limit(limit)
        .select(Balance::as_select())
        .load(conn)?)
}

/// The ledger of a customer, the newest first, below the entry `before`.
pub fn ledger(conn: &mut Conn, customer: CustomerId, before: Option<i64>, limit: i64) -> Result<Vec<Entry>> {
    Ok(entries::table
        .filter(entries::customer_id.eq(customer))
        .filter(entries::id.lt(before.unwrap_or(i64::MAX)))
        .order(entries::id.desc())
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}

/// Grants a customer credit, or takes some with a negative `amount`. The same `key` does it once. `Invalid` when there is less.
pub fn adjust(conn: &mut Conn, customer: CustomerId, amount: Money, reason: &str, key: &str, actor: &str, now: Time) -> Result<()> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => return Err(Error::field("reason", "stored-value-reason")),
        1..=REASON => {}
        _ => return Err(Error::field("reason", "admin-too-long")),
    }
    if amount.minor == 0 || amount.minor.abs() > MOST {
        return Err(Error::field("amount", "gift-card-amount"));
    }
    let key = format!("adjust:{key}");
    // Two clicks on one button come one after the other.
    hold(conn, customer, amount.currency)?;
    let before: i64 = entries::table.filter(entries::dedupe_key.eq(&key)).count().get_result(conn)?;
    if before > 0 {
        return Ok(());
    }
    let kind = if amount.minor > 0 { EntryKind::Granted } else { EntryKind::Taken };
    let change = Change { kind, amount, key, payment: None, refund: None, reason, actor };
    if moved(conn, customer, &change, now)? { Ok(()) } else { Err(Error::field("amount", "store-credit-too-little")) }
}

/// Pays with a customer's credit. `false` when there is less: nothing changed then.
pub(crate) fn spend(conn: &mut Conn, customer: CustomerId, amount: Money, payment: PaymentId, now: Time) -> Result<bool> {
    let amount = Money::new(-amount.minor, amount.currency);
    let key = format!("payment:{payment}");
    let change = Change { kind: EntryKind::Spent, amount, key, payment: Some(payment), refund: None, reason: "", actor: "customer" };
    moved(conn, customer, &change, now)
}

/// Gives a customer what a refund brings: credit that had paid, or credit in place of money.
pub(crate) fn give(
    conn: &mut Conn,
    customer: CustomerId,
    kind: EntryKind,
    amount: Money,
    of: (PaymentId, RefundId),
    actor: &str,
    now: Time,
) -> Result<()> {
    let key = format!("refund:{}", of.1);
    let change = Change { kind, amount, key, payment: Some(of.0), refund: Some(of.1), reason: "", actor };
    moved(conn, customer, &change, now).map(drop)
}

/// Takes credit away that paid an exchange which is undone: its refund goes another way now.
pub(crate) fn take_back(
    conn: &mut Conn,
    customer: CustomerId,
    amount: Money,
    of: (PaymentId, RefundId),
    actor: &str,
    now: Time,
) -> Result<bool> {
    let amount = Money::new(-amount.minor, amount.currency);
    let key = format!("exchange-undone:{}", of.1);
    let change = Change { kind: EntryKind::Taken, amount, key, payment: Some(of.0), refund: Some(of.1), reason: "", actor };
    moved(conn, customer, &change, now)
}

struct Change<'a> {
    kind: EntryKind,
    amount: Money,
    key: String,
    payment: Option<PaymentId>,
    refund: Option<RefundId>,
    reason: &'a str,
    actor: &'a str,
}

/// Locks a balance to the end of the transaction, and begins it at nothing where there was none.
fn hold(conn: &mut Conn, customer: CustomerId, currency: Currency) -> Result<()> {
    let row = (balances::customer_id.eq(customer), balances::currency.eq(currency.code()), balances::balance.eq(0));
    on_each!(conn, c => diesel::insert_into(balances::table).values(row).on_conflict_do_nothing().execute(c))?;
    let lock = diesel::update(balances::table.filter(balances::customer_id.eq(customer)))
        .filter(balances::currency.eq(currency.code()))
        .set(balances::balance.eq(balances::balance));
    prepared!(conn, lock => execute)?;
    Ok(())
}

/// The guarded update and its entry. `false` when less than nothing would be left.
fn moved(conn: &mut Conn, customer: CustomerId, change: &Change, now: Time) -> Result<bool> {
    let Money { minor, currency } = change.amount;
    let row = (balances::customer_id.eq(customer), balances::currency.eq(currency.code()), balances::balance.eq(0));
    on_each!(conn, c => diesel::insert_into(balances::table).values(row).on_conflict_do_nothing().execute(c))?;
    let update = diesel::update(balances::table.filter(balances::customer_id.eq(customer)))
        .filter(balances::currency.eq(currency.code()))
        .filter((balances::balance + minor).ge(0))
        .set(balances::balance.eq(balances::balance + minor));
    if prepared!(conn, update => execute)? == 0 {
        return Ok(false);
    }
    diesel::insert_into(entries::table)
        .values((
            entries::customer_id.eq(customer),
            entries::currency.eq(currency.code()),
            entries::kind.eq(change.kind),
            entries::amount.eq(minor),
            entries::dedupe_key.eq(&change.key),
            entries::payment_id.eq(change.payment),
            entries::refund_id.eq(change.refund),
            entries::reason.eq(change.reason),
            entries::actor.eq(change.actor),
            entries::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(true)
}
