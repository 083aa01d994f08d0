//! Uploading a picture to a product. What a file is, its content says.

use super::desk::{Desk, refusal};
use super::product;
use actix_multipart::{Field, Multipart};
use actix_web::{HttpResponse, web};
use futures_util::StreamExt;
use kernel::{Error, Result};
use serde_json::json;
use storefront::catalog::{self, Picture, Saving};
use storefront::ids::ProductId;
use storefront::pictures::{self, MAX_BYTES, Prepared};

/// Longest description of a picture, in bytes.
const ALT: usize = 4000;
/// The most parts that are looked at.
const PARTS: usize = 8;

pub async fn upload(desk: Desk, id: web::Path<i64>, parts: Multipart) -> Result<HttpResponse> {
    let id = ProductId(*id);
    let to = format!("/admin/products/{id}");
    match add(&desk, id, parts).await {
        Ok(()) => Ok(desk.done(&to, "admin-picture-added")),
        Err(error) => desk.explained(&to, told(error)?),
    }
}

/// What is wrong with an upload as a sentence for the page it came from. Other errors stay errors.
pub fn told(error: Error) -> Result<Error> {
    let Error::Invalid(_) = error else { return Ok(error) };
    let (_, wrong) = refusal(error)?;
    let text = wrong.0.into_values().next().unwrap_or_default();
    let known = ["picture-too-large", "picture-unknown-format", "picture-damaged", "picture-too-many-pixels", "picture-shape"];
    Ok(Error::Conflict(if known.contains(&text.as_str()) { format!("admin-{text}") } else { text }))
}

/// The picture of an upload in all its sizes, and what is said of it. `Conflict` without the token of the form.
pub async fn take(desk: &Desk, mut parts: Multipart) -> Result<(Prepared, String)> {
    let (mut csrf, mut alt, mut file) = (String::new(), String::new(), Vec::new());
    let mut seen = 0;
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Error::field("picture", "form-unreadable"))?;
        seen += 1;
        match part.name().unwrap_or("") {
            "csrf" => csrf = text(read(part, 200).await?),
            "alt" => alt = text(read(part, ALT).await?),
            // The token comes before the file, so that a stranger's page makes us read nothing large.
            "picture" if desk.visit.proves(&desk.door.signer, &csrf) => file = read(part, MAX_BYTES).await?,
            _ => return Err(Error::conflict("form-expired")),
        }
        if seen > PARTS {
            return Err(Error::field("picture", "form-unreadable"));
        }
    }
    if file.is_empty() {
        return Err(Error::field("picture", "admin-picture-missing"));
    }
    let prepared = web::block(move || pictures::prepare(&file)).await.map_err(Error::unexpected)??;
    Ok((prepared, alt))
}

async fn add(desk: &Desk, id: ProductId, parts: Multipart) -> Result<()> {
    let (prepared, alt) = take(desk, parts).await?;
    desk.write(move |conn, act| {
        catalog::begin_edit(conn, id, None, act.now)?;
        let loaded = product::load(conn, Some(id))?;
        let hash = pictures::store(conn, &prepared, act.now)?;
        let source = format!("upload:{hash}");
        let mut after = loaded.product.clone();
        if after.pictures.iter().any(|picture| picture.source == source) {
            return Err(Error::conflict("admin-picture-there"));
        }
        after.pictures.push(Picture { source, alt: alt.clone(), hash: Some(hash.clone()) });
        let saving = Saving { currency: loaded.currency, actor: &act.actor, base: None, now: act.now };
        catalog::save_product(conn, &after, &saving)?;
        let pictures = json!({ "pictures": loaded.product.pictures.len() });
        act.log(conn, "product.picture", &format!("product:{id}"), &pictures, &json!({ "added": hash, "alt": alt }))
    })
    .await
}

/// The bytes of a part. `Invalid` when there are more than `limit`.
async fn read(mut part: Field, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|_| Error::field("picture", "form-unreadable"))?;
        if bytes.len() + chunk.len() > limit {
            return Err(Error::field("picture", "picture-too-large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).replace('\0', "")
}
