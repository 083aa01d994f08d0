//! The orders of a company, as far as a member may see them, with who ordered what.

use super::super::home::told;
use super::super::{draw_in, or_sign_in, theirs};
use super::{At, seat};
use crate::buying;
use crate::ids::OrderId;
use crate::web::door::Door;
use crate::web::frame;
use crate::web::orders::render;
use crate::web::views::company::{CompanyOrder, CompanyOrdersView};
use crate::web::visit::Visit;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::MemberId;
use crm::companies;
use kernel::{Error, Result};

const PAGE: i64 = 20;

pub async fn list(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    let (seen, before): (Visit, Option<OrderId>) = (visit.clone(), query.before.parse().ok());
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, customer, now| {
        let seat = seat(conn, &seen, customer, None, now)?;
        let buyer = companies::buyer(conn, seat.own.member)?.ok_or(Error::NotFound)?;
        let mut found = buying::orders(conn, &buyer, before, PAGE + 1)?;
        let more = i64::try_from(found.len()).is_ok_and(|count| count > PAGE);
        found.truncate(usize::try_from(PAGE).unwrap_or(0));
        let next = found.last().filter(|_| more).map(|row| format!("/account/company/orders?before={}", row.id));
        let ids: Vec<OrderId> = found.iter().map(|row| row.id).collect();
        let trades = buying::of_orders(conn, &ids)?;
        let members: Vec<MemberId> = trades.iter().map(|trade| trade.member).collect();
        let named = companies::members::named(conn, &members)?;
        let mut orders = Vec::with_capacity(ids.len());
        for (id, row) in ids.into_iter().zip(told(conn, found, "/account/company/orders")?) {
            let trade = trades.iter().find(|trade| trade.order == id);
            let member = trade.and_then(|trade| named.iter().find(|one| one.id == trade.member));
            orders.push(CompanyOrder {
                order: row,
                by: member.map(|one| one.called().to_string()).unwrap_or_default(),
                po_number: trade.map(|trade| trade.po_number.clone()).unwrap_or_default(),
            });
        }
        let first = before.map(|_| "/account/company/orders".to_string());
        Ok((frame::load(conn, &seen, now)?, CompanyOrdersView { nav: seat.nav(), orders, next, first }))
    }));
    draw_in(&door, &visit, StatusCode::OK, "company_orders", "company-orders", page, view)
}

pub async fn order(door: web::Data<Door>, visit: Visit, number: web::Path<String>) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    render(&door, visit, number.into_inner(), String::new(), true).await
}
