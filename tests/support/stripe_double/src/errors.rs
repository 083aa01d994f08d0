//! Stripe's errors: a status and a body.

use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub body: Value,
    /// Whether the endpoint had begun, so that the answer is kept for the idempotency key.
    pub kept: bool,
}

impl Refusal {
    fn new(status: u16, kind: &str, code: Option<&str>, param: Option<&str>, message: String) -> Refusal {
        let body = json!({ "error": { "code": code, "message": message, "param": param, "type": kind } });
        Refusal { status, body, kept: false }
    }

    pub fn invalid(param: &str, message: impl Into<String>) -> Refusal {
        Refusal::new(400, "invalid_request_error", Some("parameter_invalid"), Some(param), message.into())
    }

    pub fn missing(param: &str) -> Refusal {
        Refusal::new(400, "invalid_request_error", Some("parameter_missing"), Some(param), format!("Missing required param: {param}."))
    }

    /// The object's state does not allow it.
    pub fn state(code: &str, message: impl Into<String>) -> Refusal {
        Refusal { kept: true, ..Refusal::new(400, "invalid_request_error", Some(code), None, message.into()) }
    }

    pub fn not_found(kind: &str, id: &str) -> Refusal {
        Refusal::new(404, "invalid_request_error", Some("resource_missing"), Some("id"), format!("No such {kind}: '{id}'"))
    }

    pub fn no_route(method: &str, path: &str) -> Refusal {
        Refusal::new(404, "invalid_request_error", None, None, format!("Unrecognized request URL ({method}: {path})."))
    }

    pub fn key(shown: &str) -> Refusal {
        Refusal::new(401, "invalid_request_error", None, None, format!("Invalid API Key provided: {shown}"))
    }

    pub fn other_request() -> Refusal {
        let message = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
        Refusal::new(400, "idempotency_error", None, None, message.to_string())
    }

    pub fn server(kept: bool) -> Refusal {
        Refusal { kept, ..Refusal::new(500, "api_error", None, None, "An unknown error occurred.".to_string()) }
    }

    pub fn too_many() -> Refusal {
        Refusal::new(429, "invalid_request_error", Some("rate_limit"), None, "Request rate limit exceeded.".to_string())
    }
}
