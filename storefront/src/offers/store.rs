//! Offers and decisions in the database.

use super::{Arm, Choice, Results, Terms, Why};
use crate::ids::{ProductId, PromotionId};
use crate::promotions::{Decided, Effect, Grant, Promotion, Rules, State};
use crate::schema::{offer_decisions as decisions, offers, promotion_balances as balances, promotions};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::json::Json;
use kernel::{Conn, Error, Result, on_each};
use std::collections::{BTreeMap, HashMap};

/// The longest text of why somebody got an offer.
const WHY: usize = 300;

/// What makes a promotion an offer, as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = offers)]
pub struct OfferRow {
    pub promotion_id: PromotionId,
    pub why: Json<BTreeMap<String, String>>,
    pub choice: Choice,
    pub control_bp: i64,
    pub margin_floor_bp: Option<i64>,
    pub budget: Option<i64>,
    /// What its uses took off orders. Never above the budget.
    pub spent: i64,
    pub stands_days: Option<i64>,
    pub returned: bool,
    pub results: Option<Json<Results>>,
}

impl OfferRow {
    /// As the engine sees it before it knows the customer.
    pub(crate) fn grant(&self) -> Grant {
        Grant { decided: Decided::NotYet, left: self.left(), margin_floor: self.margin_floor_bp }
    }

    /// What is left of the budget.
    pub fn left(&self) -> Option<i64> {
        self.budget.map(|budget| budget - self.spent)
    }

    /// Why they got it, in `language` or the first there is.
    pub fn why(&self, language: &str) -> &str {
        let texts = &self.why.0;
        texts.get(language).filter(|text| !text.is_empty()).or_else(|| texts.values().next()).map_or("", String::as_str)
    }

    /// What the merchant said.
    pub fn terms(&self) -> Terms {
        Terms {
            why: self.why.0.clone(),
            choice: self.choice,
            control_bp: self.control_bp,
            margin_floor_bp: self.margin_floor_bp,
            budget: self.budget,
            stands_days: self.stands_days,
            returned: self.returned,
        }
    }
}

/// What makes this promotion an offer; `None` for any other.
pub fn get(conn: &mut Conn, id: PromotionId) -> Result<Option<OfferRow>> {
    Ok(on_each!(conn, c => offers::table.find(id).select(OfferRow::as_select()).first(c)).optional()?)
}

pub(crate) fn is_one(conn: &mut Conn, id: PromotionId) -> Result<bool> {
    Ok(get(conn, id)?.is_some())
}

/// What makes each of these promotions an offer.
pub(crate) fn of_promotions(conn: &mut Conn, ids: &[PromotionId]) -> Result<HashMap<PromotionId, OfferRow>> {
    let all = offers::table.filter(offers::promotion_id.eq_any(ids.to_vec()));
    let rows: Vec<OfferRow> = on_each!(conn, c => all.select(OfferRow::as_select()).load(c))?;
    Ok(rows.into_iter().map(|row| (row.promotion_id, row)).collect())
}

/// Which of these promotions are offers.
pub fn among(conn: &mut Conn, ids: &[PromotionId]) -> Result<Vec<PromotionId>> {
    Ok(of_promotions(conn, ids)?.into_keys().collect())
}

/// Offers with their promotions, newest first.
pub fn list(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<(Promotion, OfferRow)>> {
    let before = PromotionId(before.unwrap_or(i64::MAX));
    let all = offers::table.inner_join(promotions::table.on(promotions::id.eq(offers::promotion_id)));
    Ok(on_each!(conn, c => all
        .filter(promotions::id.lt(before))
        .order(promotions::id.desc())
        .limit(limit)
        .select((Promotion::as_select(), OfferRow::as_select()))
        .load(c))?)
}

/// Makes a promotion an offer on these terms, or keeps it an ordinary one. Once it was used or decided for anybody it stays what it is.
pub(crate) fn put(conn: &mut Conn, id: PromotionId, uses: i64, rules: &Rules, terms: Option<&Terms>) -> Result<()> {
    let had = get(conn, id)?;
    let Some(terms) = terms else {
        if had.is_some() {
            if counts(conn, id)? != (0, 0) {
                return Err(Error::field("method", "offer-stays"));
            }
            diesel::delete(offers::table.find(id)).execute(conn)?;
        }
        return Ok(());
    };
    check(rules, terms, had.as_ref().map_or(0, |had| had.spent))?;
    if had.is_none() && uses > 0 {
        return Err(Error::field("method", "offer-was-used"));
    }
    let said = (
        offers::why.eq(kernel::json::text(&terms.why)?),
        offers::choice.eq(terms.choice),
        offers::control_bp.eq(terms.control_bp),
        offers::margin_floor_bp.eq(terms.margin_floor_bp),
        offers::budget.eq(terms.budget),
        offers::stands_days.eq(terms.stands_days),
        offers::returned.eq(terms.returned),
    );
    if had.is_some() {
        diesel::update(offers::table.find(id)).set(said).execute(conn)?;
    } else {
        diesel::insert_into(offers::table).values((offers::promotion_id.eq(id), said)).execute(conn)?;
    }
    Ok(())
}

fn check(rules: &Rules, terms: &Terms, spent: i64) -> Result<()> {
    let mut fields = Fields::default();
    if terms.why.values().all(|text| text.trim().is_empty()) || terms.why.values().any(|text| text.chars().count() > WHY) {
        fields.add("why", "offer-why-invalid");
    }
    let conditions = &rules.conditions;
    if conditions.segment.is_none() && conditions.customers.is_empty() {
        fields.add("segment", "offer-audience-missing");
    }
    if terms.choice == Choice::Own && !matches!(rules.effect, Effect::Reduce { .. }) {
        fields.add("choice", "offer-choice-needs-reduction");
    }
    if !(0..=9000).contains(&terms.control_bp) {
        fields.add("control", "offer-control-invalid");
    }
    if terms.margin_floor_bp.is_some_and(|floor| !(0..=9900).contains(&floor)) {
        fields.add("margin_floor", "offer-margin-invalid");
    }
    if terms.margin_floor_bp.is_some() && rules.effect.on().is_none() {
        fields.add("margin_floor", "offer-margin-needs-goods");
    }
    match terms.budget {
        Some(budget) if budget <= 0 => fields.add("budget", "promotion-amount-invalid"),
        Some(budget) if budget < spent => fields.add("budget", "offer-budget-below-spent"),
        _ => {}
    }
    if terms.stands_days.is_some_and(|days| !(1..=3650).contains(&days)) {
        fields.add("stands_days", "offer-days-invalid");
    }
    fields.check()
}

/// Takes `amount` from the budget; `false` when it does not hold that much. The guard is in the update, so parallel orders cannot pass it.
pub(crate) fn spend(conn: &mut Conn, id: PromotionId, amount: i64) -> Result<bool> {
    let enough = offers::budget.is_null().or((offers::spent + amount).nullable().le(offers::budget));
    let taken = diesel::update(offers::table.find(id)).filter(enough).set(offers::spent.eq(offers::spent + amount));
    Ok(taken.execute(conn)? == 1)
}

/// Gives `amount` back to the budget, if the promotion is an offer.
pub(crate) fn unspend(conn: &mut Conn, id: PromotionId, amount: i64) -> Result<()> {
    diesel::update(offers::table.find(id)).set(offers::spent.eq(offers::spent - amount)).execute(conn)?;
    Ok(())
}

/// Whether it is an offer whose use is given back with the goods.
pub(crate) fn returned(conn: &mut Conn, id: PromotionId) -> Result<bool> {
    Ok(get(conn, id)?.is_some_and(|offer| offer.returned))
}

/// Forgets why a person got what: that somebody did, and in which arm, is what the results are made of.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    diesel::update(decisions::table.filter(decisions::customer_id.eq(customer)))
        .set((decisions::reason.eq("{}"), decisions::product_id.eq(None::<i64>)))
        .execute(conn)?;
    Ok(())
}

/// To how many customers it was given, and how many are the control group.
pub fn counts(conn: &mut Conn, id: PromotionId) -> Result<(i64, i64)> {
    let mut of = |arm: Arm| -> Result<i64> {
        let those = decisions::table.filter(decisions::promotion_id.eq(id)).filter(decisions::arm.eq(arm));
        Ok(on_each!(conn, c => those.count().get_result(c))?)
    };
    Ok((of(Arm::Given)?, of(Arm::Control)?))
}

/// A decision with its offer, for staff and for the customer's own data.
#[derive(Clone, Debug)]
pub struct Given {
    pub promotion: Promotion,
    pub offer: OfferRow,
    pub arm: Arm,
    pub product: Option<ProductId>,
    pub why: Why,
    pub decided_at: Time,
    pub ends_at: Option<Time>,
    /// How often the customer used it.
    pub uses: i64,
}

impl Given {
    /// When it ends for this customer.
    pub fn until(&self) -> Option<Time> {
        [self.ends_at, self.promotion.ends_at].into_iter().flatten().min()
    }

    /// Whether they can use it now.
    pub fn is_open(&self, now: Time) -> bool {
        let promotion = &self.promotion;
        self.arm == Arm::Given
            && promotion.state == State::Active
            && promotion.starts_at.is_none_or(|start| start <= now)
            && self.until().is_none_or(|end| now < end)
            && promotion.max_uses.is_none_or(|limit| promotion.uses < limit)
            && promotion.max_uses_per_customer.is_none_or(|limit| self.uses < limit)
            && self.offer.left().is_none_or(|left| left > 0)
    }
}

/// The decisions about a customer, newest first.
pub fn of_customer(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<Given>> {
    type Row = (Promotion, OfferRow, Arm, Option<ProductId>, Json<Why>, Time, Option<Time>);
    let theirs = decisions::table
        .inner_join(offers::table.on(offers::promotion_id.eq(decisions::promotion_id)))
        .inner_join(promotions::table.on(promotions::id.eq(decisions::promotion_id)))
        .filter(decisions::customer_id.eq(customer))
        .order((decisions::decided_at.desc(), decisions::promotion_id.desc()))
        .limit(limit);
    let rows: Vec<Row> = on_each!(conn, c => theirs
        .select((
            Promotion::as_select(),
            OfferRow::as_select(),
            decisions::arm,
            decisions::product_id,
            decisions::reason,
            decisions::decided_at,
            decisions::ends_at,
        ))
        .load(c))?;
    let ids: Vec<PromotionId> = rows.iter().map(|row| row.0.id).collect();
    let used = balances::table.filter(balances::customer_id.eq(customer)).filter(balances::promotion_id.eq_any(ids));
    let used: HashMap<PromotionId, i64> =
        on_each!(conn, c => used.select((balances::promotion_id, balances::uses)).load::<(PromotionId, i64)>(c))?.into_iter().collect();
    let given = |(promotion, offer, arm, product, why, decided_at, ends_at): Row| {
        let uses = used.get(&promotion.id).copied().unwrap_or(0);
        Given { promotion, offer, arm, product, why: why.0, decided_at, ends_at, uses }
    };
    Ok(rows.into_iter().map(given).collect())
}

/// What a customer may use now, as they read it.
#[derive(Clone, Debug)]
pub struct Open {
    pub promotion: Promotion,
    pub name: String,
    pub why: String,
    pub product: Option<ProductId>,
    pub until: Option<Time>,
}

/// Offers of one page.
const OPEN: i64 = 50;

/// The offers that a customer may use now, those that end first before others.
pub fn open(conn: &mut Conn, customer: CustomerId, language: &str, now: Time) -> Result<Vec<Open>> {
    let mut all: Vec<Given> = of_customer(conn, customer, OPEN)?.into_iter().filter(|given| given.is_open(now)).collect();
    all.sort_by_key(|given| (given.until().is_none(), given.until(), given.promotion.id));
    let open = |given: Given| Open {
        name: given.promotion.rules.0.name(&given.promotion.name, language).to_string(),
        why: given.offer.why(language).to_string(),
        product: given.product,
        until: given.until(),
        promotion: given.promotion,
    };
    Ok(all.into_iter().map(open).collect())
}
