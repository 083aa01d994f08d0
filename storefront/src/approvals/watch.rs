//! What time does to requests, what happens to them when their carts change, and what is kept of a person.

use super::{Approval, CHANGED, State, WITHDRAWN, decide};
use crate::carts::CartState;
use crate::ids::ApprovalId;
use crate::mails::Mailer;
use crate::schema::{approval_delegates, approval_votes, approvals as rows, carts};
use crm::{CustomerId, companies};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Db, Result, on_each};
use serde_json::{Value, json};

/// The job that ends what is too late or changed, and asks once more.
pub const JOB: &str = "approvals.watch";
/// Requests seen to by one transaction.
const TOGETHER: i64 = 100;

pub fn run(db: &Db, mailer: &Mailer, now: Time) -> Result<()> {
    loop {
        let mailer = mailer.clone();
        if db.write_now(move |conn| some(conn, &mailer, now))? == 0 {
            return Ok(());
        }
    }
}

/// Sees to some that are due; answers how many.
fn some(conn: &mut Conn, mailer: &Mailer, now: Time) -> Result<usize> {
    let late = rows::table.filter(rows::state.eq(State::Waiting)).filter(rows::expires_at.le(now)).order(rows::id).limit(TOGETHER);
    let late: Vec<ApprovalId> = on_each!(conn, c => late.select(rows::id).load(c))?;
    for id in &late {
        decide(conn, *id, State::Expired, "", now)?;
    }
    let changed = rows::table
        .inner_join(carts::table.on(carts::id.eq(rows::cart_id)))
        .filter(rows::state.eq(State::Waiting).or(rows::state.eq(State::Approved)))
        .filter(carts::version.ne(rows::cart_version).or(carts::state.ne(CartState::Open)))
        .order(rows::id)
        .limit(TOGETHER);
    let changed: Vec<ApprovalId> = on_each!(conn, c => changed.select(rows::id).load(c))?;
    for id in &changed {
        decide(conn, *id, State::Void, CHANGED, now)?;
    }
    let unanswered = rows::table.filter(rows::state.eq(State::Waiting)).filter(rows::remind_at.le(now)).order(rows::id).limit(TOGETHER);
    let unanswered: Vec<Approval> = on_each!(conn, c => unanswered.select(Approval::as_select()).load(c))?;
    for approval in &unanswered {
        diesel::update(rows::table.find(approval.id)).set(rows::remind_at.eq(None::<Time>)).execute(conn)?;
        mailer.approval_asked(conn, approval, true, now)?;
    }
    Ok(late.len() + changed.len() + unanswered.len())
}

/// What somebody asked for and answered.
pub fn kept(conn: &mut Conn, customer: CustomerId) -> Result<Value> {
    let members = companies::every(conn, customer)?;
    let own = rows::table.filter(rows::member_id.eq_any(members.clone())).order(rows::id);
    let asked: Vec<Approval> = on_each!(conn, c => own.select(Approval::as_select()).load(c))?;
    let own = approval_votes::table.filter(approval_votes::member_id.eq_any(members)).order(approval_votes::id);
    let answers: Vec<super::Vote> = on_each!(conn, c => own.select(super::Vote::as_select()).load(c))?;
    let asked = asked
        .iter()
        .map(|one| Ok(json!({ "at": one.created_at, "total": one.total()?, "state": one.state, "note": one.note })))
        .collect::<Result<Vec<Value>>>()?;
    let answers: Vec<Value> = answers.iter().map(|one| json!({ "at": one.at, "answer": one.answer, "note": one.note })).collect();
    Ok(json!({ "asked": asked, "answered": answers }))
}

/// Takes away what somebody wrote, ends what they asked for, and lets nobody answer for them or they for others. Their answers stay, as
/// those of a number.
pub fn forget(conn: &mut Conn, customer: CustomerId, now: Time) -> Result<()> {
    let members = companies::every(conn, customer)?;
    let open = rows::table
        .filter(rows::member_id.eq_any(members.clone()))
        .filter(rows::state.eq(State::Waiting).or(rows::state.eq(State::Approved)))
        .order(rows::id);
    let open: Vec<ApprovalId> = on_each!(conn, c => open.select(rows::id).load(c))?;
    for id in open {
        decide(conn, id, State::Void, WITHDRAWN, now)?;
    }
    let own = rows::table.filter(rows::member_id.eq_any(members.clone()));
    on_each!(conn, c => diesel::update(own).set(rows::note.eq("")).execute(c))?;
    let own = approval_votes::table.filter(approval_votes::member_id.eq_any(members.clone()));
    on_each!(conn, c => diesel::update(own).set(approval_votes::note.eq("")).execute(c))?;
    let own = approval_delegates::member_id.eq_any(members.clone()).or(approval_delegates::to_member_id.eq_any(members));
    on_each!(conn, c => diesel::delete(approval_delegates::table.filter(own)).execute(c))?;
    Ok(())
}
