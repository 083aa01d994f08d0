//! The label a buyer sticks on the parcel: a PDF or a picture, told by its content and never by its name.

use super::{Status, lock};
use crate::ids::ReturnId;
use crate::orders;
use crate::schema::return_labels as labels;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};

/// The largest file taken.
pub const MAX_LABEL: usize = 5 << 20;

/// A file and what it is.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = labels)]
pub struct Label {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Checks an uploaded file. `Invalid` (field `label`) for anything but a PDF, a JPEG or a PNG, and for a file that is too large. Takes
/// tens of milliseconds for a picture: never inside a transaction.
pub fn checked_label(bytes: Vec<u8>) -> Result<Label> {
    let refuse = |reason: &str| Err(Error::field("label", reason));
    if bytes.len() > MAX_LABEL {
        return refuse("return-label-large");
    }
    let content_type = match bytes.as_slice() {
        [] => return refuse("return-label-missing"),
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        _ => return refuse("return-label-kind"),
    };
    // A picture must be one to its last pixel, and no bomb.
    if content_type != "application/pdf" && crate::pictures::prepare(&bytes).is_err() {
        return refuse("return-label-kind");
    }
    Ok(Label { content_type: content_type.to_string(), bytes })
}

/// Keeps the label of a return that is not settled, in place of an earlier one.
pub fn attach_label(conn: &mut Conn, id: ReturnId, label: &Label, actor: &str, now: Time) -> Result<()> {
    let (order, back) = lock(conn, id, &[Status::Requested, Status::Approved], now)?;
    let row = (
        labels::return_id.eq(id),
        labels::content_type.eq(&label.content_type),
        labels::bytes.eq(&label.bytes),
        labels::actor.eq(actor),
        labels::created_at.eq(now),
    );
    let again =
        (labels::content_type.eq(&label.content_type), labels::bytes.eq(&label.bytes), labels::actor.eq(actor), labels::created_at.eq(now));
    on_each!(conn, c => diesel::insert_into(labels::table)
        .values(row).on_conflict(labels::return_id).do_update().set(again).execute(c))?;
    orders::note(conn, order.id, "return_label", &back.number, actor, now)
}

/// The label of a return, if there is one.
pub fn label(conn: &mut Conn, id: ReturnId) -> Result<Option<Label>> {
    Ok(labels::table.find(id).select(Label::as_select()).first(conn).optional()?)
}

/// Whether a return has a label.
pub fn has_label(conn: &mut Conn, id: ReturnId) -> Result<bool> {
    let found: i64 = labels::table.filter(labels::return_id.eq(id)).count().get_result(conn)?;
    Ok(found > 0)
}
