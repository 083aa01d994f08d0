//! Products, categories and pictures of the catalogue as cards, tiles and shelves.

use super::views::shared::{Card, Picture, Shelf as Row, Stock, Tile};
use super::words::Words;
use crate::catalog::{self, Availability, CardPicture, Category};
use crate::ids::ProductId;
use crate::pictures::{self, WIDTHS};
use crate::price_lists;
use crate::promotions::{Audience, Priced, Shelf};
use crate::shop::Shop;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::web::format;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};

/// The width used where a browser does not choose.
const PLAIN: u32 = 400;

/// A stored picture of these measures in all the widths it is kept in.
pub fn picture(hash: &str, width: i64, height: i64, alt: &str) -> Picture {
    let address = |width: u32| format!("/pictures/{hash}/{width}.webp");
    let pixels = |length: i64| u32::try_from(length.max(1)).unwrap_or(u32::MAX);
    let width = pixels(width);
    let largest = width.min(WIDTHS[WIDTHS.len() - 1]);
    let widths = WIDTHS.into_iter().filter(|size| *size < largest).chain([largest]);
    let srcset: Vec<String> = widths.map(|size| format!("{} {size}w", address(size))).collect();
    Picture { src: address(largest.min(PLAIN)), srcset: srcset.join(", "), width, height: pixels(height), alt: alt.to_string() }
}

/// A picture of the catalogue.
pub fn shown(of: &CardPicture) -> Picture {
    picture(&of.hash, of.width, of.height, &of.alt)
}

/// A picture known by its hash; `None` when it is not stored.
pub fn by_hash(conn: &mut Conn, hash: Option<&str>, alt: &str) -> Result<Option<Picture>> {
    let Some(hash) = hash else { return Ok(None) };
    let found = pictures::measures_of(conn, &[hash.to_string()])?;
    Ok(found.get(hash).map(|(width, height)| picture(hash, *width, *height, alt)))
}

/// For whom and when products are shown, and in which language.
#[derive(Clone, Copy)]
pub struct Showing<'a> {
    pub language: Language,
    /// The shop as the store that is visited shows it.
    pub shop: &'a Shop,
    /// Whom the prices are for.
    pub audience: &'a Audience,
    pub now: Time,
}

/// The active products of `ids` in that order. What has no price in the currency is left out: it cannot be bought.
pub fn cards(conn: &mut Conn, ids: &[ProductId], showing: &Showing) -> Result<Vec<Card>> {
    Ok(cards_by_id(conn, ids, showing)?.into_iter().map(|(_, card)| card).collect())
}

/// [`cards`], each with its product. They tell no amounts where the reader may not see prices.
pub fn cards_by_id(conn: &mut Conn, ids: &[ProductId], showing: &Showing) -> Result<Vec<(ProductId, Card)>> {
    let mut found = catalog::cards(conn, showing.shop, ids, showing.language.code())?;
    price_lists::on_cards(conn, &mut found, showing.shop, &showing.audience.trade(), showing.now)?;
    reduce(conn, &mut found, showing)?;
    Ok(found.into_iter().filter_map(|found| Some((found.id, card(found, showing.shop, showing.now)?))).collect())
}

/// Shows what promotions of single products take off, with the price before struck through.
fn reduce(conn: &mut Conn, cards: &mut [catalog::Card], showing: &Showing) -> Result<()> {
    if cards.is_empty() || showing.shop.prices_hidden {
        return Ok(());
    }
    let Some(shelf) = Shelf::load(conn, showing.shop, showing.audience, showing.now)? else { return Ok(()) };
    let priced = |card: &catalog::Card, price: Option<i64>| Priced {
        product: card.id,
        variant: card.only_variant,
        price: price.unwrap_or(0),
        reduced: card.compare_at.is_some(),
    };
    let least: Vec<Priced> = cards.iter().map(|card| priced(card, card.price_from)).collect();
    let most: Vec<Priced> = cards.iter().map(|card| priced(card, card.price_to)).collect();
    let (least, most) = (shelf.prices(conn, &least)?, shelf.prices(conn, &most)?);
    for (card, (least, most)) in cards.iter_mut().zip(least.into_iter().zip(most)) {
        if let Some(price) = least {
            card.compare_at = card.compare_at.or(card.price_from);
            card.price_from = Some(price);
        }
        card.price_to = most.or(card.price_to);
    }
    Ok(())
}

fn card(of: catalog::Card, shop: &Shop, now: Time) -> Option<Card> {
    let price = of.price_from?;
    let amount = |minor: i64| (!shop.prices_hidden).then(|| Money::new(minor, shop.currency));
    Some(Card {
        to: format!("/products/{}", of.slug),
        picture: of.pictures.first().map(shown),
        price: amount(price),
        from: of.price_to.is_some_and(|most| most > price),
        compare_at: of.compare_at.and_then(amount),
        per: of.unit.per_key(),
        brand: (!of.brand.is_empty()).then_some(of.brand),
        sold_out: !of.availability.sellable(),
        // A day that has passed makes it late, as any back-order is.
        pre_order: of.availability == Availability::PreOrder && of.expected_on.is_some_and(|day| day.date() > now.date()),
        note: None,
        title: of.title,
    })
}

/// A shelf of products; `None` when nothing of it is for sale.
pub fn shelf(conn: &mut Conn, title: String, ids: &[ProductId], showing: &Showing) -> Result<Option<Row>> {
    let products = cards(conn, ids, showing)?;
    Ok((!products.is_empty()).then_some(Row { title, more: None, products }))
}

/// Categories with their pictures.
pub fn tiles(conn: &mut Conn, categories: &[&Category]) -> Result<Vec<Tile>> {
    let hashes: Vec<String> = categories.iter().filter_map(|category| category.picture_hash.clone()).collect();
    let measures = pictures::measures_of(conn, &hashes)?;
    let tile = |category: &&Category| {
        let hash = category.picture_hash.as_deref();
        // The name beside it says what it shows.
        let picture = hash.and_then(|hash| measures.get(hash).map(|(width, height)| picture(hash, *width, *height, "")));
        Tile { title: category.name.clone(), to: format!("/categories/{}", category.slug), picture }
    };
    Ok(categories.iter().map(tile).collect())
}

/// What a shopper is told of the stock.
pub fn stock(of: Availability) -> Stock {
    match of {
        Availability::InStock => Stock::InStock,
        Availability::Low(left) => Stock::Few { left },
        Availability::BackOrder => Stock::BackOrder { ready: None },
        Availability::PreOrder => Stock::PreOrder { ready: None },
        Availability::SoldOut => Stock::SoldOut,
    }
}

/// [`stock`] with the day on which goods that are not here are expected. A day that has passed says nothing, and what was to come for the
/// first time by then is late as any back-order is.
pub fn awaited(of: Availability, expected_on: Option<Time>, words: &Words, now: Time) -> Result<Stock> {
    let day = expected_on.map(|day| day.date()).filter(|day| *day > now.date());
    let ready = day.map(|day| words.with("stock-expected", &[("day", &format::date(day, words.language))])).transpose()?;
    Ok(match stock(of) {
        Stock::PreOrder { .. } if ready.is_some() => Stock::PreOrder { ready },
        Stock::BackOrder { .. } | Stock::PreOrder { .. } => Stock::BackOrder { ready },
        stock => stock,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_names_the_widths_it_is_kept_in() {
        let large = picture("h", 2000, 1000, "");
        assert_eq!(
            large.srcset,
            "/pictures/h/160.webp 160w, /pictures/h/400.webp 400w, /pictures/h/800.webp 800w, /pictures/h/1600.webp 1600w"
        );
        let small = picture("h", 300, 300, "");
        assert_eq!(
            (small.src.as_str(), small.srcset.as_str()),
            ("/pictures/h/300.webp", "/pictures/h/160.webp 160w, /pictures/h/300.webp 300w")
        );
    }
}
