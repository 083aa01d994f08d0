use serde::Serialize;

/// What a shopper is told of the stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "left", rename_all = "snake_case")]
pub enum Availability {
    InStock,
    /// So few that the number is told.
    Low(i64),
    /// None here, and it may be ordered all the same.
    BackOrder,
    /// None came yet: it may be ordered before it is there for the first time, on a day that is told.
    PreOrder,
    SoldOut,
}

impl Availability {
    /// `available` is what is on hand and promised to nobody; from `low_stock` downwards the number is told.
    pub fn of(tracked: bool, oversell: bool, available: i64, low_stock: i64) -> Availability {
        match (tracked, available) {
            (false, _) => Availability::InStock,
            (true, ..=0) if oversell => Availability::BackOrder,
            (true, ..=0) => Availability::SoldOut,
            (true, few) if few <= low_stock && !oversell => Availability::Low(few),
            _ => Availability::InStock,
        }
    }

    /// The state of what is on back-order, has a day on which it is expected, and never lay in the house, is a pre-order.
    pub fn or_pre_order(self, expected: bool, came: bool) -> Availability {
        if self == Availability::BackOrder && expected && !came { Availability::PreOrder } else { self }
    }

    /// Whether it can be ordered.
    pub fn sellable(self) -> bool {
        self != Availability::SoldOut
    }

    /// Of several variants, the state to tell of the product: the best one. A low number is told only of a single variant,
    /// since that of another variant would mislead.
    pub(super) fn best(states: &[Availability]) -> Availability {
        match states {
            [] => Availability::SoldOut,
            [one] => *one,
            _ if states.iter().any(|state| matches!(state, Availability::InStock | Availability::Low(_))) => Availability::InStock,
            _ if states.contains(&Availability::BackOrder) => Availability::BackOrder,
            _ if states.contains(&Availability::PreOrder) => Availability::PreOrder,
            _ => Availability::SoldOut,
        }
    }
}
