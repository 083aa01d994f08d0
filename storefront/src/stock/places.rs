//! The places in which goods lie: a warehouse, a shop. A sale promises goods wherever they lie; a shipment takes them from somewhere.

use crate::address::Address;
use crate::ids::{LocationId, VariantId};
use crate::schema::{location_levels, locations, stock_levels};
use diesel::prelude::*;
use kernel::{Conn, Error, Result, on_each, prepared};

#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = locations)]
pub struct Location {
    pub id: LocationId,
    pub name: String,
    /// Goods are taken from the first ones first; returned goods go to the very first.
    pub position: i64,
    /// Nothing lies at a closed location, and nothing can be brought there.
    pub active: bool,
    /// Where it is, as JSON; empty as long as nobody said.
    address: String,
    /// When buyers may pick goods up, as the merchant says it.
    pub hours: String,
}

impl Location {
    /// Where it is; an empty address as long as nobody said.
    pub fn address(&self) -> Result<Address> {
        if self.address.is_empty() { Ok(Address::default()) } else { Address::stored(&self.address) }
    }
}

/// Every location, those in use first, in their order.
pub fn locations(conn: &mut Conn) -> Result<Vec<Location>> {
    Ok(locations::table.order((locations::active.desc(), locations::position, locations::id)).select(Location::as_select()).load(conn)?)
}

/// One location.
pub fn location(conn: &mut Conn, id: LocationId) -> Result<Location> {
    Ok(locations::table.find(id).select(Location::as_select()).first(conn)?)
}

/// Says where a location is and when buyers may pick goods up there. `Invalid` for an address that no letter reaches.
pub fn describe_location(conn: &mut Conn, id: LocationId, address: &Address, hours: &str) -> Result<()> {
    let hours = hours.trim().replace("\r\n", "\n");
    if hours.chars().count() > 300 || hours.lines().count() > 8 {
        return Err(Error::field("hours", "field-too-long"));
    }
    let place = locations::table.find(id);
    changed(diesel::update(place).set((locations::address.eq(kernel::json::text(address)?), locations::hours.eq(hours))).execute(conn)?)
}

/// The location in which goods lie unless somebody says another.
pub(super) fn main(conn: &mut Conn) -> Result<LocationId> {
    locations::table
        .filter(locations::active)
        .order((locations::position, locations::id))
        .select(locations::id)
        .first(conn)
        .optional()?
        .ok_or_else(|| Error::unexpected("the shop has no location"))
}

/// Refuses a location that is closed; `NotFound` for none at all.
pub(super) fn open(conn: &mut Conn, id: LocationId) -> Result<()> {
    let active: bool = locations::table.find(id).select(locations::active).first(conn)?;
    if active { Ok(()) } else { Err(Error::conflict("stock-place-closed")) }
}

fn checked(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        return Err(Error::field("name", "admin-location-name"));
    }
    Ok(name)
}

fn untaken(conn: &mut Conn, name: &str, own: Option<LocationId>) -> Result<()> {
    let holder: Option<LocationId> = locations::table.filter(locations::name.eq(name)).select(locations::id).first(conn).optional()?;
    if holder.is_some() && holder != own { Err(Error::field("name", "admin-location-taken")) } else { Ok(()) }
}

/// Adds a location after all others.
pub fn add_location(conn: &mut Conn, name: &str) -> Result<LocationId> {
    let name = checked(name)?;
    untaken(conn, name, None)?;
    let last: Option<i64> = locations::table.select(diesel::dsl::max(locations::position)).first(conn)?;
    Ok(diesel::insert_into(locations::table)
        .values((locations::name.eq(name), locations::position.eq(last.unwrap_or(0) + 1), locations::active.eq(true)))
        .returning(locations::id)
        .get_result(conn)?)
}

pub fn rename_location(conn: &mut Conn, id: LocationId, name: &str) -> Result<()> {
    let name = checked(name)?;
    untaken(conn, name, Some(id))?;
    changed(diesel::update(locations::table.find(id)).set(locations::name.eq(name)).execute(conn)?)
}

/// Makes a location the first: goods are taken from it first, and returned ones go there.
pub fn prefer_location(conn: &mut Conn, id: LocationId) -> Result<()> {
    open(conn, id)?;
    let first: Option<i64> = locations::table.select(diesel::dsl::min(locations::position)).first(conn)?;
    changed(diesel::update(locations::table.find(id)).set(locations::position.eq(first.unwrap_or(0) - 1)).execute(conn)?)
}

/// Closes a location. `Conflict` while goods lie there, or when it is the last.
pub fn close_location(conn: &mut Conn, id: LocationId) -> Result<()> {
    // Closing first: whoever brings goods meanwhile waits for this row, and then finds it closed.
    let closed = diesel::update(locations::table.find(id)).filter(locations::active).set(locations::active.eq(false)).execute(conn)?;
    changed(closed)?;
    let lying = location_levels::table.filter(location_levels::location_id.eq(id)).filter(location_levels::on_hand.gt(0));
    let lying: Option<VariantId> = lying.select(location_levels::variant_id).first(conn).optional()?;
    if lying.is_some() {
        return Err(Error::conflict("admin-location-full"));
    }
    let others: i64 = locations::table.filter(locations::active).count().get_result(conn)?;
    if others == 0 { Err(Error::conflict("admin-location-last")) } else { Ok(()) }
}

pub fn reopen_location(conn: &mut Conn, id: LocationId) -> Result<()> {
    changed(diesel::update(locations::table.find(id)).set(locations::active.eq(true)).execute(conn)?)
}

fn changed(rows: usize) -> Result<()> {
    if rows == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Units of a variant at a location.
pub fn at(conn: &mut Conn, location: LocationId, variant: VariantId) -> Result<i64> {
    let units: Option<i64> = location_levels::table.find((variant, location)).select(location_levels::on_hand).first(conn).optional()?;
    Ok(units.unwrap_or(0))
}

/// Where a variant lies: the open locations in the order in which goods are taken from them, those with none too.
pub fn of_variant(conn: &mut Conn, variant: VariantId) -> Result<Vec<(Location, i64)>> {
    let lying: Vec<(LocationId, i64)> = location_levels::table
        .filter(location_levels::variant_id.eq(variant))
        .select((location_levels::location_id, location_levels::on_hand))
        .load(conn)?;
    let units = |id: LocationId| lying.iter().find(|(location, _)| *location == id).map_or(0, |(_, units)| *units);
    Ok(locations(conn)?
        .into_iter()
        .filter(|location| location.active)
        .map(|location| (units(location.id), location))
        .map(|(n, l)| (l, n))
        .collect())
}

/// Locks the level of a variant to the end of the transaction, and tells whether it is counted. `None` when it has none.
/// Whoever touches locations does this first, so that two of them cannot wait for each other.
pub fn lock(conn: &mut Conn, variant: VariantId) -> Result<Option<bool>> {
    let lock = diesel::update(stock_levels::table.find(variant))
        .set(stock_levels::on_hand.eq(stock_levels::on_hand))
        .returning(stock_levels::tracked);
    Ok(prepared!(conn, lock => get_result).optional()?)
}

/// From where to take so many units: from `from` alone, or from the first locations on. `None` when there are fewer.
pub(super) fn pick(conn: &mut Conn, variant: VariantId, units: i64, from: Option<LocationId>) -> Result<Option<Vec<(LocationId, i64)>>> {
    let lying = of_variant(conn, variant)?;
    let usable: Vec<(LocationId, i64)> = lying
        .iter()
        .filter(|(location, units)| *units > 0 && from.is_none_or(|from| from == location.id))
        .map(|(location, units)| (location.id, *units))
        .collect();
    // One parcel from one place, where one place has all of it.
    if let Some((location, _)) = usable.iter().find(|(_, there)| *there >= units) {
        return Ok(Some(vec![(*location, units)]));
    }
    let (mut left, mut pieces) = (units, Vec::new());
    for (location, there) in usable {
        let piece = there.min(left);
        pieces.push((location, piece));
        left -= piece;
        if left == 0 {
            return Ok(Some(pieces));
        }
    }
    Ok(None)
}

/// Keeps a location open to the end of the transaction. `Conflict` when it is closed.
pub(super) fn keep_open(conn: &mut Conn, id: LocationId) -> Result<()> {
    let open = || locations::table.find(id).filter(locations::active).select(locations::id);
    // Others may keep it open as well. An update would leave a version of the row behind for each movement of a long transaction, and
    // every later one of its reads would walk through them all.
    let kept: Option<LocationId> = match conn {
        Conn::Sqlite(c) => open().first(c).optional()?,
        Conn::Postgres(c) => open().for_share().first(c).optional()?,
    };
    kept.map(|_| ()).ok_or_else(|| Error::conflict("stock-place-closed"))
}

/// Changes what lies at a location, by a guarded update. `false` when fewer than none would be left.
pub(super) fn shift(conn: &mut Conn, location: LocationId, variant: VariantId, units: i64) -> Result<bool> {
    if units > 0 {
        keep_open(conn, location)?;
    }
    let row = (location_levels::location_id.eq(location), location_levels::variant_id.eq(variant), location_levels::on_hand.eq(0));
    on_each!(conn, c => diesel::insert_into(location_levels::table).values(row).on_conflict_do_nothing().execute(c))?;
    let shift = diesel::update(location_levels::table.find((variant, location)))
        .filter((location_levels::on_hand + units).ge(0))
        .set(location_levels::on_hand.eq(location_levels::on_hand + units));
    Ok(prepared!(conn, shift => execute)? == 1)
}
