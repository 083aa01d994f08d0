//! Pages of text: about, delivery, returns, terms, in every language of the shop.

use super::desk::Desk;
use super::forms::Reader;
use super::languages;
use super::stale::{self, Labels, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::content::{self, ContentPage};
use storefront::shop::OWN_LANGUAGE;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const LABELS: &Labels = &[("position", "admin-page-position", ""), ("title", "admin-page-title", ""), ("body", "admin-page-body", "")];

fn names() -> Vec<String> {
    ["slug", "position"].iter().map(ToString::to_string).chain(languages::each(&["title", "body"])).collect()
}

fn address(slug: &str) -> String {
    format!("/admin/pages/{slug}")
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let language = desk.visit.language.code();
    let rows = desk.read(move |conn| content::list(conn, language)).await?;
    let rows: Vec<Value> = rows.into_iter().map(|(slug, title)| json!({ "slug": slug, "title": title })).collect();
    desk.page("admin/pages.html", "admin-pages", json!({ "pages": rows }))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    show(&desk, StatusCode::OK, None, Form::new(&names()).fill("position", "0"))
}

pub async fn edit(desk: Desk, slug: web::Path<String>) -> Result<HttpResponse> {
    let slug = slug.into_inner();
    let asked = slug.clone();
    let texts = desk.read(move |conn| texts(conn, &asked)).await?;
    show(&desk, StatusCode::OK, Some(&slug), filled(&texts).sealed())
}

/// The form of a stored page. Its address stays, so that there is no field for it.
fn filled(texts: &[ContentPage]) -> Form {
    let position = texts.first().map_or(0, |text| text.position);
    let form = Form::new(&names()).fill("position", position.to_string());
    texts.iter().fold(form, |form, text| {
        form.fill(&format!("title_{}", text.language), &text.title).fill(&format!("body_{}", text.language), &text.body_html)
    })
}

/// A page in every language it has. `NotFound` when it has none.
fn texts(conn: &mut Conn, slug: &str) -> Result<Vec<ContentPage>> {
    let texts = content::of_slug(conn, slug)?;
    if texts.is_empty() { Err(Error::NotFound) } else { Ok(texts) }
}

fn show(desk: &Desk, status: StatusCode, slug: Option<&str>, form: Form) -> Result<HttpResponse> {
    let title = if slug.is_some() { "admin-page-edit" } else { "admin-page-new" };
    desk.page_as(status, "admin/page.html", title, json!({ "slug": slug, "form": form }))
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let made = desk
        .write(move |conn, act| {
            let slug = storefront::catalog::slug(typed.get("slug"));
            if slug.is_empty() {
                return Err(Error::field("slug", "admin-page-slug-missing"));
            }
            if !content::of_slug(conn, &slug)?.is_empty() {
                return Err(Error::field("slug", "admin-page-slug-taken"));
            }
            store(conn, &slug, &typed)?;
            let after = texts(conn, &slug)?;
            act.log(conn, "page.save", &format!("page:{slug}"), &Value::Null, &after)?;
            Ok(slug)
        })
        .await;
    match made {
        Ok(slug) => Ok(desk.done(&address(&slug), "admin-saved")),
        Err(error) => refused(&desk, None, &posted, &Form::new(&names()), error),
    }
}

pub async fn update(desk: Desk, slug: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (slug, typed) = (slug.into_inner(), posted.clone());
    let asked = slug.clone();
    let saved = desk
        .write(move |conn, act| {
            let before = texts(conn, &asked)?;
            stale::check(&filled(&before), &typed)?;
            store(conn, &asked, &typed)?;
            let after = texts(conn, &asked)?;
            act.log(conn, "page.save", &format!("page:{asked}"), &before, &after)
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(&slug), "admin-saved")),
        Err(error) => {
            let asked = slug.clone();
            let stored = desk.read(move |conn| texts(conn, &asked)).await?;
            refused(&desk, Some(&slug), &posted, &filled(&stored), error)
        }
    }
}

fn refused(desk: &Desk, slug: Option<&str>, posted: &Posted, stored: &Form, error: Error) -> Result<HttpResponse> {
    let words = desk.words()?;
    let label = |name: &str| stale::label(LABELS, name, &words);
    let names = names();
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    let of = Refused { form: Form::new(&names).typed(posted.pairs()), order: &order, stored, label: &label };
    let (status, form) = stale::refused(posted, error, of, &words)?;
    show(desk, status, slug, form)
}

/// Stores what was typed in each language. Without a title a further language goes without the page, and shows it in the shop's own.
fn store(conn: &mut Conn, slug: &str, posted: &Posted) -> Result<()> {
    // No amount is read; the reader needs some currency.
    let mut reader = Reader::new(posted, Currency::EUR);
    let position = reader.optional_number("position").unwrap_or(0);
    reader.check()?;
    let mut wrong = Fields::default();
    for language in Language::all().iter().map(|language| language.code()) {
        let (title, body) = (posted.get(&format!("title_{language}")).trim(), posted.get(&format!("body_{language}")));
        if title.is_empty() {
            if language == OWN_LANGUAGE || !body.trim().is_empty() {
                wrong.add(&format!("title_{language}"), "field-required");
            } else {
                content::remove(conn, slug, Some(language))?;
            }
            continue;
        }
        let page = ContentPage { slug: slug.into(), language: language.into(), title: title.into(), body_html: body.into(), position };
        content::save(conn, &page)?;
    }
    wrong.check()
}

pub async fn remove(desk: Desk, slug: web::Path<String>, _: Posted) -> Result<HttpResponse> {
    let slug = slug.into_inner();
    desk.write(move |conn, act| {
        let before = texts(conn, &slug)?;
        content::remove(conn, &slug, None)?;
        act.log(conn, "page.remove", &format!("page:{slug}"), &before, &Value::Null)
    })
    .await?;
    Ok(desk.done("/admin/pages", "admin-page-removed"))
}
