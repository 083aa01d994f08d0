//! What a customer was offered: on the home page, at the cart and in the account.

use super::door::Door;
use super::known::Known;
use super::shelves::{self, Showing};
use super::views::offers::{OfferView, OffersView};
use super::visit::Visit;
use crate::ids::PromotionId;
use crate::promotions::Audience;
use crate::{offers, stores};
use actix_web::web::Bytes;
use crm::CustomerId;
use kernel::clock::Time;
use kernel::{Conn, Result};

/// The open offers of whoever is signed in, as HTML; empty without any. Kept in memory as long as a page.
pub async fn home(door: &Door, visit: &Visit, known: &Known) -> Result<Bytes> {
    let Some(customer) = known.customer.filter(|_| known.offered) else { return Ok(Bytes::new()) };
    let key = (customer, known.audience.company, visit.site.id, visit.language);
    if let Some(drawn) = door.memory.offers.get(&key) {
        return Ok(drawn);
    }
    let drawn = draw(door, visit, customer, &known.audience, Vec::new()).await?;
    door.memory.offers.put(key, drawn.clone(), drawn.len() + 32);
    Ok(drawn)
}

/// Those that the cart does not have yet.
pub async fn beside(door: &Door, visit: &Visit, known: &Known, used: Vec<PromotionId>) -> Result<String> {
    let Some(customer) = known.customer.filter(|_| known.offered) else { return Ok(String::new()) };
    let html = draw(door, visit, customer, &known.audience, used).await?;
    String::from_utf8(html.to_vec()).map_err(kernel::Error::unexpected)
}

async fn draw(door: &Door, visit: &Visit, customer: CustomerId, audience: &Audience, used: Vec<PromotionId>) -> Result<Bytes> {
    let (seen, audience) = (visit.clone(), audience.clone());
    let mut offers = door.read(move |conn, now| views(conn, &seen, customer, &audience, now)).await?;
    offers.retain(|(id, _)| !used.contains(id));
    if offers.is_empty() {
        return Ok(Bytes::new());
    }
    let view = OffersView { offers: offers.into_iter().map(|(_, offer)| offer).collect() };
    Ok(door.templates.render("storefront/slots/offers.html", visit.spoken(), &view)?.into())
}

/// The open offers of a customer, each with the product that it is for alone. One whose product is not on sale is left out.
pub fn views(
    conn: &mut Conn,
    visit: &Visit,
    customer: CustomerId,
    audience: &Audience,
    now: Time,
) -> Result<Vec<(PromotionId, OfferView)>> {
    let shop = stores::shop_for(conn, visit.site.id, &audience.trade())?;
    shown(conn, customer, &Showing { language: visit.language, shop: &shop, audience, now })
}

/// [`views`] of whoever is not here: `showing` says where and how it is read.
pub fn shown(conn: &mut Conn, customer: CustomerId, showing: &Showing) -> Result<Vec<(PromotionId, OfferView)>> {
    let open = offers::open(conn, customer, showing.language.code(), showing.now)?;
    let mut views = Vec::with_capacity(open.len());
    for offer in open {
        let card = match offer.product {
            None => None,
            Some(product) => match shelves::cards(conn, &[product], showing)?.pop() {
                Some(card) if !card.sold_out => Some(card),
                _ => continue,
            },
        };
        views.push((offer.promotion.id, OfferView { name: offer.name, why: offer.why, until: offer.until, card }));
    }
    Ok(views)
}
