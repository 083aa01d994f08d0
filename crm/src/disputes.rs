//! Complaints, and payments that somebody disputes with their bank: what is claimed, by when the shop has to answer, what speaks for whom,
//! and what was decided. A complaint is opened from a ticket and decided by staff, with one appeal; a disputed payment is opened, moved and
//! decided by what the provider says ([`told()`]). While one is open, nobody shows that person promotions.

mod answers;
mod evidence;
mod list;
mod told;

pub use answers::{Answer, Errand, Sending, Texts, answer_of, ask, errand, may_be_sent, not_sent, provider, sent};
pub use evidence::{Evidence, EvidenceId, NewEvidence, Proof, add, evidence, file};
pub use list::{Place, Shown, list, of_customer, of_ticket};
pub use told::{Standing, Told, by_key, link, told, took};

use crate::schema::{dispute_events as log, disputes as rows};
use crate::tickets::{self, SUBJECT, Ticket, TicketId};
use crate::{CustomerId, identities};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, words};

kernel::id!(DisputeId);

words!(
    Kind {
        Complaint = "complaint",
        /// The bank asks the money of a payment back.
        Payment = "payment",
    }
);
words!(
    /// What is claimed.
    Reason {
        Damaged = "damaged",
        NotReceived = "not_received",
        NotAsDescribed = "not_as_described",
        WrongItem = "wrong_item",
        CreditNotGiven = "credit_not_given",
        Service = "service",
        Fraudulent = "fraudulent",
        Duplicate = "duplicate",
        /// The cardholder does not know the payment.
        Unrecognised = "unrecognised",
        Other = "other",
    }
);
words!(
    State {
        Open = "open",
        Decided = "decided",
        Appealed = "appealed",
        /// Decided after its appeal, or by the bank for good.
        Closed = "closed",
    }
);
words!(
    /// What was decided.
    Outcome {
        /// The customer is right.
        Upheld = "upheld",
        Partly = "partly",
        /// The shop is right.
        Rejected = "rejected",
        Withdrawn = "withdrawn",
    }
);
words!(
    What {
        Opened = "opened",
        Updated = "updated",
        Evidence = "evidence",
        /// An answer to the bank was asked for, and did not get there.
        Sending = "sending",
        NotSent = "not_sent",
        Answered = "answered",
        /// A decision waits for somebody's approval.
        Proposed = "proposed",
        /// It was not approved.
        Declined = "declined",
        Decided = "decided",
        Appealed = "appealed",
    }
);

/// Longest text of a claim, a decision or a piece of evidence, in characters.
pub const TEXT: usize = 10_000;
/// The text of the conflict when a dispute went on since it was seen.
pub const STALE: &str = "dispute-stale";
/// The series of their numbers.
const SERIES: &str = "disputes";

/// A dispute as stored. Amounts are minor units of its currency.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Dispute {
    pub id: DisputeId,
    pub number: String,
    pub kind: Kind,
    pub told_at: Option<Time>,
    pub reason: Reason,
    pub amount: i64,
    pub currency: String,
    pub about: String,
    pub customer_id: Option<CustomerId>,
    pub order_id: Option<i64>,
    pub ticket_id: Option<TicketId>,
    pub state: State,
    pub due_at: Time,
    pub answered_at: Option<Time>,
    pub outcome: Option<Outcome>,
    pub decision: String,
    pub decided_at: Option<Time>,
    pub appealed_at: Option<Time>,
    pub given: i64,
    pub version: i64,
    pub opened_at: Time,
    pub changed_at: Time,
}

impl Dispute {
    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("dispute {} has currency {}", self.number, self.currency)))
    }

    pub fn money(&self) -> Result<Money> {
        Ok(Money::new(self.amount, self.currency()?))
    }

    /// Whether something is still to be decided.
    pub fn open(&self) -> bool {
        matches!(self.state, State::Open | State::Appealed)
    }

    /// By when the shop has to answer. None of one that has no deadline, was answered, or is decided.
    pub fn due(&self) -> Option<Time> {
        Some(self.due_at).filter(|at| self.open() && self.answered_at.is_none() && *at < tickets::clock::never())
    }

    /// Nobody answered in time.
    pub fn overdue(&self, now: Time) -> bool {
        self.due().is_some_and(|at| at <= now)
    }
}

/// An entry of the log.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = log)]
pub struct Entry {
    pub id: i64,
    pub kind: What,
    pub actor: String,
    pub detail: String,
    pub happened_at: Time,
}

/// A complaint as it is opened.
#[derive(Clone, Debug)]
pub struct New {
    pub reason: Reason,
    pub amount: i64,
    pub currency: Currency,
    pub due_at: Option<Time>,
    pub about: String,
}

pub fn get(conn: &mut Conn, id: DisputeId) -> Result<Dispute> {
    Ok(rows::table.find(id).select(Dispute::as_select()).first(conn)?)
}

/// The dispute with this number, whatever the case of its letter. `NotFound` without one.
pub fn by_number(conn: &mut Conn, number: &str) -> Result<Dispute> {
    Ok(rows::table.filter(rows::number.eq(number.trim().to_ascii_uppercase())).select(Dispute::as_select()).first(conn)?)
}

/// What happened, oldest first.
pub fn history(conn: &mut Conn, id: DisputeId) -> Result<Vec<Entry>> {
    Ok(log::table.filter(log::dispute_id.eq(id)).order(log::id).select(Entry::as_select()).load(conn)?)
}

/// Locks a dispute to the end of the transaction and moves its version. `Conflict` when it is not at version `seen` any more.
fn claim(conn: &mut Conn, id: DisputeId, seen: Option<i64>, now: Time) -> Result<Dispute> {
    let moved = (rows::version.eq(rows::version + 1i64), rows::changed_at.eq(now));
    let claimed = match seen {
        Some(seen) => diesel::update(rows::table.find(id).filter(rows::version.eq(seen))).set(moved).execute(conn)?,
        None => diesel::update(rows::table.find(id)).set(moved).execute(conn)?,
    };
    let found = get(conn, id)?;
    if claimed == 1 { Ok(found) } else { Err(Error::conflict(STALE)) }
}

fn keep(conn: &mut Conn, id: DisputeId, what: What, actor: &str, detail: &str, now: Time) -> Result<()> {
    let row = (log::dispute_id.eq(id), log::kind.eq(what), log::actor.eq(actor), log::detail.eq(detail), log::happened_at.eq(now));
    diesel::insert_into(log::table).values(row).execute(conn)?;
    Ok(())
}

/// A text without what no database keeps. `Invalid` (the field `name`) for one that is too long, or missing when it is `required`.
fn text(name: &str, text: &str, required: bool) -> Result<String> {
    let text = text.trim().replace('\0', "");
    match text.chars().count() {
        0 if required => Err(Error::field(name, "field-required")),
        0..=TEXT => Ok(text),
        _ => Err(Error::field(name, "ticket-too-long")),
    }
}

/// Opens a complaint from a ticket as it was seen. `Conflict` when the ticket went on since, or has one that is not decided.
pub fn open(conn: &mut Conn, ticket: &Ticket, new: &New, actor: &str, seen: i64, now: Time) -> Result<Dispute> {
    let about = text("claim_about", &new.about, true)?;
    if new.amount < 0 {
        return Err(Error::field("claim_amount", "admin-amount-invalid"));
    }
    if new.due_at.is_some_and(|at| at < now) {
        return Err(Error::field("claim_due", "dispute-due-past"));
    }
    let ticket = tickets::claim(conn, ticket.id, Some(seen), now)?;
    let own = rows::table.filter(rows::ticket_id.eq(ticket.id)).filter(rows::state.eq_any([State::Open, State::Appealed]));
    if own.count().get_result::<i64>(conn)? > 0 {
        return Err(Error::conflict("dispute-open-already"));
    }
    let customer = held(conn, ticket.customer_id)?;
    let row = (
        rows::number.eq(number(conn)?),
        rows::kind.eq(Kind::Complaint),
        rows::reason.eq(new.reason),
        rows::amount.eq(new.amount),
        rows::currency.eq(new.currency.code()),
        rows::about.eq(about),
        rows::customer_id.eq(customer),
        rows::order_id.eq(ticket.order_id),
        rows::ticket_id.eq(ticket.id),
        rows::state.eq(State::Open),
        rows::due_at.eq(new.due_at.unwrap_or_else(tickets::clock::never)),
        rows::opened_at.eq(now),
        rows::changed_at.eq(now),
    );
    let id: DisputeId = diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?;
    keep(conn, id, What::Opened, actor, new.reason.as_str(), now)?;
    get(conn, id)
}

fn number(conn: &mut Conn) -> Result<String> {
    Ok(format!("D{}", tickets::next_of(conn, SERIES)?))
}

/// Who it is about, held to the end of the transaction; nobody when they were erased.
fn held(conn: &mut Conn, customer: Option<CustomerId>) -> Result<Option<CustomerId>> {
    customer.map_or(Ok(None), |customer| identities::hold(conn, customer))
}

/// The shop sent its answer, with what speaks for it: the deadline is met.
pub fn answer(conn: &mut Conn, id: DisputeId, seen: i64, actor: &str, now: Time) -> Result<()> {
    let dispute = claim(conn, id, Some(seen), now)?;
    if !dispute.open() || dispute.answered_at.is_some() {
        return Err(Error::conflict("dispute-decided-already"));
    }
    diesel::update(rows::table.find(id)).set(rows::answered_at.eq(now)).execute(conn)?;
    keep(conn, id, What::Answered, actor, "", now)
}

/// Decides a complaint. `given` is what the customer is given by it, which the caller gives in the same commit. After an appeal it is for
/// good. `Conflict` for a disputed payment: the bank decides that.
pub fn decide(conn: &mut Conn, id: DisputeId, seen: i64, to: (Outcome, &str, i64), actor: &str, now: Time) -> Result<Dispute> {
    let (outcome, why, given) = to;
    let why = text("decision", why, true)?;
    let dispute = claim(conn, id, Some(seen), now)?;
    match (dispute.kind, dispute.state) {
        (Kind::Payment, _) => return Err(Error::conflict("dispute-bank-decides")),
        (_, State::Decided | State::Closed) => return Err(Error::conflict("dispute-decided-already")),
        (Kind::Complaint, State::Open | State::Appealed) => {}
    }
    let state = if dispute.state == State::Appealed { State::Closed } else { State::Decided };
    diesel::update(rows::table.find(id))
        .set((
            rows::state.eq(state),
            rows::outcome.eq(outcome),
            rows::decision.eq(why),
            rows::decided_at.eq(now),
            rows::given.eq(dispute.given.saturating_add(given)),
        ))
        .execute(conn)?;
    keep(conn, id, What::Decided, actor, outcome.as_str(), now)?;
    get(conn, id)
}

/// Says that a decision of a complaint was proposed, which the caller keeps in the same commit.
pub fn proposed(conn: &mut Conn, id: DisputeId, seen: i64, actor: &str, now: Time) -> Result<Dispute> {
    let dispute = claim(conn, id, Some(seen), now)?;
    if dispute.kind != Kind::Complaint || !dispute.open() {
        return Err(Error::conflict("dispute-decided-already"));
    }
    keep(conn, id, What::Proposed, actor, "", now)?;
    Ok(dispute)
}

/// Says that what was proposed was declined.
pub fn declined(conn: &mut Conn, id: DisputeId, actor: &str, now: Time) -> Result<Dispute> {
    let dispute = claim(conn, id, None, now)?;
    keep(conn, id, What::Declined, actor, "", now)?;
    Ok(dispute)
}

/// The customer does not accept the decision. That is possible once; what they say is kept with the evidence.
pub fn appeal(conn: &mut Conn, id: DisputeId, seen: i64, why: &str, due_at: Option<Time>, actor: &str, now: Time) -> Result<()> {
    let why = text("appeal", why, true)?;
    if due_at.is_some_and(|at| at < now) {
        return Err(Error::field("appeal_due", "dispute-due-past"));
    }
    let dispute = claim(conn, id, Some(seen), now)?;
    if dispute.kind != Kind::Complaint || dispute.state != State::Decided || dispute.appealed_at.is_some() {
        return Err(Error::conflict("dispute-no-appeal"));
    }
    reopen(conn, &dispute, due_at, actor, now)?;
    evidence::keep(conn, id, &NewEvidence::Text(why), actor, now)
}

/// A decided one is open once more.
fn reopen(conn: &mut Conn, dispute: &Dispute, due_at: Option<Time>, actor: &str, now: Time) -> Result<()> {
    diesel::update(rows::table.find(dispute.id))
        .set((
            rows::state.eq(State::Appealed),
            rows::outcome.eq(None::<Outcome>),
            rows::appealed_at.eq(now),
            rows::answered_at.eq(None::<Time>),
            rows::due_at.eq(due_at.unwrap_or_else(tickets::clock::never)),
        ))
        .execute(conn)?;
    keep(conn, dispute.id, What::Appealed, actor, dispute.outcome.map_or("", Outcome::as_str), now)
}

/// The kinds of what stands open with a customer: while there is one, they are shown no new promotion.
pub(crate) fn open_with(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Kind>> {
    let own = rows::table.filter(rows::customer_id.eq(customer)).filter(rows::state.eq_any([State::Open, State::Appealed]));
    Ok(own.order(rows::id).select(rows::kind).load(conn)?)
}

/// Those of `customers` with whom something stands open.
pub(crate) fn open_among(conn: &mut Conn, customers: &[CustomerId]) -> Result<Vec<CustomerId>> {
    let theirs =
        rows::table.filter(rows::customer_id.eq_any(customers.to_vec())).filter(rows::state.eq_any([State::Open, State::Appealed]));
    Ok(theirs.select(rows::customer_id).load::<Option<CustomerId>>(conn)?.into_iter().flatten().collect())
}

/// Takes out of the disputes of somebody every word that was written, and every file. That there was one stays, with its amount.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    use crate::schema::{dispute_answers as sent_answers, dispute_evidence as proofs};
    let own: Vec<DisputeId> = rows::table.filter(rows::customer_id.eq(customer)).select(rows::id).load(conn)?;
    for some in own.chunks(500) {
        let written = proofs::table.filter(proofs::dispute_id.eq_any(some.to_vec()));
        diesel::delete(written.filter(proofs::kind.eq_any([Proof::Text, Proof::File]))).execute(conn)?;
        let answered = sent_answers::table.filter(sent_answers::dispute_id.eq_any(some.to_vec()));
        diesel::update(answered).set((sent_answers::texts.eq("{}"), sent_answers::reason.eq(""))).execute(conn)?;
        diesel::update(rows::table.filter(rows::id.eq_any(some.to_vec())))
            .set((rows::about.eq(""), rows::decision.eq("")))
            .execute(conn)?;
    }
    Ok(())
}

/// Longest number of what evidence leads to, in characters.
const NUMBER: usize = SUBJECT;
