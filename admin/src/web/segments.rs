//! Segments: their list, and one of them with its size over time, who came and went, and what it is used for.

use super::chart;
use super::customers::called;
use super::desk::Desk;
use super::segment_fields::Lists;
use super::segment_spell;
use super::segment_tree as tree;
use crate::permissions::Permission;
use actix_web::{HttpResponse, web};
use chrono::TimeDelta;
use crm::campaigns;
use crm::journeys;
use crm::levels;
use crm::routing;
use crm::segments::{self, Moved, SegmentId, Size};
use crm::{CustomerId, customers};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::imports::export_segment::export_members;
use storefront::shop::{self, OWN_LANGUAGE};
use storefront::web::download;
use storefront::web::posted::Posted;
use storefront::{catalog, promotions};

/// Days of the chart and the most counts it is made of, members named, and comings and goings of a page.
const SHOWN: i64 = 30;
const DAYS: i64 = 60;
const NAMED: i64 = 10;
const MOVED: i64 = 25;

pub fn address(id: SegmentId) -> String {
    format!("/admin/segments/{id}")
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let rows = desk.read(segments::list).await?;
    let rows: Vec<Value> = rows
        .iter()
        .map(|one| {
            json!({ "id": one.id, "name": one.name, "note": one.note, "size": one.size, "counted": one.sized_at.is_some(),
                "state": one.state, "changed": one.updated_at })
        })
        .collect();
    desk.page("admin/segments.html", "admin-segments", json!({ "rows": rows }))
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, now, before) = (SegmentId(*id), desk.door.now(), desk.after());
    let seen = desk.may(Permission::CustomersView);
    let (name, mut view, last) = desk.read(move |conn| whole(conn, id, before, seen, now)).await?;
    let more = last.map(|last| format!("{}?after={last}#moved", address(id)));
    view["next"] = json!(more);
    desk.page("admin/segment.html", &name, view)
}

/// The name, the page, and the last of its comings and goings when there are more.
fn whole(conn: &mut Conn, id: SegmentId, before: Option<i64>, seen: bool, now: Time) -> Result<(String, Value, Option<i64>)> {
    let segment = segments::get(conn, id)?;
    let (categories, currency) = (catalog::categories(conn, OWN_LANGUAGE)?, shop::get(conn)?.currency);
    let root = segment_spell::form(conn, &*segment.rule()?, &categories, currency)?;
    let all = segments::list(conn)?;
    let lists = Lists::load(conn, None)?;
    let others = segments::others(conn)?;
    let users = segments::users(id, &others);
    let users: Vec<Value> = all.iter().filter(|one| users.contains(&one.id)).map(|one| json!({ "id": one.id, "name": one.name })).collect();
    let offers: Vec<Value> = promotions::for_segment(conn, id)?.into_iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    let members = if seen { segments::members(conn, id, CustomerId(0), NAMED, now)? } else { Vec::new() };
    let moved = segments::history(conn, id, before, MOVED)?;
    let last = moved.last().map(|one| one.id).filter(|_| moved.len() as i64 >= MOVED);
    let sizes = each_day(&segments::sizes(conn, id, DAYS)?, now);
    let heights: Vec<i64> = sizes.iter().map(|(_, size)| *size).collect();
    let days: Vec<Value> = sizes.iter().map(|(day, size)| json!({ "day": day, "size": size })).collect();
    let view = json!({ "id": id, "name": segment.name, "note": segment.note, "state": segment.state, "size": segments::size(conn, id, now)?,
        "items": tree::items(&root, &Fields::default(), &lists, None), "users": users, "offers": offers, "currency": currency,
        "members": named(conn, &members)?, "moved": comings(conn, &moved, seen)?, "chart": chart::bars(&heights), "days": days,
        "built": segment.sized_at, "millis": segment.build_millis });
    Ok((segment.name, view, last))
}

/// The sizes of the latest days, one after the other: a day without a count is as the one before.
fn each_day(counted: &[Size], now: Time) -> Vec<Size> {
    if counted.is_empty() {
        return Vec::new();
    }
    let mut days = Vec::new();
    for ago in (0..SHOWN).rev() {
        let day = (now.date() - TimeDelta::days(ago)).format("%Y-%m-%d").to_string();
        let size = counted.iter().rev().find(|(known, _)| *known <= day).map_or(0, |(_, size)| *size);
        days.push((day, size));
    }
    days
}

/// What to call these customers, with their pages.
pub fn named(conn: &mut Conn, ids: &[CustomerId]) -> Result<Vec<Value>> {
    ids.iter()
        .map(|id| {
            let customer = customers::get(conn, *id)?;
            Ok(json!({ "id": id, "name": called(&customer), "email": customer.email }))
        })
        .collect()
}

fn comings(conn: &mut Conn, moved: &[Moved], seen: bool) -> Result<Vec<Value>> {
    let mut rows = Vec::with_capacity(moved.len());
    for one in moved {
        // Who is gone has no name any more.
        let known = match customers::get(conn, one.customer_id) {
            Ok(customer) if seen => Some(customer),
            Ok(_) | Err(Error::NotFound) => None,
            Err(error) => return Err(error),
        };
        let (name, email) = (known.as_ref().map(called), known.as_ref().map(|known| &known.email));
        rows.push(json!({ "customer": one.customer_id, "name": name, "email": email, "entered": one.entered, "at": one.happened_at, "why": one.why }));
    }
    Ok(rows)
}

/// Everybody who is a member now, as a file.
pub async fn csv(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, now, db) = (SegmentId(*id), desk.door.now(), desk.door.db.clone());
    desk.read(move |conn| segments::get(conn, id)).await?;
    Ok(download::csv(&format!("segment-{id}.csv"), move |out| export_members(&db, id, out, now).map(drop)))
}

/// Has everybody's membership worked out anew.
pub async fn rebuild(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = SegmentId(*id);
    desk.write(move |conn, act| {
        segments::rebuild(conn, id, act.now)?;
        act.log(conn, "segment.build", &format!("segment:{id}"), &Value::Null, &Value::Null)
    })
    .await?;
    Ok(desk.done(&address(id), "admin-segment-working"))
}

pub async fn delete(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = SegmentId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = segments::get(conn, id)?;
            if !promotions::for_segment(conn, id)?.is_empty() {
                return Err(Error::conflict("segment-used-by-promotion"));
            }
            if !levels::for_segment(conn, id)?.is_empty() || !routing::for_segment(conn, id)?.is_empty() {
                return Err(Error::conflict("segment-used-by-level"));
            }
            if !campaigns::for_segment(conn, id)?.is_empty() {
                return Err(Error::conflict("segment-used-by-campaign"));
            }
            if !journeys::for_segment(conn, id)?.is_empty() {
                return Err(Error::conflict("segment-used-by-journey"));
            }
            segments::remove(conn, id)?;
            act.log(conn, "segment.delete", &format!("segment:{id}"), &json!({ "name": before.name, "rule": before.rule }), &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done("/admin/segments", "admin-deleted")),
        Err(error) => desk.explained(&address(id), error),
    }
}
