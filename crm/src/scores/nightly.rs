//! The run over all buyers, every night and after an import of a history.

use super::{Bought, Buyer, Figures, Parts, Score, figure, hold, scored, store_all};
use crate::CustomerId;
use crate::identities;
use crate::rfm::Quintiles;
use crate::schema::{purchases, score_runs, scores};
use crate::segments;
use crate::tickets::costs;
use diesel::dsl::max;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Db, Result, json};

/// Customers whose purchases are read at a time, by id.
const READ: i64 = 50_000;
/// Customers written in one transaction: short, since orders wait for it on SQLite.
const WRITTEN: usize = 500;
/// Runs that are kept, for comparing.
const KEPT: i64 = 400;

/// Figures everything anew: the quintiles, the models and the forecast of each customer. An order that comes meanwhile stays as its own
/// transaction scored it.
pub fn run(db: &Db, currency: Currency, now: Time) -> Result<()> {
    let buyers = read(db, currency)?;
    let (figures, places) = figure(&buyers, now.date());
    let standing = |(buyer, place): (&Buyer, &Quintiles)| (place.group(), figures.stage(buyer, now.date()), buyer.value);
    let parts = json::text(&Parts::count(buyers.iter().zip(&places).map(standing)))?;
    let (count, told) = (buyers.len() as i64, json::text(&figures)?);
    db.write_now(move |conn| {
        let row = (
            score_runs::run_at.eq(now),
            score_runs::currency.eq(currency.code()),
            score_runs::buyers.eq(count),
            score_runs::figures.eq(&told),
            score_runs::parts.eq(&parts),
        );
        diesel::insert_into(score_runs::table).values(row).execute(conn)?;
        let last: Option<i64> = score_runs::table.select(max(score_runs::id)).first(conn)?;
        diesel::delete(score_runs::table.filter(score_runs::id.le(last.unwrap_or(0) - KEPT))).execute(conn)?;
        // From here on rows of segments that ask about scores are not believed, and the build after the last of them is what counts.
        segments::scores_moved(conn, now)
    })?;
    db.side_by_side(buyers.chunks(WRITTEN).zip(places.chunks(WRITTEN)), |(buyers, places)| {
        let chunk: Vec<(Buyer, Quintiles)> = buyers.iter().cloned().zip(places.iter().copied()).collect();
        let figures = figures.clone();
        db.write_now(move |conn| write(conn, &chunk, &figures, currency, now))
    })?;
    db.write_now(move |conn| segments::scores_moved(conn, now))
}

/// All buyers in the order of their ids.
fn read(db: &Db, currency: Currency) -> Result<Vec<Buyer>> {
    let last: Option<CustomerId> = db.read_now(|conn| Ok(purchases::table.select(max(purchases::customer_id)).first(conn)?))?;
    let last = last.map_or(0, |last| last.0);
    let mut buyers = Vec::new();
    let mut from = 0;
    while from < last {
        let range = (CustomerId(from), CustomerId(from + READ));
        type Row = (CustomerId, Time, i64, i64, i64, bool);
        let rows: Vec<Row> = db.read_now(move |conn| {
            Ok(purchases::table
                .filter(purchases::customer_id.gt(range.0).and(purchases::customer_id.le(range.1)))
                .order((purchases::customer_id, purchases::purchased_at, purchases::order_id))
                .select((
                    purchases::customer_id,
                    purchases::purchased_at,
                    purchases::revenue - purchases::refunded,
                    purchases::goods - purchases::given_back - purchases::cost,
                    purchases::uncosted,
                    purchases::currency.eq(currency.code()),
                ))
                .load(conn)?)
        })?;
        for one in rows.chunk_by(|one, other| one.0 == other.0) {
            let bought: Vec<Bought> =
                one.iter().map(|&(_, at, net, margin, uncosted, counts)| Bought::of((at, net, margin, uncosted, counts))).collect();
            buyers.extend(one.first().and_then(|first| Buyer::of(first.0, &bought)));
        }
        from += READ;
    }
    Ok(buyers)
}

fn write(conn: &mut Conn, chunk: &[(Buyer, Quintiles)], figures: &Figures, currency: Currency, now: Time) -> Result<()> {
    let ids: Vec<CustomerId> = chunk.iter().map(|(buyer, _)| buyer.customer).collect();
    let rows = held(conn, &ids)?;
    // Read with the rows held: what is given meanwhile comes before this or works the row out after it.
    let service = costs::of_these(conn, &ids, currency.code())?;
    // Whoever was merged since their purchases were read has none any more.
    let merged = identities::merged_among(conn, &ids)?;
    let mut changes = Vec::new();
    for (buyer, place) in chunk.iter().filter(|(buyer, _)| !merged.contains(&buyer.customer)) {
        let found = rows.binary_search_by_key(&buyer.customer, |row| row.customer_id);
        let before = match found {
            Ok(at) => rows[at].clone(),
            Err(_) => hold(conn, buyer.customer, currency.code(), now)?,
        };
        let known = found.is_err() || (before.orders, before.last_at) == (buyer.orders, buyer.last_at);
        if known {
            let service = service.get(&buyer.customer).copied().unwrap_or_default();
            changes.push((before, scored(buyer, service, currency.code(), Some(figures), Some(*place), now)));
        }
    }
    store_all(conn, &changes, now)
}

/// The rows there are, in the order of their customers, held until the end: a customer who orders waits for this, or this for them.
fn held(conn: &mut Conn, ids: &[CustomerId]) -> Result<Vec<Score>> {
    let rows = scores::table.filter(scores::customer_id.eq_any(ids)).order(scores::customer_id);
    match conn {
        Conn::Sqlite(c) => Ok(rows.select(Score::as_select()).load(c)?),
        Conn::Postgres(c) => Ok(rows.select(Score::as_select()).for_update().load(c)?),
    }
}
