//! Style sheet, script and icon, carried by the program.

use super::door::Door;
use super::pictures::FOREVER;
use crate::{pictures, theme};
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use kernel::web::assets::{self, Asset};
use kernel::{Error, Result};
use std::borrow::Cow;

/// Without the digest in the address a browser has to ask again soon.
const SHORT: &str = "public, max-age=300";

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/assets/{name}", web::get().to(show)).route("/favicon.ico", web::get().to(icon));
}

async fn show(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse> {
    let asset = assets::find(&name, None).ok_or(Error::NotFound)?;
    let named = request.query_string().strip_prefix("v=").is_some_and(|digest| digest == asset.digest);
    Ok(answer(asset, if named { FOREVER } else { SHORT }))
}

/// Browsers ask for it by themselves and take any picture: the one of the theme, or the one the program carries.
async fn icon(door: web::Data<Door>, request: HttpRequest) -> Result<HttpResponse> {
    let store = door.site(&request).id;
    let own = door
        .read(move |conn, _| match theme::published(conn, store)?.theme.icon {
            Some(hash) => pictures::get(conn, &hash, 160).map(Some),
            None => Ok(None),
        })
        .await?;
    if let Some(bytes) = own {
        let keep = (header::CACHE_CONTROL, SHORT);
        return Ok(HttpResponse::Ok().content_type(pictures::CONTENT_TYPE).insert_header(keep).body(bytes));
    }
    Ok(answer(assets::find("icon.svg", None).ok_or(Error::NotFound)?, "public, max-age=86400"))
}

fn answer(asset: Asset, keep: &str) -> HttpResponse {
    let body = match asset.content {
        Cow::Borrowed(content) => Bytes::from_static(content),
        Cow::Owned(content) => Bytes::from(content),
    };
    HttpResponse::Ok().content_type(asset.content_type).insert_header((header::CACHE_CONTROL, keep.to_string())).body(body)
}
