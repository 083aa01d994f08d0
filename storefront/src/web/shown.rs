//! Lines and sums of carts and orders as the templates show them.

use super::line_notices::{price_changed, short, wrong_quantity};
use super::reductions::{SHIPPING, frozen_reductions, name, told_reason};
use super::shelves;
use super::stored;
use super::views::cart::LineView;
use super::views::page::Tone;
use super::views::shared::{Notice as Told, Picture, Stock, TotalRow, Totals};
use super::words::Words;
use crate::carts::{self, LineQuote, Notice, Quote};
use crate::catalog::{self, Availability, VariantForSale};
use crate::ids::{CartLineId, StoreId, VariantId};
use crate::orders::{Adjustment, Order, OrderLine};
use crate::pictures;
use crate::price_lists;
use crate::pricing::DeliveryTax;
use crate::promotions::Applied;
use crate::quotes::Figures;
use crate::stock;
use crate::stores;
use crate::tax::{self, TaxPart};
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::web::format;
use kernel::{Conn, Result};
use std::collections::{HashMap, HashSet};

/// Pictures of lines by hash.
pub struct Pictures(HashMap<String, (i64, i64)>);

impl Pictures {
    pub fn load<'a>(conn: &mut Conn, hashes: impl Iterator<Item = &'a str>) -> Result<Pictures> {
        let hashes: Vec<String> = hashes.map(str::to_string).collect();
        Ok(Pictures(if hashes.is_empty() { HashMap::new() } else { pictures::measures_of(conn, &hashes)? }))
    }

    /// A picture beside a title that says what it shows.
    fn get(&self, hash: Option<&str>) -> Option<Picture> {
        let hash = hash?;
        let (width, height) = self.0.get(hash)?;
        Some(shelves::picture(hash, *width, *height, ""))
    }
}

/// The lines of a cart, those that are not on sale any more at the end.
pub fn cart_lines(conn: &mut Conn, quote: &Quote, words: &Words) -> Result<Vec<LineView>> {
    let pictures = Pictures::load(conn, quote.lines.iter().filter_map(|line| line.variant.picture_hash.as_deref()))?;
    let awaited: Vec<VariantId> = quote.lines.iter().filter(|line| line.variant.waits(line.quantity)).map(|line| line.variant.id).collect();
    let came = if awaited.is_empty() { HashSet::new() } else { stock::ever_came(conn, &awaited)? };
    let mut views = Vec::with_capacity(quote.lines.len());
    for (line, priced) in quote.lines.iter().zip(&quote.priced.lines) {
        let money = |minor: i64| Money::new(minor, quote.currency);
        let variant = &line.variant;
        let at = views.len();
        views.push(LineView {
            id: line.id.to_string(),
            title: variant.title.clone(),
            variant: some(&variant.options),
            sku: variant.sku.clone().unwrap_or_default(),
            to: Some(format!("/products/{}", variant.slug)),
            picture: pictures.get(variant.picture_hash.as_deref()),
            unit_price: money(priced.unit_price),
            compare_at: variant.compare_at.filter(|before| *before > line.unit_price && !quote.reverse_charge).map(money),
            quantity: variant.measure.number(line.quantity),
            quantity_text: variant.measure.text(line.quantity),
            max: variant.measure.number(variant.limit().unwrap_or(i64::MAX).clamp(0, variant.measure.most())),
            step: variant.measure.number(line.rule.map_or(1, |rule| rule.increment)),
            per: variant.measure.unit.per_key(),
            total: money(priced.subtotal),
            adjustments: line_adjustments(quote, at),
            gift: line.gift.clone(),
            notice: line_notice(quote, line, words)?,
            stock: waiting(line, &came, words, quote.at)?,
        });
    }
    views.extend(gone_lines(conn, quote, words)?);
    Ok(views)
}

/// That the goods of a line are not here yet.
fn waiting(line: &LineQuote, came: &HashSet<VariantId>, words: &Words, now: Time) -> Result<Option<Stock>> {
    let variant = &line.variant;
    if !variant.waits(line.quantity) {
        return Ok(None);
    }
    let state = Availability::BackOrder.or_pre_order(variant.expected_on.is_some(), came.contains(&variant.id));
    shelves::awaited(state, variant.expected_on, words, now).map(Some)
}

/// What promotions of chosen goods take off a line. Those of the whole cart stand among its sums.
fn line_adjustments(quote: &Quote, at: usize) -> Vec<TotalRow> {
    let of_goods = quote.decision.applied.iter().filter(|applied| !applied.whole);
    let row = |applied: &Applied| {
        let (_, amount) = applied.lines.iter().find(|(line, _)| *line == at)?;
        Some(TotalRow { label: applied.label(), amount: Money::new(-amount, quote.currency) })
    };
    of_goods.filter_map(row).collect()
}

fn line_notice(quote: &Quote, line: &LineQuote, words: &Words) -> Result<Option<Told>> {
    let mut told = None;
    for notice in &quote.notices {
        match notice {
            Notice::Short { line: id, left } if *id == line.id => return Ok(Some(warning(short(line.variant.measure, *left, words)?))),
            Notice::Quantity { line: id, rule, fitting } if *id == line.id => {
                return Ok(Some(warning(wrong_quantity(line.variant.measure, *rule, *fitting, words)?)));
            }
            Notice::PriceChanged { line: id, before, now } if *id == line.id => {
                told = Some(warning(price_changed(quote.currency, *before, *now, words)?));
            }
            _ => {}
        }
    }
    Ok(told)
}

fn warning(text: String) -> Told {
    Told { kind: Tone::Warning, text }
}

fn gone_lines(conn: &mut Conn, quote: &Quote, words: &Words) -> Result<Vec<LineView>> {
    let gone: Vec<CartLineId> =
        quote.notices.iter().filter_map(|notice| if let Notice::Gone { line } = notice { Some(*line) } else { None }).collect();
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<_> = carts::lines(conn, quote.cart.id)?.into_iter().filter(|row| gone.contains(&row.0)).collect();
    let ids: Vec<VariantId> = rows.iter().map(|row| row.1).collect();
    let known = catalog::variants_for_sale(conn, &ids, quote.currency, words.language.code())?;
    let money = |minor: i64| Money::new(minor, quote.currency);
    let measure = |variant: Option<&VariantForSale>| variant.map(|variant| variant.measure).unwrap_or_default();
    let view = |(id, variant, quantity, seen): (CartLineId, VariantId, i64, i64)| {
        let variant = known.iter().find(|known| known.id == variant);
        LineView {
            id: id.to_string(),
            title: variant.map_or_else(|| words.get("cart-line-unknown"), |variant| variant.title.clone()),
            variant: variant.and_then(|variant| some(&variant.options)),
            sku: variant.and_then(|variant| variant.sku.clone()).unwrap_or_default(),
            to: None,
            picture: None,
            unit_price: money(seen),
            compare_at: None,
            quantity: measure(variant).number(quantity),
            quantity_text: measure(variant).text(quantity),
            max: "0".into(),
            step: "1".into(),
            per: measure(variant).unit.per_key(),
            total: money(0),
            adjustments: Vec::new(),
            gift: None,
            notice: Some(Told { kind: Tone::Error, text: words.get("cart-line-gone") }),
            stock: None,
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// What concerns the cart as a whole; what concerns a line stands beside it and is summed up here for those who do not see it.
pub fn cart_notices(quote: &Quote, words: &Words) -> Result<Vec<Told>> {
    let mut told = reverse_charge_notice(quote.reverse_charge, words);
    for notice in &quote.notices {
        let title =
            |id: &CartLineId| quote.lines.iter().find(|line| line.id == *id).map(|line| line.variant.title.clone()).unwrap_or_default();
        let measure = |id: &CartLineId| quote.lines.iter().find(|line| line.id == *id).map(|line| line.variant.measure).unwrap_or_default();
        let text = match notice {
            Notice::PriceChanged { line, before, now } => {
                format!("{}: {}", title(line), price_changed(quote.currency, *before, *now, words)?)
            }
            Notice::Short { line, left } => format!("{}: {}", title(line), short(measure(line), *left, words)?),
            Notice::Quantity { line, rule, fitting } => {
                format!("{}: {}", title(line), wrong_quantity(measure(line), *rule, *fitting, words)?)
            }
            Notice::Gone { .. } => words.get("cart-gone"),
            Notice::CouponRefused { code, reason } | Notice::CouponIdle { code, reason } => {
                format!("{code}: {}", told_reason(reason, quote.currency, words)?)
            }
            Notice::GiftCardUnusable { last_four, reason } => {
                format!("{}: {}", stored::card_name(last_four, words)?, words.get(reason))
            }
            Notice::PromotionLost { name } => words.with("promotion-lost", &[("name", name)])?,
            Notice::NoDelivery => words.get("cart-no-delivery"),
            Notice::BuyingEnded => words.get("company-buying-ended"),
            Notice::QuoteEnded => words.get("quote-ended"),
            Notice::PricesHidden => words.get("prices-hidden-cart"),
        };
        let kind = if notice.blocks() { Tone::Error } else { Tone::Warning };
        if !told.iter().any(|known: &Told| known.text == text) {
            told.push(Told { kind, text });
        }
    }
    Ok(told)
}

/// The sums of a cart.
pub fn cart_totals(quote: &Quote, estimated: bool, words: &Words) -> Result<Totals> {
    let priced = &quote.priced;
    let reduced: i64 = priced.reductions.iter().map(|reduction| reduction.amount).sum();
    let reductions = priced.reductions.iter().filter(|reduction| reduction.amount > 0);
    let sums = Sums {
        currency: quote.currency,
        subtotal: priced.subtotal,
        reductions: reductions.map(|one| (name(&one.source, &one.label, words), one.amount)).collect(),
        // A promotion that pays the delivery is shown as a reduction, so the delivery is shown with its price.
        shipping: (quote.requires_shipping && quote.rate.is_some()).then_some(priced.shipping + reduced - priced.discount),
        shipping_name: quote.rate.as_ref().map_or("", |rate| rate.name.as_str()),
        tax: priced.tax,
        tax_included: quote.prices_include_tax,
        rates: priced.lines.iter().map(|line| (rate(&line.taxes, line.rate_bp), line.total)).collect(),
        parts: parts(priced.lines.iter().map(|line| line.taxes.as_slice()), &priced.shipping_taxes, priced.tax),
        total: priced.total,
    };
    stored::planned(sums.view(estimated, words)?, quote, words)
}

/// The sums of an offer at a place.
pub fn offer_totals(of: &Figures, words: &Words) -> Result<Totals> {
    let (reckoning, priced) = (&of.reckoning, &of.reckoning.priced);
    let sums = Sums {
        currency: of.currency,
        subtotal: priced.subtotal,
        reductions: Vec::new(),
        shipping: (reckoning.requires_shipping && reckoning.rate.is_some()).then_some(priced.shipping),
        shipping_name: reckoning.rate.as_ref().map_or("", |rate| rate.name.as_str()),
        tax: priced.tax,
        tax_included: reckoning.prices_include_tax,
        rates: priced.lines.iter().map(|line| (rate(&line.taxes, line.rate_bp), line.total)).collect(),
        parts: parts(priced.lines.iter().map(|line| line.taxes.as_slice()), &priced.shipping_taxes, priced.tax),
        total: priced.total,
    };
    sums.view(false, words)
}

/// The sums of an order, from the amounts frozen in it.
pub fn order_totals(order: &Order, lines: &[OrderLine], adjustments: &[Adjustment], words: &Words) -> Result<Totals> {
    let waived: i64 =
        adjustments.iter().filter(|row| row.order_line_id.is_none() && row.source.ends_with(SHIPPING)).map(|row| -row.amount).sum();
    let sums = Sums {
        currency: order.currency()?,
        subtotal: order.subtotal,
        reductions: frozen_reductions(adjustments, words),
        shipping: (!order.shipping_method.is_empty()).then_some(order.shipping + waived),
        shipping_name: &order.shipping_method,
        tax: order.tax,
        tax_included: order.prices_include_tax,
        rates: lines.iter().map(|line| (rate(&line.taxes.0, line.tax_rate_bp), line.total)).collect(),
        parts: parts(lines.iter().map(|line| line.taxes.0.as_slice()), &order.taxation.0.shipping, order.tax),
        total: order.total,
    };
    sums.view(false, words)
}

/// The rate of a line in millionths: basis points tell it where its taxes are not known.
fn rate(taxes: &[TaxPart], basis_points: i64) -> i64 {
    if taxes.is_empty() { basis_points.saturating_mul(100) } else { tax::combined(taxes) }
}

/// The taxes of lines and delivery by name, when some add up on one line and their amounts are all of `tax`.
fn parts<'a>(lines: impl Iterator<Item = &'a [TaxPart]>, delivery: &'a [DeliveryTax], tax: i64) -> Vec<TaxPart> {
    let (mut sums, mut added) = (Vec::new(), false);
    for taxes in lines.chain(delivery.iter().map(|part| part.taxes.as_slice())) {
        added |= taxes.len() > 1;
        tax::join(&mut sums, taxes);
    }
    let whole = sums.iter().map(|part| part.tax).sum::<i64>() == tax;
    if added && whole { sums } else { Vec::new() }
}

struct Sums<'a> {
    currency: Currency,
    subtotal: i64,
    /// The name of each reduction and what it takes off.
    reductions: Vec<(String, i64)>,
    shipping: Option<i64>,
    shipping_name: &'a str,
    tax: i64,
    tax_included: bool,
    /// Tax rate in millionths and total of each line.
    rates: Vec<(i64, i64)>,
    /// Taxes that add up on some line, each with its sum; empty where each line has one tax at most.
    parts: Vec<TaxPart>,
    total: i64,
}

impl Sums<'_> {
    fn view(&self, estimated: bool, words: &Words) -> Result<Totals> {
        let money = |minor: i64| Money::new(minor, self.currency);
        let mut rows = Vec::new();
        rows.extend(self.reductions.iter().map(|(label, amount)| TotalRow { label: label.clone(), amount: money(-amount) }));
        if let Some(shipping) = self.shipping {
            rows.push(TotalRow { label: words.with("totals-shipping-by", &[("name", self.shipping_name)])?, amount: money(shipping) });
        }
        let mut taxes = Vec::new();
        for part in &self.parts {
            let key = if self.tax_included { "totals-tax-named-included" } else { "totals-tax-named" };
            taxes.push(TotalRow { label: words.with(key, &[("name", &part.name)])?, amount: money(part.tax) });
        }
        if taxes.is_empty() && self.tax != 0 {
            taxes.push(TotalRow { label: self.tax_label(words)?, amount: money(self.tax) });
        }
        let mut included_tax = Vec::new();
        if self.tax_included {
            included_tax = taxes
        } else {
            rows.extend(taxes)
        }
        Ok(Totals { subtotal: money(self.subtotal), rows, included_tax, total: money(self.total), paid: Vec::new(), due: None, estimated })
    }

    /// Names the rate when there is one only.
    fn tax_label(&self, words: &Words) -> Result<String> {
        let mut rates: Vec<i64> = self.rates.iter().filter(|(_, total)| *total > 0).map(|(rate, _)| *rate).collect();
        rates.sort_unstable();
        rates.dedup();
        let rates: Vec<String> = rates.into_iter().map(format::rate).collect();
        let key = if self.tax_included { "totals-tax-included" } else { "totals-tax" };
        words.with(key, &[("rates", &rates.join(", "))])
    }
}

/// The lines of an order, as the store `here` shows them to whom it was placed for. Products lead to their pages as long as there are such
/// pages.
pub fn order_lines(conn: &mut Conn, here: StoreId, order: &Order, lines: &[OrderLine]) -> Result<Vec<LineView>> {
    let currency = order.currency()?;
    let pictures = Pictures::load(conn, lines.iter().filter_map(|line| line.picture_hash.as_deref()))?;
    let ids: Vec<VariantId> = lines.iter().filter_map(|line| line.variant_id).collect();
    let trade = price_lists::of_order(conn, order.id)?;
    let sold = stores::shop_for(conn, here, &trade)?.assortment();
    let on_sale = catalog::for_sale(conn, &sold, &ids, &order.language)?;
    let money = |minor: i64| Money::new(minor, currency);
    let view = |line: &OrderLine| LineView {
        id: line.id.to_string(),
        title: line.title.clone(),
        variant: some(&line.options),
        sku: line.sku.clone(),
        to: on_sale
            .iter()
            .find(|known| Some(known.id) == line.variant_id && known.for_sale)
            .map(|known| format!("/products/{}", known.slug)),
        picture: pictures.get(line.picture_hash.as_deref()),
        unit_price: money(line.unit_price),
        compare_at: None,
        quantity: line.measure().number(line.quantity),
        quantity_text: line.measure().text(line.quantity),
        max: line.measure().number(line.quantity),
        step: line.measure().number(1),
        per: line.unit.per_key(),
        total: money(line.subtotal),
        adjustments: Vec::new(),
        gift: None,
        notice: None,
        stock: None,
    };
    Ok(lines.iter().map(view).collect())
}

/// The lines of an address with the country's name in place of its code.
pub fn address_lines(address: &crate::address::Address, language: kernel::web::i18n::Language) -> Vec<String> {
    let mut lines = address.lines();
    if let Some(last) = lines.last_mut().filter(|last| **last == address.country) {
        *last = super::countries::name(&address.country, language).to_string();
    }
    lines
}

/// The lines of an address that an invoice is made out to: with the company's VAT id.
pub fn billing_lines(address: &crate::address::Address, words: &Words) -> Vec<String> {
    let mut lines = address_lines(address, words.language);
    if !address.vat_id.is_empty() {
        lines.push(format!("{} {}", words.get("address-vat-id"), address.vat_id));
    }
    lines
}

/// What a buyer who owes the tax is told.
pub fn reverse_charge_notice(owed: bool, words: &Words) -> Vec<Told> {
    let told = || Told { kind: Tone::Info, text: words.get("reverse-charge-told") };
    owed.then(told).into_iter().collect()
}

/// What a role of companies is called: those that every company has by the shop's words, others by their own name.
pub fn role(words: &Words, code: &str, name: &str) -> String {
    if code.is_empty() { name.to_string() } else { words.get(&format!("company-role-{code}")) }
}

/// `None` for an empty text.
pub fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_string())
}

/// A number of units for a view; views have no negative ones.
pub fn count(units: i64) -> u32 {
    u32::try_from(units.max(0)).unwrap_or(u32::MAX)
}
