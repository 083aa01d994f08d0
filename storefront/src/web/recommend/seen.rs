//! What a visitor's shelves depend on: which lists they get, what they bought just now, what lies in their cart.

use super::counter::Deed;
use super::tag::{Tag, arm_of};
use super::{Mark, Why};
use crate::carts;
use crate::ids::{ProductId, StoreId};
use crate::promotions::Audience;
use crate::web::basket;
use crate::web::door::Door;
use crate::web::drawn;
use crate::web::known::Known;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::web::Bytes;
use crm::recommendations::{self, Arm, Beside, Own, Shelf};
use kernel::Result;
use kernel::web::i18n::Language;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Products of a shelf: a row on a wide screen, two on a narrow one.
const ROW: usize = 4;
/// Products of the shelf on the home page.
const HOME: usize = 8;
/// Products that are tried for it: some are sold out or not sold in this store.
const TRIED: usize = 20;

/// What is kept of a customer for a moment.
pub type OwnLists = Arc<Own>;

/// What goes with a product, or what many bought lately.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    pub pinned: Vec<ProductId>,
    pub learned: Vec<ProductId>,
}

impl Lists {
    fn of(beside: Beside) -> Lists {
        let ids = |all: Vec<i64>| all.into_iter().map(ProductId).collect();
        Lists { pinned: ids(beside.pinned), learned: ids(beside.learned) }
    }

    pub fn is_empty(&self) -> bool {
        self.pinned.is_empty() && self.learned.is_empty()
    }

    pub fn all(&self) -> impl Iterator<Item = ProductId> {
        self.pinned.iter().chain(&self.learned).copied()
    }

    /// What is bought together with each of these products; from memory where it can.
    pub async fn beside(door: &Door, products: impl Iterator<Item = ProductId>) -> Result<HashMap<ProductId, Arc<Lists>>> {
        let mut lists = HashMap::new();
        let mut missing = Vec::new();
        for product in products {
            match door.memory.beside.get(&Some(product)) {
                Some(list) => {
                    lists.insert(product, list);
                }
                None => missing.push(product),
            }
        }
        if missing.is_empty() {
            return Ok(lists);
        }
        let read = door.glance(move |conn, _| {
            missing.into_iter().map(|id| Ok((id, recommendations::together(conn, id.0)?))).collect::<Result<Vec<_>>>()
        });
        for (product, beside) in read.await? {
            let list = Arc::new(Lists::of(beside));
            door.memory.beside.put(Some(product), list.clone(), size_of::<Lists>() + 8 * (list.pinned.len() + list.learned.len()));
            lists.insert(product, list);
        }
        Ok(lists)
    }

    /// What many bought lately, the first first.
    pub async fn popular(door: &Door) -> Result<Vec<ProductId>> {
        if let Some(list) = door.memory.beside.get(&None) {
            return Ok(list.learned.clone());
        }
        let learned: Vec<ProductId> = door.glance(|conn, _| recommendations::popular(conn)).await?.into_iter().map(ProductId).collect();
        let list = Arc::new(Lists { pinned: Vec::new(), learned: learned.clone() });
        door.memory.beside.put(None, list, size_of::<Lists>() + 8 * learned.len());
        Ok(learned)
    }
}

/// A visitor, as far as shelves go.
pub struct Seen<'a> {
    door: &'a Door,
    visit: &'a Visit,
    known: &'a Known,
    pub own: OwnLists,
    /// The products in the cart.
    pub cart: Arc<[ProductId]>,
    pub arm: Arm,
    counted: bool,
}

/// What was made of a shelf.
#[derive(Clone, Default)]
pub struct Made {
    pub html: Bytes,
    /// The products in it.
    pub shown: Arc<HashSet<ProductId>>,
}

/// All that a shelf is made of: where and for whom it is read, the id and the key of its heading, where it stands, and what is wanted in it.
pub type ShelfKey = (StoreId, Language, Audience, &'static str, &'static str, Tag, Vec<(ProductId, Why)>);

impl<'a> Seen<'a> {
    /// From memory where it can; else one read.
    pub async fn load(door: &'a Door, visit: &'a Visit, known: &'a Known) -> Result<Seen<'a>> {
        let own = match known.customer {
            Some(customer) => door.memory.own.get(&customer),
            None => Some(Arc::new(Own { wanted: true, ..Own::default() })),
        };
        let key = visit.cart_edition();
        let cart = if known.units == 0 { Some(Arc::from([])) } else { key.as_ref().and_then(|key| door.memory.in_cart.get(key)) };
        let (own, cart) = match (own, cart) {
            (Some(own), Some(cart)) => (own, cart),
            (own, cart) => Seen::read(door, visit, known, own, cart).await?,
        };
        // Who wants nothing of their own sees what many bought, and is no part of a comparison.
        let arm = if own.wanted { arm_of(&visit.visitor) } else { Arm::Popular };
        let counted = own.wanted && visit.known;
        Ok(Seen { door, visit, known, own, cart, arm, counted })
    }

    async fn read(
        door: &Door,
        visit: &Visit,
        known: &Known,
        own: Option<OwnLists>,
        cart: Option<Arc<[ProductId]>>,
    ) -> Result<(OwnLists, Arc<[ProductId]>)> {
        let (seen, customer, units) = (visit.clone(), known.customer, known.units);
        let read = door.glance(move |conn, now| {
            let own = match (own, customer) {
                (Some(own), _) => own,
                (None, Some(customer)) => Arc::new(recommendations::own(conn, customer, now)?),
                (None, None) => Arc::default(),
            };
            let cart = match cart {
                Some(cart) => cart,
                None if units == 0 => Arc::from([]),
                None => match basket::find(conn, &seen, customer)? {
                    Some(cart) => carts::products(conn, cart.id)?.into(),
                    None => Arc::from([]),
                },
            };
            Ok((own, cart))
        });
        let (own, cart) = read.await?;
        if let Some(customer) = customer {
            door.memory.own.put(customer, own.clone(), size_of::<Own>() + 32 * (own.picks.len() + own.lately.len()));
        }
        if let Some(key) = visit.cart_edition() {
            let bytes = key.len() + 8 * cart.len();
            door.memory.in_cart.put(key, cart.clone(), bytes);
        }
        Ok((own, cart))
    }

    /// Whether a product neither lies in the cart nor was just bought.
    pub fn may_show(&self, product: ProductId) -> bool {
        !self.cart.contains(&product) && !self.own.lately.contains(&product.0)
    }

    /// [`Seen::shelf_of`] the visitor's arm.
    pub async fn shelf(
        &self,
        id: &'static str,
        title: &'static str,
        shelf: Shelf,
        wanted: Vec<(ProductId, Why)>,
        counts: bool,
    ) -> Result<Made> {
        self.shelf_of(self.arm, id, title, shelf, wanted, counts).await
    }

    /// The shelf with the first of the wanted products that may be shown and can be bought, under the text of the key `title`; nothing
    /// without any. With `counts` the visitor is counted among those who saw it.
    pub async fn shelf_of(
        &self,
        arm: Arm,
        id: &'static str,
        title: &'static str,
        shelf: Shelf,
        wanted: Vec<(ProductId, Why)>,
        counts: bool,
    ) -> Result<Made> {
        let tag = Tag { shelf, arm };
        let wanted: Vec<_> = wanted.into_iter().filter(|(id, _)| self.may_show(*id)).take(TRIED).collect();
        if wanted.is_empty() {
            return Ok(Made::default());
        }
        let key: ShelfKey = (self.visit.site.id, self.visit.language, self.known.audience.clone(), id, title, tag, wanted);
        let made = match self.door.memory.shelves.get(&key) {
            Some(made) => made,
            None => {
                let made = self.make(&key).await?;
                let bytes = made.html.len() + size_of::<ShelfKey>() + (TRIED + HOME) * size_of::<(ProductId, Why)>();
                self.door.memory.shelves.put(key, made.clone(), bytes);
                made
            }
        };
        if !made.shown.is_empty() && counts && self.counted {
            self.door.counter.count(tag, Deed::View, &self.visit.visitor);
        }
        Ok(made)
    }

    async fn make(&self, (_, _, audience, id, title, tag, wanted): &ShelfKey) -> Result<Made> {
        let marked: Vec<_> = wanted.iter().map(|(id, why)| (*id, Some(Mark { tag: *tag, why: *why }))).collect();
        let most = if tag.shelf == Shelf::ForYou { HOME } else { ROW };
        let (shown, cards): (HashSet<ProductId>, Vec<Bytes>) =
            drawn::cards(self.door, self.visit, audience, &marked, most).await?.into_iter().unzip();
        let title = Words::of(&self.door.templates, self.visit.language)?.get(title);
        Ok(Made { html: drawn::shelf(self.door, self.visit, id, &title, &cards)?, shown: Arc::new(shown) })
    }
}
