//! How many are where in a journey, and how many went which way: kept in the transaction that moves them, so that no page counts people.

use super::{JourneyId, NodeId};
use crate::rules::Fragment;
use crate::schema::journey_counts as rows;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::upsert::excluded;
use kernel::{Conn, Result, prepared};
use std::collections::BTreeMap;

/// The journey itself, beside its steps.
pub(super) const WHOLE: NodeId = NodeId(0);
/// Who is in the journey, or waits at a step.
pub(super) const HERE: &str = "here";
pub(super) const ENTERED: &str = "entered";

/// Changes of counts, to be written together in a fixed order.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<(JourneyId, NodeId, String), i64>);

impl Tally {
    pub fn add(&mut self, journey: JourneyId, node: NodeId, what: &str, by: i64) {
        *self.0.entry((journey, node, what.to_string())).or_default() += by;
    }

    pub fn write(self, conn: &mut Conn) -> Result<()> {
        for ((journey, node, what), by) in self.0.into_iter().filter(|(_, by)| *by != 0) {
            add(conn, journey, node, &what, by)?;
        }
        Ok(())
    }
}

/// Moves one count.
fn add(conn: &mut Conn, journey: JourneyId, node: NodeId, what: &str, by: i64) -> Result<()> {
    let row = (rows::journey_id.eq(journey), rows::node.eq(node), rows::what.eq(what), rows::count.eq(by));
    let added = diesel::insert_into(rows::table)
        .values(row)
        .on_conflict((rows::journey_id, rows::node, rows::what))
        .do_update()
        .set(rows::count.eq(rows::count + excluded(rows::count)));
    prepared!(conn, added => execute)?;
    Ok(())
}

/// Counts one more at once, and answers how many that are: who asks next waits for the end of this transaction.
pub(super) fn next(conn: &mut Conn, journey: JourneyId, what: &str) -> Result<i64> {
    add(conn, journey, WHOLE, what, 1)?;
    let own = rows::table.filter(rows::journey_id.eq(journey)).filter(rows::node.eq(WHOLE)).filter(rows::what.eq(what));
    Ok(own.select(rows::count).first(conn)?)
}

/// The counts of a journey.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts(pub Vec<(NodeId, String, i64)>);

impl Counts {
    pub fn of(&self, node: NodeId, what: &str) -> i64 {
        self.0.iter().filter(|(of, word, _)| *of == node && word == what).map(|(.., count)| count).sum()
    }

    /// Of the journey itself.
    pub fn whole(&self, what: &str) -> i64 {
        self.of(WHOLE, what)
    }

    pub fn inside(&self) -> i64 {
        self.whole(HERE)
    }

    pub fn entered(&self) -> i64 {
        self.whole(ENTERED)
    }
}

pub fn counts(conn: &mut Conn, journey: JourneyId) -> Result<Counts> {
    let own = rows::table.filter(rows::journey_id.eq(journey)).order((rows::node, rows::what));
    Ok(Counts(own.select((rows::node, rows::what, rows::count)).load(conn)?))
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    journey: i64,
    #[diesel(sql_type = BigInt)]
    node: i64,
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A count that is not what the rows say: what is stored, and what is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub journey: i64,
    pub node: i64,
    pub what: String,
    pub stored: i64,
    pub counted: i64,
}

/// What the rows of people say.
const BY_ROWS: &str = "SELECT journey_id AS journey, 0 AS node, 'entered' AS what, COUNT(*) AS number FROM enrolments WHERE steps > 0 GROUP BY journey_id \
     UNION ALL SELECT journey_id, 0, 'here', COUNT(*) FROM enrolments WHERE steps > 0 AND state = 'active' GROUP BY journey_id \
     UNION ALL SELECT journey_id, 0, ending, COUNT(*) FROM enrolments WHERE state <> 'active' GROUP BY journey_id, ending \
     UNION ALL SELECT journey_id, node, 'here', COUNT(*) FROM enrolments WHERE state = 'active' AND since IS NOT NULL GROUP BY journey_id, node";

/// Counts everybody and compares; answers how many numbers were compared, and those that are wrong.
pub fn proofs(conn: &mut Conn) -> Result<(u64, Vec<Wrong>)> {
    let mut sql = Fragment::default();
    sql.push("SELECT journey, CAST(node AS BIGINT) AS node, what, number FROM (").push(BY_ROWS).push(") x");
    let counted = sql.load::<Counted>(conn)?;
    let stored: Vec<(i64, i64, String, i64)> = rows::table.select((rows::journey_id, rows::node, rows::what, rows::count)).load(conn)?;
    let known = |row: &&(i64, i64, String, i64)| row.2 == HERE || (row.1 == 0 && !row.2.contains(' '));
    let mut both: BTreeMap<(i64, i64, String), (i64, i64)> = BTreeMap::new();
    for (journey, node, what, count) in stored.iter().filter(known) {
        both.entry((*journey, *node, what.clone())).or_default().0 = *count;
    }
    for row in counted {
        both.entry((row.journey, row.node, row.what)).or_default().1 = row.number;
    }
    let checked = u64::try_from(both.len()).unwrap_or(0);
    let wrong = both.into_iter().filter(|(_, (stored, counted))| stored != counted);
    let wrong = wrong.map(|((journey, node, what), (stored, counted))| Wrong { journey, node, what, stored, counted });
    Ok((checked, wrong.collect()))
}
