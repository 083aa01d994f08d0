//! What an order still asks for after staff changed it or its held money was released, and the payments that ask for it.

use super::{Payment, PaymentState, VOID_JOB, cases, create, of_order, request_void};
use crate::company_accounts::{self, ACCOUNT};
use crate::edits;
use crate::ids::{OrderId, PaymentId};
use crate::orders::{self, Order, OrderStatus};
use crate::refunds;
use crate::schema::payments;
use crate::stored_value::is_stored;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Result, jobs};

/// Ways to pay where a person sees the money arrive.
pub const BY_HAND: [&str; 3] = ["bank_transfer", "cash_on_delivery", ACCOUNT];

/// Whether a person books the money of this provider.
pub fn by_hand(provider: &str) -> bool {
    BY_HAND.contains(&provider)
}

/// The money there is for an order, without what no order wants and without what was given back because the order came to less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    pub captured: i64,
    /// Held at a provider and not captured.
    pub authorised: i64,
    /// What banks took of what was captured. It is not asked for anew, for that is for the bank to decide, and cannot be given back.
    pub taken: i64,
}

impl Holding {
    /// What is missing to `total`.
    pub fn missing(self, total: i64) -> i64 {
        (total - self.captured - self.authorised).max(0)
    }

    /// What was taken beyond `total`.
    pub fn surplus(self, total: i64) -> i64 {
        (self.captured - self.taken - total).max(0)
    }
}

/// The money there is for an order; `except` one payment.
pub(crate) fn holding(conn: &mut Conn, order: OrderId, except: Option<PaymentId>) -> Result<Holding> {
    let unwanted = cases::of_order(conn, order)?;
    let mut holding = Holding::default();
    let counted = |payment: &&Payment| Some(payment.id) != except && !unwanted.contains(&payment.id);
    for payment in of_order(conn, order)?.iter().filter(counted) {
        holding.captured += payment.captured;
        holding.taken += payment.taken.max(0);
        if payment.state == PaymentState::Authorised {
            holding.authorised += payment.authorised;
        }
    }
    holding.captured -=
        refunds::surplus(conn, order)?.into_iter().filter(|(payment, _)| Some(*payment) != except).map(|row| row.1).sum::<i64>();
    Ok(holding)
}

/// Whether an order that stands asks for other money than the payment it was placed with: it was changed, or what was held for it was
/// released, by staff or because a card's hold ran out.
fn asks_anew(conn: &mut Conn, order: &Order) -> Result<bool> {
    let stands = matches!(order.status, OrderStatus::Confirmed | OrderStatus::Completed);
    Ok(stands && (edits::edited(conn, order.id)? || of_order(conn, order.id)?.iter().any(|payment| payment.state == PaymentState::Voided)))
}

/// What an order asks for anew. Zero for orders that stand as they were placed: those ask by their own payment.
pub fn balance(conn: &mut Conn, order: &Order) -> Result<i64> {
    if !asks_anew(conn, order)? {
        return Ok(0);
    }
    Ok(holding(conn, order.id, None)?.missing(order.total))
}

/// What was taken beyond what an order comes to: the way back of a surplus failed, or more was captured than it came to.
pub fn overpaid(conn: &mut Conn, order: &Order) -> Result<i64> {
    if order.status == OrderStatus::Cancelled || !edits::edited(conn, order.id)? {
        return Ok(0);
    }
    Ok(holding(conn, order.id, None)?.surplus(order.total))
}

/// Whether goods must not leave before somebody has paid or staff say so: the order asks anew for money that its buyer was to pay before
/// the delivery.
pub fn holds_back(conn: &mut Conn, order: &Order) -> Result<bool> {
    Ok(!by_hand(&order.payment_method) && balance(conn, order)? > 0)
}

/// Lets the payments of an order that asks anew ask for what it asks for, no more and no less: an open one is changed, closed or made,
/// and held money that is not needed is released. `method` is how the balance is to be paid; none goes on as before.
pub(crate) fn rebalance(conn: &mut Conn, order: OrderId, method: Option<&str>, now: Time) -> Result<()> {
    let order = orders::get(conn, order)?;
    if !asks_anew(conn, &order)? {
        return Ok(());
    }
    let holding = holding(conn, order.id, None)?;
    let all: Vec<Payment> = of_order(conn, order.id)?.into_iter().filter(|payment| !is_stored(&payment.provider)).collect();
    if holding.captured >= order.total {
        for payment in all.iter().filter(|payment| payment.state == PaymentState::Authorised) {
            request_void(conn, payment, now)?;
        }
    }
    let missing = holding.missing(order.total);
    let open: Vec<&Payment> = all.iter().filter(|payment| payment.state == PaymentState::Open).collect();
    let before = open.last().copied().or(all.last()).map(|payment| payment.provider.as_str());
    let provider = method.filter(|method| !method.is_empty()).or(before).unwrap_or(&order.payment_method);
    let mut asks = false;
    for payment in open.iter().rev() {
        let fits = !asks && missing > 0 && payment.provider == provider;
        match fits {
            true if payment.amount == missing => asks = true,
            // Nobody but the shop knows of this payment.
            true if by_hand(provider) => {
                let changed = (payments::amount.eq(missing), payments::updated_at.eq(now));
                diesel::update(payments::table.find(payment.id)).set(changed).execute(conn)?;
                asks = true;
            }
            _ => close(conn, payment, now)?,
        }
    }
    if missing > 0 && !asks {
        create(conn, order.id, provider, Money::new(missing, order.currency()?), now)?;
    }
    // A change that staff chose may come to more than a company's limit bears.
    if order.payment_method == ACCOUNT { company_accounts::follow(conn, order.id, method.is_some(), now) } else { Ok(()) }
}

/// Closes an open payment here at once, and at its provider by a job. Money that arrives all the same is looked at when it comes.
fn close(conn: &mut Conn, payment: &Payment, now: Time) -> Result<()> {
    let at_provider = !by_hand(&payment.provider) && payment.provider_reference.is_some();
    let state = if at_provider { PaymentState::Expired } else { PaymentState::Voided };
    diesel::update(payments::table.find(payment.id)).set((payments::state.eq(state), payments::updated_at.eq(now))).execute(conn)?;
    if at_provider {
        jobs::enqueue(conn, VOID_JOB, &payment.id.to_string(), Some(&format!("void:{}", payment.id)), now, now)?;
    }
    Ok(())
}
