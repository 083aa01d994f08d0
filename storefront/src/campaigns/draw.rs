//! One recipient's mail: which blocks they see, with what is theirs in it.

use super::content::Condition;
use super::occasion::Occasion;
use super::people::Person;
use super::stage::{Scene, Shown, Stage};
use super::text::{Missing, Template};
use crate::ids::ProductId;
use crate::mails::Mailer;
use crate::surveys;
use crate::web::views::campaign::{CampaignBlock, CampaignCard, CampaignMail};
use crate::web::views::mail::{Mail, MailView};
use crate::web::views::shared::Card;
use crm::campaigns::DeliveryId;
use crm::surveys::TOP;
use kernel::Result;
use kernel::error::said;
use kernel::web::i18n::Language;

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
    /// Nothing is left of the subject.
    Subject,
    /// The mail does not say how to get no more of them.
    Kept,
    /// It failed, and the log says how.
    Failed,
    /// There is no such person any more.
    Gone,
    /// What the journey is about cannot be bought now.
    Over,
}

impl Why {
    /// The key of a text, with its arguments.
    pub fn text(self) -> String {
        let key = match self {
            Why::Missing(name) => return said("campaign-skip-variable", &[("name", &name)]),
            Why::Empty => "campaign-skip-empty",
            Why::Unwritten => "campaign-skip-unwritten",
            Why::Subject => "campaign-skip-subject",
            Why::Kept => "campaign-skip-unsubscribe",
            Why::Failed => "campaign-skip-failed",
            Why::Gone => "campaign-skip-gone",
            Why::Over => "campaign-skip-occasion",
        };
        key.to_string()
    }
}

impl From<Missing> for Why {
    fn from(missing: Missing) -> Why {
        Why::Missing(missing.0)
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
    // One block, with so many products in a row; nothing when there is nothing in it for them.
    let single = |shown: &Shown, in_row: usize| -> Result<Option<CampaignBlock>, Why> {
        let rows = |cards: Vec<CampaignCard>| cards.chunks(in_row).map(<[CampaignCard]>::to_vec).collect::<Vec<_>>();
        Ok(Some(match shown {
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
                let theirs = |(id, of): &(ProductId, Card)| card(person.own.get(id).unwrap_or(of), None);
                CampaignBlock::Products { title: fill(title)?, rows: rows(cards.iter().map(theirs).collect()) }
            }
            Shown::ForYou { title, most } => {
                let cards: Vec<CampaignCard> = person.wanted.iter().take(*most).map(|(of, why)| card(of, why.clone())).collect();
                if cards.is_empty() {
                    return Ok(None);
                }
                CampaignBlock::Products { title: fill(title)?, rows: rows(cards) }
            }
            Shown::Occasion(title) => {
                let of: &Card = match &pages.occasion {
                    Occasion::Product(of) => of,
                    Occasion::Over => return Err(Why::Over),
                    Occasion::Sample => match person.wanted.first() {
                        Some((of, _)) => of,
                        None => return Ok(None),
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
                let Some(offer) = &person.offer else { return Ok(None) };
                CampaignBlock::Offer {
                    name: offer.name.clone(),
                    why: offer.why.clone(),
                    until: offer.until.map(|until| stage.shop.local(until)),
                    label: fill(label)?,
                    url: leads(offer.card.as_ref().map_or("/", |card| card.to.as_str())),
                    card: offer.card.as_ref().map(|of| Box::new(card(of, None))),
                }
            }
            // Columns have none in them.
            Shown::Columns { .. } => return Ok(None),
        }))
    };
    let column = |parts: &[Shown]| parts.iter().filter_map(|part| single(part, 1).transpose()).collect::<Result<Vec<_>, Why>>();
    let mut blocks = Vec::with_capacity(script.scenes.len());
    for scene in script.scenes.iter().filter(|scene| sees(scene, person)) {
        match &scene.part {
            Shown::Columns { left, right } => {
                let (left, right) = (column(left)?, column(right)?);
                if !left.is_empty() || !right.is_empty() {
                    blocks.push(CampaignBlock::Columns { left, right });
                }
            }
            part => blocks.extend(single(part, ROW)?),
        }
    }
    if blocks.is_empty() {
        return Err(Why::Empty);
    }
    let subject = super::text::one_line(&fill(&script.subject)?);
    if subject.is_empty() {
        return Err(Why::Subject);
    }
    let view = CampaignMail {
        subject,
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
