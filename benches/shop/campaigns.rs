//! Campaigns at size: an audience of a million frozen, its mails rendered, signed and handed over beside a bare client with the same bodies, the
//! memory that takes, and the pages of a campaign of ten million deliveries.
//!
//! `cargo bench --bench shop -- campaigns` for SQLite; `tests/support/pg.sh cargo bench --bench shop -- campaigns` for PostgreSQL.
//! `REGULARS_CAMPAIGN_PEOPLE=20000` and `REGULARS_CAMPAIGN_DELIVERIES=100000` ask for fewer. Wrong when somebody is left out of an audience, a mail
//! does not arrive, or a page does not answer or does not show what it should; a missed floor is only told.

mod sink;

use crate::goods::{self, now};
use crate::scale::whole::{TOKEN, open, open_with};
use crate::scale::{analysed, insert};
use crate::support::client::{Client, contains, get};
use crate::support::serving::{serve, stop};
use crate::support::{millis, percentile, verdict};
use chrono::TimeDelta;
use crm::campaigns::{self, CampaignId, Wish};
use diesel::connection::SimpleConnection;
use kernel::Db;
use kernel::clock::Clock;
use kernel::db::Target;
use kernel::mail::domains;
use kernel::mail::post::NewKey;
use regulars::app;
use regulars::state::AppState;
use regulars::worker::{SHOP, Worker};
use sink::{Sink, Stored, send_bare};
use std::time::{Duration, Instant};
use storefront::earnings;
use tokio::sync::watch;

const PEOPLE: i64 = 1_000_000;
const DELIVERIES: i64 = 10_000_000;
/// Mails handed over before anything is measured, and while it is.
const WARM: u64 = 2000;
const MAILS: u64 = 30_000;
/// As many connections as the shop has.
const CONNECTIONS: usize = 8;
const PAGES: usize = 60;
const FREEZE_FLOOR: f64 = 10.0;
const RATIO_FLOOR: f64 = 0.7;
const MEMORY_FLOOR: i64 = 64;
const PAGE_FLOOR: f64 = 50.0;
/// Whoever waits longer than that for a thousand mails waits for what does not come.
const PATIENCE: Duration = Duration::from_secs(120);
/// A mail as shops send them.
const CONTENT: &str = r#"{"from_name":"Shop","versions":{"en":{"subject":"{{ name | Hello }}, the new teas are here","preheader":"Picked in May",
    "blocks":[{"part":{"kind":"heading","text":"Hello {{ name | there }}"}},
    {"part":{"kind":"text","html":"<p>The first flush has arrived, and so have the cups that go with it. We have tasted all of it, twice.</p>"}},
    {"part":{"kind":"button","label":"See them","link":"/"}},{"part":{"kind":"divider"}},
    {"part":{"kind":"text","html":"<p>If you would rather have coffee, tell us.</p>"}}]}}}"#;

pub fn run() -> bool {
    let asked = |name: &str, most: i64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(most);
    let (people, deliveries) = (asked("REGULARS_CAMPAIGN_PEOPLE", PEOPLE), asked("REGULARS_CAMPAIGN_DELIVERIES", DELIVERIES));
    let db = goods::open();
    let sqlite = matches!(db.target(), Target::File(_));
    println!("{}", if sqlite { "SQLite" } else { "PostgreSQL" });
    let ((), took) = millis(|| readers(&db, sqlite, people));
    println!("  {people} customers who allowed news in {:.0} s", took / 1000.0);
    let mut right = frozen(&db, people);
    right &= handed_over(&db, people);
    drop(db);
    let db = goods::open();
    let ((), took) = millis(|| sent(&db, sqlite, deliveries));
    println!("  a campaign of {deliveries} deliveries written in {:.0} s", took / 1000.0);
    right & pages(&db)
}

/// Customers who allowed news.
fn readers(db: &Db, sqlite: bool, count: i64) {
    let time = if sqlite { "datetime('2026-01-01')" } else { "timestamp '2026-01-01'" };
    let customer = format!("'c' || i || '@example.com', 'c' || i || '@example.com', 'Customer ' || i, {time}, {time}");
    insert(db, sqlite, "customers (email, email_key, name, created_at, updated_at)", &customer, 1, count);
    let consent = format!("i, 'email', 'news', 'consent', 'given', 'bench', {time}");
    insert(db, sqlite, "consents (customer_id, channel, topic, legal_basis, state, proof, created_at)", &consent, 1, count);
    analysed(db);
}

/// A campaign to everybody that begins now.
fn campaign(db: &Db) -> CampaignId {
    let wish = Wish { name: "The new teas".into(), ..Wish::default() };
    db.write_now(move |conn| {
        let id = campaigns::create(conn, &wish, now())?;
        let first = campaigns::variants(conn, id)?.remove(0);
        campaigns::put_variant(conn, first.id, first.version, CONTENT, now())?;
        let version = campaigns::get(conn, id)?.version;
        campaigns::schedule(conn, id, version, ("UTC", "shop.test"), now())?;
        Ok(id)
    })
    .unwrap()
}

/// From an audience to a row for each person.
fn frozen(db: &Db, people: i64) -> bool {
    let id = campaign(db);
    let ((), took) = millis(|| campaigns::freeze(db, id, &Clock::default()).unwrap());
    let counted = db.read_now(move |conn| Ok(campaigns::counts(conn, id)?.people())).unwrap();
    let seconds = took / 1000.0;
    println!("  an audience of {people} frozen in {seconds:.1} s (floor {FREEZE_FLOOR} s, {})", verdict(seconds <= FREEZE_FLOOR));
    if counted != people {
        println!("  {counted} of {people} have a row");
    }
    counted == people
}

/// The memory of this process, in MB.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse::<i64>().ok()).unwrap_or(0) / 1024
}

/// Waits until a server took so many mails, and notes the most memory meanwhile.
fn until(taken: &dyn Fn() -> u64, count: u64, most: &mut i64) -> bool {
    let (mut seen, mut last) = (taken(), Instant::now());
    loop {
        let now = taken();
        if now >= count {
            return true;
        }
        *most = (*most).max(resident());
        if now >= seen + 1000 {
            (seen, last) = (now, Instant::now());
        }
        if last.elapsed() > PATIENCE {
            println!("  {now} of {count} mails arrived");
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How many mails in a second.
fn rate(taken: &dyn Fn() -> u64, work: impl FnOnce()) -> f64 {
    let (from, begun) = (taken(), Instant::now());
    work();
    (taken() - from) as f64 / begun.elapsed().as_secs_f64()
}

/// What the shop handed over.
struct Own {
    /// Mails in a second.
    rate: f64,
    /// Megabytes before, and more at most.
    idle: i64,
    grown: i64,
}

/// Has the shop's worker hand over mails to the server on a port; `None` when they do not come.
fn own(db: &Db, port: u16, taken: &dyn Fn() -> u64, warm: u64, count: u64) -> Option<Own> {
    let folder = std::env::temp_dir().join(format!("regulars_bench_campaigns_{}", std::process::id()));
    let port = port.to_string();
    let smtp = [
        ("REGULARS_MAIL_FROM", "Shop <shop@shop.test>"),
        ("REGULARS_MAIL_SMTP_HOST", "127.0.0.1"),
        ("REGULARS_MAIL_SMTP_PORT", port.as_str()),
        ("REGULARS_MAIL_SMTP_SECURITY", "plain"),
    ];
    let state = open_with(db, &folder, &smtp).unwrap();
    let idle = resident();
    let mut most = idle;
    let (stopping, stopped) = watch::channel(false);
    let working = work(&state, stopped);
    let mut right = until(taken, warm, &mut most);
    let rate = rate(taken, || right &= until(taken, taken() + count, &mut most));
    stopping.send_replace(true);
    working.join().unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    right.then_some(Own { rate, idle, grown: most - idle })
}

/// What the shop hands over in a second beside what a bare client does with the same bodies: to a server that only counts, and to the mail server of
/// the tests, which stores what it takes.
fn handed_over(db: &Db, people: i64) -> bool {
    let wish = domains::Wish { domain: "shop.test".into(), ..domains::Wish::default() };
    let keys = NewKey::pair(now()).unwrap();
    db.write_now(move |conn| domains::add(conn, &wish, &keys, now()).map(drop)).unwrap();
    goods::run(db, "UPDATE dkim_keys SET seen_at = made_at");
    // Of an audience that is smaller than it should be, so many are measured as there are.
    let given = u64::try_from(people * 8 / 10).unwrap_or(0);
    let (warm, count) = (WARM.min(given / 10), MAILS.min(given / 3));
    let sink = Sink::start();
    let Some(to_sink) = own(db, sink.port, &|| sink.taken(), warm, count) else { return false };
    let mails = sink.kept();
    let mut distinct = mails.clone();
    distinct.sort();
    distinct.dedup();
    let signed = mails.iter().all(|mail| contains(mail, b"DKIM-Signature:"));
    if distinct.len() != mails.len() || !signed {
        println!("  of {} mails {} are distinct, and they are {}signed", mails.len(), distinct.len(), if signed { "" } else { "not all " });
        return false;
    }
    let bare = |port: u16, count: u64| send_bare(port, &mails, CONNECTIONS, usize::try_from(count).unwrap()).unwrap();
    told("a server that only counts", to_sink.rate, rate(&|| sink.taken(), || bare(sink.port, count)));
    let (idle, grown) = (to_sink.idle, to_sink.grown);
    println!("  memory: {idle} MB idle, {grown} MB more at most (floor {MEMORY_FLOOR} MB, {})", verdict(grown <= MEMORY_FLOOR));
    let Some(stored) = Stored::start() else {
        println!("  not handed over to the mail server of the tests: bin/test installs its Python, which REGULARS_TEST_PYTHON names");
        return true;
    };
    let count = count / 3;
    let Some(to_stored) = own(db, stored.port, &|| stored.taken(), warm, count) else { return false };
    told("the mail server of the tests", to_stored.rate, rate(&|| stored.taken(), || bare(stored.port, count)));
    true
}

fn told(server: &str, own: f64, bare: f64) {
    let ratio = own / bare;
    println!(
        "  rendered, signed and handed over to {server}: {own:.0}/s, a bare client {bare:.0}/s, ratio {ratio:.2} (floor {RATIO_FLOOR}, {})",
        verdict(ratio >= RATIO_FLOOR)
    );
}

/// The worker, on a thread of its own.
pub fn work(state: &AppState, stopped: watch::Receiver<bool>) -> std::thread::JoinHandle<()> {
    let state = state.clone();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            Worker::new(state, &SHOP).run(stopped).await;
        });
    })
}

/// A campaign that went out to many, in rounds where there are more deliveries than people.
fn sent(db: &Db, sqlite: bool, count: i64) {
    let people = (count / 10).clamp(1, PEOPLE);
    readers(db, sqlite, people);
    let id = campaign(db);
    let time = if sqlite { "datetime('2026-11-20')" } else { "timestamp '2026-11-20'" };
    let none = if sqlite { "NULL" } else { "NULL::timestamp" };
    let variant = db.read_now(move |conn| Ok(campaigns::variants(conn, id)?.remove(0).id)).unwrap();
    // Of ten one is in the control group; of those who got it every fifth opened it, every twentieth followed a link, a few bounced.
    let given = |what: &str, else_: &str| format!("CASE WHEN i % 10 <> 0 THEN {what} ELSE {else_} END");
    let some = |every: i64| format!("CASE WHEN i % {every} = 1 THEN {time} ELSE {none} END");
    let row = format!(
        "{id}, 1 + (i - 1) % {people}, (i - 1) / {people}, {}, {}, {}, {time}, 'm' || i || '@shop.test', {}, {}, {}, {}",
        given("'given'", "'control'"),
        given(&variant.to_string(), "NULL"),
        given("'accepted'", "'control'"),
        given(time, none),
        some(200),
        some(5),
        some(20),
    );
    let columns = "deliveries (campaign_id, customer_id, round, arm, variant_id, state, due_at, message_id, sent_at, bounced_at, opened_at, clicked_at)";
    let step = 1_000_000;
    for from in (1..=count).step_by(step) {
        insert(db, sqlite, columns, &row, from, (from + step as i64 - 1).min(count));
    }
    let hit = format!(
        "1 + (i - 1) * 20, 'click', '/products/product-' || (i % 10), CASE WHEN i % 3 = 0 THEN 'scanner' ELSE '' END, {time}, {id}, {variant}"
    );
    insert(db, sqlite, "delivery_hits (delivery_id, kind, target, machine, happened_at, campaign_id, variant_id)", &hit, 1, count / 20);
    let counts = format!(
        "INSERT INTO delivery_counts (campaign_id, variant_id, what, count) \
         SELECT campaign_id, COALESCE(variant_id, 0), state, COUNT(*) FROM deliveries GROUP BY campaign_id, COALESCE(variant_id, 0), state \
         UNION ALL SELECT campaign_id, {variant}, 'opened', COUNT(*) FROM deliveries WHERE opened_at IS NOT NULL GROUP BY campaign_id \
         UNION ALL SELECT campaign_id, {variant}, 'clicked', COUNT(*) FROM deliveries WHERE clicked_at IS NOT NULL GROUP BY campaign_id \
         UNION ALL SELECT campaign_id, {variant}, 'bounced', COUNT(*) FROM deliveries WHERE bounced_at IS NOT NULL GROUP BY campaign_id"
    );
    let unlimited = if sqlite { "" } else { "SET statement_timeout = 0; " };
    let all =
        format!("{unlimited}{counts}; UPDATE campaigns SET starts_at = {time}, frozen_at = {time}, frozen_to = {people} WHERE id = {id}");
    db.write_now(move |conn| Ok(kernel::on_each!(conn, c => c.batch_execute(&all))?)).unwrap();
    analysed(db);
    let (_, took) = millis(|| earnings::figure(db, id, now() + TimeDelta::seconds(1)).unwrap());
    println!("  what it brought was figured in {:.0} s", took / 1000.0);
}

/// The pages of the campaign of [`sent`], which is the only one.
fn pages(db: &Db) -> bool {
    let folder = std::env::temp_dir().join(format!("regulars_bench_campaign_pages_{}", std::process::id()));
    let state = open(db, &folder).unwrap();
    let (address, handle) = serve(move |listener| app::server(state, listener).unwrap());
    let mut client = Client::connect(address).unwrap();
    let mut right = true;
    for (name, path, part) in [
        ("campaigns", "/admin/campaigns", "The new teas"),
        ("a campaign", "/admin/campaigns/1", "The new teas"),
        ("its results", "/admin/campaigns/1/results", "/products/product-1"),
        ("its deliveries, accepted", "/admin/campaigns/1/results/deliveries?what=accepted", "/admin/customers/"),
        ("its deliveries, accepted, deep", "/admin/campaigns/1/results/deliveries?what=accepted&after=50000", "/admin/customers/"),
        ("its deliveries, bounced", "/admin/campaigns/1/results/deliveries?what=bounced", "/admin/customers/"),
        ("its deliveries, skipped", "/admin/campaigns/1/deliveries?state=skipped", "The new teas"),
        ("its deliveries, unknown", "/admin/campaigns/1/deliveries?state=unknown", "The new teas"),
        ("its deliveries, waiting", "/admin/campaigns/1/deliveries?state=waiting", "The new teas"),
        ("its unsubscribed", "/admin/campaigns/1/results/deliveries?what=unsubscribed", "The new teas"),
        ("its clicks", "/admin/campaigns/1/results/hits?clicks=1", "/admin/customers/"),
        ("its clicks by machines", "/admin/campaigns/1/results/hits?clicks=1&machines=1", "/admin/customers/"),
        ("its opens", "/admin/campaigns/1/results/hits", "The new teas"),
        ("its orders", "/admin/campaigns/1/results/orders", "The new teas"),
        ("its clicks of a link", "/admin/campaigns/1/results/hits?clicks=1&target=%2Fproducts%2Fproduct-1", "/admin/customers/"),
    ] {
        right &= page(&mut client, name, path, part);
    }
    stop(handle);
    let _ = std::fs::remove_dir_all(&folder);
    right
}

fn page(client: &mut Client, name: &str, path: &str, part: &str) -> bool {
    let request = get(path, &format!("staff_session={TOKEN}"));
    let mut times = Vec::new();
    for _ in 0..=PAGES {
        let (shown, took) =
            millis(|| client.ask(&request).is_ok_and(|answer| answer.status == 200 && contains(answer.body, part.as_bytes())));
        if !shown {
            println!("  {path} does not show {part}");
            return false;
        }
        times.push(took);
    }
    let (first, times) = (times[0], times[1..].to_vec());
    let (median, most) = (percentile(times.clone(), 50), percentile(times, 95));
    println!(
        "  {name:<34} first {first:>8.2} ms  p50 {median:>8.2} ms  p95 {most:>8.2} ms  (floor {PAGE_FLOOR} ms, {})",
        verdict(most <= PAGE_FLOOR)
    );
    true
}
