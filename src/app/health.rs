//! What machines ask: does the process live, may it be sent requests, how is it doing.

use crate::metrics;
use crate::state::AppState;
use actix_web::{HttpRequest, HttpResponse, web};
use std::net::IpAddr;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/healthz", web::get().to(healthz)).route("/readyz", web::get().to(readyz)).route("/metrics", web::get().to(figures));
}

async fn healthz() -> HttpResponse {
    text(HttpResponse::Ok(), "ok\n")
}

/// 200 when the database answers and its schema is the one this program was made for.
async fn readyz(state: web::Data<AppState>) -> HttpResponse {
    let db = state.db.clone();
    let checked = match state.db.read(kernel::db::ping).await {
        Ok(()) => web::block(move || db.pending_migrations()).await.unwrap_or_else(|error| Err(kernel::Error::unexpected(error))),
        Err(error) => Err(error),
    };
    match checked {
        Ok(pending) if pending.is_empty() => text(HttpResponse::Ok(), "ready\n"),
        Ok(_) => unavailable("the database has migrations to run: regulars migrate\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            unavailable("the database does not answer\n")
        }
    }
}

/// Figures are for the operator's network, not for the shop's visitors: a forwarded request or a public address gets 404.
async fn figures(request: HttpRequest, state: web::Data<AppState>) -> HttpResponse {
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip"].iter().any(|name| request.headers().contains_key(*name));
    if forwarded || !request.peer_addr().is_some_and(|peer| inside(peer.ip())) {
        return text(HttpResponse::NotFound(), "There is no such page.\n");
    }
    match metrics::render(&state).await {
        Ok(body) => HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(body),
        Err(error) => {
            tracing::warn!(%error, "no figures");
            unavailable("the database does not answer\n")
        }
    }
}

/// Loopback and the private networks of RFC 1918 and RFC 4193.
fn inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

fn unavailable(body: &'static str) -> HttpResponse {
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header(("Retry-After", "5"));
    text(response, body)
}

fn text(mut response: actix_web::HttpResponseBuilder, body: &'static str) -> HttpResponse {
    response.content_type("text/plain; charset=utf-8").insert_header(("Cache-Control", "no-store")).body(body)
}
