//! Amounts in the units that Stripe counts in. They are ISO 4217 minor units, with two exceptions that Stripe documents: the Icelandic
//! króna is counted in hundredths although it has none, and currencies of three decimals must end in a zero.

use super::GatewayError;
use kernel::money::{Currency, Money};

/// `amount` as the integer Stripe expects. Fails with `Refused` for what Stripe cannot express or no payment can be.
pub fn to_stripe(amount: Money) -> Result<i64, GatewayError> {
    let refused = |why: &str| GatewayError::Refused(format!("{} {}: {why}", amount.decimal(), amount.currency));
    if amount.minor <= 0 {
        return Err(refused("an amount must be above zero"));
    }
    match amount.currency.exponent() {
        3 if amount.minor % 10 != 0 => Err(refused("Stripe takes no thousandths; round to hundredths")),
        _ => amount.minor.checked_mul(scale(amount.currency)).ok_or_else(|| refused("too large")),
    }
}

/// Minor units of `currency` for an integer of Stripe's. Fails with `Unknown` when it is not whole.
pub fn from_stripe(units: i64, currency: Currency) -> Result<i64, GatewayError> {
    match units % scale(currency) {
        0 => Ok(units / scale(currency)),
        _ => Err(GatewayError::Unknown(format!("{units} is not a whole amount of {currency}"))),
    }
}

/// Our currency for Stripe's. Fails with `Unknown` when the shop's table lacks it.
pub fn currency_of(theirs: &stripe_types::Currency) -> Result<Currency, GatewayError> {
    let code = theirs.to_string().to_uppercase();
    Currency::parse(&code).ok_or_else(|| GatewayError::Unknown(format!("answered in {code}, which this shop does not know")))
}

/// Stripe's name of our currency. Whether the account takes it is for Stripe to say: the library's list lacks some that Stripe has.
pub fn currency_to(ours: Currency) -> Result<stripe_types::Currency, GatewayError> {
    ours.code().to_lowercase().parse().map_err(|_| GatewayError::Refused(format!("Stripe does not take {ours}")))
}

fn scale(currency: Currency) -> i64 {
    if currency.code() == "ISK" { 100 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(minor: i64, code: &str) -> Option<i64> {
        to_stripe(Money::new(minor, Currency::parse(code)?)).ok()
    }

    #[test]
    fn amounts_follow_stripes_table() {
        assert_eq!(units(1250, "EUR"), Some(1250));
        assert_eq!(units(1200, "JPY"), Some(1200));
        assert_eq!(units(1200, "ISK"), Some(120_000));
        assert_eq!(units(12_340, "KWD"), Some(12_340));
        assert_eq!(units(12_345, "KWD"), None);
        assert_eq!(units(0, "EUR"), None);
        assert_eq!(units(-5, "EUR"), None);
        assert_eq!(units(i64::MAX, "ISK"), None);
    }

    #[test]
    fn amounts_come_back_whole() {
        let krona = Currency::parse("ISK").unwrap_or(Currency::EUR);
        assert_eq!(from_stripe(120_000, krona), Ok(1200));
        assert!(from_stripe(120_050, krona).is_err());
        assert_eq!(from_stripe(1250, Currency::EUR), Ok(1250));
    }
}
