//! Conditions on what customers did, on what they asked the shop for, and on whom they buy for.

use super::{Builder, Table};
use crate::rules::{Dialect, Did, Fragment, Range, Rated, ServiceCost, SurveyScore, Tickets};

/// The last ticket of each customer that was rated.
pub(super) const RATINGS: &str =
    "tickets r JOIN (SELECT MAX(id) AS id FROM tickets WHERE rating IS NOT NULL GROUP BY customer_id) z ON z.id = r.id";

/// What was given from tickets, and whose they are.
pub(super) const COSTS: (&str, &str) = ("service_costs x JOIN tickets w ON w.id = x.ticket_id", "w.customer_id");

/// Where events are read, and whose they are. SQLite builds by ranges of customers and would walk the events of everybody for each: the
/// cross join, which it never turns round, has it look at one customer after another.
pub(super) fn source(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Dialect::Sqlite => ("customers e CROSS JOIN activities a ON a.customer_id = e.id", "e.id"),
        Dialect::Postgres => ("activities a", "a.customer_id"),
    }
}

/// Whether a customer buys for a company of these price groups; none are any.
pub(super) fn members(groups: &[String]) -> Fragment {
    let mut sql = Fragment::of("c.id IN (SELECT m.customer_id FROM company_members m JOIN companies o ON o.id = m.company_id");
    sql.push(" WHERE m.state = 'active' AND o.state = 'approved'");
    if !groups.is_empty() {
        sql.push(" AND ").among("o.price_group", groups);
    }
    sql.push(")");
    sql
}

impl Builder<'_> {
    pub(super) fn happened(&mut self, did: &Did) -> (Fragment, Option<Fragment>) {
        let mut such = self.within("a.happened_at", did.within);
        if let Some(product) = did.product {
            such.push(" AND a.subject = ").int(product);
        }
        self.counted(Table::Events(did.kind.clone()), &such, "1", "a.happened_at", did.range(), did.within)
    }

    pub(super) fn asked_for(&mut self, tickets: &Tickets) -> (Fragment, Option<Fragment>) {
        let mut such = self.within("t.opened_at", tickets.within);
        such.push(" AND t.merged_into IS NULL");
        if tickets.open {
            such.push(" AND t.status <> 'solved'");
        }
        if let Some(kind) = tickets.kind {
            such.push(" AND t.kind = ").text(kind.as_str());
        }
        if let Some(outcome) = tickets.outcome {
            such.push(" AND t.outcome = ").text(outcome.as_str());
        }
        self.counted(Table::Tickets, &such, "1", "t.opened_at", tickets.range(), tickets.within)
    }

    pub(super) fn cost_of_service(&mut self, cost: &ServiceCost) -> (Fragment, Option<Fragment>) {
        let mut such = self.within("x.given_at", cost.within);
        such.push(" AND x.currency = ").text(cost.currency.code());
        self.counted(Table::Costs, &such, "x.amount", "x.given_at", cost.range(), cost.within)
    }

    /// Of the last ticket that was rated.
    pub(super) fn rated(&mut self, rated: &Rated) -> Fragment {
        let last = self.column(Table::Ratings, Fragment::of("MAX(r.rating)"), None);
        within(&last, rated.range())
    }

    /// Of the last answer.
    pub(super) fn surveyed(&mut self, score: &SurveyScore) -> Fragment {
        let last = self.column(Table::Answers(score.survey.map(|survey| survey.0)), Fragment::of("MAX(v.score)"), None);
        within(&last, score.range())
    }

    /// Narrows what is read of a table to the last row of each customer, of one survey where one is given, or of each of what else tells rows
    /// apart.
    pub(super) fn last(&self, (table, name): (&str, &str), survey: Option<i64>, apart: &str) -> Fragment {
        let mut sql = Fragment::of(&format!(" AND {name}.id IN (SELECT MAX(x.id) FROM {table} x WHERE TRUE"));
        if let Some(survey) = survey {
            sql.push(" AND x.survey_id = ").int(survey);
        }
        sql.add(&self.among.condition("x.customer_id")).push(&format!(" GROUP BY x.customer_id{apart})"));
        sql
    }
}

/// Whether a number that not everybody has is within a range.
fn within(number: &str, range: Range) -> Fragment {
    let mut sql = Fragment::of("COALESCE(TRUE");
    if let Some(least) = range.at_least {
        sql.push(&format!(" AND {number} >= ")).int(least);
    }
    if let Some(most) = range.at_most {
        sql.push(&format!(" AND {number} <= ")).int(most);
    }
    sql.push(", FALSE)");
    sql
}
