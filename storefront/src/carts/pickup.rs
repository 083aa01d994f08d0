//! Picking the goods of a cart up.

use crate::address::Address;
use crate::ids::LocationId;
use crate::shop::Shop;
use crate::stock;
use crate::tax::Place;
use kernel::{Conn, Result};

/// A location at which the buyer picks the goods up.
#[derive(Clone, Debug)]
pub struct Pickup {
    pub location: LocationId,
    /// What stands in the order in place of an address to send to. The location's name is its name.
    pub address: Address,
    /// When it is open, as the merchant says it.
    pub hours: String,
    /// Where the goods are handed over, and so taxed.
    pub(super) place: Place,
}

/// The location as a pick-up. One without an address is in the shop's country.
pub(super) fn at(conn: &mut Conn, id: LocationId, shop: &Shop) -> Result<Pickup> {
    let location = stock::location(conn, id)?;
    let kept = location.address()?;
    let address =
        Address { name: location.name, country: if kept.country.is_empty() { shop.country.clone() } else { kept.country.clone() }, ..kept };
    Ok(Pickup { location: id, place: address.place(), address, hours: location.hours })
}
