//! The amounts of a refund, shown before anybody confirms it and figured the same way when it is made.

use super::split::{self, Share};
use super::{Given, given, shipping_refunded};
use crate::company_accounts;
use crate::gift_cards;
use crate::ids::{OrderLineId, VariantId};
use crate::logins;
use crate::orders::{self, Order, OrderLine};
use crate::payments::{self, Payment};
use crate::pricing::first_units;
use kernel::error::{Fields, said};
use kernel::money::scale;
use kernel::{Conn, Error, Result};
use std::collections::HashMap;

/// Which units, which amounts of lines and how much of the delivery a person wants to refund.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Request {
    pub lines: Vec<RequestLine>,
    /// Amounts of lines of which no unit comes back. A line is either here or in `lines`.
    #[serde(default)]
    pub amounts: Vec<LineAmount>,
    /// Of the delivery costs, tax included.
    pub shipping: i64,
    pub reason: String,
    /// Give all of it as store credit, whatever paid. Only for customers with an account.
    #[serde(default)]
    pub to_credit: bool,
    /// How much of it stays with the shop as credit that pays an exchange in the same commit. The rest goes back the way it was paid.
    #[serde(default)]
    pub exchanged: i64,
    /// The units came back: none of them counts as one that was not sent yet.
    #[serde(default)]
    pub sent_back: bool,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct RequestLine {
    pub line: OrderLineId,
    pub quantity: i64,
    /// Put shipped units back on the shelf.
    pub restock: bool,
}

/// What to give back of a line without any of its units, as for a scratched pot: minor units of the order's currency, tax included.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct LineAmount {
    pub line: OrderLineId,
    pub amount: i64,
}

/// One line of a refund. `quantity` = `cancelled` (never shipped, and now never will be) + `returned`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePreview {
    pub line: OrderLineId,
    pub quantity: i64,
    pub amount: i64,
    pub tax: i64,
    pub cancelled: i64,
    pub returned: i64,
    pub restock: bool,
    pub stocked_variant: Option<VariantId>,
    /// Unused gift cards that are withdrawn, of the cancelled units.
    pub withdrawn: i64,
    /// An amount of the line and no units of it.
    pub reduction: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub lines: Vec<LinePreview>,
    pub shipping: i64,
    pub amount: i64,
    /// The most that can still go back for this order.
    pub refundable: i64,
    /// The most of the delivery costs that can still go back.
    pub shipping_refundable: i64,
    /// Which payments give it back.
    pub shares: Vec<Share>,
}

/// Figures a refund. `Invalid` names the field that asks for more than there is.
pub fn preview(conn: &mut Conn, order: &Order, request: &Request) -> Result<Preview> {
    let lines = orders::lines(conn, order.id)?;
    let payments = payments::of_order(conn, order.id)?;
    // Nothing is given as credit, nor pays other goods, that was not paid itself.
    let as_paid = !request.to_credit && request.exchanged == 0;
    let payments = if as_paid { company_accounts::refundable(order, payments) } else { payments };
    let refundable = payments.iter().map(Payment::left).sum();
    let with_taken: i64 = payments.iter().map(|payment| payment.captured - payment.refunded).sum();
    let given = given(conn, order.id)?;
    let shipping_refundable = order.shipping_gross() - shipping_refunded(conn, order.id)?;
    let mut fields = Fields::default();
    let mut parts = Vec::new();
    for (at, wanted) in request.lines.iter().enumerate().filter(|(_, wanted)| wanted.quantity != 0) {
        let field = format!("quantity-{}", wanted.line);
        if request.lines[..at].iter().any(|before| before.line == wanted.line) {
            fields.add(&field, "order-line-twice");
            continue;
        }
        let Some(line) = lines.iter().find(|line| line.id == wanted.line) else { return Err(Error::NotFound) };
        if wanted.quantity < 0 || wanted.quantity > line.quantity - line.refunded {
            fields.add(&field, said("order-units-up-to", &[("most", &line.measure().text(line.quantity - line.refunded))]));
            continue;
        }
        let part = part(line, wanted.quantity, given.get(&line.id).copied().unwrap_or_default());
        if line.gift_card {
            match cards(conn, line, &part)? {
                Some(part) => parts.push(part),
                None => fields.add(&field, "refund-gift-card-used"),
            }
            continue;
        }
        let cancelled = if request.sent_back { 0 } else { part.cancelled };
        parts.push(LinePreview { restock: wanted.restock, cancelled, returned: part.quantity - cancelled, ..part });
    }
    parts.extend(reductions(request, &lines, &given, &mut fields)?);
    if request.shipping < 0 || request.shipping > shipping_refundable {
        fields.add("shipping", "refund-shipping-too-much");
    }
    fields.clone().check()?;
    let amount = parts.iter().map(|part| part.amount).sum::<i64>() + request.shipping;
    if amount == 0 {
        fields.add("lines", "refund-nothing-chosen");
    }
    if amount > refundable {
        fields.add("lines", if amount > with_taken { "refund-more-than-paid" } else { TAKEN });
    }
    if request.to_credit && !logins::proven(conn, order.customer_id)? {
        fields.add("to_credit", "store-credit-needs-account");
    }
    fields.check()?;
    let shares = split::exchanged(split::shares(&payments, amount, request.to_credit), request.exchanged);
    Ok(Preview { lines: parts, shipping: request.shipping, amount, refundable, shipping_refundable, shares })
}

/// The amounts of lines that are wanted, each up to what is left of its line.
fn reductions(
    request: &Request,
    lines: &[OrderLine],
    given: &HashMap<OrderLineId, Given>,
    fields: &mut Fields,
) -> Result<Vec<LinePreview>> {
    let mut parts = Vec::new();
    for (at, wanted) in request.amounts.iter().enumerate().filter(|(_, wanted)| wanted.amount != 0) {
        let field = format!("amount-{}", wanted.line);
        let Some(line) = lines.iter().find(|line| line.id == wanted.line) else { return Err(Error::NotFound) };
        let units = request.lines.iter().any(|other| other.line == wanted.line && other.quantity != 0);
        if units || request.amounts[..at].iter().any(|before| before.line == wanted.line) {
            fields.add(&field, AMOUNT_OR_UNITS);
            continue;
        }
        if line.gift_card {
            fields.add(&field, AMOUNT_OF_GIFT_CARD);
            continue;
        }
        let (left, tax) = given.get(&line.id).copied().unwrap_or_default().left_of(line);
        if !(1..=left).contains(&wanted.amount) {
            fields.add(&field, AMOUNT_TOO_MUCH);
            continue;
        }
        let tax = if wanted.amount == left { tax } else { scale(tax, wanted.amount, left) };
        parts.push(LinePreview {
            amount: wanted.amount,
            tax: tax.clamp(0, wanted.amount),
            reduction: true,
            ..part(line, 0, Given::default())
        });
    }
    Ok(parts)
}

/// The message key of money that a bank took already.
pub const TAKEN: &str = "refund-taken-by-bank";
/// Message keys of what may be wrong with an amount of a line.
pub const AMOUNT_OR_UNITS: &str = "refund-amount-or-units";
pub const AMOUNT_OF_GIFT_CARD: &str = "refund-amount-of-gift-card";
pub const AMOUNT_TOO_MUCH: &str = "refund-amount-too-much";

/// A refund of gift cards: units whose card was not issued yet, then those whose card nobody used. `None` when more were used. Units of
/// an earlier refund that failed are cancelled already.
fn cards(conn: &mut Conn, line: &OrderLine, part: &LinePreview) -> Result<Option<LinePreview>> {
    let cancelled = part.quantity - (line.cancelled - line.refunded).clamp(0, part.quantity);
    let withdrawn = (cancelled - line.open()).max(0);
    let fits = withdrawn == 0 || withdrawn <= gift_cards::unused(conn, line.id)?;
    let part = LinePreview { cancelled, withdrawn, returned: part.quantity - cancelled, ..part.clone() };
    Ok(fits.then_some(part))
}

/// The next `quantity` units of a line with their share of its total and tax, less what was `given` back for units before. What was given
/// back without units makes every unit worth less. Shares of all units sum to what is left of the line, whatever the order in which they
/// are refunded and whichever refund failed: each takes what is missing to the share of all units that are back by then.
pub(super) fn part(line: &OrderLine, quantity: i64, given: Given) -> LinePreview {
    let share = |total: i64, given: i64| -> i64 {
        (first_units(total.max(0), line.refunded + quantity, line.quantity, line.measure().per()) - given).max(0)
    };
    let cancelled = quantity.min(line.open());
    let amount = share(line.total - given.reduced.0, given.units.0);
    LinePreview {
        line: line.id,
        quantity,
        amount,
        tax: share(line.tax - given.reduced.1, given.units.1).min(amount),
        cancelled,
        returned: quantity - cancelled,
        restock: false,
        stocked_variant: line.variant_id.filter(|_| line.stocked),
        withdrawn: 0,
        reduction: false,
    }
}
