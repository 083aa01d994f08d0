//! What a promotion must be to be stored.

use super::codes::{self, normalise};
use super::rules::{Conditions, Cut, Effect};
use super::{STACKING, Terms};
use kernel::Result;
use kernel::error::Fields;

/// The most steps of a tiered promotion, and the most entries of any list.
const TIERS: usize = 20;
const LISTED: usize = 2000;
/// The most units or times that anything may ask for or give.
const UNITS: i64 = 1_000_000;

impl Terms {
    /// The terms as they will be stored. `Invalid` names the fields of the form.
    pub(super) fn checked(mut self) -> Result<Terms> {
        let mut fields = Fields::default();
        self.name = self.name.trim().to_string();
        self.code = normalise(&self.code);
        if self.name.is_empty() || self.name.chars().count() > 80 || self.rules.names.values().any(|name| name.chars().count() > 80) {
            fields.add("name", "promotion-name-invalid");
        }
        if !self.needs_code {
            self.code.clear();
        }
        if !self.code.is_empty() && !codes::sound(&self.code) {
            fields.add("code", "promotion-code-invalid");
        }
        if !STACKING.contains(&self.stacking) {
            fields.add("stacking", "promotion-stacking-invalid");
        }
        for (name, limit) in [("max_uses", self.max_uses), ("max_uses_per_customer", self.max_uses_per_customer)] {
            if limit.is_some_and(|limit| !(1..=i64::from(i32::MAX)).contains(&limit)) {
                fields.add(name, "promotion-limit-invalid");
            }
        }
        if let (Some(from), Some(to)) = (self.starts_at, self.ends_at)
            && from >= to
        {
            fields.add("ends_at", "promotion-ends-early");
        }
        conditions(&self.rules.conditions, &mut fields);
        effect(&mut self.rules.effect, &mut fields);
        let long = |goods: &&super::Goods| {
            [goods.products.len(), goods.variants.len(), goods.categories.len(), goods.brands.len(), goods.tags.len()].iter().sum::<usize>()
                > LISTED
        };
        if self.rules.goods().iter().any(long) || self.rules.conditions.customers.len() > LISTED {
            fields.add("form", "promotion-list-too-long");
        }
        fields.check()?;
        Ok(self)
    }
}

fn conditions(conditions: &Conditions, fields: &mut Fields) {
    let items = conditions.items.as_ref();
    let numbers = [
        ("amount_from", conditions.amount),
        ("quantity_from", conditions.quantity),
        ("items_quantity", items.map_or(0, |items| items.quantity)),
        ("items_amount", items.map_or(0, |items| items.amount)),
    ];
    for (name, number) in numbers {
        if number < 0 {
            fields.add(name, "admin-number-invalid");
        }
    }
    if conditions.countries.iter().any(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase())) {
        fields.add("countries", "promotion-countries-invalid");
    }
    if conditions.weekdays.iter().any(|day| !(1..=7).contains(day)) {
        fields.add("weekdays", "admin-number-invalid");
    }
    if conditions.hours.is_some_and(|hours| ![hours.from, hours.until].iter().all(|minute| (0..=1440).contains(minute))) {
        fields.add("hour_from", "admin-time-invalid");
    }
}

fn effect(effect: &mut Effect, fields: &mut Fields) {
    match effect {
        Effect::Reduce { cut, .. } => self::cut(*cut, if matches!(cut, Cut::Percentage(_)) { "percent" } else { "amount" }, fields),
        Effect::BuyGet { buy, get, percent, times, .. } => {
            for (name, number) in [("buy", *buy), ("get", *get)] {
                if !(1..=UNITS).contains(&number) {
                    fields.add(name, "promotion-units-invalid");
                }
            }
            if !(0..=UNITS).contains(times) {
                fields.add("times", "admin-number-invalid");
            }
            cut(Cut::Percentage(*percent), "get_percent", fields);
        }
        Effect::Tiered { tiers, .. } => {
            tiers.sort_by_key(|tier| tier.from);
            let twice = tiers.windows(2).any(|pair| pair[0].from == pair[1].from);
            if tiers.is_empty() || tiers.len() > TIERS || twice || tiers.iter().any(|tier| tier.from < 0) {
                fields.add("tiers", "promotion-tiers-invalid");
            }
            tiers.iter().for_each(|tier| cut(tier.cut, "tiers", fields));
        }
        Effect::FreeShipping => {}
        Effect::Gift { quantity, .. } => {
            if !(1..=99).contains(quantity) {
                fields.add("gift_quantity", "promotion-units-invalid");
            }
        }
    }
}

fn cut(cut: Cut, name: &str, fields: &mut Fields) {
    match cut {
        Cut::Percentage(points) if !(1..=10_000).contains(&points) => fields.add(name, "promotion-percent-invalid"),
        Cut::Amount(amount) | Cut::AmountEach(amount) if amount <= 0 => fields.add(name, "promotion-amount-invalid"),
        Cut::Price(price) if price < 0 => fields.add(name, "promotion-amount-invalid"),
        _ => {}
    }
}
