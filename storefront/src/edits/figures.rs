//! The amounts of a line that has more or fewer units than before. Nothing is priced again: fewer units keep their share of what is
//! stored, more units cost the unit price that is frozen in the line, and no reduction grows.

use crate::orders::OrderLine;
use crate::pricing::{Step, first_units};
use crate::tax::Rate;
use crate::units::Measure;
use serde::{Deserialize, Serialize};

/// What a line comes to, in minor units of the order's currency. `total` holds the tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    pub quantity: i64,
    pub subtotal: i64,
    pub discount: i64,
    pub tax: i64,
    pub total: i64,
}

impl Amounts {
    pub fn of(line: &OrderLine) -> Amounts {
        Amounts { quantity: line.quantity, subtotal: line.subtotal, discount: line.discount, tax: line.tax, total: line.total }
    }

    /// Units at a price without any reduction.
    pub fn fresh(unit_price: i64, quantity: i64, measure: Measure, rate: &Rate, tax_included: bool) -> Amounts {
        Amounts::costing(measure.amount(unit_price, quantity), quantity, rate, tax_included)
    }

    fn costing(subtotal: i64, quantity: i64, rate: &Rate, tax_included: bool) -> Amounts {
        let taxed = rate.tax(subtotal, tax_included);
        Amounts { quantity, subtotal, discount: 0, tax: taxed.tax, total: taxed.gross }
    }
}

/// How a line is taxed.
pub fn rate_of(line: &OrderLine) -> Rate {
    Rate::frozen(&line.taxes.0, line.tax_rate_bp, &line.tax_reason)
}

/// The amounts of `line` with `quantity` units. The first units of a line are those that a refund would take first, so that what was
/// given back before stays their share.
pub fn resized(line: &OrderLine, quantity: i64, tax_included: bool) -> Amounts {
    let before = Amounts::of(line);
    if quantity == line.quantity {
        return before;
    }
    if quantity > line.quantity {
        // What is added is the difference of two lines, so that both are rounded once.
        let cost = |quantity: i64| line.measure().amount(line.unit_price, quantity);
        let added = cost(quantity).saturating_sub(cost(line.quantity));
        let more = Amounts::costing(added, quantity - line.quantity, &rate_of(line), tax_included);
        return Amounts {
            quantity,
            subtotal: before.subtotal + more.subtotal,
            discount: before.discount,
            tax: before.tax + more.tax,
            total: before.total + more.total,
        };
    }
    let share = |stored: i64| first_units(stored, quantity, line.quantity, line.measure().per());
    let (subtotal, tax, total) = (share(line.subtotal), share(line.tax), share(line.total));
    let net = if tax_included { total } else { total - tax };
    Amounts { quantity, subtotal, discount: subtotal - net, tax, total }
}

/// The trace of a line with one step more: it was changed from so many units to so many.
pub fn traced(line: &OrderLine, after: &Amounts) -> kernel::Result<String> {
    let mut steps: Vec<Step> = serde_json::from_str(&line.trace)?;
    let outcome = format!("{} -> {}", line.measure().number(line.quantity), line.measure().number(after.quantity));
    steps.push(Step { rule: "order changed".into(), outcome, amount: after.total - line.total });
    kernel::json::text(&steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{OrderId, OrderLineId};
    use crate::units::Unit;
    use kernel::json::Json;
    use kernel::money::allocate;
    use proptest::prelude::*;

    fn line(quantity: i64, unit_price: i64, discount: i64, rate_bp: i64, included: bool) -> OrderLine {
        let net = unit_price * quantity - discount;
        let tax = Rate::frozen(&[], rate_bp, "").tax(net, included).tax;
        OrderLine {
            id: OrderLineId(1),
            order_id: OrderId(1),
            position: 1,
            variant_id: None,
            sku: String::new(),
            title: String::new(),
            options: String::new(),
            slug: String::new(),
            picture_hash: None,
            quantity,
            unit_price,
            cost: None,
            subtotal: unit_price * quantity,
            discount,
            tax,
            total: if included { net } else { net + tax },
            tax_rate_bp: rate_bp,
            tax_reason: String::new(),
            weight_grams: 0,
            requires_shipping: true,
            stocked: true,
            trace: "[]".into(),
            shipped: 0,
            cancelled: 0,
            refunded: 0,
            taxes: Json(Vec::new()),
            gift_card: false,
            issued: 0,
            unit: Unit::Piece,
            unit_precision: 0,
        }
    }

    #[test]
    fn fewer_units_keep_their_share_and_more_cost_the_frozen_price() {
        // 3 x 3.33 less 1.00, 19 % inside: 8.99 with 1.44 of tax.
        let stored = line(3, 333, 100, 1900, true);
        assert_eq!(resized(&stored, 1, true), Amounts { quantity: 1, subtotal: 333, discount: 33, tax: 48, total: 300 });
        assert_eq!(resized(&stored, 2, true), Amounts { quantity: 2, subtotal: 666, discount: 66, tax: 96, total: 600 });
        let more = resized(&stored, 4, true);
        assert_eq!(more, Amounts { quantity: 4, subtotal: 1332, discount: 100, tax: 144 + 53, total: 899 + 333 });
        let on_top = line(2, 1000, 0, 1900, false);
        assert_eq!(resized(&on_top, 3, false), Amounts { quantity: 3, subtotal: 3000, discount: 0, tax: 570, total: 3570 });
    }

    proptest! {
        #[test]
        fn a_line_stays_whole_in_itself_whatever_its_quantity(
            quantity in 1i64..40, price in 0i64..100_000, percent in 0i64..=100, rate in 0i64..3000, included: bool, to in 1i64..60,
        ) {
            let stored = line(quantity, price, price * quantity * percent / 100, rate, included);
            let after = resized(&stored, to, included);
            let net = after.total - if included { 0 } else { after.tax };
            prop_assert_eq!(after.subtotal, price * to);
            prop_assert_eq!(net, after.subtotal - after.discount);
            prop_assert!(after.discount >= 0 && after.discount <= after.subtotal);
            prop_assert!(after.tax >= 0 && after.total >= 0);
            prop_assert!(to > quantity || after.discount <= stored.discount);
            // What a refund of the kept units would have given before is what they come to now.
            if to < quantity {
                let weights = vec![1; usize::try_from(quantity).unwrap()];
                let kept: i64 = allocate(stored.total, &weights).iter().take(usize::try_from(to).unwrap()).sum();
                prop_assert_eq!(after.total, kept);
            }
        }
    }
}
