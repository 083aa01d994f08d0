//! The fields of a block of what a campaign says: filled from the block, and read into one.

use super::promotion_goods::lines;
use crm::segments::{self, SegmentId};
use crm::surveys::{self, SurveyId};
use kernel::error::Fields;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};
use storefront::campaigns::content::{Block, Condition, Part, Source};
use storefront::ids::{CategoryId, CollectionId};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{catalog, collections};

/// The fields of all kinds of blocks; a form shows those of its own.
pub(super) const NAMES: &[&str] = &[
    "text",
    "html",
    "alt",
    "label",
    "link",
    "title",
    "by",
    "products",
    "category",
    "collection",
    "most",
    "survey",
    "who",
    "segment",
    "speaks",
];
/// Which products: the words of [`Source`]. The last one is for mails of journeys alone.
pub(super) const BY: &[&str] = &["hand", "newest", "popular", "category", "collection", "for_you", "occasion"];
/// Who sees it: the words of [`Condition`], and nothing for everybody.
pub(super) const WHO: &[&str] = &["", "in_segment", "not_in_segment", "speaks", "has_offer", "has_no_offer"];

/// The word of a rule for products.
pub(super) fn by(source: &Source) -> &'static str {
    match source {
        Source::Hand(_) => "hand",
        Source::Newest => "newest",
        Source::Popular => "popular",
        Source::Category(_) => "category",
        Source::Collection(_) => "collection",
        Source::ForYou => "for_you",
        Source::Occasion => "occasion",
    }
}

/// The word of who sees a block.
pub(super) fn who(only: Option<&Condition>) -> &'static str {
    match only {
        None => "",
        Some(Condition::InSegment(_)) => "in_segment",
        Some(Condition::NotInSegment(_)) => "not_in_segment",
        Some(Condition::Speaks(_)) => "speaks",
        Some(Condition::HasOffer) => "has_offer",
        Some(Condition::HasNoOffer) => "has_no_offer",
    }
}

/// The form of a block as it is stored.
pub(super) fn filled(block: &Block) -> Form {
    let form = Form::new(NAMES);
    let form = match &block.part {
        Part::Heading { text } => form.fill("text", text),
        Part::Text { html } => form.fill("html", html),
        Part::Picture { alt, link, .. } => form.fill("alt", alt).fill("link", link),
        Part::Button { label, link } => form.fill("label", label).fill("link", link),
        Part::Divider {} | Part::Columns { .. } => form,
        Part::Products { title, source, most } => {
            let form = form.fill("title", title).fill("most", most.to_string()).fill("by", by(source));
            match source {
                Source::Hand(slugs) => form.fill("products", slugs.join("\n")),
                Source::Category(id) => form.fill("category", id.to_string()),
                Source::Collection(id) => form.fill("collection", id.to_string()),
                Source::Newest | Source::Popular | Source::ForYou | Source::Occasion => form,
            }
        }
        Part::Offer { label } => form.fill("label", label),
        Part::Survey { survey } => form.fill("survey", survey.map(|id| id.to_string()).unwrap_or_default()),
    };
    let form = form.fill("who", who(block.only.as_ref()));
    match &block.only {
        Some(Condition::InSegment(id) | Condition::NotInSegment(id)) => form.fill("segment", id.to_string()),
        Some(Condition::Speaks(code)) => form.fill("speaks", code),
        Some(Condition::HasOffer | Condition::HasNoOffer) | None => form,
    }
}

/// What was typed for a block of the kind that `before` has. `Invalid` names what there is not.
pub(super) fn read(conn: &mut Conn, typed: &Posted, before: &Block) -> Result<Block> {
    let mut wrong = Fields::default();
    let text = |name: &str| typed.get(name).trim().to_string();
    let part = match &before.part {
        Part::Heading { .. } => Part::Heading { text: text("text") },
        Part::Text { .. } => Part::Text { html: text("html") },
        Part::Picture { hash, .. } => Part::Picture { hash: hash.clone(), alt: text("alt"), link: text("link") },
        Part::Button { .. } => Part::Button { label: text("label"), link: text("link") },
        Part::Divider {} => Part::Divider {},
        Part::Products { .. } => {
            let most = typed.number("most", "campaign-words-most")?;
            Part::Products { title: text("title"), source: source(conn, typed, &mut wrong)?, most: usize::try_from(most).unwrap_or(0) }
        }
        Part::Offer { .. } => Part::Offer { label: text("label") },
        Part::Survey { .. } => Part::Survey { survey: survey(conn, typed, &mut wrong)? },
        // What stands in them has forms of its own.
        columns @ Part::Columns { .. } => columns.clone(),
    };
    let only = condition(conn, typed, &mut wrong)?;
    wrong.check()?;
    part.check()?;
    Ok(Block { part, only })
}

fn source(conn: &mut Conn, typed: &Posted, wrong: &mut Fields) -> Result<Source> {
    Ok(match typed.get("by") {
        "newest" => Source::Newest,
        "popular" => Source::Popular,
        "for_you" => Source::ForYou,
        "occasion" => Source::Occasion,
        "category" => {
            let id: Option<CategoryId> = typed.get("category").parse().ok();
            let tree = catalog::categories(conn, Language::default().code())?;
            match id.filter(|id| tree.get(*id).is_some()) {
                Some(id) => Source::Category(id),
                None => {
                    wrong.add("category", "campaign-words-category");
                    Source::Newest
                }
            }
        }
        "collection" => {
            let all = collections::list(conn)?;
            let id: Option<CollectionId> = typed.get("collection").parse().ok();
            match id.filter(|id| all.iter().any(|one| one.id == *id)) {
                Some(id) => Source::Collection(id),
                None => {
                    wrong.add("collection", "campaign-words-collection");
                    Source::Newest
                }
            }
        }
        "hand" => {
            let slugs = lines(typed.get("products"));
            if slugs.is_empty() || catalog::by_slugs(conn, &slugs)?.len() != slugs.len() {
                wrong.add("products", "admin-home-page-product-unknown");
            }
            Source::Hand(slugs)
        }
        _ => {
            wrong.add("by", "campaign-words-by-unknown");
            Source::Newest
        }
    })
}

fn survey(conn: &mut Conn, typed: &Posted, wrong: &mut Fields) -> Result<Option<SurveyId>> {
    let id: Option<SurveyId> = typed.get("survey").parse().ok();
    let found = match id {
        Some(id) => surveys::find(conn, id)?.filter(|one| one.open),
        None => None,
    };
    if found.is_none() {
        wrong.add("survey", "campaign-words-survey");
    }
    Ok(found.map(|one| one.id))
}

fn condition(conn: &mut Conn, typed: &Posted, wrong: &mut Fields) -> Result<Option<Condition>> {
    let who = typed.get("who");
    if matches!(who, "in_segment" | "not_in_segment") {
        let known = segments::others(conn)?;
        let id: Option<SegmentId> = typed.get("segment").parse().ok();
        let Some(id) = id.filter(|id| known.contains_key(id)) else {
            wrong.add("segment", "campaign-words-segment");
            return Ok(None);
        };
        return Ok(Some(if who == "in_segment" { Condition::InSegment(id) } else { Condition::NotInSegment(id) }));
    }
    Ok(match who {
        "" => None,
        "has_offer" => Some(Condition::HasOffer),
        "has_no_offer" => Some(Condition::HasNoOffer),
        "speaks" if Language::parse(typed.get("speaks")).is_some() => Some(Condition::Speaks(typed.get("speaks").to_string())),
        "speaks" => {
            wrong.add("speaks", "campaign-words-language");
            None
        }
        _ => {
            wrong.add("who", "campaign-words-who-unknown");
            None
        }
    })
}
