//! Gift cards: money under a code, for whoever has the code. The ledger only grows; the balance follows by a guarded update in the
//! same transaction. The code itself is kept nowhere, only its hash and its last four characters.

mod code;
mod issue;
mod sold;

pub use code::{masked, normalise};
pub use issue::{Issue, MOST, issue};
pub use sold::{ISSUE_JOB, USED, issue_sold, of_lines};
pub(crate) use sold::{schedule, scheduled, unused, wait, withdraw, withdraw_all};

use crate::ids::{GiftCardId, OrderLineId, PaymentId, RefundId};
use crate::schema::{gift_card_entries as entries, gift_cards as cards};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Error, Result, prepared, token, words};

words!(
    /// A disabled card keeps its balance, and pays nothing until it is enabled again.
    State { Active = "active", Disabled = "disabled" }
);
words!(
    /// Why a balance changed.
    EntryKind {
        Issued = "issued",
        /// Paid for an order.
        Spent = "spent",
        /// Came back from an order: refunded or cancelled.
        Returned = "returned",
        Adjusted = "adjusted",
        /// Taken back unused, because what it was sold for was refunded.
        Withdrawn = "withdrawn",
    }
);

/// Longest reason of a change, in characters.
const REASON: usize = 300;

/// A card. Amounts are minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = cards)]
pub struct GiftCard {
    pub id: GiftCardId,
    pub last_four: String,
    pub currency: String,
    pub initial: i64,
    pub balance: i64,
    pub state: State,
    /// From then on it pays nothing.
    pub expires_at: Option<Time>,
    pub recipient_name: String,
    /// Empty when nobody was written to.
    pub recipient_email: String,
    pub language: String,
    pub message: String,
    /// For staff only.
    pub note: String,
    pub created_at: Time,
    /// The line of the order that sold it; none for one that staff issued.
    pub order_line_id: Option<OrderLineId>,
    /// When it was taken back unused.
    pub withdrawn_at: Option<Time>,
}

impl GiftCard {
    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("gift card {} has currency {}", self.id, self.currency)))
    }

    /// Why the card pays nothing in `currency` now, as a text key; `None` when it pays.
    pub fn refusal(&self, currency: Currency, now: Time) -> Option<&'static str> {
        match self.state {
            State::Disabled => Some("gift-card-disabled"),
            State::Active if self.expires_at.is_some_and(|at| at <= now) => Some("gift-card-expired"),
            State::Active if self.currency != currency.code() => Some("gift-card-other-currency"),
            State::Active if self.balance == 0 => Some("gift-card-empty"),
            State::Active => None,
        }
    }
}

/// A line of a card's ledger.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = entries)]
pub struct Entry {
    pub id: i64,
    pub kind: EntryKind,
    pub amount: i64,
    pub payment_id: Option<PaymentId>,
    pub reason: String,
    pub actor: String,
    pub created_at: Time,
}

pub fn get(conn: &mut Conn, id: GiftCardId) -> Result<GiftCard> {
    Ok(cards::table.find(id).select(GiftCard::as_select()).first(conn)?)
}

/// Some cards, in order of id.
pub fn of_ids(conn: &mut Conn, ids: &[GiftCardId]) -> Result<Vec<GiftCard>> {
    Ok(cards::table.filter(cards::id.eq_any(ids.to_vec())).order(cards::id).select(GiftCard::as_select()).load(conn)?)
}

/// The card of a code, as somebody typed it.
pub fn find_by_code(conn: &mut Conn, code: &str) -> Result<Option<GiftCard>> {
    let hash = token::hash(&normalise(code));
    Ok(cards::table.filter(cards::code_hash.eq(hash)).select(GiftCard::as_select()).first(conn).optional()?)
}

/// What the list of cards is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<State>,
    /// The last four characters of a code, or the recipient's mail address.
    pub search: String,
    /// The card after which the list goes on.
    pub before: Option<GiftCardId>,
}

/// Cards, the newest first.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<GiftCard>> {
    let mut query = cards::table.filter(cards::id.lt(filter.before.unwrap_or(GiftCardId(i64::MAX)))).into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(cards::state.eq(state));
    }
    let search = filter.search.trim();
    if search.contains('@') {
        query = query.filter(cards::recipient_email.eq(search.to_lowercase()));
    } else if !search.is_empty() {
        let code = normalise(search);
        let last_four: String = code.chars().skip(code.chars().count().saturating_sub(4)).collect();
        query = query.filter(cards::last_four.eq(last_four));
    }
    Ok(query.order(cards::id.desc()).limit(limit).select(GiftCard::as_select()).load(conn)?)
}

/// The ledger of a card, the newest first, below the entry `before`.
pub fn ledger(conn: &mut Conn, card: GiftCardId, before: Option<i64>, limit: i64) -> Result<Vec<Entry>> {
    Ok(entries::table
        .filter(entries::gift_card_id.eq(card))
        .filter(entries::id.lt(before.unwrap_or(i64::MAX)))
        .order(entries::id.desc())
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}

/// The card behind a payment.
pub fn of_payment(conn: &mut Conn, payment: PaymentId) -> Result<GiftCard> {
    let card: GiftCardId = entries::table.filter(entries::payment_id.eq(payment)).select(entries::gift_card_id).first(conn)?;
    get(conn, card)
}

/// Adds to a card, or takes off it, with a reason. The same `key` does it once. `Conflict` when it holds less.
pub fn adjust(conn: &mut Conn, id: GiftCardId, amount: i64, reason: &str, key: &str, actor: &str, now: Time) -> Result<()> {
    let reason = checked_reason(reason)?;
    if amount == 0 || amount.abs() > MOST {
        return Err(Error::field("amount", "gift-card-amount"));
    }
    let key = format!("adjust:{key}");
    // Two clicks on one button come one after the other.
    let lock = diesel::update(cards::table.find(id)).set(cards::balance.eq(cards::balance));
    if prepared!(conn, lock => execute)? == 0 {
        return Err(Error::NotFound);
    }
    if known(conn, &key)? {
        return Ok(());
    }
    let change = Change { kind: EntryKind::Adjusted, amount, key, payment: None, refund: None, reason, actor };
    if moved(conn, id, &change, now)? { Ok(()) } else { Err(Error::field("amount", "gift-card-too-little")) }
}

fn checked_reason(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => Err(Error::field("reason", "stored-value-reason")),
        1..=REASON => Ok(reason),
        _ => Err(Error::field("reason", "admin-too-long")),
    }
}

/// Switches a card on or off and sets when it expires. The reason is for the audit log.
pub fn set_terms(conn: &mut Conn, id: GiftCardId, state: State, expires_at: Option<Time>, reason: &str) -> Result<()> {
    checked_reason(reason)?;
    let changed = diesel::update(cards::table.find(id)).set((cards::state.eq(state), cards::expires_at.eq(expires_at))).execute(conn)?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Pays with a card. `false` when it may not pay that much any more: nothing changed then.
pub(crate) fn spend(conn: &mut Conn, id: GiftCardId, amount: i64, payment: PaymentId, now: Time) -> Result<bool> {
    // Locks the card: whoever switches it off meanwhile comes before or after the whole order.
    let lock = diesel::update(cards::table.find(id))
        .filter(cards::state.eq(State::Active))
        .filter(cards::expires_at.is_null().or(cards::expires_at.gt(now)))
        .set(cards::balance.eq(cards::balance));
    let usable = prepared!(conn, lock => execute)?;
    let change = Change {
        kind: EntryKind::Spent,
        amount: -amount,
        key: format!("payment:{payment}"),
        payment: Some(payment),
        refund: None,
        reason: "",
        actor: "customer",
    };
    Ok(usable == 1 && moved(conn, id, &change, now)?)
}

/// Puts what came back from an order onto the card that paid it, whatever became of the card since.
pub(crate) fn give_back(conn: &mut Conn, payment: PaymentId, refund: RefundId, amount: i64, actor: &str, now: Time) -> Result<()> {
    let card = of_payment(conn, payment)?;
    let change = Change {
        kind: EntryKind::Returned,
        amount,
        key: format!("refund:{refund}"),
        payment: Some(payment),
        refund: Some(refund),
        reason: "",
        actor,
    };
    moved(conn, card.id, &change, now).map(drop)
}

struct Change<'a> {
    kind: EntryKind,
    amount: i64,
    key: String,
    payment: Option<PaymentId>,
    refund: Option<RefundId>,
    reason: &'a str,
    actor: &'a str,
}

fn known(conn: &mut Conn, key: &str) -> Result<bool> {
    let found: i64 = entries::table.filter(entries::dedupe_key.eq(key)).count().get_result(conn)?;
    Ok(found > 0)
}

/// The guarded update and its entry. `false` when less than nothing would be left.
fn moved(conn: &mut Conn, id: GiftCardId, change: &Change, now: Time) -> Result<bool> {
    let update = diesel::update(cards::table.find(id))
        .filter((cards::balance + change.amount).ge(0))
        .set(cards::balance.eq(cards::balance + change.amount));
    if prepared!(conn, update => execute)? == 0 {
        return Ok(false);
    }
    write(conn, id, change, now)?;
    Ok(true)
}

fn write(conn: &mut Conn, id: GiftCardId, change: &Change, now: Time) -> Result<()> {
    diesel::insert_into(entries::table)
        .values((
            entries::gift_card_id.eq(id),
            entries::kind.eq(change.kind),
            entries::amount.eq(change.amount),
            entries::dedupe_key.eq(&change.key),
            entries::payment_id.eq(change.payment),
            entries::refund_id.eq(change.refund),
            entries::reason.eq(change.reason),
            entries::actor.eq(change.actor),
            entries::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}
