//! Where a new ticket goes: the first rule that it meets files it and says who sees to it. It happens in the commit that opens the ticket, and
//! the ticket's log says by which rule.

use crate::customers;
use crate::levels::named;
use crate::schema::{service_agents, service_routes as rows, tickets};
use crate::segments::{self, SegmentId};
use crate::tickets::{Channel, Kind, QUEUE, Status, Ticket};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each, words};

kernel::id!(RouteId);

words!(
    /// Who sees to what a rule takes.
    Way {
        Nobody = "nobody",
        /// One of the staff, while they are there.
        Person = "person",
        /// Whoever has the skills and the fewest open tickets.
        LeastLoaded = "least_loaded",
    }
);

/// How many rules there may be, and the longest list of words.
const MOST: i64 = 200;
const WORDS: usize = 1000;
/// The most tickets that somebody may be given at a time.
const TICKETS: i64 = 1000;

/// A rule as stored. An empty condition is met by every ticket.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Route {
    pub id: RouteId,
    pub position: i64,
    pub name: String,
    pub kind: Option<Kind>,
    pub channel: Option<Channel>,
    pub store_id: Option<i64>,
    /// The code of a language.
    pub language: String,
    /// Any of them, with commas between, is in the subject or the first message.
    pub words: String,
    pub segment_id: Option<SegmentId>,
    /// Where it is filed; empty: where it would be without the rule.
    pub queue: String,
    pub way: Way,
    pub person: Option<i64>,
    /// What whoever sees to it must have, with commas between.
    pub skills: String,
    /// Whether they must have the code of the ticket's language among their skills too.
    pub speaks: bool,
}

/// A rule as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub position: i64,
    pub name: String,
    pub kind: Option<Kind>,
    pub channel: Option<Channel>,
    pub store: Option<i64>,
    pub language: String,
    pub words: String,
    pub segment: Option<SegmentId>,
    pub queue: String,
    pub way: Way,
    pub person: Option<i64>,
    pub skills: String,
    pub speaks: bool,
}

/// One of the staff who are given tickets.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = service_agents)]
pub struct Taker {
    pub staff_id: i64,
    /// Topics and codes of languages, with commas between.
    pub skills: String,
    /// So many open tickets and no more.
    pub most: i64,
    pub away: bool,
}

fn tags(text: &str) -> Vec<String> {
    customers::tags(&text.to_lowercase())
}

/// All rules, in the order in which they are asked.
pub fn routes(conn: &mut Conn) -> Result<Vec<Route>> {
    Ok(on_each!(conn, c => rows::table.order((rows::position, rows::id)).limit(MOST).select(Route::as_select()).load(c))?)
}

/// A rule. `NotFound` without one.
pub fn route(conn: &mut Conn, id: RouteId) -> Result<Route> {
    Ok(rows::table.find(id).select(Route::as_select()).first(conn)?)
}

/// The names of the rules that ask about a segment.
pub fn for_segment(conn: &mut Conn, segment: SegmentId) -> Result<Vec<String>> {
    Ok(rows::table.filter(rows::segment_id.eq(segment)).order(rows::id).select(rows::name).load(conn)?)
}

/// Adds a rule, or changes one.
pub fn save(conn: &mut Conn, id: Option<RouteId>, wish: &Wish) -> Result<RouteId> {
    let name = named(&wish.name)?;
    let mut wrong = Fields::default();
    if wish.queue.chars().count() > QUEUE {
        wrong.add("queue", "ticket-too-long");
    }
    if wish.words.chars().count() > WORDS {
        wrong.add("words", "ticket-too-long");
    }
    if wish.way == Way::Person && wish.person.is_none() {
        wrong.add("person", "field-required");
    }
    if let Some(segment) = wish.segment
        && let Err(Error::NotFound) = segments::get(conn, segment)
    {
        wrong.add("segment", "level-segment-gone");
    }
    wrong.check()?;
    let row = (
        rows::position.eq(wish.position),
        rows::name.eq(name),
        rows::kind.eq(wish.kind),
        rows::channel.eq(wish.channel),
        rows::store_id.eq(wish.store),
        rows::language.eq(&wish.language),
        rows::words.eq(wish.words.trim()),
        rows::segment_id.eq(wish.segment),
        rows::queue.eq(wish.queue.trim()),
        rows::way.eq(wish.way),
        rows::person.eq(wish.person.filter(|_| wish.way == Way::Person)),
        rows::skills.eq(tags(&wish.skills).join(", ")),
        rows::speaks.eq(wish.speaks),
    );
    match id {
        None => Ok(diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?),
        Some(id) => match diesel::update(rows::table.find(id)).set(row).execute(conn)? {
            0 => Err(Error::NotFound),
            _ => Ok(id),
        },
    }
}

/// Removes a rule.
pub fn remove(conn: &mut Conn, id: RouteId) -> Result<()> {
    match diesel::delete(rows::table.find(id)).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Everybody who is given tickets, by number.
pub fn takers(conn: &mut Conn) -> Result<Vec<Taker>> {
    let all = service_agents::table.order(service_agents::staff_id);
    Ok(on_each!(conn, c => all.select(Taker::as_select()).load(c))?)
}

/// Lets one of the staff be given tickets, or says how.
pub fn take_part(conn: &mut Conn, taker: &Taker) -> Result<()> {
    if !(1..=TICKETS).contains(&taker.most) {
        return Err(Error::field("most", "routing-most-wrong"));
    }
    let skills = tags(&taker.skills).join(", ");
    let set = (service_agents::skills.eq(&skills), service_agents::most.eq(taker.most), service_agents::away.eq(taker.away));
    let insert = diesel::insert_into(service_agents::table).values((service_agents::staff_id.eq(taker.staff_id), set));
    on_each!(conn, c => insert.on_conflict(service_agents::staff_id).do_update().set(set).execute(c))?;
    Ok(())
}

/// Somebody is given no tickets any more.
pub fn leave(conn: &mut Conn, staff: i64) -> Result<()> {
    diesel::delete(service_agents::table.find(staff)).execute(conn)?;
    Ok(())
}

/// Open tickets of each of the staff who has any.
pub fn loads(conn: &mut Conn) -> Result<Vec<(i64, i64)>> {
    let takers: Vec<i64> = service_agents::table.select(service_agents::staff_id).load(conn)?;
    let mut all = Vec::with_capacity(takers.len());
    for staff in takers {
        let open = tickets::table.filter(tickets::assignee.eq(staff)).filter(tickets::status.eq(Status::Open));
        let found: i64 = on_each!(conn, c => open.count().get_result(c))?;
        all.push((staff, found));
    }
    Ok(all)
}

/// What the first rule that a ticket meets says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Routed {
    pub rule: String,
    pub queue: Option<String>,
    pub assignee: Option<i64>,
}

/// Asks the rules about a new ticket whose first message is `body`. Tickets are opened one after the other, under the lock of the row that numbers
/// them, so that nobody is given more than they take.
pub(crate) fn find(conn: &mut Conn, ticket: &Ticket, body: &str, now: Time) -> Result<Option<Routed>> {
    let all = routes(conn)?;
    if all.is_empty() {
        return Ok(None);
    }
    let said = format!("{} {body}", ticket.subject).to_lowercase();
    for rule in all {
        if !meets(conn, &rule, ticket, &said, now)? {
            continue;
        }
        let assignee = match rule.way {
            Way::Nobody => None,
            Way::Person => takers(conn)?.iter().find(|one| Some(one.staff_id) == rule.person && !one.away).map(|one| one.staff_id),
            Way::LeastLoaded => least_loaded(conn, &rule, &ticket.language)?,
        };
        let queue = Some(rule.queue).filter(|queue| !queue.is_empty());
        return Ok(Some(Routed { rule: rule.name, queue, assignee }));
    }
    Ok(None)
}

fn meets(conn: &mut Conn, rule: &Route, ticket: &Ticket, said: &str, now: Time) -> Result<bool> {
    let words: Vec<String> = rule.words.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect();
    let plain = rule.kind.is_none_or(|kind| kind == ticket.kind)
        && rule.channel.is_none_or(|channel| channel == ticket.channel)
        && rule.store_id.is_none_or(|store| store == ticket.store_id)
        && (rule.language.is_empty() || rule.language == ticket.language)
        && (words.is_empty() || words.iter().any(|word| said.contains(word.as_str())));
    match (plain, rule.segment_id, ticket.customer_id) {
        (false, ..) | (_, Some(_), None) => Ok(false),
        (true, None, _) => Ok(true),
        (true, Some(segment), Some(customer)) => Ok(!segments::among(conn, customer, &[segment], now)?.is_empty()),
    }
}

fn least_loaded(conn: &mut Conn, rule: &Route, language: &str) -> Result<Option<i64>> {
    let mut wanted = tags(&rule.skills);
    if rule.speaks {
        wanted.push(language.to_lowercase());
    }
    let able = |one: &Taker| {
        let has = tags(&one.skills);
        !one.away && wanted.iter().all(|skill| has.contains(skill))
    };
    let able: Vec<Taker> = takers(conn)?.into_iter().filter(able).collect();
    let loads = loads(conn)?;
    let load = |one: &Taker| loads.iter().find(|(staff, _)| *staff == one.staff_id).map_or(0, |(_, open)| *open);
    Ok(able.iter().filter(|one| load(one) < one.most).min_by_key(|one| (load(one), one.staff_id)).map(|one| one.staff_id))
}

#[cfg(test)]
mod tests;
