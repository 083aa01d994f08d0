//! Mails about an order.

use super::{Mailer, Reader, language, offered};
use crate::exchanges::{self, Undone};
use crate::ids::{OrderId, PaymentCaseId, PaymentId, RefundId, ShipmentId};
use crate::orders::{self, Order, OrderLine, OrderStatus};
use crate::payments::{self, WishState};
use crate::refunds;
use crate::shipments;
use crate::stock;
use crate::stored_value::STORE_CREDIT;
use crate::web::orders::{back_to, paying, refund_parts, transfer};
use crate::web::views::mail::{
    MailLine, MailOrder, OrderCancelled, OrderConfirmation, PaymentCaseRefund, PaymentLink, PaymentReceived, PickupReady, RefundSent,
    ShipmentSent,
};
use crate::web::{shown, stored};
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Result};

/// An order with what every mail about it shows.
pub(super) struct Subject {
    pub order: Order,
    pub lines: Vec<OrderLine>,
    view: MailOrder,
    name: String,
}

impl Subject {
    pub fn load(conn: &mut Conn, id: i64, mailer: &Mailer) -> Result<Subject> {
        let order = orders::get(conn, OrderId(id))?;
        let lines = orders::lines(conn, order.id)?;
        let adjustments = orders::adjustments(conn, order.id)?;
        let language = language(&order.language);
        let words = mailer.words(language)?;
        let currency = order.currency()?;
        let line = |line: &OrderLine| mail_line(line, line.quantity, Money::new(line.subtotal, currency));
        let billing = order.billing_address()?;
        let view = MailOrder {
            number: order.number.clone(),
            url: mailer.order_url(conn, &order)?,
            lines: lines.iter().map(line).collect(),
            totals: stored::paid(conn, shown::order_totals(&order, &lines, &adjustments, &words)?, &order, &words)?,
            shipping_address: shown::address_lines(&order.shipping_address()?, language),
            billing_address: shown::billing_lines(&billing, &words),
            pickup: order.pickup_location_id.is_some(),
            shipping_method: shown::some(&order.shipping_method),
            payment_method: paying(conn, &order, &words)?,
        };
        Ok(Subject { order, lines, view, name: billing.name })
    }

    pub fn reader(&self) -> Reader<'_> {
        Reader { email: &self.order.email, name: &self.name, language: language(&self.order.language), store: self.order.store_id }
    }

    pub fn view(&self) -> MailOrder {
        self.view.clone()
    }

    pub fn money(&self, minor: i64) -> Result<Money> {
        Ok(Money::new(minor, self.order.currency()?))
    }
}

fn mail_line(line: &OrderLine, quantity: i64, total: Money) -> MailLine {
    MailLine { title: line.title.clone(), variant: shown::some(&line.options), quantity: line.measure().text(quantity), total }
}

/// The confirmation goes out when the shop accepts the order: for a card that is when the money is there.
pub fn confirmation(conn: &mut Conn, order: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let subject = Subject::load(conn, order, mailer)?;
    let words = mailer.words(language(&subject.order.language))?;
    let latest = payments::latest(conn, subject.order.id)?;
    let transfer = transfer(conn, &subject.order, latest.as_ref(), &words)?;
    let view = OrderConfirmation { order: subject.view.clone(), transfer };
    mailer.queue(conn, "order_confirmation", &order.to_string(), &subject.reader(), view, now)
}

/// Sends the link by which a customer pays what staff took down for them. Nothing for an order that waits for no payment. Called in the
/// transaction that places it.
pub fn payment_link(conn: &mut Conn, order: OrderId, now: Time, mailer: &Mailer) -> Result<()> {
    let subject = Subject::load(conn, order.0, mailer)?;
    let order = &subject.order;
    let Some(until) = order.payment_due_at.filter(|_| order.status == OrderStatus::Pending) else { return Ok(()) };
    let view = PaymentLink { order: subject.view.clone(), until };
    mailer.queue(conn, "payment_link", &order.id.to_string(), &subject.reader(), view, now)
}

/// Tells that money arrived which the shopper sent on their own. A card payment needs no mail: the confirmation says it.
pub fn payment_received(conn: &mut Conn, order: i64, payment: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let payment = payments::get(conn, PaymentId(payment))?;
    if payment.provider != "bank_transfer" {
        return Ok(());
    }
    let subject = Subject::load(conn, order, mailer)?;
    let view = PaymentReceived { order: subject.view.clone(), amount: subject.money(payment.captured)? };
    mailer.queue(conn, "payment_received", &payment.id.to_string(), &subject.reader(), view, now)
}

/// Tells that a parcel left. Whoever was handed the goods needs no mail about it.
pub fn shipment_sent(conn: &mut Conn, order: i64, shipment: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let subject = Subject::load(conn, order, mailer)?;
    if subject.order.pickup_location_id.is_some() {
        return Ok(());
    }
    let shipment = shipments::get(conn, ShipmentId(shipment))?;
    let mut contents = Vec::new();
    for (id, quantity) in shipments::lines_of(conn, shipment.id)? {
        if let Some(line) = subject.lines.iter().find(|line| line.id == id) {
            contents.push(mail_line(line, quantity, subject.money(line.measure().amount(line.unit_price, quantity))?));
        }
    }
    let view = ShipmentSent {
        order: subject.view.clone(),
        contents,
        carrier: shown::some(&shipment.carrier),
        tracking_number: shown::some(&shipment.tracking_number),
        tracking_url: shown::some(&shipment.tracking_url),
        offers: offered::of(conn, &subject.order, language(&subject.order.language), mailer, now)?,
    };
    mailer.queue(conn, "shipment_sent", &shipment.id.to_string(), &subject.reader(), view, now)
}

/// Tells that the goods wait at the place where the buyer picks them up.
pub fn pickup_ready(conn: &mut Conn, order: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let subject = Subject::load(conn, order, mailer)?;
    let Some(location) = subject.order.pickup_location_id else { return Ok(()) };
    let hours = stock::location(conn, location)?.hours.lines().map(str::to_string).collect();
    let view = PickupReady { order: subject.view.clone(), hours };
    mailer.queue(conn, "pickup_ready", &order.to_string(), &subject.reader(), view, now)
}

pub fn cancelled(conn: &mut Conn, order: i64, reason: &str, now: Time, mailer: &Mailer) -> Result<()> {
    let subject = Subject::load(conn, order, mailer)?;
    let words = mailer.words(language(&subject.order.language))?;
    let wished = |refund: &&refunds::Refund| refund.state != WishState::Failed && refund.reason == "cancelled";
    let all = refunds::of_order(conn, subject.order.id)?;
    let back: i64 = all.iter().filter(wished).map(|refund| refund.amount).sum();
    let mut credit = 0;
    if exchanges::undone(conn, subject.order.id)? == Some(Undone::Credit) {
        for refund in all.iter().filter(wished) {
            credit += if payments::get(conn, refund.payment_id)?.provider == STORE_CREDIT { refund.amount } else { 0 };
        }
    }
    let view = OrderCancelled {
        order: subject.view.clone(),
        reason: (reason == "unpaid").then(|| words.get("mail-cancelled-unpaid")),
        refund: if back > credit { Some(subject.money(back - credit)?) } else { None },
        credit: if credit > 0 { Some(subject.money(credit)?) } else { None },
    };
    mailer.queue(conn, "order_cancelled", &order.to_string(), &subject.reader(), view, now)
}

/// Tells of money that was sent back, but for money no order wanted: its own mail told that already.
pub fn refund_sent(conn: &mut Conn, order: i64, refund: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let subject = Subject::load(conn, order, mailer)?;
    let refund = refunds::get(conn, RefundId(refund))?;
    // What paid other goods is told by the mail about the return, and by that about the new order; what of it came back with that order
    // and went on to where the first one was paid from, by the mail that the new one is cancelled.
    let credit = payments::get(conn, refund.payment_id)?.provider == STORE_CREDIT;
    if exchanges::covers(conn, &refund)? || credit && exchanges::undone(conn, refund.order_id)? == Some(Undone::Rerouted) {
        return Ok(());
    }
    let words = mailer.words(language(&subject.order.language))?;
    let parts = refund_parts(conn, &refund, &subject.lines, subject.order.currency()?, &words)?;
    if parts.is_empty() {
        return Ok(());
    }
    // Reasons are the shop's notes, not sentences for the customer.
    let to = back_to(conn, &refund, &words)?;
    let view = RefundSent { order: subject.view.clone(), amount: subject.money(refund.amount)?, parts, to };
    mailer.queue(conn, "refund_sent", &refund.id.to_string(), &subject.reader(), view, now)
}

pub fn case_refund(conn: &mut Conn, order: i64, case: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let subject = Subject::load(conn, order, mailer)?;
    let case = payments::case(conn, PaymentCaseId(case))?;
    let reader = subject.reader();
    let view = PaymentCaseRefund {
        order_number: Some(subject.order.number.clone()),
        amount: subject.money(case.amount)?,
        shop_page: mailer.site(conn, reader.store)?.url(reader.language, "/"),
    };
    mailer.queue(conn, "payment_case_refund", &case.id.to_string(), &reader, view, now)
}
