use super::*;
use crate::ids::PromotionId;
use crate::promotions::Applied;
use crate::tax::Rounding;
use crate::tax_rates::TaxRate;
use crate::tax_zones::rates_at;
use proptest::prelude::*;

const FRENCH: &str = "FR40303265045";

fn shop() -> Shop {
    Shop { vat_id: "DE136695976".into(), ..Shop::default() }
}

fn to(country: &str, postal_code: &str) -> Place {
    Place { country: country.into(), postal_code: postal_code.into(), ..Place::default() }
}

#[test]
fn only_a_company_of_another_state_is_relieved() {
    let paris = to("FR", "75001");
    assert!(applies(&shop(), FRENCH, &paris, &[true, false], false));
    // No number, a wrong one, one of the shop's own state; goods that stay, leave the Union, or are picked up.
    assert!(!applies(&shop(), "", &paris, &[true], false));
    assert!(!applies(&shop(), "FR40303265046", &paris, &[true], false));
    assert!(!applies(&shop(), "DE136695976", &paris, &[true], false));
    assert!(!applies(&shop(), FRENCH, &to("DE", "10115"), &[true], false));
    assert!(!applies(&shop(), FRENCH, &to("CH", "8001"), &[true], false));
    assert!(!applies(&shop(), FRENCH, &paris, &[true], true));
    // A service has no way to go.
    assert!(applies(&shop(), FRENCH, &to("DE", ""), &[false], false));
    // The shop needs a number of its own state.
    assert!(!applies(&Shop { vat_id: String::new(), ..shop() }, FRENCH, &paris, &[true], false));
    assert!(!applies(&Shop { vat_id: FRENCH.into(), ..shop() }, "EL094259216", &paris, &[true], false));
    assert!(!applies(&Shop { country: "CH".into(), vat_id: "CHE123456788".into(), ..shop() }, FRENCH, &paris, &[true], false));
}

#[test]
fn northern_ireland_is_in_the_union_for_goods() {
    let belfast = to("GB", "BT7 1NN");
    assert!(applies(&shop(), "XI980780684", &belfast, &[true], false));
    assert!(!applies(&shop(), "XI980780684", &to("GB", "SW1A 1AA"), &[true], false));
    assert!(!applies(&shop(), "XI980780684", &belfast, &[false], false));
    assert!(!applies(&shop(), "XI980780684", &belfast, &[true, false], false));
    assert!(applies(&shop(), "EL094259216", &to("GR", "10431"), &[true], false), "Greece is EL in numbers and GR in addresses");
}

fn home() -> Rates {
    rates_at(&Place::country("DE"), &[TaxRate::plain("DE", "standard", "VAT 19 %", 1900), TaxRate::plain("DE", "reduced", "VAT 7 %", 700)])
}

fn line(unit_price: i64, quantity: i64, class: &str) -> Line {
    Line { unit_price, quantity, per: 1, tax_class: class.into(), taxable: true, gift_card: false }
}

fn applied(lines: Vec<(usize, i64)>, shipping: i64) -> Applied {
    Applied {
        id: PromotionId(1),
        name: "Ten".into(),
        code: None,
        whole: true,
        lines,
        free_shipping: shipping > 0,
        shipping,
        gift: None,
        worth: None,
    }
}

fn relieved(lines: &[Line], decision: &Decision, delivery: Option<Delivery>, included: bool) -> pricing::Priced {
    let basket = Basket { lines, decision, delivery, prices_include_tax: included, rounding: Rounding::Line };
    let net = net(&basket, &home(), &vec![true; lines.len()]);
    let basket = Basket { lines: &net.lines, decision: &net.decision, delivery: net.delivery, prices_include_tax: false, ..basket };
    pricing::price(&basket, &rates())
}

#[test]
fn prices_that_hold_tax_lose_the_tax_of_the_shop() {
    let lines = [line(11_900, 2, "standard"), line(1070, 1, "reduced")];
    // 10 % off everything, and a delivery of 5.95 that is taxed like the goods.
    let decision = Decision { applied: vec![applied(vec![(0, 2380), (1, 107)], 0)], discounts: vec![2380, 107], ..Decision::default() };
    let delivery = Some(Delivery { price: DeliveryPrice::Fixed(595), free_over: None });
    let priced = relieved(&lines, &decision, delivery, true);
    assert_eq!((priced.lines[0].unit_price, priced.lines[1].unit_price), (10_000, 1000));
    assert_eq!((priced.subtotal, priced.discount, priced.tax), (21_000, 2100, 0));
    // 5.95 splits 5.69 and 0.26, which hold 0.91 and 0.02.
    assert_eq!((priced.shipping, priced.total), (502, 18_900 + 502));
    assert_eq!(priced.reductions[0].amount, 2100);
    assert_eq!(priced.lines[0].tax_reason, GOODS);
}

#[test]
fn prices_before_tax_stay_and_thresholds_speak_of_list_prices() {
    let lines = [line(10_000, 1, "standard")];
    let none = Decision { discounts: vec![0], ..Decision::default() };
    let priced = relieved(&lines, &none, None, false);
    assert_eq!((priced.total, priced.tax), (10_000, 0));
    // Free from 119.00 at list prices, though the net goods are 100.00.
    let delivery = |over| Some(Delivery { price: DeliveryPrice::Fixed(595), free_over: Some(over) });
    assert_eq!(relieved(&[line(11_900, 1, "standard")], &none, delivery(11_900), true).shipping, 0);
    assert_eq!(relieved(&[line(11_900, 1, "standard")], &none, delivery(11_901), true).shipping, 500);
    // A promotion that pays the delivery pays the net of it.
    let free = Decision { applied: vec![applied(Vec::new(), 595)], discounts: vec![0], ..Decision::default() };
    let priced = relieved(&[line(11_900, 1, "standard")], &free, delivery(99_999), true);
    assert_eq!((priced.shipping, priced.reductions[0].amount, priced.total), (0, 500, 10_000));
}

proptest! {
    #[test]
    fn a_net_order_sums(
        goods in prop::collection::vec((0i64..50_000, 1i64..20, 0i64..=100), 1..15), delivery in 0i64..3000, included in any::<bool>(),
    ) {
        let lines: Vec<Line> = goods.iter().map(|(price, units, _)| line(*price, *units, "standard")).collect();
        let discounts: Vec<i64> = goods.iter().map(|(price, units, share)| price * units * share / 100).collect();
        // Two promotions share each line.
        let part = |half: fn(i64) -> i64| discounts.iter().enumerate().map(|(at, off)| (at, half(*off))).filter(|(_, off)| *off > 0).collect();
        let both = vec![applied(part(|off| off / 2), 0), applied(part(|off| off - off / 2), 0)];
        let decision = Decision { applied: both, discounts, ..Decision::default() };
        let delivery = Some(Delivery { price: DeliveryPrice::Fixed(delivery), free_over: None });
        let priced = relieved(&lines, &decision, delivery, included);
        prop_assert_eq!(priced.tax, 0);
        prop_assert_eq!(priced.reductions.iter().map(|one| one.amount).sum::<i64>(), priced.discount);
        prop_assert_eq!(priced.subtotal - priced.discount + priced.shipping, priced.total);
        for priced in &priced.lines {
            prop_assert!(priced.discount >= 0 && priced.discount <= priced.subtotal);
            prop_assert_eq!(priced.total, priced.subtotal - priced.discount);
        }
    }
}
