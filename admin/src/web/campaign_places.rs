//! Where a block stands: among the blocks of a version, or in a column of one of them.

use kernel::error::said;
use kernel::{Error, Result};
use std::fmt;
use storefront::campaigns::content::{BLOCKS, Block, PARTS, Part, Version};

/// One of two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::Left, Side::Right];

    pub fn as_str(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
        }
    }

    pub fn parse(word: &str) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| side.as_str() == word)
    }

    /// What stands in this column of a block; nothing of a block without columns.
    pub fn parts(self, of: &Part) -> Option<&Vec<Part>> {
        match (self, of) {
            (Side::Left, Part::Columns { left, .. }) => Some(left),
            (Side::Right, Part::Columns { right, .. }) => Some(right),
            _ => None,
        }
    }

    fn parts_mut(self, of: &mut Part) -> Option<&mut Vec<Part>> {
        match (self, of) {
            (Side::Left, Part::Columns { left, .. }) => Some(left),
            (Side::Right, Part::Columns { right, .. }) => Some(right),
            _ => None,
        }
    }
}

/// A place, in addresses `3`, and `3-left-0` in a column of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub block: usize,
    pub inside: Option<(Side, usize)>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.inside {
            None => write!(out, "{}", self.block),
            Some((side, part)) => write!(out, "{}-{}-{part}", self.block, side.as_str()),
        }
    }
}

impl Place {
    /// `NotFound` for anything else.
    pub fn parse(text: &str) -> Result<Place> {
        let number = |text: &str| text.parse::<usize>().map_err(|_| Error::NotFound);
        let mut words = text.split('-');
        let block = number(words.next().unwrap_or_default())?;
        let inside = match (words.next(), words.next(), words.next()) {
            (None, ..) => None,
            (Some(side), Some(part), None) => Some((Side::parse(side).ok_or(Error::NotFound)?, number(part)?)),
            _ => return Err(Error::NotFound),
        };
        Ok(Place { block, inside })
    }

    /// The block at this place; what stands in a column is for whoever sees the columns.
    pub fn find(self, version: &Version) -> Result<Block> {
        let block = version.blocks.get(self.block).ok_or(Error::NotFound)?;
        let Some((side, place)) = self.inside else { return Ok(block.clone()) };
        let part = side.parts(&block.part).and_then(|parts| parts.get(place)).ok_or(Error::NotFound)?;
        Ok(Block { part: part.clone(), only: None })
    }

    pub fn put(self, version: &mut Version, block: Block) -> Result<()> {
        match self.inside {
            None => *version.blocks.get_mut(self.block).ok_or(Error::NotFound)? = block,
            Some((side, place)) => *column(version, self.block, side)?.get_mut(place).ok_or(Error::NotFound)? = block.part,
        }
        Ok(())
    }

    /// Takes out what stands here.
    pub fn remove(self, version: &mut Version) -> Result<()> {
        match self.inside {
            None => take(&mut version.blocks, self.block),
            Some((side, place)) => take(column(version, self.block, side)?, place),
        }
    }

    /// Moves what stands here by one place.
    pub fn shift(self, version: &mut Version, up: bool) -> Result<()> {
        match self.inside {
            None => swap(&mut version.blocks, self.block, up),
            Some((side, place)) => swap(column(version, self.block, side)?, place, up),
        }
    }
}

/// A column of a block; `NotFound` where there is none.
fn column(version: &mut Version, block: usize, side: Side) -> Result<&mut Vec<Part>> {
    let block = version.blocks.get_mut(block).ok_or(Error::NotFound)?;
    side.parts_mut(&mut block.part).ok_or(Error::NotFound)
}

/// Adds a part at the end of a version, or of a column of one of its blocks. `Conflict` where no more fit.
pub fn add(version: &mut Version, into: Option<(usize, Side)>, part: Part) -> Result<()> {
    let Some((block, side)) = into else {
        if version.blocks.len() >= BLOCKS {
            return Err(Error::conflict("campaign-words-too-many"));
        }
        version.blocks.push(Block { part, only: None });
        return Ok(());
    };
    let parts = column(version, block, side)?;
    if parts.len() >= PARTS {
        return Err(Error::conflict(said("campaign-words-column-full", &[("most", &PARTS)])));
    }
    parts.push(part);
    Ok(())
}

fn take<T>(all: &mut Vec<T>, place: usize) -> Result<()> {
    if place >= all.len() {
        return Err(Error::NotFound);
    }
    all.remove(place);
    Ok(())
}

fn swap<T>(all: &mut [T], place: usize, up: bool) -> Result<()> {
    let other = if up { place.checked_sub(1) } else { place.checked_add(1) };
    match other.filter(|other| *other < all.len() && place < all.len()) {
        Some(other) => all.swap(place, other),
        None => return Err(Error::conflict("campaign-words-no-further")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_it_is_read() {
        for text in ["0", "12", "3-left-0", "3-right-11"] {
            assert_eq!(Place::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "x", "-1", "3-", "3-left", "3-middle-0", "3-left-x", "3-left-0-0", "99999999999999999999"] {
            assert!(Place::parse(text).is_err(), "{text}");
        }
    }
}
