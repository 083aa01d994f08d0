//! Products as shelves, lists and search results show them: any number of them in six queries.

use super::availability::Availability;
use crate::ids::{ProductId, VariantId};
use crate::labels::Labels;
use crate::schema::{pictures, prices, product_pictures, product_texts, products, stock_levels, variants};
use crate::shop::Shop;
use crate::stock;
use crate::units::Unit;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// Pictures of a card: the one shown, and the one on hovering.
const PICTURES: usize = 2;

/// A product in a list. Amounts are minor units of the shop's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    pub id: ProductId,
    pub slug: String,
    pub title: String,
    pub brand: String,
    /// The cheapest and the dearest variant on sale; none when nothing of it has a price in the currency.
    pub price_from: Option<i64>,
    pub price_to: Option<i64>,
    /// The former price of the cheapest variant, when it was higher.
    pub compare_at: Option<i64>,
    /// What the cheapest variant's price is for.
    pub unit: Unit,
    pub pictures: Vec<CardPicture>,
    pub availability: Availability,
    /// Of a pre-order the first day on which anything of it is expected.
    pub expected_on: Option<Time>,
    /// The variant to put into the cart straight from the card, when there is only one.
    pub only_variant: Option<VariantId>,
}

/// A picture with its measures in pixels, so that the page does not jump when it arrives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardPicture {
    pub hash: String,
    pub alt: String,
    pub width: i64,
    pub height: i64,
}

type Stock = Option<(bool, bool, i64, i64, i64)>;
type Offer = (ProductId, VariantId, i64, Option<i64>, Stock, Option<Time>, Unit);

/// The products of `ids` that are on show in the part of the catalogue that `shop` sells, in that order.
pub fn cards(conn: &mut Conn, shop: &Shop, ids: &[ProductId], language: &str) -> Result<Vec<Card>> {
    let mut found: HashMap<ProductId, Card> = HashMap::with_capacity(ids.len());
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let labels = Labels::load(conn, language)?;
    let inside = shop.assortment().inside(conn, ids)?;
    for ids in ids.chunks(super::CHUNK) {
        let rows: Vec<(ProductId, String, String, String, Option<String>)> = products::table
            .left_join(
                product_texts::table.on(product_texts::product_id.eq(products::id).and(product_texts::language.eq(language.to_string()))),
            )
            .filter(products::id.eq_any(ids))
            .filter(products::listed.eq(true))
            .select((products::id, products::slug, products::title, products::brand, product_texts::title.nullable()))
            .load(conn)?;
        let mut offers: HashMap<ProductId, Vec<Offer>> = HashMap::new();
        for offer in offers_of(conn, ids, shop.currency)? {
            offers.entry(offer.0).or_default().push(offer);
        }
        let came = came(conn, offers.values().flatten())?;
        let mut galleries = galleries(conn, ids, &labels, PICTURES)?;
        for (id, slug, title, brand, translated) in rows {
            let title = translated.filter(|text| !text.is_empty()).unwrap_or(title);
            if inside.as_ref().is_none_or(|inside| inside.contains(&id)) {
                let named = (id, slug, title, labels.of(&brand).to_string());
                found.insert(id, card(named, offers.get(&id), &came, galleries.remove(&id), shop.low_stock));
            }
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// What products are called in a language, whether on show or not.
pub fn titles_in(conn: &mut Conn, ids: &[ProductId], language: &str) -> Result<HashMap<ProductId, String>> {
    let mut titles = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(super::CHUNK) {
        let rows: Vec<(ProductId, String, Option<String>)> = products::table
            .left_join(
                product_texts::table.on(product_texts::product_id.eq(products::id).and(product_texts::language.eq(language.to_string()))),
            )
            .filter(products::id.eq_any(ids))
            .select((products::id, products::title, product_texts::title.nullable()))
            .load(conn)?;
        titles.extend(rows.into_iter().map(|(id, title, own)| (id, own.filter(|text| !text.is_empty()).unwrap_or(title))));
    }
    Ok(titles)
}

fn card(
    (id, slug, title, brand): (ProductId, String, String, String),
    offers: Option<&Vec<Offer>>,
    came: &HashSet<VariantId>,
    pictures: Option<Vec<CardPicture>>,
    low_stock: i64,
) -> Card {
    let offers = offers.map(Vec::as_slice).unwrap_or_default();
    let of = |offer: &Offer| state(offer.4, low_stock).or_pre_order(offer.5.is_some(), came.contains(&offer.1));
    let states: Vec<Availability> = offers.iter().map(of).collect();
    let awaited = offers.iter().filter(|offer| of(offer) == Availability::PreOrder);
    let cheapest = offers.iter().min_by_key(|offer| offer.2);
    Card {
        id,
        slug,
        title,
        brand,
        price_from: cheapest.map(|offer| offer.2),
        price_to: offers.iter().map(|offer| offer.2).max(),
        compare_at: cheapest.and_then(|offer| offer.3.filter(|before| *before > offer.2)),
        unit: cheapest.map_or(Unit::Piece, |offer| offer.6),
        pictures: pictures.unwrap_or_default(),
        availability: Availability::best(&states),
        expected_on: awaited.filter_map(|offer| offer.5).min(),
        only_variant: match offers {
            [one] => Some(one.1),
            _ => None,
        },
    }
}

/// A variant without a level is not counted, and always there.
pub(super) fn state(stock: Stock, low_stock: i64) -> Availability {
    let (tracked, oversell, on_hand, allocated, held) = stock.unwrap_or((false, false, 0, 0, 0));
    Availability::of(tracked, oversell, on_hand - allocated - held, low_stock)
}

/// Which of the variants on back-order that have a day lay in the house before: those that did not are pre-orders.
fn came<'o>(conn: &mut Conn, offers: impl Iterator<Item = &'o Offer>) -> Result<HashSet<VariantId>> {
    let awaited = offers.filter(|offer| offer.5.is_some() && state(offer.4, 0) == Availability::BackOrder);
    let awaited: Vec<VariantId> = awaited.map(|offer| offer.1).collect();
    if awaited.is_empty() { Ok(HashSet::new()) } else { stock::ever_came(conn, &awaited) }
}

/// The variants on sale: active and with a price.
fn offers_of(conn: &mut Conn, ids: &[ProductId], currency: Currency) -> Result<Vec<Offer>> {
    Ok(variants::table
        .inner_join(prices::table.on(prices::variant_id.eq(variants::id).and(prices::currency.eq(currency.code()))))
        .left_join(stock_levels::table.on(stock_levels::variant_id.eq(variants::id)))
        .filter(variants::product_id.eq_any(ids))
        .filter(variants::active)
        .order((variants::product_id, variants::position, variants::id))
        .select((
            variants::product_id,
            variants::id,
            prices::amount,
            prices::compare_at,
            (stock_levels::tracked, stock_levels::oversell, stock_levels::on_hand, stock_levels::allocated, stock_levels::held).nullable(),
            stock_levels::expected_on.nullable(),
            variants::unit,
        ))
        .load(conn)?)
}

/// What a variant of a product costs everybody, and its former price.
pub(crate) type ShopPrice = (ProductId, VariantId, i64, Option<i64>);

/// The prices of the variants on sale of these products.
pub(crate) fn shop_prices(conn: &mut Conn, ids: &[ProductId], currency: Currency) -> Result<Vec<ShopPrice>> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(super::CHUNK) {
        found.extend(
            offers_of(conn, ids, currency)?.into_iter().map(|(product, variant, price, before, ..)| (product, variant, price, before)),
        );
    }
    Ok(found)
}

/// Up to `limit` fetched pictures of each product.
pub(super) fn galleries(conn: &mut Conn, ids: &[ProductId], labels: &Labels, limit: usize) -> Result<HashMap<ProductId, Vec<CardPicture>>> {
    let rows: Vec<(ProductId, String, String, i64, i64)> = product_pictures::table
        .inner_join(pictures::table.on(product_pictures::picture_hash.eq(pictures::hash.nullable())))
        .filter(product_pictures::product_id.eq_any(ids))
        .order((product_pictures::product_id, product_pictures::position, product_pictures::id))
        .select((product_pictures::product_id, product_pictures::alt, pictures::hash, pictures::width, pictures::height))
        .load(conn)?;
    let mut galleries: HashMap<ProductId, Vec<CardPicture>> = HashMap::new();
    for (product, alt, hash, width, height) in rows {
        let gallery = galleries.entry(product).or_default();
        if gallery.len() < limit {
            gallery.push(CardPicture { hash, alt: labels.of(&alt).to_string(), width, height });
        }
    }
    Ok(galleries)
}
