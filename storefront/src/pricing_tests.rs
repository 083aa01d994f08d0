use super::*;
use crate::ids::{ProductId, PromotionId, VariantId};
use crate::promotions::{Candidate, Cut, Effect, Facts, Goods, Item, Rules, Shopper, decide};
use crate::tax::Place;
use crate::tax_rates::TaxRate;
use crate::tax_zones::rates_at;
use kernel::clock::Time;
use kernel::money::Currency;
use proptest::prelude::*;

fn line(unit_price: i64, quantity: i64, class: &str) -> Line {
    Line { unit_price, quantity, per: 1, tax_class: class.into(), taxable: true, gift_card: false }
}

fn germany() -> Rates {
    let rows = [TaxRate::plain("DE", "standard", "VAT 19 %", 1900), TaxRate::plain("DE", "reduced", "VAT 7 %", 700)];
    rates_at(&Place::country("DE"), &rows)
}

fn reduce(cut: Cut) -> Effect {
    Effect::Reduce { cut, on: Goods::default() }
}

/// A coupon TEA for everybody.
fn coupon(effect: Effect, minimum: i64) -> Candidate {
    let mut rules = Rules { effect, ..Rules::default() };
    rules.conditions.amount = minimum;
    Candidate {
        id: PromotionId(1),
        name: "TEA".into(),
        active: true,
        needs_code: true,
        code: Some("TEA".into()),
        code_used: false,
        stacking: 5,
        exclusive: false,
        currency: Currency::EUR,
        starts_at: None,
        ends_at: None,
        max_uses: None,
        max_uses_per_customer: None,
        uses: 0,
        used_by_customer: 0,
        grant: None,
        rules,
    }
}

fn priced(lines: &[Line], coupon: Option<Candidate>, delivery: Option<Delivery>, included: bool, rates: &Rates) -> Priced {
    let item = |(at, line): (usize, &Line)| Item {
        variant: VariantId(at as i64 + 1),
        product: ProductId(at as i64 + 1),
        categories: Vec::new(),
        brand: String::new(),
        tags: Vec::new(),
        reduced: false,
        gift_card: line.gift_card,
        unit_price: line.unit_price,
        quantity: line.quantity,
        per: line.per,
        cost: None,
    };
    let items: Vec<Item> = lines.iter().enumerate().map(item).collect();
    let facts = Facts {
        at: Time::default(),
        local: Time::default(),
        currency: Currency::EUR,
        country: "DE".into(),
        shopper: Shopper::default(),
        delivery: delivery.clone(),
        ships: true,
        gifts: Default::default(),
    };
    let decision = decide(&items, &coupon.into_iter().collect::<Vec<_>>(), &facts);
    price(&Basket { lines, decision: &decision, delivery, prices_include_tax: included, rounding: Rounding::Line }, rates)
}

#[test]
fn a_cart_with_two_rates_a_percentage_and_delivery() {
    let lines = [line(2900, 2, "standard"), line(1250, 1, "reduced")];
    let delivery = Some(Delivery { price: DeliveryPrice::Fixed(490), free_over: Some(10_000) });
    let priced = priced(&lines, Some(coupon(reduce(Cut::Percentage(1000)), 0)), delivery, true, &germany());
    // 10 % of 70.50 is 7.05: 5.80 falls on the mugs, 1.25 on the tea.
    assert_eq!((priced.subtotal, priced.discount), (7050, 705));
    assert_eq!((priced.lines[0].discount, priced.lines[1].discount), (580, 125));
    // 19 % in 52.20 is 8.33; 7 % in 11.25 is 0.74; delivery 4.90 splits 4.03 and 0.87: 0.64 and 0.06.
    assert_eq!((priced.lines[0].tax, priced.lines[1].tax, priced.shipping_tax), (833, 74, 70));
    assert_eq!((priced.shipping, priced.tax, priced.total), (490, 977, 6835));
    assert_eq!(priced.reductions, [Reduction { source: "coupon:TEA".into(), label: "TEA".into(), amount: 705 }]);
}

#[test]
fn the_same_cart_with_tax_on_top() {
    let lines = [line(2900, 2, "standard"), line(1250, 1, "reduced")];
    let priced = priced(&lines, None, Some(Delivery { price: DeliveryPrice::Fixed(490), free_over: None }), false, &germany());
    // 58.00 + 11.02, 12.50 + 0.88 (0.875), delivery 4.90 split by 69.02 : 13.38 = 4.10 and 0.80: 0.78 and 0.06.
    assert_eq!((priced.lines[0].total, priced.lines[1].total), (6902, 1338));
    assert_eq!((priced.shipping, priced.shipping_tax, priced.total), (490, 84, 6902 + 1338 + 490 + 84));
}

#[test]
fn a_coupon_below_its_minimum_is_in_the_trace() {
    let lines = [line(1000, 1, "standard")];
    let priced = priced(&lines, Some(coupon(reduce(Cut::Amount(500)), 3000)), None, true, &germany());
    assert_eq!((priced.discount, priced.total), (0, 1000));
    assert!(priced.lines[0].trace.iter().any(|step| step.outcome == "rejected: below the minimum amount by 2000"), "{:?}", priced.lines);
}

#[test]
fn free_shipping_takes_the_delivery_off_and_says_so() {
    let lines = [line(1000, 1, "standard")];
    let delivery = Some(Delivery { price: DeliveryPrice::Fixed(490), free_over: None });
    let priced = priced(&lines, Some(coupon(Effect::FreeShipping, 0)), delivery, true, &germany());
    assert_eq!((priced.shipping, priced.total, priced.reductions[0].amount), (0, 1000, 490));
}

#[test]
fn outside_the_tax_area_nothing_is_taxed_and_the_reason_is_kept() {
    let priced = priced(&[line(1000, 1, "standard")], None, None, true, &rates_at(&Place::country("US"), &[]));
    assert_eq!((priced.tax, priced.total), (0, 1000));
    assert!(priced.lines[0].tax_reason.starts_with("US"));
}

fn any_line() -> impl Strategy<Value = Line> {
    (0i64..1_000_000, 1i64..1000, prop::sample::select(vec!["standard", "reduced", "other"]), any::<bool>(), any::<bool>()).prop_map(
        |(unit_price, quantity, class, taxable, gift_card)| Line {
            unit_price,
            quantity,
            per: 1,
            tax_class: class.into(),
            taxable,
            gift_card,
        },
    )
}

fn any_effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        (0i64..12_000).prop_map(|points| reduce(Cut::Percentage(points))),
        (0i64..10_000_000).prop_map(|amount| reduce(Cut::Amount(amount))),
        (0i64..10_000).prop_map(|amount| reduce(Cut::AmountEach(amount))),
        (0i64..10_000).prop_map(|price| reduce(Cut::Price(price))),
        Just(Effect::FreeShipping)
    ]
}

proptest! {
    #[test]
    fn parts_make_the_whole(
        lines in prop::collection::vec(any_line(), 1..30), effect in prop::option::of(any_effect()),
        shipping in prop::option::of(0i64..10_000), included in any::<bool>(),
    ) {
        let delivery = shipping.map(|price| Delivery { price: DeliveryPrice::Fixed(price), free_over: None });
        let of = || priced(&lines, effect.clone().map(|effect| coupon(effect, 0)), delivery.clone(), included, &germany());
        let priced = of();
        prop_assert_eq!(priced.lines.iter().map(|l| l.subtotal).sum::<i64>(), priced.subtotal);
        prop_assert_eq!(priced.lines.iter().map(|l| l.discount).sum::<i64>(), priced.discount);
        prop_assert_eq!(priced.lines.iter().map(|l| l.tax).sum::<i64>() + priced.shipping_tax, priced.tax);
        let goods: i64 = priced.lines.iter().map(|l| l.total).sum();
        let on_top = if included { 0 } else { priced.shipping_tax };
        prop_assert_eq!(goods + priced.shipping + on_top, priced.total);
        for line in &priced.lines {
            prop_assert!(line.discount >= 0 && line.discount <= line.subtotal && line.total >= 0 && line.tax >= 0);
        }
        prop_assert_eq!(of(), priced, "pricing twice changes nothing");
    }

    #[test]
    fn the_order_of_lines_does_not_change_the_goods(lines in prop::collection::vec(any_line(), 1..12)) {
        let mut turned = lines.clone();
        turned.reverse();
        let of = |lines: &[Line]| priced(lines, Some(coupon(reduce(Cut::Percentage(1234)), 0)), None, true, &germany());
        prop_assert_eq!(of(&lines).total, of(&turned).total);
    }
}
