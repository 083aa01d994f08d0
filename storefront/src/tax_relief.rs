//! Reverse charge: whether a company in another state of the Union owes the tax itself, and what it then pays the shop.
//!
//! The seller charges no VAT on goods that go to a taxable person in another member state (Article 138 of Directive 2006/112/EC)
//! nor on services to one (Articles 44 and 196). The shop does so when it has a VAT id of its own country, the buyer's billing
//! address carries a well-formed one of another state, and goods leave the shop's country for the Union. It is asked for the order
//! as a whole: goods that are picked up do not leave the country by the seller's hand, and numbers of Northern Ireland hold for goods
//! alone, so such orders are taxed.
//!
//! Prices that hold tax hold the tax of the shop's own country. Who owes no tax pays them without it: each unit price less the tax in
//! it at the rate of the shop's country, rounded once, half up. Reductions keep their share of the price. The order is then one whose
//! prices do not include tax, with a tax of nothing.

use crate::pricing::{self, Basket, Delivery, DeliveryPrice, Line};
use crate::promotions::Decision;
use crate::shop::Shop;
use crate::tax::{Place, Rate, Rates};
use crate::vat_id;
use kernel::money::{allocate, scale};

/// Why goods are not taxed, as traces and documents say it.
pub const GOODS: &str = "Reverse charge: exempt intra-Community supply of goods, Article 138 Council Directive 2006/112/EC";
/// Why services are not taxed.
pub const SERVICES: &str = "Reverse charge, Article 196 Council Directive 2006/112/EC";

const GOODS_CLASS: &str = "goods";
const SERVICES_CLASS: &str = "services";

/// Whether the buyer with this VAT id owes the tax. `goods` tells of each line whether it is sent; `picked_up` that the buyer takes
/// the goods away.
pub fn applies(shop: &Shop, buyer: &str, to: &Place, goods: &[bool], picked_up: bool) -> bool {
    if !vat_id::is_member(&shop.country) || vat_id::member(&shop.vat_id) != Some(shop.country.as_str()) {
        return false;
    }
    let Some(state) = vat_id::member(buyer).filter(|state| *state != shop.country) else { return false };
    let sent = goods.iter().any(|sent| *sent);
    let served = goods.iter().any(|sent| !*sent);
    let leaves = to.country != shop.country && vat_id::is_union_destination(&to.country, &to.postal_code) && !picked_up;
    (!sent || leaves) && (!served || state != vat_id::NORTHERN_IRELAND)
}

/// The rates of such an order: nothing, with the reason for goods and for services.
pub fn rates() -> Rates {
    let rate = |reason: &str| Rate { levies: Vec::new(), reason: reason.into() };
    let by_class = [(GOODS_CLASS.to_string(), rate(GOODS)), (SERVICES_CLASS.to_string(), rate(SERVICES))];
    Rates::of_classes(by_class.into(), rate(GOODS))
}

/// What is priced for a buyer without tax.
pub struct Net {
    pub lines: Vec<Line>,
    pub decision: Decision,
    pub delivery: Option<Delivery>,
}

/// Takes the tax of the shop's country (`home`) out of prices that hold it, and marks each line as goods or service.
pub fn net(basket: &Basket, home: &Rates, goods: &[bool]) -> Net {
    let lines: Vec<Line> = basket.lines.iter().zip(goods).map(|(line, sent)| net_line(basket, line, *sent, home)).collect();
    let mut decision = basket.decision.clone();
    let mut gross = 0;
    for (at, discount) in decision.discounts.iter_mut().enumerate() {
        let (before, after) = (&basket.lines[at], &lines[at]);
        let subtotal = before.subtotal();
        gross += before.goods() - *discount;
        *discount = scale(after.subtotal(), *discount, subtotal);
        let amounts = decision.applied.iter_mut().flat_map(|applied| &mut applied.lines).filter(|(line, _)| *line == at);
        let mut amounts: Vec<&mut i64> = amounts.map(|(_, amount)| amount).collect();
        let parts = allocate(*discount, &amounts.iter().map(|amount| **amount).collect::<Vec<_>>());
        amounts.iter_mut().zip(parts).for_each(|(amount, part)| **amount = part);
    }
    let delivery = basket.delivery.as_ref().map(|delivery| {
        let (cost, waived) = delivery.costs(gross, basket.decision.free_shipping());
        let price = cost.max(waived);
        let tax = if basket.prices_include_tax { pricing::tax_of_delivery(basket, home, price) } else { 0 };
        Delivery { price: DeliveryPrice::Fixed(price - tax), free_over: None }
    });
    let price = delivery.as_ref().map_or(0, |delivery| delivery.price.of(0));
    decision.applied.iter_mut().filter(|applied| applied.shipping > 0).for_each(|applied| applied.shipping = price);
    Net { lines, decision, delivery }
}

fn net_line(basket: &Basket, line: &Line, sent: bool, home: &Rates) -> Line {
    let within = if basket.prices_include_tax && line.taxable { home.of(&line.tax_class).tax(line.unit_price, true).tax } else { 0 };
    Line { unit_price: line.unit_price - within, tax_class: class(sent).into(), ..line.clone() }
}

/// The class in [`rates`] of goods that are sent, or else of a service.
pub fn class(sent: bool) -> &'static str {
    if sent { GOODS_CLASS } else { SERVICES_CLASS }
}

#[cfg(test)]
#[path = "tax_relief_tests.rs"]
mod tests;
