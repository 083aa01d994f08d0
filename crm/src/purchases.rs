//! What a customer bought, one row an order and one for each variant in it, written in the transaction that places, changes, refunds or
//! cancels it. The customer's score and segments, and what mails have of the order, follow in the same transaction.

use crate::CustomerId;
use crate::campaigns::attribution;
use crate::rules;
use crate::schema::{purchase_lines, purchases};
use crate::scores;
use crate::segments::{self, Why};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Result, on_each, prepared};
use std::collections::HashMap;

/// An order as the memory keeps it.
#[derive(Clone, Debug)]
pub struct Purchase {
    pub order: i64,
    pub customer: CustomerId,
    pub at: Time,
    pub revenue: Money,
    pub units: i64,
    pub lines: Vec<Line>,
    pub place: Place,
    pub margin: Margin,
}

/// What an order leaves over its goods, in parts: minor units of its currency, without tax and delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = purchases)]
pub struct Margin {
    /// What the goods brought.
    pub goods: i64,
    /// What was given back for them.
    pub given_back: i64,
    /// What they cost the shop, as far as it is known.
    pub cost: i64,
    /// Lines of which nobody said what they cost.
    pub uncosted: i64,
}

impl Margin {
    /// What is left.
    pub fn left(&self) -> i64 {
        self.goods - self.given_back - self.cost
    }
}

/// Where an order went and what company it was for, as far as it is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The postal code in capitals and without spaces.
    postcode: String,
    /// The company of the invoice in small letters; empty for a person.
    company: String,
}

impl Place {
    pub fn new(country: &str, postcode: &str, company: &str) -> Place {
        Place { country: country.to_string(), postcode: rules::postcode(postcode), company: company.trim().to_lowercase() }
    }
}

/// A variant of an order: the goods of its lines together. Lines of goods that the catalogue does not know are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Queryable, Selectable)]
#[diesel(table_name = purchase_lines)]
pub struct Line {
    #[diesel(column_name = variant_id)]
    pub variant: i64,
    #[diesel(column_name = product_id)]
    pub product: i64,
    pub quantity: i64,
    /// What was paid for it, in minor units.
    pub amount: i64,
}

/// Remembers an order that was placed.
pub fn learn(conn: &mut Conn, purchase: &Purchase, now: Time) -> Result<()> {
    let currency = purchase.revenue.currency.code();
    let row = (
        purchases::order_id.eq(purchase.order),
        purchases::customer_id.eq(purchase.customer),
        purchases::purchased_at.eq(purchase.at),
        purchases::currency.eq(currency),
        purchases::revenue.eq(purchase.revenue.minor),
        purchases::units.eq(purchase.units),
        purchases::country.eq(&purchase.place.country),
        purchases::postcode.eq(&purchase.place.postcode),
        purchases::company.eq(&purchase.place.company),
        purchases::goods.eq(purchase.margin.goods),
        purchases::given_back.eq(purchase.margin.given_back),
        purchases::cost.eq(purchase.margin.cost),
        purchases::uncosted.eq(purchase.margin.uncosted),
    );
    on_each!(conn, c => diesel::insert_into(purchases::table).values(row).execute(c))?;
    remember(conn, purchase.customer, purchase.order, purchase.at, &purchase.lines)?;
    follow(conn, purchase.customer, currency, now)
}

/// Brings what is worked out of a customer's purchases up to date.
fn follow(conn: &mut Conn, customer: CustomerId, currency: &str, now: Time) -> Result<()> {
    scores::follow(conn, customer, currency, now)?;
    segments::follow(conn, customer, Why::Order, now)
}

/// Writes the lines of an order, those of one variant as one.
fn remember(conn: &mut Conn, customer: CustomerId, order: i64, at: Time, lines: &[Line]) -> Result<()> {
    for line in summed(lines) {
        let row = (
            purchase_lines::customer_id.eq(customer),
            purchase_lines::order_id.eq(order),
            purchase_lines::variant_id.eq(line.variant),
            purchase_lines::product_id.eq(line.product),
            purchase_lines::purchased_at.eq(at),
            purchase_lines::quantity.eq(line.quantity),
            purchase_lines::amount.eq(line.amount),
        );
        prepared!(conn, diesel::insert_into(purchase_lines::table).values(row) => execute)?;
    }
    Ok(())
}

/// The lines with one for each variant, in the order of the variants.
pub fn summed(lines: &[Line]) -> Vec<Line> {
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    lines.dedup_by(|next, kept| {
        let same = next.variant == kept.variant;
        if same {
            kept.quantity += next.quantity;
            kept.amount += next.amount;
        }
        same
    });
    lines
}

/// Whose order it is, its currency and when it was placed; `None` when it was forgotten.
fn owner(conn: &mut Conn, order: i64) -> Result<Option<(CustomerId, String, Time)>> {
    let columns = (purchases::customer_id, purchases::currency, purchases::purchased_at);
    Ok(purchases::table.find(order).select(columns).first(conn).optional()?)
}

fn forget_lines(conn: &mut Conn, customer: CustomerId, order: i64) -> Result<()> {
    let of_order = purchase_lines::customer_id.eq(customer).and(purchase_lines::order_id.eq(order));
    diesel::delete(purchase_lines::table.filter(of_order)).execute(conn)?;
    Ok(())
}

/// Corrects an order that staff changed: what it brings by now, its units, lines and place. An order that was forgotten stays forgotten.
pub fn change(conn: &mut Conn, order: i64, revenue: i64, units: i64, lines: &[Line], place: &Place, now: Time) -> Result<()> {
    let Some((customer, currency, at)) = owner(conn, order)? else { return Ok(()) };
    forget_lines(conn, customer, order)?;
    remember(conn, customer, order, at, lines)?;
    diesel::update(purchases::table.find(order))
        .set((
            purchases::revenue.eq(revenue),
            purchases::units.eq(units),
            purchases::country.eq(&place.country),
            purchases::postcode.eq(&place.postcode),
            purchases::company.eq(&place.company),
        ))
        .execute(conn)?;
    attribution::follow(conn, order)?;
    follow(conn, customer, &currency, now)
}

/// Writes an order as the books have it, whatever was remembered of it. `refunded` is what was given back, in minor units.
pub fn restore(conn: &mut Conn, purchase: &Purchase, refunded: i64, now: Time) -> Result<()> {
    if let Some((customer, _, _)) = owner(conn, purchase.order)? {
        forget_lines(conn, customer, purchase.order)?;
        diesel::delete(purchases::table.find(purchase.order)).execute(conn)?;
    }
    learn(conn, purchase, now)?;
    if refunded == 0 { Ok(()) } else { refund(conn, purchase.order, refunded, now) }
}

/// Takes money given back off what the order brought. An order that was forgotten stays forgotten.
pub fn refund(conn: &mut Conn, order: i64, amount: i64, now: Time) -> Result<()> {
    let Some((customer, currency, _)) = owner(conn, order)? else { return Ok(()) };
    diesel::update(purchases::table.find(order)).set(purchases::refunded.eq(purchases::refunded + amount)).execute(conn)?;
    attribution::follow(conn, order)?;
    follow(conn, customer, &currency, now)
}

/// Corrects what an order leaves over its goods. An order that was forgotten stays forgotten.
pub fn reckon(conn: &mut Conn, order: i64, margin: &Margin, now: Time) -> Result<()> {
    let Some((customer, currency, _)) = owner(conn, order)? else { return Ok(()) };
    if self::margin(conn, order)?.as_ref() == Some(margin) {
        return Ok(());
    }
    diesel::update(purchases::table.find(order))
        .set((
            purchases::goods.eq(margin.goods),
            purchases::given_back.eq(margin.given_back),
            purchases::cost.eq(margin.cost),
            purchases::uncosted.eq(margin.uncosted),
        ))
        .execute(conn)?;
    follow(conn, customer, &currency, now)
}

/// What is remembered of an order's margin; `None` when it was forgotten.
pub fn margin(conn: &mut Conn, order: i64) -> Result<Option<Margin>> {
    Ok(purchases::table.find(order).select(Margin::as_select()).first(conn).optional()?)
}

/// What all orders of a customer in a currency leave, part by part.
pub fn margins(conn: &mut Conn, customer: CustomerId, currency: &str) -> Result<Margin> {
    let own = purchases::customer_id.eq(customer).and(purchases::currency.eq(currency));
    let all: Vec<Margin> = on_each!(conn, c => purchases::table.filter(own).select(Margin::as_select()).load(c))?;
    Ok(all.into_iter().fold(Margin::default(), |sum, one| Margin {
        goods: sum.goods + one.goods,
        given_back: sum.given_back + one.given_back,
        cost: sum.cost + one.cost,
        uncosted: sum.uncosted + one.uncosted,
    }))
}

/// Forgets an order that was cancelled: the customer did not buy.
pub fn forget(conn: &mut Conn, order: i64, now: Time) -> Result<()> {
    let Some((customer, currency, _)) = owner(conn, order)? else { return Ok(()) };
    forget_lines(conn, customer, order)?;
    diesel::delete(purchases::table.find(order)).execute(conn)?;
    attribution::follow(conn, order)?;
    follow(conn, customer, &currency, now)
}

/// (revenue, refunded) of an order, for the proof of the books.
pub fn of_order(conn: &mut Conn, order: i64) -> Result<Option<(i64, i64)>> {
    Ok(purchases::table.find(order).select((purchases::revenue, purchases::refunded)).first(conn).optional()?)
}

/// The orders of a customer that were not cancelled, the first first.
pub fn orders(conn: &mut Conn, customer: CustomerId) -> Result<Vec<i64>> {
    let own = purchases::table.filter(purchases::customer_id.eq(customer)).order((purchases::purchased_at, purchases::order_id));
    Ok(own.select(purchases::order_id).load(conn)?)
}

/// The lines of an order as they are remembered, in the order of their variants, for the proof of the books.
pub fn lines(conn: &mut Conn, customer: CustomerId, order: i64) -> Result<Vec<Line>> {
    let of_order = purchase_lines::customer_id.eq(customer).and(purchase_lines::order_id.eq(order));
    Ok(on_each!(conn, c => purchase_lines::table
        .filter(of_order)
        .order(purchase_lines::variant_id)
        .select(Line::as_select())
        .load(c))?)
}

/// How many orders a customer has that were not cancelled.
pub fn count(conn: &mut Conn, customer: CustomerId) -> Result<i64> {
    Ok(on_each!(conn, c => purchases::table.filter(purchases::customer_id.eq(customer)).count().get_result(c))?)
}

/// How many orders that were not cancelled each of these customers has; nothing of whoever has none.
pub fn counts(conn: &mut Conn, customers: &[CustomerId]) -> Result<HashMap<CustomerId, i64>> {
    let theirs = purchases::table.filter(purchases::customer_id.eq_any(customers.to_vec()));
    let rows: Vec<(CustomerId, i64)> =
        theirs.group_by(purchases::customer_id).select((purchases::customer_id, diesel::dsl::count_star())).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// What some customers bought since a moment: whose it is, when, and its revenue net of refunds in this currency.
pub fn since(conn: &mut Conn, customers: &[CustomerId], currency: Currency, since: Time) -> Result<Vec<(CustomerId, Time, i64)>> {
    let theirs = purchases::customer_id.eq_any(customers.to_vec()).and(purchases::currency.eq(currency.code()));
    let rows: Vec<(CustomerId, Time, i64, i64)> = on_each!(conn, c => purchases::table
        .filter(theirs)
        .filter(purchases::purchased_at.ge(since))
        .select((purchases::customer_id, purchases::purchased_at, purchases::revenue, purchases::refunded))
        .load(c))?;
    Ok(rows.into_iter().map(|(customer, at, revenue, refunded)| (customer, at, revenue - refunded)).collect())
}

/// What a customer bought so far: orders, revenue net of refunds by currency.
pub fn totals(conn: &mut Conn, customer: CustomerId) -> Result<Vec<(String, i64, i64)>> {
    let rows: Vec<(String, i64, i64)> = purchases::table
        .filter(purchases::customer_id.eq(customer))
        .select((purchases::currency, purchases::revenue, purchases::refunded))
        .load(conn)?;
    let mut totals: std::collections::BTreeMap<String, (i64, i64)> = Default::default();
    for (currency, revenue, refunded) in rows {
        let entry = totals.entry(currency).or_default();
        *entry = (entry.0 + 1, entry.1 + revenue - refunded);
    }
    Ok(totals.into_iter().map(|(currency, (orders, net))| (currency, orders, net)).collect())
}
