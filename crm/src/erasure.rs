//! Taking out of the memory who a customer is. What they bought stays, as numbers: purchases and scores are the shop's books too.

use crate::CustomerId;
use crate::campaigns;
use crate::companies;
use crate::disputes;
use crate::email::Email;
use crate::inbound;
use crate::journeys;
use crate::merges;
use crate::sales;
use crate::schema::{activities, consents, customer_picks, customer_tasks, customers, identity_edges, mail_frequencies, trails};
use crate::segments::{self, Why};
use crate::sign_ups;
use crate::suppressions::{self, Reason};
use crate::surveys;
use crate::tickets;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, token};

/// The domain of what stands in place of a mail address. No mail can ever arrive there (RFC 2606).
const NOWHERE: &str = "@erased.invalid";

/// What stands in place of the mail address of a customer who was erased.
pub fn placeholder(customer: CustomerId) -> String {
    format!("erased-{customer}{NOWHERE}")
}

/// Whether an address is that of somebody who was erased.
pub fn is_erased(email: &str) -> bool {
    email.ends_with(NOWHERE)
}

/// Empties the row of a customer and keeps it locked to the end of the transaction: nothing can be added about them meanwhile. `NotFound`
/// when they were erased before.
pub fn begin(conn: &mut Conn, customer: CustomerId, now: Time) -> Result<()> {
    let stands_for = placeholder(customer);
    let emptied = diesel::update(customers::table.find(customer).filter(customers::erased_at.is_null()))
        .set((
            // First of all the key: changing what is unique keeps rows out that refer to this one.
            customers::email_key.eq(&stands_for),
            customers::email.eq(&stands_for),
            customers::name.eq(""),
            customers::name_key.eq(""),
            customers::phone.eq(""),
            customers::tags.eq(""),
            customers::note.eq(""),
            customers::birthday.eq(""),
            customers::erased_at.eq(now),
            customers::updated_at.eq(now),
        ))
        .execute(conn)?;
    if emptied == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// Takes away everything else that the memory knows but what was bought: the timeline, which browsers were theirs, what they allowed. In
/// place of the ledger of consents stands that none of `addresses` may be written to because of an old yes.
pub fn finish(conn: &mut Conn, customer: CustomerId, addresses: &[Email], now: Time) -> Result<()> {
    diesel::delete(activities::table.filter(activities::customer_id.eq(customer))).execute(conn)?;
    diesel::delete(identity_edges::table.filter(identity_edges::customer_id.eq(customer))).execute(conn)?;
    let own: Vec<i64> = trails::table.filter(trails::customer_id.eq(customer)).select(trails::id).load(conn)?;
    for trail in own {
        // The browser still has the old secret, and is a stranger with it.
        diesel::update(trails::table.filter(trails::id.eq(trail)))
            .set((trails::customer_id.eq(None::<CustomerId>), trails::secret.eq(token::hash(&token::random()))))
            .execute(conn)?;
    }
    diesel::delete(consents::table.filter(consents::customer_id.eq(customer))).execute(conn)?;
    diesel::delete(mail_frequencies::table.filter(mail_frequencies::customer_id.eq(customer))).execute(conn)?;
    sign_ups::forget(conn, addresses)?;
    diesel::delete(customer_picks::table.filter(customer_picks::customer_id.eq(customer))).execute(conn)?;
    diesel::delete(customer_tasks::table.filter(customer_tasks::customer_id.eq(customer))).execute(conn)?;
    tickets::forget(conn, customer, addresses)?;
    disputes::forget(conn, customer)?;
    companies::forget(conn, customer, addresses)?;
    sales::forget(conn, customer, addresses)?;
    campaigns::forget(conn, customer)?;
    journeys::forget(conn, customer, now)?;
    surveys::forget(conn, customer)?;
    inbound::forget(conn, customer, addresses)?;
    merges::forget(conn, &[customer])?;
    segments::follow(conn, customer, Why::Profile, now)?;
    for address in addresses {
        suppressions::suppress(conn, address, Reason::Erased, "", now)?;
    }
    events::record(conn, "customers", &format!("erased:{customer}"), &Event::CustomerErased { customer: customer.0 }, now)?;
    Ok(())
}
