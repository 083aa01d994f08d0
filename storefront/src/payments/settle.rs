//! The one way in for what a provider says. Idempotent: the same answer twice changes nothing the second time.

use super::{Payment, PaymentState, capture, cases, get, holding, rebalance};
use crate::gateway::{Standing, State};
use crate::ids::PaymentId;
use crate::orders::{self, OrderStatus};
use crate::refunds;
use crate::schema::payments;
use crate::stored_value::is_stored;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Result};

/// What an answer meant for the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The shopper can still pay.
    Open,
    /// The money is there (held or taken) and the order stands.
    Paid,
    /// The payment cannot be paid any more; the order still can, by another one.
    Failed(String),
    /// Money for an order that does not want it: on its way back.
    SentBack,
}

/// Books the provider's `state` of a payment and moves the order on.
pub fn settle(conn: &mut Conn, id: PaymentId, state: &State, now: Time) -> Result<Outcome> {
    let order = get(conn, id)?.order_id;
    let order = orders::lock(conn, order, now)?;
    let before = get(conn, id)?;
    let after = book(conn, &before, state, now)?;
    let outcome = match after.state {
        PaymentState::Authorised | PaymentState::Captured => paid(conn, &before, &after, state, now)?,
        PaymentState::Open => Outcome::Open,
        PaymentState::Failed | PaymentState::Expired | PaymentState::Voided => Outcome::Failed(after.reason.clone()),
    };
    orders::refresh(conn, order.id, now)?;
    rebalance(conn, order.id, None, now)?;
    Ok(outcome)
}

/// Writes the provider's sums. They only grow: an answer that was overtaken by a later one takes nothing back.
fn book(conn: &mut Conn, before: &Payment, state: &State, now: Time) -> Result<Payment> {
    let captured = state.captured.max(before.captured);
    let authorised = state.authorised.max(captured).max(before.authorised);
    let (next, reason) = match &state.standing {
        _ if captured > 0 => (PaymentState::Captured, String::new()),
        Standing::Authorised => (PaymentState::Authorised, String::new()),
        Standing::Open | Standing::Processing | Standing::Captured => (before.state, last_decline(state)),
        Standing::Declined(decline) => (PaymentState::Failed, decline.message.clone()),
        Standing::Expired => (PaymentState::Expired, String::new()),
        Standing::Cancelled => (PaymentState::Voided, String::new()),
    };
    let over = matches!(next, PaymentState::Failed | PaymentState::Expired | PaymentState::Voided);
    if captured > before.captured {
        capture::book(conn, before, captured - before.captured, now)?;
    }
    diesel::update(payments::table.find(before.id))
        .set((
            payments::state.eq(next),
            payments::authorised.eq(if over { 0 } else { authorised }),
            payments::captured.eq(captured),
            payments::reason.eq(reason),
            payments::updated_at.eq(now),
        ))
        .execute(conn)?;
    let after = get(conn, before.id)?;
    // Our own refunds are counted from the moment they are asked for: more than that was given back at the provider's own desk.
    let (through, with_asked) = refunds::through_provider(conn, after.id)?;
    let outside = (state.refunded - with_asked).min(after.captured - after.refunded);
    if outside > 0 {
        refunds::record_outside(conn, &after, outside, now)?;
    }
    // Less than went through: a bank sent a refund back. Which one, only the provider can say.
    if state.refunded < through {
        refunds::schedule_check(conn, after.id, now)?;
    }
    get(conn, before.id)
}

fn last_decline(state: &State) -> String {
    state.last_decline.as_ref().map(|decline| decline.message.clone()).unwrap_or_default()
}

fn paid(conn: &mut Conn, before: &Payment, after: &Payment, state: &State, now: Time) -> Result<Outcome> {
    // Only new money asks what it is for. An order that was paid, cancelled and refunded is asked about again and again.
    if after.state == before.state && after.captured == before.captured && after.authorised == before.authorised {
        return Ok(if cases::has_case(conn, after.id)? { Outcome::SentBack } else { Outcome::Paid });
    }
    let order = orders::get(conn, after.order_id)?;
    let matches = state.currency.code() == after.currency
        && state.asked == after.amount
        && state.payment_key.as_ref().is_none_or(|key| *key == after.key);
    if !matches {
        cases::open(conn, after, "the amount differs from the order", now)?;
        return Ok(Outcome::SentBack);
    }
    let holds_money = |payment: &Payment| matches!(payment.state, PaymentState::Authorised | PaymentState::Captured);
    let others = super::of_order(conn, order.id)?;
    let others = others.iter().any(|other| other.id != after.id && holds_money(other) && !is_stored(&other.provider));
    // A changed order may ask for more than its first payment brought.
    let paid_otherwise = others && {
        let before = holding(conn, order.id, Some(after.id))?;
        let brings = if after.state == PaymentState::Captured { after.captured } else { after.authorised };
        before.captured + before.authorised + brings > order.total
    };
    match order.status {
        OrderStatus::Cancelled => {
            cases::open(conn, after, "the order was cancelled before the money came", now)?;
            return Ok(Outcome::SentBack);
        }
        _ if paid_otherwise => {
            cases::open(conn, after, "the order was paid by another payment", now)?;
            return Ok(Outcome::SentBack);
        }
        OrderStatus::Pending => {
            orders::confirm(conn, order.id, "payment", now)?;
        }
        OrderStatus::Confirmed | OrderStatus::Completed => {}
    }
    if after.state != before.state {
        orders::note(conn, order.id, after.state.as_str(), &after.authorised.to_string(), "provider", now)?;
        if after.state == PaymentState::Captured {
            let event = Event::PaymentSettled { order: order.id.0, payment: after.id.0 };
            events::record(conn, "payments", &format!("captured:{}", after.id), &event, now)?;
        }
    }
    Ok(Outcome::Paid)
}
