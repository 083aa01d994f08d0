//! Promotions in the database.

use super::codes::normalise;
use super::{Promotion, Rules, State, Terms, past};
use crate::ids::{CategoryId, PromotionId};
use crate::offers;
use crate::schema::{promotion_codes, promotion_terms, promotions};
use crm::segments::SegmentId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::json::Json;
use kernel::{Conn, Error, Result};

pub fn get(conn: &mut Conn, id: PromotionId) -> Result<Promotion> {
    Ok(promotions::table.find(id).select(Promotion::as_select()).first(conn)?)
}

/// Promotions, newest first.
pub fn list(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Promotion>> {
    let before = PromotionId(before.unwrap_or(i64::MAX));
    Ok(promotions::table
        .filter(promotions::id.lt(before))
        .order(promotions::id.desc())
        .limit(limit)
        .select(Promotion::as_select())
        .load(conn)?)
}

/// Whether a promotion, live or not, names this category.
pub(crate) fn speak_of(conn: &mut Conn, category: CategoryId) -> Result<bool> {
    let all: Vec<Json<Rules>> = promotions::table.select(promotions::rules).load(conn)?;
    Ok(all.iter().any(|rules| rules.0.goods().into_iter().any(|goods| goods.categories.contains(&category))))
}

/// Puts a placeholder where promotions, now or in the past, name one of these mail addresses: an empty list would mean everybody.
pub(crate) fn forget_person(conn: &mut Conn, keys: &[String], placeholder: &str) -> Result<()> {
    let named = |rules: &mut Rules| {
        let listed = rules.conditions.customers.iter_mut().filter(|key| keys.contains(key));
        listed.map(|key| *key = placeholder.to_string()).count() > 0
    };
    let now: Vec<(PromotionId, Json<Rules>)> = promotions::table.select((promotions::id, promotions::rules)).load(conn)?;
    for (id, Json(mut rules)) in now {
        if named(&mut rules) {
            diesel::update(promotions::table.find(id)).set(promotions::rules.eq(kernel::json::text(&rules)?)).execute(conn)?;
        }
    }
    let past: Vec<(i64, Json<Rules>)> = promotion_terms::table.select((promotion_terms::id, promotion_terms::rules)).load(conn)?;
    for (id, Json(mut rules)) in past {
        if named(&mut rules) {
            diesel::update(promotion_terms::table.find(id)).set(promotion_terms::rules.eq(kernel::json::text(&rules)?)).execute(conn)?;
        }
    }
    Ok(())
}

/// The names of the promotions, live or not, that are for members of this segment.
pub fn for_segment(conn: &mut Conn, segment: SegmentId) -> Result<Vec<(PromotionId, String)>> {
    let all: Vec<(PromotionId, String, Json<Rules>)> =
        promotions::table.order(promotions::id).select((promotions::id, promotions::name, promotions::rules)).load(conn)?;
    let such = all.into_iter().filter(|(.., rules)| rules.0.conditions.segment == Some(segment));
    Ok(such.map(|(id, name, _)| (id, name)).collect())
}

/// The promotion that a code opens, shared or unique.
pub fn by_code(conn: &mut Conn, code: &str) -> Result<Option<PromotionId>> {
    Ok(promotion_codes::table
        .filter(promotion_codes::code.eq(normalise(code)))
        .select(promotion_codes::promotion_id)
        .first(conn)
        .optional()?)
}

/// The code of a promotion that everybody may use.
pub fn shared_code(conn: &mut Conn, id: PromotionId) -> Result<Option<String>> {
    Ok(promotion_codes::table
        .filter(promotion_codes::promotion_id.eq(id))
        .filter(promotion_codes::once.eq(false))
        .select(promotion_codes::code)
        .first(conn)
        .optional()?)
}

/// The shared codes of these promotions.
pub fn shared_codes(conn: &mut Conn, ids: &[PromotionId]) -> Result<Vec<(PromotionId, String)>> {
    Ok(promotion_codes::table
        .filter(promotion_codes::promotion_id.eq_any(ids))
        .filter(promotion_codes::once.eq(false))
        .select((promotion_codes::promotion_id, promotion_codes::code))
        .load(conn)?)
}

/// Adds a promotion. `Invalid` names what cannot be.
pub fn create(conn: &mut Conn, terms: Terms, now: Time) -> Result<PromotionId> {
    let terms = terms.checked()?;
    let id = diesel::insert_into(promotions::table)
        .values((
            promotions::name.eq(&terms.name),
            promotions::state.eq(if terms.active { State::Active } else { State::Paused }),
            promotions::needs_code.eq(terms.needs_code),
            promotions::stacking.eq(terms.stacking),
            promotions::exclusive.eq(terms.exclusive),
            promotions::currency.eq(terms.currency.code()),
            promotions::starts_at.eq(terms.starts_at),
            promotions::ends_at.eq(terms.ends_at),
            promotions::max_uses.eq(terms.max_uses),
            promotions::max_uses_per_customer.eq(terms.max_uses_per_customer),
            promotions::rules.eq(kernel::json::text(&terms.rules)?),
            promotions::created_at.eq(now),
            promotions::updated_at.eq(now),
        ))
        .returning(promotions::id)
        .get_result(conn)?;
    set_shared(conn, id, &terms.code, now)?;
    offers::put(conn, id, 0, &terms.rules, terms.offer.as_ref())?;
    past::keep(conn, id, now)?;
    Ok(id)
}

/// Changes the terms. `Conflict` when somebody else did so since `version`; `Invalid` when a new limit lies below the uses so far.
pub fn update(conn: &mut Conn, id: PromotionId, version: i64, terms: Terms, now: Time) -> Result<()> {
    let terms = terms.checked()?;
    let uses = get(conn, id)?.uses;
    if terms.max_uses.is_some_and(|limit| limit < uses) {
        return Err(Error::field("max_uses", "promotion-limit-below-uses"));
    }
    let changed = diesel::update(promotions::table.find(id))
        .filter(promotions::version.eq(version))
        .set((
            promotions::name.eq(&terms.name),
            promotions::state.eq(if terms.active { State::Active } else { State::Paused }),
            promotions::needs_code.eq(terms.needs_code),
            promotions::stacking.eq(terms.stacking),
            promotions::exclusive.eq(terms.exclusive),
            promotions::starts_at.eq(terms.starts_at),
            promotions::ends_at.eq(terms.ends_at),
            promotions::max_uses.eq(terms.max_uses),
            promotions::max_uses_per_customer.eq(terms.max_uses_per_customer),
            promotions::rules.eq(kernel::json::text(&terms.rules)?),
            promotions::version.eq(promotions::version + 1),
            promotions::updated_at.eq(now),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Err(Error::conflict("promotion-stale"));
    }
    set_shared(conn, id, &terms.code, now)?;
    offers::put(conn, id, uses, &terms.rules, terms.offer.as_ref())?;
    past::keep(conn, id, now)
}

/// Switches a promotion on or off.
pub fn set_state(conn: &mut Conn, id: PromotionId, state: State, now: Time) -> Result<()> {
    let changed = diesel::update(promotions::table.find(id))
        .set((promotions::state.eq(state), promotions::version.eq(promotions::version + 1), promotions::updated_at.eq(now)))
        .execute(conn)?;
    if changed == 0 {
        return Err(Error::NotFound);
    }
    past::keep(conn, id, now)
}

/// A copy under another name: switched off, without codes and uses.
pub fn duplicate(conn: &mut Conn, id: PromotionId, name: &str, now: Time) -> Result<PromotionId> {
    let of = get(conn, id)?;
    let terms = Terms {
        name: name.chars().take(80).collect(),
        active: false,
        needs_code: of.needs_code,
        code: String::new(),
        stacking: of.stacking,
        exclusive: of.exclusive,
        currency: of.currency()?,
        starts_at: of.starts_at,
        ends_at: of.ends_at,
        max_uses: of.max_uses,
        max_uses_per_customer: of.max_uses_per_customer,
        rules: of.rules.0,
        offer: offers::get(conn, id)?.map(|offer| offer.terms()),
    };
    create(conn, terms, now)
}

/// Sets the code that everybody may use; an empty one takes it away, as far as books do not speak of it.
fn set_shared(conn: &mut Conn, id: PromotionId, code: &str, now: Time) -> Result<()> {
    use crate::schema::promotion_movements as movements;
    let had = shared_code(conn, id)?;
    if had.as_deref().unwrap_or("") == code {
        return Ok(());
    }
    if !code.is_empty() && by_code(conn, code)?.is_some() {
        return Err(Error::field("code", "promotion-code-taken"));
    }
    let own = promotion_codes::table.filter(promotion_codes::promotion_id.eq(id)).filter(promotion_codes::once.eq(false));
    match (had, code) {
        (None, _) => {
            let row = (
                promotion_codes::promotion_id.eq(id),
                promotion_codes::code.eq(code),
                promotion_codes::once.eq(false),
                promotion_codes::created_at.eq(now),
            );
            diesel::insert_into(promotion_codes::table).values(row).execute(conn)?;
        }
        (Some(_), "") => {
            let row: i64 = own.select(promotion_codes::id).first(conn)?;
            let moved: i64 = movements::table.filter(movements::code_id.eq(row)).count().get_result(conn)?;
            if moved > 0 {
                return Err(Error::field("code", "promotion-code-was-used"));
            }
            diesel::delete(promotion_codes::table.find(row)).execute(conn)?;
        }
        (Some(_), code) => {
            diesel::update(own).set(promotion_codes::code.eq(code)).execute(conn)?;
        }
    }
    Ok(())
}
