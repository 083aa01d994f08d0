//! What the engine decides: carts with exact totals from `tests/cases.toml`, and what holds for any cart and any promotions.

mod cases;

use super::*;
use crate::ids::{CategoryId, ProductId, VariantId};
use crate::pricing::{Delivery, DeliveryPrice};
use proptest::prelude::*;

/// A promotion named after its number, in a group of its own choice.
fn offer(id: i64, stacking: i64, rules: Rules) -> Candidate {
    Candidate {
        id: PromotionId(id),
        name: format!("P{id}"),
        active: true,
        needs_code: false,
        code: None,
        code_used: false,
        stacking,
        exclusive: false,
        currency: Currency::EUR,
        starts_at: None,
        ends_at: None,
        max_uses: None,
        max_uses_per_customer: None,
        uses: 0,
        used_by_customer: 0,
        rules,
        grant: None,
    }
}

fn facts(delivery: Option<Delivery>) -> Facts {
    Facts {
        at: Time::default(),
        local: Time::default(),
        currency: Currency::EUR,
        country: "DE".into(),
        shopper: Shopper::default(),
        delivery,
        ships: true,
        gifts: Default::default(),
    }
}

fn any_item() -> impl Strategy<Value = Item> {
    (1i64..6, 1i64..4, 0i64..20_000, 1i64..12, any::<bool>()).prop_map(|(product, category, unit_price, quantity, reduced)| Item {
        variant: VariantId(product * 10),
        product: ProductId(product),
        categories: vec![CategoryId(category)],
        brand: "Ash".into(),
        tags: Vec::new(),
        reduced,
        gift_card: false,
        unit_price,
        quantity,
        per: 1,
        cost: None,
    })
}

fn any_goods() -> impl Strategy<Value = Goods> {
    prop_oneof![
        Just(Goods::default()),
        (1i64..6).prop_map(|id| Goods { products: vec![ProductId(id)], ..Goods::default() }),
        (1i64..4).prop_map(|id| Goods { categories: vec![CategoryId(id)], ..Goods::default() }),
        Just(Goods { full_price_only: true, ..Goods::default() }),
    ]
}

fn any_cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        (0i64..=10_000).prop_map(Cut::Percentage),
        (0i64..30_000).prop_map(Cut::Amount),
        (0i64..3000).prop_map(Cut::AmountEach),
        (0i64..20_000).prop_map(Cut::Price),
    ]
}

fn any_effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        4 => (any_cut(), any_goods()).prop_map(|(cut, on)| Effect::Reduce { cut, on }),
        3 => (1i64..4, any_goods(), 1i64..4, any_goods(), 1i64..=10_000, 0i64..3)
            .prop_map(|(buy, of, get, on, percent, times)| Effect::BuyGet { buy, of, get, on, percent, times }),
        2 => (prop::collection::vec((0i64..30, any_cut()), 1..4), any_goods()).prop_map(|(tiers, on)| Effect::Tiered {
            by: Measure::Quantity,
            tiers: tiers.into_iter().map(|(from, cut)| Tier { from, cut }).collect(),
            on,
        }),
        1 => Just(Effect::FreeShipping),
    ]
}

fn any_offers() -> impl Strategy<Value = Vec<Candidate>> {
    prop::collection::vec((1i64..4, any_effect(), 0i64..20_000, any::<bool>()), 0..8).prop_map(|all| {
        let mut offers = Vec::new();
        for (id, (group, effect, amount, exclusive)) in (1i64..).zip(all) {
            let mut rules = Rules { effect, ..Rules::default() };
            rules.conditions.amount = amount;
            offers.push(Candidate { exclusive, ..offer(id, group, rules) });
        }
        offers
    })
}

fn any_delivery() -> impl Strategy<Value = Option<Delivery>> {
    prop::option::of(
        (0i64..900, prop::option::of(0i64..40_000))
            .prop_map(|(price, free_over)| Delivery { price: DeliveryPrice::Fixed(price), free_over }),
    )
}

/// What a decision leaves to pay before tax.
fn cost(cart: &[Item], decision: &Decision, delivery: Option<&Delivery>) -> i64 {
    let goods = cart.iter().map(Item::subtotal).sum::<i64>() - decision.discounts.iter().sum::<i64>();
    goods + delivery.map_or(0, |delivery| delivery.costs(goods, decision.free_shipping()).0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn parts_sum_and_nothing_falls_below_zero(
        cart in prop::collection::vec(any_item(), 1..9), offers in any_offers(), delivery in any_delivery(),
    ) {
        let decision = decide(&cart, &offers, &facts(delivery.clone()));
        prop_assert_eq!(decision.discounts.len(), cart.len());
        for (at, (item, discount)) in cart.iter().zip(&decision.discounts).enumerate() {
            prop_assert!(*discount >= 0 && *discount <= item.subtotal());
            let parts: i64 = decision.applied.iter().flat_map(|one| &one.lines).filter(|(line, _)| *line == at).map(|(_, amount)| amount).sum();
            prop_assert_eq!(parts, *discount, "the parts of a line are its discount");
        }
        for applied in &decision.applied {
            prop_assert!(applied.lines.iter().all(|(_, amount)| *amount > 0) && applied.shipping >= 0);
        }
        let mut told: Vec<PromotionId> = decision.applied.iter().map(|one| one.id).chain(decision.rejected.iter().map(|one| one.id)).collect();
        told.sort_unstable();
        prop_assert_eq!(told, offers.iter().map(|offer| offer.id).collect::<Vec<_>>(), "each promotion is told of once");
    }

    #[test]
    fn the_order_of_promotions_and_lines_does_not_matter(
        cart in prop::collection::vec(any_item(), 1..9), offers in any_offers(), delivery in any_delivery(),
    ) {
        let decision = decide(&cart, &offers, &facts(delivery.clone()));
        let mut turned = offers.clone();
        turned.reverse();
        prop_assert_eq!(&decide(&cart, &turned, &facts(delivery.clone())), &decision);
        let mut other = cart.clone();
        other.reverse();
        // A cent of a split may fall on another line; what the first group takes does not change.
        let first: Vec<Candidate> = offers.iter().filter(|offer| offer.stacking == 1 && !offer.exclusive).cloned().collect();
        let sum = |cart: &[Item]| decide(cart, &first, &facts(delivery.clone())).discounts.iter().sum::<i64>();
        if first.iter().all(|offer| !matches!(offer.rules.effect, Effect::BuyGet { .. })) {
            prop_assert_eq!(sum(&other), sum(&cart));
        }
    }

    #[test]
    fn the_best_of_a_group_is_the_best(cart in prop::collection::vec(any_item(), 1..9), offers in any_offers(), delivery in any_delivery()) {
        let group: Vec<Candidate> = offers.into_iter().map(|offer| Candidate { stacking: 1, exclusive: false, ..offer }).collect();
        let decision = decide(&cart, &group, &facts(delivery.clone()));
        prop_assert!(decision.applied.len() <= 1);
        for one in &group {
            let alone = decide(&cart, std::slice::from_ref(one), &facts(delivery.clone()));
            prop_assert!(cost(&cart, &decision, delivery.as_ref()) <= cost(&cart, &alone, delivery.as_ref()), "{} alone would be cheaper", one.name);
        }
    }

    #[test]
    fn what_stands_alone_stands_alone(cart in prop::collection::vec(any_item(), 1..9), offers in any_offers(), delivery in any_delivery()) {
        let decision = decide(&cart, &offers, &facts(delivery.clone()));
        let exclusive = |id: PromotionId| offers.iter().any(|offer| offer.id == id && offer.exclusive);
        if decision.applied.iter().any(|one| exclusive(one.id)) {
            prop_assert_eq!(decision.applied.len(), 1);
        }
        for one in offers.iter().filter(|offer| offer.exclusive) {
            let alone = decide(&cart, std::slice::from_ref(one), &facts(delivery.clone()));
            prop_assert!(cost(&cart, &decision, delivery.as_ref()) <= cost(&cart, &alone, delivery.as_ref()));
        }
        let none = decide(&cart, &[], &facts(delivery.clone()));
        prop_assert!(cost(&cart, &decision, delivery.as_ref()) <= cost(&cart, &none, delivery.as_ref()), "no promotion makes a cart dearer");
    }

    #[test]
    fn what_is_bought_and_given_counts_each_unit_once(
        cart in prop::collection::vec(any_item(), 1..7), buy in 1i64..4, get in 1i64..4, times in 0i64..3, of in any_goods(), on in any_goods(),
    ) {
        let effect = Effect::BuyGet { buy, of: of.clone(), get, on: on.clone(), percent: 10_000, times };
        let one = offer(1, 1, Rules { effect, ..Rules::default() });
        let decision = decide(&cart, &[one], &facts(None));
        // By trying every number of sets and every unit by itself.
        let mut units: Vec<(i64, bool, bool)> = Vec::new();
        for item in &cart {
            for _ in 0..item.quantity {
                units.push((item.unit_price, of.holds(item), on.holds(item)));
            }
        }
        units.sort_unstable_by_key(|unit| unit.0);
        let bought = units.iter().filter(|unit| unit.1).count() as i64;
        let mut most = (0i64, 0i64);
        for sets in 0..=(if times > 0 { times.min(bought / buy) } else { bought / buy }) {
            let (mut free, mut taken, mut spare) = (0i64, 0i64, bought - sets * buy);
            for (price, is_bought, is_got) in &units {
                if !is_got || taken == sets * get || (*is_bought && spare == 0) {
                    continue;
                }
                spare -= i64::from(*is_bought);
                taken += 1;
                free += price;
            }
            if taken > most.0 {
                most = (taken, free);
            }
        }
        prop_assert_eq!(decision.discounts.iter().sum::<i64>(), most.1);
    }
}

#[test]
fn rules_read_as_they_are_written_and_coupons_as_the_migration_wrote_them() {
    let carried = r#"{"conditions":{"amount":3000},"effect":{"kind":"reduce","cut":{"amount":500}}}"#;
    let rules: Rules = serde_json::from_str(carried).unwrap();
    assert_eq!(rules.effect, Effect::Reduce { cut: Cut::Amount(500), on: Goods::default() });
    assert_eq!(serde_json::to_string(&rules).unwrap(), carried, "a plain coupon keeps the text that can go back");
    let free = r#"{"conditions":{"amount":0},"effect":{"kind":"free_shipping"}}"#;
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Rules>(free).unwrap()).unwrap(), free);
    assert!(
        serde_json::from_str::<Rules>(r#"{"effect":{"kind":"reduce","cut":{"amount":1},"to":{}}}"#).is_err(),
        "unknown words are refused"
    );
}
