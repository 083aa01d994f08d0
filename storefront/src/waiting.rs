//! Who waits for goods that are sold out. When some come back, as many people are told as there are units, in the order in which
//! they asked; what nobody bought within a day is offered to the next. A journey of the merchant's that begins so tells whom it may write to, and the
//! shop's own mail the others: each wish is told of once.

use crate::catalog;
use crate::ids::{ProductId, StoreId, VariantId};
use crate::mails::Mailer;
use crate::schema::{stock_requests as requests, variants};
use crate::stock;
use crate::{shop, stores};
use chrono::TimeDelta;
use crm::email::Email;
use crm::{CustomerId, customers, journeys};
use diesel::dsl::{count_star, min};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use std::collections::{BTreeMap, HashMap};

/// The job that looks whether what nobody bought can be offered to the next.
pub const JOB: &str = "stock.waiting";
/// How long those who were told come first.
const TURN: TimeDelta = TimeDelta::hours(24);
/// The most people told at once.
const AT_ONCE: i64 = 100;
/// The most variants looked at by one run of the job.
const VARIANTS: i64 = 500;

/// A request to be told, as its mail needs it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = requests)]
pub struct Waiting {
    pub id: i64,
    pub variant_id: VariantId,
    pub email: String,
    pub language: String,
    /// Where they asked.
    pub store_id: StoreId,
}

/// Puts an address into the line for a variant of a store; being there already changes nothing. `Conflict` when it can be bought now,
/// `NotFound` when it is not on sale at all.
pub fn ask(conn: &mut Conn, store: StoreId, variant: VariantId, email: &Email, language: &str, now: Time) -> Result<()> {
    let sold = stores::shop(conn, store)?.assortment();
    let on_sale = catalog::for_sale(conn, &sold, &[variant], language)?;
    let found = on_sale.first().filter(|found| found.for_sale).ok_or(Error::NotFound)?;
    if found.limit() != Some(0) {
        return Err(Error::conflict("waiting-there"));
    }
    let row = (
        requests::variant_id.eq(variant),
        requests::email.eq(email.as_str()),
        requests::email_key.eq(email.key()),
        requests::language.eq(language),
        requests::store_id.eq(store),
        requests::created_at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(requests::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// How many wait for a variant.
pub fn people(conn: &mut Conn, variant: VariantId) -> Result<i64> {
    Ok(requests::table.filter(requests::variant_id.eq(variant)).filter(requests::told_at.is_null()).count().get_result(conn)?)
}

/// What people wait for: variant, how many wait, since when the first does. Those with the most people first.
pub fn by_variant(conn: &mut Conn, limit: i64) -> Result<Vec<(VariantId, i64, Time)>> {
    let rows: Vec<(VariantId, i64, Option<Time>)> = requests::table
        .filter(requests::told_at.is_null())
        .group_by(requests::variant_id)
        .order((count_star().desc(), requests::variant_id))
        .limit(limit)
        .select((requests::variant_id, count_star(), min(requests::created_at)))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(variant, people, since)| Some((variant, people, since?))).collect())
}

/// Tells those whose turn it is, of every variant of a product that changed.
pub fn product_changed(conn: &mut Conn, product: ProductId, mailer: &Mailer, now: Time) -> Result<()> {
    let own = variants::table.filter(variants::product_id.eq(product)).select(variants::id);
    let waited: Vec<VariantId> = requests::table
        .filter(requests::variant_id.eq_any(own))
        .filter(requests::told_at.is_null())
        .select(requests::variant_id)
        .distinct()
        .load(conn)?;
    for variant in waited {
        serve(conn, variant, mailer, now)?;
    }
    Ok(())
}

/// Tells those whose turn it is, of everything that somebody waits for.
pub fn all(conn: &mut Conn, mailer: &Mailer, now: Time) -> Result<()> {
    for (variant, ..) in by_variant(conn, VARIANTS)? {
        serve(conn, variant, mailer, now)?;
    }
    Ok(())
}

fn serve(conn: &mut Conn, variant: VariantId, mailer: &Mailer, now: Time) -> Result<()> {
    // Locked, so that two workers do not both take the same people for the same units.
    if stock::find(conn, variant)?.is_some() {
        stock::lock(conn, variant)?;
    }
    let currency = shop::get(conn)?.currency;
    let Some(found) = catalog::variants_for_sale(conn, &[variant], currency, shop::OWN_LANGUAGE)?.pop() else { return Ok(()) };
    let told: i64 =
        requests::table.filter(requests::variant_id.eq(variant)).filter(requests::told_at.gt(now - TURN)).count().get_result(conn)?;
    let turns = found.limit().map_or(AT_ONCE, |free| (free - told).clamp(0, AT_ONCE));
    let next: Vec<Waiting> = requests::table
        .filter(requests::variant_id.eq(variant))
        .filter(requests::told_at.is_null())
        .order(requests::id)
        .limit(AT_ONCE)
        .select(Waiting::as_select())
        .load(conn)?;
    let mut sold: HashMap<StoreId, bool> = HashMap::new();
    let mut left = turns;
    for one in next {
        let here = match sold.get(&one.store_id) {
            Some(here) => *here,
            None => *sold.entry(one.store_id).or_insert(is_sold(conn, one.store_id, variant)?),
        };
        if here && left > 0 {
            // Of goods that nobody counts no row is locked: whoever takes the wish is the one who tells.
            let own = requests::table.find(one.id).filter(requests::told_at.is_null());
            if diesel::update(own).set(requests::told_at.eq(now)).execute(conn)? == 0 {
                continue;
            }
            left -= 1;
            if !journey_tells(conn, &one, found.product_id, now)? {
                mailer.back_in_stock(conn, &one, now)?;
            }
        }
    }
    Ok(())
}

/// Whether a journey of the merchant's tells somebody, in place of the shop's own mail.
fn journey_tells(conn: &mut Conn, one: &Waiting, product: ProductId, now: Time) -> Result<bool> {
    if !journeys::tells_back(conn)? {
        return Ok(false);
    }
    let Ok(email) = Email::parse(&one.email, "email") else { return Ok(false) };
    match customers::find_by_email(conn, &email)? {
        Some(known) if known.erased_at.is_none() => journeys::back(conn, known.id, one.store_id.0, product.0, one.id, now),
        _ => Ok(false),
    }
}

/// When journeys that tell of what is back would have told customers within a span: whenever somebody was told.
pub(crate) fn told_within(conn: &mut Conn, (begins, ends): (Time, Time)) -> Result<BTreeMap<CustomerId, Vec<Time>>> {
    let rows = requests::table.filter(requests::told_at.ge(begins)).filter(requests::told_at.le(ends)).order(requests::told_at);
    let rows: Vec<(String, Option<Time>)> = rows.select((requests::email, requests::told_at)).load(conn)?;
    let mut found: BTreeMap<CustomerId, Vec<Time>> = BTreeMap::new();
    for (email, at) in rows {
        let (Ok(email), Some(at)) = (Email::parse(&email, "email"), at) else { continue };
        if let Some(known) = customers::find_by_email(conn, &email)? {
            found.entry(known.id).or_default().push(at);
        }
    }
    Ok(found)
}

/// Whether a store that is open sells a variant.
fn is_sold(conn: &mut Conn, store: StoreId, variant: VariantId) -> Result<bool> {
    let shop = stores::shop(conn, store)?;
    let found = catalog::for_sale(conn, &shop.assortment(), &[variant], shop::OWN_LANGUAGE)?;
    Ok(shop.open && found.first().is_some_and(|found| found.for_sale))
}
