//! A call list: the members of a segment whom the shop has a telephone number of, with when somebody last spoke with them.

use super::contacts;
use crate::segments::{self, SegmentId};
use crate::{CustomerId, customers};
use kernel::clock::Time;
use kernel::{Conn, Result};

/// Members that are looked at for one page, at most: a segment of people without numbers is not read whole.
const LOOKED_AT: usize = 2000;

/// Somebody to call.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Call {
    pub customer: CustomerId,
    pub name: String,
    pub email: String,
    pub phone: String,
    /// When somebody of the staff last spoke with them.
    pub last_at: Option<Time>,
}

/// Whom of a segment to call, by number of customer behind `after`, and where the next page begins if there may be one.
pub fn calls(conn: &mut Conn, segment: SegmentId, after: CustomerId, limit: i64, now: Time) -> Result<(Vec<Call>, Option<CustomerId>)> {
    let enough = usize::try_from(limit).unwrap_or(0);
    let (mut found, mut after, mut looked, mut more) = (Vec::new(), after, 0, true);
    while more && found.len() < enough && looked < LOOKED_AT {
        let members = segments::members(conn, segment, after, limit, now)?;
        more = members.len() >= enough;
        looked += members.len();
        let Some(last) = members.last() else { break };
        after = *last;
        let mut people = customers::of(conn, &members)?;
        people.sort_unstable_by_key(|one| one.id);
        for one in people {
            if one.phone.trim().is_empty() {
                continue;
            }
            found.push(Call { customer: one.id, name: one.name, email: one.email, phone: one.phone, last_at: None });
        }
    }
    if found.len() > enough {
        found.truncate(enough);
        more = true;
        after = found.last().map_or(after, |last| last.customer);
    }
    let ids: Vec<CustomerId> = found.iter().map(|one| one.customer).collect();
    let spoken = contacts::last(conn, &ids)?;
    for one in &mut found {
        one.last_at = spoken.get(&one.customer).copied();
    }
    Ok((found, more.then_some(after)))
}
