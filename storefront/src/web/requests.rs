//! Requests of shoppers: help with an order, a question, and the page on which each is followed, answered and rated.

mod contact;
pub mod files;
mod help;
mod list;
mod show;

use super::visit::Visit;
use actix_web::web;
use crm::tickets::{self, Eyes, Ticket};
use kernel::clock::Time;
use kernel::token::Signer;
use kernel::{Conn, Error, Result};

/// What signatures of links to requests are for.
const LINK: &str = "request";

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/orders/{number}/help", web::get().to(help::show))
        .route("/orders/{number}/help", web::post().to(help::ask))
        .route("/contact", web::get().to(contact::show))
        .route("/contact", web::post().to(contact::ask))
        .route("/account/requests", web::get().to(list::show))
        .route("/requests/{number}", web::get().to(show::show))
        .route("/requests/{number}/messages", web::post().to(show::write))
        .route("/requests/{number}/rating", web::post().to(show::rate))
        .route("/requests/{number}/files", web::post().to(files::add))
        .route("/requests/{number}/files/{file}", web::get().to(files::download));
}

/// The signed link to a request, without language and host.
pub fn path(signer: &Signer, number: &str) -> String {
    format!("/requests/{number}?key={}", signer.sign(LINK, number))
}

/// The signed link to a file of a request, without language and host.
pub fn file_path(signer: &Signer, number: &str, file: i64) -> String {
    format!("/requests/{number}/files/{file}?key={}", signer.sign(LINK, number))
}

/// The page of a request for who came with `key`: the signed link, or the address without it for its owner.
pub(super) fn path_for(signer: &Signer, number: &str, key: &str) -> String {
    if signer.verify(LINK, number, key) { path(signer, number) } else { format!("/requests/{number}") }
}

/// The request and with whose eyes it is looked at: its owner's, who is led to the one that it goes on in, or those of whoever has its
/// signed key. `NotFound` for everybody else, whether or not there is such a request.
fn allowed(conn: &mut Conn, visit: &Visit, signer: &Signer, number: &str, key: &str, now: Time) -> Result<(Ticket, Eyes)> {
    if let Some(customer) = visit.customer(conn, now)?
        && let Ok(own) = tickets::own(conn, customer, number)
    {
        let standing = tickets::standing(conn, own.id)?;
        return Ok((tickets::get(conn, standing)?, Eyes::Customer));
    }
    if !signer.verify(LINK, number, key) {
        return Err(Error::NotFound);
    }
    Ok((tickets::by_number(conn, number)?, Eyes::Link))
}

/// The `key` of an address.
fn key(visit: &Visit) -> String {
    let found = form_urlencoded::parse(visit.query.as_bytes()).find(|(name, _)| name == "key");
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}
