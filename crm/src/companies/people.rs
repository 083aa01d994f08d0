//! What the rows of companies say of one person: what they may see of it, and what is left when they are erased.

use super::members::MemberState;
use crate::email::Email;
use crate::schema::{companies, company_invitations as invitations, company_members as rows, company_roles as roles};
use crate::{CustomerId, MemberId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};

/// A place in a company, for whoever has it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Kept {
    pub company: String,
    /// The role, and nothing else for somebody who was invited only.
    pub role: String,
    pub cost_centre: String,
    pub state: String,
    pub at: Time,
}

/// Where somebody is or was a member, and which companies invited one of their addresses.
pub fn kept(conn: &mut Conn, customer: CustomerId, addresses: &[String]) -> Result<Vec<Kept>> {
    type Row = (String, String, String, String, MemberState, Time);
    let own = rows::table
        .inner_join(companies::table.on(companies::id.eq(rows::company_id)))
        .inner_join(roles::table.on(roles::id.eq(rows::role_id)))
        .filter(rows::customer_id.eq(customer))
        .order(rows::id)
        .select((companies::name, roles::code, roles::name, rows::cost_centre, rows::state, rows::joined_at));
    let found: Vec<Row> = own.load(conn)?;
    let mut all: Vec<Kept> = found
        .into_iter()
        .map(|(company, code, name, cost_centre, state, at)| Kept {
            company,
            role: if code.is_empty() { name } else { code },
            cost_centre,
            state: state.as_str().to_string(),
            at,
        })
        .collect();
    let keys: Vec<String> = addresses.iter().map(|address| address.to_lowercase()).collect();
    let invited: Vec<(String, Time)> = invitations::table
        .inner_join(companies::table.on(companies::id.eq(invitations::company_id)))
        .filter(invitations::email.eq_any(keys))
        .order(invitations::id)
        .select((companies::name, invitations::expires_at))
        .load(conn)?;
    all.extend(invited.into_iter().map(|(company, at)| Kept {
        company,
        role: String::new(),
        cost_centre: String::new(),
        state: "invited".to_string(),
        at,
    }));
    Ok(all)
}

/// The numbers of all memberships that somebody has or had.
pub fn every(conn: &mut Conn, customer: CustomerId) -> Result<Vec<MemberId>> {
    let own = rows::table.filter(rows::customer_id.eq(customer)).order(rows::id).select(rows::id);
    Ok(on_each!(conn, c => own.load(c))?)
}

/// Takes somebody who is erased out of every company: their orders go on to name the membership, which names nobody any more.
pub fn forget(conn: &mut Conn, customer: CustomerId, addresses: &[Email]) -> Result<()> {
    diesel::update(rows::table.filter(rows::customer_id.eq(customer)))
        .set((rows::state.eq(MemberState::Removed), rows::cost_centre.eq("")))
        .execute(conn)?;
    for address in addresses {
        diesel::delete(invitations::table.filter(invitations::email.eq(address.key()))).execute(conn)?;
        for typed in [address.as_str().to_string(), address.key()] {
            diesel::update(companies::table.filter(companies::invoice_email.eq(typed)))
                .set(companies::invoice_email.eq(""))
                .execute(conn)?;
        }
    }
    Ok(())
}
