//! One request of the API: who asks, what they may do, and the answer, given once for each `Idempotency-Key`.

use super::input::{self, Query};
use crate::api_keys::{self, ApiKey, Scope};
use crate::idempotency::{self, Claim, Once};
use crate::stores::{self, Site, host_of};
use crate::web::door::Door;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The bytes of a body. A name of its own keeps the document from describing it as bytes.
pub type Body = web::Bytes;

pub const KEY_HEADER: &str = "Idempotency-Key";
/// Names a store by its domain, in place of the host that is asked.
pub const STORE_HEADER: &str = "Store";
const REPLAYED: &str = "idempotency-replayed";
/// Seconds after which a request that is under way is worth asking for again.
const RETRY_SECONDS: u64 = 1;

/// A request whose key was found to be good for its scope.
pub struct Call {
    pub door: web::Data<Door>,
    pub key: ApiKey,
    /// The store that is asked: that of the host, or the one that the request names.
    pub site: Arc<Site>,
    once: Option<Once>,
    content_type: Option<String>,
    query: String,
    body: Body,
}

/// How a write ended.
pub enum Written {
    Now(String),
    Before { status: u16, response: String },
    Running,
}

impl Call {
    /// Finds out who asks to read. `Unauthorised` without a good key, `Forbidden` when the key lacks `scope`.
    pub async fn read(request: &HttpRequest, scope: Scope) -> Result<Call> {
        Call::open(request, scope, Body::new()).await
    }

    /// Finds out who asks to write. A query string is refused: what is written stands in the body.
    pub async fn write(request: &HttpRequest, scope: Scope, body: Body) -> Result<Call> {
        let mut call = Call::open(request, scope, body).await?;
        call.query().end()?;
        if let Some(key) = request.headers().get(KEY_HEADER) {
            let route = request.match_pattern().unwrap_or_else(|| request.path().to_string());
            let scope = format!("{} {} {route}", call.key.id, request.method());
            let key = key.to_str().unwrap_or("");
            // The same words at another store are another request.
            let path =
                if call.site.id == stores::MAIN { request.path().to_string() } else { format!("{}{}", call.site.id, request.path()) };
            call.once = Some(Once::new(&scope, key, [request.method().as_str().as_bytes(), path.as_bytes(), &call.body])?);
        }
        if request.method() == Method::DELETE && !call.body.is_empty() {
            return Err(Error::field("body", "This request has no body."));
        }
        Ok(call)
    }

    async fn open(request: &HttpRequest, scope: Scope, body: Body) -> Result<Call> {
        let door = request.app_data::<web::Data<Door>>().ok_or_else(|| Error::unexpected("the shop's door is not set up"))?.clone();
        let bearer = bearer(request).ok_or(Error::Unauthorised)?;
        let key = door.read(move |conn, now| api_keys::authenticate(conn, &bearer, now)).await?;
        if !key.may(scope) {
            return Err(Error::Forbidden);
        }
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_string);
        let site = named_store(request, &door)?;
        Ok(Call { door, key, site, once: None, content_type, query: request.query_string().to_string(), body })
    }

    pub fn query(&self) -> Query {
        Query::new(&self.query)
    }

    /// The body. `Invalid` names what is wrong with it.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T> {
        input::json(self.content_type.as_deref(), &self.body)
    }

    /// Who acts, as the history of orders keeps it.
    pub fn actor(&self) -> String {
        format!("api:{}", self.key.name)
    }

    /// The client's own name of this request or, without one, a new one: the key of what must not be done twice.
    pub fn name(&self) -> String {
        self.once.as_ref().map_or_else(kernel::token::random, |once| kernel::token::hash(&format!("{once:?}")))
    }

    /// Runs `f` in one transaction together with the claim of the request and the record of its answer.
    pub async fn once<T: Serialize>(
        &self,
        status: StatusCode,
        mut f: impl FnMut(&mut Conn, Time) -> Result<T> + Send + 'static,
    ) -> Result<HttpResponse> {
        let once = self.once.clone();
        let written = self
            .door
            .write(move |conn, now| {
                if let Some(before) = claim(conn, once.as_ref(), now)? {
                    return Ok(before);
                }
                let text = kernel::json::text(&f(conn, now)?)?;
                finish(conn, once.as_ref(), status, &text)?;
                Ok(Written::Now(text))
            })
            .await?;
        answer(status, written)
    }

    /// The request's claim, for effects of several transactions.
    pub fn claimed(&self) -> Option<Once> {
        self.once.clone()
    }
}

/// `None`: the request is ours to do.
pub fn claim(conn: &mut Conn, once: Option<&Once>, now: Time) -> Result<Option<Written>> {
    let Some(once) = once else { return Ok(None) };
    Ok(match idempotency::claim(conn, once, now)? {
        Claim::Mine => None,
        Claim::Done { status, response } => Some(Written::Before { status, response }),
        Claim::Running => Some(Written::Running),
    })
}

/// Keeps the answer of a claimed request.
pub fn finish(conn: &mut Conn, once: Option<&Once>, status: StatusCode, text: &str) -> Result<()> {
    once.map_or(Ok(()), |once| idempotency::finish(conn, once, status.as_u16(), text))
}

/// The answer of a write.
pub fn answer(status: StatusCode, written: Written) -> Result<HttpResponse> {
    match written {
        Written::Now(text) => Ok(json(status, text)),
        Written::Before { status, response } => {
            let mut answer = json(StatusCode::from_u16(status).map_err(Error::unexpected)?, response);
            answer.headers_mut().insert(header::HeaderName::from_static(REPLAYED), header::HeaderValue::from_static("true"));
            Ok(answer)
        }
        Written::Running => {
            let mut answer = Error::conflict("A request with this Idempotency-Key is under way. Ask again soon.").error_response();
            answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(RETRY_SECONDS));
            Ok(answer)
        }
    }
}

/// An answer with a view as JSON.
pub fn found(view: &impl Serialize) -> Result<HttpResponse> {
    Ok(json(StatusCode::OK, kernel::json::text(view)?))
}

fn json(status: StatusCode, text: String) -> HttpResponse {
    HttpResponse::build(status).content_type("application/json").body(text)
}

/// The store that a request is about. Fails with `Invalid` when it names a domain that no store has.
fn named_store(request: &HttpRequest, door: &Door) -> Result<Arc<Site>> {
    let Some(named) = request.headers().get(STORE_HEADER) else { return Ok(door.site(request)) };
    let named = named.to_str().map(host_of).unwrap_or_default();
    if named == door.config.host() {
        return Ok(door.main_site());
    }
    let sites = door.memory.sites.read().clone();
    sites.other(&named).cloned().ok_or_else(|| Error::field(STORE_HEADER, "No store has this domain."))
}

fn bearer(request: &HttpRequest) -> Option<String> {
    let (scheme, token) = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_string())
}
