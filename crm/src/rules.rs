//! Rules over customers: one tree, written as JSON. It is asked in two ways that agree at every instant: [`compile`] makes a query of it
//! for all customers at once, and [`answer`] looks at one customer's [`Facts`] and also says until when the answer stands.
//!
//! A leaf asks one thing. Times are looked at as "later than so long ago": a moment leaves a span of 30 days exactly 30 days after it,
//! and that is all that the passing of time alone ever does.

mod answer;
mod check;
mod compile;
mod facts;
mod span;
mod sql;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod trees;

pub use answer::{Answer, answer};
pub(crate) use check::postcode;
pub use check::{DEPTH, NODES, check, parse};
pub(crate) use compile::compile;
pub use facts::{Facts, Needs};
pub use span::{Age, LONGEST, Span};
pub(crate) use sql::{Among, Dialect, Fragment, far};

use crate::rfm::Group;
use crate::scores::Stage;
use crate::surveys::SurveyId;
use crate::tickets::{Kind, Outcome};
use kernel::money::Currency;
use kernel::words;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

kernel::id!(SegmentId);

/// The rules of the segments that rules refer to.
pub type Others = HashMap<SegmentId, Arc<Rule>>;

/// A node of the tree. A leaf about something unknown (no order, no score) does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    Name(Words),
    /// What stands behind the @ of the mail address, in small letters.
    EmailDomain(Vec<String>),
    Language(Vec<String>),
    /// As staff wrote it, capitals and all.
    Tag(String),
    /// Since when the shop knows them.
    Known(Age),
    /// Where the last order went, ISO 3166-1 alpha-2. Of several at the same moment any.
    Country(Vec<String>),
    /// What the postal code of that place begins with, in capitals and without spaces.
    Postcode(Vec<String>),
    /// What the name of the company begins with that the last order's invoice is for, in small letters; any company where nothing is listed.
    Company(Vec<String>),
    /// Member of an approved company whose price group is one of these; of any approved company where nothing is listed.
    Member(Vec<String>),
    Consent(Allowed),
    Score(Scored),
    Stage(Vec<Stage>),
    Group(Vec<Group>),
    FirstOrder(Age),
    LastOrder(Age),
    Orders(Orders),
    Bought(Bought),
    Did(Did),
    Tickets(Tickets),
    ServiceCost(ServiceCost),
    /// How content they were the last time they said so, 1 to 5.
    Rated(Rated),
    /// How likely they said to recommend the shop, 0 to 10, the last time they were asked.
    SurveyScore(SurveyScore),
    /// Members of another segment.
    Segment(SegmentId),
}

/// How a text is compared, in small letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Words {
    Is(String),
    Begins(String),
    Contains(String),
}

/// What the ledger of consents says last about a channel and a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    pub channel: String,
    pub topic: String,
    pub state: Said,
}

words!(
    /// What somebody said about being contacted, or that they said nothing.
    Said { Given = "given", Withdrawn = "withdrawn", Nothing = "nothing" }
);

words!(
    /// A number of the scores.
    Measure {
        Orders = "orders",
        /// What they brought so far, in minor units.
        Value = "value",
        /// Fifths among all buyers, 5 the best.
        Recency = "recency",
        Frequency = "frequency",
        Monetary = "monetary",
        /// The chance of a visit in 90 days, per mille.
        Again = "again_90",
        /// Visits expected in a year, in thousandths.
        Expected = "expected_365",
        /// What they are expected to bring in a year, in minor units.
        Forecast = "value_365",
        /// What their orders left over the goods, in minor units.
        Margin = "margin",
        /// The margin less what service cost beside it, in minor units.
        AfterService = "after_service",
    }
);

impl Measure {
    /// Whether it is an amount, which means something in one currency only.
    pub fn is_money(self) -> bool {
        matches!(self, Measure::Value | Measure::Forecast | Measure::Margin | Measure::AfterService)
    }
}

/// From and to, both included. At least one end is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub at_least: Option<i64>,
    pub at_most: Option<i64>,
}

impl Range {
    pub fn at_least(number: i64) -> Range {
        Range { at_least: Some(number), at_most: None }
    }

    pub fn at_most(number: i64) -> Range {
        Range { at_least: None, at_most: Some(number) }
    }

    pub fn holds(self, number: i64) -> bool {
        self.at_least.is_none_or(|least| number >= least) && self.at_most.is_none_or(|most| number <= most)
    }

    /// From how many on one less could change the answer: fewer only ever become fewer.
    fn loses_from(self) -> i64 {
        match (self.at_least, self.at_most) {
            (Some(least), _) if least > 0 => least,
            (_, Some(most)) => most.saturating_add(1),
            _ => i64::MAX,
        }
    }

    /// How many have to be counted to know.
    fn counted(self) -> i64 {
        self.at_least.unwrap_or(0).max(self.at_most.map_or(0, |most| most.saturating_add(1)))
    }
}

/// A number of the scores within a range. `currency` is that of amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scored {
    pub measure: Measure,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

/// How many orders, each of at least `worth` after refunds, later than `within` ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<Worth>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

/// Minor units of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worth {
    pub amount: i64,
    pub currency: Currency,
}

/// How many units of some goods; none at all is at most 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bought {
    pub what: Goods,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

/// Goods by id, or by what the catalogue says today of what was bought.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Goods {
    Product(i64),
    Variant(i64),
    /// With everything below it.
    Category(i64),
    Brand(String),
}

/// How often something happened, about one product or anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Did {
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

/// How many tickets: those that are not solved, of one kind, or that came to this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tickets {
    /// Only those that are not solved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
    /// Opened later than this ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

/// What was given from their tickets, in minor units of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceCost {
    pub currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
    /// Given later than this ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

/// A rating within a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rated {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
}

/// The score of the last answer within a range: of one survey, or of whichever they answered last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyScore {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
}

macro_rules! ranged {
    ($($of:ty),+) => {$(
        impl $of {
            pub fn range(&self) -> Range {
                Range { at_least: self.at_least, at_most: self.at_most }
            }
        }
    )+};
}
ranged!(Scored, Orders, Bought, Did, Tickets, ServiceCost, Rated, SurveyScore);

impl Rule {
    /// The nodes right below.
    pub fn below(&self) -> &[Rule] {
        match self {
            Rule::All(rules) | Rule::Any(rules) => rules,
            Rule::Not(rule) => std::slice::from_ref(rule),
            _ => &[],
        }
    }

    /// Whether this node or one below it is such.
    pub fn any(&self, such: &dyn Fn(&Rule) -> bool) -> bool {
        such(self) || self.below().iter().any(|rule| rule.any(such))
    }

    /// The segments it refers to itself.
    pub fn refers_to(&self) -> Vec<SegmentId> {
        let mut found = Vec::new();
        self.each(&mut |rule| {
            if let Rule::Segment(id) = rule
                && !found.contains(id)
            {
                found.push(*id);
            }
        });
        found
    }

    /// Calls `f` for this node and all below it.
    pub fn each<'a>(&'a self, f: &mut dyn FnMut(&'a Rule)) {
        f(self);
        self.below().iter().for_each(|rule| rule.each(f));
    }

    /// Nodes in it.
    pub fn nodes(&self) -> usize {
        1 + self.below().iter().map(Rule::nodes).sum::<usize>()
    }

    /// The longest way down, itself counted.
    pub fn depth(&self) -> usize {
        1 + self.below().iter().map(Rule::depth).max().unwrap_or(0)
    }
}
