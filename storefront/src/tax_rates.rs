//! The merchant's tax rates by country and class.

use crate::ids::TaxRateId;
use crate::schema::tax_rates;
use crate::tax::Rates;
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each};

#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = tax_rates)]
pub struct TaxRate {
    pub id: TaxRateId,
    pub country: String,
    pub tax_class: String,
    pub name: String,
    pub rate_bp: i64,
}

/// A rate as the merchant writes it, in basis points.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = tax_rates)]
pub struct NewTaxRate {
    pub country: String,
    pub tax_class: String,
    pub name: String,
    pub rate_bp: i64,
}

/// The rates of one destination.
pub fn of_country(conn: &mut Conn, country: &str) -> Result<Rates> {
    let rows: Vec<(String, String, i64)> = on_each!(conn, c => tax_rates::table
        .filter(tax_rates::country.eq(country))
        .select((tax_rates::tax_class, tax_rates::name, tax_rates::rate_bp))
        .load(c))?;
    Ok(Rates::new(country, rows))
}

pub fn list(conn: &mut Conn) -> Result<Vec<TaxRate>> {
    Ok(tax_rates::table.order((tax_rates::country, tax_rates::tax_class)).select(TaxRate::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: TaxRateId) -> Result<TaxRate> {
    Ok(tax_rates::table.find(id).select(TaxRate::as_select()).first(conn)?)
}

/// Sets the rate of a country and class, replacing the one there was.
pub fn set(conn: &mut Conn, rate: NewTaxRate) -> Result<()> {
    let rate = NewTaxRate { country: rate.country.trim().to_uppercase(), tax_class: rate.tax_class.trim().to_lowercase(), ..rate };
    let mut fields = Fields::default();
    if rate.country.len() != 2 || !rate.country.bytes().all(|b| b.is_ascii_uppercase()) {
        fields.add("country", "Give the two letters of a country, such as DE.");
    }
    if rate.tax_class.is_empty() || rate.tax_class.len() > 40 {
        fields.add("tax_class", "Name the class, such as standard.");
    }
    if rate.name.trim().is_empty() || rate.name.len() > 80 {
        fields.add("name", "Name the tax as it stands on an invoice, such as VAT 19 %.");
    }
    if !(0..=10_000).contains(&rate.rate_bp) {
        fields.add("rate", "Give a percentage from 0 to 100.");
    }
    fields.check()?;
    on_each!(conn, c => diesel::insert_into(tax_rates::table)
        .values(rate.clone())
        .on_conflict((tax_rates::country, tax_rates::tax_class))
        .do_update()
        .set(rate.clone())
        .execute(c))?;
    Ok(())
}

pub fn delete(conn: &mut Conn, id: TaxRateId) -> Result<()> {
    if diesel::delete(tax_rates::table.find(id)).execute(conn)? == 0 { Err(Error::NotFound) } else { Ok(()) }
}
