//! Invoices and credit notes for the buyer.

use super::{Key, visible};
use crate::documents::{self, Document, Kind, print, ubl};
use crate::ids::DocumentId;
use crate::orders::Order;
use crate::web::door::Door;
use crate::web::views::order::PaperView;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use kernel::web::i18n::Language;
use kernel::{Conn, Result};

/// A PDF that the browser shows and that nobody on the way keeps. `name` is the file's, without its ending.
pub fn pdf(name: &str, bytes: Vec<u8>) -> HttpResponse {
    let name = plain(name);
    HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}.pdf\"")))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::HeaderName::from_static("x-robots-tag"), "noindex"))
        .body(bytes)
}

/// An XML file that the browser keeps. `name` is the file's, without its ending.
pub fn xml(name: &str, text: String) -> HttpResponse {
    let name = plain(name);
    HttpResponse::Ok()
        .content_type("application/xml; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.xml\"")))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::HeaderName::from_static("x-robots-tag"), "noindex"))
        .body(text)
}

fn plain(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' }).collect()
}

/// A document as UBL, for whoever may see the order.
pub async fn ubl(door: web::Data<Door>, visit: Visit, path: web::Path<(String, i64)>, query: web::Query<Key>) -> Result<HttpResponse> {
    let (document, words) = found(&door, visit, path, query).await?;
    Ok(xml(&document.label, ubl::xml(&document, &words)?))
}

/// A document of an order, for whoever may see the order.
pub async fn show(door: web::Data<Door>, visit: Visit, path: web::Path<(String, i64)>, query: web::Query<Key>) -> Result<HttpResponse> {
    let (document, words) = found(&door, visit, path, query).await?;
    Ok(pdf(&document.label, print::invoice(&document, &words)?))
}

/// The document that is asked for, with words in its language. That of another order is not found.
async fn found(door: &Door, visit: Visit, path: web::Path<(String, i64)>, query: web::Query<Key>) -> Result<(Document, Words)> {
    let (number, id) = path.into_inner();
    let (key, signer) = (query.into_inner().key, door.signer.clone());
    let document: Document = door
        .read(move |conn, now| {
            let (order, _) = visible(conn, &visit, &signer, &number, &key, now)?;
            documents::get_of(conn, order.id, DocumentId(id))
        })
        .await?;
    let language = Language::parse(&document.content()?.language).unwrap_or_default();
    Ok((document, Words::of(&door.templates, language)?))
}

/// The links to an order's documents, with the key of a guest's link.
pub(super) fn views(conn: &mut Conn, order: &Order, key: Option<&str>, words: &Words) -> Result<Vec<PaperView>> {
    let mut views = Vec::new();
    for document in documents::of_order(conn, order.id)? {
        let title = match document.kind {
            Kind::Invoice => "document-invoice-title",
            Kind::CreditNote => "document-credit_note-title",
        };
        let key = key.map(|key| format!("?key={key}")).unwrap_or_default();
        let to = format!("/orders/{}/documents/{}", order.number, document.id);
        let ubl = ubl::possible(&document, &document.content()?)?.then(|| format!("{to}/ubl{key}"));
        views.push(PaperView { text: words.with(title, &[("number", &document.label)])?, to: format!("{to}{key}"), ubl });
    }
    Ok(views)
}
