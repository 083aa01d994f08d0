//! What a rule says of one customer, and until when.

use super::facts::Order;
use super::{Age, Bought, Did, Facts, Goods, Measure, Orders, Others, Range, Rule, Said, Scored, ServiceCost, Span, Tickets, Words};
use crate::consents::Consent;
use crate::scores::Score;
use crate::tickets::Status;
use kernel::clock::Time;

/// Whether a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub holds: bool,
    /// The first moment at which it may be otherwise when nothing happens but time; none for never. It is asked again then.
    pub until: Option<Time>,
}

impl Answer {
    fn always(holds: bool) -> Answer {
        Answer { holds, until: None }
    }
}

/// Asks `rule` about a customer. `others` has the rules that it refers to, none of them in a circle.
pub fn answer(rule: &Rule, facts: &Facts, others: &Others, now: Time) -> Answer {
    match rule {
        Rule::All(rules) => together(rules, true, facts, others, now),
        Rule::Any(rules) => together(rules, false, facts, others, now),
        Rule::Not(rule) => {
            let Answer { holds, until } = answer(rule, facts, others, now);
            Answer { holds: !holds, until }
        }
        Rule::Segment(id) => others.get(id).map_or(Answer::always(false), |rule| answer(rule, facts, others, now)),
        leaf => of_leaf(leaf, facts, now),
    }
}

/// Of a group that holds when all its parts do (`all`), or when one does. It stands until the first part changes that could change it;
/// where every one of some parts would have to change, until the last of them does.
fn together(rules: &[Rule], all: bool, facts: &Facts, others: &Others, now: Time) -> Answer {
    let parts: Vec<Answer> = rules.iter().map(|rule| answer(rule, facts, others, now)).collect();
    let against: Vec<&Answer> = parts.iter().filter(|part| part.holds != all).collect();
    if against.is_empty() {
        return Answer { holds: all, until: parts.iter().filter_map(|part| part.until).min() };
    }
    // `None` stands above every moment here: a part that never changes keeps the group as it is.
    let until = against.iter().map(|part| part.until).try_fold(now, |last, until| Some(last.max(until?)));
    Answer { holds: !all, until }
}

fn of_leaf(rule: &Rule, facts: &Facts, now: Time) -> Answer {
    let profile = &facts.profile;
    match rule {
        Rule::Name(Words::Is(text)) => Answer::always(profile.name_key == text.to_lowercase()),
        Rule::Name(Words::Begins(text)) => Answer::always(profile.name_key.starts_with(&text.to_lowercase())),
        Rule::Name(Words::Contains(text)) => Answer::always(profile.name_key.contains(&text.to_lowercase())),
        Rule::EmailDomain(domains) => {
            let domain = profile.email_key.split_once('@').map_or(profile.email_key.as_str(), |(_, domain)| domain);
            Answer::always(domains.iter().any(|one| one == domain))
        }
        Rule::Language(languages) => Answer::always(languages.contains(&profile.language)),
        Rule::Tag(tag) => Answer::always(format!(", {}, ", profile.tags).contains(&format!(", {tag}, "))),
        Rule::Known(age) => aged(*age, Some(profile.created_at), now),
        Rule::Country(countries) => Answer::always(last_orders(facts).any(|order| countries.contains(&order.country))),
        Rule::Postcode(begins) => {
            Answer::always(last_orders(facts).any(|order| begins.iter().any(|one| order.postcode.starts_with(one.as_str()))))
        }
        Rule::Company(names) if names.is_empty() => Answer::always(last_orders(facts).any(|order| !order.company.is_empty())),
        Rule::Company(names) => {
            Answer::always(last_orders(facts).any(|order| names.iter().any(|one| order.company.starts_with(one.as_str()))))
        }
        Rule::Member(groups) => Answer::always(facts.companies.iter().any(|group| groups.is_empty() || groups.contains(group))),
        Rule::Consent(allowed) => {
            let said = facts.consents.get(&(allowed.channel.clone(), allowed.topic.clone()));
            Answer::always(match allowed.state {
                Said::Given => said == Some(&Consent::Given),
                Said::Withdrawn => said == Some(&Consent::Withdrawn),
                Said::Nothing => said.is_none(),
            })
        }
        Rule::Score(scored) => Answer::always(measured(scored, facts)),
        Rule::Stage(stages) => Answer::always(facts.score.as_ref().is_some_and(|score| stages.contains(&score.stage))),
        Rule::Group(groups) => {
            Answer::always(facts.score.as_ref().and_then(|score| score.standing).is_some_and(|group| groups.contains(&group)))
        }
        Rule::FirstOrder(age) => aged(*age, facts.score.as_ref().map(|score| score.first_at), now),
        Rule::LastOrder(age) => aged(*age, facts.score.as_ref().map(|score| score.last_at), now),
        Rule::Orders(orders) => ordered(orders, facts, now),
        Rule::Bought(bought) => of_goods(bought, facts, now),
        Rule::Did(did) => happened(did, facts, now),
        Rule::Tickets(tickets) => asked(tickets, facts, now),
        Rule::ServiceCost(cost) => cost_of_service(cost, facts, now),
        Rule::Rated(rated) => {
            let last = facts.tickets.iter().rev().find_map(|ticket| ticket.rating);
            Answer::always(last.is_some_and(|rating| rated.range().holds(rating)))
        }
        Rule::SurveyScore(score) => {
            let last = facts.answers.iter().rev().find(|one| score.survey.is_none_or(|survey| one.survey == survey));
            Answer::always(last.is_some_and(|one| score.range().holds(one.score)))
        }
        // Groups and references are no leaves.
        Rule::All(_) | Rule::Any(_) | Rule::Not(_) | Rule::Segment(_) => Answer::always(false),
    }
}

fn aged(age: Age, at: Option<Time>, now: Time) -> Answer {
    let Some(at) = at else { return Answer::always(false) };
    let recent = at > age.span().before(now);
    let holds = if matches!(age, Age::Within(_)) { recent } else { !recent };
    Answer { holds, until: recent.then(|| at + age.span().length()) }
}

/// The last order, and others of the same moment.
fn last_orders(facts: &Facts) -> impl Iterator<Item = &Order> {
    let last = facts.orders.iter().map(|order| order.at).max();
    facts.orders.iter().filter(move |order| Some(order.at) == last)
}

fn measured(scored: &Scored, facts: &Facts) -> bool {
    let score = facts.score.as_ref();
    let number = match scored.measure {
        // Who never bought has none, and brought nothing in any currency.
        Measure::Orders => Some(score.map_or(0, |score| score.orders)),
        Measure::Value => Some(score.map_or(0, |score| score.value)),
        Measure::Margin => Some(score.map_or(0, |score| score.margin)),
        Measure::AfterService => Some(score.map_or(0, Score::after_service)),
        Measure::Recency => score.and_then(|score| score.recency),
        Measure::Frequency => score.and_then(|score| score.frequency),
        Measure::Monetary => score.and_then(|score| score.monetary),
        Measure::Again => score.and_then(|score| score.again_90),
        Measure::Expected => score.and_then(|score| score.expected_365),
        Measure::Forecast => score.and_then(|score| score.value_365),
    };
    let same = scored.currency.is_none_or(|currency| score.is_none_or(|score| score.currency == currency.code()));
    same && number.is_some_and(|number| scored.range().holds(number))
}

fn ordered(orders: &Orders, facts: &Facts, now: Time) -> Answer {
    let worth = |currency: &str, net: i64| orders.worth.is_none_or(|worth| worth.currency.code() == currency && net >= worth.amount);
    let found = facts.orders.iter().filter(|order| worth(&order.currency, order.net)).map(|order| (order.at, 1));
    counted(found.collect(), orders.range(), orders.within, now)
}

fn of_goods(bought: &Bought, facts: &Facts, now: Time) -> Answer {
    let kin = |product: i64, kind: &'static str, key: String| facts.kin.contains(&(product, kind.to_string(), key));
    let found = facts.lines.iter().filter(|line| match &bought.what {
        Goods::Product(id) => line.product == *id,
        Goods::Variant(id) => line.variant == *id,
        Goods::Category(id) => kin(line.product, "category", id.to_string()),
        Goods::Brand(brand) => kin(line.product, "brand", brand.clone()),
    });
    counted(found.map(|line| (line.at, line.quantity)).collect(), bought.range(), bought.within, now)
}

fn happened(did: &Did, facts: &Facts, now: Time) -> Answer {
    let key = (did.kind.clone(), did.product);
    let times = facts.events.get(&key).map(Vec::as_slice).unwrap_or_default();
    counted(times.iter().map(|at| (*at, 1)).collect(), did.range(), did.within, now)
}

fn asked(tickets: &Tickets, facts: &Facts, now: Time) -> Answer {
    let such = facts.tickets.iter().filter(|one| {
        one.merged_into.is_none()
            && (!tickets.open || one.status != Status::Solved)
            && tickets.kind.is_none_or(|kind| one.kind == kind)
            && tickets.outcome.is_none_or(|outcome| one.outcome == Some(outcome))
    });
    counted(such.map(|one| (one.at, 1)).collect(), tickets.range(), tickets.within, now)
}

fn cost_of_service(cost: &ServiceCost, facts: &Facts, now: Time) -> Answer {
    let such = facts.costs.iter().filter(|one| one.currency == cost.currency.code());
    counted(such.map(|one| (one.at, one.amount)).collect(), cost.range(), cost.within, now)
}

/// Sums what lies within the span. As time passes the oldest leave, all of one moment at once: the answer stands until so many left that
/// it is another.
fn counted(mut found: Vec<(Time, i64)>, range: Range, within: Option<Span>, now: Time) -> Answer {
    let Some(span) = within else {
        return Answer::always(range.holds(found.iter().map(|(_, units)| units).sum()));
    };
    let edge = span.before(now);
    found.retain(|(at, _)| *at > edge);
    found.sort_unstable();
    let mut left: i64 = found.iter().map(|(_, units)| units).sum();
    let holds = range.holds(left);
    for moment in found.chunk_by(|one, other| one.0 == other.0) {
        left -= moment.iter().map(|(_, units)| units).sum::<i64>();
        if range.holds(left) != holds {
            return Answer { holds, until: moment.first().map(|(at, _)| *at + span.length()) };
        }
    }
    Answer::always(holds)
}
