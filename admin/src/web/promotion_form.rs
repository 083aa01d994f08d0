//! The form of a promotion: from what was typed to its terms, and back. It has a field for everything a promotion can ask and give;
//! those that do not belong to the chosen effect are left out, not refused.

use super::forms::{self, Reader};
use super::languages;
use super::offer_form;
use super::promotion_goods::{self as goods, lines};
use crm::email::Email;
use crm::segments::{self, SegmentId};
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use storefront::catalog;
use storefront::offers;
use storefront::promotions::{self, Conditions, Cut, Effect, Goods, Hours, ItemsCondition, Measure, Promotion, Rules, Terms, Tier};
use storefront::shop::Shop;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

const NAMES: &[&str] = &[
    "version",
    "name",
    "active",
    "method",
    "code",
    "stacking",
    "exclusive",
    "effect",
    "percent",
    "amount",
    "on_products",
    "on_categories",
    "on_brands",
    "on_tags",
    "full_price",
    "buy",
    "get",
    "get_percent",
    "times",
    "get_products",
    "get_categories",
    "get_brands",
    "get_tags",
    "measure",
    "tiers",
    "gift",
    "gift_quantity",
    "amount_from",
    "quantity_from",
    "items_products",
    "items_categories",
    "items_brands",
    "items_tags",
    "items_quantity",
    "items_amount",
    "signed_in",
    "first_order",
    "customers",
    "segment",
    "countries",
    "day_1",
    "day_2",
    "day_3",
    "day_4",
    "day_5",
    "day_6",
    "day_7",
    "hour_from",
    "hour_until",
    "starts_at",
    "ends_at",
    "max_uses",
    "max_uses_per_customer",
];
pub const EFFECTS: [&str; 8] = ["percentage", "amount", "amount_each", "price", "buy_get", "tiered", "free_shipping", "gift"];
pub const METHODS: [&str; 3] = ["automatic", "code", offer_form::METHOD];
pub const MEASURES: [&str; 2] = ["quantity", "amount"];

/// The version of the promotion that the form was made from.
pub fn version(posted: &Posted) -> i64 {
    posted.get("version").parse().unwrap_or(0)
}

/// A new promotion.
pub fn blank() -> Form {
    let form = Form::new(&names()).fill("effect", "percentage").fill("method", "automatic").fill("stacking", "1").fill("active", "on");
    let form = form.fill("buy", "2").fill("get", "1").fill("get_percent", "100").fill("measure", "quantity").fill("gift_quantity", "1");
    offer_form::blank(form)
}

/// The fields of the form, those of an offer among them.
fn names() -> Vec<String> {
    NAMES.iter().map(ToString::to_string).chain(languages::further(&["name"])).chain(offer_form::names()).collect()
}

/// What was typed, with what is wrong about it.
pub fn refused(posted: &Posted, wrong: &Fields) -> Form {
    Form::new(&names()).typed(posted.pairs()).refuse(&names(), wrong)
}

/// A stored promotion. Times are those of the shop's clocks.
pub fn filled(conn: &mut Conn, promotion: &Promotion) -> Result<Form> {
    let shop = storefront::shop::get(conn)?;
    let currency = promotion.currency()?;
    let code = promotions::shared_code(conn, promotion.id)?.unwrap_or_default();
    let rules = &promotion.rules.0;
    let form = blank()
        .fill("version", promotion.version.to_string())
        .fill("name", &promotion.name)
        .fill("active", forms::tick(promotion.state == promotions::State::Active))
        .fill("method", if promotion.needs_code { "code" } else { "automatic" })
        .fill("code", code)
        .fill("stacking", promotion.stacking.to_string())
        .fill("exclusive", forms::tick(promotion.exclusive))
        .fill("starts_at", forms::moment(promotion.starts_at.map(|at| shop.local(at))))
        .fill("ends_at", forms::moment(promotion.ends_at.map(|at| shop.local(at))))
        .fill("max_uses", forms::number(promotion.max_uses))
        .fill("max_uses_per_customer", forms::number(promotion.max_uses_per_customer))
        .fill("effect", rules.effect.word());
    let form = Language::further().fold(form, |form, language| {
        form.fill(&languages::field("name", language), rules.names.get(language.code()).cloned().unwrap_or_default())
    });
    let form = match offers::get(conn, promotion.id)? {
        Some(offer) => offer_form::filled(form.fill("method", offer_form::METHOD), &offer, currency),
        None => form,
    };
    let form = fill_effect(conn, form, &rules.effect, currency)?;
    fill_conditions(conn, form, &rules.conditions, currency)
}

fn fill_effect(conn: &mut Conn, form: Form, effect: &Effect, currency: Currency) -> Result<Form> {
    let amount = |minor: i64| forms::amount(Some(minor), currency);
    let form = form.fill("full_price", forms::tick(effect.on().is_some_and(|on| on.full_price_only)));
    Ok(match effect {
        Effect::Reduce { cut, on } => {
            let form = match cut {
                Cut::Percentage(points) => form.fill("percent", forms::percent(*points)),
                Cut::Amount(minor) | Cut::AmountEach(minor) | Cut::Price(minor) => form.fill("amount", amount(*minor)),
            };
            goods::fill(conn, form, "on", on)?
        }
        Effect::BuyGet { buy, of, get, on, percent, times } => {
            let form = form
                .fill("buy", buy.to_string())
                .fill("get", get.to_string())
                .fill("get_percent", forms::percent(*percent))
                .fill("times", forms::number(Some(*times).filter(|times| *times > 0)));
            let form = goods::fill(conn, form, "on", of)?;
            if of == on { form } else { goods::fill(conn, form, "get", on)? }
        }
        Effect::Tiered { by, tiers, on } => {
            let steps: Vec<String> = tiers.iter().map(|tier| write_tier(*by, tier, currency)).collect();
            let form = form.fill("measure", by.as_str()).fill("tiers", steps.join("\n"));
            goods::fill(conn, form, "on", on)?
        }
        Effect::FreeShipping => form,
        Effect::Gift { variant, quantity } => form.fill("gift", goods::sku(conn, *variant)?).fill("gift_quantity", quantity.to_string()),
    })
}

fn fill_conditions(conn: &mut Conn, form: Form, conditions: &Conditions, currency: Currency) -> Result<Form> {
    let some = |number: i64| Some(number).filter(|number| *number > 0);
    let clock = |minute: i64| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let form = form
        .fill("amount_from", forms::amount(some(conditions.amount), currency))
        .fill("quantity_from", forms::number(some(conditions.quantity)))
        .fill("signed_in", forms::tick(conditions.signed_in))
        .fill("first_order", forms::tick(conditions.first_order))
        .fill("customers", conditions.customers.join("\n"))
        .fill("segment", forms::number(conditions.segment.map(|id| id.0)))
        .fill("countries", conditions.countries.join(" "))
        .fill("hour_from", conditions.hours.map(|hours| clock(hours.from)).unwrap_or_default())
        .fill("hour_until", conditions.hours.map(|hours| clock(hours.until)).unwrap_or_default());
    let form = conditions.weekdays.iter().fold(form, |form, day| form.fill(&format!("day_{day}"), "on"));
    let Some(items) = &conditions.items else { return Ok(form) };
    let form =
        form.fill("items_quantity", forms::number(some(items.quantity))).fill("items_amount", forms::amount(some(items.amount), currency));
    goods::fill(conn, form, "items", &items.goods)
}

/// The terms of a form. `Invalid` names everything that does not read.
pub fn read(conn: &mut Conn, posted: &Posted, currency: Currency, shop: &Shop, words: &Words) -> Result<Terms> {
    let mut reader = Reader::new(posted, currency);
    let effect = read_effect(conn, posted, &mut reader, currency, words)?;
    let conditions = read_conditions(conn, posted, &mut reader, words)?;
    let said = |language: Language| (language.code().to_string(), posted.get(&languages::field("name", language)).trim().to_string());
    let names = Language::further().map(said).filter(|(_, text)| !text.is_empty()).collect();
    let terms = Terms {
        name: reader.text("name"),
        active: reader.ticked("active"),
        needs_code: posted.get("method") == "code",
        code: reader.text("code"),
        stacking: reader.number("stacking"),
        exclusive: reader.ticked("exclusive"),
        currency,
        starts_at: reader.moment("starts_at").map(|at| shop.moment(at)),
        ends_at: reader.moment("ends_at").map(|at| shop.moment(at)),
        max_uses: reader.optional_number("max_uses"),
        max_uses_per_customer: reader.optional_number("max_uses_per_customer"),
        rules: Rules { names, conditions, effect },
        offer: offer_form::read(posted, &mut reader),
    };
    reader.check()?;
    Ok(terms)
}

fn read_effect(conn: &mut Conn, posted: &Posted, reader: &mut Reader, currency: Currency, words: &Words) -> Result<Effect> {
    let mut on = goods::read(conn, posted, "on", words, &mut reader.wrong)?;
    on.full_price_only = reader.ticked("full_price");
    let word = posted.get("effect");
    Ok(match word {
        "percentage" => Effect::Reduce { cut: Cut::Percentage(reader.percent("percent")), on },
        "amount" => Effect::Reduce { cut: Cut::Amount(reader.amount("amount")), on },
        "amount_each" => Effect::Reduce { cut: Cut::AmountEach(reader.amount("amount")), on },
        "price" => Effect::Reduce { cut: Cut::Price(reader.amount("amount")), on },
        "buy_get" => {
            let mut got = goods::read(conn, posted, "get", words, &mut reader.wrong)?;
            got.full_price_only = on.full_price_only;
            let got = if got.unnamed() { on.clone() } else { got };
            let percent = reader.percent("get_percent");
            Effect::BuyGet { buy: reader.number("buy"), of: on, get: reader.number("get"), on: got, percent, times: reader.number("times") }
        }
        "tiered" => {
            let by = Measure::parse(posted.get("measure")).unwrap_or(Measure::Quantity);
            let steps = posted.get("tiers").lines().map(str::trim).filter(|line| !line.is_empty());
            let tiers: Option<Vec<Tier>> = steps.map(|line| read_tier(by, line, currency)).collect();
            if tiers.is_none() {
                reader.wrong.add("tiers", "promotion-tiers-unreadable");
            }
            Effect::Tiered { by, tiers: tiers.unwrap_or_default(), on }
        }
        "free_shipping" => Effect::FreeShipping,
        "gift" => match catalog::variant_named(conn, posted.get("gift").trim(), false)? {
            Some(variant) => Effect::Gift { variant, quantity: reader.number("gift_quantity") },
            None => {
                reader.wrong.add("gift", "promotion-gift-unknown");
                Effect::FreeShipping
            }
        },
        _ => return Err(Error::field("effect", "admin-required")),
    })
}

fn read_conditions(conn: &mut Conn, posted: &Posted, reader: &mut Reader, words: &Words) -> Result<Conditions> {
    let items = ItemsCondition {
        goods: goods::read(conn, posted, "items", words, &mut reader.wrong)?,
        quantity: reader.number("items_quantity"),
        amount: reader.optional_amount("items_amount").unwrap_or(0),
    };
    let asks = items.goods != Goods::default() || items.quantity > 0 || items.amount > 0;
    let mut customers = Vec::new();
    for line in lines(posted.get("customers")) {
        match Email::parse(&line, "customers") {
            Ok(email) => customers.push(email.key()),
            Err(_) => reader.wrong.add("customers", goods::not_found(&[line], words)?),
        }
    }
    let segment = reader.optional_number("segment").map(SegmentId);
    if let Some(id) = segment
        && !segments::others(conn)?.contains_key(&id)
    {
        reader.wrong.add("segment", "segment-gone");
    }
    let (from, until) = (minute(reader, posted, "hour_from"), minute(reader, posted, "hour_until"));
    let hours = match (from, until) {
        (None, None) => None,
        // Until midnight is until the end of the day.
        (from, until) => Some(Hours { from: from.unwrap_or(0), until: until.filter(|minute| *minute > 0).unwrap_or(1440) }),
    };
    Ok(Conditions {
        amount: reader.optional_amount("amount_from").unwrap_or(0),
        quantity: reader.number("quantity_from"),
        items: asks.then_some(items),
        signed_in: reader.ticked("signed_in"),
        first_order: reader.ticked("first_order"),
        customers,
        segment,
        countries: posted
            .get("countries")
            .to_uppercase()
            .split([' ', ',', ';', '\n'])
            .map(str::trim)
            .filter(|code| !code.is_empty())
            .map(str::to_string)
            .collect(),
        weekdays: (1..=7).filter(|day| reader.ticked(&format!("day_{day}"))).collect(),
        hours,
    })
}

/// Minutes since midnight, typed as `14:30`. Empty is none.
fn minute(reader: &mut Reader, posted: &Posted, name: &str) -> Option<i64> {
    let text = posted.get(name).trim();
    if text.is_empty() {
        return None;
    }
    let parts = text.split_once(':').and_then(|(hour, minute)| Some((hour.parse::<i64>().ok()?, minute.parse::<i64>().ok()?)));
    match parts {
        Some((hour @ 0..=23, minute @ 0..=59)) => Some(hour * 60 + minute),
        _ => {
            reader.wrong.add(name, "promotion-hour-invalid");
            None
        }
    }
}

/// A step as `3 = 10%` (a percentage), `3 = -2.50` (an amount off them all), `3 = -0.50 each` or `3 = 4.00 each` (the price of each).
fn read_tier(by: Measure, line: &str, currency: Currency) -> Option<Tier> {
    let (from, cut) = line.split_once('=')?;
    let from = match by {
        Measure::Quantity => from.trim().parse().ok()?,
        Measure::Amount => Money::parse(from.trim(), currency).ok()?.minor,
    };
    let cut = cut.trim();
    if let Some(percent) = cut.strip_suffix('%') {
        return Some(Tier { from, cut: Cut::Percentage(Money::parse(percent.trim(), Currency::EUR).ok()?.minor) });
    }
    let (amount, each) = cut.strip_suffix("each").map_or((cut, false), |amount| (amount.trim(), true));
    let minor = Money::parse(amount.trim_start_matches('-'), currency).ok()?.minor;
    match (amount.starts_with('-'), each) {
        (true, true) => Some(Tier { from, cut: Cut::AmountEach(minor) }),
        (true, false) => Some(Tier { from, cut: Cut::Amount(minor) }),
        (false, true) => Some(Tier { from, cut: Cut::Price(minor) }),
        (false, false) => None,
    }
}

/// A step as [`read_tier`] reads it.
pub fn write_tier(by: Measure, tier: &Tier, currency: Currency) -> String {
    let amount = |minor: i64| Money::new(minor, currency).decimal();
    let from = match by {
        Measure::Quantity => tier.from.to_string(),
        Measure::Amount => amount(tier.from),
    };
    let cut = match tier.cut {
        Cut::Percentage(points) => format!("{}%", forms::percent(points)),
        Cut::Amount(minor) => format!("-{}", amount(minor)),
        Cut::AmountEach(minor) => format!("-{} each", amount(minor)),
        Cut::Price(minor) => format!("{} each", amount(minor)),
    };
    format!("{from} = {cut}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_read_as_they_are_written() {
        for (by, text) in [
            (Measure::Quantity, "3 = 10%"),
            (Measure::Quantity, "10 = 8.25%"),
            (Measure::Amount, "100.00 = -15.00"),
            (Measure::Quantity, "5 = -0.50 each"),
            (Measure::Quantity, "12 = 4.00 each"),
        ] {
            let tier = read_tier(by, text, Currency::EUR).unwrap();
            assert_eq!(write_tier(by, &tier, Currency::EUR), text);
        }
        for wrong in ["3", "3 = 4.00", "x = 10%", "3 = ten%", "= 5%", "3 = -each"] {
            assert!(read_tier(Measure::Quantity, wrong, Currency::EUR).is_none(), "{wrong}");
        }
    }
}
