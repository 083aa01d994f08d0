//! Addresses that get no mail but that of orders and requests, and why. The list has no addresses: nobody can read them from what is
//! stored, and whoever knows one can ask for it.

use super::desk::{Desk, ROWS, refusal};
use super::upload;
use actix_multipart::Multipart;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::DateTime;
use crm::email::Email;
use crm::suppressions::{self, Place, Reason, Row};
use kernel::error::said;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::upload::Upload;
use storefront::web::views::form::Form;

pub const HERE: &str = "/admin/suppressions";
const NAMES: &[&str] = &["email", "note"];
/// The largest list, in MiB, and addresses that one transaction takes.
const LARGEST: usize = 10;
const TOGETHER: usize = 1000;

fn place(text: &str) -> Option<Place> {
    let (micros, hash) = text.split_once('.')?;
    Some(Place { at: DateTime::from_timestamp_micros(micros.parse().ok()?)?.naive_utc(), hash: hash.to_string() })
}

/// What stands for an address in the audit log: the log outlives the person.
fn subject(row: &Row) -> String {
    format!("suppression:{}", row.address_hash.chars().take(12).collect::<String>())
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    show(&desk, StatusCode::OK, Form::new(NAMES)).await
}

async fn show(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (asked, before) = (desk.query("q").trim().to_string(), place(&desk.query("after")));
    let address = Email::parse(&asked, "q").ok();
    let wrong = !asked.is_empty() && address.is_none();
    let (rows, counts, found) = desk
        .read(move |conn| {
            let found = match &address {
                Some(address) => Some(suppressions::of(conn, address)?),
                None => None,
            };
            Ok((suppressions::list(conn, before, ROWS)?, suppressions::counts(conn)?, found))
        })
        .await?;
    let next =
        desk.next(rows.len(), rows.last().map(|row| format!("{}.{}", row.created_at.and_utc().timestamp_micros(), row.address_hash)));
    let total: i64 = counts.iter().map(|(_, count)| count).sum();
    let counts: Vec<Value> = counts.iter().map(|(reason, count)| json!({ "reason": reason, "count": count })).collect();
    let view = json!({ "rows": rows, "counts": counts, "total": total, "next": next, "q": asked, "wrong": wrong, "asked": found.is_some(),
        "found": found.flatten(), "form": form, "largest": LARGEST });
    desk.page_as(status, "admin/suppressions.html", "admin-suppressions", view)
}

pub async fn add(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let added = match Email::parse(posted.get("email"), "email") {
        Ok(email) => {
            let note = posted.get("note").trim().to_string();
            desk.write(move |conn, act| {
                if !suppressions::suppress(conn, &email, Reason::Staff, &note, act.now)? {
                    return Err(Error::field("email", "suppression-known"));
                }
                let row = suppressions::of(conn, &email)?.ok_or(Error::NotFound)?;
                act.log(conn, "suppression.add", &subject(&row), &Value::Null, &row)
            })
            .await
        }
        Err(error) => Err(error),
    };
    match added {
        Ok(()) => Ok(desk.done(HERE, "suppression-added")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

/// Lifts a suppression of an address that somebody knows, for a reason that the audit log keeps.
pub async fn lift(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let email = Email::parse(posted.get("email"), "email")?;
    let why = posted.get("why").split_whitespace().collect::<Vec<_>>().join(" ");
    if why.is_empty() {
        return desk.explained(HERE, Error::conflict("suppression-why-missing"));
    }
    let why: String = why.chars().take(suppressions::NOTE).collect();
    let lifted = desk
        .write(move |conn, act| {
            let row = suppressions::lift(conn, &email)?.ok_or_else(|| Error::conflict("suppression-gone"))?;
            act.log(conn, "suppression.lift", &subject(&row), &row, &json!({ "why": why }))
        })
        .await;
    match lifted {
        Ok(()) => Ok(desk.done(HERE, "suppression-lifted")),
        Err(error) => desk.explained(HERE, error),
    }
}

/// Takes the addresses of a file over, in any column. What is no address is counted and left out; bringing a file twice changes nothing.
pub async fn import(desk: Desk, parts: Multipart) -> Result<HttpResponse> {
    let Upload { name, bytes, .. } = match upload::file(&desk, parts, "file", LARGEST << 20, "import-too-large").await {
        Ok(upload) => upload,
        Err(Error::Invalid(fields)) => {
            let text = fields.0.into_values().next().unwrap_or_default();
            return desk.explained(HERE, Error::Conflict(text));
        }
        Err(error) => return desk.explained(HERE, error),
    };
    let list = suppressions::read_list(&String::from_utf8_lossy(&bytes));
    if list.addresses.is_empty() {
        return desk.explained(HERE, Error::conflict("suppression-import-empty"));
    }
    let (all, wrong) = (list.addresses.len(), list.wrong);
    let mut new = 0;
    for some in list.addresses.chunks(TOGETHER) {
        let (some, note) = (some.to_vec(), name.clone());
        new += desk.write(move |conn, act| suppressions::suppress_all(conn, &some, Reason::Imported, &note, act.now)).await?;
    }
    let told = json!({ "file": name, "addresses": all, "new": new, "not_read": wrong });
    desk.write(move |conn, act| act.log(conn, "suppression.import", "suppression:list", &Value::Null, &told)).await?;
    Ok(desk.done(HERE, &said("suppression-imported", &[("new", &new), ("known", &(all - new)), ("wrong", &wrong)])))
}
