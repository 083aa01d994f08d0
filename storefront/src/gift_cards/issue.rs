//! Issuing a card: the one moment at which its code is known.

use super::{Change, EntryKind, State, code, write};
use crate::ids::GiftCardId;
use crate::schema::gift_cards as cards;
use crm::email::Email;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Money;
use kernel::{Conn, Result, on_each, token};

/// The most that a card is issued over or changed by, in minor units.
pub const MOST: i64 = 100_000_000;
/// Longest message and note, in characters.
const TEXT: usize = 1000;

/// A card to be issued.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Unique to the form it came from, so that sending the form twice issues one card.
    pub key: String,
    pub amount: Money,
    pub expires_at: Option<Time>,
    pub recipient_name: String,
    /// Whom the code is mailed to; empty for nobody.
    pub recipient_email: String,
    pub language: String,
    /// Stands in the mail.
    pub message: String,
    pub note: String,
}

/// Issues a card and answers its code, as it is shown. `None` in place of the code when this form issued its card before.
/// `Invalid` names what cannot be.
pub fn issue(conn: &mut Conn, new: &Issue, actor: &str, now: Time) -> Result<(GiftCardId, Option<String>)> {
    let email = checked(new, now)?;
    let code = code::draw();
    let row = (
        cards::code_hash.eq(token::hash(&code)),
        cards::last_four.eq(&code[code.len() - 4..]),
        cards::issue_key.eq(&new.key),
        cards::currency.eq(new.amount.currency.code()),
        cards::initial.eq(new.amount.minor),
        cards::balance.eq(new.amount.minor),
        cards::state.eq(State::Active),
        cards::expires_at.eq(new.expires_at),
        cards::recipient_name.eq(new.recipient_name.trim()),
        cards::recipient_email.eq(email),
        cards::language.eq(crate::shop::language(&new.language)),
        cards::message.eq(new.message.trim()),
        cards::note.eq(new.note.trim()),
        cards::created_at.eq(now),
    );
    let added = on_each!(conn, c => diesel::insert_into(cards::table).values(row).on_conflict(cards::issue_key).do_nothing().execute(c))?;
    let id: GiftCardId = cards::table.filter(cards::issue_key.eq(&new.key)).select(cards::id).first(conn)?;
    if added == 0 {
        return Ok((id, None));
    }
    let key = format!("issue:{id}");
    write(
        conn,
        id,
        &Change { kind: EntryKind::Issued, amount: new.amount.minor, key, payment: None, refund: None, reason: "", actor },
        now,
    )?;
    Ok((id, Some(code::spaced(&code))))
}

fn checked(new: &Issue, now: Time) -> Result<String> {
    let mut wrong = Fields::default();
    if !(1..=MOST).contains(&new.amount.minor) {
        wrong.add("amount", "gift-card-amount");
    }
    if new.expires_at.is_some_and(|at| at <= now) {
        wrong.add("expires_at", "gift-card-expiry-past");
    }
    for (name, text, most) in [("recipient_name", &new.recipient_name, 100), ("message", &new.message, TEXT), ("note", &new.note, TEXT)] {
        if text.chars().count() > most {
            wrong.add(name, "admin-too-long");
        }
    }
    let mut email = String::new();
    if !new.recipient_email.trim().is_empty() {
        match Email::parse(&new.recipient_email, "recipient_email") {
            Ok(parsed) => email = parsed.key(),
            Err(_) => wrong.add("recipient_email", "email-invalid"),
        }
    }
    wrong.check()?;
    Ok(email)
}
