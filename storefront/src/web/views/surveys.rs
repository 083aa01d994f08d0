//! `storefront/survey.html`.

use super::form::Form;
use serde::Serialize;

/// A survey as whoever is asked sees it: posts `key`, `score` and `words` to `to`.
#[derive(Debug, Clone, Serialize)]
pub struct SurveyView {
    pub question: String,
    /// What is asked for in words.
    pub more: String,
    /// What is said to whoever answered; empty before.
    pub thanks: String,
    /// Whether they answered.
    pub answered: bool,
    /// Whether an answer is taken, a first one or a better one.
    pub open: bool,
    pub to: String,
    /// The `key` of a link.
    pub key: String,
    /// What the form shows as chosen.
    pub score: Option<i64>,
    pub scores: Vec<i64>,
    pub form: Form,
}
