//! The frame around every page: what the header and footer show.

use super::shelves;
use super::slots::{Everyone, Slot};
use super::theme;
use super::views::page::{Alternate, Look, MenuLink, PageView};
use super::views::shared::Link;
use super::visit::{Choice, Visit};
use crate::buying;
use crate::carts;
use crate::ids::StoreId;
use crate::logins;
use crate::menus::{self, Ends, Live, Place};
use crate::price_lists::Trade;
use crate::punchout;
use crate::shop::Shop;
use crate::stores::{self, PricesFor, Site};
use crate::theme::Theme;
use crm::companies::Buyer;
use crm::{CustomerId, customers};
use kernel::clock::Time;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};

/// The frame for a visit. The handler fills in title, description, canonical address and structured data.
pub fn load(conn: &mut Conn, visit: &Visit, now: Time) -> Result<PageView> {
    let session = visit.session.as_deref().map_or(Ok(None), |session| logins::session_with_member(conn, session, now))?;
    let (customer, member) = (session.map(|(customer, _)| customer), session.and_then(|(_, member)| member));
    let buyer = match customer {
        Some(customer) => buying::by(conn, customer, member)?,
        None => punchout::buyer(conn, visit.punchout.as_deref(), now)?,
    };
    let trade = Trade::of_person(customer, buyer.as_ref());
    let mut page = plain(conn, &visit.site, &trade, visit.language, &visit.csrf)?;
    page.cart_count = if visit.known { cart_units(conn, visit.site.id, &visit.visitor, customer)? } else { 0 };
    page.signed_in = match customer {
        Some(customer) => Some(called(customers::called(conn, customer)?, buyer.as_ref())),
        None => None,
    };
    page.flash.clone_from(&visit.flash);
    page.asks = visit.choice == Choice::Open;
    page.here = here(&visit.path, &visit.query);
    Ok(page)
}

/// What the header calls a customer, with the company that they buy for.
pub fn called(name: String, buyer: Option<&Buyer>) -> String {
    match buyer {
        Some(buyer) => format!("{name} · {}", buyer.name),
        None => name,
    }
}

/// The frame of a page for everybody, with slots for what is a visitor's own.
pub fn shared(conn: &mut Conn, everyone: &Everyone) -> Result<PageView> {
    let mut page = plain(conn, &everyone.site, &everyone.audience.trade(), everyone.language, &everyone.slots.mark(Slot::FormToken))?;
    page.slots = Some(everyone.slots.of_frame());
    page.asks = !everyone.draft;
    page.here = here(&everyone.path, &everyone.query);
    if everyone.draft {
        let draft = crate::theme::working(conn, everyone.site.id)?;
        page.look = Look { draft: true, ..look(conn, &draft, &page.shop_name)? };
    }
    Ok(page)
}

fn here(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_string() } else { format!("{path}?{query}") }
}

/// The frame with nothing of a visitor in it but the token of forms. Its menus lead to what `trade` may buy.
fn plain(conn: &mut Conn, site: &Site, trade: &Trade, language: Language, csrf: &str) -> Result<PageView> {
    let shop = stores::shop_for(conn, site.id, trade)?;
    let worn = crate::theme::published(conn, site.id)?.theme;
    let pages = content_links(conn, language)?;
    let [header, footer] = menus(conn, site, &shop, language, &pages)?;
    let (footer, footer_more) = footer.into_iter().partition(|column| !column.children.is_empty());
    Ok(PageView {
        language,
        tag: language.tag(),
        look: look(conn, &worn, &shop.name)?,
        shop_name: shop.name.clone(),
        title: String::new(),
        description: String::new(),
        canonical: None,
        alternates: Vec::new(),
        csrf: csrf.to_string(),
        cart_count: 0,
        signed_in: None,
        slots: None,
        asks: false,
        here: String::new(),
        flash: Vec::new(),
        header,
        footer,
        footer_more,
        chat: shop.chat,
        quick_order: shop.takes_quick_orders(),
        prices: prices_told(&shop, trade),
        pages,
        announcement: shop.announcement.get(language.code()).cloned().filter(|text| !text.is_empty()),
        json_ld: None,
        noindex: false,
        currency: shop.currency.code().into(),
        query: String::new(),
    })
}

/// Why a page tells no prices, as the end of a text's key.
fn prices_told(shop: &Shop, trade: &Trade) -> Option<&'static str> {
    match (shop.prices_for, trade.signed_in) {
        _ if !shop.prices_hidden => None,
        (PricesFor::Companies, true) => Some("member"),
        (PricesFor::Companies, false) => Some("companies"),
        (PricesFor::SignedIn | PricesFor::Everybody, _) => Some("signed-in"),
    }
}

/// The menus of header and footer. One that nobody edited follows the shop.
fn menus(conn: &mut Conn, site: &Site, shop: &Shop, language: Language, pages: &[Link]) -> Result<[Vec<MenuLink>; 2]> {
    let (header, footer) = (menus::get(conn, shop.store, Place::Header)?.entries, menus::get(conn, shop.store, Place::Footer)?.entries);
    let edited: Vec<&[menus::Entry]> = [&header, &footer].into_iter().flatten().map(Vec::as_slice).collect();
    let ends = if edited.is_empty() {
        None
    } else {
        let tree = site.categories(conn, shop, language.code())?;
        Some(Ends::load(conn, shop, tree, language.code(), &edited)?)
    };
    let live = |entries: &Option<Vec<menus::Entry>>| -> Option<Vec<MenuLink>> {
        Some(ends.as_ref()?.live(entries.as_ref()?).into_iter().map(entry).collect())
    };
    let (header, footer) = (live(&header), live(&footer));
    if let (Some(header), Some(footer)) = (header.clone(), footer.clone()) {
        return Ok([header, footer]);
    }
    let categories: Vec<MenuLink> = main_categories(conn, site, shop, language)?.iter().map(link).collect();
    let answers = crate::articles::any(conn)?;
    let standard = || {
        let column = |key, children| MenuLink { key: Some(key), children, ..MenuLink::default() };
        let articles = answers.then_some(menus::ARTICLES);
        let fixed = articles.into_iter().chain(menus::HELP).map(|(key, to)| MenuLink {
            key: Some(key),
            to: Some(to.into()),
            ..MenuLink::default()
        });
        let help = pages.iter().map(link).chain(fixed).collect();
        let mut columns = vec![column("footer-shop", categories.clone()), column("footer-help", help)];
        columns.retain(|column| !column.children.is_empty());
        columns
    };
    let footer = footer.unwrap_or_else(standard);
    Ok([header.unwrap_or(categories), footer])
}

fn link(of: &Link) -> MenuLink {
    MenuLink { label: of.label.clone(), to: Some(of.to.clone()), ..MenuLink::default() }
}

fn entry(of: Live) -> MenuLink {
    MenuLink { label: of.label, key: None, to: of.to, outside: of.outside, children: of.children.into_iter().map(entry).collect() }
}

/// What pages show of a theme.
fn look(conn: &mut Conn, theme: &Theme, shop_name: &str) -> Result<Look> {
    let (sheet, plain) = (theme.sheet(), Theme::default().sheet());
    Ok(Look {
        sheet: (sheet != plain).then(|| theme::address(&sheet)),
        ground: theme.colour(crate::theme::Role::Background).to_string(),
        logo: shelves::by_hash(conn, theme.logo.as_deref(), shop_name)?,
        icon: theme.icon.as_ref().map(|hash| format!("/pictures/{hash}/160.webp")),
        draft: false,
    })
}

/// Units in the cart in a store of the visitor with this secret. The cart of a customer counts for nobody who is not signed in as them.
pub fn cart_units(conn: &mut Conn, store: StoreId, visitor: &str, customer: Option<CustomerId>) -> Result<u32> {
    let own = carts::find_by_token(conn, visitor)?.filter(|cart| cart.store_id == store);
    let cart = own.filter(|cart| cart.customer_id.is_none() || cart.customer_id == customer);
    let units = match cart {
        Some(cart) => carts::units(conn, cart.id)?,
        None => 0,
    };
    Ok(u32::try_from(units).unwrap_or(u32::MAX))
}

fn main_categories(conn: &mut Conn, site: &Site, shop: &Shop, language: Language) -> Result<Vec<Link>> {
    let tree = site.categories(conn, shop, language.code())?;
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
pub fn index(page: &mut PageView, site: &Site, path_and_query: &str) {
    page.canonical = Some(site.url(page.language, path_and_query));
    page.alternates = alternates(site, path_and_query, page.language);
}

/// The same page in every language of the store, for the language switch.
pub fn alternates(site: &Site, path_and_query: &str, current: Language) -> Vec<Alternate> {
    let each = |language: Language| Alternate {
        code: language.code(),
        tag: language.tag(),
        name: language.name(),
        href: site.url(language, path_and_query),
        current: language == current,
    };
    site.languages.iter().copied().map(each).collect()
}
