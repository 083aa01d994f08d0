//! How many gave which score.

use super::SurveyId;
use super::answers::{Answer, AnswerId, Group, TOP};
use crate::lift::{self, Mean, Sample};
use crate::schema::{survey_answers, survey_counts as rows};
use crate::segments::SegmentId;
use diesel::prelude::*;
use diesel::upsert::excluded;
use kernel::{Conn, Result, prepared};
use std::collections::BTreeMap;

/// Stands for everybody among the segments.
const EVERYBODY: i64 = 0;
/// Answers of one statement.
const TOGETHER: i64 = 1000;

/// How many gave each score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures(BTreeMap<i64, i64>);

impl From<BTreeMap<i64, i64>> for Figures {
    fn from(people: BTreeMap<i64, i64>) -> Figures {
        Figures(people)
    }
}

impl Figures {
    pub fn of(&self, score: i64) -> i64 {
        self.0.get(&score).copied().unwrap_or(0)
    }

    pub fn group(&self, group: Group) -> i64 {
        let (low, high) = group.span();
        (low..=high).map(|score| self.of(score)).sum()
    }

    pub fn people(&self) -> i64 {
        (0..=TOP).map(|score| self.of(score)).sum()
    }

    /// The Net Promoter Score with its interval; `None` while they are too few for any answer.
    pub fn net(&self) -> Result<Option<Mean>> {
        let mut sample = Sample::default();
        sample.add_many(100, self.group(Group::Promoter));
        sample.add_many(0, self.group(Group::Passive));
        sample.add_many(-100, self.group(Group::Detractor));
        let bound = |number: i64| number.clamp(-100, 100);
        Ok(lift::mean(&sample)?.map(|mean| Mean { mean: mean.mean, low: bound(mean.low), high: bound(mean.high) }))
    }
}

/// What a round came to, and by segment whoever was in it when they answered.
pub fn figures(conn: &mut Conn, survey: SurveyId, round: i64) -> Result<(Figures, BTreeMap<SegmentId, Figures>)> {
    let own = rows::table.filter(rows::survey_id.eq(survey)).filter(rows::round.eq(round));
    let found: Vec<(i64, i64, i64)> = own.select((rows::segment_id, rows::score, rows::people)).load(conn)?;
    let (mut all, mut segments) = (Figures::default(), BTreeMap::<SegmentId, Figures>::new());
    for (segment, score, people) in found {
        let of = if segment == EVERYBODY { &mut all } else { segments.entry(SegmentId(segment)).or_default() };
        of.0.insert(score, people);
    }
    Ok((all, segments))
}

/// The segments that an answer counts for, in the order in which their rows are locked.
fn counted(answer: &Answer) -> impl Iterator<Item = i64> {
    std::iter::once(EVERYBODY).chain(answer.segments().iter().map(|id| id.0))
}

/// Moves the counts of an answer's score.
pub(super) fn count(conn: &mut Conn, answer: &Answer, score: i64, by: i64) -> Result<()> {
    for segment in counted(answer) {
        let row = (
            rows::survey_id.eq(answer.survey_id),
            rows::round.eq(answer.round),
            rows::segment_id.eq(segment),
            rows::score.eq(score),
            rows::people.eq(by),
        );
        let added = diesel::insert_into(rows::table)
            .values(row)
            .on_conflict((rows::survey_id, rows::round, rows::segment_id, rows::score))
            .do_update()
            .set(rows::people.eq(rows::people + excluded(rows::people)));
        prepared!(conn, added => execute)?;
    }
    Ok(())
}

/// A count that is not what the answers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub survey: i64,
    pub round: i64,
    pub segment: i64,
    pub score: i64,
    pub stored: i64,
    pub counted: i64,
}

/// Counts all answers and compares; says how many numbers were compared, and which are wrong.
pub fn proofs(conn: &mut Conn) -> Result<(u64, Vec<Wrong>)> {
    type Key = (i64, i64, i64, i64);
    let mut made: BTreeMap<Key, i64> = BTreeMap::new();
    let mut after = AnswerId(0);
    loop {
        let page = survey_answers::table.filter(survey_answers::id.gt(after)).order(survey_answers::id).limit(TOGETHER);
        let page: Vec<Answer> = page.select(Answer::as_select()).load(conn)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for answer in &page {
            for segment in counted(answer) {
                *made.entry((answer.survey_id.0, answer.round, segment, answer.score)).or_default() += 1;
            }
        }
    }
    let stored: Vec<(i64, i64, i64, i64, i64)> =
        rows::table.select((rows::survey_id, rows::round, rows::segment_id, rows::score, rows::people)).load(conn)?;
    let stored: BTreeMap<Key, i64> =
        stored.into_iter().map(|(survey, round, segment, score, people)| ((survey, round, segment, score), people)).collect();
    let mut keys: Vec<Key> = made.keys().chain(stored.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let mut wrong = Vec::new();
    for key in &keys {
        let (stored, counted) = (stored.get(key).copied().unwrap_or(0), made.get(key).copied().unwrap_or(0));
        if stored != counted {
            wrong.push(Wrong { survey: key.0, round: key.1, segment: key.2, score: key.3, stored, counted });
        }
    }
    Ok((u64::try_from(keys.len()).unwrap_or(0), wrong))
}
