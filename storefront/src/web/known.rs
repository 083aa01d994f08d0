//! What is known of a visitor when a shared page is put together for them: asked of the database at each request, so that a session
//! that was ended shows nothing from then on.

use super::door::Door;
use super::frame;
use super::visit::Visit;
use crate::buying;
use crate::logins;
use crate::offers;
use crate::promotions::{Audience, Personal, Theirs};
use crate::punchout;
use crate::stores::PricesFor;
use crm::companies::Buyer;
use crm::{CustomerId, customers};
use kernel::Result;
use std::sync::Arc;

/// What pages show of a visitor, and what their prices depend on.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What to call the customer who is signed in; `None` for a guest.
    pub name: Option<String>,
    /// Units in the cart.
    pub units: u32,
    pub audience: Audience,
    /// Who is signed in.
    pub customer: Option<CustomerId>,
    /// They were given an offer.
    pub offered: bool,
    /// For which company they buy, and what they may.
    pub buyer: Option<Buyer>,
    /// An offer is to be decided for them.
    undecided: bool,
}

/// Asks for a visitor. Costs nothing for whoever has neither an account nor a cart that the browser does not remember, and one read
/// for others: the session and the name, each by its key.
pub async fn load(door: &Door, visit: &Visit) -> Result<Known> {
    let now = door.now();
    let remembered = if visit.known { visit.units(&door.signer, now) } else { Some(0) };
    if let (None, None, Some(units)) = (&visit.session, &visit.punchout, remembered) {
        return Ok(Known { units, ..Known::default() });
    }
    let mut known = ask(door, visit, remembered).await?;
    // The first page of theirs while an offer waits for a decision has it made: the page shows what was decided.
    if let Some(customer) = known.customer.filter(|customer| known.undecided && door.memory.undecided.get(customer).is_none()) {
        let settled = door.write(move |conn, now| offers::settle(conn, customer, now)).await;
        // A page is shown whatever becomes of an offer.
        let decided = settled.unwrap_or_else(|error| {
            tracing::warn!(%error, "an offer cannot be decided now");
            0
        });
        match decided {
            0 => door.memory.undecided.put(customer, (), size_of::<CustomerId>()),
            _ => known = ask(door, visit, remembered).await?,
        }
    }
    if remembered.is_none() {
        visit.keep_units(&door.signer, known.units, now);
    }
    Ok(known)
}

async fn ask(door: &Door, visit: &Visit, remembered: Option<u32>) -> Result<Known> {
    let (store, limited) = (visit.site.id, visit.site.prices_for != PricesFor::Everybody);
    let (session, visitor, personal) = (visit.session.clone(), visit.visitor.clone(), door.memory.personal.get(&()));
    let punched = visit.punchout.clone();
    let (known, personal) = door
        .glance(move |conn, now| {
            let session = session.map_or(Ok(None), |session| logins::session_with_member(conn, &session, now))?;
            let (customer, member) = (session.map(|(customer, _)| customer), session.and_then(|(_, member)| member));
            let units = remembered.map_or_else(|| frame::cart_units(conn, store, &visitor, customer), Ok)?;
            let Some(customer) = customer else {
                let mut known = Known { units, buyer: punchout::buyer(conn, punched.as_deref(), now)?, ..Known::default() };
                if let Some(buyer) = &known.buyer {
                    known.audience.for_company(buyer);
                }
                return Ok((known, None));
            };
            let personal = personal.map_or_else(|| Personal::load(conn, now).map(Arc::new), Ok)?;
            let (name, email) = customers::name_and_email(conn, customer)?;
            let theirs = personal.of(conn, customer, &email, now)?;
            let name = if name.is_empty() { email } else { name };
            let Theirs { mut audience, offered, undecided } = theirs;
            let buyer = buying::by(conn, customer, member)?;
            audience.signed_in = limited;
            if let Some(buyer) = &buyer {
                audience.for_company(buyer);
            }
            let name = Some(frame::called(name, buyer.as_ref()));
            Ok((Known { name, units, audience, customer: Some(customer), offered, buyer, undecided }, Some(personal)))
        })
        .await?;
    if let Some(personal) = personal {
        door.memory.personal.put((), personal, 1);
    }
    Ok(known)
}
