//! What somebody has to see to about money. Money that arrived when its order did not want it any more has an automatic way back; a
//! refund or a capture that failed has none. Never silence.

use super::{Payment, PaymentState, request_void};
use crate::ids::{CaptureId, OrderId, PaymentCaseId, PaymentId, RefundId};
use crate::orders;
use crate::refunds;
use crate::schema::payment_cases;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Error;
use kernel::events::{self, Event};
use kernel::{Conn, Result, on_each, words};

/// The most characters of a note to a case.
pub const MAX_NOTE: usize = 500;

words!(
    /// What a case is about: money that no order wanted, a refund that failed, a capture that failed.
    CaseKind { Unwanted = "unwanted", Refund = "refund", Capture = "capture" }
);

/// What failed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failed {
    Refund(RefundId),
    Capture(CaptureId),
}

/// Whether money of an order is in the wrong place and somebody or something is about to see to it.
pub(crate) fn any_case(conn: &mut Conn, order: OrderId) -> Result<bool> {
    let open = payment_cases::table.filter(payment_cases::order_id.eq(order)).filter(payment_cases::state.eq("open"));
    Ok(open.count().get_result::<i64>(conn)? > 0)
}

#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = payment_cases)]
pub struct Case {
    pub id: PaymentCaseId,
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub kind: CaseKind,
    /// Why the money was not wanted, or what the provider said when something failed.
    pub reason: String,
    pub amount: i64,
    /// `open` or `resolved`.
    pub state: String,
    pub created_at: Time,
    pub resolved_at: Option<Time>,
    /// What the person noted who has seen to it.
    pub note: String,
    /// Who has seen to it; empty when it resolved by itself.
    pub seen_by: String,
}

/// Opens the case of a payment, once, and sends the money back: a refund of what was taken, a void of what is held.
pub(super) fn open(conn: &mut Conn, payment: &Payment, reason: &str, now: Time) -> Result<()> {
    let amount = payment.captured.max(payment.authorised);
    let row = (
        payment_cases::payment_id.eq(payment.id),
        payment_cases::order_id.eq(payment.order_id),
        payment_cases::kind.eq(CaseKind::Unwanted),
        payment_cases::reason.eq(reason),
        payment_cases::amount.eq(amount),
        payment_cases::state.eq("open"),
        payment_cases::created_at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(payment_cases::table).values(row).on_conflict_do_nothing().execute(c))?;
    let case: PaymentCaseId = payment_cases::table
        .filter(payment_cases::payment_id.eq(payment.id))
        .filter(payment_cases::kind.eq(CaseKind::Unwanted))
        .select(payment_cases::id)
        .first(conn)?;
    if payment.left() > 0 {
        refunds::request_unwanted(conn, payment, reason, now)?;
    } else if payment.state == PaymentState::Authorised {
        request_void(conn, payment, now)?;
    }
    orders::note(conn, payment.order_id, "payment_case", reason, "system", now)?;
    let event = Event::PaymentCaseOpened { order: payment.order_id.0, payment_case: case.0 };
    events::record(conn, "payments", &format!("case:{}", payment.id), &event, now)?;
    Ok(())
}

/// Keeps in sight what a provider refused or took back for good: a person has to see to it.
pub(crate) fn failed(conn: &mut Conn, payment: &Payment, what: Failed, amount: i64, reason: &str, now: Time) -> Result<()> {
    let (kind, subject) = match what {
        Failed::Refund(id) => (CaseKind::Refund, id.0),
        Failed::Capture(id) => (CaseKind::Capture, id.0),
    };
    let row = (
        payment_cases::payment_id.eq(payment.id),
        payment_cases::order_id.eq(payment.order_id),
        payment_cases::kind.eq(kind),
        payment_cases::subject_id.eq(subject),
        payment_cases::reason.eq(reason),
        payment_cases::amount.eq(amount),
        payment_cases::state.eq("open"),
        payment_cases::created_at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(payment_cases::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Whether this payment's money was ever unwanted.
pub fn has_case(conn: &mut Conn, payment: PaymentId) -> Result<bool> {
    let cases = payment_cases::table.filter(payment_cases::payment_id.eq(payment)).filter(payment_cases::kind.eq(CaseKind::Unwanted));
    Ok(cases.count().get_result::<i64>(conn)? > 0)
}

/// The payments of an order whose money was ever unwanted.
pub(super) fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<PaymentId>> {
    Ok(payment_cases::table
        .filter(payment_cases::order_id.eq(order))
        .filter(payment_cases::kind.eq(CaseKind::Unwanted))
        .select(payment_cases::payment_id)
        .load(conn)?)
}

/// Closes the cases of a payment whose money went back: that of money nobody wanted, and those of refunds that had failed once nothing
/// is left to go back.
pub(crate) fn resolve(conn: &mut Conn, payment: &Payment, now: Time) -> Result<()> {
    settle(conn, payment.id, CaseKind::Unwanted, now)?;
    if payment.refunded >= payment.captured { settle(conn, payment.id, CaseKind::Refund, now) } else { Ok(()) }
}

/// Closes the cases of captures that had failed: money of the payment was taken after all.
pub(super) fn captured(conn: &mut Conn, payment: PaymentId, now: Time) -> Result<()> {
    settle(conn, payment, CaseKind::Capture, now)
}

fn settle(conn: &mut Conn, payment: PaymentId, kind: CaseKind, now: Time) -> Result<()> {
    let open = payment_cases::table
        .filter(payment_cases::payment_id.eq(payment))
        .filter(payment_cases::kind.eq(kind))
        .filter(payment_cases::state.eq("open"));
    diesel::update(open).set((payment_cases::state.eq("resolved"), payment_cases::resolved_at.eq(now))).execute(conn)?;
    Ok(())
}

/// Closes a case because a person has seen to it, and keeps their note. `Conflict` when it is closed already, `Invalid` (`note`) when the
/// note is longer than [`MAX_NOTE`] characters. Moves no money.
pub fn see_to(conn: &mut Conn, id: PaymentCaseId, note: &str, actor: &str, now: Time) -> Result<Case> {
    if note.chars().count() > MAX_NOTE {
        return Err(Error::field("note", "admin-too-long"));
    }
    let order = case(conn, id)?.order_id;
    orders::lock(conn, order, now)?;
    let closed = diesel::update(payment_cases::table.find(id))
        .filter(payment_cases::state.eq("open"))
        .set((
            payment_cases::state.eq("resolved"),
            payment_cases::resolved_at.eq(now),
            payment_cases::note.eq(note),
            payment_cases::seen_by.eq(actor),
        ))
        .execute(conn)?;
    if closed == 0 {
        return Err(Error::conflict("admin-case-closed-already"));
    }
    orders::note(conn, order, "case_seen_to", note, actor, now)?;
    case(conn, id)
}

pub fn case(conn: &mut Conn, id: PaymentCaseId) -> Result<Case> {
    Ok(payment_cases::table.find(id).select(Case::as_select()).first(conn)?)
}

/// The case of a payment, if its money was ever unwanted.
pub fn case_of(conn: &mut Conn, payment: PaymentId) -> Result<Option<Case>> {
    Ok(payment_cases::table
        .filter(payment_cases::payment_id.eq(payment))
        .filter(payment_cases::kind.eq(CaseKind::Unwanted))
        .select(Case::as_select())
        .first(conn)
        .optional()?)
}

/// Cases, newest first.
pub fn list_cases(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Case>> {
    let before = PaymentCaseId(before.unwrap_or(i64::MAX));
    Ok(payment_cases::table
        .filter(payment_cases::id.lt(before))
        .order(payment_cases::id.desc())
        .limit(limit)
        .select(Case::as_select())
        .load(conn)?)
}

/// How many cases wait for their money to be back where it came from, or for a person.
pub fn open_cases(conn: &mut Conn) -> Result<i64> {
    Ok(payment_cases::table.filter(payment_cases::state.eq("open")).count().get_result(conn)?)
}
