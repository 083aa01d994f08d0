//! Cards and shelves as HTML, drawn once for everybody who sees the same and kept for a moment: what slots of shared pages are put
//! together from.

use super::door::Door;
use super::recommend::Mark;
use super::shelves::{self, Showing};
use super::views::shared::{Card, Shelf};
use super::visit::Visit;
use super::words::Words;
use crate::catalog;
use crate::ids::{ProductId, StoreId};
use crate::promotions::Audience;
use crate::stores;
use actix_web::web::Bytes;
use kernel::web::i18n::Language;
use kernel::{Result, token};
use serde::Serialize;
use std::collections::HashMap;

/// In which store, by whom and in which language a card is read, the product it shows, and why it stands where it is recommended.
pub type CardKey = (StoreId, Language, Audience, ProductId, Option<Mark>);
/// In which language and store a shelf is read, the id of its heading, and the heading.
pub type FrameKey = (StoreId, Language, &'static str, String);

#[derive(Serialize)]
struct CardView {
    card: Card,
}

#[derive(Serialize)]
struct ShelfView<'a> {
    id: &'static str,
    shelf: Shelf,
    /// The cards as HTML.
    drawn: &'a str,
}

/// The cards of the first `most` of these products that have one. What is recommended has none while it is sold out.
pub async fn cards(
    door: &Door,
    visit: &Visit,
    audience: &Audience,
    wanted: &[(ProductId, Option<Mark>)],
    most: usize,
) -> Result<Vec<(ProductId, Bytes)>> {
    let key = |(id, mark): (ProductId, Option<Mark>)| (visit.site.id, visit.language, audience.clone(), id, mark);
    let mut known: HashMap<ProductId, Bytes> = HashMap::with_capacity(wanted.len());
    known.extend(wanted.iter().filter_map(|one| Some((one.0, door.memory.cards.get(&key(*one))?))));
    let first = |known: &HashMap<ProductId, Bytes>| -> Vec<(ProductId, Bytes)> {
        let cards = wanted.iter().filter_map(|(id, _)| Some((*id, known.get(id)?.clone())));
        cards.filter(|(_, card)| !card.is_empty()).take(most).collect()
    };
    // Those before the last one shown have to be known, and no others.
    let mut shown = 0;
    let mut missing: Vec<(ProductId, Option<Mark>)> = Vec::new();
    for one in wanted {
        match known.get(&one.0) {
            Some(card) => shown += usize::from(!card.is_empty()),
            None => missing.push(*one),
        }
        if shown >= most {
            break;
        }
    }
    if missing.is_empty() {
        return Ok(first(&known));
    }
    let mut drawn = draw(door, visit, audience, &missing).await?;
    for one in missing {
        // What is not on sale has no card, which is worth remembering as well.
        let card = drawn.remove(&one.0).unwrap_or_default();
        door.memory.cards.put(key(one), card.clone(), card.len() + size_of::<CardKey>());
        known.insert(one.0, card);
    }
    Ok(first(&known))
}

async fn draw(door: &Door, visit: &Visit, audience: &Audience, wanted: &[(ProductId, Option<Mark>)]) -> Result<HashMap<ProductId, Bytes>> {
    let ids: Vec<ProductId> = wanted.iter().map(|(id, _)| *id).collect();
    let named: Vec<ProductId> = wanted.iter().filter_map(|(_, mark)| mark.as_ref()?.names()).collect();
    let (store, language, audience) = (visit.site.id, visit.language, audience.clone());
    let (found, titles) = door
        .read(move |conn, now| {
            let shop = stores::shop_for(conn, store, &audience.trade())?;
            let found = shelves::cards_by_id(conn, &ids, &Showing { language, shop: &shop, audience: &audience, now })?;
            Ok((found, catalog::titles_in(conn, &named, language.code())?))
        })
        .await?;
    let marks: HashMap<ProductId, Mark> = wanted.iter().filter_map(|(id, mark)| Some((*id, (*mark)?))).collect();
    let words = Words::of(&door.templates, language)?;
    let mut drawn = HashMap::with_capacity(found.len());
    for (id, mut card) in found {
        if let Some(mark) = marks.get(&id) {
            if card.sold_out {
                continue;
            }
            card.to = mark.tag.on(&card.to);
            card.note = mark.said(&titles, &words)?.or(card.note);
        }
        let html = door.templates.render("storefront/slots/card.html", visit.spoken(), &CardView { card })?;
        drawn.insert(id, Bytes::from(html));
    }
    Ok(drawn)
}

/// A shelf of drawn cards under a heading; empty without any.
pub fn shelf(door: &Door, visit: &Visit, id: &'static str, title: &str, cards: &[Bytes]) -> Result<Bytes> {
    if cards.is_empty() {
        return Ok(Bytes::new());
    }
    let key = (visit.site.id, visit.language, id, title.to_string());
    let (before, after) = match door.memory.frames.get(&key) {
        Some(frame) => frame,
        None => {
            let frame = frame(door, visit, id, title)?;
            door.memory.frames.put(key, frame.clone(), frame.0.len() + frame.1.len() + title.len());
            frame
        }
    };
    let mut all = Vec::with_capacity(before.len() + after.len() + cards.iter().map(Bytes::len).sum::<usize>());
    all.extend_from_slice(&before);
    cards.iter().for_each(|card| all.extend_from_slice(card));
    all.extend_from_slice(&after);
    Ok(all.into())
}

/// What stands before and after the cards of a shelf.
fn frame(door: &Door, visit: &Visit, id: &'static str, title: &str) -> Result<(Bytes, Bytes)> {
    let mark = token::random();
    let shelf = Shelf { title: title.to_string(), more: None, products: Vec::new() };
    let html = door.templates.render("storefront/slots/shelf.html", visit.spoken(), &ShelfView { id, shelf, drawn: &mark })?;
    let (before, after) = html.split_once(&mark).ok_or_else(|| kernel::Error::unexpected("a shelf does not show its cards"))?;
    Ok((Bytes::copy_from_slice(before.as_bytes()), Bytes::copy_from_slice(after.as_bytes())))
}
