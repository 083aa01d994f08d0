//! Whether the links of a content lead anywhere.

use super::{Found, Level, is_plain, typed_links};
use crate::campaigns::content::{Content, Part, Source};
use crate::ids::StoreId;
use crate::mails::Mailer;
use crate::stores::{self, Site};
use crate::{catalog, collections, content, redirects};
use kernel::error::said;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};

/// Adds links to pages of the shop that there are not, links that leave the machine unencrypted, and products that nothing is for sale of.
pub(super) fn links(conn: &mut Conn, found: &mut Found, says: &Content, store: StoreId, ways: &Mailer) -> Result<()> {
    let site = ways.site(conn, store)?;
    for (_, link) in typed_links(says) {
        match inside(&link, &site) {
            Some(path) if !is_there(conn, &path)? => found.add(Level::Warn, said("campaign-risk-link", &[("link", &link)])),
            Some(_) => {}
            None if is_plain(&link) => found.add(Level::Tell, said("campaign-risk-link-plain", &[("link", &link)])),
            None => {}
        }
    }
    let shop = stores::shop(conn, store)?;
    for part in says.parts() {
        let Part::Products { source, .. } = part else { continue };
        let empty = match source {
            Source::Hand(slugs) => {
                let ids = catalog::by_slugs(conn, slugs)?;
                if ids.len() < slugs.len() {
                    found.add(Level::Warn, said("campaign-risk-products-gone", &[("count", &(slugs.len() - ids.len()))]));
                }
                ids.is_empty()
            }
            Source::Category(id) => catalog::sold(conn, &shop.assortment(), Some(*id), None, 1)?.is_empty(),
            Source::Collection(id) => collections::preview(conn, *id, 1, 1)?.1.is_empty(),
            Source::Newest | Source::Popular | Source::ForYou | Source::Occasion => false,
        };
        if empty {
            found.add(Level::Warn, "campaign-risk-products-none");
        }
    }
    Ok(())
}

/// The path of a link that leads to this store, without the language, the query and what stands behind `#`.
fn inside(link: &str, site: &Site) -> Option<String> {
    let own = link.strip_prefix(site.base_url.as_str()).unwrap_or(link);
    let path = own.split(['?', '#']).next().unwrap_or_default();
    let path = if own.len() < link.len() && path.is_empty() { "/" } else { path };
    path.starts_with('/').then(|| Language::named_by(path).map_or(path, |(_, rest)| rest).to_string())
}

/// Whether there is such a page. Of pages that are no rows nothing is claimed.
fn is_there(conn: &mut Conn, path: &str) -> Result<bool> {
    let there = match path.strip_prefix("/pages/") {
        Some(slug) => !content::of_slug(conn, slug)?.is_empty(),
        None if ["/products/", "/categories/", "/collections/"].iter().any(|kind| path.starts_with(kind)) => {
            redirects::is_page(conn, path)?
        }
        None => true,
    };
    Ok(there || redirects::find(conn, path)?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_of_the_store_is_known_by_its_address() {
        let site = Site::main("https://shop.test");
        let path = |link: &str| inside(link, &site);
        assert_eq!(path("/products/mug?a=b#c").as_deref(), Some("/products/mug"));
        assert_eq!(path("https://shop.test/zh/products/mug").as_deref(), Some("/products/mug"));
        assert_eq!(path("https://shop.test").as_deref(), Some("/"));
        assert_eq!(path("https://other.test/products/mug"), None);
        assert_eq!(path("https://shop.test.evil.test/"), None);
    }
}
