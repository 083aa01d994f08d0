//! What stands on a document, figured once from the order's frozen amounts.

use crate::address::Address;
use crate::company_accounts::ACCOUNT;
use crate::orders::{Order, OrderLine, PaymentStatus};
use crate::pricing::DeliveryTax;
use crate::shop::Shop;
use crate::tax::{self, TaxPart};
use crate::units::Measure;
use kernel::Result;
use kernel::clock::Time;
use kernel::money::{allocate, scale};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything a document says. Amounts are minor units of the document's currency. Fields are only ever added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    pub language: String,
    pub shop_name: String,
    /// Name, address and register of the seller, by line.
    pub seller: Vec<String>,
    pub vat_id: String,
    /// Where the seller is taxed, ISO 3166-1 alpha-2; empty on documents of before.
    pub seller_country: String,
    pub contact: String,
    /// Where to pay, by line; empty when nothing is to be transferred.
    pub bank: Vec<String>,
    pub buyer: Address,
    pub delivery: Address,
    pub order_number: String,
    pub ordered_at: Time,
    pub prices_include_tax: bool,
    /// Empty on a credit note about an amount and not about items.
    pub lines: Vec<Line>,
    pub shipping: Option<Shipping>,
    /// Tax by rate, lowest first. Their amounts sum to the document's.
    pub rates: Vec<RateRow>,
    pub payment_method: String,
    /// What gift cards and store credit, or the payments of an order that was changed since, had paid by then.
    pub paid: i64,
    /// The order's payment status when the document was issued.
    pub payment_status: String,
    /// Of a credit note: what it takes back.
    pub invoice: Option<Reference>,
    /// Of a credit note: `refund`, `cancelled`, `edited` or `refund_failed`.
    pub reason: String,
    /// Why nothing is taxed, when the buyer owes the tax: `goods`, `services`.
    pub reverse_charge: Vec<String>,
    /// The buyer picked the goods up at `delivery`.
    pub picked_up: bool,
    /// What the company that ordered calls it: keys of texts, such as `po-number`, with their values.
    pub trade: Vec<(String, String)>,
    /// Until when it is paid, as YYYY-MM-DD, of an order that was bought on account; else empty.
    pub due_on: String,
    /// What of it is to be paid in advance, and until when, as YYYY-MM-DD.
    pub deposit: i64,
    pub deposit_due_on: String,
}

/// Units of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    /// The line of the order, by id.
    pub order_line: i64,
    pub title: String,
    pub options: String,
    pub sku: String,
    /// In steps of `measure`.
    pub quantity: i64,
    /// What the unit price is for; a piece on documents of before.
    pub measure: Measure,
    /// Before reductions; a credit note has only amounts.
    pub unit_price: Option<i64>,
    pub discount: i64,
    /// Tax included.
    pub total: i64,
    pub tax: i64,
    pub rate_bp: i64,
    /// What `tax` is made of; empty where the order does not tell.
    pub taxes: Vec<TaxPart>,
    /// Why it is taxed so; empty on documents of before.
    pub tax_reason: String,
}

/// Delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shipping {
    pub name: String,
    /// Tax included.
    pub total: i64,
    pub tax: i64,
}

/// What is taxed at one rate: items and their share of the delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateRow {
    pub rate_bp: i64,
    /// Tax included; the base is `total - tax`.
    pub total: i64,
    pub tax: i64,
    /// The delivery in `total` and `tax`.
    pub shipping_total: i64,
    pub shipping_tax: i64,
    /// Why nothing is taxed, where the rate is zero.
    pub reason: String,
    /// What `tax` is made of; empty where the order does not tell.
    pub taxes: Vec<TaxPart>,
}

/// Another document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reference {
    pub label: String,
    pub issued_at: Time,
}

/// The lines of a text that say something.
fn lines_of(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect()
}

impl Content {
    /// What the documents of an order share.
    pub fn about(order: &Order, shop: &Shop) -> Result<Content> {
        let unpaid = matches!(order.payment_status, PaymentStatus::Pending | PaymentStatus::PartiallyPaid);
        let transfers = matches!(order.payment_method.as_str(), "bank_transfer" | ACCOUNT) && unpaid;
        Ok(Content {
            language: order.language.clone(),
            shop_name: shop.name.clone(),
            seller: lines_of(&shop.imprint),
            vat_id: shop.vat_id.clone(),
            seller_country: shop.country.clone(),
            contact: shop.contact_email.clone(),
            bank: if transfers { lines_of(&shop.bank_details) } else { Vec::new() },
            buyer: order.billing_address()?,
            delivery: order.shipping_address()?,
            order_number: order.number.clone(),
            ordered_at: order.placed_at,
            prices_include_tax: order.prices_include_tax,
            payment_method: order.payment_method.clone(),
            payment_status: order.payment_status.as_str().to_string(),
            picked_up: order.pickup_location_id.is_some(),
            ..Content::default()
        })
    }

    /// The invoice of a whole order.
    pub fn invoice(order: &Order, lines: &[OrderLine], shop: &Shop) -> Result<Content> {
        let line = |line: &OrderLine| Line { unit_price: Some(line.unit_price), discount: line.discount, ..part(line, line.quantity) };
        let shipping = Shipping { name: order.shipping_method.clone(), total: order.shipping_gross(), tax: order.shipping_tax };
        Ok(Content {
            lines: lines.iter().map(line).collect(),
            reverse_charge: reverse_charge(order, lines),
            shipping: (!order.shipping_method.is_empty() || shipping.total > 0).then_some(shipping),
            rates: rates(order, lines),
            ..Content::about(order, shop)?
        })
    }

    /// The sum of the document and the tax in it.
    pub fn sums(&self) -> (i64, i64) {
        (self.rates.iter().map(|row| row.total).sum(), self.rates.iter().map(|row| row.tax).sum())
    }
}

/// `quantity` units of an order's line with all of its amounts.
pub(super) fn part(line: &OrderLine, quantity: i64) -> Line {
    Line {
        order_line: line.id.0,
        title: line.title.clone(),
        options: line.options.clone(),
        sku: line.sku.clone(),
        quantity,
        measure: line.measure(),
        unit_price: None,
        discount: 0,
        total: line.total,
        tax: line.tax,
        rate_bp: line.tax_rate_bp,
        taxes: tax::split(&line.taxes.0, line.tax),
        tax_reason: line.tax_reason.clone(),
    }
}

/// What of an order the buyer owes the tax of.
fn reverse_charge(order: &Order, lines: &[OrderLine]) -> Vec<String> {
    let part = |name: &str, sent: bool| {
        let some = order.taxation.0.reverse_charge && lines.iter().any(|line| line.requires_shipping == sent && !line.gift_card);
        some.then(|| name.to_string())
    };
    [part("goods", true), part("services", false)].into_iter().flatten().collect()
}

/// Adds taxed amounts to the row of their rate.
pub(super) fn add(rows: &mut BTreeMap<i64, RateRow>, rate_bp: i64, total: i64, tax: i64) -> &mut RateRow {
    let row = rows.entry(rate_bp).or_insert_with(|| RateRow { rate_bp, ..RateRow::default() });
    row.total += total;
    row.tax += tax;
    row
}

/// Tax by rate. Delivery shares the rates of what it delivers, as it did when the order was priced.
fn rates(order: &Order, lines: &[OrderLine]) -> Vec<RateRow> {
    let mut rows = BTreeMap::new();
    for line in lines {
        let row = add(&mut rows, line.tax_rate_bp, line.total, line.tax);
        tax::join(&mut row.taxes, &tax::split(&line.taxes.0, line.tax));
        if line.tax_rate_bp == 0 && row.reason.is_empty() {
            row.reason = line.tax_reason.clone();
        }
    }
    if let Some(frozen) = frozen_delivery(order) {
        for part in frozen {
            let total = if order.prices_include_tax { part.amount } else { part.amount + part.tax };
            let row = add(&mut rows, part.rate_bp, total, part.tax);
            row.shipping_total += total;
            row.shipping_tax += part.tax;
            tax::join(&mut row.taxes, &part.taxes);
        }
        return rows.into_values().collect();
    }
    let shares = allocate(order.shipping, &lines.iter().map(|line| line.total).collect::<Vec<_>>());
    let mut by_rate: BTreeMap<i64, i64> = BTreeMap::new();
    for (line, share) in lines.iter().zip(shares) {
        *by_rate.entry(line.tax_rate_bp).or_default() += share;
    }
    let mut left = order.shipping_tax;
    let last = by_rate.keys().next_back().copied();
    for (rate, share) in by_rate {
        // The last takes what is left, so that the rows sum to the order whatever was stored with it.
        let tax = if Some(rate) == last { left } else { tax::amount(share, rate, order.prices_include_tax).min(left) };
        left -= tax;
        let total = if order.prices_include_tax { share } else { share + tax };
        let row = add(&mut rows, rate, total, tax);
        row.shipping_total += total;
        row.shipping_tax += tax;
    }
    rows.into_values().collect()
}

/// The delivery as it was taxed when the order was placed; `None` when it is another by now, or the order does not tell.
fn frozen_delivery(order: &Order) -> Option<&[DeliveryTax]> {
    let parts = order.taxation.0.shipping.as_slice();
    let sums = (parts.iter().map(|part| part.amount).sum::<i64>(), parts.iter().map(|part| part.tax).sum::<i64>());
    (sums == (order.shipping, order.shipping_tax)).then_some(parts)
}

/// An amount split over the rates of an invoice as the invoice itself is.
pub(super) fn spread(amount: i64, invoice: &[RateRow]) -> Vec<RateRow> {
    let weights: Vec<i64> = invoice.iter().map(|row| row.total).collect();
    let row = |(row, total): (&RateRow, i64)| {
        let tax = scale(row.tax, total, row.total.max(1));
        let taxes = tax::split(&row.taxes, tax);
        RateRow { rate_bp: row.rate_bp, total, tax, taxes, reason: row.reason.clone(), ..RateRow::default() }
    };
    invoice.iter().zip(allocate(amount, &weights)).map(row).filter(|row| row.total != 0).collect()
}
