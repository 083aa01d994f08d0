//! Every refusal of the API as problem JSON (RFC 9457), whoever refused.

use super::document;
use crate::web::door::Door;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, web};
use kernel::error::Fields;
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    #[schema(example = "Unprocessable Entity")]
    title: String,
    #[schema(example = 422, minimum = 400, maximum = 599)]
    status: u16,
    /// What to do next, in English.
    detail: Option<String>,
    /// What is wrong with each field, by its path in the body or the name of the parameter.
    #[schema(example = json!({"lines[0].quantity": "Give a number from 0 to 2."}))]
    errors: Option<BTreeMap<String, String>>,
}

impl Problem {
    fn of(status: StatusCode) -> Problem {
        let title = status.canonical_reason().unwrap_or("Error").to_string();
        Problem { r#type: "about:blank", title, status: status.as_u16(), detail: None, errors: None }
    }

    fn answer(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let text = serde_json::to_string(self).unwrap_or_default();
        HttpResponse::build(status).content_type(CONTENT_TYPE).body(text)
    }
}

/// Turns every refusal into a problem with sentences in English, and keeps answers out of shared caches.
pub async fn problems<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let response = next.call(request).await?;
    let status = response.status();
    let mut response = if (status.is_client_error() || status.is_server_error()) && !is_problem_by_hand(&response) {
        let door = response.request().app_data::<web::Data<Door>>().cloned();
        let error = response.response().error().and_then(|error| error.as_error::<Error>());
        if let Some(Error::Unexpected(cause)) = error {
            tracing::error!(cause, "a request of the API failed");
        }
        let problem = told(status, error, door.as_ref().map(|door| door.get_ref()));
        let kept = [header::RETRY_AFTER, header::WWW_AUTHENTICATE, header::ALLOW];
        let kept = kept.map(|name| (response.headers().get(&name).cloned(), name));
        let (request, _) = response.into_parts();
        let mut answer = problem.answer();
        for (value, name) in kept {
            if let Some(value) = value {
                answer.headers_mut().insert(name, value);
            }
        }
        ServiceResponse::new(request, answer).map_into_right_body()
    } else {
        response.map_into_left_body()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// A problem that was written in a handler, with headers of its own.
fn is_problem_by_hand<B>(response: &ServiceResponse<B>) -> bool {
    let problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes() == CONTENT_TYPE.as_bytes());
    problem && response.response().error().is_none()
}

fn told(status: StatusCode, error: Option<&Error>, door: Option<&Door>) -> Problem {
    let sentence = |text: &str| match door.map(|door| door.templates.texts()) {
        Some(Ok(texts)) => texts.message(Language::ENGLISH, text),
        _ => text.to_string(),
    };
    let mut problem = Problem::of(status);
    match error {
        Some(Error::Conflict(text)) => problem.detail = Some(sentence(text)),
        Some(Error::Invalid(Fields(fields))) => {
            problem.detail = Some("Correct the fields named in `errors`.".into());
            problem.errors = Some(fields.iter().map(|(field, text)| (field.clone(), sentence(text))).collect());
        }
        Some(Error::Unauthorised) => problem.detail = Some("Send a key that works as `Authorization: Bearer rk_…`.".into()),
        Some(Error::Forbidden) => problem.detail = Some("The key lacks the scope that this operation asks for.".into()),
        Some(Error::Unavailable(_)) => problem.detail = Some("Something this needs does not answer. Ask again after `Retry-After`.".into()),
        Some(Error::TooMany(_)) => problem.detail = Some("Ask again after `Retry-After`.".into()),
        _ => {}
    }
    problem
}

/// What is asked of a path or method there is not: 405 with the methods there are, or 404.
pub async fn nothing_here(request: HttpRequest) -> HttpResponse {
    let methods = document::methods(request.path());
    if methods.is_empty() {
        return Problem::of(StatusCode::NOT_FOUND).answer();
    }
    let mut answer = Problem::of(StatusCode::METHOD_NOT_ALLOWED).answer();
    if let Ok(value) = header::HeaderValue::from_str(&methods.join(", ")) {
        answer.headers_mut().insert(header::ALLOW, value);
    }
    answer
}
