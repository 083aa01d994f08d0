//! The mails that were written about an order.

use crate::orders::{self, Order};
use crate::{documents, edits, gift_cards, payments, refunds, returns, shipments};
use kernel::mail::{self, Mail};
use kernel::{Conn, Result};

/// The mail with the codes of gift cards that an order sold.
pub(super) const CARDS: &str = "gift_cards_sold";

/// Every mail about an order, oldest first: found by their causes, which follow from what became of the order.
pub fn of_order(conn: &mut Conn, order: &Order) -> Result<Vec<Mail>> {
    let mut causes =
        vec![format!("payment_link:{}", order.id), format!("order_confirmation:{}", order.id), format!("order_cancelled:{}", order.id)];
    for payment in payments::of_order(conn, order.id)? {
        causes.push(format!("payment_received:{}", payment.id));
        causes.extend(payments::case_of(conn, payment.id)?.map(|case| format!("payment_case_refund:{}", case.id)));
    }
    causes.extend(documents::of_order(conn, order.id)?.iter().map(|document| format!("account_invoice:{}", document.id)));
    causes.extend(edits::of_order(conn, order.id)?.iter().map(|edit| format!("order_edited:{}", edit.id)));
    causes.extend(shipments::of_order(conn, order.id)?.iter().map(|sent| format!("shipment_sent:{}", sent.id)));
    causes.extend(refunds::of_order(conn, order.id)?.iter().map(|refund| format!("refund_sent:{}", refund.id)));
    // Cards that were issued together have one mail, which is named by the first.
    let lines = orders::lines(conn, order.id)?;
    let cards = gift_cards::of_lines(conn, &lines)?;
    causes.extend(lines.iter().map(|line| format!("review_request:{}:{}", order.id, line.id)));
    causes.extend(cards.iter().map(|card| format!("{CARDS}:{}", card.id)));
    for back in returns::of_order(conn, order.id)? {
        causes.extend(returns::Status::ALL.iter().map(|status| format!("return_update:{}:{}", back.id, status.as_str())));
    }
    mail::of_causes(conn, &causes)
}
