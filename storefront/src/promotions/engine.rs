//! Which promotions a cart gets: one pure function. It knows the cart, the facts and the promotions, and no database.
//!
//! Conditions are asked of list prices. Of each group the promotion that makes the cart cheapest wins; groups follow each other in
//! the order of their numbers, each on what the one before left. A promotion that stands alone wins against all others together
//! or not at all. Equal gains go to the older promotion, so that the answer does not depend on the order of anything.
//!
//! Gift cards are money and no goods: no promotion sees them, so that none reduces one and none is reached by buying one.

use super::conditions;
use super::effects::{self, Gain};
use super::grant::{self, Grant};
use super::reason::Reason;
use super::rules::Rules;
use crate::ids::{CategoryId, ProductId, PromotionId, VariantId};
use crate::pricing::{Delivery, line_amount};
use crm::segments::SegmentId;
use kernel::clock::Time;
use kernel::money::Currency;
use std::collections::BTreeMap;

/// A line of the cart as promotions see it. Amounts are minor units.
#[derive(Clone, Debug)]
pub struct Item {
    pub variant: VariantId,
    pub product: ProductId,
    /// Those it is in, and all above them.
    pub categories: Vec<CategoryId>,
    pub brand: String,
    pub tags: Vec<String>,
    /// Its price is struck through already.
    pub reduced: bool,
    /// A gift card that is sold.
    pub gift_card: bool,
    pub unit_price: i64,
    pub quantity: i64,
    /// The quantity that the unit price is for: 1 for what is counted, more for what is measured.
    pub per: i64,
    /// What a unit costs the shop, with the tax in it when prices hold it. `None` when nobody knows or asks.
    pub cost: Option<i64>,
}

impl Item {
    /// What the line costs at list price.
    pub fn subtotal(&self) -> i64 {
        line_amount(self.unit_price, self.quantity, self.per)
    }

    /// Whole units, which is what promotions count.
    pub fn units(&self) -> i64 {
        self.quantity / self.per.max(1)
    }
}

/// A promotion with what is known of its uses.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: PromotionId,
    /// As the shopper reads it.
    pub name: String,
    pub active: bool,
    pub needs_code: bool,
    /// The code on the cart that opens it.
    pub code: Option<String>,
    /// That code serves once and did.
    pub code_used: bool,
    /// The number of its group.
    pub stacking: i64,
    pub exclusive: bool,
    pub currency: Currency,
    pub starts_at: Option<Time>,
    pub ends_at: Option<Time>,
    pub max_uses: Option<i64>,
    pub max_uses_per_customer: Option<i64>,
    pub uses: i64,
    pub used_by_customer: i64,
    pub rules: Rules,
    /// What makes it a one-to-one offer; `None` for a promotion for all whose conditions hold.
    pub grant: Option<Grant>,
}

/// What is known of whoever fills the cart.
#[derive(Clone, Debug, Default)]
pub struct Shopper {
    pub signed_in: bool,
    /// The key of the mail address, when it is known.
    pub email: Option<String>,
    /// The keys of all addresses by which a customer is known, when a promotion is for people by name.
    pub also: Vec<String>,
    /// Orders so far; `None` while nobody knows who it is.
    pub orders: Option<i64>,
    /// Of the segments that promotions name, those they are in.
    pub segments: Vec<SegmentId>,
}

/// A variant that some promotion gives away.
#[derive(Clone, Copy, Debug)]
pub struct GiftStock {
    pub unit_price: i64,
    pub for_sale: bool,
    /// Units left beside those in the cart; `None` for any number.
    pub free: Option<i64>,
    pub requires_shipping: bool,
}

/// Everything beside the goods that a promotion may ask about.
#[derive(Clone, Debug)]
pub struct Facts {
    pub at: Time,
    /// The same moment on the clocks of the shop.
    pub local: Time,
    pub currency: Currency,
    /// Where the cart goes, ISO 3166-1 alpha-2.
    pub country: String,
    pub shopper: Shopper,
    pub delivery: Option<Delivery>,
    /// Something in the cart needs delivery.
    pub ships: bool,
    pub gifts: BTreeMap<VariantId, GiftStock>,
}

/// A promotion that the cart gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub id: PromotionId,
    pub name: String,
    pub code: Option<String>,
    /// It speaks of the whole cart rather than of chosen goods.
    pub whole: bool,
    /// (line, amount), amounts above zero.
    pub lines: Vec<(usize, i64)>,
    pub free_shipping: bool,
    /// What it takes off the delivery.
    pub shipping: i64,
    pub gift: Option<(VariantId, i64)>,
    /// By how much the cart is cheaper for it, a gift at what it would cost: what an offer's budget pays. `None` for other promotions.
    pub worth: Option<i64>,
}

impl Applied {
    /// The name of its source in books and reports: `coupon:CODE` for what a code opened, else `promotion:ID`.
    pub fn source(&self) -> String {
        self.code.as_ref().map_or_else(|| format!("promotion:{}", self.id), |code| format!("coupon:{code}"))
    }

    /// Its name with the code that opened it.
    pub fn label(&self) -> String {
        match &self.code {
            Some(code) if *code != self.name => format!("{} ({code})", self.name),
            _ => self.name.clone(),
        }
    }

    /// Its name in traces.
    pub(crate) fn rule(&self) -> String {
        format!("promotion {}: {}", self.id, self.label())
    }

    /// What it takes off the goods and the delivery together.
    pub fn amount(&self) -> i64 {
        self.lines.iter().map(|(_, amount)| amount).sum::<i64>() + self.shipping
    }
}

/// A promotion that the cart does not get, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    pub id: PromotionId,
    pub name: String,
    pub code: Option<String>,
    pub reason: Reason,
    /// The lines it would concern.
    pub lines: Vec<usize>,
}

/// What was chosen, what was not, and why. `discounts` has an amount for each line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    pub applied: Vec<Applied>,
    pub rejected: Vec<Rejected>,
    pub discounts: Vec<i64>,
}

impl Decision {
    /// Whether a promotion pays the delivery.
    pub fn free_shipping(&self) -> bool {
        self.applied.iter().any(|applied| applied.free_shipping)
    }

    /// Every gift with the promotion that gives it.
    pub fn gifts(&self) -> impl Iterator<Item = (&Applied, VariantId, i64)> {
        self.applied.iter().filter_map(|applied| applied.gift.map(|(variant, quantity)| (applied, variant, quantity)))
    }
}

/// Decides for a cart. The order of `offers` does not matter.
pub fn decide(cart: &[Item], offers: &[Candidate], facts: &Facts) -> Decision {
    if cart.iter().all(|item| !item.gift_card) {
        return decide_goods(cart, offers, facts);
    }
    let (places, goods): (Vec<usize>, Vec<Item>) = cart.iter().cloned().enumerate().filter(|(_, item)| !item.gift_card).unzip();
    let mut decision = decide_goods(&goods, offers, facts);
    // The goods' places among all lines. A reason told with the first line stays with the first of the goods.
    let place = |line: &mut usize| *line = places.get(*line).copied().unwrap_or(*line);
    decision.applied.iter_mut().flat_map(|applied| &mut applied.lines).for_each(|(line, _)| place(line));
    decision.rejected.iter_mut().flat_map(|rejected| &mut rejected.lines).for_each(place);
    let mut discounts = vec![0; cart.len()];
    places.iter().zip(&decision.discounts).for_each(|(place, discount)| discounts[*place] = *discount);
    Decision { discounts, ..decision }
}

fn decide_goods(cart: &[Item], offers: &[Candidate], facts: &Facts) -> Decision {
    let mut sorted: Vec<&Candidate> = offers.iter().collect();
    sorted.sort_by_key(|offer| (offer.stacking, offer.id));
    let mut rejected = Vec::new();
    let mut open = Vec::new();
    for offer in sorted {
        match conditions::refusal(offer, cart, facts) {
            Some(reason) => rejected.push(reject(offer, reason, cart)),
            None => open.push(offer),
        }
    }
    let (alone, others): (Vec<&Candidate>, Vec<&Candidate>) = open.into_iter().partition(|offer| offer.exclusive);
    let mut chosen = Combination::of(&others, cart, facts);
    for offer in alone {
        let mut single = Combination::of(&[offer], cart, facts);
        if single.applied.is_empty() {
            rejected.append(&mut single.rejected);
        } else if single.cost(facts) < chosen.cost(facts) {
            let reason = Reason::StandsAlone { by: offer.name.clone() };
            let beaten = std::mem::replace(&mut chosen, single);
            let ids: Vec<PromotionId> = beaten.applied.iter().map(|applied| applied.id).collect();
            let losers = offers.iter().filter(|other| ids.contains(&other.id));
            rejected.extend(losers.map(|other| reject(other, reason.clone(), cart)));
            rejected.extend(beaten.rejected);
        } else {
            rejected.push(reject(offer, Reason::LessThanOthers, cart));
        }
    }
    rejected.append(&mut chosen.rejected);
    rejected.sort_by_key(|row| row.id);
    let waived = chosen.waived(facts);
    if let Some(first) = chosen.applied.iter_mut().find(|applied| applied.free_shipping) {
        first.shipping = waived;
    }
    let discounts = cart.iter().zip(&chosen.left).map(|(item, left)| item.subtotal() - left).collect();
    Decision { applied: chosen.applied, rejected, discounts }
}

fn reject(offer: &Candidate, reason: Reason, cart: &[Item]) -> Rejected {
    let lines = match offer.rules.effect.on() {
        Some(goods) => (0..cart.len()).filter(|at| goods.holds(&cart[*at])).collect(),
        // What concerns the whole cart is told with its first line.
        None => (0..cart.len().min(1)).collect(),
    };
    Rejected { id: offer.id, name: offer.name.clone(), code: offer.code.clone(), reason, lines }
}

/// Promotions applied one after another.
struct Combination {
    /// What each line costs by now.
    left: Vec<i64>,
    free_shipping: bool,
    /// What the gifts would cost.
    gifts: i64,
    applied: Vec<Applied>,
    rejected: Vec<Rejected>,
}

impl Combination {
    /// The best of each group, the groups in their order.
    fn of(offers: &[&Candidate], cart: &[Item], facts: &Facts) -> Combination {
        let left = cart.iter().map(Item::subtotal).collect();
        let mut combination = Combination { left, free_shipping: false, gifts: 0, applied: Vec::new(), rejected: Vec::new() };
        for group in offers.chunk_by(|one, next| one.stacking == next.stacking) {
            combination.add_best(group, cart, facts);
        }
        combination
    }

    fn add_best(&mut self, group: &[&Candidate], cart: &[Item], facts: &Facts) {
        let before = self.cost(facts);
        let given: Vec<(VariantId, i64)> = self.applied.iter().filter_map(|applied| applied.gift).collect();
        let mut best: Option<(i64, &Candidate, Gain)> = None;
        let mut also = Vec::new();
        for offer in group {
            match self.gain(offer, cart, before, facts, &given) {
                Err(reason) => self.rejected.push(reject(offer, reason, cart)),
                Ok((cost, gain)) if best.as_ref().is_none_or(|(least, ..)| cost < *least) => {
                    also.extend(best.replace((cost, offer, gain)).map(|(_, other, _)| other));
                }
                Ok(_) => also.push(offer),
            }
        }
        let Some((cost, offer, gain)) = best else { return };
        for other in also {
            self.rejected.push(reject(other, Reason::Beaten { by: offer.name.clone() }, cart));
        }
        self.take(offer, gain, before - cost, facts);
    }

    /// What a promotion would give now, and what the cart would cost then, which is less than `before`.
    fn gain(
        &self,
        offer: &Candidate,
        cart: &[Item],
        before: i64,
        facts: &Facts,
        given: &[(VariantId, i64)],
    ) -> Result<(i64, Gain), Reason> {
        let gain = effects::gain(&offer.rules.effect, cart, &self.left, facts, given)?;
        let gain = grant::above_floor(offer, gain, cart, &self.left)?;
        let cost = self.cost_with(&gain, facts);
        if cost >= before {
            return Err(Reason::NoGain);
        }
        grant::within_budget(offer, before - cost)?;
        Ok((cost, gain))
    }

    fn take(&mut self, offer: &Candidate, gain: Gain, saved: i64, facts: &Facts) {
        for (line, amount) in &gain.lines {
            self.left[*line] -= amount;
        }
        self.free_shipping |= gain.free_shipping;
        self.gifts += worth(&gain, facts);
        self.applied.push(Applied {
            id: offer.id,
            name: offer.name.clone(),
            code: offer.code.clone(),
            whole: offer.rules.effect.on().is_none_or(super::rules::Goods::everything),
            lines: gain.lines,
            free_shipping: gain.free_shipping,
            shipping: 0,
            gift: gain.gift,
            worth: offer.grant.map(|_| saved),
        });
    }

    /// What the shopper pays before tax, less what the gifts are worth.
    fn cost(&self, facts: &Facts) -> i64 {
        let goods: i64 = self.left.iter().sum();
        goods + delivery(facts, goods, self.free_shipping).0 - self.gifts
    }

    fn cost_with(&self, gain: &Gain, facts: &Facts) -> i64 {
        let goods = self.left.iter().sum::<i64>() - gain.lines.iter().map(|(_, amount)| amount).sum::<i64>();
        goods + delivery(facts, goods, self.free_shipping || gain.free_shipping).0 - self.gifts - worth(gain, facts)
    }

    fn waived(&self, facts: &Facts) -> i64 {
        delivery(facts, self.left.iter().sum(), self.free_shipping).1
    }
}

fn worth(gain: &Gain, facts: &Facts) -> i64 {
    // A gift that costs nothing anyway is worth having all the same.
    gain.gift.map_or(0, |(variant, quantity)| facts.gifts.get(&variant).map_or(1, |gift| (gift.unit_price * quantity).max(1)))
}

fn delivery(facts: &Facts, goods: i64, free: bool) -> (i64, i64) {
    facts.delivery.as_ref().map_or((0, 0), |delivery| delivery.costs(goods, free))
}
