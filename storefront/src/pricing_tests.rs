use super::*;
use proptest::prelude::*;

fn line(unit_price: i64, quantity: i64, class: &str) -> Line {
    Line { unit_price, quantity, tax_class: class.into(), taxable: true }
}

fn germany() -> Rates {
    Rates::new("DE", [("standard".into(), "VAT 19 %".into(), 1900), ("reduced".into(), "VAT 7 %".into(), 700)])
}

fn coupon(benefit: Benefit, minimum: i64) -> Coupon {
    Coupon { code: "TEA".into(), benefit, minimum }
}

#[test]
fn a_cart_with_two_rates_a_percentage_and_delivery() {
    let lines = [line(2900, 2, "standard"), line(1250, 1, "reduced")];
    let coupon = coupon(Benefit::Percentage(1000), 0);
    let delivery = Some(Delivery { price: 490, free_over: Some(10_000) });
    let priced = price(&Basket { lines: &lines, coupon: Some(&coupon), delivery, prices_include_tax: true }, &germany());
    // 10 % of 70.50 is 7.05: 5.80 falls on the mugs, 1.25 on the tea.
    assert_eq!((priced.subtotal, priced.discount), (7050, 705));
    assert_eq!((priced.lines[0].discount, priced.lines[1].discount), (580, 125));
    // 19 % in 52.20 is 8.33; 7 % in 11.25 is 0.74; delivery 4.90 splits 4.03 and 0.87: 0.64 and 0.06.
    assert_eq!((priced.lines[0].tax, priced.lines[1].tax, priced.shipping_tax), (833, 74, 70));
    assert_eq!((priced.shipping, priced.tax, priced.total), (490, 977, 6835));
    assert_eq!(priced.reductions, [Reduction { source: "coupon:TEA".into(), amount: 705 }]);
}

#[test]
fn the_same_cart_with_tax_on_top() {
    let lines = [line(2900, 2, "standard"), line(1250, 1, "reduced")];
    let delivery = Some(Delivery { price: 490, free_over: None });
    let priced = price(&Basket { lines: &lines, coupon: None, delivery, prices_include_tax: false }, &germany());
    // 58.00 + 11.02, 12.50 + 0.88 (0.875), delivery 4.90 split by 69.02 : 13.38 = 4.10 and 0.80: 0.78 and 0.06.
    assert_eq!((priced.lines[0].total, priced.lines[1].total), (6902, 1338));
    assert_eq!((priced.shipping, priced.shipping_tax, priced.total), (490, 84, 6902 + 1338 + 490 + 84));
}

#[test]
fn a_coupon_below_its_minimum_says_what_is_missing() {
    let lines = [line(1000, 1, "standard")];
    let coupon = coupon(Benefit::Amount(500), 3000);
    let priced = price(&Basket { lines: &lines, coupon: Some(&coupon), delivery: None, prices_include_tax: true }, &germany());
    assert_eq!(priced.coupon, Some(CouponVerdict::BelowMinimum { missing: 2000 }));
    assert_eq!((priced.discount, priced.total), (0, 1000));
    assert!(priced.lines[0].trace.iter().any(|step| step.outcome.starts_with("rejected")));
}

#[test]
fn free_shipping_takes_the_delivery_off_and_says_so() {
    let lines = [line(1000, 1, "standard")];
    let coupon = coupon(Benefit::FreeShipping, 0);
    let delivery = Some(Delivery { price: 490, free_over: None });
    let priced = price(&Basket { lines: &lines, coupon: Some(&coupon), delivery, prices_include_tax: true }, &germany());
    assert_eq!((priced.shipping, priced.total, priced.reductions[0].amount), (0, 1000, 490));
}

#[test]
fn outside_the_tax_area_nothing_is_taxed_and_the_reason_is_kept() {
    let priced = price(
        &Basket { lines: &[line(1000, 1, "standard")], coupon: None, delivery: None, prices_include_tax: true },
        &Rates::new("US", []),
    );
    assert_eq!((priced.tax, priced.total), (0, 1000));
    assert!(priced.lines[0].tax_reason.starts_with("US"));
}

fn any_line() -> impl Strategy<Value = Line> {
    (0i64..1_000_000, 1i64..1000, prop::sample::select(vec!["standard", "reduced", "other"]), any::<bool>())
        .prop_map(|(unit_price, quantity, class, taxable)| Line { unit_price, quantity, tax_class: class.into(), taxable })
}

fn any_benefit() -> impl Strategy<Value = Benefit> {
    prop_oneof![(0i64..12_000).prop_map(Benefit::Percentage), (0i64..10_000_000).prop_map(Benefit::Amount), Just(Benefit::FreeShipping)]
}

proptest! {
    #[test]
    fn parts_make_the_whole(
        lines in prop::collection::vec(any_line(), 1..30), benefit in prop::option::of(any_benefit()),
        shipping in prop::option::of(0i64..10_000), included in any::<bool>(),
    ) {
        let coupon = benefit.map(|benefit| coupon(benefit, 0));
        let delivery = shipping.map(|price| Delivery { price, free_over: None });
        let basket = Basket { lines: &lines, coupon: coupon.as_ref(), delivery, prices_include_tax: included };
        let priced = price(&basket, &germany());
        prop_assert_eq!(priced.lines.iter().map(|l| l.subtotal).sum::<i64>(), priced.subtotal);
        prop_assert_eq!(priced.lines.iter().map(|l| l.discount).sum::<i64>(), priced.discount);
        prop_assert_eq!(priced.lines.iter().map(|l| l.tax).sum::<i64>() + priced.shipping_tax, priced.tax);
        let goods: i64 = priced.lines.iter().map(|l| l.total).sum();
        let on_top = if included { 0 } else { priced.shipping_tax };
        prop_assert_eq!(goods + priced.shipping + on_top, priced.total);
        for line in &priced.lines {
            prop_assert!(line.discount >= 0 && line.discount <= line.subtotal && line.total >= 0 && line.tax >= 0);
        }
        prop_assert_eq!(&price(&basket, &germany()), &priced, "pricing twice changes nothing");
    }

    #[test]
    fn the_order_of_lines_does_not_change_the_goods(lines in prop::collection::vec(any_line(), 1..12)) {
        let coupon = coupon(Benefit::Percentage(1234), 0);
        let mut turned = lines.clone();
        turned.reverse();
        let of = |lines: &[Line]| price(&Basket { lines, coupon: Some(&coupon), delivery: None, prices_include_tax: true }, &germany());
        prop_assert_eq!(of(&lines).total, of(&turned).total);
    }
}
