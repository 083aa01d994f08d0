//! The table of carts with exact totals.

use super::*;
use crate::pricing::{self, Basket, Line};
use crate::tax::{Place, Rounding};
use crate::tax_rates::TaxRate;
use crate::tax_zones::rates_at;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    rates: Option<BTreeMap<String, i64>>,
    delivery: Option<Given>,
    facts: Option<Known>,
    #[serde(default)]
    gifts: Vec<GiftLine>,
    lines: Vec<CartLine>,
    promotions: Vec<Promo>,
    discounts: Vec<i64>,
    #[serde(default)]
    shipping: i64,
    applied: Vec<String>,
    #[serde(default)]
    why: BTreeMap<String, String>,
    inclusive: Sums,
    exclusive: Sums,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    price: i64,
    free_over: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Known {
    local: String,
    email: Option<String>,
    orders: Option<i64>,
    signed_in: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GiftLine {
    variant: i64,
    price: i64,
    free: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CartLine {
    price: i64,
    quantity: i64,
    class: Option<String>,
    #[serde(default)]
    product: i64,
    #[serde(default)]
    categories: Vec<CategoryId>,
    #[serde(default)]
    brand: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    reduced: bool,
    #[serde(default)]
    gift_card: bool,
    taxable: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promo {
    name: String,
    group: i64,
    effect: Effect,
    #[serde(default)]
    conditions: Conditions,
    #[serde(default)]
    exclusive: bool,
    #[serde(default)]
    needs_code: bool,
    code: Option<String>,
    max_uses: Option<i64>,
    #[serde(default)]
    uses: i64,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Sums {
    tax: i64,
    total: i64,
}

impl Case {
    fn items(&self) -> Vec<Item> {
        let item = |(at, line): (i64, &CartLine)| Item {
            variant: VariantId(at),
            // Lines that no rule names are products of their own.
            product: ProductId(if line.product > 0 { line.product } else { 1000 + at }),
            categories: line.categories.clone(),
            brand: line.brand.clone(),
            tags: line.tags.clone(),
            reduced: line.reduced,
            gift_card: line.gift_card,
            unit_price: line.price,
            quantity: line.quantity,
            per: 1,
            cost: None,
        };
        (1i64..).zip(&self.lines).map(item).collect()
    }

    fn offers(&self) -> Vec<Candidate> {
        let offer = |(id, one): (i64, &Promo)| Candidate {
            name: one.name.clone(),
            exclusive: one.exclusive,
            needs_code: one.needs_code,
            code: one.code.clone(),
            max_uses: one.max_uses,
            uses: one.uses,
            ..super::offer(id, one.group, Rules { conditions: one.conditions.clone(), effect: one.effect.clone(), names: BTreeMap::new() })
        };
        (1i64..).zip(&self.promotions).map(offer).collect()
    }

    fn facts(&self) -> Facts {
        let delivery =
            self.delivery.as_ref().map(|given| Delivery { price: DeliveryPrice::Fixed(given.price), free_over: given.free_over });
        let mut facts = super::facts(delivery);
        if let Some(known) = &self.facts {
            if !known.local.is_empty() {
                facts.local = Time::parse_from_str(&known.local, "%Y-%m-%d %H:%M").unwrap();
            }
            let (signed_in, email, orders) = (known.signed_in, known.email.clone(), known.orders);
            facts.shopper = Shopper { signed_in, email, orders, ..Shopper::default() };
        }
        for gift in &self.gifts {
            let stock = GiftStock { unit_price: gift.price, for_sale: true, free: Some(gift.free), requires_shipping: true };
            facts.gifts.insert(VariantId(gift.variant), stock);
        }
        facts
    }

    fn check(&self, included: bool) {
        let facts = self.facts();
        let decision = decide(&self.items(), &self.offers(), &facts);
        let name = format!("{} ({})", self.name, if included { "tax in the prices" } else { "tax on top" });
        assert!(!self.source.is_empty(), "{name}");
        assert_eq!(decision.discounts, self.discounts, "{name}: {:?}", decision.rejected);
        let applied: Vec<&str> = decision.applied.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(applied, self.applied, "{name}: {:?}", decision.rejected);
        let why: BTreeMap<String, String> = decision.rejected.iter().map(|one| (one.name.clone(), one.reason.word().to_string())).collect();
        assert_eq!(why, self.why, "{name}");

        let line = |line: &CartLine| Line {
            unit_price: line.price,
            quantity: line.quantity,
            per: 1,
            tax_class: line.class.clone().unwrap_or_else(|| "standard".into()),
            taxable: line.taxable.unwrap_or(true),
            gift_card: line.gift_card,
        };
        let mut lines: Vec<Line> = self.lines.iter().map(line).collect();
        for (_, _, quantity) in decision.gifts() {
            lines.push(Line { unit_price: 0, quantity, per: 1, tax_class: "standard".into(), taxable: true, gift_card: false });
        }
        let rates = self.rates.clone().unwrap_or_else(|| BTreeMap::from([("standard".into(), 1900), ("reduced".into(), 700)]));
        let rows: Vec<TaxRate> = rates.into_iter().map(|(class, rate)| TaxRate::plain("DE", &class, "tax", rate)).collect();
        let rates = rates_at(&Place::country("DE"), &rows);
        let delivery = facts.delivery.clone();
        let basket = Basket { lines: &lines, decision: &decision, delivery, prices_include_tax: included, rounding: Rounding::Line };
        let priced = pricing::price(&basket, &rates);
        assert_eq!(priced.shipping, self.shipping, "{name}");
        let sums = Sums { tax: priced.tax, total: priced.total };
        assert_eq!(&sums, if included { &self.inclusive } else { &self.exclusive }, "{name}");
    }
}

#[test]
fn carts_cost_what_the_table_says() {
    let table: Table = toml::from_str(include_str!("cases.toml")).unwrap();
    assert!(table.case.len() >= 60, "only {} cases", table.case.len());
    for case in &table.case {
        case.check(true);
        case.check(false);
    }
}
