//! Reviews: on the pages of products, and where they are written.

use super::form::Form;
use kernel::clock::Time;
use serde::Serialize;

/// What buyers say of a product.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReviewsView {
    /// Such as "4.6"; none without a review.
    pub average: Option<String>,
    pub count: i64,
    pub rows: Vec<ReviewRow>,
    /// The page with more of them.
    pub more: Option<String>,
}

/// A published review.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewRow {
    pub stars: i64,
    pub title: String,
    pub body: String,
    /// Empty for somebody who does not say.
    pub name: String,
    /// The code of the language that it is written in.
    pub language: String,
    pub at: Time,
    /// What the shop answers; empty without.
    pub answer: String,
}

/// `storefront/reviews.html`: all reviews of a product.
#[derive(Debug, Clone, Serialize)]
pub struct ProductReviewsView {
    pub product: String,
    pub back: String,
    pub reviews: ReviewsView,
}

/// `storefront/review.html`: posts `key`, `stars`, `title`, `body` and `name` to `to`.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewFormView {
    pub number: String,
    pub product: String,
    pub variant: Option<String>,
    pub to: String,
    pub back: String,
    /// The `key` of a link; empty for the owner.
    pub key: String,
    /// What the form shows as chosen.
    pub stars: Option<i64>,
    pub form: Form,
    /// Where a review stands that was written before: `waiting`, `published` or `declined`.
    pub state: Option<String>,
    /// Why it was declined.
    pub reason: String,
    /// Whether something can be written.
    pub open: bool,
}

/// `storefront/review_order.html`: what of an order can be written about.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewOrderView {
    pub number: String,
    pub rows: Vec<ReviewLine>,
    pub stop: String,
    pub key: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct ReviewLine {
    pub title: String,
    pub variant: Option<String>,
    pub to: String,
    pub state: Option<String>,
}
