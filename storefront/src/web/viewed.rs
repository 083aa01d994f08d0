//! The shelf of products that a visitor looked at before. Each product's card is drawn once for everybody who sees the same price.

use super::door::Door;
use super::shelves::{self, Showing};
use super::views::shared::{Card, Shelf};
use super::visit::Visit;
use super::words::Words;
use crate::ids::{ProductId, StoreId};
use crate::promotions::Audience;
use crate::stores;
use actix_web::web::Bytes;
use kernel::Result;
use kernel::web::i18n::Language;
use serde::Serialize;
use std::collections::HashMap;

/// Products shown below another product; the home page shows all that the browser remembers.
const RECENT: usize = 6;

/// In which store, by whom and in which language a card is read, and the product it shows.
pub type CardKey = (StoreId, Language, Audience, ProductId);

#[derive(Serialize)]
struct CardView {
    card: Card,
}

#[derive(Serialize)]
struct ShelfView {
    shelf: Shelf,
    /// The cards as HTML.
    drawn: String,
}

/// The shelf as HTML below the page of `product`, or of none; empty when nothing was looked at that is still on sale.
pub async fn shelf(door: &Door, visit: &Visit, audience: &Audience, product: Option<ProductId>) -> Result<Bytes> {
    let most = if product.is_some() { RECENT } else { usize::MAX };
    let ids: Vec<ProductId> = visit.viewed.iter().copied().filter(|id| Some(*id) != product).take(most).collect();
    if ids.is_empty() {
        return Ok(Bytes::new());
    }
    let key = |id: ProductId| (visit.site.id, visit.language, audience.clone(), id);
    let mut cards: HashMap<ProductId, Bytes> = HashMap::with_capacity(ids.len());
    cards.extend(ids.iter().filter_map(|id| Some((*id, door.memory.cards.get(&key(*id))?))));
    let missing: Vec<ProductId> = ids.iter().copied().filter(|id| !cards.contains_key(id)).collect();
    if !missing.is_empty() {
        let mut drawn = draw(door, visit, audience, &missing).await?;
        for id in missing {
            // What is not on sale has no card, which is worth remembering as well.
            let card = drawn.remove(&id).unwrap_or_default();
            door.memory.cards.put(key(id), card.clone(), card.len() + size_of::<CardKey>());
            cards.insert(id, card);
        }
    }
    let mut all = Vec::new();
    ids.iter().filter_map(|id| cards.get(id)).for_each(|card| all.extend_from_slice(card));
    if all.is_empty() {
        return Ok(Bytes::new());
    }
    let title = Words::of(&door.templates, visit.language)?.get("product-recent");
    let shelf = Shelf { title, more: None, products: Vec::new() };
    let view = ShelfView { shelf, drawn: String::from_utf8(all).map_err(kernel::Error::unexpected)? };
    Ok(door.templates.render("storefront/slots/viewed.html", visit.spoken(), &view)?.into())
}

async fn draw(door: &Door, visit: &Visit, audience: &Audience, ids: &[ProductId]) -> Result<HashMap<ProductId, Bytes>> {
    let (ids, audience) = (ids.to_vec(), audience.clone());
    let (store, language, spoken) = (visit.site.id, visit.language, visit.spoken());
    let found = door
        .read(move |conn, now| {
            let shop = stores::shop(conn, store)?;
            shelves::cards_by_id(conn, &ids, &Showing { language, shop: &shop, audience: &audience, now })
        })
        .await?;
    let draw = |(id, card)| {
        let html = door.templates.render("storefront/slots/card.html", spoken, &CardView { card })?;
        Ok((id, Bytes::from(html)))
    };
    found.into_iter().map(draw).collect()
}
