//! Uploading a picture to a product. What a file is, its content says.

use super::desk::{Desk, refusal};
use super::product;
use super::upload;
use actix_multipart::Multipart;
use actix_web::{HttpResponse, web};
use kernel::{Error, Result};
use serde_json::json;
use storefront::catalog::{self, Picture, Saving};
use storefront::ids::ProductId;
use storefront::pictures::{self, MAX_BYTES, Prepared};
use storefront::shop;
use storefront::web::upload::Upload;

pub async fn add_to_product(desk: Desk, id: web::Path<i64>, parts: Multipart) -> Result<HttpResponse> {
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
    Ok(Error::Conflict(wrong.0.into_values().next().unwrap_or_default()))
}

/// The picture of an upload in all its sizes, and what is said of it. `Conflict` without the token of the form.
pub async fn take(desk: &Desk, parts: Multipart) -> Result<(Prepared, String)> {
    let Upload { bytes, alt, .. } = upload::file(desk, parts, "picture", MAX_BYTES, "admin-picture-too-large").await?;
    let prepared = web::block(move || pictures::prepare(&bytes)).await.map_err(Error::unexpected)??;
    Ok((prepared, alt))
}

async fn add(desk: &Desk, id: ProductId, parts: Multipart) -> Result<()> {
    let (prepared, alt) = take(desk, parts).await?;
    desk.write(move |conn, act| {
        catalog::begin_edit(conn, id, None, act.now)?;
        let currency = shop::get(conn)?.currency;
        let loaded = product::load(conn, Some(id), currency)?;
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
