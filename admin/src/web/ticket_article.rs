//! A solved ticket becomes a draft of an article, which leads on to the article's editor.

use super::desk::Desk;
use super::ticket::address;
use crate::permissions::Permission;
use actix_web::{HttpResponse, web};
use crm::tickets;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::articles;
use storefront::web::posted::Posted;

pub async fn create(desk: Desk, number: web::Path<String>, _: Posted) -> Result<HttpResponse> {
    // What a draft says was read in the ticket.
    if !desk.may(Permission::TicketsView) {
        return Err(Error::NotFound);
    }
    let number = number.into_inner();
    let asked = number.clone();
    let made = desk.write(move |conn, act| {
        let ticket = tickets::by_number(conn, &asked)?;
        let (slug, new) = articles::draft(conn, &ticket, &act.actor, act.now)?;
        if new {
            act.log(conn, "ticket.article", &format!("ticket:{}", ticket.number), &Value::Null, &json!({ "article": slug }))?;
        }
        Ok(slug)
    });
    match made.await {
        Ok(slug) => Ok(desk.done(&format!("/admin/articles/{slug}"), "admin-article-drafted")),
        Err(error) => desk.explained(&address(&number), error),
    }
}
