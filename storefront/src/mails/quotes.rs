//! Mails about quotes, to the customer who asked. What they did themselves they know, and an order of an offer is confirmed as any other.

use super::{Mailer, Reader, language};
use crate::ids::{QuoteId, QuoteVersionId};
use crate::quotes::{self, Quote, Sender, State};
use crate::shop;
use crate::web::quotes::quote_path;
use crate::web::views::mail::{MailLine, QuoteUpdate};
use crm::customers;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Result};

/// What a mail says.
#[derive(Default)]
struct Told {
    text: Vec<String>,
    lines: Vec<MailLine>,
    total: Option<Money>,
    /// The last day of the offer, by the shop's clocks.
    until: Option<Time>,
}

fn send(conn: &mut Conn, mailer: &Mailer, quote: &Quote, what: &str, (cause, told): (&str, Told), now: Time) -> Result<()> {
    let customer = customers::get(conn, quote.customer_id)?;
    let language = language(&quote.language);
    let number = quote.number();
    let url = mailer.site(conn, quote.store_id)?.url(language, &quote_path(&mailer.signer, &number));
    let Told { text, lines, total, until } = told;
    let view = QuoteUpdate { number, what: what.to_string(), text, lines, total, until, url };
    let to = Reader { email: &customer.email, name: &customer.name, language, store: quote.store_id };
    mailer.queue(conn, "quote_update", &format!("{}:{what}:{cause}", quote.id), &to, view, now)
}

/// Says that the question arrived.
pub fn asked(conn: &mut Conn, id: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let quote = quotes::get(conn, QuoteId(id))?;
    send(conn, mailer, &quote, "received", ("", Told::default()), now)
}

/// Brings the offer; nothing of one that another took the place of meanwhile.
pub fn offered(conn: &mut Conn, id: i64, version: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let quote = quotes::get(conn, QuoteId(id))?;
    if quote.state != State::Offered || quote.offered_id != Some(QuoteVersionId(version)) {
        return Ok(());
    }
    let currency = quote.currency()?;
    let of = quotes::version(conn, QuoteVersionId(version))?;
    let (lines, clock) = (quotes::lines_of(conn, of.id)?, shop::get(conn)?);
    let line = |line: &quotes::Line| MailLine {
        title: line.title.clone(),
        variant: None,
        quantity: line.measure().text(line.quantity),
        total: Money::new(line.total(), currency),
    };
    let told = Told {
        text: of.note.lines().map(str::to_string).collect(),
        total: Some(Money::new(lines.iter().map(quotes::Line::total).sum(), currency)),
        lines: lines.iter().map(line).collect(),
        until: quote.expires_at.map(|at| clock.local(at)),
    };
    // Sending the same version again is told again.
    let cause = format!("{version}:{}", quote.updated_at.and_utc().timestamp_micros());
    send(conn, mailer, &quote, "offered", (&cause, told), now)
}

/// Brings what staff wrote.
pub fn answered(conn: &mut Conn, id: i64, message: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let quote = quotes::get(conn, QuoteId(id))?;
    let said = quotes::messages_of(conn, quote.id)?.into_iter().find(|one| one.id == message && one.sender == Sender::Staff);
    let Some(said) = said.filter(|said| !said.text.is_empty()) else { return Ok(()) };
    let told = Told { text: said.text.lines().map(str::to_string).collect(), ..Told::default() };
    send(conn, mailer, &quote, "answered", (&message.to_string(), told), now)
}

/// Tells of an offer that is over, or was taken back.
pub fn decided(conn: &mut Conn, id: i64, state: &str, now: Time, mailer: &Mailer) -> Result<()> {
    let what = match State::parse(state) {
        Some(what @ (State::Expired | State::Withdrawn)) => what,
        _ => return Ok(()),
    };
    let quote = quotes::get(conn, QuoteId(id))?;
    if quote.state != what {
        return Ok(());
    }
    let cause = quote.decided_at.map(|at| at.and_utc().timestamp_micros().to_string()).unwrap_or_default();
    send(conn, mailer, &quote, what.as_str(), (&cause, Told::default()), now)
}
