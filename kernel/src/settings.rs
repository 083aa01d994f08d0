//! Settings that belong to the shop and live in its database, one JSON value a name.

use crate::Result;
use crate::clock::Time;
use crate::db::Conn;
use crate::schema::settings;
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The value of `name`, if it was ever set.
pub fn find<T: DeserializeOwned>(conn: &mut Conn, name: &str) -> Result<Option<T>> {
    let text: Option<String> = crate::on_each!(conn, c => settings::table.find(name).select(settings::value).first(c)).optional()?;
    text.map(|text| Ok(serde_json::from_str(&text)?)).transpose()
}

pub fn set(conn: &mut Conn, name: &str, value: &impl Serialize, now: Time) -> Result<()> {
    let text = crate::json::text(value)?;
    let row = (settings::name.eq(name), settings::value.eq(&text), settings::updated_at.eq(now));
    let change = (settings::value.eq(&text), settings::updated_at.eq(now));
    crate::on_each!(conn, c => diesel::insert_into(settings::table)
        .values(row).on_conflict(settings::name).do_update().set(change).execute(c))?;
    Ok(())
}

/// The value of `name`, made and stored by `make` the first time. The first of two racing processes wins.
pub fn get_or_make<T: Serialize + DeserializeOwned>(conn: &mut Conn, name: &str, now: Time, make: impl FnOnce() -> T) -> Result<T> {
    if let Some(value) = find(conn, name)? {
        return Ok(value);
    }
    let row = (settings::name.eq(name), settings::value.eq(crate::json::text(&make())?), settings::updated_at.eq(now));
    crate::on_each!(conn, c => diesel::insert_into(settings::table).values(row).on_conflict_do_nothing().execute(c))?;
    find(conn, name)?.ok_or_else(|| crate::Error::unexpected(format!("setting {name} was not stored")))
}
