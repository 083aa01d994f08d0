//! What staff change in a shopper's live cart while the shopper's yes stands: by the functions that the shopper's own pages call, and kept
//! line by line, so that the shopper sees and can undo it.

use super::consents::{self, ConsentId};
use super::{Cart, CartState, add, add_coupon, assortment, get, lines, quote, remove_coupon, set_quantity};
use crate::catalog;
use crate::ids::{CartId, CartLineId, VariantId};
use crate::promotions::{Reason, codes};
use crate::schema::{cart_changes as rows, cart_consents, carts};
use crate::units::{self, Measure};
use chrono::TimeDelta;
use crm::tickets::{self, Agent, Author, TicketId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

kernel::id!(ChangeId);

/// The text of the conflict when a cart went on since it was seen.
pub const STALE: &str = "cart-consent-stale";
/// For how long a shopper is told of a change.
const TOLD_FOR: TimeDelta = TimeDelta::hours(24);

/// What is to be done with a cart.
#[derive(Clone, Debug)]
pub enum Step {
    Add(Vec<(VariantId, i64)>),
    /// Zero units remove the line.
    Quantity(CartLineId, i64),
    Code(String),
    DropCode(String),
}

/// A change as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Change {
    pub id: ChangeId,
    pub consent_id: ConsentId,
    pub variant_id: Option<VariantId>,
    /// What the variant was called, in the language of the cart.
    pub title: String,
    pub code: String,
    /// Units before and after; of a code 0 or 1.
    pub units_before: i64,
    pub units_after: i64,
    pub actor: String,
    pub changed_at: Time,
    pub undone_at: Option<Time>,
}

/// What lies in a cart, as the audit log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Content {
    pub cart: CartId,
    pub units: BTreeMap<i64, i64>,
    pub codes: Vec<String>,
}

/// What a step came to.
#[derive(Clone, Debug)]
pub struct Done {
    pub before: Content,
    pub after: Content,
    /// Why a code can never work in this cart; the caller gives the step up then.
    pub refused: Option<(Reason, Currency)>,
}

fn content(conn: &mut Conn, cart: &Cart) -> Result<Content> {
    let units = lines(conn, cart.id)?.into_iter().map(|(_, variant, quantity, _)| (variant.0, quantity)).collect();
    Ok(Content { cart: cart.id, units, codes: codes::split(&cart.coupon_code) })
}

/// Changes the cart of a ticket whose shopper said yes, as it was at version `seen`. `Conflict` without a standing yes, which is asked and
/// held in this transaction, and when the cart went on since.
pub fn change(conn: &mut Conn, ticket: TicketId, seen: i64, step: &Step, agent: Agent, now: Time) -> Result<Done> {
    let ticket = tickets::claim(conn, ticket, None, now)?;
    let (consent, cart) = consents::hold(conn, &ticket, now)?;
    let cart = claim(conn, cart.id, seen, now)?;
    let before = content(conn, &cart)?;
    let mut refused = None;
    match step {
        Step::Add(goods) => {
            for (variant, quantity) in goods {
                add(conn, cart.id, *variant, *quantity, now).map_err(|error| match error {
                    Error::NotFound => Error::field("goods", "order-edit-not-sold"),
                    Error::Invalid(fields) => Error::field("goods", fields.0.into_values().next().unwrap_or_default()),
                    other => other,
                })?;
            }
        }
        Step::Quantity(line, quantity) => set_quantity(conn, cart.id, *line, *quantity, now)?,
        Step::Code(code) => {
            if code.trim().is_empty() {
                return Err(Error::field("code", "coupon-empty"));
            }
            add_coupon(conn, cart.id, code, now)?;
            let quote = quote(conn, cart.id, now)?;
            refused = quote.refusal(code).filter(|reason| reason.is_final()).map(|reason| (reason.clone(), quote.currency));
        }
        Step::DropCode(code) => remove_coupon(conn, cart.id, code, now)?,
    }
    let cart = get(conn, cart.id)?;
    let after = content(conn, &cart)?;
    if refused.is_none() {
        keep(conn, consent.id, &cart, (&before, &after), agent.actor, now)?;
        tickets::acted(conn, ticket.id, "cart_changed", agent.actor, now)?;
    }
    Ok(Done { before, after, refused })
}

/// Locks an open cart at the version that was seen.
fn claim(conn: &mut Conn, id: CartId, seen: i64, now: Time) -> Result<Cart> {
    let open = carts::table.find(id).filter(carts::state.eq(CartState::Open)).filter(carts::version.eq(seen));
    let claimed = diesel::update(open).set((carts::version.eq(carts::version + 1i64), carts::updated_at.eq(now))).execute(conn)?;
    let cart = get(conn, id)?;
    match (claimed, cart.state) {
        (1, _) => Ok(cart),
        (_, CartState::Placed) => Err(Error::conflict("cart-consent-placed")),
        (_, CartState::Merged) => Err(Error::conflict("cart-consent-merged")),
        (_, CartState::Open) => Err(Error::conflict(STALE)),
    }
}

/// A row for each variant and code that is another than before.
fn keep(conn: &mut Conn, consent: ConsentId, cart: &Cart, (before, after): (&Content, &Content), actor: &str, now: Time) -> Result<()> {
    let all: BTreeSet<i64> = before.units.keys().chain(after.units.keys()).copied().collect();
    let units = |content: &Content, variant: i64| content.units.get(&variant).copied().unwrap_or(0);
    let moved: Vec<VariantId> =
        all.into_iter().filter(|variant| units(before, *variant) != units(after, *variant)).map(VariantId).collect();
    let sold = assortment(conn, cart)?;
    let named = catalog::for_sale(conn, &sold, &moved, &cart.language)?;
    for variant in moved {
        let title = named.iter().find(|one| one.id == variant).map_or_else(String::new, |one| match one.options.as_str() {
            "" => one.title.clone(),
            options => format!("{}, {options}", one.title),
        });
        let row = (
            rows::consent_id.eq(consent),
            rows::variant_id.eq(variant),
            rows::title.eq(title),
            rows::units_before.eq(units(before, variant.0)),
            rows::units_after.eq(units(after, variant.0)),
            rows::actor.eq(actor),
            rows::changed_at.eq(now),
        );
        diesel::insert_into(rows::table).values(row).execute(conn)?;
    }
    let gone = before.codes.iter().filter(|code| !after.codes.contains(code)).map(|code| (code, 1i64, 0i64));
    let new = after.codes.iter().filter(|code| !before.codes.contains(code)).map(|code| (code, 0i64, 1i64));
    for (code, was, is) in gone.chain(new) {
        let row = (
            rows::consent_id.eq(consent),
            rows::title.eq(""),
            rows::code.eq(code),
            rows::units_before.eq(was),
            rows::units_after.eq(is),
            rows::actor.eq(actor),
            rows::changed_at.eq(now),
        );
        diesel::insert_into(rows::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// What staff changed in a cart lately and nobody undid, the newest first.
pub fn of_cart(conn: &mut Conn, cart: CartId, limit: i64, now: Time) -> Result<Vec<Change>> {
    let own = rows::table.inner_join(cart_consents::table.on(cart_consents::id.eq(rows::consent_id)));
    let lately = own
        .filter(cart_consents::cart_id.eq(cart))
        .filter(rows::undone_at.is_null())
        .filter(rows::changed_at.gt(now - TOLD_FOR))
        .order(rows::id.desc())
        .limit(limit);
    Ok(lately.select(Change::as_select()).load(conn)?)
}

/// In what the goods of changes are counted.
pub fn measures(conn: &mut Conn, of: &[Change]) -> Result<HashMap<VariantId, Measure>> {
    units::measures(conn, &of.iter().filter_map(|change| change.variant_id).collect::<Vec<_>>())
}

/// In what a change counts.
pub fn measure(measures: &HashMap<VariantId, Measure>, of: &Change) -> Measure {
    of.variant_id.and_then(|variant| measures.get(&variant)).copied().unwrap_or_default()
}

/// What staff changed by a consent, oldest first.
pub fn of_consent(conn: &mut Conn, consent: ConsentId) -> Result<Vec<Change>> {
    Ok(rows::table.filter(rows::consent_id.eq(consent)).order(rows::id).select(Change::as_select()).load(conn)?)
}

/// Undoes a change for the shopper who holds `cart`; for everybody else it is `NotFound`. `Conflict` when the same goods were changed since,
/// or are not sold any more. Undoing twice is undoing once.
pub fn undo(conn: &mut Conn, id: ChangeId, cart: CartId, now: Time) -> Result<()> {
    let change: Change = rows::table.find(id).select(Change::as_select()).first(conn)?;
    let consent = consents::find(conn, change.consent_id)?;
    if consent.cart_id != cart {
        return Err(Error::NotFound);
    }
    if change.undone_at.is_some() {
        return Ok(());
    }
    tickets::acted(conn, consent.ticket_id, "cart_undone", Author::Customer.as_str(), now)?;
    let fresh = rows::table.find(id).filter(rows::undone_at.is_null());
    if diesel::update(fresh).set(rows::undone_at.eq(now)).execute(conn)? == 0 {
        return Ok(());
    }
    let Some(variant) = change.variant_id else {
        return match change.units_before {
            0 => remove_coupon(conn, cart, &change.code, now),
            _ => add_coupon(conn, cart, &change.code, now),
        };
    };
    let line = lines(conn, cart)?.into_iter().find(|(_, known, ..)| *known == variant);
    if line.map_or(0, |(_, _, units, _)| units) != change.units_after {
        return Err(Error::conflict("cart-change-overtaken"));
    }
    match line {
        Some((line, ..)) => set_quantity(conn, cart, line, change.units_before, now),
        None => add(conn, cart, variant, change.units_before, now).map_err(|error| match error {
            Error::NotFound => Error::conflict("cart-change-gone"),
            // Other goods fill the cart meanwhile.
            Error::Invalid(fields) => Error::conflict(fields.0.into_values().next().unwrap_or_default()),
            other => other,
        }),
    }
}
