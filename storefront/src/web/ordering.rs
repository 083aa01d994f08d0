//! What the pages of quick order, requisition lists and reordering share: who orders, rows as they are shown, and putting them into the cart.

use super::basket;
use super::door::Door;
use super::posted::Posted;
use super::shelves;
use super::views::ordering::QuickRow;
use super::views::page::Tone;
use super::views::shared::{Notice, Stock};
use super::visit::Visit;
use super::watch::{Seen, What};
use super::words::Words;
use crate::catalog::{Availability, VariantForSale};
use crate::ids::{ProductId, VariantId};
use crate::price_lists::Trade;
use crate::quick_order::{self, Added, Buying, Checked, Rest, Row};
use crate::requisitions::Who;
use crate::shop::Shop;
use crate::{buying, logins, punchout, stock, stores};
use actix_web::HttpResponse;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result};
use std::collections::HashSet;

/// Products of which the timeline is told that they were put into the cart, of one form.
const TOLD: usize = 20;
/// SKUs named in a message.
const NAMED: usize = 5;

/// Who is signed in, and the company that they are buying for; `None` for a guest.
pub fn who(conn: &mut Conn, visit: &Visit, now: Time) -> Result<Option<Who>> {
    let Some(session) = visit.session.as_deref() else { return Ok(None) };
    let Some((customer, member)) = logins::session_with_member(conn, session, now)? else { return Ok(None) };
    let buyer = buying::by(conn, customer, member)?;
    Ok(Some(Who { customer, buyer }))
}

/// [`who`], or `Unauthorised`.
pub fn theirs(conn: &mut Conn, visit: &Visit, now: Time) -> Result<Who> {
    who(conn, visit, now)?.ok_or(Error::Unauthorised)
}

/// The store of a visit, as whoever is signed in there buys in it.
pub fn shop(conn: &mut Conn, visit: &Visit, now: Time) -> Result<Shop> {
    let trade = match who(conn, visit, now)? {
        Some(who) => Trade::of_person(Some(who.customer), who.buyer.as_ref()),
        None => Trade::of_person(None, punchout::buyer(conn, visit.punchout.as_deref(), now)?.as_ref()),
    };
    stores::shop_for(conn, visit.site.id, &trade)
}

/// Where a visit orders: its cart, or before there is one the store, as [`shop`] answers it.
pub fn buying(conn: &mut Conn, visit: &Visit, shop: &Shop, now: Time) -> Result<Buying> {
    let who = who(conn, visit, now)?;
    let code = visit.language.code();
    match basket::find(conn, visit, who.as_ref().map(|who| who.customer))? {
        Some(cart) => Ok(Buying { language: code.to_string(), ..Buying::into_cart(conn, &cart)? }),
        None => {
            let buyer = match who {
                Some(who) => who.buyer,
                None => punchout::buyer(conn, visit.punchout.as_deref(), now)?,
            };
            Ok(Buying::in_shop(shop, code, buyer))
        }
    }
}

/// Rows as pages show them, numbered from 0.
pub fn shown(conn: &mut Conn, rows: &[Checked], shop: &Shop, words: &Words, now: Time) -> Result<Vec<QuickRow>> {
    let awaited: Vec<VariantId> = rows
        .iter()
        .filter_map(|row| row.variant.as_ref().filter(|variant| variant.waits(row.units.max(1))).map(|variant| variant.id))
        .collect();
    let came = if awaited.is_empty() { HashSet::new() } else { stock::ever_came(conn, &awaited)? };
    rows.iter().enumerate().map(|(at, row)| one(at, row, shop, &came, words, now)).collect()
}

fn one(at: usize, row: &Checked, shop: &Shop, came: &HashSet<VariantId>, words: &Words, now: Time) -> Result<QuickRow> {
    let typed = QuickRow { at, sku: row.row.sku.clone(), quantity: row.shown(), error: row.wrong.clone(), ..QuickRow::default() };
    let Some(variant) = &row.variant else { return Ok(typed) };
    let money = |minor: i64| Money::new(minor, shop.currency);
    let sold = variant.sold_at(now);
    Ok(QuickRow {
        title: Some(variant.title.clone()),
        options: variant.options.clone(),
        to: sold.then(|| format!("/products/{}", variant.slug)),
        unit_price: (sold && !shop.prices_hidden).then(|| money(row.unit_price)),
        per: variant.measure.unit.per_key(),
        total: (sold && !shop.prices_hidden && row.units > 0).then(|| money(row.total())),
        stock: if sold { Some(stock_of(variant, row.units, shop, came, words, now)?) } else { None },
        ..typed
    })
}

fn stock_of(variant: &VariantForSale, units: i64, shop: &Shop, came: &HashSet<VariantId>, words: &Words, now: Time) -> Result<Stock> {
    let state = if variant.waits(units.max(1)) {
        Availability::BackOrder.or_pre_order(variant.expected_on.is_some(), came.contains(&variant.id))
    } else {
        match variant.limit() {
            Some(0) => Availability::SoldOut,
            // What is measured is not told as so many things.
            Some(left) if left <= shop.low_stock && variant.measure.per() == 1 => Availability::Low(left),
            _ => Availability::InStock,
        }
    };
    shelves::awaited(state, variant.expected_on, words, now)
}

/// What the rows that are right cost together; `None` without rows, and for who may not see prices.
pub fn sum(rows: &[Checked], shop: &Shop) -> Option<Money> {
    if rows.is_empty() || shop.prices_hidden {
        return None;
    }
    let right = rows.iter().filter(|row| row.wrong.is_none());
    Some(Money::new(right.fold(0i64, |sum, row| sum.saturating_add(row.total())), shop.currency))
}

/// A message above a form.
pub fn notice(kind: Tone, text: impl Into<String>) -> Notice {
    Notice { kind, text: text.into() }
}

/// What putting rows into the cart came to.
pub enum Put {
    /// They are in the cart: where to go.
    Done(HttpResponse),
    /// Nothing was added; the rows say why.
    Wrong,
    /// Nothing was added: a text key, or what holds one with its arguments.
    Refused(String),
}

/// Puts rows into the visit's cart.
pub async fn put(door: &Door, visit: &Visit, rows: Vec<Row>, rest: Rest) -> Result<Put> {
    if rows.iter().all(Row::blank) {
        return Ok(Put::Refused("quick-order-empty".into()));
    }
    let seen = visit.clone();
    let write = door.write(move |conn, now| {
        let cart = basket::open(conn, &seen, now)?;
        Ok((quick_order::add(conn, cart, &rows, rest, now)?, seen.customer(conn, now)?))
    });
    let (added, customer) = match write.await {
        Ok(done) => done,
        Err(Error::Invalid(wrong)) => return Ok(Put::Refused(wrong.0.into_values().next().unwrap_or_default())),
        Err(error) => return Err(error),
    };
    if added.added == 0 {
        return Ok(Put::Wrong);
    }
    if let Some(secret) = visit.trail() {
        for product in products(&added) {
            door.watch.tell(Seen { secret: secret.to_string(), customer, what: What::Cart(product), at: door.now() });
        }
    }
    let words = Words::of(&door.templates, visit.language)?;
    say(door, visit, &added, &words)?;
    Ok(Put::Done(door.go(visit, "/cart")))
}

/// The products that were added, each once.
fn products(added: &Added) -> Vec<ProductId> {
    let mut found: Vec<ProductId> = Vec::new();
    for variant in added.rows.iter().filter(|row| row.wrong.is_none()).filter_map(|row| row.variant.as_ref()) {
        if found.len() < TOLD && !found.contains(&variant.product_id) {
            found.push(variant.product_id);
        }
    }
    found
}

fn say(door: &Door, visit: &Visit, added: &Added, words: &Words) -> Result<()> {
    let count = added.added.to_string();
    if added.wrong() == 0 {
        visit.say(&door.signer, Tone::Success, &words.with("quick-order-added", &[("count", &count)])?);
        return Ok(());
    }
    // A message travels in a cookie, so a long list is cut.
    let left = added.rows.iter().filter(|row| row.wrong.is_some());
    let skus: Vec<String> = left.take(NAMED).map(|row| row.row.sku.chars().take(60).collect()).collect();
    let (left, skus) = (added.wrong().to_string(), skus.join(", "));
    let text = words.with("quick-order-added-some", &[("count", &count), ("left", &left), ("skus", &skus)])?;
    visit.say(&door.signer, Tone::Warning, &text);
    Ok(())
}

/// The units of variants in fields `v-{variant}` that are not empty.
pub fn by_variant(form: &Posted) -> Vec<(VariantId, String)> {
    let field = |(name, value): (&str, &str)| {
        let variant: VariantId = name.strip_prefix("v-")?.parse().ok()?;
        let value = value.trim();
        (!value.is_empty()).then(|| (variant, value.to_string()))
    };
    let mut found: Vec<(VariantId, String)> = form.pairs().filter_map(field).collect();
    found.sort_by_key(|(variant, _)| *variant);
    found
}
