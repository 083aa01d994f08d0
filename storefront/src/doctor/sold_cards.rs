//! Gift cards that orders sold, against the lines that sold them.

use super::Finding;
use crate::gift_cards::EntryKind;
use crate::ids::{GiftCardId, OrderLineId};
use crate::orders::OrderStatus;
use crate::schema::{gift_card_entries as entries, gift_cards as cards, order_lines, orders};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::{BTreeMap, BTreeSet};

pub fn sold(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    type Card = (GiftCardId, Option<OrderLineId>, String, i64, i64, Option<Time>);
    let sold: Vec<Card> = cards::table
        .filter(cards::order_line_id.is_not_null())
        .select((cards::id, cards::order_line_id, cards::currency, cards::initial, cards::balance, cards::withdrawn_at))
        .load(conn)?;
    let mut by_line: BTreeMap<OrderLineId, Vec<Card>> = BTreeMap::new();
    for card in sold {
        if let Some(line) = card.1 {
            by_line.entry(line).or_default().push(card);
        }
    }
    let withdrawn: Vec<GiftCardId> =
        entries::table.filter(entries::kind.eq(EntryKind::Withdrawn)).select(entries::gift_card_id).load(conn)?;
    let withdrawn: BTreeSet<GiftCardId> = withdrawn.into_iter().collect();

    // A line that sold a card and is no gift card any more would be found by its cards.
    let with_cards: Vec<OrderLineId> = by_line.keys().copied().collect();
    type Line = (OrderLineId, String, String, OrderStatus, bool, i64, (i64, i64, i64, i64));
    let lines: Vec<Line> = order_lines::table
        .inner_join(orders::table.on(orders::id.eq(order_lines::order_id)))
        .filter(order_lines::gift_card.or(order_lines::issued.ne(0)).or(order_lines::id.eq_any(with_cards)))
        .order(order_lines::id)
        .select((
            order_lines::id,
            orders::number,
            orders::currency,
            orders::status,
            order_lines::gift_card,
            order_lines::unit_price,
            (order_lines::quantity, order_lines::issued, order_lines::cancelled, order_lines::shipped),
        ))
        .load(conn)?;
    for (id, number, currency, status, gift_card, unit_price, (quantity, issued, cancelled, shipped)) in lines {
        finding.checked += 1;
        let own = by_line.remove(&id).unwrap_or_default();
        let standing = own.iter().filter(|card| card.5.is_none()).count();
        let name = |what: &str| format!("order {number}, gift cards of line {id}: {what}");
        finding.expect_equal(|| name("issued"), issued, i64::try_from(standing).unwrap_or(i64::MAX));
        if !gift_card || shipped != 0 || issued + cancelled > quantity {
            finding.problems.push(name(&format!("gift card {gift_card}, {quantity} sold, {issued} issued, {cancelled} cancelled")));
        }
        if issued > 0 && matches!(status, OrderStatus::Pending | OrderStatus::Cancelled) {
            finding.problems.push(name(&format!("{issued} stand although the order is {}", status.as_str())));
        }
        for (card, _, of, initial, balance, taken_back) in own {
            finding.expect_equal(|| format!("gift card {card}, value"), (of, initial), (currency.clone(), unit_price));
            finding.expect_equal(|| format!("gift card {card}, withdrawn"), taken_back.is_some(), withdrawn.contains(&card));
            if taken_back.is_some() && balance > initial {
                finding.problems.push(format!("gift card {card}: withdrawn, and {balance} on it"));
            }
        }
    }
    unissued(conn, finding)
}

/// Paid units whose cards are neither issued nor about to be: of each such order the job waits that issues them.
fn unissued(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    use crate::ids::OrderId;
    use crate::{gift_cards, orders as rooms, payments};
    let open: Vec<OrderId> = order_lines::table
        .filter(order_lines::gift_card)
        .filter((order_lines::issued + order_lines::cancelled).lt(order_lines::quantity))
        .select(order_lines::order_id)
        .distinct()
        .load(conn)?;
    for order in open {
        let (order, lines) = (rooms::get(conn, order)?, rooms::lines(conn, order)?);
        let sums = payments::sums(conn, order.id)?;
        if gift_cards::wait(&order, &lines, &sums) && !gift_cards::scheduled(conn, order.id)? {
            finding.problems.push(format!("order {}: paid, and no job will issue its gift cards", order.number));
        }
    }
    Ok(())
}
