//! What people attach. The type of a file is what its content says; whatever is not known is a row of bytes that is only ever downloaded.

use super::{Eyes, MessageId, TicketId, joins};
use crate::schema::{ticket_files as rows, ticket_messages};
use diesel::prelude::*;
use kernel::{Conn, Error, Result, on_each};

/// The largest file taken, in bytes, and how many with one message.
pub const MAX_FILE: usize = 50 << 20;
pub const MAX_FILES: usize = 50;
/// Longest name that is kept, in characters.
const NAME: usize = 120;

/// A file whose content was looked at ([`checked`]).
#[derive(Clone, Debug)]
pub struct NewFile {
    name: String,
    content_type: &'static str,
    bytes: Vec<u8>,
}

impl NewFile {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn content_type(&self) -> &'static str {
        self.content_type
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A file as lists show it.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct File {
    pub id: i64,
    pub message_id: MessageId,
    pub name: String,
    pub content_type: String,
    /// Bytes.
    pub size: i64,
}

/// Tells what a file is by its content, and makes its name one that a file can have. `Invalid` (field `files`) for an empty or too large one.
pub fn checked(name: &str, bytes: Vec<u8>) -> Result<NewFile> {
    match bytes.len() {
        0 => Err(Error::field("files", "ticket-file-empty")),
        1..=MAX_FILE => Ok(NewFile { name: named(name), content_type: content_type(&bytes), bytes }),
        _ => Err(Error::field("files", "ticket-file-large")),
    }
}

/// The last part of a path, without what no file system takes.
fn named(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|letter| !letter.is_control() && !"<>:\"|?*".contains(*letter)).take(NAME).collect();
    match plain.trim().trim_matches('.') {
        "" => "file".to_string(),
        fine => fine.to_string(),
    }
}

fn content_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [b'P', b'K', 3, 4, ..] => "application/zip",
        _ if !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok() => "text/plain",
        _ => "application/octet-stream",
    }
}

pub(super) fn add(conn: &mut Conn, message: MessageId, files: &[NewFile]) -> Result<()> {
    for file in files {
        let row = (
            rows::message_id.eq(message),
            rows::name.eq(&file.name),
            rows::content_type.eq(file.content_type),
            rows::size.eq(i64::try_from(file.bytes.len()).unwrap_or(i64::MAX)),
            rows::bytes.eq(&file.bytes),
        );
        on_each!(conn, c => diesel::insert_into(rows::table).values(row).execute(c))?;
    }
    Ok(())
}

/// The files of these messages, in the order they came.
pub fn files_of(conn: &mut Conn, messages: &[MessageId]) -> Result<Vec<File>> {
    let own = rows::table.filter(rows::message_id.eq_any(messages.to_vec())).order(rows::id);
    Ok(own.select(File::as_select()).load(conn)?)
}

/// A file of a ticket with its bytes. What these eyes do not see, as what hangs on a note among staff, is `NotFound`.
pub fn file(conn: &mut Conn, ticket: TicketId, id: i64, eyes: Eyes) -> Result<(File, Vec<u8>)> {
    let of: (TicketId, bool) = rows::table
        .find(id)
        .inner_join(ticket_messages::table.on(ticket_messages::id.eq(rows::message_id)))
        .select((ticket_messages::ticket_id, ticket_messages::internal))
        .first(conn)?;
    if !joins::seen_by(conn, ticket, eyes)?.contains(&of.0) || (of.1 && eyes != Eyes::Staff) {
        return Err(Error::NotFound);
    }
    let file: File = rows::table.find(id).select(File::as_select()).first(conn)?;
    let bytes: Vec<u8> = rows::table.find(id).select(rows::bytes).first(conn)?;
    Ok((file, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_content_says_under_a_name_without_a_path() {
        let file = checked("C:\\Users\\Ann\\..\\broken mug.exe", b"%PDF-1.7".to_vec()).expect("a file");
        assert_eq!((file.name(), file.content_type()), ("broken mug.exe", "application/pdf"));
        let file = checked("../../etc/passwd", "Bruch \u{1f494}".as_bytes().to_vec()).expect("a file");
        assert_eq!((file.name(), file.content_type()), ("passwd", "text/plain"));
        let file = checked("..", vec![0, 1, 2]).expect("a file");
        assert_eq!((file.name(), file.content_type()), ("file", "application/octet-stream"));
        assert!(checked("nothing", Vec::new()).is_err());
    }
}
