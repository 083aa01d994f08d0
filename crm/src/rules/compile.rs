//! One query of a rule, for all customers or some of them. Each table that the rule asks about is read once and summed by customer,
//! whatever the number of conditions; the tree is then an expression over those sums.

mod events;
mod scores;

use super::{Age, Among, Bought, Dialect, Fragment, Goods, Orders, Others, Rule, Said, Span, Words, far};
use kernel::clock::Time;

/// A rule as a query over customers with the columns `id`, `member` and `changes_at`: until when the answer stands while nothing happens,
/// which may be earlier than the exact moment, never later; null for ever.
pub(crate) struct Compiled(Fragment);

impl Compiled {
    /// The query, to stand in parentheses behind FROM.
    pub fn query(&self) -> &Fragment {
        &self.0
    }
}

/// Compiles `rule` as of `now` for these customers.
pub(crate) fn compile(dialect: Dialect, rule: &Rule, others: &Others, among: Among, now: Time) -> Compiled {
    let mut builder = Builder { dialect, others, among, now, leaves: Vec::new(), columns: Vec::new(), sources: Vec::new() };
    let (holds, changes) = (builder.holds(rule), builder.changes(rule));
    let mut sql = Fragment::of(&format!("SELECT y.id AS id, {holds} AS member, "));
    match changes {
        Some(changes) => sql.push(&format!("NULLIF({changes}, {}) AS changes_at FROM (", far(dialect).0)),
        None => sql.push("CAST(NULL AS TIMESTAMP) AS changes_at FROM ("),
    };
    sql.add(&builder.customers()).push(") y");
    Compiled(sql)
}

/// What is read, one subquery each.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Table {
    Scores,
    Purchases,
    /// The last order of each.
    Places,
    Lines,
    Consents,
    /// The events of one kind.
    Events(String),
    Tickets,
    /// What was given from tickets.
    Costs,
    /// The last rating of each.
    Ratings,
    /// The last answer of each, to one survey or to any.
    Answers(Option<i64>),
}

/// Columns of a subquery, and what of its table they look at.
#[derive(Default)]
struct Source {
    columns: Vec<Fragment>,
    looked_at: Vec<Fragment>,
}

/// A leaf as columns of the customers: whether it holds and, when time can change that, from when on.
struct Leaf {
    rule: Rule,
    changes: bool,
}

struct Builder<'a> {
    dialect: Dialect,
    others: &'a Others,
    among: Among<'a>,
    now: Time,
    leaves: Vec<Leaf>,
    columns: Vec<Fragment>,
    /// In the order in which they are joined: each is named by its place.
    sources: Vec<(Table, Source)>,
}

impl Builder<'_> {
    /// Whether a node holds, as an expression over columns of `y`.
    fn holds(&mut self, rule: &Rule) -> String {
        match rule {
            Rule::All(rules) => self.joined(rules, " AND ", "TRUE"),
            Rule::Any(rules) => self.joined(rules, " OR ", "FALSE"),
            Rule::Not(rule) => format!("(NOT {})", self.holds(rule)),
            Rule::Segment(id) => match self.others.get(id).cloned() {
                Some(other) => self.holds(&other),
                None => "FALSE".into(),
            },
            leaf => format!("y.b{}", self.leaf(leaf)),
        }
    }

    fn joined(&mut self, rules: &[Rule], word: &str, empty: &str) -> String {
        let parts: Vec<String> = rules.iter().map(|rule| self.holds(rule)).collect();
        if parts.is_empty() { empty.into() } else { format!("({})", parts.join(word)) }
    }

    /// Until when a node stands, never null; none when time changes nothing. The same as [`super::answer`] says, see there.
    fn changes(&mut self, rule: &Rule) -> Option<String> {
        match rule {
            Rule::All(rules) => self.together(rules, true),
            Rule::Any(rules) => self.together(rules, false),
            Rule::Not(rule) => self.changes(rule),
            Rule::Segment(id) => {
                let other = self.others.get(id).cloned()?;
                self.changes(&other)
            }
            leaf => {
                let n = self.leaf(leaf);
                self.leaves[n].changes.then(|| format!("COALESCE(y.t{n}, {})", far(self.dialect).0))
            }
        }
    }

    fn together(&mut self, rules: &[Rule], all: bool) -> Option<String> {
        let parts: Vec<(String, Option<String>)> = rules.iter().map(|rule| (self.holds(rule), self.changes(rule))).collect();
        let timed: Vec<String> = parts.iter().filter_map(|(_, changes)| changes.clone()).collect();
        if timed.is_empty() {
            return None;
        }
        let (never, ago) = far(self.dialect);
        let mine = |holds: &str| if all { holds.to_string() } else { format!("(NOT {holds})") };
        let against: Vec<String> = parts
            .iter()
            .map(|(holds, changes)| format!("CASE WHEN {} THEN {ago} ELSE {} END", mine(holds), changes.as_deref().unwrap_or(&never)))
            .collect();
        let every: Vec<String> = parts.iter().map(|(holds, _)| mine(holds)).collect();
        let (least, greatest) = (self.dialect.least(&timed), self.dialect.greatest(&against));
        Some(format!("CASE WHEN {} THEN {least} ELSE {greatest} END", every.join(" AND ")))
    }

    /// The number of a leaf's columns; those of equal leaves are the same.
    fn leaf(&mut self, rule: &Rule) -> usize {
        if let Some(known) = self.leaves.iter().position(|leaf| leaf.rule == *rule) {
            return known;
        }
        let n = self.leaves.len();
        let (holds, changes) = self.asked(rule);
        let mut column = Fragment::default();
        column.add(&holds).push(&format!(" AS b{n}"));
        self.columns.push(column);
        if let Some(changes) = &changes {
            let mut column = Fragment::default();
            column.add(changes).push(&format!(" AS t{n}"));
            self.columns.push(column);
        }
        self.leaves.push(Leaf { rule: rule.clone(), changes: changes.is_some() });
        n
    }

    fn asked(&mut self, rule: &Rule) -> (Fragment, Option<Fragment>) {
        let always = |sql: &mut Fragment| (sql.clone(), None);
        let mut sql = Fragment::default();
        match rule {
            Rule::Name(Words::Is(text)) => always(sql.push("c.name_key = ").text(text.to_lowercase())),
            Rule::Name(Words::Begins(text)) => (Fragment::begins("c.name_key", &text.to_lowercase()), None),
            Rule::Name(Words::Contains(text)) => {
                let text = text.to_lowercase();
                always(sql.push(&format!("{}(c.name_key, ", self.dialect.finds())).text(text).push(") > 0"))
            }
            Rule::EmailDomain(domains) => {
                let domain = format!("substr(c.email_key, {}(c.email_key, '@') + 1)", self.dialect.finds());
                always(sql.among(&domain, domains))
            }
            Rule::Language(languages) => always(sql.among("c.language", languages)),
            Rule::Tag(tag) => {
                sql.push(&format!("{}(', ' || c.tags || ', ', ", self.dialect.finds())).text(format!(", {tag}, ")).push(") > 0");
                always(&mut sql)
            }
            Rule::Known(age) => self.aged("c.created_at", *age),
            Rule::Country(countries) => (self.of_place(sql.among("p.country", countries)), None),
            Rule::Postcode(codes) => {
                let parts: Vec<Fragment> = codes.iter().map(|code| Fragment::begins("p.postcode", code)).collect();
                (self.of_place(sql.push("(").join(&parts, " OR ").push(")")), None)
            }
            Rule::Company(names) if names.is_empty() => (self.of_place(sql.push("p.company <> ''")), None),
            Rule::Company(names) => {
                let parts: Vec<Fragment> = names.iter().map(|name| Fragment::begins("p.company", name)).collect();
                (self.of_place(sql.push("(").join(&parts, " OR ").push(")")), None)
            }
            Rule::Member(groups) => always(&mut events::members(groups)),
            Rule::Consent(allowed) => {
                sql.push("k.channel = ").text(&*allowed.channel).push(" AND k.topic = ").text(&*allowed.topic);
                match allowed.state {
                    Said::Nothing => {}
                    Said::Given => drop(sql.push(" AND k.state = 'given'")),
                    Said::Withdrawn => drop(sql.push(" AND k.state = 'withdrawn'")),
                }
                let found = self.column(Table::Consents, flag(&sql), None);
                let wanted = if allowed.state == Said::Nothing { 0 } else { 1 };
                (Fragment::of(&format!("COALESCE({found}, 0) = {wanted}")), None)
            }
            Rule::Score(scored) => (self.measured(scored), None),
            Rule::Stage(stages) => {
                let words: Vec<String> = stages.iter().map(|stage| stage.as_str().to_string()).collect();
                (self.of_score(sql.among("s.stage", &words)), None)
            }
            Rule::Group(groups) => {
                let words: Vec<String> = groups.iter().map(|group| group.as_str().to_string()).collect();
                (self.of_score(sql.among("s.standing", &words)), None)
            }
            Rule::FirstOrder(age) => self.since("s.first_at", *age),
            Rule::LastOrder(age) => self.since("s.last_at", *age),
            Rule::Orders(orders) => self.ordered(orders),
            Rule::Bought(bought) => self.of_goods(bought),
            Rule::Did(did) => self.happened(did),
            Rule::Tickets(tickets) => self.asked_for(tickets),
            Rule::ServiceCost(cost) => self.cost_of_service(cost),
            Rule::Rated(rated) => (self.rated(rated), None),
            Rule::SurveyScore(score) => (self.surveyed(score), None),
            Rule::All(_) | Rule::Any(_) | Rule::Not(_) | Rule::Segment(_) => (Fragment::of("FALSE"), None),
        }
    }

    fn aged(&self, column: &str, age: Age) -> (Fragment, Option<Fragment>) {
        let edge = age.span().before(self.now);
        let mut holds = Fragment::of(column);
        holds.push(if matches!(age, Age::Within(_)) { " > " } else { " <= " }).time(edge);
        let mut changes = Fragment::of(&format!("CASE WHEN {column} > "));
        changes.time(edge).push(" THEN ").add(&self.dialect.later(column, age.span())).push(" END");
        (holds, Some(changes))
    }

    fn of_place(&mut self, condition: &Fragment) -> Fragment {
        let found = self.column(Table::Places, flag(condition), None);
        Fragment::of(&format!("COALESCE({found}, 0) = 1"))
    }

    fn ordered(&mut self, orders: &Orders) -> (Fragment, Option<Fragment>) {
        let mut such = self.within("o.purchased_at", orders.within);
        if let Some(worth) = orders.worth {
            such.push(" AND o.currency = ").text(worth.currency.code()).push(" AND o.revenue - o.refunded >= ").int(worth.amount);
        }
        self.counted(Table::Purchases, &such, "1", "o.purchased_at", orders.range(), orders.within)
    }

    fn of_goods(&mut self, bought: &Bought) -> (Fragment, Option<Fragment>) {
        let mut such = self.within("l.purchased_at", bought.within);
        let kin = |such: &mut Fragment, kind: &str, key: &str| {
            such.push(" AND l.product_id IN (SELECT n.product_id FROM product_kin n WHERE n.kind = ").text(kind);
            such.push(" AND n.key = ").text(key).push(")");
        };
        match &bought.what {
            Goods::Product(id) => drop(such.push(" AND l.product_id = ").int(*id)),
            Goods::Variant(id) => drop(such.push(" AND l.variant_id = ").int(*id)),
            Goods::Category(id) => kin(&mut such, "category", &id.to_string()),
            Goods::Brand(brand) => kin(&mut such, "brand", brand),
        }
        self.counted(Table::Lines, &such, "l.quantity", "l.purchased_at", bought.range(), bought.within)
    }

    fn within(&self, column: &str, span: Option<Span>) -> Fragment {
        let mut sql = Fragment::default();
        match span {
            Some(span) => sql.push(&format!("{column} > ")).time(span.before(self.now)),
            None => sql.push("TRUE"),
        };
        sql
    }

    /// Sums `units` of the rows that are `such`; the oldest of them is the next to leave the span.
    fn counted(
        &mut self,
        table: Table,
        such: &Fragment,
        units: &str,
        at: &str,
        range: super::Range,
        within: Option<Span>,
    ) -> (Fragment, Option<Fragment>) {
        let case = |head: &str, then: &str, tail: &str| {
            let mut sql = Fragment::of(&format!("{head}(CASE WHEN "));
            sql.add(such).push(&format!(" THEN {then}{tail} END)"));
            sql
        };
        let sum = self.column(table.clone(), case("SUM", units, " ELSE 0"), Some(such.clone()));
        let sum = format!("COALESCE({sum}, 0)");
        let mut holds = Fragment::of("(TRUE");
        if let Some(least) = range.at_least {
            holds.push(&format!(" AND {sum} >= ")).int(least);
        }
        if let Some(most) = range.at_most {
            holds.push(&format!(" AND {sum} <= ")).int(most);
        }
        holds.push(")");
        let changes = within.map(|span| {
            let oldest = self.column(table, case("MIN", at, ""), Some(such.clone()));
            let mut sql = Fragment::of(&format!("CASE WHEN {sum} >= "));
            sql.int(range.loses_from()).push(" THEN ").add(&self.dialect.later(&oldest, span)).push(" END");
            sql
        });
        (holds, changes)
    }

    /// Adds a column to what is read of a table; answers its name. `looked_at` are the rows it counts, none for all.
    fn column(&mut self, table: Table, column: Fragment, looked_at: Option<Fragment>) -> String {
        let place = self.source(table);
        let source = &mut self.sources[place].1;
        let n = source.columns.len();
        let mut named = Fragment::default();
        named.add(&column).push(&format!(" AS v{n}"));
        source.columns.push(named);
        source.looked_at.extend(looked_at);
        format!("q{place}.v{n}")
    }

    /// The place of a table among those that are joined.
    fn source(&mut self, table: Table) -> usize {
        if let Some(known) = self.sources.iter().position(|(known, _)| *known == table) {
            return known;
        }
        self.sources.push((table, Source::default()));
        self.sources.len() - 1
    }

    /// The customers with the columns of all leaves.
    fn customers(&self) -> Fragment {
        let mut sql = Fragment::of("SELECT c.id AS id");
        for column in &self.columns {
            sql.push(", ").add(column);
        }
        sql.push(" FROM customers c");
        for (n, (table, source)) in self.sources.iter().enumerate() {
            let name = if *table == Table::Scores { "s".to_string() } else { format!("q{n}") };
            sql.push(" LEFT JOIN ").add(&self.read(table, source)).push(&format!(" {name} ON {name}.customer_id = c.id"));
        }
        sql.push(" WHERE c.merged_into IS NULL").add(&self.among.condition("c.id"));
        sql
    }

    fn read(&self, table: &Table, source: &Source) -> Fragment {
        let mut sql = Fragment::default();
        let (from, column) = match table {
            Table::Scores => return Fragment::of("scores"),
            Table::Purchases => ("purchases o", "o.customer_id"),
            Table::Places => ("purchases p JOIN scores q ON q.customer_id = p.customer_id AND q.last_at = p.purchased_at", "p.customer_id"),
            Table::Lines => ("purchase_lines l", "l.customer_id"),
            Table::Consents => ("consents k", "k.customer_id"),
            Table::Events(_) => events::source(self.dialect),
            Table::Tickets => ("tickets t", "t.customer_id"),
            Table::Costs => events::COSTS,
            Table::Ratings => (events::RATINGS, "r.customer_id"),
            Table::Answers(_) => ("survey_answers v", "v.customer_id"),
        };
        sql.push(&format!("(SELECT {column} AS customer_id, ")).join(&source.columns, ", ");
        sql.push(&format!(" FROM {from} WHERE TRUE")).add(&self.among.condition(column));
        match table {
            Table::Events(kind) => drop(sql.push(" AND a.kind = ").text(kind.as_str())),
            Table::Consents => drop(sql.add(&self.last(("consents", "k"), None, ", x.channel, x.topic"))),
            Table::Answers(survey) => drop(sql.add(&self.last(("survey_answers", "v"), *survey, ""))),
            _ => {}
        }
        if !source.looked_at.is_empty() && source.looked_at.iter().all(|one| !one.is_empty()) {
            sql.push(" AND (").join(&source.looked_at, " OR ").push(")");
        }
        sql.push(&format!(" GROUP BY {column})"));
        sql
    }
}

/// 1 when any row is such, else 0.
fn flag(such: &Fragment) -> Fragment {
    let mut sql = Fragment::of("MAX(CASE WHEN ");
    sql.add(such).push(" THEN 1 ELSE 0 END)");
    sql
}
