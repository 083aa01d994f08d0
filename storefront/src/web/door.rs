//! What every handler of the shop is given, and how an error becomes a page.

use super::frame;
use super::limits::Limits;
use super::memory::Memory;
use super::views::page::{ErrorView, Page};
use super::visit::Visit;
use crate::gateway::Gateways;
use crate::mails::Mailer;
use crate::redirects;
use crate::search::SearchEngine;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};
use kernel::clock::{Clock, Time};
use kernel::config::Config;
use kernel::token::Signer;
use kernel::web::templates::Templates;
use kernel::{Conn, Db, Error, Result};
use serde::Serialize;
use std::sync::Arc;

/// The handles of the shop's handlers. Cheap to clone; handlers take `web::Data<Door>`.
#[derive(Clone)]
pub struct Door {
    pub db: Db,
    pub clock: Clock,
    pub signer: Signer,
    pub config: Arc<Config>,
    pub templates: Arc<Templates>,
    pub gateways: Gateways,
    pub search: Arc<dyn SearchEngine>,
    /// How often one client may try.
    pub limits: Arc<Limits>,
    /// What is served again without asking the database.
    pub memory: Arc<Memory>,
}

impl Door {
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// What queues mails.
    pub fn mailer(&self) -> Mailer {
        Mailer { templates: self.templates.clone(), signer: self.signer.clone(), config: self.config.clone() }
    }

    /// Runs `f` on a connection for reading, with the time.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn, Time) -> Result<T> + Send + 'static) -> Result<T> {
        let now = self.now();
        self.db.read(move |conn| f(conn, now)).await
    }

    /// [`Door::read`] of a few rows by their keys: see [`Db::glance`].
    pub async fn glance<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn, Time) -> Result<T> + Send + 'static) -> Result<T> {
        let now = self.now();
        self.db.glance(move |conn| f(conn, now)).await
    }

    /// Runs `f` in one transaction, with the time. `f` may run again after a deadlock.
    pub async fn write<T: Send + 'static>(&self, mut f: impl FnMut(&mut Conn, Time) -> Result<T> + Send + 'static) -> Result<T> {
        let now = self.now();
        self.db.write(move |conn| f(conn, now)).await
    }

    /// A page in the visit's language.
    pub fn render<V: Serialize>(&self, visit: &Visit, template: &str, page: &Page<V>) -> Result<HttpResponse> {
        self.render_as(StatusCode::OK, visit, template, page)
    }

    /// [`Door::render`] with a status, such as 422 for a refused form.
    pub fn render_as<V: Serialize>(&self, status: StatusCode, visit: &Visit, template: &str, page: &Page<V>) -> Result<HttpResponse> {
        let html = self.templates.render(template, visit.language, page)?;
        let mut answer = HttpResponse::build(status);
        answer.content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "private, no-cache"));
        visit.keep(&mut answer, self.config.https());
        Ok(answer.body(html))
    }

    /// Sends the browser on with a GET (303), in the visit's language.
    pub fn go(&self, visit: &Visit, to: &str) -> HttpResponse {
        let mut answer = HttpResponse::SeeOther();
        answer.insert_header((header::LOCATION, visit.language.path(to)));
        visit.keep(&mut answer, self.config.https());
        answer.finish()
    }
}

/// Draws the page of an error for whoever asked for a page. APIs are outside this middleware and keep problem JSON.
pub async fn error_pages<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let response = next.call(request).await?;
    let status = response.status();
    let html = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if !(status.is_client_error() || status.is_server_error()) || html {
        return Ok(response.map_into_left_body());
    }
    let error = response.response().error().and_then(|error| error.as_error::<Error>());
    let (message, retry_after) = (error.and_then(Error::told), error.and_then(Error::retry_after));
    if let Some(Error::Unexpected(cause)) = error {
        tracing::error!(cause, "a request failed");
    }
    let Some(door) = response.request().app_data::<web::Data<Door>>().cloned() else { return Ok(response.map_into_left_body()) };
    let visit = Visit::of(response.request(), &door.signer);
    if status == StatusCode::NOT_FOUND
        && response.request().method().is_safe()
        && let Some(to) = moved(&door, &visit).await
    {
        let (request, _) = response.into_parts();
        request.extensions_mut().clear();
        return Ok(ServiceResponse::new(request, to.map_into_right_body()));
    }
    let view = ErrorView { status: status.as_u16(), message, retry_after, reference: None };
    match error_page(&door, &visit, status, view).await {
        Ok(page) => {
            let (request, _) = response.into_parts();
            request.extensions_mut().clear();
            Ok(ServiceResponse::new(request, page.map_into_right_body()))
        }
        Err(_) => Ok(response.map_into_left_body()),
    }
}

/// Sends the browser on for good when an address without a page leads somewhere. The browser asks again each time: the address may
/// have a page of its own one day.
async fn moved(door: &Door, visit: &Visit) -> Option<HttpResponse> {
    let path = visit.path.clone();
    let target = match door.read(move |conn, _| redirects::find(conn, &path)).await {
        Ok(target) => target?,
        Err(error) => {
            tracing::warn!(%error, "old addresses cannot be looked up");
            return None;
        }
    };
    let to = redirects::address(visit.language, &target, &visit.query)?;
    Some(HttpResponse::MovedPermanently().insert_header((header::LOCATION, to)).insert_header((header::CACHE_CONTROL, "no-cache")).finish())
}

async fn error_page(door: &Door, visit: &Visit, status: StatusCode, view: ErrorView) -> Result<HttpResponse> {
    let seen = visit.clone();
    // The frame needs the database; an error page must not. Without it the plain answer stands.
    let mut page = door.read(move |conn, now| frame::load(conn, &seen, now)).await?;
    page.noindex = true;
    page.title = door.templates.text(visit.language, &format!("error-title-{}", shown(status)))?;
    let retry = view.retry_after;
    let mut answer = door.render_as(status, visit, "storefront/error.html", &Page { page, view })?;
    if let Some(seconds) = retry {
        answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    Ok(answer)
}

/// The status whose words are shown.
fn shown(status: StatusCode) -> u16 {
    match status.as_u16() {
        known @ (404 | 409 | 422 | 429 | 503) => known,
        _ => 500,
    }
}
