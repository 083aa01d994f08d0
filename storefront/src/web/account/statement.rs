//! What the company owes for which somebody buys: for members who may see invoices, and of the whole company alone.

use super::company::menu;
use super::seat::membership;
use super::{draw_in, or_sign_in, theirs};
use crate::company_accounts::{self, Item};
use crate::ids::OrderId;
use crate::imports::export_accounts::export_bookings;
use crate::shop;
use crate::web::door::Door;
use crate::web::download;
use crate::web::frame;
use crate::web::views::account::{StatementAccount, StatementItem, StatementView};
use crate::web::visit::Visit;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{Datelike, NaiveDate, NaiveTime};
use crm::CustomerId;
use crm::companies::{May, Membership};
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde::Deserialize;

const PAGE: i64 = 50;

/// The key of a page, and the period of a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    after: String,
    from: String,
    to: String,
}

/// By which membership somebody looks. Nothing is found for members who may not, or who see one place of the company alone.
fn seat(conn: &mut Conn, visit: &Visit, customer: CustomerId, now: Time) -> Result<Membership> {
    let (own, _) = membership(conn, visit, customer, |one| one.may(May::Invoices) && one.site.is_none(), now)?;
    Ok(own)
}

pub async fn show(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    let (seen, after) = (visit.clone(), query.after.parse().ok().map(OrderId));
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, customer, now| {
        let seat = seat(conn, &seen, customer, now)?;
        Ok((frame::load(conn, &seen, now)?, statement(conn, &seat, after, now)?))
    }));
    draw_in(&door, &visit, StatusCode::OK, "statement", "account-statement", page, view)
}

fn statement(conn: &mut Conn, seat: &Membership, after: Option<OrderId>, now: Time) -> Result<StatementView> {
    let today = shop::get(conn)?.local(now).date();
    let mut view = StatementView {
        nav: menu(&seat.name, seat.buys(), &seat.may, seat.site),
        company: seat.name.clone(),
        from: today.with_day(1).unwrap_or(today).to_string(),
        to: today.to_string(),
        ..StatementView::default()
    };
    let Some(account) = company_accounts::find(conn, seat.company)? else {
        // What a company above it owes is not theirs to see.
        view.above = company_accounts::of_company(conn, seat.company)?.is_some();
        return Ok(view);
    };
    let currency = account.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    let totals = company_accounts::totals(conn, seat.company, today)?;
    view.account = Some(StatementAccount {
        limit: money(account.credit_limit),
        owed: money(account.exposure),
        left: money(account.left()),
        overdue: (totals.overdue > 0).then(|| money(totals.overdue)),
        days: account.net_days,
    });
    let found = company_accounts::items(conn, seat.company, after, PAGE)?;
    let full = i64::try_from(found.len()).is_ok_and(|rows| rows == PAGE);
    view.next = found.last().filter(|_| full).map(|item| format!("/account/company/statement?after={}", item.receivable.order_id));
    view.items = found.iter().map(|item| row(item, currency, today, seat.may(May::AllOrders))).collect::<Result<Vec<_>>>()?;
    Ok(view)
}

/// `linked` for whoever sees the orders of others as well.
fn row(item: &Item, currency: Currency, today: NaiveDate, linked: bool) -> Result<StatementItem> {
    let owed = &item.receivable;
    let (due, first) = (owed.due()?, owed.deposit_due()?);
    Ok(StatementItem {
        number: item.number.clone(),
        to: linked.then(|| format!("/account/company/orders/{}", item.number)),
        invoice: owed.invoice.clone(),
        placed_at: item.placed_at,
        due: due.and_time(NaiveTime::MIN),
        late: (today - due).num_days().max(0),
        open: Money::new(owed.open, currency),
        settled: (owed.settled > 0).then(|| Money::new(owed.settled, currency)),
        deposit: first.map(|_| Money::new(owed.deposit_open, currency)),
        deposit_due: first.map(|day| day.and_time(NaiveTime::MIN)),
        fees: (owed.fees > 0).then(|| Money::new(owed.fees, currency)),
    })
}

/// What was charged and paid within a period, as a file.
pub async fn csv(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    let day = |field: &str, text: &str| text.parse::<NaiveDate>().map_err(|_| Error::field(field, "statement-day"));
    let period = (day("from", &query.from)?, day("to", &query.to)?);
    let (seen, db) = (visit.clone(), door.db.clone());
    let company = or_sign_in!(theirs(&door, &visit, move |conn, customer, now| {
        let seat = seat(conn, &seen, customer, now)?;
        company_accounts::find(conn, seat.company)?.ok_or(Error::NotFound).map(|account| account.company_id)
    }));
    // Notes are for the shop's own eyes.
    Ok(download::csv("statement.csv", move |out| export_bookings(&db, Some(company), period, false, out).map(drop)))
}
