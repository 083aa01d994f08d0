//! The frame around every page: what the header and footer show.

use super::views::page::{Alternate, PageView};
use super::views::shared::Link;
use super::visit::Visit;
use crate::{carts, shop};
use kernel::clock::Time;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};

/// The frame for a visit. The handler fills in title, description, canonical address and structured data.
pub fn load(conn: &mut Conn, visit: &Visit, now: Time) -> Result<PageView> {
    let cart_count = if visit.known { cart_units(conn, visit)? } else { 0 };
    load_with(conn, visit, cart_count, now)
}

/// [`load`] when the units in the cart are known.
pub fn load_with(conn: &mut Conn, visit: &Visit, cart_count: u32, now: Time) -> Result<PageView> {
    let shop = shop::get(conn)?;
    let language = visit.language;
    let customer = visit.customer(conn, now)?;
    let signed_in = match customer {
        Some(id) => {
            let customer = crm::customers::get(conn, id)?;
            Some(if customer.name.is_empty() { customer.email } else { customer.name })
        }
        None => None,
    };
    Ok(PageView {
        language,
        tag: language.tag(),
        shop_name: shop.name.clone(),
        title: String::new(),
        description: String::new(),
        canonical: None,
        alternates: Vec::new(),
        csrf: visit.csrf.clone(),
        cart_count,
        signed_in,
        flash: visit.flash.clone(),
        categories: main_categories(conn, language)?,
        pages: content_links(conn, language)?,
        announcement: shop.announcement.get(language.code()).cloned().filter(|text| !text.is_empty()),
        json_ld: None,
        noindex: false,
        currency: shop.currency.code().into(),
        query: String::new(),
    })
}

/// Units in the visitor's cart.
pub fn cart_units(conn: &mut Conn, visit: &Visit) -> Result<u32> {
    let units = match carts::find_by_token(conn, &visit.visitor)? {
        Some(cart) => carts::units(conn, cart.id)?,
        None => 0,
    };
    Ok(u32::try_from(units).unwrap_or(u32::MAX))
}

fn main_categories(conn: &mut Conn, language: Language) -> Result<Vec<Link>> {
    let tree = crate::catalog::categories(conn, language.code())?;
    Ok(tree
        .children(None)
        .iter()
        .map(|category| Link { label: category.name.clone(), to: format!("/categories/{}", category.slug) })
        .collect())
}

fn content_links(conn: &mut Conn, language: Language) -> Result<Vec<Link>> {
    let pages = crate::content::list(conn, language.code())?;
    Ok(pages.into_iter().map(|(slug, title)| Link { label: title, to: format!("/pages/{slug}") }).collect())
}

/// Marks a page as one that search engines may keep: its canonical address and the same page in every language.
pub fn index(page: &mut PageView, base_url: &str, path_and_query: &str) {
    let address = |language: Language| format!("{base_url}{}", language.path(path_and_query));
    page.canonical = Some(address(page.language));
    page.alternates = alternates(base_url, path_and_query, page.language);
}

/// The same page in every language, for the language switch.
pub fn alternates(base_url: &str, path_and_query: &str, current: Language) -> Vec<Alternate> {
    let each = |language: Language| Alternate {
        code: language.code(),
        tag: language.tag(),
        name: language.name(),
        href: format!("{base_url}{}", language.path(path_and_query)),
        current: language == current,
    };
    Language::ALL.into_iter().map(each).collect()
}
