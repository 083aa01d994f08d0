//! What the mail of a journey is about: the product that is back, or costs less.

use super::draw::Why;
use super::people::Person;
use super::stage::Stage;
use crate::ids::ProductId;
use crate::promotions::Audience;
use crate::web::shelves;
use crate::web::views::shared::Card;
use crm::CustomerId;
use crm::campaigns::{Claimed, DeliveryId};
use crm::journeys::{self, EnrolmentId};
use kernel::{Conn, Result};
use std::borrow::Borrow;
use std::collections::HashMap;

/// The product that a journey is about.
pub(super) enum Occasion {
    Product(Box<Card>),
    /// There is none, or it cannot be bought now.
    Over,
    /// Of a mail that is only looked at: something that the reader may want stands for it.
    Sample,
}

/// The products of mails, each at the prices of its reader.
pub(super) type Occasions = HashMap<DeliveryId, Card>;

/// What journeys are about. Empty where the content does not show it.
pub(super) fn load<C: Borrow<Claimed>>(
    conn: &mut Conn,
    stage: &Stage,
    claimed: &[C],
    people: &HashMap<CustomerId, Result<Person, Why>>,
) -> Result<Occasions> {
    let mut found = HashMap::new();
    if !stage.has_occasion() {
        return Ok(found);
    }
    let ids: Vec<EnrolmentId> = claimed.iter().map(|one| EnrolmentId(one.borrow().round)).collect();
    let subjects = journeys::subjects(conn, &ids)?;
    let mut products: Vec<ProductId> = subjects.values().copied().map(ProductId).collect();
    products.sort_unstable();
    products.dedup();
    let everybody = Audience::default();
    let mut cards = HashMap::new();
    for language in stage.scripts.keys().copied() {
        let shown = shelves::cards_by_id(conn, &products, &stage.showing(language, &everybody))?;
        cards.extend(shown.into_iter().map(|(id, card)| ((language, id), card)));
    }
    for one in claimed {
        let one: &Claimed = one.borrow();
        let Some(Ok(person)) = people.get(&one.customer) else { continue };
        let Some(id) = subjects.get(&EnrolmentId(one.round)).copied().map(ProductId) else { continue };
        let card = match person.audience() == &everybody {
            true => cards.get(&(person.language, id)).cloned(),
            false => {
                let showing = stage.showing(person.language, person.audience());
                shelves::cards_by_id(conn, &[id], &showing)?.into_iter().map(|(_, card)| card).next()
            }
        };
        if let Some(card) = card.filter(|card| !card.sold_out) {
            found.insert(one.id, card);
        }
    }
    Ok(found)
}

/// What the mail of a delivery is about.
pub(super) fn of(all: &Occasions, claimed: &Claimed) -> Occasion {
    all.get(&claimed.id).map_or(Occasion::Over, |card| Occasion::Product(Box::new(card.clone())))
}
