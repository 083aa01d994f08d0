//! What an accountant takes over: documents and the bookings of companies' accounts, by period, as CSV files that are written while they are
//! sent.

use super::export::write_row;
use super::export_catalogue::unwritable;
use crate::company_accounts::{self, Line};
use crate::documents::{Document, Kind};
use crate::ids::{DocumentId, OrderId};
use crate::orders;
use crate::schema::documents;
use crate::shop;
use chrono::{NaiveDate, NaiveTime};
use crm::{CompanyId, companies};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Db, Error, Result};
use std::collections::BTreeMap;
use std::io::Write;

/// Rows read at once.
const PAGE: i64 = 500;

const BOOKINGS: [&str; 11] =
    ["Booking ID", "Booked On", "Company ID", "Company", "Order", "Invoice", "Kind", "Amount", "Currency", "Reference", "Note"];

const DOCUMENTS: [&str; 13] =
    ["Document", "Kind", "Issued On", "Due On", "Order", "Company ID", "Company", "VAT ID", "Country", "Net", "Tax", "Total", "Currency"];

/// Writes what was booked from one day to another, both within it, of one company or of all, with what staff noted for themselves
/// (`notes`); answers how many lines. Amounts above zero are owed.
pub fn export_bookings(db: &Db, company: Option<CompanyId>, period: (NaiveDate, NaiveDate), notes: bool, out: impl Write) -> Result<u64> {
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, &BOOKINGS.map(str::to_string)).map_err(unwritable)?;
    let (mut after, mut done) = (None, 0);
    loop {
        let from = after.clone();
        let page = db.read_now(move |conn| {
            let found = company_accounts::bookings(conn, company, period, from, PAGE)?;
            let last = found.last().map(|(line, _, _)| (line.booked_on.clone(), line.id));
            let mut names = BTreeMap::new();
            let rows = found.iter().map(|one| booking(conn, one, notes, &mut names)).collect::<Result<Vec<_>>>()?;
            Ok(last.map(|last| (last, rows)))
        })?;
        let Some((last, rows)) = page else { break };
        after = Some(last);
        for row in rows {
            write_row(&mut writer, &row).map_err(unwritable)?;
            done += 1;
        }
    }
    writer.flush().map_err(unwritable)?;
    Ok(done)
}

fn booking(conn: &mut Conn, one: &(Line, String, String), notes: bool, names: &mut BTreeMap<CompanyId, String>) -> Result<Vec<String>> {
    let (line, number, currency) = one;
    let name = match names.get(&line.company_id) {
        Some(name) => name.clone(),
        None => {
            let name = companies::get(conn, line.company_id)?.name;
            names.insert(line.company_id, name.clone());
            name
        }
    };
    let invoice = company_accounts::of_order(conn, line.order_id)?.map(|found| found.invoice).unwrap_or_default();
    Ok(vec![
        line.id.to_string(),
        line.booked_on.clone(),
        line.company_id.to_string(),
        name,
        number.clone(),
        invoice,
        line.kind.as_str().to_string(),
        decimal(line.amount, currency)?,
        currency.clone(),
        line.reference.clone(),
        if notes { line.note.clone() } else { String::new() },
    ])
}

fn decimal(minor: i64, currency: &str) -> Result<String> {
    let currency = Currency::parse(currency).ok_or_else(|| Error::unexpected(format!("an amount has currency {currency}")))?;
    Ok(Money::new(minor, currency).decimal())
}

/// Writes the invoices and credit notes that were issued from one day to another by the shop's clocks, both within it; answers how many. What
/// a credit note takes back is below zero.
pub fn export_documents(db: &Db, (from, to): (NaiveDate, NaiveDate), out: impl Write) -> Result<u64> {
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, &DOCUMENTS.map(str::to_string)).map_err(unwritable)?;
    let (mut after, mut done) = ((Time::MIN, DocumentId(0)), 0);
    loop {
        let last = after;
        let page = db.read_now(move |conn| {
            let shop = shop::get(conn)?;
            let start = shop.moment(from.and_time(NaiveTime::MIN)).max(last.0);
            let end = shop.moment(to.succ_opt().unwrap_or(to).and_time(NaiveTime::MIN));
            let found: Vec<Document> = documents::table
                .filter(documents::issued_at.ge(start))
                .filter(documents::issued_at.lt(end))
                .filter(documents::issued_at.gt(start).or(documents::id.gt(last.1)))
                .order((documents::issued_at, documents::id))
                .limit(PAGE)
                .select(Document::as_select())
                .load(conn)?;
            let last = found.last().map(|one| (one.issued_at, one.id));
            let day = |at: Time| shop.local(at).date().to_string();
            let rows = found.iter().map(|one| document(conn, one, day(one.issued_at))).collect::<Result<Vec<_>>>()?;
            Ok(last.map(|last| (last, rows)))
        })?;
        let Some((last, rows)) = page else { break };
        after = last;
        for row in rows {
            write_row(&mut writer, &row).map_err(unwritable)?;
            done += 1;
        }
    }
    writer.flush().map_err(unwritable)?;
    Ok(done)
}

fn document(conn: &mut Conn, one: &Document, day: String) -> Result<Vec<String>> {
    let content = one.content()?;
    let sign = if one.kind == Kind::CreditNote { -1 } else { 1 };
    let amount = |minor: i64| decimal(sign * minor, &one.currency);
    let order: OrderId = one.order_id;
    let account = company_accounts::of_order(conn, order)?.map(|found| found.company_id);
    let name = match account {
        Some(company) => companies::get(conn, company)?.name,
        None => content.buyer.company.clone(),
    };
    Ok(vec![
        one.label.clone(),
        one.kind.as_str().to_string(),
        day,
        content.due_on.clone(),
        orders::get(conn, order)?.number,
        account.map(|company| company.to_string()).unwrap_or_default(),
        name,
        content.buyer.vat_id.clone(),
        content.buyer.country.clone(),
        amount(one.total - one.tax)?,
        amount(one.tax)?,
        amount(one.total)?,
        one.currency.clone(),
    ])
}
