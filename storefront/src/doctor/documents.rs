//! Invoices and credit notes: their numbers, and their amounts against orders and refunds.

use super::{Finding, PAGE};
use crate::documents::{Document, Kind, of_order};
use crate::ids::DocumentId;
use crate::orders::{self, OrderStatus};
use crate::payments::WishState;
use crate::refunds;
use crate::schema::{document_series as series, documents};
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::BTreeMap;

/// As every number is used once, a series without a gap has as many documents as its last number says.
pub fn series(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let last: BTreeMap<String, i64> = series::table.select((series::name, series::last)).load::<(String, i64)>(conn)?.into_iter().collect();
    for kind in Kind::ALL {
        finding.checked += 1;
        let of_kind = documents::table.filter(documents::kind.eq(kind));
        let count: i64 = of_kind.count().get_result(conn)?;
        let highest: Option<i64> = of_kind.select(diesel::dsl::max(documents::number)).get_result(conn)?;
        let name = |what: &str| format!("{} numbers, {what}", kind.as_str());
        finding.expect_equal(|| name("how many"), count, highest.unwrap_or(0));
        finding.expect_equal(|| name("the last"), last.get(kind.as_str()).copied().unwrap_or(0), highest.unwrap_or(0));
    }
    Ok(())
}

pub fn amounts(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut after = DocumentId(0);
    loop {
        let page: Vec<Document> =
            documents::table.filter(documents::id.gt(after)).order(documents::id).limit(PAGE).select(Document::as_select()).load(conn)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for document in &page {
            finding.checked += 1;
            one(conn, document, finding)?;
        }
    }
}

fn one(conn: &mut Conn, document: &Document, finding: &mut Finding) -> Result<()> {
    let name = |what: &str| format!("document {}, {what}", document.label);
    let frozen = document.content()?;
    finding.expect_equal(|| name("sum of its rates"), (document.total, document.tax), frozen.sums());
    if !frozen.lines.is_empty() {
        let lines: i64 = frozen.lines.iter().map(|line| line.total).sum();
        let shipping = frozen.shipping.as_ref().map_or(0, |shipping| shipping.total);
        finding.expect_equal(|| name("sum of its lines"), document.total, lines + shipping);
    }
    if document.kind == Kind::Invoice {
        let order = orders::get(conn, document.order_id)?;
        let notes = documents::table.filter(documents::invoice_id.eq(document.id)).select(documents::total).load::<i64>(conn)?;
        let credited: i64 = notes.iter().sum();
        // The goods of refunds that earlier invoices were credited for are not on the one that stands.
        let all = of_order(conn, order.id)?;
        let replaced = all.iter().any(|other| other.kind == Kind::Invoice && other.id > document.id);
        let mut gone = Vec::new();
        let mut failed = false;
        for refund in refunds::of_order(conn, order.id)? {
            failed |= refund.state == WishState::Failed;
            // What failed is on the last invoice again, and an amount without goods is credited to it anew.
            if refund.state != WishState::Failed && !refunds::nameless(conn, &refund)? {
                gone.push(refund.id);
            }
        }
        let stands = |note: &Document| note.refund_id.is_some_and(|refund| gone.contains(&refund));
        let earlier = |note: &&Document| stands(note) && note.invoice_id != Some(document.id);
        let before: (i64, i64) = all.iter().filter(earlier).fold((0, 0), |sum, note| (sum.0 + note.total, sum.1 + note.tax));
        if replaced {
            finding.expect_equal(|| name("credited, as another took its place"), credited, document.total);
        } else if failed && order.status == OrderStatus::Cancelled {
            // What fails after the cancellation changes nothing: all of it was credited.
        } else if before.0 == 0 {
            finding.expect_equal(|| name("order total and tax"), (document.total, document.tax), (order.total, order.tax));
        } else {
            finding.expect_equal(|| name("order total less earlier refunds"), document.total, order.total - before.0);
        }
        if credited > document.total {
            finding.problems.push(format!("document {}: {credited} was credited of {}", document.label, document.total));
        }
        if order.status == OrderStatus::Cancelled {
            finding.expect_equal(|| name("credited, as its order was cancelled"), credited, document.total);
        }
        return Ok(());
    }
    let invoice: Option<(String, crate::ids::OrderId)> = match document.invoice_id {
        Some(id) => documents::table.find(id).select((documents::kind, documents::order_id)).first(conn).optional()?,
        None => None,
    };
    finding.expect_equal(|| name("its invoice"), invoice, Some((Kind::Invoice.as_str().to_string(), document.order_id)));
    if let Some(refund) = document.refund_id {
        let refund = refunds::get(conn, refund)?;
        finding.expect_equal(|| name("its refund"), (document.total, document.order_id), (refund.amount, refund.order_id));
    }
    Ok(())
}
