//! What a segment has of lists that many ask for: the first page of a category and its facets, with nothing chosen. Each looks at every
//! product of the category; until one of the segment's products is changed or removed, it is looked at once.

use super::SearchQuery;
use super::page::Part;
use kernel::error::Result;
use lru::LruCache;
use parking_lot::Mutex;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Lists that are kept of a segment: a few kilobytes each.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

/// The kept lists of a segment, each with the number of removed products it was made at. That number only grows.
pub struct Kept(Mutex<LruCache<SearchQuery, (u32, Arc<Part>)>>);

impl Default for Kept {
    fn default() -> Kept {
        Kept(Mutex::new(LruCache::new(MOST)))
    }
}

/// Whether a list is one that many ask for.
fn is_common(query: &SearchQuery) -> bool {
    query.text.trim().is_empty() && query.after.is_none() && query.facets.is_empty() && query.price == (None, None)
}

impl Kept {
    /// The part of a list that is kept, or else made now.
    pub fn part(&self, query: &SearchQuery, removed: u32, make: impl FnOnce() -> Result<Part>) -> Result<Arc<Part>> {
        if !is_common(query) {
            return make().map(Arc::new);
        }
        if let Some((at, part)) = self.0.lock().get(query)
            && *at == removed
        {
            return Ok(part.clone());
        }
        let part = Arc::new(make()?);
        self.0.lock().put(query.clone(), (removed, part.clone()));
        Ok(part)
    }
}
