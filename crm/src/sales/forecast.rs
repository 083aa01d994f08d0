//! What open opportunities may bring, month by month: each by its amount and by how likely its stage is.

use super::{StageId, State, stages};
use crate::schema::opportunities as rows;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::{Conn, Result};
use std::collections::BTreeMap;

/// What is expected in a month, in one currency.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Month {
    /// `YYYY-MM`; empty where nobody said when.
    pub month: String,
    pub currency: String,
    pub opportunities: i64,
    /// All of it, and as likely as it is.
    pub amount: i64,
    pub likely: i64,
}

/// The day, the currency, the stage or how likely it is, how many and their sum.
type Row<T> = (Option<String>, String, T, i64, i64);

/// What the open opportunities of one of the staff, or of all, may bring: by month, those without a day last.
pub fn forecast(conn: &mut Conn, owner: Option<i64>) -> Result<Vec<Month>> {
    macro_rules! summed {
        ($filter:expr) => {
            rows::table
                .filter(rows::state.eq(State::Open))
                .filter($filter)
                .group_by((rows::expected_on, rows::currency, rows::stage_id))
                .select((
                    rows::expected_on,
                    rows::currency,
                    rows::stage_id,
                    count_star(),
                    sql::<BigInt>("CAST(sum(opportunities.amount) AS BIGINT)"),
                ))
                .load::<Row<StageId>>(conn)?
        };
    }
    let found = match owner {
        Some(owner) => summed!(rows::owner.eq(owner)),
        None => summed!(rows::id.gt(super::OpportunityId(0))),
    };
    let all = stages::stages(conn)?;
    let likely = |stage: StageId| all.iter().find(|one| one.id == stage).map_or(0, |one| one.probability_bp);
    Ok(by_month(found.into_iter().map(|(day, currency, stage, count, amount)| (day, currency, likely(stage), count, amount)).collect()))
}

/// Sums by month and currency. What is likely is rounded once for each, half up.
fn by_month(rows: Vec<Row<i64>>) -> Vec<Month> {
    // Those without a day behind every month.
    let mut months: BTreeMap<(bool, String, String), (i64, i64, i128)> = BTreeMap::new();
    for (day, currency, probability_bp, count, amount) in rows {
        let month: String = day.as_deref().unwrap_or("").chars().take(7).collect();
        let sum = months.entry((month.is_empty(), month, currency)).or_default();
        sum.0 += count;
        sum.1 += amount;
        sum.2 += i128::from(amount) * i128::from(probability_bp);
    }
    let month = |((_, month, currency), (opportunities, amount, weighted)): ((bool, String, String), (i64, i64, i128))| Month {
        month,
        currency,
        opportunities,
        amount,
        likely: i64::try_from((weighted + 5000) / 10_000).unwrap_or(i64::MAX),
    };
    months.into_iter().map(month).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_summed_by_currency_and_rounded_once() {
        let row = |day: Option<&str>, currency: &str, bp, amount| (day.map(String::from), currency.to_string(), bp, 1, amount);
        let months = by_month(vec![
            row(None, "EUR", 10_000, 7),
            row(Some("2026-12-24"), "EUR", 5000, 1),
            row(Some("2026-12-01"), "EUR", 5000, 2),
            row(Some("2026-12-31"), "JPY", 2500, 100),
            row(Some("2026-11-30"), "EUR", 0, 900),
        ]);
        let said: Vec<_> =
            months.iter().map(|one| (one.month.as_str(), one.currency.as_str(), one.opportunities, one.amount, one.likely)).collect();
        let wanted = [("2026-11", "EUR", 1, 900, 0), ("2026-12", "EUR", 2, 3, 2), ("2026-12", "JPY", 1, 100, 25), ("", "EUR", 1, 7, 7)];
        assert_eq!(said, wanted);
    }
}
