//! Disputed payments: the cardholder's side moves them, the shop sends evidence once.

use crate::books::{Books, now};
use crate::errors::Refusal;
use crate::params::Params;
use serde_json::{Map, Value, json};

/// Texts of the evidence that a shop may write; the other fields are files.
const TEXTS: [&str; 18] = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
];
const FILES: [&str; 9] = [
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
];
/// Characters of one text.
const LONGEST: usize = 20_000;

impl Books {
    /// The id of the dispute about what a session took.
    pub fn dispute_of(&self, session: &str) -> Option<String> {
        let intent = self.sessions.get(session)?.intent.as_ref()?;
        Some(format!("du_{intent}"))
    }

    /// Opens the dispute about what a session took, or moves it. `event` is the end of the event's type; of each movement of money the id, the
    /// amount and the fee are told.
    pub fn dispute(&mut self, session: &str, event: &str, status: &str, due_by: i64, movements: &[(&str, i64, i64)]) {
        let Some(intent) = self.sessions.get(session).and_then(|session| session.intent.clone()) else { return };
        let id = format!("du_{intent}");
        let shown = self.disputes.entry(id.clone()).or_insert_with(|| new(&id, &intent));
        shown["status"] = json!(status);
        shown["evidence_details"]["due_by"] = json!((due_by > 0).then_some(due_by));
        shown["balance_transactions"] = movements
            .iter()
            .map(|(id, amount, fee)| {
                json!({ "id": id, "object": "balance_transaction", "amount": amount, "currency": "eur", "fee": fee, "net": amount - fee,
                    "type": "adjustment", "reporting_category": if *amount < 0 { "dispute" } else { "dispute_reversal" } })
            })
            .collect();
        let shown = shown.clone();
        self.happen(&format!("charge.dispute.{event}"), shown);
    }

    /// Takes evidence, and with `submit` sends it to the bank, which can be done once.
    pub fn update_dispute(&mut self, id: &str, params: &Params) -> Result<Value, Refusal> {
        let Some(shown) = self.disputes.get_mut(id) else { return Err(Refusal::not_found("dispute", id)) };
        if !matches!(shown["status"].as_str(), Some("needs_response" | "warning_needs_response")) {
            return Err(Refusal::state("dispute_closed", "This dispute is closed, or its evidence was submitted."));
        }
        let evidence = params.object("evidence");
        for (name, text) in &evidence {
            if !TEXTS.contains(&name.as_str()) {
                return Err(Refusal::invalid(&format!("evidence[{name}]"), "The double takes texts that Stripe knows."));
            }
            if text.as_str().is_some_and(|text| text.chars().count() > LONGEST) {
                return Err(Refusal::invalid(&format!("evidence[{name}]"), "Invalid string: must be at most 20000 characters"));
            }
        }
        if let Some(known) = shown["evidence"].as_object_mut() {
            known.extend(evidence);
        }
        shown["evidence_details"]["has_evidence"] = json!(true);
        if params.get("submit") == Some("true") {
            shown["status"] = json!("under_review");
            shown["evidence_details"]["submission_count"] = json!(1);
        }
        let shown = shown.clone();
        self.happen("charge.dispute.updated", shown.clone());
        Ok(shown)
    }
}

fn new(id: &str, intent: &str) -> Value {
    let mut evidence: Map<String, Value> = TEXTS.iter().chain(&FILES).map(|name| (name.to_string(), Value::Null)).collect();
    evidence.insert("enhanced_evidence".into(), json!({}));
    json!({
        "id": id, "object": "dispute", "amount": 1690, "balance_transactions": [], "charge": "ch_1", "created": now(), "currency": "eur",
        "enhanced_eligibility_types": [], "evidence": evidence, "is_charge_refundable": false, "livemode": false, "metadata": {},
        "network_reason_code": null, "payment_intent": intent, "payment_method_details": null, "reason": "product_not_received", "status": "",
        "evidence_details": { "due_by": null, "enhanced_eligibility": {}, "has_evidence": false, "past_due": false, "submission_count": 0 },
    })
}
