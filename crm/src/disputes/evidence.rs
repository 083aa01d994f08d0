//! What speaks for one side or the other: words, files, and what the shop has of the order, its parcels and its tickets. It is only ever added.

use super::{Dispute, DisputeId, NUMBER, What, claim, keep as log, text};
use crate::schema::dispute_evidence as rows;
use crate::tickets::NewFile;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, words};

kernel::id!(EvidenceId);

words!(Proof { Text = "text", File = "file", Order = "order", Shipment = "shipment", Ticket = "ticket" });

/// What is added.
#[derive(Clone, Debug)]
pub enum NewEvidence {
    Text(String),
    File(NewFile),
    /// What the shop has, by its number.
    Link(Proof, String),
}

/// A piece of evidence as lists show it.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Evidence {
    pub id: EvidenceId,
    pub kind: Proof,
    pub body: String,
    pub name: String,
    pub content_type: String,
    pub size: i64,
    pub actor: String,
    pub created_at: Time,
}

/// Adds evidence to a dispute that is not decided. `Invalid` (field `evidence`) without any. It changes nothing that a form was made of, and
/// so asks for no version.
pub fn add(conn: &mut Conn, id: DisputeId, new: &[NewEvidence], actor: &str, now: Time) -> Result<Dispute> {
    if new.is_empty() {
        return Err(Error::field("evidence", "dispute-evidence-none"));
    }
    let dispute = claim(conn, id, None, now)?;
    if !dispute.open() {
        return Err(Error::conflict("dispute-decided-already"));
    }
    for one in new {
        keep(conn, id, one, actor, now)?;
    }
    Ok(dispute)
}

/// The row of a piece of evidence, and that it was added.
pub(super) fn keep(conn: &mut Conn, id: DisputeId, new: &NewEvidence, actor: &str, now: Time) -> Result<()> {
    let (kind, body) = match new {
        NewEvidence::Text(words) => (Proof::Text, text("evidence", words, true)?),
        NewEvidence::File(_) => (Proof::File, String::new()),
        NewEvidence::Link(kind, number) => (*kind, number.trim().chars().filter(|letter| !letter.is_control()).take(NUMBER).collect()),
    };
    let file = match new {
        NewEvidence::File(file) => Some(file),
        NewEvidence::Text(_) | NewEvidence::Link(..) => None,
    };
    let row = (
        rows::dispute_id.eq(id),
        rows::kind.eq(kind),
        rows::body.eq(body),
        rows::name.eq(file.map_or("", NewFile::name)),
        rows::content_type.eq(file.map_or("", NewFile::content_type)),
        rows::size.eq(file.map_or(0, |file| i64::try_from(file.bytes().len()).unwrap_or(i64::MAX))),
        rows::bytes.eq(file.map(NewFile::bytes)),
        rows::actor.eq(actor),
        rows::created_at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(rows::table).values(row).execute(c))?;
    log(conn, id, What::Evidence, actor, kind.as_str(), now)
}

/// What speaks in a dispute, in the order it came.
pub fn evidence(conn: &mut Conn, id: DisputeId) -> Result<Vec<Evidence>> {
    Ok(rows::table.filter(rows::dispute_id.eq(id)).order(rows::id).select(Evidence::as_select()).load(conn)?)
}

/// A file of a dispute with its bytes; that of another is `NotFound`.
pub fn file(conn: &mut Conn, dispute: DisputeId, id: EvidenceId) -> Result<(Evidence, Vec<u8>)> {
    let own = rows::table.find(id).filter(rows::dispute_id.eq(dispute)).filter(rows::kind.eq(Proof::File));
    let found: Evidence = own.select(Evidence::as_select()).first(conn)?;
    let bytes: Option<Vec<u8>> = own.select(rows::bytes).first(conn)?;
    bytes.map(|bytes| (found, bytes)).ok_or(Error::NotFound)
}
