//! What a failed call to Stripe means for the money.

use super::GatewayError;
use stripe::{ApiErrors, ApiErrorsType, StripeError};

/// Sorts an error by the one question that matters: did it happen? In doubt, nobody knows.
pub fn read(error: StripeError) -> GatewayError {
    match error {
        StripeError::Stripe(answer, status) => read_answer(&answer, status),
        StripeError::Timeout => GatewayError::Unknown("Stripe did not answer in time".to_string()),
        StripeError::JSONDeserialize(text) => GatewayError::Unknown(format!("Stripe's answer does not read: {text}")),
        // The HTTP client names the phase; without a connection no byte of the request left.
        StripeError::ClientError(text) if text.contains("(Connect)") => {
            GatewayError::Unreachable(format!("no connection to Stripe: {text}"))
        }
        StripeError::ClientError(text) => GatewayError::Unknown(format!("the connection to Stripe broke: {text}")),
        StripeError::ConfigError(text) => GatewayError::Refused(format!("Stripe's settings are wrong: {text}")),
    }
}

fn read_answer(answer: &ApiErrors, status: u16) -> GatewayError {
    let text = describe(answer, status);
    match (status, &answer.type_) {
        // 409 is a second request with the same key while the first still runs.
        (409 | 500.., _) | (_, ApiErrorsType::ApiError) => GatewayError::Unknown(text),
        (402, _) | (_, ApiErrorsType::CardError) => GatewayError::Declined(text),
        (429, _) => GatewayError::Unreachable(text),
        (400..=499, _) => GatewayError::Refused(text),
        _ => GatewayError::Unknown(text),
    }
}

/// Code and sentence, without what Stripe quotes of the shopper.
fn describe(answer: &ApiErrors, status: u16) -> String {
    let code = answer.decline_code.clone().or_else(|| answer.code.as_ref().map(|code| code.as_str().to_string()));
    let code = code.unwrap_or_else(|| answer.type_.as_str().to_string());
    match &answer.message {
        Some(message) if !message.contains('@') => format!("{code} ({status}): {message}"),
        _ => format!("{code} ({status})"),
    }
}
