//! A line of an order before and after a change.

use super::figures::Amounts;
use crate::catalog::VariantForSale;
use crate::orders::OrderLine;
use crate::tax::Rate;
use crate::units::Measure;

/// A line before and after. One that is added has nothing before, and no id yet.
#[derive(Clone, Debug)]
pub struct LineChange {
    pub line: Option<OrderLine>,
    pub added: Option<VariantForSale>,
    pub unit_price: i64,
    /// How it is taxed.
    pub rate: Rate,
    pub before: Amounts,
    pub after: Amounts,
}

impl LineChange {
    pub fn changed(&self) -> bool {
        self.before != self.after
    }

    /// Title, options and SKU.
    pub fn names(&self) -> (&str, &str, &str) {
        match (&self.line, &self.added) {
            (Some(line), _) => (&line.title, &line.options, &line.sku),
            (None, Some(variant)) => (&variant.title, &variant.options, variant.sku.as_deref().unwrap_or("")),
            (None, None) => ("", "", ""),
        }
    }

    /// In what it is counted.
    pub fn measure(&self) -> Measure {
        self.line.as_ref().map(OrderLine::measure).or(self.added.as_ref().map(|one| one.measure)).unwrap_or_default()
    }

    /// Units that are sold and stay so: neither cancelled nor refunded.
    pub(super) fn live(&self) -> i64 {
        self.after.quantity - self.line.as_ref().map_or(0, |line| line.cancelled.max(line.refunded))
    }

    pub(super) fn gift_card(&self) -> bool {
        self.line.as_ref().map(|line| line.gift_card).or(self.added.as_ref().map(|one| one.gift_card)).unwrap_or(false)
    }

    /// Whether it is goods, which are sent, and no service.
    pub(super) fn sent(&self) -> bool {
        let needs = self.line.as_ref().map(|line| line.requires_shipping).or(self.added.as_ref().map(|one| one.requires_shipping));
        needs.unwrap_or(false)
    }

    pub(super) fn ships(&self) -> bool {
        self.after.quantity > self.line.as_ref().map_or(0, |line| line.cancelled) && self.sent()
    }

    pub(super) fn grams(&self) -> i64 {
        let each = self.line.as_ref().map(|line| line.weight_grams).or(self.added.as_ref().map(|one| one.weight_grams));
        self.measure().amount(each.unwrap_or(0), self.after.quantity)
    }
}
