//! Pages of the shop against bare actix-web that serves the same bytes from memory, in one process, driven in turn.
//!
//! `cargo bench --bench shop -- pages` for SQLite; `tests/support/pg.sh cargo bench --bench shop -- pages` for PostgreSQL. Wrong when an answer is wrong; a missed floor is only told.

use crate::scale::whole::address;
use crate::support::client::{Client, drive, get};
use crate::support::serving::{serve, stop};
use crate::support::{Spread, verdict};
use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, HttpServer, web};
use crm::rules::Rule;
use crm::segments::{self, Wish};
use kernel::Db;
use kernel::clock::Clock;
use kernel::config::Config;
use kernel::db::Target;
use kernel::money::Currency;
use regulars::app;
use regulars::state::AppState;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use storefront::catalog::{self, CategoryChange, Saving};
use storefront::ids::{CategoryId, VariantId};
use storefront::promotions::{self, Conditions, Cut, Effect, Goods, Rules, State, Terms};
use storefront::shop::Shop;
use storefront::{carts, logins, offers, search_index};
use tracing_subscriber::EnvFilter;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 8;
const CATEGORY: &str = "everything";
const OFFER: &str = "A tenth off for you";

#[derive(Clone)]
struct Case {
    name: &'static str,
    path: String,
    cookie: String,
    floor: f64,
}

pub fn run() -> bool {
    let folder = std::env::temp_dir().join(format!("regulars_bench_pages_{}", std::process::id()));
    let right = measure(&folder);
    let _ = std::fs::remove_dir_all(&folder);
    right
}

fn measure(folder: &std::path::Path) -> bool {
    let own = kernel::testing::db();
    println!("{}", if matches!(own.target(), Target::File(_)) { "SQLite" } else { "PostgreSQL" });
    let vars = [
        ("REGULARS_DATA_DIR", folder.display().to_string()),
        ("DATABASE_URL", address(&own)),
        ("REGULARS_BASE_URL", "http://shop.test".to_string()),
    ];
    let config = Config::read(None, vars.map(|(name, value)| (name.to_string(), value))).unwrap();
    // The log as it is by default, into nothing: its lines are written, only no disk is waited for.
    let filter = EnvFilter::builder().parse_lossy(&config.log.filter);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::sink).init();
    let state = AppState::open(config, Clock::default()).unwrap();
    let stocked = stock(&state.db);
    search_index::reindex(&state.db, state.door.search.as_ref(), &mut |_| ()).unwrap();
    let cases = cases(&state, &stocked);

    let db = state.db.clone();
    let (shop, shop_handle) = serve(move |listener| app::server(state, listener).unwrap());
    println!(
        "{CONNECTIONS} connections, {ROUNDS} rounds of {} s each, bare and shop in turn; requests/s as min/median/max",
        ROUND.as_secs()
    );
    let mut right = true;
    for case in &cases {
        right &= compare(case, shop);
    }
    // What a customer pays now depends on who it is, which is found out at each request.
    let welcome = db.write_now(move |conn| promotions::create(conn, first_order(), Clock::default().now())).unwrap();
    right &= signed_in(&cases, shop, ["category, first order off", "product, first order off", "product, viewed, first order off"]);
    // Or on an offer for a few, which is shown above the list, too.
    db.write_now(move |conn| promotions::set_state(conn, welcome, State::Paused, Clock::default().now())).unwrap();
    offer(&db);
    right &= signed_in(&cases, shop, ["category, own offer", "product, own offer", "product, viewed, own offer"]);
    stop(shop_handle);
    right
}

/// The cases of somebody who is signed in, once more under other names.
fn signed_in(cases: &[Case], shop: SocketAddr, names: [&'static str; 3]) -> bool {
    std::thread::sleep(ROUND);
    let known = cases.iter().filter(|case| case.name.ends_with("signed in"));
    known.zip(names).fold(true, |right, (case, name)| compare(&Case { name, ..case.clone() }, shop) && right)
}

/// A tenth off for those whose language is English, as the customer of the cases is.
fn offer(db: &Db) {
    let now = Clock::default().now();
    let wish = Wish { name: "English".into(), note: String::new(), rule: Rule::Language(vec!["en".into()]) };
    let members = db.write_now(move |conn| segments::create(conn, &wish, now)).unwrap();
    segments::build_all(db, &Clock::default()).unwrap();
    let why = BTreeMap::from([("en".to_string(), "Because we share a language".to_string())]);
    let conditions = Conditions { segment: Some(members), ..Conditions::default() };
    let effect = Effect::Reduce { cut: Cut::Percentage(1000), on: Goods::default() };
    let terms = offers::Terms { why, control_bp: 0, ..offers::Terms::default() };
    let rules = Rules { conditions, effect, ..Rules::default() };
    let terms = Terms { offer: Some(terms), max_uses_per_customer: Some(1), ..Terms::automatic(OFFER, rules, Currency::EUR) };
    db.write_now(move |conn| promotions::create(conn, terms.clone(), now)).unwrap();
}

/// A reduction for customers who never ordered, which the customer of the cases is.
fn first_order() -> Terms {
    let conditions = Conditions { first_order: true, ..Conditions::default() };
    let effect = Effect::Reduce { cut: Cut::Percentage(1000), on: Goods::default() };
    Terms::automatic("Welcome", Rules { conditions, effect, ..Rules::default() }, Currency::EUR)
}

struct Stocked {
    category: CategoryId,
    slug: String,
    variants: Vec<VariantId>,
}

/// The demo, and each of its products twice more in a category of its own.
fn stock(db: &Db) -> Stocked {
    let now = Clock::default().now();
    storefront::demo::load(db, now, &mut |_, _| ()).unwrap();
    db.write_now(move |conn| {
        let change = CategoryChange {
            id: None,
            parent_id: None,
            slug: CATEGORY.into(),
            name: "Everything".into(),
            description: "All there is.".into(),
            picture_hash: None,
            position: 99,
        };
        let category = catalog::save_category(conn, &change, now)?;
        let ids = catalog::listing(conn, None, None, 1000)?;
        let saving = Saving { currency: Currency::EUR, actor: "bench", base: None, now };
        let products = catalog::products(conn, &ids, Currency::EUR)?;
        for copy in 1..=2 {
            for product in &products {
                let mut product = product.clone();
                product.id = None;
                product.slug = format!("{}-copy-{copy}", product.slug);
                product.categories = vec![category];
                for variant in &mut product.variants {
                    (variant.id, variant.sku, variant.count) = (None, None, Some(100));
                }
                catalog::save_product(conn, &product, &saving)?;
            }
        }
        let ids = catalog::listing(conn, Some(category), None, 1000)?;
        let stored = catalog::products(conn, &ids, Currency::EUR)?;
        let variants = stored.iter().filter_map(|product| product.variants.first()?.id).collect();
        Ok(Stocked { category, slug: stored[0].slug.clone(), variants })
    })
    .unwrap()
}

fn cases(state: &AppState, stocked: &Stocked) -> Vec<Case> {
    let now = Clock::default().now();
    let (visitor, session) = ("bench-visitor-with-a-cart".to_string(), "bench-session-of-a-customer".to_string());
    let (token, signed_in) = (visitor.clone(), session.clone());
    let variants: Vec<VariantId> = stocked.variants.iter().copied().take(3).collect();
    let category = stocked.category;
    state
        .db
        .write_now(move |conn| {
            let cart = carts::create(conn, Some(&token), &Shop::default(), "en", now)?;
            for variant in &variants {
                carts::add(conn, cart, *variant, 1, now)?;
            }
            let new = crm::customers::NewCustomer {
                email: crm::email::Email::parse("ann@example.com", "email")?,
                name: "Ann Ash".into(),
                phone: String::new(),
                language: "en".into(),
            };
            let customer = crm::customers::ensure(conn, &new, now)?;
            logins::open_session(conn, customer, &signed_in, "bench", now)
        })
        .unwrap();
    let shown = state.db.read_now(move |conn| catalog::listing(conn, Some(category), None, 1000)).unwrap();
    println!("category page: {} products in the category, a page of them shown", shown.len());
    let viewed: Vec<String> = shown.iter().take(6).map(ToString::to_string).collect();
    let (category, product) = (format!("/categories/{CATEGORY}"), format!("/products/{}", stocked.slug));
    let cart = format!("visitor={visitor}");
    let known = format!("visitor={visitor}; session={session}");
    let case = |name, path: &str, cookie: &str, floor| Case { name, path: path.to_string(), cookie: cookie.to_string(), floor };
    vec![
        case("category, anonymous", &category, "", 0.5),
        case("product, anonymous", &product, "", 0.5),
        case("category, cookie and cart", &category, &cart, 0.25),
        case("product, cookie and cart", &product, &cart, 0.25),
        case("product, cart, viewed others", &product, &format!("{cart}; viewed={}", viewed.join(".")), 0.25),
        case("category, signed in", &category, &known, 0.25),
        case("product, signed in", &product, &known, 0.25),
        case("product, viewed others, signed in", &product, &format!("{known}; viewed={}", viewed.join(".")), 0.25),
    ]
}

/// Drives bare actix-web and the shop in turn. `false` when an answer was wrong.
fn compare(case: &Case, shop: SocketAddr) -> bool {
    let mut client = Client::connect(shop).unwrap();
    let answer = client.ask(&get(&case.path, &case.cookie)).unwrap();
    if answer.status != 200 {
        println!("{}: {} answers {}", case.name, case.path, answer.status);
        return false;
    }
    let request = vec![get(&case.path, &with_units(&case.cookie, answer.head))];
    let body = Bytes::copy_from_slice(answer.body);
    let bytes = body.len();
    let (bare, bare_handle) = serve(move |listener| {
        let server = HttpServer::new(move || {
            let body = body.clone();
            let answer = move || {
                let body = body.clone();
                async move { HttpResponse::Ok().content_type("text/html; charset=utf-8").body(body) }
            };
            App::new().default_service(web::to(answer))
        });
        server.listen(listener).unwrap().disable_signals().run()
    });
    // A little shorter is right too: the visitor's own values differ in length.
    let least = bytes - bytes / 20;
    drive(bare, &request, CONNECTIONS, ROUND / 4, bytes);
    drive(shop, &request, CONNECTIONS, ROUND / 4, least);
    let (mut of_bare, mut of_shop, mut ratios, mut wrong) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let one = drive(bare, &request, CONNECTIONS, ROUND, bytes);
        let other = drive(shop, &request, CONNECTIONS, ROUND, least);
        wrong += one.wrong + other.wrong;
        of_bare.push(one.per_second);
        of_shop.push(other.per_second);
        ratios.push(other.per_second / one.per_second);
    }
    stop(bare_handle);
    let ratio = Spread::of(ratios);
    println!(
        "{:<33} {:>6} bytes  bare {}  shop {}  ratio {} (floor {}, {})",
        case.name,
        bytes,
        Spread::of(of_bare).show(0),
        Spread::of(of_shop).show(0),
        ratio.show(2),
        case.floor,
        verdict(ratio.median >= case.floor)
    );
    if wrong > 0 {
        println!("{}: {wrong} answers were wrong", case.name);
    }
    wrong == 0
}

/// The cookies of a browser that keeps what the shop lets it remember for a minute: how many units lie in the cart.
fn with_units(cookie: &str, head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let units =
        head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next()).find(|pair| pair.starts_with("units="));
    units.map_or(cookie.to_string(), |units| format!("{cookie}; {units}"))
}
