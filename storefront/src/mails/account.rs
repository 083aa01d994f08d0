//! The invoice of what a company bought on account, for the address that the company named for invoices.

use super::{Mailer, Reader, language};
use crate::company_accounts;
use crate::documents;
use crate::ids::OrderId;
use crate::orders;
use crate::web::views::mail::AccountInvoice;
use chrono::NaiveTime;
use crm::companies;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Result};

/// Sends word of the invoice that stands for an order, once for each. Nothing for orders that are paid another way, and for companies without
/// such an address.
pub fn invoice(conn: &mut Conn, order: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let order = orders::get(conn, OrderId(order))?;
    let Some(owed) = company_accounts::of_order(conn, order.id)? else { return Ok(()) };
    let company = companies::get(conn, owed.company_id)?;
    let Some(invoice) = documents::find_invoice(conn, order.id)? else { return Ok(()) };
    if company.invoice_email.is_empty() || owed.open == 0 {
        return Ok(());
    }
    let currency = order.currency()?;
    let first = owed.deposit_due()?;
    let view = AccountInvoice {
        number: order.number.clone(),
        invoice: invoice.label.clone(),
        amount: invoice.money()?,
        due: owed.due()?.and_time(NaiveTime::MIN),
        deposit: first.map(|_| Money::new(owed.deposit_open, currency)),
        deposit_due: first.map(|day| day.and_time(NaiveTime::MIN)),
        url: mailer.order_url(conn, &order)?,
    };
    let to = Reader { email: &company.invoice_email, name: "", language: language(&order.language), store: order.store_id };
    mailer.queue(conn, "account_invoice", &invoice.id.to_string(), &to, view, now)
}
