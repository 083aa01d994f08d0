//! Conditions on what customers did, and on what they asked the shop for.

use super::{Builder, Table};
use crate::rules::{Dialect, Did, Fragment, Rated, ServiceCost, Tickets};

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
        let mut sql = Fragment::of("COALESCE(TRUE");
        if let Some(least) = rated.at_least {
            sql.push(&format!(" AND {last} >= ")).int(least);
        }
        if let Some(most) = rated.at_most {
            sql.push(&format!(" AND {last} <= ")).int(most);
        }
        sql.push(", FALSE)");
        sql
    }
}
