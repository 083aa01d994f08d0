//! `storefront/home.html`.

use super::shared::{Link, Picture, Shelf, Tile};
use serde::Serialize;

/// The first page.
#[derive(Debug, Clone, Serialize)]
pub struct HomeView {
    pub hero: Option<Banner>,
    pub tiles: Vec<Tile>,
    pub shelves: Vec<Shelf>,
    /// The mark of the row of products the visitor looked at before.
    pub viewed: String,
    /// The mark of the rows of what the visitor may want.
    pub for_you: String,
    /// What the visitor was offered, as HTML; empty to leave out.
    pub offers: String,
    /// A second banner between the shelves.
    pub story: Option<Banner>,
    /// Short promises, such as "Free shipping from €60".
    pub promises: Vec<Promise>,
}

/// A large picture with words and a link.
#[derive(Debug, Clone, Serialize)]
pub struct Banner {
    pub title: String,
    pub text: String,
    pub picture: Option<Picture>,
    pub link: Link,
}

/// A promise of the shop.
#[derive(Debug, Clone, Serialize)]
pub struct Promise {
    pub title: String,
    pub text: String,
}
