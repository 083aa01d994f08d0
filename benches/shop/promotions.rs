//! A cart of 100 lines with 50 live promotions of every kind, priced as the cart page does it: everything read from the database, the
//! promotions decided, delivery and tax figured.
//!
//! `cargo bench --bench shop -- promotions` for SQLite; under `tests/support/pg.sh` for PostgreSQL. Wrong when two pricings differ or a
//! promotion is not told of; a missed floor is only told.

use crate::goods::{self, EUR};
use crate::support::{Spread, verdict};
use std::time::Instant;
use storefront::carts;
use storefront::checkout::Settlement;
use storefront::ids::VariantId;
use storefront::promotions::{Cut, Effect, Goods, ItemsCondition, Measure, Rules, Terms, Tier};

const LINES: usize = 100;
const PROMOTIONS: usize = 50;
const ROUNDS: usize = 100;
/// Milliseconds.
const FLOOR: f64 = 20.0;

/// The `n`th promotion: every kind of effect in turn, some for everything, some for variants, brands and tags, in nine groups.
fn terms(n: usize, variants: &[VariantId]) -> Terms {
    let some = |of: usize| Goods { variants: variants.iter().copied().skip(n).step_by(of).collect(), ..Goods::default() };
    let on = match n % 4 {
        0 => Goods::default(),
        1 => some(3),
        2 => Goods { brands: vec!["Ash".into()], tags: vec!["sale".into()], ..some(5) },
        _ => some(2),
    };
    let effect = match n % 7 {
        0 => Effect::Reduce { cut: Cut::Percentage(300 + n as i64), on },
        1 => Effect::Reduce { cut: Cut::Amount(500 + n as i64), on },
        2 => Effect::Reduce { cut: Cut::AmountEach(10), on },
        3 => Effect::BuyGet { buy: 2, of: on.clone(), get: 1, on, percent: 5000, times: 0 },
        4 => Effect::Tiered {
            by: Measure::Quantity,
            tiers: (1..6).map(|step| Tier { from: step * 10, cut: Cut::Percentage(step * 100) }).collect(),
            on,
        },
        5 => Effect::FreeShipping,
        _ => Effect::Gift { variant: variants[n], quantity: 1 },
    };
    let mut rules = Rules { effect, ..Rules::default() };
    rules.conditions.amount = 100 * n as i64;
    rules.conditions.items = n.is_multiple_of(3).then(|| ItemsCondition { goods: some(4), quantity: 2, amount: 0 });
    rules.conditions.first_order = n % 10 == 9;
    let mut terms = Terms::automatic(&format!("Promotion {n}"), rules, EUR);
    terms.stacking = (n % 9) as i64 + 1;
    terms.exclusive = n % 17 == 16;
    terms.max_uses_per_customer = n.is_multiple_of(5).then_some(3);
    terms
}

pub fn run() -> bool {
    let db = goods::open();
    let variants: Vec<VariantId> = (0..LINES).map(|n| goods::product(&db, &format!("Mug {n}"), 700 + 13 * n as i64, 100_000)).collect();
    for n in 0..PROMOTIONS {
        goods::promotion(&db, terms(n, &variants));
    }
    let lines: Vec<_> = variants.iter().enumerate().map(|(n, variant)| (*variant, 1 + n as i64 % 4)).collect();
    // Somebody who ordered before, so that uses per customer are read as well.
    let (before, seen) = goods::cart(&db, &lines[..1], "ann@example.com", "bank_transfer", "");
    goods::place(&db, before, seen, Settlement::After).unwrap();
    let (cart, _) = goods::cart(&db, &lines, "ann@example.com", "bank_transfer", "");
    let priced = || db.read_now(|conn| carts::quote(conn, cart, goods::now())).unwrap();
    let first = priced();
    let told = first.decision.applied.len() + first.decision.rejected.len();
    let mut right = told == PROMOTIONS && first.priced.discount > 0;
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let quote = priced();
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
        right &= quote.priced == first.priced;
    }
    let engine = if matches!(db.target(), kernel::db::Target::File(_)) { "SQLite" } else { "PostgreSQL" };
    let spread = Spread::of(took);
    println!(
        "{engine}: {LINES} lines, {PROMOTIONS} promotions, {} of them used: {} ms min/median/max (floor {FLOOR} ms, {})",
        first.decision.applied.len(),
        spread.show(2),
        verdict(spread.median <= FLOOR)
    );
    right
}
