use super::*;
use chrono::TimeDelta;
use kernel::clock::Clock;
use kernel::config::Config;
use kernel::{events, settings};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;

struct Shop {
    folder: PathBuf,
    state: AppState,
}

impl Shop {
    fn open() -> Shop {
        let folder = std::env::temp_dir().join(format!("regulars-worker-{}", kernel::token::random()));
        let vars = [("REGULARS_DATA_DIR".to_string(), folder.display().to_string())];
        let state = AppState::open(Config::read(None, vars).expect("settings"), Clock::default()).expect("opens");
        Shop { folder, state }
    }

    fn happen(&self, key: &'static str, event: Event) {
        let now = self.state.clock.now();
        assert!(self.state.db.write_now(move |conn| events::record(conn, "test", key, &event, now)).expect("records"));
    }

    fn enqueue(&self, kind: &'static str) {
        let now = self.state.clock.now();
        self.state.db.write_now(move |conn| jobs::enqueue(conn, kind, "", None, now, now)).expect("enqueues");
    }

    fn heard(&self) -> i64 {
        self.state.db.read_now(|conn| settings::find(conn, "heard")).expect("reads").unwrap_or(0)
    }

    fn jobs(&self) -> Vec<Job> {
        self.state.db.read_now(|conn| jobs::list(conn, None, None, 100)).expect("reads")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn hear(_: &AppState, conn: &mut Conn, _: &Event, now: Time) -> Result<()> {
    let heard: i64 = settings::find(conn, "heard")?.unwrap_or(0);
    settings::set(conn, "heard", &(heard + 1), now)
}

/// Does its work, then fails: the work must be undone with it.
fn stumble(state: &AppState, conn: &mut Conn, event: &Event, now: Time) -> Result<()> {
    hear(state, conn, event, now)?;
    Err(Error::conflict("not today"))
}

static TEST: Switchboard = Switchboard {
    listeners: |event| match event {
        Event::OrderPlaced { .. } => {
            &[Listener { name: "first", wanted: super::ALWAYS, run: hear }, Listener { name: "second", wanted: super::ALWAYS, run: hear }]
        }
        Event::OrderCancelled { .. } => &[Listener { name: "stumbles", wanted: super::ALWAYS, run: stumble }],
        _ => &[],
    },
    kinds: &[
        Kind { name: "panics", run: |_, _| panic!("as the test wants") },
        Kind {
            name: "slow",
            run: |_, _| {
                std::thread::sleep(Duration::from_millis(150));
                Ok(())
            },
        },
        Kind {
            name: "nightly",
            run: |_, _| {
                NIGHTS.fetch_add(1, Ordering::SeqCst);
                Ok(())
            },
        },
        Kind { name: mail::SEND_JOB, run: send_mail },
    ],
    schedule: &[],
    watches: &[],
    endless: &[],
};
static NIGHTS: AtomicUsize = AtomicUsize::new(0);
static BY_CLOCK: Switchboard = Switchboard {
    listeners: |_| &[],
    kinds: TEST.kinds,
    schedule: &[Slot { kind: "nightly", every: TimeDelta::days(1), class: jobs::Class::Bulk }],
    watches: &[],
    endless: &[],
};

#[test]
fn every_listener_hears_an_event_once() {
    let shop = Shop::open();
    shop.happen("1", Event::OrderPlaced { order: 1 });
    shop.happen("2", Event::CustomerJoined { customer: 1 });
    let worker = Worker::new(shop.state.clone(), &TEST);
    assert_eq!(worker.run_due().expect("runs"), 2);
    assert_eq!((shop.heard(), worker.run_due().expect("runs"), shop.jobs().len()), (2, 0, 0));
}

#[test]
fn a_listener_that_fails_leaves_no_trace_and_tries_again_later() {
    let shop = Shop::open();
    shop.happen("1", Event::OrderCancelled { order: 1, reason: "test".into() });
    let worker = Worker::new(shop.state.clone(), &TEST);
    worker.run_due().expect("runs");
    assert_eq!(shop.heard(), 0);
    assert_eq!(shop.jobs()[0].last_error.as_deref(), Some("not today"));
    assert_eq!(worker.run_due().expect("runs"), 0, "it waits for its time");
    for _ in 1..jobs::MAX_ATTEMPTS {
        shop.state.clock.advance(TimeDelta::hours(2));
        assert_eq!(worker.run_due().expect("runs"), 1);
    }
    assert_eq!((shop.jobs()[0].state.as_str(), shop.heard()), ("dead", 0));
}

#[test]
fn a_panic_and_an_unknown_kind_are_failures_like_others() {
    let shop = Shop::open();
    shop.enqueue("panics");
    shop.enqueue("unheard of");
    assert_eq!(Worker::new(shop.state.clone(), &TEST).run_due().expect("runs"), 2);
    let errors: Vec<String> = shop.jobs().into_iter().filter_map(|job| job.last_error).collect();
    assert_eq!(errors, ["unexpected: there is no job of the kind unheard of", "unexpected: the job panicked"]);
}

#[test]
fn a_schedule_runs_once_a_slot_however_many_workers_there_are() {
    let shop = Shop::open();
    let (one, two) = (Worker::new(shop.state.clone(), &BY_CLOCK), Worker::new(shop.state.clone(), &BY_CLOCK));
    for night in 0..3 {
        assert_eq!(NIGHTS.load(Ordering::SeqCst), night);
        for worker in [&one, &two, &Worker::new(shop.state.clone(), &BY_CLOCK)] {
            worker.run_due().expect("runs");
        }
        shop.state.clock.advance(TimeDelta::days(1));
        one.run_due().expect("runs");
        two.run_due().expect("runs");
    }
    assert_eq!(NIGHTS.load(Ordering::SeqCst), 3);
}

#[test]
fn a_mail_is_handed_over_once() {
    let shop = Shop::open();
    let now = shop.state.clock.now();
    let draft = mail::Draft {
        dedupe_key: "welcome:1".into(),
        template: "welcome".into(),
        recipient: "ann@example.com".into(),
        subject: "Welcome".into(),
        text: "Hello".into(),
        html: "<p>Hello</p>".into(),
        headers: mail::Headers::default(),
    };
    shop.state.db.write_now(move |conn| mail::queue(conn, &draft, "shop.example.com", now)).expect("queues");
    let worker = Worker::new(shop.state.clone(), &SHOP);
    assert_eq!(worker.run_due().expect("runs"), 1);
    let mails = shop.state.db.read_now(|conn| mail::list(conn, None, None, 10)).expect("reads");
    assert_eq!((mails[0].state.as_str(), mails[0].sent_at.is_some()), ("sent", true));
    let file = std::fs::read_to_string(shop.folder.join("mail/00000001-welcome.eml")).expect("a file");
    assert!(file.contains("To: ann@example.com") && file.contains("Hello"), "{file}");
}

#[test]
fn a_mail_that_nobody_takes_ends_as_failed() {
    let shop = Shop::open();
    // A folder that is a file: every hand-over fails.
    std::fs::remove_dir_all(shop.folder.join("mail")).expect("removed");
    std::fs::write(shop.folder.join("mail"), "").expect("written");
    let now = shop.state.clock.now();
    let draft = mail::Draft {
        dedupe_key: "a".into(),
        template: "t".into(),
        recipient: "ann@example.com".into(),
        subject: "s".into(),
        text: "t".into(),
        html: "h".into(),
        headers: mail::Headers::default(),
    };
    shop.state.db.write_now(move |conn| mail::queue(conn, &draft, "host", now)).expect("queues");
    let worker = Worker::new(shop.state.clone(), &SHOP);
    let state = |shop: &Shop| shop.state.db.read_now(|conn| mail::get(conn, 1)).expect("reads").state;
    worker.run_due().expect("runs");
    assert_eq!(state(&shop), "queued");
    for _ in 1..jobs::MAX_ATTEMPTS {
        shop.state.clock.advance(TimeDelta::hours(2));
        worker.run_due().expect("runs");
    }
    assert_eq!(state(&shop), "failed");
}

#[test]
fn the_loop_reacts_to_a_commit_and_finishes_what_it_began() {
    let shop = Shop::open();
    let (stop, stopped) = watch::channel(false);
    let worker = Worker::new(shop.state.clone(), &TEST);
    let working = std::thread::spawn(move || actix_web::rt::System::new().block_on(worker.run(stopped)));
    std::thread::sleep(Duration::from_millis(50));
    shop.happen("1", Event::OrderPlaced { order: 1 });
    let waited = (0..200).take_while(|_| shop.heard() < 2).inspect(|_| std::thread::sleep(Duration::from_millis(10))).count();
    assert!(waited < 200, "the loop told nobody within two seconds");
    shop.enqueue("slow");
    while shop.jobs().iter().all(|job| job.leased_until.is_none()) {
        std::thread::sleep(Duration::from_millis(5));
    }
    stop.send_replace(true);
    working.join().expect("ends");
    assert!(shop.jobs().is_empty(), "the slow job was finished");
}

/// How many of [`mass`] run at the moment, and the most that ever did.
static MASS: (AtomicUsize, AtomicUsize) = (AtomicUsize::new(0), AtomicUsize::new(0));
static BUSY: Switchboard = Switchboard {
    listeners: |_| &[],
    kinds: &[
        Kind {
            name: "mass",
            run: |_, _| {
                let now = MASS.0.fetch_add(1, Ordering::SeqCst) + 1;
                MASS.1.fetch_max(now, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(300));
                MASS.0.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            },
        },
        Kind { name: "money", run: |_, _| Ok(()) },
    ],
    schedule: &[],
    watches: &[],
    endless: &[],
};

#[test]
fn money_never_waits_behind_a_mass_of_other_work() {
    let shop = Shop::open();
    let now = shop.state.clock.now();
    shop.state
        .db
        .write_now(move |conn| (0..30).try_for_each(|_| jobs::enqueue_as(conn, jobs::Class::Bulk, "mass", "", None, now, now)))
        .expect("enqueues");
    let (stop, stopped) = watch::channel(false);
    let worker = Worker::new(shop.state.clone(), &BUSY);
    let working = std::thread::spawn(move || actix_web::rt::System::new().block_on(worker.run(stopped)));
    while MASS.0.load(Ordering::SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    for _ in 0..3 {
        let began = std::time::Instant::now();
        shop.enqueue("money");
        while shop.jobs().iter().any(|job| job.kind == "money") {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
    }
    let left = shop.jobs().len();
    stop.send_replace(true);
    working.join().expect("ends");
    assert!(left > 10, "the mass was done before anything was proved: {left}");
    assert_eq!(MASS.1.load(Ordering::SeqCst), 2, "one place is left for money");
}

#[test]
fn prompt_jobs_are_leased_before_others_and_others_by_class() {
    let shop = Shop::open();
    let now = shop.state.clock.now();
    let leased = shop
        .state
        .db
        .write_now(move |conn| {
            for (kind, class) in [("a", jobs::Class::Bulk), ("b", jobs::Class::Outside), ("c", jobs::Class::Prompt)] {
                jobs::enqueue_as(conn, class, kind, "", None, now, now)?;
            }
            jobs::enqueue(conn, "d", "", None, now, now)?;
            let first = jobs::lease(conn, 3, 2, now)?;
            let second = jobs::lease(conn, 3, 0, now)?;
            assert!(second.is_empty() && !jobs::any_due(conn, now - TimeDelta::seconds(1))?);
            Ok(first)
        })
        .expect("leases");
    assert_eq!(leased.iter().map(|job| job.kind.as_str()).collect::<Vec<_>>(), ["c", "d", "b"]);
}

/// What is due by itself, and fails however often it is tried.
static STUBBORN: Switchboard = Switchboard {
    listeners: |_| &[],
    kinds: &[Kind { name: "stubborn", run: |_, _| Err(Error::Unavailable("not yet".into())) }],
    schedule: &[],
    watches: &[Watch { kind: "stubborn", any: |_, _| Ok(true) }],
    endless: &[],
};

#[test]
fn what_is_due_by_itself_is_never_given_up() {
    let shop = Shop::open();
    let worker = Worker::new(shop.state.clone(), &STUBBORN);
    for _ in 0..jobs::MAX_ATTEMPTS + 5 {
        worker.run_due().expect("runs");
        shop.state.clock.advance(TimeDelta::hours(2));
    }
    let failing = shop.state.db.read_now(|conn| jobs::failing(conn, "stubborn", None)).expect("reads").expect("it fails");
    assert_eq!((failing.state.as_str(), failing.attempts), ("due", jobs::MAX_ATTEMPTS + 5));
    assert!(failing.last_error.is_some_and(|error| error.contains("not yet")));
    assert_eq!(shop.jobs().len(), 1);
}

/// The shop's alarms and nothing else.
static ALARMS: Switchboard = Switchboard { listeners: |_| &[], kinds: kinds::KINDS, schedule: &[], watches: kinds::WATCHES, endless: &[] };

#[test]
fn what_is_due_is_told_about_a_second_after() {
    let shop = Shop::open();
    let now = shop.state.clock.now();
    let ticket = shop.state.db.write_now(move |conn| promised(conn, now)).expect("a ticket");
    let (stop, stopped) = watch::channel(false);
    let worker = Worker::new(shop.state.clone(), &ALARMS);
    let working = std::thread::spawn(move || actix_web::rt::System::new().block_on(worker.run(stopped)));
    let alarms = || {
        let log = shop.state.db.read_now(|conn| crm::tickets::log::of(conn, ticket)).expect("a log");
        log.iter().filter(|entry| entry.kind == crm::tickets::log::What::Overdue).count()
    };
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(alarms(), 0);
    shop.state.clock.advance(TimeDelta::minutes(1));
    let began = std::time::Instant::now();
    while alarms() == 0 && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = began.elapsed();
    std::thread::sleep(Duration::from_millis(700));
    stop.send_replace(true);
    working.join().expect("ends");
    assert_eq!(alarms(), 1);
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

/// A ticket that was promised an answer within a minute.
fn promised(conn: &mut Conn, now: Time) -> Result<crm::tickets::TicketId> {
    use crm::levels::{self, Hours, Span};
    use crm::tickets::{self, Asker, Channel, Kind, New, NewMessage, ORDINARY};
    let hours = Hours::new("UTC", std::array::from_fn(|_| vec![Span(0, 24 * 60)]), Default::default())?;
    let wish = levels::Wish {
        position: 0,
        name: "All".into(),
        queue: String::new(),
        kind: None,
        priority: None,
        segment: None,
        calendar: levels::create_calendar(conn, "Always", &hours)?,
        first: Some(1),
        next: None,
        resolve: None,
        more_urgent: false,
        hand_to: None,
        task_for: None,
    };
    levels::save_policy(conn, None, &wish, now)?;
    let new = New {
        kind: Kind::Question,
        channel: Channel::Phone,
        subject: "Mug".into(),
        asker: Asker::default(),
        order: None,
        lines: Vec::new(),
        store: 1,
        language: "en".into(),
        call: None,
        queue: String::new(),
        priority: ORDINARY,
        message: NewMessage::text("Is it blue?"),
        logged_by: None,
        request_key: None,
    };
    Ok(tickets::open(conn, &new, now)?.ticket.id)
}
