//! What the mail of a journey is about: the product that is back, or costs less.

use super::stage::Stage;
use crate::ids::ProductId;
use crate::promotions::Audience;
use crate::web::shelves;
use crate::web::views::shared::Card;
use crm::campaigns::Claimed;
use crm::journeys::{self, EnrolmentId};
use kernel::web::i18n::Language;
use kernel::{Conn, Result};
use std::collections::{BTreeMap, HashMap};

/// The product that a journey is about.
pub(super) enum Occasion {
    Product(Box<Card>),
    /// There is none, or it cannot be bought now.
    Over,
    /// Of a mail that is only looked at: something that the reader may want stands for it.
    Sample,
}

/// The products of mails, by the enrolments that these belong to, as cards in each language.
pub(super) type Occasions = BTreeMap<(i64, Language), Card>;

/// What journeys are about, at the prices that everybody sees. Empty where the content does not show it.
pub(super) fn load(conn: &mut Conn, stage: &Stage, rounds: &[i64]) -> Result<Occasions> {
    let mut found = BTreeMap::new();
    if !stage.has_occasion() {
        return Ok(found);
    }
    let ids: Vec<EnrolmentId> = rounds.iter().copied().map(EnrolmentId).collect();
    let subjects = journeys::subjects(conn, &ids)?;
    let mut products: Vec<ProductId> = subjects.values().copied().map(ProductId).collect();
    products.sort_unstable();
    products.dedup();
    for language in stage.scripts.keys().copied() {
        let cards: HashMap<ProductId, Card> =
            shelves::cards_by_id(conn, &products, &stage.showing(language, &Audience::default()))?.into_iter().collect();
        for (enrolment, product) in &subjects {
            if let Some(card) = cards.get(&ProductId(*product)).filter(|card| !card.sold_out) {
                found.insert((enrolment.0, language), card.clone());
            }
        }
    }
    Ok(found)
}

/// What the mail of a delivery is about.
pub(super) fn of(all: &Occasions, claimed: &Claimed, language: Language) -> Occasion {
    all.get(&(claimed.round, language)).map_or(Occasion::Over, |card| Occasion::Product(Box::new(card.clone())))
}
