//! Style sheets, scripts and icons that the binary carries.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use kernel::web::assets;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/assets/{name:.+}", web::get().to(show));
}

/// An asset under the address with its digest may be kept for a year; under any other it has to be asked for again.
async fn show(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let Some(asset) = assets::find(&name, None) else { return HttpResponse::NotFound().finish() };
    let named = request.query_string().strip_prefix("v=") == Some(asset.digest.as_str());
    let cache = if named { "public, max-age=31536000, immutable" } else { "no-cache" };
    let tag = format!("\"{}\"", asset.digest);
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|given| given.as_bytes() == tag.as_bytes());
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((CACHE_CONTROL, cache)).insert_header((ETAG, tag));
    if known { response.finish() } else { response.content_type(asset.content_type).body(asset.content.into_owned()) }
}
