//! What may go wrong with a campaign, told before it is sent: of each variant, with real people of its audience.

mod reach;
mod spam;

use super::content::{Content, Part, Source, is_contact};
use super::draw::{Pages, Why};
use super::letters::{Preview, Ways, sample_with};
use super::links;
use super::occasion::Occasion;
use super::people;
use super::stage::Stage;
use super::text::Rich;
use crate::ids::StoreId;
use crate::theme::{BODY, Colour};
use crm::CustomerId;
use crm::campaigns::{self, Campaign, CampaignId, Variant, VariantId};
use crm::customers::Customer;
use crm::{customers, segments};
use kernel::clock::Time;
use kernel::error::said;
use kernel::mail::domains::{self, PublicKey};
use kernel::web::i18n::Language;
use kernel::{Conn, Result};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// People of the audience that the mails are made for, to see what happens.
const SAMPLE: i64 = 60;
/// Bytes of HTML from which Gmail cuts a mail off, which hides how to unsubscribe: a little less than its 102 KB.
const LARGE: usize = 100 * 1024;
/// What mail programs leave out or break.
const UNSUPPORTED: [&str; 11] = [
    "<style",
    "<script",
    "<form",
    "<iframe",
    "<video",
    "position:",
    "display:flex",
    "display:grid",
    "float:",
    "background-image",
    "@media",
];
/// Where the sample's mails unsubscribe: whether they can is looked for by it.
const UNSUBSCRIBE: &str = "https://unsubscribe.invalid/";

kernel::words!(
    /// How bad it is.
    Level {
        /// Nobody, or not everybody, would get a mail.
        Stop = "stop",
        /// A mail would be worse than it could be.
        Warn = "warn",
        /// Good to know.
        Tell = "tell",
    }
);

/// Something that may go wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Risk {
    pub level: Level,
    pub variant: VariantId,
    /// A key with its arguments.
    pub text: String,
}

/// What is found of one variant.
struct Found {
    variant: VariantId,
    risks: BTreeSet<Risk>,
}

impl Found {
    fn add(&mut self, level: Level, text: impl Into<String>) {
        self.risks.insert(Risk { level, variant: self.variant, text: text.into() });
    }
}

/// What may go wrong with a campaign, the worst first, variant by variant.
pub fn risks(conn: &mut Conn, campaign: CampaignId, ways: &Ways, now: Time) -> Result<Vec<Risk>> {
    let campaign = campaigns::get(conn, campaign)?;
    let sample = sample(conn, &campaign, now)?;
    let mut all = Vec::new();
    for variant in campaigns::variants(conn, campaign.id)? {
        all.extend(of_variant(conn, &campaign, &variant, &sample, ways, now)?);
    }
    Ok(all)
}

/// Some people of the audience.
fn sample(conn: &mut Conn, campaign: &Campaign, now: Time) -> Result<Vec<Customer>> {
    let audience = &campaign.audience.0;
    if audience.include.is_empty() {
        let some = customers::after(conn, 0, SAMPLE)?;
        return without(conn, some, campaign, now);
    }
    let mut ids = BTreeSet::new();
    for segment in &audience.include {
        ids.extend(segments::members(conn, *segment, CustomerId(0), SAMPLE, now)?);
    }
    let ids: Vec<CustomerId> = ids.into_iter().take(usize::try_from(SAMPLE).unwrap_or(0)).collect();
    let some = customers::of(conn, &ids)?;
    without(conn, some, campaign, now)
}

/// Without those who are left out.
fn without(conn: &mut Conn, some: Vec<Customer>, campaign: &Campaign, now: Time) -> Result<Vec<Customer>> {
    let exclude = &campaign.audience.0.exclude;
    let ids: Vec<CustomerId> = some.iter().map(|customer| customer.id).collect();
    let left_out = segments::among_these(conn, &ids, exclude, now)?;
    Ok(some.into_iter().filter(|one| exclude.iter().all(|segment| !left_out.contains(&(one.id, *segment)))).collect())
}

fn of_variant(
    conn: &mut Conn,
    campaign: &Campaign,
    variant: &Variant,
    sample: &[Customer],
    ways: &Ways,
    now: Time,
) -> Result<BTreeSet<Risk>> {
    let mut found = Found { variant: variant.id, risks: BTreeSet::new() };
    let content = match Content::read(&variant.content).and_then(Content::checked) {
        Ok(content) if !content.versions.is_empty() => content,
        Ok(_) => {
            found.add(Level::Stop, "campaign-risk-unwritten");
            return Ok(found.risks);
        }
        Err(_) => {
            found.add(Level::Stop, "campaign-risk-unreadable");
            return Ok(found.risks);
        }
    };
    texts(&mut found, &content);
    languages(&mut found, &content, sample);
    sender(conn, &mut found, &content)?;
    let occasion = |part: &Part| matches!(part, Part::Products { source: Source::Occasion, .. });
    if campaign.kind != campaigns::Kind::Step && content.parts().any(occasion) {
        found.add(Level::Stop, "campaign-risk-occasion");
    }
    let known = segments::others(conn)?;
    if content.segments().iter().any(|segment| !known.contains_key(segment)) {
        found.add(Level::Warn, "campaign-risk-segment-gone");
    }
    reach::links(conn, &mut found, &content, StoreId(campaign.store_id), ways)?;
    let stage = Stage::load(conn, StoreId(campaign.store_id), &content, ways, now)?;
    people(conn, &mut found, &stage, &content, sample, ways)?;
    Ok(found.risks)
}

/// Whether the shop sends for the sender's domain, and signs it.
fn sender(conn: &mut Conn, found: &mut Found, content: &Content) -> Result<()> {
    let Some((_, domain)) = content.from_address.rsplit_once('@') else { return Ok(()) };
    let domain = domain.to_lowercase();
    match domains::list(conn)?.into_iter().find(|known| known.domain == domain) {
        None => found.add(Level::Warn, said("campaign-risk-sender", &[("domain", &domain)])),
        Some(known) if !domains::keys(conn, known.id)?.iter().any(PublicKey::signs) => {
            found.add(Level::Warn, said("campaign-risk-unsigned", &[("domain", &domain)]));
        }
        Some(_) => {}
    }
    Ok(())
}

/// What is missing in what was written.
fn texts(found: &mut Found, content: &Content) {
    for (language, version) in &content.versions {
        let name = Language::parse(language).map_or(language.as_str(), |one| one.name());
        let in_language = |key: &str| said(key, &[("language", &name)]);
        if version.subject.is_empty() {
            found.add(Level::Stop, in_language("campaign-risk-no-subject"));
        }
        if version.blocks.is_empty() {
            found.add(Level::Stop, in_language("campaign-risk-no-blocks"));
        }
        if version.preheader.is_empty() {
            found.add(Level::Tell, in_language("campaign-risk-no-preheader"));
        }
        let mut pictures = 0;
        let mut letters = 0;
        for part in version.parts() {
            match part {
                Part::Picture { hash: None, .. } => found.add(Level::Warn, in_language("campaign-risk-no-picture")),
                Part::Picture { alt, .. } => {
                    pictures += 1;
                    if alt.is_empty() {
                        found.add(Level::Warn, in_language("campaign-risk-no-alt"));
                    }
                }
                Part::Survey { survey: None } => found.add(Level::Warn, in_language("campaign-risk-no-survey")),
                Part::Columns { left, right } if left.is_empty() || right.is_empty() => {
                    found.add(Level::Warn, in_language("campaign-risk-column-empty"));
                }
                Part::Button { label, .. } if label.is_empty() => found.add(Level::Warn, in_language("campaign-risk-no-label")),
                part => letters += part.texts().iter().map(|text| text.chars().count()).sum::<usize>(),
            }
        }
        if pictures > 0 && letters < 100 {
            found.add(Level::Warn, in_language("campaign-risk-pictures-only"));
        }
    }
}

/// Readers of the sample whose language nobody wrote in.
fn languages(found: &mut Found, content: &Content, sample: &[Customer]) {
    let mut missing: BTreeMap<&'static str, usize> = BTreeMap::new();
    for customer in sample {
        let own = Language::parse(&customer.language).unwrap_or_default();
        if !content.versions.contains_key(own.code()) {
            *missing.entry(own.name()).or_default() += 1;
        }
    }
    for (language, count) in missing {
        found.add(Level::Tell, said("campaign-risk-language", &[("language", &language), ("count", &count), ("of", &sample.len())]));
    }
}

/// What the mails of real people show.
fn people(conn: &mut Conn, found: &mut Found, stage: &Stage, content: &Content, sample: &[Customer], ways: &Ways) -> Result<()> {
    let ids: Vec<CustomerId> = sample.iter().map(|customer| customer.id).collect();
    let people = people::of(conn, stage, &ids, ways)?;
    let mut skipped: BTreeMap<Why, usize> = BTreeMap::new();
    let (mut largest, mut offered) = (0, 0);
    for person in people.values() {
        let made = match person {
            Ok(person) => {
                offered += usize::from(person.offered());
                let nowhere = "#".to_string();
                let pages = Pages {
                    view: nowhere.clone(),
                    why: nowhere,
                    unsubscribe: UNSUBSCRIBE.to_string(),
                    pixel: None,
                    delivery: None,
                    occasion: Occasion::Sample,
                };
                sample_with(stage, person, &pages, ways)
            }
            Err(why) => Err(*why),
        };
        match made {
            Ok(mail) => {
                largest = largest.max(mail.html.len());
                looks(found, &mail);
                spam::weigh(found, &mail);
            }
            Err(why) => *skipped.entry(why).or_default() += 1,
        }
    }
    for (why, count) in skipped {
        let of = sample.len();
        match why {
            Why::Missing(name) => {
                found.add(Level::Stop, said("campaign-risk-variable", &[("name", &name), ("count", &count), ("of", &of)]));
            }
            Why::Empty => found.add(Level::Stop, said("campaign-risk-empty", &[("count", &count), ("of", &of)])),
            // Of a language without a subject that is told already.
            Why::Subject if stage.scripts.values().any(|script| script.subject.is_blank()) => {}
            Why::Subject => found.add(Level::Stop, said("campaign-risk-subject-empty", &[("count", &count), ("of", &of)])),
            Why::Failed | Why::Unwritten | Why::Kept => {
                found.add(Level::Stop, said("campaign-risk-failed", &[("count", &count), ("of", &of)]))
            }
            Why::Gone | Why::Over => {}
        }
    }
    if largest > LARGE {
        found.add(Level::Warn, said("campaign-risk-large", &[("size", &(largest / 1024))]));
    }
    if sample.is_empty() {
        found.add(Level::Tell, "campaign-risk-nobody");
    } else if offered < sample.len() && content.blocks().any(|block| matches!(block.part, Part::Offer { .. })) {
        found.add(Level::Tell, said("campaign-risk-offers", &[("count", &offered), ("of", &sample.len())]));
    }
    let asks = |part: &Part| matches!(part, Part::Products { source: Source::ForYou, .. });
    if content.parts().any(asks) && stage.popular.is_empty() {
        found.add(Level::Tell, "campaign-risk-nothing-learnt");
    }
    for script in stage.scripts.values() {
        let look = &script.frame.look;
        if let (Some(ground), Some(ink)) = (Colour::parse(&look.ground), Colour::parse(&look.ink))
            && ground.contrast(ink) < BODY
        {
            found.add(Level::Warn, "campaign-risk-contrast");
        }
        if look.logo.is_some() {
            found.add(Level::Tell, "campaign-risk-dark-logo");
        }
        if script.frame.imprint.is_empty() {
            found.add(Level::Warn, "campaign-risk-no-imprint");
        }
    }
    Ok(())
}

/// What a mail itself shows. An operator may have put templates in the place of ours.
fn looks(found: &mut Found, mail: &Preview) {
    if !mail.html.contains(UNSUBSCRIBE) || !mail.text.contains(UNSUBSCRIBE) {
        found.add(Level::Stop, "campaign-risk-no-unsubscribe");
    }
    if !mail.html.contains("color-scheme") {
        found.add(Level::Warn, "campaign-risk-dark");
    }
    for rule in UNSUPPORTED.iter().filter(|rule| mail.html.contains(**rule)) {
        found.add(Level::Warn, said("campaign-risk-css", &[("rule", rule)]));
    }
}

/// The links that somebody typed, with the code of the language in which they stand.
fn typed_links(content: &Content) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for (language, version) in &content.versions {
        for part in version.parts() {
            let links: Vec<String> = match part {
                Part::Picture { link, .. } | Part::Button { link, .. } => vec![link.clone()],
                Part::Text { html } => Rich::read(html).map(|rich| rich.links().map(str::to_string).collect()).unwrap_or_default(),
                Part::Heading { .. } | Part::Divider {} | Part::Products { .. } | Part::Offer { .. } => Vec::new(),
                Part::Survey { .. } | Part::Columns { .. } => Vec::new(),
            };
            let shown = links.into_iter().filter(|link| !link.is_empty() && !is_contact(link));
            all.extend(shown.map(|link| (language.clone(), link)));
        }
    }
    all
}

/// Whether a link leaves the machine unencrypted.
fn is_plain(link: &str) -> bool {
    links::is_web(link) && link.starts_with("http://")
}
