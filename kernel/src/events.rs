//! What happened, recorded in the same transaction as the thing itself. The row is outbox, diary and the crm's input at once.
//! A payload holds ids, numbers and amounts, never names or addresses, so that erasing a person never touches history.

use crate::Result;
use crate::clock::Time;
use crate::db::Conn;
use crate::schema::events;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// The shop's vocabulary. Fields are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// An order exists and its goods are set aside; its payment may be open.
    OrderPlaced {
        order: i64,
    },
    /// Paid, authorised or accepted on other terms: the shop will deliver.
    OrderConfirmed {
        order: i64,
    },
    OrderCancelled {
        order: i64,
        reason: String,
    },
    /// Staff changed an order before it was shipped; `edit` is the record of it.
    OrderEdited {
        order: i64,
        edit: i64,
    },
    PaymentSettled {
        order: i64,
        payment: i64,
    },
    ShipmentSent {
        order: i64,
        shipment: i64,
    },
    /// The goods of an order wait for the buyer who picks them up.
    PickupReady {
        order: i64,
    },
    RefundRequested {
        order: i64,
        refund: i64,
    },
    RefundSettled {
        order: i64,
        refund: i64,
    },
    /// A refund that had gone through came back to the shop.
    RefundCameBack {
        order: i64,
        refund: i64,
    },
    /// Money arrived that no order wants any more; it is on its way back.
    PaymentCaseOpened {
        order: i64,
        payment_case: i64,
    },
    /// A return of goods was asked for or took a step; `status` is what it has now.
    ReturnChanged {
        order: i64,
        back: i64,
        status: String,
    },
    CustomerJoined {
        customer: i64,
    },
    /// Name, phone, language, tags, note or what they allow changed.
    CustomerChanged {
        customer: i64,
    },
    /// Everything that told who a customer is was taken away; what their orders came to stays.
    CustomerErased {
        customer: i64,
    },
    /// Staff found that two customers are one: the number of the one stands for the other from now on.
    CustomersMerged {
        merge: i64,
        merged: i64,
        survivor: i64,
    },
    /// They are two after all.
    CustomersParted {
        merge: i64,
        merged: i64,
        survivor: i64,
    },
    /// Somebody came to a step of a journey of which programs are told; `name` is what staff call it.
    JourneyReached {
        journey: i64,
        enrolment: i64,
        customer: i64,
        name: String,
    },
    /// Something a shelf or a search result shows of a product changed.
    ProductChanged {
        product: i64,
    },
    /// The same of many products, which one batch changed.
    ProductsChanged {
        products: Vec<i64>,
    },
    /// Units of a variant came, went or were counted otherwise than by an order, or it became sold out or available again.
    StockMoved {
        variant: i64,
    },
    /// Somebody asked the shop for something, or staff noted that they did.
    TicketOpened {
        ticket: i64,
    },
    /// Staff answered; `message` is what goes to the customer.
    TicketReplied {
        ticket: i64,
        message: i64,
    },
    /// A ticket came to an end with this outcome; `message` is the last answer, when one was given with it.
    TicketSolved {
        ticket: i64,
        outcome: String,
        message: Option<i64>,
    },
    /// Somebody waited for an answer, or for an end, longer than they should; `clock` says for which.
    TicketOverdue {
        ticket: i64,
        clock: String,
    },
    /// A member of a company wants to order what somebody has to approve.
    ApprovalAsked {
        approval: i64,
    },
    /// It was approved, refused, or came to another end; `state` is what it has now.
    ApprovalDecided {
        approval: i64,
        state: String,
    },
    /// A customer asked what goods would cost them.
    QuoteAsked {
        quote: i64,
    },
    /// Staff sent them an offer; `version` is the record of it.
    QuoteOffered {
        quote: i64,
        version: i64,
    },
    /// Staff wrote to them about it.
    QuoteAnswered {
        quote: i64,
        message: i64,
    },
    /// It was accepted, declined, taken back, or nobody answered in time; `state` is what it has now.
    QuoteDecided {
        quote: i64,
        state: String,
    },
}

impl Event {
    /// The name in the `kind` column, the same as the tag in the payload.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::OrderPlaced { .. } => "order_placed",
            Event::OrderConfirmed { .. } => "order_confirmed",
            Event::OrderCancelled { .. } => "order_cancelled",
            Event::OrderEdited { .. } => "order_edited",
            Event::PaymentSettled { .. } => "payment_settled",
            Event::ShipmentSent { .. } => "shipment_sent",
            Event::PickupReady { .. } => "pickup_ready",
            Event::RefundRequested { .. } => "refund_requested",
            Event::RefundSettled { .. } => "refund_settled",
            Event::RefundCameBack { .. } => "refund_came_back",
            Event::PaymentCaseOpened { .. } => "payment_case_opened",
            Event::ReturnChanged { .. } => "return_changed",
            Event::CustomerJoined { .. } => "customer_joined",
            Event::CustomerChanged { .. } => "customer_changed",
            Event::CustomerErased { .. } => "customer_erased",
            Event::CustomersMerged { .. } => "customers_merged",
            Event::CustomersParted { .. } => "customers_parted",
            Event::JourneyReached { .. } => "journey_reached",
            Event::StockMoved { .. } => "stock_moved",
            Event::TicketOpened { .. } => "ticket_opened",
            Event::TicketReplied { .. } => "ticket_replied",
            Event::TicketSolved { .. } => "ticket_solved",
            Event::TicketOverdue { .. } => "ticket_overdue",
            Event::ApprovalAsked { .. } => "approval_asked",
            Event::ApprovalDecided { .. } => "approval_decided",
            Event::QuoteAsked { .. } => "quote_asked",
            Event::QuoteOffered { .. } => "quote_offered",
            Event::QuoteAnswered { .. } => "quote_answered",
            Event::QuoteDecided { .. } => "quote_decided",
            Event::ProductChanged { .. } => "product_changed",
            Event::ProductsChanged { .. } => "products_changed",
        }
    }
}

/// Records `event`. The pair (`source`, `dedupe_key`) is unique: recording it again changes nothing and answers `false`.
pub fn record(conn: &mut Conn, source: &str, dedupe_key: &str, event: &Event, now: Time) -> Result<bool> {
    let row = (
        events::kind.eq(event.kind()),
        events::payload.eq(crate::json::text(event)?),
        events::source.eq(source),
        events::dedupe_key.eq(dedupe_key),
        events::created_at.eq(now),
    );
    let added = crate::prepared!(conn, diesel::insert_into(events::table).values(row).on_conflict_do_nothing() => execute)?;
    Ok(added == 1)
}

/// A recorded event.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub id: i64,
    pub event: Event,
    pub at: Time,
}

/// The oldest events that no listener was told of yet.
pub fn undispatched(conn: &mut Conn, limit: i64) -> Result<Vec<Recorded>> {
    let rows: Vec<(i64, String, Time)> = events::table
        .filter(events::dispatched_at.is_null())
        .order(events::id)
        .limit(limit)
        .select((events::id, events::payload, events::created_at))
        .load(conn)?;
    rows.into_iter().map(|(id, payload, at)| Ok(Recorded { id, event: serde_json::from_str(&payload)?, at })).collect()
}

/// Marks an event as dispatched. `false` when another process was first. By mark and not by cursor, since PostgreSQL hands out
/// ids before the commit and a cursor would pass over a row that commits late.
pub fn mark_dispatched(conn: &mut Conn, id: i64, now: Time) -> Result<bool> {
    let marked =
        diesel::update(events::table.find(id)).filter(events::dispatched_at.is_null()).set(events::dispatched_at.eq(now)).execute(conn)?;
    Ok(marked == 1)
}

pub fn get(conn: &mut Conn, id: i64) -> Result<Recorded> {
    let (payload, at): (String, Time) = events::table.find(id).select((events::payload, events::created_at)).first(conn)?;
    Ok(Recorded { id, event: serde_json::from_str(&payload)?, at })
}

/// How many events wait for dispatch.
pub fn backlog(conn: &mut Conn) -> Result<i64> {
    Ok(events::table.filter(events::dispatched_at.is_null()).count().get_result(conn)?)
}
