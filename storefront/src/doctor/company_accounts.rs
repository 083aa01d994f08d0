//! What companies owe: exposures against ledgers and receivables, and receivables against the payments of their orders.

use super::money::summed;
use super::{Finding, PAGE};
use crate::company_accounts::{self, ACCOUNT, EntryKind, Receivable};
use crate::ids::OrderId;
use crate::orders::{self, OrderStatus};
use crate::payments::{self, PaymentState};
use crate::schema::{company_account_entries as entries, company_accounts as accounts, payments as payment_rows, receivables};
use crm::CompanyId;
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::BTreeSet;

/// What a company owes is the sum of its entries, and of what is open of its orders with the fees beside them.
pub fn exposures(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let rows: Vec<(CompanyId, i64)> = entries::table.select((entries::company_id, entries::amount)).load(conn)?;
    let booked = summed(rows);
    let rows: Vec<(CompanyId, i64, i64)> = receivables::table
        .filter(receivables::open.ne(0).or(receivables::fees.ne(0)))
        .select((receivables::company_id, receivables::open, receivables::fees))
        .load(conn)?;
    let open = summed(rows.into_iter().map(|(company, open, fees)| (company, open + fees)).collect());
    let stored: Vec<(CompanyId, i64)> = accounts::table.select((accounts::company_id, accounts::exposure)).load(conn)?;
    for (company, exposure) in stored {
        finding.checked += 1;
        finding.expect_equal(|| format!("company {company}, owed by its entries"), exposure, booked.get(&company).copied().unwrap_or(0));
        finding.expect_equal(|| format!("company {company}, owed by its orders"), exposure, open.get(&company).copied().unwrap_or(0));
    }
    Ok(())
}

/// What is open and settled of an order is what its payments say, and its entries sum to what is open.
pub fn orders_owed(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut after = OrderId(0);
    let mut seen: BTreeSet<OrderId> = BTreeSet::new();
    loop {
        let page: Vec<Receivable> = receivables::table
            .filter(receivables::order_id.gt(after))
            .order(receivables::order_id)
            .limit(PAGE)
            .select(Receivable::as_select())
            .load(conn)?;
        let Some(last) = page.last() else { break };
        after = last.order_id;
        let ids: Vec<OrderId> = page.iter().map(|one| one.order_id).collect();
        let rows: Vec<(OrderId, EntryKind, i64)> =
            entries::table.filter(entries::order_id.eq_any(&ids)).select((entries::order_id, entries::kind, entries::amount)).load(conn)?;
        let (fees, goods): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, kind, _)| company_accounts::is_fee(*kind));
        let plain = |rows: Vec<(OrderId, EntryKind, i64)>| summed(rows.into_iter().map(|(order, _, amount)| (order, amount)).collect());
        let (booked, fees) = (plain(goods), plain(fees));
        for one in page {
            finding.checked += 1;
            seen.insert(one.order_id);
            let order = orders::get(conn, one.order_id)?;
            let (mut open, mut settled) = (0, 0);
            let all = payments::of_order(conn, order.id)?;
            for payment in all.iter().filter(|payment| payment.provider == ACCOUNT) {
                let asks = payment.state == PaymentState::Open && order.status != OrderStatus::Cancelled;
                open += if asks { payment.amount } else { 0 };
                settled += payment.captured;
            }
            finding.expect_equal(
                || format!("order {}, open and settled on account", order.number),
                (one.open, one.settled),
                (open, settled),
            );
            let paid =
                settled - all.iter().filter(|payment| company_accounts::is_set_off(payment)).map(|payment| payment.captured).sum::<i64>();
            finding.expect_equal(
                || format!("order {}, its deposit", order.number),
                (one.deposit, one.deposit_open),
                company_accounts::deposit_figures(one.deposit_bp, open, paid),
            );
            let entries = booked.get(&order.id).copied().unwrap_or(0);
            finding.expect_equal(|| format!("order {}, open by its entries", order.number), one.open, entries);
            let charged = fees.get(&order.id).copied().unwrap_or(0);
            finding.expect_equal(|| format!("order {}, fees by its entries", order.number), one.fees, charged);
        }
    }
    // An order that is paid on account is on one.
    let paid: Vec<OrderId> =
        payment_rows::table.filter(payment_rows::provider.eq(ACCOUNT)).select(payment_rows::order_id).distinct().load(conn)?;
    for order in paid.iter().filter(|order| !seen.contains(order)) {
        finding.problems.push(format!("order {order} has a payment on account and is on none"));
    }
    Ok(())
}
