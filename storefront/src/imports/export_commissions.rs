//! What sales staff get, order by order, as a CSV file that is written while it is sent.

use super::export::write_row;
use super::export_catalogue::unwritable;
use crate::commissions::{self, Line};
use crate::sales::Period;
use crm::{CompanyId, companies};
use kernel::money::{Currency, Money};
use kernel::{Db, Error, Result};
use std::collections::HashMap;
use std::io::Write;

/// Orders read at once.
const PAGE: i64 = 500;

const COLUMNS: [&str; 9] = ["Staff", "Order", "Placed On", "Company ID", "Company", "Paid", "Currency", "Rate", "Commission"];

/// Writes the orders of a period that bring somebody something, of one of the staff or of all, who are called as `names` says; answers
/// how many.
pub fn export_commissions(db: &Db, period: Period, staff: Option<i64>, names: &HashMap<i64, String>, out: impl Write) -> Result<u64> {
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, &COLUMNS.map(str::to_string)).map_err(unwritable)?;
    let (mut after, mut done) = (None, 0);
    loop {
        let from = after;
        let (page, called, next) = db.read_now(move |conn| {
            let (page, next) = commissions::lines(conn, period, from, PAGE)?;
            let page: Vec<Line> = page.into_iter().filter(|line| staff.is_none_or(|staff| staff == line.staff)).collect();
            let mut of: Vec<CompanyId> = page.iter().map(|line| line.company).collect();
            of.sort_unstable();
            of.dedup();
            let called: HashMap<CompanyId, String> = companies::of(conn, &of)?.into_iter().map(|one| (one.id, one.name)).collect();
            Ok((page, called, next))
        })?;
        for line in page {
            let currency = Currency::parse(&line.currency)
                .ok_or_else(|| Error::unexpected(format!("order {} has currency {}", line.number, line.currency)))?;
            let row = [
                names.get(&line.staff).cloned().unwrap_or_else(|| line.staff.to_string()),
                line.number,
                line.placed_on.to_string(),
                line.company.to_string(),
                called.get(&line.company).cloned().unwrap_or_default(),
                Money::new(line.paid, currency).decimal(),
                line.currency,
                Money::new(line.rate_bp, Currency::EUR).decimal(),
                Money::new(line.commission, currency).decimal(),
            ];
            write_row(&mut writer, &row).map_err(unwritable)?;
            done += 1;
        }
        let Some(next) = next else { break };
        after = Some(next);
    }
    writer.flush().map_err(unwritable)?;
    Ok(done)
}
