//! What a merge makes of two profiles, and how undoing it takes them apart again.

use crate::CustomerId;
use crate::customers::{Customer, name_key, tags};
use crate::schema::customers;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use serde::{Deserialize, Serialize};

/// The part of a customer's row that a merge fills.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: String,
    pub phone: String,
    pub tags: String,
    pub note: String,
    #[serde(default)]
    pub birthday: String,
    /// When they came to be known.
    pub since: Time,
}

impl Profile {
    pub fn of(customer: &Customer) -> Profile {
        let Customer { name, phone, tags, note, created_at, birthday, .. } = customer.clone();
        Profile { name, phone, tags, note, birthday, since: created_at }
    }

    /// The survivor's with what another adds: an empty name, phone or birthday is filled, tags are those of both, notes stand below each other.
    pub fn with(&self, other: &Profile) -> Profile {
        let filled = |own: &str, other: &str| if own.is_empty() { other.to_string() } else { own.to_string() };
        let note = match (self.note.as_str(), other.note.as_str()) {
            (own, other) if other.is_empty() || own == other => own.to_string(),
            ("", other) => other.to_string(),
            (own, other) => format!("{own}\n\n{other}"),
        };
        Profile {
            name: filled(&self.name, &other.name),
            phone: filled(&self.phone, &other.phone),
            tags: tags(&format!("{}, {}", self.tags, other.tags)).join(", "),
            note,
            birthday: filled(&self.birthday, &other.birthday),
            since: self.since.min(other.since),
        }
    }

    /// How a profile is after undoing: as it was, except for what somebody changed since the merge left it as `left`.
    pub fn parted(&self, left: &Profile, now: &Profile) -> Profile {
        let field = |was: &str, left: &str, now: &str| if now == left { was.to_string() } else { now.to_string() };
        let (before, after, found) = (tags(&self.tags), tags(&left.tags), tags(&now.tags));
        let kept = before.iter().filter(|tag| found.contains(tag));
        let added = found.iter().filter(|tag| !after.contains(tag));
        Profile {
            name: field(&self.name, &left.name, &now.name),
            phone: field(&self.phone, &left.phone, &now.phone),
            tags: kept.chain(added).cloned().collect::<Vec<_>>().join(", "),
            note: field(&self.note, &left.note, &now.note),
            birthday: field(&self.birthday, &left.birthday, &now.birthday),
            since: self.since,
        }
    }

    pub fn write(&self, conn: &mut Conn, id: CustomerId, now: Time) -> Result<()> {
        diesel::update(customers::table.find(id))
            .set((
                customers::name.eq(&self.name),
                customers::name_key.eq(name_key(&self.name)),
                customers::phone.eq(&self.phone),
                customers::tags.eq(&self.tags),
                customers::note.eq(&self.note),
                customers::birthday.eq(&self.birthday),
                customers::created_at.eq(self.since),
                customers::updated_at.eq(now),
            ))
            .execute(conn)?;
        Ok(())
    }
}

/// What a merge would leave of two profiles, before anybody confirms it: name, phone, birthday, tags, note, known since.
pub fn preview(survivor: &Customer, merged: &Customer) -> Profile {
    Profile::of(survivor).with(&Profile::of(merged))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str, tags: &str, note: &str) -> Profile {
        Profile { name: name.into(), tags: tags.into(), note: note.into(), ..Profile::default() }
    }

    #[test]
    fn what_was_changed_since_stays_with_the_survivor() {
        let (own, other) = (profile("", "tea, vip", "a"), profile("Ann", "vip, wholesale", "b"));
        let left = own.with(&other);
        assert_eq!(left, profile("Ann", "tea, vip, wholesale", "a\n\nb"));
        assert_eq!(own.parted(&left, &left), own);
        let changed = profile("Anna", "vip, wholesale, new", "a\n\nb\n\nc");
        assert_eq!(own.parted(&left, &changed), profile("Anna", "vip, new", "a\n\nb\n\nc"));
    }
}
