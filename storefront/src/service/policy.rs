//! What the merchant decides about requests: which of them an order's page offers, what is decided without staff and up to what, and
//! where the others are filed. Stored as one setting.

use crate::shop;
use crm::tickets::{Kind, ORDINARY, PRIORITIES};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Conn, Result, settings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SETTING: &str = "service_policy";
/// The most that a limit may say, in minor units, and the most decisions a year.
const MOST: i64 = 100_000_000;
const OFTEN: i64 = 1000;
/// Longest name of a queue, in characters.
const QUEUE: usize = 60;
/// Hours after its end at which a request may be asked about.
const SURVEYED: std::ops::RangeInclusive<i64> = 0..=720;

/// What can be asked for from the page of an order, in the order in which it is offered.
pub const ORDER_KINDS: [Kind; 11] = [
    Kind::WhereIsIt,
    Kind::Cancel,
    Kind::ChangeAddress,
    Kind::ArrivedBroken,
    Kind::WrongSize,
    Kind::Return,
    Kind::Exchange,
    Kind::Replacement,
    Kind::Refund,
    Kind::Warranty,
    Kind::Complaint,
];

/// How one kind of request is dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Whether the page of an order offers it.
    pub offered: bool,
    /// Up to what the shop gives money back without staff, in minor units; zero: never.
    pub at_once: i64,
    /// How often a year it does so for one customer.
    pub per_year: i64,
    /// Where it is filed.
    pub queue: String,
    pub priority: i64,
}

impl Default for Rule {
    fn default() -> Rule {
        Rule { offered: true, at_once: 0, per_year: 2, queue: String::new(), priority: ORDINARY }
    }
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// What the limits are in. An order in another currency is decided by staff.
    pub currency: Currency,
    pub rules: BTreeMap<Kind, Rule>,
    /// Up to what one of the staff gives money or credit from a ticket alone, in minor units; beyond it somebody else approves.
    pub staff_limit: i64,
    /// Hours after a request was settled at which a mail asks how content they are; none: only the mail that it is settled does.
    pub survey: Option<i64>,
}

impl Default for Policy {
    fn default() -> Policy {
        let mut rules: BTreeMap<Kind, Rule> = Kind::ALL.iter().map(|kind| (*kind, Rule::default())).collect();
        rules.entry(Kind::Complaint).or_default().priority = 2;
        Policy { currency: Currency::EUR, rules, staff_limit: 10_000, survey: None }
    }
}

impl Policy {
    /// How a kind is dealt with.
    pub fn rule(&self, kind: Kind) -> Rule {
        self.rules.get(&kind).cloned().unwrap_or_default()
    }

    /// Whether one of the staff may give so much alone. An amount in another currency is never within the limit.
    pub fn within(&self, amount: i64, currency: Currency) -> bool {
        currency == self.currency && amount <= self.staff_limit
    }
}

/// The policy as it is now; a shop that decided nothing has the default in its own currency.
pub fn policy(conn: &mut Conn) -> Result<Policy> {
    match settings::find(conn, SETTING)? {
        Some(policy) => Ok(policy),
        None => Ok(Policy { currency: shop::get(conn)?.currency, ..Policy::default() }),
    }
}

/// Stores a policy. `Invalid` names the fields, `at_once-…` by kind, that say what cannot be.
pub fn save(conn: &mut Conn, policy: &Policy, now: Time) -> Result<()> {
    let mut wrong = Fields::default();
    if !(0..=MOST).contains(&policy.staff_limit) {
        wrong.add("staff_limit", "service-limit");
    }
    if policy.survey.is_some_and(|hours| !SURVEYED.contains(&hours)) {
        wrong.add("survey", "service-survey-hours");
    }
    for (kind, rule) in &policy.rules {
        let field = |name: &str| format!("{name}-{}", kind.as_str());
        if !(0..=MOST).contains(&rule.at_once) {
            wrong.add(&field("at_once"), "service-limit");
        }
        if !(0..=OFTEN).contains(&rule.per_year) {
            wrong.add(&field("per_year"), "service-often");
        }
        if rule.queue.chars().count() > QUEUE {
            wrong.add(&field("queue"), "ticket-too-long");
        }
        if !PRIORITIES.contains(&rule.priority) {
            wrong.add(&field("priority"), "ticket-priority");
        }
    }
    wrong.check()?;
    settings::set(conn, SETTING, policy, now)
}
