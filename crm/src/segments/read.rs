//! Who is in which segment, true to the moment it is asked.

use super::{SegmentId, State, store};
use crate::CustomerId;
use crate::rules::{Among, Dialect, Facts, Fragment, Needs, Others, answer, compile};
use crate::schema::{segment_states, segments};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};
use std::collections::HashSet;

/// A segment that a customer is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub segment: SegmentId,
    pub name: String,
    /// Since when, as far as it is written down yet.
    pub since: Option<Time>,
}

/// One segment and the row of a customer in it, if there is one.
type Row = (SegmentId, String, State, Option<(bool, Time, Option<Time>)>);

/// Which of these segments a customer is in, in the order they are asked about. One that is not there has no members.
pub fn among(conn: &mut Conn, customer: CustomerId, asked: &[SegmentId], now: Time) -> Result<Vec<SegmentId>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let found = standing(conn, customer, Some(asked), now)?;
    Ok(asked.iter().copied().filter(|id| found.iter().any(|standing| standing.segment == *id)).collect())
}

/// [`among`] of many customers: what they are in, by a statement for each segment that is asked about and not by one for each customer.
pub fn among_these(conn: &mut Conn, customers: &[CustomerId], asked: &[SegmentId], now: Time) -> Result<HashSet<(CustomerId, SegmentId)>> {
    if asked.is_empty() || customers.is_empty() {
        return Ok(HashSet::new());
    }
    let known = segments::table.filter(segments::id.eq_any(asked.to_vec()));
    let known: Vec<(SegmentId, State)> = known.select((segments::id, segments::state)).load(conn)?;
    let rows = segment_states::table
        .filter(segment_states::segment_id.eq_any(asked.to_vec()))
        .filter(segment_states::customer_id.eq_any(customers.to_vec()));
    let columns = (segment_states::customer_id, segment_states::segment_id, segment_states::member, segment_states::changes_at);
    let rows: Vec<(CustomerId, SegmentId, bool, Option<Time>)> = rows.select(columns).load(conn)?;
    let mut found = HashSet::new();
    let others = store::others(conn)?;
    for (id, state) in known {
        let own = || rows.iter().filter(move |row| row.1 == id);
        found.extend(own().filter(|row| row.2 && state.sound(row.3, now)).map(|row| (row.0, id)));
        let late: Vec<CustomerId> = match state {
            State::Built => own().filter(|row| !state.sound(row.3, now)).map(|row| row.0).collect(),
            State::Due => customers.to_vec(),
        };
        if let Some(rule) = others.get(&id).filter(|_| !late.is_empty()) {
            let compiled = compile(Dialect::of(conn), rule, &others, Among::These(&late), now);
            let mut sql = Fragment::of("SELECT f.id AS id FROM (");
            sql.add(compiled.query()).push(") f WHERE f.member");
            found.extend(sql.load::<Member>(conn)?.into_iter().map(|row| (CustomerId(row.id), id)));
        }
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct Member {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The segments that a customer is in, by name.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, now: Time) -> Result<Vec<Standing>> {
    standing(conn, customer, None, now)
}

fn standing(conn: &mut Conn, customer: CustomerId, asked: Option<&[SegmentId]>, now: Time) -> Result<Vec<Standing>> {
    let rows: Vec<Row> = on_each!(conn, c => segments::table
        .left_join(segment_states::table.on(segment_states::segment_id.eq(segments::id).and(segment_states::customer_id.eq(customer))))
        .order((segments::name, segments::id))
        .select((
            segments::id,
            segments::name,
            segments::state,
            (segment_states::member, segment_states::since, segment_states::changes_at).nullable(),
        ))
        .load(c))?;
    let rows: Vec<Row> = rows.into_iter().filter(|(id, ..)| asked.is_none_or(|asked| asked.contains(id))).collect();
    let sound = |(_, _, state, row): &Row| state.sound(row.and_then(|(_, _, changes_at)| changes_at), now);
    let unsure: Vec<SegmentId> = rows.iter().filter(|row| !sound(row)).map(|row| row.0).collect();
    let holding = holding(conn, customer, &unsure, now)?;
    let member = |row: &Row| if sound(row) { row.3.is_some_and(|(member, ..)| member) } else { holding.contains(&row.0) };
    let standing = |row: &Row| Standing { segment: row.0, name: row.1.clone(), since: row.3.filter(|row| row.0).map(|row| row.1) };
    Ok(rows.iter().filter(|row| member(row)).map(standing).collect())
}

/// Which of these segments' rules hold for a customer.
pub(super) fn holding(conn: &mut Conn, customer: CustomerId, asked: &[SegmentId], now: Time) -> Result<Vec<SegmentId>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let others = store::others(conn)?;
    let asker = Asker::new(others, asked);
    asker.ask(conn, customer, now)
}

/// Asks the rules of some segments about one customer after the other.
pub(super) struct Asker {
    others: Others,
    asked: Vec<SegmentId>,
    needs: Needs,
}

impl Asker {
    pub fn new(others: Others, asked: &[SegmentId]) -> Asker {
        let mut needs = Needs::default();
        asked.iter().filter_map(|id| others.get(id)).for_each(|rule| needs.add(rule, &others));
        Asker { asked: asked.to_vec(), needs, others }
    }

    /// The segments whose rules hold.
    pub fn ask(&self, conn: &mut Conn, customer: CustomerId, now: Time) -> Result<Vec<SegmentId>> {
        let Some(facts) = Facts::load(conn, customer, &self.needs, false)? else { return Ok(Vec::new()) };
        let holds = |id: &&SegmentId| self.others.get(id).is_some_and(|rule| answer(rule, &facts, &self.others, now).holds);
        Ok(self.asked.iter().filter(holds).copied().collect())
    }
}
