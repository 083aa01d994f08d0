//! What a company says of itself, and what the tax office says of its number.

use super::members::{self, Wish};
use super::{Company, State, VatStanding, claim, get, log, roles, sites};
use crate::schema::companies;
use crate::{CompanyId, CustomerId, MemberId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};

/// The longest name and other text, in characters.
pub const NAME: usize = 120;
/// Companies of one customer that may wait for staff at once.
const WAITING: usize = 3;

/// What a company says of itself. The VAT identification number was checked by its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub vat_id: String,
    pub registration_number: String,
    pub invoice_email: String,
    pub website: String,
    pub phone: String,
}

impl Details {
    pub fn of(company: &Company) -> Details {
        Details {
            name: company.name.clone(),
            country: company.country.clone(),
            vat_id: company.vat_id.clone(),
            registration_number: company.registration_number.clone(),
            invoice_email: company.invoice_email.clone(),
            website: company.website.clone(),
            phone: company.phone.clone(),
        }
    }

    /// Trims every field and checks it; the site is cut to its host.
    pub fn checked(self) -> Result<Details> {
        let trim = |text: &str| text.replace('\0', "").split_whitespace().collect::<Vec<_>>().join(" ");
        let details = Details {
            name: trim(&self.name),
            country: trim(&self.country).to_uppercase(),
            vat_id: trim(&self.vat_id),
            registration_number: trim(&self.registration_number),
            invoice_email: trim(&self.invoice_email),
            website: host(&trim(&self.website)),
            phone: trim(&self.phone),
        };
        let mut fields = Fields::default();
        if details.name.is_empty() {
            fields.add("company_name", "field-required");
        }
        if details.country.len() != 2 || !details.country.bytes().all(|b| b.is_ascii_uppercase()) {
            fields.add("country", "country-required");
        }
        if !details.invoice_email.is_empty() && crate::email::Email::parse(&details.invoice_email, "invoice_email").is_err() {
            fields.add("invoice_email", "email-invalid");
        }
        let lengths = [
            ("company_name", &details.name),
            ("registration_number", &details.registration_number),
            ("website", &details.website),
            ("phone", &details.phone),
        ];
        for (field, text) in lengths {
            if text.chars().count() > NAME {
                fields.add(field, "field-too-long");
            }
        }
        fields.check()?;
        Ok(details)
    }

    /// What the log keeps of it: nothing that may tell of a person.
    fn logged(&self) -> String {
        let said = [&self.name, &self.country, &self.vat_id, &self.registration_number, &self.website];
        said.into_iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
    }
}

/// The host of an address of a site, in small letters.
pub(super) fn host(website: &str) -> String {
    let plain = website.trim().to_lowercase();
    let plain = plain.strip_prefix("https://").or_else(|| plain.strip_prefix("http://")).unwrap_or(&plain);
    let host = plain.split(['/', '?', '#']).next().unwrap_or("");
    host.strip_prefix("www.").unwrap_or(host).to_string()
}

/// A company that a customer applies for: they are its administrator, and `address` (the shop's, as JSON) its first place.
pub fn apply(conn: &mut Conn, customer: CustomerId, details: &Details, address: &str, now: Time) -> Result<(CompanyId, MemberId)> {
    let waiting = super::memberships(conn, customer)?.iter().filter(|one| one.state == State::Applied).count();
    if waiting >= WAITING {
        return Err(Error::conflict("company-already-applied"));
    }
    let id: CompanyId = diesel::insert_into(companies::table)
        .values((
            companies::name.eq(&details.name),
            companies::name_key.eq(crate::customers::name_key(&details.name)),
            companies::vat_id.eq(&details.vat_id),
            companies::registration_number.eq(&details.registration_number),
            companies::invoice_email.eq(&details.invoice_email),
            companies::website.eq(&details.website),
            companies::phone.eq(&details.phone),
            companies::country.eq(&details.country),
            companies::created_at.eq(now),
            companies::updated_at.eq(now),
        ))
        .returning(companies::id)
        .get_result(conn)?;
    log::write(conn, id, "", "applied", ("", &details.logged()), now)?;
    let site = sites::Wish { name: details.name.clone(), address: address.to_string(), parent: None, billing: true, active: true };
    sites::add(conn, id, &site, "", now)?;
    let wish = Wish { role: roles::built_in(conn, roles::ADMINISTRATOR)?, site: None, cost_centre: String::new() };
    let member = members::join(conn, id, customer, &wish, "", now)?;
    Ok((id, member))
}

/// Changes what a company says of itself. A changed VAT identification number is unchecked again; answers whether it was.
pub fn change(conn: &mut Conn, id: CompanyId, seen: i64, details: &Details, actor: &str, now: Time) -> Result<bool> {
    let before = claim(conn, id, seen, now)?;
    let renumbered = before.vat_id != details.vat_id;
    let (standing, evidence) = match renumbered {
        true => (VatStanding::Unchecked, String::new()),
        false => (before.vat_standing, before.vat_evidence.clone()),
    };
    diesel::update(companies::table.find(id))
        .set((
            companies::name.eq(&details.name),
            companies::name_key.eq(crate::customers::name_key(&details.name)),
            companies::vat_id.eq(&details.vat_id),
            companies::vat_standing.eq(standing),
            companies::vat_evidence.eq(evidence),
            companies::registration_number.eq(&details.registration_number),
            companies::invoice_email.eq(&details.invoice_email),
            companies::website.eq(&details.website),
            companies::phone.eq(&details.phone),
            companies::country.eq(&details.country),
        ))
        .execute(conn)?;
    log::write(conn, id, actor, "details-changed", (&Details::of(&before).logged(), &details.logged()), now)?;
    Ok(renumbered)
}

/// Keeps what the tax office said of a number. Does nothing when the company has another number by now.
pub fn vat_said(conn: &mut Conn, id: CompanyId, vat_id: &str, standing: VatStanding, evidence: &str, now: Time) -> Result<bool> {
    let before = get(conn, id)?;
    let own = companies::table.find(id).filter(companies::vat_id.eq(vat_id));
    let said = diesel::update(own)
        .set((
            companies::vat_standing.eq(standing),
            companies::vat_evidence.eq(evidence),
            companies::version.eq(companies::version + 1),
            companies::updated_at.eq(now),
        ))
        .execute(conn)?
        == 1;
    if said && before.vat_standing != standing {
        log::write(conn, id, "vies", "vat-checked", (before.vat_standing.as_str(), standing.as_str()), now)?;
    }
    Ok(said)
}
