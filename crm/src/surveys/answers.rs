//! What people answered.

use super::figures;
use super::{SurveyId, get};
use crate::CustomerId;
use crate::activities::{self, Activity, Kind};
use crate::campaigns::DeliveryId;
use crate::identities;
use crate::schema::{survey_answers as rows, surveys};
use crate::segments::{self, SegmentId};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::json::Json;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;
use std::collections::HashMap;

kernel::id!(AnswerId);

/// The best score; 0 is the worst.
pub const TOP: i64 = 10;
/// How long somebody may think better of it.
pub const CHANGEABLE: TimeDelta = TimeDelta::days(14);
/// Longest words, in characters.
pub const WORDS: usize = 2000;

kernel::words!(
    /// What a score makes of somebody.
    Group { Promoter = "promoter", Passive = "passive", Detractor = "detractor" }
);

impl Group {
    /// The lowest and the highest score.
    pub fn span(self) -> (i64, i64) {
        match self {
            Group::Promoter => (9, TOP),
            Group::Passive => (7, 8),
            Group::Detractor => (0, 6),
        }
    }

    pub fn of(score: i64) -> Group {
        match score {
            9.. => Group::Promoter,
            7..=8 => Group::Passive,
            _ => Group::Detractor,
        }
    }
}

/// An answer.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct Answer {
    pub id: AnswerId,
    pub survey_id: SurveyId,
    pub round: i64,
    pub customer_id: CustomerId,
    pub delivery_id: Option<DeliveryId>,
    pub score: i64,
    pub words: String,
    segments: Json<Vec<SegmentId>>,
    pub answered_at: Time,
    pub changed_at: Time,
}

impl Answer {
    /// The segments that they were in when they answered.
    pub fn segments(&self) -> &[SegmentId] {
        &self.segments.0
    }

    /// Whether they may still think better of it.
    pub fn changeable(&self, now: Time) -> bool {
        now <= self.answered_at + CHANGEABLE
    }
}

/// What somebody says.
#[derive(Clone, Debug)]
pub struct Given {
    pub survey: SurveyId,
    /// The round that they were asked in.
    pub round: i64,
    pub customer: CustomerId,
    /// The mail that asked.
    pub delivery: Option<DeliveryId>,
    pub score: i64,
    pub words: String,
}

/// What a customer answered in a round.
pub fn given(conn: &mut Conn, survey: SurveyId, round: i64, customer: CustomerId) -> Result<Option<Answer>> {
    let own = rows::table.filter(rows::survey_id.eq(survey)).filter(rows::round.eq(round)).filter(rows::customer_id.eq(customer));
    Ok(on_each!(conn, c => own.select(Answer::as_select()).first(c)).optional()?)
}

/// Keeps an answer, or what somebody thinks better. `Invalid` without a score, `Conflict` when the survey takes no answer of this round or
/// theirs is too old to be changed, `NotFound` of somebody who was erased.
pub fn answer(conn: &mut Conn, said: &Given, now: Time) -> Result<()> {
    let words = said.words.trim().replace('\0', "");
    let mut wrong = Fields::default();
    if !(0..=TOP).contains(&said.score) {
        wrong.add("score", "survey-score");
    }
    if words.chars().count() > WORDS {
        wrong.add("words", "field-too-long");
    }
    wrong.check()?;
    let survey = get(conn, said.survey)?;
    if !survey.open || survey.round != said.round {
        return Err(Error::conflict("survey-closed"));
    }
    let customer = identities::hold_alone(conn, said.customer)?.ok_or(Error::NotFound)?;
    if let Some(before) = given(conn, survey.id, survey.round, customer)? {
        if !before.changeable(now) {
            return Err(Error::conflict("survey-too-late"));
        }
        diesel::update(rows::table.find(before.id))
            .set((rows::score.eq(said.score), rows::words.eq(&words), rows::changed_at.eq(now)))
            .execute(conn)?;
        figures::count(conn, &before, before.score, -1)?;
        figures::count(conn, &before, said.score, 1)?;
        return segments::follow_answers(conn, customer, now);
    }
    let mut within: Vec<SegmentId> = segments::of_customer(conn, customer, now)?.into_iter().map(|one| one.segment).collect();
    within.sort_unstable();
    let row = (
        rows::survey_id.eq(survey.id),
        rows::round.eq(survey.round),
        rows::customer_id.eq(customer),
        rows::delivery_id.eq(said.delivery),
        rows::score.eq(said.score),
        rows::words.eq(&words),
        rows::segments.eq(kernel::json::text(&within)?),
        rows::answered_at.eq(now),
        rows::changed_at.eq(now),
    );
    diesel::insert_into(rows::table).values(row).execute(conn)?;
    let added = given(conn, survey.id, survey.round, customer)?.ok_or(Error::NotFound)?;
    figures::count(conn, &added, added.score, 1)?;
    segments::follow_answers(conn, customer, now)?;
    let told = Activity {
        customer: Some(customer),
        trail: None,
        kind: Kind::SurveyAnswered,
        at: now,
        source: "surveys",
        dedupe_key: &added.id.to_string(),
        subject: Some(added.id.0),
        amount: None,
        detail: &survey.name,
    };
    activities::record(conn, &told).map(drop)
}

/// The answers of a round in order, behind `after`.
pub fn answers(conn: &mut Conn, survey: SurveyId, round: i64, after: AnswerId, limit: i64) -> Result<Vec<Answer>> {
    let own = rows::table.filter(rows::survey_id.eq(survey)).filter(rows::round.eq(round)).filter(rows::id.gt(after));
    Ok(own.order(rows::id).limit(limit).select(Answer::as_select()).load(conn)?)
}

/// The answers of a round that have words, of a group or of all, the latest first, from before `before` on.
pub fn words(
    conn: &mut Conn,
    survey: SurveyId,
    round: i64,
    group: Option<Group>,
    before: Option<AnswerId>,
    limit: i64,
) -> Result<Vec<Answer>> {
    let (low, high) = group.map_or((0, TOP), Group::span);
    let own = rows::table
        .filter(rows::survey_id.eq(survey))
        .filter(rows::round.eq(round))
        .filter(rows::words.ne(""))
        .filter(rows::score.between(low, high))
        .filter(rows::id.lt(before.unwrap_or(AnswerId(i64::MAX))));
    Ok(own.order(rows::id.desc()).limit(limit).select(Answer::as_select()).load(conn)?)
}

/// The scores and words of answers, by their numbers.
pub fn scores(conn: &mut Conn, ids: &[AnswerId]) -> Result<HashMap<AnswerId, (i64, String)>> {
    let own = rows::table.filter(rows::id.eq_any(ids.to_vec())).select((rows::id, rows::score, rows::words));
    let found: Vec<(AnswerId, i64, String)> = own.load(conn)?;
    Ok(found.into_iter().map(|(id, score, words)| (id, (score, words))).collect())
}

/// An answer as the person who gave it gets it with everything else about them.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    pub survey: String,
    pub round: i64,
    pub score: i64,
    pub words: String,
    pub answered_at: Time,
    pub changed_at: Time,
}

/// Everything that a customer answered, the latest first.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<Kept>> {
    type Row = (String, i64, i64, String, Time, Time);
    let own = rows::table
        .inner_join(surveys::table.on(surveys::id.eq(rows::survey_id)))
        .filter(rows::customer_id.eq(customer))
        .order(rows::id.desc())
        .limit(limit)
        .select((surveys::name, rows::round, rows::score, rows::words, rows::answered_at, rows::changed_at));
    let kept = |(survey, round, score, words, answered_at, changed_at): Row| Kept { survey, round, score, words, answered_at, changed_at };
    Ok(own.load::<Row>(conn)?.into_iter().map(kept).collect())
}

/// Takes away what somebody who is erased said in words. Their score stays, and is nobody's.
pub fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    diesel::update(rows::table.filter(rows::customer_id.eq(customer))).set(rows::words.eq("")).execute(conn)?;
    Ok(())
}
