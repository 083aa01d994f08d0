//! The addresses a customer keeps for the next order.

use crate::address::Address;
use crate::ids::AddressId;
use crate::schema::addresses;
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// The most addresses one customer keeps.
pub const MAX: i64 = 50;

#[derive(Clone, Debug)]
pub struct Entry {
    pub id: AddressId,
    pub address: Address,
    pub is_default: bool,
}

/// A customer's addresses, the default one first.
pub fn of_customer(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Entry>> {
    let rows: Vec<(AddressId, String, bool)> = addresses::table
        .filter(addresses::customer_id.eq(customer))
        .order((addresses::is_default.desc(), addresses::id.desc()))
        .select((addresses::id, addresses::address, addresses::is_default))
        .load(conn)?;
    rows.into_iter().map(|(id, text, is_default)| Ok(Entry { id, address: Address::stored(&text)?, is_default })).collect()
}

/// One of the customer's addresses; somebody else's is not found.
pub fn get(conn: &mut Conn, customer: CustomerId, id: AddressId) -> Result<Entry> {
    of_customer(conn, customer)?.into_iter().find(|entry| entry.id == id).ok_or(Error::NotFound)
}

/// Adds an address, or finds the same one. The first is the default.
pub fn add(conn: &mut Conn, customer: CustomerId, address: &Address, is_default: bool, now: Time) -> Result<AddressId> {
    let known = of_customer(conn, customer)?;
    if let Some(same) = known.iter().find(|entry| entry.address == *address) {
        if is_default {
            make_default(conn, customer, same.id)?;
        }
        return Ok(same.id);
    }
    if i64::try_from(known.len()).unwrap_or(i64::MAX) >= MAX {
        return Err(Error::field("name", "address-book-full"));
    }
    let id = diesel::insert_into(addresses::table)
        .values((
            addresses::customer_id.eq(customer),
            addresses::address.eq(kernel::json::text(address)?),
            addresses::is_default.eq(false),
            addresses::created_at.eq(now),
        ))
        .returning(addresses::id)
        .get_result(conn)?;
    if is_default || known.is_empty() {
        make_default(conn, customer, id)?;
    }
    Ok(id)
}

pub fn update(conn: &mut Conn, customer: CustomerId, id: AddressId, address: &Address, is_default: bool) -> Result<()> {
    get(conn, customer, id)?;
    diesel::update(addresses::table.find(id)).set(addresses::address.eq(kernel::json::text(address)?)).execute(conn)?;
    if is_default { make_default(conn, customer, id) } else { Ok(()) }
}

/// Removes an address; one that is gone stays gone. Orders keep their own copy.
pub fn remove(conn: &mut Conn, customer: CustomerId, id: AddressId) -> Result<()> {
    diesel::delete(addresses::table.find(id)).filter(addresses::customer_id.eq(customer)).execute(conn)?;
    Ok(())
}

fn make_default(conn: &mut Conn, customer: CustomerId, id: AddressId) -> Result<()> {
    diesel::update(addresses::table.filter(addresses::customer_id.eq(customer)))
        .set(addresses::is_default.eq(addresses::id.eq(id)))
        .execute(conn)?;
    Ok(())
}
