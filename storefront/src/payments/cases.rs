//! Money that arrived when its order did not want it any more. It becomes a case with an automatic way back, never silence.

use super::{Payment, PaymentState, request_void};
use crate::ids::{OrderId, PaymentCaseId, PaymentId};
use crate::orders;
use crate::refunds;
use crate::schema::payment_cases;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Result, on_each};

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
    pub reason: String,
    pub amount: i64,
    pub state: String,
    pub created_at: Time,
}

/// Opens the case of a payment, once, and sends the money back: a refund of what was taken, a void of what is held.
pub(super) fn open(conn: &mut Conn, payment: &Payment, reason: &str, now: Time) -> Result<()> {
    let amount = payment.captured.max(payment.authorised);
    let row = (
        payment_cases::payment_id.eq(payment.id),
        payment_cases::order_id.eq(payment.order_id),
        payment_cases::reason.eq(reason),
        payment_cases::amount.eq(amount),
        payment_cases::state.eq("open"),
        payment_cases::created_at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(payment_cases::table).values(row).on_conflict_do_nothing().execute(c))?;
    let case: PaymentCaseId =
        payment_cases::table.filter(payment_cases::payment_id.eq(payment.id)).select(payment_cases::id).first(conn)?;
    if payment.captured > payment.refunded {
        refunds::request_unwanted(conn, payment, reason, now)?;
    } else if payment.state == PaymentState::Authorised {
        request_void(conn, payment, now)?;
    }
    orders::note(conn, payment.order_id, "payment_case", reason, "system", now)?;
    let event = Event::PaymentCaseOpened { order: payment.order_id.0, payment_case: case.0 };
    events::record(conn, "payments", &format!("case:{}", payment.id), &event, now)?;
    Ok(())
}

/// Keeps in sight money that could not be sent back by itself: a person has to see to it.
pub(crate) fn stuck(conn: &mut Conn, payment: &Payment, amount: i64, reason: &str, now: Time) -> Result<()> {
    let row = (
        payment_cases::payment_id.eq(payment.id),
        payment_cases::order_id.eq(payment.order_id),
        payment_cases::reason.eq(reason),
        payment_cases::amount.eq(amount),
        payment_cases::state.eq("open"),
        payment_cases::created_at.eq(now),
    );
    let again = (payment_cases::state.eq("open"), payment_cases::reason.eq(reason));
    on_each!(conn, c => diesel::insert_into(payment_cases::table)
        .values(row).on_conflict(payment_cases::payment_id).do_update().set(again).execute(c))?;
    Ok(())
}

/// Whether this payment's money was ever unwanted.
pub fn has_case(conn: &mut Conn, payment: PaymentId) -> Result<bool> {
    let cases: i64 = payment_cases::table.filter(payment_cases::payment_id.eq(payment)).count().get_result(conn)?;
    Ok(cases > 0)
}

/// The payments of an order whose money was ever unwanted.
pub(super) fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<PaymentId>> {
    Ok(payment_cases::table.filter(payment_cases::order_id.eq(order)).select(payment_cases::payment_id).load(conn)?)
}

/// Closes the case of a payment once its money went back.
pub(crate) fn resolve(conn: &mut Conn, payment: PaymentId, now: Time) -> Result<()> {
    diesel::update(payment_cases::table.filter(payment_cases::payment_id.eq(payment)).filter(payment_cases::state.eq("open")))
        .set((payment_cases::state.eq("resolved"), payment_cases::resolved_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

pub fn case(conn: &mut Conn, id: PaymentCaseId) -> Result<Case> {
    Ok(payment_cases::table.find(id).select(Case::as_select()).first(conn)?)
}

/// The case of a payment, if its money was ever unwanted.
pub fn case_of(conn: &mut Conn, payment: PaymentId) -> Result<Option<Case>> {
    Ok(payment_cases::table.filter(payment_cases::payment_id.eq(payment)).select(Case::as_select()).first(conn).optional()?)
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

/// How many cases wait for their money to be back where it came from.
pub fn open_cases(conn: &mut Conn) -> Result<i64> {
    Ok(payment_cases::table.filter(payment_cases::state.eq("open")).count().get_result(conn)?)
}
