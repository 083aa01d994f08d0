//! What happened with each customer, in the order of time: looked at, searched for, ordered, sent, paid, returned, written. Rows are added
//! once and never changed, but for whose they are ([`crate::trails`]).
//!
//! What comes of an order's books carries [`BOOKS`] as its source and can be made anew from them. Everything else is the log itself.

use crate::CustomerId;
use crate::journeys;
use crate::schema::activities;
use crate::segments;
use crate::trails::TrailId;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Result, prepared, words};

/// The source of what the books of an order say.
pub const BOOKS: &str = "books";

kernel::id!(ActivityId);

words!(
    /// What happened. The first ones are told by visitors who allowed it, the others by the shop.
    Kind {
        ProductViewed = "product_viewed",
        CategoryViewed = "category_viewed",
        Searched = "searched",
        CartChanged = "cart_changed",
        SignedIn = "signed_in",
        OrderPlaced = "order_placed",
        OrderChanged = "order_changed",
        OrderCancelled = "order_cancelled",
        OrderPaid = "order_paid",
        OrderShipped = "order_shipped",
        ReturnAsked = "return_asked",
        OrderReturned = "order_returned",
        OrderRefunded = "order_refunded",
        MailSent = "mail_sent",
        ConsentSaid = "consent_said",
        NoteWritten = "note_written",
        OfferGiven = "offer_given",
        WishListed = "wish_listed",
        /// They answered a survey, or wrote about something that they bought.
        SurveyAnswered = "survey_answered",
        ReviewWritten = "review_written",
        TaskSet = "task_set",
        TaskDone = "task_done",
        /// They asked the shop for something, were answered, and it came to an end.
        TicketOpened = "ticket_opened",
        TicketAnswered = "ticket_answered",
        TicketSolved = "ticket_solved",
        /// Staff found that another customer is the same person, or that they are not.
        Merged = "merged",
        Parted = "parted",
        /// They buy for a company from now on, or not any more.
        CompanyJoined = "company_joined",
        CompanyLeft = "company_left",
        /// They asked what goods would cost them, were offered a price, and said yes or no.
        QuoteAsked = "quote_asked",
        QuoteOffered = "quote_offered",
        QuoteAnswered = "quote_answered",
        /// Sales staff called them, met them or wrote to them.
        SalesContact = "sales_contact",
    }
);

/// Something to be kept. The pair (`source`, `dedupe_key`) is unique.
#[derive(Clone, Debug)]
pub struct Activity<'a> {
    pub customer: Option<CustomerId>,
    pub trail: Option<TrailId>,
    pub kind: Kind,
    pub at: Time,
    pub source: &'a str,
    pub dedupe_key: &'a str,
    /// The product, order or mail that it is about.
    pub subject: Option<i64>,
    pub amount: Option<Money>,
    /// Words of it: an order's number, what was searched for.
    pub detail: &'a str,
}

/// Keeps what happened now; `false` when it was known. The customer's segments and journeys follow.
pub fn record(conn: &mut Conn, activity: &Activity) -> Result<bool> {
    let added = keep(conn, activity)?;
    if let (true, Some(customer)) = (added, activity.customer) {
        segments::follow_events(conn, &[customer], &[activity.kind.as_str()], activity.at)?;
        journeys::told(conn, customer, activity.kind.as_str(), activity.subject, activity.at)?;
    }
    Ok(added)
}

/// [`record`] for whoever has the segments and journeys of the customers follow afterwards: of much at once, or of what happened long ago.
pub fn keep(conn: &mut Conn, activity: &Activity) -> Result<bool> {
    let row = (
        activities::customer_id.eq(activity.customer),
        activities::trail_id.eq(activity.trail),
        activities::kind.eq(activity.kind),
        activities::happened_at.eq(activity.at),
        activities::source.eq(activity.source),
        activities::dedupe_key.eq(activity.dedupe_key),
        activities::subject.eq(activity.subject),
        activities::amount.eq(activity.amount.map(|money| money.minor)),
        activities::currency.eq(activity.amount.map(|money| money.currency.code())),
        activities::detail.eq(activity.detail),
    );
    let added = prepared!(conn, diesel::insert_into(activities::table).values(row).on_conflict_do_nothing() => execute)?;
    Ok(added == 1)
}

/// What happened, as a timeline shows it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = activities)]
pub struct Entry {
    pub id: ActivityId,
    pub kind: Kind,
    pub happened_at: Time,
    pub subject: Option<i64>,
    amount: Option<i64>,
    currency: Option<String>,
    pub detail: String,
}

impl Entry {
    pub fn amount(&self) -> Option<Money> {
        let currency = self.currency.as_deref().and_then(Currency::parse)?;
        self.amount.map(|minor| Money::new(minor, currency))
    }

    pub fn place(&self) -> Place {
        Place { at: self.happened_at, id: self.id }
    }
}

/// Where a page of a timeline ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: Time,
    pub id: ActivityId,
}

impl Place {
    /// As an address carries it.
    pub fn text(&self) -> String {
        format!("{}-{}", self.at.and_utc().timestamp_micros(), self.id)
    }

    /// What [`Place::text`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Place> {
        let (micros, id) = text.split_once('-')?;
        let at: NaiveDateTime = chrono::DateTime::from_timestamp_micros(micros.parse().ok()?)?.naive_utc();
        Some(Place { at, id: ActivityId(id.parse().ok()?) })
    }
}

/// A customer's timeline, the latest first, of one kind or all, from behind `before`.
pub fn timeline(conn: &mut Conn, customer: CustomerId, kind: Option<Kind>, before: Option<Place>, limit: i64) -> Result<Vec<Entry>> {
    let mut query = activities::table
        .filter(activities::customer_id.eq(customer))
        .order((activities::happened_at.desc(), activities::id.desc()))
        .limit(limit)
        .select(Entry::as_select())
        .into_boxed();
    if let Some(kind) = kind {
        query = query.filter(activities::kind.eq(kind));
    }
    if let Some(before) = before {
        let same = activities::happened_at.eq(before.at).and(activities::id.lt(before.id));
        query = query.filter(activities::happened_at.le(before.at)).filter(activities::happened_at.lt(before.at).or(same));
    }
    Ok(query.load(conn)?)
}

/// The mails that were handed over to a customer since a moment.
pub(crate) fn mails_since(conn: &mut Conn, customer: CustomerId, since: Time) -> Result<Vec<(ActivityId, i64)>> {
    let sent = activities::table
        .filter(activities::customer_id.eq(customer))
        .filter(activities::kind.eq(Kind::MailSent))
        .filter(activities::happened_at.gt(since));
    let rows: Vec<(ActivityId, Option<i64>)> = sent.select((activities::id, activities::subject)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, mail)| Some((id, mail?))).collect())
}

/// Forgets what the books of an order said, for making it anew.
pub fn forget_books(conn: &mut Conn, customer: CustomerId, order: i64) -> Result<()> {
    let said = activities::table
        .filter(activities::customer_id.eq(customer))
        .filter(activities::source.eq(BOOKS))
        .filter(activities::subject.eq(order));
    diesel::delete(said).execute(conn)?;
    Ok(())
}

/// How many a customer has.
pub fn count_of(conn: &mut Conn, customer: CustomerId) -> Result<i64> {
    Ok(activities::table.filter(activities::customer_id.eq(customer)).count().get_result(conn)?)
}

/// How many there are.
pub fn count(conn: &mut Conn) -> Result<i64> {
    Ok(activities::table.count().get_result(conn)?)
}
