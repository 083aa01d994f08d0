//! A file in a form: the token first, then the file, up to a size.

use super::door::Door;
use super::visit::Visit;
use actix_multipart::{Field, Multipart};
use futures_util::StreamExt;
use kernel::{Error, Result};

/// The most parts that are looked at.
const PARTS: usize = 8;

/// Longest description of a picture, in bytes.
const ALT: usize = 4000;

/// What came with a form.
pub struct Upload {
    /// The file's name without its folders; that of the field when the browser gave none.
    pub name: String,
    pub bytes: Vec<u8>,
    /// What is said of a picture; empty without that field.
    pub alt: String,
}

/// The file in the field `field`. `Invalid` when there is none, or with `too_large` when it has more than `limit` bytes; `Conflict` when the
/// form is not one of ours.
pub async fn file(door: &Door, visit: &Visit, mut parts: Multipart, field: &str, limit: usize, too_large: &str) -> Result<Upload> {
    let (mut csrf, mut alt, mut found) = (String::new(), String::new(), None);
    let mut seen = 0;
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Error::field(field, "form-unreadable"))?;
        seen += 1;
        match part.name().unwrap_or("") {
            "csrf" => csrf = text(&read(part, 200, "form-unreadable").await?),
            "alt" => alt = text(&read(part, ALT, "field-too-long").await?),
            // The token comes before the file, so that a stranger's page makes us read nothing large.
            name if name == field && visit.proves(&door.signer, &csrf) => {
                let called = part.content_disposition().and_then(|about| about.get_filename()).unwrap_or_default();
                // Browsers of old send the whole path.
                let name: String =
                    called.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect();
                found = Some((name, read(part, limit, too_large).await?));
            }
            _ => return Err(Error::conflict("form-expired")),
        }
        if seen > PARTS {
            return Err(Error::field(field, "form-unreadable"));
        }
    }
    match found {
        Some((name, bytes)) if !bytes.is_empty() => Ok(Upload { name: if name.is_empty() { field.to_string() } else { name }, bytes, alt }),
        Some(_) => Err(Error::field(field, "upload-missing")),
        // Without a file there was nothing to prove the form for.
        None if visit.proves(&door.signer, &csrf) => Err(Error::field(field, "upload-missing")),
        None => Err(Error::conflict("form-expired")),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "")
}

/// The bytes of a part. `Invalid` with `too_large` when there are more than `limit`.
async fn read(mut part: Field, limit: usize, too_large: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|_| Error::field("file", "form-unreadable"))?;
        if bytes.len() + chunk.len() > limit {
            return Err(Error::field("file", too_large));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
