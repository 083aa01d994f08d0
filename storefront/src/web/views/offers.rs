//! `storefront/slots/offers.html` and `storefront/account/offers.html`.

use super::shared::Card;
use kernel::clock::Time;
use serde::Serialize;

/// Offers that a customer may use.
#[derive(Debug, Clone, Serialize)]
pub struct OffersView {
    pub offers: Vec<OfferView>,
}

/// One of them.
#[derive(Debug, Clone, Serialize)]
pub struct OfferView {
    pub name: String,
    /// Why they got it, as the merchant says it.
    pub why: String,
    pub until: Option<Time>,
    /// The product it is for alone, at its price.
    pub card: Option<Card>,
}
