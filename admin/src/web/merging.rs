//! Merging two customers who are one person: looking for the other, both side by side, and undoing it.

use super::customer::{address, moved};
use super::customers::called;
use super::desk::{Desk, refusal};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::customers::{self, Customer};
use crm::merges::{self, Merge, MergeId};
use crm::{CustomerId, identities};
use kernel::{Conn, Error, Result, token};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{merging, orders};

const MERGE: &[&str] = &["reason"];
/// Customers found, and merges shown.
const SHOWN: i64 = 10;

/// The merges into a customer as their page shows them.
pub fn of(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    for one in merges::of_survivor(conn, id, SHOWN)? {
        let merged = customers::get(conn, one.merged_id)?;
        rows.push(json!({ "id": one.id, "merged": one.merged_id, "name": called(&merged), "email": merged.email, "at": one.merged_at,
            "reason": one.reason, "undone_at": one.undone_at, "undone_reason": one.undone_reason }));
    }
    Ok(rows)
}

pub async fn form(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = CustomerId(*id);
    if let Some(there) = moved(&desk, id, "/merge").await? {
        return Ok(there);
    }
    page(&desk, id, StatusCode::OK, desk.query("other").parse().ok(), Form::new(MERGE)).await
}

/// The page: what was looked for with who was found, or both side by side once the other is chosen.
async fn page(desk: &Desk, id: CustomerId, status: StatusCode, other: Option<CustomerId>, form: Form) -> Result<HttpResponse> {
    let (q, now) = (desk.query("q"), desk.door.now());
    let asked = q.clone();
    let mut view = desk
        .read(move |conn| {
            let customer = customers::known(conn, id)?;
            let mut view = json!({ "id": id, "name": called(&customer), "of": null, "found": null });
            match other {
                Some(other) => {
                    let other = identities::standing(conn, other)?;
                    let preview = merging::preview(conn, other, id, now)?;
                    view["seen"] = json!(digest(&preview)?);
                    view["of"] = json!(preview);
                }
                None if !asked.trim().is_empty() => {
                    let row = |one: &Customer| json!({ "id": one.id, "name": one.name, "email": one.email });
                    view["found"] = found(conn, &asked, id)?.iter().map(row).collect::<Vec<Value>>().into();
                }
                None => {}
            }
            Ok(view)
        })
        .await?;
    (view["q"], view["form"]) = (json!(q), json!(form));
    desk.page_as(status, "admin/customer_merge.html", "admin-merge", view)
}

/// Tells what somebody saw from what there is now. What a customer looks at meanwhile is nothing to look at again for.
fn digest(preview: &merging::Preview) -> Result<String> {
    let lines: Vec<&merging::Line> = preview.lines.iter().filter(|line| !matches!(line.what, "timeline" | "browsers")).collect();
    Ok(token::hash(&kernel::json::text(&lines)?))
}

/// Customers by mail address or name, by their number or by that of an order, without the one who is looked at.
fn found(conn: &mut Conn, text: &str, but: CustomerId) -> Result<Vec<Customer>> {
    let text = text.trim().trim_start_matches('#');
    let mut found = Vec::new();
    let known = match text.parse::<i64>() {
        Ok(number) => identities::standing(conn, CustomerId(number)),
        Err(_) => orders::get_by_number(conn, &text.to_uppercase()).map(|order| order.customer_id),
    };
    match known.and_then(|id| customers::known(conn, id)) {
        Ok(one) => found.push(one),
        Err(Error::NotFound) => {}
        Err(error) => return Err(error),
    }
    found.extend(customers::named(conn, text, SHOWN)?.into_iter().filter(|one| one.erased_at.is_none()));
    found.retain(|one| one.id != but);
    found.dedup_by_key(|one| one.id);
    Ok(found)
}

/// A profile as the audit log keeps it.
fn kept(customer: &Customer) -> Value {
    json!({ "id": customer.id, "name": customer.name, "email": customer.email, "phone": customer.phone, "tags": customer.tags,
        "note": customer.note, "birthday": customer.birthday })
}

pub async fn merge(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (survivor, merged) = (CustomerId(*id), CustomerId(posted.id("other")?));
    let (reason, seen) = (posted.get("reason").to_string(), posted.get("seen").to_string());
    let done = desk
        .write(move |conn, act| {
            let preview = merging::preview(conn, merged, survivor, act.now)?;
            if preview.hindered.is_none() && digest(&preview)? != seen {
                return Err(Error::conflict("merge-stale"));
            }
            let before = json!({ "merged": kept(&customers::get(conn, merged)?), "survivor": kept(&customers::get(conn, survivor)?) });
            let merge = merging::merge(conn, merged, survivor, &reason, &act.actor, act.now)?;
            let after = json!({ "merge": merge, "survivor": kept(&customers::get(conn, survivor)?), "reason": reason.trim() });
            act.log(conn, "customer.merge", &format!("customer:{survivor}"), &before, &after)?;
            act.log(conn, "customer.merge", &format!("customer:{merged}"), &before, &after)
        })
        .await;
    match done {
        Ok(()) => {
            desk.door.memory.own.forget(&survivor);
            Ok(desk.done(&address(survivor), "admin-merged"))
        }
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(MERGE).typed(posted.pairs()).refuse(MERGE, &wrong);
            page(&desk, survivor, status, Some(merged), form).await
        }
    }
}

pub async fn undo_form(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, merge) = path.into_inner();
    if let Some(there) = moved(&desk, CustomerId(id), "").await? {
        return Ok(there);
    }
    undo_page(&desk, CustomerId(id), MergeId(merge), StatusCode::OK, Form::new(MERGE)).await
}

async fn undo_page(desk: &Desk, id: CustomerId, merge: MergeId, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let mut view = desk
        .read(move |conn| {
            let customer = customers::known(conn, id)?;
            let of = merging::undoing(conn, merge, id)?;
            let Merge { reason, actor, merged_at, .. } = merges::get(conn, merge)?;
            let by = crate::staff::names(conn)?.get(&actor).cloned().unwrap_or_default();
            Ok(json!({ "id": id, "name": called(&customer), "of": of, "reason": reason, "by": by, "at": merged_at }))
        })
        .await?;
    view["form"] = json!(form);
    desk.page_as(status, "admin/customer_unmerge.html", "admin-unmerge", view)
}

pub async fn undo(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (id, merge) = path.into_inner();
    let (id, merge, reason) = (CustomerId(id), MergeId(merge), posted.get("reason").to_string());
    let done = desk
        .write(move |conn, act| {
            let found = merges::get(conn, merge)?;
            if found.survivor_id != id {
                return Err(Error::NotFound);
            }
            let before = json!({ "merge": merge, "survivor": kept(&customers::get(conn, id)?) });
            merging::undo(conn, merge, &reason, &act.actor, act.now)?;
            let (one, other) = (customers::get(conn, id)?, customers::get(conn, found.merged_id)?);
            let after = json!({ "survivor": kept(&one), "merged": kept(&other), "reason": reason.trim() });
            act.log(conn, "customer.unmerge", &format!("customer:{id}"), &before, &after)?;
            act.log(conn, "customer.unmerge", &format!("customer:{}", found.merged_id), &before, &after)
        })
        .await;
    match done {
        Ok(()) => {
            desk.door.memory.own.forget(&id);
            Ok(desk.done(&address(id), "admin-unmerged"))
        }
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(MERGE).typed(posted.pairs()).refuse(MERGE, &wrong);
            undo_page(&desk, id, merge, status, form).await
        }
    }
}
