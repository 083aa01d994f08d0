//! Why a promotion did nothing.

use serde::Serialize;
use std::fmt;

/// The first thing that kept a promotion from a cart. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// No promotion has this code.
    Unknown,
    Paused,
    NotYet,
    Ended,
    OtherCurrency,
    /// It asks for a code, and none of the cart's is its own.
    NoCode,
    /// This unique code was used before.
    CodeUsed,
    /// Another code of the same promotion is on the cart.
    SameAgain,
    UsedUp,
    UsedByCustomer,
    WrongDay,
    WrongHour,
    Country,
    SignIn,
    NotInvited,
    /// It is for members of a segment.
    NotMember,
    NotFirstOrder,
    /// A one-to-one offer that is not this customer's.
    NotGiven,
    /// More than is left of an offer's budget.
    BudgetSpent,
    /// The goods would cost less than their margin floor allows, or nobody knows what they cost the shop.
    BelowMargin,
    BelowAmount {
        missing: i64,
    },
    BelowQuantity {
        missing: i64,
    },
    /// The goods it asks for are not in the cart.
    MissingGoods {
        quantity: i64,
        amount: i64,
    },
    /// Nothing in the cart is among the goods it reduces, or not enough of it.
    NothingToReduce,
    /// It would not make this cart cheaper.
    NoGain,
    GiftGone,
    /// A gift needs delivery, and nothing else does.
    GiftUndeliverable,
    /// Another of its group gives more.
    Beaten {
        by: String,
    },
    /// A promotion that stands alone gives more than the others together.
    StandsAlone {
        by: String,
    },
    /// It stands alone, and the others together give more.
    LessThanOthers,
}

impl Reason {
    /// The word for texts and the API.
    pub fn word(&self) -> &'static str {
        match self {
            Reason::Unknown | Reason::Paused => "unknown",
            Reason::NotYet => "not-yet",
            Reason::Ended => "expired",
            Reason::OtherCurrency => "other-currency",
            Reason::NoCode => "no-code",
            Reason::CodeUsed => "code-used",
            Reason::SameAgain => "same-again",
            Reason::UsedUp => "used-up",
            Reason::UsedByCustomer => "used-by-you",
            Reason::WrongDay => "wrong-day",
            Reason::WrongHour => "wrong-hour",
            Reason::Country => "country",
            Reason::SignIn => "sign-in",
            Reason::NotInvited => "not-invited",
            Reason::NotMember => "not-member",
            Reason::NotFirstOrder => "not-first-order",
            Reason::NotGiven => "not-given",
            Reason::BudgetSpent => "budget-spent",
            Reason::BelowMargin => "below-margin",
            Reason::BelowAmount { .. } => "below-minimum",
            Reason::BelowQuantity { .. } => "below-quantity",
            Reason::MissingGoods { .. } => "missing-goods",
            Reason::NothingToReduce => "nothing-to-reduce",
            Reason::NoGain => "no-gain",
            Reason::GiftGone => "gift-gone",
            Reason::GiftUndeliverable => "gift-undeliverable",
            Reason::Beaten { .. } => "beaten",
            Reason::StandsAlone { .. } => "stands-alone",
            Reason::LessThanOthers => "less-than-others",
        }
    }

    /// Whether a code with this reason will never work for this shopper, so that it is taken off the cart at the checkout.
    /// The other reasons may pass when the cart changes.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Reason::Unknown
                | Reason::Paused
                | Reason::NotYet
                | Reason::Ended
                | Reason::OtherCurrency
                | Reason::CodeUsed
                | Reason::UsedUp
                | Reason::UsedByCustomer
        )
    }
}

/// For the trace that is kept with the order.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::BelowAmount { missing } => write!(f, "below the minimum amount by {missing}"),
            Reason::BelowQuantity { missing } => write!(f, "below the minimum quantity by {missing}"),
            Reason::MissingGoods { quantity, amount } => write!(f, "asks for {quantity} more units and {amount} more of its goods"),
            Reason::Beaten { by } => write!(f, "{by} gives more"),
            Reason::StandsAlone { by } => write!(f, "{by} stands alone"),
            other => f.write_str(&other.word().replace('-', " ")),
        }
    }
}
