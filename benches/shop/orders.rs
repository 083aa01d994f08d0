//! Placing an order (3 lines, stock, coupon, events, outbox) by 8 shoppers at once against the bare statements: the same inserts and
//! updates, prepared, with nothing read and nothing checked, in one write of the same `Db`.
//!
//! `cargo bench --bench shop -- orders` for SQLite; `tests/support/pg.sh cargo bench --bench shop -- orders` for PostgreSQL. Wrong when orders
//! are missing or the doctor finds something; a missed floor is only told.

mod bare;

use crate::goods;
use crate::support::{Dice, Spread, verdict};
use bare::{Plan, place_bare};
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use kernel::testing::TestDb;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;
use storefront::checkout::{Seen, Settlement};
use storefront::ids::{CartId, VariantId};

const SHOPPERS: usize = 8;
const ORDERS: usize = 200;
const ROUNDS: usize = 5;
const PRODUCTS: usize = 200;
const CODE: &str = "SPRING";
const FLOOR: f64 = 0.5;

/// A shop with goods and a coupon that neither run out, and how many carts were made in it.
struct Shop {
    db: TestDb,
    variants: Vec<VariantId>,
    coupon: i64,
    dice: Dice,
    carts: usize,
}

/// A cart that is ready to be placed.
struct Ready {
    cart: CartId,
    seen: Seen,
    email: String,
    lines: Vec<(VariantId, i64)>,
}

impl Shop {
    fn open() -> Shop {
        let db = goods::open();
        let variants = (0..PRODUCTS).map(|n| goods::product(&db, &format!("Mug {n}"), 1200 + n as i64, 1_000_000)).collect();
        let coupon = goods::coupon(&db, CODE, 1000, None, None).0;
        Shop { db, variants, coupon, dice: Dice::new(7), carts: 0 }
    }

    fn ready(&mut self, count: usize) -> Vec<Ready> {
        let wanted: Vec<(Vec<(VariantId, i64)>, String)> = (0..count)
            .map(|_| {
                self.carts += 1;
                let first = self.dice.roll(PRODUCTS as u64) as usize;
                let mut lines: Vec<_> = [0, 61, 127].map(|step| (self.variants[(first + step) % PRODUCTS], 1 + step as i64 % 2)).to_vec();
                lines.sort();
                (lines, format!("shopper{}@example.com", self.carts))
            })
            .collect();
        let db = &self.db;
        std::thread::scope(|scope| {
            let make = |(lines, email): &(Vec<(VariantId, i64)>, String)| {
                let (cart, seen) = goods::cart(db, lines, email, "bank_transfer", CODE);
                Ready { cart, seen, email: email.clone(), lines: lines.clone() }
            };
            let threads: Vec<_> = wanted
                .chunks(count.div_ceil(SHOPPERS))
                .map(|part| scope.spawn(move || part.iter().map(make).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        })
    }

    fn placed(&self) -> i64 {
        self.db.read_now(|conn| bare::count(conn, "SELECT count(*) FROM orders")).unwrap()
    }
}

/// Orders per second when each of the shoppers places their share, one after another.
fn rate(ready: &[Ready], place: impl Fn(&Ready) + Sync) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for part in ready.chunks(ready.len().div_ceil(SHOPPERS)) {
            let place = &place;
            scope.spawn(move || part.iter().for_each(place));
        }
    });
    ready.len() as f64 / begun.elapsed().as_secs_f64()
}

fn by_shop(shop: &Shop, ready: &Ready) {
    goods::place(&shop.db, ready.cart, ready.seen, Settlement::After).unwrap();
}

fn by_hand(shop: &Shop, ready: &Ready) {
    let plan = Plan {
        cart: ready.cart.0,
        email: ready.email.clone(),
        lines: ready.lines.iter().map(|(variant, quantity)| (variant.0, *quantity)).collect(),
        coupon: shop.coupon,
        code: CODE,
        now: goods::now(),
    };
    shop.db.write_now(move |conn| place_bare(conn, &plan)).unwrap();
}

pub fn run() -> bool {
    set_default_instrumentation(counter).unwrap();
    let of_shop = statements(by_shop);
    let of_bare = statements(by_hand);
    println!(
        "statements for one order: shop {} reads and {} writes, bare {} reads and {} writes",
        of_shop.0, of_shop.1, of_bare.0, of_bare.1
    );

    let (mut shop, mut hand) = (Shop::open(), Shop::open());
    let engine = if matches!(shop.db.target(), kernel::db::Target::File(_)) { "SQLite" } else { "PostgreSQL" };
    println!(
        "{engine}: {SHOPPERS} shoppers, {ROUNDS} rounds of {} orders each, bare and shop in turn; orders/s as min/median/max",
        SHOPPERS * ORDERS
    );
    let warm = (shop.ready(SHOPPERS * 20), hand.ready(SHOPPERS * 20));
    rate(&warm.0, |ready| by_shop(&shop, ready));
    rate(&warm.1, |ready| by_hand(&hand, ready));
    let (mut of_bare, mut of_shop, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (for_shop, for_hand) = (shop.ready(SHOPPERS * ORDERS), hand.ready(SHOPPERS * ORDERS));
        let one = rate(&for_hand, |ready| by_hand(&hand, ready));
        let other = rate(&for_shop, |ready| by_shop(&shop, ready));
        of_bare.push(one);
        of_shop.push(other);
        ratios.push(other / one);
    }
    let ratio = Spread::of(ratios);
    println!(
        "{engine}: bare {}  shop {}  ratio {} (floor {FLOOR}, {})",
        Spread::of(of_bare).show(0),
        Spread::of(of_shop).show(0),
        ratio.show(2),
        verdict(ratio.median >= FLOOR)
    );
    goods::assert_books(&shop.db);
    let expected = (SHOPPERS * (20 + ORDERS * ROUNDS)) as i64;
    if (shop.placed(), hand.placed()) != (expected, expected) {
        println!("{expected} orders were to be placed, but {} and {} were", shop.placed(), hand.placed());
        return false;
    }
    true
}

static COUNTING: AtomicBool = AtomicBool::new(false);
static READS: AtomicUsize = AtomicUsize::new(0);
static WRITES: AtomicUsize = AtomicUsize::new(0);

/// Watches connections opened while [`COUNTING`]; the measured ones are opened later and not watched.
fn counter() -> Option<Box<dyn Instrumentation>> {
    let watch = |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            if text.starts_with("SELECT") {
                READS.fetch_add(1, Ordering::Relaxed);
            } else if text.starts_with("INSERT") || text.starts_with("UPDATE") {
                WRITES.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    COUNTING.load(Ordering::Relaxed).then(|| Box::new(watch) as Box<dyn Instrumentation>)
}

/// (reads, writes) for one order of a new customer.
fn statements(place: fn(&Shop, &Ready)) -> (usize, usize) {
    COUNTING.store(true, Ordering::Relaxed);
    let mut shop = Shop::open();
    COUNTING.store(false, Ordering::Relaxed);
    let ready = shop.ready(1);
    READS.store(0, Ordering::Relaxed);
    WRITES.store(0, Ordering::Relaxed);
    place(&shop, &ready[0]);
    (READS.load(Ordering::Relaxed), WRITES.load(Ordering::Relaxed))
}
