//! Approvals: what a member of a company wants to order waits for a yes where a rule of the company, or a budget, says so. A request is
//! about one cart as it was at one version; a changed one has to be asked for again. The last yes places the order in its own commit,
//! unless the buyer still has to pay in the browser.

mod delegates;
mod gate;
mod people;
mod requests;
mod rules;
mod store;
mod watch;

pub use delegates::{Delegate, away, delegate, of_member as delegate_of};
pub use gate::{Asked, asked, covers};
pub(crate) use gate::{Pass, gate, placed};
pub use people::{colleagues, may_answer, to_be_asked};
pub use requests::{Outcome, request, vote, withdraw};
pub use rules::{Approvers, Condition, Person, Purchase, Requirement, Standing, Why, standing};
pub use store::{NAME, Rule, Wish, remove as remove_rule, rule, rules, save as save_rule};
pub use watch::{JOB, forget, kept, run};

use crate::ids::{ApprovalId, CartId, OrderId};
use crate::schema::{approval_votes as votes, approvals as rows};
use crm::companies::{Buyer, May};
use crm::{CompanyId, MemberId, SiteId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, on_each, words};

/// The longest note, in characters.
pub const NOTE: usize = 500;

words!(
    /// An approved one waits for the buyer to place the order. What is void was changed, taken back or overtaken.
    State {
        Waiting = "waiting",
        Approved = "approved",
        Refused = "refused",
        Void = "void",
        Expired = "expired",
        Placed = "placed",
    }
);
words!(Answer { Yes = "yes", No = "no" });

/// The text that a request is void because its cart is not what was asked for.
pub const CHANGED: &str = "approval-cart-changed";
/// And that the one who asked took it back.
pub const WITHDRAWN: &str = "approval-withdrawn";

/// A request as stored. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Approval {
    pub id: ApprovalId,
    pub company_id: CompanyId,
    pub cart_id: CartId,
    pub cart_version: i64,
    pub total: i64,
    pub due: i64,
    pub currency: String,
    /// Who asks.
    pub member_id: MemberId,
    pub sites: String,
    pub cost_centre: String,
    pub state: State,
    pub requirements: String,
    pub note: String,
    /// Why it ended as it did, as the key of a text.
    pub reason: String,
    pub version: i64,
    pub created_at: Time,
    pub decided_at: Option<Time>,
    pub order_id: Option<OrderId>,
    pub expires_at: Option<Time>,
    pub remind_at: Option<Time>,
}

impl Approval {
    pub fn total(&self) -> Result<Money> {
        let currency = Currency::parse(&self.currency);
        let currency = currency.ok_or_else(|| Error::unexpected(format!("approval {} has currency {}", self.id, self.currency)))?;
        Ok(Money::new(self.total, currency))
    }

    pub fn requirements(&self) -> Result<Vec<Requirement>> {
        Ok(serde_json::from_str(&self.requirements)?)
    }

    /// The place that it is for and those above it.
    pub fn sites(&self) -> Vec<SiteId> {
        self.sites.split_whitespace().filter_map(|id| id.parse().ok()).collect()
    }

    pub fn open(&self) -> bool {
        matches!(self.state, State::Waiting | State::Approved)
    }
}

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = votes)]
pub struct Vote {
    pub member_id: MemberId,
    pub answer: Answer,
    pub counts: String,
    pub note: String,
    pub at: Time,
}

impl Vote {
    /// Yes or no, and the requirements that it counts for.
    pub fn counted(&self) -> (bool, Vec<usize>) {
        (self.answer == Answer::Yes, self.counts.split_whitespace().filter_map(|place| place.parse().ok()).collect())
    }
}

/// Which requests a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Those that wait, of the whole company.
    Waiting,
    Mine,
    All,
}

pub fn get(conn: &mut Conn, id: ApprovalId) -> Result<Approval> {
    Ok(on_each!(conn, c => rows::table.find(id).select(Approval::as_select()).first(c))?)
}

/// A request that this member may see: theirs, one that they may answer, or any with the right to see what others order.
pub fn seen_by(conn: &mut Conn, buyer: &Buyer, id: ApprovalId, now: Time) -> Result<Approval> {
    let found = get(conn, id)?;
    if found.company_id != buyer.company {
        return Err(Error::NotFound);
    }
    let allowed = found.member_id == buyer.member
        || (buyer.may(May::AllOrders) && people::sees(buyer.site, &found))
        || !may_answer(conn, buyer, &found, now.date())?.is_empty()
        || has_answered(conn, found.id, buyer.member)?;
    if allowed { Ok(found) } else { Err(Error::NotFound) }
}

/// Whether somebody has answered a request.
pub fn has_answered(conn: &mut Conn, id: ApprovalId, member: MemberId) -> Result<bool> {
    let own = votes::table.filter(votes::approval_id.eq(id)).filter(votes::member_id.eq(member)).count();
    let own: i64 = own.get_result(conn)?;
    Ok(own > 0)
}

/// The answers to a request in their order.
pub fn votes(conn: &mut Conn, id: ApprovalId) -> Result<Vec<Vote>> {
    let own = votes::table.filter(votes::approval_id.eq(id)).order(votes::id);
    Ok(on_each!(conn, c => own.select(Vote::as_select()).load(c))?)
}

/// The request about a cart that is neither ended nor placed.
pub fn open_of_cart(conn: &mut Conn, cart: CartId) -> Result<Option<Approval>> {
    let open = rows::table.filter(rows::cart_id.eq(cart)).filter(rows::state.eq(State::Waiting).or(rows::state.eq(State::Approved)));
    Ok(on_each!(conn, c => open.select(Approval::as_select()).first(c)).optional()?)
}

/// The request that an order was placed by.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Option<Approval>> {
    let own = rows::table.filter(rows::order_id.eq(order));
    Ok(on_each!(conn, c => own.select(Approval::as_select()).first(c)).optional()?)
}

/// Requests of a company, the last first, before `before`. Of `Mine` those of `member`.
pub fn list(
    conn: &mut Conn,
    company: CompanyId,
    show: Show,
    member: Option<MemberId>,
    before: Option<ApprovalId>,
    limit: i64,
) -> Result<Vec<Approval>> {
    let all = rows::table.filter(rows::id.lt(before.map_or(i64::MAX, |id| id.0))).order(rows::id.desc()).limit(limit);
    Ok(match (show, member) {
        (Show::Mine, Some(member)) => {
            let own = all.filter(rows::member_id.eq(member));
            on_each!(conn, c => own.select(Approval::as_select()).load(c))?
        }
        (Show::Waiting, _) => {
            let own = all.filter(rows::company_id.eq(company)).filter(rows::state.eq(State::Waiting));
            on_each!(conn, c => own.select(Approval::as_select()).load(c))?
        }
        _ => {
            let own = all.filter(rows::company_id.eq(company));
            on_each!(conn, c => own.select(Approval::as_select()).load(c))?
        }
    })
}

/// Ends a request that is open, or approves one. `false` when somebody else was first.
fn decide(conn: &mut Conn, id: ApprovalId, state: State, reason: &str, now: Time) -> Result<bool> {
    let open = rows::table.find(id).filter(rows::state.eq(State::Waiting).or(rows::state.eq(State::Approved)));
    let changed = diesel::update(open)
        .set((
            rows::state.eq(state),
            rows::reason.eq(reason),
            rows::decided_at.eq(now),
            rows::remind_at.eq(None::<Time>),
            rows::version.eq(rows::version + 1),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Ok(false);
    }
    let event = Event::ApprovalDecided { approval: id.0, state: state.as_str().to_string() };
    events::record(conn, "approvals", &format!("{}:{id}", state.as_str()), &event, now)?;
    Ok(true)
}
