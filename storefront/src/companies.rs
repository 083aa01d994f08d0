//! The companies that a customer orders for, as their invoices name them.

use crate::address::Address;
use crate::schema::orders;
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};
use serde::Serialize;

/// Orders that are looked at, the latest: enough to know for whom somebody buys.
const LATEST: i64 = 200;

/// A company by its name and its VAT identification number, of which one may be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Company {
    pub name: String,
    pub vat_id: String,
    /// Orders for it, of the latest 200.
    pub orders: usize,
    pub last_at: Time,
}

/// For whom a customer orders, the latest first.
pub fn of_customer(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Company>> {
    let latest = orders::table.filter(orders::customer_id.eq(customer)).order(orders::id.desc()).limit(LATEST);
    let rows: Vec<(String, Time)> = on_each!(conn, c => latest.select((orders::billing_address, orders::placed_at)).load(c))?;
    let mut found: Vec<Company> = Vec::new();
    for (address, at) in rows {
        let address: Address = Address::stored(&address)?;
        if address.company.is_empty() && address.vat_id.is_empty() {
            continue;
        }
        match found.iter_mut().find(|known| known.vat_id == address.vat_id && known.name.to_lowercase() == address.company.to_lowercase()) {
            Some(known) => known.orders += 1,
            None => found.push(Company { name: address.company, vat_id: address.vat_id, orders: 1, last_at: at }),
        }
    }
    Ok(found)
}
