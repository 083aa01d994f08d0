//! What the customer was offered.

use super::{draw_in, or_sign_in, theirs};
use crate::web::door::Door;
use crate::web::views::offers::OffersView;
use crate::web::visit::Visit;
use crate::web::{frame, known, offers};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::Result;

pub async fn index(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    // What is to be decided is, before it is shown.
    let audience = known::load(&door, &visit).await?.audience;
    let seen = visit.clone();
    let (page, offers) = or_sign_in!(theirs(&door, &visit, move |conn, id, now| {
        let offers = offers::views(conn, &seen, id, &audience, now)?;
        Ok((frame::load(conn, &seen, now)?, offers))
    }));
    let view = OffersView { offers: offers.into_iter().map(|(_, offer)| offer).collect() };
    draw_in(&door, &visit, StatusCode::OK, "offers", "account-offers", page, view)
}
