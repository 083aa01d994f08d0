//! What staff do: price a quote, send it, answer, take it back, and make contract prices of one that was won.

use super::ask::{NewVersion, append, titled, write};
use super::{Line, MOST_LINES, Quote, Sender, State, claim, end, get, lines_of, remember, text, versions_of};
use crate::catalog::{self, Coded, VariantForSale};
use crate::ids::{QuoteId, QuoteVersionId, VariantId};
use crate::price_lists::{self, Break, Entry, For, ListState, PriceListId};
use crate::schema::quotes as rows;
use crate::stores;
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use crm::activities::Kind;
use crm::sales::{self, QuoteMove};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::{Fields, said};
use kernel::events::{self, Event};
use kernel::money::Money;
use kernel::{Conn, Error, Result};
use std::collections::{BTreeSet, HashMap};

/// How far ahead an offer can end, and the highest price of a unit or of a delivery, in minor units.
const DAYS_AHEAD: i64 = 366;
const MOST: i64 = 100_000_000_000;

/// A version as staff typed it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What the customer reads above the goods.
    pub note: String,
    /// What the delivery costs; as in the shop without.
    pub shipping: Option<i64>,
    pub expires_on: NaiveDate,
    pub lines: Vec<DraftLine>,
}

#[derive(Clone, Debug)]
pub struct DraftLine {
    /// The number of the row in the form, which names the fields of what is wrong.
    pub at: usize,
    pub sku: String,
    /// As it was typed, in the unit of the goods.
    pub quantity: String,
    pub unit_price: i64,
}

/// Saves a new version; what the customer was sent stays what it is. `Invalid` names the fields, `Conflict` when somebody changed the quote
/// since version `seen`.
pub fn save(conn: &mut Conn, id: QuoteId, seen: i64, draft: &Draft, actor: &str, now: Time) -> Result<QuoteVersionId> {
    let quote = claim(conn, id, seen, now)?;
    if matches!(quote.state, State::Accepted | State::Withdrawn) {
        return Err(Error::conflict("quote-over"));
    }
    let note = text("note", &draft.note)?;
    let goods = checked(conn, &quote, draft, now)?;
    let expires_on = draft.expires_on.to_string();
    let number = quote.latest + 1;
    let new = NewVersion { number, note: &note, shipping: draft.shipping, expires_on: &expires_on, by: actor, lines: &goods };
    let made = write(conn, id, &new, now)?;
    diesel::update(rows::table.find(id)).set(rows::latest.eq(number)).execute(conn)?;
    Ok(made)
}

fn checked(conn: &mut Conn, quote: &Quote, draft: &Draft, now: Time) -> Result<Vec<Line>> {
    let mut wrong = Fields::default();
    let days = (draft.expires_on - now.date()).num_days();
    if !(0..=DAYS_AHEAD).contains(&days) {
        wrong.add("expires_on", "quote-day-invalid");
    }
    if draft.shipping.is_some_and(|price| !(0..=MOST).contains(&price)) {
        wrong.add("shipping", "admin-amount-invalid");
    }
    if draft.lines.is_empty() {
        wrong.add("form", "quote-no-lines");
    }
    if draft.lines.len() > MOST_LINES {
        wrong.add("form", said("quote-full", &[("most", &MOST_LINES)]));
    }
    let codes: Vec<String> = draft.lines.iter().map(|line| line.sku.trim().to_string()).collect();
    let named = catalog::coded(conn, &codes)?;
    let ids: BTreeSet<VariantId> = named.values().filter_map(|code| if let Coded::Variant(id) = code { Some(*id) } else { None }).collect();
    let ids: Vec<VariantId> = ids.into_iter().collect();
    let found = catalog::variants_for_sale(conn, &ids, quote.currency()?, &quote.language)?;
    let found: HashMap<VariantId, VariantForSale> = found.into_iter().map(|variant| (variant.id, variant)).collect();
    let (mut goods, mut twice) = (Vec::with_capacity(draft.lines.len()), BTreeSet::new());
    for (line, code) in draft.lines.iter().zip(&codes) {
        let variant = match named.get(code) {
            Some(Coded::Variant(id)) => found.get(id),
            Some(Coded::Several) | None => None,
        };
        let measure = variant.map(|variant| variant.measure).unwrap_or_default();
        let quantity = measure.read(&line.quantity).filter(|quantity| (1..=measure.most()).contains(quantity));
        if quantity.is_none() {
            let key = if measure.per() == 1 { "quantity-invalid" } else { "quantity-measure-invalid" };
            wrong.add(&format!("quantity_{}", line.at), key);
        }
        if !(0..=MOST).contains(&line.unit_price) {
            wrong.add(&format!("price_{}", line.at), "admin-amount-invalid");
        }
        let Some(variant) = variant else {
            wrong.add(&format!("sku_{}", line.at), "quote-sku-unknown");
            continue;
        };
        if variant.gift_card {
            wrong.add(&format!("sku_{}", line.at), "quote-no-gift-cards");
        }
        if !twice.insert(variant.id) {
            wrong.add(&format!("sku_{}", line.at), "quote-sku-twice");
        }
        goods.push(Line {
            variant_id: Some(variant.id),
            title: titled(variant),
            sku: variant.sku.clone().unwrap_or_default(),
            quantity: quantity.unwrap_or(1),
            unit_price: line.unit_price,
            cost: variant.cost,
            unit: measure.unit,
            unit_precision: measure.precision,
        });
    }
    wrong.check()?;
    Ok(goods)
}

/// Sends the newest version: it is what the customer can accept from now on, whatever was offered before.
pub fn send(conn: &mut Conn, id: QuoteId, seen: i64, now: Time) -> Result<()> {
    let quote = claim(conn, id, seen, now)?;
    if matches!(quote.state, State::Accepted | State::Withdrawn) {
        return Err(Error::conflict("quote-over"));
    }
    let newest = versions_of(conn, id)?.into_iter().next().ok_or_else(|| Error::conflict("quote-not-priced"))?;
    let Some(day) = newest.last_day() else { return Err(Error::conflict("quote-not-priced")) };
    let goods = lines_of(conn, newest.id)?;
    if goods.is_empty() || goods.iter().any(|line| line.variant_id.is_none()) {
        return Err(Error::conflict("quote-goods-gone"));
    }
    let ends = day.checked_add_days(Days::new(1)).unwrap_or(day).and_time(NaiveTime::MIN);
    let ends = stores::shop(conn, quote.store_id)?.moment(ends) - TimeDelta::seconds(1);
    if ends <= now {
        return Err(Error::conflict("quote-day-past"));
    }
    let offered = (
        rows::state.eq(State::Offered),
        rows::offered_id.eq(newest.id),
        rows::expires_at.eq(ends),
        rows::reason.eq(""),
        rows::decided_at.eq(None::<Time>),
    );
    diesel::update(rows::table.find(id)).set(offered).execute(conn)?;
    let event = Event::QuoteOffered { quote: id.0, version: newest.id.0 };
    events::record(conn, "quotes", &format!("offered:{id}:{}", quote.version), &event, now)?;
    let sum = Money::new(goods.iter().map(Line::total).sum(), quote.currency()?);
    remember(conn, &quote, Kind::QuoteOffered, Some(sum), now)?;
    sales::quote_moved(conn, id.0, QuoteMove::Offered, now)
}

/// Writes to the customer, who gets it by mail.
pub fn reply(conn: &mut Conn, id: QuoteId, typed: &str, actor: &str, now: Time) -> Result<()> {
    let words = text("text", typed)?;
    if words.is_empty() {
        return Err(Error::field("text", "field-required"));
    }
    get(conn, id)?;
    let message = append(conn, id, Sender::Staff, actor, &words, &[], now)?;
    diesel::update(rows::table.find(id)).set(rows::updated_at.eq(now)).execute(conn)?;
    events::record(conn, "quotes", &format!("said:{message}"), &Event::QuoteAnswered { quote: id.0, message }, now)?;
    Ok(())
}

/// Looks after a quote from now on; nobody does with an empty `actor`.
pub fn take(conn: &mut Conn, id: QuoteId, actor: &str, now: Time) -> Result<()> {
    get(conn, id)?;
    diesel::update(rows::table.find(id)).set((rows::assigned_to.eq(actor), rows::updated_at.eq(now))).execute(conn)?;
    Ok(())
}

/// Takes a quote back, whether by staff or by who asked. `Conflict` for one that came to another end.
pub fn withdraw(conn: &mut Conn, id: QuoteId, seen: i64, now: Time) -> Result<()> {
    let quote = claim(conn, id, seen, now)?;
    if !matches!(quote.state, State::Asked | State::Offered) {
        return Err(Error::conflict("quote-over"));
    }
    end(conn, &quote, State::Withdrawn, "", now)
}

/// Makes the prices of a won quote those of its company: a price list with each price from the quantity that was accepted. `Conflict` for a
/// quote that was not won, for one of no company, and the second time.
pub fn contract_prices(conn: &mut Conn, id: QuoteId, seen: i64, name: &str, now: Time) -> Result<PriceListId> {
    let quote = claim(conn, id, seen, now)?;
    let (State::Accepted, Some(company), Some(won)) = (quote.state, quote.company_id, quote.offered_id) else {
        return Err(Error::conflict("quote-not-won"));
    };
    if price_lists::list(conn, name, None, 100)?.iter().any(|list| list.name == name) {
        return Err(Error::conflict("quote-contract-made"));
    }
    let currency = quote.currency()?;
    let wish = price_lists::Wish {
        name: name.to_string(),
        currency,
        store: None,
        priority: 0,
        state: ListState::Active,
        starts_at: None,
        ends_at: None,
        adjust_bp: None,
    };
    let list = price_lists::create(conn, wish, now)?;
    price_lists::add_buyer(conn, list, &For::Company(company), now)?;
    for line in lines_of(conn, won)? {
        let Some(variant) = line.variant_id else { continue };
        let breaks = vec![Break { from: line.quantity, unit_price: line.unit_price }];
        price_lists::put(conn, list, &Entry { variant, breaks, rule: None })?;
    }
    Ok(list)
}
