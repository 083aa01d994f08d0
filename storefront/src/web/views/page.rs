//! The frame around every page.

use super::shared::{Link, Picture};
use kernel::web::i18n::Language;
use serde::Serialize;

/// What a template is rendered from: `{{ page.title }}`, `{{ view.lines }}`.
#[derive(Debug, Clone, Serialize)]
pub struct Page<V: Serialize> {
    pub page: PageView,
    pub view: V,
}

/// The same for every page: head, header, messages, footer.
#[derive(Debug, Clone, Serialize)]
pub struct PageView {
    pub language: Language,
    /// The BCP 47 tag for `<html lang>`.
    pub tag: &'static str,
    pub shop_name: String,
    pub look: Look,
    /// For `<title>`, without the shop's name; empty on the home page.
    pub title: String,
    /// For search engines; empty to leave out.
    pub description: String,
    /// The absolute address of this page without anything that does not change it; `None` where no search engine should look.
    pub canonical: Option<String>,
    /// The same page in every language, this one included.
    pub alternates: Vec<Alternate>,
    /// The token every form that changes something carries as `csrf`.
    pub csrf: String,
    /// Units in the cart.
    pub cart_count: u32,
    /// What to call the signed-in customer; `None` for a guest.
    pub signed_in: Option<String>,
    /// On a page for everybody, where the visitor's own parts of the frame go; `cart_count` and `signed_in` are empty then.
    pub slots: Option<FrameSlots>,
    /// Whether the visitor is to be asked if the browser may be recognised.
    pub asks: bool,
    /// The address of the page without its language.
    pub here: String,
    /// What the last request did, shown once.
    pub flash: Vec<Flash>,
    /// The menu of the header.
    pub header: Vec<MenuLink>,
    /// The columns of the footer's menu, and its entries that stand in none.
    pub footer: Vec<MenuLink>,
    pub footer_more: Vec<MenuLink>,
    /// Whether the shop offers a chat.
    pub chat: bool,
    /// Whether goods can be ordered by their SKUs.
    pub quick_order: bool,
    /// Why the page tells no prices, as the end of the key of a text `prices-hidden-…`: `signed-in`, `companies`, or `member` for who is
    /// signed in and buys for no company. `None` where prices are shown.
    pub prices: Option<&'static str>,
    /// Content pages, for the foot of the checkout.
    pub pages: Vec<Link>,
    /// One line above the header; `None` to leave out.
    pub announcement: Option<String>,
    /// Structured data for search engines as JSON text. The template escapes what could end the element.
    pub json_ld: Option<String>,
    /// Asks search engines not to keep the page: cart, checkout, account, search results.
    pub noindex: bool,
    /// The code of the currency prices are shown in.
    pub currency: String,
    /// The words in the search box.
    pub query: String,
}

/// What the frame shows of the shop's theme.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Look {
    /// The address of the theme's style sheet; `None` for the theme that `shop.css` begins with.
    pub sheet: Option<String>,
    /// The ground of the page as `#rrggbb`, for the browser's own frame.
    pub ground: String,
    /// In place of the shop's name.
    pub logo: Option<Picture>,
    /// The address of the picture for tabs and bookmarks; `None` for the one the program carries.
    pub icon: Option<String>,
    /// Whether somebody works on the theme and looks at the draft.
    pub draft: bool,
}

/// An entry of a menu.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MenuLink {
    pub label: String,
    /// The label as the key of a text, in place of `label`.
    pub key: Option<&'static str>,
    /// A path without its language, or an address outside; `None` for a heading.
    pub to: Option<String>,
    pub outside: bool,
    /// Entries below; they have none below themselves.
    pub children: Vec<MenuLink>,
}

/// Marks of the visitor's own parts of the frame.
#[derive(Debug, Clone, Serialize)]
pub struct FrameSlots {
    pub account: String,
    pub cart: String,
    pub messages: String,
    /// Stands in a tag: it hides a question that was answered.
    pub asked: String,
}

/// The page in one language.
#[derive(Debug, Clone, Serialize)]
pub struct Alternate {
    /// `en`, `zh`.
    pub code: &'static str,
    /// The BCP 47 tag for `hreflang`.
    pub tag: &'static str,
    /// The language's name in itself.
    pub name: &'static str,
    /// The absolute address.
    pub href: String,
    pub current: bool,
}

/// A message about the last request.
#[derive(Debug, Clone, Serialize)]
pub struct Flash {
    pub kind: Tone,
    /// A sentence or the key of a text without arguments.
    pub text: String,
}

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    Success,
    Info,
    Warning,
    Error,
}

/// `storefront/error.html`.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorView {
    /// 404, 409, 422, 429, 500 or 503; other codes are shown as 500 is.
    pub status: u16,
    /// A sentence or text key that says more and what to do; `None` for the standard words of the status.
    pub message: Option<String>,
    /// Seconds until trying again makes sense, for 429 and 503.
    pub retry_after: Option<u64>,
    /// A number the shopper can quote and the log has; for 500.
    pub reference: Option<String>,
}

/// `storefront/bare.html`: an error without the shop's frame.
#[derive(Debug, Clone, Serialize)]
pub struct BarePage {
    /// The BCP 47 tag of the page's language.
    pub tag: &'static str,
    pub view: ErrorView,
}

/// `storefront/closed.html`: a store in which nothing is sold now.
#[derive(Debug, Clone, Serialize)]
pub struct ClosedView {
    /// The absolute address of the main store.
    pub elsewhere: String,
}

/// `storefront/content.html`: a page of text.
#[derive(Debug, Clone, Serialize)]
pub struct ContentView {
    pub crumbs: Vec<Link>,
    pub title: String,
    /// HTML that was cleaned when it was stored; shown as it is.
    pub html: String,
}
