//! What a cart of a company's member needs before it is placed, and what placing it does to its request and to budgets.

use super::rules::{Approvers, Purchase, Requirement, Why};
use super::{Approval, State, open_of_cart, store};
use crate::budgets::{self, Beyond, Scope};
use crate::carts::Quote;
use crate::ids::{BudgetId, CategoryId, OrderId, ProductId};
use crate::schema::{approvals as rows, product_categories, products};
use crate::shop::OWN_LANGUAGE;
use crate::{buying, catalog};
use crm::SiteId;
use crm::companies::{self, Buyer};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};
use std::collections::BTreeSet;

/// What a cart needs.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The answers that are asked for; none when it can be placed at once.
    pub requirements: Vec<Requirement>,
    /// Hours after which a request ends unanswered.
    pub deadline_hours: Option<i64>,
    pub scope: Scope,
}

/// That a cart may be placed.
pub(crate) struct Pass {
    approval: Option<Approval>,
    scope: Option<Scope>,
}

/// The rules that hold for a cart and the budgets that it goes beyond. `Conflict` for a budget that nobody may let it go beyond.
pub fn asked(conn: &mut Conn, buyer: &Buyer, quote: &Quote, now: Time) -> Result<Asked> {
    let scope = scope(conn, buyer, quote)?;
    let mut asked = Asked { requirements: Vec::new(), deadline_hours: None, scope };
    let rules: Vec<store::Rule> = store::rules(conn, buyer.company)?.into_iter().filter(|rule| rule.active).collect();
    if !rules.is_empty() {
        let conditions = rules.iter().map(store::Rule::condition).collect::<Result<Vec<_>>>()?;
        let role = companies::member(conn, buyer.company, buyer.member)?.role;
        let goods = conditions.iter().any(|one| !one.categories.is_empty() || !one.brands.is_empty());
        let (categories, brands) = if goods { goods_of(conn, quote)? } else { Default::default() };
        let purchase = Purchase {
            total: quote.priced.total,
            currency: quote.currency.code().to_string(),
            member: Some(buyer.member),
            role: Some(role),
            sites: asked.scope.sites.clone(),
            cost_centre: asked.scope.cost_centre.clone(),
            categories,
            brands,
        };
        let holding = rules.iter().zip(&conditions).filter(|(_, condition)| condition.holds(&purchase)).map(|(rule, _)| rule);
        for rule in holding {
            asked.requirements.push(Requirement {
                why: Why::Rule(rule.id),
                name: rule.name.clone(),
                approvers: rule.approvers()?,
                needed: rule.needed,
            });
            asked.deadline_hours = match (asked.deadline_hours, rule.deadline_hours) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
    }
    for (budget, left) in budgets::exceeded(conn, &asked.scope, quote.priced.total, now)? {
        if budget.beyond == Beyond::Refuse {
            return Err(budgets::refusal(&budget, left)?);
        }
        asked.requirements.push(Requirement { why: Why::Budget(budget.id), name: budget.name, approvers: Approvers::default(), needed: 1 });
    }
    Ok(asked)
}

/// The place that a cart is for with those above it, and its cost centre: as chosen at the checkout, else the member's own.
fn scope(conn: &mut Conn, buyer: &Buyer, quote: &Quote) -> Result<Scope> {
    let trade = buying::trade(conn, quote.cart.id)?;
    let mut sites: Vec<SiteId> = Vec::new();
    if let Some(site) = trade.site.or(buyer.site) {
        let all = companies::sites(conn, buyer.company)?;
        let mut next = Some(site);
        while let Some(site) = next.filter(|site| !sites.contains(site)) {
            sites.push(site);
            next = all.iter().find(|one| one.id == site).and_then(|one| one.parent_id);
        }
    }
    let cost_centre = if trade.cost_centre.is_empty() { buyer.cost_centre.clone() } else { trade.cost_centre };
    let currency = quote.currency.code().to_string();
    Ok(Scope { company: buyer.company, member: buyer.member, sites, cost_centre, currency })
}

/// The categories of everything in a cart with those above them, and its brands.
fn goods_of(conn: &mut Conn, quote: &Quote) -> Result<(BTreeSet<CategoryId>, BTreeSet<String>)> {
    let ids: BTreeSet<ProductId> = quote.lines.iter().map(|line| line.variant.product_id).collect();
    let ids: Vec<ProductId> = ids.into_iter().collect();
    let brands = products::table.filter(products::id.eq_any(ids.clone())).select(products::brand);
    let brands: Vec<String> = on_each!(conn, c => brands.load(c))?;
    let places = product_categories::table.filter(product_categories::product_id.eq_any(ids)).select(product_categories::category_id);
    let places: Vec<CategoryId> = on_each!(conn, c => places.load(c))?;
    let tree = catalog::categories(conn, OWN_LANGUAGE)?;
    let categories = places.iter().flat_map(|id| tree.path(*id)).map(|category| category.id).collect();
    Ok((categories, brands.iter().filter(|brand| !brand.is_empty()).map(|brand| brand.to_lowercase()).collect()))
}

/// Whether a cart may be placed now; `None` when somebody has to approve it first. Nobody but members of companies is asked anything.
pub(crate) fn gate(conn: &mut Conn, quote: &Quote, now: Time) -> Result<Option<Pass>> {
    let Some(buyer) = buying::of_cart(conn, &quote.cart)? else { return Ok(Some(Pass { approval: None, scope: None })) };
    let approval = open_of_cart(conn, quote.cart.id)?.filter(|found| found.state == State::Approved && covers(found, quote));
    if let Some(approval) = approval {
        let scope = scope(conn, &buyer, quote)?;
        return Ok(Some(Pass { approval: Some(approval), scope: Some(scope) }));
    }
    let asked = asked(conn, &buyer, quote, now)?;
    Ok(asked.requirements.is_empty().then_some(Pass { approval: None, scope: Some(asked.scope) }))
}

/// Whether a request is about the cart as it is.
pub fn covers(approval: &Approval, quote: &Quote) -> bool {
    approval.cart_version == quote.cart.version
        && approval.total == quote.priced.total
        && approval.due == quote.due()
        && approval.currency == quote.currency.code()
}

/// In the commit that places a cart: its request is done, and budgets have it.
pub(crate) fn placed(conn: &mut Conn, pass: &Pass, order: OrderId, total: i64, now: Time) -> Result<()> {
    let mut allowed: Vec<BudgetId> = Vec::new();
    if let Some(approval) = &pass.approval {
        for requirement in approval.requirements()? {
            if let Why::Budget(budget) = requirement.why {
                allowed.push(budget);
            }
        }
        diesel::update(rows::table.find(approval.id))
            .set((rows::state.eq(State::Placed), rows::order_id.eq(order), rows::reason.eq(""), rows::version.eq(rows::version + 1)))
            .execute(conn)?;
    }
    match &pass.scope {
        Some(scope) => budgets::charge(conn, scope, order, total, &allowed, now),
        None => Ok(()),
    }
}
