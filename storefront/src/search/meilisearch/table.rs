//! What this process keeps of the products that the server listed: the columns of the embedded index, and no word. Filters, facets, prices
//! and orders are looked at in them by the code of the embedded engine, so that both engines answer alike, however many products there are.

use super::list::{Known, Listed};
use crate::search::cursor::Place;
use crate::search::embedded::generation::{Generation, Snapshot};
use crate::search::page::{Counting, Gathering};
use crate::search::schema::schema;
use crate::search::{SearchDocument, SearchQuery, Sort};
use kernel::error::Result;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// A product's place among the matches is counted down from here: fewer products than this fit on a server.
const BEST: i64 = 1 << 33;

/// The kept products.
pub struct Table {
    columns: Generation,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// By product.
    stamps: HashMap<i64, u64>,
    /// Made at the first look after a change.
    view: Option<Arc<View>>,
}

/// The table at one moment.
pub struct View {
    snapshot: Arc<Snapshot>,
    /// Segment and document by product.
    places: HashMap<i64, (usize, u32)>,
}

/// A listed product that the table has.
#[derive(Clone, Copy)]
struct Offered {
    id: i64,
    segment: usize,
    document: u32,
    /// How well the text is met, as [`Gathering::offer`] takes it.
    tier: u8,
    relevance: i64,
}

impl Table {
    pub fn new() -> Result<Table> {
        let (_, fields) = schema();
        Ok(Table { columns: Generation::in_memory(fields)?, kept: Mutex::new(Kept::default()) })
    }

    /// How many products are kept.
    pub fn len(&self) -> usize {
        self.kept.lock().stamps.len()
    }

    /// The listed products of which nothing is known, or something older or newer.
    pub fn unknown(&self, listed: &[Listed]) -> Vec<i64> {
        let kept = self.kept.lock();
        listed.iter().filter(|one| kept.stamps.get(&one.id) != Some(&one.stamp)).map(|one| one.id).collect()
    }

    /// Keeps these products, instead of what was known of them.
    pub fn learn(&self, known: Vec<Known>) -> Result<()> {
        let stamps: Vec<(i64, u64)> = known.iter().map(|one| (one.product.product_id, one.stamp)).collect();
        let products: Vec<SearchDocument> = known.into_iter().map(|one| one.product).collect();
        let mut kept = self.kept.lock();
        self.columns.replace_columns(&products)?;
        self.columns.commit()?;
        kept.stamps.extend(stamps);
        kept.view = None;
        Ok(())
    }

    /// Forgets everything.
    pub fn clear(&self) -> Result<()> {
        let mut kept = self.kept.lock();
        self.columns.clear()?;
        self.columns.commit()?;
        *kept = Kept::default();
        Ok(())
    }

    /// The table as it is now.
    pub fn view(&self) -> Arc<View> {
        let mut kept = self.kept.lock();
        if let Some(view) = &kept.view {
            return view.clone();
        }
        let view = Arc::new(View::of(self.columns.snapshot()));
        kept.view = Some(view.clone());
        view
    }
}

impl View {
    fn of(snapshot: Arc<Snapshot>) -> View {
        let mut places = HashMap::new();
        for (at, (reader, segment)) in snapshot.searcher.segment_readers().iter().zip(&snapshot.segments).enumerate() {
            let alive = reader.doc_ids_alive();
            places.extend(alive.filter_map(|document| segment.ids.first(document).map(|id| (id, (at, document)))));
        }
        View { snapshot, places }
    }

    /// Gathers the listed products, which come in the order of the match when a text found them. `named` are the last hits of the page
    /// before, the very last first: the page goes on behind the first of them that is still listed.
    pub fn gather(&self, query: &SearchQuery, gathering: &mut Gathering<'_>, listed: &[Listed], named: &[i64]) -> Result<()> {
        let by_match = is_by_match(query);
        let offered = self.offered(listed, by_match);
        if let Some(after) = gathering.after().filter(|_| by_match)
            && let Some(place) = self.place_now(query, &offered, named, after)?
        {
            gathering.go_on_behind(place);
        }
        self.offer(gathering, &offered);
        Ok(())
    }

    /// The server does not tell which products match alike. It puts of those what can be bought first: where something that can be bought
    /// follows something that cannot, a worse match begins.
    fn offered(&self, listed: &[Listed], by_match: bool) -> Vec<Offered> {
        let (mut tier, mut bought) = (1u8, true);
        let mut offered = Vec::with_capacity(listed.len());
        for (rank, one) in (0i64..).zip(listed) {
            let Some(&(segment, document)) = self.places.get(&one.id) else { continue };
            if !by_match {
                offered.push(Offered { id: one.id, segment, document, tier: 1, relevance: 0 });
                continue;
            }
            let can_be_bought = self.snapshot.segments[segment].available.first(document) == Some(1);
            if can_be_bought && !bought {
                tier = tier.saturating_add(1);
            }
            bought = can_be_bought;
            offered.push(Offered { id: one.id, segment, document, tier, relevance: BEST - rank });
        }
        offered
    }

    fn offer(&self, gathering: &mut Gathering<'_>, offered: &[Offered]) {
        let segments = &self.snapshot.segments;
        let mut countings: Vec<Counting> = segments.iter().map(|segment| gathering.begin(segment)).collect();
        for one in offered {
            gathering.offer(&segments[one.segment], &mut countings[one.segment], one.document, one.tier, one.relevance);
        }
        for (segment, counting) in segments.iter().zip(countings) {
            gathering.end(segment, counting);
        }
    }

    /// Where the first of these stands now that is still a hit, and sold out only if the last hit was: the places of a match move when
    /// products come or vanish.
    fn place_now(&self, query: &SearchQuery, offered: &[Offered], named: &[i64], after: Place) -> Result<Option<Place>> {
        let alone = SearchQuery { after: None, limit: 1, ..query.clone() };
        for id in named {
            let Some(one) = offered.iter().find(|one| one.id == *id) else { continue };
            let mut only = Gathering::new(&alone)?;
            self.offer(&mut only, &[*one]);
            if let Some(place) = only.only().filter(|place| place.out == after.out) {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }
}

/// Whether the order of the hits is that of the match. Without a text everything matches alike.
pub fn is_by_match(query: &SearchQuery) -> bool {
    query.sort == Sort::Relevance && !query.text.trim().is_empty()
}
