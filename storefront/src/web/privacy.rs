//! Whether the shop may recognise a browser. Nothing is kept of what a visitor looks at before they say yes; a no is asked about once.

use super::account::local_or;
use super::door::Door;
use super::frame;
use super::posted::Posted;
use super::views::page::{Page, Tone};
use super::visit::{Choice, Visit};
use super::words::Words;
use actix_web::{HttpResponse, web};
use crm::CustomerId;
use crm::consents::Consent;
use crm::trails::{self, Evidence, Joined};
use kernel::clock::Time;
use kernel::{Conn, Error, Result, token};
use serde::Serialize;

/// Joins the trail of a visit with a person, in the transaction that learns who it is.
pub struct Recognition {
    secret: Option<String>,
    /// The secret of another trail, if this one is somebody else's.
    fresh: String,
}

impl Recognition {
    pub fn of(visit: &Visit) -> Recognition {
        Recognition { secret: visit.trail().map(ToString::to_string), fresh: token::random() }
    }

    /// Does nothing for whoever did not allow it. Answers the secret of the trail to follow from now on, when it is another one.
    pub fn join(&self, conn: &mut Conn, customer: CustomerId, evidence: Evidence, proof: &str, now: Time) -> Result<Option<String>> {
        let Some(secret) = &self.secret else { return Ok(None) };
        if trails::join(conn, secret, customer, evidence, proof, now)? != Joined::Taken {
            return Ok(None);
        }
        trails::join(conn, &self.fresh, customer, evidence, proof, now)?;
        Ok(Some(self.fresh.clone()))
    }
}

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/privacy", web::get().to(show)).route("/privacy", web::post().to(choose));
}

/// `storefront/privacy.html`.
#[derive(Clone, Debug, Serialize)]
struct PrivacyView {
    /// `allowed`, `refused` or `open`.
    choice: &'static str,
}

async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let (seen, words) = (visit.clone(), Words::of(&door.templates, visit.language)?);
    let page = door
        .read(move |conn, now| {
            let mut page = frame::load(conn, &seen, now)?;
            page.title = words.get("privacy-title");
            page.noindex = true;
            // The page asks by itself.
            page.asks = false;
            page.alternates = frame::alternates(&seen.site, "/privacy", seen.language);
            let choice = match seen.choice {
                Choice::Allowed(_) => "allowed",
                Choice::Refused => "refused",
                Choice::Open => "open",
            };
            Ok(Page { page, view: PrivacyView { choice } })
        })
        .await?;
    door.render(&visit, "storefront/privacy.html", &page)
}

async fn choose(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let allows = match form.get("choice") {
        "allow" => true,
        "refuse" => false,
        _ => return Err(Error::field("choice", "privacy-choice-missing")),
    };
    let secret = if allows { Some(visit.allow()) } else { None };
    if !allows {
        visit.refuse();
    }
    let seen = visit.clone();
    door.write(move |conn, now| {
        let Some(customer) = seen.customer(conn, now)? else { return Ok(()) };
        trails::say(conn, customer, if allows { Consent::Given } else { Consent::Withdrawn }, now)?;
        match &secret {
            Some(secret) => trails::join(conn, secret, customer, Evidence::SignIn, "signed in when it was allowed", now).map(drop),
            None => Ok(()),
        }
    })
    .await?;
    visit.say(&door.signer, Tone::Success, if allows { "privacy-allowed" } else { "privacy-refused" });
    Ok(door.go(&visit, local_or(form.get("next"), "/")))
}
