//! An order as its buyer sees it: by the signed link of a guest, or as the owner who is signed in.

mod act;
mod papers;
pub(super) mod pay;
mod returns;
mod view;

pub use papers::{pdf, xml};
pub(crate) use returns::contents as return_contents;
pub use returns::{instead_name, label_file, wanted_return};
pub(crate) use view::{back_to, paying, refund_parts, transfer};
pub(super) use view::{path_for, render};

use super::door::Door;
use super::visit::Visit;
use crate::buying;
use crate::orders::{self, Order};
use actix_web::{HttpResponse, web};
use crm::trails::{self, Evidence};
use kernel::clock::Time;
use kernel::token::Signer;
use kernel::{Conn, Error, Result};
use serde::Deserialize;

/// What signatures of order links are for.
pub const LINK: &str = "order";
/// The flash that lets the next order page say thank you.
pub(super) const FRESH: &str = "order-fresh";

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/orders/{number}", web::get().to(show))
        .route("/orders/{number}/documents/{document}", web::get().to(papers::show))
        .route("/orders/{number}/documents/{document}/ubl", web::get().to(papers::ubl))
        .route("/orders/{number}/return", web::get().to(pay::came_back))
        .route("/orders/{number}/returns/new", web::get().to(returns::new))
        .route("/orders/{number}/returns", web::get().to(returns::new))
        .route("/orders/{number}/returns", web::post().to(returns::request))
        .route("/orders/{number}/returns/{return}/label", web::get().to(returns::label))
        .route("/orders/{number}/returns/{return}/withdraw", web::post().to(returns::withdraw))
        .route("/orders/{number}/pay", web::post().to(pay::pay))
        .route("/orders/{number}/cancel", web::post().to(act::cancel))
        .route("/orders/{number}/reorder", web::post().to(act::reorder));
}

/// The signed link to an order, without language and host.
pub fn order_path(signer: &Signer, number: &str) -> String {
    format!("/orders/{number}?key={}", signer.sign(LINK, number))
}

/// The `key` of a link or form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Key {
    key: String,
}

/// The order, for who has its signed key or is its owner. `NotFound` for everybody else, whether or not there is such an order.
pub(super) fn allowed(conn: &mut Conn, visit: &Visit, signer: &Signer, number: &str, key: &str, now: Time) -> Result<Order> {
    if signer.verify(LINK, number, key) {
        return orders::get_by_number(conn, number);
    }
    match visit.customer(conn, now)? {
        Some(customer) => orders::of_customer(conn, customer, number),
        None => Err(Error::NotFound),
    }
}

/// [`allowed`], or a member of the company that it was placed for, as far as their role allows: to look, not to change.
pub(super) fn visible(conn: &mut Conn, visit: &Visit, signer: &Signer, number: &str, key: &str, now: Time) -> Result<(Order, bool)> {
    match allowed(conn, visit, signer, number, key, now) {
        Err(Error::NotFound) => {
            let Some(customer) = visit.customer(conn, now)? else { return Err(Error::NotFound) };
            let order = orders::get_by_number(conn, number)?;
            if buying::shown_to(conn, customer, &order)? { Ok((order, false)) } else { Err(Error::NotFound) }
        }
        own => own.map(|order| (order, true)),
    }
}

async fn show(door: web::Data<Door>, visit: Visit, number: web::Path<String>, query: web::Query<Key>) -> Result<HttpResponse> {
    let (key, number) = (query.into_inner().key, number.into_inner());
    // The link was mailed to whoever ordered. A trail that is somebody's stays theirs.
    if let Some(secret) = visit.trail().map(ToString::to_string).filter(|_| door.signer.verify(LINK, &number, &key)) {
        let (of, proof) = (number.clone(), format!("link of order {number}"));
        door.write(move |conn, now| {
            let order = orders::get_by_number(conn, &of)?;
            trails::join(conn, &secret, order.customer_id, Evidence::MailLink, &proof, now).map(drop)
        })
        .await?;
    }
    render(&door, visit, number, key, false).await
}
