//! What the shop knows about the customer who is signed in: to read, to take along, and to have erased.

use super::{blocking, draw_in, or_sign_in, theirs};
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::views::account::{EraseView, PersonalView};
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use crate::{erasure, logins, personal};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::{Error, Result};

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, all) =
        or_sign_in!(theirs(&door, &visit, move |conn, id, now| Ok((frame::load(conn, &seen, now)?, personal::gather(conn, id, now)?))));
    let name = all["profile"]["name"].as_str().filter(|name| !name.is_empty()).or(all["profile"]["email"].as_str());
    let view = PersonalView { name: name.unwrap_or_default().to_string(), all };
    draw_in(&door, &visit, StatusCode::OK, "personal", "preferences-data", page, view)
}

pub async fn download(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let all = or_sign_in!(theirs(&door, &visit, personal::gather));
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"personal-data.json\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(all))
}

pub async fn erase_form(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    ask(&door, &visit, StatusCode::OK, Fields::default()).await
}

/// The preview with the question for the password.
async fn ask(door: &Door, visit: &Visit, status: StatusCode, wrong: Fields) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, of) =
        or_sign_in!(theirs(door, visit, move |conn, id, now| Ok((frame::load(conn, &seen, now)?, erasure::preview(conn, id)?))));
    let form = Form::new(form::ERASE).refuse(form::ERASE, &wrong);
    draw_in(door, visit, status, "erase", "preferences-erase", page, EraseView { of, form })
}

pub async fn erase(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.sign_in.check(&visit.client)?;
    let hash = {
        let seen = visit.clone();
        or_sign_in!(theirs(&door, &visit, move |conn, _, now| {
            let login = seen.login(conn, now)?;
            Ok(logins::password_hash(conn, login)?.unwrap_or_default())
        }))
    };
    let password = form.get("password").to_string();
    if password.len() > 1000 || !blocking(move || logins::matches(&password, &hash)).await? {
        let mut wrong = Fields::default();
        wrong.add("password", "password-wrong");
        return ask(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, wrong).await;
    }
    let seen = visit.clone();
    let done = door
        .write(move |conn, now| {
            let id = seen.signed_in(conn, now)?;
            erasure::erase(conn, id, now)
        })
        .await;
    match done {
        Ok(()) => {
            visit.sign_out();
            // Nothing of the person stays in this browser either.
            visit.refuse();
            visit.renew();
            visit.say(&door.signer, Tone::Success, "preferences-erased");
            Ok(door.go(&visit, "/"))
        }
        Err(Error::Conflict(text)) => {
            let mut wrong = Fields::default();
            wrong.add("form", text);
            ask(&door, &visit, StatusCode::CONFLICT, wrong).await
        }
        Err(error) => Err(error),
    }
}
