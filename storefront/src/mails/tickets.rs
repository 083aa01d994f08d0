//! Mails of tickets: that a request arrived, what staff answered, and what came of it. They stand in one thread of the reader's mail
//! program, and what is replied to them finds the ticket.

use super::{Letter, Mailer, Reader, language};
use crate::ids::StoreId;
use crate::service;
use crate::web::requests;
use crate::web::views::mail::{MailFile, TicketSurvey, TicketUpdate};
use chrono::TimeDelta;
use crm::email::Email;
use crm::suppressions;
use crm::tickets::chat::{self, Mailing};
use crm::tickets::{self, Author, Channel, Eyes, File, MessageId, Status, Ticket, TicketId, address};
use kernel::clock::Time;
use kernel::mail::{Headers, WrittenBy};
use kernel::{Conn, Error, Result, jobs};

/// The kind of the job that mails what nobody read in a chat.
pub const CHAT_JOB: &str = "mails.chat";

/// Receipts that one address gets in an hour. Two machines that write to each other come to an end by it.
const RECEIPTS: i64 = 5;
/// Message-IDs that a mail names of its thread.
const THREAD: usize = 20;
/// The job that asks how content somebody is.
pub const SURVEY_JOB: &str = "tickets.survey";

/// Tells whoever asked that the request arrived. Nothing to machines, about what was decided at once, or about what staff wrote down.
pub fn received(conn: &mut Conn, id: TicketId, now: Time, mailer: &Mailer) -> Result<()> {
    let ticket = tickets::get(conn, id)?;
    let by_customer = tickets::begun_by(conn, id)?.is_some_and(|actor| actor == Author::Customer.as_str());
    if !by_customer || ticket.status == Status::Solved || matches!(ticket.channel, Channel::Chat | Channel::Phone) {
        return Ok(());
    }
    receipt(conn, &ticket, now, mailer)
}

fn receipt(conn: &mut Conn, ticket: &Ticket, now: Time, mailer: &Mailer) -> Result<()> {
    if tickets::opened_before(conn, ticket, ticket.opened_at - TimeDelta::hours(1), RECEIPTS)? >= RECEIPTS {
        return Ok(());
    }
    let headers = Headers { written_by: WrittenBy::Reply, ..headers(conn, ticket, mailer)? };
    let cause = ticket.id.to_string();
    send(conn, ticket, Told { what: "received", cause, body: Vec::new(), files: Vec::new(), headers, rate: false }, now, mailer)
}

/// Sends what staff answered. In a chat that somebody reads, or read within the minute, it waits for the word of their page that it showed the
/// answer, and goes out a minute later without it: nothing is mailed that was read, and nothing is lost. That a chat goes on by mail is told
/// as a request that arrived is.
pub fn answered(conn: &mut Conn, id: TicketId, message: MessageId, now: Time, mailer: &Mailer) -> Result<()> {
    let of_chat = chat::of(conn, id)?.map(|chat| chat.mailing(message, now));
    match of_chat {
        None | Some(Mailing::Now) => answer(conn, id, message, now, mailer),
        Some(Mailing::Never) => Ok(()),
        Some(Mailing::Later(wait)) => {
            let one = message.to_string();
            jobs::enqueue(conn, CHAT_JOB, &one, Some(&one), now + wait, now)
        }
        Some(Mailing::Notice) => {
            let ticket = tickets::get(conn, id)?;
            receipt(conn, &ticket, now, mailer)
        }
    }
}

/// Sends an answer in a chat that no page showed meanwhile.
pub fn unread(conn: &mut Conn, message: MessageId, now: Time, mailer: &Mailer) -> Result<()> {
    let ticket = tickets::message(conn, message)?.ticket_id;
    let shown = chat::of(conn, ticket)?.is_some_and(|chat| chat.mailing(message, now) == Mailing::Never);
    if shown { Ok(()) } else { answer(conn, ticket, message, now, mailer) }
}

/// Sends a message to the customer. Its Message-ID is kept with it.
fn answer(conn: &mut Conn, id: TicketId, message: MessageId, now: Time, mailer: &Mailer) -> Result<()> {
    let (ticket, said) = (tickets::get(conn, id)?, tickets::message(conn, message)?);
    // A note is never sent, whoever asks for it.
    if said.internal {
        return Ok(());
    }
    let headers = headers(conn, &ticket, mailer)?;
    let message_id = address::message_id(&mailer.signer, &ticket.number, message, mailer.config.host());
    tickets::mailed(conn, message, &message_id)?;
    let headers = Headers { message_id: Some(message_id), written_by: WrittenBy::Person, ..headers };
    let text = match said.author {
        Author::System => mailer.words(language(&ticket.language))?.get(&said.body),
        _ => said.body,
    };
    let body = text.lines().map(str::to_string).collect();
    let files = tickets::files_of(conn, &[message])?;
    send(conn, &ticket, Told { what: "answered", cause: message.to_string(), body, files, headers, rate: false }, now, mailer)
}

/// Tells what came of a request, and asks how content they are, unless a mail of its own will. After a last answer what was said is not said
/// again.
pub fn solved(conn: &mut Conn, id: TicketId, with_answer: bool, now: Time, mailer: &Mailer) -> Result<()> {
    let ticket = tickets::get(conn, id)?;
    let silent = matches!(ticket.outcome, None | Some(tickets::Outcome::Spam | tickets::Outcome::Merged));
    if silent {
        return Ok(());
    }
    let mut body = Vec::new();
    if !with_answer {
        let last = tickets::thread(conn, id, Eyes::Customer, None, 1)?;
        let words = mailer.words(language(&ticket.language))?;
        body.extend(last.into_iter().filter(|last| last.author == Author::System).map(|last| words.get(&last.body)));
    }
    let headers = headers(conn, &ticket, mailer)?;
    // Once for each time that it comes to an end.
    let cause = format!("{id}:{}", ended(&ticket));
    let survey = service::policy(conn)?.survey;
    if let (Some(hours), Some(at)) = (survey, ticket.solved_at) {
        jobs::enqueue(conn, SURVEY_JOB, &cause, Some(&format!("survey:{cause}")), at + TimeDelta::hours(hours), now)?;
    }
    send(conn, &ticket, Told { what: "solved", cause, body, files: Vec::new(), headers, rate: survey.is_none() }, now, mailer)
}

/// When a ticket came to its end, as jobs and mails name it.
fn ended(ticket: &Ticket) -> i64 {
    ticket.solved_at.map_or(0, |at| at.and_utc().timestamp_micros())
}

/// Asks how content somebody is with what came of a request, once in its life. Nobody who said so, who opened it again meanwhile, or whose
/// address is not to be written to. `of` is the ticket with the end that is asked about.
pub fn survey(conn: &mut Conn, of: &str, now: Time, mailer: &Mailer) -> Result<()> {
    let asked = of.split_once(':').and_then(|(id, end)| Some((id.parse().ok()?, end.parse::<i64>().ok()?)));
    let Some((id, end)) = asked else { return Err(Error::unexpected(format!("a survey of {of}"))) };
    let ticket = tickets::get(conn, TicketId(id))?;
    let stands = ticket.status == Status::Solved && ended(&ticket) == end && ticket.merged_into.is_none();
    if !stands || ticket.rating.is_some() || service::policy(conn)?.survey.is_none() {
        return Ok(());
    }
    let Ok(email) = Email::parse(&ticket.email, "email") else { return Ok(()) };
    if suppressions::holds(conn, "email", &email)? {
        return Ok(());
    }
    let (language, store) = (language(&ticket.language), StoreId(ticket.store_id));
    let (site, path) = (mailer.site(conn, store)?, requests::path(&mailer.signer, &ticket.number));
    let to = |rating: i64| (rating, site.url(language, &format!("{path}&rating={rating}#rate")));
    let view = TicketSurvey { number: ticket.number.clone(), subject: ticket.subject.clone(), ratings: (1..=5).rev().map(to).collect() };
    let name = called(conn, &ticket)?;
    let headers = headers(conn, &ticket, mailer)?;
    let letter = Letter { template: "ticket_survey", cause: &ticket.id.to_string(), headers };
    mailer.post(conn, letter, &Reader { email: &ticket.email, name: &name, language, store }, view, now)
}

/// What whoever asked is called, as far as it is known.
fn called(conn: &mut Conn, ticket: &Ticket) -> Result<String> {
    ticket.customer_id.map_or(Ok(String::new()), |customer| Ok(crm::customers::get(conn, customer)?.name))
}

/// Whether anybody may have typed the address and the words: neither does the request come from that mailbox, nor is it about an order that
/// was confirmed there. Nobody has the shop send their own words to strangers.
fn anybodys(ticket: &Ticket) -> bool {
    ticket.channel != Channel::Mail && ticket.order_id.is_none()
}

/// What a mail about a ticket says.
struct Told {
    /// The end of the keys of its texts.
    what: &'static str,
    cause: String,
    body: Vec<String>,
    /// What came with it: linked, since a mail may be too large to arrive.
    files: Vec<File>,
    headers: Headers,
    /// Whether it asks how content they are.
    rate: bool,
}

/// What ties a mail to the thread of a ticket.
fn headers(conn: &mut Conn, ticket: &Ticket, mailer: &Mailer) -> Result<Headers> {
    let references = tickets::references(conn, ticket.id, THREAD)?;
    let reply_to = mailer.config.mail.reply_domain.as_ref();
    let reply_to = reply_to.map(|domain| address::reply_to(&mailer.signer, &ticket.number, domain)).unwrap_or_default();
    Ok(Headers { in_reply_to: references.last().cloned().unwrap_or_default(), references, reply_to, ..Headers::default() })
}

fn send(conn: &mut Conn, ticket: &Ticket, told: Told, now: Time, mailer: &Mailer) -> Result<()> {
    if ticket.email.is_empty() {
        return Ok(());
    }
    let (language, store) = (language(&ticket.language), StoreId(ticket.store_id));
    let anybodys = told.what == "received" && anybodys(ticket);
    let name = if anybodys { String::new() } else { called(conn, ticket)? };
    let subject = if anybodys { mailer.words(language)?.get("mail-ticket-subject") } else { ticket.subject.clone() };
    let path = requests::path(&mailer.signer, &ticket.number);
    let site = mailer.site(conn, store)?;
    let link = |file: &File| site.url(language, &requests::file_path(&mailer.signer, &ticket.number, file.id));
    let files = told.files.iter().map(|file| MailFile { name: file.name.clone(), url: link(file) }).collect();
    let view = TicketUpdate {
        number: ticket.number.clone(),
        subject,
        what: told.what.to_string(),
        body: told.body,
        rate: told.rate,
        files,
        outcome: ticket.outcome.filter(|_| told.what == "solved").map(|outcome| outcome.as_str().to_string()),
        url: site.url(language, &path),
    };
    let to = Reader { email: &ticket.email, name: &name, language, store };
    let cause = format!("{}:{}", told.what, told.cause);
    mailer.post(conn, Letter { template: "ticket_update", cause: &cause, headers: told.headers }, &to, view, now)
}
