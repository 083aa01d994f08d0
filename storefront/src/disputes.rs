//! Complaints and disputed payments where they meet the shop: what a provider's signed notices say, whose payment it is, and the money of a
//! decision. The dispute itself is the crm's ([`crm::disputes`]).

mod funds;
mod proposals;
mod texts;

pub(crate) use funds::of_order as funds_of_order;
pub use funds::{Funds, Kind as Movement, funds};
pub(crate) use proposals::forget;
pub use proposals::{Proposal, ProposalId, approve, decline, proposal, proposals, proposed, waiting};
pub use texts::{TEXTS, texts};

use crate::gateway::units;
use crate::gateway::webhook::Disputed;
use crate::ids::OrderId;
use crate::orders::{self, Order};
use crate::payments::Payment;
use crate::refunds::{self, LineAmount, Request};
use crate::service::{self, Allowance, Carried, Deed, Wish};
use chrono::DateTime;
use crm::disputes::{self, Dispute, DisputeId, Outcome, Reason, Standing, Told};
use crm::tickets::{self, Agent};
use kernel::clock::Time;
use kernel::db::savepoint;
use kernel::money::{Currency, Money, allocate};
use kernel::{Conn, Error, Result, jobs};
use serde::{Deserialize, Serialize};

/// The job that asks a provider whose payment is disputed. Its payload is the dispute's id, the provider's name and its payment.
pub const FIND_JOB: &str = "dispute.find";

/// The job that sends the bank the shop's answer. Its payload is the dispute's id.
pub const SEND_JOB: &str = "dispute.send";

/// What logs call whoever says what became of a payment.
const PROVIDER: &str = "provider";

/// Keeps what a provider says of a disputed payment. `reference` is its id of the payment, `payment` ours where it is known; else a job asks.
/// What cannot be read is an error: the provider sends it again, and somebody sees it.
pub fn told(
    conn: &mut Conn,
    provider: &'static str,
    said: &Disputed,
    (reference, payment): (&str, Option<&Payment>),
    now: Time,
) -> Result<()> {
    let order = match payment {
        Some(payment) => Some(orders::get(conn, payment.order_id)?),
        None => None,
    };
    let Some(currency) = Currency::parse(&said.currency.to_uppercase()) else {
        return Err(Error::unexpected(format!("dispute {} is in {}", said.id, said.currency)));
    };
    let moment = |seconds: i64| DateTime::from_timestamp(seconds, 0).map(|at| at.naive_utc());
    // A movement that cannot be read is an error as well.
    if said.moves && said.moved.is_empty() {
        return Err(Error::unexpected(format!("dispute {} moved money and does not say which", said.id)));
    }
    let key = format!("{provider}:{}", said.id);
    let facts = Told {
        key: &key,
        actor: PROVIDER,
        standing: standing(&said.status),
        reason: reason(&said.reason),
        money: Money::new(units::from_stripe(said.amount, currency)?, currency),
        due_at: said.due_at.and_then(moment),
        at: moment(said.at).unwrap_or(now),
        customer: order.as_ref().map(|order| order.customer_id),
        order: order.as_ref().map(|order| order.id.0),
    };
    let told = disputes::told(conn, &facts, now)?;
    // What moved is so, however late it is told.
    let dispute = disputes::by_key(conn, &key)?;
    let loose = funds::book(conn, provider, &dispute, payment, &said.moved, now)?;
    if let (Some((_, new)), Some(order)) = (told, dispute.order_id)
        && (new || !dispute.open())
    {
        note(conn, OrderId(order), &dispute, now)?;
    }
    // Notices name the provider's payment; whose that is, it has to be asked.
    if reference.is_empty() || dispute.order_id.is_some() && !loose {
        return Ok(());
    }
    let wanted = format!("{} {provider} {reference}", dispute.id);
    // A job that tied what there was, and is about to end, does not stand for what was booked after it looked.
    let key = format!("dispute:{}:found:{}", dispute.id, funds(conn, dispute.id)?.len());
    jobs::enqueue(conn, FIND_JOB, &wanted, Some(&key), now, now)
}

/// Says on the order that its payment is disputed, or what came of that.
fn note(conn: &mut Conn, order: OrderId, dispute: &Dispute, now: Time) -> Result<()> {
    let kind = if dispute.open() { "disputed" } else { "dispute_decided" };
    orders::note(conn, order, kind, &dispute.number, PROVIDER, now)
}

/// Ties a dispute to the order of a payment that a provider named.
pub fn found(conn: &mut Conn, id: DisputeId, payment: &Payment, now: Time) -> Result<()> {
    let order = orders::get(conn, payment.order_id)?;
    if let Some(dispute) = disputes::link(conn, id, order.customer_id, order.id.0, now)? {
        note(conn, order.id, &dispute, now)?;
    }
    funds::tie(conn, id, payment, now)
}

/// Has the bank sent what speaks for the shop, by a job. It is for good.
pub fn send(conn: &mut Conn, id: DisputeId, seen: i64, texts: &disputes::Texts, actor: &str, now: Time) -> Result<()> {
    let tries = disputes::ask(conn, id, seen, texts, actor, now)?;
    jobs::enqueue(conn, SEND_JOB, &id.to_string(), Some(&format!("dispute:{id}:{tries}")), now, now)
}

/// Stripe's word for how a dispute stands. A new one that is not known here means that something is to be seen to.
fn standing(status: &str) -> Standing {
    match status {
        "under_review" | "warning_under_review" => Standing::Answered,
        "won" => Standing::Won,
        "lost" => Standing::Lost,
        "warning_closed" | "prevented" => Standing::Withdrawn,
        _ => Standing::Waiting,
    }
}

/// Stripe's word for why.
fn reason(word: &str) -> Reason {
    match word {
        "fraudulent" => Reason::Fraudulent,
        "duplicate" => Reason::Duplicate,
        "product_not_received" => Reason::NotReceived,
        "product_unacceptable" => Reason::NotAsDescribed,
        "credit_not_processed" => Reason::CreditNotGiven,
        "unrecognized" => Reason::Unrecognised,
        _ => Reason::Other,
    }
}

/// What a decision gives the customer, in minor units of the dispute's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "amount", rename_all = "snake_case")]
pub enum Gift {
    Nothing,
    /// Spread over what is left of the order's lines.
    Refund(i64),
    /// Store credit.
    Credit(i64),
}

/// A decision as somebody takes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decision {
    pub outcome: Outcome,
    pub why: String,
    pub gift: Gift,
    /// The order's [`orders::version`] that they saw, when it gives money back.
    pub order_seen: Option<i64>,
}

/// What became of a decision.
#[derive(Clone, Debug)]
pub enum Taken {
    Decided(Box<Dispute>),
    /// It gives more than they may give alone, and waits for somebody else.
    Proposed(ProposalId),
}

/// Decides a complaint and gives what it gives, in one commit with its ticket, by the deeds that a ticket has; what gives more than they may give
/// alone is kept as a proposal. `Conflict` when the dispute or its order went on since they were seen, and while a decision is proposed: nothing
/// is written then.
pub fn decide(
    conn: &mut Conn,
    id: DisputeId,
    seen: i64,
    decision: &Decision,
    agent: Agent,
    allowance: Allowance,
    now: Time,
) -> Result<Taken> {
    if proposed(conn, id)? {
        return Err(Error::conflict("dispute-proposed-already"));
    }
    let mut beyond = false;
    // What would be proposed is tried and undone: what cannot be done is not proposed either.
    let taken = savepoint(conn, |conn| match take(conn, id, seen, decision, agent, allowance, now)? {
        (decided, Carried::Done) => Ok(decided),
        (_, Carried::Proposed(_)) => {
            beyond = true;
            Err(Error::conflict("service-beyond-limit"))
        }
    });
    match taken {
        Ok(decided) => Ok(Taken::Decided(Box::new(decided))),
        Err(Error::Conflict(_)) if beyond => Ok(Taken::Proposed(proposals::keep(conn, id, seen, decision, agent, now)?)),
        Err(error) => Err(error),
    }
}

/// The decision with its money.
fn take(
    conn: &mut Conn,
    id: DisputeId,
    seen: i64,
    decision: &Decision,
    agent: Agent,
    allowance: Allowance,
    now: Time,
) -> Result<(Dispute, Carried)> {
    let given = match decision.gift {
        Gift::Nothing => 0,
        Gift::Refund(amount) | Gift::Credit(amount) if amount > 0 => amount,
        Gift::Refund(_) | Gift::Credit(_) => return Err(Error::field("gift_amount", "gift-card-amount")),
    };
    let decided = disputes::decide(conn, id, seen, (decision.outcome, &decision.why, given), agent.actor, now)?;
    let currency = decided.currency()?;
    let deed = match decision.gift {
        Gift::Nothing => return Ok((decided, Carried::Done)),
        Gift::Refund(amount) => {
            let order = decided.order_id.ok_or_else(|| Error::conflict("service-no-order"))?;
            let order = orders::get(conn, OrderId(order))?;
            Deed::Refund { request: spread(conn, &order, amount, &decided.number)?, expected: amount }
        }
        Gift::Credit(amount) => Deed::Credit { amount, currency },
    };
    let ticket = decided.ticket_id.ok_or_else(|| Error::conflict("service-no-order"))?;
    let ticket = tickets::standing(conn, ticket)?;
    let ticket = tickets::get(conn, ticket)?;
    let order_seen = decision.order_seen.filter(|_| matches!(deed, Deed::Refund { .. }));
    let wish = Wish { ticket: ticket.id, seen: ticket.version, order_seen, deed, solve: false };
    let carried = service::act(conn, &wish, agent, allowance, now)?;
    Ok((decided, carried))
}

/// The refund of an amount without any unit, line by line in proportion to what is left of each. `Invalid` (field `gift_amount`) for more than that.
fn spread(conn: &mut Conn, order: &Order, amount: i64, reason: &str) -> Result<Request> {
    let lines: Vec<_> = orders::lines(conn, order.id)?.into_iter().filter(|line| !line.gift_card).collect();
    let left = refunds::left_of_lines(conn, order.id, &lines)?;
    let weights: Vec<i64> = lines.iter().map(|line| left.get(&line.id).copied().unwrap_or(0)).collect();
    if amount > weights.iter().sum() {
        return Err(Error::field("gift_amount", "dispute-gift-too-much"));
    }
    let parts = lines.iter().zip(allocate(amount, &weights)).filter(|(_, part)| *part > 0);
    let amounts = parts.map(|(line, amount)| LineAmount { line: line.id, amount }).collect();
    Ok(Request { amounts, reason: reason.to_string(), ..Request::default() })
}
