//! Money as whole minor units of an ISO 4217 currency. No float comes near it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 currency the shop can trade in. Its exponent (digits after the point) comes from the standard's table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(&'static Entry);

#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Entry {
    code: &'static str,
    exponent: u32,
    symbol: &'static str,
}

const fn entry(code: &'static str, exponent: u32, symbol: &'static str) -> Entry {
    Entry { code, exponent, symbol }
}

/// ISO 4217, active currencies of trade, by code. A symbol equal to the code means that none is in common use.
static TABLE: &[Entry] = &[
    entry("AED", 2, "AED"),
    entry("ARS", 2, "AR$"),
    entry("AUD", 2, "A$"),
    entry("BGN", 2, "BGN"),
    entry("BHD", 3, "BHD"),
    entry("BRL", 2, "R$"),
    entry("CAD", 2, "CA$"),
    entry("CHF", 2, "CHF"),
    entry("CLP", 0, "CLP"),
    entry("CNY", 2, "¥"),
    entry("COP", 2, "COP"),
    entry("CZK", 2, "Kč"),
    entry("DKK", 2, "DKK"),
    entry("EGP", 2, "EGP"),
    entry("EUR", 2, "€"),
    entry("GBP", 2, "£"),
    entry("HKD", 2, "HK$"),
    entry("HUF", 2, "Ft"),
    entry("IDR", 2, "Rp"),
    entry("ILS", 2, "₪"),
    entry("INR", 2, "₹"),
    entry("IQD", 3, "IQD"),
    entry("ISK", 0, "ISK"),
    entry("JOD", 3, "JOD"),
    entry("JPY", 0, "JP¥"),
    entry("KES", 2, "KES"),
    entry("KRW", 0, "₩"),
    entry("KWD", 3, "KWD"),
    entry("MAD", 2, "MAD"),
    entry("MXN", 2, "MX$"),
    entry("MYR", 2, "RM"),
    entry("NGN", 2, "₦"),
    entry("NOK", 2, "NOK"),
    entry("NZD", 2, "NZ$"),
    entry("OMR", 3, "OMR"),
    entry("PEN", 2, "PEN"),
    entry("PHP", 2, "₱"),
    entry("PKR", 2, "PKR"),
    entry("PLN", 2, "zł"),
    entry("QAR", 2, "QAR"),
    entry("RON", 2, "RON"),
    entry("SAR", 2, "SAR"),
    entry("SEK", 2, "SEK"),
    entry("SGD", 2, "S$"),
    entry("THB", 2, "฿"),
    entry("TND", 3, "TND"),
    entry("TRY", 2, "₺"),
    entry("TWD", 2, "NT$"),
    entry("UAH", 2, "₴"),
    entry("USD", 2, "$"),
    entry("VND", 0, "₫"),
    entry("ZAR", 2, "R"),
];

impl Currency {
    pub const EUR: Currency = Currency(&TABLE[14]);
    pub const JPY: Currency = Currency(&TABLE[24]);
    pub const KWD: Currency = Currency(&TABLE[27]);
    pub const USD: Currency = Currency(&TABLE[49]);

    /// Every currency there is, by code.
    pub fn all() -> impl Iterator<Item = Currency> {
        TABLE.iter().map(Currency)
    }

    /// The currency of an ISO 4217 code in capitals, if the table has it.
    pub fn parse(code: &str) -> Option<Currency> {
        let at = TABLE.binary_search_by(|entry| entry.code.cmp(code)).ok()?;
        Some(Currency(&TABLE[at]))
    }

    pub fn code(self) -> &'static str {
        self.0.code
    }

    pub fn exponent(self) -> u32 {
        self.0.exponent
    }

    pub fn symbol(self) -> &'static str {
        self.0.symbol
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let code = String::deserialize(from)?;
        Currency::parse(&code).ok_or_else(|| serde::de::Error::custom(format!("{code} is not a currency code such as EUR")))
    }
}

/// Why two amounts cannot be combined, or a text is not an amount.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MoneyError {
    #[error("{0} and {1} are two currencies and do not add")]
    Currencies(Currency, Currency),
    #[error("the amount is too large")]
    TooLarge,
    #[error("\"{0}\" is not an amount such as 12.50")]
    Text(String),
}

/// An amount: `minor` units (cents, yen, fils) of a `currency`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub fn new(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    pub fn zero(currency: Currency) -> Money {
        Money::new(0, currency)
    }

    /// The sum. Fails when the currencies differ or the result leaves `i64`.
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Money::new(minor, self.currency))
    }

    /// The difference. Fails when the currencies differ or the result leaves `i64`.
    pub fn minus(self, other: Money) -> Result<Money, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Money::new(minor, self.currency))
    }

    fn same(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::Currencies(self.currency, other.currency)) }
    }

    /// The amount as digits without symbol or grouping, such as `1234.50`: for forms, exports and APIs.
    pub fn decimal(self) -> String {
        let scale = 10u64.pow(self.currency.exponent());
        let (whole, part) = (self.minor.unsigned_abs() / scale, self.minor.unsigned_abs() % scale);
        let sign = if self.minor < 0 { "-" } else { "" };
        match self.currency.exponent() as usize {
            0 => format!("{sign}{whole}"),
            digits => format!("{sign}{whole}.{part:0digits$}"),
        }
    }

    /// Reads digits with at most the currency's number of decimals; grouping by comma or space is allowed when a point follows
    /// or groups are of three. Fails on anything else rather than guess.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let refused = || MoneyError::Text(text.to_string());
        let trimmed = text.trim();
        let (negative, digits) = match trimmed.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let groups: Vec<&str> = whole.split([',', ' ', '\u{a0}']).collect();
        let grouped =
            groups.len() == 1 || (groups[0].len() <= 3 && !groups[0].is_empty() && groups[1..].iter().all(|group| group.len() == 3));
        let whole = groups.concat();
        let exponent = currency.exponent() as usize;
        // Trailing zeros beyond the exponent carry no value: "1200.00" is a plain way to write 1200 JPY.
        let part = if part.len() > exponent { part.trim_end_matches('0') } else { part };
        let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if !grouped || whole.is_empty() || !numeric(&whole) || !numeric(part) || part.len() > exponent {
            return Err(refused());
        }
        let minor: i64 = format!("{whole}{part:0<exponent$}").parse().map_err(|_| MoneyError::TooLarge)?;
        Ok(Money::new(if negative { -minor } else { minor }, currency))
    }
}

/// `amount * numerator / denominator`, in 128 bits, rounded once, half away from zero.
///
/// # Panics
/// Never for `denominator > 0`; a result outside `i64` saturates, which no price of a shop reaches.
pub fn scale(amount: i64, numerator: i64, denominator: i64) -> i64 {
    let product = i128::from(amount) * i128::from(numerator);
    let denominator = i128::from(denominator.max(1));
    let half = denominator / 2;
    let rounded = if product >= 0 { (product + half) / denominator } else { (product - half) / denominator };
    i64::try_from(rounded).unwrap_or(if rounded > 0 { i64::MAX } else { i64::MIN })
}

/// Splits `total` in proportion to `weights` by the largest remainder, so that the parts sum to `total` to the unit. Equal
/// remainders go to the earlier part. Without any positive weight everything goes to the first part.
pub fn allocate(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|weight| i128::from((*weight).max(0))).sum();
    let mut parts = vec![0i64; weights.len()];
    if parts.is_empty() {
        return parts;
    }
    if sum == 0 {
        parts[0] = total;
        return parts;
    }
    let magnitude = i128::from(total.unsigned_abs());
    let mut remainders: Vec<(i128, usize)> = Vec::with_capacity(weights.len());
    let mut given: i128 = 0;
    for (at, weight) in weights.iter().enumerate() {
        let share = magnitude * i128::from((*weight).max(0));
        let floor = share / sum;
        given += floor;
        // floor <= |total|, which came from an i64.
        parts[at] = i64::try_from(floor).unwrap_or(i64::MAX);
        remainders.push((share % sum, at));
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let missing = usize::try_from(magnitude - given).unwrap_or(0);
    for (_, at) in remainders.into_iter().take(missing) {
        parts[at] += 1;
    }
    if total < 0 {
        parts.iter_mut().for_each(|part| *part = -*part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_table_is_sorted_so_that_search_finds_every_code() {
        for entry in TABLE {
            assert_eq!(Currency::parse(entry.code).map(Currency::code), Some(entry.code));
        }
        assert_eq!((Currency::EUR.code(), Currency::JPY.code(), Currency::KWD.code(), Currency::USD.code()), ("EUR", "JPY", "KWD", "USD"));
    }

    #[test]
    fn exponents_decide_how_amounts_read() {
        assert_eq!(Money::new(123_450, Currency::EUR).decimal(), "1234.50");
        assert_eq!(Money::new(1234, Currency::JPY).decimal(), "1234");
        assert_eq!(Money::new(-1, Currency::KWD).decimal(), "-0.001");
        assert_eq!(Money::parse("1,234.5", Currency::EUR), Ok(Money::new(123_450, Currency::EUR)));
        assert_eq!(Money::parse("1200.00", Currency::JPY), Ok(Money::new(1200, Currency::JPY)));
        for wrong in ["", "1,2", "12.345", "1e3", "٣", "1.2.3", "--1", "€5", "9999999999999999999"] {
            assert!(Money::parse(wrong, Currency::EUR).is_err(), "{wrong} must be refused");
        }
    }

    #[test]
    fn two_currencies_never_add() {
        assert!(Money::zero(Currency::EUR).plus(Money::zero(Currency::USD)).is_err());
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole(total in -1_000_000_000_000i64..1_000_000_000_000, weights in prop::collection::vec(0i64..1_000_000, 1..40)) {
            let parts = allocate(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!(*weight > 0 || *part == 0 || weights.iter().all(|w| *w == 0));
                prop_assert!(part.signum() * total.signum() >= 0);
            }
        }

        #[test]
        fn what_is_written_reads_back(minor in any::<i64>().prop_filter("has a positive twin", |m| *m != i64::MIN), code in 0..TABLE.len()) {
            let money = Money::new(minor, Currency(&TABLE[code]));
            prop_assert_eq!(Money::parse(&money.decimal(), money.currency), Ok(money));
        }
    }
}
