//! The merchant's tax rates by zone and class.

use crate::ids::TaxRateId;
use crate::schema::tax_rates;
use crate::tax::{PPM, Place, Rates};
use crate::tax_zones;
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each};

/// The highest level of taxes that add up.
pub const LEVELS: i64 = 9;

/// A rate with the zone it holds in.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = tax_rates)]
pub struct TaxRate {
    pub id: TaxRateId,
    pub country: String,
    /// Names of regions with commas between, any of which an address may carry; empty for all of the country.
    pub region: String,
    /// Codes, beginnings such as `10*` and ranges such as `10001..10299`, with blanks between; empty for all.
    pub postal_codes: String,
    pub tax_class: String,
    /// Rates of different levels add up, from the lowest on.
    pub level: i64,
    /// Taken on the price and the taxes of lower levels.
    pub compound: bool,
    /// As it stands on the invoice.
    pub name: String,
    /// Millionths: 190,000 is 19 %.
    pub rate_ppm: i64,
}

#[cfg(test)]
impl TaxRate {
    /// A rate of a whole country, in basis points.
    pub fn plain(country: &str, class: &str, name: &str, rate_bp: i64) -> TaxRate {
        TaxRate {
            id: TaxRateId(1),
            country: country.into(),
            region: String::new(),
            postal_codes: String::new(),
            tax_class: class.into(),
            level: 1,
            compound: false,
            name: name.into(),
            rate_ppm: rate_bp * 100,
        }
    }
}

/// A rate as the merchant writes it.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = tax_rates)]
pub struct NewTaxRate {
    pub country: String,
    pub region: String,
    pub postal_codes: String,
    pub tax_class: String,
    pub level: i64,
    pub compound: bool,
    pub name: String,
    pub rate_ppm: i64,
}

impl NewTaxRate {
    /// A rate of a whole country, in basis points.
    pub fn of_country(country: &str, tax_class: &str, name: &str, rate_bp: i64) -> NewTaxRate {
        NewTaxRate {
            country: country.into(),
            region: String::new(),
            postal_codes: String::new(),
            tax_class: tax_class.into(),
            level: 1,
            compound: false,
            name: name.into(),
            rate_ppm: rate_bp.saturating_mul(100),
        }
    }

    /// As it will be stored. `Invalid` names what cannot be.
    pub fn checked(mut self) -> Result<NewTaxRate> {
        let mut fields = Fields::default();
        self.country = self.country.trim().to_uppercase();
        self.region = tax_zones::regions(&self.region);
        self.tax_class = self.tax_class.trim().to_lowercase();
        self.name = self.name.trim().to_string();
        if self.country.len() != 2 || !self.country.bytes().all(|b| b.is_ascii_uppercase()) {
            fields.add("country", "country-letters");
        }
        if self.region.chars().count() > 200 {
            fields.add("region", "admin-too-long");
        }
        match tax_zones::postal_codes(&self.postal_codes) {
            Some(codes) if codes.chars().count() <= 4000 => self.postal_codes = codes,
            Some(_) => fields.add("postal_codes", "admin-too-long"),
            None => fields.add("postal_codes", "admin-tax-postal-wrong"),
        }
        if self.tax_class.is_empty() || self.tax_class.chars().count() > 40 {
            fields.add("tax_class", "tax-class-name");
        }
        if !(1..=LEVELS).contains(&self.level) {
            fields.add("level", "admin-tax-level-wrong");
        }
        if self.name.is_empty() || self.name.chars().count() > 80 {
            fields.add("name", "tax-name");
        }
        if !(0..=PPM).contains(&self.rate_ppm) {
            fields.add("rate", "admin-percent-range");
        }
        fields.check()?;
        Ok(self)
    }
}

/// The rates that hold at a place.
pub fn at(conn: &mut Conn, place: &Place) -> Result<Rates> {
    let rows: Vec<TaxRate> = on_each!(conn, c => tax_rates::table
        .filter(tax_rates::country.eq(&place.country))
        .select(TaxRate::as_select())
        .load(c))?;
    Ok(tax_zones::rates_at(place, &rows))
}

/// All rates, zone by zone.
pub fn list(conn: &mut Conn) -> Result<Vec<TaxRate>> {
    let order = (tax_rates::country, tax_rates::region, tax_rates::postal_codes, tax_rates::tax_class, tax_rates::level);
    Ok(tax_rates::table.order(order).select(TaxRate::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: TaxRateId) -> Result<TaxRate> {
    Ok(tax_rates::table.find(id).select(TaxRate::as_select()).first(conn)?)
}

/// Sets the rate of a zone, class and level, replacing the one there was; answers it.
pub fn set(conn: &mut Conn, rate: NewTaxRate) -> Result<TaxRateId> {
    let rate = rate.checked()?;
    let zone = (tax_rates::country, tax_rates::region, tax_rates::postal_codes, tax_rates::tax_class, tax_rates::level);
    Ok(on_each!(conn, c => diesel::insert_into(tax_rates::table)
        .values(rate.clone())
        .on_conflict(zone)
        .do_update()
        .set(rate.clone())
        .returning(tax_rates::id)
        .get_result(c))?)
}

/// Changes a rate, its zone too. `Conflict` when another one has that zone, class and level.
pub fn update(conn: &mut Conn, id: TaxRateId, rate: NewTaxRate) -> Result<()> {
    let rate = rate.checked()?;
    let other: Option<TaxRateId> = tax_rates::table
        .filter(tax_rates::country.eq(&rate.country).and(tax_rates::region.eq(&rate.region)))
        .filter(tax_rates::postal_codes.eq(&rate.postal_codes).and(tax_rates::tax_class.eq(&rate.tax_class)))
        .filter(tax_rates::level.eq(rate.level).and(tax_rates::id.ne(id)))
        .select(tax_rates::id)
        .first(conn)
        .optional()?;
    if other.is_some() {
        return Err(Error::field("tax_class", "admin-tax-taken"));
    }
    if diesel::update(tax_rates::table.find(id)).set(rate).execute(conn)? == 0 { Err(Error::NotFound) } else { Ok(()) }
}

pub fn delete(conn: &mut Conn, id: TaxRateId) -> Result<()> {
    if diesel::delete(tax_rates::table.find(id)).execute(conn)? == 0 { Err(Error::NotFound) } else { Ok(()) }
}
