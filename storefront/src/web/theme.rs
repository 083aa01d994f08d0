//! Style sheets of themes, under addresses with the digest of their content: what is under one never changes.

use super::door::Door;
use super::pictures::FOREVER;
use crate::theme;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use kernel::Result;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/theme-{digest:[0-9a-f]{16}}.css", web::get().to(show));
}

/// The address of a style sheet.
pub fn address(sheet: &str) -> String {
    format!("/theme-{}.css", theme::digest(sheet))
}

async fn show(door: web::Data<Door>, digest: web::Path<String>) -> Result<HttpResponse> {
    let digest = digest.into_inner();
    let kept = door.memory.sheets.get(&digest);
    let bytes = match kept {
        Some(bytes) => bytes,
        None => {
            let wanted = digest.clone();
            let bytes = Bytes::from(door.read(move |conn, _| theme::sheet(conn, &wanted)).await?);
            door.memory.sheets.put(digest, bytes.clone(), bytes.len());
            bytes
        }
    };
    Ok(HttpResponse::Ok().content_type("text/css; charset=utf-8").insert_header((header::CACHE_CONTROL, FOREVER)).body(bytes))
}
