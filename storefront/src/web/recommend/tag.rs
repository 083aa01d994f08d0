//! What a link to a recommended product says of where it stood, and what the browser remembers of having followed it.

use crate::ids::ProductId;
use chrono::Datelike;
use crm::recommendations::{Arm, Shelf};
use kernel::clock::Time;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

/// The parameter of such a link.
const NAME: &str = "rec";
/// One visitor of so many is shown what many bought.
const POPULAR_OF: u64 = 10;
/// Days in which buying what was clicked counts for the shelf.
pub const DAYS: i32 = 7;
/// Clicked products that a browser remembers.
const MOST: usize = 12;

/// A shelf and which list it was filled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    pub shelf: Shelf,
    pub arm: Arm,
}

const SHELVES: [(char, Shelf); 4] = [('t', Shelf::Together), ('c', Shelf::Complete), ('a', Shelf::Again), ('f', Shelf::ForYou)];
const ARMS: [(char, Arm); 2] = [('m', Arm::Model), ('p', Arm::Popular)];

impl Tag {
    /// Two letters, such as `tm`.
    pub fn word(self) -> String {
        let shelf = SHELVES.iter().find(|(_, shelf)| *shelf == self.shelf).map(|(letter, _)| *letter);
        let arm = ARMS.iter().find(|(_, arm)| *arm == self.arm).map(|(letter, _)| *letter);
        shelf.into_iter().chain(arm).collect()
    }

    pub fn parse(word: &str) -> Option<Tag> {
        let mut letters = word.chars();
        let (shelf, arm) = (letters.next()?, letters.next()?);
        let shelf = SHELVES.iter().find(|(letter, _)| *letter == shelf)?.1;
        let arm = ARMS.iter().find(|(letter, _)| *letter == arm)?.1;
        letters.next().is_none().then_some(Tag { shelf, arm })
    }

    /// The address of a product's page as a link of this shelf.
    pub fn on(self, address: &str) -> String {
        format!("{address}?{NAME}={}", self.word())
    }
}

/// Takes the tag off a raw query: pages are the same with and without it.
pub fn take(query: &str) -> (Option<Tag>, String) {
    if !query.contains(NAME) {
        return (None, query.to_string());
    }
    let mut tag = None;
    let mut rest = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match (name.as_ref() == NAME).then(|| Tag::parse(&value)).flatten() {
            Some(found) => tag = Some(found),
            None => {
                rest.append_pair(&name, &value);
            }
        }
    }
    // What carries none stays as it was written.
    if tag.is_none() { (None, query.to_string()) } else { (tag, rest.finish()) }
}

/// A number of a visitor that says nothing of their secret.
pub fn number(visitor: &str) -> u64 {
    let digest = Sha256::digest(visitor.as_bytes());
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Which lists a visitor gets: always the same, and told by nothing but chance.
pub fn arm_of(visitor: &str) -> Arm {
    if number(visitor).is_multiple_of(POPULAR_OF) { Arm::Popular } else { Arm::Model }
}

/// A product that was clicked on a shelf, and the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Led {
    pub product: ProductId,
    pub tag: Tag,
    day: i32,
}

/// Reads what [`write`] wrote, without what is too old. Whatever the browser sends is at most so many.
pub fn read(value: &str, now: Time) -> Vec<Led> {
    let today = now.date().num_days_from_ce();
    let led = |part: &str| {
        let mut words = part.split('-');
        let (product, tag, day) = (words.next()?.parse().ok()?, Tag::parse(words.next()?)?, words.next()?.parse::<i32>().ok()?);
        (0..=DAYS).contains(&today.checked_sub(day)?).then_some(Led { product, tag, day })
    };
    value.split('.').filter_map(led).take(MOST).collect()
}

/// What was clicked before and now, the last first.
pub fn followed(before: &[Led], product: ProductId, tag: Tag, now: Time) -> Vec<Led> {
    let led = Led { product, tag, day: now.date().num_days_from_ce() };
    std::iter::once(led).chain(before.iter().copied().filter(|led| led.product != product)).take(MOST).collect()
}

/// As the browser keeps it.
pub fn write(led: &[Led]) -> String {
    let words: Vec<String> = led.iter().map(|led| format!("{}-{}-{}", led.product, led.tag.word(), led.day)).collect();
    words.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDate, TimeDelta};

    const TAG: Tag = Tag { shelf: Shelf::Together, arm: Arm::Popular };

    #[test]
    fn a_tag_leaves_the_query_as_it_was() {
        assert_eq!(TAG.on("/products/mug"), "/products/mug?rec=tp");
        assert_eq!(take("rec=tp"), (Some(TAG), String::new()));
        assert_eq!(take("colour=white&rec=tp"), (Some(TAG), "colour=white".into()));
        for other in ["", "colour=white%20x", "rec=zz", "rec=", "rec=tpp", "record=tp&a=b"] {
            assert_eq!(take(other), (None, other.to_string()), "{other}");
        }
        for shelf in Shelf::ALL {
            for arm in Arm::ALL {
                let tag = Tag { shelf: *shelf, arm: *arm };
                assert_eq!(Tag::parse(&tag.word()), Some(tag));
            }
        }
    }

    #[test]
    fn a_tenth_of_the_visitors_see_what_many_bought() {
        let popular = (0..10_000).filter(|number| arm_of(&format!("visitor {number}")) == Arm::Popular).count();
        assert!((900..1100).contains(&popular), "{popular}");
        assert_eq!(arm_of("somebody"), arm_of("somebody"));
    }

    #[test]
    fn a_click_is_remembered_for_a_week() {
        let now = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap().and_hms_opt(10, 0, 0).unwrap();
        let first = followed(&[], ProductId(7), TAG, now);
        let second = followed(&first, ProductId(8), TAG, now + TimeDelta::days(3));
        let text = write(&second);
        assert_eq!(read(&text, now + TimeDelta::days(3)), second);
        assert_eq!(read(&text, now + TimeDelta::days(8)), second[..1]);
        assert_eq!(read(&text, now + TimeDelta::days(20)), []);
        assert_eq!(followed(&second, ProductId(7), TAG, now).len(), 2, "each product once");
        for junk in ["", "x", "1-tm", "1-tm-x", "1-zz-5", "-.-.", "99999999999999999999-tm-739577", "1-tm-2147483647", "1-tm--2147483648"] {
            assert_eq!(read(junk, now), [], "{junk}");
        }
    }
}
