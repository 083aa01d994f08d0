//! What time does to offers, and what is kept of a person.

use super::{Quote, State, lines_of, messages_of, tell, versions_of};
use crate::ids::{QuoteId, VariantId};
use crate::schema::{quote_files as files, quote_lines as lines, quote_messages as messages, quote_versions as versions, quotes as rows};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Db, Result, on_each};
use serde_json::{Value, json};

/// The job that ends offers whose last day is over.
pub const JOB: &str = "quotes.expire";
/// Quotes seen to by one transaction.
const TOGETHER: i64 = 100;

pub fn expire_all(db: &Db, now: Time) -> Result<()> {
    loop {
        if db.write_now(move |conn| expire(conn, now))? == 0 {
            return Ok(());
        }
    }
}

/// Ends some offers that are over; answers how many.
pub(super) fn expire(conn: &mut Conn, now: Time) -> Result<usize> {
    let over = rows::table.filter(rows::state.eq(State::Offered)).filter(rows::expires_at.le(now)).order(rows::id).limit(TOGETHER);
    let over: Vec<Quote> = on_each!(conn, c => over.select(Quote::as_select()).load(c))?;
    for quote in &over {
        // Whoever accepts it at this moment comes before or after.
        let standing = rows::table.find(quote.id).filter(rows::state.eq(State::Offered)).filter(rows::expires_at.le(now));
        let ended =
            (rows::state.eq(State::Expired), rows::decided_at.eq(now), rows::updated_at.eq(now), rows::version.eq(rows::version + 1));
        if diesel::update(standing).set(ended).execute(conn)? == 1 {
            tell(conn, quote, State::Expired, now)?;
        }
    }
    Ok(over.len())
}

/// What somebody asked for, was offered and said.
pub fn kept(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<Value>> {
    let own = rows::table.filter(rows::customer_id.eq(customer)).order(rows::id.desc()).limit(limit);
    let own: Vec<Quote> = on_each!(conn, c => own.select(Quote::as_select()).load(c))?;
    let mut found = Vec::with_capacity(own.len());
    for quote in own {
        let mut versions = Vec::new();
        for one in versions_of(conn, quote.id)? {
            let goods = lines_of(conn, one.id)?;
            let goods: Vec<Value> = goods
                .iter()
                .map(|line| json!({ "title": line.title, "sku": line.sku, "quantity": line.measure().text(line.quantity), "unit_price": line.unit_price }))
                .collect();
            // What staff only prepared was never told to anybody.
            if one.expires_on.is_empty() || quote.offered_id == Some(one.id) {
                versions.push(
                    json!({ "number": one.number, "note": one.note, "delivery": one.shipping, "until": one.expires_on, "lines": goods }),
                );
            }
        }
        let said: Vec<Value> =
            messages_of(conn, quote.id)?.iter().map(|one| json!({ "at": one.at, "from": one.sender, "text": one.text })).collect();
        found.push(json!({ "number": quote.number(), "asked_at": quote.created_at, "state": quote.state, "currency": quote.currency,
            "reason": quote.reason, "versions": versions, "messages": said }));
    }
    Ok(found)
}

/// Forgets a customer: what they wrote and sent goes, what they asked for ends. Figures stay, as those of a number.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId, now: Time) -> Result<()> {
    let own = rows::table.filter(rows::customer_id.eq(customer));
    let own: Vec<QuoteId> = own.select(rows::id).order(rows::id).load(conn)?;
    for id in own {
        let said: Vec<i64> = messages::table.filter(messages::quote_id.eq(id)).select(messages::id).load(conn)?;
        diesel::delete(files::table.filter(files::message_id.eq_any(said))).execute(conn)?;
        let mine = messages::table.filter(messages::quote_id.eq(id));
        diesel::update(mine).set(messages::text.eq("")).execute(conn)?;
        diesel::update(versions::table.filter(versions::quote_id.eq(id))).set(versions::note.eq("")).execute(conn)?;
        diesel::update(rows::table.find(id)).set(rows::reason.eq("")).execute(conn)?;
        let open = rows::table.find(id).filter(rows::state.eq(State::Asked).or(rows::state.eq(State::Offered)));
        let ended = (rows::state.eq(State::Withdrawn), rows::decided_at.eq(now), rows::version.eq(rows::version + 1));
        diesel::update(open).set(ended).execute(conn)?;
    }
    Ok(())
}

/// Forgets variants that are removed: lines keep what they are called.
pub(crate) fn forget_variants(conn: &mut Conn, ids: &[VariantId]) -> Result<()> {
    let named = lines::table.filter(lines::variant_id.eq_any(ids.to_vec()));
    on_each!(conn, c => diesel::update(named).set(lines::variant_id.eq(None::<VariantId>)).execute(c))?;
    Ok(())
}
