//! Gift cards and store credit in the shopper's words.

use super::views::shared::{TotalRow, Totals};
use super::words::Words;
use crate::carts::Quote;
use crate::exchanges;
use crate::gift_cards;
use crate::orders::Order;
use crate::payments::{self, Payment};
use crate::refunds;
use crate::stored_value::{GIFT_CARD, STORE_CREDIT, is_stored};
use kernel::money::Money;
use kernel::{Conn, Result};

/// How a card is called: by its last four characters.
pub fn card_name(last_four: &str, words: &Words) -> Result<String> {
    words.with("gift-card-named", &[("last", last_four)])
}

/// The sums of a cart with what will pay them.
pub(super) fn planned(totals: Totals, quote: &Quote, words: &Words) -> Result<Totals> {
    let mut paid = Vec::new();
    let money = |minor: i64| Money::new(minor, quote.currency);
    for card in quote.stored.cards.iter().filter(|card| card.amount > 0) {
        paid.push(TotalRow { label: card_name(&card.last_four, words)?, amount: money(-card.amount) });
    }
    if quote.stored.credit > 0 {
        paid.push(TotalRow { label: words.get("store-credit"), amount: money(-quote.stored.credit) });
    }
    let due = (!paid.is_empty()).then(|| money(quote.due()));
    Ok(Totals { paid, due, ..totals })
}

/// The sums of an order with what paid them. Of an order that was changed, what was paid otherwise counts as well, while money is
/// missing.
pub(crate) fn paid(conn: &mut Conn, totals: Totals, order: &Order, words: &Words) -> Result<Totals> {
    let currency = order.currency()?;
    let surplus = refunds::surplus(conn, order.id)?;
    let mut paid = Vec::new();
    let mut left = order.total;
    for payment in payments::of_order(conn, order.id)?.iter().filter(|payment| is_stored(&payment.provider)) {
        let back: i64 = surplus.iter().filter(|(id, _)| *id == payment.id).map(|(_, amount)| amount).sum();
        if payment.captured > back {
            paid.push(TotalRow { label: name(conn, payment, words)?, amount: Money::new(back - payment.captured, currency) });
        }
        left -= payment.captured - back;
    }
    let balance = payments::balance(conn, order)?;
    if balance > 0 && left > balance {
        paid.push(TotalRow { label: words.get("totals-paid"), amount: Money::new(balance - left, currency) });
        left = balance;
    }
    let due = if paid.is_empty() { None } else { Some(Money::new(left, currency)) };
    Ok(Totals { paid, due, ..totals })
}

/// How the way of a payment is called.
pub(crate) fn name(conn: &mut Conn, payment: &Payment, words: &Words) -> Result<String> {
    match payment.provider.as_str() {
        GIFT_CARD => card_name(&gift_cards::of_payment(conn, payment.id)?.last_four, words),
        STORE_CREDIT if exchanges::of_order(conn, payment.order_id)?.is_some() => Ok(words.get("exchange-paid")),
        STORE_CREDIT => Ok(words.get("store-credit")),
        other => Ok(super::checkout::method_name(other, words)),
    }
}
