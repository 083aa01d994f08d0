//! Pictures by the hash of their content: what is under an address never changes.

use super::door::Door;
use crate::pictures::{self, CONTENT_TYPE, WIDTHS};
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use kernel::{Error, Result};

/// A year: browsers need not ask again.
pub const FOREVER: &str = "public, max-age=31536000, immutable";

pub fn routes(config: &mut web::ServiceConfig) {
    config.route(r"/pictures/{hash:[0-9a-f]{64}}/{width:\d{1,5}}.webp", web::get().to(show));
}

async fn show(door: web::Data<Door>, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (hash, width) = path.into_inner();
    // One entry for each stored width, whatever widths are asked for. A narrower picture is found by any width above its own.
    let width = WIDTHS.into_iter().map(i64::from).find(|stored| *stored >= width).unwrap_or(i64::from(WIDTHS[WIDTHS.len() - 1]));
    let key = (hash, width);
    let kept = door.memory.pictures.get(&key);
    let bytes = match kept {
        Some(bytes) => bytes,
        None => {
            let hash = key.0.clone();
            let bytes = Bytes::from(door.read(move |conn, _| pictures::get(conn, &hash, width)).await?);
            if bytes.is_empty() {
                return Err(Error::NotFound);
            }
            door.memory.pictures.put(key, bytes.clone(), bytes.len());
            bytes
        }
    };
    Ok(HttpResponse::Ok().content_type(CONTENT_TYPE).insert_header((header::CACHE_CONTROL, FOREVER)).body(bytes))
}
