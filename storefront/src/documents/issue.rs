//! Giving out numbers and freezing what stands behind them.

use super::content::{add, part, spread};
use super::{Content, Document, Kind, Line, RateRow, Reference, Shipping, of_order};
use crate::buying;
use crate::company_accounts::{self, ACCOUNT};
use crate::edi;
use crate::ids::{DocumentId, OrderId, RefundId};
use crate::imports::IMPORT;
use crate::orders::{self, Order, OrderStatus};
use crate::payments;
use crate::refunds::{self, Refund};
use crate::schema::{document_series as series, documents};
use crate::shop::{self, InvoiceAt, Shop};
use crate::stored_value::STORE_CREDIT;
use crate::tax;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::{allocate, scale};
use kernel::{Conn, Error, Result, on_each, prepared};
use std::collections::BTreeMap;

/// The next number of a series. The row is locked to the end of the transaction, and a transaction that is undone gives its number
/// back: the numbers have no gap.
fn next(conn: &mut Conn, kind: Kind) -> Result<i64> {
    let first = (series::name.eq(kind.as_str()), series::last.eq(1i64));
    let grown = series::last.eq(series::last + 1i64);
    let next = diesel::insert_into(series::table).values(first).on_conflict(series::name).do_update().set(grown).returning(series::last);
    Ok(prepared!(conn, next => get_result)?)
}

struct New<'a> {
    kind: Kind,
    /// Which invoice of its order it is, from 1 on.
    edition: i64,
    order: &'a Order,
    content: &'a Content,
    invoice: Option<DocumentId>,
    refund: Option<RefundId>,
}

fn insert(conn: &mut Conn, shop: &Shop, new: &New, now: Time) -> Result<()> {
    let New { kind, edition, order, content, invoice, refund } = new;
    let number = next(conn, *kind)?;
    let (prefix, entry) = match kind {
        Kind::Invoice => (&shop.invoice_prefix, "invoice_issued"),
        Kind::CreditNote => (&shop.credit_note_prefix, "credit_note_issued"),
    };
    let label = format!("{prefix}{number:05}");
    let (total, tax) = content.sums();
    let trade = buying::told(conn, order.id)?.into_iter().filter(|(key, _)| matches!(*key, "po-number" | "cost-centre"));
    let trade: Vec<(String, String)> = trade.map(|(key, value)| (key.to_string(), value)).collect();
    let content = Content { trade, ..(**content).clone() };
    let row = (
        documents::kind.eq(kind),
        documents::number.eq(number),
        documents::label.eq(&label),
        documents::order_id.eq(order.id),
        documents::invoice_id.eq(invoice),
        documents::refund_id.eq(refund),
        documents::currency.eq(&order.currency),
        documents::tax.eq(tax),
        documents::total.eq(total),
        documents::content.eq(kernel::json::text(&content)?),
        documents::issued_at.eq(now),
        documents::edition.eq(edition),
    );
    on_each!(conn, c => diesel::insert_into(documents::table).values(row).execute(c))?;
    if *kind == Kind::Invoice && order.payment_method == ACCOUNT {
        company_accounts::invoiced(conn, order.id, &label)?;
    }
    orders::note(conn, order.id, entry, &label, "system", now)?;
    edi::issued(conn, order.id, now)
}

fn invoice(conn: &mut Conn, shop: &Shop, order: &Order, now: Time) -> Result<()> {
    let lines = orders::lines(conn, order.id)?;
    let (paid, due_on) = (payments::stored(conn, order.id)?, company_accounts::due_on(conn, order.id)?);
    let (deposit, deposit_due_on) = company_accounts::in_advance(conn, order.id)?;
    let content = Content { paid, due_on, deposit, deposit_due_on, ..Content::invoice(order, &lines, shop)? };
    insert(conn, shop, &New { kind: Kind::Invoice, edition: 1, order, content: &content, invoice: None, refund: None }, now)
}

fn has_invoice(conn: &mut Conn, order: OrderId) -> Result<bool> {
    Ok(find_invoice(conn, order)?.is_some())
}

/// The invoice that stands: of a changed order the last one.
pub(crate) fn find_invoice(conn: &mut Conn, order: OrderId) -> Result<Option<Document>> {
    Ok(of_order(conn, order)?.into_iter().rfind(|one| one.kind == Kind::Invoice))
}

/// Called when an order is confirmed: issues its invoice unless the shop waits for the money.
pub fn on_confirmation(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    automatic(conn, order, InvoiceAt::Confirmation, now)
}

/// Called when an order became paid: issues its invoice if the shop waited for that.
pub fn on_payment(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    automatic(conn, order, InvoiceAt::Payment, now)
}

fn automatic(conn: &mut Conn, order: OrderId, at: InvoiceAt, now: Time) -> Result<()> {
    let shop = shop::get(conn)?;
    if shop.invoice_at != at && at != InvoiceAt::Confirmation {
        return Ok(());
    }
    let order = orders::get(conn, order)?;
    // A company pays on account by the invoice.
    if shop.invoice_at != at && order.payment_method != ACCOUNT {
        return Ok(());
    }
    let stands = matches!(order.status, OrderStatus::Confirmed | OrderStatus::Completed);
    // An order is confirmed once; it may become paid again after a failed refund.
    if !stands || order.source == IMPORT || (at == InvoiceAt::Payment && has_invoice(conn, order.id)?) {
        return Ok(());
    }
    invoice(conn, &shop, &order, now)
}

/// Whether staff may issue the invoice of an order by hand: it stands, it was sold here, and there is none yet.
pub fn can_issue(conn: &mut Conn, order: &Order) -> Result<bool> {
    let stands = matches!(order.status, OrderStatus::Confirmed | OrderStatus::Completed);
    Ok(stands && order.source != IMPORT && !has_invoice(conn, order.id)?)
}

/// Issues the invoice of an order that has none. `Conflict` when there is one, or none is due.
pub fn issue_invoice(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    let order = orders::lock(conn, order, now)?;
    if !can_issue(conn, &order)? {
        return Err(Error::conflict("admin-invoice-refused"));
    }
    let shop = shop::get(conn)?;
    invoice(conn, &shop, &order, now)
}

/// Called when a refund is booked as done: issues the credit note about it. Money that no order wanted was never invoiced, and of a
/// cancelled order everything was credited before.
pub fn credit_refund(conn: &mut Conn, refund: &Refund, now: Time) -> Result<()> {
    let Some(invoice) = find_invoice(conn, refund.order_id)? else { return Ok(()) };
    // Of an exchange that was undone it was credited when the goods were exchanged.
    let before: i64 = documents::table.filter(documents::refund_id.eq(refund.id)).count().get_result(conn)?;
    if before > 0 {
        return Ok(());
    }
    // Two refunds, or a refund and a cancellation, must not credit the same amount.
    let order = orders::lock(conn, refund.order_id, now)?;
    let left = invoice.total - credited(conn, &invoice)?;
    // A surplus is credited by the change it comes from.
    if left == 0 || refund.surplus || payments::has_case(conn, refund.payment_id)? {
        return Ok(());
    }
    let shop = shop::get(conn)?;
    let frozen = invoice.content()?;
    let amount = refund.amount.min(left);
    let (lines, shipping, rates) = match itemised(conn, refund, &frozen)? {
        // One of several refunds of a wish is about an amount: its items are dealt out over all of them.
        Some((_, _, rates)) if amount == refund.amount && !refund.wish.is_empty() => (Vec::new(), None, whole(rates)),
        Some(parts) if amount == refund.amount => parts,
        _ => (Vec::new(), None, spread(amount, &frozen.rates)),
    };
    let provider = payments::get(conn, refund.payment_id)?.provider;
    let payment_method = if refund.to_credit { STORE_CREDIT.into() } else { provider };
    let content = Content { lines, shipping, rates, reason: "refund".into(), payment_method, ..credit(&order, &shop, &invoice)? };
    let new =
        New { kind: Kind::CreditNote, edition: 1, order: &order, content: &content, invoice: Some(invoice.id), refund: Some(refund.id) };
    insert(conn, &shop, &new, now)
}

/// Rates of which nothing is delivery any more.
fn whole(rates: Vec<RateRow>) -> Vec<RateRow> {
    rates.into_iter().map(|row| RateRow { shipping_total: 0, shipping_tax: 0, ..row }).collect()
}

type Parts = (Vec<Line>, Option<Shipping>, Vec<RateRow>);

/// The items of a refund, when they make up its amount.
fn itemised(conn: &mut Conn, refund: &Refund, invoice: &Content) -> Result<Option<Parts>> {
    let of_order = orders::lines(conn, refund.order_id)?;
    let (mut lines, mut rows) = (Vec::new(), BTreeMap::new());
    for back in refunds::lines_of(conn, refund.id)? {
        let Some(line) = of_order.iter().find(|line| line.id == back.order_line_id) else { return Ok(None) };
        let row = add(&mut rows, line.tax_rate_bp, back.amount, back.tax);
        let taxes = tax::split(&line.taxes.0, back.tax);
        tax::join(&mut row.taxes, &taxes);
        if line.tax_rate_bp == 0 {
            row.reason = line.tax_reason.clone();
        }
        lines.push(Line { total: back.amount, tax: back.tax, taxes, ..part(line, back.quantity) });
    }
    let weights: Vec<i64> = invoice.rates.iter().map(|row| row.shipping_total).collect();
    let mut shipping_tax = 0;
    if refund.shipping > 0 {
        for (row, share) in invoice.rates.iter().zip(allocate(refund.shipping, &weights)) {
            let tax = scale(row.shipping_tax, share, row.shipping_total.max(1));
            let back = add(&mut rows, row.rate_bp, share, tax);
            back.shipping_total += share;
            back.shipping_tax += tax;
            tax::join(&mut back.taxes, &tax::split(&row.taxes, tax));
            shipping_tax += tax;
        }
    }
    let name = invoice.shipping.as_ref().map(|shipping| shipping.name.clone()).unwrap_or_default();
    let shipping = (refund.shipping > 0).then_some(Shipping { name, total: refund.shipping, tax: shipping_tax });
    let sum: i64 = rows.values().map(|row: &RateRow| row.total).sum();
    let rates = rows.into_values().filter(|row| row.total != 0).collect();
    Ok((sum == refund.amount).then_some((lines, shipping, rates)))
}

/// Called when an order is cancelled: credits what is left of its invoice, if it has one.
pub fn credit_rest(conn: &mut Conn, order: OrderId, now: Time) -> Result<()> {
    take_back(conn, order, "cancelled", now)
}

/// Credits what is left of an order's invoice, if it has one.
pub(super) fn take_back(conn: &mut Conn, order: OrderId, reason: &str, now: Time) -> Result<()> {
    let Some(invoice) = find_invoice(conn, order)? else { return Ok(()) };
    let before = credited(conn, &invoice)?;
    if invoice.total == before {
        return Ok(());
    }
    let (order, shop) = (orders::get(conn, order)?, shop::get(conn)?);
    let frozen = invoice.content()?;
    let (lines, shipping, rates) = match before {
        0 => (frozen.lines.clone(), frozen.shipping.clone(), frozen.rates.clone()),
        _ => (Vec::new(), None, rest(conn, &invoice, &frozen)?),
    };
    let content = Content { lines, shipping, rates, reason: reason.into(), ..credit(&order, &shop, &invoice)? };
    let new = New { kind: Kind::CreditNote, edition: 1, order: &order, content: &content, invoice: Some(invoice.id), refund: None };
    insert(conn, &shop, &new, now)
}

/// Credits an amount of an order's last invoice, whatever it is for.
pub(super) fn credit_amount(conn: &mut Conn, order: OrderId, amount: i64, now: Time) -> Result<()> {
    let Some(invoice) = find_invoice(conn, order)? else { return Ok(()) };
    let (order, shop) = (orders::get(conn, order)?, shop::get(conn)?);
    let amount = amount.min(invoice.total - credited(conn, &invoice)?);
    if amount <= 0 {
        return Ok(());
    }
    let rates = spread(amount, &invoice.content()?.rates);
    let content = Content { rates, reason: "refund".into(), ..credit(&order, &shop, &invoice)? };
    let new = New { kind: Kind::CreditNote, edition: 1, order: &order, content: &content, invoice: Some(invoice.id), refund: None };
    insert(conn, &shop, &new, now)
}

/// Writes another invoice of an order, after the one before was taken back whole.
pub(super) fn next_edition(conn: &mut Conn, order: &Order, content: &Content, now: Time) -> Result<()> {
    let invoices = of_order(conn, order.id)?.iter().filter(|one| one.kind == Kind::Invoice).count();
    let edition = i64::try_from(invoices).unwrap_or(i64::MAX - 1) + 1;
    let shop = shop::get(conn)?;
    insert(conn, &shop, &New { kind: Kind::Invoice, edition, order, content, invoice: None, refund: None }, now)
}

/// What a credit note says beside its amounts.
fn credit(order: &Order, shop: &Shop, invoice: &Document) -> Result<Content> {
    let reference = Reference { label: invoice.label.clone(), issued_at: invoice.issued_at };
    let reverse_charge = invoice.content()?.reverse_charge;
    Ok(Content { invoice: Some(reference), bank: Vec::new(), reverse_charge, ..Content::about(order, shop)? })
}

/// What was credited of an invoice.
fn credited(conn: &mut Conn, invoice: &Document) -> Result<i64> {
    Ok(of_order(conn, invoice.order_id)?.iter().filter(|one| one.invoice_id == Some(invoice.id)).map(|one| one.total).sum())
}

/// The rates of an invoice less what was credited of each.
fn rest(conn: &mut Conn, invoice: &Document, frozen: &Content) -> Result<Vec<RateRow>> {
    let mut rows = frozen.rates.clone();
    for note in of_order(conn, invoice.order_id)?.iter().filter(|one| one.invoice_id == Some(invoice.id)) {
        for back in note.content()?.rates {
            if let Some(row) = rows.iter_mut().find(|row| row.rate_bp == back.rate_bp) {
                row.total -= back.total;
                row.tax -= back.tax;
                row.taxes = tax::split(&row.taxes, row.tax);
            }
        }
    }
    Ok(whole(rows).into_iter().filter(|row| row.total != 0 || row.tax != 0).collect())
}
