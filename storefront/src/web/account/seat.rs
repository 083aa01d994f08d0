//! By which of their memberships somebody looks at the pages of a company.

use crate::logins;
use crate::web::visit::Visit;
use crm::CustomerId;
use crm::companies::{self, Membership};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// Of the memberships that fit: the one that they buy by in this session, or else the first by which they can buy, or the first. And all
/// that they have. `NotFound` when none fits.
pub(super) fn membership(
    conn: &mut Conn,
    visit: &Visit,
    customer: CustomerId,
    fits: impl Fn(&Membership) -> bool,
    now: Time,
) -> Result<(Membership, Vec<Membership>)> {
    let session = visit.session.as_deref().map_or(Ok(None), |session| logins::session_with_member(conn, session, now))?;
    let chosen = session.and_then(|(_, member)| member);
    let all = companies::memberships(conn, customer)?;
    let fitting: Vec<&Membership> = all.iter().filter(|one| fits(one)).collect();
    let own = fitting
        .iter()
        .find(|one| Some(one.member) == chosen)
        .or_else(|| fitting.iter().find(|one| one.buys()))
        .or_else(|| fitting.first())
        .ok_or(Error::NotFound)?;
    let own = Membership::clone(own);
    Ok((own, all))
}
