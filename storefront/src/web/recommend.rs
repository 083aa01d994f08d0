//! Shelves of recommended products. What is learned comes from the memory's lists; here it is corrected by what the visitor does now:
//! nothing is shown that lies in the cart or was just bought, and what goes with the products just looked at comes first.

pub mod counter;
mod seen;
pub mod tag;

use self::tag::Tag;
use super::door::Door;
use super::known::Known;
use super::visit::Visit;
use super::words::Words;
use crate::ids::ProductId;
use actix_web::web::Bytes;
use crm::recommendations::{self, Arm, Reason, Shelf};
use kernel::Result;
use seen::Seen;
pub use seen::{Lists, Made, OwnLists, ShelfKey};
use std::collections::{HashMap, HashSet};

/// Products looked at last whose companions move up.
const NEAR: usize = 3;
/// What each of them may bring to the home page.
const OF_EACH: usize = 2;

/// Why a product stands in a shelf, as its card says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The heading of the shelf says it.
    Shelf,
    /// The merchant put it there.
    Chosen,
    /// The customer bought this.
    Bought(ProductId),
    /// The visitor looked at this.
    Looked(ProductId),
    /// Many bought it.
    Many,
}

/// Where a card stands, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    pub tag: Tag,
    pub why: Why,
}

impl Mark {
    /// The product that the reason names.
    pub fn names(&self) -> Option<ProductId> {
        match self.why {
            Why::Bought(product) | Why::Looked(product) => Some(product),
            Why::Shelf | Why::Chosen | Why::Many => None,
        }
    }

    /// The reason in words; `None` where there is nothing to add.
    pub fn said(&self, titles: &HashMap<ProductId, String>, words: &Words) -> Result<Option<String>> {
        let key = match self.why {
            Why::Shelf => return Ok(None),
            Why::Chosen => return Ok(Some(words.get("recommended-chosen"))),
            Why::Many => return Ok(Some(words.get("recommended-many"))),
            Why::Bought(_) => "recommended-bought",
            Why::Looked(_) => "recommended-looked",
        };
        let title = self.names().and_then(|product| titles.get(&product));
        title.map(|title| words.with(key, &[("title", title)])).transpose()
    }
}

/// What is bought together with `product`, for its page.
pub async fn together(door: &Door, visit: &Visit, known: &Known, product: ProductId) -> Result<Bytes> {
    let near: Vec<ProductId> = visit.viewed.iter().copied().filter(|near| *near != product).take(NEAR).collect();
    let lists = Lists::beside(door, std::iter::once(product).chain(near.iter().copied())).await?;
    let Some(own) = lists.get(&product).filter(|list| !list.is_empty()) else { return Ok(Bytes::new()) };
    let seen = Seen::load(door, visit, known).await?;
    if seen.arm == Arm::Popular {
        let popular = Lists::popular(door).await?;
        let wanted = popular.iter().filter(|id| **id != product).map(|id| (*id, Why::Shelf)).collect();
        return Ok(seen.shelf("shelf-together", "recommended-many", Shelf::Together, wanted, true).await?.html);
    }
    let with_near: HashSet<ProductId> = near.iter().filter_map(|near| lists.get(near)).flat_map(|list| list.learned.clone()).collect();
    let (first, then): (Vec<ProductId>, Vec<ProductId>) = own.learned.iter().copied().partition(|id| with_near.contains(id));
    let pinned = own.pinned.iter().map(|id| (*id, Why::Chosen));
    let wanted = pinned.chain(first.into_iter().chain(then).map(|id| (id, Why::Shelf))).collect();
    Ok(seen.shelf("shelf-together", "recommended-together", Shelf::Together, wanted, true).await?.html)
}

/// What completes the cart with these products, for its page.
pub async fn complete(door: &Door, visit: &Visit, known: &Known, products: &[ProductId]) -> Result<Bytes> {
    let ids: Vec<i64> = products.iter().map(|id| id.0).collect();
    let learned = door.read(move |conn, _| recommendations::complete(conn, &ids)).await?;
    if learned.is_empty() {
        return Ok(Bytes::new());
    }
    let mut seen = Seen::load(door, visit, known).await?;
    seen.cart = products.into();
    let (title, wanted) = match seen.arm {
        Arm::Model => ("recommended-complete", learned.into_iter().map(|id| (ProductId(id), Why::Shelf)).collect()),
        Arm::Popular => ("recommended-many", Lists::popular(door).await?.iter().map(|id| (*id, Why::Shelf)).collect()),
    };
    Ok(seen.shelf("shelf-complete", title, Shelf::Complete, wanted, true).await?.html)
}

/// What a visitor of the home page may want: what they bought repeatedly, and what goes with what they did.
pub async fn home(door: &Door, visit: &Visit, known: &Known) -> Result<Bytes> {
    let seen = Seen::load(door, visit, known).await?;
    let mut html = Vec::new();
    let again = seen.own.picks.iter().filter(|pick| pick.reason == Reason::Again).map(|pick| (ProductId(pick.product), Why::Shelf));
    // There is nothing to compare this shelf with.
    let shelf = seen.shelf_of(Arm::Model, "shelf-again", "recommended-again", Shelf::Again, again.collect(), true).await?;
    html.extend_from_slice(&shelf.html);
    let personal = personal(door, visit, &seen, &shelf.shown).await?;
    let popular = Lists::popular(door).await?;
    let known = !personal.is_empty();
    let (title, wanted) = if seen.arm == Arm::Model && known {
        let ids: HashSet<ProductId> = personal.iter().map(|(id, _)| *id).collect();
        let rest = popular.iter().filter(|id| !ids.contains(id) && !shelf.shown.contains(id)).map(|id| (*id, Why::Many));
        ("recommended-for-you", personal.into_iter().chain(rest).collect())
    } else {
        let all = popular.iter().filter(|id| !shelf.shown.contains(id)).map(|id| (*id, Why::Shelf));
        ("recommended-many", all.collect::<Vec<_>>())
    };
    // Only where the lists differ something is to be learned of them.
    html.extend_from_slice(&seen.shelf("shelf-for-you", title, Shelf::ForYou, wanted, known).await?.html);
    Ok(html.into())
}

/// What goes with the products just looked at, and then with what the customer bought; nothing that they looked at or that is `shown`.
async fn personal(door: &Door, visit: &Visit, seen: &Seen<'_>, shown: &HashSet<ProductId>) -> Result<Vec<(ProductId, Why)>> {
    if !seen.own.wanted {
        return Ok(Vec::new());
    }
    let near: Vec<ProductId> = visit.viewed.iter().copied().take(NEAR).collect();
    let lists = Lists::beside(door, near.iter().copied()).await?;
    let looked = near.iter().filter_map(|near| Some((near, lists.get(near)?))).flat_map(|(near, list)| {
        let all = list.all().filter(|id| !visit.viewed.contains(id) && seen.may_show(*id));
        all.take(OF_EACH).map(|id| (id, Why::Looked(*near))).collect::<Vec<_>>()
    });
    let bought = seen.own.picks.iter().filter_map(|pick| match pick.reason {
        Reason::Because(other) => Some((ProductId(pick.product), Why::Bought(ProductId(other)))),
        Reason::Again | Reason::Before => None,
    });
    let mut ids = HashSet::new();
    let fresh = |one: &(ProductId, Why)| !visit.viewed.contains(&one.0) && !shown.contains(&one.0);
    Ok(looked.chain(bought).filter(fresh).filter(|(id, _)| ids.insert(*id)).collect())
}
