//! From the database to what the engine is told.

use super::engine::{Candidate, GiftStock, Item, Shopper};
use super::grant::Decided;
use super::reason::Reason;
use super::rules::{Effect, Goods};
use super::{Promotion, State};
use crate::carts::LineQuote;
use crate::catalog::{self, Assortment, Nature};
use crate::ids::{ProductId, PromotionId, VariantId};
use crate::offers::OfferRow;
use crate::schema::{offers, promotion_balances as balances, promotion_codes as codes, promotions};
use crate::shop::Shop;
use crate::tax::{Place, Rates};
use crate::tax_rates;
use crm::email::Email;
use crm::identities;
use crm::segments::{self, SegmentId};
use crm::{CustomerId, customers, purchases};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};
use std::collections::{BTreeMap, HashMap};

/// Up to so many balances are asked for one by one.
const FEW: usize = 3;

/// Promotions to decide among, and the codes that open none of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded {
    pub offers: Vec<Candidate>,
    pub stray: Vec<(String, Reason)>,
}

/// The promotions that need no code and are in their time, and those that the codes open, whatever their state.
pub(crate) fn live(conn: &mut Conn, given: &[String], language: &str, now: Time) -> Result<Loaded> {
    let rows: Vec<(Promotion, Option<OfferRow>)> = on_each!(conn, c => promotions::table
        .left_join(offers::table.on(offers::promotion_id.eq(promotions::id)))
        .filter(promotions::state.eq(State::Active))
        .filter(promotions::needs_code.eq(false))
        .filter(promotions::starts_at.is_null().or(promotions::starts_at.le(now)))
        .filter(promotions::ends_at.is_null().or(promotions::ends_at.gt(now)))
        .order(promotions::id)
        .select((Promotion::as_select(), Option::<OfferRow>::as_select()))
        .load(c))?;
    let offers = rows.iter().map(|(row, offer)| row.candidate(offer.as_ref(), language)).collect::<Result<Vec<Candidate>>>()?;
    let mut loaded = Loaded { offers, stray: Vec::new() };
    open_by_codes(conn, &mut loaded, given, language)?;
    Ok(loaded)
}

/// Every promotion there is, newest first, and what the codes open: for the test bench.
pub(super) fn all(conn: &mut Conn, given: &[String], language: &str, limit: i64) -> Result<Loaded> {
    let rows = super::list(conn, None, limit)?;
    let of = crate::offers::of_promotions(conn, &rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
    let offers = rows.iter().map(|row| row.candidate(of.get(&row.id), language)).collect::<Result<Vec<Candidate>>>()?;
    let mut loaded = Loaded { offers, stray: Vec::new() };
    open_by_codes(conn, &mut loaded, given, language)?;
    Ok(loaded)
}

fn open_by_codes(conn: &mut Conn, loaded: &mut Loaded, given: &[String], language: &str) -> Result<()> {
    if given.is_empty() {
        return Ok(());
    }
    // A cart has few codes, and a query for one is prepared once while a list of them is not.
    for code in given {
        // A code that an offer kept from earlier opens nothing: an offer is given.
        let found: Option<(bool, i64, Promotion)> = on_each!(conn, c => codes::table
            .inner_join(promotions::table.on(promotions::id.eq(codes::promotion_id)))
            .left_join(offers::table.on(offers::promotion_id.eq(promotions::id)))
            .filter(codes::code.eq(code))
            .filter(offers::promotion_id.is_null())
            .select((codes::once, codes::uses, Promotion::as_select()))
            .first(c))
        .optional()?;
        let Some((once, uses, promotion)) = found else {
            loaded.stray.push((code.clone(), Reason::Unknown));
            continue;
        };
        let used = once && uses > 0;
        match loaded.offers.iter_mut().find(|offer| offer.id == promotion.id) {
            // A code that works takes the place of one that was used.
            Some(offer) if offer.code.is_none() || offer.code_used && !used => {
                let reason = Reason::CodeUsed;
                loaded.stray.extend(offer.code.replace(code.clone()).map(|before| (before, reason)));
                offer.code_used = used;
            }
            Some(_) => loaded.stray.push((code.clone(), if used { Reason::CodeUsed } else { Reason::SameAgain })),
            None => {
                let offer = promotion.candidate(None, language)?;
                // One that needs no code may have kept one from earlier; it is open anyway.
                let code = Some(code.clone());
                loaded.offers.push(Candidate { code, code_used: used, ..offer });
            }
        }
    }
    Ok(())
}

/// What is known of whoever fills a cart, and how often they used the promotions that count it.
pub(crate) fn shopper(conn: &mut Conn, loaded: &mut Loaded, customer: Option<CustomerId>, email: &str, now: Time) -> Result<Shopper> {
    let email = Email::parse(email, "email").ok();
    let (known, key) = match (customer, &email) {
        (Some(id), Some(email)) => (Some(id), Some(email.key())),
        (Some(id), None) => {
            let stored = customers::get(conn, id)?.email;
            (Some(id), Some(stored.to_lowercase()))
        }
        (None, Some(email)) => (customers::find_by_email(conn, email)?.map(|customer| customer.id), Some(email.key())),
        (None, None) => (None, None),
    };
    let counts = |offer: &Candidate| offer.max_uses_per_customer.is_some() || offer.rules.conditions.first_order;
    let counted: Vec<PromotionId> = loaded.offers.iter().filter(|offer| counts(offer)).map(|offer| offer.id).collect();
    if let Some(customer) = known {
        let uses = uses_of(conn, customer, &counted)?;
        for offer in &mut loaded.offers {
            offer.used_by_customer = uses.iter().find(|(id, _)| *id == offer.id).map_or(0, |(_, uses)| *uses);
        }
    }
    let asks = loaded.offers.iter().any(|offer| offer.rules.conditions.first_order);
    let orders = match (known, &key) {
        (Some(customer), _) if asks => Some(purchases::count(conn, customer)?),
        (None, Some(_)) => Some(0),
        _ => None,
    };
    let named = loaded.offers.iter().any(|offer| !offer.rules.conditions.customers.is_empty());
    let also = match customer.filter(|_| named) {
        Some(customer) => identities::emails(conn, customer)?.iter().map(|email| email.to_lowercase()).collect(),
        None => Vec::new(),
    };
    if let Some(customer) = customer {
        crate::offers::take_over(conn, customer, &mut loaded.offers, now)?;
    }
    let segments = match known {
        Some(customer) => segments::among(conn, customer, &asked_about(&loaded.offers), now)?,
        None => Vec::new(),
    };
    Ok(Shopper { signed_in: customer.is_some(), email: key, also, orders, segments })
}

/// The segments that decide about some promotion still: what was decided of an offer stands, whoever left its segment since.
fn asked_about(offers: &[Candidate]) -> Vec<SegmentId> {
    let open = offers.iter().filter(|offer| offer.grant.is_none_or(|grant| grant.decided == Decided::NotYet));
    let mut ids: Vec<SegmentId> = open.filter_map(|offer| offer.rules.conditions.segment).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// How often a customer used these promotions. A few are asked for one by one: such a query is prepared once, a list each time.
fn uses_of(conn: &mut Conn, customer: CustomerId, counted: &[PromotionId]) -> Result<Vec<(PromotionId, i64)>> {
    let own = balances::table.filter(balances::customer_id.eq(customer)).select((balances::promotion_id, balances::uses));
    if counted.len() > FEW {
        return Ok(on_each!(conn, c => own.filter(balances::promotion_id.eq_any(counted)).load(c))?);
    }
    let mut uses = Vec::new();
    for id in counted {
        let found: Option<(PromotionId, i64)> = on_each!(conn, c => own.filter(balances::promotion_id.eq(id)).first(c)).optional()?;
        uses.extend(found);
    }
    Ok(uses)
}

/// The lines of a cart as promotions see them. Categories, brands and tags are read only when a promotion asks for some.
pub(crate) fn items(conn: &mut Conn, shop: &Shop, lines: &[LineQuote], offers: &[Candidate]) -> Result<Vec<Item>> {
    let rates = home_rates(conn, shop, offers)?;
    let asked = offers.iter().any(|offer| offer.rules.goods().into_iter().any(Goods::by_nature));
    let mut products: Vec<ProductId> = lines.iter().map(|line| line.variant.product_id).filter(|_| asked).collect();
    products.sort_unstable();
    products.dedup();
    let natures: HashMap<ProductId, Nature> = catalog::natures(conn, &products)?;
    let item = |line: &LineQuote| {
        let nature = natures.get(&line.variant.product_id).cloned().unwrap_or_default();
        Item {
            variant: line.variant.id,
            product: line.variant.product_id,
            categories: nature.categories,
            brand: nature.brand,
            tags: nature.tags,
            reduced: line.variant.compare_at.is_some_and(|before| before > line.unit_price),
            gift_card: line.variant.gift_card,
            unit_price: line.unit_price,
            quantity: line.quantity,
            per: line.variant.measure.per(),
            cost: rates.as_ref().and_then(|rates| compared(&line.variant.cost(), rates, shop.prices_include_tax)),
        }
    };
    Ok(lines.iter().map(item).collect())
}

/// The tax rates where the shop is, when some offer has a margin floor that costs are compared for.
pub(super) fn home_rates(conn: &mut Conn, shop: &Shop, offers: &[Candidate]) -> Result<Option<Rates>> {
    let asked = offers.iter().any(|offer| offer.grant.is_some_and(|grant| grant.margin_floor.is_some()));
    asked.then(|| tax_rates::at(conn, &Place::country(&shop.country))).transpose()
}

/// What a unit of a variant costs the shop, as its price compares with it: with the tax of the shop's own country where prices hold tax.
pub(super) fn compared(cost: &catalog::Cost, rates: &Rates, included: bool) -> Option<i64> {
    let taxed = included && cost.taxable;
    cost.amount.map(|amount| if taxed { rates.of(&cost.tax_class).tax(amount, false).gross } else { amount })
}

/// The variants that some promotion gives away, as (what the engine asks, what an order line is made of).
pub(crate) type Gifts = BTreeMap<VariantId, (GiftStock, catalog::VariantForSale)>;

/// Gifts with the stock that is left beside the lines of the cart. What the store does not sell it does not give away either.
pub(crate) fn gifts(conn: &mut Conn, lines: &[LineQuote], offers: &[Candidate], sold: &Assortment, language: &str) -> Result<Gifts> {
    let given = |offer: &Candidate| if let Effect::Gift { variant, .. } = offer.rules.effect { Some(variant) } else { None };
    let mut ids: Vec<VariantId> = offers.iter().filter_map(given).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = catalog::for_sale(conn, sold, &ids, language)?;
    let gift = |variant: catalog::VariantForSale| {
        let in_cart: i64 = lines.iter().filter(|line| line.variant.id == variant.id).map(|line| line.quantity).sum();
        let stock = GiftStock {
            unit_price: variant.unit_price,
            // What is given away for nothing cannot be money, and is counted.
            for_sale: variant.for_sale && !variant.gift_card && variant.measure.per() == 1,
            free: variant.limit().map(|limit| limit - in_cart),
            requires_shipping: variant.requires_shipping,
        };
        (variant.id, (stock, variant))
    };
    Ok(found.into_iter().map(gift).collect())
}

/// The names of these promotions in `language`.
pub(crate) fn names(conn: &mut Conn, ids: &[PromotionId], language: &str) -> Result<Vec<(PromotionId, String)>> {
    let rows: Vec<Promotion> = promotions::table.filter(promotions::id.eq_any(ids)).select(Promotion::as_select()).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.id, row.rules.0.name(&row.name, language).to_string())).collect())
}
