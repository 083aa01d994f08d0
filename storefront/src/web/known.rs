//! What is known of a visitor when a shared page is put together for them: asked of the database at each request, so that a session
//! that was ended shows nothing from then on.

use super::door::Door;
use super::frame;
use super::visit::Visit;
use crate::ids::StoreId;
use crate::logins::{self, SignedIn};
use crate::offers;
use crate::promotions::{Audience, Personal, Theirs};
use crate::punchout;
use crate::stores::PricesFor;
use crm::companies::{self, Buyer};
use crm::{CustomerId, MemberId, customers};
use kernel::clock::Time;
use kernel::db::Together;
use kernel::{Conn, Db, Result};
use std::collections::{BTreeSet, HashMap};
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

/// Asks for a visitor. Costs nothing for whoever has neither an account nor a cart that the browser does not remember, and for others
/// the session and the name, each by its key.
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
    let asked = Asked {
        store: visit.site.id,
        limited: visit.site.prices_for != PricesFor::Everybody,
        session: visit.session.clone(),
        visitor: visit.visitor.clone(),
        punchout: visit.punchout.clone(),
        remembered,
        personal: door.memory.personal.get(&()),
        now: door.now(),
    };
    let fresh = asked.personal.is_none();
    let Face { known, personal } = door.faces.ask(asked).await?;
    if let Some(personal) = personal.filter(|_| fresh) {
        door.memory.personal.put((), personal, 1);
    }
    Ok(known)
}

/// What a request says of its visitor.
pub struct Asked {
    store: StoreId,
    /// The store hides its prices from some.
    limited: bool,
    session: Option<String>,
    visitor: String,
    punchout: Option<String>,
    /// Units in the cart, as the browser remembers them.
    remembered: Option<u32>,
    /// The promotions for certain people, when they were read a moment ago.
    personal: Option<Arc<Personal>>,
    now: Time,
}

/// What is known of a visitor, and the promotions for certain people that were read for it.
pub struct Face {
    known: Known,
    personal: Option<Arc<Personal>>,
}

/// Where requests ask who their visitors are, several as one.
pub type Faces = Together<Asked, Face>;

/// Begins to answer who visitors are.
pub fn faces(db: Db) -> Faces {
    Together::new(db, answer)
}

/// A question to the database for all of them, for each thing that is asked of some.
fn answer(conn: &mut Conn, asked: &[Asked]) -> Result<Vec<Face>> {
    let Some(now) = asked.iter().map(|one| one.now).max() else { return Ok(Vec::new()) };
    let tokens: Vec<&str> = asked.iter().filter_map(|one| one.session.as_deref()).collect();
    let mut sessions = logins::sessions_with_members(conn, &tokens, now)?.into_iter();
    let sessions: Vec<Option<SignedIn>> = asked.iter().map(|one| one.session.as_ref().and_then(|_| sessions.next().flatten())).collect();
    let (customers, members): (BTreeSet<CustomerId>, Vec<Option<MemberId>>) = sessions.iter().flatten().copied().unzip();
    let customers: Vec<CustomerId> = customers.into_iter().collect();
    let names = customers::names_and_emails(conn, &customers)?;
    let buyers = companies::buyers(conn, &members.into_iter().flatten().collect::<Vec<_>>())?;
    let known: Vec<(CustomerId, String)> =
        customers.iter().filter_map(|customer| Some((*customer, names.get(customer)?.1.clone()))).collect();
    let personal = match asked.iter().find_map(|one| one.personal.clone()) {
        None if !known.is_empty() => Some(Arc::new(Personal::load(conn, now)?)),
        kept => kept,
    };
    let theirs = personal.as_ref().map_or(Ok(Vec::new()), |personal| personal.of_these(conn, &known, now))?;
    let theirs: HashMap<CustomerId, Theirs> = known.iter().map(|(customer, _)| *customer).zip(theirs).collect();
    let mut faces = Vec::with_capacity(asked.len());
    for (one, session) in asked.iter().zip(sessions) {
        let customer = session.map(|(customer, _)| customer);
        let units = one.remembered.map_or_else(|| frame::cart_units(conn, one.store, &one.visitor, customer), Ok)?;
        let known = match session.and_then(|(customer, member)| Some((customer, member, names.get(&customer)?))) {
            Some((customer, member, (name, email))) => {
                let buyer = member.and_then(|member| buyers.get(&member)).filter(|buyer| buyer.customer == customer).cloned();
                let Theirs { mut audience, offered, undecided } = theirs.get(&customer).cloned().unwrap_or_default();
                audience.signed_in = one.limited;
                let name = if name.is_empty() { email } else { name };
                let name = Some(frame::called(name.clone(), buyer.as_ref()));
                Known { name, units, audience, customer: Some(customer), offered, buyer, undecided }
            }
            None => Known { units, buyer: punchout::buyer(conn, one.punchout.as_deref(), one.now)?, ..Known::default() },
        };
        faces.push(Face { known: known.by_their_prices(), personal: personal.clone() });
    }
    Ok(faces)
}

impl Known {
    /// Whoever buys for a company pays its prices.
    fn by_their_prices(mut self) -> Known {
        if let Some(buyer) = &self.buyer {
            self.audience.for_company(buyer);
        }
        self
    }
}
