//! A form that files may come with. It is read whole, so that what was typed is not lost with a file that is refused.

use super::door::Door;
use super::posted::Posted;
use super::requests::files::{MOST, kept};
use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use crm::tickets::NewFile;
use futures_util::StreamExt;
use kernel::error::said;
use kernel::{Error, Result};
use std::future::Future;
use std::pin::Pin;

/// Files of one form, and the bytes that they may have together.
const FILES: usize = 10;
const TOGETHER: usize = 30 << 20;
/// Bytes of what is typed.
const TYPED: usize = 512 * 1024;
/// Fields of a form, its files among them.
const PARTS: usize = 60;
/// Bytes that are read before the connection is given up: a browser that still sends sees no answer.
const DRAINED: usize = 128 << 20;

/// The fields of a form, after its `csrf` token was checked, and the files that came with it. A form without files may come as any other.
#[derive(Debug)]
pub struct Attached {
    posted: Posted,
    /// Name and content, or the text of why none is taken.
    files: Result<Vec<(String, Vec<u8>)>, String>,
}

impl Attached {
    /// What was typed, and what is kept of the files: pictures drawn anew, and PDFs. `Invalid` (field `files`) for anything else.
    pub async fn open(self) -> (Posted, Result<Vec<NewFile>>) {
        let files = match self.files {
            Ok(files) => web::block(move || files.into_iter().map(|(name, bytes)| kept(&name, bytes)).collect())
                .await
                .unwrap_or_else(|error| Err(Error::unexpected(error))),
            Err(text) => Err(Error::field("files", text)),
        };
        (self.posted, files)
    }
}

impl FromRequest for Attached {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Attached, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            if !actix_web::HttpMessage::content_type(&request).eq_ignore_ascii_case("multipart/form-data") {
                return Ok(Attached { posted: Posted::from_request(&request, &mut payload).await?, files: Ok(Vec::new()) });
            }
            let parts = Multipart::from_request(&request, &mut payload).await.map_err(|_| unreadable())?;
            read(&request, parts).await
        })
    }
}

fn unreadable() -> Error {
    Error::field("form", "form-unreadable")
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    typed: Vec<(String, String)>,
    typed_bytes: usize,
    files: Vec<(String, Vec<u8>)>,
    bytes: usize,
    /// Bytes of the whole form, kept or not.
    seen: usize,
    refused: Option<String>,
}

async fn read(request: &HttpRequest, mut parts: Multipart) -> Result<Attached> {
    let door = request.app_data::<web::Data<Door>>().cloned().ok_or_else(|| Error::unexpected("the shop's door is not set up"))?;
    let visit = door.visit(request);
    let (mut all, mut proven, mut count) = (Reading::default(), false, 0);
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| unreadable())?;
        count += 1;
        if count > PARTS {
            return Err(unreadable());
        }
        let file = part.content_disposition().and_then(|about| about.get_filename()).map(str::to_string);
        match file {
            // The token comes before any file, so that a stranger's page makes us read nothing large.
            Some(_) if !proven => return Err(Error::conflict("form-expired")),
            Some(name) => all.file(name, part).await?,
            None => {
                let (name, value) = all.field(part).await?;
                proven |= name == "csrf" && visit.proves(&door.signer, &value);
                all.typed.push((name, value));
            }
        }
    }
    if !proven {
        return Err(Error::conflict("form-expired"));
    }
    Ok(Attached { posted: all.typed.into_iter().collect(), files: all.refused.map_or(Ok(all.files), Err) })
}

impl Reading {
    /// A field that was typed into.
    async fn field(&mut self, mut part: Field) -> Result<(String, String)> {
        let (name, mut bytes) = (part.name().unwrap_or_default().to_string(), Vec::new());
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|_| unreadable())?;
            self.typed_bytes += chunk.len();
            if self.typed_bytes > TYPED {
                return Err(Error::field("form", "form-too-large"));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((name, String::from_utf8_lossy(&bytes).replace('\0', "")))
    }

    /// A file. One that is refused is read to its end all the same, so that the fields behind it are.
    async fn file(&mut self, name: String, mut part: Field) -> Result<()> {
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|_| unreadable())?;
            self.seen += chunk.len();
            if self.seen > DRAINED {
                return Err(Error::field("form", "form-too-large"));
            }
            if self.refused.is_some() {
                continue;
            }
            if bytes.len() + chunk.len() > MOST {
                self.refused = Some("request-file-large".to_string());
            } else if self.bytes + bytes.len() + chunk.len() > TOGETHER {
                self.refused = Some(said("request-files-large", &[("most", &(TOGETHER >> 20))]));
            } else {
                bytes.extend_from_slice(&chunk);
            }
        }
        // An input that no file was chosen in is sent as one without a name.
        if name.is_empty() && bytes.is_empty() {
            return Ok(());
        }
        self.bytes += bytes.len();
        self.files.push((name, bytes));
        if self.files.len() > FILES {
            self.refused.get_or_insert_with(|| said("request-files-many", &[("most", &FILES)]));
        }
        Ok(())
    }
}
