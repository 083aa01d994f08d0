//! The shelf of products that a visitor looked at before.

use super::door::Door;
use super::drawn;
use super::recommend::Mark;
use super::visit::Visit;
use super::words::Words;
use crate::ids::ProductId;
use crate::promotions::Audience;
use actix_web::web::Bytes;
use kernel::Result;

/// Products shown below another product; the home page shows all that the browser remembers.
const RECENT: usize = 6;

/// The shelf as HTML below the page of `product`, or of none; empty when nothing was looked at that is still on sale.
pub async fn shelf(door: &Door, visit: &Visit, audience: &Audience, product: Option<ProductId>) -> Result<Bytes> {
    let most = if product.is_some() { RECENT } else { usize::MAX };
    let viewed = visit.viewed.iter().copied().filter(|id| Some(*id) != product).take(most);
    let wanted: Vec<(ProductId, Option<Mark>)> = viewed.map(|id| (id, None)).collect();
    if wanted.is_empty() {
        return Ok(Bytes::new());
    }
    let cards: Vec<Bytes> = drawn::cards(door, visit, audience, &wanted, most).await?.into_iter().map(|(_, card)| card).collect();
    let title = Words::of(&door.templates, visit.language)?.get("product-recent");
    drawn::shelf(door, visit, "shelf-viewed", &title, &cards)
}
