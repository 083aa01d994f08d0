//! Moving the memory of one customer to another.

use super::{
    ACTIVITIES, ANSWERS, CONSENTS, DELIVERIES, DISPUTES, EDGES, FREQUENCIES, MEMBERS, Merge, OPPORTUNITIES, SPOKEN, STAGES, TASKS, TICKETS,
    TRAILS, WITHDRAWN, note,
};
use crate::CustomerId;
use crate::activities::{self, Activity, BOOKS, Kind};
use crate::consents::{self, Consent};
use crate::schema::{
    activities as events, company_members, consents as said, customer_tasks, deliveries, disputes, identity_edges, mail_frequencies,
    opportunities, opportunity_activities, purchase_lines, purchases, stage_changes, survey_answers, tickets, trails,
};
use crate::scores;
use crate::segments::{self, Why};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::HashSet;

/// Moves the rows of a table that carry an id of their own, and keeps which; answers how many.
macro_rules! moved {
    ($conn:expr, $merge:expr, $table:ident, $place:expr) => {{
        let own: Vec<i64> = $table::table.filter($table::customer_id.eq($merge.merged_id)).select($table::id).load($conn)?;
        note($conn, $merge.id, $place, &own)?;
        for some in own.chunks(super::ledger::TOGETHER) {
            let rows = $table::table.filter($table::id.eq_any(some.to_vec()));
            diesel::update(rows).set($table::customer_id.eq($merge.survivor_id)).execute($conn)?;
        }
        own.len()
    }};
}

/// Moves everything that the memory has of the one who is merged. A "no" of either of them is the survivor's from now on.
pub fn take(conn: &mut Conn, merge: &Merge, now: Time) -> Result<()> {
    let refused = [refusals(conn, merge.merged_id)?, refusals(conn, merge.survivor_id)?].concat();
    rows(conn, merge)?;
    for (channel, topic) in refused {
        if consents::current(conn, merge.survivor_id, &channel, &topic)? == Some(Consent::Given) {
            let proof = format!("merge {}: one of the two customers had withdrawn", merge.id);
            let id = consents::refuse(conn, merge.survivor_id, (&channel, &topic), &proof, now)?;
            note(conn, merge.id, WITHDRAWN, &[id])?;
        }
    }
    Ok(())
}

/// The channels and topics that a customer said no to.
fn refusals(conn: &mut Conn, customer: CustomerId) -> Result<Vec<(String, String)>> {
    let current = consents::all_current(conn, customer)?;
    Ok(current.into_iter().filter(|(_, state)| *state == Consent::Withdrawn).map(|(of, _)| of).collect())
}

fn rows(conn: &mut Conn, merge: &Merge) -> Result<usize> {
    let (from, to) = (merge.merged_id, merge.survivor_id);
    // What belongs to orders goes where they go, and is not noted row by row.
    let mut count =
        diesel::update(purchases::table.filter(purchases::customer_id.eq(from))).set(purchases::customer_id.eq(to)).execute(conn)?;
    count += diesel::update(purchase_lines::table.filter(purchase_lines::customer_id.eq(from)))
        .set(purchase_lines::customer_id.eq(to))
        .execute(conn)?;
    let of_books = events::table.filter(events::customer_id.eq(from)).filter(events::source.eq(BOOKS));
    count += diesel::update(of_books).set(events::customer_id.eq(to)).execute(conn)?;
    count += moved!(conn, merge, events, ACTIVITIES);
    count += moved!(conn, merge, said, CONSENTS);
    count += moved!(conn, merge, trails, TRAILS);
    count += moved!(conn, merge, identity_edges, EDGES);
    count += moved!(conn, merge, customer_tasks, TASKS);
    count += moved!(conn, merge, tickets, TICKETS);
    count += moved!(conn, merge, disputes, DISPUTES);
    count += moved!(conn, merge, mail_frequencies, FREQUENCIES);
    count += moved!(conn, merge, opportunities, OPPORTUNITIES);
    count += moved!(conn, merge, opportunity_activities, SPOKEN);
    Ok(count + delivered(conn, merge)? + answered(conn, merge)? + joined(conn, merge)?)
}

/// Moves the memberships in companies of which the survivor is and was no member.
fn joined(conn: &mut Conn, merge: &Merge) -> Result<usize> {
    let of = |conn: &mut Conn, id: CustomerId| -> Result<Vec<(i64, i64)>> {
        let own = company_members::table.filter(company_members::customer_id.eq(id)).order(company_members::id);
        Ok(own.select((company_members::id, company_members::company_id)).load(conn)?)
    };
    let known: HashSet<i64> = of(conn, merge.survivor_id)?.into_iter().map(|(_, company)| company).collect();
    let mut own = of(conn, merge.merged_id)?;
    own.retain(|(_, company)| !known.contains(company));
    let ids: Vec<i64> = own.into_iter().map(|(id, _)| id).collect();
    note(conn, merge.id, MEMBERS, &ids)?;
    for some in ids.chunks(super::ledger::TOGETHER) {
        let rows = company_members::table.filter(company_members::id.eq_any(some.to_vec()));
        diesel::update(rows).set(company_members::customer_id.eq(merge.survivor_id)).execute(conn)?;
    }
    Ok(ids.len())
}

/// Moves the mails of campaigns of which the survivor has none: nobody gets one twice, and what both got stays with each.
fn delivered(conn: &mut Conn, merge: &Merge) -> Result<usize> {
    let of = |conn: &mut Conn, id: CustomerId| -> Result<Vec<(i64, i64, i64)>> {
        let own = deliveries::table.filter(deliveries::customer_id.eq(id)).order(deliveries::id);
        Ok(own.select((deliveries::id, deliveries::campaign_id, deliveries::round)).load(conn)?)
    };
    let known: HashSet<(i64, i64)> = of(conn, merge.survivor_id)?.into_iter().map(|(_, campaign, round)| (campaign, round)).collect();
    let mut own = of(conn, merge.merged_id)?;
    own.retain(|(_, campaign, round)| !known.contains(&(*campaign, *round)));
    let ids: Vec<i64> = own.into_iter().map(|(id, ..)| id).collect();
    note(conn, merge.id, DELIVERIES, &ids)?;
    for some in ids.chunks(super::ledger::TOGETHER) {
        let rows = deliveries::table.filter(deliveries::id.eq_any(some.to_vec()));
        diesel::update(rows).set(deliveries::customer_id.eq(merge.survivor_id)).execute(conn)?;
    }
    Ok(ids.len())
}

/// Moves the answers in rounds of surveys in which the survivor gave none: everybody answers once.
fn answered(conn: &mut Conn, merge: &Merge) -> Result<usize> {
    let of = |conn: &mut Conn, id: CustomerId| -> Result<Vec<(i64, i64, i64)>> {
        let own = survey_answers::table.filter(survey_answers::customer_id.eq(id)).order(survey_answers::id);
        Ok(own.select((survey_answers::id, survey_answers::survey_id, survey_answers::round)).load(conn)?)
    };
    let known: HashSet<(i64, i64)> = of(conn, merge.survivor_id)?.into_iter().map(|(_, survey, round)| (survey, round)).collect();
    let mut own = of(conn, merge.merged_id)?;
    own.retain(|(_, survey, round)| !known.contains(&(*survey, *round)));
    let ids: Vec<i64> = own.into_iter().map(|(id, ..)| id).collect();
    note(conn, merge.id, ANSWERS, &ids)?;
    for some in ids.chunks(super::ledger::TOGETHER) {
        let rows = survey_answers::table.filter(survey_answers::id.eq_any(some.to_vec()));
        diesel::update(rows).set(survey_answers::customer_id.eq(merge.survivor_id)).execute(conn)?;
    }
    Ok(ids.len())
}

/// Moves what a transaction wrote about the one who was merged while the merge was on its way. Answers whether there was any.
pub fn sweep(conn: &mut Conn, merge: &Merge) -> Result<bool> {
    Ok(rows(conn, merge)? > 0)
}

/// Works the scores and segments of both out again, after all rows moved, and has the survivor's timeline say what happened.
pub fn settle(conn: &mut Conn, merge: &Merge, kind: Option<Kind>, now: Time) -> Result<()> {
    let before = &merge.before.0;
    let mut both = [(merge.merged_id, &before.merged_currency), (merge.survivor_id, &before.survivor_currency)];
    both.sort_by_key(|(id, _)| *id);
    for (id, currency) in both {
        let came = rescore(conn, id, currency, now)?;
        if id == merge.survivor_id && kind == Some(Kind::Merged) {
            note(conn, merge.id, STAGES, &came)?;
        }
    }
    if let Some(kind) = kind {
        let happened = Activity {
            customer: Some(merge.survivor_id),
            trail: None,
            kind,
            at: now,
            source: "merges",
            dedupe_key: &format!("{}:{}", merge.id, kind.as_str()),
            subject: Some(merge.merged_id.0),
            amount: None,
            detail: &merge.merged_id.to_string(),
        };
        activities::keep(conn, &happened)?;
    }
    for (id, _) in both {
        segments::follow(conn, id, Why::Profile, now)?;
    }
    Ok(())
}

/// Works one score out again. Answers the stages that the customer came to by it, as the rows of their history: coming to the stage they
/// were in is none.
fn rescore(conn: &mut Conn, customer: CustomerId, currency: &str, now: Time) -> Result<Vec<i64>> {
    let last = stages_of(conn, customer)?.first().map(|(id, _)| *id);
    let currency = match currency {
        "" => first_currency(conn, customer)?.unwrap_or_default(),
        known => known.to_string(),
    };
    if currency.is_empty() && scores::of(conn, customer)?.is_none() {
        return Ok(Vec::new());
    }
    scores::follow(conn, customer, &currency, now)?;
    let stages = stages_of(conn, customer)?;
    let Some((new, stage)) = stages.first().filter(|(id, _)| last.is_none_or(|last| *id > last)) else { return Ok(Vec::new()) };
    if stages.get(1).is_some_and(|(_, before)| before == stage) {
        diesel::delete(stage_changes::table.filter(stage_changes::id.eq(*new))).execute(conn)?;
        return Ok(Vec::new());
    }
    Ok(vec![*new])
}

/// What the first order of a customer was paid in.
fn first_currency(conn: &mut Conn, customer: CustomerId) -> Result<Option<String>> {
    let own = purchases::table.filter(purchases::customer_id.eq(customer)).order((purchases::purchased_at, purchases::order_id));
    Ok(own.select(purchases::currency).first(conn).optional()?)
}

/// The last two stages that a customer came to, the latest first.
fn stages_of(conn: &mut Conn, customer: CustomerId) -> Result<Vec<(i64, String)>> {
    let own = stage_changes::table.filter(stage_changes::customer_id.eq(customer)).order(stage_changes::id.desc());
    Ok(own.limit(2).select((stage_changes::id, stage_changes::stage)).load(conn)?)
}
