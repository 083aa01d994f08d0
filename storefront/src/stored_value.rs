//! Paying with money that the customer has with the shop already: gift cards and store credit. Each use is a payment of the order,
//! captured when the order is placed, with an entry of its ledger behind it; what is left is paid the usual way.

use crate::carts::Cart;
use crate::company_accounts;
use crate::gift_cards;
use crate::ids::{GiftCardId, OrderId};
use crate::orders;
use crate::payments::{self, Payment};
use crate::store_credit::{self, EntryKind};
use crm::CustomerId;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Result};

/// The provider of a payment that a gift card made.
pub const GIFT_CARD: &str = "gift_card";
/// The provider of a payment made with store credit.
pub const STORE_CREDIT: &str = "store_credit";
/// The way to pay an order of which nothing is left to pay.
pub const COVERED: &str = "stored_value";

/// Whether a payment of this provider was made with gift cards or store credit.
pub fn is_stored(provider: &str) -> bool {
    matches!(provider, GIFT_CARD | STORE_CREDIT)
}

/// A gift card on a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardUse {
    pub id: GiftCardId,
    pub last_four: String,
    pub balance: i64,
    /// What it pays of the cart; zero when others pay all of it.
    pub amount: i64,
}

/// What gift cards and store credit pay of a cart. Amounts are minor units of the cart's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub cards: Vec<CardUse>,
    /// Cards on the cart that pay nothing any more, each with the reason as a text key.
    pub unusable: Vec<(CardUse, &'static str)>,
    pub credit: i64,
}

impl Plan {
    /// All that is paid so.
    pub fn sum(&self) -> i64 {
        self.cards.iter().map(|card| card.amount).sum::<i64>() + self.credit
    }
}

/// Figures what pays how much of a cart, of which `(total, sold_cards)` is the sum and the part of it that buys gift cards: the cards
/// in the order in which they were added, then the customer's credit. A gift card buys no gift card, or its expiry would mean nothing
/// and what was bought with it could be given back as another one.
pub(crate) fn plan(conn: &mut Conn, cart: &Cart, currency: Currency, (total, sold_cards): (i64, i64), now: Time) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut left = total - sold_cards;
    let ids = cart.gift_cards();
    let found = if ids.is_empty() { Vec::new() } else { gift_cards::of_ids(conn, &ids)? };
    for card in ids.iter().filter_map(|id| found.iter().find(|card| card.id == *id)) {
        let mut used = CardUse { id: card.id, last_four: card.last_four.clone(), balance: card.balance, amount: 0 };
        match card.refusal(currency, now) {
            Some(reason) => plan.unusable.push((used, reason)),
            None => {
                used.amount = card.balance.min(left);
                left -= used.amount;
                plan.cards.push(used);
            }
        }
    }
    left += sold_cards;
    if let Some(customer) = cart.customer_id.filter(|_| cart.use_store_credit && left > 0) {
        plan.credit = store_credit::balance(conn, customer, currency)?.min(left);
    }
    Ok(plan)
}

/// Takes what the plan says, as payments of the order, in the placing transaction. `false` when something holds less by now: the
/// caller then rolls back.
pub(crate) fn spend(conn: &mut Conn, plan: &Plan, order: OrderId, customer: CustomerId, currency: Currency, now: Time) -> Result<bool> {
    // Rows in one order, so that two orders cannot wait for each other.
    let mut cards: Vec<&CardUse> = plan.cards.iter().filter(|card| card.amount > 0).collect();
    cards.sort_by_key(|card| card.id);
    for card in cards {
        let (amount, reference) = (Money::new(card.amount, currency), format!("card:{}:order:{order}", card.id));
        let payment = payments::create_captured(conn, order, GIFT_CARD, &reference, amount, now)?;
        if !gift_cards::spend(conn, card.id, card.amount, payment, now)? {
            return Ok(false);
        }
    }
    if plan.credit > 0 {
        let (amount, reference) = (Money::new(plan.credit, currency), format!("customer:{customer}:order:{order}"));
        let payment = payments::create_captured(conn, order, STORE_CREDIT, &reference, amount, now)?;
        if !store_credit::spend(conn, customer, amount, payment, now)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Tells in the order's history what was paid so.
pub(crate) fn note(conn: &mut Conn, plan: &Plan, order: OrderId, now: Time) -> Result<()> {
    for card in plan.cards.iter().filter(|card| card.amount > 0) {
        orders::note(conn, order, "gift_card_used", &card.amount.to_string(), "customer", now)?;
    }
    if plan.credit > 0 {
        orders::note(conn, order, "store_credit_used", &plan.credit.to_string(), "customer", now)?;
    }
    Ok(())
}

/// Whether a refund of this payment is an entry of a ledger, and no provider has to be told.
pub(crate) fn at_once(payment: &Payment, to_credit: bool) -> bool {
    to_credit || is_stored(&payment.provider) || company_accounts::is_set_off(payment)
}

/// Writes a refund into the ledger it goes to: store credit in place of money, or where the payment came from.
pub(crate) fn give_back(
    conn: &mut Conn,
    payment: &Payment,
    refund: &crate::refunds::Refund,
    customer: CustomerId,
    actor: &str,
    now: Time,
) -> Result<()> {
    let amount = Money::new(refund.amount, payment.currency()?);
    let of = (payment.id, refund.id);
    match payment.provider.as_str() {
        _ if refund.to_credit => store_credit::give(conn, customer, EntryKind::Refunded, amount, of, actor, now),
        GIFT_CARD => gift_cards::give_back(conn, payment.id, refund.id, refund.amount, actor, now),
        STORE_CREDIT => store_credit::give(conn, customer, EntryKind::Returned, amount, of, actor, now),
        _ => Ok(()),
    }
}
