//! The places in which goods lie. Each is a form of its own in the list.

use super::desk::{Desk, refusal};
use super::stale::{self, Labels, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::address::Address;
use storefront::ids::LocationId;
use storefront::stock::{self, Location};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

/// The form of a new place.
const NAMES: &[&str] = &["name"];
/// The form of a place.
const PLACE: &[&str] = &["name", "line1", "postcode", "city", "region", "country", "hours"];
const LABELS: &Labels = &[
    ("name", "admin-location-name-label", ""),
    ("line1", "address-line1", ""),
    ("postcode", "address-postcode", ""),
    ("city", "address-city", ""),
    ("region", "address-region", ""),
    ("country", "admin-country", ""),
    ("hours", "pickup-hours", ""),
];
const HERE: &str = "/admin/stock/locations";

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    page(&desk, StatusCode::OK, Form::new(NAMES), None).await
}

/// The page with `form` for a new place; of a refused place, what was typed.
async fn page(desk: &Desk, status: StatusCode, form: Form, refused: Option<(LocationId, Form)>) -> Result<HttpResponse> {
    let places = desk.read(stock::locations).await?;
    let view = |place: &Location| -> Result<Value> {
        let typed = refused.as_ref().filter(|(id, _)| *id == place.id).map(|(_, form)| form.clone());
        let open = typed.is_some();
        let form = match typed {
            Some(form) => form,
            None => filled(place)?.sealed(),
        };
        Ok(json!({ "id": place.id, "active": place.active, "open": open, "form": form }))
    };
    let places = places.iter().map(view).collect::<Result<Vec<Value>>>()?;
    desk.page_as(status, "admin/locations.html", "admin-locations", json!({ "places": places, "form": form }))
}

fn filled(place: &Location) -> Result<Form> {
    let address = place.address()?;
    Ok(Form::new(PLACE)
        .fill("name", &place.name)
        .fill("line1", address.line1)
        .fill("postcode", address.postal_code)
        .fill("city", address.city)
        .fill("region", address.region)
        .fill("country", address.country)
        .fill("hours", &place.hours))
}

pub async fn add(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let name = posted.get("name").trim().to_string();
    let added = desk
        .write(move |conn, act| {
            let id = stock::add_location(conn, &name)?;
            act.log(conn, "location.add", &format!("location:{id}"), &json!(null), &json!({ "name": name }))
        })
        .await;
    match added {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong), None).await
        }
    }
}

pub async fn change(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = LocationId(*id);
    let typed = posted.clone();
    let changed = desk
        .write(move |conn, act| {
            let before = found(stock::locations(conn)?, id)?;
            let what = typed.get("do");
            // Only what stores the fields can undo what somebody else stored in them.
            if matches!(what, "rename" | "describe") {
                stale::check(&filled(&before)?, &typed)?;
            }
            match what {
                "rename" => stock::rename_location(conn, id, typed.get("name").trim())?,
                "describe" => stock::describe_location(conn, id, &address(&typed, &before.name)?, typed.get("hours"))?,
                "prefer" => stock::prefer_location(conn, id)?,
                "close" => stock::close_location(conn, id)?,
                "reopen" => stock::reopen_location(conn, id)?,
                _ => return Err(Error::NotFound),
            }
            let after = found(stock::locations(conn)?, id)?;
            act.log(conn, &format!("location.{what}"), &format!("location:{id}"), &before, &after)
        })
        .await;
    match changed {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(Error::NotFound) => Err(Error::NotFound),
        Err(error) if matches!(posted.get("do"), "rename" | "describe") => {
            let (words, stored) = (desk.words()?, desk.read(move |conn| filled(&found(stock::locations(conn)?, id)?)).await?);
            let label = |name: &str| stale::label(LABELS, name, &words);
            let of = Refused { form: Form::new(PLACE).typed(posted.pairs()), order: PLACE, stored: &stored, label: &label };
            let (status, form) = stale::refused(&posted, named(error), of, &words)?;
            page(&desk, status, Form::new(NAMES), Some((id, form))).await
        }
        Err(error) => desk.explained(HERE, error),
    }
}

/// The domain's names of what is wrong with an address as the form's.
fn named(error: Error) -> Error {
    let Error::Invalid(Fields(fields)) = error else { return error };
    let name = |name: String| if name == "postal_code" { "postcode".to_string() } else { name };
    Error::Invalid(Fields(fields.into_iter().map(|(field, why)| (name(field), why)).collect()))
}

/// The address of a place, which is called as the place is.
fn address(typed: &Posted, name: &str) -> Result<Address> {
    let get = |field: &str| typed.get(field).to_string();
    let address = Address {
        name: name.to_string(),
        line1: get("line1"),
        postal_code: get("postcode"),
        city: get("city"),
        region: get("region"),
        country: get("country"),
        ..Address::default()
    };
    address.checked("")
}

fn found(places: Vec<Location>, id: LocationId) -> Result<Location> {
    places.into_iter().find(|place| place.id == id).ok_or(Error::NotFound)
}
