//! Companies by what the ERP calls them.

use super::refs::{self, Kind};
use super::{Act, Became, Done, customers, tried};
use crate::address::Address;
use crate::{buying, vies};
use crm::CompanyId;
use crm::companies::{self as firms, Company, Details, Filter, Settings, State};
use crm::email::Email;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};

/// Companies of one VAT identification number that are looked at.
const ALIKE: i64 = 10;

/// A company. What is left out stays as it is.
#[derive(Clone, Debug, Default)]
pub struct CompanyRow {
    pub external_id: String,
    pub name: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub vat_id: Option<String>,
    pub registration_number: Option<String>,
    pub invoice_email: Option<String>,
    pub website: Option<String>,
    pub phone: Option<String>,
    pub price_group: Option<String>,
    /// The external id of the company above it; empty for none.
    pub parent: Option<String>,
    /// A new company needs somebody who looks after it, and a first place.
    pub administrator_email: Option<String>,
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    /// It may buy from now on. One that was closed or refused here stays so.
    pub approved: bool,
}

/// Adds companies, and changes those that are known by their external ids, or by a VAT identification number that only one company has.
pub fn companies(conn: &mut Conn, rows: &[CompanyRow], act: &Act) -> Result<Vec<Done>> {
    rows.iter().map(|row| tried(conn, |conn| put(conn, row, act))).collect()
}

/// What the audit log keeps of a company, as the back office does.
fn kept(one: &Company) -> Value {
    json!({ "name": one.name, "country": one.country, "vat_id": one.vat_id, "registration_number": one.registration_number,
        "website": one.website, "state": one.state, "reason": one.reason, "parent": one.parent_id, "price_group": one.price_group, "note": one.note })
}

fn put(conn: &mut Conn, row: &CompanyRow, act: &Act) -> Result<Became> {
    refs::check(&row.external_id)?;
    let found = refs::find(conn, Kind::Company, act.system, &row.external_id)?.map(CompanyId);
    let found = match found {
        Some(id) => Some(id),
        None => by_number(conn, row, act)?,
    };
    let (id, created) = match found {
        Some(id) => (id, false),
        None => (add(conn, row, act)?, true),
    };
    let linked = refs::set(conn, Kind::Company, act.system, &row.external_id, id.0, act.now)?;
    let before = firms::get(conn, id)?;
    let details = wanted(row, Some(&before))?;
    if details != Details::of(&before) && firms::change(conn, id, before.version, &details, act.actor, act.now)? {
        vies::ask(conn, id, act.now)?;
    }
    settle(conn, row, id, act)?;
    let now = firms::get(conn, id)?;
    if row.approved && now.state == State::Applied {
        firms::approve(conn, id, now.version, act.actor, act.now)?;
    }
    let after = firms::get(conn, id)?;
    let subject = format!("company:{id}");
    if created {
        act.note(conn, "company.edit", &subject, &Value::Null, &kept(&after))?;
        return Ok(Became::Created);
    }
    // Its version moves with every change of it.
    if after.version == before.version && !linked {
        return Ok(Became::Unchanged);
    }
    act.note(conn, "company.edit", &subject, &kept(&before), &kept(&after))?;
    Ok(Became::Changed)
}

/// What the row says the company says of itself, over what is stored.
fn wanted(row: &CompanyRow, stored: Option<&Company>) -> Result<Details> {
    let had = stored.map(Details::of).unwrap_or_default();
    let or = |wanted: &Option<String>, had: &str| wanted.clone().unwrap_or_else(|| had.to_string());
    buying::checked(Details {
        name: or(&row.name, &had.name),
        country: or(&row.country, &had.country),
        vat_id: or(&row.vat_id, &had.vat_id),
        registration_number: or(&row.registration_number, &had.registration_number),
        invoice_email: or(&row.invoice_email, &had.invoice_email),
        website: or(&row.website, &had.website),
        phone: or(&row.phone, &had.phone),
    })
}

/// A company of this VAT identification number that the ERP has no other name for, when there is just one.
fn by_number(conn: &mut Conn, row: &CompanyRow, act: &Act) -> Result<Option<CompanyId>> {
    let typed = row.vat_id.clone().unwrap_or_default();
    let number = crate::vat_id::parse(&typed, row.country.as_deref().unwrap_or_default().trim()).unwrap_or_default();
    if number.is_empty() {
        return Ok(None);
    }
    let filter = Filter { text: number.clone(), ..Filter::default() };
    let same: Vec<CompanyId> =
        firms::list(conn, &filter, ALIKE)?.into_iter().filter(|one| one.vat_id == number).map(|one| one.id).collect();
    let [id] = same[..] else { return Ok(None) };
    let other = refs::of(conn, Kind::Company, act.system, &[id.0])?;
    Ok(other.is_empty().then_some(id))
}

/// A new company, with its administrator and its first place.
fn add(conn: &mut Conn, row: &CompanyRow, act: &Act) -> Result<CompanyId> {
    let details = wanted(row, None)?;
    let text = |of: &Option<String>| of.clone().unwrap_or_default();
    let Some(email) = row.administrator_email.as_deref().filter(|email| !email.trim().is_empty()) else {
        return Err(Error::conflict("erp-company-administrator"));
    };
    let email = Email::parse(email, "administrator_email")?;
    let place = Address {
        name: details.name.clone(),
        company: details.name.clone(),
        line1: text(&row.line1),
        line2: text(&row.line2),
        postal_code: text(&row.postal_code),
        city: text(&row.city),
        country: details.country.clone(),
        phone: details.phone.clone(),
        vat_id: details.vat_id.clone(),
        ..Address::default()
    };
    let place = place.checked("").map_err(|_| Error::conflict("erp-company-address"))?;
    let administrator = customers::of_address(conn, &email, act)?;
    let (id, _) = firms::apply(conn, administrator, &details, &kernel::json::text(&place)?, act.now)?;
    vies::ask(conn, id, act.now)?;
    Ok(id)
}

/// Its price group and the company above it.
fn settle(conn: &mut Conn, row: &CompanyRow, id: CompanyId, act: &Act) -> Result<()> {
    let now = firms::get(conn, id)?;
    let parent = match row.parent.as_deref().map(str::trim) {
        None => now.parent_id,
        Some("") => None,
        Some(external_id) => match refs::find(conn, Kind::Company, act.system, external_id)? {
            Some(parent) => Some(CompanyId(parent)),
            None => return Err(Error::conflict("erp-company-parent")),
        },
    };
    let price_group = row.price_group.as_ref().map_or_else(|| now.price_group.clone(), |group| group.trim().to_string());
    if (parent, &price_group) == (now.parent_id, &now.price_group) {
        return Ok(());
    }
    let settings = Settings { parent, price_group, note: now.note.clone() };
    firms::set(conn, id, now.version, &settings, act.actor, act.now)
}
