//! Which purchases wait for a yes, whose yes counts, and whether there are enough: pure. What is asked for is frozen with the request, so
//! that a rule which changes later changes nothing of it.

use crate::ids::{ApprovalRuleId, BudgetId, CategoryId};
use crm::{MemberId, RoleId, SiteId};
use kernel::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// When a rule holds: all that is said has to be so, and of a list any one. What says nothing always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// The total is more than this, in minor units of `currency`. A total in another currency cannot be compared: the rule holds then.
    pub over: Option<i64>,
    pub currency: String,
    pub members: Vec<MemberId>,
    pub roles: Vec<RoleId>,
    /// These places and those below them.
    pub sites: Vec<SiteId>,
    /// Something in the cart is in one of these categories, or below it.
    pub categories: Vec<CategoryId>,
    /// Something in the cart is of one of these brands.
    pub brands: Vec<String>,
    pub cost_centres: Vec<String>,
}

impl Condition {
    /// What the log of a company keeps of it.
    pub fn logged(&self) -> String {
        let over = self.over.zip(Currency::parse(&self.currency)).map(|(over, currency)| Money::new(over, currency).decimal());
        let mut parts: Vec<String> = over.iter().map(|over| format!("> {over} {}", self.currency)).collect();
        parts.extend(listed("members", &self.members));
        parts.extend(listed("roles", &self.roles));
        parts.extend(listed("places", &self.sites));
        parts.extend(listed("categories", &self.categories));
        parts.extend(listed("brands", &self.brands));
        parts.extend(listed("cost centres", &self.cost_centres));
        parts.join(" · ")
    }
}

impl Approvers {
    /// What the log of a company keeps of it.
    pub fn logged(&self) -> String {
        let parts: Vec<String> =
            listed("yes of members", &self.members).into_iter().chain(listed("yes of role", self.role.as_slice())).collect();
        parts.join(" · ")
    }
}

fn listed<T: ToString>(what: &str, all: &[T]) -> Option<String> {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    (!all.is_empty()).then(|| format!("{what} {}", all.join(", ")))
}

/// Who may say yes; with neither members nor a role, everybody who may approve.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approvers {
    pub members: Vec<MemberId>,
    pub role: Option<RoleId>,
}

/// What a purchase is, as far as rules ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purchase {
    pub total: i64,
    pub currency: String,
    pub member: Option<MemberId>,
    pub role: Option<RoleId>,
    /// The place that it is for and those above it.
    pub sites: Vec<SiteId>,
    pub cost_centre: String,
    /// Of all goods, with those above.
    pub categories: BTreeSet<CategoryId>,
    /// In small letters.
    pub brands: BTreeSet<String>,
}

/// Somebody of the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub member: MemberId,
    pub role: RoleId,
    /// They may approve by their role.
    pub approves: bool,
    /// Purchases for this place and below it are all that they have to do with.
    pub site: Option<SiteId>,
}

/// Why a yes is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    Rule(ApprovalRuleId),
    /// The purchase goes beyond this budget.
    Budget(BudgetId),
}

/// A yes that is asked for, as it was when it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    pub why: Why,
    /// What the rule or budget is called.
    pub name: String,
    pub approvers: Approvers,
    /// How many people have to say yes.
    pub needed: i64,
}

/// Where a request stands by its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Waiting,
    Approved,
    Refused,
}

fn meets<T: PartialEq>(wanted: &[T], is: Option<&T>) -> bool {
    wanted.is_empty() || is.is_some_and(|is| wanted.contains(is))
}

impl Condition {
    pub fn holds(&self, of: &Purchase) -> bool {
        let over = self.over.is_none_or(|over| of.currency != self.currency || of.total > over);
        let sites = self.sites.is_empty() || self.sites.iter().any(|site| of.sites.contains(site));
        let categories = self.categories.is_empty() || self.categories.iter().any(|one| of.categories.contains(one));
        let brands = self.brands.is_empty() || self.brands.iter().any(|one| of.brands.contains(&one.to_lowercase()));
        let centre = of.cost_centre.to_lowercase();
        let centres = self.cost_centres.is_empty() || self.cost_centres.iter().any(|one| one.to_lowercase() == centre);
        over && meets(&self.members, of.member.as_ref()) && meets(&self.roles, of.role.as_ref()) && sites && categories && brands && centres
    }
}

impl Approvers {
    fn named(&self) -> bool {
        !self.members.is_empty() || self.role.is_some()
    }

    /// Whether this person's yes counts for a purchase that is for a place with `sites` above it.
    pub fn are(&self, person: &Person, sites: &[SiteId]) -> bool {
        if self.members.contains(&person.member) {
            return true;
        }
        let chosen = if self.named() { self.role == Some(person.role) } else { person.approves };
        chosen && person.site.is_none_or(|site| sites.contains(&site))
    }
}

/// The requirements that somebody's answer counts for, by their places: their own, and those of the people who left it to them. The one
/// who asks never counts, neither by themselves nor through somebody else.
pub fn counts(requirements: &[Requirement], requester: MemberId, voter: &Person, stands_for: &[Person], sites: &[SiteId]) -> Vec<usize> {
    if voter.member == requester {
        return Vec::new();
    }
    let counted = |requirement: &Requirement| {
        let mut speaking = std::iter::once(voter).chain(stands_for).filter(|person| person.member != requester);
        speaking.any(|person| requirement.approvers.are(person, sites))
    };
    requirements.iter().enumerate().filter(|(_, requirement)| counted(requirement)).map(|(place, _)| place).collect()
}

/// Where a request stands. `answers` are one for each person: yes or no, and the requirements that it counts for. One no ends it.
pub fn standing(requirements: &[Requirement], answers: &[(bool, Vec<usize>)]) -> Standing {
    if answers.iter().any(|(yes, counts)| !yes && !counts.is_empty()) {
        return Standing::Refused;
    }
    let said = |place: usize| answers.iter().filter(|(yes, counts)| *yes && counts.contains(&place)).count();
    let enough = |(place, requirement): (usize, &Requirement)| i64::try_from(said(place)).is_ok_and(|said| said >= requirement.needed);
    if requirements.iter().enumerate().all(enough) { Standing::Approved } else { Standing::Waiting }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: i64, approves: bool) -> Person {
        Person { member: MemberId(id), role: RoleId(if approves { 2 } else { 1 }), approves, site: None }
    }

    fn requirement(approvers: Approvers, needed: i64) -> Requirement {
        Requirement { why: Why::Rule(ApprovalRuleId(1)), name: "Rule".into(), approvers, needed }
    }

    fn purchase(total: i64) -> Purchase {
        Purchase { total, currency: "EUR".into(), member: Some(MemberId(1)), role: Some(RoleId(1)), ..Purchase::default() }
    }

    #[test]
    fn a_rule_holds_when_all_that_it_says_is_so() {
        let over = Condition { over: Some(1000), currency: "EUR".into(), ..Condition::default() };
        assert!(Condition::default().holds(&purchase(0)));
        assert!(!over.holds(&purchase(1000)));
        assert!(over.holds(&purchase(1001)));
        // What cannot be compared is asked about.
        assert!(over.holds(&Purchase { currency: "USD".into(), ..purchase(1) }));
        let both = Condition { members: vec![MemberId(2), MemberId(3)], ..over.clone() };
        assert!(!both.holds(&purchase(5000)));
        assert!(both.holds(&Purchase { member: Some(MemberId(3)), ..purchase(5000) }));
        let site = Condition { sites: vec![SiteId(7)], ..Condition::default() };
        assert!(!site.holds(&purchase(1)));
        assert!(site.holds(&Purchase { sites: vec![SiteId(9), SiteId(7)], ..purchase(1) }));
        let goods = Condition { brands: vec!["ACME".into()], categories: vec![CategoryId(4)], ..Condition::default() };
        let fits = Purchase { brands: ["acme".to_string()].into(), categories: [CategoryId(4)].into(), ..purchase(1) };
        assert!(goods.holds(&fits));
        assert!(!goods.holds(&Purchase { categories: BTreeSet::new(), ..fits }));
    }

    #[test]
    fn nobody_approves_what_they_ask_for_themselves() {
        let (requester, boss) = (person(1, true), person(2, true));
        let anybody = [requirement(Approvers::default(), 1)];
        assert!(counts(&anybody, requester.member, &requester, &[], &[]).is_empty());
        // Nor through somebody who answers for others: neither the one they chose, nor as the one whom others chose.
        assert!(counts(&anybody, requester.member, &person(3, false), std::slice::from_ref(&requester), &[]).is_empty());
        assert!(counts(&anybody, requester.member, &requester, std::slice::from_ref(&boss), &[]).is_empty());
        let named = [requirement(Approvers { members: vec![requester.member], role: None }, 1)];
        assert!(counts(&named, requester.member, &person(3, false), std::slice::from_ref(&requester), &[]).is_empty());
        assert_eq!(counts(&anybody, requester.member, &person(3, false), &[boss], &[]), [0]);
    }

    #[test]
    fn those_with_a_place_answer_for_it_alone_unless_they_are_named() {
        let north = Person { site: Some(SiteId(1)), ..person(2, true) };
        let anybody = [requirement(Approvers::default(), 1)];
        assert!(counts(&anybody, MemberId(9), &north, &[], &[SiteId(2)]).is_empty());
        assert_eq!(counts(&anybody, MemberId(9), &north, &[], &[SiteId(2), SiteId(1)]), [0]);
        let named = [requirement(Approvers { members: vec![north.member], role: None }, 1)];
        assert_eq!(counts(&named, MemberId(9), &north, &[], &[SiteId(2)]), [0]);
    }

    #[test]
    fn every_requirement_needs_its_people_and_one_no_ends_it() {
        let both = [requirement(Approvers::default(), 2), requirement(Approvers { members: vec![MemberId(5)], role: None }, 1)];
        assert_eq!(standing(&both, &[]), Standing::Waiting);
        assert_eq!(standing(&both, &[(true, vec![0]), (true, vec![0])]), Standing::Waiting);
        assert_eq!(standing(&both, &[(true, vec![0, 1])]), Standing::Waiting);
        assert_eq!(standing(&both, &[(true, vec![0]), (true, vec![0, 1])]), Standing::Approved);
        assert_eq!(standing(&both, &[(true, vec![0, 1]), (true, vec![0]), (false, vec![1])]), Standing::Refused);
        // Whose answer counts for nothing decides nothing.
        assert_eq!(standing(&both, &[(false, vec![]), (true, vec![0]), (true, vec![0, 1])]), Standing::Approved);
    }
}
