//! Which price of which list counts: pure, and the only place that says so.
//!
//! The lists of the buyer's own company come first, then those of the nearest company above it that has one, then those of its group of
//! companies, then those for everybody. Of one kind the higher priority wins, then the lower price, then the older list. A list that says
//! nothing of the goods at this quantity does not take part. The shop's own price counts when no list does.

use super::PriceListId;
use crate::ids::{StoreId, VariantId};
use crm::CompanyId;
use kernel::clock::Time;
use kernel::money::{Currency, scale};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

kernel::words!(
    /// Only an active list has prices.
    ListState { Draft = "draft", Active = "active", Paused = "paused" }
);

/// Whom a list is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum For {
    Company(CompanyId),
    Group(String),
    Everybody,
}

/// A list as far as it decides about prices.
#[derive(Clone, Debug)]
pub struct List {
    pub id: PriceListId,
    pub name: String,
    pub currency: Currency,
    pub store: Option<StoreId>,
    pub priority: i64,
    pub state: ListState,
    pub starts_at: Option<Time>,
    pub ends_at: Option<Time>,
    /// What goods without a price of the list cost less than in the shop, in basis points.
    pub adjust_bp: Option<i64>,
    pub buyers: Vec<For>,
}

/// A price from a quantity on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Break {
    pub from: i64,
    pub unit_price: i64,
}

/// The least that is sold, and in steps of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct QuantityRule {
    pub minimum: i64,
    pub increment: i64,
}

impl QuantityRule {
    pub fn allows(&self, quantity: i64) -> bool {
        quantity >= self.minimum && quantity % self.increment.max(1) == 0
    }

    /// The least allowed quantity that is no less than `quantity`.
    pub fn fitting(&self, quantity: i64) -> i64 {
        let step = self.increment.max(1);
        let least = quantity.max(self.minimum).max(1);
        match least % step {
            0 => least,
            over => least + step - over,
        }
    }
}

/// Who asks, where and when.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The buyer's company and those above it, the nearest first; empty for who buys for no company.
    pub companies: Vec<CompanyId>,
    /// The company's price group; empty without one.
    pub group: String,
    pub store: StoreId,
    pub currency: Currency,
    pub at: Time,
}

/// Why a list does not give the price. Each is the end of a text key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It is a draft or paused.
    NotActive,
    OtherCurrency,
    OtherStore,
    NotYet,
    Ended,
    OtherBuyers,
    /// It has no price of these goods.
    NoPrice,
    /// Its prices begin at a larger quantity.
    TooFew,
    /// A list that is nearer to the buyer has a price.
    Farther,
    /// Another list of the same kind has a higher priority.
    Priority,
    /// Another list of the same kind and priority is cheaper.
    Dearer,
    /// Another list of the same kind, priority and price is older.
    Newer,
}

impl Why {
    pub fn key(self) -> &'static str {
        match self {
            Why::NotActive => "price-why-not-active",
            Why::OtherCurrency => "price-why-other-currency",
            Why::OtherStore => "price-why-other-store",
            Why::NotYet => "price-why-not-yet",
            Why::Ended => "price-why-ended",
            Why::OtherBuyers => "price-why-other-buyers",
            Why::NoPrice => "price-why-no-price",
            Why::TooFew => "price-why-too-few",
            Why::Farther => "price-why-farther",
            Why::Priority => "price-why-priority",
            Why::Dearer => "price-why-dearer",
            Why::Newer => "price-why-newer",
        }
    }
}

/// The list that gives a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Winner {
    pub list: PriceListId,
    pub name: String,
    /// The quantity from which its price counts; none for a share off the shop's price.
    pub from: Option<i64>,
    /// What it takes off the shop's price, in basis points, when it has no price of its own.
    pub adjust_bp: Option<i64>,
}

/// A list that does not give the price, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loser {
    pub list: PriceListId,
    pub name: String,
    /// What it would have cost, when the list says a price.
    pub unit_price: Option<i64>,
    pub why: Why,
}

/// How a price came about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// None for the shop's own price.
    pub chosen: Option<Winner>,
    pub rejected: Vec<Loser>,
    /// What a unit costs without any list.
    pub shop_price: i64,
}

/// A price with how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub unit_price: i64,
    pub trace: Trace,
}

/// The prices of the lists by list and variant, each rising by quantity.
pub type Rows = BTreeMap<(PriceListId, VariantId), Vec<Break>>;
/// The quantity rules of the lists.
pub type Terms = BTreeMap<(PriceListId, VariantId), QuantityRule>;

/// How near a list is to the buyer: the own company is 0; `None` when it is for others.
fn nearness(list: &List, asked: &Asked) -> Option<usize> {
    let above = asked.companies.len();
    let near = |buyer: &For| match buyer {
        For::Company(company) => asked.companies.iter().position(|known| known == company),
        For::Group(group) => (!group.is_empty() && *group == asked.group).then_some(above),
        For::Everybody => Some(above + 1),
    };
    list.buyers.iter().filter_map(near).min()
}

/// How near a live list is, or why it does not count.
fn standing(list: &List, asked: &Asked) -> Result<usize, Why> {
    if list.state != ListState::Active {
        return Err(Why::NotActive);
    }
    if list.currency != asked.currency {
        return Err(Why::OtherCurrency);
    }
    if list.store.is_some_and(|store| store != asked.store) {
        return Err(Why::OtherStore);
    }
    if list.starts_at.is_some_and(|start| asked.at < start) {
        return Err(Why::NotYet);
    }
    if list.ends_at.is_some_and(|end| asked.at >= end) {
        return Err(Why::Ended);
    }
    nearness(list, asked).ok_or(Why::OtherBuyers)
}

/// What a list asks for a unit, with the quantity from which it does.
fn said(list: &List, breaks: &[Break], quantity: i64, shop_price: i64) -> Result<(i64, Option<i64>), Why> {
    if let Some(reached) = breaks.iter().filter(|one| one.from <= quantity).max_by_key(|one| one.from) {
        return Ok((reached.unit_price, Some(reached.from)));
    }
    match list.adjust_bp {
        // A share off no price is no price.
        Some(off) if shop_price > 0 => Ok((shop_price - scale(shop_price, off, 10_000), None)),
        _ if breaks.is_empty() => Err(Why::NoPrice),
        _ => Err(Why::TooFew),
    }
}

/// What decides between lists that say a price: the smallest wins.
type Rank = (usize, i64, i64, PriceListId);

/// The price of a unit of a variant when so many are bought.
pub fn resolve(lists: &[List], rows: &Rows, asked: &Asked, variant: VariantId, quantity: i64, shop_price: i64) -> Chosen {
    let mut running: Vec<(Rank, &List, Option<i64>)> = Vec::new();
    let mut rejected: Vec<Loser> = Vec::new();
    for list in lists {
        let breaks = rows.get(&(list.id, variant)).map(Vec::as_slice).unwrap_or_default();
        let asks = standing(list, asked).and_then(|near| said(list, breaks, quantity, shop_price).map(|said| (near, said)));
        match asks {
            // Negated, so that the higher priority is the smaller.
            Ok((near, (price, from))) => running.push(((near, -list.priority, price, list.id), list, from)),
            Err(why) => rejected.push(Loser { list: list.id, name: list.name.clone(), unit_price: None, why }),
        }
    }
    running.sort_by_key(|(rank, ..)| *rank);
    let mut all = running.into_iter();
    let Some((best, list, from)) = all.next() else {
        return Chosen { unit_price: shop_price, trace: Trace { chosen: None, rejected, shop_price } };
    };
    for (rank, other, _) in all {
        let why = if rank.0 != best.0 {
            Why::Farther
        } else if rank.1 != best.1 {
            Why::Priority
        } else if rank.2 != best.2 {
            Why::Dearer
        } else {
            Why::Newer
        };
        rejected.push(Loser { list: other.id, name: other.name.clone(), unit_price: Some(rank.2), why });
    }
    let adjust_bp = list.adjust_bp.filter(|_| from.is_none());
    let chosen = Some(Winner { list: list.id, name: list.name.clone(), from, adjust_bp });
    Chosen { unit_price: best.2, trace: Trace { chosen, rejected, shop_price } }
}

/// The prices by quantity that a buyer sees, the first from one unit on. Steps at which nothing changes are left out.
pub fn breaks(lists: &[List], rows: &Rows, asked: &Asked, variant: VariantId, shop_price: i64) -> Vec<Break> {
    let of = |list: &List| rows.get(&(list.id, variant)).into_iter().flatten().map(|one| one.from).collect::<Vec<i64>>();
    let mut steps: Vec<i64> = lists.iter().flat_map(of).chain([1]).collect();
    steps.sort_unstable();
    steps.dedup();
    let mut found: Vec<Break> = Vec::with_capacity(steps.len());
    for from in steps {
        let unit_price = resolve(lists, rows, asked, variant, from, shop_price).unit_price;
        if found.last().is_none_or(|last| last.unit_price != unit_price) {
            found.push(Break { from, unit_price });
        }
    }
    found
}

/// The quantity rule of a variant: that of the nearest list that has one, of several the one of the highest priority, then the oldest.
pub fn quantity(lists: &[List], terms: &Terms, asked: &Asked, variant: VariantId) -> Option<QuantityRule> {
    let with_rule = lists.iter().filter_map(|list| {
        let (near, rule) = (standing(list, asked).ok()?, terms.get(&(list.id, variant))?);
        Some(((near, -list.priority, list.id), *rule))
    });
    with_rule.min_by_key(|(rank, _)| *rank).map(|(_, rule)| rule)
}
