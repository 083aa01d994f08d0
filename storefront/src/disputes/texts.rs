//! What the shop knows that speaks for it in a dispute, by Stripe's names for it: a draft, which staff read and change before it is sent.

use crate::address::Address;
use crate::ids::OrderId;
use crate::{orders, shipments};
use crm::disputes::{self, Dispute, Proof, Texts};
use kernel::{Conn, Result};

/// The texts that a bank is told, in the order of the form.
pub const TEXTS: [&str; 13] = [
    "product_description",
    "customer_name",
    "customer_email_address",
    "billing_address",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "cancellation_rebuttal",
    "duplicate_charge_explanation",
    "uncategorized_text",
];

/// What was typed last; before that, what order, parcels and evidence say.
pub fn texts(conn: &mut Conn, dispute: &Dispute) -> Result<Texts> {
    if let Some(answer) = disputes::answer_of(conn, dispute.id)? {
        return Ok(answer.texts.0);
    }
    let mut found = Texts::new();
    let mut put = |name: &str, parts: Vec<String>, between: &str| {
        let mut parts: Vec<String> = parts.into_iter().filter(|part| !part.trim().is_empty()).collect();
        parts.dedup();
        let text: String = parts.join(between).chars().take(disputes::TEXT).collect();
        found.insert(name.to_string(), text);
    };
    let said = disputes::evidence(conn, dispute.id)?.into_iter().filter(|part| part.kind == Proof::Text).map(|part| part.body).collect();
    put("uncategorized_text", said, "\n\n");
    if let Some(order) = dispute.order_id {
        let order = orders::get(conn, OrderId(order))?;
        let goods = orders::lines(conn, order.id)?.into_iter().map(|line| format!("{} × {} {}", line.quantity, line.title, line.options));
        put("product_description", goods.map(|line| line.trim().to_string()).collect(), "\n");
        let (billing, shipping) = (Address::stored(&order.billing_address)?, Address::stored(&order.shipping_address)?);
        put("customer_name", vec![billing.name.clone()], "");
        put("customer_email_address", vec![order.email.clone()], "");
        put("billing_address", billing.lines(), "\n");
        put("shipping_address", shipping.lines(), "\n");
        let sent = shipments::of_order(conn, order.id)?;
        put("shipping_carrier", sent.iter().map(|parcel| parcel.carrier.clone()).collect(), ", ");
        put("shipping_date", sent.iter().map(|parcel| parcel.shipped_at.format("%Y-%m-%d").to_string()).collect(), ", ");
        put("shipping_tracking_number", sent.iter().map(|parcel| parcel.tracking_number.clone()).collect(), ", ");
    }
    Ok(found)
}
