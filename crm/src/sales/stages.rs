//! The stages that an opportunity passes. Those that every shop begins with have a code and are called by a text; the shop's own have a name.

use super::{StageId, State};
use crate::schema::{opportunities, sales_stages as rows};
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};

/// The longest name, in characters, and the most stages.
const NAME: usize = 60;
const MOST: usize = 30;
/// All of it, in hundredths of a percent.
const CERTAIN: i64 = 10_000;

/// A stage as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Stage {
    pub id: StageId,
    /// Empty for one of the shop's own.
    pub code: String,
    /// What it is called instead of the text of its code.
    pub name: String,
    pub probability_bp: i64,
    pub kind: State,
    pub position: i64,
    /// Whether a quote that goes out moves its opportunity here.
    pub at_quote: bool,
    pub active: bool,
}

/// A stage as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageWish {
    pub name: String,
    pub probability_bp: i64,
    pub kind: State,
    pub position: i64,
    pub at_quote: bool,
    pub active: bool,
}

/// All stages in their order.
pub fn stages(conn: &mut Conn) -> Result<Vec<Stage>> {
    Ok(rows::table.order((rows::position, rows::id)).select(Stage::as_select()).load(conn)?)
}

pub fn stage(conn: &mut Conn, id: StageId) -> Result<Stage> {
    Ok(rows::table.find(id).select(Stage::as_select()).first(conn)?)
}

/// The first stage of a kind that opportunities can go to.
pub(super) fn first(conn: &mut Conn, kind: State) -> Result<Stage> {
    let found = stages(conn)?.into_iter().find(|one| one.active && one.kind == kind);
    found.ok_or_else(|| Error::conflict("sales-stage-needed"))
}

/// What a wish is stored as: somebody who bought is certain, and somebody who did not is not.
fn checked(wish: &StageWish, named: bool) -> Result<StageWish> {
    let mut wrong = Fields::default();
    let name = wish.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() && named {
        wrong.add("name", "field-required");
    }
    if name.chars().count() > NAME {
        wrong.add("name", "field-too-long");
    }
    if !(0..=CERTAIN).contains(&wish.probability_bp) {
        wrong.add("probability", "sales-probability-invalid");
    }
    if !(0..=999).contains(&wish.position) {
        wrong.add("position", "admin-number-invalid");
    }
    wrong.check()?;
    let probability_bp = match wish.kind {
        State::Open => wish.probability_bp,
        State::Won => CERTAIN,
        State::Lost => 0,
    };
    Ok(StageWish { name, probability_bp, at_quote: wish.at_quote && wish.kind == State::Open, ..wish.clone() })
}

/// Quotes move to one stage at most.
fn only(conn: &mut Conn, id: StageId, at_quote: bool) -> Result<()> {
    if at_quote {
        diesel::update(rows::table.filter(rows::id.ne(id))).set(rows::at_quote.eq(false)).execute(conn)?;
    }
    Ok(())
}

/// Adds a stage of the shop's own.
pub fn add_stage(conn: &mut Conn, wish: &StageWish) -> Result<StageId> {
    let wish = checked(wish, true)?;
    if stages(conn)?.len() >= MOST {
        return Err(Error::conflict("sales-stages-full"));
    }
    let id: StageId = diesel::insert_into(rows::table)
        .values((
            rows::name.eq(&wish.name),
            rows::probability_bp.eq(wish.probability_bp),
            rows::kind.eq(wish.kind),
            rows::position.eq(wish.position),
            rows::at_quote.eq(wish.at_quote),
            rows::active.eq(wish.active),
        ))
        .returning(rows::id)
        .get_result(conn)?;
    only(conn, id, wish.at_quote)?;
    Ok(id)
}

/// Changes a stage; its kind stays. `Conflict` for one that is switched off while opportunities are open in it, or that nothing of its kind
/// would be left without.
pub fn save_stage(conn: &mut Conn, id: StageId, wish: &StageWish) -> Result<()> {
    // Whoever switches another stage off waits.
    if diesel::update(rows::table).set(rows::position.eq(rows::position)).execute(conn)? == 0 {
        return Err(Error::NotFound);
    }
    let before = stage(conn, id)?;
    let wish = checked(&StageWish { kind: before.kind, ..wish.clone() }, before.code.is_empty())?;
    if !wish.active {
        let inside = opportunities::table.filter(opportunities::stage_id.eq(id)).filter(opportunities::state.eq(State::Open));
        let inside: Option<i64> = inside.select(opportunities::id).first(conn).optional()?;
        if inside.is_some() {
            return Err(Error::conflict("sales-stage-used"));
        }
        if !stages(conn)?.iter().any(|one| one.id != id && one.active && one.kind == before.kind) {
            return Err(Error::conflict("sales-stage-needed"));
        }
    }
    diesel::update(rows::table.find(id))
        .set((
            rows::name.eq(&wish.name),
            rows::probability_bp.eq(wish.probability_bp),
            rows::position.eq(wish.position),
            rows::at_quote.eq(wish.at_quote),
            rows::active.eq(wish.active),
        ))
        .execute(conn)?;
    only(conn, id, wish.at_quote)
}
