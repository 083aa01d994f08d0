//! Pages of text: about, delivery, returns, terms.

pub mod layout;

use crate::imports::clean_html;
use crate::schema::content_pages as pages;
use crate::shop::OWN_LANGUAGE;
use diesel::prelude::*;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde::Serialize;

/// A page in one language.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = pages)]
pub struct ContentPage {
    pub slug: String,
    pub language: String,
    pub title: String,
    pub body_html: String,
    /// Its place in the list at the foot of every page.
    pub position: i64,
}

/// The page in `language`, or in the shop's own. `NotFound` when there is neither.
pub fn get(conn: &mut Conn, slug: &str, language: &str) -> Result<ContentPage> {
    let mut found: Vec<ContentPage> = pages::table
        .filter(pages::slug.eq(slug))
        .filter(pages::language.eq_any([language, OWN_LANGUAGE]))
        .select(ContentPage::as_select())
        .load(conn)?;
    let at = found.iter().position(|page| page.language == language).unwrap_or(0);
    if found.is_empty() { Err(Error::NotFound) } else { Ok(found.swap_remove(at)) }
}

/// Slug and title of every page, in order, titles in `language` where there is one.
pub fn list(conn: &mut Conn, language: &str) -> Result<Vec<(String, String)>> {
    let found: Vec<(String, String, String)> = pages::table
        .filter(pages::language.eq_any([language, OWN_LANGUAGE]))
        .order((pages::position, pages::slug))
        .select((pages::slug, pages::language, pages::title))
        .load(conn)?;
    let mut list: Vec<(String, String)> = Vec::new();
    for (slug, spoken, title) in found {
        match list.iter_mut().find(|(known, _)| *known == slug) {
            Some((_, shown)) if spoken == language => *shown = title,
            Some(_) => {}
            None => list.push((slug, title)),
        }
    }
    Ok(list)
}

/// A page in every language it has, the shop's own first.
pub fn of_slug(conn: &mut Conn, slug: &str) -> Result<Vec<ContentPage>> {
    let mut found: Vec<ContentPage> = pages::table.filter(pages::slug.eq(slug)).select(ContentPage::as_select()).load(conn)?;
    found.sort_by_key(|page| Language::all().iter().position(|language| language.code() == page.language));
    Ok(found)
}

/// Takes a page away, in one language or in all.
pub fn remove(conn: &mut Conn, slug: &str, language: Option<&str>) -> Result<()> {
    let gone = pages::table.filter(pages::slug.eq(slug));
    match language {
        Some(language) => diesel::delete(gone.filter(pages::language.eq(language))).execute(conn)?,
        None => diesel::delete(gone).execute(conn)?,
    };
    Ok(())
}

/// Stores a page in its language, in place of the one before. Its HTML is made safe.
pub fn save(conn: &mut Conn, page: &ContentPage) -> Result<()> {
    if page.title.trim().is_empty() {
        return Err(Error::field("title", "content-title"));
    }
    let body = clean_html(&page.body_html);
    let change = (pages::title.eq(page.title.trim()), pages::body_html.eq(&body), pages::position.eq(page.position));
    let row = (
        pages::slug.eq(crate::catalog::slug(&page.slug)),
        pages::language.eq(&page.language),
        pages::title.eq(page.title.trim()),
        pages::body_html.eq(&body),
        pages::position.eq(page.position),
    );
    kernel::on_each!(conn, c => diesel::insert_into(pages::table)
        .values(row).on_conflict((pages::slug, pages::language)).do_update().set(change).execute(c))?;
    Ok(())
}
