//! The part of a promotion's form that makes it a one-to-one offer.

use super::forms::{self, Reader};
use super::languages;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use std::collections::BTreeMap;
use storefront::offers::{Choice, OfferRow, Terms};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

/// How a promotion opens when it is an offer.
pub const METHOD: &str = "offer";
const NAMES: [&str; 7] = ["why", "choice", "control", "margin_floor", "budget", "stands_days", "returned"];
pub const CHOICES: [&str; 2] = ["terms", "own"];

/// The names of the fields.
pub fn names() -> impl Iterator<Item = String> {
    NAMES.iter().map(ToString::to_string).chain(languages::further(&["why"]))
}

/// The field of the reason in each language of the shop.
fn fields() -> impl Iterator<Item = (&'static str, String)> {
    let own = (Language::ENGLISH.code(), "why".to_string());
    std::iter::once(own).chain(Language::further().map(|language| (language.code(), languages::field("why", language))))
}

/// A new offer.
pub fn blank(form: Form) -> Form {
    form.fill("choice", CHOICES[0]).fill("control", "10").fill("stands_days", "30")
}

/// A stored offer.
pub fn filled(form: Form, offer: &OfferRow, currency: Currency) -> Form {
    let text = |language: &str| offer.why.0.get(language).cloned().unwrap_or_default();
    let form = fields().fold(form, |form, (language, field)| form.fill(&field, text(language)));
    form.fill("choice", offer.choice.as_str())
        .fill("control", forms::percent(offer.control_bp))
        .fill("margin_floor", offer.margin_floor_bp.map(forms::percent).unwrap_or_default())
        .fill("budget", forms::amount(offer.budget, currency))
        .fill("stands_days", forms::number(offer.stands_days))
        .fill("returned", forms::tick(offer.returned))
}

/// The terms that were typed; `None` for an ordinary promotion.
pub fn read(posted: &Posted, reader: &mut Reader) -> Option<Terms> {
    if posted.get("method") != METHOD {
        return None;
    }
    let said = |field: &str| posted.get(field).trim().to_string();
    let why: BTreeMap<String, String> =
        fields().map(|(language, field)| (language.to_string(), said(&field))).filter(|(_, text)| !text.is_empty()).collect();
    let floor = (!posted.get("margin_floor").trim().is_empty()).then(|| reader.percent("margin_floor"));
    Some(Terms {
        why,
        choice: Choice::parse(posted.get("choice")).unwrap_or(Choice::Terms),
        control_bp: if posted.get("control").trim().is_empty() { 0 } else { reader.percent("control") },
        margin_floor_bp: floor,
        budget: reader.optional_amount("budget"),
        stands_days: reader.optional_number("stands_days"),
        returned: reader.ticked("returned"),
    })
}
