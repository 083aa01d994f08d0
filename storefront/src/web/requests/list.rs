//! What a customer asked for, in the account.

use crate::web::account::{draw_in, or_sign_in, theirs};
use crate::web::door::Door;
use crate::web::frame;
use crate::web::views::requests::{RequestRow, RequestsView};
use crate::web::visit::Visit;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::tickets::{self, Ticket, TicketId};
use kernel::Result;
use serde::Deserialize;

const PAGE: i64 = 20;

/// The key of a page: the request before it. Anything else is the first page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    before: String,
}

pub async fn show(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    let (seen, before) = (visit.clone(), query.before.parse().ok().map(TicketId));
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, id, now| {
        let found = tickets::of_customer(conn, id, before, PAGE)?;
        let full = i64::try_from(found.len()).is_ok_and(|rows| rows == PAGE);
        let next = found.last().filter(|_| full).map(|last| format!("/account/requests?before={}", last.id));
        let row = |ticket: &Ticket| RequestRow {
            number: ticket.number.clone(),
            subject: ticket.subject.clone(),
            to: format!("/requests/{}", ticket.number),
            at: ticket.changed_at,
            status: ticket.status.as_str().to_string(),
        };
        Ok((frame::load(conn, &seen, now)?, RequestsView { rows: found.iter().map(row).collect(), next }))
    }));
    draw_in(&door, &visit, StatusCode::OK, "requests", "account-requests", page, view)
}
