//! A mailbox at another server that mails are fetched from: how far that is, and what is wrong with it. The server numbers mails (UID), and says by
//! a number of its own (UIDVALIDITY) for how long that holds (RFC 9051, 2.3.1.1). A mail is stored in the commit that keeps its UID, and the server
//! is told afterwards. When it numbers anew, everything is looked at again; what was stored before is known by its bytes.

use super::{Envelope, Way, receive};
use crate::schema::{inbound_mailboxes as rows, inbound_uids as uids};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;

kernel::id!(MailboxId);

/// For how long whoever looks into a mailbox has it for themselves. A look that ends badly is followed by another one then at the latest.
const LOOK: TimeDelta = TimeDelta::minutes(15);
/// After failures it takes up to 2^5 minutes until the next look.
const PATIENCE: i64 = 5;
/// Why a mail was not stored: there is nothing in it, or too much.
const SIZE: &str = "inbound-size";
/// The server has it and does not give it.
const NOT_GIVEN: &str = "inbound-not-given";
/// Looks that may end at one mail before the next one goes on behind it.
const STUCK: i64 = 5;

/// A mailbox as stored.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct Mailbox {
    pub id: MailboxId,
    pub uid_validity: i64,
    /// Every mail up to this one was seen to.
    pub last_uid: i64,
    /// Mails below this one lay there before: of them the unread ones are taken, and those that arrived since `old_since`.
    pub old_below: i64,
    pub old_since: Option<Time>,
    pub begun_at: Time,
    pub looked_at: Option<Time>,
    /// What is wrong, as the key of a text; empty while nothing is.
    pub failed: String,
    pub failing_since: Option<Time>,
    failures: i64,
    stuck_uid: i64,
    stuck_looks: i64,
}

/// A mail that was left in the mailbox.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = uids)]
pub struct Refused {
    pub uid: i64,
    pub size: i64,
    pub refused: String,
    pub taken_at: Time,
}

/// The mailbox, when it is due: nobody else is given it until [`done`] or [`failed`], or for a quarter of an hour.
pub fn begin(conn: &mut Conn, source: &str, now: Time) -> Result<Option<Mailbox>> {
    let row = (rows::source.eq(source), rows::begun_at.eq(now), rows::due_at.eq(now));
    on_each!(conn, c => diesel::insert_into(rows::table).values(row).on_conflict_do_nothing().execute(c))?;
    let due = diesel::update(rows::table.filter(rows::source.eq(source)).filter(rows::due_at.le(now)));
    if due.set(rows::due_at.eq(now + LOOK)).execute(conn)? == 0 {
        return Ok(None);
    }
    of(conn, source)
}

/// The mailbox, if it was ever looked into.
pub fn of(conn: &mut Conn, source: &str) -> Result<Option<Mailbox>> {
    Ok(rows::table.filter(rows::source.eq(source)).select(Mailbox::as_select()).first(conn).optional()?)
}

/// What the server said when the folder was opened. Another UIDVALIDITY than before starts over.
pub fn opened(conn: &mut Conn, id: MailboxId, uid_validity: i64, uid_next: i64) -> Result<Mailbox> {
    let mailbox: Mailbox = rows::table.find(id).select(Mailbox::as_select()).first(conn)?;
    if mailbox.uid_validity == uid_validity {
        return Ok(mailbox);
    }
    // What was read before the shop began is nobody's concern; what came since may have been read by anybody.
    let since = (mailbox.uid_validity != 0).then_some(mailbox.begun_at);
    diesel::update(rows::table.find(id))
        .set((rows::uid_validity.eq(uid_validity), rows::last_uid.eq(0i64), rows::old_below.eq(uid_next), rows::old_since.eq(since)))
        .execute(conn)?;
    Ok(rows::table.find(id).select(Mailbox::as_select()).first(conn)?)
}

/// Stores a mail and keeps that it was taken, once. Without bytes, or with none that can be stored, a row says so and the mail stays where it is.
pub fn take(conn: &mut Conn, mailbox: &Mailbox, uid: i64, size: i64, raw: Option<&[u8]>, now: Time) -> Result<()> {
    let row = (
        uids::mailbox_id.eq(mailbox.id),
        uids::uid_validity.eq(mailbox.uid_validity),
        uids::uid.eq(uid),
        uids::size.eq(size),
        uids::taken_at.eq(now),
    );
    let added = on_each!(conn, c => diesel::insert_into(uids::table).values(row).on_conflict_do_nothing().execute(c))?;
    if added > 0 {
        let envelope = Envelope { way: Way::Imap, sender: None, recipients: Vec::new() };
        let stored = match raw {
            Some(raw) => receive(conn, raw, &envelope, now).map(drop),
            None => Err(Error::field("mail", SIZE)),
        };
        match stored {
            Ok(()) => {}
            Err(Error::Invalid(_)) => refuse(conn, mailbox, uid, SIZE)?,
            Err(error) => return Err(error),
        }
    }
    pass(conn, mailbox, uid)
}

/// A look ends at this mail, which the server did not give. After [`STUCK`] of them in a row it is left where it is, with a row that says so, so that
/// it keeps nothing back that came later.
pub fn not_given(conn: &mut Conn, mailbox: &Mailbox, uid: i64, now: Time) -> Result<()> {
    let stored: Mailbox = rows::table.find(mailbox.id).select(Mailbox::as_select()).first(conn)?;
    let looks = if stored.stuck_uid == uid { stored.stuck_looks + 1 } else { 1 };
    let own = rows::table.find(mailbox.id).filter(rows::uid_validity.eq(mailbox.uid_validity));
    diesel::update(own).set((rows::stuck_uid.eq(uid), rows::stuck_looks.eq(looks))).execute(conn)?;
    if looks < STUCK {
        return Ok(());
    }
    take(conn, mailbox, uid, 0, None, now)?;
    refuse(conn, mailbox, uid, NOT_GIVEN)
}

fn refuse(conn: &mut Conn, mailbox: &Mailbox, uid: i64, why: &str) -> Result<()> {
    let own = uids::table.filter(uids::mailbox_id.eq(mailbox.id)).filter(uids::uid_validity.eq(mailbox.uid_validity));
    diesel::update(own.filter(uids::uid.eq(uid))).set(uids::refused.eq(why)).execute(conn)?;
    Ok(())
}

/// Everything up to this mail was seen to.
pub fn pass(conn: &mut Conn, mailbox: &Mailbox, uid: i64) -> Result<()> {
    let own = rows::table.find(mailbox.id).filter(rows::uid_validity.eq(mailbox.uid_validity));
    diesel::update(own.filter(rows::last_uid.lt(uid))).set(rows::last_uid.eq(uid)).execute(conn)?;
    Ok(())
}

/// Mails that are stored and that the server was not told about, in their order.
pub fn unsettled(conn: &mut Conn, mailbox: &Mailbox, limit: i64) -> Result<Vec<i64>> {
    let open = uids::table
        .filter(uids::mailbox_id.eq(mailbox.id))
        .filter(uids::uid_validity.eq(mailbox.uid_validity))
        .filter(uids::settled_at.is_null())
        .filter(uids::refused.eq(""));
    Ok(open.order(uids::uid).limit(limit).select(uids::uid).load(conn)?)
}

/// The server was told about these.
pub fn settled(conn: &mut Conn, mailbox: &Mailbox, told: &[i64], now: Time) -> Result<()> {
    let own = uids::table.filter(uids::mailbox_id.eq(mailbox.id)).filter(uids::uid_validity.eq(mailbox.uid_validity));
    diesel::update(own.filter(uids::uid.eq_any(told.to_vec()))).set(uids::settled_at.eq(now)).execute(conn)?;
    Ok(())
}

/// The look is over, and the next one is in `every` minutes.
pub fn done(conn: &mut Conn, id: MailboxId, every: u32, now: Time) -> Result<()> {
    diesel::update(rows::table.find(id))
        .set((
            rows::due_at.eq(next(every, 0, now)),
            rows::looked_at.eq(now),
            rows::failed.eq(""),
            rows::failing_since.eq(None::<Time>),
            rows::failures.eq(0i64),
        ))
        .execute(conn)?;
    Ok(())
}

/// The look ended with what `why` says, the key of a text. A server that says no is asked less and less often: it may shut out who insists.
pub fn failed(conn: &mut Conn, id: MailboxId, why: &str, every: u32, now: Time) -> Result<()> {
    let mailbox: Mailbox = rows::table.find(id).select(Mailbox::as_select()).first(conn)?;
    diesel::update(rows::table.find(id))
        .set((
            rows::due_at.eq(next(every, mailbox.failures + 1, now)),
            rows::failed.eq(why),
            rows::failing_since.eq(mailbox.failing_since.unwrap_or(now)),
            rows::failures.eq(mailbox.failures + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// Half a minute early: the job that looks comes on the minute, and this one is a little past it.
fn next(every: u32, failures: i64, now: Time) -> Time {
    let patience = TimeDelta::minutes(1i64 << failures.clamp(0, PATIENCE));
    now + TimeDelta::minutes(every.into()).max(patience) - TimeDelta::seconds(30)
}

/// The mails that were left in a mailbox, the latest first.
pub fn refused(conn: &mut Conn, id: MailboxId, limit: i64) -> Result<Vec<Refused>> {
    let own = uids::table.filter(uids::mailbox_id.eq(id)).filter(uids::refused.ne(""));
    Ok(own.order(uids::id.desc()).limit(limit).select(Refused::as_select()).load(conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::{Filter, LARGEST, list};
    use chrono::NaiveDate;

    fn noon() -> Time {
        NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(12, 0, 0).unwrap()
    }

    fn stored(conn: &mut Conn) -> usize {
        list(conn, &Filter::default(), 100).unwrap().len()
    }

    #[test]
    fn a_mail_is_taken_once_by_its_number_and_by_its_bytes() {
        let db = kernel::testing::db();
        db.write_now(|conn| {
            let begun = begin(conn, "help @ imap.example / INBOX", noon())?.expect("it is due");
            let mailbox = opened(conn, begun.id, 7, 3)?;
            assert_eq!((mailbox.last_uid, mailbox.old_below, mailbox.old_since), (0, 3, None));
            for _ in 0..2 {
                take(conn, &mailbox, 3, 5, Some(b"From: a@b.example\r\n\r\nx"), noon())?;
                take(conn, &mailbox, 4, LARGEST as i64 + 1, None, noon())?;
                take(conn, &mailbox, 5, 0, Some(b""), noon())?;
            }
            assert_eq!((stored(conn), unsettled(conn, &mailbox, 9)?, refused(conn, mailbox.id, 9)?.len()), (1, vec![3], 2));
            settled(conn, &mailbox, &[3], noon())?;
            assert!(unsettled(conn, &mailbox, 9)?.is_empty());
            pass(conn, &mailbox, 2)?;
            assert_eq!(opened(conn, begun.id, 7, 6)?.last_uid, 5, "it never goes back");
            let anew = opened(conn, begun.id, 8, 2)?;
            assert_eq!((anew.last_uid, anew.old_below, anew.old_since), (0, 2, Some(noon())));
            // Whoever still looks by the old numbers moves nothing.
            pass(conn, &mailbox, 90)?;
            assert_eq!(opened(conn, begun.id, 8, 2)?.last_uid, 0);
            take(conn, &anew, 1, 5, Some(b"From: a@b.example\r\n\r\nx"), noon())?;
            assert_eq!((stored(conn), unsettled(conn, &anew, 9)?), (1, vec![1]), "the bytes are known");
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn one_looks_at_a_time_and_less_often_while_it_fails() {
        let db = kernel::testing::db();
        db.write_now(|conn| {
            let mut due = |at: Time| begin(conn, "box", at).map(|found| found.map(|mailbox| mailbox.id));
            let id = due(noon())?.expect("it is due");
            assert_eq!(due(noon() + TimeDelta::minutes(14))?, None, "somebody looks");
            assert_eq!(due(noon() + TimeDelta::minutes(15))?, Some(id), "whoever looked is gone");
            let mut waits = Vec::new();
            for _ in 0..7 {
                failed(conn, id, "inbound-imap-sign-in", 1, noon())?;
                let next: Time = rows::table.find(id).select(rows::due_at).first(conn)?;
                waits.push((next - noon()).num_minutes());
            }
            assert_eq!(waits, [1, 3, 7, 15, 31, 31, 31]);
            let mailbox = of(conn, "box")?.expect("it is known");
            assert_eq!((mailbox.failed.as_str(), mailbox.failing_since), ("inbound-imap-sign-in", Some(noon())));
            done(conn, id, 5, noon())?;
            let mailbox = of(conn, "box")?.expect("it is known");
            assert_eq!((mailbox.failed.as_str(), mailbox.failing_since, mailbox.looked_at), ("", None, Some(noon())));
            assert!(begin(conn, "box", noon() + TimeDelta::minutes(4))?.is_none());
            assert!(begin(conn, "box", noon() + TimeDelta::minutes(5))?.is_some());
            Ok(())
        })
        .unwrap();
    }
}
