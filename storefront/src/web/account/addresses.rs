//! The customer's address book.

use super::{draw_in, or_sign_in, theirs};
use crate::address_book;
use crate::ids::AddressId;
use crate::stores;
use crate::web::checkout::{fill_address, read_address};
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::account::{AddressFormView, AddressView, AddressesView};
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use crate::web::{countries, frame, shown};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::{Error, Result};

pub async fn list(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, id, now| {
        let view = |entry: address_book::Entry| AddressView {
            id: entry.id.to_string(),
            lines: shown::address_lines(&entry.address, seen.language),
            default: entry.is_default,
        };
        let addresses = address_book::of_customer(conn, id)?.into_iter().map(view).collect();
        Ok((frame::load(conn, &seen, now)?, AddressesView { addresses }))
    }));
    draw_in(&door, &visit, StatusCode::OK, "addresses", "account-addresses", page, view)
}

pub async fn new(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    show(&door, &visit, None, None).await
}

pub async fn edit(door: web::Data<Door>, visit: Visit, id: web::Path<String>) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    show(&door, &visit, Some(id), None).await
}

/// The form: blank, filled from the book, or refused.
async fn show(door: &Door, visit: &Visit, id: Option<AddressId>, refused: Option<Form>) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (seen, store) = (visit.clone(), visit.site.id);
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, customer, now| {
        let stored = id.map(|id| address_book::get(conn, customer, id)).transpose()?;
        let country = stores::shop(conn, store)?.assumed_country().to_string();
        let form = match (refused, stored) {
            (Some(form), _) => form,
            (None, Some(entry)) => {
                let default = if entry.is_default { "on" } else { "" };
                fill_address(Form::new(form::ADDRESS), "", &entry.address).fill("default", default)
            }
            (None, None) => Form::new(form::ADDRESS).fill("country", &country),
        };
        let countries = countries::choices(None, seen.language, &country);
        let view = AddressFormView { id: id.map(|id| id.to_string()), form, countries };
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    let title = if view.id.is_some() { "address-edit" } else { "address-new" };
    draw_in(door, visit, status, "address", title, page, view)
}

pub async fn add(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    save(&door, &visit, None, form).await
}

pub async fn update(door: web::Data<Door>, visit: Visit, id: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    save(&door, &visit, Some(id), form).await
}

async fn save(door: &Door, visit: &Visit, id: Option<AddressId>, form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(door, visit, |_, _, _| Ok(())));
    let saved = match read_address(&form, "") {
        Ok(address) => {
            let (seen, default) = (visit.clone(), form.ticked("default"));
            let write = door.write(move |conn, now| {
                let customer = seen.signed_in(conn, now)?;
                match id {
                    Some(id) => address_book::update(conn, customer, id, &address, default),
                    None => address_book::add(conn, customer, &address, default, now).map(drop),
                }
            });
            write.await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "form-saved");
            Ok(door.go(visit, "/account/addresses"))
        }
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::ADDRESS).typed(form.pairs()).refuse(form::ADDRESS, &wrong);
            show(door, visit, id, Some(refused)).await
        }
        Err(error) => Err(error),
    }
}

pub async fn remove(door: web::Data<Door>, visit: Visit, id: web::Path<String>, _form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let (seen, id) = (visit.clone(), id.parse().map_err(|_| Error::NotFound)?);
    door.write(move |conn, now| {
        let customer = seen.signed_in(conn, now)?;
        address_book::remove(conn, customer, id)
    })
    .await?;
    visit.say(&door.signer, Tone::Success, "address-removed");
    Ok(door.go(&visit, "/account/addresses"))
}
