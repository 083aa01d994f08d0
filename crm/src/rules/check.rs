//! What a rule must be to be kept.

use super::{Age, Did, Goods, Others, Range, Rule, SegmentId, Words};
use crate::activities::Kind;
use crate::surveys::TOP;
use kernel::{Error, Result};

/// The most nodes of a tree, those of the segments that it refers to not counted.
pub const NODES: usize = 200;
/// The longest way from the root to a leaf.
pub const DEPTH: usize = 12;
/// The most nodes of a tree with those of the segments it refers to, so that its query stays one that a database plans.
const WHOLE: usize = 400;
/// The longest JSON that is read at all.
const LONGEST_TEXT: usize = 500_000;
/// The longest list and the longest text of a leaf.
const LISTED: usize = 300;
const LETTERS: usize = 200;
/// The most that is counted.
const MOST: i64 = 1_000_000;

/// Reads a rule. `Invalid` says of `rule` what is wrong and where, as in `all[1].orders.at_least`.
pub fn parse(text: &str) -> Result<Rule> {
    if text.len() > LONGEST_TEXT {
        return Err(wrong("", format!("{} bytes long; {LONGEST_TEXT} are allowed", text.len())));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let rule: Rule = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = error.path().to_string();
        wrong(&place, error.into_inner())
    })?;
    reader.end().map_err(|error| wrong("", error))?;
    Ok(rule)
}

fn wrong(place: &str, what: impl std::fmt::Display) -> Error {
    let place = if place.is_empty() { "." } else { place };
    Error::field("rule", format!("{place}: {what}"))
}

/// Refuses a rule that is too large, asks what makes no sense, or refers in a circle. `own` is the segment it is meant for.
/// `Invalid` says of `rule` what and where.
pub fn check(rule: &Rule, own: Option<SegmentId>, others: &Others) -> Result<()> {
    let depth = rule.depth();
    if depth > DEPTH {
        return Err(wrong("", format!("{depth} levels deep; {DEPTH} are allowed")));
    }
    let nodes = rule.nodes();
    if nodes > NODES {
        return Err(wrong("", format!("{nodes} conditions and groups; {NODES} are allowed")));
    }
    node(rule, "", own, others)?;
    let whole = whole(rule, others);
    if whole > WHOLE {
        return Err(wrong("", format!("{whole} conditions and groups with those of the segments it refers to; {WHOLE} are allowed")));
    }
    Ok(())
}

/// The nodes with those of the segments referred to, which must not be in a circle.
pub(super) fn whole(rule: &Rule, others: &Others) -> usize {
    let mut count = 0usize;
    rule.each(&mut |node| {
        count = count.saturating_add(1);
        if let Rule::Segment(id) = node {
            count = count.saturating_add(others.get(id).map_or(0, |other| whole(other, others)));
        }
    });
    count
}

fn node(rule: &Rule, place: &str, own: Option<SegmentId>, others: &Others) -> Result<()> {
    let at = |name: &str| if place.is_empty() { name.to_string() } else { format!("{place}.{name}") };
    let group = |rules: &[Rule], name: &str| -> Result<()> {
        if rules.is_empty() {
            return Err(wrong(&at(name), "a group without conditions"));
        }
        rules.iter().enumerate().try_for_each(|(n, rule)| node(rule, &format!("{}[{n}]", at(name)), own, others))
    };
    match rule {
        Rule::All(rules) => group(rules, "all"),
        Rule::Any(rules) => group(rules, "any"),
        Rule::Not(rule) => node(rule, &at("not"), own, others),
        Rule::Name(Words::Is(text)) => word(text, &at("name.is")),
        Rule::Name(Words::Begins(text)) => word(text, &at("name.begins")),
        Rule::Name(Words::Contains(text)) => word(text, &at("name.contains")),
        Rule::EmailDomain(list) => texts(list, &at("email_domain")),
        Rule::Language(list) => texts(list, &at("language")),
        Rule::Tag(tag) if tag.contains(',') => Err(wrong(&at("tag"), "one tag has no comma")),
        Rule::Tag(tag) => word(tag, &at("tag")),
        Rule::Known(age) => span(*age, &at("known")),
        Rule::FirstOrder(age) => span(*age, &at("first_order")),
        Rule::LastOrder(age) => span(*age, &at("last_order")),
        Rule::Country(list) => {
            texts(list, &at("country"))?;
            let odd = list.iter().find(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase()));
            odd.map_or(Ok(()), |code| Err(wrong(&at("country"), format!("{code} is no country code of two capitals"))))
        }
        Rule::Postcode(list) => {
            texts(list, &at("postcode"))?;
            let odd = list.iter().find(|code| **code != postcode(code));
            odd.map_or(Ok(()), |code| Err(wrong(&at("postcode"), format!("{code} has small letters or spaces"))))
        }
        Rule::Company(list) if list.is_empty() => Ok(()),
        Rule::Company(list) => {
            texts(list, &at("company"))?;
            let odd = list.iter().find(|name| **name != name.to_lowercase());
            odd.map_or(Ok(()), |name| Err(wrong(&at("company"), format!("{name} has capitals"))))
        }
        Rule::Member(list) if list.is_empty() => Ok(()),
        Rule::Member(list) => texts(list, &at("member")),
        Rule::Consent(allowed) => word(&allowed.channel, &at("consent.channel")).and(word(&allowed.topic, &at("consent.topic"))),
        Rule::Score(scored) => match (scored.measure.is_money(), scored.currency) {
            (true, None) => Err(wrong(&at("score.currency"), "an amount needs a currency")),
            (false, Some(_)) => Err(wrong(&at("score.currency"), "this is no amount")),
            _ => range(scored.range(), i64::MAX, &at("score")),
        },
        Rule::Stage(list) => some(list.len(), &at("stage")),
        Rule::Group(list) => some(list.len(), &at("group")),
        Rule::Orders(orders) => {
            if orders.worth.is_some_and(|worth| worth.amount < 0) {
                return Err(wrong(&at("orders.worth.amount"), "less than nothing"));
            }
            count(orders.range(), &at("orders"))
        }
        Rule::Bought(bought) => {
            if let Goods::Brand(brand) = &bought.what {
                word(brand, &at("bought.what.brand"))?;
            }
            count(bought.range(), &at("bought"))
        }
        Rule::Did(did) => event(did, &at("did")),
        Rule::Tickets(tickets) => count(tickets.range(), &at("tickets")),
        Rule::ServiceCost(cost) if cost.range() == Range::at_least(0) => Err(wrong(&at("service_cost"), "at least 0 is always")),
        Rule::ServiceCost(cost) => range(cost.range(), i64::MAX, &at("service_cost")),
        Rule::Rated(rated) => range(rated.range(), 5, &at("rated")),
        Rule::SurveyScore(score) => range(score.range(), TOP, &at("survey_score")),
        Rule::Segment(id) => referred(*id, &at("segment"), own, others),
    }
}

/// Follows the references; none may lead back to `own` or to one of the way.
fn referred(id: SegmentId, place: &str, own: Option<SegmentId>, others: &Others) -> Result<()> {
    fn leads_back(id: SegmentId, way: &mut Vec<SegmentId>, others: &Others) -> bool {
        if way.contains(&id) {
            return true;
        }
        way.push(id);
        let below = others.get(&id).map(|rule| rule.refers_to()).unwrap_or_default();
        let found = below.into_iter().any(|next| leads_back(next, way, others));
        way.pop();
        found
    }
    if Some(id) == own || leads_back(id, &mut own.into_iter().collect(), others) {
        return Err(wrong(place, format!("segment {id} refers back to this one")));
    }
    if others.contains_key(&id) { Ok(()) } else { Err(wrong(place, format!("there is no segment {id}"))) }
}

fn event(did: &Did, place: &str) -> Result<()> {
    if Kind::parse(&did.kind).is_none() {
        return Err(wrong(&format!("{place}.kind"), format!("{} is no kind of event", did.kind)));
    }
    if did.product.is_some() && did.kind != Kind::ProductViewed.as_str() {
        return Err(wrong(&format!("{place}.product"), format!("{} is not about a product", did.kind)));
    }
    count(did.range(), place)
}

fn word(text: &str, place: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(wrong(place, "an empty text"));
    }
    if text.trim() != text || text.contains('\0') || text.chars().count() > LETTERS {
        return Err(wrong(place, format!("spaces around it, or longer than {LETTERS} letters")));
    }
    Ok(())
}

fn some(count: usize, place: &str) -> Result<()> {
    match count {
        0 => Err(wrong(place, "an empty list")),
        many if many > LISTED => Err(wrong(place, format!("{many} entries; {LISTED} are allowed"))),
        _ => Ok(()),
    }
}

fn texts(list: &[String], place: &str) -> Result<()> {
    some(list.len(), place)?;
    list.iter().enumerate().try_for_each(|(n, text)| word(text, &format!("{place}[{n}]")))
}

fn span(age: Age, place: &str) -> Result<()> {
    let span = age.span();
    if (1..=super::LONGEST * 86_400).contains(&span.seconds()) { Ok(()) } else { Err(wrong(place, "no length of time")) }
}

fn range(range: Range, most: i64, place: &str) -> Result<()> {
    match (range.at_least, range.at_most) {
        (None, None) => Err(wrong(place, "neither at_least nor at_most")),
        (Some(least), Some(top)) if least > top => Err(wrong(place, format!("at least {least} and at most {top} is never"))),
        (least, top) if least.into_iter().chain(top).any(|number| !(0..=most).contains(&number)) => {
            Err(wrong(place, format!("a number below 0 or above {most}")))
        }
        _ => Ok(()),
    }
}

/// A range of a count, which is never below nothing: at least 0 alone asks nothing.
fn count(of: Range, place: &str) -> Result<()> {
    range(of, MOST, place)?;
    if of == Range::at_least(0) { Err(wrong(place, "at least 0 is always")) } else { Ok(()) }
}

/// A postal code as rules compare it.
pub(crate) fn postcode(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect()
}
