//! One block of what a campaign says: its page, its place among the others, its picture.

use super::campaign_block_form::{BY, NAMES, WHO, by, filled, read, who};
use super::campaign_places::{self as places, Place, Side};
use super::campaign_words::{self as texts, address, back, change, ids, language, open, version};
use super::desk::{Desk, refusal};
use super::pictures as uploads;
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::campaigns::{self, CampaignId, Kind, State, VariantId};
use crm::{segments, surveys};
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::campaigns::content::{Block, Condition, Part, Source};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;
use storefront::{catalog, collections, pictures};

/// Characters of a block that a list shows.
const SHOWN: usize = 80;

/// Where a block stands.
type Spot = (i64, i64, String, String);

fn spot(path: &Spot) -> Result<((CampaignId, VariantId), Language, Place)> {
    Ok((ids(&(path.0, path.1)), language(&path.2)?, Place::parse(&path.3)?))
}

/// A row of the list of blocks.
pub fn row((place, block): (usize, &Block), of: usize, words: &Words) -> Value {
    line(Place { block: place, inside: None }, (&block.part, block.only.as_ref()), (place, of), words)
}

/// The rows of what stands in a column of the block at a place.
fn rows_of(block: usize, side: Side, parts: &[Part], words: &Words) -> Vec<Value> {
    let at = |place: usize| Place { block, inside: Some((side, place)) };
    parts.iter().enumerate().map(|(place, part)| line(at(place), (part, None), (place, parts.len()), words)).collect()
}

fn line(at: Place, (part, only): (&Part, Option<&Condition>), (place, of): (usize, usize), words: &Words) -> Value {
    let kind = |part: &Part| words.get(&format!("campaign-words-kind-{}", part.kind()));
    let text = match part {
        Part::Heading { text } => text.clone(),
        Part::Text { html } => html.clone(),
        Part::Picture { alt, .. } => alt.clone(),
        Part::Button { label, link } => format!("{label} → {link}"),
        Part::Divider {} => String::new(),
        Part::Products { title, source, .. } => {
            format!("{title} {}", words.get(&format!("campaign-words-by-{}", by(source).replace('_', "-"))))
        }
        Part::Offer { label } => label.clone(),
        Part::Survey { .. } => String::new(),
        Part::Columns { left, right } => {
            let side = |parts: &[Part]| parts.iter().map(kind).collect::<Vec<_>>().join(", ");
            format!("{} | {}", side(left), side(right))
        }
    };
    let text: String = text.chars().take(SHOWN).collect();
    let picture = match part {
        Part::Picture { hash, .. } => hash.clone(),
        _ => None,
    };
    json!({ "place": at.to_string(), "number": place + 1, "kind": part.kind(), "text": text.trim(), "picture": picture, "who": who(only).replace('_', "-"),
        "first": place == 0, "last": place + 1 == of })
}

/// Adds a blank block at the end, or at the end of a column.
pub async fn add(desk: Desk, path: web::Path<(i64, i64, String)>, posted: Posted) -> Result<HttpResponse> {
    let (campaign, variant, code) = path.into_inner();
    let (at, language) = (ids(&(campaign, variant)), language(&code)?);
    let part = Part::blank(posted.get("kind")).ok_or(Error::NotFound)?;
    let side = Side::parse(posted.get("side"));
    let into = side.map(|side| Ok::<_, Error>((posted.id::<usize>("into")?, side))).transpose()?;
    let done = change(&desk, at, &posted, move |_, _, content| places::add(version(content, language.code())?, into, part.clone()));
    let to = match into {
        Some((block, _)) => block_address(at, language, Place { block, inside: None }),
        None => address(at, language.code()),
    };
    back(&desk, &to, done.await, "campaign-words-block-added")
}

fn block_address(at: (CampaignId, VariantId), language: Language, place: Place) -> String {
    format!("/admin/campaigns/{}/texts/{}/blocks/{}/{place}", at.0, at.1, language.code())
}

/// The page that lists what stands at a place: that of the columns for what is in one.
fn list_of(at: (CampaignId, VariantId), language: Language, place: Place) -> String {
    match place.inside {
        Some(_) => block_address(at, language, Place { inside: None, ..place }),
        None => address(at, language.code()),
    }
}

pub async fn edit(desk: Desk, path: web::Path<Spot>) -> Result<HttpResponse> {
    let (at, language, place) = spot(&path)?;
    let form = desk.read(move |conn| stored(conn, at, language, place)).await?;
    show(&desk, (at, language, place), StatusCode::OK, filled(&form)).await
}

/// The block at a place.
fn stored(conn: &mut Conn, at: (CampaignId, VariantId), language: Language, place: Place) -> Result<Block> {
    place.find(version(&mut open(conn, at)?.content, language.code())?)
}

async fn show(
    desk: &Desk,
    (at, language, place): ((CampaignId, VariantId), Language, Place),
    status: StatusCode,
    form: Form,
) -> Result<HttpResponse> {
    let (spoken, names) = (desk.visit.language.code(), desk.words()?);
    let mut view = desk
        .read(move |conn| {
            let open = open(conn, at)?;
            let block = stored(conn, at, language, place)?;
            let picture = match &block.part {
                Part::Picture { hash, .. } => hash.clone(),
                _ => None,
            };
            let tree = catalog::categories(conn, spoken)?;
            let path = |id| tree.path(id).iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" › ");
            let categories: Vec<Value> =
                tree.in_order().iter().map(|one| json!({ "value": one.id.to_string(), "label": path(one.id) })).collect();
            let collections = collections::list(conn)?;
            let asked = surveys::list(conn)?;
            let segments = segments::list(conn)?;
            let column = |side: Side| {
                let parts = side.parts(&block.part)?;
                Some(json!({ "side": side.as_str(), "rows": rows_of(place.block, side, parts, &names) }))
            };
            Ok(json!({
                "campaign": { "id": open.campaign.id, "name": open.campaign.name },
                "variant": { "id": open.variant.id, "version": open.variant.version },
                "draft": open.campaign.state == State::Draft,
                "language": language.code(),
                "place": place.to_string(),
                "kind": block.part.kind(),
                "inside": place.inside.is_some(),
                "block": place.block,
                "columns": Side::BOTH.into_iter().filter_map(column).collect::<Vec<Value>>(),
                "kinds": Part::INSIDE,
                "picture": picture,
                "by": words(if open.campaign.kind == Kind::Step { BY } else { &BY[..BY.len() - 1] }, "campaign-words-by-"),
                "who": words(WHO, "campaign-words-who-"),
                "categories": categories,
                "surveys": asked.iter().filter(|one| one.open).map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect::<Vec<Value>>(),
                "collections": collections.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect::<Vec<Value>>(),
                "segments": segments.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect::<Vec<Value>>(),
                "tongues": super::languages::choices(),
                "variables": storefront::campaigns::text::VARIABLES,
            }))
        })
        .await?;
    view["form"] = serde_json::to_value(form)?;
    desk.page_as(status, "admin/campaign_block.html", "campaign-words-block", view)
}

/// Words of a list as choices whose labels are keys.
fn words(all: &[&str], prefix: &str) -> Vec<Value> {
    let key = |word: &str| if word.is_empty() { format!("{prefix}everybody") } else { format!("{prefix}{}", word.replace('_', "-")) };
    all.iter().map(|word| json!({ "value": word, "label": key(word) })).collect()
}

pub async fn update(desk: Desk, path: web::Path<Spot>, posted: Posted) -> Result<HttpResponse> {
    let (at, language, place) = spot(&path)?;
    let typed = posted.clone();
    let done = change(&desk, at, &posted, move |conn, _, content| {
        let version = version(content, language.code())?;
        let block = read(conn, &typed, &place.find(version)?)?;
        let about = matches!(&block.part, Part::Products { source: Source::Occasion, .. });
        if about && campaigns::get(conn, at.0)?.kind != Kind::Step {
            return Err(Error::field("by", "campaign-words-by-unknown"));
        }
        place.put(version, block)
    });
    match done.await {
        Ok(()) => Ok(desk.done(&list_of(at, language, place), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            // A form that came too late is made of the version that is shown: saving it again is a decision.
            show(&desk, (at, language, place), status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

/// Moves a block by one place.
pub async fn shift(desk: Desk, path: web::Path<Spot>, posted: Posted) -> Result<HttpResponse> {
    let (at, language, place) = spot(&path)?;
    let up = posted.get("to") == "up";
    let done = change(&desk, at, &posted, move |_, _, content| place.shift(version(content, language.code())?, up));
    back(&desk, &list_of(at, language, place), done.await, "campaign-words-block-moved")
}

pub async fn remove(desk: Desk, path: web::Path<Spot>, posted: Posted) -> Result<HttpResponse> {
    let (at, language, place) = spot(&path)?;
    let done = change(&desk, at, &posted, move |_, _, content| place.remove(version(content, language.code())?));
    back(&desk, &list_of(at, language, place), done.await, "campaign-words-block-removed")
}

/// Puts a picture into a block. Nothing else of the block changes, so that it needs no version.
pub async fn picture(desk: Desk, path: web::Path<Spot>, parts: Multipart) -> Result<HttpResponse> {
    let (at, language, place) = spot(&path)?;
    let stored = async {
        let (prepared, _) = uploads::take(&desk, parts).await?;
        desk.write(move |conn, act| {
            let open = open(conn, at)?;
            let mut after = open.content.clone();
            let version = version(&mut after, language.code())?;
            let mut block = place.find(version)?;
            let Part::Picture { hash, .. } = &mut block.part else { return Err(Error::conflict("campaign-words-no-picture")) };
            *hash = Some(pictures::store(conn, &prepared, act.now)?);
            place.put(version, block)?;
            campaigns::put_variant(conn, at.1, open.variant.version, &after.checked()?.json()?, act.now)?;
            act.log(conn, "campaign.words", &texts::subject(at.0), &Value::Null, &json!({ "picture": place.to_string() }))
        })
        .await
    };
    back(&desk, &block_address(at, language, place), stored.await, "admin-picture-added")
}
