//! Who answers for a member while they are away: one at a time, by days of UTC.

use crate::schema::approval_delegates as rows;
use chrono::NaiveDate;
use crm::MemberId;
use crm::companies::{self, Buyer};
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each};

/// The longest time that somebody answers for another, in days.
const LONGEST: i64 = 366;

/// Who answers, with the first and the last day, as `2026-11-23`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Delegate {
    pub member_id: MemberId,
    pub to_member_id: MemberId,
    pub starts_on: String,
    pub ends_on: String,
}

impl Delegate {
    pub fn stands_on(&self, day: NaiveDate) -> bool {
        let day = day.to_string();
        self.starts_on <= day && day <= self.ends_on
    }
}

/// Who answers for a member, whether or not it is time for it.
pub fn of_member(conn: &mut Conn, member: MemberId) -> Result<Option<Delegate>> {
    Ok(on_each!(conn, c => rows::table.find(member).select(Delegate::as_select()).first(c)).optional()?)
}

/// The members for whom this one answers on a day.
pub(super) fn leaving_it_to(conn: &mut Conn, member: MemberId, day: NaiveDate) -> Result<Vec<MemberId>> {
    let own = rows::table.filter(rows::to_member_id.eq(member)).order(rows::member_id);
    let all: Vec<Delegate> = on_each!(conn, c => own.select(Delegate::as_select()).load(c))?;
    Ok(all.into_iter().filter(|one| one.stands_on(day)).map(|one| one.member_id).collect())
}

/// The members for whom this one answers today.
pub fn away(conn: &mut Conn, member: MemberId, today: NaiveDate) -> Result<Vec<MemberId>> {
    leaving_it_to(conn, member, today)
}

/// Lets somebody of the same company answer for this member, or nobody any more.
pub fn delegate(conn: &mut Conn, buyer: &Buyer, to: Option<(MemberId, NaiveDate, NaiveDate)>) -> Result<()> {
    let own = rows::table.find(buyer.member);
    let Some((to, from, until)) = to else {
        diesel::delete(own).execute(conn)?;
        return Ok(());
    };
    let mut wrong = Fields::default();
    let known = match companies::member(conn, buyer.company, to) {
        Ok(member) => member.active && member.id != buyer.member,
        Err(Error::NotFound) => false,
        Err(error) => return Err(error),
    };
    if !known {
        wrong.add("to", "approval-member-unknown");
    }
    if until < from {
        wrong.add("until", "approval-days-order");
    } else if (until - from).num_days() > LONGEST {
        wrong.add("until", "approval-days-long");
    }
    wrong.check()?;
    diesel::delete(own).execute(conn)?;
    let row = (
        rows::member_id.eq(buyer.member),
        rows::to_member_id.eq(to),
        rows::starts_on.eq(from.to_string()),
        rows::ends_on.eq(until.to_string()),
    );
    on_each!(conn, c => diesel::insert_into(rows::table).values(row).execute(c))?;
    Ok(())
}
