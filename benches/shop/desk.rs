//! What the desk costs with a million messages: the inbox, its search, a mail on its way to an agent's list, an alarm, a refund from a ticket.
//!
//! `cargo bench --bench shop -- desk` for SQLite; `tests/support/pg.sh cargo bench --bench shop -- desk` for PostgreSQL. `REGULARS_DESK_MESSAGES=20000`
//! asks for fewer. Wrong when a page does not answer or does not show what it should; a missed floor is only told. What a changed policy
//! costs says the benchmark `levels` of the crm.

mod filled;

use crate::goods::{self, now};
use crate::scale::whole::{TOKEN, open_with};
use crate::support::client::{Client, contains, get};
use crate::support::serving::{serve, stop};
use crate::support::{Dice, millis, ms, percentile, verdict};
use chrono::TimeDelta;
use crm::email::Email;
use crm::levels::{self, Hours, Span};
use crm::tickets::log::What;
use crm::tickets::{self, Agent, Asker, Channel, Kind, New, NewMessage, ORDINARY, TicketId};
use filled::{fill, searches};
use kernel::clock::Time;
use kernel::db::Target;
use kernel::{Conn, Db, Result, jobs};
use lettre::{Message, SmtpTransport, Transport};
use regulars::app;
use regulars::state::AppState;
use regulars::worker::{SHOP, Worker};
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::time::{Duration, Instant};
use storefront::checkout::Settlement;
use storefront::ids::{OrderId, OrderLineId, VariantId};
use storefront::refunds::{Request, RequestLine};
use storefront::service::{self, Allowance, Carried, Deed, Wish};
use storefront::shipments::{self, Parcel};
use storefront::{orders, payments};
use tokio::sync::watch;

const MESSAGES: i64 = 1_000_000;
const PAGES: usize = 60;
const SEARCHES: usize = 20;
const MAILS: usize = 40;
const ALARMS: i64 = 40;
const REFUNDS: usize = 100;
const PAGE_FLOOR: f64 = 50.0;
const SEARCH_FLOOR: f64 = 150.0;
const MAIL_FLOOR: f64 = 1000.0;
const ALARM_FLOOR: f64 = 1000.0;
const REFUND_FLOOR: f64 = 50.0;
/// Whoever waits longer than that waits for what does not come.
const PATIENCE: Duration = Duration::from_secs(60);
const AGENT: Agent = Agent { id: 1, actor: "staff:1" };
const QUEUE: &str = "Alarms";

pub fn run() -> bool {
    let db = goods::open();
    println!("{}", if matches!(db.target(), Target::File(_)) { "SQLite" } else { "PostgreSQL" });
    let asked = std::env::var("REGULARS_DESK_MESSAGES").ok().and_then(|text| text.parse().ok());
    let (count, took) = millis(|| fill(&db, asked.unwrap_or(MESSAGES)));
    println!("{count} tickets with {} messages in {:.0} s", count * filled::EACH, took / 1000.0);
    let folder = std::env::temp_dir().join(format!("regulars_bench_desk_{}", std::process::id()));
    let state = open_with(&db, &folder, &[("REGULARS_MAIL_REPLY_DOMAIN", "help.test")]).unwrap();
    let shown = state.clone();
    let (address, handle) = serve(move |listener| app::server(shown, listener).unwrap());
    let mut client = Client::connect(address).unwrap();
    let mut right = inbox(&mut client, count);
    right &= search(&mut client, count);
    let (stopping, stopped) = watch::channel(false);
    let (port, working) = work(&state, stopped);
    right &= mails(&mut client, port);
    right &= alarms(&state);
    stopping.send_replace(true);
    working.join().unwrap();
    right &= refunds(&db);
    stop(handle);
    let _ = std::fs::remove_dir_all(&folder);
    right
}

pub fn told(what: &str, times: Vec<f64>, floor: f64) {
    let (median, most) = (percentile(times.clone(), 50), percentile(times, 95));
    println!("  {what:<42} p50 {median:>8.2} ms  p95 {most:>8.2} ms  (floor {floor} ms, {})", verdict(most <= floor));
}

fn asked(client: &mut Client, path: &str, part: &str) -> (bool, f64) {
    asked_with(client, path, &format!("staff_session={TOKEN}"), part)
}

/// Asks for a page; whether it answered and shows `part`, and the milliseconds.
pub fn asked_with(client: &mut Client, path: &str, cookie: &str, part: &str) -> (bool, f64) {
    let request = get(path, cookie);
    let (shown, took) = millis(|| {
        client.ask(&request).is_ok_and(|answer| answer.status == 200 && (part.is_empty() || contains(answer.body, part.as_bytes())))
    });
    if !shown {
        println!("  {path} does not show {part}");
    }
    (shown, took)
}

fn inbox(client: &mut Client, count: i64) -> bool {
    let (mut right, mut all) = (true, Vec::new());
    // As an address carries a place: due, urgency, moment, number.
    let deep = |status: &str, at: &str| format!("/admin/tickets?status={status}&after={at}");
    let changed =
        (chrono::NaiveDate::from_ymd_opt(2025, 1, 1).unwrap().and_time(Default::default()) + TimeDelta::minutes(count / 2)).and_utc();
    let due = tickets::clock::never().and_utc().timestamp_micros();
    // Every open one is urgent.
    let place = format!("{due}-1-{}-{}", changed.timestamp_micros(), count / 2);
    for (name, path) in [
        ("inbox, open", "/admin/tickets".to_string()),
        ("inbox, open, deep", deep("open", &place)),
        ("inbox, all", deep("all", "")),
        ("inbox, all, deep", deep("all", &place)),
        ("inbox, solved, deep", deep("solved", &place)),
        ("inbox, open, of nobody", "/admin/tickets?whose=nobody".into()),
        ("inbox, all, of one agent", "/admin/tickets?status=all&whose=1".into()),
        ("inbox, open, of a queue", "/admin/tickets?queue=Returns".into()),
        ("inbox, all, of a kind and channel", "/admin/tickets?status=all&kind=question&channel=mail".into()),
    ] {
        right &= asked(client, &path, "/admin/tickets/T").0;
        let times: Vec<f64> = (0..PAGES).map(|_| asked(client, &path, "/admin/tickets/T").1).collect();
        all.extend(times.iter().copied());
        told(name, times, PAGE_FLOOR);
    }
    told("inbox, all of these", all, PAGE_FLOOR);
    right
}

fn search(client: &mut Client, count: i64) -> bool {
    let (mut right, mut all) = (true, Vec::new());
    for status in ["all", "open"] {
        for search in searches() {
            let (mut dice, mut times) = (Dice::new(5), Vec::new());
            for _ in 0..SEARCHES {
                let (typed, part) = (search.typed)(&mut dice, count);
                // What is found among all of them may be solved.
                let part = part.filter(|_| status == "all").unwrap_or_default();
                let (shown, took) = asked(client, &format!("/admin/tickets?status={status}&q={typed}"), &part);
                right &= shown;
                times.push(took);
            }
            all.extend(times.iter().copied());
            told(&format!("search, {status}: {}", search.name), times, SEARCH_FLOOR);
        }
    }
    told("search, all of these", all, SEARCH_FLOOR);
    right
}

/// The worker and the listener for mail, on a thread of their own; the port of the latter.
fn work(state: &AppState, stopped: watch::Receiver<bool>) -> (u16, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, state) = (listener.local_addr().unwrap().port(), state.clone());
    let working = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let mails = regulars::smtp::listener(listener).unwrap();
            actix_web::rt::spawn(regulars::smtp::serve(mails, state.clone(), stopped.clone()));
            Worker::new(state, &SHOP).run(stopped).await;
        });
    });
    (port, working)
}

/// From the moment a mail is sent to the moment the list of tickets shows it.
fn mails(client: &mut Client, port: u16) -> bool {
    let transport = SmtpTransport::builder_dangerous("127.0.0.1").port(port).build();
    let request = get("/admin/tickets?status=all", &format!("staff_session={TOKEN}"));
    let mut times = Vec::new();
    for number in 0..MAILS {
        let subject = format!("Mail number {number} of the benchmark");
        let mail = Message::builder()
            .from(format!("m{number}@example.com").parse().unwrap())
            .to("help@help.test".parse().unwrap())
            .subject(&subject)
            .body(String::from("Where is my parcel?"))
            .unwrap();
        let sent = Instant::now();
        transport.send(&mail).unwrap();
        loop {
            if client.ask(&request).is_ok_and(|answer| contains(answer.body, subject.as_bytes())) {
                break;
            }
            if sent.elapsed() > PATIENCE {
                println!("  {subject} did not come");
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        times.push(ms(sent.elapsed()));
    }
    told("a mail, sent to shown", times, MAIL_FLOOR);
    true
}

fn question(number: i64, queue: &str, order: Option<OrderId>) -> New<'static> {
    New {
        kind: Kind::Question,
        channel: Channel::Web,
        subject: "Mug".into(),
        asker: Asker { email: Email::parse(&format!("ann{number}@example.com"), "email").ok(), ..Asker::default() },
        order: order.map(|order| order.0),
        lines: Vec::new(),
        store: 1,
        language: "en".into(),
        call: None,
        queue: queue.into(),
        priority: ORDINARY,
        message: NewMessage::text("It arrived broken."),
        logged_by: None,
        request_key: None,
    }
}

/// A level that is due at all hours, `minutes` after somebody asked.
fn level(conn: &mut Conn, minutes: i64, at: Time) -> Result<()> {
    let week = std::array::from_fn(|_| vec![Span(0, 24 * 60)]);
    let calendar = levels::create_calendar(conn, "Always", &Hours::new("UTC", week, BTreeSet::new())?)?;
    let wish = levels::Wish {
        position: 0,
        name: QUEUE.into(),
        queue: QUEUE.into(),
        kind: None,
        priority: None,
        segment: None,
        calendar,
        first: Some(minutes),
        next: None,
        resolve: None,
        more_urgent: false,
        hand_to: None,
        task_for: None,
    };
    levels::save_policy(conn, None, &wish, at).map(drop)
}

/// From the moment an answer is due to the moment the log of its ticket says so.
fn alarms(state: &AppState) -> bool {
    let clock = state.clock.clone();
    let at = clock.now();
    state.db.write_now(move |conn| level(conn, 1, at)).unwrap();
    let (begun, mut busy) = (Instant::now(), true);
    while busy && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(50));
        let now = clock.now();
        busy = state.db.read_now(move |conn| jobs::any_due(conn, now)).unwrap();
    }
    println!("  a new level: {:.2} s until every open ticket has its due times", begun.elapsed().as_secs_f64());
    // Asked a minute ago but for two seconds, and one after the other.
    let from = clock.now() - TimeDelta::seconds(58);
    let made: Vec<(TicketId, Time)> = (0..ALARMS)
        .map(|number| {
            let asked = from + TimeDelta::milliseconds(37 * number);
            let made = state.db.write_now(move |conn| tickets::open(conn, &question(number, QUEUE, None), asked)).unwrap();
            (made.ticket.id, asked + TimeDelta::minutes(1))
        })
        .collect();
    let (mut waiting, mut times, begun) = (made, Vec::new(), Instant::now());
    while !waiting.is_empty() {
        if begun.elapsed() > PATIENCE {
            println!("  {} alarms did not ring", waiting.len());
            return false;
        }
        let (ids, logs) = (waiting.clone(), state.db.clone());
        let rang = logs
            .read_now(move |conn| {
                let rings = |conn: &mut Conn, id| Ok(tickets::log::of(conn, id)?.iter().any(|entry| entry.kind == What::Overdue));
                ids.iter().map(|(id, _)| rings(conn, *id)).collect::<Result<Vec<bool>>>()
            })
            .unwrap();
        let seen = clock.now();
        let mut left = Vec::new();
        for ((id, due), rang) in waiting.into_iter().zip(rang) {
            match rang {
                true => times.push(ms((seen - due).to_std().unwrap_or_default())),
                false => left.push((id, due)),
            }
        }
        waiting = left;
        std::thread::sleep(Duration::from_millis(5));
    }
    told("an alarm, due to told", times, ALARM_FLOOR);
    true
}

/// Money back for a mug, with the ticket, its answer, the order, the stock and the outbox in one commit.
fn refunds(db: &Db) -> bool {
    let mug = goods::product(db, "Mug", 1200, 10_000);
    let mut times = Vec::new();
    for number in 0..REFUNDS {
        let (ticket, order, line) = bought(db, mug, number as i64 + 1000);
        let (carried, took) = millis(|| {
            db.write_now(move |conn| {
                let lines = vec![RequestLine { line, quantity: 1, restock: true }];
                let request = Request { lines, sent_back: true, ..Request::default() };
                let seen = tickets::get(conn, ticket)?.version;
                let deed = Deed::Refund { request, expected: 1200 };
                let wish = Wish { ticket, seen, order_seen: Some(orders::version(conn, order)?), deed, solve: true };
                service::act(conn, &wish, AGENT, Allowance::Whole, now())
            })
        });
        match carried {
            Ok(Carried::Done) => times.push(took),
            other => {
                println!("  a refund came to {other:?}");
                return false;
            }
        }
    }
    told("a refund from a ticket, committed", times, REFUND_FLOOR);
    true
}

/// A ticket about an order that was paid and sent.
fn bought(db: &Db, mug: VariantId, number: i64) -> (TicketId, OrderId, OrderLineId) {
    let (cart, seen) = goods::cart(db, &[(mug, 2)], &format!("ann{number}@example.com"), "bank_transfer", "");
    let placed = goods::place(db, cart, seen, Settlement::After).unwrap();
    db.write_now(move |conn| {
        payments::record_receipt(conn, placed.payment, "bench", now())?;
        let line = orders::lines(conn, placed.order)?[0].id;
        let parcel = Parcel { key: "parcel".into(), lines: vec![(line, 2)], ..Parcel::default() };
        shipments::ship(conn, placed.order, &parcel, "bench", now())?;
        let ticket = tickets::open(conn, &question(number, "", Some(placed.order)), now())?.ticket;
        Ok((ticket.id, placed.order, line))
    })
    .unwrap()
}
