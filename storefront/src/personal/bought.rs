//! The orders of a person with everything that belongs to them.

use crate::orders::{self, Order};
use crate::schema::orders as order_rows;
use crate::{documents, gift_cards, payments, refunds, returns, shipments};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::money::Money;
use kernel::{Conn, Result};
use serde_json::{Value, json};

/// The newest first.
pub fn orders(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    let own: Vec<Order> =
        order_rows::table.filter(order_rows::customer_id.eq(id)).order(order_rows::id.desc()).select(Order::as_select()).load(conn)?;
    own.iter().map(|order| one(conn, order)).collect()
}

fn one(conn: &mut Conn, order: &Order) -> Result<Value> {
    let currency = order.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    let lines = orders::lines(conn, order.id)?;
    let goods: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({ "sku": line.sku, "title": line.title, "options": line.options, "quantity": line.measure().text(line.quantity),
                "unit_price": money(line.unit_price), "discount": money(line.discount), "tax": money(line.tax), "total": money(line.total) })
        })
        .collect();
    let cards: Vec<Value> = gift_cards::of_lines(conn, &lines)?
        .iter()
        .map(|card| json!({ "last_four": card.last_four, "amount": money(card.initial), "issued_at": card.created_at, "sent_to": card.recipient_email }))
        .collect();
    let paid: Vec<Value> = payments::of_order(conn, order.id)?
        .iter()
        .map(|payment| {
            json!({ "way": payment.provider, "state": payment.state, "amount": money(payment.amount), "captured": money(payment.captured),
                "at": payment.created_at })
        })
        .collect();
    let refunded: Vec<Value> = refunds::of_order(conn, order.id)?
        .iter()
        .map(|refund| json!({ "amount": money(refund.amount), "state": refund.state, "reason": refund.reason, "at": refund.created_at }))
        .collect();
    let parcels: Vec<Value> = shipments::of_order(conn, order.id)?
        .iter()
        .map(|parcel| json!({ "carrier": parcel.carrier, "tracking_number": parcel.tracking_number, "at": parcel.shipped_at }))
        .collect();
    let papers: Vec<Value> = documents::of_order(conn, order.id)?
        .iter()
        .map(|paper| json!({ "number": paper.label, "kind": paper.kind, "total": money(paper.total), "at": paper.issued_at }))
        .collect();
    let (billing, shipping) = (order.billing_address()?, order.shipping_address()?);
    let back = sent_back(conn, order)?;
    Ok(json!({
        "number": order.number, "placed_at": order.placed_at, "status": order.status, "payment_status": order.payment_status,
        "fulfilment_status": order.fulfilment_status, "email": order.email, "language": order.language, "note": order.note,
        "billing_address": billing, "billing_lines": billing.lines(), "shipping_address": shipping, "shipping_lines": shipping.lines(),
        "delivery": order.shipping_method, "payment_method": order.payment_method, "coupon": order.coupon_code, "lines": goods,
        "discount": money(order.discount), "shipping": money(order.shipping), "tax": money(order.tax), "total": money(order.total),
        "payments": paid, "refunds": refunded, "parcels": parcels, "documents": papers, "returns": back, "gift_cards": cards,
    }))
}

fn sent_back(conn: &mut Conn, order: &Order) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let sold = orders::lines(conn, order.id)?;
    let text = |part: &returns::ReturnLine, steps: i64| {
        let line = sold.iter().find(|line| line.id == part.order_line_id);
        line.map(orders::OrderLine::measure).unwrap_or_default().text(steps)
    };
    for back in returns::of_order(conn, order.id)? {
        let lines: Vec<Value> = returns::lines_of(conn, back.id)?
            .iter()
            .map(|line| json!({ "quantity": text(line, line.quantity), "reason": line.reason, "accepted": text(line, line.accepted) }))
            .collect();
        found.push(json!({ "number": back.number, "status": back.status, "comment": back.comment, "answer": back.message,
            "asked_at": back.requested_at, "lines": lines }));
    }
    Ok(found)
}
