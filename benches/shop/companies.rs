//! The pages of companies with 10,000 of them, 1,000,000 orders of which nine of ten are a company's and 20,000 the largest one's, all of those
//! open on account, and 5,000,000 prices in price lists: asked over HTTP, by staff and by members.
//!
//! `cargo bench --bench shop -- companies` for SQLite; under `tests/support/pg.sh` for PostgreSQL. `REGULARS_COMPANIES=100` asks for fewer, with as
//! many orders (a hundred each) and prices (five hundred each) fewer. Wrong when a page does not answer or does not show what it should; a missed
//! floor is only told.

use crate::desk::{asked_with, told};
use crate::goods;
use crate::scale::whole::{TOKEN, open};
use crate::scale::{analysed, grow, insert};
use crate::support::client::Client;
use crate::support::serving::{serve, stop};
use crate::support::{Dice, millis};
use chrono::{NaiveDate, TimeDelta};
use crm::{CustomerId, MemberId};
use diesel::connection::SimpleConnection;
use kernel::clock::Clock;
use kernel::db::Target;
use kernel::{Db, on_each};
use regulars::app;
use storefront::{buying, logins};

const COMPANIES: i64 = 10_000;
const ORDERS_EACH: i64 = 100;
const PRICES_EACH: i64 = 500;
const LISTS: i64 = 100;
/// Prices by quantity of a variant in a list.
const BREAKS: i64 = 5;
/// One order of so many is the largest company's.
const LARGEST: i64 = 50;
const PAGES: usize = 60;
/// Milliseconds.
const FLOOR: f64 = 200.0;
const TIME: &str = "'2026-01-02 03:04:05'";
/// The sessions of members: of the largest company's administrator, and of somebody who sees only what they ordered.
const ADMINISTRATOR: &str = "bench-session-of-administrator";
const BUYER: &str = "bench-session-of-buyer";
/// The company that the latter buys for.
const BUYERS_COMPANY: i64 = 3;

/// How many there are of each.
#[derive(Clone, Copy)]
struct Size {
    companies: i64,
    orders: i64,
    prices: i64,
}

impl Size {
    /// Variants of a price list.
    fn variants(self) -> i64 {
        self.prices / LISTS / BREAKS
    }

    fn any(self, dice: &mut Dice) -> i64 {
        1 + dice.roll(self.companies.unsigned_abs()).cast_signed()
    }

    /// A day in the middle of those on which something of today's overdue was due.
    fn middle_day(self) -> NaiveDate {
        // The first orders were due then, and there are 96 a day.
        let first = NaiveDate::from_ymd_opt(2020, 1, 31).unwrap();
        let past = (Clock::default().now().date() - first).num_days();
        first + TimeDelta::days(past.min(self.orders / 96) / 2)
    }
}

/// A page: its name, whose cookie asks for it, and its address with a part that it shows.
struct Case {
    name: &'static str,
    cookie: String,
    ask: fn(&mut Dice, Size) -> (String, String),
}

/// The number of an order, as pages show it.
fn number(order: i64) -> String {
    format!("R{}", 1000 + order)
}

/// A link to a company, as far as nothing else begins so.
fn link(company: i64) -> String {
    format!("/admin/companies/{company}\"")
}

fn cases() -> Vec<Case> {
    let staff = |name, ask| Case { name, cookie: format!("staff_session={TOKEN}"), ask };
    let administrator = |name, ask| Case { name, cookie: format!("session={ADMINISTRATOR}"), ask };
    let buyer = |name, ask| Case { name, cookie: format!("session={BUYER}"), ask };
    vec![
        staff("companies, first page", |_, size| ("/admin/companies".into(), link(size.companies))),
        staff("companies, deep", |_, size| (format!("/admin/companies?after={}", size.companies / 10), link(size.companies / 10 - 1))),
        staff("companies, that applied, deep", |_, size| {
            (format!("/admin/companies?state=applied&after={}", size.companies / 2), "/admin/companies/".into())
        }),
        staff("companies, a name", |dice, size| {
            let one = size.any(dice);
            (format!("/admin/companies?q=company+{one}+w"), link(one))
        }),
        staff("companies, the beginning of all names", |_, size| ("/admin/companies?q=Company".into(), link(size.companies))),
        staff("companies, a VAT ID", |dice, size| {
            let one = size.any(dice);
            (format!("/admin/companies?q=DE{}", 100_000_000 + one), link(one))
        }),
        staff("company, any", |dice, size| {
            let one = size.any(dice);
            (format!("/admin/companies/{one}"), format!("Company {one} Works"))
        }),
        staff("company, the largest", |_, size| ("/admin/companies/1".into(), number(size.orders - LARGEST + 1))),
        staff("statement of the largest", |_, _| ("/admin/companies/1/account".into(), number(1))),
        staff("statement of the largest, deep", |_, size| {
            (format!("/admin/companies/1/account?after={}", size.orders / 2), number(size.orders / 2 + 1))
        }),
        staff("ledger of the largest", |_, size| ("/admin/companies/1/account/ledger".into(), number(size.orders - LARGEST + 1))),
        staff("overdue, first page", |_, _| ("/admin/receivables".into(), number(1))),
        staff("overdue, deep", |_, size| (format!("/admin/receivables?after={}.0", size.middle_day()), "/admin/companies/".into())),
        staff("price lists", |_, _| ("/admin/price-lists".into(), "List 1".into())),
        staff("prices of a list", |_, _| ("/admin/price-lists/1/prices".into(), "SKU-1".into())),
        staff("prices of a list, deep", |_, size| {
            (format!("/admin/price-lists/{LISTS}/prices?after={}", size.variants() / 2), format!("SKU-{}", size.variants() / 2 + 1))
        }),
        administrator("member: company", |_, _| ("/account/company".into(), "Company 1 Works".into())),
        administrator("member: statement of the largest", |_, _| ("/account/company/statement".into(), number(1))),
        administrator("member: statement, deep", |_, size| {
            (format!("/account/company/statement?after={}", size.orders / 2), number(size.orders / 2 + 1))
        }),
        administrator("member: orders of the largest", |_, size| ("/account/company/orders".into(), number(size.orders - LARGEST + 1))),
        administrator("member: orders, deep", |_, size| {
            (format!("/account/company/orders?before={}", size.orders / 2), number(size.orders / 2 - LARGEST + 1))
        }),
        buyer("member: own orders", |_, _| ("/account/company/orders".into(), "/account/company/orders/R".into())),
    ]
}

pub fn run() -> bool {
    let db = goods::open();
    let sqlite = matches!(db.target(), Target::File(_));
    let companies = std::env::var("REGULARS_COMPANIES").ok().and_then(|text| text.parse().ok()).unwrap_or(COMPANIES);
    // Numbers that divide by all that is asked of them.
    let companies = (companies / 100).max(1) * 100;
    let size = Size { companies, orders: companies * ORDERS_EACH, prices: companies * PRICES_EACH };
    let (_, took) = millis(|| fill(&db, sqlite, size));
    println!(
        "{}: {} companies, {} orders, {} prices in {:.0} s",
        if sqlite { "SQLite" } else { "PostgreSQL" },
        size.companies,
        size.orders,
        size.prices,
        took / 1000.0
    );
    let folder = std::env::temp_dir().join(format!("regulars_bench_companies_{}", std::process::id()));
    let state = open(&db, &folder).unwrap();
    let now = Clock::default().now();
    for (member, token) in [(1, ADMINISTRATOR), (size.companies + BUYERS_COMPANY, BUYER)] {
        state
            .db
            .write_now(move |conn| {
                let customer = logins::open_session(conn, CustomerId(member), token, "bench", now)?;
                buying::choose(conn, token, customer, Some(MemberId(member)), now)
            })
            .unwrap();
    }
    let (address, handle) = serve(move |listener| app::server(state, listener).unwrap());
    let mut client = Client::connect(address).unwrap();
    let mut right = true;
    for case in cases() {
        let (mut dice, mut times) = (Dice::new(17), Vec::new());
        // The first time is that of the disk.
        for round in 0..=PAGES {
            let (path, part) = (case.ask)(&mut dice, size);
            let (shown, took) = asked_with(&mut client, &path, &case.cookie, &part);
            right &= shown;
            if round > 0 {
                times.push(took);
            }
        }
        told(case.name, times, FLOOR);
    }
    stop(handle);
    let _ = std::fs::remove_dir_all(&folder);
    right
}

/// One statement for what no expression over numbers says.
fn run_sql(db: &Db, sqlite: bool, sql: &str) {
    let sql = if sqlite { sql.to_string() } else { format!("SET statement_timeout = 0; {sql}") };
    db.write_now(move |conn| Ok(on_each!(conn, c => c.batch_execute(&sql))?)).unwrap();
}

fn fill(db: &Db, sqlite: bool, size: Size) {
    // Ten orders to a customer.
    grow(db, 1, size.orders, sqlite);
    people(db, sqlite, size.companies);
    owed(db, sqlite, size);
    prices(db, sqlite, size);
    analysed(db);
}

/// Companies with a place, an administrator and a buyer each; every tenth is under the one nine before.
fn people(db: &Db, sqlite: bool, companies: i64) {
    let company = format!(
        "i, CASE WHEN i % 10 = 0 THEN i - 9 END, 'Company ' || i || ' Works', 'company ' || i || ' works', 'DE' || (100000000 + i), \
         CASE WHEN i % 20 = 0 THEN 'applied' ELSE 'approved' END, 'group ' || (i % 20), 'w' || i || '.example.com', 'DE', {TIME}, {TIME}, {TIME}"
    );
    let columns =
        "companies (id, parent_id, name, name_key, vat_id, state, price_group, website, country, created_at, updated_at, approved_at)";
    insert(db, sqlite, columns, &company, 1, companies);
    let site =
        "i, i, 'Works', '{\"name\":\"Works\",\"line1\":\"Road 1\",\"postal_code\":\"10115\",\"city\":\"Berlin\",\"country\":\"DE\"}'";
    insert(db, sqlite, "company_sites (id, company_id, name, address)", site, 1, companies);
    let role = |code: &str| format!("(SELECT id FROM company_roles WHERE company_id IS NULL AND code = '{code}')");
    let member = format!(
        "i, 1 + (i - 1) % {companies}, i, CASE WHEN i <= {companies} THEN {} ELSE {} END, {TIME}",
        role("administrator"),
        role("buyer")
    );
    insert(db, sqlite, "company_members (id, company_id, customer_id, role_id, joined_at)", &member, 1, companies * 2);
    let entry = format!("1 + (i - 1) / 3, {TIME}, 'system', CASE WHEN i % 3 = 1 THEN 'applied' ELSE 'settings-changed' END");
    insert(db, sqlite, "company_log (company_id, at, actor, action)", &entry, 1, companies * 3);
}

/// Accounts, and nine of ten orders bought on them: of the largest company all are open, of the others every ninth.
fn owed(db: &Db, sqlite: bool, size: Size) {
    let Size { companies, orders, .. } = size;
    let account = format!("i, 'EUR', 100000000000, 30, 'open', {TIME}");
    insert(db, sqlite, "company_accounts (company_id, currency, credit_limit, net_days, state, updated_at)", &account, 1, companies);
    // The numbers that do not divide by ten, and the company that bought.
    let order = "(i + (i - 1) / 9)";
    let buyer = format!("CASE WHEN {order} % {LARGEST} = 1 THEN 1 ELSE 2 + {order} % {} END", companies - 1);
    let all = orders / 10 * 9;
    let trade = format!("{order}, {buyer}, {buyer} + CASE WHEN {order} % 2 = 0 THEN {companies} ELSE 0 END, 'PO ' || i, 'K' || (i % 50)");
    insert(db, sqlite, "order_trade (order_id, company_id, member_id, po_number, cost_centre)", &trade, 1, all);
    let due = if sqlite {
        format!("date('2020-01-01', '+' || ({order} * 15) || ' minutes', '+30 days')")
    } else {
        format!("to_char(timestamp '2020-01-01' + {order} * interval '15 minutes' + interval '30 days', 'YYYY-MM-DD')")
    };
    let open = format!("CASE WHEN {order} % {LARGEST} = 1 OR {order} % 10 = 3 THEN 2490 ELSE 0 END");
    let owed = format!("{order}, {buyer}, {open}, 2490 - {open}, 'INV-' || {order}, {due}");
    insert(db, sqlite, "receivables (order_id, company_id, open, settled, invoice, due_on)", &owed, 1, all);
    let entries = |kind: &str, amount: &str, which: &str| {
        format!(
            "INSERT INTO company_account_entries (company_id, order_id, kind, amount, actor, dedupe_key, booked_on, created_at) \
             SELECT company_id, order_id, '{kind}', {amount}, 'system', '{kind}:' || order_id, due_on, {TIME} FROM receivables \
             WHERE {which} ORDER BY order_id"
        )
    };
    run_sql(db, sqlite, &entries("charge", "open + settled", "open >= 0"));
    run_sql(db, sqlite, &entries("payment", "-settled", "open = 0"));
    let exposure = "UPDATE company_accounts SET exposure = \
                    (SELECT COALESCE(SUM(open), 0) FROM receivables WHERE receivables.company_id = company_accounts.company_id)";
    run_sql(db, sqlite, exposure);
}

/// Price lists of a company each.
fn prices(db: &Db, sqlite: bool, size: Size) {
    insert(
        db,
        sqlite,
        "price_lists (id, name, currency, state, created_at, updated_at)",
        &format!("i, 'List ' || i, 'EUR', 'active', {TIME}, {TIME}"),
        1,
        LISTS,
    );
    insert(db, sqlite, "price_list_buyers (list_id, company_id)", "i, i", 1, LISTS);
    let each = size.variants() * BREAKS;
    let values =
        format!("1 + (i - 1) / {each}, 1 + ((i - 1) % {each}) / {BREAKS}, 1 + 5 * ((i - 1) % {BREAKS}), 1500 - 10 * ((i - 1) % {BREAKS})");
    for from in (0..each * LISTS).step_by(500_000) {
        let to = (from + 500_000).min(each * LISTS);
        insert(db, sqlite, "price_list_prices (list_id, variant_id, min_quantity, unit_price)", &values, from + 1, to);
    }
}
