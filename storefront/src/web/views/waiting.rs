//! `storefront/waiting.html`.

use super::form::Form;
use serde::Serialize;

/// The page on which somebody asks to be told.
#[derive(Debug, Clone, Serialize)]
pub struct WaitingView {
    pub title: String,
    pub variant: Option<String>,
    /// Where the form goes.
    pub to: String,
    /// The product's page.
    pub product: String,
    /// Whether it can be bought now, so that there is nothing to wait for.
    pub there: bool,
    pub form: Form,
}
