//! Which payments give how much back, and which part of the goods each of them is about.

use super::preview::LinePreview;
use crate::company_accounts::ACCOUNT;
use crate::ids::PaymentId;
use crate::payments::{Payment, PaymentState};
use crate::stored_value::{GIFT_CARD, STORE_CREDIT};
use kernel::money::scale;

/// What one payment gives back. `to_credit` gives it as store credit in place of the way it was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub payment: PaymentId,
    pub provider: String,
    pub to_credit: bool,
    pub amount: i64,
}

/// What a company owes first; then money, to where it came from; then store credit; gift cards last.
fn rank(payment: &Payment) -> u8 {
    match payment.provider.as_str() {
        ACCOUNT if payment.state == PaymentState::Open => 0,
        STORE_CREDIT => 2,
        GIFT_CARD => 3,
        _ => 1,
    }
}

/// What is left of each payment, in the order in which they give back.
pub(super) fn left(payments: &[Payment]) -> Vec<(&Payment, i64)> {
    let mut left: Vec<(&Payment, i64)> = payments.iter().map(|payment| (payment, payment.left())).filter(|(_, left)| *left > 0).collect();
    left.sort_by_key(|(payment, _)| (rank(payment), payment.id));
    left
}

/// Splits `amount` over the payments. The shares sum to less only when less is left.
pub(super) fn shares(payments: &[Payment], amount: i64, to_credit: bool) -> Vec<Share> {
    let mut missing = amount;
    let mut shares = Vec::new();
    for (payment, left) in left(payments) {
        let amount = left.min(missing);
        if amount > 0 {
            shares.push(Share { payment: payment.id, provider: payment.provider.clone(), to_credit, amount });
            missing -= amount;
        }
    }
    shares
}

/// Gives `amount` of the shares as store credit, from the last share on, so that what goes back goes back as money first. Store credit
/// that had paid is credit again anyway.
pub(super) fn exchanged(shares: Vec<Share>, amount: i64) -> Vec<Share> {
    let mut back = shares.iter().map(|share| share.amount).sum::<i64>() - amount;
    if amount == 0 {
        return shares;
    }
    let mut split = Vec::with_capacity(shares.len() + 1);
    for share in shares {
        let kept = share.amount.min(back.max(0));
        back -= kept;
        let credit = share.amount - kept;
        if kept > 0 {
            split.push(Share { amount: kept, ..share.clone() });
        }
        if credit > 0 {
            split.push(Share { amount: credit, to_credit: share.provider != STORE_CREDIT, ..share });
        }
    }
    split
}

/// The goods and the delivery of a wish, dealt out to the refunds that make it up. The units of a line belong to the first refund
/// that touches it; the others carry only their part of its amount.
pub(super) struct Parts {
    lines: Vec<(LinePreview, bool)>,
    shipping: i64,
}

impl Parts {
    pub fn new(lines: &[LinePreview], shipping: i64) -> Parts {
        Parts { lines: lines.iter().map(|line| (line.clone(), false)).collect(), shipping }
    }

    /// The next parts that come to `amount`, and the delivery in it.
    pub fn take(&mut self, amount: i64) -> (Vec<LinePreview>, i64) {
        let mut missing = amount;
        let mut taken = Vec::new();
        for (left, touched) in &mut self.lines {
            let amount = left.amount.min(missing);
            if *touched && amount == 0 || missing == 0 && left.amount > 0 {
                continue;
            }
            let tax = if amount == left.amount { left.tax } else { scale(left.tax, amount, left.amount) };
            let mut part = LinePreview { amount, tax, ..left.clone() };
            if *touched {
                (part.quantity, part.cancelled, part.returned, part.restock, part.withdrawn) = (0, 0, 0, false, 0);
            }
            *touched = true;
            left.amount -= amount;
            left.tax -= tax;
            missing -= amount;
            taken.push(part);
        }
        let shipping = self.shipping.min(missing);
        self.shipping -= shipping;
        (taken, shipping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrderLineId;

    fn line(id: i64, quantity: i64, amount: i64, tax: i64) -> LinePreview {
        let line = OrderLineId(id);
        LinePreview {
            line,
            quantity,
            amount,
            tax,
            cancelled: 0,
            returned: quantity,
            restock: true,
            stocked_variant: None,
            withdrawn: 0,
            reduction: false,
        }
    }

    #[test]
    fn an_exchange_keeps_its_part_and_the_rest_goes_back_the_way_it_was_paid() {
        let share =
            |id: i64, provider: &str, amount: i64| Share { payment: PaymentId(id), provider: provider.into(), to_credit: false, amount };
        let all = vec![share(1, "stripe", 1000), share(2, STORE_CREDIT, 200), share(3, GIFT_CARD, 300)];
        let told = |shares: Vec<Share>| shares.into_iter().map(|one| (one.payment.0, one.amount, one.to_credit)).collect::<Vec<_>>();
        assert_eq!(told(exchanged(all.clone(), 900)), [(1, 600, false), (1, 400, true), (2, 200, false), (3, 300, true)]);
        assert_eq!(told(exchanged(all.clone(), 1500)), [(1, 1000, true), (2, 200, false), (3, 300, true)]);
        assert_eq!(told(exchanged(all.clone(), 100)), [(1, 1000, false), (2, 200, false), (3, 200, false), (3, 100, true)]);
        assert_eq!(told(exchanged(all, 0)), [(1, 1000, false), (2, 200, false), (3, 300, false)]);
    }

    #[test]
    fn parts_sum_to_the_wish_and_units_are_told_once() {
        let mut parts = Parts::new(&[line(1, 2, 1000, 160), line(2, 1, 0, 0), line(3, 1, 500, 80)], 490);
        let (first, shipping) = parts.take(700);
        assert_eq!(first.iter().map(|part| (part.quantity, part.amount)).collect::<Vec<_>>(), [(2, 700), (1, 0)]);
        assert_eq!(shipping, 0);
        let (second, shipping) = parts.take(900);
        assert_eq!(second.iter().map(|part| (part.quantity, part.amount)).collect::<Vec<_>>(), [(0, 300), (1, 500)]);
        assert!(!second[0].restock && second[1].restock);
        assert_eq!(shipping, 100);
        let (rest, shipping) = parts.take(390);
        assert!(rest.is_empty() && shipping == 390);
        let tax: i64 = first.iter().chain(&second).map(|part| part.tax).sum();
        assert_eq!(tax, 240);
    }
}
