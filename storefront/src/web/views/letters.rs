//! Mail of campaigns on the shop's pages: what somebody chooses of it, and the pages that its links lead to.

use super::form::Form;
use super::shared::Choice;
use kernel::clock::Time;
use serde::Serialize;

/// What mails are about, as somebody chooses it: the checkbox `topic-{code}`.
#[derive(Debug, Clone, Serialize)]
pub struct TopicChoice {
    pub code: String,
    pub name: String,
    pub description: String,
}

/// `storefront/letters/preferences.html`: the fields are `topic-{code}`, `frequency` and `tracking`.
#[derive(Debug, Clone, Serialize)]
pub struct LetterPreferencesView {
    pub to: String,
    pub topics: Vec<TopicChoice>,
    pub frequencies: Vec<Choice>,
    pub form: Form,
}

/// `storefront/letters/unsubscribe.html`.
#[derive(Debug, Clone, Serialize)]
pub struct UnsubscribeView {
    /// `ask`, `done` or `done-all`.
    pub state: &'static str,
    pub topic: String,
    pub to: String,
    pub preferences: String,
}

/// `storefront/letters/why.html`.
#[derive(Debug, Clone, Serialize)]
pub struct WhyView {
    pub topic: String,
    pub description: String,
    /// When they said yes; `None` when they took it back since.
    pub given_at: Option<Time>,
    pub tracking: bool,
    pub unsubscribe: String,
    pub preferences: String,
}

/// `storefront/letters/newsletter.html`: posts `email` and `topic-{code}` to `/newsletter`.
#[derive(Debug, Clone, Serialize)]
pub struct NewsletterView {
    pub topics: Vec<TopicChoice>,
    pub form: Form,
    /// Whether the mail is on its way, as far as anybody is told.
    pub sent: bool,
    pub hours: i64,
}

/// `storefront/letters/confirm.html`.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmView {
    /// `ask`, `done` or `expired`.
    pub state: &'static str,
    pub token: String,
}
