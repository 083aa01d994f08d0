//! `storefront/chat.html`.

use super::cart::ConsentView;
use super::form::Form;
use chrono::NaiveDateTime;
use serde::Serialize;

/// The chat, before it begins and while it goes on.
#[derive(Debug, Clone, Serialize)]
pub struct ChatView {
    pub form: Form,
    /// Somebody is there to answer at once.
    pub live: bool,
    /// Nobody is signed in, so an address is asked for.
    pub guest: bool,
    /// After how many it goes on by mail.
    pub minutes: i64,
    pub talk: Option<Talk>,
}

/// A chat that began.
#[derive(Debug, Clone, Serialize)]
pub struct Talk {
    pub number: String,
    pub lines: Vec<ChatLine>,
    /// Whether staff may change the visitor's cart.
    pub consents: Vec<ConsentView>,
    /// Where the stream of what is new begins.
    pub place: String,
    /// The last line that is shown.
    pub last: i64,
    /// The page with what was said next.
    pub more: Option<String>,
    /// Whether it can be written in here.
    pub goes_on: bool,
    /// Answers go by mail.
    pub by_mail: bool,
    pub solved: bool,
    /// The page of the request, in the account.
    pub request: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ChatLine {
    pub id: i64,
    pub author: &'static str,
    /// Who says it, in words.
    pub by: String,
    pub at: NaiveDateTime,
    pub time: String,
    pub text: String,
}
