//! What a campaign says, as a merchant writes it: stored as JSON with the variant.

use super::links;
use super::text::{Rich, Template};
use crate::ids::{CategoryId, CollectionId};
use crm::email::Email;
use crm::segments::SegmentId;
use crm::surveys::SurveyId;
use kernel::error::Fields;
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Blocks of one version.
pub const BLOCKS: usize = 60;
/// Products of one block.
pub const PRODUCTS: usize = 12;
/// Parts of one column.
pub const PARTS: usize = 12;
/// Longest line, and longest text.
pub const LINE: usize = 300;
const TEXT: usize = 20_000;
/// Longest address.
const ADDRESS: usize = 2000;

/// Who writes, and what in which language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Content {
    /// The shop's name without one.
    pub from_name: String,
    /// Of a sending domain; the shop's own sender without one.
    pub from_address: String,
    /// Where replies go; to the sender without one.
    pub reply_to: String,
    /// By the code of the language.
    pub versions: BTreeMap<String, Version>,
}

/// What is said in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Version {
    pub subject: String,
    /// What mail programs show behind the subject in a list.
    pub preheader: String,
    pub blocks: Vec<Block>,
}

/// A part of a mail, for everybody or for some.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    pub part: Part,
    #[serde(default)]
    pub only: Option<Condition>,
}

/// What a block shows. Lines and texts have variables (`{{ name | there }}`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Part {
    Heading {
        text: String,
    },
    /// HTML, cleaned when it is read.
    Text {
        html: String,
    },
    Picture {
        /// Of a stored picture; none before one was chosen.
        #[serde(default)]
        hash: Option<String>,
        #[serde(default)]
        alt: String,
        /// Empty for none.
        #[serde(default)]
        link: String,
    },
    Button {
        label: String,
        link: String,
    },
    Divider {},
    Products {
        #[serde(default)]
        title: String,
        source: Source,
        most: usize,
    },
    /// The offer that the recipient was given and did not use: the one that ends first. Nothing for whoever has none.
    Offer {
        label: String,
    },
    /// The question of a survey, with a link for each score. Nothing while the survey takes no answers.
    Survey {
        /// None before one was chosen.
        #[serde(default)]
        survey: Option<SurveyId>,
    },
    /// Parts beside each other, of the kinds of [`Part::INSIDE`]; below each other where a screen is too narrow.
    Columns {
        #[serde(default)]
        left: Vec<Part>,
        #[serde(default)]
        right: Vec<Part>,
    },
}

/// Which products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", content = "of", rename_all = "snake_case")]
pub enum Source {
    /// These, by their slugs.
    Hand(Vec<String>),
    Newest,
    /// What many bought lately.
    Popular,
    Category(CategoryId),
    Collection(CollectionId),
    /// What the recipient may want, with the reason; what many bought for whoever nothing is known of, or who does not want that.
    ForYou,
    /// What the journey is about that the mail belongs to: what is back, or costs less. Whoever cannot buy it any more gets no mail.
    Occasion,
}

/// Who sees a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", content = "of", rename_all = "snake_case")]
pub enum Condition {
    InSegment(SegmentId),
    NotInSegment(SegmentId),
    /// The code of the customer's own language, in whichever version they read.
    Speaks(String),
    HasOffer,
    HasNoOffer,
}

impl Part {
    pub const KINDS: &[&str] = &["heading", "text", "picture", "button", "divider", "products", "offer", "survey", "columns"];
    /// What may stand in a column.
    pub const INSIDE: &[&str] = &["text", "picture", "button", "products"];

    pub fn kind(&self) -> &'static str {
        match self {
            Part::Heading { .. } => "heading",
            Part::Text { .. } => "text",
            Part::Picture { .. } => "picture",
            Part::Button { .. } => "button",
            Part::Divider {} => "divider",
            Part::Products { .. } => "products",
            Part::Offer { .. } => "offer",
            Part::Survey { .. } => "survey",
            Part::Columns { .. } => "columns",
        }
    }

    /// The part itself, then what stands in its columns.
    pub fn all(&self) -> Vec<&Part> {
        match self {
            Part::Columns { left, right } => std::iter::once(self).chain(left).chain(right).collect(),
            part => vec![part],
        }
    }

    /// A block of a kind before anything was written into it.
    pub fn blank(kind: &str) -> Option<Part> {
        Some(match kind {
            "heading" => Part::Heading { text: String::new() },
            "text" => Part::Text { html: String::new() },
            "picture" => Part::Picture { hash: None, alt: String::new(), link: String::new() },
            "button" => Part::Button { label: String::new(), link: "/".into() },
            "divider" => Part::Divider {},
            "products" => Part::Products { title: String::new(), source: Source::Newest, most: 4 },
            "offer" => Part::Offer { label: String::new() },
            "survey" => Part::Survey { survey: None },
            "columns" => Part::Columns { left: Vec::new(), right: Vec::new() },
            _ => return None,
        })
    }

    /// `Invalid` names what cannot be, as the form of the back office calls it.
    pub fn check(&self) -> Result<()> {
        let mut wrong = Fields::default();
        match self {
            Part::Heading { text } => line(&mut wrong, "text", text),
            Part::Text { html } if html.chars().count() > TEXT => wrong.add("html", "field-too-long"),
            Part::Text { html } => rich(&mut wrong, "html", html),
            Part::Picture { alt, link, .. } => {
                line(&mut wrong, "alt", alt);
                target(&mut wrong, "link", link, true);
            }
            Part::Button { label, link } => {
                line(&mut wrong, "label", label);
                target(&mut wrong, "link", link, false);
            }
            Part::Divider {} | Part::Survey { .. } => {}
            Part::Products { title, source, most } => {
                line(&mut wrong, "title", title);
                if !(1..=PRODUCTS).contains(most) {
                    wrong.add("most", kernel::error::said("campaign-words-most-between", &[("most", &PRODUCTS)]));
                }
                if matches!(source, Source::Hand(slugs) if slugs.len() > PRODUCTS) {
                    wrong.add("products", kernel::error::said("campaign-words-most-between", &[("most", &PRODUCTS)]));
                }
            }
            Part::Offer { label } => line(&mut wrong, "label", label),
            Part::Columns { left, right } => {
                if left.len() > PARTS || right.len() > PARTS {
                    return Err(Error::conflict(kernel::error::said("campaign-words-column-full", &[("most", &PARTS)])));
                }
                if left.iter().chain(right).any(|part| !Part::INSIDE.contains(&part.kind())) {
                    return Err(Error::conflict("campaign-words-column-kind"));
                }
                return left.iter().chain(right).try_for_each(Part::check);
            }
        }
        wrong.check()
    }
}

impl Content {
    /// What is stored with a variant; a blank content for an empty text.
    pub fn read(json: &str) -> Result<Content> {
        match json.trim() {
            "" | "{}" | "null" => Ok(Content::default()),
            json => Ok(serde_json::from_str(json)?),
        }
    }

    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// The content as it will be stored: trimmed. `Invalid` names what cannot be.
    pub fn checked(mut self) -> Result<Content> {
        let mut wrong = Fields::default();
        for text in [&mut self.from_name, &mut self.from_address, &mut self.reply_to] {
            *text = text.trim().to_string();
        }
        plain_line(&mut wrong, "from_name", &self.from_name);
        for (name, address) in [("from_address", &self.from_address), ("reply_to", &self.reply_to)] {
            if !address.is_empty() && Email::parse(address, name).is_err() {
                wrong.add(name, "email-invalid");
            }
        }
        for (language, version) in &mut self.versions {
            version.subject = version.subject.trim().to_string();
            version.preheader = version.preheader.trim().to_string();
            line(&mut wrong, &format!("subject_{language}"), &version.subject);
            line(&mut wrong, &format!("preheader_{language}"), &version.preheader);
        }
        wrong.check()?;
        if self.versions.keys().any(|code| Language::parse(code).is_none()) {
            return Err(Error::NotFound);
        }
        if self.versions.values().any(|version| version.blocks.len() > BLOCKS) {
            return Err(Error::conflict("campaign-words-too-many"));
        }
        self.versions.values().flat_map(|version| &version.blocks).try_for_each(|block| block.part.check())?;
        Ok(self)
    }

    /// The segments that decide who sees a block.
    pub fn segments(&self) -> Vec<SegmentId> {
        let conditions = self.blocks().filter_map(|block| block.only.as_ref());
        let mut all: Vec<SegmentId> = conditions
            .filter_map(|only| match only {
                Condition::InSegment(id) | Condition::NotInSegment(id) => Some(*id),
                Condition::Speaks(_) | Condition::HasOffer | Condition::HasNoOffer => None,
            })
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.versions.values().flat_map(|version| &version.blocks)
    }

    /// What all blocks show, those in columns too.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.blocks().flat_map(|block| block.part.all())
    }

    /// Whether it depends on what the recipient was offered.
    pub fn asks_for_offers(&self) -> bool {
        let shows = |block: &Block| {
            matches!(block.part, Part::Offer { .. }) || matches!(block.only, Some(Condition::HasOffer | Condition::HasNoOffer))
        };
        self.blocks().any(shows) || self.names("offer") || self.names("offer_until")
    }

    /// Whether a text has this variable.
    pub(super) fn names(&self, variable: &str) -> bool {
        let has = |text: &str| Template::read(text).is_ok_and(|template| template.variables().any(|(name, _)| name == variable));
        self.versions.values().any(|version| {
            has(&version.subject) || has(&version.preheader) || version.parts().any(|part| part.texts().into_iter().any(&has))
        })
    }
}

impl Version {
    /// What its blocks show, those in columns too.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.blocks.iter().flat_map(|block| block.part.all())
    }
}

impl Part {
    /// What has variables in it; of columns nothing, since their parts are asked themselves.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Part::Heading { text } => vec![text],
            Part::Text { html } => vec![html],
            Part::Picture { alt, .. } => vec![alt],
            Part::Button { label, .. } | Part::Offer { label } => vec![label],
            Part::Products { title, .. } => vec![title],
            Part::Divider {} | Part::Survey { .. } | Part::Columns { .. } => Vec::new(),
        }
    }
}

/// Whether a link can stand in a mail: a path of the shop or an address of the web.
pub fn leads(link: &str) -> bool {
    let inside =
        link.starts_with('/') && !link.starts_with("//") && !link.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\');
    link.len() <= ADDRESS && (inside || links::is_web(link))
}

fn target(wrong: &mut Fields, name: &str, link: &str, may_lack: bool) {
    if !(may_lack && link.is_empty() || leads(link)) {
        wrong.add(name, "campaign-words-link-wrong");
    }
}

fn plain_line(wrong: &mut Fields, name: &str, text: &str) {
    if text.chars().count() > LINE {
        wrong.add(name, "field-too-long");
    } else if text.chars().any(char::is_control) {
        wrong.add(name, "campaign-words-one-line");
    }
}

fn line(wrong: &mut Fields, name: &str, text: &str) {
    plain_line(wrong, name, text);
    template(wrong, name, text);
}

fn template(wrong: &mut Fields, name: &str, text: &str) {
    if let Err(mistake) = Template::read(text) {
        wrong.add(name, mistake);
    }
}

fn rich(wrong: &mut Fields, name: &str, html: &str) {
    match Rich::read(html) {
        Err(mistake) => wrong.add(name, mistake),
        Ok(read) if !read.links().all(|link| leads(link) || is_contact(link)) => wrong.add(name, "campaign-words-link-wrong"),
        Ok(_) => {}
    }
}

/// Whether a link writes to or calls somebody.
pub(super) fn is_contact(link: &str) -> bool {
    link.starts_with("mailto:") || link.starts_with("tel:")
}
