//! What sales may bring, whom to call, and what staff get of what was sold.

use super::desk::{Desk, ROWS, refusal};
use super::forms::{self, Reader};
use super::sales::{email_query, people};
use crate::permissions::Permission;
use crate::staff::{self, Staff};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::NaiveDate;
use crm::CustomerId;
use crm::sales::{self, ContactKind};
use crm::segments::{self, SegmentId};
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::{Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::imports::export_commissions::export_commissions;
use storefront::imports::export_opportunities::export_opportunities;
use storefront::web::download;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{commissions, shop};

const RATE: &[&str] = &["staff", "rate", "starts_on"];

fn money(minor: i64, currency: &str) -> Result<Money> {
    let currency = Currency::parse(currency).ok_or_else(|| Error::unexpected(format!("an amount has currency {currency}")))?;
    Ok(Money::new(minor, currency))
}

/// What open opportunities may bring, month by month.
pub async fn forecast(desk: Desk) -> Result<HttpResponse> {
    let whose = desk.query("whose");
    let owner = (whose == "mine").then_some(desk.staff().id.0);
    let months = desk.read(move |conn| sales::forecast(conn, owner)).await?;
    let row = |one: &sales::Month| {
        Ok(json!({ "month": one.month, "count": one.opportunities, "amount": money(one.amount, &one.currency)?,
            "likely": money(one.likely, &one.currency)? }))
    };
    let rows = months.iter().map(row).collect::<Result<Vec<Value>>>()?;
    desk.page("admin/sales_forecast.html", "admin-sales-forecast", json!({ "rows": rows, "whose": whose }))
}

/// Whom of a segment to call.
pub async fn calls(desk: Desk) -> Result<HttpResponse> {
    let (asked, after, now) = (desk.query("segment"), desk.after(), desk.door.now());
    let segment = asked.parse().ok().map(SegmentId);
    let (all, found) = desk
        .read(move |conn| {
            let found = match segment {
                Some(segment) => Some(sales::calls(conn, segment, CustomerId(after.unwrap_or(0)), ROWS, now)?),
                None => None,
            };
            Ok((segments::list(conn)?, found))
        })
        .await?;
    let choices: Vec<Value> = all.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
    let (found, last) = found.unwrap_or_default();
    let row = |one: &sales::Call| {
        json!({ "customer": one.customer, "name": one.name, "email": one.email, "phone": one.phone, "last_at": one.last_at,
            "query": email_query(&one.email) })
    };
    let rows: Vec<Value> = found.iter().map(row).collect();
    let next = last.map(|last| format!("/admin/sales/calls?segment={asked}&after={last}"));
    let view = json!({ "segments": choices, "segment": asked, "chosen": segment.is_some(), "rows": rows, "next": next, "kinds": ContactKind::ALL,
        "after": after.map(|after| after.to_string()).unwrap_or_default() });
    desk.page("admin/sales_calls.html", "admin-sales-calls", view)
}

/// The first day of the month that the query names, or of this one.
async fn first_day(desk: &Desk) -> Result<NaiveDate> {
    let (asked, now) = (desk.query("month"), desk.door.now());
    let today = desk.read(move |conn| Ok(shop::get(conn)?.local(now).date())).await?;
    Ok(NaiveDate::parse_from_str(&format!("{asked}-01"), "%Y-%m-%d").unwrap_or(today))
}

/// Whose commissions somebody sees: their own, or everybody's if they look after the staff.
fn whose(desk: &Desk) -> Option<i64> {
    (!desk.may(Permission::StaffManage)).then_some(desk.staff().id.0)
}

pub async fn commissions(desk: Desk) -> Result<HttpResponse> {
    show(&desk, StatusCode::OK, None, &Fields::default()).await
}

async fn show(desk: &Desk, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (day, only) = (first_day(desk).await?, whose(desk));
    let (sums, rates, all) = desk
        .read(move |conn| {
            let period = commissions::month(&shop::get(conn)?, day);
            Ok((commissions::sums(conn, period)?, sales::rates(conn)?, staff::list(conn)?))
        })
        .await?;
    let seen = |staff: i64| only.is_none_or(|only| only == staff);
    let name = |staff: i64| all.iter().find(|one| one.id.0 == staff).map(|one: &Staff| one.name.as_str());
    let mut rows = Vec::new();
    for ((staff, currency), sum) in sums.iter().filter(|((staff, _), _)| seen(*staff)) {
        rows.push(json!({ "name": name(*staff), "orders": sum.orders, "paid": money(sum.paid, currency)?, "commission": money(sum.commission, currency)? }));
    }
    let rates: Vec<Value> = rates
        .iter()
        .filter(|rate| seen(rate.staff_id))
        .map(|rate| json!({ "name": name(rate.staff_id), "starts_on": rate.starts_on, "rate": rate.rate_bp }))
        .collect();
    let form = Form::new(RATE).fill("starts_on", day.to_string());
    let form = match posted {
        Some(posted) => form.typed(posted.pairs()).refuse(RATE, wrong),
        None => form,
    };
    let view = json!({ "month": day.format("%Y-%m").to_string(), "rows": rows, "rates": rates, "form": form, "staff": people(&all) });
    desk.page_as(status, "admin/sales_commissions.html", "admin-sales-commissions", view)
}

/// Sets what somebody gets from a day on.
pub async fn set_rate(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let mut reader = Reader::new(&posted, Currency::EUR);
    let (staff, rate, day) = (reader.optional_number("staff"), reader.percent("rate"), reader.day("starts_on"));
    if staff.is_none() {
        reader.wrong.add("staff", "field-required");
    }
    let saved = match reader.check() {
        Err(error) => Err(error),
        Ok(()) => {
            let staff = staff.unwrap_or(0);
            desk.write(move |conn, act| {
                staff::get(conn, crate::StaffId(staff))?;
                let before = sales::rate_at(&sales::rates(conn)?, staff, day);
                sales::set_rate(conn, staff, day, rate)?;
                let (before, after) =
                    (json!({ "rate": forms::percent(before) }), json!({ "rate": forms::percent(rate), "from": day.to_string() }));
                act.log(conn, "sales.rate", &format!("staff:{staff}"), &before, &after)
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done("/admin/sales/commissions", "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, status, Some(&posted), &wrong).await
        }
    }
}

/// The orders of a month with what each brings, as a file.
pub async fn commissions_csv(desk: Desk) -> Result<HttpResponse> {
    let (day, only, db) = (first_day(&desk).await?, whose(&desk), desk.door.db.clone());
    let (period, names) = desk
        .read(move |conn| {
            let names: HashMap<i64, String> = staff::list(conn)?.into_iter().map(|one| (one.id.0, one.name)).collect();
            Ok((commissions::month(&shop::get(conn)?, day), names))
        })
        .await?;
    let name = format!("commissions-{}.csv", day.format("%Y-%m"));
    Ok(download::csv(&name, move |out| export_commissions(&db, period, only, &names, out).map(drop)))
}

/// All opportunities as a file.
pub async fn csv(desk: Desk) -> Result<HttpResponse> {
    let db = desk.door.db.clone();
    let names: HashMap<i64, String> =
        desk.read(|conn| Ok(staff::list(conn)?.into_iter().map(|one| (one.id.0, one.name)).collect())).await?;
    Ok(download::csv("opportunities.csv", move |out| export_opportunities(&db, &names, out).map(drop)))
}
