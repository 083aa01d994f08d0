//! What a change comes to.

use super::change::LineChange;
use super::figures::{Amounts, rate_of, resized};
use super::taxing::{Taxing, deliveries};
use super::{Wish, guard};
use crate::address::Address;
use crate::carts::{MAX_LINES, MAX_QUANTITY};
use crate::catalog::Assortment;
use crate::documents;
use crate::ids::{OrderLineId, VariantId};
use crate::orders::{self, Adjustment, Order, OrderLine};
use crate::payments::{self, Holding};
use crate::price_lists;
use crate::pricing::{self, DeliveryTax};
use crate::refunds::{self, Share};
use crate::shipping::ShippingRate;
use crate::stock::{self, Demand};
use crate::stored_value::GIFT_CARD;
use crate::stores;
use crate::tax::Rate;
use crate::units::Measure;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use std::collections::BTreeSet;

/// The sums of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub subtotal: i64,
    pub discount: i64,
    /// Delivery, without tax on top when prices exclude it.
    pub shipping: i64,
    pub shipping_tax: i64,
    pub tax: i64,
    pub total: i64,
}

/// Goods that are not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    pub title: String,
    pub wanted: i64,
    pub left: i64,
    pub measure: Measure,
}

/// Everything a change comes to, before anybody confirms it.
#[derive(Clone, Debug)]
pub struct Plan {
    pub lines: Vec<LineChange>,
    pub before: Sums,
    pub after: Sums,
    /// The delivery it is to have, when it is another; empty when nothing is delivered any more.
    pub delivery: Option<String>,
    /// The address it is to have, when it is another.
    pub address: Option<Address>,
    /// Goods of which fewer are free: it cannot be confirmed.
    pub short: Vec<Short>,
    /// Money taken or held now.
    pub holding: Holding,
    /// What is missing to the new total.
    pub due: i64,
    /// What goes back at once.
    pub back: i64,
    /// Which payments give it back.
    pub shares: Vec<Share>,
    /// What is held and will not be captured.
    pub released: i64,
    /// The invoice that is taken back and issued anew.
    pub invoice: Option<String>,
    /// More units of a variant to promise, or fewer.
    pub(super) demand: Demand,
    pub(super) adjustments: Vec<Adjustment>,
    /// What the tax of the delivery is made of.
    pub(super) shipping_taxes: Vec<DeliveryTax>,
    /// Promotions of which nothing is left, by the source of their adjustments.
    pub lost: Vec<String>,
}

impl Plan {
    /// Whether anything but the payments becomes another.
    pub fn changes(&self) -> bool {
        self.before != self.after || self.delivery.is_some() || self.address.is_some() || self.lines.iter().any(LineChange::changed)
    }
}

/// Figures a change. `Invalid` names the field that asks for what cannot be, `Conflict` says why the order cannot be changed now.
pub fn preview(conn: &mut Conn, order: &Order, wish: &Wish, now: Time) -> Result<Plan> {
    let stored = orders::lines(conn, order.id)?;
    guard(conn, order, &stored)?;
    let mut wrong = Fields::default();
    let refunded = (refunds::reduced(conn, order.id)?, refunds::named(conn, order.id)?);
    let mut lines = kept(order, &stored, wish, &refunded, &mut wrong)?;
    let taxing = Taxing::of(conn, order)?;
    lines.extend(added(conn, order, wish, &taxing, now, &mut wrong)?);
    let sent: Vec<bool> = lines.iter().filter(|line| line.after.quantity > 0 && !line.gift_card()).map(LineChange::sent).collect();
    if !taxing.holds(&sent) {
        wrong.add("goods", "order-edit-taxed-otherwise");
    }
    let more_cards = lines.iter().any(|line| line.gift_card() && line.after.quantity > line.before.quantity);
    if more_cards && payments::stored_by(conn, order.id, GIFT_CARD)? > 0 {
        wrong.add("goods", "order-edit-gift-card");
    }
    if lines.iter().all(|line| line.live() == 0) {
        wrong.add("lines", "order-edit-empty");
    }
    if lines.iter().filter(|line| line.after.quantity > 0).count() > usize::try_from(MAX_LINES).unwrap_or(usize::MAX) {
        wrong.add("goods", "cart-full");
    }
    let address = match &wish.address {
        Some(address) if address.country != order.shipping_address()?.country => {
            wrong.add("ship_country", "order-edit-country");
            None
        }
        Some(address) if *address == order.shipping_address()? => None,
        Some(_) if order.pickup_location_id.is_some() => {
            wrong.add("ship_country", "order-edit-pickup");
            None
        }
        Some(address) if !taxing.same_at(conn, address)? => {
            wrong.add("ship_postal_code", "order-edit-taxed-otherwise");
            None
        }
        Some(address) => Some(address.clone()),
        None => None,
    };
    if wish.reason.chars().count() > 500 {
        wrong.add("reason", "admin-too-long");
    }
    let rate = chosen_rate(conn, order, wish, &lines, &mut wrong)?;
    wrong.clone().check()?;

    let before = Sums {
        subtotal: order.subtotal,
        discount: order.discount,
        shipping: order.shipping,
        shipping_tax: order.shipping_tax,
        tax: order.tax,
        total: order.total,
    };
    let (after, shipping_taxes) = sums(order, &lines, rate.as_ref(), before);
    let gone = refunds::shipping_refunded(conn, order.id)?;
    if after.shipping + if order.prices_include_tax { 0 } else { after.shipping_tax } < gone {
        wrong.add("rate", "order-edit-delivery-refunded");
    }
    wrong.check()?;

    let holding = payments::holding(conn, order.id, None)?;
    let back = holding.surplus(after.total);
    let needed = (after.total - holding.captured).max(0);
    let demand = demand(&lines);
    let delivery = match &rate {
        Some(rate) => (rate.name != order.shipping_method || after.shipping != before.shipping).then(|| rate.name.clone()),
        None => (!lines.iter().any(LineChange::ships) && !order.shipping_method.is_empty()).then(String::new),
    };
    let (adjustments, lost) = adjustments(conn, order, &lines, delivery.is_some())?;
    Ok(Plan {
        short: short(conn, &lines, &demand)?,
        due: holding.missing(after.total),
        back,
        shares: refunds::surplus_shares(conn, order.id, back)?,
        released: (holding.authorised - needed).max(0),
        invoice: documents::find_invoice(conn, order.id)?.map(|invoice| invoice.label),
        delivery,
        lines,
        before,
        after,
        address,
        holding,
        demand,
        adjustments,
        lost,
        shipping_taxes,
    })
}

/// The lines of which an amount was given back, and those that any refund names, which stay on record.
type Refunded = (Vec<OrderLineId>, Vec<OrderLineId>);
/// The lines there are, with the units that are wanted.
fn kept(order: &Order, stored: &[OrderLine], wish: &Wish, (reduced, named): &Refunded, wrong: &mut Fields) -> Result<Vec<LineChange>> {
    if wish.open.iter().any(|(id, _)| stored.iter().all(|line| line.id != *id)) {
        return Err(Error::NotFound);
    }
    let mut lines = Vec::with_capacity(stored.len());
    for line in stored {
        let wanted: Vec<i64> = wish.open.iter().filter(|(id, _)| *id == line.id).map(|(_, units)| *units).collect();
        let open = wanted.first().copied().unwrap_or(line.open());
        let field = format!("quantity-{}", line.id);
        if wanted.len() > 1 || !(0..=line.measure().most().max(line.open())).contains(&open) {
            wrong.add(&field, "order-edit-quantity");
        }
        if open > line.open() && line.variant_id.is_none() {
            wrong.add(&field, "order-edit-gone");
        }
        // What is left may be less than what was given back without units.
        if open < line.open() && reduced.contains(&line.id) {
            wrong.add(&field, "order-edit-reduced");
        }
        let quantity = (line.quantity - line.open()).saturating_add(open.max(0));
        if quantity == 0 && named.contains(&line.id) {
            wrong.add(&field, "order-edit-refunded");
        }
        lines.push(LineChange {
            unit_price: line.unit_price,
            rate: rate_of(line),
            before: Amounts::of(line),
            after: if wrong.0.contains_key(&field) { Amounts::of(line) } else { resized(line, quantity, order.prices_include_tax) },
            line: Some(line.clone()),
            added: None,
        });
    }
    Ok(lines)
}

/// New lines of what the order's store sells, at the price and the tax rate of today, without promotions: those were decided when the order was placed.
fn added(conn: &mut Conn, order: &Order, wish: &Wish, taxing: &Taxing, now: Time, wrong: &mut Fields) -> Result<Vec<LineChange>> {
    let mut goods: Demand = Demand::new();
    for (variant, units) in &wish.added {
        let all = goods.entry(*variant).or_default();
        *all = all.saturating_add((*units).max(0));
    }
    let sold = Assortment { currency: order.currency()?, part: stores::part(conn, order.store_id)?, contract: None };
    let found = price_lists::goods_for(conn, order, &sold, &goods, now)?;
    let most = |id: &VariantId| found.iter().find(|known| known.id == *id).map_or(MAX_QUANTITY, |known| known.measure.most());
    if wish.added.iter().any(|(variant, units)| !(1..=most(variant)).contains(units)) {
        wrong.add("goods", "order-edit-quantity");
    }
    let mut lines = Vec::with_capacity(found.len());
    // In the order in which they were typed.
    for id in wish.added.iter().map(|(id, _)| *id) {
        let Some(units) = goods.remove(&id) else { continue };
        let Some(variant) = found.iter().find(|known| known.id == id && known.sold_at(now)) else {
            wrong.add("goods", "order-edit-not-sold");
            continue;
        };
        let (unit_price, rate) = taxing.added(variant);
        lines.push(LineChange {
            line: None,
            unit_price,
            before: Amounts::default(),
            after: Amounts::fresh(unit_price, units, variant.measure, &rate, order.prices_include_tax),
            rate,
            added: Some(variant.clone()),
        });
    }
    Ok(lines)
}

/// The delivery that was asked for. Goods that have to be delivered need one.
fn chosen_rate(conn: &mut Conn, order: &Order, wish: &Wish, lines: &[LineChange], wrong: &mut Fields) -> Result<Option<ShippingRate>> {
    let ships = lines.iter().any(LineChange::ships);
    let Some(id) = wish.rate else {
        if ships && order.shipping_method.is_empty() {
            wrong.add("rate", "order-edit-delivery-missing");
        }
        return Ok(None);
    };
    let found = deliveries(conn, order, lines.iter().map(LineChange::grams).sum())?.into_iter().find(|rate| rate.id == id && ships);
    if found.is_none() {
        wrong.add("rate", "shipping-not-available");
    }
    Ok(found)
}

/// The sums of the lines. The delivery keeps its price unless another was chosen or nothing is delivered any more; its tax follows the
/// goods it delivers.
fn sums(order: &Order, lines: &[LineChange], rate: Option<&ShippingRate>, before: Sums) -> (Sums, Vec<DeliveryTax>) {
    let sum = |of: fn(&Amounts) -> i64| lines.iter().map(|line| of(&line.after)).sum::<i64>();
    let (subtotal, discount) = (sum(|one| one.subtotal), sum(|one| one.discount));
    let shipping = match rate {
        Some(rate) => {
            let delivered = || lines.iter().filter(|line| line.ships());
            let (grams, units) =
                (delivered().map(LineChange::grams).sum(), delivered().map(|line| line.measure().pieces(line.after.quantity)).sum());
            let cards: i64 = lines.iter().filter(|line| line.gift_card()).map(|line| line.after.subtotal).sum();
            rate.delivery(grams, units).costs(subtotal - cards - discount, false).0
        }
        None if lines.iter().any(LineChange::ships) => order.shipping,
        None => 0,
    };
    let same = shipping == before.shipping && !lines.iter().any(LineChange::changed);
    let (shipping_tax, taxes) = if same {
        (before.shipping_tax, order.taxation.0.shipping.clone())
    } else {
        let taxed = lines.iter().filter(|line| line.after.quantity > 0 && !line.gift_card());
        let goods: Vec<(Rate, i64)> = taxed.map(|line| (line.rate.clone(), line.after.total)).collect();
        let taxes = pricing::delivery_taxes(&goods, shipping, order.prices_include_tax);
        (taxes.iter().map(|part| part.tax).sum(), taxes)
    };
    let on_top = if order.prices_include_tax { 0 } else { shipping_tax };
    let (tax, total) = (sum(|one| one.tax) + shipping_tax, sum(|one| one.total) + shipping + on_top);
    (Sums { subtotal, discount, shipping, shipping_tax, tax, total }, taxes)
}

/// Units to promise or to free, by variant: what one line loses another may gain.
fn demand(lines: &[LineChange]) -> Demand {
    let mut demand = Demand::new();
    for change in lines {
        let variant = match (&change.line, &change.added) {
            (Some(line), _) => line.variant_id.filter(|_| line.stocked),
            (None, Some(variant)) => Some(variant.id).filter(|_| variant.tracked),
            (None, None) => None,
        };
        if let Some(variant) = variant {
            *demand.entry(variant).or_default() += change.after.quantity - change.before.quantity;
        }
    }
    demand.retain(|_, units| *units != 0);
    demand
}

fn short(conn: &mut Conn, lines: &[LineChange], demand: &Demand) -> Result<Vec<Short>> {
    let mut short = Vec::new();
    for (&variant, &wanted) in demand.iter().filter(|(_, units)| **units > 0) {
        let Some(level) = stock::find(conn, variant)? else { continue };
        if level.tracked && !level.oversell && level.free() < wanted {
            let of = |change: &&LineChange| {
                let known = change.line.as_ref().and_then(|line| line.variant_id).or(change.added.as_ref().map(|one| one.id));
                known == Some(variant)
            };
            let found = lines.iter().find(of);
            let title = found.map(|change| change.names().0.to_string()).unwrap_or_default();
            let measure = found.map(LineChange::measure).unwrap_or_default();
            short.push(Short { title, wanted, left: level.free().max(0), measure });
        }
    }
    Ok(short)
}

/// What the order's adjustments become: each keeps its share of what is left of its line's discount, and goes with its line. Those of
/// the delivery go with the delivery they were given for. Beside them the sources of which nothing is left.
fn adjustments(conn: &mut Conn, order: &Order, lines: &[LineChange], redelivered: bool) -> Result<(Vec<Adjustment>, Vec<String>)> {
    let mut rows = orders::adjustments(conn, order.id)?;
    let source = |row: &Adjustment| row.source.strip_suffix(":shipping").unwrap_or(&row.source).to_string();
    let before: BTreeSet<String> = rows.iter().map(source).collect();
    let kept = |row: &Adjustment| match row.order_line_id {
        Some(id) => lines.iter().any(|change| is(change, id) && change.after.quantity > 0),
        None => !redelivered,
    };
    rows.retain(kept);
    for change in lines.iter().filter(|change| change.after.discount != change.before.discount && change.after.quantity > 0) {
        let own: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].order_line_id.is_some_and(|id| is(change, id))).collect();
        let weights: Vec<i64> = own.iter().map(|at| -rows[*at].amount).collect();
        for (at, part) in own.iter().zip(kernel::money::allocate(change.after.discount, &weights)) {
            rows[*at].amount = -part;
        }
    }
    let left: BTreeSet<String> = rows.iter().map(source).collect();
    let lost = before.difference(&left).cloned().collect();
    Ok((rows, lost))
}

fn is(change: &LineChange, id: OrderLineId) -> bool {
    change.line.as_ref().is_some_and(|line| line.id == id)
}
