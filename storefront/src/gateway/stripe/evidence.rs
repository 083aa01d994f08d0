//! What speaks for the shop in a dispute, by Stripe's names (`evidence` of the Dispute object). Files are named there by ids of uploads, which
//! the client has no call for: they are added at Stripe's own site.

use super::once;
use crate::gateway::{GatewayError, failure};
use std::collections::BTreeMap;
use stripe::{Client, StripeRequest};
use stripe_core::dispute::{RetrieveDispute, UpdateDispute, UpdateDisputeEvidence};
use stripe_shared::DisputeStatus;

/// Sends it to the bank, which is possible once.
pub(super) async fn send(client: &Client, dispute: &str, texts: &BTreeMap<String, String>, key: &str) -> Result<(), GatewayError> {
    let once = once("dispute", key)?;
    let mut evidence = UpdateDisputeEvidence::new();
    for (name, text) in texts {
        let field = match name.as_str() {
            "product_description" => &mut evidence.product_description,
            "customer_name" => &mut evidence.customer_name,
            "customer_email_address" => &mut evidence.customer_email_address,
            "billing_address" => &mut evidence.billing_address,
            "shipping_address" => &mut evidence.shipping_address,
            "shipping_carrier" => &mut evidence.shipping_carrier,
            "shipping_date" => &mut evidence.shipping_date,
            "shipping_tracking_number" => &mut evidence.shipping_tracking_number,
            "refund_policy_disclosure" => &mut evidence.refund_policy_disclosure,
            "refund_refusal_explanation" => &mut evidence.refund_refusal_explanation,
            "cancellation_rebuttal" => &mut evidence.cancellation_rebuttal,
            "duplicate_charge_explanation" => &mut evidence.duplicate_charge_explanation,
            "uncategorized_text" => &mut evidence.uncategorized_text,
            other => return Err(GatewayError::Refused(format!("Stripe knows no evidence called {other}"))),
        };
        *field = Some(text.clone());
    }
    let request = UpdateDispute::new(dispute).evidence(evidence).submit(true);
    request.customize().request_strategy(once).send(client).await.map(drop).map_err(failure::read)
}

/// Whether something was sent to the bank, here or at Stripe's site.
pub(super) async fn answered(client: &Client, dispute: &str) -> Result<bool, GatewayError> {
    let known = RetrieveDispute::new(dispute).send(client).await.map_err(failure::read)?;
    let reviewed = matches!(known.status, DisputeStatus::UnderReview | DisputeStatus::WarningUnderReview);
    Ok(reviewed || known.evidence_details.submission_count > 0)
}
