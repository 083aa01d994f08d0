//! What companies may owe the shop, and what they owe: buying on account.
//!
//! An order that is bought on account has a payment of the provider [`ACCOUNT`] that stays open until staff book the money. What is open
//! of it is a row of its own ([`Receivable`]), with the fees of reminders beside it; the exposure of the company's account is their sum, and grows only by a guarded update in the
//! placing commit ([`charge`]). Whatever changes the payments of an order ends in `follow`, which makes the receivable what they say
//! and writes the difference into the ledger, so that cancelling, changing and refunding need no rule of their own.

mod booking;
mod deposits;
mod dunning;
mod fees;
mod follow;
mod setting_off;
mod statement;

pub use booking::{Receipt, book, reverse};
pub(crate) use deposits::in_advance;
pub use deposits::{Deposit, deposit_figures, release, waits};
pub use dunning::{DUN_JOB, Level, dun_all, levels, pause, save_levels};
pub use fees::{is_fee, reverse_fee, waive};
pub use follow::Receivable;
pub(crate) use follow::{due_on, follow, hold, invoiced};
pub use setting_off::is_set_off;
pub(crate) use setting_off::{offset, refundable, settled_so};
pub use statement::{Item, Line, Totals, bookings, items, ledger, of_order, overdue, overdue_deposits, totals};

use crate::buying;
use crate::carts::Cart;
use crate::ids::{OrderId, PaymentId};
use crate::schema::{company_account_entries as entries, company_accounts as accounts, receivables};
use crate::shop;
use chrono::{Days, NaiveDate};
use crm::CompanyId;
use crm::companies;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use kernel::clock::Time;
use kernel::error::said;
use kernel::money::{Currency, Money};
use kernel::web::format;
use kernel::{Conn, Error, Result, on_each, prepared, words};

/// The way to pay, and the provider of its payments.
pub const ACCOUNT: &str = "account";
/// The message keys of what hinders an order on account.
pub const LIMIT_EXCEEDED: &str = "account-limit-exceeded";
pub const NOT_OFFERED: &str = "account-not-offered";
/// The longest time to pay, in days.
pub const MOST_DAYS: i64 = 365;
/// The most that a company may owe, in minor units.
const MOST: i64 = 100_000_000_000;

words!(
    AccountState {
        Open = "open",
        /// What is owed stays owed; nothing more is bought on account.
        Stopped = "stopped",
    }
);

words!(
    /// Why what a company owes became another.
    EntryKind {
        Charge = "charge",
        /// An order was cancelled or came to less.
        Release = "release",
        Payment = "payment",
        /// A payment was booked by mistake, or the bank took it back.
        Reversal = "reversal",
        /// Goods came back that were not paid yet.
        Credit = "credit",
        /// A reminder cost something.
        Fee = "fee",
        /// Staff let go of fees, or the order was cancelled.
        Waive = "waive",
        FeePayment = "fee_payment",
        FeeReversal = "fee_reversal",
    }
);

/// The terms of a company and what it owes. Amounts are minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = accounts)]
pub struct Account {
    pub company_id: CompanyId,
    pub currency: String,
    pub credit_limit: i64,
    /// What is owed, orders that were placed and not paid among it.
    pub exposure: i64,
    pub net_days: i64,
    pub state: AccountState,
    pub version: i64,
    pub updated_at: Time,
    /// The share of an order that is to be paid before its goods leave, in basis points; zero for none.
    pub deposit_bp: i64,
    /// Days from the order to the deposit's due date.
    pub deposit_days: i64,
}

impl Account {
    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency)
            .ok_or_else(|| Error::unexpected(format!("the account of company {} has currency {}", self.company_id, self.currency)))
    }

    /// What can still be bought on account.
    pub fn left(&self) -> i64 {
        (self.credit_limit - self.exposure).max(0)
    }
}

/// What staff agree with a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub currency: Currency,
    pub credit_limit: i64,
    pub net_days: i64,
    pub state: AccountState,
    pub deposit: Deposit,
}

pub fn find(conn: &mut Conn, company: CompanyId) -> Result<Option<Account>> {
    Ok(on_each!(conn, c => accounts::table.find(company).select(Account::as_select()).first(c)).optional()?)
}

/// The account on which a company buys: its own, else that of the nearest company above it that has one.
pub fn of_company(conn: &mut Conn, company: CompanyId) -> Result<Option<Account>> {
    // Itself first, then the companies above it.
    for above in companies::above(conn, company)? {
        if let Some(account) = find(conn, above)? {
            return Ok(Some(account));
        }
    }
    Ok(None)
}

/// Writes the terms of a company, as they were seen at `version`; zero opens an account. `Conflict` when they changed meanwhile. The currency
/// stays once anything was bought.
pub fn agree(conn: &mut Conn, company: CompanyId, version: i64, terms: &Terms, now: Time) -> Result<Account> {
    if !(0..=MOST).contains(&terms.credit_limit) {
        return Err(Error::field("credit_limit", "account-limit-invalid"));
    }
    if !(0..=MOST_DAYS).contains(&terms.net_days) {
        return Err(Error::field("net_days", "account-days-invalid"));
    }
    if !(0..=10_000).contains(&terms.deposit.bp) {
        return Err(Error::field("deposit", "account-deposit-invalid"));
    }
    if !(0..=MOST_DAYS).contains(&terms.deposit.days) {
        return Err(Error::field("deposit_days", "account-days-invalid"));
    }
    companies::get(conn, company)?;
    let Some(before) = find(conn, company)? else {
        if version != 0 {
            return Err(Error::conflict("account-changed"));
        }
        let row = (
            accounts::company_id.eq(company),
            accounts::currency.eq(terms.currency.code()),
            accounts::credit_limit.eq(terms.credit_limit),
            accounts::net_days.eq(terms.net_days),
            accounts::state.eq(terms.state),
            accounts::deposit_bp.eq(terms.deposit.bp),
            accounts::deposit_days.eq(terms.deposit.days),
            accounts::updated_at.eq(now),
        );
        let added = on_each!(conn, c => diesel::insert_into(accounts::table).values(row).on_conflict_do_nothing().execute(c))?;
        if added == 0 {
            return Err(Error::conflict("account-changed"));
        }
        return find(conn, company)?.ok_or(Error::NotFound);
    };
    if before.currency != terms.currency.code() {
        let used: Option<OrderId> =
            receivables::table.filter(receivables::company_id.eq(company)).select(receivables::order_id).first(conn).optional()?;
        if used.is_some() {
            return Err(Error::field("currency", "account-currency-used"));
        }
    }
    let update = diesel::update(accounts::table.find(company)).filter(accounts::version.eq(version)).set((
        accounts::currency.eq(terms.currency.code()),
        accounts::credit_limit.eq(terms.credit_limit),
        accounts::net_days.eq(terms.net_days),
        accounts::state.eq(terms.state),
        accounts::deposit_bp.eq(terms.deposit.bp),
        accounts::deposit_days.eq(terms.deposit.days),
        accounts::version.eq(accounts::version + 1i64),
        accounts::updated_at.eq(now),
    ));
    if prepared!(conn, update => execute)? == 0 {
        return Err(Error::conflict("account-changed"));
    }
    find(conn, company)?.ok_or(Error::NotFound)
}

/// On whose account a cart can be bought; none for a cart of nobody's company, or of one without an open account in its currency.
pub fn offer(conn: &mut Conn, cart: &Cart) -> Result<Option<Account>> {
    let Some(buyer) = buying::of_cart(conn, cart)? else { return Ok(None) };
    let account = of_company(conn, buyer.company)?;
    Ok(account.filter(|account| account.state == AccountState::Open && account.currency == cart.currency))
}

/// What is said when an order would come to more than what is left, in words with figures.
pub fn beyond(account: &Account, due: i64) -> Result<String> {
    let currency = account.currency()?;
    let left = Money::new(account.left(), currency);
    let missing = Money::new((due - account.left()).max(0), currency);
    Ok(said(LIMIT_EXCEEDED, &[("left", &format::money(left)), ("missing", &format::money(missing))]))
}

/// Charges an order that was just made of `cart` to the account of its buyer's company. `Conflict` says what is missing.
pub(crate) fn charge_cart(conn: &mut Conn, cart: &Cart, order: OrderId, amount: Money, now: Time) -> Result<()> {
    let Some(account) = offer(conn, cart)? else { return Err(Error::conflict(NOT_OFFERED)) };
    if charge(conn, account.company_id, order, amount, now)? {
        return Ok(());
    }
    let account = find(conn, account.company_id)?.ok_or(Error::NotFound)?;
    let open = account.state == AccountState::Open && account.currency == amount.currency.code();
    if open { Err(Error::conflict(beyond(&account, amount.minor)?)) } else { Err(Error::conflict(NOT_OFFERED)) }
}

/// Lets the company owe an order, in the commit that places it. `false` when the account does not bear it: exposure and order together pass the
/// limit, it was stopped, or it is in another currency. Nothing changed then. The order's payment was opened before.
pub fn charge(conn: &mut Conn, company: CompanyId, order: OrderId, amount: Money, now: Time) -> Result<bool> {
    if !raise(conn, company, amount, now)? {
        return Ok(false);
    }
    let account = find(conn, company)?.ok_or(Error::NotFound)?;
    let today = shop::get(conn)?.local(now).date();
    let later = |days: i64| today.checked_add_days(Days::new(u64::try_from(days).unwrap_or(0))).unwrap_or(today).to_string();
    let (deposit, _) = deposit_figures(account.deposit_bp, amount.minor, 0);
    let deposit_due = if deposit > 0 { later(account.deposit_days) } else { String::new() };
    let row = (
        receivables::order_id.eq(order),
        receivables::company_id.eq(company),
        receivables::open.eq(amount.minor),
        receivables::due_on.eq(later(account.net_days)),
        receivables::deposit_bp.eq(account.deposit_bp),
        receivables::deposit.eq(deposit),
        receivables::deposit_open.eq(deposit),
        receivables::deposit_due_on.eq(deposit_due),
    );
    on_each!(conn, c => diesel::insert_into(receivables::table).values(row).execute(c))?;
    let entry = Entry { company, order, payment: None, kind: EntryKind::Charge, amount: amount.minor, reference: "", note: "", day: today };
    write(conn, &entry, &format!("placed:{order}"), "customer", now)?;
    Ok(true)
}

/// The guarded update: what is owed and what is added stay within the limit.
fn raise(conn: &mut Conn, company: CompanyId, amount: Money, now: Time) -> Result<bool> {
    let minor = amount.minor;
    let update = diesel::update(accounts::table.find(company))
        .filter(accounts::state.eq(AccountState::Open))
        .filter(accounts::currency.eq(amount.currency.code()))
        .filter((accounts::exposure + minor).le(accounts::credit_limit))
        .set((accounts::exposure.eq(accounts::exposure + minor), accounts::updated_at.eq(now)));
    Ok(prepared!(conn, update => execute)? == 1)
}

/// Moves what is owed by what has happened already: nothing refuses it.
fn shift(conn: &mut Conn, company: CompanyId, minor: i64, now: Time) -> Result<()> {
    let update = diesel::update(accounts::table.find(company))
        .set((accounts::exposure.eq(accounts::exposure + minor), accounts::updated_at.eq(now)));
    prepared!(conn, update => execute)?;
    Ok(())
}

/// Receivables of which something is owed, written out and not bound as in the indexes: a planner that does not look at bound values finds them
/// only so.
fn is_owed() -> SqlLiteral<Bool> {
    diesel::dsl::sql("receivables.open + receivables.fees > 0")
}

struct Entry<'a> {
    company: CompanyId,
    order: OrderId,
    payment: Option<PaymentId>,
    kind: EntryKind,
    amount: i64,
    reference: &'a str,
    note: &'a str,
    day: NaiveDate,
}

/// Adds a line to the ledger. The caller moves the exposure.
fn write(conn: &mut Conn, entry: &Entry, key: &str, actor: &str, now: Time) -> Result<()> {
    let row = (
        entries::company_id.eq(entry.company),
        entries::order_id.eq(entry.order),
        entries::payment_id.eq(entry.payment),
        entries::kind.eq(entry.kind),
        entries::amount.eq(entry.amount),
        entries::reference.eq(entry.reference),
        entries::note.eq(entry.note),
        entries::actor.eq(actor),
        entries::dedupe_key.eq(key),
        entries::booked_on.eq(entry.day.to_string()),
        entries::created_at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(entries::table).values(row).execute(c))?;
    Ok(())
}
