//! What of the live lists concerns some goods and a buyer: loaded by sets, asked in memory.

use super::edit::PriceList;
use super::resolve::{self, Asked, Break, Chosen, For, List, ListState, QuantityRule, Rows, Terms, Trace};
use super::{PriceListId, Trade};
use crate::buying;
use crate::carts::Cart;
use crate::catalog::{self, Assortment, Card, ProductPage, VariantForSale};
use crate::ids::{OrderId, StoreId, VariantId};
use crate::orders::Order;
use crate::schema::{price_list_buyers as buyers, price_list_prices as prices, price_list_terms as terms, price_lists as lists, variants};
use crate::shop::Shop;
use crate::stock::Demand;
use crm::CompanyId;
use crm::companies;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result, on_each};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Variants asked for at once.
const CHUNK: usize = 1000;

/// What of all lists for a buyer concerns some variants. Empty when there is none, and then every price is the shop's.
#[derive(Clone, Debug)]
pub struct Book {
    lists: Vec<List>,
    rows: Rows,
    terms: Terms,
    asked: Asked,
    /// Gift cards among the variants: they cost what they are worth.
    gift_cards: HashSet<VariantId>,
}

impl Book {
    /// Whether no list is for this buyer.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// What a unit costs when so many are bought. `shop_price` is what it costs everybody.
    pub fn price(&self, variant: VariantId, quantity: i64, shop_price: i64) -> Chosen {
        if self.lists.is_empty() || self.gift_cards.contains(&variant) {
            return Chosen { unit_price: shop_price, trace: Trace { shop_price, ..Trace::default() } };
        }
        resolve::resolve(&self.lists, &self.rows, &self.asked, variant, quantity, shop_price)
    }

    /// The prices by quantity, the first from one unit on.
    pub fn breaks(&self, variant: VariantId, shop_price: i64) -> Vec<Break> {
        if self.lists.is_empty() || self.gift_cards.contains(&variant) {
            return vec![Break { from: 1, unit_price: shop_price }];
        }
        resolve::breaks(&self.lists, &self.rows, &self.asked, variant, shop_price)
    }

    /// In which quantities it is sold; `None` for any.
    pub fn quantity(&self, variant: VariantId) -> Option<QuantityRule> {
        resolve::quantity(&self.lists, &self.terms, &self.asked, variant)
    }

    /// The least quantity in which it is sold.
    pub fn least(&self, variant: VariantId) -> i64 {
        self.quantity(variant).map_or(1, |rule| rule.minimum)
    }
}

/// Loads the lists that `company` and `group` have in a store, with their prices of `variants`. One query while there is none.
pub fn book(
    conn: &mut Conn,
    company: Option<CompanyId>,
    group: &str,
    store: StoreId,
    currency: Currency,
    variants: &[VariantId],
    now: Time,
) -> Result<Book> {
    let mut companies: Vec<CompanyId> = company.into_iter().collect();
    if let Some(company) = company {
        companies.extend(companies::above(conn, company)?.into_iter().filter(|above| *above != company));
    }
    let asked = Asked { companies, group: group.to_string(), store, currency, at: now };
    let lists = lists_for(conn, &asked)?;
    fill(conn, lists, asked, variants)
}

/// A book of these lists.
pub(super) fn fill(conn: &mut Conn, lists: Vec<List>, asked: Asked, variants: &[VariantId]) -> Result<Book> {
    let mut book = Book { lists, rows: Rows::new(), terms: Terms::new(), asked, gift_cards: HashSet::new() };
    let ids: Vec<PriceListId> = book.lists.iter().map(|list| list.id).collect();
    if ids.is_empty() || variants.is_empty() {
        return Ok(book);
    }
    for variants in variants.chunks(CHUNK) {
        let found: Vec<(PriceListId, VariantId, i64, i64)> = on_each!(conn, c => prices::table
            .filter(prices::list_id.eq_any(&ids))
            .filter(prices::variant_id.eq_any(variants))
            .order((prices::list_id, prices::variant_id, prices::min_quantity))
            .select((prices::list_id, prices::variant_id, prices::min_quantity, prices::unit_price))
            .load(c))?;
        for (list, variant, from, unit_price) in found {
            book.rows.entry((list, variant)).or_default().push(Break { from, unit_price });
        }
        let found: Vec<(PriceListId, VariantId, i64, i64)> = on_each!(conn, c => terms::table
            .filter(terms::list_id.eq_any(&ids))
            .filter(terms::variant_id.eq_any(variants))
            .select((terms::list_id, terms::variant_id, terms::minimum, terms::increment))
            .load(c))?;
        let rule = |(list, variant, minimum, increment)| ((list, variant), QuantityRule { minimum, increment });
        book.terms.extend(found.into_iter().map(rule));
    }
    let gift_cards: Vec<_> = catalog::gift_cards(conn)?.into_iter().collect();
    if !gift_cards.is_empty() {
        let own: Vec<VariantId> = on_each!(conn, c => variants::table
            .filter(variants::product_id.eq_any(&gift_cards))
            .select(variants::id)
            .load(c))?;
        book.gift_cards.extend(own);
    }
    Ok(book)
}

/// The rows of active lists on a connection, chosen by a filter of their buyers.
macro_rules! addressed {
    ($conn:expr, $currency:expr, $filter:expr) => {
        on_each!($conn, c => lists::table
            .inner_join(buyers::table.on(buyers::list_id.eq(lists::id)))
            .filter(lists::state.eq(ListState::Active))
            .filter(lists::currency.eq($currency.code()))
            .filter($filter)
            .select((PriceList::as_select(), buyers::company_id, buyers::price_group))
            .load::<(PriceList, Option<CompanyId>, String)>(c))
    };
}

/// The active lists in a currency that are for these companies, this group or everybody, whatever their store and time.
pub(super) fn lists_for(conn: &mut Conn, asked: &Asked) -> Result<Vec<List>> {
    let mut found = addressed!(conn, asked.currency, buyers::company_id.is_null().and(buyers::price_group.eq("")))?;
    if !asked.group.is_empty() {
        found.extend(addressed!(conn, asked.currency, buyers::company_id.is_null().and(buyers::price_group.eq(&asked.group)))?);
    }
    if !asked.companies.is_empty() {
        found.extend(addressed!(conn, asked.currency, buyers::company_id.eq_any(&asked.companies))?);
    }
    let mut lists: BTreeMap<PriceListId, List> = BTreeMap::new();
    for (row, company, group) in found {
        let buyer = addressee(company, group);
        match lists.entry(row.id) {
            std::collections::btree_map::Entry::Occupied(mut known) => known.get_mut().buyers.push(buyer),
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(row.deciding(vec![buyer])?);
            }
        }
    }
    Ok(lists.into_values().collect())
}

/// Whom a row of buyers means.
pub(super) fn addressee(company: Option<CompanyId>, group: String) -> For {
    match company {
        Some(company) => For::Company(company),
        None if group.is_empty() => For::Everybody,
        None => For::Group(group),
    }
}

/// For whom a cart is filled.
pub(crate) fn of_cart(conn: &mut Conn, cart: &Cart) -> Result<Trade> {
    Ok(Trade::of_person(cart.customer_id, buying::of_cart(conn, cart)?.as_ref()))
}

/// For which company an order was placed.
pub(crate) fn of_order(conn: &mut Conn, order: OrderId) -> Result<Trade> {
    let company = buying::of_order(conn, order)?.map(|trade| trade.company);
    Trade::of_company(conn, company)
}

/// Goods that are added to an order: what of `units` is sold there, at the price that the order's company pays for so many.
pub(crate) fn goods_for(conn: &mut Conn, order: &Order, sold: &Assortment, units: &Demand, now: Time) -> Result<Vec<VariantForSale>> {
    let ids: Vec<VariantId> = units.keys().copied().collect();
    let mut found = catalog::for_sale(conn, sold, &ids, &order.language)?;
    let trade = of_order(conn, order.id)?;
    let book = book(conn, trade.company, &trade.group, order.store_id, sold.currency, &ids, now)?;
    for goods in &mut found {
        let quantity = units.get(&goods.id).copied().unwrap_or(1);
        goods.unit_price = book.price(goods.id, quantity, goods.unit_price).unit_price;
    }
    Ok(found)
}

/// Shows on the page of a product what its variants cost a buyer, in the least quantity that is sold, with the prices by quantity. Who may
/// not see prices is told none.
pub(crate) fn on_page(conn: &mut Conn, page: &mut ProductPage, shop: &Shop, trade: &Trade, now: Time) -> Result<()> {
    if shop.prices_hidden {
        for variant in &mut page.variants {
            (variant.price, variant.compare_at, variant.lowest, variant.own_price) = (0, None, None, false);
            variant.breaks.clear();
        }
        (page.price_from, page.price_to) = (None, None);
        return Ok(());
    }
    let ids: Vec<VariantId> = page.variants.iter().map(|variant| variant.id).collect();
    let book = book(conn, trade.company, &trade.group, shop.store, shop.currency, &ids, now)?;
    if book.is_empty() {
        return Ok(());
    }
    for variant in &mut page.variants {
        variant.rule = book.quantity(variant.id);
        let breaks = book.breaks(variant.id, variant.price);
        let chosen = book.price(variant.id, book.least(variant.id), variant.price);
        if breaks.len() > 1 {
            variant.breaks = breaks;
        }
        if chosen.trace.chosen.is_some() {
            // What the shop asked before says nothing of what this buyer pays.
            (variant.price, variant.compare_at, variant.lowest) = (chosen.unit_price, None, None);
            variant.own_price = true;
        }
    }
    page.price_from = page.variants.iter().map(|variant| variant.price).min();
    page.price_to = page.variants.iter().map(|variant| variant.price).max();
    Ok(())
}

/// Shows on cards what the products cost a buyer. Three more queries when lists are for them. To whom may not see prices everything that is
/// on sale costs nothing, and views leave that out by [`Shop::prices_hidden`].
pub(crate) fn on_cards(conn: &mut Conn, cards: &mut [Card], shop: &Shop, trade: &Trade, now: Time) -> Result<()> {
    if cards.is_empty() {
        return Ok(());
    }
    if shop.prices_hidden {
        for card in cards {
            (card.price_from, card.price_to) = (card.price_from.map(|_| 0), card.price_to.map(|_| 0));
            card.compare_at = None;
        }
        return Ok(());
    }
    let products: Vec<_> = cards.iter().map(|card| card.id).collect();
    let empty = book(conn, trade.company, &trade.group, shop.store, shop.currency, &[], now)?;
    if empty.is_empty() {
        return Ok(());
    }
    let sold = catalog::shop_prices(conn, &products, shop.currency)?;
    let ids: Vec<VariantId> = sold.iter().map(|(_, variant, ..)| *variant).collect();
    let book = fill(conn, empty.lists, empty.asked, &ids)?;
    let mut offers: HashMap<_, Vec<(i64, Option<i64>)>> = HashMap::with_capacity(cards.len());
    for (product, variant, price, compare_at) in sold {
        let chosen = book.price(variant, book.least(variant), price);
        let before = compare_at.filter(|_| chosen.trace.chosen.is_none());
        offers.entry(product).or_default().push((chosen.unit_price, before.filter(|before| *before > chosen.unit_price)));
    }
    for card in cards {
        let Some(offers) = offers.get(&card.id) else { continue };
        let cheapest = offers.iter().min_by_key(|offer| offer.0);
        card.price_from = cheapest.map(|offer| offer.0);
        card.price_to = offers.iter().map(|offer| offer.0).max();
        card.compare_at = cheapest.and_then(|offer| offer.1);
    }
    Ok(())
}
