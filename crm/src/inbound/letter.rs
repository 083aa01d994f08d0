//! A mail as it is read: who wrote what to whom, as what, with which files. Reading never fails; of what is no mail, the bytes are the text.

use super::clean::clean;
use super::complaint::{self, Complaint};
use super::fold::fold;
use super::nature::{self, Marks, Nature};
use super::report::{self, Report};
use super::tame::{tame, tamed_type};
use crate::email::Email;
use mail_parser::{Address, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Characters of a text, a subject and a name that are kept, and how many of each other thing.
const TEXT: usize = 100_000;
const SUBJECT: usize = 200;
const NAME: usize = 100;
const ADDRESSES: usize = 100;
const REFERENCES: usize = 50;
const FILES: usize = 50;
/// The longest HTML that is made harmless, in bytes, and how many tags it may have: nested ones take their square in time. Of more the text
/// alone is read.
const HTML: usize = 2 * 1024 * 1024;
const TAGS: usize = 20_000;

/// Somebody in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub email: Email,
    pub name: String,
}

/// A file that came with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosure {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// A mail as it is read.
#[derive(Clone, Debug)]
pub struct Letter {
    pub nature: Nature,
    /// Without angle brackets; empty when there is none.
    pub message_id: String,
    /// The mails that it answers, the nearest first.
    pub answers: Vec<String>,
    pub from: Option<Person>,
    /// Whom it was to: headers and envelope, in lower case.
    pub to: Vec<String>,
    pub subject: String,
    /// What is new in it.
    pub text: String,
    /// What it quotes, and its signature.
    pub folded: String,
    /// Made harmless.
    pub html: Option<String>,
    pub files: Vec<Enclosure>,
    /// Of a [`Nature::Bounce`] that says what became of which mail.
    pub report: Option<Report>,
    /// Of a [`Nature::Complaint`].
    pub complaint: Option<Complaint>,
}

/// Reads a mail that came with an envelope: its sender, if anybody said, and its recipients.
pub fn read(raw: &[u8], sender: Option<&str>, recipients: &[String]) -> Letter {
    // The parser is fuzzed and has no unsafe code, and still: a mail that breaks it is one that cannot be read.
    let parsed = catch_unwind(AssertUnwindSafe(|| parse(raw, sender, recipients))).ok().flatten();
    parsed.unwrap_or_else(|| unreadable(raw, recipients))
}

fn unreadable(raw: &[u8], recipients: &[String]) -> Letter {
    Letter {
        nature: Nature::Unreadable,
        message_id: String::new(),
        answers: Vec::new(),
        from: None,
        to: recipients.iter().take(ADDRESSES).map(|to| to.to_lowercase()).collect(),
        subject: String::new(),
        text: plain(&String::from_utf8_lossy(&raw[..raw.len().min(TEXT)]), TEXT),
        folded: String::new(),
        html: None,
        files: Vec::new(),
        report: None,
        complaint: None,
    }
}

fn parse(raw: &[u8], sender: Option<&str>, recipients: &[String]) -> Option<Letter> {
    let raw = tame(raw)?;
    let message = MessageParser::default().parse(&raw)?;
    let from = person(message.from()).or_else(|| person(message.sender()));
    // Bytes with a colon somewhere make a header for the parser; a mail says at least who wrote it or to whom.
    if from.is_none() && message.to().is_none() && message.subject().is_none() && message.message_id().is_none() {
        return None;
    }
    let subject = line(message.subject().unwrap_or(""), SUBJECT);
    let headers = headers(&message);
    let kind = message.content_type();
    let content_type = kind.map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("")).to_lowercase()).unwrap_or_default();
    let report_type = kind.and_then(|kind| kind.attribute("report-type")).unwrap_or("").to_lowercase();
    let said = headers.iter().find(|(name, _)| name == "return-path").map(|(_, value)| value.as_str());
    let nature = nature::of(&Marks {
        return_path: sender.or(said),
        from: from.as_ref().map_or("", |from| from.email.as_str()),
        subject: &subject,
        content_type: &content_type,
        report_type: &report_type,
        headers: &headers,
    });
    let whole = text_of(&message);
    let (text, folded) = fold(&whole);
    // Somebody who writes nothing but quotes or files says it with the subject.
    let text = if text.is_empty() { subject.clone() } else { text.to_string() };
    Some(Letter {
        nature,
        message_id: id(message.message_id().unwrap_or("")),
        answers: answers(&message),
        from,
        to: addressed(&message, &headers, recipients),
        text,
        folded: folded.to_string(),
        html: html_of(&message),
        files: files_of(&message),
        report: (nature == Nature::Bounce).then(|| report_of(&message)).flatten(),
        complaint: (nature == Nature::Complaint).then(|| complaint_of(&message)).flatten(),
        subject,
    })
}

/// A text without what no database or page takes: NUL and other control characters.
fn plain(text: &str, most: usize) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(most).collect()
}

/// A text on one line.
fn line(text: &str, most: usize) -> String {
    plain(&text.split_whitespace().collect::<Vec<_>>().join(" "), most).trim().to_string()
}

/// A Message-ID as it is compared: without brackets and spaces, and no longer than RFC 5322 lets a line be.
fn id(text: &str) -> String {
    let bare = text.trim_matches(|c: char| c.is_whitespace() || c == '<' || c == '>');
    if bare.len() <= 998 && !bare.chars().any(|c| c.is_control() || c.is_whitespace()) { bare.to_string() } else { String::new() }
}

fn person(address: Option<&Address>) -> Option<Person> {
    let first = address?.first()?;
    let email = Email::parse(first.address()?, "from").ok()?;
    Some(Person { email, name: line(first.name().unwrap_or(""), NAME) })
}

/// Headers that have a plain text, names in lower case; those that say nothing are there as empty ones.
fn headers(message: &Message) -> Vec<(String, String)> {
    message.headers_raw().map(|(name, value)| (name.to_lowercase(), line(value, 1000))).collect()
}

fn answers(message: &Message) -> Vec<String> {
    let near = ids(message.in_reply_to());
    // References go from the first mail of a thread to the last.
    let far = ids(message.references());
    let mut all: Vec<String> = Vec::new();
    for one in near.into_iter().chain(far.into_iter().rev()).filter(|one| !one.is_empty()) {
        if !all.contains(&one) && all.len() < REFERENCES {
            all.push(one);
        }
    }
    all
}

fn ids(value: &HeaderValue) -> Vec<String> {
    match value {
        HeaderValue::Text(one) => one.split_whitespace().map(id).collect(),
        HeaderValue::TextList(many) => many.iter().map(|one| id(one)).collect(),
        _ => Vec::new(),
    }
}

/// Everybody it was to, by envelope and headers.
fn addressed(message: &Message, headers: &[(String, String)], recipients: &[String]) -> Vec<String> {
    let named = [message.to(), message.cc()].into_iter().flatten().flat_map(Address::iter);
    let named = named.filter_map(|one| one.address()).map(str::to_string);
    let delivered = headers.iter().filter(|(name, _)| name == "delivered-to" || name == "x-original-to").map(|(_, value)| value.clone());
    let mut all: Vec<String> = Vec::new();
    for one in recipients.iter().cloned().chain(delivered).chain(named).map(|one| one.trim().to_lowercase()) {
        if all.len() < ADDRESSES && one.contains('@') && !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// The text of all parts that are one, HTML as text where there is no other.
fn text_of(message: &Message) -> String {
    let parts = (0..message.text_body_count().min(FILES)).filter_map(|at| message.body_text(at));
    plain(&parts.collect::<Vec<_>>().join("\n\n"), TEXT)
}

fn html_of(message: &Message) -> Option<String> {
    let is_html = |part: &&MessagePart| matches!(part.body, PartType::Html(_));
    let part = message.html_bodies().find(is_html)?;
    let html = part.text_contents().filter(|html| html.len() <= HTML && html.matches('<').count() <= TAGS)?;
    Some(clean(html).replace('\0', "")).filter(|html| !html.trim().is_empty())
}

fn files_of(message: &Message) -> Vec<Enclosure> {
    let enclosed = message.attachments().take(FILES).filter(|part| !part.contents().is_empty());
    let named = |part: &MessagePart, at: usize| {
        let name = line(part.attachment_name().unwrap_or(""), NAME).replace(['/', '\\'], "_");
        if name.is_empty() { format!("file-{at}") } else { name }
    };
    enclosed.zip(1..).map(|(part, at)| Enclosure { name: named(part, at), bytes: part.contents().to_vec() }).collect()
}

/// The text of the first part of a type, whatever it is said to be encoded as.
fn part_text(message: &Message, kind: &str) -> Option<String> {
    let kind = tamed_type(kind);
    let is = |part: &&MessagePart| {
        part.content_type().is_some_and(|of| format!("{}/{}", of.ctype(), of.subtype().unwrap_or("")).eq_ignore_ascii_case(&kind))
    };
    message.parts.iter().find(is).map(|part| String::from_utf8_lossy(part.contents()).into_owned())
}

/// The mail that a report came back with, or its headers.
fn returned(message: &Message) -> Option<String> {
    ["message/rfc822", "message/global", "text/rfc822-headers"].into_iter().find_map(|kind| part_text(message, kind))
}

/// What a report says about the mail that the shop sent.
fn report_of(message: &Message) -> Option<Report> {
    let of = returned(message).and_then(|text| report::message_id(&text)).map(|found| id(&found));
    let status = part_text(message, "message/delivery-status")?;
    report::read(&plain(&status, TEXT), &of.unwrap_or_default())
}

/// What a report says about a mail that its reader did not want.
fn complaint_of(message: &Message) -> Option<Complaint> {
    let fields = part_text(message, "message/feedback-report")?;
    let found = complaint::read(&plain(&fields, TEXT), &returned(message).unwrap_or_default())?;
    Some(Complaint { message_id: id(&found.message_id), ..found })
}
