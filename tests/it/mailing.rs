//! Mail over real SMTP, to a server that takes it, hesitates, refuses or hangs up.

use crate::support::double::{self, Double};
use crate::support::goods;
use chrono::TimeDelta;
use kernel::clock::Clock;
use kernel::config::Config;
use kernel::db::Target;
use kernel::mail::Mail;
use kernel::testing::TestDb;
use regulars::state::AppState;
use regulars::worker::{SHOP, Worker};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use storefront::checkout::Settlement;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A shop without pages whose mails go to an SMTP server of its own, which keeps what it accepts.
struct Office {
    state: AppState,
    db: TestDb,
    folder: PathBuf,
    server: Double,
}

impl Office {
    /// `mode` is how the server behaves, as tests/support/smtp_sink.py takes it.
    fn open(mode: &[&str]) -> Office {
        let folder = std::env::temp_dir().join(format!("regulars_mail_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let mut arguments = vec![folder.join("taken").display().to_string()];
        arguments.extend(mode.iter().map(ToString::to_string));
        let server = Double::start("smtp_sink.py", &arguments);
        let db = goods::open();
        let vars = [
            ("REGULARS_DATA_DIR", folder.display().to_string()),
            ("DATABASE_URL", url(&db)),
            ("REGULARS_BASE_URL", "https://shop.example".into()),
            ("REGULARS_MAIL_FROM", "The Shop <shop@shop.example>".into()),
            ("REGULARS_MAIL_SMTP_HOST", "127.0.0.1".into()),
            ("REGULARS_MAIL_SMTP_PORT", server.port.to_string()),
            ("REGULARS_MAIL_SMTP_SECURITY", "plain".into()),
        ];
        let config = Config::read(None, vars.map(|(name, value)| (name.to_string(), value))).unwrap();
        let state = AppState::open(config, Clock::default()).unwrap();
        Office { state, db, folder, server }
    }

    /// An order by bank transfer, which is confirmed at once.
    fn order(&self, email: &str) {
        let mug = goods::product(&self.db, "Mug", 1200, 5);
        let (cart, seen) = goods::cart(&self.db, &[(mug, 1)], email, "bank_transfer", "");
        goods::place(&self.db, cart, seen, Settlement::After).unwrap();
    }

    fn work(&self) {
        Worker::new(self.state.clone(), &SHOP).run_due().unwrap();
    }

    /// Works when a job that failed is due again.
    fn work_later(&self) {
        self.state.clock.advance(TimeDelta::minutes(1));
        self.work();
    }

    /// The one mail of the shop.
    fn mail(&self) -> Mail {
        let mut mails = self.db.read_now(|conn| kernel::mail::list(conn, None, None, 10)).unwrap();
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }

    /// Jobs that still mean to hand a mail over.
    fn sending(&self) -> usize {
        let jobs = self.db.read_now(|conn| kernel::jobs::list(conn, None, None, 100)).unwrap();
        jobs.iter().filter(|job| job.kind == kernel::mail::SEND_JOB).count()
    }

    /// What the server took, in order.
    fn taken(&self) -> Vec<String> {
        double::taken(&self.folder.join("taken"))
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn url(db: &kernel::Db) -> String {
    match db.target() {
        Target::File(path) => format!("sqlite://{}", path.display()),
        Target::Postgres(url) => url.clone(),
    }
}

fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let start = format!("{name}: ");
    message.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("no {name} in\n{message}"))
}

#[test]
fn a_mail_arrives_as_text_and_html_and_asks_for_no_automatic_answer() {
    let office = Office::open(&[]);
    office.order("ann@example.com");
    office.work();
    let (mail, taken) = (office.mail(), office.taken());
    assert_eq!((mail.state.as_str(), mail.template.as_str(), taken.len()), ("sent", "order_confirmation", 1));
    let message = &taken[0];
    assert_eq!((header(message, "X-Envelope-From"), header(message, "X-Envelope-To")), ("shop@shop.example", "ann@example.com"));
    assert_eq!(header(message, "Message-ID"), format!("<{}>", mail.message_id));
    assert_eq!(header(message, "Auto-Submitted"), "auto-generated");
    assert!(header(message, "From").contains("shop@shop.example") && header(message, "Subject").contains("R1001"), "{message}");
    assert!(header(message, "Content-Type").starts_with("multipart/alternative"), "{message}");
    let (text, html) = (message.find("Content-Type: text/plain"), message.find("Content-Type: text/html"));
    assert!(text.is_some() && text < html, "plain text first, then what is preferred:\n{message}");
    office.work_later();
    assert_eq!((office.taken().len(), office.sending()), (1, 0));
}

#[test]
fn a_server_that_says_later_gets_the_mail_later() {
    let office = Office::open(&["--mode", "temporary", "--times", "2"]);
    office.order("ann@example.com");
    office.work();
    let waiting = office.mail();
    assert_eq!((waiting.state.as_str(), office.taken().len()), ("queued", 0));
    assert!(waiting.error.as_ref().unwrap().contains("Try again later"), "{waiting:?}");
    office.work_later();
    assert_eq!(office.mail().state, "queued");
    office.work_later();
    let sent = office.mail();
    assert_eq!((sent.state.as_str(), &sent.error, office.taken().len(), office.sending()), ("sent", &None, 1, 0));
}

#[test]
fn a_refused_recipient_ends_as_failed_and_is_not_tried_again() {
    let office = Office::open(&["--mode", "reject", "--reject", "gone@example.com"]);
    office.order("gone@example.com");
    office.work();
    let failed = office.mail();
    assert_eq!((failed.state.as_str(), failed.sent_at), ("failed", None));
    assert!(failed.error.as_ref().unwrap().contains("No such mailbox"), "{failed:?}");
    assert_eq!(office.db.read_now(kernel::mail::failed).unwrap(), 1);
    office.work_later();
    assert_eq!((office.taken().len(), office.sending()), (0, 0));
}

#[test]
fn a_mail_whose_answer_was_lost_goes_out_again_under_the_same_id() {
    let office = Office::open(&["--mode", "hangup", "--times", "1"]);
    office.order("ann@example.com");
    office.work();
    assert_eq!((office.mail().state.as_str(), office.taken().len()), ("queued", 1));
    office.work_later();
    let taken = office.taken();
    assert_eq!((office.mail().state.as_str(), taken.len(), office.sending()), ("sent", 2, 0));
    assert_eq!(header(&taken[0], "Message-ID"), header(&taken[1], "Message-ID"));
}

#[test]
fn a_server_that_is_down_loses_nothing() {
    let mut office = Office::open(&[]);
    office.server.kill();
    office.order("ann@example.com");
    office.work();
    let waiting = office.mail();
    assert_eq!((waiting.state.as_str(), office.sending()), ("queued", 1));
    assert!(waiting.error.is_some());
}
