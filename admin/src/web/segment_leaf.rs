//! From the form of a rule to the rule. What people name by addresses, SKUs and decimals is looked up here.

use super::promotion_goods::lines;
use super::segment_tree::{Leaf, Mode, Node};
use crm::activities::Kind;
use crm::rfm::Group;
use crm::rules::{
    Age, Allowed, Bought, Did, Goods, Measure, Orders, Rated, Rule, Said, Scored, SegmentId, ServiceCost, Span, SurveyScore, Tickets,
    Words, Worth,
};
use crm::scores::Stage;
use crm::surveys::{self, SurveyId, TOP};
use crm::tickets;
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::{Conn, Result};
use storefront::catalog::{self, Categories, Named};

/// What the reading of a form needs to look up, and what it found wrong.
pub struct Reading<'a> {
    pub conn: &'a mut Conn,
    pub categories: &'a Categories,
    pub currency: Currency,
    pub wrong: Fields,
}

impl Reading<'_> {
    /// The rule of a node. What does not read is noted at its field, and something stands in for it.
    pub fn rule(&mut self, node: &Node, at: &str) -> Result<Rule> {
        match node {
            Node::Group(mode, parts) => {
                if parts.is_empty() {
                    self.wrong.add(&format!("{at}_parts"), "segment-group-empty");
                }
                let mut rules = Vec::with_capacity(parts.len());
                for (n, part) in parts.iter().enumerate() {
                    rules.push(self.rule(part, &format!("{at}_{n}"))?);
                }
                Ok(match mode {
                    Mode::All => Rule::All(rules),
                    Mode::Any => Rule::Any(rules),
                    Mode::None => Rule::Not(Box::new(Rule::Any(rules))),
                    Mode::NotAll => Rule::Not(Box::new(Rule::All(rules))),
                })
            }
            Node::Leaf(leaf) => {
                let rule = self.leaf(leaf, at)?;
                Ok(if leaf.not { Rule::Not(Box::new(rule)) } else { rule })
            }
        }
    }

    fn refuse(&mut self, at: &str, field: &str, text: &str) {
        self.wrong.add(&format!("{at}_{field}"), text);
    }

    fn leaf(&mut self, leaf: &Leaf, at: &str) -> Result<Rule> {
        Ok(match leaf.kind.word {
            "name" => {
                let text = self.text(leaf, at, "text");
                Rule::Name(match leaf.value("how") {
                    "is" => Words::Is(text),
                    "contains" => Words::Contains(text),
                    _ => Words::Begins(text),
                })
            }
            "email_domain" => {
                let domains = self.list(leaf, at);
                Rule::EmailDomain(domains.iter().map(|one| one.trim_start_matches('@').to_lowercase()).collect())
            }
            "language" => Rule::Language(vec![leaf.value("language").to_string()]),
            "tag" => {
                let tag = self.text(leaf, at, "tag");
                if tag.contains(',') {
                    self.refuse(at, "tag", "segment-one-tag");
                }
                Rule::Tag(tag.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            "known" => Rule::Known(self.age(leaf, at)),
            "first_order" => Rule::FirstOrder(self.age(leaf, at)),
            "last_order" => Rule::LastOrder(self.age(leaf, at)),
            "country" => {
                let codes: Vec<String> = self.list(leaf, at).iter().map(|code| code.to_uppercase()).collect();
                if codes.iter().any(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase())) {
                    self.refuse(at, "list", "promotion-countries-invalid");
                }
                Rule::Country(codes)
            }
            "postcode" => {
                let spell = |code: &String| code.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
                Rule::Postcode(self.list(leaf, at).iter().map(spell).collect())
            }
            "company" => Rule::Company(lines(leaf.value("list")).iter().map(|name| name.to_lowercase()).collect()),
            "member" => Rule::Member(lines(leaf.value("list"))),
            "consent" => Rule::Consent(Allowed {
                channel: leaf.value("channel").to_string(),
                topic: self.text(leaf, at, "topic"),
                state: Said::parse(leaf.value("state")).unwrap_or(Said::Given),
            }),
            "stage" => Rule::Stage(self.ticked(leaf, at, "stage", Stage::ALL, |one| one.as_str())),
            "group" => Rule::Group(self.ticked(leaf, at, "group", Group::ALL, |one| one.as_str())),
            "score" => self.score(leaf, at),
            "orders" => {
                let (at_least, at_most) = self.range(leaf, at);
                let currency = Currency::parse(leaf.value("currency")).unwrap_or(self.currency);
                let worth = match leaf.value("worth") {
                    "" => None,
                    text => match Money::parse(text, currency) {
                        Ok(money) if money.minor >= 0 => Some(Worth { amount: money.minor, currency }),
                        _ => {
                            self.refuse(at, "worth", "admin-amount-invalid");
                            None
                        }
                    },
                };
                Rule::Orders(Orders { at_least, at_most, worth, within: self.span(leaf, at) })
            }
            "bought" => {
                let (at_least, at_most) = self.range(leaf, at);
                Rule::Bought(Bought { what: self.goods(leaf, at)?, at_least, at_most, within: self.span(leaf, at) })
            }
            "did" => {
                let (at_least, at_most) = self.range(leaf, at);
                let product = match leaf.value("product") {
                    "" => None,
                    name => self.product(name, at, "product")?,
                };
                if product.is_some() && leaf.value("event") != Kind::ProductViewed.as_str() {
                    self.refuse(at, "product", "segment-product-looked-at");
                }
                Rule::Did(Did { kind: leaf.value("event").to_string(), product, at_least, at_most, within: self.span(leaf, at) })
            }
            "tickets" => {
                let (at_least, at_most) = self.range(leaf, at);
                let (kind, outcome) = (tickets::Kind::parse(leaf.value("about")), tickets::Outcome::parse(leaf.value("outcome")));
                let (open, within) = (leaf.value("standing") == "open", self.span(leaf, at));
                Rule::Tickets(Tickets { open, kind, outcome, at_least, at_most, within })
            }
            "service_cost" => {
                let currency = Currency::parse(leaf.value("currency")).unwrap_or(self.currency);
                let (at_least, at_most) = self.ends(leaf, at, |text| Money::parse(text, currency).ok().map(|money| money.minor));
                if at_most.is_none() && at_least == Some(0) {
                    self.refuse(at, "from", "segment-range-invalid");
                }
                Rule::ServiceCost(ServiceCost { currency, at_least, at_most, within: self.span(leaf, at) })
            }
            "rated" => {
                let (at_least, at_most) = self.range(leaf, at);
                if at_least.into_iter().chain(at_most).any(|rating| rating > 5) {
                    self.refuse(at, "at_least", "segment-range-invalid");
                }
                Rule::Rated(Rated { at_least, at_most })
            }
            "survey_score" => {
                let (at_least, at_most) = (self.number(leaf, at, "at_least"), self.number(leaf, at, "at_most"));
                let beyond = at_least.into_iter().chain(at_most).any(|score| score > TOP);
                if beyond || at_least.or(at_most).is_none() || at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
                    self.refuse(at, "at_least", "segment-score-invalid");
                }
                Rule::SurveyScore(SurveyScore { survey: self.survey(leaf, at)?, at_least, at_most })
            }
            _ => {
                let id = leaf.value("segment").parse();
                if id.is_err() {
                    self.refuse(at, "segment", "admin-required");
                }
                Rule::Segment(SegmentId(id.unwrap_or(0)))
            }
        })
    }

    /// A survey that there is; none for any.
    fn survey(&mut self, leaf: &Leaf, at: &str) -> Result<Option<SurveyId>> {
        if leaf.value("survey").is_empty() {
            return Ok(None);
        }
        let found = match leaf.value("survey").parse() {
            Ok(id) => surveys::find(self.conn, id)?,
            Err(_) => None,
        };
        if found.is_none() {
            self.refuse(at, "survey", "admin-required");
        }
        Ok(found.map(|one| one.id))
    }

    fn text(&mut self, leaf: &Leaf, at: &str, name: &str) -> String {
        let text = leaf.value(name).to_string();
        if text.is_empty() || text.chars().count() > 200 {
            self.refuse(at, name, if text.is_empty() { "admin-required" } else { "admin-too-long" });
        }
        text
    }

    fn list(&mut self, leaf: &Leaf, at: &str) -> Vec<String> {
        let found = lines(leaf.value("list"));
        if found.is_empty() {
            self.refuse(at, "list", "admin-required");
        }
        found
    }

    fn ticked<T: Copy>(&mut self, leaf: &Leaf, at: &str, name: &str, all: &[T], word: fn(T) -> &'static str) -> Vec<T> {
        let found: Vec<T> = all.iter().copied().filter(|one| leaf.ticked(name, word(*one))).collect();
        if found.is_empty() {
            self.refuse(at, name, "segment-tick-one");
        }
        found
    }

    fn number(&mut self, leaf: &Leaf, at: &str, name: &str) -> Option<i64> {
        let text = leaf.value(name);
        let read = text.parse().ok().filter(|number| (0..=1_000_000).contains(number));
        if !text.is_empty() && read.is_none() {
            self.refuse(at, name, "admin-number-invalid");
        }
        read
    }

    fn range(&mut self, leaf: &Leaf, at: &str) -> (Option<i64>, Option<i64>) {
        let (least, most) = (self.number(leaf, at, "at_least"), self.number(leaf, at, "at_most"));
        let nothing = most.is_none() && least.unwrap_or(0) == 0;
        if nothing || least.zip(most).is_some_and(|(least, most)| least > most) {
            self.refuse(at, "at_least", "segment-range-invalid");
        }
        (least, most)
    }

    fn span(&mut self, leaf: &Leaf, at: &str) -> Option<Span> {
        let text = leaf.value("length");
        if text.is_empty() {
            return None;
        }
        let unit = if leaf.value("unit") == "h" { "h" } else { "d" };
        let span = Span::parse(&format!("{text}{unit}"));
        if span.is_none() {
            self.refuse(at, "length", "segment-length-invalid");
        }
        span
    }

    fn age(&mut self, leaf: &Leaf, at: &str) -> Age {
        if leaf.value("length").is_empty() {
            self.refuse(at, "length", "admin-required");
        }
        let span = self.span(leaf, at).unwrap_or(Span::Days(1));
        if leaf.value("when") == "before" { Age::Before(span) } else { Age::Within(span) }
    }

    fn score(&mut self, leaf: &Leaf, at: &str) -> Rule {
        let measure = Measure::parse(leaf.value("measure")).unwrap_or(Measure::Orders);
        let currency = measure.is_money().then(|| Currency::parse(leaf.value("currency")).unwrap_or(self.currency));
        let (at_least, at_most) = self.ends(leaf, at, |text| match currency {
            Some(currency) => Money::parse(text, currency).ok().map(|money| money.minor),
            None => decimal(text, digits(measure)),
        });
        Rule::Score(Scored { measure, at_least, at_most, currency })
    }

    /// What stands in `from` and `to`, at least one of them.
    fn ends(&mut self, leaf: &Leaf, at: &str, read: impl Fn(&str) -> Option<i64>) -> (Option<i64>, Option<i64>) {
        let mut end = |name: &str| {
            let text = leaf.value(name);
            let number = read(text);
            if !text.is_empty() && number.is_none_or(|number| number < 0) {
                self.refuse(at, name, "admin-number-invalid");
            }
            number
        };
        let (at_least, at_most) = (end("from"), end("to"));
        if at_least.or(at_most).is_none() || at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
            self.refuse(at, "from", "segment-range-invalid");
        }
        (at_least, at_most)
    }

    fn goods(&mut self, leaf: &Leaf, at: &str) -> Result<Goods> {
        let name = leaf.value("named");
        if name.is_empty() {
            self.refuse(at, "named", "admin-required");
            return Ok(Goods::Product(0));
        }
        Ok(match leaf.value("goods") {
            "brand" => Goods::Brand(name.to_string()),
            "category" => match self.categories.by_slug(name) {
                Some(category) => Goods::Category(category.id.0),
                None => {
                    self.refuse(at, "named", "admin-condition-category-unknown");
                    Goods::Category(0)
                }
            },
            "variant" => match catalog::variant_named(self.conn, name, false)? {
                Some(id) => Goods::Variant(id.0),
                None => {
                    self.refuse(at, "named", "segment-goods-unknown");
                    Goods::Variant(0)
                }
            },
            _ => Goods::Product(self.product(name, at, "named")?.unwrap_or(0)),
        })
    }

    /// A product by its address, or by the SKU of a variant.
    fn product(&mut self, name: &str, at: &str, field: &str) -> Result<Option<i64>> {
        let found = match catalog::named(self.conn, name)? {
            Some(Named::Product(id)) => Some(id),
            Some(Named::Variant(id)) => catalog::product_of(self.conn, id)?,
            None => None,
        };
        if found.is_none() {
            self.refuse(at, field, "segment-goods-unknown");
        }
        Ok(found.map(|id| id.0))
    }
}

/// Decimals with which a number of the scores is typed.
pub fn digits(measure: Measure) -> usize {
    match measure {
        // Percent of what is stored per mille, and visits of what is stored in thousandths.
        Measure::Again => 1,
        Measure::Expected => 3,
        _ => 0,
    }
}

/// A decimal as a whole number of its last digits.
fn decimal(text: &str, digits: usize) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (!whole.is_empty() && whole.len() <= 12 && part.len() <= digits && plain(whole) && plain(part))
        .then(|| format!("{whole}{part:0<digits$}").parse().ok())
        .flatten()
}
