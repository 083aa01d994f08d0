//! What a promotion asks for and what it gives, as the merchant wrote it. Stored as JSON; parts that ask for nothing are left out.

use super::engine::Item;
use crate::ids::{CategoryId, ProductId, VariantId};
use crm::segments::SegmentId;
use kernel::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything of a promotion that the database has no column for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The name in further languages, by their codes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    #[serde(default)]
    pub conditions: Conditions,
    pub effect: Effect,
}

/// A choice of goods: the union of the lists, or everything when all of them are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Goods {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<ProductId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<VariantId>,
    /// With everything below them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategoryId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub brands: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Leaves out goods whose price is struck through already.
    #[serde(skip_serializing_if = "is_false")]
    pub full_price_only: bool,
}

impl Goods {
    /// Whether no goods are named, so that everything is meant.
    pub fn unnamed(&self) -> bool {
        self.products.is_empty() && self.variants.is_empty() && self.categories.is_empty() && self.brands.is_empty() && self.tags.is_empty()
    }

    /// Whether this is every line of any cart.
    pub fn everything(&self) -> bool {
        self.unnamed() && !self.full_price_only
    }

    /// Whether the item is among these goods.
    pub fn holds(&self, item: &Item) -> bool {
        if self.full_price_only && item.reduced {
            return false;
        }
        self.unnamed()
            || self.variants.contains(&item.variant)
            || self.products.contains(&item.product)
            || self.categories.iter().any(|id| item.categories.contains(id))
            || self.brands.contains(&item.brand)
            || self.tags.iter().any(|tag| item.tags.contains(tag))
    }

    /// Whether categories, brands or tags have to be known to decide.
    pub fn by_nature(&self) -> bool {
        !self.categories.is_empty() || !self.brands.is_empty() || !self.tags.is_empty()
    }
}

/// What must hold, all of it. Amounts are minor units of the promotion's currency at list prices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    /// The least the whole cart must cost.
    pub amount: i64,
    /// The least units the whole cart must have.
    #[serde(skip_serializing_if = "is_zero")]
    pub quantity: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<ItemsCondition>,
    #[serde(skip_serializing_if = "is_false")]
    pub signed_in: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub first_order: bool,
    /// Only for these customers, by the keys of their mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub customers: Vec<String>,
    /// Only for members of this segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentId>,
    /// Only for delivery to these countries, ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<String>,
    /// Only on these days in the shop's time zone, Monday is 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<u8>,
    /// Only at this time of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

/// Goods that must lie in the cart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ItemsCondition {
    pub goods: Goods,
    /// Units of them together, 0 or 1 for any.
    #[serde(skip_serializing_if = "is_zero")]
    pub quantity: i64,
    /// What they must cost together.
    #[serde(skip_serializing_if = "is_zero")]
    pub amount: i64,
}

/// Minutes of the day in the shop's time zone; `until` is not included. It may lie before `from`: from 22:00 until 02:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    pub from: i64,
    pub until: i64,
}

impl Hours {
    pub fn holds(&self, minute: i64) -> bool {
        if self.from <= self.until { (self.from..self.until).contains(&minute) } else { minute >= self.from || minute < self.until }
    }
}

/// How much comes off. Percentages are basis points, amounts minor units of the promotion's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Cut {
    Percentage(i64),
    /// Once, off all of the goods together.
    Amount(i64),
    /// Off each unit.
    AmountEach(i64),
    /// What each unit costs instead.
    Price(i64),
}

words!(
    /// What the steps of a tiered promotion count.
    Measure { Quantity = "quantity", Amount = "amount" }
);

/// From `from` units or minor units on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub from: i64,
    pub cut: Cut,
}

/// What a promotion gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Takes `cut` off the goods.
    Reduce {
        cut: Cut,
        #[serde(default, skip_serializing_if = "Goods::everything")]
        on: Goods,
    },
    /// For every `buy` units of one choice, up to `get` of the cheapest units of another are reduced by `percent` basis points.
    BuyGet {
        buy: i64,
        #[serde(default, skip_serializing_if = "Goods::everything")]
        of: Goods,
        get: i64,
        #[serde(default, skip_serializing_if = "Goods::everything")]
        on: Goods,
        percent: i64,
        /// How many times in one cart; 0 for any number.
        #[serde(default, skip_serializing_if = "is_zero")]
        times: i64,
    },
    /// The highest step that the goods reach.
    Tiered {
        by: Measure,
        tiers: Vec<Tier>,
        #[serde(default, skip_serializing_if = "Goods::everything")]
        on: Goods,
    },
    FreeShipping,
    /// Adds a variant at no price.
    Gift {
        variant: VariantId,
        quantity: i64,
    },
}

impl Default for Effect {
    fn default() -> Effect {
        Effect::Reduce { cut: Cut::Percentage(1000), on: Goods::default() }
    }
}

impl Effect {
    /// The word that forms and texts know it by.
    pub fn word(&self) -> &'static str {
        match self {
            Effect::Reduce { cut: Cut::Percentage(_), .. } => "percentage",
            Effect::Reduce { cut: Cut::Amount(_), .. } => "amount",
            Effect::Reduce { cut: Cut::AmountEach(_), .. } => "amount_each",
            Effect::Reduce { cut: Cut::Price(_), .. } => "price",
            Effect::BuyGet { .. } => "buy_get",
            Effect::Tiered { .. } => "tiered",
            Effect::FreeShipping => "free_shipping",
            Effect::Gift { .. } => "gift",
        }
    }

    /// The goods that cost less by it; `None` when it touches no price of goods.
    pub fn on(&self) -> Option<&Goods> {
        match self {
            Effect::Reduce { on, .. } | Effect::BuyGet { on, .. } | Effect::Tiered { on, .. } => Some(on),
            Effect::FreeShipping | Effect::Gift { .. } => None,
        }
    }

    fn holds_amounts(&self) -> bool {
        let of_cut = |cut: &Cut| !matches!(cut, Cut::Percentage(_));
        match self {
            Effect::Reduce { cut, .. } => of_cut(cut),
            Effect::Tiered { by, tiers, .. } => *by == Measure::Amount || tiers.iter().any(|tier| of_cut(&tier.cut)),
            _ => false,
        }
    }
}

impl Rules {
    /// Every choice of goods in it.
    pub fn goods(&self) -> Vec<&Goods> {
        let mut all: Vec<&Goods> = self.effect.on().into_iter().collect();
        if let Effect::BuyGet { of, .. } = &self.effect {
            all.push(of);
        }
        all.extend(self.conditions.items.as_ref().map(|items| &items.goods));
        all
    }

    /// Whether it names amounts, which mean something in one currency only.
    pub fn holds_amounts(&self) -> bool {
        let conditions = &self.conditions;
        conditions.amount > 0 || conditions.items.as_ref().is_some_and(|items| items.amount > 0) || self.effect.holds_amounts()
    }

    /// The name in `language`, or `name` when there is none.
    pub fn name<'a>(&'a self, name: &'a str, language: &str) -> &'a str {
        self.names.get(language).filter(|text| !text.is_empty()).map_or(name, String::as_str)
    }
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !*flag
}
