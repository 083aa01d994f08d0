//! Writing an opportunity down, changing it, and making a customer of a lead.

use super::moves::{self, What};
use super::{Opportunity, OpportunityId, State, claim, get, stages};
use crate::companies;
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use crate::schema::opportunities as rows;
use crate::{CompanyId, CustomerId};
use chrono::NaiveDate;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};

/// The longest texts, in characters.
const TITLE: usize = 200;
const STEP: usize = 200;
const CONTACT: usize = 120;
const SOURCE: usize = 60;
/// The largest amount, in minor units.
const LARGEST: i64 = 1_000_000_000_000;

/// An opportunity as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub title: String,
    pub company: Option<CompanyId>,
    pub contact_name: String,
    /// Of a customer, if there is one of this address.
    pub contact_email: String,
    pub contact_phone: String,
    pub contact_company: String,
    pub amount: i64,
    pub currency: Currency,
    pub owner: Option<i64>,
    pub next_step: String,
    pub next_on: Option<NaiveDate>,
    pub expected_on: Option<NaiveDate>,
    pub source: String,
    pub quote: Option<i64>,
    pub with_order: bool,
}

/// What a wish is stored as.
struct Checked {
    wish: Wish,
    customer: Option<CustomerId>,
}

fn checked(conn: &mut Conn, wish: &Wish) -> Result<Checked> {
    let trim = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut wish = Wish {
        title: trim(&wish.title),
        contact_name: trim(&wish.contact_name),
        contact_email: trim(&wish.contact_email),
        contact_phone: trim(&wish.contact_phone),
        contact_company: trim(&wish.contact_company),
        next_step: trim(&wish.next_step),
        source: trim(&wish.source),
        ..wish.clone()
    };
    let mut wrong = Fields::default();
    if wish.title.is_empty() {
        wrong.add("title", "field-required");
    }
    let lengths = [
        ("title", &wish.title, TITLE),
        ("contact_name", &wish.contact_name, CONTACT),
        ("contact_phone", &wish.contact_phone, CONTACT),
        ("contact_company", &wish.contact_company, CONTACT),
        ("next_step", &wish.next_step, STEP),
        ("source", &wish.source, SOURCE),
    ];
    for (field, text, most) in lengths {
        if text.chars().count() > most {
            wrong.add(field, "field-too-long");
        }
    }
    if !(0..=LARGEST).contains(&wish.amount) {
        wrong.add("amount", "admin-amount-invalid");
    }
    let mut customer = None;
    if !wish.contact_email.is_empty() {
        match Email::parse(&wish.contact_email, "contact_email") {
            Ok(email) => {
                customer = customers::find_by_email(conn, &email)?.map(|found| found.id);
                // As erasing somebody looks for it.
                wish.contact_email = email.key();
            }
            Err(_) => wrong.add("contact_email", "email-invalid"),
        }
    }
    if let Some(company) = wish.company {
        match companies::get(conn, company) {
            Err(Error::NotFound) => wrong.add("company", "sales-company-unknown"),
            found => found.map(drop)?,
        }
    } else if wish.with_order {
        wrong.add("company", "sales-order-needs-company");
    }
    let nobody = wish.contact_name.is_empty() && wish.contact_email.is_empty() && wish.contact_company.is_empty();
    if wish.company.is_none() && customer.is_none() && nobody {
        wrong.add("contact_name", "sales-needs-somebody");
    }
    wrong.check()?;
    // A customer says who they are themselves, and so does a company.
    if customer.is_some() {
        wish.contact_name.clear();
        wish.contact_email.clear();
        wish.contact_phone.clear();
    }
    if wish.company.is_some() {
        wish.contact_company.clear();
    }
    Ok(Checked { wish, customer })
}

/// Writes an opportunity down, in the first stage.
pub fn create(conn: &mut Conn, wish: &Wish, actor: &str, now: Time) -> Result<OpportunityId> {
    let Checked { wish, customer } = checked(conn, wish)?;
    let stage = stages::first(conn, State::Open)?;
    let id: OpportunityId = diesel::insert_into(rows::table)
        .values((
            rows::company_id.eq(wish.company),
            rows::customer_id.eq(customer),
            rows::contact_name.eq(&wish.contact_name),
            rows::contact_email.eq(&wish.contact_email),
            rows::contact_phone.eq(&wish.contact_phone),
            rows::contact_company.eq(&wish.contact_company),
            rows::title.eq(&wish.title),
            rows::amount.eq(wish.amount),
            rows::currency.eq(wish.currency.code()),
            rows::stage_id.eq(stage.id),
            rows::state.eq(stage.kind),
            rows::stage_since.eq(now),
            rows::owner.eq(wish.owner),
            rows::next_step.eq(&wish.next_step),
            rows::next_on.eq(wish.next_on.map(|day| day.to_string())),
            rows::expected_on.eq(wish.expected_on.map(|day| day.to_string())),
            rows::source.eq(&wish.source),
            rows::quote_id.eq(wish.quote),
            rows::with_order.eq(wish.with_order),
            rows::created_by.eq(actor),
            rows::created_at.eq(now),
            rows::updated_at.eq(now),
        ))
        .returning(rows::id)
        .get_result(conn)?;
    moves::note(conn, id, What::Created, (stage.id, wish.amount), actor, now)?;
    Ok(id)
}

/// Changes an opportunity that is as a form saw it; where it stands stays. `Conflict` when it changed since.
pub fn update(conn: &mut Conn, id: OpportunityId, seen: i64, wish: &Wish, actor: &str, now: Time) -> Result<()> {
    let Checked { wish, customer } = checked(conn, wish)?;
    let before = claim(conn, id, seen, now)?;
    diesel::update(rows::table.find(id))
        .set((
            rows::company_id.eq(wish.company),
            rows::customer_id.eq(customer),
            rows::contact_name.eq(&wish.contact_name),
            rows::contact_email.eq(&wish.contact_email),
            rows::contact_phone.eq(&wish.contact_phone),
            rows::contact_company.eq(&wish.contact_company),
            rows::title.eq(&wish.title),
            rows::amount.eq(wish.amount),
            rows::currency.eq(wish.currency.code()),
            rows::owner.eq(wish.owner),
            rows::next_step.eq(&wish.next_step),
            rows::next_on.eq(wish.next_on.map(|day| day.to_string())),
            rows::expected_on.eq(wish.expected_on.map(|day| day.to_string())),
            rows::source.eq(&wish.source),
            rows::quote_id.eq(wish.quote),
            rows::with_order.eq(wish.with_order),
        ))
        .execute(conn)?;
    if before.amount != wish.amount || before.currency != wish.currency.code() {
        moves::note(conn, id, What::Amount, (before.stage_id, wish.amount), actor, now)?;
    }
    Ok(())
}

/// Makes a customer of the contact of an opportunity; whoever has the address already is taken. `Invalid` without an address.
pub fn convert(conn: &mut Conn, id: OpportunityId, seen: i64, language: &str, actor: &str, now: Time) -> Result<CustomerId> {
    let one = claim(conn, id, seen, now)?;
    if let Some(customer) = one.customer_id {
        return Ok(customer);
    }
    if one.contact_email.is_empty() {
        return Err(Error::field("contact_email", "sales-needs-email"));
    }
    let email = Email::parse(&one.contact_email, "contact_email")?;
    let Opportunity { contact_name: name, contact_phone: phone, .. } = one;
    let new = NewCustomer { email, name, phone, language: language.to_string() };
    let customer = customers::ensure(conn, &new, now)?;
    diesel::update(rows::table.find(id))
        .set((rows::customer_id.eq(customer), rows::contact_name.eq(""), rows::contact_email.eq(""), rows::contact_phone.eq("")))
        .execute(conn)?;
    super::contacts::take_over(conn, id, customer)?;
    moves::note(conn, id, What::Converted, (one.stage_id, one.amount), actor, now)?;
    Ok(customer)
}

/// Sets the company that a converted lead became.
pub fn belong(conn: &mut Conn, id: OpportunityId, company: CompanyId) -> Result<()> {
    get(conn, id)?;
    let set = (rows::company_id.eq(company), rows::contact_company.eq(""));
    diesel::update(rows::table.find(id)).set(set).execute(conn)?;
    Ok(())
}
