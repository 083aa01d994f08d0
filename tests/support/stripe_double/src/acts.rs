//! What happens to a payment, and the events it causes: the shopper's side (pay, decline, authenticate, expire) and the money's side
//! (capture, cancel, refund).

use crate::books::{Books, Charge, Intent, IntentStatus, Refund, SessionStatus, now};
use crate::errors::Refusal;
use crate::params::Params;
use serde_json::{Map, Value, json};

/// Why the shopper's attempt did not go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPaid {
    NoSession,
    /// Paid already, or out of time.
    Closed,
}

impl Books {
    /// The card is good: the session completes.
    pub fn pay(&mut self, session: &str) -> Result<(), NotPaid> {
        let id = self.attempt(session)?;
        let charge = self.charge(&id, None);
        let manual = self.intents.get(&id).is_some_and(|intent| intent.manual);
        self.with_intent(&id, |intent| {
            intent.status = if intent.manual { IntentStatus::RequiresCapture } else { IntentStatus::Succeeded };
            intent.received = if intent.manual { 0 } else { intent.amount };
            intent.last_error = None;
        });
        if !manual && let Some(charge) = self.charge_mut(&charge) {
            charge.captured = charge.amount;
        }
        if let Some(session) = self.sessions.get_mut(session) {
            session.status = SessionStatus::Complete;
        }
        self.charge_happened("charge.succeeded", &charge);
        self.intent_happened(if manual { "payment_intent.amount_capturable_updated" } else { "payment_intent.succeeded" }, &id);
        self.session_happened("checkout.session.completed", session);
        Ok(())
    }

    /// The bank says no: the session stays open for another card.
    pub fn decline(&mut self, session: &str, code: &str) -> Result<(), NotPaid> {
        let id = self.attempt(session)?;
        let charge = self.charge(&id, Some(code));
        self.with_intent(&id, |intent| {
            intent.status = IntentStatus::RequiresPaymentMethod;
            intent.last_error = Some(json!({
                "advice_code": "try_again_later", "charge": charge, "code": "card_declined", "decline_code": code,
                "doc_url": "https://docs.stripe.com/error-codes/card-declined", "message": "Your card was declined.",
                "network_decline_code": "05", "param": "", "type": "card_error",
            }));
        });
        self.charge_happened("charge.failed", &charge);
        self.intent_happened("payment_intent.payment_failed", &id);
        Ok(())
    }

    /// The bank wants to see the shopper: 3-D Secure.
    pub fn challenge(&mut self, session: &str) -> Result<(), NotPaid> {
        let id = self.attempt(session)?;
        self.with_intent(&id, |intent| intent.status = IntentStatus::RequiresAction);
        self.intent_happened("payment_intent.requires_action", &id);
        Ok(())
    }

    /// Ends an open session, by time or by wish.
    pub fn expire(&mut self, session: &str) -> Result<(), NotPaid> {
        self.open_session(session)?;
        let intent = self.sessions.get_mut(session).and_then(|session| {
            session.status = SessionStatus::Expired;
            session.intent.clone()
        });
        if let Some(id) = intent {
            self.with_intent(&id, |intent| {
                intent.status = IntentStatus::Canceled;
                intent.canceled_at = Some(now());
            });
            self.intent_happened("payment_intent.canceled", &id);
        }
        self.session_happened("checkout.session.expired", session);
        Ok(())
    }

    /// Closes what ran out of time. Called before anything is looked at.
    pub fn tick(&mut self) {
        let late = |session: &&crate::books::Session| session.status == SessionStatus::Open && session.expires_at <= now();
        let late: Vec<String> = self.sessions.values().filter(late).map(|session| session.id.clone()).collect();
        for session in late {
            let _closed = self.expire(&session);
        }
    }

    pub fn capture(&mut self, id: &str, amount: Option<i64>) -> Result<(), Refusal> {
        let intent = self.intents.get(id).ok_or_else(|| Refusal::not_found("payment_intent", id))?.clone();
        if intent.status != IntentStatus::RequiresCapture {
            let message = format!("This PaymentIntent could not be captured because it has a status of {}.", intent.status.as_str());
            return Err(Refusal::state("payment_intent_unexpected_state", message));
        }
        let amount = amount.unwrap_or(intent.amount);
        if amount <= 0 || amount > intent.amount {
            return Err(Refusal::state("amount_too_large", "The requested capture amount is greater than the amount you can capture."));
        }
        self.with_intent(id, |intent| {
            intent.status = IntentStatus::Succeeded;
            intent.received = amount;
        });
        let charge = intent.charge.unwrap_or_default();
        if let Some(charge) = self.charge_mut(&charge) {
            charge.captured = amount;
        }
        if amount < intent.amount {
            self.put_refund(&charge, intent.amount - amount, "succeeded", false, None, Map::new());
        }
        self.charge_happened("charge.captured", &charge);
        self.intent_happened("payment_intent.succeeded", id);
        Ok(())
    }

    pub fn cancel(&mut self, id: &str) -> Result<(), Refusal> {
        let intent = self.intents.get(id).ok_or_else(|| Refusal::not_found("payment_intent", id))?.clone();
        let refused = |message: String| Err(Refusal::state("payment_intent_unexpected_state", message));
        match intent.status {
            IntentStatus::Succeeded | IntentStatus::Canceled => {
                return refused(format!("You cannot cancel this PaymentIntent because it has a status of {}.", intent.status.as_str()));
            }
            IntentStatus::RequiresCapture => {
                let charge = intent.charge.unwrap_or_default();
                self.put_refund(&charge, intent.amount, "succeeded", false, None, Map::new());
                self.charge_happened("charge.refunded", &charge);
            }
            // Stripe leaves the intents of an open session to the session.
            _ => {
                return refused(
                    "You cannot cancel this PaymentIntent because it belongs to an open Checkout Session; expire the session.".into(),
                );
            }
        }
        self.with_intent(id, |intent| {
            intent.status = IntentStatus::Canceled;
            intent.canceled_at = Some(now());
        });
        self.intent_happened("payment_intent.canceled", id);
        Ok(())
    }

    pub fn refund(
        &mut self,
        id: &str,
        amount: Option<i64>,
        reason: Option<String>,
        metadata: Map<String, Value>,
    ) -> Result<Refund, Refusal> {
        let intent = self.intents.get(id).ok_or_else(|| Refusal::not_found("payment_intent", id))?.clone();
        let charge = self.charges.iter().find(|charge| Some(&charge.id) == intent.charge.as_ref() && charge.failure.is_none()).cloned();
        let Some(charge) = charge.filter(|charge| charge.captured > 0) else {
            return Err(Refusal::state(
                "payment_intent_unexpected_state",
                "This PaymentIntent does not have a successful charge to refund.",
            ));
        };
        let left = charge.amount - charge.refunded;
        if left == 0 {
            return Err(Refusal::state("charge_already_refunded", format!("Charge {} has already been refunded.", charge.id)));
        }
        let amount = amount.unwrap_or(left);
        if amount <= 0 || amount > left {
            let message = format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
            return Err(Refusal::state("amount_too_large", message));
        }
        let status = if std::mem::take(&mut self.pending_refund) { "pending" } else { "succeeded" };
        let refund = self.put_refund(&charge.id, amount, status, true, reason, metadata);
        let shown = self.show_refund(&refund);
        self.happen("refund.created", shown);
        self.charge_happened("charge.refunded", &charge.id);
        Ok(refund)
    }

    /// Ends a pending refund, or takes a finished one back as `failed`.
    pub fn settle_refund(&mut self, id: &str, status: &'static str) -> bool {
        let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == id) else { return false };
        let was = std::mem::replace(&mut refund.status, status);
        let refund = refund.clone();
        if was != "failed"
            && status == "failed"
            && let Some(charge) = self.charge_mut(&refund.charge)
        {
            charge.refunded -= refund.amount;
        }
        let shown = self.show_refund(&refund);
        self.happen("refund.updated", shown);
        true
    }

    fn open_session(&mut self, id: &str) -> Result<(), NotPaid> {
        match self.sessions.get(id).map(|session| session.status) {
            None => Err(NotPaid::NoSession),
            Some(SessionStatus::Open) => Ok(()),
            Some(_) => Err(NotPaid::Closed),
        }
    }

    /// The payment intent of an open session; the first attempt makes it.
    fn attempt(&mut self, session: &str) -> Result<String, NotPaid> {
        self.tick();
        self.open_session(session)?;
        let fresh = self.id("pi");
        let Some(session) = self.sessions.get_mut(session) else { return Err(NotPaid::NoSession) };
        if let Some(id) = &session.intent {
            return Ok(id.clone());
        }
        session.intent = Some(fresh.clone());
        let intent = Intent {
            id: fresh.clone(),
            created: now(),
            session: session.id.clone(),
            amount: session.amount,
            received: 0,
            currency: session.currency.clone(),
            manual: session.manual,
            status: IntentStatus::RequiresPaymentMethod,
            description: session.intent_description.clone(),
            metadata: session.intent_metadata.clone(),
            charge: None,
            last_error: None,
            canceled_at: None,
        };
        self.intents.insert(fresh.clone(), intent);
        self.intent_happened("payment_intent.created", &fresh);
        Ok(fresh)
    }

    fn charge(&mut self, intent: &str, failure: Option<&str>) -> String {
        let id = self.id("ch");
        let (amount, currency) = self.intents.get(intent).map_or((0, String::new()), |intent| (intent.amount, intent.currency.clone()));
        let failure = failure.map(str::to_string);
        self.charges.push(Charge {
            id: id.clone(),
            created: now(),
            intent: intent.to_string(),
            amount,
            currency,
            captured: 0,
            refunded: 0,
            failure,
        });
        self.with_intent(intent, |intent| intent.charge = Some(id.clone()));
        id
    }

    fn put_refund(
        &mut self,
        charge: &str,
        amount: i64,
        status: &'static str,
        moved: bool,
        reason: Option<String>,
        metadata: Map<String, Value>,
    ) -> Refund {
        let id = self.id("re");
        let (intent, currency) = match self.charge_mut(charge) {
            Some(charge) => {
                charge.refunded += amount;
                (charge.intent.clone(), charge.currency.clone())
            }
            None => Default::default(),
        };
        let refund = Refund { id, created: now(), intent, charge: charge.to_string(), amount, currency, status, moved, reason, metadata };
        self.refunds.push(refund.clone());
        refund
    }

    fn with_intent(&mut self, id: &str, change: impl FnOnce(&mut Intent)) {
        if let Some(intent) = self.intents.get_mut(id) {
            change(intent);
        }
    }

    fn intent_happened(&mut self, kind: &str, id: &str) {
        if let Some(shown) = self.intents.get(id).map(|intent| self.show_intent(intent, false)) {
            self.happen(kind, shown);
        }
    }

    fn charge_happened(&mut self, kind: &str, id: &str) {
        if let Some(shown) = self.charges.iter().find(|charge| charge.id == id).map(|charge| self.show_charge(charge)) {
            self.happen(kind, shown);
        }
    }

    fn session_happened(&mut self, kind: &str, id: &str) {
        if let Some(shown) = self.sessions.get(id).map(|session| self.show_session(session, &Params::default())) {
            self.happen(kind, shown);
        }
    }
}
