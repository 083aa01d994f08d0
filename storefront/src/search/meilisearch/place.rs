//! Where a page ended. Meilisearch goes on by offset, which moves when products come or vanish: the key of a page names its last hits
//! beside the offset, and the next page goes on behind whichever of them is found around there.

use crate::search::Sort;
use kernel::error::{Error, Result};

/// How far products may have moved since the page before to be found again.
pub const SLACK: usize = 50;
/// As many hits of the page before are named: if the last one vanished, those before it tell the place.
const NAMED: usize = 3;

/// The end of the page before; the default is the beginning of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// How much of the list lies before it.
    pub offset: usize,
    /// The last hits, the very last first.
    last: Vec<i64>,
}

impl Place {
    /// Behind these hits, the last of which ends at `offset`.
    pub fn behind(offset: usize, hits: &[i64]) -> Place {
        Place { offset, last: hits.iter().rev().take(NAMED).copied().collect() }
    }

    /// The offset to read the list from, so that the last hits are among what is read.
    pub fn from(&self) -> usize {
        if self.last.is_empty() { self.offset } else { self.offset.saturating_sub(SLACK) }
    }

    /// How much to read from [`Place::from`] on to have so many behind this place.
    pub fn reach(&self, wanted: usize) -> usize {
        self.offset - self.from() + wanted + if self.last.is_empty() { 0 } else { SLACK }
    }

    /// How many of the products read from [`Place::from`] on come before this place.
    pub fn within(&self, read: &[i64]) -> usize {
        self.behind_named(read).unwrap_or(self.offset - self.from()).min(read.len())
    }

    /// How many products of a whole list come before this place.
    pub fn in_whole(&self, list: &[i64]) -> usize {
        self.behind_named(list).unwrap_or(self.offset).min(list.len())
    }

    fn behind_named(&self, list: &[i64]) -> Option<usize> {
        self.last.iter().find_map(|last| list.iter().position(|id| id == last)).map(|at| at + 1)
    }

    /// The text of a place. It names the sort: a place of another order would skip at random.
    pub fn write(&self, sort: Sort) -> String {
        let ids: String = self.last.iter().map(|id| format!(".{id}")).collect();
        format!("m.{sort:?}.{}{ids}", self.offset)
    }

    /// The place in a text written by [`Place::write`] for the same sort; `Invalid` otherwise.
    pub fn read(sort: Sort, text: &str) -> Result<Place> {
        let parsed = || {
            let mut parts = text.strip_prefix(&format!("m.{sort:?}."))?.split('.');
            let offset = parts.next()?.parse().ok()?;
            let last: Vec<i64> = parts.map(|id| id.parse().ok()).collect::<Option<_>>()?;
            (last.len() <= NAMED).then_some(Place { offset, last })
        };
        parsed().ok_or_else(|| Error::field("after", "this is not a page of this list"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_text_and_nothing_else_does() {
        let place = Place::behind(57, &[9, 8, 7, 6]);
        let text = place.write(Sort::Newest);
        assert_eq!((text.as_str(), Place::read(Sort::Newest, &text).unwrap()), ("m.Newest.57.6.7.8", place));
        assert!(Place::read(Sort::Relevance, &text).is_err());
        for foreign in ["", "m.Newest", "m.Newest.", "m.Newest.x", "m.Newest.1.x", "m.Newest.1.2.3.4.5", "m.Newest.99999999999999999999"] {
            assert!(Place::read(Sort::Newest, foreign).is_err(), "{foreign}");
        }
        let far = Place::read(Sort::Newest, &format!("m.Newest.{}.1", usize::MAX)).unwrap();
        assert_eq!(far.within(&[]), 0, "beyond every list there is nothing, and no overflow");
    }
}
