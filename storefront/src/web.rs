//! The shopper's pages. A handler parses, calls one domain function and renders.

mod account;
mod add;
pub mod approval_forms;
pub mod articles;
mod assets;
pub mod attached;
pub(crate) mod basket;
mod cart;
mod category;
mod chat;
pub mod checkout;
mod collection;
mod content;
pub mod countries;
pub mod door;
pub mod download;
mod drawn;
mod edi;
mod feed;
pub mod frame;
mod gift_cards;
mod helped;
mod home;
pub mod known;
mod letters;
pub mod limits;
mod line_notices;
mod listing;
mod mail_hook;
pub mod memory;
pub(crate) mod offers;
pub(crate) mod ordering;
pub mod orders;
pub mod page_cache;
mod pictures;
pub mod posted;
pub mod preview;
pub(crate) mod privacy;
mod product;
mod punchout;
mod quick_order;
pub mod quotes;
pub mod recommend;
pub mod reductions;
mod report_hook;
pub mod requests;
pub mod reviews;
mod search;
pub mod shelves;
pub mod shown;
pub mod shown_attribute;
mod sitemap;
pub mod slots;
mod sns_hook;
pub(crate) mod stored;
pub mod streams;
mod structured;
mod suggest;
mod surveys;
pub mod theme;
pub mod upload;
mod viewed;
pub mod views;
pub mod visit;
mod waiting;
pub mod watch;
mod webhooks;
mod wish_list;
pub mod words;

use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, web};
use door::{Door, error_pages};
use kernel::web::i18n::Language;
use kernel::{Error, Result};

/// Mounts the shop: its pages at the root and, in another language than a store's first, below its code, such as `/zh`. It takes every
/// address, so it is configured last.
pub fn configure(config: &mut web::ServiceConfig, door: &web::Data<Door>) {
    config
        .app_data(door.clone())
        // Outside the scopes, whose errors are pages for people.
        .configure(webhooks::routes)
        .configure(mail_hook::routes)
        .configure(edi::routes)
        .configure(punchout::programs)
        // Before the others, of whose formats it is none.
        .configure(sns_hook::routes)
        .configure(report_hook::routes);
    for language in Language::all() {
        let scope = web::scope(&format!("/{}", language.code()));
        config.service(scope.wrap(from_fn(error_pages)).configure(pages).default_service(web::to(not_found)));
    }
    config.service(web::scope("").wrap(from_fn(error_pages)).configure(pages).configure(files).default_service(web::to(not_found)));
}

/// The routes that exist in every language.
fn pages(config: &mut web::ServiceConfig) {
    config
        .configure(home::routes)
        .configure(category::routes)
        .configure(collection::routes)
        .configure(product::routes)
        .configure(feed::routes)
        .configure(waiting::routes)
        .configure(gift_cards::routes)
        .configure(search::routes)
        .configure(suggest::routes)
        .configure(content::routes)
        .configure(articles::routes)
        .configure(privacy::routes)
        .configure(letters::routes)
        .configure(surveys::routes)
        .configure(reviews::routes)
        .configure(cart::routes)
        .configure(quick_order::routes)
        .configure(checkout::routes)
        .configure(chat::routes)
        .configure(requests::routes)
        .configure(orders::routes)
        .configure(quotes::routes)
        .configure(punchout::routes)
        .configure(account::routes);
}

/// What is the same in every language.
fn files(config: &mut web::ServiceConfig) {
    config.configure(assets::routes).configure(pictures::routes).configure(theme::routes).configure(sitemap::routes);
}

async fn not_found() -> Result<HttpResponse> {
    Err(Error::NotFound)
}
