//! Examinations that staff ask for: each runs as a job, and its findings are kept.

use super::{Finding, examine};
use crate::ids::ExaminationId;
use crate::schema::examinations;
use diesel::prelude::*;
use kernel::clock::{Clock, Time};
use kernel::jobs::{self, Class};
use kernel::json::Json;
use kernel::{Conn, Db, Error, Result};
use serde::{Deserialize, Serialize};

/// The job that runs one.
pub const EXAMINE_JOB: &str = "doctor.examine";
/// Problems kept of each law; the rest is counted.
const SHOWN: usize = 100;

/// What was found about one law.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    pub law: String,
    /// The first problems, in words.
    pub problems: Vec<String>,
    pub count: usize,
    /// How many rows were read for it.
    pub checked: u64,
}

impl Told {
    fn of(finding: Finding) -> Told {
        let count = finding.problems.len();
        Told { law: finding.law.into(), problems: finding.problems.into_iter().take(SHOWN).collect(), count, checked: finding.checked }
    }
}

/// An examination. Without an end it waits or runs.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = examinations)]
pub struct Examination {
    pub id: ExaminationId,
    pub asked_by: String,
    pub asked_at: Time,
    pub ended_at: Option<Time>,
    pub findings: Json<Vec<Told>>,
}

impl Examination {
    pub fn problems(&self) -> usize {
        self.findings.0.iter().map(|told| told.count).sum()
    }
}

/// Asks for one. `Conflict` while another has not ended.
pub fn ask(conn: &mut Conn, actor: &str, now: Time) -> Result<ExaminationId> {
    let open: Option<ExaminationId> =
        examinations::table.filter(examinations::ended_at.is_null()).select(examinations::id).first(conn).optional()?;
    if open.is_some() {
        return Err(Error::conflict("admin-doctor-runs"));
    }
    let id: ExaminationId = diesel::insert_into(examinations::table)
        .values((examinations::asked_by.eq(actor), examinations::asked_at.eq(now), examinations::findings.eq("[]")))
        .returning(examinations::id)
        .get_result(conn)?;
    jobs::enqueue_as(conn, Class::Bulk, EXAMINE_JOB, &id.to_string(), None, now, now)?;
    Ok(id)
}

/// Runs one over a picture of the books at one moment, while the shop goes on selling, and keeps what it found.
pub fn run(db: &Db, id: ExaminationId, clock: &Clock) -> Result<()> {
    let findings = db.read_whole(|conn| examine(conn, &mut |_| {}))?;
    let text = kernel::json::text(&findings.into_iter().map(Told::of).collect::<Vec<_>>())?;
    let now = clock.now();
    db.write_now(move |conn| {
        diesel::update(examinations::table.find(id))
            .set((examinations::ended_at.eq(now), examinations::findings.eq(&text)))
            .execute(conn)?;
        Ok(())
    })
}

/// The latest, the newest first.
pub fn latest(conn: &mut Conn, limit: i64) -> Result<Vec<Examination>> {
    Ok(examinations::table.order(examinations::id.desc()).limit(limit).select(Examination::as_select()).load(conn)?)
}
