//! Customers and orders as CSV files with Shopify's columns, which this shop reads too. Read a page at a time, so that memory
//! stays flat; cells that a spreadsheet would run as formulas are guarded as in the export of products.

use super::export::write_row;
use super::export_catalogue::unwritable;
use crate::address::Address;
use crate::address_book;
use crate::ids::OrderId;
use crate::orders::{self, FulfilmentStatus, Order, OrderLine, PaymentStatus};
use crate::payments::{self, Sums};
use crate::shop;
use chrono::NaiveDateTime;
use crm::consents::{self, Consent};
use crm::customers::{self, Customer};
use crm::purchases;
use kernel::money::{Currency, Money};
use kernel::{Conn, Db, Result};
use std::io::Write;

/// Rows read at once.
const PAGE: i64 = 200;

const CUSTOMERS: [&str; 21] = [
    "Customer ID",
    "First Name",
    "Last Name",
    "Email",
    "Accepts Email Marketing",
    "Default Address Company",
    "Default Address Address1",
    "Default Address Address2",
    "Default Address City",
    "Default Address Province Code",
    "Default Address Country Code",
    "Default Address Zip",
    "Default Address Phone",
    "Phone",
    "Accepts SMS Marketing",
    "Total Spent",
    "Total Orders",
    "Note",
    "Tax Exempt",
    "Tags",
    "Birthday",
];

const ORDER: [&str; 21] = [
    "Name",
    "Email",
    "Financial Status",
    "Fulfillment Status",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Cancelled at",
    "Payment Method",
    "Refunded Amount",
    "Outstanding Balance",
    "Notes",
    "Id",
    "Source",
    "Phone",
];
const ADDRESS: [&str; 9] = ["Name", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone"];
const LINE: [&str; 7] = [
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Lineitem fulfillment status",
    "Lineitem discount",
];

/// Writes all customers to `out`, and answers how many. `progress` hears how many of how many are written. Fails when `out` or the
/// database does.
pub fn export_customers(db: &Db, out: impl Write, progress: &mut dyn FnMut(u64, u64)) -> Result<u64> {
    let (total, currency) = db.read_now(|conn| Ok((customers::count(conn)?, shop::get(conn)?.currency)))?;
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, &CUSTOMERS.map(str::to_string)).map_err(unwritable)?;
    let (mut after, mut done) = (0, 0u64);
    loop {
        let page = db.read_now(|conn| {
            let page = customers::after(conn, after, PAGE)?;
            page.into_iter().map(|customer| Ok((customer.id.0, customer_row(conn, customer, currency)?))).collect::<Result<Vec<_>>>()
        })?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (_, row) in page {
            write_row(&mut writer, &row).map_err(unwritable)?;
            done += 1;
        }
        progress(done, u64::try_from(total).unwrap_or(0).max(done));
    }
    writer.flush().map_err(unwritable)?;
    Ok(done)
}

fn customer_row(conn: &mut Conn, customer: Customer, currency: Currency) -> Result<Vec<String>> {
    let said = |conn: &mut Conn, channel: &str, topic: &str| {
        Ok::<_, kernel::Error>(match consents::current(conn, customer.id, channel, topic)? {
            Some(Consent::Given) => "yes",
            Some(Consent::Withdrawn) => "no",
            None => "",
        })
    };
    let (email, sms) = (said(conn, "email", "news")?, said(conn, "sms", "news")?);
    let address = address_book::of_customer(conn, customer.id)?.into_iter().next().map(|entry| entry.address).unwrap_or_default();
    let totals = purchases::totals(conn, customer.id)?;
    let (orders, spent) = totals.iter().find(|(code, ..)| code == currency.code()).map_or((0, 0), |(_, orders, net)| (*orders, *net));
    let (first, last) = customer.name.rsplit_once(' ').unwrap_or((&customer.name, ""));
    Ok(vec![
        customer.id.to_string(),
        first.to_string(),
        last.to_string(),
        customer.email.clone(),
        email.to_string(),
        address.company,
        address.line1,
        address.line2,
        address.city,
        address.region,
        address.country,
        address.postal_code,
        address.phone,
        customer.phone.clone(),
        sms.to_string(),
        Money::new(spent, currency).decimal(),
        orders.to_string(),
        customer.note.clone(),
        "no".to_string(),
        customer.tags.clone(),
        customer.birthday.clone(),
    ])
}

/// Writes all orders to `out`, a row for each line, and answers how many orders. `progress` hears how many of how many are written.
/// Fails when `out` or the database does.
pub fn export_orders(db: &Db, out: impl Write, progress: &mut dyn FnMut(u64, u64)) -> Result<u64> {
    let total = db.read_now(orders::count)?;
    let mut writer = csv::Writer::from_writer(out);
    let mut header: Vec<String> = ORDER.iter().map(|name| name.to_string()).collect();
    for kind in ["Billing", "Shipping"] {
        header.extend(ADDRESS.iter().map(|name| format!("{kind} {name}")));
    }
    header.extend(LINE.iter().map(|name| name.to_string()));
    write_row(&mut writer, &header).map_err(unwritable)?;
    let (mut after, mut done) = (OrderId(0), 0u64);
    loop {
        let page = db.read_now(|conn| {
            let page = orders::after(conn, after, PAGE)?;
            page.into_iter().map(|order| Ok((order.id, order_rows(conn, &order)?))).collect::<Result<Vec<_>>>()
        })?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (_, rows) in page {
            rows.iter().try_for_each(|row| write_row(&mut writer, row)).map_err(unwritable)?;
            done += 1;
        }
        progress(done, u64::try_from(total).unwrap_or(0).max(done));
    }
    writer.flush().map_err(unwritable)?;
    Ok(done)
}

/// The order's own cells stand on its first row; the others have its number and mail address only.
fn order_rows(conn: &mut Conn, order: &Order) -> Result<Vec<Vec<String>>> {
    let lines = orders::lines(conn, order.id)?;
    let sums = payments::sums(conn, order.id)?;
    let currency = order.currency()?;
    let mut head = own_cells(order, &sums, currency);
    for address in [order.billing_address()?, order.shipping_address()?] {
        head.extend(address_cells(address));
    }
    let mut bare = vec![String::new(); head.len()];
    bare[..2].clone_from_slice(&head[..2]);
    let rows = lines.iter().enumerate().map(|(at, line)| {
        let mut row = if at == 0 { head.clone() } else { bare.clone() };
        row.extend(line_cells(line, currency));
        row
    });
    Ok(rows.collect())
}

fn own_cells(order: &Order, sums: &Sums, currency: Currency) -> Vec<String> {
    let money = |minor| Money::new(minor, currency).decimal();
    let cancelled = order.status == orders::OrderStatus::Cancelled;
    let owed = if cancelled { 0 } else { (order.total - sums.captured).max(0) };
    vec![
        order.number.clone(),
        order.email.clone(),
        financial(order.payment_status).to_string(),
        match order.fulfilment_status {
            FulfilmentStatus::Fulfilled => "fulfilled",
            FulfilmentStatus::Partial => "partial",
            FulfilmentStatus::Unfulfilled | FulfilmentStatus::Cancelled => "unfulfilled",
        }
        .to_string(),
        order.currency.clone(),
        money(order.subtotal - order.discount),
        money(order.shipping),
        money(order.tax),
        money(order.total),
        order.coupon_code.clone(),
        money(order.discount),
        order.shipping_method.clone(),
        instant(order.placed_at),
        // The books keep no time of the cancellation; what counts is that there was one.
        if cancelled { instant(order.placed_at) } else { String::new() },
        order.payment_method.clone(),
        money(sums.refunded),
        money(owed),
        order.note.clone(),
        order.id.to_string(),
        order.source.clone(),
        order.shipping_address().map(|address| address.phone).unwrap_or_default(),
    ]
}

fn financial(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Pending => "pending",
        PaymentStatus::Authorised => "authorized",
        PaymentStatus::PartiallyPaid => "partially_paid",
        PaymentStatus::Paid => "paid",
        PaymentStatus::PartiallyRefunded => "partially_refunded",
        PaymentStatus::Refunded => "refunded",
        PaymentStatus::Voided => "voided",
    }
}

fn instant(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M:%S +0000").to_string()
}

fn address_cells(address: Address) -> [String; 9] {
    [
        address.name,
        address.line1,
        address.line2,
        address.company,
        address.city,
        address.postal_code,
        address.region,
        address.country,
        address.phone,
    ]
}

fn line_cells(line: &OrderLine, currency: Currency) -> [String; 7] {
    let name = if line.options.is_empty() { line.title.clone() } else { format!("{} - {}", line.title, line.options) };
    let shipped = match (line.delivered(), line.open()) {
        (0, _) => "pending",
        (_, 0) => "fulfilled",
        _ => "partial",
    };
    [
        line.measure().number(line.quantity),
        name,
        Money::new(line.unit_price, currency).decimal(),
        line.sku.clone(),
        line.requires_shipping.to_string(),
        shipped.to_string(),
        Money::new(line.discount, currency).decimal(),
    ]
}
