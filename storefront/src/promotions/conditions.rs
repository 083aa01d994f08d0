//! Whether a promotion's conditions hold for a cart.

use super::engine::{Candidate, Facts, Item, Shopper};
use super::grant::{self, Decided};
use super::reason::Reason;
use super::rules::Conditions;
use chrono::{Datelike, Timelike};

/// The first condition that does not hold, in the order in which a shopper would want to hear of it.
pub(super) fn refusal(offer: &Candidate, cart: &[Item], facts: &Facts) -> Option<Reason> {
    standing(offer, facts)
        .or_else(|| grant::refusal(offer))
        .or_else(|| moment(&offer.rules.conditions, facts))
        .or_else(|| shopper(offer, facts))
        .or_else(|| {
            let conditions = &offer.rules.conditions;
            whole(conditions, cart).or_else(|| goods(conditions, cart))
        })
}

/// Whether the promotion is for this shopper at all, and not used up by them. What is in the cart and when is not asked.
pub(super) fn is_for(offer: &Candidate, who: &Shopper) -> bool {
    let new_here = !offer.rules.conditions.first_order || who.orders == Some(0);
    let theirs =
        if offer.grant.is_some() { grant::refusal(offer).is_none() } else { new_here && person(&offer.rules.conditions, who).is_none() };
    theirs && !used_up(offer)
}

/// Whether an offer that was not decided yet is to be decided for this shopper.
pub(crate) fn awaits(offer: &Candidate, who: &Shopper) -> bool {
    let undecided = offer.grant.is_some_and(|grant| grant.decided == Decided::NotYet && grant.left.is_none_or(|left| left > 0));
    let open = offer.max_uses.is_none_or(|limit| offer.uses < limit);
    undecided && open && who.signed_in && person(&offer.rules.conditions, who).is_none()
}

/// Whether this customer used the promotion as often as each may.
fn used_up(offer: &Candidate) -> bool {
    let each = if offer.rules.conditions.first_order { Some(1) } else { offer.max_uses_per_customer };
    each.is_some_and(|limit| offer.used_by_customer >= limit)
}

/// The promotion itself: switched on, in its time, in this currency, not used up.
fn standing(offer: &Candidate, facts: &Facts) -> Option<Reason> {
    if !offer.active {
        return Some(Reason::Paused);
    }
    if offer.starts_at.is_some_and(|from| facts.at < from) {
        return Some(Reason::NotYet);
    }
    if offer.ends_at.is_some_and(|to| facts.at >= to) {
        return Some(Reason::Ended);
    }
    if offer.needs_code && offer.code.is_none() {
        return Some(Reason::NoCode);
    }
    let counts_money = offer.rules.holds_amounts() || offer.grant.is_some_and(|grant| grant.left.is_some());
    if offer.currency != facts.currency && counts_money {
        return Some(Reason::OtherCurrency);
    }
    if offer.code_used {
        return Some(Reason::CodeUsed);
    }
    if offer.max_uses.is_some_and(|limit| offer.uses >= limit) {
        return Some(Reason::UsedUp);
    }
    used_up(offer).then_some(Reason::UsedByCustomer)
}

fn moment(conditions: &Conditions, facts: &Facts) -> Option<Reason> {
    let day = u8::try_from(facts.local.weekday().number_from_monday()).unwrap_or(0);
    if !conditions.weekdays.is_empty() && !conditions.weekdays.contains(&day) {
        return Some(Reason::WrongDay);
    }
    let minute = i64::from(facts.local.hour() * 60 + facts.local.minute());
    conditions.hours.is_some_and(|hours| !hours.holds(minute)).then_some(Reason::WrongHour)
}

fn shopper(offer: &Candidate, facts: &Facts) -> Option<Reason> {
    let conditions = &offer.rules.conditions;
    if !conditions.countries.is_empty() && !conditions.countries.contains(&facts.country) {
        return Some(Reason::Country);
    }
    // Who it is was asked when an offer was decided, and what was given stands.
    if offer.grant.is_some() { None } else { person(conditions, &facts.shopper) }
}

fn person(conditions: &Conditions, shopper: &Shopper) -> Option<Reason> {
    if conditions.signed_in && !shopper.signed_in {
        return Some(Reason::SignIn);
    }
    let invited = |key: &String| conditions.customers.contains(key);
    if !conditions.customers.is_empty() && !shopper.email.iter().chain(&shopper.also).any(invited) {
        return Some(Reason::NotInvited);
    }
    if conditions.segment.is_some_and(|id| !shopper.segments.contains(&id)) {
        return Some(Reason::NotMember);
    }
    // Who is not known yet may be new; the checkout asks again once the mail address is there.
    (conditions.first_order && shopper.orders.is_some_and(|orders| orders > 0)).then_some(Reason::NotFirstOrder)
}

fn whole(conditions: &Conditions, cart: &[Item]) -> Option<Reason> {
    let amount: i64 = cart.iter().map(Item::subtotal).sum();
    if amount < conditions.amount {
        return Some(Reason::BelowAmount { missing: conditions.amount - amount });
    }
    let quantity: i64 = cart.iter().map(Item::units).sum();
    (quantity < conditions.quantity).then(|| Reason::BelowQuantity { missing: conditions.quantity - quantity })
}

fn goods(conditions: &Conditions, cart: &[Item]) -> Option<Reason> {
    let items = conditions.items.as_ref()?;
    let held = || cart.iter().filter(|item| items.goods.holds(item));
    let quantity = (items.quantity.max(1) - held().map(Item::units).sum::<i64>()).max(0);
    let amount = (items.amount - held().map(Item::subtotal).sum::<i64>()).max(0);
    (quantity > 0 || amount > 0).then_some(Reason::MissingGoods { quantity, amount })
}
