//! What the process keeps in memory to be served again: pages for a moment, pictures as long as they fit.

use super::drawn::{CardKey, FrameKey};
use super::page_cache::PageCache;
use super::recommend::{Lists, Made, OwnLists, ShelfKey};
use crate::ids::{ProductId, StoreId};
use crate::promotions::Personal;
use crate::stores::Sites;
use actix_web::web::Bytes;
use crm::{CompanyId, CustomerId};
use kernel::web::i18n::Language;
use lru::LruCache;
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of pages kept.
const PAGES: usize = 24 << 20;
/// Bytes of pictures kept.
const PICTURES: usize = 16 << 20;
/// Bytes of cards of products kept.
const CARDS: usize = 4 << 20;
/// Bytes of lists of products kept.
const LISTS: usize = 4 << 20;
/// How many times longer than a page the lists are kept that a night makes, what is known of a customer, and what lies in a cart whose
/// browser says that it did not change.
const LISTS_KEPT: u32 = 30;
const OWN_KEPT: u32 = 10;
const CART_KEPT: u32 = 60;
/// Bytes of anything smaller kept.
const SMALL: usize = 64 << 10;

/// The memory of one process; every handler thread shares it.
pub struct Memory {
    /// The stores and their hosts.
    pub sites: RwLock<Arc<Sites>>,
    pub pages: PageCache,
    /// Cards of products as HTML; empty for what has none.
    pub cards: Fresh<CardKey, Bytes>,
    /// Shelves of recommendations as HTML, by all that they are made of.
    pub shelves: Fresh<ShelfKey, Made>,
    /// Customers for whom nothing could be decided a moment ago: an offer of their own best product, and there is none.
    pub undecided: Fresh<CustomerId, ()>,
    /// A customer's open offers as HTML, by the company that they buy for.
    pub offers: Fresh<(CustomerId, Option<CompanyId>, StoreId, Language), Bytes>,
    /// The products on a customer's wish list.
    pub wish_lists: Fresh<CustomerId, Arc<BTreeSet<ProductId>>>,
    /// The button of the wish list as HTML, by the product that it takes off.
    pub wish_buttons: Fresh<(Language, Option<ProductId>), Bytes>,
    /// What stands before and after the cards of a shelf.
    pub frames: Fresh<FrameKey, (Bytes, Bytes)>,
    /// What goes with a product, and under `None` what many bought lately.
    pub beside: Fresh<Option<ProductId>, Arc<Lists>>,
    /// What recommendations for a customer depend on.
    pub own: Fresh<CustomerId, OwnLists>,
    /// The products in a cart, by its browser's word that it did not change.
    pub in_cart: Fresh<String, Arc<[ProductId]>>,
    /// The number beside the link to the cart, as HTML.
    pub cart_units: Fresh<(Language, u32), Bytes>,
    /// The promotions that make prices depend on who asks.
    pub personal: Fresh<(), Arc<Personal>>,
    /// Style sheets of themes by their digest.
    pub sheets: Kept<String, Bytes>,
    /// WebP bytes by the picture's hash and stored width.
    pub pictures: Kept<(String, i64), Bytes>,
}

impl Memory {
    /// Pages are served again for `page_cache`; zero keeps none.
    pub fn new(page_cache: Duration, sites: Sites) -> Memory {
        Memory {
            sites: RwLock::new(Arc::new(sites)),
            pages: PageCache::new(page_cache, PAGES),
            cards: Fresh::new(page_cache, CARDS),
            shelves: Fresh::new(page_cache, CARDS),
            undecided: Fresh::new(page_cache * OWN_KEPT, SMALL),
            offers: Fresh::new(page_cache, CARDS),
            wish_lists: Fresh::new(page_cache, LISTS),
            wish_buttons: Fresh::new(page_cache, SMALL),
            frames: Fresh::new(page_cache, SMALL),
            beside: Fresh::new(page_cache * LISTS_KEPT, LISTS),
            own: Fresh::new(page_cache * OWN_KEPT, LISTS),
            in_cart: Fresh::new(page_cache * CART_KEPT, LISTS),
            cart_units: Fresh::new(page_cache, SMALL),
            personal: Fresh::new(page_cache, SMALL),
            sheets: Kept::new(SMALL),
            pictures: Kept::new(PICTURES),
        }
    }

    /// Lets nobody be served a list of products again that was made before: the merchant's rules about them changed.
    pub fn forget_lists(&self) {
        self.beside.clear();
        self.own.clear();
    }

    /// Lets nobody be served a page or a card again that was made before: who may buy which goods changed.
    pub fn forget_goods(&self) {
        self.pages.renew();
        self.cards.clear();
        self.shelves.clear();
        self.offers.clear();
    }

    /// Serves these stores from now on. No page is served again that was made before.
    pub fn serve(&self, sites: Sites) {
        *self.sites.write() = Arc::new(sites);
        // Who sees prices is the store's as well.
        self.forget_goods();
    }
}

/// Values by key up to a sum of bytes; what was asked for longest ago goes first.
pub struct Kept<K: Hash + Eq, V>(Mutex<Shelf<K, V>>);

struct Shelf<K: Hash + Eq, V> {
    entries: LruCache<K, (V, usize)>,
    bytes: usize,
    most: usize,
}

impl<K: Hash + Eq, V: Clone> Kept<K, V> {
    /// Keeps values of at most `most` bytes together.
    pub fn new(most: usize) -> Kept<K, V> {
        Kept(Mutex::new(Shelf { entries: LruCache::unbounded(), bytes: 0, most }))
    }

    pub fn get(&self, key: &K) -> Option<V> {
        self.0.lock().entries.get(key).map(|(value, _)| value.clone())
    }

    /// Keeps `value`, which takes `bytes`, and lets go of others until it fits. What is larger than a quarter of all is not kept.
    pub fn put(&self, key: K, value: V, bytes: usize) {
        let mut shelf = self.0.lock();
        if bytes > shelf.most / 4 {
            return;
        }
        if let Some((_, before)) = shelf.entries.put(key, (value, bytes)) {
            shelf.bytes -= before;
        }
        shelf.bytes += bytes;
        while shelf.bytes > shelf.most {
            let Some((_, (_, oldest))) = shelf.entries.pop_lru() else { break };
            shelf.bytes -= oldest;
        }
    }

    /// Lets go of all values.
    pub fn clear(&self) {
        let mut shelf = self.0.lock();
        shelf.entries.clear();
        shelf.bytes = 0;
    }

    /// Lets go of a value.
    pub fn forget(&self, key: &K) {
        let mut shelf = self.0.lock();
        if let Some((_, bytes)) = shelf.entries.pop(key) {
            shelf.bytes -= bytes;
        }
    }
}

/// [`Kept`] values that are served again for a moment only.
pub struct Fresh<K: Hash + Eq, V> {
    keep: Duration,
    kept: Kept<K, (Instant, V)>,
}

impl<K: Hash + Eq, V: Clone> Fresh<K, V> {
    /// Serves values for `keep`, of at most `most` bytes together. Zero keeps none.
    pub fn new(keep: Duration, most: usize) -> Fresh<K, V> {
        Fresh { keep, kept: Kept::new(most) }
    }

    pub fn get(&self, key: &K) -> Option<V> {
        self.kept.get(key).filter(|(since, _)| since.elapsed() < self.keep).map(|(_, value)| value)
    }

    pub fn put(&self, key: K, value: V, bytes: usize) {
        if !self.keep.is_zero() {
            self.kept.put(key, (Instant::now(), value), bytes);
        }
    }

    /// Lets go of all values.
    pub fn clear(&self) {
        self.kept.clear();
    }

    /// Lets go of a value that is true no more.
    pub fn forget(&self, key: &K) {
        self.kept.forget(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fresh_is_so_for_a_moment() {
        let fresh = Fresh::new(Duration::from_millis(50), 100);
        fresh.put(1, 'a', 1);
        assert_eq!((fresh.get(&1), fresh.get(&2)), (Some('a'), None));
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(fresh.get(&1), None);
        fresh.put(1, 'b', 1);
        fresh.forget(&1);
        assert_eq!(fresh.get(&1), None);
        let none = Fresh::new(Duration::ZERO, 100);
        none.put(1, 'a', 1);
        assert_eq!(none.get(&1), None);
    }

    #[test]
    fn the_oldest_goes_when_it_is_full() {
        let kept = Kept::new(100);
        for key in 0..5 {
            kept.put(key, key, 20);
        }
        assert_eq!(kept.get(&0), Some(0));
        kept.put(5, 5, 20);
        assert_eq!((kept.get(&0), kept.get(&1), kept.get(&5)), (Some(0), None, Some(5)));
        kept.put(6, 6, 26);
        assert_eq!(kept.get(&6), None, "one value does not push out all others");
        kept.put(5, 7, 10);
        assert_eq!((kept.get(&5), kept.get(&2)), (Some(7), Some(2)), "a replaced value gives its room back");
    }
}
