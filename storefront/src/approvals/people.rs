//! Whose answer counts: members of the company, and those who answer for them.

use super::rules::{Person, Requirement, counts};
use super::{Approval, delegates};
use chrono::NaiveDate;
use crm::companies::{self, Buyer, May, Member};
use crm::{CompanyId, MemberId, SiteId};
use kernel::clock::Time;
use kernel::{Conn, Result};

/// Members that one statement reads, and the most of a company that are looked at.
const TOGETHER: i64 = 500;
const MOST: usize = 5000;

/// The active members of a company.
pub fn colleagues(conn: &mut Conn, company: CompanyId) -> Result<Vec<Member>> {
    let mut all: Vec<Member> = Vec::new();
    loop {
        let page = companies::members(conn, company, all.last().map(|member| member.id), TOGETHER)?;
        let more = i64::try_from(page.len()).is_ok_and(|rows| rows == TOGETHER);
        all.extend(page);
        if !more || all.len() >= MOST {
            return Ok(all);
        }
    }
}

pub(super) fn person(member: &Member) -> Person {
    Person { member: member.id, role: member.role, approves: member.may.contains(&May::Approve), site: member.site }
}

/// Whether somebody with this place has to do with a request.
pub(crate) fn sees(site: Option<SiteId>, of: &Approval) -> bool {
    site.is_none_or(|site| of.sites().contains(&site))
}

/// The requirements that a member's answer counts for today, by their places; none for the one who asks.
pub fn may_answer(conn: &mut Conn, buyer: &Buyer, of: &Approval, today: NaiveDate) -> Result<Vec<usize>> {
    if buyer.company != of.company_id || buyer.member == of.member_id {
        return Ok(Vec::new());
    }
    let voter = person(&companies::member(conn, buyer.company, buyer.member)?);
    let mut stands_for = Vec::new();
    for member in delegates::leaving_it_to(conn, buyer.member, today)? {
        let found = companies::member(conn, buyer.company, member)?;
        if found.active {
            stands_for.push(person(&found));
        }
    }
    Ok(counts(&of.requirements()?, of.member_id, &voter, &stands_for, &of.sites()))
}

/// The members who can say yes to one of these requirements, without the one who asks and without those who only answer for others.
pub(super) fn able(all: &[Member], requirements: &[Requirement], requester: MemberId, sites: &[SiteId]) -> Vec<Vec<MemberId>> {
    let mut able = vec![Vec::new(); requirements.len()];
    for member in all {
        for place in counts(requirements, requester, &person(member), &[], sites) {
            if let Some(found) = able.get_mut(place) {
                found.push(member.id);
            }
        }
    }
    able
}

/// Everybody who is asked for a yes now, each once: who can give it, and who answers for them.
pub fn to_be_asked(conn: &mut Conn, of: &Approval, now: Time) -> Result<Vec<Member>> {
    let all = colleagues(conn, of.company_id)?;
    let mut asked: Vec<MemberId> = able(&all, &of.requirements()?, of.member_id, &of.sites()).into_iter().flatten().collect();
    let mut instead = Vec::new();
    for member in &asked {
        instead.extend(delegates::of_member(conn, *member)?.filter(|one| one.stands_on(now.date())).map(|one| one.to_member_id));
    }
    asked.extend(instead);
    let answered: Vec<MemberId> = super::votes(conn, of.id)?.iter().map(|vote| vote.member_id).collect();
    let wanted = |member: &Member| asked.contains(&member.id) && member.id != of.member_id && !answered.contains(&member.id);
    Ok(all.into_iter().filter(wanted).collect())
}
