//! From the database to what the engine is told.

use super::engine::{Candidate, GiftStock, Item, Shopper};
use super::grant::Decided;
use super::reason::Reason;
use super::rules::{Effect, Goods};
use super::{Promotion, State};
use crate::carts::LineQuote;
use crate::catalog::{self, Assortment, Nature};
use crate::ids::{ProductId, PromotionId, VariantId};
use crate::offers::{Decision, OfferRow};
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
    let key = match (customer, &email) {
        (_, Some(email)) => Some(email.key()),
        (Some(id), None) => Some(customers::get(conn, id)?.email.to_lowercase()),
        (None, None) => return Ok(Shopper::default()),
    };
    let known = match (customer, &email) {
        (None, Some(email)) => customers::find_by_email(conn, email)?.map(|customer| customer.id),
        _ => customer,
    };
    // Who is no customer yet has no orders.
    let Some(known) = known else { return Ok(Shopper { email: key, orders: Some(0), ..Shopper::default() }) };
    let signed_in = customer.is_some();
    let kept = Kept::of(conn, &loaded.offers, &[known], signed_in)?;
    let orders = kept.told(known, signed_in, &mut loaded.offers, now);
    let segments = segments::among(conn, known, &asked_about(&loaded.offers), now)?;
    let also = kept.addresses.get(&known).cloned().unwrap_or_default();
    Ok(Shopper { signed_in, email: key, also, orders, segments })
}

/// [`shopper`] of customers who are signed in, each with the promotions as they stand for them: asked of the database as one.
pub(super) fn shoppers(
    conn: &mut Conn,
    offers: &[Candidate],
    who: &[(CustomerId, String)],
    now: Time,
) -> Result<Vec<(Vec<Candidate>, Shopper)>> {
    if let [(customer, email)] = who {
        let mut loaded = Loaded { offers: offers.to_vec(), stray: Vec::new() };
        let one = shopper(conn, &mut loaded, Some(*customer), email, now)?;
        return Ok(vec![(loaded.offers, one)]);
    }
    let ids: Vec<CustomerId> = who.iter().map(|(id, _)| *id).collect();
    let kept = Kept::of(conn, offers, &ids, true)?;
    let mut found = Vec::with_capacity(who.len());
    for (id, email) in who {
        let mut own = offers.to_vec();
        let orders = kept.told(*id, true, &mut own, now);
        let also = kept.addresses.get(id).cloned().unwrap_or_default();
        found.push((own, Shopper { signed_in: true, email: Some(email.to_lowercase()), also, orders, segments: Vec::new() }));
    }
    let mut asked: Vec<SegmentId> = found.iter().flat_map(|(own, _)| asked_about(own)).collect();
    asked.sort_unstable();
    asked.dedup();
    let within = segments::among_these(conn, &ids, &asked, now)?;
    for (id, (_, one)) in ids.iter().zip(&mut found) {
        one.segments = asked.iter().copied().filter(|segment| within.contains(&(*id, *segment))).collect();
    }
    Ok(found)
}

/// What is kept of some customers that these promotions ask about.
struct Kept {
    uses: Vec<(CustomerId, PromotionId, i64)>,
    /// `None` when no promotion asks.
    orders: Option<HashMap<CustomerId, i64>>,
    /// The keys of all addresses of each, when a promotion is for people by name.
    addresses: HashMap<CustomerId, Vec<String>>,
    decided: Vec<Decision>,
}

impl Kept {
    /// Of whoever is not signed in, what is told to nobody else is not asked: other addresses and offers.
    fn of(conn: &mut Conn, offers: &[Candidate], customers: &[CustomerId], signed_in: bool) -> Result<Kept> {
        let counts = |offer: &&Candidate| offer.max_uses_per_customer.is_some() || offer.rules.conditions.first_order;
        let counted: Vec<PromotionId> = offers.iter().filter(counts).map(|offer| offer.id).collect();
        let asks = offers.iter().any(|offer| offer.rules.conditions.first_order);
        let orders = match customers {
            _ if !asks => None,
            [customer] => Some(HashMap::from([(*customer, purchases::count(conn, *customer)?)])),
            _ => Some(purchases::counts(conn, customers)?),
        };
        let mut kept = Kept { uses: uses_of(conn, customers, &counted)?, orders, addresses: HashMap::new(), decided: Vec::new() };
        if !signed_in {
            return Ok(kept);
        }
        if offers.iter().any(|offer| !offer.rules.conditions.customers.is_empty()) {
            for customer in customers {
                let own = identities::emails(conn, *customer)?;
                kept.addresses.insert(*customer, own.iter().map(|email| email.to_lowercase()).collect());
            }
        }
        if offers.iter().any(|offer| offer.grant.is_some()) {
            kept.decided = crate::offers::decided(conn, customers)?;
        }
        Ok(kept)
    }

    /// Tells the promotions how they stand with one of them, and answers how often they ordered, where that is asked.
    fn told(&self, customer: CustomerId, signed_in: bool, offers: &mut [Candidate], now: Time) -> Option<i64> {
        for offer in offers.iter_mut() {
            let theirs = |(id, promotion, _): &&(CustomerId, PromotionId, i64)| *id == customer && *promotion == offer.id;
            offer.used_by_customer = self.uses.iter().find(theirs).map_or(0, |(.., uses)| *uses);
        }
        if signed_in {
            crate::offers::take_over(&self.decided, customer, offers, now);
        }
        self.orders.as_ref().map(|orders| orders.get(&customer).copied().unwrap_or(0))
    }
}

/// The segments that decide about some promotion still: what was decided of an offer stands, whoever left its segment since.
fn asked_about(offers: &[Candidate]) -> Vec<SegmentId> {
    let open = offers.iter().filter(|offer| offer.grant.is_none_or(|grant| grant.decided == Decided::NotYet));
    let mut ids: Vec<SegmentId> = open.filter_map(|offer| offer.rules.conditions.segment).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// How often customers used these promotions. On SQLite a few are asked for one by one: such a query is prepared once, a list each time.
fn uses_of(conn: &mut Conn, customers: &[CustomerId], counted: &[PromotionId]) -> Result<Vec<(CustomerId, PromotionId, i64)>> {
    let columns = (balances::customer_id, balances::promotion_id, balances::uses);
    match (&mut *conn, customers) {
        (_, _) if counted.is_empty() => Ok(Vec::new()),
        (Conn::Sqlite(c), [customer]) if counted.len() <= FEW => {
            let own = balances::table.filter(balances::customer_id.eq(*customer)).select(columns);
            let mut uses = Vec::new();
            for id in counted {
                let found: Option<(CustomerId, PromotionId, i64)> = own.filter(balances::promotion_id.eq(*id)).first(c).optional()?;
                uses.extend(found);
            }
            Ok(uses)
        }
        _ => {
            let theirs = balances::table.filter(balances::customer_id.eq_any(customers.to_vec()));
            let query = theirs.filter(balances::promotion_id.eq_any(counted.to_vec())).select(columns);
            Ok(on_each!(conn, c => query.load(c))?)
        }
    }
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
