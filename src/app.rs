//! The web server: the routes of every room, and what surrounds them.

mod assets;
mod health;

use crate::middleware::{SecurityHeaders, observe, protect};
use crate::state::AppState;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use std::net::TcpListener;
use std::time::Duration;

/// Bytes that a form or JSON body may have. Uploads are multipart and set their own limits.
const BODY: usize = 256 * 1024;
/// Seconds that requests under way are given when the server stops.
const STOP_SECONDS: u64 = 10;

/// A server for `listener`, which starts when it is awaited. It leaves signals to the caller: stop it by its handle.
/// Fails when the listener cannot be used.
pub fn server(state: AppState, listener: TcpListener) -> std::io::Result<Server> {
    let stripe = state.config.stripe.as_ref().map(|stripe| stripe.api_base.as_str());
    let headers = web::Data::new(SecurityHeaders::new(stripe, state.config.https()));
    let state = web::Data::new(state);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(headers.clone())
            .configure(|config| configure(config, &state))
            .wrap(from_fn(protect))
            .wrap(from_fn(observe))
    });
    let server = server
        .listen(listener)?
        .client_request_timeout(Duration::from_secs(10))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(STOP_SECONDS)
        .disable_signals();
    Ok(server.run())
}

/// Everything that answers requests, with the handles that handlers of other rooms take as `web::Data`.
fn configure(config: &mut web::ServiceConfig, state: &AppState) {
    config
        .app_data(web::Data::new(state.db.clone()))
        .app_data(web::Data::new(state.clock.clone()))
        .app_data(web::Data::new(state.signer.clone()))
        .app_data(web::Data::from(state.config.clone()))
        .app_data(web::PayloadConfig::new(BODY))
        .app_data(web::JsonConfig::default().limit(BODY))
        .configure(health::routes)
        .configure(assets::routes)
        // Before the shop, whose pages take everything else below the code of a language.
        .configure(admin::web::configure)
        .configure(|config| storefront::api::configure(config, &[admin::api::PART]))
        // Last: the shop answers every address that nobody before it took.
        .configure(|config| storefront::web::configure(config, &web::Data::new(state.door.clone())));
}

#[cfg(test)]
mod tests;
