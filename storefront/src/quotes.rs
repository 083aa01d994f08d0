//! Quotes: customers ask what goods would cost them, staff offer prices, and a yes makes exactly one order of the offer.
//!
//! A version of a quote is written once: goods, prices, delivery and the last day. What the customer reads and accepts is the version that
//! staff sent; a newer one that was only saved changes nothing for them. A cart of a version ([`crate::carts::Cart::quote_version_id`]) costs
//! what the version says, with the tax of the day, and no promotion applies to it. Placing it takes the quote in the same commit.

mod accept;
mod agreed;
mod ask;
mod keep;
mod offer;
#[cfg(test)]
mod tests;
mod worth;

pub use accept::{Acceptance, Figures, Place, accept, decline, figures, leave, methods, open, places};
pub(crate) use accept::{claim_order, ordered};
pub(crate) use agreed::{Agreed, agreed};
pub use ask::{Wish, ask, say};
pub use keep::{JOB, expire_all, kept};
pub(crate) use keep::{forget, forget_variants};
pub use offer::{Draft, DraftLine, contract_prices, reply, save, send, take, withdraw};
pub use worth::{Worth, worth};

use crate::ids::{OrderId, QuoteId, QuoteVersionId, StoreId, VariantId};
use crate::schema::{quote_files as files, quote_lines as lines, quote_messages as messages, quote_versions as versions, quotes as rows};
use crate::units::{Measure, Unit};
use chrono::NaiveDate;
use crm::activities::{self, Activity, Kind};
use crm::companies;
use crm::sales::{self, QuoteMove};
use crm::{CompanyId, CustomerId, MemberId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, on_each, words};

/// The most characters of a message, a note or a reason, and the most goods of a version.
pub const TEXT: usize = 5000;
pub const MOST_LINES: usize = 200;
/// The most quotes of a customer that wait for somebody.
const MOST_OPEN: i64 = 50;
/// Numbers begin behind this one.
const FIRST: i64 = 1000;

/// The text of the conflict when a quote went on since it was seen.
pub const STALE: &str = "quote-stale";
/// That an offer does not stand any more: it is over, or there is another one.
pub const ENDED: &str = "quote-ended";

words!(
    /// Asked ones wait for staff, offered ones for the customer.
    State {
        Asked = "asked",
        Offered = "offered",
        Accepted = "accepted",
        Declined = "declined",
        Expired = "expired",
        Withdrawn = "withdrawn",
    }
);
words!(Sender { Staff = "staff", Customer = "customer" });

/// A quote as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Quote {
    pub id: QuoteId,
    pub customer_id: CustomerId,
    pub company_id: Option<CompanyId>,
    pub member_id: Option<MemberId>,
    pub store_id: StoreId,
    pub currency: String,
    pub language: String,
    pub state: State,
    /// The number of the newest version; zero before there is one.
    pub latest: i64,
    /// The version that the customer was sent last.
    pub offered_id: Option<QuoteVersionId>,
    pub expires_at: Option<Time>,
    pub order_id: Option<OrderId>,
    pub assigned_to: String,
    pub reason: String,
    /// Counts every change, so that a page made from an older quote is noticed.
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
    pub decided_at: Option<Time>,
}

impl Quote {
    /// What people call it.
    pub fn number(&self) -> String {
        number(self.id)
    }

    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("quote {} has currency {}", self.id, self.currency)))
    }

    /// The version that can be accepted now.
    pub fn stands(&self, now: Time) -> Option<QuoteVersionId> {
        let live = self.state == State::Offered && self.order_id.is_none() && self.expires_at.is_some_and(|at| at > now);
        self.offered_id.filter(|_| live)
    }
}

/// What people call the quote with this id.
pub fn number(id: QuoteId) -> String {
    format!("Q{}", FIRST + id.0)
}

/// What people call the quote of this version.
pub(crate) fn number_of(conn: &mut Conn, id: QuoteVersionId) -> Result<String> {
    Ok(number(version(conn, id)?.quote_id))
}

/// The quote that a number names.
pub fn numbered(number: &str) -> Option<QuoteId> {
    let id: i64 = number.strip_prefix('Q')?.parse().ok()?;
    (id > FIRST).then_some(QuoteId(id - FIRST))
}

/// A version as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = versions)]
pub struct Version {
    pub id: QuoteVersionId,
    pub quote_id: QuoteId,
    pub number: i64,
    pub note: String,
    /// What the delivery costs; as in the shop without.
    pub shipping: Option<i64>,
    /// Empty for what was only asked for.
    pub expires_on: String,
    pub created_by: String,
    pub created_at: Time,
}

impl Version {
    /// The last day of the offer; `None` for what was only asked for.
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.expires_on.parse().ok()
    }
}

/// Goods of a version. Amounts are minor units of the quote's currency.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = lines)]
pub struct Line {
    /// `None` for goods that left the catalogue.
    pub variant_id: Option<VariantId>,
    pub title: String,
    pub sku: String,
    pub quantity: i64,
    pub unit_price: i64,
    pub cost: Option<i64>,
    /// What the unit price is for, and the decimals of it that the quantity counts.
    pub unit: Unit,
    pub unit_precision: i64,
}

impl Line {
    pub fn measure(&self) -> Measure {
        Measure::new(self.unit, self.unit_precision)
    }

    pub fn total(&self) -> i64 {
        self.measure().amount(self.unit_price, self.quantity)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = messages)]
pub struct Message {
    pub id: i64,
    pub sender: Sender,
    pub actor: String,
    pub text: String,
    pub at: Time,
}

/// A file that came with a message.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = files)]
pub struct File {
    pub id: i64,
    pub message_id: i64,
    pub name: String,
    pub content_type: String,
    /// Bytes.
    pub size: i64,
}

pub fn get(conn: &mut Conn, id: QuoteId) -> Result<Quote> {
    Ok(on_each!(conn, c => rows::table.find(id).select(Quote::as_select()).first(c))?)
}

/// A customer's quote by its number. One that they asked for a company is theirs while they are a member of it.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, number: &str) -> Result<Quote> {
    let found = get(conn, numbered(number).ok_or(Error::NotFound)?)?;
    if found.customer_id != customer || !belongs(conn, &found)? { Err(Error::NotFound) } else { Ok(found) }
}

/// Whether who asked still speaks for the company, if it was for one.
fn belongs(conn: &mut Conn, quote: &Quote) -> Result<bool> {
    let Some(member) = quote.member_id else { return Ok(true) };
    let buyer = companies::buyer(conn, member)?;
    Ok(buyer.is_some_and(|buyer| buyer.customer == quote.customer_id))
}

/// The quotes of a customer, the last first.
pub fn list_of(conn: &mut Conn, customer: CustomerId, before: Option<QuoteId>, limit: i64) -> Result<Vec<Quote>> {
    let members: Vec<MemberId> = companies::memberships(conn, customer)?.iter().filter(|one| one.buys()).map(|one| one.member).collect();
    let own = rows::table
        .filter(rows::customer_id.eq(customer))
        .filter(rows::member_id.is_null().or(rows::member_id.eq_any(members)))
        .filter(rows::id.lt(before.unwrap_or(QuoteId(i64::MAX))))
        .order(rows::id.desc())
        .limit(limit);
    Ok(on_each!(conn, c => own.select(Quote::as_select()).load(c))?)
}

/// What a list of staff or of a program shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub company: Option<CompanyId>,
    pub customer: Option<CustomerId>,
}

/// Quotes, the last first.
pub fn list(conn: &mut Conn, filter: &Filter, before: Option<QuoteId>, limit: i64) -> Result<Vec<Quote>> {
    let mut all = rows::table
        .filter(rows::id.lt(before.unwrap_or(QuoteId(i64::MAX))))
        .order(rows::id.desc())
        .limit(limit)
        .select(rows::id)
        .into_boxed();
    if let Some(state) = filter.state {
        all = all.filter(rows::state.eq(state));
    }
    if let Some(company) = filter.company {
        all = all.filter(rows::company_id.eq(company));
    }
    if let Some(customer) = filter.customer {
        all = all.filter(rows::customer_id.eq(customer));
    }
    let ids: Vec<QuoteId> = all.load(conn)?;
    let these = rows::table.filter(rows::id.eq_any(ids)).order(rows::id.desc());
    Ok(on_each!(conn, c => these.select(Quote::as_select()).load(c))?)
}

pub fn version(conn: &mut Conn, id: QuoteVersionId) -> Result<Version> {
    Ok(on_each!(conn, c => versions::table.find(id).select(Version::as_select()).first(c))?)
}

/// The versions of a quote, the newest first.
pub fn versions_of(conn: &mut Conn, id: QuoteId) -> Result<Vec<Version>> {
    let own = versions::table.filter(versions::quote_id.eq(id)).order(versions::number.desc());
    Ok(on_each!(conn, c => own.select(Version::as_select()).load(c))?)
}

/// What the customer sees of a quote: the version that they were sent, or what they asked for.
pub fn shown(conn: &mut Conn, quote: &Quote) -> Result<Option<Version>> {
    if let Some(offered) = quote.offered_id {
        return version(conn, offered).map(Some);
    }
    Ok(versions_of(conn, quote.id)?.into_iter().find(|version| version.expires_on.is_empty()))
}

pub fn lines_of(conn: &mut Conn, id: QuoteVersionId) -> Result<Vec<Line>> {
    let own = lines::table.filter(lines::version_id.eq(id)).order(lines::position);
    Ok(on_each!(conn, c => own.select(Line::as_select()).load(c))?)
}

/// What was said, in its order.
pub fn messages_of(conn: &mut Conn, id: QuoteId) -> Result<Vec<Message>> {
    let own = messages::table.filter(messages::quote_id.eq(id)).order(messages::id);
    Ok(on_each!(conn, c => own.select(Message::as_select()).load(c))?)
}

/// The files of these messages.
pub fn files_of(conn: &mut Conn, of: &[Message]) -> Result<Vec<File>> {
    let ids: Vec<i64> = of.iter().map(|message| message.id).collect();
    let own = files::table.filter(files::message_id.eq_any(ids)).order(files::id);
    Ok(on_each!(conn, c => own.select(File::as_select()).load(c))?)
}

/// A file of a quote with its bytes. Another quote's is `NotFound`.
pub fn file(conn: &mut Conn, quote: QuoteId, id: i64) -> Result<(File, Vec<u8>)> {
    let file: File = on_each!(conn, c => files::table.find(id).select(File::as_select()).first(c))?;
    let of: QuoteId = messages::table.find(file.message_id).select(messages::quote_id).first(conn)?;
    if of != quote {
        return Err(Error::NotFound);
    }
    let bytes: Vec<u8> = files::table.find(id).select(files::bytes).first(conn)?;
    Ok((file, bytes))
}

/// A text that somebody typed, without what no text has.
fn text(field: &str, typed: &str) -> Result<String> {
    let typed = typed.replace('\0', "").trim().to_string();
    if typed.chars().count() > TEXT { Err(Error::field(field, "field-too-long")) } else { Ok(typed) }
}

/// Locks a quote as it was at version `seen`, and counts the change.
fn claim(conn: &mut Conn, id: QuoteId, seen: i64, now: Time) -> Result<Quote> {
    let as_seen = rows::table.find(id).filter(rows::version.eq(seen));
    let moved = diesel::update(as_seen).set((rows::version.eq(rows::version + 1), rows::updated_at.eq(now))).execute(conn)?;
    let found = get(conn, id)?;
    if moved == 0 { Err(Error::conflict(STALE)) } else { Ok(found) }
}

/// Ends a quote that [`claim`] locked.
fn end(conn: &mut Conn, quote: &Quote, state: State, reason: &str, now: Time) -> Result<()> {
    let ended = (rows::state.eq(state), rows::reason.eq(reason), rows::decided_at.eq(now));
    diesel::update(rows::table.find(quote.id)).set(ended).execute(conn)?;
    tell(conn, quote, state, now)
}

/// Records that a quote came to an end; the opportunities that it is of follow.
fn tell(conn: &mut Conn, quote: &Quote, state: State, now: Time) -> Result<()> {
    let event = Event::QuoteDecided { quote: quote.id.0, state: state.as_str().to_string() };
    events::record(conn, "quotes", &format!("{}:{}:{}", state.as_str(), quote.id, now.and_utc().timestamp_micros()), &event, now)?;
    if matches!(state, State::Accepted | State::Declined) {
        remember(conn, quote, Kind::QuoteAnswered, None, now)?;
    }
    match state {
        State::Accepted => sales::quote_moved(conn, quote.id.0, QuoteMove::Accepted, now),
        State::Declined => sales::quote_moved(conn, quote.id.0, QuoteMove::Declined, now),
        State::Expired => sales::quote_moved(conn, quote.id.0, QuoteMove::Expired, now),
        State::Asked | State::Offered | State::Withdrawn => Ok(()),
    }
}

/// Tells the timeline of who asked.
fn remember(conn: &mut Conn, quote: &Quote, kind: Kind, amount: Option<Money>, now: Time) -> Result<()> {
    let happened = Activity {
        customer: Some(quote.customer_id),
        trail: None,
        kind,
        at: now,
        source: "quotes",
        dedupe_key: &format!("{}:{}:{}", quote.id, kind.as_str(), now.and_utc().timestamp_micros()),
        subject: Some(quote.id.0),
        amount,
        detail: &quote.number(),
    };
    activities::record(conn, &happened).map(drop)
}
