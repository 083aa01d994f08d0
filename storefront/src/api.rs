//! The JSON API under `/api/v1`, for programs of the merchant: catalogue, carts, checkout and orders. What staff do beside orders is the
//! back office's [`Part`] of it.
//!
//! Handlers read strictly, call the same domain functions as the pages, and write views of their own: what the API shows is decided
//! here and not by the fields of rows.

mod acting;
pub mod amount;
pub mod call;
mod cart_value;
mod cart_view;
mod carts;
mod catalogue;
mod checkout;
mod commands;
mod document;
pub mod events;
pub mod input;
pub mod order_changes;
mod order_view;
mod orders;
mod payment_methods;
mod problem;
mod quick_order;
mod quotes;
mod reader;
mod recommendations;
mod search;

use actix_web::middleware::from_fn;
use actix_web::web;
use std::sync::OnceLock;

/// Where the API lives.
pub const PREFIX: &str = "/api/v1";

/// What another room adds to the API.
pub struct Part {
    /// Mounts them, below [`PREFIX`].
    pub mount: fn(&mut web::ServiceConfig),
    /// Describes them, with paths below [`PREFIX`].
    pub describe: fn() -> utoipa::openapi::OpenApi,
    /// Records what a key changed, in the transaction that changes it.
    pub record: fn(&mut kernel::Conn, &Change<'_>) -> kernel::Result<()>,
}

/// The parts, the same for every server of a process.
static PARTS: OnceLock<&'static [Part]> = OnceLock::new();

fn parts() -> &'static [Part] {
    PARTS.get().copied().unwrap_or_default()
}

/// One list of operations serves the router and the document, so that neither knows one that the other does not.
#[macro_export]
macro_rules! operations {
    ($($module:ident :: $name:ident),+ $(,)?) => {
        fn mount(config: &mut actix_web::web::ServiceConfig) {
            $(config.service($module::$name);)+
        }

        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($module::$name),+))]
        struct Operations;
    };
}

operations!(
    catalogue::categories,
    catalogue::products,
    catalogue::product,
    recommendations::product_recommendations,
    search::search,
    carts::create_cart,
    carts::show_cart,
    carts::add_line,
    carts::set_line,
    carts::remove_line,
    quick_order::order_rows,
    carts::set_coupon,
    carts::remove_coupon,
    recommendations::cart_recommendations,
    carts::set_contact,
    cart_value::add_gift_card,
    cart_value::remove_gift_card,
    cart_value::use_store_credit,
    cart_value::keep_store_credit,
    checkout::shipping_rates,
    checkout::choose_shipping_rate,
    checkout::payment_methods,
    checkout::choose_payment_method,
    checkout::place_order,
    quick_order::list_requisition_lists,
    quick_order::show_requisition_list,
    orders::list_orders,
    orders::show_order,
    order_changes::list_order_changes,
    order_changes::set_order_reference,
    quotes::list_quotes,
    quotes::show_quote,
    commands::capture,
    commands::ship,
    commands::cancel,
    commands::preview_refund,
    commands::refund,
);

pub use acting::Change;
pub use catalogue::known;
pub use order_view::moment;

/// Mounts the API and its document, with the parts of other rooms. The app must hold a [`crate::web::door::Door`] as `web::Data`.
pub fn configure(config: &mut web::ServiceConfig, parts: &'static [Part]) {
    PARTS.get_or_init(|| parts);
    let mount_all = |config: &mut web::ServiceConfig| {
        mount(config);
        parts.iter().for_each(|part| (part.mount)(config));
    };
    config
        .route("/api/openapi.json", web::get().to(document::show))
        .route("/api/docs", web::get().to(reader::show))
        .service(web::scope(PREFIX).wrap(from_fn(problem::problems)).configure(mount_all).default_service(web::to(problem::nothing_here)));
}
