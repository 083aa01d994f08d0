//! What becomes of a mail, decided and written in one transaction.

use super::letter::{Letter, Person};
use super::{Complaint, Fate, InboundId, Report};
use crate::campaigns::reports::{self, Scope};
use crate::campaigns::{DeliveryId, address, hits};
use crate::email::Email;
use crate::schema::inbound_mails as rows;
use crate::suppressions::{self, Reason};
use crate::tickets::{self, Asker, Channel, Kind, New, NewFile, NewMessage, TicketId};
use crate::{customers, identities};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::token::Signer;
use kernel::{Conn, Error, Result, mail};

/// Tickets that mails from one address may open in a day. What comes beyond that goes to the one before, where somebody sees it and no
/// receipt is sent: there are machines that do not say what they are.
const TICKETS_A_DAY: i64 = 20;
/// Characters of a text that stand for a subject.
const SUBJECT: usize = 60;

/// What filing has to know of the shop.
#[derive(Clone)]
pub struct Office {
    pub signer: Signer,
    /// The addresses that the shop itself writes from, in lower case.
    pub own: Vec<String>,
    /// The store that mails are for, and the language of whoever is not known yet.
    pub store: i64,
    pub language: String,
}

/// Files a mail that was read. Filing it again changes nothing.
pub fn file(conn: &mut Conn, id: InboundId, letter: &Letter, office: &Office, now: Time) -> Result<()> {
    let (email, key, name) = match &letter.from {
        Some(Person { email, name }) => (email.as_str(), email.key(), name.as_str()),
        None => ("", String::new(), ""),
    };
    let claimed = diesel::update(rows::table.find(id).filter(rows::state.eq("stored")))
        .set((
            rows::state.eq("filed"),
            rows::filed_at.eq(now),
            rows::nature.eq(letter.nature.as_str()),
            rows::message_id.eq(&letter.message_id),
            rows::from_email.eq(email),
            rows::from_key.eq(&key),
            rows::from_name.eq(name),
            rows::subject.eq(&letter.subject),
        ))
        .execute(conn)?;
    if claimed == 0 {
        return Ok(());
    }
    let decided = decide(conn, id, letter, &key, office, now)?;
    let about = match (&letter.report, &letter.complaint) {
        (Some(report), _) => report.recipient.to_lowercase(),
        (_, Some(_)) => decided.about.unwrap_or_default(),
        _ => String::new(),
    };
    diesel::update(rows::table.find(id))
        .set((
            rows::fate.eq(decided.fate),
            rows::ticket_id.eq(decided.ticket),
            rows::bounced_mail_id.eq(decided.mail),
            rows::about_key.eq(about),
        ))
        .execute(conn)?;
    Ok(())
}

struct Decided {
    fate: Fate,
    ticket: Option<TicketId>,
    mail: Option<i64>,
    /// Whom a mail was to that somebody did not want, in lower case: the report need not say.
    about: Option<String>,
}

impl Decided {
    fn of(fate: Fate, ticket: Option<TicketId>) -> Decided {
        Decided { fate, ticket, mail: None, about: None }
    }
}

fn decide(conn: &mut Conn, id: InboundId, letter: &Letter, key: &str, office: &Office, now: Time) -> Result<Decided> {
    if let Some(ticket) = known(conn, id, letter, key)? {
        return Ok(Decided::of(Fate::Repeated, ticket));
    }
    // What the shop sent itself and comes back must not be talked to.
    let automatic = !letter.nature.may_be_answered() || office.own.iter().any(|own| own == key);
    if let Some(report) = &letter.report
        && let Some(decided) = came_back(conn, id, letter, report, now)?
    {
        return Ok(decided);
    }
    if let Some(complaint) = letter.complaint.as_ref().filter(|complaint| complaint.holds())
        && let Some(decided) = unwanted(conn, complaint, now)?
    {
        return Ok(decided);
    }
    if let Some(delivery) = letter.to.iter().find_map(|to| address::read(&office.signer, to)) {
        return unsubscribed(conn, delivery, now);
    }
    if let Some((ticket, participant)) = thread(conn, letter, key, office)? {
        return add(conn, ticket, &message(id, letter, automatic, participant), now);
    }
    if automatic {
        return Ok(Decided::of(Fate::Kept, None));
    }
    if !key.is_empty()
        && tickets::opened_since(conn, key, now - TimeDelta::days(1), TICKETS_A_DAY)? >= TICKETS_A_DAY
        && let Some(last) = last_of(conn, id, key)?
    {
        return add(conn, last, &message(id, letter, false, true), now);
    }
    let ticket = open(conn, id, letter, (office.store, &office.language), false, now)?;
    Ok(Decided::of(Fate::Opened, Some(ticket)))
}

/// Opens a ticket for a mail that was only kept, since somebody read it and thinks that it wants an answer. Nothing is sent by that.
/// `Conflict` for a mail that something else became of; two clicks open one.
pub fn take_up(conn: &mut Conn, id: InboundId, letter: &Letter, place: (i64, &str), now: Time) -> Result<TicketId> {
    let stored = super::get(conn, id)?;
    if stored.fate != Fate::Kept {
        return Err(Error::conflict("inbound-not-kept"));
    }
    let ticket = open(conn, id, letter, place, true, now)?;
    let kept = diesel::update(rows::table.find(id)).filter(rows::fate.eq(Fate::Kept));
    kept.set((rows::fate.eq(Fate::Opened), rows::ticket_id.eq(ticket))).execute(conn)?;
    Ok(ticket)
}

/// The ticket of the same mail that came before by other bytes: on its way it may get another header each time. `None` when none came.
fn known(conn: &mut Conn, id: InboundId, letter: &Letter, key: &str) -> Result<Option<Option<TicketId>>> {
    if letter.message_id.is_empty() {
        return Ok(None);
    }
    let same = rows::table.filter(rows::message_id.eq(&letter.message_id)).filter(rows::from_key.eq(key));
    Ok(same.filter(rows::id.ne(id)).order(rows::id).select(rows::ticket_id).first(conn).optional()?)
}

/// The ticket of the last mail from an address that became part of one.
fn last_of(conn: &mut Conn, id: InboundId, key: &str) -> Result<Option<TicketId>> {
    let own = rows::table.filter(rows::from_key.eq(key)).filter(rows::id.ne(id)).filter(rows::ticket_id.is_not_null());
    let found: Option<Option<TicketId>> = own.order(rows::id.desc()).select(rows::ticket_id).first(conn).optional()?;
    Ok(found.flatten())
}

/// The ticket that a mail belongs to, and whether who wrote it is known there. A signed address is proof that its ticket was read; a
/// Message-ID may have been seen by anybody, so that it counts for those alone whose ticket it is.
fn thread(conn: &mut Conn, letter: &Letter, key: &str, office: &Office) -> Result<Option<(TicketId, bool)>> {
    for to in &letter.to {
        let Some(number) = tickets::address::read(&office.signer, to) else { continue };
        match tickets::by_number(conn, &number) {
            Ok(ticket) => {
                let participant = takes_part(conn, ticket.id, key)?;
                return Ok(Some((ticket.id, participant)));
            }
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    for answered in &letter.answers {
        if let Some((ticket, _)) = tickets::by_message_id(conn, answered)?
            && takes_part(conn, ticket, key)?
        {
            return Ok(Some((ticket, true)));
        }
    }
    Ok(None)
}

/// Whether an address is that of whoever asked, or one by which the same customer is known.
fn takes_part(conn: &mut Conn, ticket: TicketId, key: &str) -> Result<bool> {
    let ticket = tickets::get(conn, ticket)?;
    if key.is_empty() {
        return Ok(false);
    }
    if ticket.email.to_lowercase() == key {
        return Ok(true);
    }
    let Some(customer) = ticket.customer_id else { return Ok(false) };
    let standing = identities::standing(conn, customer)?;
    Ok(identities::emails(conn, standing)?.iter().any(|email| email.to_lowercase() == key))
}

fn add(conn: &mut Conn, ticket: TicketId, message: &NewMessage, now: Time) -> Result<Decided> {
    tickets::append_from_customer(conn, ticket, message, now)?;
    Ok(Decided::of(Fate::Added, Some(ticket)))
}

fn message(id: InboundId, letter: &Letter, automatic: bool, participant: bool) -> NewMessage {
    // Staff see it when somebody else writes than who asked.
    let body = match &letter.from {
        Some(Person { email, name }) if !participant => format!("{name} <{}>:\n\n{}", email.as_str(), letter.text),
        _ => letter.text.clone(),
    };
    NewMessage {
        automatic,
        body: body.chars().take(tickets::BODY).collect(),
        html: letter.html.clone(),
        message_id: Some(letter.message_id.clone()).filter(|id| !id.is_empty()),
        in_reply_to: letter.answers.first().cloned(),
        mail_id: Some(id.0),
        files: files(letter),
    }
}

/// The files that tickets take; the others are in the mail as it came.
fn files(letter: &Letter) -> Vec<NewFile> {
    let taken = letter.files.iter().filter_map(|file| tickets::checked(&file.name, file.bytes.clone()).ok());
    taken.take(tickets::MAX_FILES).collect()
}

/// Opens the ticket of a mail, in a store and for whoever is not known in a language.
fn open(conn: &mut Conn, id: InboundId, letter: &Letter, (store, language): (i64, &str), automatic: bool, now: Time) -> Result<TicketId> {
    let known = match &letter.from {
        Some(person) => customers::find_by_email(conn, &person.email)?,
        None => None,
    };
    let spoken = match known.map(|customer| customer.language).filter(|language| !language.is_empty()) {
        Some(language) => language,
        None => language.to_string(),
    };
    let asker = match &letter.from {
        Some(Person { email, name }) => Asker { email: Some(email.clone()), name: name.clone(), ..Asker::default() },
        None => Asker::default(),
    };
    let mut message = message(id, letter, automatic, true);
    // Somebody else's mail may carry the Message-ID of one that is known: it proves nothing, and names one message alone.
    if let Some(known) = &message.message_id
        && tickets::by_message_id(conn, known)?.is_some()
    {
        message.message_id = None;
    }
    let new = New {
        kind: Kind::Question,
        channel: Channel::Mail,
        subject: subject(letter),
        asker,
        order: None,
        lines: Vec::new(),
        store,
        language: spoken,
        call: None,
        queue: String::new(),
        priority: tickets::ORDINARY,
        message,
        logged_by: None,
        request_key: Some(format!("inbound:{id}")),
    };
    Ok(tickets::open(conn, &new, now)?.ticket.id)
}

/// A mail without a subject is called by how it begins.
fn subject(letter: &Letter) -> String {
    let begins = letter.text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SUBJECT).collect::<String>();
    let first = [letter.subject.trim(), begins.trim()].into_iter().find(|text| !text.is_empty()).unwrap_or("—");
    first.chars().take(tickets::SUBJECT).collect()
}

/// A report about a mail that the shop sent, to whom it says: noted on the mail and in its ticket. An address that is gone for good is not
/// advertised to any more. A report about anything else proves nothing, and is `None`.
fn came_back(conn: &mut Conn, id: InboundId, letter: &Letter, report: &Report, now: Time) -> Result<Option<Decided>> {
    let Some(sent) = mail::by_message_id(conn, &report.message_id)? else { return campaign_came_back(conn, report, now) };
    if !sent.recipient.eq_ignore_ascii_case(&report.recipient) || !matches!(report.action.as_str(), "failed" | "delayed") {
        return Ok(None);
    }
    if report.failed() {
        mail::bounced(conn, sent.id, &report.status)?;
    }
    if report.gone()
        && let Ok(address) = Email::parse(&report.recipient, "recipient")
    {
        suppressions::suppress(conn, &address, Reason::Bounced, &report.status, now)?;
    }
    let ticket = tickets::by_message_id(conn, &report.message_id)?.map(|(ticket, _)| ticket);
    if let Some(ticket) = ticket {
        tickets::append_from_customer(conn, ticket, &message(id, letter, true, true), now)?;
    }
    Ok(Some(Decided { fate: Fate::Bounced, ticket, mail: Some(sent.id), about: None }))
}

/// [`came_back`] of a mail of a campaign: noted on its delivery.
fn campaign_came_back(conn: &mut Conn, report: &Report, now: Time) -> Result<Option<Decided>> {
    let Some(delivery) = hits::by_message_id(conn, &report.message_id)? else { return Ok(None) };
    let found = hits::get(conn, delivery)?;
    if !matches!(report.action.as_str(), "failed" | "delayed") || !reports::was_to(conn, &found, &report.recipient)? {
        return Ok(None);
    }
    if report.failed() {
        reports::bounced(conn, delivery, &report.status, report.gone(), now)?;
    }
    Ok(Some(Decided::of(Fate::Bounced, None)))
}

/// A report that somebody did not want a mail that the shop sent: nothing is advertised to them any more. A provider that keeps to itself
/// who it was names the mail, whose Message-ID nobody else knows; one that names somebody else proves nothing.
fn unwanted(conn: &mut Conn, complaint: &Complaint, now: Time) -> Result<Option<Decided>> {
    if let Some(delivery) = hits::by_message_id(conn, &complaint.message_id)? {
        let found = hits::get(conn, delivery)?;
        if !complaint.recipient.is_empty() && !reports::was_to(conn, &found, &complaint.recipient)? {
            return Ok(None);
        }
        reports::complained(conn, delivery, &complaint.kind, now)?;
        let about = reports::address(conn, &found)?.to_lowercase();
        return Ok(Some(Decided { about: Some(about), ..Decided::of(Fate::Bounced, None) }));
    }
    let Some(sent) = mail::by_message_id(conn, &complaint.message_id)? else { return Ok(None) };
    if !complaint.recipient.is_empty() && !sent.recipient.eq_ignore_ascii_case(&complaint.recipient) {
        return Ok(None);
    }
    if let Ok(address) = Email::parse(&sent.recipient, "recipient") {
        suppressions::suppress(conn, &address, Reason::Complained, &complaint.kind, now)?;
    }
    Ok(Some(Decided { mail: Some(sent.id), about: Some(sent.recipient.to_lowercase()), ..Decided::of(Fate::Bounced, None) }))
}

/// A mail to the address that a mail of a campaign named for that (RFC 2369). A program may write it: that is what the address is for.
/// Nobody has to do anything about it, and nothing answers it.
fn unsubscribed(conn: &mut Conn, delivery: DeliveryId, now: Time) -> Result<Decided> {
    match reports::unsubscribe(conn, delivery, Scope::Topic, "by mail (RFC 2369)", now) {
        Ok(()) | Err(Error::NotFound) => Ok(Decided::of(Fate::Kept, None)),
        Err(error) => Err(error),
    }
}
