//! The jobs that talk to payment providers: each reads what is wished, calls outside any transaction, and writes what came of it.
//! Every call carries a key of its own, so that running a job twice does its work once.

use crate::disputes;
use crate::gateway::{self, Gateway, GatewayError, Gateways, Record, RefundStanding};
use crate::ids::{CaptureId, OrderId, PaymentId, RefundId};
use crate::orders::{self, CancelReason, OrderStatus};
use crate::payments::{self, Payment, PaymentState, WishState};
use crate::refunds;
use chrono::TimeDelta;
use crm::disputes::{self as answers, DisputeId, Sending};
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Db, Error, Result, jobs};
use std::sync::Arc;

/// How long a payment may stay unheard of before the provider is asked.
const UNHEARD: TimeDelta = TimeDelta::minutes(10);
/// How long a refund may stay on its way before the provider is asked again.
const PENDING: TimeDelta = TimeDelta::minutes(5);
const BATCH: i64 = 100;
/// How long nothing may be heard of a payment whose money was taken before the provider is asked.
const DAILY: TimeDelta = TimeDelta::days(1);
/// How many of those are asked about each minute.
const DAILY_BATCH: i64 = 20;

/// What the jobs need.
pub struct Cashier<'a> {
    pub db: &'a Db,
    pub gateways: &'a Gateways,
    pub now: Time,
}

impl Cashier<'_> {
    fn gateway(&self, payment: &Payment) -> Result<Arc<dyn Gateway>> {
        let found = self.gateways.find(&payment.provider).cloned();
        found.ok_or_else(|| Error::Unavailable(format!("the payment method {} is not configured", payment.provider)))
    }

    /// Asks how a payment stands and books the answer.
    pub fn check(&self, id: PaymentId) -> Result<()> {
        let payment = self.db.read_now(|conn| payments::get(conn, id))?;
        let Some(reference) = payment.provider_reference.clone() else { return Ok(()) };
        let gateway = self.gateway(&payment)?;
        if gateway.record() == Record::Shop {
            return Ok(());
        }
        let state = gateway::wait(gateway.state(&reference)).map_err(unreached)?;
        let now = self.now;
        self.db.write_now(move |conn| payments::settle(conn, id, &state, now))?;
        Ok(())
    }

    /// Asks the provider whose payment is disputed. `wanted` is what [`disputes::FIND_JOB`] carries; a payment of somebody else is passed over.
    pub fn find_disputed(&self, wanted: &str) -> Result<()> {
        let mut parts = wanted.splitn(3, ' ');
        let (Some(id), Some(provider), Some(reference)) = (parts.next(), parts.next(), parts.next()) else { return Ok(()) };
        let id = DisputeId(id.parse().map_err(Error::unexpected)?);
        let Some(gateway) = self.gateways.find(provider).cloned() else {
            return Err(Error::Unavailable(format!("the payment method {provider} is not configured")));
        };
        let state = match gateway::wait(gateway.state(reference)) {
            Ok(state) => state,
            Err(GatewayError::Refused(_) | GatewayError::Declined(_)) => return Ok(()),
            Err(other) => return Err(unreached(other)),
        };
        let Some(key) = state.payment_key else { return Ok(()) };
        let now = self.now;
        self.db.write_now(move |conn| match payments::find_by_key(conn, &key)? {
            Some(payment) => disputes::found(conn, id, &payment, now),
            None => Ok(()),
        })
    }

    /// Sends the bank the shop's answer to a dispute. One that was sent before, whose own answer was lost, is known by asking.
    pub fn answer_dispute(&self, id: DisputeId) -> Result<()> {
        let now = self.now;
        let Some(errand) = self.db.read_now(|conn| answers::errand(conn, id, now))? else { return Ok(()) };
        let Some(gateway) = self.gateways.find(&errand.provider).cloned() else {
            return Err(Error::Unavailable(format!("the payment method {} is not configured", errand.provider)));
        };
        let sent = match errand.late {
            true => Err(GatewayError::Refused(String::new())),
            false => gateway::wait(gateway.answer_dispute(&errand.reference, &errand.texts, &errand.key)),
        };
        let reason = match sent {
            Ok(()) => return self.db.write_now(move |conn| answers::sent(conn, id, now)),
            Err(GatewayError::Refused(reason) | GatewayError::Declined(reason)) => reason,
            Err(other) => return Err(unreached(other)),
        };
        match gateway::wait(gateway.dispute_answered(&errand.reference)) {
            Ok(true) => self.db.write_now(move |conn| answers::sent(conn, id, now)),
            Ok(false) | Err(GatewayError::Refused(_) | GatewayError::Declined(_)) => {
                let how = if errand.late { Sending::Late } else { Sending::Refused };
                self.db.write_now(move |conn| answers::not_sent(conn, id, how, &reason, now))
            }
            Err(other) => Err(unreached(other)),
        }
    }

    /// Tells the provider to take held money.
    pub fn capture(&self, id: CaptureId) -> Result<()> {
        let Some(wish) = self.db.read_now(|conn| payments::pending_capture(conn, id))? else { return Ok(()) };
        let gateway = self.gateway(&wish.payment)?;
        let reference = reference(&wish.payment)?;
        let amount = Money::new(wish.amount, wish.payment.currency()?);
        match gateway::wait(gateway.capture(&reference, amount, &wish.key)) {
            Ok(_) => self.check(wish.payment.id),
            Err(GatewayError::Refused(reason) | GatewayError::Declined(reason)) => {
                // A capture that went through before its answer was lost is refused the second time: believe the state first.
                self.check(wish.payment.id)?;
                let now = self.now;
                self.db.write_now(move |conn| payments::capture_failed(conn, id, &reason, now))
            }
            Err(other) => Err(unreached(other)),
        }
    }

    /// Tells the provider to release held money or to close a payment that nobody paid.
    pub fn void(&self, id: PaymentId) -> Result<()> {
        let payment = self.db.read_now(|conn| payments::get(conn, id))?;
        if matches!(payment.state, PaymentState::Captured | PaymentState::Voided) {
            return Ok(());
        }
        let Some(reference) = payment.provider_reference.clone() else {
            let now = self.now;
            return self.db.write_now(move |conn| payments::voided(conn, id, now));
        };
        let gateway = self.gateway(&payment)?;
        match gateway::wait(gateway.void(&reference, &format!("void_{}", payment.key))) {
            Ok(()) if gateway.record() == Record::Shop => {
                let now = self.now;
                self.db.write_now(move |conn| payments::voided(conn, id, now))
            }
            // Money was taken in the meantime: the state says so, and it becomes a case.
            Ok(()) | Err(GatewayError::Refused(_) | GatewayError::Declined(_)) => self.check(id),
            Err(other) => Err(unreached(other)),
        }
    }

    /// Tells the provider to give money back, or asks how that stands.
    pub fn refund(&self, id: RefundId) -> Result<()> {
        let (refund, payment) = self.db.read_now(|conn| {
            let refund = refunds::get(conn, id)?;
            let payment = payments::get(conn, refund.payment_id)?;
            Ok((refund, payment))
        })?;
        if refund.state != WishState::Requested {
            return Ok(());
        }
        let gateway = self.gateway(&payment)?;
        let now = self.now;
        if gateway.record() == Record::Shop {
            // A person pays it out; asking for the refund is the record of that.
            return self.db.write_now(move |conn| refunds::settle(conn, id, now));
        }
        let reference = reference(&payment)?;
        let amount = Money::new(refund.amount, payment.currency()?);
        let answer = match &refund.provider_reference {
            Some(known) => gateway::wait(gateway.refund_state(known)),
            None => self.submit(gateway.as_ref(), &reference, amount, &refund.key),
        };
        match answer {
            Ok(state) => self.refund_answered(id, state),
            Err(GatewayError::Refused(reason) | GatewayError::Declined(reason)) => {
                self.db.write_now(move |conn| refunds::failed(conn, id, &reason, now))
            }
            Err(other) => Err(unreached(other)),
        }
    }

    /// A refund whose answer was lost is looked for before it is asked for again.
    fn submit(&self, gateway: &dyn Gateway, reference: &str, amount: Money, key: &str) -> Result<gateway::RefundState, GatewayError> {
        match gateway::wait(gateway.refund(reference, amount, key)) {
            Err(GatewayError::Unknown(reason)) => match gateway::wait(gateway.find_refund(reference, key))? {
                Some(found) => Ok(found),
                None => Err(GatewayError::Unknown(reason)),
            },
            other => other,
        }
    }

    fn refund_answered(&self, id: RefundId, state: gateway::RefundState) -> Result<()> {
        let now = self.now;
        let reference = state.reference.clone();
        self.db.write_now(move |conn| refunds::submitted(conn, id, &reference))?;
        match state.standing {
            RefundStanding::Succeeded => self.db.write_now(move |conn| refunds::settle(conn, id, now)),
            RefundStanding::Failed(reason) => self.db.write_now(move |conn| refunds::failed(conn, id, &reason, now)),
            // Banks take days: ask again in a while, as often as it takes.
            RefundStanding::Pending => self.db.write_now(move |conn| {
                let key = format!("refund:{id}:{}", now.and_utc().timestamp());
                jobs::enqueue(conn, refunds::SUBMIT_JOB, &id.to_string(), Some(&key), now + PENDING, now)
            }),
        }
    }

    /// Asks whether the refunds of a payment still stand, and books the answers: a bank may send money back weeks later. Plans the next
    /// look by itself.
    pub fn check_refunds(&self, id: PaymentId) -> Result<()> {
        let now = self.now;
        let (payment, refunds) = self.db.read_now(|conn| Ok((payments::get(conn, id)?, refunds::at_provider(conn, id)?)))?;
        // A provider that was switched off since cannot be asked, and nothing is expected of it.
        let asked = payment.provider_reference.clone().zip(self.gateways.find(&payment.provider).cloned());
        let Some((reference, gateway)) = asked.filter(|(_, gateway)| gateway.record() == Record::Provider) else { return Ok(()) };
        let mut all_told = true;
        let mut standing = 0;
        for refund in refunds {
            let Some(known) = &refund.provider_reference else { continue };
            match gateway::wait(gateway.refund_state(known)) {
                Ok(state) => {
                    standing += if matches!(state.standing, RefundStanding::Failed(_)) { 0 } else { refund.amount };
                    self.refund_told(refund.id, state.standing)?;
                }
                Err(GatewayError::Refused(reason) | GatewayError::Declined(reason)) => {
                    tracing::warn!(refund = refund.id.0, reason, "the payment provider does not tell of a refund");
                    all_told = false;
                }
                Err(other) => return Err(unreached(other)),
            }
        }
        let state = gateway::wait(gateway.state(&reference)).map_err(unreached)?;
        self.db.write_now(move |conn| {
            // Without the shop's own refunds that stand: what was given back at the provider's own desk.
            if all_told {
                refunds::outside_lost(conn, id, state.refunded - standing, now)?;
            }
            payments::settle(conn, id, &state, now)?;
            let payment = payments::get(conn, id)?;
            refunds::watch(conn, &payment, now)
        })
    }

    fn refund_told(&self, id: RefundId, standing: RefundStanding) -> Result<()> {
        let now = self.now;
        match standing {
            RefundStanding::Succeeded => self.db.write_now(move |conn| refunds::settle(conn, id, now)),
            RefundStanding::Failed(reason) => self.db.write_now(move |conn| {
                refunds::failed(conn, id, &reason, now)?;
                refunds::came_back(conn, id, &reason, now)
            }),
            RefundStanding::Pending => Ok(()),
        }
    }

    /// Asks about payments whose webhook was lost: open ones soon, and those whose money was taken once a day. Runs by the clock.
    pub fn reconcile(&self) -> Result<()> {
        let now = self.now;
        let tellers = self.gateways.all().iter().filter(|gateway| gateway.record() == Record::Provider);
        let tellers: Vec<&str> = tellers.map(|gateway| gateway.name()).collect();
        let (open, taken) = self.db.read_now(|conn| {
            let open = payments::unheard(conn, now - UNHEARD, BATCH)?;
            Ok((open, payments::settled_before(conn, &tellers, now - DAILY, now, DAILY_BATCH)?))
        })?;
        self.db.write_now(move |conn| {
            open.iter().try_for_each(|id| payments::schedule_check(conn, *id, now))?;
            taken.iter().try_for_each(|id| payments::schedule_look(conn, *id, now))
        })
    }

    /// Cancels orders that nobody paid in time. Runs by the clock. The provider is asked first, for the money may have come without
    /// a word; when it does not answer, the order is cancelled all the same, and money that comes later becomes a case.
    pub fn expire(&self) -> Result<()> {
        let now = self.now;
        for order in self.db.read_now(|conn| orders::overdue(conn, now, BATCH))? {
            if let Err(error) = self.ask_last(order) {
                tracing::warn!(order = order.0, %error, "an overdue payment could not be checked");
            }
            self.db.write_now(move |conn| {
                if orders::get(conn, order)?.status == OrderStatus::Pending {
                    orders::cancel(conn, order, CancelReason::Unpaid, "system", now)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn ask_last(&self, order: OrderId) -> Result<()> {
        let open = self.db.read_now(|conn| payments::of_order(conn, order))?;
        open.iter().filter(|payment| payment.state == PaymentState::Open).try_for_each(|payment| self.check(payment.id))
    }
}

fn reference(payment: &Payment) -> Result<String> {
    payment.provider_reference.clone().ok_or_else(|| Error::Unavailable("the provider was not told of this payment yet".into()))
}

/// An outage of the provider: the job is tried again later.
fn unreached(error: GatewayError) -> Error {
    Error::Unavailable(error.to_string())
}
