//! How a changed order is taxed: as it was placed, and what is added by the rates of its place.

use crate::address::Address;
use crate::catalog::VariantForSale;
use crate::ids::LocationId;
use crate::orders::Order;
use crate::shipping::{self, ShippingRate};
use crate::shop::{self, Shop};
use crate::tax::{Place, Rate, Rates};
use crate::{tax_rates, tax_relief};
use kernel::{Conn, Result};

/// The rates for what is added to an order.
pub(super) struct Taxing {
    shop: Shop,
    /// The buyer's VAT id.
    buyer: String,
    place: Place,
    rates: Rates,
    /// The rates of the shop's country, for an order whose tax the buyer owes: prices that hold tax hold that.
    home: Option<Rates>,
}

impl Taxing {
    pub fn of(conn: &mut Conn, order: &Order) -> Result<Taxing> {
        let shop = shop::get(conn)?;
        let place = order.shipping_address()?.place();
        let reverse = order.taxation.0.reverse_charge;
        let home = if reverse { Some(tax_rates::at(conn, &Place::country(&shop.country))?) } else { None };
        let rates = if reverse { tax_relief::rates() } else { tax_rates::at(conn, &place)? };
        Ok(Taxing { buyer: order.billing_address()?.vat_id, shop, place, rates, home })
    }

    /// The unit price of goods that are added, and how they are taxed.
    pub fn added(&self, variant: &VariantForSale) -> (i64, Rate) {
        let price = variant.unit_price;
        if variant.gift_card {
            return (price, Rates::voucher());
        }
        match &self.home {
            Some(home) => {
                let within =
                    if self.shop.prices_include_tax && variant.taxable { home.of(&variant.tax_class).tax(price, true).tax } else { 0 };
                (price - within, self.rates.of(tax_relief::class(variant.requires_shipping)))
            }
            None if variant.taxable => (price, self.rates.of(&variant.tax_class)),
            None => (price, Rates::exempt()),
        }
    }

    /// Whether the order may still be taxed as it was, with these goods: of each line whether it is sent.
    pub fn holds(&self, sent: &[bool]) -> bool {
        self.home.is_none() || sent.is_empty() || tax_relief::applies(&self.shop, &self.buyer, &self.place, sent, false)
    }

    /// Whether an address is taxed like the order's own.
    pub fn same_at(&self, conn: &mut Conn, address: &Address) -> Result<bool> {
        let place = address.place();
        if self.home.is_some() {
            return Ok(tax_relief::applies(&self.shop, &self.buyer, &place, &[true], false));
        }
        Ok(tax_rates::at(conn, &place)? == self.rates)
    }
}

/// The deliveries that an order may be given in place of its own. None for goods that are picked up, whose place is where they are
/// taxed, nor where the buyer owes the tax, which prices of deliveries hold.
pub fn deliveries(conn: &mut Conn, order: &Order, grams: i64) -> Result<Vec<ShippingRate>> {
    let pickup: Option<LocationId> = order.pickup_location_id;
    if pickup.is_some() || order.taxation.0.reverse_charge {
        return Ok(Vec::new());
    }
    let rates = shipping::available(conn, &order.shipping_address()?.country, grams, order.currency()?)?;
    Ok(rates.into_iter().filter(|rate| rate.pickup().is_none()).collect())
}
