//! What opportunities say of one person: what they may see of it, and what is left when they are erased.

use super::OpportunityId;
use crate::CustomerId;
use crate::email::Email;
use crate::schema::{opportunities as rows, opportunity_activities as said};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};

/// Something that the shop's sales staff keep about somebody: what they hope to sell, or what was said.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Kept {
    /// `opportunity`, or how they were spoken with.
    pub kind: String,
    pub text: String,
    pub at: Time,
}

/// The opportunities about somebody by their number or as a contact with one of their addresses, and what was said with them.
pub fn kept(conn: &mut Conn, customer: CustomerId, addresses: &[String], limit: i64) -> Result<Vec<Kept>> {
    let own: Vec<(String, String, Time)> = rows::table
        .filter(rows::customer_id.eq(customer))
        .order(rows::id.desc())
        .limit(limit)
        .select((rows::title, rows::next_step, rows::created_at))
        .load(conn)?;
    let keys: Vec<String> = addresses.iter().map(|address| address.to_lowercase()).filter(|address| !address.is_empty()).collect();
    let as_contact: Vec<(String, String, Time)> = rows::table
        .filter(rows::contact_email.eq_any(keys))
        .order(rows::id.desc())
        .limit(limit)
        .select((rows::title, rows::next_step, rows::created_at))
        .load(conn)?;
    let spoken: Vec<(super::ContactKind, String, Time)> = said::table
        .filter(said::customer_id.eq(customer))
        .order(said::id.desc())
        .limit(limit)
        .select((said::kind, said::text, said::at))
        .load(conn)?;
    let hoped = own.into_iter().chain(as_contact).map(|(title, step, at)| Kept {
        kind: "opportunity".into(),
        text: if step.is_empty() { title } else { format!("{title} · {step}") },
        at,
    });
    let heard = spoken.into_iter().map(|(kind, text, at)| Kept { kind: kind.as_str().into(), text, at });
    Ok(hoped.chain(heard).collect())
}

/// Takes somebody who is erased out of every opportunity: its amounts and stages stay, which forecasts and histories are made of, and
/// what was written in words goes.
pub fn forget(conn: &mut Conn, customer: CustomerId, addresses: &[Email]) -> Result<()> {
    let mut theirs: Vec<OpportunityId> = rows::table.filter(rows::customer_id.eq(customer)).select(rows::id).load(conn)?;
    for address in addresses {
        let as_contact = rows::table.filter(rows::contact_email.eq(address.key())).select(rows::id);
        theirs.extend(as_contact.load::<OpportunityId>(conn)?);
    }
    for id in theirs {
        diesel::delete(said::table.filter(said::opportunity_id.eq(id))).execute(conn)?;
        diesel::update(rows::table.find(id))
            .set((
                rows::customer_id.eq(None::<CustomerId>),
                rows::contact_name.eq(""),
                rows::contact_email.eq(""),
                rows::contact_phone.eq(""),
                rows::contact_company.eq(""),
                rows::title.eq(""),
                rows::next_step.eq(""),
                rows::source.eq(""),
                rows::version.eq(rows::version + 1),
            ))
            .execute(conn)?;
    }
    diesel::delete(said::table.filter(said::customer_id.eq(customer))).execute(conn)?;
    Ok(())
}
