//! The wish list of the account.

use super::{draw_in, or_sign_in, theirs};
use crate::ids::ProductId;
use crate::web::door::Door;
use crate::web::shelves::{self, Showing};
use crate::web::views::account::{Wanted, WishListItem, WishListView};
use crate::web::views::shared::Card;
use crate::web::visit::Visit;
use crate::web::{frame, known};
use crate::{catalog, stores, wish_list};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::{Conn, Error, Result};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
pub struct Asked {
    /// The slug of a product that somebody wanted to put on the list before they signed in.
    add: Option<String>,
}

pub async fn show(door: web::Data<Door>, visit: Visit, asked: web::Query<Asked>) -> Result<HttpResponse> {
    let audience = known::load(&door, &visit).await?.audience;
    let (seen, slug) = (visit.clone(), asked.into_inner().add);
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, customer, now| {
        let shop = stores::shop_for(conn, seen.site.id, &audience.trade())?;
        let showing = Showing { language: seen.language, shop: &shop, audience: &audience, now };
        let items = wish_list::of(conn, customer)?;
        let listed: Vec<ProductId> = items.iter().map(|item| item.product).collect();
        let wanted = slug.map(|slug| wanted(conn, &slug, &listed, &showing)).transpose()?.flatten();
        let mut cards: HashMap<ProductId, Card> = shelves::cards_by_id(conn, &listed, &showing)?.into_iter().collect();
        let titles = catalog::titles_in(conn, &listed, seen.language.code())?;
        let item = |item: &wish_list::Item| WishListItem {
            product: item.product.0,
            added_at: item.added_at,
            card: cards.remove(&item.product),
            title: titles.get(&item.product).cloned().unwrap_or_default(),
        };
        let view = WishListView { items: items.iter().map(item).collect(), wanted };
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(&door, &visit, StatusCode::OK, "wish_list", "account-wish-list", page, view)
}

/// What somebody wanted to put on the list, when it is for sale and not there yet.
fn wanted(conn: &mut Conn, slug: &str, listed: &[ProductId], showing: &Showing) -> Result<Option<Wanted>> {
    let found = match catalog::page(conn, showing.shop, &catalog::slug(slug), showing.language.code()) {
        Ok(found) => found,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    if listed.contains(&found.id) {
        return Ok(None);
    }
    Ok(shelves::cards(conn, &[found.id], showing)?.pop().map(|card| Wanted { slug: found.slug, card }))
}
