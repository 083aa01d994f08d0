//! The words that a ticket is found by: its number, its subject, where answers go, and what people wrote in it. Whoever writes one of these
//! writes its words in the same transaction. A ticket has the words of those that were merged into it as well.

use super::messages::Author;
use super::{TicketId, joins};
use crate::rules::Fragment;
use crate::schema::{ticket_messages, ticket_terms as rows, tickets};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use kernel::clock::Time;
use kernel::db::Prepared;
use kernel::jobs::{self, Class};
use kernel::terms::{after_prefix, asked_of_text, normalised, of_text};
use kernel::{Conn, Db, Result, json, on_each};
use std::collections::BTreeSet;

/// The job that gives words to tickets from before there were any; its payload is the id it goes on after.
pub const TERMS_JOB: &str = "tickets.terms";
/// Tickets of one run of it.
const BATCH: i64 = 100;
/// Messages that are read together.
const PAGE: i64 = 200;
/// Words of one text that it is found by: nobody looks for what stands behind them, and whoever sends a dictionary fills no table.
const MOST: usize = 2000;
/// Words of a search that are looked at.
const WORDS: usize = 8;
/// Up to how many tickets a word is rare: then these are looked at. Of more, the inbox is walked through.
const RARE: usize = 5000;
/// Up to how many tickets the tickets of several common words are compared.
const COMMON: usize = 30_000;

/// What somebody looks for, word by word.
pub(super) fn asked(typed: &str) -> Vec<String> {
    asked_of_text(typed, WORDS)
}

/// The words of a ticket without its messages.
fn of_ticket(number: &str, subject: &str, email: &str) -> BTreeSet<String> {
    let mut words = of_text(&format!("{subject} {email}"), MOST);
    words.insert(normalised(number));
    words.insert(normalised(number.trim_start_matches(|letter: char| !letter.is_ascii_digit())));
    words.remove("");
    words
}

/// Stores the words of a new ticket.
pub(super) fn opened(conn: &mut Conn, id: TicketId, (number, subject, email): (&str, &str, &str)) -> Result<()> {
    insert(conn, id, &of_ticket(number, subject, email))
}

/// Stores the words of a new message. Those of the shop itself are keys of texts, which nobody looks for.
pub(super) fn wrote(conn: &mut Conn, id: TicketId, author: Author, body: &str) -> Result<()> {
    if author == Author::System { Ok(()) } else { insert(conn, id, &of_text(body, MOST)) }
}

/// Gives a ticket the words of one that goes on in it from now on.
pub(super) fn joined(conn: &mut Conn, from: TicketId, into: TicketId) -> Result<()> {
    let mut copy = Fragment::of("INSERT INTO ticket_terms (term, ticket_id) SELECT t.term, ");
    copy.int(into.0).push(" FROM ticket_terms t WHERE t.ticket_id = ").int(from.0).push(" ON CONFLICT DO NOTHING");
    copy.execute(conn).map(drop)
}

/// One statement whose text is always the same, whatever there is to store.
fn insert(conn: &mut Conn, id: TicketId, words: &BTreeSet<String>) -> Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    let words = json::text(words)?;
    struct Site;
    match conn {
        Conn::Sqlite(conn) => {
            let all = sql_query(
                "INSERT INTO ticket_terms (term, ticket_id) SELECT value, ? FROM json_each(?) WHERE TRUE \
                 ON CONFLICT DO NOTHING RETURNING ticket_id",
            );
            Prepared::<_, Site>::new(all.bind::<BigInt, _>(id).bind::<Text, _>(words)).load::<Stored>(conn)?;
        }
        Conn::Postgres(conn) => {
            let all = sql_query(
                "INSERT INTO ticket_terms (term, ticket_id) SELECT w.value, $1 FROM json_array_elements_text($2::json) AS w (value) \
                 ON CONFLICT DO NOTHING RETURNING ticket_id",
            );
            Prepared::<_, Site>::new(all.bind::<BigInt, _>(id).bind::<Text, _>(words)).load::<Stored>(conn)?;
        }
    }
    Ok(())
}

/// What the statement tells of each row that it stored.
#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "only that rows were stored matters")]
    ticket_id: i64,
}

/// The words that follow from what is stored of a ticket.
fn made(conn: &mut Conn, id: TicketId) -> Result<BTreeSet<String>> {
    let ids = joins::all(conn, id)?;
    let own = tickets::table.filter(tickets::id.eq_any(ids.clone()));
    let heads: Vec<(String, String, String)> = own.select((tickets::number, tickets::subject, tickets::email)).load(conn)?;
    let mut words: BTreeSet<String> = heads.iter().flat_map(|(number, subject, email)| of_ticket(number, subject, email)).collect();
    let mut after = 0;
    loop {
        let own = ticket_messages::table.filter(ticket_messages::ticket_id.eq_any(ids.clone()));
        let page: Vec<(i64, Author, String)> = own
            .filter(ticket_messages::id.gt(after))
            .order(ticket_messages::id)
            .limit(PAGE)
            .select((ticket_messages::id, ticket_messages::author, ticket_messages::body))
            .load(conn)?;
        let Some(last) = page.last() else { return Ok(words) };
        after = last.0;
        words.extend(page.iter().filter(|(_, author, _)| *author != Author::System).flat_map(|(.., body)| of_text(body, MOST)));
    }
}

fn stored(conn: &mut Conn, id: TicketId) -> Result<BTreeSet<String>> {
    let own: Vec<String> = rows::table.filter(rows::ticket_id.eq(id)).select(rows::term).load(conn)?;
    Ok(own.into_iter().collect())
}

/// Makes the words of a ticket anew, of what is stored now. The ticket is locked: nobody adds to it meanwhile.
pub(super) fn anew(conn: &mut Conn, id: TicketId) -> Result<()> {
    diesel::update(tickets::table.find(id)).set(tickets::version.eq(tickets::version)).execute(conn)?;
    let (made, stored) = (made(conn, id)?, stored(conn, id)?);
    let gone: Vec<String> = stored.difference(&made).cloned().collect();
    for some in gone.chunks(MOST) {
        diesel::delete(rows::table.filter(rows::ticket_id.eq(id)).filter(rows::term.eq_any(some.to_vec()))).execute(conn)?;
    }
    insert(conn, id, &made.difference(&stored).cloned().collect())
}

/// How many words a ticket has and should not, or has not and should.
pub(super) fn wrong(conn: &mut Conn, id: TicketId) -> Result<usize> {
    Ok(made(conn, id)?.symmetric_difference(&stored(conn, id)?).count())
}

/// Makes the words of the tickets that follow `after` anew; answers the last of them.
fn some(conn: &mut Conn, after: TicketId) -> Result<Option<TicketId>> {
    let page: Vec<TicketId> =
        tickets::table.filter(tickets::id.gt(after)).order(tickets::id).limit(BATCH).select(tickets::id).load(conn)?;
    page.iter().try_for_each(|id| anew(conn, *id))?;
    Ok(page.last().copied())
}

/// One run of the job: the tickets that follow `after` get their words, and the next run is asked for. Running twice changes nothing.
pub fn fill(conn: &mut Conn, after: TicketId, now: Time) -> Result<()> {
    match some(conn, after)? {
        Some(last) => jobs::enqueue_as(conn, Class::Bulk, TERMS_JOB, &last.to_string(), Some(&format!("{TERMS_JOB}:{last}")), now, now),
        None => Ok(()),
    }
}

/// Makes the words of all tickets anew, some at a time.
pub fn find_anew(db: &Db) -> Result<()> {
    let mut after = TicketId(0);
    while let Some(last) = db.write_now(move |conn| some(conn, after))? {
        after = last;
    }
    Ok(())
}

/// The tickets that have a word with this beginning; `None` when they are many.
pub(super) fn holders(conn: &mut Conn, prefix: &str) -> Result<Option<BTreeSet<TicketId>>> {
    up_to(conn, prefix, RARE)
}

/// The tickets that have words with all of these beginnings, each of which is common, when they are few: a walk would look for them long and may
/// find none. `None` when a walk meets enough of them soon, or when nobody knows.
pub(super) fn meeting(conn: &mut Conn, prefixes: &[String]) -> Result<Option<BTreeSet<TicketId>>> {
    if prefixes.len() < 2 {
        return Ok(None);
    }
    let mut met: Option<BTreeSet<TicketId>> = None;
    for prefix in prefixes {
        if let Some(ids) = up_to(conn, prefix, COMMON)? {
            met = Some(met.map_or_else(|| ids.clone(), |known| known.intersection(&ids).copied().collect()));
        }
    }
    Ok(met.filter(|ids| ids.len() <= RARE))
}

fn up_to(conn: &mut Conn, prefix: &str, most: usize) -> Result<Option<BTreeSet<TicketId>>> {
    let (end, limit) = (end(prefix), i64::try_from(most + 1).unwrap_or(i64::MAX));
    let found: Vec<TicketId> = on_each!(conn, c => rows::table
        .filter(rows::term.ge(prefix))
        .filter(rows::term.lt(&end))
        .limit(limit)
        .select(rows::ticket_id)
        .load(c))?;
    Ok((found.len() <= most).then(|| found.into_iter().collect()))
}

/// What no word with this beginning reaches.
pub(super) fn end(prefix: &str) -> String {
    after_prefix(prefix).unwrap_or_else(|| char::MAX.to_string())
}
