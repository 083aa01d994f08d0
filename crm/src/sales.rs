//! Leads and opportunities: what may be sold, to whom, how likely and by when. A lead is an opportunity with somebody who is no customer yet.
//! Stages are data; where an opportunity stands follows from the kind of its stage.
//!
//! How it came where it is stands in a history that is only ever added to. A quote that goes out moves its opportunity, one that is accepted
//! wins it, and so does the order of a company that it waits for.

mod calls;
mod contacts;
mod deeds;
mod forecast;
mod list;
mod moves;
mod owners;
mod people;
mod stages;

pub use calls::{Call, calls};
pub use contacts::{Contact, ContactKind, contacts, log_about, log_with};
pub use deeds::{Wish, belong, convert, create, update};
pub use forecast::{Month, forecast};
pub use list::{Filter, list, of_company};
pub use moves::{History, QuoteMove, What, history, move_to, order_placed, quote_moved};
pub use owners::{Ownership, Rate, own, owner, owners, rate_at, rates, set_rate};
pub use people::{Kept, forget, kept};
pub use stages::{Stage, StageWish, add_stage, save_stage, stage, stages};

use crate::schema::opportunities;
use crate::{CompanyId, CustomerId};
use chrono::NaiveDate;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, words};

kernel::id!(OpportunityId, StageId);

words!(
    /// What a stage means for an opportunity in it.
    State { Open = "open", Won = "won", Lost = "lost" }
);

/// An opportunity as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = opportunities)]
pub struct Opportunity {
    pub id: OpportunityId,
    pub company_id: Option<CompanyId>,
    pub customer_id: Option<CustomerId>,
    /// Somebody who is no customer yet; empty for a customer.
    pub contact_name: String,
    pub contact_email: String,
    pub contact_phone: String,
    pub contact_company: String,
    pub title: String,
    pub amount: i64,
    pub currency: String,
    pub stage_id: StageId,
    pub state: State,
    pub stage_since: Time,
    /// The number of whoever of the staff looks after it.
    pub owner: Option<i64>,
    pub next_step: String,
    pub next_on: Option<String>,
    pub expected_on: Option<String>,
    pub source: String,
    pub quote_id: Option<i64>,
    /// Whether the next order of its company closes it.
    pub with_order: bool,
    pub order_id: Option<i64>,
    /// Moves with every change, which forms carry.
    pub version: i64,
    pub created_by: String,
    pub created_at: Time,
    pub updated_at: Time,
    pub closed_at: Option<Time>,
}

impl Opportunity {
    pub fn money(&self) -> Result<Money> {
        let currency = Currency::parse(&self.currency)
            .ok_or_else(|| Error::unexpected(format!("opportunity {} has currency {}", self.id, self.currency)))?;
        Ok(Money::new(self.amount, currency))
    }

    /// Whether it is about nobody who is a customer, and no company.
    pub fn lead(&self) -> bool {
        self.customer_id.is_none() && self.company_id.is_none()
    }

    /// Whole days that it has been in its stage.
    pub fn age(&self, now: Time) -> i64 {
        (self.closed_at.unwrap_or(now) - self.stage_since).num_days().max(0)
    }

    /// Whether its next step should have been done.
    pub fn overdue(&self, today: NaiveDate) -> bool {
        self.state == State::Open && self.next_on.as_deref().is_some_and(|day| day < today.to_string().as_str())
    }
}

pub fn get(conn: &mut Conn, id: OpportunityId) -> Result<Opportunity> {
    Ok(opportunities::table.find(id).select(Opportunity::as_select()).first(conn)?)
}

/// Locks an opportunity that is as a form saw it to the end of the transaction, and counts a change of it; `Conflict` when it changed since.
fn claim(conn: &mut Conn, id: OpportunityId, seen: i64, now: Time) -> Result<Opportunity> {
    let as_seen = opportunities::table.find(id).filter(opportunities::version.eq(seen));
    let set = (opportunities::version.eq(opportunities::version + 1), opportunities::updated_at.eq(now));
    let claimed = diesel::update(as_seen).set(set).execute(conn)?;
    let found = get(conn, id)?;
    if claimed == 1 { Ok(found) } else { Err(Error::conflict("sales-stale")) }
}

#[cfg(test)]
mod tests;
