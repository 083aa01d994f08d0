//! The pages of the back office. A handler parses, calls one domain function, records who did it, and renders.

mod api_keys;
mod cases;
mod coupons;
mod desk;
mod forms;
mod home;
mod jobs;
mod mails;
mod order;
mod order_history;
mod order_money;
mod order_papers;
mod order_ship;
mod orders;
mod pictures;
mod product;
mod product_form;
mod products;
mod settings;
mod shipping;
mod sign_in;
mod stock;
mod taxes;

use actix_web::middleware::from_fn;
use actix_web::web;

/// Bytes of a form: a product with many variants and long texts in two languages is the largest.
const FORM: usize = 4 << 20;

/// The back office at `/admin` and, in Chinese, `/zh/admin`. Needs the shop's `Door` as application data, and must come before a
/// scope that takes everything below `/zh`.
pub fn configure(config: &mut web::ServiceConfig) {
    for prefix in ["/admin", "/zh/admin"] {
        let scope = web::scope(prefix)
            .app_data(web::FormConfig::default().limit(FORM))
            .configure(routes)
            .default_service(web::to(desk::missing))
            .wrap(from_fn(desk::pages));
        config.service(scope);
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(sign_in::routes)
        .configure(home::routes)
        .configure(orders::routes)
        .configure(order::routes)
        .configure(order_money::routes)
        .configure(order_ship::routes)
        .configure(order_papers::routes)
        .configure(products::routes)
        .configure(product::routes)
        .configure(pictures::routes)
        .configure(stock::routes)
        .configure(shipping::routes)
        .configure(taxes::routes)
        .configure(coupons::routes)
        .configure(settings::routes)
        .configure(jobs::routes)
        .configure(mails::routes)
        .configure(cases::routes)
        .configure(api_keys::routes);
}
