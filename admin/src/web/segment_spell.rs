//! From a rule to the form that shows it.

use super::segment_fields::kind;
use super::segment_leaf::digits;
use super::segment_tree::{Leaf, Mode, Node};
use super::{forms, promotion_goods};
use crm::rules::{Age, Goods, Rule, Span, Words};
use kernel::money::Currency;
use kernel::{Conn, Result};
use storefront::catalog::{self, Categories};
use storefront::ids::{CategoryId, ProductId, VariantId};

/// The form of a rule; the root is a group.
pub fn form(conn: &mut Conn, rule: &Rule, categories: &Categories, currency: Currency) -> Result<Node> {
    Ok(match node(conn, rule, categories, currency)? {
        group @ Node::Group(..) => group,
        leaf => Node::Group(Mode::All, vec![leaf]),
    })
}

fn node(conn: &mut Conn, rule: &Rule, categories: &Categories, currency: Currency) -> Result<Node> {
    let mut group = |mode: Mode, rules: &[Rule]| -> Result<Node> {
        let parts = rules.iter().map(|rule| node(conn, rule, categories, currency)).collect::<Result<Vec<Node>>>()?;
        Ok(Node::Group(mode, parts))
    };
    match rule {
        Rule::All(rules) => group(Mode::All, rules),
        Rule::Any(rules) => group(Mode::Any, rules),
        // A condition has one language; several are a choice of them.
        Rule::Language(list) if list.len() > 1 => {
            let each: Vec<Rule> = list.iter().map(|one| Rule::Language(vec![one.clone()])).collect();
            group(Mode::Any, &each)
        }
        Rule::Not(inner) => match &**inner {
            Rule::All(rules) => group(Mode::NotAll, rules),
            Rule::Any(rules) => group(Mode::None, rules),
            Rule::Not(twice) => node(conn, twice, categories, currency),
            Rule::Language(list) if list.len() > 1 => {
                let each: Vec<Rule> = list.iter().map(|one| Rule::Language(vec![one.clone()])).collect();
                group(Mode::None, &each)
            }
            leaf => Ok(Node::Leaf(Leaf { not: true, ..filled(conn, leaf, categories, currency)? })),
        },
        leaf => Ok(Node::Leaf(filled(conn, leaf, categories, currency)?)),
    }
}

/// A condition as its form is filled.
fn filled(conn: &mut Conn, rule: &Rule, categories: &Categories, currency: Currency) -> Result<Leaf> {
    let leaf = |word: &str, values: &[(&str, String)]| {
        let mut leaf = kind(word).unwrap_or(&super::segment_fields::KINDS[0]).blank(currency.code());
        leaf.set("at_least", "");
        values.iter().for_each(|(name, value)| leaf.set(name, value.as_str()));
        leaf
    };
    let aged = |word: &str, age: &Age| {
        let (length, unit) = length(Some(age.span()));
        let when = if matches!(age, Age::Within(_)) { "within" } else { "before" };
        leaf(word, &[("when", when.into()), ("length", length), ("unit", unit)])
    };
    let number = forms::number;
    Ok(match rule {
        Rule::Name(Words::Is(text)) => leaf("name", &[("how", "is".into()), ("text", text.clone())]),
        Rule::Name(Words::Begins(text)) => leaf("name", &[("how", "begins".into()), ("text", text.clone())]),
        Rule::Name(Words::Contains(text)) => leaf("name", &[("how", "contains".into()), ("text", text.clone())]),
        Rule::EmailDomain(list) => leaf("email_domain", &[("list", list.join(", "))]),
        Rule::Language(list) => leaf("language", &[("language", list.first().cloned().unwrap_or_default())]),
        Rule::Tag(tag) => leaf("tag", &[("tag", tag.clone())]),
        Rule::Known(age) => aged("known", age),
        Rule::FirstOrder(age) => aged("first_order", age),
        Rule::LastOrder(age) => aged("last_order", age),
        Rule::Country(list) => leaf("country", &[("list", list.join(", "))]),
        Rule::Postcode(list) => leaf("postcode", &[("list", list.join(", "))]),
        Rule::Member(list) => leaf("member", &[("list", list.join(", "))]),
        Rule::Company(list) => leaf("company", &[("list", list.join(", "))]),
        Rule::Consent(allowed) => {
            let values = [("channel", allowed.channel.clone()), ("topic", allowed.topic.clone()), ("state", allowed.state.as_str().into())];
            leaf("consent", &values)
        }
        Rule::Stage(list) => ticks(leaf("stage", &[]), "stage", list.iter().map(|one| one.as_str())),
        Rule::Group(list) => ticks(leaf("group", &[]), "group", list.iter().map(|one| one.as_str())),
        Rule::Score(scored) => {
            let of = scored.currency.unwrap_or(currency);
            let end = |number: Option<i64>| match (number, scored.currency) {
                (None, _) => String::new(),
                (number, Some(currency)) => forms::amount(number, currency),
                (Some(number), None) => written(number, digits(scored.measure)),
            };
            let values = [
                ("measure", scored.measure.as_str().into()),
                ("from", end(scored.at_least)),
                ("to", end(scored.at_most)),
                ("currency", of.code().into()),
            ];
            leaf("score", &values)
        }
        Rule::Orders(orders) => {
            let (length, unit) = length(orders.within);
            let of = orders.worth.map_or(currency, |worth| worth.currency);
            let worth = forms::amount(orders.worth.map(|worth| worth.amount), of);
            let values = [
                ("at_least", number(orders.at_least)),
                ("at_most", number(orders.at_most)),
                ("worth", worth),
                ("length", length),
                ("unit", unit),
                ("currency", of.code().into()),
            ];
            leaf("orders", &values)
        }
        Rule::Bought(bought) => {
            let (length, unit) = length(bought.within);
            let (goods, named) = spelled(conn, &bought.what, categories)?;
            let values = [
                ("goods", goods.into()),
                ("named", named),
                ("at_least", number(bought.at_least)),
                ("at_most", number(bought.at_most)),
                ("length", length),
                ("unit", unit),
            ];
            leaf("bought", &values)
        }
        Rule::Did(did) => {
            let (length, unit) = length(did.within);
            let product = match did.product {
                Some(id) => catalog::addresses(conn, &[ProductId(id)])?.pop().unwrap_or_else(|| id.to_string()),
                None => String::new(),
            };
            let values = [
                ("event", did.kind.clone()),
                ("product", product),
                ("at_least", number(did.at_least)),
                ("at_most", number(did.at_most)),
                ("length", length),
                ("unit", unit),
            ];
            leaf("did", &values)
        }
        Rule::Tickets(tickets) => {
            let (length, unit) = length(tickets.within);
            let values = [
                ("standing", if tickets.open { "open" } else { "any" }.into()),
                ("about", tickets.kind.map_or("any", |kind| kind.as_str()).into()),
                ("outcome", tickets.outcome.map_or("any", |outcome| outcome.as_str()).into()),
                ("at_least", number(tickets.at_least)),
                ("at_most", number(tickets.at_most)),
                ("length", length),
                ("unit", unit),
            ];
            leaf("tickets", &values)
        }
        Rule::ServiceCost(cost) => {
            let (length, unit) = length(cost.within);
            let values = [
                ("from", forms::amount(cost.at_least, cost.currency)),
                ("to", forms::amount(cost.at_most, cost.currency)),
                ("length", length),
                ("unit", unit),
                ("currency", cost.currency.code().into()),
            ];
            leaf("service_cost", &values)
        }
        Rule::Rated(rated) => leaf("rated", &[("at_least", number(rated.at_least)), ("at_most", number(rated.at_most))]),
        Rule::SurveyScore(score) => {
            let survey = score.survey.map(|survey| survey.to_string()).unwrap_or_default();
            leaf("survey_score", &[("survey", survey), ("at_least", number(score.at_least)), ("at_most", number(score.at_most))])
        }
        Rule::Segment(id) => leaf("segment", &[("segment", id.to_string())]),
        Rule::All(_) | Rule::Any(_) | Rule::Not(_) => leaf("tag", &[]),
    })
}

fn ticks<'a>(mut leaf: Leaf, name: &str, words: impl Iterator<Item = &'a str>) -> Leaf {
    words.for_each(|word| leaf.set(&format!("{name}_{word}"), "on"));
    leaf
}

fn length(span: Option<Span>) -> (String, String) {
    match span {
        Some(Span::Hours(hours)) => (hours.to_string(), "h".into()),
        Some(Span::Days(days)) => (days.to_string(), "d".into()),
        None => (String::new(), "d".into()),
    }
}

fn spelled(conn: &mut Conn, goods: &Goods, categories: &Categories) -> Result<(&'static str, String)> {
    Ok(match goods {
        Goods::Product(id) => ("product", catalog::addresses(conn, &[ProductId(*id)])?.pop().unwrap_or_else(|| id.to_string())),
        Goods::Variant(id) => ("variant", promotion_goods::sku(conn, VariantId(*id))?),
        Goods::Category(id) => {
            ("category", categories.get(CategoryId(*id)).map_or_else(|| id.to_string(), |category| category.slug.clone()))
        }
        Goods::Brand(brand) => ("brand", brand.clone()),
    })
}

fn written(number: i64, digits: usize) -> String {
    if digits == 0 {
        return number.to_string();
    }
    let text = format!("{number:0>width$}", width = digits + 1);
    let (whole, part) = text.split_at(text.len() - digits);
    format!("{whole}.{part}").trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::segment_leaf::Reading;
    use kernel::error::Fields;

    /// What stands in the form of a rule makes the same rule again.
    #[test]
    fn a_rule_survives_its_form() {
        let db = kernel::testing::db();
        let texts = [
            r#"{"all":[{"orders":{"at_least":3,"worth":{"amount":2500,"currency":"USD"},"within":"30d"}},{"not":{"tag":"vip"}}]}"#,
            r#"{"any":[{"not":{"any":[{"country":["DE","AT"]},{"postcode":["10","SW1A"]}]}},{"not":{"all":[{"last_order":{"before":"12h"}}]}}]}"#,
            r#"{"all":[{"score":{"measure":"value","at_least":12345,"currency":"EUR"}},{"score":{"measure":"again_90","at_most":355}},
                {"score":{"measure":"expected_365","at_least":1500,"at_most":20000}},{"score":{"measure":"recency","at_least":4}}]}"#,
            r#"{"all":[{"did":{"kind":"product_viewed","at_most":0,"within":"7d"}},{"bought":{"what":{"brand":"Leaf & Co"},"at_least":2}}]}"#,
            r#"{"all":[{"name":{"contains":"ann"}},{"email_domain":["example.com"]},{"language":["zh"]},{"known":{"within":"90d"}},
                {"consent":{"channel":"sms","topic":"news","state":"nothing"}},{"stage":["new","lapsed"]},{"group":["champions"]},
                {"first_order":{"within":"5d"}},{"segment":4}]}"#,
            r#"{"all":[{"tickets":{"open":true,"kind":"complaint","at_least":1}},{"rated":{"at_most":2}},
                {"not":{"tickets":{"outcome":"refunded","at_least":2,"within":"30d"}}}]}"#,
            r#"{"all":[{"service_cost":{"currency":"USD","at_least":2500,"within":"90d"}},{"service_cost":{"currency":"EUR","at_most":0}},
                {"score":{"measure":"after_service","at_most":1000,"currency":"EUR"}}]}"#,
            r#"{"any":[{"survey_score":{"survey":1,"at_least":9}},{"survey_score":{"at_most":6}},{"not":{"survey_score":{"at_least":0}}}]}"#,
        ];
        db.write_now(move |conn| {
            let asked = crm::surveys::Asked { question: [("en".to_string(), "How likely?".to_string())].into(), ..Default::default() };
            crm::surveys::create(conn, &crm::surveys::Wish { name: "Shop".into(), texts: asked, open: true }, Default::default())?;
            let categories = catalog::categories(conn, "en")?;
            for text in texts {
                let rule = crm::rules::parse(text)?;
                let form = form(conn, &rule, &categories, Currency::EUR)?;
                let mut reading = Reading { conn, categories: &categories, currency: Currency::EUR, wrong: Fields::default() };
                assert_eq!(reading.rule(&form, "r")?, rule);
                assert_eq!(reading.wrong, Fields::default());
            }
            Ok(())
        })
        .unwrap();
    }
}
