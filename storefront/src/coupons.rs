//! Coupons: their rules, and a ledger of uses with guarded balances, so that no number of parallel orders passes a limit.

use crate::ids::{CouponId, OrderId};
use crate::pricing;
use crate::schema::{coupon_balances, coupon_movements, coupons};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::db::Prepared;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Conn, Error, Result, on_each, words};

words!(
    /// What a coupon gives.
    Kind { Percentage = "percentage", Amount = "amount", FreeShipping = "free_shipping" }
);

#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = coupons)]
pub struct Coupon {
    pub id: CouponId,
    pub code: String,
    pub kind: Kind,
    pub percent_bp: i64,
    pub amount: i64,
    pub currency: String,
    pub minimum: i64,
    pub starts_at: Option<Time>,
    pub ends_at: Option<Time>,
    pub max_uses: Option<i64>,
    pub max_uses_per_customer: Option<i64>,
    pub uses: i64,
    pub active: bool,
}

/// A coupon as the merchant writes it.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = coupons, treat_none_as_null = true)]
pub struct Terms {
    pub code: String,
    pub kind: Kind,
    pub percent_bp: i64,
    pub amount: i64,
    pub currency: String,
    pub minimum: i64,
    pub starts_at: Option<Time>,
    pub ends_at: Option<Time>,
    pub max_uses: Option<i64>,
    pub max_uses_per_customer: Option<i64>,
    pub active: bool,
}

impl Terms {
    fn checked(mut self) -> Result<Terms> {
        self.code = normalise(&self.code);
        let mut fields = Fields::default();
        if self.code.is_empty() || self.code.len() > 40 || !self.code.chars().all(|c| c.is_alphanumeric() || "-_".contains(c)) {
            fields.add("code", "Use 1 to 40 letters, digits, hyphens or underscores.");
        }
        if self.kind == Kind::Percentage && !(1..=10_000).contains(&self.percent_bp) {
            fields.add("percent", "Give a percentage above 0 and up to 100.");
        }
        if self.kind == Kind::Amount && self.amount <= 0 {
            fields.add("amount", "Give an amount above zero.");
        }
        if self.minimum < 0 {
            fields.add("minimum", "The minimum cannot be negative.");
        }
        for (name, limit) in [("max_uses", self.max_uses), ("max_uses_per_customer", self.max_uses_per_customer)] {
            if limit.is_some_and(|limit| limit < 1) {
                fields.add(name, "A limit is at least 1; leave it empty for none.");
            }
        }
        if let (Some(from), Some(to)) = (self.starts_at, self.ends_at)
            && from >= to
        {
            fields.add("ends_at", "The end lies before the start.");
        }
        fields.check()?;
        Ok(self)
    }
}

/// Codes are typed by people: case and surrounding blanks do not count.
pub fn normalise(code: &str) -> String {
    code.trim().to_uppercase()
}

/// Why a code does nothing. Each is a message key for pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Unknown,
    NotYet,
    Expired,
    UsedUp,
    UsedByYou,
    OtherCurrency,
}

impl Refusal {
    pub fn key(self) -> &'static str {
        match self {
            Refusal::Unknown => "coupon-unknown",
            Refusal::NotYet => "coupon-not-yet",
            Refusal::Expired => "coupon-expired",
            Refusal::UsedUp => "coupon-used-up",
            Refusal::UsedByYou => "coupon-used-by-you",
            Refusal::OtherCurrency => "coupon-other-currency",
        }
    }
}

pub fn find(conn: &mut Conn, code: &str) -> Result<Option<Coupon>> {
    Ok(coupons::table.filter(coupons::code.eq(normalise(code))).select(Coupon::as_select()).first(conn).optional()?)
}

/// Whether a code works now, for a customer when known. The limits are read here for display and enforced by [`claim`].
pub fn check(
    conn: &mut Conn,
    code: &str,
    currency: Currency,
    customer: Option<CustomerId>,
    now: Time,
) -> Result<std::result::Result<Coupon, Refusal>> {
    let Some(coupon) = find(conn, code)?.filter(|coupon| coupon.active) else { return Ok(Err(Refusal::Unknown)) };
    let used = match customer {
        Some(customer) => uses_by(conn, coupon.id, customer)?,
        None => 0,
    };
    let refusal = if coupon.starts_at.is_some_and(|from| now < from) {
        Some(Refusal::NotYet)
    } else if coupon.ends_at.is_some_and(|to| now >= to) {
        Some(Refusal::Expired)
    } else if coupon.kind == Kind::Amount && coupon.currency != currency.code() {
        Some(Refusal::OtherCurrency)
    } else if coupon.max_uses.is_some_and(|limit| coupon.uses >= limit) {
        Some(Refusal::UsedUp)
    } else if coupon.max_uses_per_customer.is_some_and(|limit| used >= limit) {
        Some(Refusal::UsedByYou)
    } else {
        None
    };
    Ok(match refusal {
        Some(refusal) => Err(refusal),
        None => Ok(coupon),
    })
}

impl Coupon {
    /// The coupon as pricing sees it.
    pub fn terms(&self) -> pricing::Coupon {
        let benefit = match self.kind {
            Kind::Percentage => pricing::Benefit::Percentage(self.percent_bp),
            Kind::Amount => pricing::Benefit::Amount(self.amount),
            Kind::FreeShipping => pricing::Benefit::FreeShipping,
        };
        pricing::Coupon { code: self.code.clone(), benefit, minimum: self.minimum }
    }
}

fn uses_by(conn: &mut Conn, coupon: CouponId, customer: CustomerId) -> Result<i64> {
    Ok(coupon_balances::table.find((coupon, customer)).select(coupon_balances::uses).first(conn).optional()?.unwrap_or(0))
}

/// Takes one use for an order, in the placing transaction. The guards are in the updates, so parallel orders cannot pass a limit.
pub fn claim(
    conn: &mut Conn,
    coupon: &Coupon,
    customer: CustomerId,
    order: OrderId,
    now: Time,
) -> Result<std::result::Result<(), Refusal>> {
    let take = diesel::update(coupons::table.find(coupon.id))
        .filter(coupons::active)
        .filter(coupons::max_uses.is_null().or(coupons::uses.nullable().lt(coupons::max_uses)))
        .set(coupons::uses.eq(coupons::uses + 1));
    let taken = on_each!(conn, c => Prepared(take).execute(c))?;
    if taken == 0 {
        return Ok(Err(Refusal::UsedUp));
    }
    let row = (coupon_balances::coupon_id.eq(coupon.id), coupon_balances::customer_id.eq(customer), coupon_balances::uses.eq(0));
    on_each!(conn, c => diesel::insert_into(coupon_balances::table).values(row).on_conflict_do_nothing().execute(c))?;
    let limit = coupon.max_uses_per_customer.unwrap_or(i64::MAX);
    let take = diesel::update(coupon_balances::table.find((coupon.id, customer)))
        .filter(coupon_balances::uses.lt(limit))
        .set(coupon_balances::uses.eq(coupon_balances::uses + 1));
    let taken = on_each!(conn, c => Prepared(take).execute(c))?;
    if taken == 0 {
        return Ok(Err(Refusal::UsedByYou));
    }
    movement(conn, coupon.id, customer, order, 1, now)?;
    Ok(Ok(()))
}

/// Gives the use of a cancelled order back. Does nothing when it had none, or gave it back before.
pub fn release(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    let uses: Vec<(CouponId, CustomerId, i64)> = coupon_movements::table
        .filter(coupon_movements::order_id.eq(order))
        .select((coupon_movements::coupon_id, coupon_movements::customer_id, coupon_movements::uses))
        .load(conn)?;
    let [(coupon, customer, 1)] = uses[..] else { return Ok(()) };
    diesel::update(coupons::table.find(coupon)).set(coupons::uses.eq(coupons::uses - 1)).execute(conn)?;
    diesel::update(coupon_balances::table.find((coupon, customer)))
        .set(coupon_balances::uses.eq(coupon_balances::uses - 1))
        .execute(conn)?;
    movement(conn, coupon, customer, order, -1, now)
}

fn movement(conn: &mut Conn, coupon: CouponId, customer: CustomerId, order: OrderId, uses: i64, now: Time) -> Result<()> {
    diesel::insert_into(coupon_movements::table)
        .values((
            coupon_movements::coupon_id.eq(coupon),
            coupon_movements::customer_id.eq(customer),
            coupon_movements::order_id.eq(order),
            coupon_movements::uses.eq(uses),
            coupon_movements::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn get(conn: &mut Conn, id: CouponId) -> Result<Coupon> {
    Ok(coupons::table.find(id).select(Coupon::as_select()).first(conn)?)
}

/// Coupons, newest first.
pub fn list(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Coupon>> {
    let before = CouponId(before.unwrap_or(i64::MAX));
    Ok(coupons::table.filter(coupons::id.lt(before)).order(coupons::id.desc()).limit(limit).select(Coupon::as_select()).load(conn)?)
}

pub fn create(conn: &mut Conn, terms: Terms, now: Time) -> Result<CouponId> {
    let terms = terms.checked()?;
    if find(conn, &terms.code)?.is_some() {
        return Err(Error::field("code", "Another coupon has this code already."));
    }
    Ok(diesel::insert_into(coupons::table).values((terms, coupons::created_at.eq(now))).returning(coupons::id).get_result(conn)?)
}

/// Changes the terms. `Conflict` when a new limit lies below the uses so far.
pub fn update(conn: &mut Conn, id: CouponId, terms: Terms) -> Result<()> {
    let terms = terms.checked()?;
    if find(conn, &terms.code)?.is_some_and(|other| other.id != id) {
        return Err(Error::field("code", "Another coupon has this code already."));
    }
    let used = get(conn, id)?.uses;
    if terms.max_uses.is_some_and(|limit| limit < used) {
        return Err(Error::field("max_uses", format!("It was used {used} times already; the limit cannot be lower.")));
    }
    diesel::update(coupons::table.find(id)).set(terms).execute(conn)?;
    Ok(())
}
