//! The mails of a batch, and one of them to look at.

use super::content::Content;
use super::draw::{self, Drawn, NOWHERE, Pages, Why};
use super::links;
use super::occasion::{self, Occasion};
use super::people::{self, Person};
use super::stage::Stage;
use crate::ids::StoreId;
use crate::mails::Mailer;
use crate::offers;
use crm::CustomerId;
use crm::campaigns::{self, Campaign, Claimed, DeliveryId, VariantId, address};
use crm::email::Email;
use kernel::clock::Time;
use kernel::mail::post::Parcel;
use kernel::mail::{self, Draft, Headers, WrittenBy};
use kernel::token;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};
use std::collections::{BTreeMap, HashMap};

/// What writing campaigns takes: templates, the key of signatures, the configuration.
pub type Ways = Mailer;

/// Why somebody gets no mail: the key of a text, with its arguments.
pub type SkipReason = String;

/// The name under which test mails are kept.
const TRIAL: &str = "campaign_trial";

/// The claimed of each variant.
fn by_variant(batch: &[Claimed]) -> BTreeMap<VariantId, Vec<&Claimed>> {
    let mut all: BTreeMap<VariantId, Vec<&Claimed>> = BTreeMap::new();
    for claimed in batch {
        all.entry(claimed.variant).or_default().push(claimed);
    }
    all
}

/// What a variant says; `None`, and told to the log, when it is nothing that can be sent.
fn said(text: &str, variant: VariantId) -> Option<Content> {
    match Content::read(text).and_then(Content::checked) {
        Ok(content) => Some(content),
        Err(error) => {
            tracing::warn!(variant = variant.0, %error, "what a campaign says does not read");
            None
        }
    }
}

/// Decides the offers that wait for a decision about the recipients of a content that shows them, so that what the mail says is what is
/// honoured. To be called in the transaction that claims.
pub fn settle(conn: &mut Conn, batch: &[Claimed], now: Time) -> Result<()> {
    for (variant, theirs) in by_variant(batch) {
        let text = campaigns::variant(conn, variant)?.content;
        if said(&text, variant).is_some_and(|content| content.asks_for_offers()) {
            for claimed in theirs {
                offers::settle(conn, claimed.customer, now)?;
            }
        }
    }
    Ok(())
}

/// The mails of a batch, in its order, or why somebody gets none. Reads only.
pub fn letters(conn: &mut Conn, batch: &[Claimed], ways: &Ways, now: Time) -> Result<Vec<(DeliveryId, Result<Parcel, SkipReason>)>> {
    let mut made: HashMap<DeliveryId, Result<Parcel, SkipReason>> = HashMap::with_capacity(batch.len());
    for (variant, theirs) in by_variant(batch) {
        for (claimed, drawn) in drawn(conn, variant, &theirs, ways, now)? {
            made.insert(claimed.id, drawn.map_err(Why::text));
        }
    }
    let mut letters = Vec::with_capacity(batch.len());
    for claimed in batch {
        letters.push((claimed.id, made.remove(&claimed.id).unwrap_or(Err(Why::Gone.text()))));
    }
    Ok(letters)
}

/// The mails of the claimed of one variant.
fn drawn<'a>(
    conn: &mut Conn,
    variant: VariantId,
    theirs: &[&'a Claimed],
    ways: &Ways,
    now: Time,
) -> Result<Vec<(&'a Claimed, Result<Parcel, Why>)>> {
    let Some((campaign, stage)) = stage(conn, variant, ways, now)? else {
        return Ok(theirs.iter().map(|claimed| (*claimed, Err(Why::Failed))).collect());
    };
    let ids: Vec<CustomerId> = theirs.iter().map(|claimed| claimed.customer).collect();
    let people = people::of(conn, &stage, &ids, ways)?;
    let occasions = occasion::load(conn, &stage, theirs, &people)?;
    let letter = |claimed: &Claimed| match people.get(&claimed.customer) {
        Some(Ok(person)) => letter(&campaign, claimed, &stage, person, occasion::of(&occasions, claimed), ways),
        Some(Err(why)) => Err(*why),
        None => Err(Why::Gone),
    };
    Ok(theirs.iter().map(|claimed| (*claimed, letter(claimed))).collect())
}

fn stage(conn: &mut Conn, variant: VariantId, ways: &Ways, now: Time) -> Result<Option<(Campaign, Stage)>> {
    let variant = campaigns::variant(conn, variant)?;
    let Some(content) = said(&variant.content, variant.id) else { return Ok(None) };
    let campaign = campaigns::get(conn, variant.campaign_id)?;
    let stage = Stage::load(conn, StoreId(campaign.store_id), &content, ways, now)?;
    Ok(Some((campaign, stage)))
}

/// The mail of a delivery as it is read, and its page that unsubscribes.
fn mail_of(claimed: &Claimed, stage: &Stage, person: &Person, occasion: Occasion, ways: &Ways) -> Result<(Drawn, String), Why> {
    let (signer, delivery) = (&ways.signer, claimed.id);
    let at = |path: String| format!("{}{path}", stage.site.base_url);
    let pages = Pages {
        view: at(links::view_path(signer, delivery)),
        why: at(links::why_path(signer, delivery)),
        unsubscribe: at(links::unsubscribe_path(signer, delivery)),
        pixel: person.tracked.then(|| at(links::open_path(signer, delivery))),
        delivery: Some(delivery),
        occasion,
    };
    let link = |target: &str| match person.tracked && links::is_web(target) {
        true => at(links::wrap(signer, delivery, target)),
        false => target.to_string(),
    };
    Ok((draw::draw(stage, person, &pages, &link, ways)?, pages.unsubscribe))
}

fn letter(campaign: &Campaign, claimed: &Claimed, stage: &Stage, person: &Person, occasion: Occasion, ways: &Ways) -> Result<Parcel, Why> {
    let (drawn, unsubscribe) = mail_of(claimed, stage, person, occasion, ways)?;
    // Whoever put templates in the place of ours may have left it out.
    if !drawn.html.contains(&unsubscribe) || !drawn.text.contains(&unsubscribe) {
        return Err(Why::Kept);
    }
    let host = ways.config.host();
    let sender = if stage.from_address.is_empty() { ways.config.sender() } else { stage.from_address.clone() };
    // By mail it takes an address of the shop's own that somebody reads.
    let by_mail = ways.config.mail.reply_domain.as_ref();
    let by_mail = by_mail.map(|domain| address::mailto(&ways.signer, claimed.id, domain)).unwrap_or_default();
    Ok(Parcel {
        message_id: claimed.message_id.clone(),
        from: format!("{} <{sender}>", stage.from_name),
        reply_to: stage.reply_to.clone(),
        // The address alone: a name that strangers typed has no place in a header.
        to: person.customer.email.clone(),
        subject: drawn.subject,
        text: drawn.text,
        html: drawn.html,
        date: stage.now,
        list_unsubscribe: Some((unsubscribe, by_mail)),
        list_id: format!("{}.{host}", campaign.topic),
        feedback_id: format!("{}:{}:{}:{host}", claimed.variant, claimed.campaign, campaign.kind.as_str()),
        written_by: WrittenBy::Shop,
    })
}

/// The mail of a delivery as a page: its HTML, with links that count as those of the mail do. It says what it would say now.
pub fn view(conn: &mut Conn, claimed: &Claimed, ways: &Ways, now: Time) -> Result<Result<String, SkipReason>> {
    let Some((_, stage)) = stage(conn, claimed.variant, ways, now)? else { return Ok(Err(Why::Failed.text())) };
    let people = people::of(conn, &stage, &[claimed.customer], ways)?;
    let occasions = occasion::load(conn, &stage, &[claimed], &people)?;
    let html = match people.get(&claimed.customer) {
        Some(Ok(person)) => mail_of(claimed, &stage, person, occasion::of(&occasions, claimed), ways).map(|(drawn, _)| drawn.html),
        Some(Err(why)) => Err(*why),
        None => Err(Why::Gone),
    };
    Ok(html.map_err(Why::text))
}

/// A mail as somebody would get it, with links that are not counted.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Of the version that they read.
    pub language: Language,
    pub subject: String,
    pub preheader: String,
    pub html: String,
    pub text: String,
}

/// As whom a mail is looked at.
#[derive(Clone, Debug)]
pub enum Reader {
    Customer(CustomerId),
    /// Somebody of whom nothing but this is known: no segment, no offer, one order.
    Somebody {
        name: String,
        email: String,
        language: Language,
    },
}

/// What a reader would get of this content now, or why nothing.
pub fn preview(
    conn: &mut Conn,
    store: StoreId,
    content: &Content,
    reader: &Reader,
    ways: &Ways,
    now: Time,
) -> Result<Result<Preview, SkipReason>> {
    let stage = Stage::load(conn, store, content, ways, now)?;
    let person = match reader {
        Reader::Customer(id) => people::of(conn, &stage, &[*id], ways)?.remove(id).unwrap_or(Err(Why::Gone)),
        Reader::Somebody { name, email, language } => people::stand_in(conn, &stage, name, email, *language, ways)?,
    };
    Ok(person.and_then(|person| sample(&stage, &person, ways)).map_err(Why::text))
}

/// A mail that is sent to nobody.
fn sample(stage: &Stage, person: &Person, ways: &Ways) -> Result<Preview, Why> {
    let nowhere = NOWHERE.to_string();
    let pages = Pages {
        view: nowhere.clone(),
        why: nowhere.clone(),
        unsubscribe: nowhere,
        pixel: None,
        delivery: None,
        occasion: Occasion::Sample,
    };
    sample_with(stage, person, &pages, ways)
}

/// [`sample`] with these pages.
pub(super) fn sample_with(stage: &Stage, person: &Person, pages: &Pages, ways: &Ways) -> Result<Preview, Why> {
    let Drawn { subject, preheader, html, text } = draw::draw(stage, person, pages, &|target| target.to_string(), ways)?;
    Ok(Preview { language: person.language, subject, preheader, html, text })
}

/// Queues the mail for somebody of the staff, marked as a test. It has nothing of a customer in it, so that it needs no erasing. Answers why
/// there is nothing to send.
pub fn trial(
    conn: &mut Conn,
    store: StoreId,
    content: &Content,
    (name, to, language): (&str, &Email, Language),
    ways: &Ways,
    now: Time,
) -> Result<Result<(), SkipReason>> {
    let reader = Reader::Somebody { name: name.to_string(), email: to.as_str().to_string(), language };
    let made = match preview(conn, store, content, &reader, ways, now)? {
        Ok(made) => made,
        Err(why) => return Ok(Err(why)),
    };
    let draft = Draft {
        dedupe_key: format!("{TRIAL}:{}", token::random()),
        template: TRIAL.to_string(),
        recipient: to.as_str().to_string(),
        subject: format!("TEST: {}", made.subject),
        text: made.text,
        html: made.html,
        headers: Headers { reply_to: content.reply_to.clone(), ..Headers::default() },
    };
    mail::queue(conn, &draft, ways.config.host(), now)?;
    Ok(Ok(()))
}
