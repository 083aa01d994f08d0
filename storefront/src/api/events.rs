//! What programs are told of an event: the same views that the API answers with.

use super::order_view;
use crate::catalog;
use crate::exchanges;
use crate::ids::{OrderId, ProductId, ReturnId, VariantId};
use crate::orders;
use crate::returns;
use crate::webhooks::{self, Topic};
use crm::tickets::{self, TicketId};
use crm::{CustomerId, customers};
use kernel::clock::Time;
use kernel::events::Event;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};

/// Writes the messages that `event` calls for. Listens to every event; some are of no interest to programs.
pub fn tell(conn: &mut Conn, event: &Event, now: Time) -> Result<()> {
    let order = |id: &i64| OrderId(*id);
    match event {
        Event::OrderPlaced { order: id } => about_order(conn, Topic::OrderPlaced, order(id), now),
        Event::OrderConfirmed { order: id } => about_order(conn, Topic::OrderConfirmed, order(id), now),
        Event::OrderCancelled { order: id, .. } => about_order(conn, Topic::OrderCancelled, order(id), now),
        Event::OrderEdited { order: id, .. } => about_order(conn, Topic::OrderEdited, order(id), now),
        Event::PaymentSettled { order: id, .. } => about_order(conn, Topic::OrderPaid, order(id), now),
        Event::ShipmentSent { order: id, .. } => about_order(conn, Topic::OrderShipped, order(id), now),
        Event::RefundSettled { order: id, .. } => about_order(conn, Topic::OrderRefunded, order(id), now),
        Event::RefundCameBack { order: id, .. } => about_order(conn, Topic::RefundCameBack, order(id), now),
        Event::CustomerJoined { customer } => about_customer(conn, Topic::CustomerCreated, CustomerId(*customer), now),
        Event::CustomerChanged { customer } => about_customer(conn, Topic::CustomerUpdated, CustomerId(*customer), now),
        Event::CustomerErased { customer } => {
            let id = *customer;
            webhooks::tell(conn, Topic::CustomerErased, move |_| Ok(Some(json!({ "id": id }))), now)
        }
        Event::CustomersMerged { merged, survivor, .. } => about_merge(conn, Topic::CustomerMerged, *merged, *survivor, now),
        Event::CustomersParted { merged, survivor, .. } => about_merge(conn, Topic::CustomerUnmerged, *merged, *survivor, now),
        Event::JourneyReached { journey, customer, name, .. } => about_journey(conn, *journey, CustomerId(*customer), name, now),
        Event::StockMoved { variant } => about_stock(conn, VariantId(*variant), now),
        Event::ProductChanged { product } => about_product(conn, ProductId(*product), now),
        Event::ProductsChanged { products } => products.iter().try_for_each(|id| about_product(conn, ProductId(*id), now)),
        Event::ReturnChanged { back, .. } => about_return(conn, ReturnId(*back), now),
        Event::TicketOpened { ticket } => about_ticket(conn, Topic::TicketOpened, TicketId(*ticket), now),
        Event::TicketReplied { ticket, .. } => about_ticket(conn, Topic::TicketReplied, TicketId(*ticket), now),
        Event::TicketOverdue { ticket, .. } => about_ticket(conn, Topic::TicketOverdue, TicketId(*ticket), now),
        Event::TicketSolved { ticket, .. } => about_ticket(conn, Topic::TicketSolved, TicketId(*ticket), now),
        Event::PickupReady { .. } | Event::RefundRequested { .. } | Event::PaymentCaseOpened { .. } => Ok(()),
        Event::ApprovalAsked { .. } | Event::ApprovalDecided { .. } => Ok(()),
        Event::QuoteAsked { .. } | Event::QuoteOffered { .. } | Event::QuoteAnswered { .. } | Event::QuoteDecided { .. } => Ok(()),
    }
}

/// Whose number stands for whom, or does no longer.
fn about_merge(conn: &mut Conn, topic: Topic, merged: i64, survivor: i64, now: Time) -> Result<()> {
    webhooks::tell(conn, topic, move |_| Ok(Some(json!({ "id": survivor, "merged_id": merged }))), now)
}

/// A customer as they are when the event is told; nothing of one who was erased by then.
fn about_customer(conn: &mut Conn, topic: Topic, id: CustomerId, now: Time) -> Result<()> {
    let data = move |conn: &mut Conn| match customers::known(conn, id) {
        Ok(one) => Ok(Some(json!({ "id": one.id, "email": one.email, "name": one.name, "phone": one.phone, "language": one.language,
            "birthday": one.birthday, "tags": customers::tags(&one.tags) }))),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    };
    webhooks::tell(conn, topic, data, now)
}

/// Who came where in a journey; nothing of one who was erased by then.
fn about_journey(conn: &mut Conn, journey: i64, id: CustomerId, name: &str, now: Time) -> Result<()> {
    let name = name.to_string();
    let data = move |conn: &mut Conn| match customers::known(conn, id) {
        Ok(one) => Ok(Some(json!({ "journey_id": journey, "step": name, "customer": { "id": one.id, "email": one.email } }))),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    };
    webhooks::tell(conn, Topic::JourneyReached, data, now)
}

/// The stock of a variant as it is when the event is told.
fn about_stock(conn: &mut Conn, id: VariantId, now: Time) -> Result<()> {
    let data = move |conn: &mut Conn| match catalog::stock_row(conn, id) {
        Ok(row) => Ok(Some(json!({ "variant_id": id, "product_id": row.product, "sku": row.sku, "on_hand": row.level.on_hand,
            "allocated": row.level.allocated, "held": row.level.held, "free": row.free }))),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    };
    webhooks::tell(conn, Topic::StockUpdated, data, now)
}

fn about_product(conn: &mut Conn, id: ProductId, now: Time) -> Result<()> {
    let data = move |conn: &mut Conn| {
        let found = catalog::brief(conn, id)?;
        Ok(found.map(|one| json!({ "id": id, "slug": one.slug, "title": one.title, "status": one.status })))
    };
    webhooks::tell(conn, Topic::ProductUpdated, data, now)
}

/// A return as it is when the event is told, with its lines and the number of its order.
fn about_return(conn: &mut Conn, id: ReturnId, now: Time) -> Result<()> {
    let data = move |conn: &mut Conn| {
        let back = returns::get(conn, id)?;
        let order = orders::get(conn, back.order_id)?;
        let line = |line: &returns::ReturnLine| json!({ "line_id": line.order_line_id, "quantity": line.quantity, "reason": line.reason, "accepted": line.accepted });
        let lines: Vec<Value> = returns::lines_of(conn, id)?.iter().map(line).collect();
        Ok(Some(json!({ "order_number": order.number, "return": { "number": back.number, "status": back.status, "outcome": back.outcome,
            "comment": back.comment, "exchange": back.exchange, "exchange_order": exchanges::number_of(conn, &back)?, "lines": lines } })))
    };
    webhooks::tell(conn, Topic::ReturnUpdated, data, now)
}

/// A ticket as it is when the event is told, without what was written in it.
fn about_ticket(conn: &mut Conn, topic: Topic, id: TicketId, now: Time) -> Result<()> {
    let data = move |conn: &mut Conn| {
        let ticket = tickets::get(conn, id)?;
        let order = match ticket.order_id {
            Some(order) => Some(orders::get(conn, OrderId(order))?.number),
            None => None,
        };
        Ok(Some(json!({ "ticket": { "number": ticket.number, "kind": ticket.kind, "channel": ticket.channel, "status": ticket.status,
            "outcome": ticket.outcome, "priority": ticket.priority, "queue": ticket.queue, "customer_id": ticket.customer_id,
            "order_number": order, "opened_at": ticket.opened_at, "first_answered_at": ticket.first_answered_at,
            "solved_at": ticket.solved_at, "rating": ticket.rating } })))
    };
    webhooks::tell(conn, topic, data, now)
}

/// The order as it is when the event is told: what a program reads about it in the API at that moment.
fn about_order(conn: &mut Conn, topic: Topic, id: OrderId, now: Time) -> Result<()> {
    let data = move |conn: &mut Conn| match order_view::show(conn, id) {
        Ok(view) => Ok(Some(json!({ "order": serde_json::to_value(view)? }))),
        Err(Error::NotFound) => Ok::<Option<Value>, Error>(None),
        Err(error) => Err(error),
    };
    webhooks::tell(conn, topic, data, now)
}
