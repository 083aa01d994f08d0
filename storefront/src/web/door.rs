//! What every handler of the shop is given, and how an error becomes a page.

use super::frame;
use super::known::Faces;
use super::limits::Limits;
use super::memory::Memory;
use super::recommend::counter::Counter;
use super::streams::Streams;
use super::views::page::{BarePage, ClosedView, ErrorView, Page};
use super::visit::Visit;
use super::watch::Watch;
use crate::articles::Shelves;
use crate::gateway::Gateways;
use crate::ids::StoreId;
use crate::mails::Mailer;
use crate::redirects;
use crate::search::SearchEngine;
use crate::stores::{Site, Sites, host_of};
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use crm::intents::Adviser;
use kernel::clock::{Clock, Time};
use kernel::config::Config;
use kernel::token::Signer;
use kernel::web::i18n::Language;
use kernel::web::templates::Templates;
use kernel::{Conn, Db, Error, Result};
use serde::Serialize;
use std::sync::Arc;

/// Seconds after which somebody may look whether a closed store is open again.
const CLOSED_RETRY: u64 = 3600;

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
    /// Counts what shelves of recommendations do.
    pub counter: Counter,
    /// What is served again without asking the database.
    pub memory: Arc<Memory>,
    /// Where pages ask who their visitors are.
    pub faces: Faces,
    /// Where pages tell what visitors look at.
    pub watch: Arc<Watch>,
    /// Articles by what they answer.
    pub articles: Arc<Shelves>,
    /// What past tickets say of new ones.
    pub adviser: Arc<Adviser>,
    /// Open pages that are told what is new.
    pub streams: Arc<Streams>,
}

impl Door {
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// The main store, which is also where the back office is.
    pub fn main_site(&self) -> Arc<Site> {
        self.memory.sites.read().main().clone()
    }

    /// The store of a request, by its host. What a proxy says of the host counts only where proxies are trusted.
    pub fn site(&self, request: &HttpRequest) -> Arc<Site> {
        let sites = self.memory.sites.read().clone();
        if !sites.several() {
            return sites.main().clone();
        }
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let asked = sites.other(&host_of(request.uri().host().unwrap_or_else(|| header("host"))));
        let forwarded = || header("x-forwarded-host").split(',').next().map(host_of);
        let told = || sites.other(&forwarded().filter(|_| self.config.trusted_proxy)?);
        asked.or_else(told).unwrap_or(sites.main()).clone()
    }

    /// A store by its id, for what is no page of its own host.
    pub fn site_of(&self, store: StoreId) -> Arc<Site> {
        self.memory.sites.read().get(store).clone()
    }

    /// The visit of a request at its store. The back office is the main store's at every host, and speaks English first.
    pub fn visit(&self, request: &HttpRequest) -> Visit {
        let site = if is_back_office(request.path()) { self.memory.sites.read().desk().clone() } else { self.site(request) };
        Visit::of(request, &self.signer, site)
    }

    /// Reads the stores anew, and lets no page be served again that was made before.
    pub async fn renew_sites(&self) -> Result<()> {
        let base_url = self.config.base_url.clone();
        let sites = self.read(move |conn, _| Sites::load(conn, &base_url)).await?;
        self.memory.serve(sites);
        Ok(())
    }

    /// Follows what another process changed of the stores. Blocks.
    pub fn follow_sites(&self) -> Result<()> {
        let base_url = self.config.base_url.clone();
        let sites = self.db.read_now(move |conn| Sites::load(conn, &base_url))?;
        if **self.memory.sites.read() != sites {
            self.memory.serve(sites);
        }
        Ok(())
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
        let html = self.templates.render(template, visit.spoken(), page)?;
        let mut answer = HttpResponse::build(status);
        answer.content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "private, no-cache"));
        visit.keep(&mut answer, self.config.https());
        Ok(answer.body(html))
    }

    /// Sends the browser on with a GET (303), in the visit's language.
    pub fn go(&self, visit: &Visit, to: &str) -> HttpResponse {
        // What somebody typed may stand in the query; a header of any length no browser takes.
        let to = if to.len() > LONGEST { to.split('?').next().filter(|path| path.len() <= LONGEST).unwrap_or("/") } else { to };
        let mut answer = HttpResponse::SeeOther();
        answer.insert_header((header::LOCATION, visit.spoken().path(to)));
        visit.keep(&mut answer, self.config.https());
        answer.finish()
    }
}

/// Bytes of an address that a browser is sent to with its query.
const LONGEST: usize = 4000;

/// Whether an address is one of the back office, in any language.
fn is_back_office(path: &str) -> bool {
    let (_, path) = Language::of_path(path);
    path.strip_prefix("/admin").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Draws the page of an error for whoever asked for a page. APIs are outside this middleware and keep problem JSON.
pub async fn error_pages<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if let Some(door) = request.app_data::<web::Data<Door>>().cloned()
        && !door.site(request.request()).open
        && !after_sales(request.path())
    {
        let visit = door.visit(request.request());
        let page = match closed(&door, &visit).await {
            Ok(page) => page,
            Err(error) => bare_page(&door, &visit, error.status_code(), error.retry_after())?,
        };
        return Ok(request.into_response(page.map_into_right_body()));
    }
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
    let visit = door.visit(response.request());
    let asked = response.request().path().to_string();
    if status == StatusCode::NOT_FOUND
        && response.request().method().is_safe()
        && let Some(to) = moved(&door, &visit, &asked).await
    {
        let (request, _) = response.into_parts();
        request.extensions_mut().clear();
        return Ok(ServiceResponse::new(request, to.map_into_right_body()));
    }
    let view = ErrorView { status: status.as_u16(), message, retry_after, reference: None };
    let page = match error_page(&door, &visit, status, view).await {
        // What was not found may be there, as nothing could be looked up.
        Err(error @ Error::Unavailable(_)) => bare_page(&door, &visit, error.status_code(), error.retry_after()),
        Err(_) => bare_page(&door, &visit, status, retry_after),
        page => page,
    };
    match page {
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
async fn moved(door: &Door, visit: &Visit, asked: &str) -> Option<HttpResponse> {
    if let Some(path) = visit.site.straight(asked) {
        return gone_to(redirects::address(visit.site.spoken(visit.site.first()), path, &visit.query)?);
    }
    let path = visit.path.clone();
    let target = match door.read(move |conn, _| redirects::find(conn, &path)).await {
        Ok(target) => target?,
        Err(error) => {
            tracing::warn!(%error, "old addresses cannot be looked up");
            return None;
        }
    };
    gone_to(redirects::address(visit.spoken(), &target, &visit.query)?)
}

fn gone_to(to: String) -> Option<HttpResponse> {
    Some(HttpResponse::MovedPermanently().insert_header((header::LOCATION, to)).insert_header((header::CACHE_CONTROL, "no-cache")).finish())
}

async fn error_page(door: &Door, visit: &Visit, status: StatusCode, view: ErrorView) -> Result<HttpResponse> {
    let seen = visit.clone();
    // The frame needs the database: without it there is the bare page.
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

/// A page without anything of the shop, for when its frame cannot be read.
fn bare_page(door: &Door, visit: &Visit, status: StatusCode, retry_after: Option<u64>) -> Result<HttpResponse> {
    let view = ErrorView { status: status.as_u16(), message: None, retry_after, reference: None };
    let page = BarePage { tag: visit.language.tag(), view };
    let html = door.templates.render("storefront/bare.html", visit.spoken(), &page)?;
    let mut answer = HttpResponse::build(status);
    answer.content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(seconds) = retry_after {
        answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    Ok(answer.body(html))
}

/// What a closed store still serves: its orders and the accounts of its customers, what links of its mails lead to, texts, and what their pages are made of.
fn after_sales(path: &str) -> bool {
    let path = Language::named_by(path).map_or(path, |(_, rest)| rest);
    ["/orders/", "/account", "/m/", "/pages/", "/pictures/", "/theme-", "/assets/", "/favicon.ico"]
        .iter()
        .any(|open| path.starts_with(open))
}

/// The page of a closed store.
async fn closed(door: &Door, visit: &Visit) -> Result<HttpResponse> {
    let seen = visit.clone();
    let mut page = door.read(move |conn, now| frame::load(conn, &seen, now)).await?;
    page.noindex = true;
    page.title = door.templates.text(visit.language, "store-closed-title")?;
    let view = ClosedView { elsewhere: door.main_site().url(visit.language, "/") };
    let mut answer = door.render_as(StatusCode::SERVICE_UNAVAILABLE, visit, "storefront/closed.html", &Page { page, view })?;
    answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(CLOSED_RETRY));
    Ok(answer)
}

/// The status whose words are shown.
fn shown(status: StatusCode) -> u16 {
    match status.as_u16() {
        known @ (404 | 409 | 422 | 429 | 503) => known,
        _ => 500,
    }
}
