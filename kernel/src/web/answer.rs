//! How an [`Error`] leaves the house: a status, and problem JSON (RFC 9457) unless a room's middleware draws a page from it.

use crate::Error;
use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

impl Error {
    /// Seconds after which the same request may succeed.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Error::TooMany(seconds) => Some(*seconds),
            Error::Unavailable(_) => Some(2),
            _ => None,
        }
    }

    /// What may be told to the outside. Internal causes stay in the log.
    pub fn told(&self) -> Option<String> {
        match self {
            Error::Conflict(text) => Some(text.clone()),
            Error::Invalid(fields) => fields.0.values().next().cloned(),
            _ => None,
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Forbidden => StatusCode::FORBIDDEN,
            Error::Unauthorised => StatusCode::UNAUTHORIZED,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut answer = HttpResponse::build(status);
        if let Some(seconds) = self.retry_after() {
            answer.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if status == StatusCode::UNAUTHORIZED {
            answer.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        let errors = match self {
            Error::Invalid(fields) => serde_json::json!(fields),
            _ => serde_json::Value::Null,
        };
        answer.content_type("application/problem+json").body(
            serde_json::json!({
                "type": "about:blank",
                "title": status.canonical_reason().unwrap_or("Error"),
                "status": status.as_u16(),
                "detail": self.told(),
                "errors": errors,
            })
            .to_string(),
        )
    }
}
