//! Conditions on the scores of customers.

use super::{Builder, Table};
use crate::rules::{Age, Fragment, Measure, Scored};

impl Builder<'_> {
    pub(super) fn since(&mut self, column: &str, age: Age) -> (Fragment, Option<Fragment>) {
        let (holds, changes) = self.aged(column, age);
        (self.of_score(&holds), changes)
    }

    /// A condition on the scores, which not everybody has.
    pub(super) fn of_score(&mut self, condition: &Fragment) -> Fragment {
        self.source(Table::Scores);
        let mut sql = Fragment::of("COALESCE(");
        sql.add(condition).push(", FALSE)");
        sql
    }

    pub(super) fn measured(&mut self, scored: &Scored) -> Fragment {
        let column = match scored.measure {
            Measure::Orders => "COALESCE(s.orders, 0)",
            Measure::Value => "COALESCE(s.value, 0)",
            Measure::Margin => "COALESCE(s.margin, 0)",
            Measure::AfterService => "COALESCE(s.margin - s.credited, 0)",
            other => &format!("s.{}", other.as_str()),
        };
        let mut sql = Fragment::of("(TRUE");
        if let Some(least) = scored.at_least {
            sql.push(&format!(" AND {column} >= ")).int(least);
        }
        if let Some(most) = scored.at_most {
            sql.push(&format!(" AND {column} <= ")).int(most);
        }
        if let Some(currency) = scored.currency {
            sql.push(" AND (s.currency IS NULL OR s.currency = ").text(currency.code()).push(")");
        }
        sql.push(")");
        self.of_score(&sql)
    }
}
