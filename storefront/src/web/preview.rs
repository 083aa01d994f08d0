//! Pages of the shop as they would look with the draft of the theme, for whoever works on it.

use super::door::Door;
use super::known::Known;
use super::slots::{Everyone, Filler};
use super::visit::Visit;
use super::{category, content, home, product};
use crate::promotions::Audience;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use kernel::{Error, Result};

/// The page stands in a frame of ours, and nothing can be sent from it.
const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; form-action 'none'; frame-ancestors 'self'; base-uri 'none'; object-src 'none'";

/// The page at `path` (`/`, or one below `/categories`, `/products` or `/pages`) as a stranger sees it, in the visit's language.
/// `NotFound` for any other.
pub async fn show(door: &web::Data<Door>, visit: &Visit, path: &str) -> Result<HttpResponse> {
    let everyone = Everyone {
        site: visit.site.clone(),
        language: visit.language,
        path: path.to_string(),
        query: String::new(),
        audience: Audience::default(),
        slots: door.memory.pages.slots().clone(),
        draft: true,
    };
    let (place, slug) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
    let slug = slug.to_string();
    let rendered = match place {
        "" if path == "/" => home::render(door, everyone).await?,
        "categories" => category::render(door, everyone, slug).await?,
        "products" => product::render(door, everyone, slug).await?,
        "pages" => content::render(door, everyone, slug).await?,
        _ => return Err(Error::NotFound),
    };
    let mut stranger = visit.clone();
    stranger.csrf.clear();
    stranger.flash.clear();
    stranger.viewed.clear();
    // Nobody is counted among those who saw a shelf.
    stranger.known = false;
    let page = door.memory.pages.slots().cut(&rendered.html)?;
    let body = Filler { door, visit: &stranger, known: &Known::default(), product: None }.fill(&page).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body))
}
