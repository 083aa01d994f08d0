//! Lists of opportunities, the last one first.

use super::{Opportunity, OpportunityId, StageId, State};
use crate::CompanyId;
use crate::schema::opportunities as rows;
use diesel::prelude::*;
use kernel::{Conn, Result, on_each};

/// What is asked of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<State>,
    pub stage: Option<StageId>,
    /// Only those of this one of the staff.
    pub owner: Option<i64>,
    /// Only leads: of nobody who is a customer, and no company.
    pub leads: bool,
    /// The last one of the page before.
    pub before: Option<OpportunityId>,
}

/// The opportunities that `filter` asks for.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Opportunity>> {
    let before = filter.before.unwrap_or(OpportunityId(i64::MAX));
    let mut query = rows::table.filter(rows::id.lt(before)).limit(limit).select(Opportunity::as_select()).into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(rows::state.eq(state));
    }
    if let Some(stage) = filter.stage {
        query = query.filter(rows::stage_id.eq(stage));
    }
    if let Some(owner) = filter.owner {
        query = query.filter(rows::owner.eq(owner));
    }
    if filter.leads {
        query = query.filter(rows::customer_id.is_null()).filter(rows::company_id.is_null());
    }
    Ok(query.order(rows::id.desc()).load(conn)?)
}

/// The opportunities of a company, the last one first, in any state.
pub fn of_company(conn: &mut Conn, company: CompanyId, limit: i64) -> Result<Vec<Opportunity>> {
    let own = rows::table.filter(rows::company_id.eq(company)).order(rows::id.desc()).limit(limit);
    Ok(on_each!(conn, c => own.select(Opportunity::as_select()).load(c))?)
}
