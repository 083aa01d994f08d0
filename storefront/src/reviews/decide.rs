//! What staff decide about a review. Each decision is about the words that were read: `seen` is when they were changed last.

use super::{Review, State, get};
use crate::ids::{ProductId, ReviewId};
use crate::schema::{review_totals as totals, reviews as rows};
use diesel::prelude::*;
use diesel::upsert::excluded;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, prepared};

/// Longest reason and answer, in characters.
const REASON: usize = 500;
const ANSWER: usize = 2000;

/// What a form is refused with that was made of other words.
const STALE: &str = "review-changed";

/// Shows a review to everybody. Published twice is published.
pub fn publish(conn: &mut Conn, id: ReviewId, seen: Time, now: Time) -> Result<Review> {
    decide(conn, id, seen, State::Published, "", now)
}

/// Shows a review to nobody, or to nobody any more. `Invalid` without a reason.
pub fn decline(conn: &mut Conn, id: ReviewId, seen: Time, reason: &str, now: Time) -> Result<Review> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => Err(Error::field("reason", "review-reason-missing")),
        1..=REASON => decide(conn, id, seen, State::Declined, reason, now),
        _ => Err(Error::field("reason", "field-too-long")),
    }
}

fn decide(conn: &mut Conn, id: ReviewId, seen: Time, to: State, reason: &str, now: Time) -> Result<Review> {
    let before = get(conn, id)?;
    let own = rows::table.find(id).filter(rows::state.eq(before.state)).filter(rows::changed_at.eq(seen));
    let change = (rows::state.eq(to), rows::reason.eq(reason), rows::decided_at.eq(now));
    if diesel::update(own).set(change).execute(conn)? == 0 {
        return Err(Error::conflict(STALE));
    }
    let published = |state: State| i64::from(state == State::Published);
    let by = published(to) - published(before.state);
    count(conn, before.product_id, by, by * before.stars)?;
    get(conn, id)
}

/// Moves what the published reviews of a product come to.
fn count(conn: &mut Conn, product: ProductId, reviews: i64, stars: i64) -> Result<()> {
    if reviews < 0 {
        let change = (totals::reviews.eq(totals::reviews + reviews), totals::stars.eq(totals::stars + stars));
        diesel::update(totals::table.find(product)).set(change).execute(conn)?;
    } else if reviews > 0 {
        let added = diesel::insert_into(totals::table)
            .values((totals::product_id.eq(product), totals::reviews.eq(reviews), totals::stars.eq(stars)))
            .on_conflict(totals::product_id)
            .do_update()
            .set((
                totals::reviews.eq(totals::reviews + excluded(totals::reviews)),
                totals::stars.eq(totals::stars + excluded(totals::stars)),
            ));
        prepared!(conn, added => execute)?;
    }
    Ok(())
}

/// Answers a review, for everybody who reads it; nothing takes the answer away.
pub fn answer(conn: &mut Conn, id: ReviewId, seen: Time, text: &str) -> Result<Review> {
    let text = text.replace("\r\n", "\n").trim().to_string();
    if text.chars().count() > ANSWER {
        return Err(Error::field("answer", "field-too-long"));
    }
    get(conn, id)?;
    let own = rows::table.find(id).filter(rows::changed_at.eq(seen));
    if diesel::update(own).set(rows::answer.eq(&text)).execute(conn)? == 0 {
        return Err(Error::conflict(STALE));
    }
    get(conn, id)
}
