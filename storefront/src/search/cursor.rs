//! Where a page ends. The key says which hit was last, so that new or vanished products move nobody's next page.

use super::Sort;
use kernel::error::{Error, Result};

/// The place of a hit: the smallest comes first. The product id makes it unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// How well the text was met, 0 best.
    pub tier: u8,
    /// Out of stock; only told apart when sorting by relevance.
    pub out: bool,
    /// What the sort compares, turned so that less is first.
    pub value: i64,
    pub id: i64,
}

fn letter(sort: Sort) -> char {
    match sort {
        Sort::Relevance => 'r',
        Sort::PriceAscending => 'a',
        Sort::PriceDescending => 'd',
        Sort::Newest => 'n',
    }
}

/// The text of a place. It names the sort: a cursor of another order would skip at random.
pub fn write(sort: Sort, place: Place) -> String {
    format!("{}.{}.{}.{}.{}", letter(sort), place.tier, u8::from(place.out), place.value, place.id)
}

/// The place in a text written by [`write()`] for the same sort; `Invalid` otherwise.
pub fn read(sort: Sort, text: &str) -> Result<Place> {
    parse(sort, text).ok_or_else(|| Error::field("after", "this is not a page of this list"))
}

fn parse(sort: Sort, text: &str) -> Option<Place> {
    let mut parts = text.strip_prefix(letter(sort))?.strip_prefix('.')?.split('.');
    let tier = parts.next()?.parse().ok()?;
    let out = match parts.next()? {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    let value = parts.next()?.parse().ok()?;
    let id = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(Place { tier, out, value, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_text_and_nothing_else_does() {
        let place = Place { tier: 2, out: true, value: -81_250, id: 7 };
        let text = write(Sort::Relevance, place);
        assert_eq!(read(Sort::Relevance, &text).unwrap(), place);
        assert!(read(Sort::Newest, &text).is_err());
        for foreign in ["", "r", "r.1", "r.1.2.3.4", "r.1.0.3.4.5", "r.x.0.3.4", "\0", "r.1.0.99999999999999999999.1"] {
            assert!(read(Sort::Relevance, foreign).is_err(), "{foreign}");
        }
    }
}
