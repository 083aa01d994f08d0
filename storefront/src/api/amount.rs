//! Money as the API writes and reads it.

use kernel::money::{Currency, Money};
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The largest amount that is taken in: far above any shop's and far below what a sum could overflow with.
pub const LARGEST: i64 = 1_000_000_000_000;

/// An amount of money in minor units: `{"minor": 1250, "currency": "EUR"}` is 12.50 EUR, `{"minor": 1250, "currency": "JPY"}` is
/// 1250 JPY.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    #[schema(example = 1250)]
    pub minor: i64,
    /// ISO 4217.
    #[schema(example = "EUR")]
    pub currency: String,
}

impl Amount {
    pub fn of(money: Money) -> Amount {
        Amount { minor: money.minor, currency: money.currency.code().into() }
    }

    pub fn new(minor: i64, currency: Currency) -> Amount {
        Amount::of(Money::new(minor, currency))
    }

    /// The minor units, from zero to [`LARGEST`]. Fails with `Invalid` for `field` also when the currency is another one.
    pub fn minor_in(&self, currency: Currency, field: &str) -> Result<i64> {
        if self.currency != currency.code() {
            return Err(Error::field(&format!("{field}.currency"), format!("The amount must be in {currency}.")));
        }
        if !(0..=LARGEST).contains(&self.minor) {
            return Err(Error::field(&format!("{field}.minor"), format!("Give an amount from 0 to {LARGEST}.")));
        }
        Ok(self.minor)
    }
}
