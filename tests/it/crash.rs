//! The process is killed under load, at random, again and again. Nothing that was promised may be lost, sold twice or charged twice.

mod given_back;
mod imports;
mod sending;
mod visitors;

use crate::support::goods;
use chrono::TimeDelta;
use kernel::Db;
use kernel::clock::Clock;
use kernel::config::Config;
use kernel::db::{Limits, Target};
use kernel::testing::TestDb;
use regulars::state::AppState;
use regulars::worker::{SHOP, Worker};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use storefront::ids::VariantId;
use storefront::orders::{self, OrderRow, OrderStatus, PaymentStatus};
use storefront::payments::{self, Payment, PaymentState, WishState};
use storefront::{refunds, stock};
use stripe_double::Double;
use visitors::{Told, VISITOR, hush_visitors, to_review, visit};

const ROUNDS: usize = 12;
const VISITORS: usize = 6;
/// Units of the product that each round runs out of.
const SCARCE: i64 = 4;
const PLENTY: i64 = 10_000;

#[test]
fn nothing_is_lost_sold_twice_or_charged_twice_when_the_process_is_killed() {
    hush_visitors();
    let shop = Shop::seed();
    let told = Told::default();
    let mut unanswered = Vec::new();
    let mut repeated = 0;
    for round in 0..ROUNDS {
        if round % 2 == 1 {
            shop.back_office();
        }
        let mut process = shop.start();
        shop.stripe.deliver_pending();
        let killed = AtomicBool::new(false);
        unanswered = std::thread::scope(|scope| {
            let visitors: Vec<_> = (0..VISITORS)
                .map(|_| {
                    let (shop, told, killed, again) = (&shop, &told, &killed, unanswered.pop());
                    let thread = std::thread::Builder::new().name(VISITOR.into());
                    thread.spawn_scoped(scope, move || visit(shop, told, killed, round, again)).unwrap()
                })
                .collect();
            std::thread::sleep(Duration::from_millis(250 + chance(1200)));
            killed.store(true, Ordering::SeqCst);
            // SIGKILL: no handler, no destructor, no flush.
            process.kill().unwrap();
            process.wait().unwrap();
            visitors.into_iter().filter_map(|visitor| visitor.join().unwrap()).collect()
        });
        repeated += unanswered.len();
        assert_eq!(*told.faults.lock(), [""; 0], "while the process was alive, round {round}:\n{}", shop.log());
    }
    // Whoever got no answer presses the button again, and somebody new buys: the shop sells as before.
    let mut process = shop.start();
    shop.stripe.deliver_pending();
    for again in unanswered {
        again.press(&told);
    }
    for method in ["bank_transfer", "stripe"] {
        let placing = to_review(&shop, "pot", method).expect("there are pots left");
        assert!(placing.press(&told), "the shop sells after all");
    }
    assert!(terminate(&mut process).success(), "{}", shop.log());

    shop.drain();
    shop.examine(&told);
    println!("{} orders shown, {repeated} times without an answer", told.placed.lock().len());
    assert!(repeated > 0, "nobody was cut off while placing an order");
}

/// Everything that outlives the process: its data, its address and the payment provider.
struct Shop {
    target: Target,
    folder: PathBuf,
    base: String,
    stripe: Double,
    scarce: Vec<VariantId>,
    pot: VariantId,
    /// Keeps a PostgreSQL database; a SQLite file is copied and belongs to the process alone.
    _database: Option<TestDb>,
}

impl Shop {
    fn seed() -> Shop {
        let db = goods::open();
        let scarce = (0..ROUNDS).map(|round| goods::product(&db, &format!("Mug{round}"), 1200, SCARCE)).collect();
        let pot = goods::product(&db, "Pot", 4500, PLENTY);
        let folder = std::env::temp_dir().join(format!("regulars_crash_{}", kernel::token::random()));
        std::fs::create_dir_all(&folder).unwrap();
        let (target, database) = match db.target().clone() {
            Target::File(path) => {
                // With its log, so that nothing is missing, and so that the process finds a log to recover each time it starts.
                let copy = folder.join("shop.sqlite");
                for end in ["", "-wal"] {
                    let of = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
                    if of(&path).exists() {
                        std::fs::copy(of(&path), of(&copy)).unwrap();
                    }
                }
                (Target::File(copy), None)
            }
            postgres => (postgres, Some(db)),
        };
        let base = format!("http://127.0.0.1:{}", free_port());
        let stripe = Double::start();
        stripe.webhooks_to(&format!("{base}/webhooks/stripe"));
        Shop { target, folder, base, stripe, scarce, pot, _database: database }
    }

    fn settings(&self) -> Vec<(String, String)> {
        let url = match &self.target {
            Target::File(path) => format!("sqlite://{}", path.display()),
            Target::Postgres(url) => url.clone(),
        };
        let pairs = [
            ("REGULARS_LISTEN", self.base.trim_start_matches("http://").to_string()),
            ("REGULARS_BASE_URL", self.base.clone()),
            ("REGULARS_DATA_DIR", self.folder.display().to_string()),
            ("DATABASE_URL", url),
            ("REGULARS_LOG", "warn".into()),
            // Every visitor comes from the same address.
            ("REGULARS_LIMITS_CHECKOUT_PER_MINUTE", "100000".into()),
            ("REGULARS_LIMITS_SEARCH_PER_MINUTE", "100000".into()),
            ("REGULARS_STRIPE_SECRET_KEY", self.stripe.secret_key().into()),
            ("REGULARS_STRIPE_WEBHOOK_SECRET", self.stripe.webhook_secret().into()),
            ("REGULARS_STRIPE_API_BASE", self.stripe.base_url()),
        ];
        pairs.map(|(name, value)| (name.to_string(), value)).to_vec()
    }

    /// Starts the real binary and waits until it serves.
    fn start(&self) -> Child {
        self.start_with(&[])
    }

    /// [`Shop::start`] with more settings.
    fn start_with(&self, more: &[(String, String)]) -> Child {
        let mut process = self.spawn(more);
        let since = Instant::now();
        while !ureq::get(format!("{}/readyz", self.base)).call().is_ok_and(|answer| answer.status() == 200) {
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none() && since.elapsed() < Duration::from_secs(30), "it does not start ({ended:?}):\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        process
    }

    /// Starts the real binary and waits for nothing.
    fn spawn(&self, more: &[(String, String)]) -> Child {
        let log = File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
        Command::new(env!("CARGO_BIN_EXE_regulars"))
            .arg("serve")
            .current_dir(&self.folder)
            .envs(self.settings())
            .envs(more.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn open(&self) -> Db {
        Db::open(self.target.clone(), Limits::default()).unwrap()
    }

    /// What staff do meanwhile: money that is held is to be taken, and some that was taken goes back. The process that starts next
    /// finds these wishes and may be killed while it fulfils them.
    fn back_office(&self) {
        let db = self.open();
        let now = goods::now();
        for row in all_orders(&db) {
            for payment in payments_of(&db, &row) {
                if payment.state == PaymentState::Authorised {
                    db.write_now(move |conn| match payments::capturable(conn, &payment)? {
                        0 => Ok(()),
                        amount => payments::request_capture(conn, payment.id, amount, "test", now),
                    })
                    .unwrap();
                } else if payment.provider == "stripe" && payment.captured > 0 && payment.refunded == 0 && row.id.0 % 2 == 0 {
                    db.write_now(move |conn| {
                        let line = orders::lines(conn, row.id)?.remove(0);
                        let wanted = refunds::RequestLine { line: line.id, quantity: 1, restock: false };
                        let request = refunds::Request { lines: vec![wanted], shipping: 0, reason: "broken".into(), ..Default::default() };
                        refunds::request(conn, row.id, &request, line.total, "test", now)
                    })
                    .unwrap();
                }
            }
        }
    }

    /// Runs all that is left, in this process and with the clock a little ahead: leases of the killed run out, what failed is tried
    /// again, and payments nobody has heard of are asked about.
    fn drain(&self) {
        let state = AppState::open(Config::read(None, self.settings()).unwrap(), Clock::default()).unwrap();
        let worker = Worker::new(state.clone(), &SHOP);
        for minutes in [0, 3, 12, 2] {
            state.clock.advance(TimeDelta::minutes(minutes));
            worker.run_due().unwrap();
        }
        let now = state.clock.now();
        let left = state.db.read_now(|conn| Ok((kernel::events::backlog(conn)?, kernel::jobs::any_due(conn, now)?))).unwrap();
        assert_eq!(left, (0, false));
        let jobs = state.db.read_now(|conn| kernel::jobs::list(conn, None, None, 1000)).unwrap();
        let unfinished: Vec<_> = jobs.iter().filter(|job| job.attempts > 0).collect();
        assert!(unfinished.is_empty(), "{unfinished:?}");
    }

    fn examine(&self, told: &Told) {
        let db = self.open();
        goods::assert_books(&db);
        let all = all_orders(&db);
        let rows: BTreeMap<&str, &OrderRow> = all.iter().map(|row| (row.number.as_str(), row)).collect();

        let (placed, paid) = (told.placed.lock(), told.paid.lock());
        for number in placed.iter() {
            assert!(rows.contains_key(number.as_str()), "{number} was shown to its buyer and is gone");
        }
        for number in paid.iter() {
            let status = rows[number.as_str()].status;
            assert!(matches!(status, OrderStatus::Confirmed | OrderStatus::Completed), "{number} was paid and is {status:?}");
        }
        let buyers: BTreeSet<&str> = all.iter().map(|row| row.email.as_str()).collect();
        assert_eq!(buyers.len(), all.len(), "somebody who pressed the button twice has two orders");
        assert!(placed.len() >= ROUNDS && paid.len() >= ROUNDS / 4, "too little was bought to prove anything: {told:?}");

        self.examine_stock(&db, &all);
        self.examine_mails(&db, &all);
        self.examine_money(&db, &all);
    }

    fn examine_stock(&self, db: &Db, all: &[OrderRow]) {
        let mut promised: BTreeMap<VariantId, i64> = BTreeMap::new();
        for row in all.iter().filter(|row| row.status != OrderStatus::Cancelled) {
            let id = row.id;
            for line in db.read_now(move |conn| orders::lines(conn, id)).unwrap() {
                *promised.entry(line.variant_id.unwrap()).or_default() += line.open();
            }
        }
        let had = self.scarce.iter().map(|mug| (*mug, SCARCE)).chain([(self.pot, PLENTY)]);
        for (variant, had) in had {
            let level = db.read_now(move |conn| stock::level(conn, variant)).unwrap();
            let promised = promised.get(&variant).copied().unwrap_or(0);
            assert_eq!((level.on_hand, level.held + level.allocated), (had, promised), "{variant}");
            assert!(promised <= had, "{promised} of {had} units were sold");
        }
    }

    fn examine_mails(&self, db: &Db, all: &[OrderRow]) {
        let mails = db.read_now(|conn| kernel::mail::list(conn, None, None, 100_000)).unwrap();
        let unsent: Vec<_> = mails.iter().filter(|mail| mail.state != "sent").collect();
        assert!(unsent.is_empty(), "{unsent:?}");
        for mail in &mails {
            let file = self.folder.join("mail").join(format!("{:08}-{}.eml", mail.id, mail.template));
            let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert!(text.contains(&mail.message_id) && text.contains(&mail.recipient), "{}", file.display());
        }
        for row in all {
            let own = mails.iter().filter(|mail| mail.template == "order_confirmation" && mail.recipient == row.email).count();
            assert_eq!(own, usize::from(row.status != OrderStatus::Pending), "confirmations of {} ({:?})", row.number, row.status);
        }
    }

    /// Stripe's books against ours.
    fn examine_money(&self, db: &Db, all: &[OrderRow]) {
        let (mut captured, mut refunded) = (0, 0);
        for row in all {
            let mut charged = 0;
            for payment in payments_of(db, row).iter().filter(|payment| payment.provider == "stripe") {
                let opened: Vec<_> = self.stripe.session_of(&payment.key).into_iter().collect();
                let charges: Vec<_> = opened.iter().flat_map(|session| self.stripe.charges_of(session)).collect();
                let back: i64 = opened.iter().flat_map(|session| self.stripe.refunds_of(session)).map(|refund| refund.amount).sum();
                charged += charges.len();
                let taken: i64 = charges.iter().map(|charge| charge.captured).sum();
                assert_eq!((taken, back), (payment.captured, payment.refunded), "{} {payment:?}", row.number);
                assert!(charges.is_empty() || payment.state != PaymentState::Open, "{} was paid and nobody noticed", row.number);
                let (id, order) = (payment.id, row.id);
                let (captures, refunds) =
                    db.read_now(move |conn| Ok((payments::captures_of(conn, id)?, refunds::of_order(conn, order)?))).unwrap();
                assert!(captures.iter().all(|wish| wish.state == WishState::Settled), "{captures:?}");
                assert!(refunds.iter().all(|wish| wish.state == WishState::Settled), "{refunds:?}");
                captured += taken;
                refunded += back;
            }
            assert!(charged <= 1, "{} was charged {charged} times", row.number);
            assert!(row.payment_status != PaymentStatus::Voided, "{}", row.number);
        }
        let total = |sums: BTreeMap<String, i64>| sums.get("EUR").copied().unwrap_or(0);
        assert_eq!((total(self.stripe.captured_total()), total(self.stripe.refunded_total())), (captured, refunded));
        assert!(captured > 0 && refunded > 0, "nothing was captured or nothing given back: {captured} {refunded}");
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn all_orders(db: &Db) -> Vec<OrderRow> {
    db.read_now(|conn| orders::list(conn, &Default::default(), 100_000)).unwrap()
}

fn payments_of(db: &Db, row: &OrderRow) -> Vec<Payment> {
    let id = row.id;
    db.read_now(move |conn| payments::of_order(conn, id)).unwrap()
}

/// A port that is free, outside the range from which the system serves itself: it is the shop's while the shop is dead, too.
fn free_port() -> u16 {
    (0..100)
        .map(|_| 10_000 + u16::try_from(chance(9_000)).unwrap())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a port is free")
}

/// A number below `limit` that differs from run to run.
fn chance(limit: u64) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) % limit
}

/// Asks the process to end, and waits.
fn terminate(process: &mut Child) -> ExitStatus {
    assert!(Command::new("kill").arg(process.id().to_string()).status().unwrap().success());
    process.wait().unwrap()
}
