//! One recipient's mail: which blocks they see, with what is theirs in it.

use super::content::{Condition, PRODUCTS};
use super::occasion::Occasion;
use super::stage::{Scene, Shown, Stage};
use super::text::{Missing, Template, Values};
use crate::ids::ProductId;
use crate::mails::Mailer;
use crate::promotions::Audience;
use crate::surveys;
use crate::web::offers;
use crate::web::shelves;
use crate::web::views::campaign::{CampaignBlock, CampaignCard, CampaignMail};
use crate::web::views::mail::{Mail, MailView};
use crate::web::views::offers::OfferView;
use crate::web::views::shared::Card;
use crate::web::words::Words;
use crm::CustomerId;
use crm::campaigns::DeliveryId;
use crm::consents::Consent;
use crm::customers::Customer;
use crm::recommendations::{self, Own, Reason};
use crm::segments::{self, SegmentId};
use crm::surveys::TOP;
use crm::{consents, customers, purchases};
use kernel::web::format;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};
use std::collections::{HashMap, HashSet};

/// The channel of mails, and the topic of what follows their readers.
pub(super) const CHANNEL: &str = "email";
pub(super) const TRACKING: &str = "tracking";
/// Where the links of a mail lead that was sent to nobody.
pub(super) const NOWHERE: &str = "#";
/// Products in a row.
const ROW: usize = 2;

/// Why no mail can be made for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Why {
    /// They have no value of this variable, and it has no fallback.
    Missing(&'static str),
    /// No block is for them.
    Empty,
    /// There is no version at all.
    Unwritten,
    /// It failed, and the log says how.
    Failed,
    /// There is no such person any more.
    Gone,
    /// What the journey is about cannot be bought now.
    Over,
}

impl Why {
    /// The key of a text.
    pub fn key(self) -> &'static str {
        match self {
            Why::Missing(_) => "campaign-skip-variable",
            Why::Empty => "campaign-skip-empty",
            Why::Unwritten => "campaign-skip-unwritten",
            Why::Failed => "campaign-skip-failed",
            Why::Gone => "campaign-skip-gone",
            Why::Over => "campaign-skip-occasion",
        }
    }
}

impl From<Missing> for Why {
    fn from(missing: Missing) -> Why {
        Why::Missing(missing.0)
    }
}

/// A recipient and what is theirs.
pub(super) struct Person {
    pub customer: Customer,
    /// Of the version that they read.
    pub language: Language,
    /// Whether they allowed that opening and clicking are counted.
    pub tracked: bool,
    segments: Vec<SegmentId>,
    offer: Option<OfferView>,
    wanted: Vec<(Card, Option<String>)>,
    values: Values,
}

impl Person {
    /// Whether they have an open offer.
    pub fn offered(&self) -> bool {
        self.offer.is_some()
    }
}

/// A mail as it is read.
pub(super) struct Drawn {
    pub subject: String,
    pub preheader: String,
    pub html: String,
    pub text: String,
}

/// The pages of a mail, and the picture that counts opening.
pub(super) struct Pages {
    pub view: String,
    pub why: String,
    pub unsubscribe: String,
    pub pixel: Option<String>,
    /// Whose answers to surveys the links of the mail take; those of a mail to nobody lead nowhere.
    pub delivery: Option<DeliveryId>,
    pub occasion: Occasion,
}

/// The recipients of a content by their ids, or why there is nothing for them. What can be asked about many is asked once.
pub(super) fn people(
    conn: &mut Conn,
    stage: &Stage,
    ids: &[CustomerId],
    ways: &Mailer,
) -> Result<HashMap<CustomerId, Result<Person, Why>>> {
    let tracked = consents::current_of(conn, ids, CHANNEL, TRACKING)?;
    let segments = segments::among_these(conn, ids, &stage.segments, stage.now)?;
    let orders = if stage.counts_orders { purchases::counts(conn, ids)? } else { HashMap::new() };
    let mut people = HashMap::with_capacity(ids.len());
    let mut asking: Vec<CustomerId> = Vec::new();
    for customer in customers::of(conn, ids)? {
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
        let offer = offer(conn, stage, id, language)?;
        if script.scenes.iter().any(|scene| matches!(scene.part, Shown::ForYou { .. } | Shown::Occasion(_))) {
            asking.push(id);
        }
        let values = values(stage, &customer, orders.get(&id).copied().unwrap_or(0), offer.as_ref(), language);
        let theirs = stage.segments.iter().copied().filter(|segment| segments.contains(&(id, *segment))).collect();
        let person = Person {
            language,
            tracked: tracked.get(&id) == Some(&Consent::Given),
            segments: theirs,
            offer,
            wanted: Vec::new(),
            values,
            customer,
        };
        people.insert(id, Ok(person));
    }
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
    let person = Person { language: reads, tracked: false, segments, offer: None, wanted: Vec::new(), values, customer };
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
        values.put("name", &customer.name);
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

/// The open offer of a customer that ends first, at the price that their pages show while they are signed in.
fn offer(conn: &mut Conn, stage: &Stage, customer: CustomerId, language: Language) -> Result<Option<OfferView>> {
    let Some(personal) = &stage.personal else { return Ok(None) };
    let theirs = personal.of(conn, customer, stage.now)?;
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
            for (id, reason) in of(person) {
                let Some(card) = cards.get(id).filter(|card| !card.sold_out) else { continue };
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

/// Whether somebody sees a block.
fn sees(scene: &Scene, person: &Person) -> bool {
    match &scene.only {
        None => true,
        Some(Condition::InSegment(id)) => person.segments.contains(id),
        Some(Condition::NotInSegment(id)) => !person.segments.contains(id),
        Some(Condition::Speaks(code)) => person.customer.language == *code,
        Some(Condition::HasOffer) => person.offer.is_some(),
        Some(Condition::HasNoOffer) => person.offer.is_none(),
    }
}

/// The mail of a person. `link` makes what an absolute address becomes in it.
pub(super) fn draw(stage: &Stage, person: &Person, pages: &Pages, link: &dyn Fn(&str) -> String, ways: &Mailer) -> Result<Drawn, Why> {
    let (language, script) = stage.scripts.get(&person.language).map(|script| (person.language, script)).ok_or(Why::Unwritten)?;
    let fill = |template: &Template| template.fill(&person.values).map_err(Why::from);
    let leads = |path: &str| link(&stage.target(language, path));
    let card = |of: &Card, why: Option<String>| CampaignCard {
        title: of.title.clone(),
        url: leads(&of.to),
        src: of.picture.as_ref().map(|picture| format!("{}{}", stage.site.base_url, picture.src)),
        price: of.price,
        from: of.from,
        compare_at: of.compare_at,
        why,
    };
    let rows = |cards: Vec<CampaignCard>| cards.chunks(ROW).map(<[CampaignCard]>::to_vec).collect::<Vec<_>>();
    let mut blocks = Vec::with_capacity(script.scenes.len());
    for scene in script.scenes.iter().filter(|scene| sees(scene, person)) {
        blocks.push(match &scene.part {
            Shown::Heading(text) => CampaignBlock::Heading { text: fill(text)? },
            Shown::Text(rich) => CampaignBlock::Text {
                html: rich.html(&person.values, &script.frame.look.accent, &leads)?,
                text: rich.text(&person.values, &leads)?,
            },
            Shown::Picture { src, width, alt, link: target } => {
                CampaignBlock::Picture { src: src.clone(), width: *width, alt: fill(alt)?, url: (!target.is_empty()).then(|| link(target)) }
            }
            Shown::Button { label, link: target } => CampaignBlock::Button { label: fill(label)?, url: link(target) },
            Shown::Divider => CampaignBlock::Divider {},
            Shown::Products { title, cards } => {
                CampaignBlock::Products { title: fill(title)?, rows: rows(cards.iter().map(|of| card(of, None)).collect()) }
            }
            Shown::ForYou { title, most } => {
                let cards: Vec<CampaignCard> = person.wanted.iter().take(*most).map(|(of, why)| card(of, why.clone())).collect();
                if cards.is_empty() {
                    continue;
                }
                CampaignBlock::Products { title: fill(title)?, rows: rows(cards) }
            }
            Shown::Occasion(title) => {
                let of: &Card = match &pages.occasion {
                    Occasion::Product(of) => of,
                    Occasion::Over => return Err(Why::Over),
                    Occasion::Sample => match person.wanted.first() {
                        Some((of, _)) => of,
                        None => continue,
                    },
                };
                CampaignBlock::Products { title: fill(title)?, rows: rows(vec![card(of, None)]) }
            }
            Shown::Survey { survey, round, question } => {
                let to = |score: i64| match pages.delivery {
                    Some(delivery) => {
                        let asked = surveys::Link { survey: *survey, round: *round, who: surveys::Who::Delivery(delivery) };
                        leads(&format!("{}&score={score}", surveys::path(&ways.signer, asked)))
                    }
                    None => NOWHERE.to_string(),
                };
                CampaignBlock::Survey { question: question.clone(), scores: (0..=TOP).map(|score| (score, to(score))).collect() }
            }
            Shown::Offer(label) => {
                let Some(offer) = &person.offer else { continue };
                CampaignBlock::Offer {
                    name: offer.name.clone(),
                    why: offer.why.clone(),
                    until: offer.until.map(|until| stage.shop.local(until)),
                    label: fill(label)?,
                    url: leads(offer.card.as_ref().map_or("/", |card| card.to.as_str())),
                    card: offer.card.as_ref().map(|of| Box::new(card(of, None))),
                }
            }
        });
    }
    if blocks.is_empty() {
        return Err(Why::Empty);
    }
    let view = CampaignMail {
        subject: super::text::one_line(&fill(&script.subject)?),
        preheader: super::text::one_line(&fill(&script.preheader)?),
        blocks,
        style: stage.style.clone(),
        view_url: pages.view.clone(),
        why_url: pages.why.clone(),
        unsubscribe_url: pages.unsubscribe.clone(),
        pixel: pages.pixel.clone(),
    };
    render(stage, language, script.frame.clone(), view, ways).map_err(|error| {
        tracing::warn!(customer = person.customer.id.0, %error, "the mail of a campaign cannot be made for somebody");
        Why::Failed
    })
}

fn render(stage: &Stage, language: Language, frame: MailView, view: CampaignMail, ways: &Mailer) -> Result<Drawn> {
    let spoken = stage.site.spoken(language);
    let mail = Mail { mail: frame, view };
    let part = |name: &str| ways.templates.render(&format!("mail/campaign/{name}"), spoken, &mail);
    let (html, text) = (part("body.html")?, part("body.txt")?);
    Ok(Drawn { subject: mail.view.subject, preheader: mail.view.preheader, html, text })
}
