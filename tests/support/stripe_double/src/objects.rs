//! The objects as Stripe's API reference shows them, complete, for clients that miss every absent field.

use crate::books::{Books, Charge, Intent, IntentStatus, Refund, Session, SessionStatus};
use crate::params::Params;
use serde_json::{Value, json};

impl SessionStatus {
    fn as_str(self) -> &'static str {
        match self {
            SessionStatus::Open => "open",
            SessionStatus::Complete => "complete",
            SessionStatus::Expired => "expired",
        }
    }
}

impl IntentStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            IntentStatus::RequiresPaymentMethod => "requires_payment_method",
            IntentStatus::RequiresAction => "requires_action",
            IntentStatus::RequiresCapture => "requires_capture",
            IntentStatus::Succeeded => "succeeded",
            IntentStatus::Canceled => "canceled",
        }
    }
}

impl Books {
    pub fn show_session(&self, session: &Session, params: &Params) -> Value {
        let intent = session.intent.as_ref().and_then(|id| self.intents.get(id));
        let paid = intent.is_some_and(|intent| matches!(intent.status, IntentStatus::Succeeded | IntentStatus::RequiresCapture));
        let complete = session.status == SessionStatus::Complete;
        let shown = match intent {
            Some(intent) if params.expands("payment_intent") => self.show_intent(intent, params.expands("payment_intent.latest_charge")),
            Some(intent) => json!(intent.id),
            None => Value::Null,
        };
        let url = (session.status == SessionStatus::Open).then(|| format!("{}/pay/{}", self.base_url, session.id));
        let details = json!({
            "address": { "city": null, "country": "DE", "line1": null, "line2": null, "postal_code": null, "state": null },
            "business_name": null, "email": session.email, "individual_name": null, "name": "Jenny Rosen", "phone": null, "tax_exempt": "none", "tax_ids": [],
        });
        json!({
            "id": session.id, "object": "checkout.session", "adaptive_pricing": { "enabled": false }, "after_expiration": null,
            "allow_promotion_codes": null, "amount_subtotal": session.amount, "amount_total": session.amount,
            "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
            "billing_address_collection": null, "branding_settings": null, "cancel_url": session.cancel_url,
            "client_reference_id": session.client_reference_id, "client_secret": null, "collected_information": null, "consent": null,
            "consent_collection": null, "created": session.created, "currency": session.currency, "currency_conversion": null,
            "custom_fields": [],
            "custom_text": { "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null },
            "customer": null, "customer_account": null, "customer_creation": "if_required",
            "customer_details": if complete { details } else { Value::Null },
            "customer_email": session.email, "discounts": [], "excluded_payment_method_types": null, "expires_at": session.expires_at,
            "integration_identifier": null, "invoice": null, "invoice_creation": null, "livemode": false, "locale": session.locale,
            "metadata": session.metadata, "mode": "payment", "name_collection": null, "optional_items": null, "origin_context": null,
            "payment_intent": shown, "payment_link": null, "payment_method_collection": "if_required",
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
            "payment_method_types": ["card"],
            "payment_status": if complete && paid { "paid" } else { "unpaid" },
            "permissions": null, "phone_number_collection": { "enabled": false }, "presentment_details": null, "recovered_from": null,
            "saved_payment_method_options": null, "setup_intent": null, "shipping_address_collection": null, "shipping_cost": null,
            "shipping_options": [], "status": session.status.as_str(), "submit_type": null, "subscription": null,
            "success_url": session.success_url,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": "hosted_page", "url": url, "wallet_options": null,
        })
    }

    pub fn show_intent(&self, intent: &Intent, with_charge: bool) -> Value {
        let charge = intent.charge.as_ref().and_then(|id| self.charges.iter().find(|charge| &charge.id == id));
        let shown = match charge {
            Some(charge) if with_charge => self.show_charge(charge),
            Some(charge) => json!(charge.id),
            None => Value::Null,
        };
        let action = json!({
            "type": "redirect_to_url",
            "redirect_to_url": { "return_url": null, "url": format!("{}/pay/{}/authenticate", self.base_url, intent.session) },
        });
        json!({
            "id": intent.id, "object": "payment_intent", "amount": intent.amount,
            "amount_capturable": if intent.status == IntentStatus::RequiresCapture { intent.amount } else { 0 },
            "amount_details": { "tip": {} }, "amount_received": intent.received, "application": null, "application_fee_amount": null,
            "automatic_payment_methods": null, "canceled_at": intent.canceled_at,
            "cancellation_reason": null, "capture_method": if intent.manual { "manual" } else { "automatic" },
            "client_secret": format!("{}_secret_double", intent.id), "confirmation_method": "automatic", "created": intent.created,
            "currency": intent.currency, "customer": null, "customer_account": null, "description": intent.description,
            "excluded_payment_method_types": null, "last_payment_error": intent.last_error, "latest_charge": shown, "livemode": false,
            "metadata": intent.metadata,
            "next_action": if intent.status == IntentStatus::RequiresAction { action } else { Value::Null },
            "on_behalf_of": null, "payment_method": null, "payment_method_configuration_details": null,
            "payment_method_options": {
                "card": { "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic" },
            },
            "payment_method_types": ["card"], "processing": null, "receipt_email": null, "review": null, "setup_future_usage": null,
            "shipping": null, "source": null, "statement_descriptor": null, "statement_descriptor_suffix": null,
            "status": intent.status.as_str(), "transfer_data": null, "transfer_group": null,
        })
    }

    pub fn show_charge(&self, charge: &Charge) -> Value {
        let failed = charge.failure.is_some();
        let outcome = json!({
            "advice_code": null, "network_advice_code": null, "network_decline_code": if failed { json!("05") } else { Value::Null },
            "network_status": if failed { "declined_by_network" } else { "approved_by_network" },
            "reason": charge.failure, "risk_level": "normal", "risk_score": 20,
            "seller_message": if failed { "The bank declined the payment." } else { "Payment complete." },
            "type": if failed { "issuer_declined" } else { "authorized" },
        });
        json!({
            "id": charge.id, "object": "charge", "amount": charge.amount, "amount_captured": charge.captured, "amount_refunded": charge.refunded,
            "application": null, "application_fee": null, "application_fee_amount": null,
            "balance_transaction": if charge.captured > 0 { json!(charge.id.replacen("ch_", "txn_", 1)) } else { Value::Null },
            "billing_details": { "address": null, "email": null, "name": null, "phone": null, "tax_id": null },
            "calculated_statement_descriptor": "REGULARS", "captured": charge.captured > 0, "created": charge.created, "currency": charge.currency,
            "customer": null, "description": null, "destination": null, "dispute": null, "disputed": false,
            "failure_balance_transaction": null, "failure_code": if failed { json!("card_declined") } else { Value::Null },
            "failure_message": if failed { json!("Your card was declined.") } else { Value::Null },
            "fraud_details": {}, "livemode": false,
            // Stripe copies the metadata of the intent to its charges.
            "metadata": self.intents.get(&charge.intent).map(|intent| &intent.metadata), "on_behalf_of": null, "outcome": outcome, "paid": !failed,
            "payment_intent": charge.intent, "payment_method": charge.id.replacen("ch_", "pm_", 1),
            "payment_method_details": { "type": "card", "card": card(charge) },
            "presentment_details": null, "radar_options": {}, "receipt_email": null, "receipt_number": null, "receipt_url": null,
            "refunded": charge.refunded == charge.amount, "review": null, "shipping": null, "source": null, "source_transfer": null,
            "statement_descriptor": null, "statement_descriptor_suffix": null, "status": if failed { "failed" } else { "succeeded" },
            "transfer_data": null, "transfer_group": null,
        })
    }

    pub fn show_refund(&self, refund: &Refund) -> Value {
        json!({
            "id": refund.id, "object": "refund", "amount": refund.amount,
            "balance_transaction": if refund.moved { json!(refund.id.replacen("re_", "txn_", 1)) } else { Value::Null },
            "charge": refund.charge, "created": refund.created, "currency": refund.currency,
            "destination_details": {
                "card": { "reference": "1234567890", "reference_status": "available", "reference_type": "acquirer_reference_number", "type": "refund" },
                "type": "card",
            },
            "failure_reason": if refund.status == "failed" { json!("lost_or_stolen_card") } else { Value::Null },
            "metadata": refund.metadata, "payment_intent": refund.intent, "reason": refund.reason, "receipt_number": null,
            "source_transfer_reversal": null, "status": refund.status, "transfer_reversal": null,
        })
    }
}

fn card(charge: &Charge) -> Value {
    json!({
        "amount_authorized": charge.amount, "authorization_code": "123456", "brand": "visa",
        "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
        "country": "US", "exp_month": 12, "exp_year": 2034, "extended_authorization": { "status": "disabled" }, "fingerprint": "mToisGZ01V71BCos",
        "funding": "credit", "incremental_authorization": { "status": "unavailable" }, "installments": null, "last4": "4242", "mandate": null,
        "multicapture": { "status": "unavailable" }, "network": "visa", "network_token": { "used": false },
        "network_transaction_id": "784955105281", "overcapture": { "maximum_amount_capturable": charge.amount, "status": "unavailable" },
        "regulated_status": "unregulated", "three_d_secure": null, "wallet": null,
    })
}

/// A page of a list. All of it: the double's lists are short.
pub fn list(url: &str, data: Vec<Value>) -> Value {
    json!({ "object": "list", "data": data, "has_more": false, "url": url })
}
