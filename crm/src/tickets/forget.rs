//! What stays of the tickets of somebody who was erased: when, about which order, and what came of it.

use super::{TicketId, joins, terms};
use crate::CustomerId;
use crate::email::Email;
use crate::schema::{chats, ticket_events, ticket_files, ticket_messages, tickets};
use diesel::prelude::*;
use kernel::{Conn, Result};

/// Rows of one statement.
const TOGETHER: usize = 500;

/// Takes out of the tickets of a customer, and of those with one of their addresses, who asked and every word that was written.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId, addresses: &[Email]) -> Result<()> {
    let keys: Vec<String> = addresses.iter().map(Email::key).collect();
    let theirs = tickets::customer_id.eq(customer).or(tickets::customer_id.is_null().and(tickets::email_key.eq_any(keys)));
    let own: Vec<TicketId> = tickets::table.filter(theirs.assume_not_null()).select(tickets::id).load(conn)?;
    for some in own.chunks(TOGETHER) {
        words(conn, some)?;
    }
    // What they were merged into had their words as well.
    for id in own {
        for one in joins::upwards(conn, id)? {
            terms::anew(conn, one)?;
        }
    }
    Ok(())
}

fn words(conn: &mut Conn, ids: &[TicketId]) -> Result<()> {
    let own = ticket_messages::table.filter(ticket_messages::ticket_id.eq_any(ids.to_vec()));
    let messages: Vec<i64> = own.select(ticket_messages::id).load(conn)?;
    for some in messages.chunks(TOGETHER) {
        diesel::delete(ticket_files::table.filter(ticket_files::message_id.eq_any(some.to_vec()))).execute(conn)?;
        diesel::update(ticket_messages::table.filter(ticket_messages::id.eq_any(some.to_vec())))
            .set((
                ticket_messages::body.eq(""),
                ticket_messages::html.eq(None::<String>),
                ticket_messages::message_id.eq(None::<String>),
                ticket_messages::in_reply_to.eq(None::<String>),
            ))
            .execute(conn)?;
    }
    diesel::delete(chats::table.filter(chats::ticket_id.eq_any(ids.to_vec()))).execute(conn)?;
    // Queues and tags are words of staff; what a ticket came to stays.
    let filed = ticket_events::table.filter(ticket_events::ticket_id.eq_any(ids.to_vec())).filter(ticket_events::kind.eq("tagged"));
    diesel::update(filed).set((ticket_events::detail.eq(""), ticket_events::before.eq(""))).execute(conn)?;
    diesel::update(tickets::table.filter(tickets::id.eq_any(ids.to_vec())))
        .set((
            tickets::subject.eq(""),
            tickets::email.eq(""),
            tickets::email_key.eq(""),
            tickets::phone.eq(""),
            tickets::tags.eq(""),
            tickets::rating_note.eq(""),
            tickets::request_key.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}
