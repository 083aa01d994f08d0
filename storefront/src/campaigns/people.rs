//! Who reads a mail, and what is theirs in it: asked for a batch of them at once where it can be.

use super::content::PRODUCTS;
use super::draw::Why;
use super::stage::{Script, Stage};
use super::text::Values;
use crate::ids::ProductId;
use crate::mails::Mailer;
use crate::promotions::{Audience, Theirs};
use crate::web::offers;
use crate::web::shelves;
use crate::web::views::offers::OfferView;
use crate::web::views::shared::Card;
use crate::web::words::Words;
use crm::CustomerId;
use crm::consents::Consent;
use crm::customers::Customer;
use crm::recommendations::{self, Own, Reason};
use crm::segments::{self, SegmentId};
use crm::{consents, customers, purchases};
use kernel::web::format;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};
use std::collections::{HashMap, HashSet};

/// The channel of mails, and the topic of what follows their readers.
const CHANNEL: &str = "email";
const TRACKING: &str = "tracking";

/// A recipient and what is theirs.
pub(super) struct Person {
    pub customer: Customer,
    /// Of the version that they read.
    pub language: Language,
    /// Whether they allowed that opening and clicking are counted.
    pub tracked: bool,
    pub segments: Vec<SegmentId>,
    pub offer: Option<OfferView>,
    /// What they may want, with the reason, at their own price.
    pub wanted: Vec<(Card, Option<String>)>,
    pub values: Values,
    /// Who they are to promotions of single products; everybody while nothing of the content asks.
    audience: Audience,
    /// Products of the content as they see them, where their prices are not everybody's.
    pub own: HashMap<ProductId, Card>,
}

impl Person {
    /// Who they are to promotions of single products.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Whether they have an open offer.
    pub fn offered(&self) -> bool {
        self.offer.is_some()
    }
}

/// The recipients of a content by their ids, or why there is nothing for them. What can be asked about many is asked once.
pub(super) fn of(conn: &mut Conn, stage: &Stage, ids: &[CustomerId], ways: &Mailer) -> Result<HashMap<CustomerId, Result<Person, Why>>> {
    let tracked = consents::current_of(conn, ids, CHANNEL, TRACKING)?;
    let segments = segments::among_these(conn, ids, &stage.segments, stage.now)?;
    let orders = if stage.counts_orders { purchases::counts(conn, ids)? } else { HashMap::new() };
    let mut people = HashMap::with_capacity(ids.len());
    let mut asking: Vec<CustomerId> = Vec::new();
    let customers = customers::of(conn, ids)?;
    let mut theirs = match &stage.personal {
        Some(personal) => {
            let readers: Vec<(CustomerId, String)> = customers.iter().map(|one| (one.id, one.email.clone())).collect();
            let theirs = personal.of_these(conn, &readers, stage.now)?;
            readers.into_iter().map(|(id, _)| id).zip(theirs).collect()
        }
        None => HashMap::new(),
    };
    for customer in customers {
        let id = customer.id;
        if customer.erased_at.is_some() || customer.merged_into.is_some() {
            people.insert(id, Err(Why::Gone));
            continue;
        }
        let own = Language::parse(&customer.language).unwrap_or_default();
        let Some((language, script)) = stage.script_for(own) else {
            people.insert(id, Err(Why::Unwritten));
            continue;
        };
        let theirs = theirs.remove(&id).unwrap_or_default();
        let offer = if stage.offers { offer(conn, stage, id, language, &theirs)? } else { None };
        if script.scenes.iter().any(|scene| scene.part.asks()) {
            asking.push(id);
        }
        let values = values(stage, &customer, orders.get(&id).copied().unwrap_or(0), offer.as_ref(), language);
        let within = stage.segments.iter().copied().filter(|segment| segments.contains(&(id, *segment))).collect();
        let person = Person {
            language,
            tracked: tracked.get(&id) == Some(&Consent::Given),
            segments: within,
            offer,
            wanted: Vec::new(),
            values,
            audience: theirs.audience,
            own: HashMap::new(),
            customer,
        };
        people.insert(id, Ok(person));
    }
    price(conn, stage, &mut people)?;
    if !asking.is_empty() {
        let own = recommendations::own_of(conn, &asking, stage.now)?;
        let picks = own.iter().map(|(id, own)| (*id, wanted(stage, own))).collect();
        recommend(conn, stage, &mut people, &picks, ways)?;
    }
    Ok(people)
}

/// A reader who is no customer.
pub(super) fn stand_in(
    conn: &mut Conn,
    stage: &Stage,
    name: &str,
    email: &str,
    language: Language,
    ways: &Mailer,
) -> Result<Result<Person, Why>> {
    let Some((reads, _)) = stage.script_for(language) else { return Ok(Err(Why::Unwritten)) };
    let customer = Customer {
        id: CustomerId(0),
        email: email.to_string(),
        name: name.to_string(),
        phone: String::new(),
        language: language.code().to_string(),
        tags: String::new(),
        note: String::new(),
        created_at: stage.now,
        updated_at: stage.now,
        erased_at: None,
        merged_into: None,
        birthday: String::new(),
    };
    let values = values(stage, &customer, 1, None, reads);
    let (id, segments) = (customer.id, Vec::new());
    let (audience, own) = (Audience::default(), HashMap::new());
    let person = Person { language: reads, tracked: false, segments, offer: None, wanted: Vec::new(), values, audience, own, customer };
    let picks: Vec<(ProductId, Option<Reason>)> = stage.popular.iter().map(|id| (*id, None)).take(2 * PRODUCTS).collect();
    let mut people = HashMap::from([(id, Ok(person))]);
    recommend(conn, stage, &mut people, &HashMap::from([(id, picks)]), ways)?;
    Ok(people.remove(&id).unwrap_or(Err(Why::Gone)))
}

/// What variables say of somebody.
fn values(stage: &Stage, customer: &Customer, orders: i64, offer: Option<&OfferView>, language: Language) -> Values {
    let mut values = stage.values();
    values.put("email", &customer.email);
    // Mail programs make links of addresses: a name that is one was typed to send strangers there.
    let is_name = !["://", "www.", "@"].iter().any(|part| customer.name.to_lowercase().contains(part));
    if is_name {
        values.put("name", &unlinked(&customer.name));
    }
    if orders > 0 {
        values.put("orders", &orders.to_string());
    }
    if let Some(offer) = offer {
        values.put("offer", &offer.name);
        if let Some(until) = offer.until {
            values.put("offer_until", &format::date(stage.shop.local(until).date(), language));
        }
    }
    values
}

/// A name with a blank behind each dot within a word: `claim.example` is none that a mail program makes a link of, and `J.R. Smith` stays one.
fn unlinked(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        plain.push(letter);
        // Browsers read the dots of Chinese and Japanese in a host as well (UTS 46).
        if matches!(letter, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}') && letters.peek().is_some_and(|next| next.is_alphanumeric()) {
            plain.push(' ');
        }
    }
    plain
}

/// Gives those whose prices are not everybody's the products of their version at their own, which are those that the checkout takes from them.
fn price(conn: &mut Conn, stage: &Stage, people: &mut HashMap<CustomerId, Result<Person, Why>>) -> Result<()> {
    let everybody = Audience::default();
    let mut known: HashMap<(String, Audience), HashMap<ProductId, Card>> = HashMap::new();
    for person in people.values_mut().filter_map(|one| one.as_mut().ok()).filter(|one| one.audience != everybody) {
        let key = (person.language.code().to_string(), person.audience.clone());
        if let Some(cards) = known.get(&key) {
            person.own = cards.clone();
            continue;
        }
        let ids = stage.scripts.get(&person.language).map(Script::products).unwrap_or_default();
        let showing = stage.showing(person.language, &person.audience);
        let cards: HashMap<ProductId, Card> = shelves::cards_by_id(conn, &ids, &showing)?.into_iter().collect();
        person.own = cards.clone();
        known.insert(key, cards);
    }
    Ok(())
}

/// The open offer of a customer that ends first, at the price that their pages show while they are signed in.
fn offer(conn: &mut Conn, stage: &Stage, customer: CustomerId, language: Language, theirs: &Theirs) -> Result<Option<OfferView>> {
    let shown = offers::shown(conn, customer, &stage.showing(language, &theirs.audience))?;
    Ok(shown.into_iter().next().map(|(_, offer)| offer))
}

/// What a customer may want, the best first: more than is shown, since some of it may not be for sale.
fn wanted(stage: &Stage, own: &Own) -> Vec<(ProductId, Option<Reason>)> {
    let picks = own.picks.iter().map(|pick| (ProductId(pick.product), Some(pick.reason)));
    let mut seen = HashSet::new();
    let all = picks.chain(stage.popular.iter().map(|id| (*id, None)));
    all.filter(|(id, _)| !own.lately.contains(&id.0) && seen.insert(*id)).take(2 * PRODUCTS).collect()
}

/// Gives each person the cards of what they may want; the products of all are asked for together.
fn recommend(
    conn: &mut Conn,
    stage: &Stage,
    people: &mut HashMap<CustomerId, Result<Person, Why>>,
    picks: &HashMap<CustomerId, Vec<(ProductId, Option<Reason>)>>,
    ways: &Mailer,
) -> Result<()> {
    for language in stage.scripts.keys().copied() {
        let readers: Vec<&mut Person> =
            people.values_mut().filter_map(|one| one.as_mut().ok()).filter(|one| one.language == language).collect();
        let of = |person: &Person| picks.get(&person.customer.id).map(Vec::as_slice).unwrap_or_default();
        let mut ids: Vec<ProductId> = readers.iter().flat_map(|person| of(person).iter().map(|(id, _)| *id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let cards: HashMap<ProductId, Card> =
            shelves::cards_by_id(conn, &ids, &stage.showing(language, &Audience::default()))?.into_iter().collect();
        let named: Vec<ProductId> = readers.iter().flat_map(|person| of(person).iter().filter_map(|(_, why)| names(*why))).collect();
        let spoken = stage.site.spoken(language).language;
        let (titles, words) = (crate::catalog::titles_in(conn, &named, spoken.code())?, Words::of(&ways.templates, spoken)?);
        for person in readers {
            let mut wanted = Vec::new();
            let own: HashMap<ProductId, Card> = if person.audience == Audience::default() {
                HashMap::new()
            } else {
                let ids: Vec<ProductId> = of(person).iter().map(|(id, _)| *id).collect();
                shelves::cards_by_id(conn, &ids, &stage.showing(language, &person.audience))?.into_iter().collect()
            };
            for (id, reason) in of(person) {
                let Some(card) = own.get(id).or_else(|| cards.get(id)).filter(|card| !card.sold_out) else { continue };
                let why = match reason {
                    Some(Reason::Again | Reason::Before) => Some(words.get("campaign-mail-again")),
                    Some(Reason::Because(other)) => {
                        titles.get(&ProductId(*other)).map(|title| words.with("recommended-bought", &[("title", title)])).transpose()?
                    }
                    None => None,
                };
                wanted.push((card.clone(), why));
            }
            wanted.truncate(PRODUCTS);
            person.wanted = wanted;
        }
    }
    Ok(())
}

/// The product that a reason names.
fn names(reason: Option<Reason>) -> Option<ProductId> {
    match reason {
        Some(Reason::Because(other)) => Some(ProductId(other)),
        Some(Reason::Again | Reason::Before) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_link() {
        assert_eq!(unlinked("claim.example/x"), "claim. example/x");
        assert_eq!(unlinked("J.R. Smith"), "J. R. Smith");
        assert_eq!(unlinked("claim。example"), "claim。 example");
        assert_eq!(unlinked("Ann"), "Ann");
    }
}
