//! Shipping rates: which ways of delivery a cart may choose, and what they cost.

mod bands;

pub use bands::{Band, read_bands, write_bands};

use crate::ids::{LocationId, ShippingRateId};
use crate::pricing::{Delivery, DeliveryPrice};
use crate::schema::shipping_rates;
use crate::stock;
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::json::{self, Json};
use kernel::money::Currency;
use kernel::{Conn, Error, Result, on_each, words};

/// In `countries`: every country that no other active rate names.
pub const ELSEWHERE: &str = "*";

words!(
    /// What the price follows from: nothing, a table over the value, weight or number of the goods, a share of their value; or the
    /// buyer picks the goods up.
    Kind { Flat = "flat", Value = "value", Weight = "weight", Items = "items", Percent = "percent", Pickup = "pickup" }
);

impl Kind {
    /// Whether a table says the price.
    pub fn has_table(self) -> bool {
        matches!(self, Kind::Value | Kind::Weight | Kind::Items)
    }
}

#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = shipping_rates)]
pub struct ShippingRate {
    pub id: ShippingRateId,
    pub name: String,
    /// ISO codes separated by blanks, or [`ELSEWHERE`].
    pub countries: String,
    pub currency: String,
    pub kind: Kind,
    /// Of a share of the value: the least. Of a table: nothing.
    pub price: i64,
    /// Of a table: from where on which price counts.
    pub bands: Json<Vec<Band>>,
    /// Of a share of the value, in basis points.
    pub percent_bp: i64,
    /// Where the buyer picks the goods up.
    pub location_id: Option<LocationId>,
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

    /// The location of a pick-up.
    pub fn pickup(&self) -> Option<LocationId> {
        self.location_id.filter(|_| self.kind == Kind::Pickup)
    }

    /// What it costs for goods of this weight and number.
    pub fn delivery(&self, grams: i64, units: i64) -> Delivery {
        let bands = &self.bands.0;
        let price = match self.kind {
            Kind::Flat | Kind::Pickup => DeliveryPrice::Fixed(self.price),
            Kind::Weight => DeliveryPrice::Fixed(bands::price(bands, grams)),
            Kind::Items => DeliveryPrice::Fixed(bands::price(bands, units)),
            Kind::Value => DeliveryPrice::Bands(bands.iter().map(|band| (band.from, band.price)).collect()),
            Kind::Percent => DeliveryPrice::Share { basis_points: self.percent_bp, least: self.price },
        };
        Delivery { price, free_over: self.free_over }
    }
}

/// A rate as the merchant writes it.
#[derive(Clone, Debug)]
pub struct NewShippingRate {
    pub name: String,
    pub countries: String,
    pub currency: String,
    pub kind: Kind,
    pub price: i64,
    pub bands: Vec<Band>,
    pub percent_bp: i64,
    pub location_id: Option<LocationId>,
    pub free_over: Option<i64>,
    pub min_weight: Option<i64>,
    pub max_weight: Option<i64>,
    pub delivery_days: String,
    pub position: i64,
    pub active: bool,
}

impl NewShippingRate {
    /// A rate of one price that is offered to every country that no other rate names.
    pub fn flat(name: &str, currency: Currency, price: i64) -> NewShippingRate {
        NewShippingRate {
            name: name.into(),
            countries: ELSEWHERE.into(),
            currency: currency.code().into(),
            kind: Kind::Flat,
            price,
            bands: Vec::new(),
            percent_bp: 0,
            location_id: None,
            free_over: None,
            min_weight: None,
            max_weight: None,
            delivery_days: String::new(),
            position: 0,
            active: true,
        }
    }

    fn checked(mut self, conn: &mut Conn) -> Result<Row> {
        let words: Vec<String> =
            self.countries.split([' ', ',', ';', '\n', '\t']).map(|w| w.trim().to_uppercase()).filter(|w| !w.is_empty()).collect();
        let mut fields = Fields::default();
        if words.is_empty()
            || !words.iter().all(|word| word == ELSEWHERE || (word.len() == 2 && word.bytes().all(|b| b.is_ascii_uppercase())))
        {
            fields.add("countries", "shipping-countries");
        }
        self.countries = words.join(" ");
        if self.name.trim().is_empty() || self.name.chars().count() > 80 {
            fields.add("name", "shipping-name");
        }
        if self.price < 0 {
            fields.add("price", "amount-negative");
        }
        if self.free_over.is_some_and(|over| over < 0) {
            fields.add("free_over", "amount-negative");
        }
        if let (Some(min), Some(max)) = (self.min_weight, self.max_weight)
            && min > max
        {
            fields.add("max_weight", "shipping-weights");
        }
        match self.kind {
            kind if kind.has_table() => bands::check(&mut self.bands, &mut fields),
            Kind::Percent if !(1..=10_000).contains(&self.percent_bp) => fields.add("percent", "admin-shipping-percent-wrong"),
            Kind::Pickup => {
                let open = stock::locations(conn)?.into_iter().any(|place| place.active && Some(place.id) == self.location_id);
                if !open {
                    fields.add("location", "admin-shipping-location-wrong");
                }
            }
            _ => {}
        }
        fields.check()?;
        Ok(Row {
            name: self.name,
            countries: self.countries,
            currency: self.currency,
            price: if self.kind.has_table() { 0 } else { self.price },
            free_over: self.free_over,
            min_weight: self.min_weight,
            max_weight: self.max_weight,
            delivery_days: self.delivery_days,
            position: self.position,
            active: self.active,
            bands: json::text(&if self.kind.has_table() { self.bands } else { Vec::new() })?,
            percent_bp: if self.kind == Kind::Percent { self.percent_bp } else { 0 },
            location_id: self.location_id.filter(|_| self.kind == Kind::Pickup),
            kind: self.kind,
        })
    }
}

/// A rate as it is stored: nothing in it that its kind does not use.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = shipping_rates, treat_none_as_null = true)]
struct Row {
    name: String,
    countries: String,
    currency: String,
    kind: Kind,
    price: i64,
    bands: String,
    percent_bp: i64,
    location_id: Option<LocationId>,
    free_over: Option<i64>,
    min_weight: Option<i64>,
    max_weight: Option<i64>,
    delivery_days: String,
    position: i64,
    active: bool,
}

/// The rates a cart of `grams` to `country` may choose from, in the merchant's order. A pick-up serves the countries it names, and
/// closes no country to other rates; it is offered as long as its location is open.
pub fn available(conn: &mut Conn, country: &str, grams: i64, currency: Currency) -> Result<Vec<ShippingRate>> {
    let all: Vec<ShippingRate> = on_each!(conn, c => shipping_rates::table
        .filter(shipping_rates::active)
        .filter(shipping_rates::currency.eq(currency.code()))
        .order((shipping_rates::position, shipping_rates::id))
        .select(ShippingRate::as_select())
        .load(c))?;
    let open: Vec<LocationId> = match all.iter().any(|rate| rate.pickup().is_some()) {
        true => stock::locations(conn)?.into_iter().filter(|place| place.active).map(|place| place.id).collect(),
        false => Vec::new(),
    };
    let named = all.iter().any(|rate| rate.kind != Kind::Pickup && rate.names(country));
    let wanted = if named { country } else { ELSEWHERE };
    let serves = |rate: &ShippingRate| match rate.pickup() {
        Some(location) => open.contains(&location) && (rate.names(country) || rate.names(ELSEWHERE)),
        None => rate.kind != Kind::Pickup && rate.names(wanted),
    };
    Ok(all
        .into_iter()
        .filter(serves)
        .filter(|rate| rate.min_weight.is_none_or(|min| grams >= min) && rate.max_weight.is_none_or(|max| grams <= max))
        .collect())
}

/// Every country a rate with prices in `currency` names, sorted, and whether one serves everywhere else.
pub fn countries(conn: &mut Conn, currency: Currency) -> Result<(Vec<String>, bool)> {
    let own = shipping_rates::table.filter(shipping_rates::active).filter(shipping_rates::currency.eq(currency.code()));
    let lists: Vec<String> = own.select(shipping_rates::countries).load(conn)?;
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
    let row = rate.checked(conn)?;
    Ok(diesel::insert_into(shipping_rates::table).values(row).returning(shipping_rates::id).get_result(conn)?)
}

pub fn update(conn: &mut Conn, id: ShippingRateId, rate: NewShippingRate) -> Result<()> {
    let row = rate.checked(conn)?;
    let changed = diesel::update(shipping_rates::table.find(id)).set(row).execute(conn)?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}
