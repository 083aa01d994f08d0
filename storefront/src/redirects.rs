//! Old addresses. A product or a category whose slug changes leaves its old path behind; staff write down others (`/old` leads to
//! `/new`). They are asked only when an address has no page, so a page always wins over them. Paths are without the language and
//! without percent signs: `/products/龙井`.

use crate::ids::{CategoryId, CollectionId, ProductId};
use crate::schema::{categories, collections, products, redirects};
use diesel::prelude::*;
use kernel::error::Fields;
use kernel::web::i18n::{Language, Spoken};
use kernel::{Conn, Error, Result, on_each};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use url::Url;

kernel::id!(
    /// A row of the list.
    RedirectId
);

/// How many redirects may follow each other. A browser is sent to the end at once.
const STEPS: usize = 10;
/// Longest path, in characters.
const LONGEST: usize = 500;
/// Addresses that the shop's pages do not answer, so that nothing there ever leads on.
const ELSEWHERE: [&str; 4] = ["/admin", "/api", "/assets", "/webhooks"];

/// Whose address it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Product(ProductId),
    Category(CategoryId),
    Collection(CollectionId),
}

impl Page {
    fn path(self, slug: &str) -> String {
        match self {
            Page::Product(_) => format!("/products/{slug}"),
            Page::Category(_) => format!("/categories/{slug}"),
            Page::Collection(_) => format!("/collections/{slug}"),
        }
    }
}

/// A redirect as staff see it. With an empty `target` the shop keeps it itself: it leads to `now_at`, or nowhere when that is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redirect {
    pub id: RedirectId,
    pub path: String,
    pub target: String,
    pub now_at: Option<String>,
}

/// Notes that a page is at `after` from now on. Its old path leads to it; who takes an old path of others has it for itself.
pub(crate) fn moved(conn: &mut Conn, page: Page, before: Option<&str>, after: &str) -> Result<()> {
    forget(conn, &page.path(after))?;
    let Some(before) = before.filter(|before| *before != after) else { return Ok(()) };
    let path = page.path(before);
    forget(conn, &path)?;
    let (product, category, collection) = match page {
        Page::Product(id) => (Some(id), None, None),
        Page::Category(id) => (None, Some(id), None),
        Page::Collection(id) => (None, None, Some(id)),
    };
    let row = (
        redirects::path.eq(path),
        redirects::product_id.eq(product),
        redirects::category_id.eq(category),
        redirects::collection_id.eq(collection),
    );
    // What staff wrote down for this path is what they want.
    on_each!(conn, c => diesel::insert_into(redirects::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Takes away what the shop kept for a path; what staff wrote stays.
fn forget(conn: &mut Conn, path: &str) -> Result<()> {
    diesel::delete(redirects::table.filter(redirects::path.eq(path)).filter(redirects::target.eq(""))).execute(conn)?;
    Ok(())
}

/// Takes away every old address of a product that goes for good.
pub(crate) fn forget_product(conn: &mut Conn, id: ProductId) -> Result<()> {
    diesel::delete(redirects::table.filter(redirects::product_id.eq(id))).execute(conn)?;
    Ok(())
}

/// Takes away every old address of a category that goes for good.
pub(crate) fn forget_category(conn: &mut Conn, id: CategoryId) -> Result<()> {
    diesel::delete(redirects::table.filter(redirects::category_id.eq(id))).execute(conn)?;
    Ok(())
}

/// Takes away every old address of a collection that goes for good.
pub(crate) fn forget_collection(conn: &mut Conn, id: CollectionId) -> Result<()> {
    diesel::delete(redirects::table.filter(redirects::collection_id.eq(id))).execute(conn)?;
    Ok(())
}

/// Where an address without a page leads, without the language; `None` when nowhere. `path` is as the request has it.
pub fn find(conn: &mut Conn, path: &str) -> Result<Option<String>> {
    let Some(asked) = own_path(path) else { return Ok(None) };
    let asked = asked.trim_end_matches('/').to_string();
    let mut at = asked.clone();
    for step in 0..=STEPS {
        match next(conn, plain(&at))? {
            Some(to) if plain(&to) == asked => return Ok(None),
            Some(to) => at = to,
            None if step == 0 => return Ok(None),
            None => return Ok(Some(at)),
        }
        if is_page(conn, plain(&at))? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// A path without its query.
fn plain(target: &str) -> &str {
    target.split('?').next().unwrap_or(target)
}

fn next(conn: &mut Conn, path: &str) -> Result<Option<String>> {
    type Found = (String, Option<ProductId>, Option<CategoryId>, Option<CollectionId>);
    let row: Option<Found> = redirects::table
        .filter(redirects::path.eq(path))
        .select((redirects::target, redirects::product_id, redirects::category_id, redirects::collection_id))
        .first(conn)
        .optional()?;
    match row {
        None => Ok(None),
        Some((_, Some(product), ..)) => {
            let slug: Option<String> =
                products::table.find(product).filter(products::listed.eq(true)).select(products::slug).first(conn).optional()?;
            Ok(slug.map(|slug| Page::Product(product).path(&slug)))
        }
        Some((_, _, Some(category), _)) => {
            let slug: Option<String> = categories::table.find(category).select(categories::slug).first(conn).optional()?;
            Ok(slug.map(|slug| Page::Category(category).path(&slug)))
        }
        Some((_, _, _, Some(collection))) => {
            let slug: Option<String> = collections::table
                .find(collection)
                .filter(collections::active.eq(true))
                .select(collections::slug)
                .first(conn)
                .optional()?;
            Ok(slug.map(|slug| Page::Collection(collection).path(&slug)))
        }
        Some((target, ..)) => Ok(Some(target)),
    }
}

/// Whether the catalogue has a page there: it then wins over a redirect.
pub(crate) fn is_page(conn: &mut Conn, path: &str) -> Result<bool> {
    let found: i64 = if let Some(slug) = path.strip_prefix("/products/") {
        products::table.filter(products::slug.eq(slug)).filter(products::listed.eq(true)).count().get_result(conn)?
    } else if let Some(slug) = path.strip_prefix("/categories/") {
        categories::table.filter(categories::slug.eq(slug)).count().get_result(conn)?
    } else if let Some(slug) = path.strip_prefix("/collections/") {
        collections::table.filter(collections::slug.eq(slug)).filter(collections::active.eq(true)).count().get_result(conn)?
    } else {
        0
    };
    Ok(found > 0)
}

/// Redirects, the newest first, before the id `before`; only of paths that begin with `text` when it is not empty.
pub fn list(conn: &mut Conn, text: &str, before: Option<RedirectId>, limit: i64) -> Result<Vec<Redirect>> {
    let mut query = redirects::table
        .left_join(products::table.on(redirects::product_id.eq(products::id.nullable())))
        .left_join(categories::table.on(redirects::category_id.eq(categories::id.nullable())))
        .left_join(collections::table.on(redirects::collection_id.eq(collections::id.nullable())))
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(redirects::id.lt(before));
    }
    let text = text.trim();
    if !text.is_empty() {
        // Between the text and the last text that begins with it: what the index of paths finds.
        query = query.filter(redirects::path.ge(text.to_string())).filter(redirects::path.lt(format!("{text}\u{10FFFF}")));
    }
    type Row = (RedirectId, String, String, Option<String>, Option<String>, Option<String>);
    let rows: Vec<Row> = query
        .order(redirects::id.desc())
        .limit(limit)
        .select((
            redirects::id,
            redirects::path,
            redirects::target,
            products::slug.nullable(),
            categories::slug.nullable(),
            collections::slug.nullable(),
        ))
        .load(conn)?;
    let row = |(id, path, target, product, category, collection): Row| Redirect {
        id,
        path,
        target,
        now_at: product
            .map(|slug| format!("/products/{slug}"))
            .or(category.map(|slug| format!("/categories/{slug}")))
            .or(collection.map(|slug| format!("/collections/{slug}"))),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// One redirect. `NotFound` when there is none.
pub fn get(conn: &mut Conn, id: RedirectId) -> Result<Redirect> {
    let (path, target): (String, String) = redirects::table.find(id).select((redirects::path, redirects::target)).first(conn)?;
    Ok(Redirect { id, path, target, now_at: None })
}

/// Writes down that `from` leads to `to`, in place of what it led to. Both are paths of this shop, `to` with a query if it needs one.
/// `Invalid` names the field: a foreign or unreadable address, one that leads back to itself, or too long a chain.
pub fn set(conn: &mut Conn, from: &str, to: &str) -> Result<RedirectId> {
    let mut fields = Fields::default();
    let source = own_path(from.trim()).map(|path| path.trim_end_matches('/').to_string());
    let source = source.filter(|path| !path.is_empty() && !path.contains('?') && served(path)).unwrap_or_default();
    if source.is_empty() {
        fields.add("from", "redirect-from-invalid");
    }
    let target = own_path(to.trim()).filter(|path| served(plain(path))).unwrap_or_default();
    if target.is_empty() {
        fields.add("to", "redirect-to-invalid");
    }
    fields.check()?;
    let mut at = target.clone();
    for step in 0.. {
        if plain(&at).trim_end_matches('/') == source {
            return Err(Error::field("to", "redirect-loop"));
        }
        if step >= STEPS {
            return Err(Error::field("to", "redirect-chain"));
        }
        match next(conn, plain(&at))? {
            Some(to) => at = to,
            None => break,
        }
    }
    diesel::delete(redirects::table.filter(redirects::path.eq(&source))).execute(conn)?;
    let row = (redirects::path.eq(source), redirects::target.eq(target));
    Ok(diesel::insert_into(redirects::table).values(row).returning(redirects::id).get_result(conn)?)
}

/// Takes a redirect away. `NotFound` when it is gone already.
pub fn remove(conn: &mut Conn, id: RedirectId) -> Result<()> {
    match diesel::delete(redirects::table.find(id)).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

fn served(path: &str) -> bool {
    !ELSEWHERE.iter().any(|other| path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// A path of this shop without its language and percent signs; `None` for anything a browser could take for another host.
fn own_path(text: &str) -> Option<String> {
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let (_, path) = Language::of_path(&path);
    let sound = |text: &str| !text.contains(['\\', '#']) && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    let ours = path.starts_with('/') && !path.starts_with("//") && sound(path) && query.is_none_or(sound);
    let whole = query.map_or_else(|| path.to_string(), |query| format!("{path}?{query}"));
    (ours && whole.chars().count() <= LONGEST).then_some(whole)
}

/// A path as it stands in the header `Location`, in a language.
pub fn address(spoken: impl Into<Spoken>, target: &str, query: &str) -> Option<String> {
    let (path, own) = target.split_once('?').map_or((target, ""), |(path, own)| (path, own));
    let mut url = Url::parse("http://shop.invalid/").ok()?;
    url.set_path(&spoken.into().path(path));
    let query = if own.is_empty() { query } else { own };
    url.set_query(Some(query).filter(|query| !query.is_empty()));
    Some(url[url::Position::BeforePath..].to_string())
}

#[cfg(test)]
mod tests;
