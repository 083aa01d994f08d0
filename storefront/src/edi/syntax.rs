//! What both syntaxes have in common: an interchange with messages of segments. An X12 transaction set is a message here.

use super::{Kind, edifact, x12};
use chrono::NaiveDate;
use kernel::clock::Time;

/// A segment. Elements and their components are counted from 1, as the directories do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub tag: String,
    pub elements: Vec<Vec<String>>,
}

impl Segment {
    pub fn new(tag: &str, elements: &[&[&str]]) -> Segment {
        let owned = |parts: &[&str]| -> Vec<String> { parts.iter().map(|part| (*part).to_string()).collect() };
        Segment { tag: tag.to_string(), elements: elements.iter().map(|parts| owned(parts)).collect() }
    }

    /// A segment whose elements have one component each.
    pub fn plain(tag: &str, elements: &[&str]) -> Segment {
        Segment { tag: tag.to_string(), elements: elements.iter().map(|one| vec![(*one).to_string()]).collect() }
    }

    /// A component, without blanks around it; empty when there is none.
    pub fn part(&self, element: usize, component: usize) -> &str {
        let parts = element.checked_sub(1).and_then(|at| self.elements.get(at));
        let part = parts.and_then(|parts| parts.get(component.checked_sub(1)?));
        part.map_or("", |part| part.trim())
    }

    /// The first component of an element.
    pub fn get(&self, element: usize) -> &str {
        self.part(element, 1)
    }
}

/// Who sends or receives: an identification, and a qualifier that says whose numbers it is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    pub id: String,
    pub qualifier: String,
}

impl Party {
    /// As partners are stored: `4012345000009:14`, or without a qualifier.
    pub fn stored(text: &str) -> Party {
        let (id, qualifier) = text.split_once(':').unwrap_or((text, ""));
        Party { id: id.trim().to_string(), qualifier: qualifier.trim().to_string() }
    }

    /// Whether an interchange names this party: the qualifier counts only where one is stored.
    pub fn is(&self, named: &Party) -> bool {
        self.id == named.id && (self.qualifier.is_empty() || self.qualifier == named.qualifier)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// ORDERS, 850 and so on.
    pub kind: String,
    /// The reference of the message, and that of its functional group if there is one.
    pub reference: String,
    pub group: String,
    /// Between header and trailer.
    pub segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interchange {
    pub sender: Party,
    pub recipient: Party,
    /// The control reference that the sender gave it.
    pub control: String,
    /// The sender only tries.
    pub test: bool,
    /// What stands between whole units and parts of them.
    pub decimal: char,
    pub messages: Vec<Message>,
}

impl Interchange {
    /// What a message is known by among all that a partner sends.
    pub fn control_of(&self, message: &Message) -> String {
        if message.group.is_empty() {
            format!("{}/{}", self.control, message.reference)
        } else {
            format!("{}/{}/{}", self.control, message.group, message.reference)
        }
    }
}

/// Why an interchange cannot be read: keys of texts.
pub const NONE: &str = "edi-not-an-interchange";
pub const CUT: &str = "edi-cut-off";
pub const COUNTS: &str = "edi-counts";
pub const DIFFERS: &str = "edi-control-differs";

/// Reads an interchange of this kind; its counts and references have to agree. Fails with the key of a text.
pub fn read(kind: Kind, text: &str) -> Result<Interchange, &'static str> {
    match kind {
        Kind::Edifact => edifact::read(text),
        Kind::X12 => x12::read(text),
        Kind::Cxml | Kind::Oci => Err(NONE),
    }
}

/// The messages of an interchange that was read from this text, each as an interchange of its own: what came of it, between header and trailers
/// that count one.
pub fn apart(kind: Kind, text: &str, interchange: &Interchange) -> Vec<String> {
    match kind {
        Kind::Edifact => edifact::apart(text, interchange),
        Kind::X12 => x12::apart(text, interchange),
        Kind::Cxml | Kind::Oci => Vec::new(),
    }
}

/// What an interchange with one message is written of.
pub struct Written<'a> {
    pub own: &'a Party,
    pub partner: &'a Party,
    pub control: i64,
    /// ORDRSP, 855 and so on.
    pub kind: &'a str,
    pub body: &'a [Segment],
    pub at: Time,
}

pub fn write(kind: Kind, of: &Written) -> String {
    match kind {
        Kind::Edifact => edifact::write(of),
        Kind::X12 => x12::write(of),
        // They have no messages.
        Kind::Cxml | Kind::Oci => String::new(),
    }
}

/// Fails unless a trailer counts `count`.
pub(super) fn counted(said: &str, count: usize) -> Result<(), &'static str> {
    if said.parse::<usize>() == Ok(count) { Ok(()) } else { Err(COUNTS) }
}

/// Fails unless a trailer repeats the reference of its header.
pub(super) fn same(header: &str, trailer: &str) -> Result<(), &'static str> {
    if header == trailer { Ok(()) } else { Err(DIFFERS) }
}

/// A day as `CCYYMMDD`, whatever follows it.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.get(..8)?, "%Y%m%d").ok()
}

/// At most `most` pieces of at most `size` characters.
pub(super) fn pieces(text: &str, size: usize, most: usize) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    all.chunks(size).take(most).map(|piece| piece.iter().collect()).collect()
}

/// What both syntaxes can carry: one line of Latin-1 (ISO 8859-1), which is what interchanges are encoded in.
pub(super) fn latin(text: &str) -> String {
    let fit = |letter: char| match letter {
        letter if letter.is_control() => ' ',
        letter if u32::from(letter) > 0xff => '?',
        letter => letter,
    };
    text.chars().map(fit).collect()
}

/// The bytes of an interchange as it goes over the wire.
pub fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}

/// The text of bytes that came: UTF-8, or else Latin-1.
pub fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}
