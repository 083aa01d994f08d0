//! What is known of one customer, as far as rules ask.

use super::{Goods, Others, Rule};
use crate::CustomerId;
use crate::companies::State;
use crate::companies::members::MemberState;
use crate::consents::Consent;
use crate::schema::{
    activities, companies, company_members, consents, customers, product_kin, purchase_lines, purchases, service_costs, survey_answers,
    tickets,
};
use crate::scores::{self, Score};
use crate::surveys::SurveyId;
use crate::tickets::{Kind, Outcome, Status, TicketId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What rules ask about, so that nothing else is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    consents: bool,
    score: bool,
    orders: bool,
    lines: bool,
    kin: bool,
    tickets: bool,
    costs: bool,
    companies: bool,
    answers: bool,
    /// (kind, product) with how many of the latest.
    events: BTreeMap<(String, Option<i64>), i64>,
}

impl Needs {
    /// Has the score read, whether a rule asks about it or not.
    pub(crate) fn add_score(&mut self) {
        self.score = true;
    }

    /// Adds what a rule asks, and the rules it refers to.
    pub fn add(&mut self, rule: &Rule, others: &Others) {
        rule.each(&mut |node| match node {
            Rule::Consent(_) => self.consents = true,
            Rule::Score(_) | Rule::Stage(_) | Rule::Group(_) | Rule::FirstOrder(_) | Rule::LastOrder(_) => self.score = true,
            Rule::Orders(_) | Rule::Country(_) | Rule::Postcode(_) | Rule::Company(_) => self.orders = true,
            Rule::Bought(bought) => {
                self.lines = true;
                self.kin |= matches!(bought.what, Goods::Category(_) | Goods::Brand(_));
            }
            Rule::Did(did) => {
                let most = self.events.entry((did.kind.clone(), did.product)).or_default();
                *most = (*most).max(did.range().counted());
            }
            Rule::Tickets(_) | Rule::Rated(_) => self.tickets = true,
            Rule::ServiceCost(_) => self.costs = true,
            Rule::Member(_) => self.companies = true,
            Rule::SurveyScore(_) => self.answers = true,
            Rule::Segment(id) => {
                if let Some(other) = others.get(id) {
                    self.add(other, others);
                }
            }
            _ => {}
        });
    }

    /// The same of all that ever happened, for [`Facts::as_of`].
    pub(crate) fn whole(mut self) -> Needs {
        self.orders |= self.score;
        self.events.values_mut().for_each(|most| *most = i64::MAX);
        self
    }

    /// Whether tickets are asked about.
    pub fn of_tickets(&self) -> bool {
        self.tickets
    }

    /// Whether what service cost is asked about, by itself or in a score.
    pub fn of_costs(&self) -> bool {
        self.costs || self.score
    }

    /// Whether answers to surveys are asked about.
    pub fn of_answers(&self) -> bool {
        self.answers
    }

    /// Whether an event of one of these kinds is asked about.
    pub fn of_events(&self, kinds: &[&str]) -> bool {
        self.events.keys().any(|(kind, _)| kinds.contains(&kind.as_str()))
    }
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = customers)]
pub(super) struct Profile {
    pub email_key: String,
    pub name_key: String,
    pub language: String,
    pub tags: String,
    pub created_at: Time,
    merged_into: Option<CustomerId>,
}

#[derive(Clone, Debug, Queryable)]
pub(super) struct Order {
    pub at: Time,
    pub currency: String,
    pub net: i64,
    pub country: String,
    pub postcode: String,
    pub company: String,
}

#[derive(Clone, Copy, Debug, Queryable)]
pub(super) struct Line {
    pub variant: i64,
    pub product: i64,
    pub at: Time,
    pub quantity: i64,
}

#[derive(Clone, Copy, Debug, Queryable)]
pub(super) struct Ticket {
    pub at: Time,
    pub status: Status,
    pub kind: Kind,
    pub outcome: Option<Outcome>,
    pub rating: Option<i64>,
    pub merged_into: Option<TicketId>,
}

/// What a deed from a ticket cost.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Cost {
    pub at: Time,
    pub currency: String,
    pub amount: i64,
}

/// What somebody said to a survey.
#[derive(Clone, Copy, Debug, Queryable)]
pub(super) struct Said {
    pub survey: SurveyId,
    pub score: i64,
    pub at: Time,
}

/// What is known of one customer.
#[derive(Clone, Debug)]
pub struct Facts {
    pub(super) profile: Profile,
    /// The last statement about each channel and topic.
    pub(super) consents: HashMap<(String, String), Consent>,
    pub(super) score: Option<Score>,
    pub(super) orders: Vec<Order>,
    pub(super) lines: Vec<Line>,
    /// The oldest first, those that were merged into others too.
    pub(super) tickets: Vec<Ticket>,
    pub(super) costs: Vec<Cost>,
    /// The price groups of the approved companies that they are members of.
    pub(super) companies: Vec<String>,
    /// The oldest first.
    pub(super) answers: Vec<Said>,
    /// (product, kind, key) of what they bought.
    pub(super) kin: HashSet<(i64, String, String)>,
    /// The latest of each that is asked about, as many as it takes to answer.
    pub(super) events: HashMap<(String, Option<i64>), Vec<Time>>,
}

impl Facts {
    /// Reads what is needed. With `hold` the customer's row is locked until the end of the transaction, so that two that change something
    /// look at it one after the other; SQLite writes one at a time anyway. `None` of whoever is not there.
    pub fn load(conn: &mut Conn, customer: CustomerId, needs: &Needs, hold: bool) -> Result<Option<Facts>> {
        let Some(profile) = profile(conn, customer, hold)? else { return Ok(None) };
        let mut facts = Facts {
            profile,
            consents: HashMap::new(),
            score: None,
            orders: Vec::new(),
            lines: Vec::new(),
            tickets: Vec::new(),
            costs: Vec::new(),
            companies: Vec::new(),
            answers: Vec::new(),
            kin: HashSet::new(),
            events: HashMap::new(),
        };
        if needs.consents {
            let rows: Vec<(String, String, Consent)> = on_each!(conn, c => consents::table
                .filter(consents::customer_id.eq(customer))
                .order(consents::id)
                .select((consents::channel, consents::topic, consents::state))
                .load(c))?;
            facts.consents = rows.into_iter().map(|(channel, topic, state)| ((channel, topic), state)).collect();
        }
        if needs.score {
            facts.score = scores::of(conn, customer)?;
        }
        if needs.orders {
            facts.orders = on_each!(conn, c => purchases::table
                .filter(purchases::customer_id.eq(customer))
                .select((
                    purchases::purchased_at,
                    purchases::currency,
                    purchases::revenue - purchases::refunded,
                    purchases::country,
                    purchases::postcode,
                    purchases::company,
                ))
                .load(c))?;
        }
        if needs.lines {
            facts.lines = on_each!(conn, c => purchase_lines::table
                .filter(purchase_lines::customer_id.eq(customer))
                .select((
                    purchase_lines::variant_id,
                    purchase_lines::product_id,
                    purchase_lines::purchased_at,
                    purchase_lines::quantity,
                ))
                .load(c))?;
        }
        if needs.tickets {
            facts.tickets = on_each!(conn, c => tickets::table
                .filter(tickets::customer_id.eq(customer))
                .order(tickets::id)
                .select((tickets::opened_at, tickets::status, tickets::kind, tickets::outcome, tickets::rating, tickets::merged_into))
                .load(c))?;
        }
        if needs.costs {
            facts.costs = on_each!(conn, c => service_costs::table
                .inner_join(tickets::table.on(tickets::id.eq(service_costs::ticket_id)))
                .filter(tickets::customer_id.eq(customer))
                .select((service_costs::given_at, service_costs::currency, service_costs::amount))
                .load(c))?;
        }
        if needs.companies {
            facts.companies = on_each!(conn, c => company_members::table
                .inner_join(companies::table.on(companies::id.eq(company_members::company_id)))
                .filter(company_members::customer_id.eq(customer))
                .filter(company_members::state.eq(MemberState::Active))
                .filter(companies::state.eq(State::Approved))
                .select(companies::price_group)
                .load(c))?;
        }
        if needs.answers {
            facts.answers = on_each!(conn, c => survey_answers::table
                .filter(survey_answers::customer_id.eq(customer))
                .order(survey_answers::id)
                .select((survey_answers::survey_id, survey_answers::score, survey_answers::answered_at))
                .load(c))?;
        }
        if needs.kin && !facts.lines.is_empty() {
            let bought = purchase_lines::table.filter(purchase_lines::customer_id.eq(customer)).select(purchase_lines::product_id);
            let rows: Vec<(i64, String, String)> = on_each!(conn, c => product_kin::table
                .filter(product_kin::product_id.eq_any(bought))
                .select((product_kin::product_id, product_kin::kind, product_kin::key))
                .load(c))?;
            facts.kin = rows.into_iter().collect();
        }
        for ((kind, product), most) in &needs.events {
            let times = latest(conn, customer, kind, *product, *most)?;
            facts.events.insert((kind.clone(), *product), times);
        }
        Ok(Some(facts))
    }
}

fn profile(conn: &mut Conn, customer: CustomerId, hold: bool) -> Result<Option<Profile>> {
    match conn {
        Conn::Postgres(c) if hold => {
            Ok(customers::table.find(customer).select(Profile::as_select()).for_no_key_update().first(c).optional()?)
        }
        conn => Ok(on_each!(conn, c => customers::table.find(customer).select(Profile::as_select()).first(c)).optional()?),
    }
}

impl Facts {
    /// Whether they were merged into another: then no rule holds for them.
    pub(crate) fn merged(&self) -> bool {
        self.profile.merged_into.is_some()
    }
}

impl Facts {
    /// What was known at a moment, as far as it can still be told: what was bought and what happened later is taken away. Names, tags,
    /// permissions and what is figured of everybody are what they are now. To be loaded with [`Needs::whole`].
    pub(crate) fn as_of(&self, at: Time) -> Facts {
        let mut then = self.clone();
        then.orders.retain(|order| order.at <= at);
        then.lines.retain(|line| line.at <= at);
        then.tickets.retain(|ticket| ticket.at <= at);
        then.answers.retain(|said| said.at <= at);
        then.events.values_mut().for_each(|times| times.retain(|time| *time <= at));
        let first = then.orders.iter().map(|order| order.at).min();
        let last = then.orders.iter().map(|order| order.at).max();
        then.score = match (then.score.take(), first, last) {
            (Some(score), Some(first_at), Some(last_at)) => {
                Some(Score { orders: i64::try_from(then.orders.len()).unwrap_or(i64::MAX), first_at, last_at, ..score })
            }
            _ => None,
        };
        then
    }

    /// The same with a tag on them, or without it.
    pub(crate) fn tagged(mut self, tag: &str, on: bool) -> Facts {
        let mut tags = crate::customers::tags(&self.profile.tags);
        tags.retain(|one| one != tag);
        if on {
            tags.push(tag.to_string());
        }
        self.profile.tags = tags.join(", ");
        self
    }

    /// Orders that are known with their first and last moment.
    pub(crate) fn bought(&self) -> Option<(i64, Time, Time)> {
        self.score.as_ref().map(|score| (score.orders, score.first_at, score.last_at))
    }
}

/// When something happened with a customer, the latest first.
fn latest(conn: &mut Conn, customer: CustomerId, kind: &str, product: Option<i64>, most: i64) -> Result<Vec<Time>> {
    let own = activities::customer_id.eq(customer.0).and(activities::kind.eq(kind));
    let columns = activities::table.filter(own).order((activities::happened_at.desc(), activities::id.desc())).limit(most);
    Ok(match product {
        Some(product) => on_each!(conn, c => columns.filter(activities::subject.eq(product)).select(activities::happened_at).load(c))?,
        None => on_each!(conn, c => columns.select(activities::happened_at).load(c))?,
    })
}
