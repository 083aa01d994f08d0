//! A file in a form of the back office.

use super::desk::Desk;
use actix_multipart::Multipart;
use kernel::Result;
use storefront::web::upload::{self, Upload};

/// The file in the field `field`, as [`upload::file`] reads it.
pub async fn file(desk: &Desk, parts: Multipart, field: &str, limit: usize, too_large: &str) -> Result<Upload> {
    upload::file(&desk.door, &desk.visit, parts, field, limit, too_large).await
}
