//! What all mails of one content have in common, asked once: the store, the texts as they were read, pictures, and products that are the same
//! for everybody.

use super::content::{Condition, Content, Part, Source, Version};
use super::text::{Rich, Template, Values};
use crate::catalog;
use crate::collections;
use crate::ids::{ProductId, StoreId};
use crate::mails::Mailer;
use crate::pictures;
use crate::promotions::{Audience, Personal};
use crate::shop::Shop;
use crate::stores::{self, Site};
use crate::theme::{self, Role};
use crate::web::shelves::{self, Showing};
use crate::web::views::campaign::CampaignStyle;
use crate::web::views::mail::MailView;
use crate::web::views::shared::Card;
use crm::recommendations;
use crm::segments::SegmentId;
use crm::surveys::{self, SurveyId};
use kernel::clock::Time;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use std::collections::{BTreeMap, HashMap};

/// Products that are tried for a block: some are sold out or not sold in this store.
const TRIED: usize = 40;
/// Pixels of a picture, at twice the width of the mail's text on a good screen.
const WIDEST: i64 = 800;
/// The width of the mail's text, and of one of two columns of it.
const COLUMN: i64 = 536;
const HALF: i64 = 252;

/// A block as it was read.
pub(super) struct Scene {
    pub only: Option<Condition>,
    pub part: Shown,
}

pub(super) enum Shown {
    Heading(Template),
    Text(Rich),
    Picture { src: String, width: i64, alt: Template, link: String },
    Button { label: Template, link: String },
    Divider,
    Products { title: Template, cards: Vec<(ProductId, Card)> },
    ForYou { title: Template, most: usize },
    Occasion(Template),
    Offer(Template),
    Survey { survey: SurveyId, round: i64, question: String },
    Columns { left: Vec<Shown>, right: Vec<Shown> },
}

impl Shown {
    /// Whether it shows what each reader may want, or something of that where there is nobody yet.
    pub fn asks(&self) -> bool {
        match self {
            Shown::ForYou { .. } | Shown::Occasion(_) => true,
            Shown::Columns { left, right } => left.iter().chain(right).any(Shown::asks),
            _ => false,
        }
    }

    /// Whether it shows what a journey is about.
    fn is_occasion(&self) -> bool {
        match self {
            Shown::Occasion(_) => true,
            Shown::Columns { left, right } => left.iter().chain(right).any(Shown::is_occasion),
            _ => false,
        }
    }
}

/// A version as it was read.
pub(super) struct Script {
    pub subject: Template,
    pub preheader: Template,
    pub scenes: Vec<Scene>,
    pub frame: MailView,
}

pub(super) struct Stage {
    pub shop: Shop,
    pub site: Site,
    pub from_name: String,
    pub from_address: String,
    pub reply_to: String,
    pub style: CampaignStyle,
    pub scripts: BTreeMap<Language, Script>,
    pub segments: Vec<SegmentId>,
    /// What many bought lately, for recommendations that do not suffice. Empty when no block asks.
    pub popular: Vec<ProductId>,
    /// The promotions that hold for some customers or not for all, when something depends on offers or shows prices.
    pub personal: Option<Personal>,
    /// Whether something depends on offers.
    pub offers: bool,
    pub counts_orders: bool,
    pub now: Time,
}

/// What a version was read from could not be. Contents are checked when they are stored, so this is a mistake of the program.
fn unread(mistake: String) -> Error {
    Error::unexpected(format!("a stored text of a campaign does not read: {mistake}"))
}

impl Script {
    /// The products that it shows everybody.
    pub fn products(&self) -> Vec<ProductId> {
        fn add(part: &Shown, ids: &mut Vec<ProductId>) {
            match part {
                Shown::Products { cards, .. } => ids.extend(cards.iter().map(|(id, _)| *id)),
                Shown::Columns { left, right } => left.iter().chain(right).for_each(|part| add(part, ids)),
                _ => {}
            }
        }
        let mut ids = Vec::new();
        self.scenes.iter().for_each(|scene| add(&scene.part, &mut ids));
        ids
    }
}

impl Stage {
    pub fn load(conn: &mut Conn, store: StoreId, content: &Content, ways: &Mailer, now: Time) -> Result<Stage> {
        let (shop, site) = (stores::shop(conn, store)?, ways.site(conn, store)?);
        let popular = if content.parts().any(asks_for_popular) { recommendations::popular(conn)? } else { Vec::new() };
        let offers = content.asks_for_offers();
        let prices = content.parts().any(|part| matches!(part, Part::Products { .. }));
        let personal = if offers || prices { Some(Personal::load(conn, now)?) } else { None };
        let worn = theme::published(conn, store)?.theme;
        let colour = |role: Role| worn.colour(role).to_string();
        let mut stage = Stage {
            style: CampaignStyle { button: colour(Role::Button), button_text: colour(Role::ButtonText) },
            from_name: if content.from_name.is_empty() { shop.name.clone() } else { content.from_name.clone() },
            from_address: content.from_address.clone(),
            reply_to: content.reply_to.clone(),
            scripts: BTreeMap::new(),
            segments: content.segments(),
            popular: popular.into_iter().map(ProductId).collect(),
            personal,
            offers,
            counts_orders: content.names("orders"),
            shop,
            site,
            now,
        };
        for (code, version) in &content.versions {
            let Some(language) = Language::parse(code) else { continue };
            let script = stage.script(conn, language, version, ways)?;
            stage.scripts.insert(language, script);
        }
        Ok(stage)
    }

    fn script(&self, conn: &mut Conn, language: Language, version: &Version, ways: &Mailer) -> Result<Script> {
        let hashes: Vec<String> = version.parts().filter_map(picture_of).collect();
        let measures = if hashes.is_empty() { HashMap::new() } else { pictures::measures_of(conn, &hashes)? };
        let mut scenes = Vec::with_capacity(version.blocks.len());
        for block in &version.blocks {
            if let Some(part) = self.shown(conn, language, &block.part, &measures)? {
                scenes.push(Scene { only: block.only.clone(), part });
            }
        }
        Ok(Script {
            subject: Template::read(&version.subject).map_err(unread)?,
            preheader: Template::read(&version.preheader).map_err(unread)?,
            scenes,
            frame: ways.frame(conn, &self.shop, &self.site, self.site.spoken(language).language)?,
        })
    }

    /// None for a block with nothing in it.
    fn shown(&self, conn: &mut Conn, language: Language, part: &Part, measures: &HashMap<String, (i64, i64)>) -> Result<Option<Shown>> {
        let read = |text: &str| Template::read(text).map_err(unread);
        Ok(match part {
            Part::Heading { text } => Some(Shown::Heading(read(text)?)),
            Part::Text { html } => Some(Shown::Text(Rich::read(html).map_err(unread)?)),
            Part::Picture { hash, alt, link } => match hash.as_ref().and_then(|hash| Some((hash, measures.get(hash)?))) {
                Some((hash, (width, _))) => Some(Shown::Picture {
                    src: format!("{}/pictures/{hash}/{}.webp", self.site.base_url, (*width).clamp(1, WIDEST)),
                    width: (*width).clamp(1, COLUMN),
                    alt: read(alt)?,
                    link: if link.is_empty() { String::new() } else { self.target(language, link) },
                }),
                None => None,
            },
            Part::Button { label, link } => Some(Shown::Button { label: read(label)?, link: self.target(language, link) }),
            Part::Divider {} => Some(Shown::Divider),
            Part::Products { title, source: Source::ForYou, most } => Some(Shown::ForYou { title: read(title)?, most: *most }),
            Part::Products { title, source: Source::Occasion, .. } => Some(Shown::Occasion(read(title)?)),
            Part::Products { title, source, most } => {
                let ids = self.products(conn, source)?;
                let mut cards = shelves::cards_by_id(conn, &ids, &self.showing(language, &Audience::default()))?;
                cards.retain(|(_, card)| !card.sold_out);
                cards.truncate(*most);
                (!cards.is_empty()).then_some(Shown::Products { title: read(title)?, cards })
            }
            Part::Offer { label } => Some(Shown::Offer(read(label)?)),
            Part::Survey { survey: None } => None,
            Part::Survey { survey: Some(id) } => {
                let open = surveys::find(conn, *id)?.filter(|found| found.open);
                open.map(|found| Shown::Survey { survey: *id, round: found.round, question: found.question(language.code()).to_string() })
            }
            Part::Columns { left, right } => {
                let (left, right) = (self.column(conn, language, left, measures)?, self.column(conn, language, right, measures)?);
                (!left.is_empty() || !right.is_empty()).then_some(Shown::Columns { left, right })
            }
        })
    }

    /// What one of two columns shows.
    fn column(&self, conn: &mut Conn, language: Language, parts: &[Part], measures: &HashMap<String, (i64, i64)>) -> Result<Vec<Shown>> {
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            match self.shown(conn, language, part, measures)? {
                Some(Shown::Picture { src, width, alt, link }) => all.push(Shown::Picture { src, width: width.min(HALF), alt, link }),
                Some(shown) => all.push(shown),
                None => {}
            }
        }
        Ok(all)
    }

    /// The products of a rule, the same for everybody.
    fn products(&self, conn: &mut Conn, source: &Source) -> Result<Vec<ProductId>> {
        let (sold, tried) = (self.shop.assortment(), i64::try_from(TRIED).unwrap_or(i64::MAX));
        match source {
            Source::Hand(slugs) => catalog::by_slugs(conn, slugs),
            Source::Newest => catalog::newest(conn, &sold, tried),
            Source::Popular => Ok(self.popular.iter().copied().take(TRIED).collect()),
            Source::Category(id) => catalog::sold(conn, &sold, Some(*id), None, tried),
            Source::Collection(id) => Ok(collections::preview(conn, *id, tried, tried)?.1),
            Source::ForYou | Source::Occasion => Ok(Vec::new()),
        }
    }

    pub fn showing<'a>(&'a self, language: Language, audience: &'a Audience) -> Showing<'a> {
        Showing { language: self.site.spoken(language).language, shop: &self.shop, audience, now: self.now }
    }

    /// Where a link of the content leads: a page of the store in the language, or what it says.
    pub fn target(&self, language: Language, link: &str) -> String {
        if link.starts_with('/') { self.site.url(language, link) } else { link.to_string() }
    }

    /// The version for somebody who reads `language`, and its language: their own, else the first that there is.
    pub fn script_for(&self, language: Language) -> Option<(Language, &Script)> {
        let own = self.scripts.get(&language).map(|script| (language, script));
        own.or_else(|| self.scripts.iter().next().map(|(language, script)| (*language, script)))
    }

    /// Whether it shows what a journey is about.
    pub fn has_occasion(&self) -> bool {
        self.scripts.values().flat_map(|script| &script.scenes).any(|scene| scene.part.is_occasion())
    }

    /// What variables say of everybody alike.
    pub fn values(&self) -> Values {
        let mut values = Values::default();
        values.put("shop", &self.shop.name);
        values
    }
}

fn asks_for_popular(part: &Part) -> bool {
    matches!(part, Part::Products { source: Source::Popular | Source::ForYou | Source::Occasion, .. })
}

fn picture_of(part: &Part) -> Option<String> {
    match part {
        Part::Picture { hash, .. } => hash.clone(),
        _ => None,
    }
}
