//! Pictures and documents of a request. A picture is drawn anew before it is kept, which leaves out where it was taken; everything is
//! only ever downloaded, never shown as a page of the shop.

use super::{allowed, key, path_for};
use crate::pictures;
use crate::web::door::Door;
use crate::web::upload::{self, Upload};
use crate::web::views::page::Tone;
use crate::web::visit::Visit;
use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use crm::tickets::{self, File, NewFile, NewMessage};
use kernel::{Error, Result};

/// Bytes of a file that a shopper, or staff, may send.
pub const MOST: usize = 10 << 20;

pub async fn add(door: web::Data<Door>, visit: Visit, number: web::Path<String>, parts: Multipart) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("request:{}", visit.client))?;
    let (number, key) = (number.into_inner(), key(&visit));
    let page = path_for(&door.signer, &number, &key);
    // Who may not see the request sends no file.
    let (seen, signer, asked) = (visit.clone(), door.signer.clone(), (number.clone(), key.clone()));
    door.read(move |conn, now| allowed(conn, &seen, &signer, &asked.0, &asked.1, now).map(drop)).await?;
    let read = match upload::file(&door, &visit, parts, "file", MOST, "request-file-large").await {
        Ok(Upload { name, bytes, .. }) => web::block(move || kept(&name, bytes)).await.map_err(Error::unexpected)?,
        Err(error) => Err(error),
    };
    let written = match read {
        Err(error) => Err(error),
        Ok(file) => {
            let (seen, signer) = (visit.clone(), door.signer.clone());
            let message = NewMessage { files: vec![file], ..NewMessage::default() };
            let write = door.write(move |conn, now| {
                let (ticket, _) = allowed(conn, &seen, &signer, &number, &key, now)?;
                tickets::append_from_customer(conn, ticket.id, &message, now).map(drop)
            });
            write.await
        }
    };
    match written {
        Ok(()) => visit.say(&door.signer, Tone::Success, "request-file-kept"),
        Err(Error::Invalid(wrong)) => visit.say(&door.signer, Tone::Error, wrong.0.values().next().map_or("", String::as_str)),
        Err(error) => return Err(error),
    }
    Ok(door.go(&visit, &page))
}

/// What is kept of an upload: a picture drawn anew, or a PDF. `Invalid` for anything else. Takes tens of milliseconds.
pub fn kept(name: &str, bytes: Vec<u8>) -> Result<NewFile> {
    if bytes.starts_with(b"%PDF-") {
        return tickets::checked(name, bytes);
    }
    let drawn = pictures::prepare(&bytes).map_err(|_| Error::field("files", "request-file-kind"))?;
    let largest = drawn.sizes.into_iter().max_by_key(|(width, _)| *width);
    let (_, bytes) = largest.ok_or_else(|| Error::field("files", "request-file-kind"))?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    tickets::checked(&format!("{stem}.webp"), bytes)
}

pub async fn download(door: web::Data<Door>, visit: Visit, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let (key, signer) = (key(&visit), door.signer.clone());
    let read = door.read(move |conn, now| {
        let (ticket, eyes) = allowed(conn, &visit, &signer, &number, &key, now)?;
        tickets::file(conn, ticket.id, id, eyes)
    });
    let (file, bytes) = read.await?;
    Ok(attachment(&file, bytes))
}

/// A file of a ticket as a download, whatever it is.
pub fn attachment(file: &File, bytes: Vec<u8>) -> HttpResponse {
    download_of(&file.name, &file.content_type, bytes)
}

/// Bytes that somebody sent, as a download under their name.
pub fn download_of(name: &str, content_type: &str, bytes: Vec<u8>) -> HttpResponse {
    // RFC 6266: letters beyond ASCII go by the second name.
    let plain: String =
        name.chars().map(|letter| if letter.is_ascii_alphanumeric() || "._- ".contains(letter) { letter } else { '_' }).collect();
    let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20");
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes)
}
