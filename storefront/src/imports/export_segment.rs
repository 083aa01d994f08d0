//! The members of a segment as a CSV file for mail programs and the like, with the columns of Shopify's customers that say who they are.

use super::export::write_row;
use super::export_catalogue::unwritable;
use crate::shop;
use crm::consents::{self, Consent};
use crm::customers::{self, Customer};
use crm::segments::{self, SegmentId};
use crm::{CustomerId, scores};
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Db, Result};
use std::io::Write;

/// Members read at once. A segment that is not built yet asks its rule for each page.
const PAGE: i64 = 20_000;
/// Rows written from one read.
const ROWS: usize = 200;

const COLUMNS: [&str; 10] =
    ["Customer ID", "Name", "Email", "Phone", "Language", "Accepts Email Marketing", "Tags", "Total Orders", "Total Spent", "Birthday"];

/// Writes everybody who is a member at `now`; answers how many. Fails when `out` or the database does, or without such a segment.
pub fn export_members(db: &Db, segment: SegmentId, out: impl Write, now: Time) -> Result<u64> {
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, &COLUMNS.map(str::to_string)).map_err(unwritable)?;
    let (mut after, mut done) = (CustomerId(0), 0);
    loop {
        let page = db.read_now(move |conn| segments::members(conn, segment, after, PAGE, now))?;
        let Some(last) = page.last() else { break };
        after = *last;
        for some in page.chunks(ROWS) {
            let some = some.to_vec();
            let rows = db.read_now(move |conn| some.into_iter().map(|id| row(conn, id)).collect::<Result<Vec<_>>>())?;
            for row in rows {
                write_row(&mut writer, &row).map_err(unwritable)?;
                done += 1;
            }
        }
    }
    writer.flush().map_err(unwritable)?;
    Ok(done)
}

fn row(conn: &mut Conn, id: CustomerId) -> Result<Vec<String>> {
    let Customer { email, name, phone, language, tags, birthday, .. } = customers::get(conn, id)?;
    let news = match consents::current(conn, id, "email", "news")? {
        Some(Consent::Given) => "yes",
        Some(Consent::Withdrawn) => "no",
        None => "",
    };
    let (orders, spent) = match scores::of(conn, id)? {
        Some(score) => (score.orders, Money::new(score.value, score.currency()?)),
        None => (0, Money::new(0, shop::get(conn)?.currency)),
    };
    Ok(vec![id.to_string(), name, email, phone, language, news.into(), tags, orders.to_string(), spent.decimal(), birthday])
}
