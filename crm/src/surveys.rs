//! Surveys: how likely people are to recommend the shop, from 0 to 10 and in their own words. The number that comes of it is the share of
//! promoters (9 and 10) less that of detractors (0 to 6): the Net Promoter Score (Reichheld, "The One Number You Need to Grow", 2003).
//!
//! Everybody answers once in a round, and may think better of it for a while. How many gave which score is kept by the transaction that
//! changes an answer, for everybody and for each segment that they were in when they answered, so that no page counts answers.

mod answers;
mod figures;
#[cfg(test)]
mod tests;

pub use answers::{
    Answer, AnswerId, CHANGEABLE, Given, Group, Kept, TOP, WORDS, answer, answers, forget, given, of_customer, scores, words,
};
pub use figures::{Figures, Wrong, figures, proofs};

use crate::schema::{survey_answers, surveys as rows};
use crate::topics::{self, Texts};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::json::Json;
use kernel::{Conn, Error, Result, on_each};
use serde::{Deserialize, Serialize};

kernel::id!(SurveyId);

/// Longest name and text, in characters, and most surveys.
const NAME: usize = 80;
const TEXT: usize = 300;
const MOST: i64 = 100;

/// What is asked, by language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    /// The question that the number answers.
    pub question: Texts,
    /// What is asked for in words.
    pub more: Texts,
    /// What is said to whoever answered.
    pub thanks: Texts,
}

/// A survey.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct Survey {
    pub id: SurveyId,
    pub name: String,
    /// Counts from 1.
    pub round: i64,
    pub texts: Json<Asked>,
    /// Whether it takes answers.
    pub open: bool,
    pub created_at: Time,
    pub changed_at: Time,
}

impl Survey {
    /// The question in a language, or else in another one.
    pub fn question(&self, language: &str) -> &str {
        topics::said(&self.texts.0.question, language).unwrap_or("")
    }

    /// What is asked for in words; empty when nobody wrote it.
    pub fn more(&self, language: &str) -> &str {
        topics::said(&self.texts.0.more, language).unwrap_or("")
    }

    /// What is said at the end; empty when nobody wrote it.
    pub fn thanks(&self, language: &str) -> &str {
        topics::said(&self.texts.0.thanks, language).unwrap_or("")
    }
}

/// What staff say of a survey.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub name: String,
    pub texts: Asked,
    pub open: bool,
}

fn check(wish: &Wish) -> Result<()> {
    let mut wrong = Fields::default();
    match wish.name.chars().count() {
        0 => wrong.add("name", "survey-name-missing"),
        1..=NAME => {}
        _ => wrong.add("name", "field-too-long"),
    }
    if wish.texts.question.values().all(String::is_empty) {
        wrong.add("question", "survey-question-missing");
    }
    for (name, texts) in [("question", &wish.texts.question), ("more", &wish.texts.more), ("thanks", &wish.texts.thanks)] {
        if texts.values().any(|text| text.chars().count() > TEXT) {
            wrong.add(name, "field-too-long");
        }
    }
    wrong.check()
}

/// All of them, the newest first; there are few.
pub fn list(conn: &mut Conn) -> Result<Vec<Survey>> {
    Ok(on_each!(conn, c => rows::table.order(rows::id.desc()).select(Survey::as_select()).load(c))?)
}

pub fn get(conn: &mut Conn, id: SurveyId) -> Result<Survey> {
    Ok(on_each!(conn, c => rows::table.find(id).select(Survey::as_select()).first(c))?)
}

/// A survey, if there is one.
pub fn find(conn: &mut Conn, id: SurveyId) -> Result<Option<Survey>> {
    Ok(on_each!(conn, c => rows::table.find(id).select(Survey::as_select()).first(c)).optional()?)
}

/// Adds a survey. `Invalid` without a name and a question.
pub fn create(conn: &mut Conn, wish: &Wish, now: Time) -> Result<SurveyId> {
    check(wish)?;
    if rows::table.count().get_result::<i64>(conn)? >= MOST {
        return Err(Error::field("name", "survey-too-many"));
    }
    let row = (
        rows::name.eq(&wish.name),
        rows::round.eq(1_i64),
        rows::texts.eq(kernel::json::text(&wish.texts)?),
        rows::open.eq(wish.open),
        rows::created_at.eq(now),
        rows::changed_at.eq(now),
    );
    Ok(diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?)
}

/// Changes what is asked, or whether.
pub fn update(conn: &mut Conn, id: SurveyId, wish: &Wish, now: Time) -> Result<()> {
    get(conn, id)?;
    check(wish)?;
    diesel::update(rows::table.find(id))
        .set((
            rows::name.eq(&wish.name),
            rows::texts.eq(kernel::json::text(&wish.texts)?),
            rows::open.eq(wish.open),
            rows::changed_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Begins another round after `seen`: everybody may answer again, and what was asked before takes no answer any more. Asked twice, it
/// begins once.
pub fn begin_round(conn: &mut Conn, id: SurveyId, seen: i64, now: Time) -> Result<()> {
    get(conn, id)?;
    let own = rows::table.find(id).filter(rows::round.eq(seen));
    diesel::update(own).set((rows::round.eq(seen.saturating_add(1)), rows::changed_at.eq(now))).execute(conn)?;
    Ok(())
}

/// Takes away a survey that nobody answered. `Conflict` for any other: closing it is enough.
pub fn remove(conn: &mut Conn, id: SurveyId) -> Result<()> {
    get(conn, id)?;
    let answered = survey_answers::table.filter(survey_answers::survey_id.eq(id)).limit(1).select(survey_answers::id);
    if !answered.load::<i64>(conn)?.is_empty() {
        return Err(Error::conflict("survey-answered-already"));
    }
    diesel::delete(rows::table.find(id)).execute(conn)?;
    Ok(())
}
