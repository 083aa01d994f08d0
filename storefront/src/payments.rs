//! Payments, captures and what the provider says about them. The provider is asked outside any transaction; what it answered
//! comes in through [`settle`], by whichever way it arrived: the shopper's return, a webhook, a job.

mod at_once;
mod balance;
mod capture;
mod cases;
mod on_account;
mod release;
mod retry;
mod settle;

pub(crate) use at_once::create_captured;
pub use balance::{BY_HAND, Holding, balance, by_hand, holds_back, overpaid};
pub(crate) use balance::{holding, rebalance};
pub(crate) use capture::capturing;
pub use capture::{Pending, capturable, capture_failed, opening, pending_capture, record_receipt, request_capture};
pub use cases::{Case, CaseKind, MAX_NOTE, case, case_of, has_case, list_cases, open_cases, see_to};
pub(crate) use cases::{Failed, any_case, failed as alarm, resolve as resolve_cases};
pub(crate) use on_account::{record_part, reopen, split_settled};
pub use release::{releasable, request_release};
pub use retry::retry;
pub use settle::{Outcome, settle};

use crate::company_accounts::{self, ACCOUNT};
use crate::ids::{CaptureId, OrderId, PaymentId};
use crate::orders::{self, Order, OrderLine};
use crate::refunds;
use crate::schema::{captures, payments};
use crate::stored_value;
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, on_each, words};

/// Jobs that talk to the provider; the payload is the row's id.
pub const CAPTURE_JOB: &str = "payment.capture";
pub const VOID_JOB: &str = "payment.void";
pub const CHECK_JOB: &str = "payment.check";
/// The longest time that a page of a provider stands.
const PAGE: TimeDelta = TimeDelta::hours(23);
/// How long after it was made a payment is asked about by the clock.
const REMEMBERED: TimeDelta = TimeDelta::days(60);

words!(
    PaymentState {
        /// The shopper or the bank has not finished, or the money is expected on other terms.
        Open = "open",
        Authorised = "authorised",
        Captured = "captured",
        Voided = "voided",
        Failed = "failed",
        Expired = "expired",
    }
);
words!(
    /// A wish told to the provider, and what came of it. A failed one gave its amount back.
    WishState { Requested = "requested", Settled = "settled", Failed = "failed" }
);

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = payments)]
pub struct Payment {
    pub id: PaymentId,
    /// Our public id of it, which is also the idempotency key at the provider.
    pub key: String,
    pub order_id: OrderId,
    pub provider: String,
    pub provider_reference: Option<String>,
    pub redirect: Option<String>,
    pub state: PaymentState,
    pub currency: String,
    pub amount: i64,
    pub authorised: i64,
    pub captured: i64,
    /// Refunds asked for or done. Never above `captured`.
    pub refunded: i64,
    pub reason: String,
    pub created_at: Time,
    /// What the bank of somebody who disputes it took of it.
    pub taken: i64,
}

impl Payment {
    /// What can be given back: what was captured, less what was promised back, less what a bank took.
    pub fn left(&self) -> i64 {
        (self.captured - self.refunded - self.taken.max(0)).max(0)
    }

    pub fn money(&self) -> Result<Money> {
        Ok(Money::new(self.amount, self.currency()?))
    }

    /// Until when the provider's page for it stands, in Unix seconds: to the order's deadline, and less than the 24 hours that Stripe
    /// allows at most. The same each time, since the opening may be repeated.
    pub fn page_until(&self, due: Option<Time>) -> Option<i64> {
        due.map(|due| due.min(self.created_at + PAGE).and_utc().timestamp())
    }

    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("payment {} has currency {}", self.id, self.currency)))
    }
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = captures)]
pub struct Captured {
    pub id: CaptureId,
    pub key: String,
    pub payment_id: PaymentId,
    pub amount: i64,
    pub state: WishState,
    pub error: String,
    pub actor: String,
    pub created_at: Time,
}

/// What an order's payments sum to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub authorised: i64,
    pub captured: i64,
    pub refunded: i64,
    /// What was credited on account before it was paid. It is in none of the others.
    pub set_off: i64,
}

/// Opens the record of a payment. The provider is told after the commit.
pub fn create(conn: &mut Conn, order: OrderId, provider: &str, amount: Money, now: Time) -> Result<PaymentId> {
    let row = (
        payments::key.eq(format!("pay_{}", kernel::token::random())),
        payments::order_id.eq(order),
        payments::provider.eq(provider),
        payments::state.eq(PaymentState::Open),
        payments::currency.eq(amount.currency.code()),
        payments::amount.eq(amount.minor),
        payments::created_at.eq(now),
        payments::updated_at.eq(now),
    );
    Ok(on_each!(conn, c => diesel::insert_into(payments::table).values(row).returning(payments::id).get_result(c))?)
}

/// Keeps what the provider answered to the opening. A second answer to the same opening is the same.
pub fn opened(conn: &mut Conn, id: PaymentId, reference: &str, redirect: Option<&str>, now: Time) -> Result<()> {
    diesel::update(payments::table.find(id))
        .filter(payments::provider_reference.is_null().or(payments::provider_reference.eq(reference)))
        .set((payments::provider_reference.eq(reference), payments::redirect.eq(redirect), payments::updated_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

pub fn get(conn: &mut Conn, id: PaymentId) -> Result<Payment> {
    Ok(on_each!(conn, c => payments::table.find(id).select(Payment::as_select()).first(c))?)
}

pub fn find_by_reference(conn: &mut Conn, provider: &str, reference: &str) -> Result<Option<Payment>> {
    Ok(payments::table
        .filter(payments::provider.eq(provider))
        .filter(payments::provider_reference.eq(reference))
        .select(Payment::as_select())
        .first(conn)
        .optional()?)
}

pub fn find_by_key(conn: &mut Conn, key: &str) -> Result<Option<Payment>> {
    Ok(payments::table.filter(payments::key.eq(key)).select(Payment::as_select()).first(conn).optional()?)
}

pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Payment>> {
    Ok(on_each!(conn, c => payments::table.filter(payments::order_id.eq(order)).order(payments::id).select(Payment::as_select()).load(c))?)
}

/// The payment of an order that was opened last; gift cards and store credit were opened before what is left to pay.
pub fn latest(conn: &mut Conn, order: OrderId) -> Result<Option<Payment>> {
    Ok(of_order(conn, order)?.pop())
}

/// Captures of a payment, oldest first.
pub fn captures_of(conn: &mut Conn, payment: PaymentId) -> Result<Vec<Captured>> {
    Ok(captures::table.filter(captures::payment_id.eq(payment)).order(captures::id).select(Captured::as_select()).load(conn)?)
}

/// Sums for the statuses of an order: a refund counts once it is settled. Money beyond what a changed order comes to was never
/// captured for it, from the moment it is promised back.
pub fn sums(conn: &mut Conn, order: OrderId) -> Result<Sums> {
    let all = of_order(conn, order)?;
    let set_off = company_accounts::settled_so(&all);
    let paid_back = |refund: &refunds::Refund| {
        set_off == 0 || !all.iter().any(|payment| payment.id == refund.payment_id && company_accounts::is_set_off(payment))
    };
    let (mut refunded, mut surplus) = (0, 0);
    for refund in refunds::of_order(conn, order)?.into_iter().filter(paid_back) {
        match refund.state {
            WishState::Requested | WishState::Settled if refund.surplus => surplus += refund.amount,
            WishState::Settled => refunded += refund.amount,
            WishState::Requested | WishState::Failed => {}
        }
    }
    let held = all.iter().filter(|payment| payment.state == PaymentState::Authorised).map(|payment| payment.authorised).sum();
    let captured = all.iter().map(|payment| payment.captured).sum::<i64>() - surplus - set_off;
    Ok(Sums { authorised: held, captured, refunded, set_off })
}

/// Notes that a webhook was received. `false` when this event came before: then there is nothing more to do.
pub fn note_webhook(conn: &mut Conn, provider: &str, event_id: &str, kind: &str, reference: &str, now: Time) -> Result<bool> {
    use crate::schema::webhook_events as w;
    let row = (w::provider.eq(provider), w::event_id.eq(event_id), w::kind.eq(kind), w::reference.eq(reference), w::received_at.eq(now));
    let added = on_each!(conn, c => diesel::insert_into(w::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(added == 1)
}

/// Asks for a look at the provider soon: after a webhook, and for payments whose answer is overdue.
pub fn schedule_check(conn: &mut Conn, payment: PaymentId, now: Time) -> Result<()> {
    jobs::enqueue(conn, CHECK_JOB, &payment.to_string(), Some(&format!("check:{payment}")), now, now)
}

/// [`schedule_check`] of a payment of which nothing is expected: it waits behind those of which something is.
pub fn schedule_look(conn: &mut Conn, payment: PaymentId, now: Time) -> Result<()> {
    jobs::enqueue_as(conn, Class::Outside, CHECK_JOB, &payment.to_string(), Some(&format!("check:{payment}")), now, now)
}

/// Open payments that a provider may have settled without our hearing of it, untouched since `before`.
pub fn unheard(conn: &mut Conn, before: Time, limit: i64) -> Result<Vec<PaymentId>> {
    Ok(payments::table
        .filter(payments::state.eq(PaymentState::Open))
        .filter(payments::provider_reference.is_not_null())
        .filter(payments::provider.ne_all(BY_HAND))
        .filter(payments::updated_at.lt(before))
        .order(payments::updated_at)
        .limit(limit)
        .select(payments::id)
        .load(conn)?)
}

/// Payments of the last [`REMEMBERED`] days whose money one of `providers` took, and that nothing was heard of since `before`: somebody
/// may have given money back at the provider's own desk. Asking writes the moment, so each is asked about once in a while.
pub fn settled_before(conn: &mut Conn, providers: &[&str], before: Time, now: Time, limit: i64) -> Result<Vec<PaymentId>> {
    Ok(payments::table
        .filter(payments::state.eq(PaymentState::Captured))
        .filter(payments::provider.eq_any(providers))
        .filter(payments::provider_reference.is_not_null())
        .filter(payments::updated_at.lt(before))
        // No payment is younger than its last change: this keeps the search at the end of the index.
        .filter(payments::updated_at.gt(now - REMEMBERED))
        .filter(payments::created_at.gt(now - REMEMBERED))
        .order(payments::updated_at)
        .limit(limit)
        .select(payments::id)
        .load(conn)?)
}

/// Takes back what an order was to be paid with, when it is cancelled: money taken goes back, money held is released, an open
/// payment is closed.
pub(crate) fn undo(conn: &mut Conn, order: &Order, lines: &[OrderLine], actor: &str, now: Time) -> Result<()> {
    // Of a changed order more may have been taken than its lines come to.
    let surplus = holding(conn, order.id, None)?.surplus(order.total);
    refunds::request_surplus(conn, order, surplus, "cancelled", actor, now)?;
    refunds::request_rest(conn, order, lines, "cancelled", actor, now)?;
    for payment in of_order(conn, order.id)? {
        // Nobody but the shop knows of it, and what is owed is free again in this commit.
        if payment.provider == ACCOUNT && payment.state == PaymentState::Open {
            on_account::close(conn, &payment, now)?;
        } else if matches!(payment.state, PaymentState::Authorised | PaymentState::Open) {
            request_void(conn, &payment, now)?;
        }
    }
    Ok(())
}

/// What gift cards and store credit paid of an order.
pub fn stored(conn: &mut Conn, order: OrderId) -> Result<i64> {
    Ok(of_order(conn, order)?.iter().filter(|payment| stored_value::is_stored(&payment.provider)).map(|payment| payment.captured).sum())
}

/// What payments of one provider took of an order.
pub(crate) fn stored_by(conn: &mut Conn, order: OrderId, provider: &str) -> Result<i64> {
    Ok(of_order(conn, order)?.iter().filter(|payment| payment.provider == provider).map(|payment| payment.captured).sum())
}

/// Marks a payment to be closed at the provider by a job. Money that arrives all the same becomes a case.
pub(crate) fn request_void(conn: &mut Conn, payment: &Payment, now: Time) -> Result<()> {
    if payment.provider_reference.is_some() {
        return jobs::enqueue(conn, VOID_JOB, &payment.id.to_string(), Some(&format!("void:{}", payment.id)), now, now);
    }
    voided(conn, payment.id, now)
}

/// Records that nothing can be taken by this payment any more. Does nothing to one whose money was taken.
pub fn voided(conn: &mut Conn, id: PaymentId, now: Time) -> Result<()> {
    let changed = diesel::update(payments::table.find(id))
        .filter(payments::captured.eq(0))
        .set((payments::state.eq(PaymentState::Voided), payments::authorised.eq(0), payments::updated_at.eq(now)))
        .execute(conn)?;
    if changed == 1 {
        let order = get(conn, id)?.order_id;
        orders::note(conn, order, "payment_voided", "", "system", now)?;
        orders::refresh(conn, order, now)?;
        rebalance(conn, order, None, now)?;
    }
    Ok(())
}
