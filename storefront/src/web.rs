//! The shopper's pages. A handler parses, calls one domain function and renders.

pub mod door;
pub mod frame;
pub mod posted;
pub mod views;
pub mod visit;

use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, web};
use door::{Door, error_pages};
use kernel::{Error, Result};

/// Mounts the shop: its pages at the root and, in Chinese, below `/zh`. It takes every address, so it is configured last.
pub fn configure(config: &mut web::ServiceConfig, door: &web::Data<Door>) {
    config
        .app_data(door.clone())
        .service(web::scope("/zh").wrap(from_fn(error_pages)).configure(pages).default_service(web::to(not_found)))
        .service(web::scope("").wrap(from_fn(error_pages)).configure(pages).default_service(web::to(not_found)));
}

/// The routes that exist in every language.
fn pages(_config: &mut web::ServiceConfig) {}

async fn not_found() -> Result<HttpResponse> {
    Err(Error::NotFound)
}
