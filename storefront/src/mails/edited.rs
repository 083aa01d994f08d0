//! The mail about an order that staff changed.

use super::order::Subject;
use super::{Mailer, language};
use crate::edits::{self, Changes};
use crate::ids::OrderEditId;
use crate::payments;
use crate::web::orders::transfer;
use crate::web::views::mail::OrderEdited;
use crate::web::words::Words;
use kernel::clock::Time;
use kernel::{Conn, Result};

/// Tells the buyer what became another, and what it means for the money.
pub fn tell(conn: &mut Conn, order: i64, edit: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let edit = edits::get(conn, OrderEditId(edit))?;
    let changes = edit.changes()?;
    let subject = Subject::load(conn, order, mailer)?;
    let words = mailer.words(language(&subject.order.language))?;
    let balance = payments::balance(conn, &subject.order)?;
    let told = lines(&changes, &words)?;
    // Only the way to pay became another: the order's page says how.
    if told.is_empty() && edit.given_back == 0 && balance == 0 {
        return Ok(());
    }
    let latest = payments::latest(conn, subject.order.id)?;
    let by_hand = latest.as_ref().is_none_or(|payment| payments::by_hand(&payment.provider));
    let view = OrderEdited {
        changes: told,
        back: if edit.given_back > 0 { Some(subject.money(edit.given_back)?) } else { None },
        balance: if balance > 0 { Some(subject.money(balance)?) } else { None },
        pays_online: balance > 0 && !by_hand,
        transfer: transfer(conn, &subject.order, latest.as_ref(), &words)?,
        order: subject.view(),
    };
    mailer.queue(conn, "order_edited", &edit.id.to_string(), &subject.reader(), view, now)
}

/// What became another, one sentence each.
pub fn lines(changes: &Changes, words: &Words) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for line in &changes.lines {
        let title = if line.options.is_empty() { line.title.clone() } else { format!("{}, {}", line.title, line.options) };
        let (before, after) = (line.measure.text(line.before.quantity), line.measure.text(line.after.quantity));
        let key = match (line.before.quantity, line.after.quantity) {
            (0, _) => "edit-added",
            (_, 0) => "edit-removed",
            _ => "edit-resized",
        };
        all.push(words.with(key, &[("title", &title), ("before", &before), ("after", &after)])?);
    }
    if changes.address {
        all.push(words.get("edit-address"));
    }
    match &changes.delivery {
        Some((_, name)) if name.is_empty() => all.push(words.get("edit-no-delivery")),
        Some((_, name)) => all.push(words.with("edit-delivery", &[("name", name)])?),
        None => {}
    }
    Ok(all)
}
