//! What surrounds every request: its id, its line in the log, its figures, and the headers that keep browsers safe.

use crate::metrics::REQUESTS;
use crate::state::AppState;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use std::time::Instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, in its extensions: in the log, in the answer's `X-Request-Id`, and on error pages.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Logs and measures the request. Neither holds personal data: the route's pattern stands for the path, and nothing for the query.
pub async fn observe(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let trusted = request.app_data::<web::Data<AppState>>().is_some_and(|state| state.config.trusted_proxy);
    let id = if trusted { given_id(&request) } else { None }.unwrap_or_else(|| kernel::token::random()[..16].to_string());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = method(&request);

    let mut response = next.call(request).await?;

    let route = response.request().match_pattern().unwrap_or_else(|| "none".to_string());
    let status = response.status().as_u16();
    let took = started.elapsed();
    metrics::histogram!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string()).record(took);
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match response.response().error().filter(|_| status >= 500) {
        Some(error) => {
            tracing::error!(target: "access", { request.id = %id, http.method = method, http.route = %route, http.status = status, duration_ms = millis, %error }, "request failed");
        }
        None => {
            tracing::info!(target: "access", { request.id = %id, http.method = method, http.route = %route, http.status = status, duration_ms = millis }, "request");
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

/// One of the known methods: a label that a stranger could choose freely would fill the memory.
fn method(request: &ServiceRequest) -> &'static str {
    match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn given_id(request: &ServiceRequest) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let plain = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    plain.then(|| id.to_string())
}

/// Adds the security headers that the handler did not set itself.
pub async fn protect(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let headers = request.app_data::<web::Data<SecurityHeaders>>().cloned();
    let mut response = next.call(request).await?;
    if let Some(headers) = headers {
        headers.add_to(response.headers_mut());
    }
    Ok(response)
}

/// The headers of every answer, made once.
pub struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    /// For a shop whose card payments, if any, go to Stripe at `api_base`, reached over TLS when `https`.
    pub fn new(api_base: Option<&str>, https: bool) -> SecurityHeaders {
        // The step that starts a card payment is a form whose answer sends the browser to Stripe's page.
        let mut forms = String::from("'self'");
        if let Some(base) = api_base {
            forms.push_str(" https://checkout.stripe.com");
            if base != "https://api.stripe.com" {
                forms.push_str(&format!(" {base}"));
            }
        }
        let policy = format!(
            "default-src 'self'; img-src 'self' data:; form-action {forms}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
        );
        let mut list = vec![
            ("content-security-policy", policy.as_str()),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ("cross-origin-opener-policy", "same-origin"),
        ];
        if https {
            list.push(("strict-transport-security", "max-age=31536000"));
        }
        let header = |(name, value): (&'static str, &str)| Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?));
        SecurityHeaders(list.into_iter().filter_map(header).collect())
    }

    fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            if !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(api_base: Option<&str>, https: bool, name: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        SecurityHeaders::new(api_base, https).add_to(&mut headers);
        headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_string)
    }

    #[test]
    fn forms_may_lead_to_stripe_only_when_cards_are_taken() {
        let policy = |base| header(base, false, "content-security-policy").expect("a policy");
        assert!(policy(None).contains("form-action 'self';"));
        assert!(policy(Some("https://api.stripe.com")).contains("form-action 'self' https://checkout.stripe.com;"));
        assert!(policy(Some("http://127.0.0.1:9")).contains("https://checkout.stripe.com http://127.0.0.1:9;"));
        assert!(!policy(None).contains("unsafe"));
    }

    #[test]
    fn strict_transport_is_promised_only_over_tls() {
        assert!(header(None, false, "strict-transport-security").is_none());
        assert!(header(None, true, "strict-transport-security").is_some());
    }

    #[test]
    fn a_handler_may_set_its_own() {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
        SecurityHeaders::new(None, false).add_to(&mut headers);
        assert_eq!(headers.get("referrer-policy").and_then(|value| value.to_str().ok()), Some("no-referrer"));
    }
}
