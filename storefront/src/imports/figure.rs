//! From an order of a file to one whose parts sum up. What a file leaves open is decided by rules that are the same every time;
//! what contradicts itself is refused with the reason.

use super::draft::{AddressDraft, OrderDraft};
use super::frozen::{Frozen, FrozenLine};
use super::report::RowError;
use crate::address::Address;
use kernel::money::allocate;

/// The title of the line that holds what an order cost beyond its goods, delivery and tax: a tip, a duty.
const SURCHARGE: &str = "Surcharge";
/// No amount of an order comes near it: a tenth of what 64 bits hold, so that sums of few cannot overflow.
const LIMIT: i64 = i64::MAX / 1_000_000;

/// The order with parts that sum up to its total. Fails when they cannot, or when something is missing that an order needs.
pub(super) fn figure(draft: &OrderDraft) -> Result<Frozen, RowError> {
    let wrong = |column: &str, reason: &str| RowError::new(draft.line, column, &draft.number, reason);
    let placed_at = draft.created_at.ok_or_else(|| wrong("Created at", "the order has no time"))?.naive_utc();
    let email = draft.email.clone().ok_or_else(|| wrong("Email", "the order has no mail address; its customer cannot be known"))?;
    if crm::email::Email::parse(&email, "Email").is_err() {
        return Err(RowError::new(draft.line, "Email", &email, "not a mail address"));
    }
    if draft.lines.is_empty() {
        return Err(wrong("Lineitem name", "the order has no lines"));
    }
    let mut order = Frozen {
        number: number(&draft.number),
        email,
        placed_at,
        paid_at: draft.paid_at.map_or(placed_at, |at| at.naive_utc()),
        shipped_at: draft.fulfilled_at.map_or(placed_at, |at| at.naive_utc()),
        billing: address(draft.billing.as_ref().or(draft.delivery.as_ref())),
        delivery: address(draft.delivery.as_ref().or(draft.billing.as_ref())),
        shipping_method: draft.shipping_method.clone().unwrap_or_default(),
        payment_method: draft.payment_method.clone().unwrap_or_default(),
        coupon_code: draft.discount_code.clone().unwrap_or_default(),
        note: draft.note.clone().unwrap_or_default(),
        ..Frozen::default()
    };
    amounts(draft, &mut order, &wrong)?;
    money(draft, &mut order, &wrong)?;
    delivery(draft, &mut order);
    Ok(order)
}

/// The number as people search for it: without the sign that shops put before it.
pub(super) fn number(name: &str) -> String {
    name.trim().trim_start_matches('#').trim().to_string()
}

/// Goods, discounts, delivery and tax.
fn amounts(draft: &OrderDraft, order: &mut Frozen, wrong: &dyn Fn(&str, &str) -> RowError) -> Result<(), RowError> {
    for line in &draft.lines {
        let bad = |column: &str, reason: &str| RowError::new(line.line, column, &line.name, reason);
        let subtotal = line.price.checked_mul(line.quantity).filter(|amount| *amount < LIMIT);
        let subtotal = subtotal.ok_or_else(|| bad("Lineitem price", "the amount is too large"))?;
        let discount = line.discount.unwrap_or(0);
        if discount > subtotal {
            return Err(bad("Lineitem discount", "the discount is more than the line costs"));
        }
        order.lines.push(FrozenLine {
            sku: line.sku.clone().unwrap_or_default(),
            title: line.name.clone(),
            quantity: line.quantity,
            unit_price: line.price,
            subtotal,
            discount,
            requires_shipping: line.requires_shipping.unwrap_or(true),
            ..FrozenLine::default()
        });
    }
    let sum = |of: fn(&FrozenLine) -> i64| order.lines.iter().map(of).sum::<i64>();
    let (gross, on_lines) = (sum(|line| line.subtotal), sum(|line| line.discount));
    let shipping = draft.shipping.unwrap_or(0);
    let tax = draft.taxes.unwrap_or_else(|| draft.tax_lines.iter().map(|(_, amount)| amount).sum());
    let goods = draft.subtotal.unwrap_or_else(|| gross - draft.discount.unwrap_or(on_lines).max(on_lines).min(gross));
    if [shipping, tax, goods, draft.total.unwrap_or(0)].iter().any(|amount| !(0..LIMIT).contains(amount)) || gross >= LIMIT {
        return Err(wrong("Total", "an amount of the order is negative or too large"));
    }
    // The subtotal is after all discounts, so it tells what the discounts of the whole order were.
    let discount = (gross - goods).max(0);
    if discount < on_lines {
        return Err(wrong("Subtotal", "the discounts of the lines are more than the subtotal leaves"));
    }
    let left: Vec<i64> = order.lines.iter().map(|line| line.subtotal - line.discount).collect();
    for (line, part) in order.lines.iter_mut().zip(allocate(discount - on_lines, &left)) {
        line.discount += part;
    }
    let total = draft.total.unwrap_or(goods + shipping);
    order.prices_include_tax = tax == 0 || total < goods + shipping + tax;
    let explained = goods + shipping + if order.prices_include_tax { 0 } else { tax };
    if total < explained {
        return Err(wrong("Total", "the total is less than subtotal and shipping together"));
    }
    order.shipping = shipping;
    spread_tax(draft, order, tax, wrong)?;
    let surcharge = (goods - gross).max(0) + total - explained;
    if surcharge > 0 {
        order.lines.push(FrozenLine {
            title: SURCHARGE.into(),
            quantity: 1,
            unit_price: surcharge,
            subtotal: surcharge,
            total: surcharge,
            ..FrozenLine::default()
        });
    }
    Ok(())
}

/// The file has the tax of the whole order. It is spread by what was taxed: the lines that the file does not exempt, and delivery.
fn spread_tax(draft: &OrderDraft, order: &mut Frozen, tax: i64, wrong: &dyn Fn(&str, &str) -> RowError) -> Result<(), RowError> {
    let net = |line: &FrozenLine| line.subtotal - line.discount;
    let taxed = |(line, drafted): (&FrozenLine, &super::draft::OrderLineDraft)| if drafted.taxable == Some(false) { 0 } else { net(line) };
    let mut weights: Vec<i64> = order.lines.iter().zip(&draft.lines).map(taxed).collect();
    weights.push(order.shipping);
    if tax > 0 && weights.iter().sum::<i64>() < if order.prices_include_tax { tax } else { 1 } {
        return Err(wrong("Taxes", "the tax is more than what was taxed"));
    }
    let rate = if draft.tax_lines.len() == 1 { rate_bp(&draft.tax_lines[0].0) } else { 0 };
    let mut parts = allocate(tax, &weights);
    order.shipping_tax = parts.pop().unwrap_or(0);
    let included = order.prices_include_tax;
    for (line, part) in order.lines.iter_mut().zip(parts) {
        line.tax = part;
        line.tax_rate_bp = if part > 0 { rate } else { 0 };
        line.total = line.subtotal - line.discount + if included { 0 } else { part };
    }
    Ok(())
}

/// Hundredths of a percent from a name such as `DE VAT 19%`; 0 when it names none.
fn rate_bp(name: &str) -> i64 {
    let number = name.split_once('%').and_then(|(before, _)| before.trim_end().rsplit([' ', '(']).next()).unwrap_or("");
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let hundredths = format!("{part:0<2}");
    let parsed = whole.parse::<i64>().ok().zip(hundredths.get(..2).and_then(|part| part.parse::<i64>().ok()));
    parsed.map_or(0, |(whole, part)| whole * 100 + part).clamp(0, 10_000)
}

/// What was paid and given back.
fn money(draft: &OrderDraft, order: &mut Frozen, wrong: &dyn Fn(&str, &str) -> RowError) -> Result<(), RowError> {
    let total = order.total();
    let outstanding = draft.outstanding.unwrap_or(0);
    order.cancelled = draft.cancelled_at.is_some();
    order.captured = match draft.financial_status.as_deref() {
        Some("paid" | "partially_refunded" | "refunded") => total,
        Some("partially_paid") if (1..total).contains(&outstanding) => total - outstanding,
        Some("partially_paid") => return Err(wrong("Outstanding Balance", "a part of the order is paid, but not told which")),
        Some("pending" | "unpaid" | "authorized" | "expired") => 0,
        Some("voided") => {
            order.cancelled = true;
            0
        }
        None if draft.paid_at.is_some() => total,
        None => 0,
        Some(other) => return Err(wrong("Financial Status", &format!("\"{other}\" is no status that is known here"))),
    };
    order.owed = if order.cancelled { 0 } else { total - order.captured };
    let whole = if draft.financial_status.as_deref() == Some("refunded") { order.captured } else { 0 };
    order.refunded = draft.refunded.filter(|amount| *amount != 0).unwrap_or(whole);
    if !(0..=order.captured).contains(&order.refunded) {
        return Err(wrong("Refunded Amount", "more came back than was paid"));
    }
    Ok(())
}

/// What was sent. Units of a cancelled or fully repaid order that were not sent never will be.
fn delivery(draft: &OrderDraft, order: &mut Frozen) {
    let all = draft.fulfillment_status.as_deref() == Some("fulfilled");
    let restocked = draft.fulfillment_status.as_deref() == Some("restocked");
    let ended = order.cancelled || restocked || (order.refunded > 0 && order.refunded == order.total());
    let mut sent_any = false;
    for (line, drafted) in order.lines.iter_mut().zip(&draft.lines) {
        let status = drafted.fulfillment_status.as_deref();
        if all || status == Some("fulfilled") {
            line.shipped = line.quantity;
            sent_any = true;
        } else if ended || status == Some("restocked") {
            line.cancelled = line.quantity;
        }
    }
    // A surcharge goes with the first goods.
    for line in order.lines.iter_mut().skip(draft.lines.len()) {
        if sent_any {
            line.shipped = line.quantity;
        } else if ended {
            line.cancelled = line.quantity;
        }
    }
}

/// An address as the file has it, not checked: the order was sent there.
pub(super) fn address(draft: Option<&AddressDraft>) -> Address {
    let Some(draft) = draft else { return Address::default() };
    let text = |part: &Option<String>| part.as_deref().unwrap_or("").trim().to_string();
    Address {
        name: text(&draft.name),
        company: text(&draft.company),
        line1: text(&draft.address1),
        line2: text(&draft.address2),
        postal_code: text(&draft.zip),
        city: text(&draft.city),
        region: text(if draft.province.is_some() { &draft.province } else { &draft.province_code }),
        country: text(&draft.country_code).to_uppercase(),
        phone: text(&draft.phone),
        ..Address::default()
    }
}
