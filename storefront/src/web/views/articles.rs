//! Articles that answer questions.

use super::shared::Link;
use kernel::clock::Time;
use serde::Serialize;

/// `storefront/articles.html`: all articles by topic, or what answers a question.
#[derive(Debug, Clone, Serialize)]
pub struct HelpView {
    /// Empty when nothing is asked.
    pub question: String,
    pub found: Vec<HelpLink>,
    pub topics: Vec<Topic>,
}

/// Articles about one thing.
#[derive(Debug, Clone, Serialize)]
pub struct Topic {
    /// Empty for those about nothing in particular.
    pub name: String,
    pub articles: Vec<HelpLink>,
}

/// An article in a list.
#[derive(Debug, Clone, Serialize)]
pub struct HelpLink {
    pub title: String,
    /// A path without its language.
    pub to: String,
    /// How its text begins.
    pub begins: String,
}

/// `storefront/article.html`.
#[derive(Debug, Clone, Serialize)]
pub struct ArticleView {
    pub crumbs: Vec<Link>,
    pub title: String,
    /// HTML that was cleaned when it was stored; shown as it is.
    pub html: String,
    pub written_at: Time,
    pub votes_to: String,
    /// What this browser said of it.
    pub said: Option<bool>,
}
