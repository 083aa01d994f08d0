//! What a promotion does, in plain sentences.

use super::promotion_form::write_tier;
use super::{forms, promotion_goods as goods};
use crm::segments;
use kernel::money::Money;
use kernel::{Conn, Result};
use storefront::promotions::{Cut, Effect, Goods, Promotion};
use storefront::shop::Shop;
use storefront::web::words::Words;

/// Names in a sentence; beyond that their number is told.
const NAMED: usize = 4;

/// What the goods of a promotion are called.
#[derive(Clone, Debug, Default)]
pub struct Spelled {
    on: Vec<String>,
    of: Vec<String>,
    items: Vec<String>,
    gift: String,
    segment: String,
}

impl Spelled {
    pub fn load(conn: &mut Conn, promotion: &Promotion) -> Result<Spelled> {
        let rules = &promotion.rules.0;
        let mut spelled = Spelled::default();
        if let Some(on) = rules.effect.on() {
            spelled.on = goods::spelled(conn, on)?;
        }
        match &rules.effect {
            Effect::BuyGet { of, .. } => spelled.of = goods::spelled(conn, of)?,
            Effect::Gift { variant, .. } => spelled.gift = goods::sku(conn, *variant)?,
            _ => {}
        }
        if let Some(items) = &rules.conditions.items {
            spelled.items = goods::spelled(conn, &items.goods)?;
        }
        if let Some(id) = rules.conditions.segment {
            spelled.segment = segments::get(conn, id).map(|segment| segment.name)?;
        }
        Ok(spelled)
    }
}

fn named(goods: &Goods, names: &[String], words: &Words) -> Result<String> {
    let text = match names {
        [] => words.get("promo-all-goods"),
        few if few.len() <= NAMED => few.join(", "),
        many => words.with("promo-and-more", &[("names", &many[..NAMED].join(", ")), ("more", &(many.len() - NAMED).to_string())])?,
    };
    if goods.full_price_only { words.with("promo-full-price", &[("goods", &text)]) } else { Ok(text) }
}

/// What it gives, in one sentence.
pub fn effect(promotion: &Promotion, spelled: &Spelled, words: &Words) -> Result<String> {
    let currency = promotion.currency()?;
    let money = |minor: i64| words.money(Money::new(minor, currency));
    match &promotion.rules.0.effect {
        Effect::Reduce { cut, on } => {
            let goods = named(on, &spelled.on, words)?;
            match cut {
                Cut::Percentage(points) => words.with("promo-percentage", &[("percent", &forms::percent(*points)), ("goods", &goods)]),
                Cut::Amount(minor) => words.with("promo-amount", &[("amount", &money(*minor)), ("goods", &goods)]),
                Cut::AmountEach(minor) => words.with("promo-amount-each", &[("amount", &money(*minor)), ("goods", &goods)]),
                Cut::Price(minor) => words.with("promo-price", &[("amount", &money(*minor)), ("goods", &goods)]),
            }
        }
        Effect::BuyGet { buy, of, get, on, percent, times } => {
            let (bought, got) = (named(of, &spelled.of, words)?, named(on, &spelled.on, words)?);
            let args = [
                ("buy", buy.to_string()),
                ("get", get.to_string()),
                ("percent", forms::percent(*percent)),
                ("bought", bought),
                ("got", got),
            ];
            let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let text = words.with(if *percent == 10_000 { "promo-buy-get-free" } else { "promo-buy-get" }, &args)?;
            if *times == 0 { Ok(text) } else { Ok(format!("{text} {}", words.with("promo-times", &[("times", &times.to_string())])?)) }
        }
        Effect::Tiered { by, tiers, on } => {
            let steps: Vec<String> = tiers.iter().map(|tier| write_tier(*by, tier, currency)).collect();
            let key = format!("promo-tiered-{}", by.as_str());
            words.with(&key, &[("goods", &named(on, &spelled.on, words)?), ("steps", &steps.join("; "))])
        }
        Effect::FreeShipping => Ok(words.get("promo-free-shipping")),
        Effect::Gift { quantity, .. } => words.with("promo-gift", &[("quantity", &quantity.to_string()), ("goods", &spelled.gift)]),
    }
}

/// Everything it does and asks for.
pub fn whole(promotion: &Promotion, spelled: &Spelled, shop: &Shop, words: &Words) -> Result<String> {
    let currency = promotion.currency()?;
    let money = |minor: i64| words.money(Money::new(minor, currency));
    let conditions = &promotion.rules.0.conditions;
    let mut said = vec![effect(promotion, spelled, words)?];
    let mut say = |key: &str, args: &[(&str, &str)]| words.with(key, args).map(|text| said.push(text));
    say(if promotion.needs_code { "promo-by-code" } else { "promo-by-itself" }, &[])?;
    if conditions.amount > 0 {
        say("promo-from-amount", &[("amount", &money(conditions.amount))])?;
    }
    if conditions.quantity > 0 {
        say("promo-from-quantity", &[("quantity", &conditions.quantity.to_string())])?;
    }
    if let Some(items) = &conditions.items {
        let goods = named(&items.goods, &spelled.items, words)?;
        say("promo-items", &[("quantity", &items.quantity.max(1).to_string()), ("goods", &goods)])?;
        if items.amount > 0 {
            say("promo-items-amount", &[("amount", &money(items.amount))])?;
        }
    }
    for (holds, key) in [(conditions.signed_in, "promo-signed-in"), (conditions.first_order, "promo-first-order")] {
        if holds {
            say(key, &[])?;
        }
    }
    if !conditions.customers.is_empty() {
        say("promo-customers", &[("count", &conditions.customers.len().to_string())])?;
    }
    if conditions.segment.is_some() {
        say("promo-segment", &[("segment", &spelled.segment)])?;
    }
    if !conditions.countries.is_empty() {
        say("promo-countries", &[("countries", &conditions.countries.join(", "))])?;
    }
    if !conditions.weekdays.is_empty() {
        let days: Vec<String> = conditions.weekdays.iter().map(|day| words.get(&format!("promo-day-{day}"))).collect();
        say("promo-weekdays", &[("days", &days.join(", "))])?;
    }
    if let Some(hours) = conditions.hours {
        let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        say("promo-hours", &[("from", &clock(hours.from)), ("until", &clock(hours.until))])?;
    }
    for (at, key) in [(promotion.starts_at, "promo-starts"), (promotion.ends_at, "promo-ends")] {
        if let Some(at) = at {
            say(key, &[("at", &shop.local(at).format("%Y-%m-%d %H:%M").to_string())])?;
        }
    }
    for (limit, key) in [(promotion.max_uses, "promo-max-uses"), (promotion.max_uses_per_customer, "promo-max-each")] {
        if let Some(limit) = limit {
            say(key, &[("limit", &limit.to_string())])?;
        }
    }
    if promotion.exclusive {
        say("promo-exclusive", &[])?;
    } else {
        say("promo-stacking", &[("group", &promotion.stacking.to_string())])?;
    }
    Ok(said.join(" "))
}
