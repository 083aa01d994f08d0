//! Asking, and what customers say.

use super::{Line, MOST_LINES, MOST_OPEN, Quote, Sender, State, get, remember, text};
use crate::carts::MAX_QUANTITY;
use crate::catalog::VariantForSale;
use crate::ids::{QuoteId, QuoteVersionId, StoreId, VariantId};
use crate::price_lists::Trade;
use crate::quick_order::{self, Buying, Row};
use crate::requisitions::Who;
use crate::schema::{quote_files as files, quote_lines as lines, quote_messages as messages, quote_versions as versions, quotes as rows};
use crate::stores;
use crate::units::MOST_STEPS;
use crm::activities::Kind;
use crm::companies::May;
use crm::tickets::NewFile;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::said;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, on_each};
use std::collections::BTreeMap;

/// Rows of one statement.
const TOGETHER: usize = 100;

/// What somebody wants a price for: goods, words, files, or some of them.
#[derive(Clone, Debug)]
pub struct Wish {
    pub store: StoreId,
    pub language: String,
    pub goods: Vec<(VariantId, i64)>,
    pub text: String,
    pub files: Vec<NewFile>,
}

/// A version to be written.
pub(super) struct NewVersion<'a> {
    pub number: i64,
    pub note: &'a str,
    pub shipping: Option<i64>,
    pub expires_on: &'a str,
    pub by: &'a str,
    pub lines: &'a [Line],
}

/// Asks. `Invalid` for nothing at all, `Conflict` when too many wait already, `Forbidden` for a member who may not order.
pub fn ask(conn: &mut Conn, who: &Who, wish: &Wish, now: Time) -> Result<QuoteId> {
    let said_so = text("text", &wish.text)?;
    if said_so.is_empty() && wish.goods.is_empty() && wish.files.is_empty() {
        return Err(Error::field("text", "quote-nothing"));
    }
    if who.buyer.as_ref().is_some_and(|buyer| !buyer.may(May::Order)) {
        return Err(Error::Forbidden);
    }
    let open = rows::table
        .filter(rows::customer_id.eq(who.customer))
        .filter(rows::state.eq(State::Asked).or(rows::state.eq(State::Offered)))
        .count();
    let open: i64 = open.get_result(conn)?;
    if open >= MOST_OPEN {
        return Err(Error::field("text", said("quote-too-many", &[("most", &MOST_OPEN)])));
    }
    let trade = who.buyer.as_ref().map(Trade::of).unwrap_or_default();
    let shop = stores::shop_for(conn, wish.store, &trade)?;
    let row = (
        rows::customer_id.eq(who.customer),
        rows::company_id.eq(who.buyer.as_ref().map(|buyer| buyer.company)),
        rows::member_id.eq(who.buyer.as_ref().map(|buyer| buyer.member)),
        rows::store_id.eq(wish.store),
        rows::currency.eq(shop.currency.code()),
        rows::language.eq(&wish.language),
        rows::created_at.eq(now),
        rows::updated_at.eq(now),
    );
    let id: QuoteId = diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?;
    let buying = Buying::in_shop(&shop, &wish.language, who.buyer.clone());
    let goods = priced(conn, &wish.goods, &buying, now)?;
    if !goods.is_empty() {
        let asked = NewVersion { number: 1, note: "", shipping: None, expires_on: "", by: Sender::Customer.as_str(), lines: &goods };
        write(conn, id, &asked, now)?;
        diesel::update(rows::table.find(id)).set(rows::latest.eq(1i64)).execute(conn)?;
    }
    if !said_so.is_empty() || !wish.files.is_empty() {
        append(conn, id, Sender::Customer, "", &said_so, &wish.files, now)?;
    }
    events::record(conn, "quotes", &format!("asked:{id}"), &Event::QuoteAsked { quote: id.0 }, now)?;
    let quote = get(conn, id)?;
    remember(conn, &quote, Kind::QuoteAsked, None, now)?;
    Ok(id)
}

/// The goods with what the customer would pay today. What is gone is left out.
fn priced(conn: &mut Conn, goods: &[(VariantId, i64)], buying: &Buying, now: Time) -> Result<Vec<Line>> {
    let mut wanted: BTreeMap<VariantId, i64> = BTreeMap::new();
    for (variant, quantity) in goods {
        let units = wanted.entry(*variant).or_default();
        *units = units.saturating_add(*quantity).clamp(1, MAX_QUANTITY * MOST_STEPS);
    }
    if wanted.len() > MOST_LINES {
        return Err(Error::field("text", said("quote-full", &[("most", &MOST_LINES)])));
    }
    let asked: Vec<Row> = wanted.iter().map(|(variant, units)| Row::of(*variant, "", *units)).collect();
    let mut found = Vec::with_capacity(asked.len());
    for row in quick_order::read(conn, &asked, buying, now)? {
        let Some(variant) = &row.variant else { continue };
        found.push(Line {
            variant_id: Some(variant.id),
            title: titled(variant),
            sku: variant.sku.clone().unwrap_or_default(),
            quantity: row.units.max(1),
            unit_price: row.unit_price,
            cost: variant.cost,
            unit: variant.measure.unit,
            unit_precision: variant.measure.precision,
        });
    }
    Ok(found)
}

/// What a line calls goods.
pub(super) fn titled(variant: &VariantForSale) -> String {
    if variant.options.is_empty() { variant.title.clone() } else { format!("{}, {}", variant.title, variant.options) }
}

pub(super) fn write(conn: &mut Conn, quote: QuoteId, new: &NewVersion, now: Time) -> Result<QuoteVersionId> {
    let row = (
        versions::quote_id.eq(quote),
        versions::number.eq(new.number),
        versions::note.eq(new.note),
        versions::shipping.eq(new.shipping),
        versions::expires_on.eq(new.expires_on),
        versions::created_by.eq(new.by),
        versions::created_at.eq(now),
    );
    let id: QuoteVersionId = diesel::insert_into(versions::table).values(row).returning(versions::id).get_result(conn)?;
    let placed: Vec<(i64, &Line)> = (0i64..).zip(new.lines).collect();
    for some in placed.chunks(TOGETHER) {
        let row = |(at, line): &(i64, &Line)| {
            (
                lines::version_id.eq(id),
                lines::position.eq(*at),
                lines::variant_id.eq(line.variant_id),
                lines::title.eq(line.title.clone()),
                lines::sku.eq(line.sku.clone()),
                lines::quantity.eq(line.quantity),
                lines::unit_price.eq(line.unit_price),
                lines::cost.eq(line.cost),
                lines::unit.eq(line.unit),
                lines::unit_precision.eq(line.unit_precision),
            )
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        on_each!(conn, c => diesel::insert_into(lines::table).values(&rows).execute(c))?;
    }
    Ok(id)
}

pub(super) fn append(
    conn: &mut Conn,
    quote: QuoteId,
    sender: Sender,
    actor: &str,
    words: &str,
    with: &[NewFile],
    now: Time,
) -> Result<i64> {
    let row = (
        messages::quote_id.eq(quote),
        messages::sender.eq(sender),
        messages::actor.eq(actor),
        messages::text.eq(words),
        messages::at.eq(now),
    );
    let id: i64 = diesel::insert_into(messages::table).values(row).returning(messages::id).get_result(conn)?;
    for file in with {
        let row = (
            files::message_id.eq(id),
            files::name.eq(file.name()),
            files::content_type.eq(file.content_type()),
            files::size.eq(i64::try_from(file.bytes().len()).unwrap_or(i64::MAX)),
            files::bytes.eq(file.bytes()),
        );
        on_each!(conn, c => diesel::insert_into(files::table).values(row).execute(c))?;
    }
    Ok(id)
}

/// Says something more about a quote that is open. `Conflict` for one that came to an end.
pub fn say(conn: &mut Conn, quote: &Quote, typed: &str, with: &[NewFile], now: Time) -> Result<()> {
    let words = text("text", typed)?;
    if words.is_empty() && with.is_empty() {
        return Err(Error::field("text", "field-required"));
    }
    if !matches!(quote.state, State::Asked | State::Offered) {
        return Err(Error::conflict("quote-over"));
    }
    append(conn, quote.id, Sender::Customer, "", &words, with, now)?;
    diesel::update(rows::table.find(quote.id)).set(rows::updated_at.eq(now)).execute(conn)?;
    Ok(())
}
