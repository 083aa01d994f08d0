//! `storefront/gift_cards.html`.

use super::form::Form;
use chrono::NaiveDateTime;
use kernel::money::Money;
use serde::Serialize;

/// The page that tells what is left on a gift card.
#[derive(Debug, Clone, Serialize)]
pub struct GiftCardsView {
    pub form: Form,
    /// The card whose code was typed.
    pub card: Option<BalanceView>,
}

/// A gift card as whoever has its code sees it.
#[derive(Debug, Clone, Serialize)]
pub struct BalanceView {
    /// By its last four characters.
    pub name: String,
    pub balance: Money,
    pub expires_at: Option<NaiveDateTime>,
    /// Why it pays nothing now, as a text key; `None` when it pays or is used up.
    pub refusal: Option<String>,
}
