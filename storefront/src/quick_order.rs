//! Ordering by SKU: rows that somebody typed, pasted or sent as a file are read at once, checked against today's prices and stock, and put
//! into a cart in one transaction. Requisition lists, reordering and the API go the same way.

mod text;

pub use text::{Unreadable, pasted, read_file};

use crate::carts::{self, Cart, Good, MAX_QUANTITY};
use crate::catalog::{self, Assortment, Coded, VariantForSale};
use crate::ids::{CartId, StoreId, VariantId};
use crate::orders::{self, Order};
use crate::shop::Shop;
use crate::units::Measure;
use crate::{buying, price_lists};
use crm::companies::Buyer;
use kernel::clock::Time;
use kernel::error::said;
use kernel::{Conn, Error, Result};
use std::collections::{BTreeMap, HashMap};

/// The most rows at once.
pub const MOST: usize = 1000;
/// Longest SKU and number that are looked at, in characters.
const LONGEST: usize = 200;

/// A row as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// A SKU or the number of a barcode. It only names the row where `variant` is known.
    pub sku: String,
    pub variant: Option<VariantId>,
    pub quantity: String,
    /// The quantity in steps of the variant, where a list, an order or a program says it; else `quantity` is read in the unit of the variant.
    pub steps: Option<i64>,
}

impl Row {
    pub fn typed(sku: &str, quantity: &str) -> Row {
        Row { sku: sku.trim().to_string(), variant: None, quantity: quantity.trim().to_string(), steps: None }
    }

    /// Steps of a known variant.
    pub fn of(variant: VariantId, sku: &str, quantity: i64) -> Row {
        Row { sku: sku.to_string(), variant: Some(variant), quantity: quantity.to_string(), steps: Some(quantity) }
    }

    /// What somebody typed in the place of the quantity.
    pub fn retyped(&mut self, text: &str) {
        self.quantity = text.trim().to_string();
        self.steps = None;
    }

    /// A SKU with the quantity behind it, of a pasted line that may be both or a SKU alone: `CLOTH 2.50`.
    fn tail(&self) -> Option<(String, String)> {
        if self.variant.is_some() || self.steps.is_some() || self.quantity != "1" {
            return None;
        }
        let (sku, number) = self.sku.rsplit_once(|letter: char| letter == ',' || letter.is_whitespace())?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, part) = number.split_once('.')?;
        (digits(whole) && digits(part)).then(|| (sku.trim_end_matches([',', ' ']).to_string(), number.to_string()))
    }

    /// The steps that it asks for. People write none, and no more than a cart holds.
    fn wanted(&self, measure: Measure) -> Option<i64> {
        let steps = self.steps.or_else(|| measure.read(&self.quantity));
        steps.filter(|steps| (1..=measure.most()).contains(steps))
    }

    /// Nothing was typed.
    pub fn blank(&self) -> bool {
        self.sku.is_empty() && self.variant.is_none() && self.quantity.is_empty()
    }
}

/// Where and as whom somebody orders.
#[derive(Clone, Debug)]
pub struct Buying {
    pub sold: Assortment,
    pub store: StoreId,
    pub language: String,
    pub buyer: Option<Buyer>,
    /// Units of this cart count with those of the rows.
    pub cart: Option<CartId>,
}

impl Buying {
    /// Into this cart, as whoever it belongs to.
    pub fn into_cart(conn: &mut Conn, cart: &Cart) -> Result<Buying> {
        let buyer = buying::of_cart(conn, cart)?;
        let sold = carts::assortment(conn, cart)?;
        Ok(Buying { sold, store: cart.store_id, language: cart.language.clone(), buyer, cart: Some(cart.id) })
    }

    /// Before there is a cart.
    pub fn in_shop(shop: &Shop, language: &str, buyer: Option<Buyer>) -> Buying {
        Buying { sold: shop.assortment(), store: shop.store, language: language.to_string(), buyer, cart: None }
    }
}

/// A row as it was read. Amounts are minor units of the currency of the assortment.
#[derive(Clone, Debug)]
pub struct Checked {
    pub row: Row,
    /// What it names, even when it cannot be bought.
    pub variant: Option<VariantForSale>,
    /// Zero for what is no number of units.
    pub units: i64,
    /// What a unit costs with all units of the variant, of other rows and in the cart; zero for what is not sold.
    pub unit_price: i64,
    /// Why it cannot go into the cart: a key, or what [`said`] made.
    pub wrong: Option<String>,
}

impl Checked {
    pub fn total(&self) -> i64 {
        self.measure().amount(self.unit_price, self.units)
    }

    /// In what the row is counted; pieces while nobody knows what it names.
    pub fn measure(&self) -> Measure {
        self.variant.as_ref().map(|variant| variant.measure).unwrap_or_default()
    }

    /// The quantity as its field shows it: as it was typed, or in the unit of the variant.
    pub fn shown(&self) -> String {
        self.row.steps.map_or_else(|| self.row.quantity.clone(), |steps| self.measure().number(steps))
    }
}

/// Reads rows; blank ones are left out. All of them together cost a few queries. `Invalid` for more than [`MOST`].
pub fn read(conn: &mut Conn, rows: &[Row], buying: &Buying, now: Time) -> Result<Vec<Checked>> {
    let mut rows: Vec<Row> = rows.iter().filter(|row| !row.blank()).cloned().collect();
    if rows.len() > MOST {
        return Err(Error::field("rows", said("quick-order-too-many-rows", &[("most", &MOST)])));
    }
    let tails: Vec<Option<(String, String)>> = rows.iter().map(Row::tail).collect();
    let mut codes: Vec<String> =
        rows.iter().filter(|row| row.variant.is_none()).map(|row| row.sku.chars().take(LONGEST).collect()).collect();
    codes.extend(tails.iter().flatten().map(|(sku, _)| sku.chars().take(LONGEST).collect::<String>()));
    let named = catalog::coded(conn, &codes)?;
    for (row, tail) in rows.iter_mut().zip(tails) {
        if let Some((sku, quantity)) = tail
            && !named.contains_key(&row.sku)
            && named.contains_key(&sku)
        {
            (row.sku, row.quantity) = (sku, quantity);
        }
    }
    let coded = |row: &Row| row.variant.map(Coded::Variant).or_else(|| named.get(&row.sku).copied());
    let mut ids: Vec<VariantId> = rows.iter().filter_map(|row| known(coded(row))).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = catalog::for_sale(conn, &buying.sold, &ids, &buying.language)?;
    let found: HashMap<VariantId, VariantForSale> = found.into_iter().map(|variant| (variant.id, variant)).collect();
    let (company, group) = match &buying.buyer {
        Some(buyer) => (Some(buyer.company), buyer.price_group.as_str()),
        None => (None, ""),
    };
    let book = price_lists::book(conn, company, group, buying.store, buying.sold.currency, &ids, now)?;
    let mut units = in_cart(conn, buying.cart)?;
    let wanted = |row: &Row| row.wanted(known(coded(row)).and_then(|id| found.get(&id)).map(|variant| variant.measure).unwrap_or_default());
    for row in &rows {
        if let (Some(id), Some(wanted)) = (known(coded(row)), wanted(row)) {
            let all = units.entry(id).or_default();
            *all = all.saturating_add(wanted);
        }
    }
    let checked = rows.iter().map(|row| {
        let code = coded(row);
        let variant = known(code).and_then(|id| found.get(&id));
        let wanted = wanted(row);
        let all = variant.and_then(|variant| units.get(&variant.id)).copied().unwrap_or(0);
        let sold = variant.filter(|variant| variant.sold_at(now));
        let rule = variant.and_then(|variant| book.quantity(variant.id)).map(|rule| (rule.minimum, rule.increment));
        Checked {
            row: row.clone(),
            variant: variant.cloned(),
            units: wanted.unwrap_or(0),
            unit_price: sold.map_or(0, |variant| book.price(variant.id, all.max(1), variant.unit_price).unit_price),
            wrong: wrong(row, code, variant, wanted, all, rule, now),
        }
    });
    Ok(checked.collect())
}

fn known(code: Option<Coded>) -> Option<VariantId> {
    match code {
        Some(Coded::Variant(id)) => Some(id),
        Some(Coded::Several) | None => None,
    }
}

fn in_cart(conn: &mut Conn, cart: Option<CartId>) -> Result<BTreeMap<VariantId, i64>> {
    let Some(cart) = cart else { return Ok(BTreeMap::new()) };
    Ok(carts::lines(conn, cart)?.into_iter().map(|(_, variant, quantity, _)| (variant, quantity)).collect())
}

/// Why a row cannot go into the cart when it then holds `all` units of the variant. `rule` is the least number of units and the step between
/// numbers that a price list asks for.
fn wrong(
    row: &Row,
    code: Option<Coded>,
    variant: Option<&VariantForSale>,
    wanted: Option<i64>,
    all: i64,
    rule: Option<(i64, i64)>,
    now: Time,
) -> Option<String> {
    if row.sku.is_empty() && row.variant.is_none() {
        return Some("quick-order-no-sku".into());
    }
    if code == Some(Coded::Several) {
        return Some("quick-order-several".into());
    }
    let Some(variant) = variant else { return Some("quick-order-unknown".into()) };
    if !variant.sold_at(now) {
        return Some("quick-order-not-sold".into());
    }
    let measure = variant.measure;
    if wanted.is_none() {
        if measure.per() > 1 {
            return Some(said("quick-order-measure", &[("least", &measure.text(1)), ("most", &measure.text(measure.most()))]));
        }
        return Some(said("quick-order-quantity", &[("most", &MAX_QUANTITY)]));
    }
    if all > measure.most() {
        return Some(said("quick-order-most", &[("most", &measure.text(measure.most()))]));
    }
    match variant.limit() {
        Some(0) => return Some("quick-order-sold-out".into()),
        Some(left) if left < all => return Some(said("quick-order-left", &[("left", &measure.text(left))])),
        _ => {}
    }
    let (least, step) = rule?;
    if all < least {
        return Some(said("quick-order-minimum", &[("minimum", &measure.text(least))]));
    }
    (step > 1 && all % step != 0).then(|| said("quick-order-increment", &[("increment", &measure.text(step))]))
}

/// What becomes of the rows that are right when others are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing is added.
    Refuse,
    /// What is wrong is left out.
    LeaveOut,
}

/// What adding came to.
#[derive(Clone, Debug)]
pub struct Added {
    pub rows: Vec<Checked>,
    /// Rows that are in the cart now.
    pub added: usize,
}

impl Added {
    pub fn wrong(&self) -> usize {
        self.rows.iter().filter(|row| row.wrong.is_some()).count()
    }
}

/// Puts rows into a cart, all in the caller's transaction. `Conflict` for a placed cart, `Invalid` when it would be too full, and for
/// whoever may not see prices.
pub fn add(conn: &mut Conn, cart: CartId, rows: &[Row], rest: Rest, now: Time) -> Result<Added> {
    let own = carts::get(conn, cart)?;
    carts::admit(conn, &own)?;
    let buying = Buying::into_cart(conn, &own)?;
    let rows = read(conn, rows, &buying, now)?;
    if rest == Rest::Refuse && rows.iter().any(|row| row.wrong.is_some()) {
        return Ok(Added { rows, added: 0 });
    }
    let mut goods: Vec<Good> = Vec::with_capacity(rows.len());
    let mut places: HashMap<VariantId, usize> = HashMap::with_capacity(rows.len());
    let right: Vec<(&Checked, &VariantForSale)> =
        rows.iter().filter(|row| row.wrong.is_none()).filter_map(|row| Some((row, row.variant.as_ref()?))).collect();
    let added = right.len();
    for (row, variant) in right {
        match places.get(&variant.id).and_then(|at| goods.get_mut(*at)) {
            Some(good) => good.quantity += row.units,
            None => {
                places.insert(variant.id, goods.len());
                goods.push(Good { variant: variant.id, quantity: row.units, price: row.unit_price });
            }
        }
    }
    if !goods.is_empty() {
        carts::add_many(conn, cart, &goods, now)?;
    }
    Ok(Added { rows, added })
}

/// What ordering the same again came to.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// Lines that are in the cart now, whole or in part.
    pub added: usize,
    /// What cannot be had any more, or not as much of it, by title.
    pub missing: Vec<String>,
    /// What costs another price than then, by title.
    pub changed: Vec<String>,
}

/// Puts what can still be had of an order into a cart, as many units as there are.
pub fn again(conn: &mut Conn, cart: CartId, order: &Order, now: Time) -> Result<Again> {
    let own = carts::get(conn, cart)?;
    let buying = Buying::into_cart(conn, &own)?;
    let mut done = Again::default();
    let (mut lines, mut rows) = (Vec::new(), Vec::new());
    for line in orders::lines(conn, order.id)?.into_iter().take(MOST) {
        match line.variant_id {
            Some(variant) => {
                rows.push(Row::of(variant, &line.sku, line.quantity.clamp(1, line.measure().most())));
                lines.push(line);
            }
            None => done.missing.push(line.title),
        }
    }
    let mut left: BTreeMap<VariantId, i64> = in_cart(conn, buying.cart)?;
    left.values_mut().for_each(|units| *units = -*units);
    let mut wanted = Vec::with_capacity(rows.len());
    for (checked, line) in read(conn, &rows, &buying, now)?.iter().zip(&lines) {
        let Some(variant) = &checked.variant else {
            done.missing.push(line.title.clone());
            continue;
        };
        let free = left.entry(variant.id).or_default();
        let units = checked.units.min(variant.limit().unwrap_or(variant.measure.most()).saturating_add(*free)).max(0);
        *free -= units;
        if units < checked.units {
            done.missing.push(line.title.clone());
        }
        if units > 0 {
            wanted.push((Row::of(variant.id, &line.sku, units), line));
        }
    }
    let rows: Vec<Row> = wanted.iter().map(|(row, _)| row.clone()).collect();
    let added = add(conn, cart, &rows, Rest::LeaveOut, now)?;
    done.added = added.added;
    // Who owed the tax in place of the shop was charged prices without it.
    let comparable = order.currency()? == buying.sold.currency && !order.taxation.0.reverse_charge;
    for (checked, (_, line)) in added.rows.iter().zip(&wanted) {
        if checked.wrong.is_some() {
            done.missing.push(line.title.clone());
        } else if comparable && checked.unit_price != line.unit_price {
            done.changed.push(line.title.clone());
        }
    }
    done.missing.dedup();
    Ok(done)
}

#[cfg(test)]
mod tests;
