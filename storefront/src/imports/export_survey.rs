//! The answers of a round of a survey as a file, for other programs.

use super::export::write_row;
use super::export_catalogue::unwritable;
use crm::surveys::{self, Answer, AnswerId, Group, SurveyId};
use kernel::{Db, Result};
use std::io::Write;

/// Answers read at once.
const PAGE: i64 = 500;

const COLUMNS: [&str; 8] = ["Round", "Customer", "Score", "Group", "Words", "Mail", "Answered at", "Changed at"];

/// Writes the answers of a round in their order, page by page; says how many.
pub fn export_answers(db: &Db, survey: SurveyId, round: i64, out: impl Write) -> Result<u64> {
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, &COLUMNS.map(str::to_string)).map_err(unwritable)?;
    let (mut after, mut done) = (AnswerId(0), 0);
    loop {
        let page = db.read_now(move |conn| surveys::answers(conn, survey, round, after, PAGE))?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for answer in &page {
            write_row(&mut writer, &row(answer)).map_err(unwritable)?;
            done += 1;
        }
    }
    writer.flush().map_err(unwritable)?;
    Ok(done)
}

fn row(answer: &Answer) -> Vec<String> {
    vec![
        answer.round.to_string(),
        answer.customer_id.to_string(),
        answer.score.to_string(),
        Group::of(answer.score).as_str().to_string(),
        answer.words.clone(),
        answer.delivery_id.map(|id| id.to_string()).unwrap_or_default(),
        answer.answered_at.and_utc().to_rfc3339(),
        answer.changed_at.and_utc().to_rfc3339(),
    ]
}
