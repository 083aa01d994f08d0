//! Bringing a file of products in, and undoing that. Nothing happens before the difference was shown.

use super::batches::field_name;
use super::choice;
use super::desk::Desk;
use super::upload;
use actix_multipart::Multipart;
use actix_web::{HttpResponse, web};
use kernel::money::Currency;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::batches::{self, Undoing};
use storefront::ids::BatchId;
use storefront::imports::{FileError, read_products};
use storefront::web::posted::Posted;
use storefront::web::upload::Upload;
use storefront::web::words::Words;

/// The largest file, in MiB.
const LARGEST: usize = 32;
/// Products of the preview of an undoing.
const SHOWN: usize = 100;

pub async fn form(desk: Desk) -> Result<HttpResponse> {
    let (currency, of) = choice::currency(&desk).await?;
    desk.page("admin/product_import.html", "admin-import", json!({ "largest": LARGEST, "currency": currency, "of": of }))
}

pub async fn upload(desk: Desk, parts: Multipart) -> Result<HttpResponse> {
    let (currency, of) = choice::currency(&desk).await?;
    match read(&desk, currency, parts).await {
        Ok(to) => Ok(desk.door.go(&desk.visit, &to)),
        Err(Error::Invalid(fields)) => {
            let text = fields.0.into_values().next().unwrap_or_default();
            desk.explained(&of.at("/admin/products/import"), Error::Conflict(text))
        }
        Err(error) => desk.explained(&of.at("/admin/products/import"), error),
    }
}

/// Compares the file with what is stored, and answers where the difference is shown.
async fn read(desk: &Desk, currency: Currency, parts: Multipart) -> Result<String> {
    let Upload { name, bytes, .. } = upload::file(desk, parts, "file", LARGEST << 20, "import-too-large").await?;
    let parsed = web::block(move || read_products(bytes.as_slice(), currency)).await.map_err(Error::unexpected)?;
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Err(Error::conflict(refused(&error, &desk.words()?)?)),
    };
    let lines = desk.read(move |conn| batches::compare(conn, &parsed, currency)).await?;
    let staff = desk.staff().actor();
    let id = desk.write(move |conn, act| batches::draft_import(conn, &name, &staff, currency.code(), &lines, act.now)).await?;
    Ok(format!("/admin/products/batches/{id}"))
}

/// Why nothing of a file can be read, in the language of the page.
fn refused(error: &FileError, words: &Words) -> Result<String> {
    Ok(match error {
        FileError::Empty => words.get("import-empty"),
        FileError::Io(_) | FileError::TooLarge(_) => words.get("import-too-large"),
        FileError::NotCsv(what) => words.with("import-not-csv", &[("what", what)])?,
        FileError::Encoding { line } => words.with("import-encoding", &[("line", &line.to_string())])?,
        FileError::Separator(what) => words.with("import-separator", &[("what", what)])?,
        FileError::Cell { line } => words.with("import-cell", &[("line", &line.to_string())])?,
        FileError::Duplicate(column) => words.with("import-column-twice", &[("column", column)])?,
        FileError::Missing(column) => words.with("import-column-missing", &[("column", column)])?,
        FileError::OtherFile { .. } | FileError::Header { .. } => words.get("import-unknown"),
    })
}

pub async fn undo_form(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = BatchId(*id);
    let found = desk.read(move |conn| Ok((batches::get(conn, id)?, batches::undo_plan(conn, id)?))).await;
    let (batch, plan) = match found {
        Ok(found) => found,
        Err(error) => return desk.explained(&format!("/admin/products/batches/{id}"), error),
    };
    let count = |wanted: &str| plan.iter().filter(|(_, _, what)| word(what) == wanted).count();
    let counts = json!({ "remove": count("remove"), "archive": count("archive"), "restore": count("restore"), "partly": count("partly"),
        "gone": count("gone") });
    let words = desk.words()?;
    // What does not come back whole is what somebody wants to see.
    let mut told: Vec<_> = plan.iter().collect();
    told.sort_by_key(|(_, _, what)| !matches!(word(what), "archive" | "partly"));
    let rows: Vec<Value> = told
        .into_iter()
        .take(SHOWN)
        .map(|(label, product, what)| {
            let kept = match what {
                Undoing::Restore { kept } => kept.iter().map(|field| field_name(field, &words)).collect::<Vec<_>>().join(", "),
                _ => String::new(),
            };
            json!({ "label": label, "product": product, "what": word(what), "kept": kept })
        })
        .collect();
    desk.page("admin/batch_undo.html", "admin-undo", json!({ "batch": batch, "counts": counts, "rows": rows, "total": plan.len() }))
}

fn word(what: &Undoing) -> &'static str {
    match what {
        Undoing::Remove => "remove",
        Undoing::Archive => "archive",
        Undoing::Restore { kept } if kept.is_empty() => "restore",
        Undoing::Restore { .. } => "partly",
        Undoing::Gone => "gone",
    }
}

pub async fn undo(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = BatchId(*id);
    let to = format!("/admin/products/batches/{id}");
    let begun = desk
        .write(move |conn, act| {
            let batch = batches::get(conn, id)?;
            batches::start_undo(conn, id, act.now)?;
            let before = json!({ "what": batch.name, "created": batch.created, "changed": batch.changed });
            act.log(conn, "batch.undo", &format!("batch:{id}"), &before, &Value::Null)
        })
        .await;
    match begun {
        Ok(()) => Ok(desk.door.go(&desk.visit, &to)),
        Err(error) => desk.explained(&to, error),
    }
}
