//! The places in which goods lie.

use super::desk::{Desk, refusal};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::address::Address;
use storefront::ids::LocationId;
use storefront::stock::{self, Location};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["name"];
const HERE: &str = "/admin/stock/locations";

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    page(&desk, StatusCode::OK, Form::new(NAMES)).await
}

async fn page(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let places = desk.read(stock::locations).await?;
    let places = places.iter().map(view).collect::<Result<Vec<Value>>>()?;
    desk.page_as(status, "admin/locations.html", "admin-locations", json!({ "places": places, "form": form }))
}

fn view(place: &Location) -> Result<Value> {
    let address = place.address()?;
    Ok(json!({ "id": place.id, "name": place.name, "active": place.active, "hours": place.hours, "address": address }))
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
            page(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

pub async fn change(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = LocationId(*id);
    let (act_name, name) = (posted.get("do").to_string(), posted.get("name").trim().to_string());
    let typed = posted.clone();
    let changed = desk
        .write(move |conn, act| {
            let before = found(stock::locations(conn)?, id)?;
            match act_name.as_str() {
                "rename" => stock::rename_location(conn, id, &name)?,
                "describe" => stock::describe_location(conn, id, &address(&typed, &before.name)?, typed.get("hours"))?,
                "prefer" => stock::prefer_location(conn, id)?,
                "close" => stock::close_location(conn, id)?,
                "reopen" => stock::reopen_location(conn, id)?,
                _ => return Err(Error::NotFound),
            }
            let after = found(stock::locations(conn)?, id)?;
            act.log(conn, &format!("location.{act_name}"), &format!("location:{id}"), &before, &after)
        })
        .await;
    match changed {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        // One field, and it is in the row: said above the list.
        Err(Error::Invalid(fields)) => {
            let why = fields.0.values().next().cloned().unwrap_or_default();
            desk.explained(HERE, Error::Conflict(why))
        }
        Err(error) => desk.explained(HERE, error),
    }
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
