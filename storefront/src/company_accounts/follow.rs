//! What an order owes on account follows from its payments.

use super::{ACCOUNT, Entry, EntryKind, deposits, fees, raise, settled_so, shift, write};
use crate::ids::OrderId;
use crate::orders::{self, OrderStatus};
use crate::payments::{self, Payment, PaymentState};
use crate::schema::{company_account_entries as entries, receivables};
use crate::shop;
use chrono::NaiveDate;
use crm::CompanyId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result, on_each, prepared};

/// What is open of an order that was bought on account. Amounts are minor units of the order's currency.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = receivables)]
pub struct Receivable {
    pub order_id: OrderId,
    /// Whose account it is: that of the buyer's company, or of one above it.
    pub company_id: CompanyId,
    pub open: i64,
    /// What was paid or credited of it.
    pub settled: i64,
    /// The invoice that stands; empty before there is one.
    pub invoice: String,
    /// A day as YYYY-MM-DD.
    pub due_on: String,
    /// Nobody is reminded of it.
    pub paused: bool,
    pub dunning_level: i64,
    pub dunned_at: Option<Time>,
    /// The share that is to be paid before the goods leave, in basis points, as it was agreed when the order was placed.
    pub deposit_bp: i64,
    /// What that share comes to.
    pub deposit: i64,
    /// What of the deposit is not paid: a part of `open`.
    pub deposit_open: i64,
    /// A day as YYYY-MM-DD; empty without a deposit.
    pub deposit_due_on: String,
    /// Why staff let the goods leave before the deposit was paid; empty when they did not.
    pub deposit_released: String,
    /// What is owed of the fees of reminders, beside `open`.
    pub fees: i64,
}

impl Receivable {
    pub fn due(&self) -> Result<NaiveDate> {
        self.due_on.parse().map_err(|_| Error::unexpected(format!("order {} is due on {}", self.order_id, self.due_on)))
    }

    /// The day by which the deposit is to be paid; none when nothing of it is open.
    pub fn deposit_due(&self) -> Result<Option<NaiveDate>> {
        if self.deposit_open == 0 {
            return Ok(None);
        }
        let day = self.deposit_due_on.parse();
        day.map(Some).map_err(|_| Error::unexpected(format!("order {}: deposit due on {}", self.order_id, self.deposit_due_on)))
    }
}

pub(super) fn find(conn: &mut Conn, order: OrderId) -> Result<Option<Receivable>> {
    Ok(on_each!(conn, c => receivables::table.find(order).select(Receivable::as_select()).first(c)).optional()?)
}

/// The day on which an order that was bought on account has to be paid, for its invoice; empty for other orders.
pub(crate) fn due_on(conn: &mut Conn, order: OrderId) -> Result<String> {
    Ok(find(conn, order)?.map(|found| found.due_on).unwrap_or_default())
}

/// Locks the account of an order that was bought on account to the end of the transaction: whoever places an order locks it before the row with
/// the numbers of documents, and so does whoever takes that row first otherwise.
pub(crate) fn hold(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    match find(conn, order)? {
        Some(found) => shift(conn, found.company_id, 0, now),
        None => Ok(()),
    }
}

/// Keeps the number of the invoice that stands for an order.
pub(crate) fn invoiced(conn: &mut Conn, order: OrderId, label: &str) -> Result<()> {
    let update = diesel::update(receivables::table.find(order)).set(receivables::invoice.eq(label));
    prepared!(conn, update => execute)?;
    Ok(())
}

/// Makes the receivable of an order what its payments say, and writes the difference into the ledger. Called by whatever changes them, in the
/// same transaction and with the order locked; doing it twice changes nothing. `chosen` says that somebody decided to let the order
/// come to more, which the limit may refuse; what happened by itself is only written down.
pub(crate) fn follow(conn: &mut Conn, order: OrderId, chosen: bool, now: Time) -> Result<()> {
    let Some(before) = find(conn, order)? else { return Ok(()) };
    let stored = orders::get(conn, order)?;
    let (mut open, mut settled) = (0, 0);
    let all: Vec<Payment> = payments::of_order(conn, order)?.into_iter().filter(|payment| payment.provider == ACCOUNT).collect();
    for payment in &all {
        if payment.state == PaymentState::Open && stored.status != OrderStatus::Cancelled {
            open += payment.amount;
        }
        settled += payment.captured;
    }
    deposits::follow(conn, &before, open, settled - settled_so(&all))?;
    // What is not bought is not late.
    if stored.status == OrderStatus::Cancelled && before.fees > 0 {
        fees::forgive(conn, &before, "", "system", now)?;
    }
    let received = settled - before.settled;
    let changed = open + settled - before.open - before.settled;
    if received == 0 && changed == 0 {
        return Ok(());
    }
    let more = open - before.open;
    if more > 0 && chosen {
        if !raise(conn, before.company_id, Money::new(more, stored.currency()?), now)? {
            return Err(Error::conflict("account-limit-order"));
        }
    } else {
        shift(conn, before.company_id, more, now)?;
    }
    let update = diesel::update(receivables::table.find(order)).set((receivables::open.eq(open), receivables::settled.eq(settled)));
    prepared!(conn, update => execute)?;
    let day = shop::get(conn)?.local(now).date();
    let written: i64 = entries::table.filter(entries::order_id.eq(order)).count().get_result(conn)?;
    let moved = [
        (changed, if changed > 0 { EntryKind::Charge } else { EntryKind::Release }),
        (-received, if received > 0 { EntryKind::Payment } else { EntryKind::Reversal }),
    ];
    for (amount, kind) in moved.into_iter().filter(|(amount, _)| *amount != 0) {
        let entry = Entry { company: before.company_id, order, payment: None, kind, amount, reference: "", note: "", day };
        write(conn, &entry, &format!("{}:{order}:{written}", kind.as_str()), "system", now)?;
    }
    Ok(())
}

/// Settles a part of what is open by an entry of its own, before the payments move: [`follow`] then finds nothing left to write.
pub(super) fn settle(conn: &mut Conn, receivable: &Receivable, entry: &Entry, key: &str, actor: &str, now: Time) -> Result<()> {
    shift(conn, receivable.company_id, entry.amount, now)?;
    let update = diesel::update(receivables::table.find(receivable.order_id))
        .set((receivables::open.eq(receivables::open + entry.amount), receivables::settled.eq(receivables::settled - entry.amount)));
    prepared!(conn, update => execute)?;
    write(conn, entry, key, actor, now)
}
