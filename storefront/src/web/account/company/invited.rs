//! The link of an invitation: a page with a button, for whoever is signed in.

use super::super::{draw, draw_in};
use crate::buying;
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::shown;
use crate::web::views::company::InvitedView;
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::companies::{invitations, roles};
use kernel::{Error, Result};

pub async fn show(door: web::Data<Door>, visit: Visit, token: web::Path<String>) -> Result<HttpResponse> {
    let (seen, words, token) = (visit.clone(), Words::of(&door.templates, visit.language)?, token.into_inner());
    let secret = token.clone();
    let (page, view) = door
        .read(move |conn, now| {
            let page = frame::load(conn, &seen, now)?;
            let signed_in = seen.customer(conn, now)?.is_some();
            let Some(invited) = invitations::find(conn, &secret, now)? else { return Ok((page, InvitedView::default())) };
            let role = roles::role(conn, invited.company, invited.role)?;
            let role = shown::role(&words, &role.code, &role.name);
            Ok((page, InvitedView { token: secret, company: Some(invited.name), role, signed_in }))
        })
        .await?;
    let status = if view.company.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    draw_in(&door, &visit, status, "company_invited", "company-invited", page, view)
}

pub async fn accept(door: web::Data<Door>, visit: Visit, token: web::Path<String>, _form: Posted) -> Result<HttpResponse> {
    let (seen, token) = (visit.clone(), token.into_inner());
    let joined = door
        .write(move |conn, now| {
            let customer = seen.signed_in(conn, now)?;
            let member = invitations::accept(conn, &token, customer, now)?;
            let able = buying::choices(conn, customer)?.iter().any(|one| one.member == member);
            if let Some(session) = seen.session.as_deref().filter(|_| able) {
                buying::choose(conn, session, customer, Some(member), now)?;
            }
            Ok(())
        })
        .await;
    match joined {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "company-joined");
            Ok(door.go(&visit, "/account/company"))
        }
        Err(Error::Conflict(_)) => {
            draw(&door, &visit, StatusCode::NOT_FOUND, "company_invited", "company-invited", InvitedView::default()).await
        }
        Err(Error::Unauthorised) => {
            let back: String = url::form_urlencoded::byte_serialize(visit.path.as_bytes()).collect();
            Ok(door.go(&visit, &format!("/account/sign-in?next={back}")))
        }
        Err(error) => Err(error),
    }
}
