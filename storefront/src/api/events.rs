//! What programs are told of an event: the same views that the API answers with.

use super::order_view;
use crate::catalog;
use crate::ids::{OrderId, ProductId};
use crate::webhooks::{self, Topic};
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
        Event::PaymentSettled { order: id, .. } => about_order(conn, Topic::OrderPaid, order(id), now),
        Event::ShipmentSent { order: id, .. } => about_order(conn, Topic::OrderShipped, order(id), now),
        Event::RefundSettled { order: id, .. } => about_order(conn, Topic::OrderRefunded, order(id), now),
        Event::CustomerJoined { customer } => {
            let id = crm::CustomerId(*customer);
            let data = move |conn: &mut Conn| {
                let one = crm::customers::get(conn, id)?;
                Ok(Some(json!({ "id": one.id, "email": one.email, "name": one.name, "language": one.language })))
            };
            webhooks::tell(conn, Topic::CustomerCreated, data, now)
        }
        Event::ProductChanged { product } => about_product(conn, ProductId(*product), now),
        Event::ProductsChanged { products } => products.iter().try_for_each(|id| about_product(conn, ProductId(*id), now)),
        Event::PickupReady { .. } | Event::RefundRequested { .. } | Event::PaymentCaseOpened { .. } | Event::ReturnChanged { .. } => Ok(()),
    }
}

fn about_product(conn: &mut Conn, id: ProductId, now: Time) -> Result<()> {
    let data = move |conn: &mut Conn| {
        let found = catalog::brief(conn, id)?;
        Ok(found.map(|one| json!({ "id": id, "slug": one.slug, "title": one.title, "status": one.status })))
    };
    webhooks::tell(conn, Topic::ProductUpdated, data, now)
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
