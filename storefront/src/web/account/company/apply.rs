//! Applying for a company. Whoever is not signed in does that first, or makes an account, and comes back here.

use super::super::{draw_in, or_sign_in, theirs};
use crate::address::Address;
use crate::buying;
use crate::stores;
use crate::web::checkout::{fill_address, read_address};
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::company::ApplyView;
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use crate::web::{countries, frame};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::companies::{self, Details};
use crm::customers;
use kernel::error::Fields;
use kernel::{Error, Result};

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    render(&door, &visit, None).await
}

async fn render(door: &Door, visit: &Visit, refused: Option<Form>) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (seen, store) = (visit.clone(), visit.site.id);
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, customer, now| {
        let country = stores::shop(conn, store)?.assumed_country().to_string();
        let own = customers::get(conn, customer)?;
        let form = refused.unwrap_or_else(|| {
            let blank = Address { name: own.name.clone(), country: country.clone(), phone: own.phone.clone(), ..Address::default() };
            fill_address(Form::new(form::COMPANY_APPLY), "", &blank).fill("invoice_email", &own.email)
        });
        let countries = countries::choices(None, seen.language, &country);
        Ok((frame::load(conn, &seen, now)?, ApplyView { form, countries }))
    }));
    draw_in(door, visit, status, "company_apply", "company-register", page, view)
}

/// What was typed: the company with its first address. Fails with every mistake at once.
fn read(form: &Posted) -> Result<(Details, Address)> {
    let mut wrong = Fields::default();
    let mut collect = |error: Error| match error {
        Error::Invalid(fields) => {
            fields.0.into_iter().for_each(|(name, text)| wrong.add(&name, text));
            Ok(())
        }
        other => Err(other),
    };
    let address = match read_address(form, "") {
        Ok(address) => Some(address),
        Err(error) => {
            collect(error)?;
            None
        }
    };
    let typed = Details {
        name: form.get("company").to_string(),
        country: form.get("country").to_string(),
        vat_id: form.get("vat_id").to_string(),
        registration_number: form.get("registration_number").to_string(),
        invoice_email: form.get("invoice_email").to_string(),
        website: form.get("website").to_string(),
        phone: form.get("phone").to_string(),
    };
    let details = match buying::checked(typed) {
        Ok(details) => Some(details),
        Err(error) => {
            collect(error)?;
            None
        }
    };
    // The form has the name of the company where an address has it.
    if let Some(text) = wrong.0.remove("company_name") {
        wrong.add("company", text);
    }
    match (details, address) {
        (Some(details), Some(address)) if wrong.0.is_empty() => Ok((details, address)),
        _ => Err(Error::Invalid(wrong)),
    }
}

pub async fn apply(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&visit.client)?;
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let applied = match read(&form) {
        Ok((details, address)) => {
            let (seen, address) = (visit.clone(), kernel::json::text(&address)?);
            let write = door.write(move |conn, now| {
                let customer = seen.signed_in(conn, now)?;
                let (company, _) = companies::apply(conn, customer, &details, &address, now)?;
                crate::vies::ask(conn, company, now)
            });
            write.await
        }
        Err(error) => Err(error),
    };
    match applied {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "company-applied");
            Ok(door.go(&visit, "/account/company"))
        }
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::COMPANY_APPLY).typed(form.pairs()).refuse(form::COMPANY_APPLY, &wrong);
            render(&door, &visit, Some(refused)).await
        }
        Err(error) => Err(error),
    }
}
