//! What was learnt from the shop's own solved tickets, kept by each process and learnt anew once a day.

use super::{Example, Model};
use crate::schema::{ticket_messages as messages, tickets};
use crate::tickets::{Author, Kind, Outcome, Status, TicketId};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Db, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The last solved tickets that are learnt from.
const LEARNT: i64 = 10_000;
/// Fewer teach nothing.
const ENOUGH: usize = 50;
/// Rows of one statement.
const TOGETHER: usize = 500;
/// Characters of a question that are learnt.
const TEXT: usize = 2000;
const FRESH: TimeDelta = TimeDelta::hours(24);

/// Advice on tickets. Learning takes a second or two and happens on a thread of its own: until it is done there is none, or yesterday's.
#[derive(Default)]
pub struct Adviser(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    model: Option<Arc<Model>>,
    learnt_at: Option<Time>,
    learning: bool,
}

impl Adviser {
    /// What was learnt; `None` as long as nothing was, and where there is too little to learn from.
    pub fn model(&self, db: &Db, now: Time) -> Option<Arc<Model>> {
        let mut kept = lock(&self.0);
        if !kept.learning && kept.learnt_at.is_none_or(|at| now - at >= FRESH) {
            // It begins by waiting for the lock that is held here.
            kept.learning = self.learn_aside(db.clone(), now);
        }
        kept.model.clone()
    }

    /// Learns on a thread. `false` when there is none.
    fn learn_aside(&self, db: Db, now: Time) -> bool {
        let place = self.0.clone();
        let work = std::thread::Builder::new().name("advice".into()).spawn(move || {
            let learnt = db.read_now(|conn| examples(conn, LEARNT)).map(|examples| match examples.len() {
                ENOUGH.. => Model::fit(&examples),
                _ => None,
            });
            let mut kept = lock(&place);
            kept.learning = false;
            // A database that does not answer is asked again a day later as well: advice is no reason to press it.
            kept.learnt_at = Some(now);
            match learnt {
                Ok(model) => kept.model = model.map(Arc::new),
                Err(error) => tracing::warn!(%error, "nothing could be learnt from the tickets"),
            }
        });
        if let Err(error) = &work {
            tracing::warn!(%error, "nobody learns from the tickets");
        }
        work.is_ok()
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The questions of the last solved tickets, oldest first, with what they turned out to be: the kind that the ticket had in the end.
pub fn examples(conn: &mut Conn, most: i64) -> Result<Vec<Example>> {
    let solved = tickets::table
        .filter(tickets::status.eq(Status::Solved))
        .filter(tickets::outcome.ne_all([Outcome::Spam, Outcome::Merged]))
        // How somebody wants to be reached is no question.
        .filter(tickets::kind.ne(Kind::CallBack))
        .order(tickets::id.desc())
        .limit(most);
    let mut found: Vec<(TicketId, Kind, String)> = solved.select((tickets::id, tickets::kind, tickets::subject)).load(conn)?;
    found.reverse();
    let mut examples = Vec::with_capacity(found.len());
    for some in found.chunks(TOGETHER) {
        let ids: Vec<TicketId> = some.iter().map(|(id, ..)| *id).collect();
        let asked = messages::table.filter(messages::ticket_id.eq_any(ids)).filter(messages::author.eq(Author::Customer));
        let texts: Vec<(TicketId, String)> = asked.order(messages::id.desc()).select((messages::ticket_id, messages::body)).load(conn)?;
        // The first message of a ticket comes last, and stays.
        let first: HashMap<TicketId, String> = texts.into_iter().collect();
        for (id, kind, subject) in some {
            let Some(body) = first.get(id) else { continue };
            let text: String = format!("{subject}\n{body}").chars().take(TEXT).collect();
            examples.push(Example { ticket: id.0, text, intent: kind.as_str().into() });
        }
    }
    Ok(examples)
}
