//! The shopper's side of mail to many: what its links lead to, what somebody chooses of it, and signing up.
//!
//! Whoever has a link of a mail speaks for its reader about mail and about nothing else: no login, no token of a form. A GET changes
//! nothing but that the hit is kept, and only of somebody who allowed to be counted.

mod choose;
mod hits;
mod newsletter;
mod pages;

pub(super) use choose::{Wanted, choices, fields, fill, how_often, keep};
pub(super) use pages::{fields as unproven, is_one_click};

use super::door::Door;
use crate::campaigns::links;
use actix_web::web;
use crm::campaigns::DeliveryId;
use kernel::{Error, Result};

pub fn routes(config: &mut web::ServiceConfig) {
    let link = web::resource("/m/{token}").route(web::get().to(hits::click)).route(web::head().to(hits::click));
    let picture = web::resource("/m/{token}/open.gif").route(web::get().to(hits::open)).route(web::head().to(hits::open));
    config
        .service(link)
        .service(picture)
        .route("/m/{token}/view", web::get().to(hits::view))
        .route("/m/{token}/why", web::get().to(pages::why))
        .route("/m/{token}/unsubscribe", web::get().to(pages::ask))
        .route("/m/{token}/unsubscribe", web::post().to(pages::unsubscribe))
        .route("/m/{token}/preferences", web::get().to(choose::show))
        .route("/m/{token}/preferences", web::post().to(choose::save))
        .route("/newsletter", web::get().to(newsletter::show))
        .route("/newsletter", web::post().to(newsletter::ask))
        .route("/newsletter/confirm", web::get().to(newsletter::link))
        .route("/newsletter/confirm", web::post().to(newsletter::confirm));
}

/// The delivery whose own pages a token opens.
fn own(door: &Door, token: &str) -> Result<DeliveryId> {
    links::read_own(&door.signer, token).ok_or(Error::NotFound)
}
