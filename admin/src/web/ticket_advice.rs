//! What past tickets and articles say about one that is open: what it may be about, which ones were like it, what may be sent as an answer.

use crm::tickets::{self, Author, Eyes, Status, Ticket, TicketId};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::web::articles;
use storefront::web::door::Door;

const GUESSES: usize = 3;
const SIMILAR: usize = 3;
const ARTICLES: usize = 3;
/// Less likeness than this is chance.
const ALIKE: f32 = 0.2;
/// Messages in which the question is looked for.
const FIRST: i64 = 100;

/// The advice on a ticket; empty where there is too little to learn from, and of one that is solved.
pub fn of(door: &Door, conn: &mut Conn, ticket: &Ticket, now: Time) -> Result<Value> {
    if ticket.status == Status::Solved {
        return Ok(json!({ "kinds": [], "sure": false, "similar": [], "articles": [] }));
    }
    let thread = tickets::thread(conn, ticket.id, Eyes::Customer, None, FIRST)?;
    let asked = thread.iter().find(|message| message.author == Author::Customer).map_or("", |message| message.body.as_str());
    let question = format!("{}\n{asked}", ticket.subject);
    let helping = articles::suggested(door, conn, &ticket.language, &question, ARTICLES)?;
    let Some(model) = door.adviser.model(&door.db, now) else {
        return Ok(json!({ "kinds": [], "sure": false, "similar": [], "articles": helping }));
    };
    let sure = model.sure(&question).map(str::to_string);
    let kinds: Vec<String> = match &sure {
        Some(kind) => vec![kind.clone()],
        None => model.guesses(&question, GUESSES).into_iter().map(|guess| guess.intent).collect(),
    };
    let mut similar = Vec::new();
    for one in model.similar(&question, SIMILAR + 1).into_iter().filter(|one| one.likeness >= ALIKE && one.ticket != ticket.id.0) {
        match tickets::get(conn, TicketId(one.ticket)) {
            // Of somebody who was erased nothing is left to read.
            Ok(other) if !other.subject.is_empty() && similar.len() < SIMILAR => {
                similar.push(json!({ "number": other.number, "subject": other.subject, "kind": other.kind, "outcome": other.outcome }));
            }
            Ok(_) | Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(json!({ "kinds": kinds, "sure": sure.is_some(), "similar": similar, "articles": helping }))
}
