//! Shipping rates: which ways of delivery a cart may choose, and what they cost.

use crate::ids::ShippingRateId;
use crate::pricing::Delivery;
use crate::schema::shipping_rates;
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Conn, Error, Result, on_each};

/// In `countries`: every country that no other active rate names.
pub const ELSEWHERE: &str = "*";

#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = shipping_rates)]
pub struct ShippingRate {
    pub id: ShippingRateId,
    pub name: String,
    /// ISO codes separated by blanks, or [`ELSEWHERE`].
    pub countries: String,
    pub currency: String,
    pub price: i64,
    pub free_over: Option<i64>,
    /// Grams, both bounds included.
    pub min_weight: Option<i64>,
    pub max_weight: Option<i64>,
    pub delivery_days: String,
    pub position: i64,
    pub active: bool,
}

impl ShippingRate {
    fn names(&self, country: &str) -> bool {
        self.countries.split_whitespace().any(|known| known == country)
    }

    pub fn delivery(&self) -> Delivery {
        Delivery { price: self.price, free_over: self.free_over }
    }
}

/// A rate as the merchant writes it.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = shipping_rates, treat_none_as_null = true)]
pub struct NewShippingRate {
    pub name: String,
    pub countries: String,
    pub currency: String,
    pub price: i64,
    pub free_over: Option<i64>,
    pub min_weight: Option<i64>,
    pub max_weight: Option<i64>,
    pub delivery_days: String,
    pub position: i64,
    pub active: bool,
}

impl NewShippingRate {
    fn checked(mut self) -> Result<NewShippingRate> {
        let words: Vec<String> =
            self.countries.split([' ', ',', ';', '\n', '\t']).map(|w| w.trim().to_uppercase()).filter(|w| !w.is_empty()).collect();
        let mut fields = Fields::default();
        if words.is_empty()
            || !words.iter().all(|word| word == ELSEWHERE || (word.len() == 2 && word.bytes().all(|b| b.is_ascii_uppercase())))
        {
            fields.add("countries", "List countries by their two letters, such as DE AT, or * for everywhere else.");
        }
        self.countries = words.join(" ");
        if self.name.trim().is_empty() || self.name.len() > 80 {
            fields.add("name", "Name the rate as shoppers see it.");
        }
        if self.price < 0 {
            fields.add("price", "The price cannot be negative.");
        }
        if self.free_over.is_some_and(|over| over < 0) {
            fields.add("free_over", "The amount cannot be negative.");
        }
        if let (Some(min), Some(max)) = (self.min_weight, self.max_weight)
            && min > max
        {
            fields.add("max_weight", "The upper weight lies below the lower.");
        }
        fields.check()?;
        Ok(self)
    }
}

/// The rates a cart of `grams` to `country` may choose from, in the merchant's order.
pub fn available(conn: &mut Conn, country: &str, grams: i64, currency: Currency) -> Result<Vec<ShippingRate>> {
    let all: Vec<ShippingRate> = on_each!(conn, c => shipping_rates::table
        .filter(shipping_rates::active)
        .filter(shipping_rates::currency.eq(currency.code()))
        .order((shipping_rates::position, shipping_rates::id))
        .select(ShippingRate::as_select())
        .load(c))?;
    let named = all.iter().any(|rate| rate.names(country));
    let wanted = if named { country } else { ELSEWHERE };
    Ok(all
        .into_iter()
        .filter(|rate| rate.names(wanted))
        .filter(|rate| rate.min_weight.is_none_or(|min| grams >= min) && rate.max_weight.is_none_or(|max| grams <= max))
        .collect())
}

/// Every country a rate names, sorted; `None` among them when a rate serves everywhere else.
pub fn countries(conn: &mut Conn) -> Result<(Vec<String>, bool)> {
    let lists: Vec<String> = shipping_rates::table.filter(shipping_rates::active).select(shipping_rates::countries).load(conn)?;
    let named: std::collections::BTreeSet<String> = lists.iter().flat_map(|list| list.split_whitespace()).map(str::to_string).collect();
    let elsewhere = named.contains(ELSEWHERE);
    Ok((named.into_iter().filter(|code| code != ELSEWHERE).collect(), elsewhere))
}

pub fn list(conn: &mut Conn) -> Result<Vec<ShippingRate>> {
    Ok(shipping_rates::table.order((shipping_rates::position, shipping_rates::id)).select(ShippingRate::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: ShippingRateId) -> Result<ShippingRate> {
    Ok(shipping_rates::table.find(id).select(ShippingRate::as_select()).first(conn)?)
}

pub fn create(conn: &mut Conn, rate: NewShippingRate) -> Result<ShippingRateId> {
    Ok(diesel::insert_into(shipping_rates::table).values(rate.checked()?).returning(shipping_rates::id).get_result(conn)?)
}

pub fn update(conn: &mut Conn, id: ShippingRateId, rate: NewShippingRate) -> Result<()> {
    let changed = diesel::update(shipping_rates::table.find(id)).set(rate.checked()?).execute(conn)?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}
