//! Who may use which address. Every address of the back office goes through here: what is not granted is refused before its handler
//! runs and before anything of the request is read.

use super::desk::SESSION;
use super::routes;
use crate::permissions::Permission;
use crate::sessions::{self, Present};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::{FromRequest, Handler, HttpMessage, HttpRequest, Responder, web};
use kernel::{Error, Result};
use std::rc::Rc;
use storefront::web::door::Door;
use storefront::web::views::page::Tone;

/// Where somebody is led whose role demands a second factor that they have not set up.
pub const ENROL: &str = "/admin/account/second-factor";

/// Who may use an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody at all: the ways in.
    Public,
    /// Anybody who is signed in, even while a second factor is demanded and not set up: the way to it, and out.
    Enrolling,
    /// Anybody who is signed in: what is one's own.
    SignedIn,
    /// Whose role allows it.
    Needs(Permission),
}

impl From<Permission> for Access {
    fn from(permission: Permission) -> Access {
        Access::Needs(permission)
    }
}

/// An address of the back office: who may use it, and what answers. There is no way to make one without saying who may.
pub struct Route {
    pub method: Method,
    /// The pattern below `/admin`, such as `/orders/{number}`.
    pub path: &'static str,
    pub access: Access,
    handler: actix_web::Route,
}

/// An address that shows something. Whoever may not see it is told that there is no such page.
pub fn get<F, Args>(path: &'static str, access: impl Into<Access>, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    route(Method::GET, path, access.into(), handler)
}

/// An address that does something. Whoever may not is told so.
pub fn post<F, Args>(path: &'static str, access: impl Into<Access>, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    route(Method::POST, path, access.into(), handler)
}

fn route<F, Args>(method: Method, path: &'static str, access: Access, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let handler = web::method(method.clone()).to(handler);
    Route { method, path, access, handler: guarded(handler, access) }
}

/// `handler` behind the check of `access`.
pub fn guarded(handler: actix_web::Route, access: Access) -> actix_web::Route {
    handler.wrap(from_fn(move |request: ServiceRequest, next: Next<BoxBody>| check(access, request, next)))
}

/// Registers the list of [`routes::all`]: one resource a path, in the order of the list.
pub fn register(config: &mut web::ServiceConfig) {
    let mut paths: Vec<(&'static str, Vec<actix_web::Route>)> = Vec::new();
    for route in routes::all() {
        match paths.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, handlers)) => handlers.push(route.handler),
            None => paths.push((route.path, vec![route.handler])),
        }
    }
    for (path, handlers) in paths {
        config.service(handlers.into_iter().fold(web::resource(path), |resource, handler| resource.route(handler)));
    }
}

async fn check(access: Access, request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if access == Access::Public {
        return next.call(request).await;
    }
    let Some(door) = request.app_data::<web::Data<Door>>().cloned() else {
        return Ok(request.error_response(Error::unexpected("the shop's door is not set up")));
    };
    let present = match present(&door, request.request()).await {
        Ok(Some(present)) => Rc::new(present),
        Ok(None) => return Ok(request.error_response(Error::Unauthorised)),
        Err(error) => return Ok(request.error_response(error)),
    };
    // Kept before the decision, so that the page that refuses has its menu, too.
    request.extensions_mut().insert(present.clone());
    if present.must_enrol && access != Access::Enrolling {
        let visit = door.visit(request.request());
        visit.say(&door.signer, Tone::Info, "admin-factor-demanded");
        return Ok(request.into_response(door.go(&visit, ENROL)));
    }
    if let Access::Needs(permission) = access
        && !present.grants.may(permission)
    {
        let error = if request.method().is_safe() { Error::NotFound } else { Error::Forbidden };
        return Ok(request.error_response(error));
    }
    next.call(request).await
}

/// Who the request's cookie belongs to, and, once a minute, that they were here.
async fn present(door: &Door, request: &HttpRequest) -> Result<Option<Present>> {
    let Some(cookie) = request.cookie(SESSION) else { return Ok(None) };
    let token = cookie.value().to_string();
    let found = door.read(move |conn, now| sessions::find(conn, &token, now)).await?;
    if let Some(stale) = found.clone().filter(|present| present.stale) {
        // A disk that is full must not keep anybody from reading.
        if let Err(error) = door.write(move |conn, now| sessions::touch(conn, &stale, now)).await {
            tracing::warn!(%error, "when somebody was last seen could not be kept");
        }
    }
    Ok(found)
}

/// Who was let in, for handlers and for the frame of pages.
pub fn let_in(request: &HttpRequest) -> Option<Rc<Present>> {
    request.extensions().get::<Rc<Present>>().cloned()
}
