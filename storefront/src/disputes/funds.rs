//! What a bank takes of a disputed payment, gives back, and charges for it. Notices name every movement so far, each with an id of its own, so that it
//! does not matter which of them come, how often, and in which order.

use crate::gateway::units;
use crate::gateway::webhook::Moved;
use crate::ids::{OrderId, PaymentId};
use crate::margins;
use crate::orders;
use crate::payments::{self, Payment};
use crate::schema::{disputed_funds as rows, payments as payment_rows};
use crm::disputes::{self, Dispute, DisputeId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, on_each, words};

words!(
    Kind {
        Withdrawn = "withdrawn",
        Reinstated = "reinstated",
        /// What the bank charges the shop for the dispute; below zero when it is given back.
        Fee = "fee",
    }
);

/// A movement as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Funds {
    pub id: i64,
    pub dispute_id: DisputeId,
    pub payment_id: Option<PaymentId>,
    pub kind: Kind,
    amount: i64,
    currency: String,
    pub booked_at: Time,
}

impl Funds {
    /// What the shop has less by it.
    pub fn money(&self) -> Result<Money> {
        let currency = Currency::parse(&self.currency)
            .ok_or_else(|| Error::unexpected(format!("a movement of dispute {} is in {}", self.dispute_id, self.currency)))?;
        Ok(Money::new(self.amount, currency))
    }
}

/// The movements of a dispute, in the order in which they were told.
pub fn funds(conn: &mut Conn, id: DisputeId) -> Result<Vec<Funds>> {
    Ok(rows::table.filter(rows::dispute_id.eq(id)).order(rows::id).select(Funds::as_select()).load(conn)?)
}

/// Books the movements that a notice names and that were not booked before. The dispute is claimed by the caller. Answers whether there are some
/// whose payment is not known yet.
pub(super) fn book(
    conn: &mut Conn,
    provider: &str,
    dispute: &Dispute,
    payment: Option<&Payment>,
    moved: &[Moved],
    now: Time,
) -> Result<bool> {
    // Whoever gives money back holds the order, and sees what was taken.
    if let Some(payment) = payment {
        orders::lock(conn, payment.order_id, now)?;
    }
    let mut new = Vec::new();
    for one in moved {
        let Some(currency) = Currency::parse(&one.currency.to_uppercase()) else {
            return Err(Error::unexpected(format!("movement {} of dispute {} is in {}", one.id, dispute.number, one.currency)));
        };
        // Where the shop's account is kept in another currency than the payment, all that is disputed of the payment went.
        let whole =
            if currency == dispute.currency()? { units::from_stripe(one.amount.saturating_abs(), currency)? } else { dispute.amount };
        let (kind, amount) = if one.amount < 0 { (Kind::Withdrawn, whole) } else { (Kind::Reinstated, -whole) };
        let reference = format!("{provider}:{}", one.id);
        if one.amount != 0 && insert(conn, dispute.id, payment, (kind, amount, &dispute.currency), &reference, now)? {
            new.push((kind, amount));
        }
        if one.fee != 0 {
            let fee = units::from_stripe(one.fee, currency)?;
            if insert(conn, dispute.id, payment, (Kind::Fee, fee, currency.code()), &reference, now)? {
                new.push((Kind::Fee, fee));
            }
        }
    }
    let all = funds(conn, dispute.id)?;
    if !all.is_empty() {
        disputes::took(conn, dispute.id, taken(&all).max(0))?;
    }
    if let Some(payment) = payment.filter(|_| !new.is_empty()) {
        follow(conn, payment, &new, now)?;
    }
    Ok(all.iter().any(|one| one.payment_id.is_none()))
}

/// Ties what was booked before it was known whose payment it is to that payment.
pub(super) fn tie(conn: &mut Conn, id: DisputeId, payment: &Payment, now: Time) -> Result<()> {
    orders::lock(conn, payment.order_id, now)?;
    let new: Vec<(Kind, i64)> = funds(conn, id)?.iter().filter(|one| one.payment_id.is_none()).map(|one| (one.kind, one.amount)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let loose = rows::table.filter(rows::dispute_id.eq(id)).filter(rows::payment_id.is_null());
    diesel::update(loose).set(rows::payment_id.eq(payment.id)).execute(conn)?;
    follow(conn, payment, &new, now)
}

/// The row of a movement. `false` when it is there already.
fn insert(
    conn: &mut Conn,
    dispute: DisputeId,
    payment: Option<&Payment>,
    (kind, amount, currency): (Kind, i64, &str),
    reference: &str,
    now: Time,
) -> Result<bool> {
    let row = (
        rows::dispute_id.eq(dispute),
        rows::payment_id.eq(payment.map(|payment| payment.id)),
        rows::kind.eq(kind),
        rows::amount.eq(amount),
        rows::currency.eq(currency),
        rows::reference.eq(reference),
        rows::booked_at.eq(now),
    );
    let added = on_each!(conn, c => diesel::insert_into(rows::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(added == 1)
}

/// What is gone and did not come back.
fn taken(all: &[Funds]) -> i64 {
    all.iter().filter(|one| one.kind != Kind::Fee).map(|one| one.amount).sum()
}

/// Brings the payment, the order's history and what the order leaves up to date. The order is locked.
fn follow(conn: &mut Conn, payment: &Payment, new: &[(Kind, i64)], now: Time) -> Result<()> {
    let own = rows::table.filter(rows::payment_id.eq(payment.id));
    let all: Vec<Funds> = own.select(Funds::as_select()).load(conn)?;
    let row = payment_rows::table.find(payment.id);
    diesel::update(row).set(payment_rows::taken.eq(taken(&all))).execute(conn)?;
    for (kind, amount) in new {
        let said = match kind {
            Kind::Withdrawn => "funds_withdrawn",
            Kind::Reinstated => "funds_reinstated",
            // A fee may be in another currency than the order; it stands with the dispute.
            Kind::Fee => continue,
        };
        orders::note(conn, payment.order_id, said, &amount.saturating_abs().to_string(), super::PROVIDER, now)?;
    }
    margins::follow(conn, payment.order_id, now)
}

/// What banks took of an order and charged for it, in the order's currency. Fees in others are in the report on service alone.
pub(crate) fn of_order(conn: &mut Conn, order: OrderId, currency: &str) -> Result<(i64, i64)> {
    let (mut gone, mut fees) = (0, 0);
    for payment in payments::of_order(conn, order)? {
        let own = rows::table.filter(rows::payment_id.eq(payment.id));
        let all: Vec<Funds> = own.select(Funds::as_select()).load(conn)?;
        let counted = !all.is_empty() && !payments::has_case(conn, payment.id)?;
        gone += if counted { taken(&all).max(0) } else { 0 };
        fees += all.iter().filter(|one| one.kind == Kind::Fee && one.currency == currency).map(|one| one.amount).sum::<i64>();
    }
    Ok((gone, fees))
}
