//! Gift cards that orders sell: one for each unit of a line. They are issued when the money is there, by a job, since only the mail
//! that tells the codes ever has them; and they are withdrawn when the unit is refunded before anybody used the card.
//!
//! `order_lines.issued` counts the cards of a line that stand. Units of a line are open until their cards are issued; whoever gives
//! one back cancels the unit and withdraws its card in the same transaction.

use super::{Change, EntryKind, GiftCard, Issue, State, issue, write};
use crate::ids::{GiftCardId, OrderId, OrderLineId, RefundId};
use crate::mails::Mailer;
use crate::orders::{self, Order, OrderLine, OrderStatus};
use crate::payments::{self, Sums};
use crate::schema::{gift_cards as cards, order_lines};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result, jobs, prepared};

/// The job that issues the cards of a paid order; its payload is the order's id.
pub const ISSUE_JOB: &str = "gift_cards.issue";

/// The text of the conflict when an order cannot be undone, because a card that it sold was used.
pub const USED: &str = "order-gift-card-used";

/// Whether cards wait to be issued: the order stands, it is paid in full, and units of its gift cards are open.
pub(crate) fn wait(order: &Order, lines: &[OrderLine], sums: &Sums) -> bool {
    let stands = matches!(order.status, OrderStatus::Confirmed | OrderStatus::Completed);
    stands && sums.captured + sums.set_off >= order.total && lines.iter().any(|line| line.gift_card && line.open() > 0)
}

/// Has a job issue the cards that [`wait`].
pub(crate) fn schedule(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    jobs::enqueue(conn, ISSUE_JOB, &order.to_string(), Some(&format!("gift-cards:{order}")), now, now)
}

/// Whether a job waits that will issue the cards of an order, or one that failed can be started again.
pub(crate) fn scheduled(conn: &mut Conn, order: OrderId) -> Result<bool> {
    jobs::known(conn, ISSUE_JOB, &format!("gift-cards:{order}"))
}

/// Issues the cards that a paid order waits for and mails their codes to the buyer. Doing it again issues nothing.
pub fn issue_sold(conn: &mut Conn, order: OrderId, mailer: &Mailer, now: Time) -> Result<()> {
    let order = orders::lock(conn, order, now)?;
    let (lines, sums) = (orders::lines(conn, order.id)?, payments::sums(conn, order.id)?);
    if !wait(&order, &lines, &sums) {
        return Ok(());
    }
    let mut codes = Vec::new();
    for line in lines.iter().filter(|line| line.gift_card && line.open() > 0) {
        let known: i64 = cards::table.filter(cards::order_line_id.eq(line.id)).count().get_result(conn)?;
        for number in known..known + line.open() {
            let new = Issue {
                key: format!("order-line:{}:{number}", line.id),
                amount: Money::new(line.unit_price, order.currency()?),
                expires_at: None,
                recipient_name: String::new(),
                recipient_email: order.email.clone(),
                language: order.language.clone(),
                message: String::new(),
                note: String::new(),
            };
            let (id, code) = issue(conn, &new, "system", now)?;
            let of_line = diesel::update(cards::table.find(id)).set(cards::order_line_id.eq(line.id));
            prepared!(conn, of_line => execute)?;
            codes.extend(code.map(|code| (new.amount, code)));
        }
        let issued = diesel::update(order_lines::table.find(line.id)).set(order_lines::issued.eq(order_lines::issued + line.open()));
        prepared!(conn, issued => execute)?;
    }
    let sum: i64 = codes.iter().map(|(amount, _)| amount.minor).sum();
    orders::note(conn, order.id, "gift_cards_issued", &sum.to_string(), "system", now)?;
    mailer.gift_cards_sold(conn, &order, codes, now)?;
    orders::refresh(conn, order.id, now)
}

/// The cards that were issued for these lines, in the order in which they were issued.
pub fn of_lines(conn: &mut Conn, lines: &[OrderLine]) -> Result<Vec<GiftCard>> {
    let ids: Vec<OrderLineId> = lines.iter().filter(|line| line.gift_card).map(|line| line.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(cards::table.filter(cards::order_line_id.eq_any(ids)).order(cards::id).select(GiftCard::as_select()).load(conn)?)
}

/// The cards of a line of which nothing was used, the newest first.
fn unused_of(conn: &mut Conn, line: OrderLineId) -> Result<Vec<(GiftCardId, i64)>> {
    Ok(cards::table
        .filter(cards::order_line_id.eq(line))
        .filter(cards::withdrawn_at.is_null())
        .filter(cards::balance.eq(cards::initial))
        .order(cards::id.desc())
        .select((cards::id, cards::initial))
        .load(conn)?)
}

/// How many cards of a line can still be withdrawn.
pub(crate) fn unused(conn: &mut Conn, line: OrderLineId) -> Result<i64> {
    i64::try_from(unused_of(conn, line)?.len()).map_err(Error::unexpected)
}

/// Withdraws so many unused cards of a line. `Conflict` when fewer are unused: nothing may be committed then.
pub(crate) fn withdraw(conn: &mut Conn, line: OrderLineId, units: i64, refund: Option<RefundId>, actor: &str, now: Time) -> Result<()> {
    let mut left = units;
    for (id, initial) in unused_of(conn, line)? {
        if left == 0 {
            break;
        }
        // Whoever pays with it meanwhile comes before this or finds nothing on it.
        let take = diesel::update(cards::table.find(id)).filter(cards::balance.eq(initial)).filter(cards::withdrawn_at.is_null()).set((
            cards::balance.eq(0),
            cards::state.eq(State::Disabled),
            cards::withdrawn_at.eq(now),
        ));
        if prepared!(conn, take => execute)? == 0 {
            continue;
        }
        let key = format!("withdraw:{id}");
        let change = Change { kind: EntryKind::Withdrawn, amount: -initial, key, payment: None, refund, reason: "", actor };
        write(conn, id, &change, now)?;
        left -= 1;
    }
    if left > 0 {
        return Err(Error::conflict(USED));
    }
    let fewer = diesel::update(order_lines::table.find(line)).set(order_lines::issued.eq(order_lines::issued - units));
    prepared!(conn, fewer => execute)?;
    Ok(())
}

/// Withdraws every card that these lines sold, when their order is cancelled. `Conflict` when one was used.
pub(crate) fn withdraw_all(conn: &mut Conn, lines: &[OrderLine], actor: &str, now: Time) -> Result<()> {
    lines.iter().filter(|line| line.issued > 0).try_for_each(|line| withdraw(conn, line.id, line.issued, None, actor, now))
}
