//! Interchanges by a folder, which a gateway (AS2, SFTP) fills and empties: `<folder>/<partner>/in`, `done`, `failed` and `out`.
//!
//! A file that came is taken in one transaction, which knows it again by its digest and control numbers, and is moved aside afterwards. A file that
//! goes out is written under a temporary name, then the database says that it is staged, then it is renamed, then the database says that it is
//! filed: whatever step a crash comes between, what is staged and has no temporary file any more was renamed, and is not written again.

use super::take::{Taken, take};
use super::{Direction, LARGEST, Message, Partner, bytes, message, outgoing, text};
use crate::folders::{self, Seen};
use crate::ids::{EdiMessageId, PartnerId};
use crate::schema::{edi_messages as messages, trading_partners as partners};
use crate::web::words::Words;
use diesel::dsl::max;
use diesel::prelude::*;
use kernel::clock::{Clock, Time};
use kernel::error::said;
use kernel::{Conn, Db, Error, Result, token};
use std::path::Path;
use std::time::Duration;

/// The job that looks into the folder.
pub const JOB: &str = "edi.folder";

/// Reads what came from all partners and writes what waits for them. `still` is how long a file has to stand still; `words` are those that reasons
/// are told in. What cannot be done for one partner keeps nobody else waiting.
pub fn run(db: &Db, root: &Path, words: &Words, still: Duration, clock: &Clock) -> Result<()> {
    let Some(_held) = folders::hold(root)? else { return Ok(()) };
    let mut failed: Option<Error> = None;
    let mut note = |done: Result<()>| {
        if let Err(error) = done {
            tracing::warn!(%error, "the EDI folder");
            failed.get_or_insert(error);
        }
    };
    let all = db.read_now(trading)?;
    let mut seen: Vec<(&Partner, Seen)> = Vec::new();
    for partner in &all {
        let own = root.join(partner.id.to_string());
        note(give(db, partner.id, &own));
        match folders::look(&own.join("in"), |name| folders::ends_in(name, ".edi")) {
            Ok(found) => seen.extend(found.into_iter().map(|one| (partner, one))),
            Err(error) => note(Err(error)),
        }
    }
    folders::wait(&seen, still);
    for (partner, one) in &seen {
        note(file(db, partner, one, &root.join(partner.id.to_string()), words, clock.now()));
    }
    if !seen.is_empty() {
        all.iter().for_each(|partner| note(give(db, partner.id, &root.join(partner.id.to_string()))));
    }
    failed.map_or(Ok(()), Err)
}

/// Partners whose programs send messages.
fn trading(conn: &mut Conn) -> Result<Vec<Partner>> {
    let active = partners::table.filter(partners::active.eq(true)).order(partners::id).select(Partner::as_select());
    let mut all: Vec<Partner> = active.load(conn)?;
    all.retain(|one| !one.kind.punches_out());
    Ok(all)
}

/// Takes a file and moves it aside.
fn file(db: &Db, partner: &Partner, one: &Seen, own: &Path, words: &Words, now: Time) -> Result<()> {
    let most = u64::try_from(LARGEST).map_err(Error::unexpected)?;
    if one.size > most {
        return refuse(one, own, &format!("{}-{}", one.stamp(), one.name), &words.get(&said("edi-file-large", &[("most", &"1 MiB")])));
    }
    let Some(came) = folders::read(one, most)? else { return Ok(()) };
    let raw = text(&came);
    let stored = format!("{}-{}", token::hash(&raw).get(..12).unwrap_or_default(), one.name);
    let (of, told) = (partner.clone(), words.clone());
    match db.write_now(move |conn| take(conn, &of, &raw, &told, now)) {
        Ok(Taken::Messages(_)) => folders::aside(one, &own.join("done"), &stored),
        Ok(Taken::Unreadable(why)) | Err(Error::Conflict(why)) => refuse(one, own, &stored, &words.get(&why)),
        // It stays, and is taken by the next look.
        Err(error) => Err(error),
    }
}

fn refuse(one: &Seen, own: &Path, stored: &str, why: &str) -> Result<()> {
    let failed = own.join("failed");
    folders::put(&failed, &format!("{stored}.txt"), format!("{why}\n").as_bytes())?;
    folders::aside(one, &failed, stored)
}

/// Writes what waits for a partner into its folder, when it has one.
fn give(db: &Db, partner: PartnerId, own: &Path) -> Result<()> {
    let out = own.join("out");
    if !out.is_dir() {
        return Ok(());
    }
    loop {
        let (filed, staged) = db.read_now(move |conn| cursors(conn, partner))?;
        let Some(filed) = filed else {
            db.write_now(move |conn| begin(conn, partner))?;
            continue;
        };
        if let Some(staged) = staged.filter(|staged| *staged > filed) {
            let one = db.read_now(move |conn| message(conn, partner, staged))?;
            folders::publish(&out, &name(&one))?;
            db.write_now(move |conn| {
                let own = partners::table.find(partner).filter(partners::staged_id.eq(Some(staged)));
                diesel::update(own).set(partners::filed_id.eq(Some(staged))).execute(conn)?;
                Ok(())
            })?;
            continue;
        }
        let Some(one) = db.read_now(move |conn| outgoing(conn, partner, filed, 1))?.pop() else { return Ok(()) };
        // Of who was erased nothing is left to write.
        if !one.raw.is_empty() {
            folders::stage(&out, &name(&one), &bytes(&one.raw))?;
        }
        let next = one.id;
        db.write_now(move |conn| {
            let own = partners::table.find(partner).filter(partners::filed_id.eq(Some(filed)));
            diesel::update(own).set(partners::staged_id.eq(Some(next))).execute(conn)?;
            Ok(())
        })?;
    }
}

fn name(one: &Message) -> String {
    format!("{:012}-{}.edi", one.id.0, one.kind)
}

fn cursors(conn: &mut Conn, partner: PartnerId) -> Result<(Option<EdiMessageId>, Option<EdiMessageId>)> {
    Ok(partners::table.find(partner).select((partners::filed_id, partners::staged_id)).first(conn)?)
}

/// What is written from now on goes into the folder: what was written before had another way. The row is locked first, as whoever writes a message
/// locks it.
fn begin(conn: &mut Conn, partner: PartnerId) -> Result<()> {
    let own = partners::table.find(partner).filter(partners::filed_id.is_null());
    if diesel::update(own).set(partners::filed_id.eq(Some(EdiMessageId(0)))).execute(conn)? == 0 {
        return Ok(());
    }
    let written = messages::table.filter(messages::partner_id.eq(partner)).filter(messages::direction.eq(Direction::Out));
    let last: Option<EdiMessageId> = written.select(max(messages::id)).first(conn)?;
    let last = Some(last.unwrap_or(EdiMessageId(0)));
    diesel::update(partners::table.find(partner)).set((partners::filed_id.eq(last), partners::staged_id.eq(last))).execute(conn)?;
    Ok(())
}
