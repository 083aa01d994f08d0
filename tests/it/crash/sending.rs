//! Campaigns while the process is killed: nobody gets a mail twice, nothing is lost, and what nobody can know is said to be unknown.

use super::{Shop, chance};
use crate::support::double::{self, Double};
use crate::support::goods::{self, now};
use chrono::TimeDelta;
use crm::campaigns::{self, CampaignId, Delivery, DeliveryId, Standing, Wish};
use crm::consents::{self, Consent, Statement};
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use kernel::Db;
use kernel::clock::Clock;
use kernel::config::Config;
use regulars::state::AppState;
use regulars::worker::{SHOP, Worker};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

const PEOPLE: i64 = 1500;
const KILLS: usize = 100;
/// How long nothing may arrive before a process is killed all the same.
const PATIENCE: Duration = Duration::from_secs(5);

/// A campaign to everybody that begins with the next process.
fn prepared(db: &Db) -> CampaignId {
    db.write_now(|conn| {
        for number in 0..PEOPLE {
            let email = Email::parse(&format!("p{number}@example.com"), "email")?;
            let new = NewCustomer { email, name: String::new(), phone: String::new(), language: "en".into() };
            let id = customers::ensure(conn, &new, now())?;
            let statement = Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Given, proof: "test" };
            consents::record(conn, id, &statement, now())?;
        }
        let wish = Wish { name: "Spring".into(), control_bp: 0, ..Wish::default() };
        let id = campaigns::create(conn, &wish, now())?;
        let first = campaigns::variants(conn, id)?[0].clone();
        let content = r#"{"versions":{"en":{"subject":"Spring tea","blocks":[{"part":{"kind":"text","html":"<p>Hello</p>"}}]}}}"#;
        campaigns::put_variant(conn, first.id, first.version, content, now())?;
        let version = campaigns::get(conn, id)?.version;
        campaigns::schedule(conn, id, version, ("UTC", "shop.example"), now())?;
        Ok(id)
    })
    .unwrap()
}

/// The deliveries of a standing.
fn listed(db: &Db, id: CampaignId, of: Standing) -> Vec<Delivery> {
    let mut found: Vec<Delivery> = Vec::new();
    loop {
        let after = found.last().map(|row| row.id);
        let page = db.read_now(|conn| campaigns::listed(conn, id, of, after, 500)).unwrap();
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

/// [`listed`] with the addresses they are to.
fn addressed(db: &Db, id: CampaignId, of: Standing) -> Vec<(String, Delivery)> {
    let email = |row: &Delivery| db.read_now(|conn| customers::get(conn, row.customer_id)).unwrap().email;
    listed(db, id, of).into_iter().map(|row| (email(&row), row)).collect()
}

/// How many mails the sink has kept.
fn kept(folder: &Path) -> usize {
    let Ok(files) = std::fs::read_dir(folder) else { return 0 };
    files.filter(|file| file.as_ref().is_ok_and(|file| file.path().extension().is_some_and(|end| end == "eml"))).count()
}

/// What happens in the minutes after a process was killed: its leases run out, nobody knows what became of its mails, and staff send most of
/// them again. Of every fifth they do not.
fn minutes_later(db: &Db, id: CampaignId) {
    goods::run(
        db,
        "UPDATE jobs SET leased_until = NULL; UPDATE deliveries SET leased_until = '2026-01-01 00:00:00' WHERE state = 'sending'",
    );
    let now = Clock::default().now();
    while db.write_now(move |conn| campaigns::expire_leases(conn, now)).unwrap() > 0 {}
    let lost: Vec<DeliveryId> = listed(db, id, Standing::Unknown).into_iter().map(|row| row.id).collect();
    db.write_now(move |conn| {
        let again = lost.iter().filter(|row| row.0 % 5 != 0);
        again.copied().try_for_each(|row| campaigns::send_again(conn, row, now).map(drop))
    })
    .unwrap();
}

#[test]
fn no_mail_is_lost_or_sent_twice_when_the_process_is_killed() {
    let shop = Shop::seed();
    let taken = shop.folder.join("taken");
    let sink =
        Double::start("smtp_sink.py", &[taken.display().to_string(), "--mode".into(), "slow".into(), "--delay".into(), "0.03".into()]);
    let more: Vec<(String, String)> = [
        ("REGULARS_MAIL_FROM", "The Shop <shop@shop.example>".to_string()),
        ("REGULARS_MAIL_SMTP_HOST", "127.0.0.1".into()),
        ("REGULARS_MAIL_SMTP_PORT", sink.port.to_string()),
        ("REGULARS_MAIL_SMTP_SECURITY", "plain".into()),
    ]
    .map(|(name, value)| (name.to_string(), value))
    .to_vec();
    // The first process brings the database up to date.
    let mut process = shop.start_with(&more);
    process.kill().unwrap();
    process.wait().unwrap();
    let id = prepared(&shop.open());
    for life in 0..KILLS {
        // In the middle of the first batch, or now and then after some were recorded; never before something went out.
        let most = if life % 10 == 9 { 200 } else { 20 };
        let (wanted, since) = (kept(&taken) + 1 + usize::try_from(chance(most)).unwrap(), Instant::now());
        let mut process = shop.spawn(&more);
        while kept(&taken) < wanted {
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none(), "it does not start ({ended:?}):\n{}", shop.log());
            // Little may be left to send towards the end.
            if since.elapsed() > PATIENCE {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // SIGKILL: no handler, no destructor, no flush.
        process.kill().unwrap();
        process.wait().unwrap();
        minutes_later(&shop.open(), id);
    }
    // What is left goes out here, once the leases of the killed ran out.
    let settings = shop.settings().into_iter().chain(more);
    let state = AppState::open(Config::read(None, settings).unwrap(), Clock::default()).unwrap();
    let worker = Worker::new(state.clone(), &SHOP);
    for minutes in [3, 6, 2, 5] {
        state.clock.advance(TimeDelta::minutes(minutes));
        worker.run_due().unwrap();
    }
    let db = &state.db;
    let mut got: BTreeMap<String, i64> = BTreeMap::new();
    for mail in double::taken(&taken) {
        let to = mail.lines().find_map(|line| line.strip_prefix("X-Envelope-To: ")).unwrap_or_default().to_string();
        *got.entry(to).or_default() += 1;
    }
    let (accepted, unknown) = (addressed(db, id, Standing::Accepted), addressed(db, id, Standing::Unknown));
    let once = |address: &String| got.get(address).copied().unwrap_or(0);
    for (address, row) in accepted.iter().chain(&unknown) {
        assert!(once(address) <= row.attempts, "{address} got {} by {} attempts", once(address), row.attempts);
        assert!(row.id.0 % 5 != 0 || row.attempts == 1, "{address} was tried again, and nobody said so");
    }
    let lost: Vec<&String> = accepted.iter().map(|(address, _)| address).filter(|address| once(address) == 0).collect();
    assert!(lost.is_empty(), "said to be accepted, and never came: {lost:?}");
    let told: BTreeSet<&String> = accepted.iter().chain(&unknown).map(|(address, _)| address).collect();
    let unsaid: Vec<&String> = got.keys().filter(|address| !told.contains(address)).collect();
    assert!(unsaid.is_empty(), "came, and nobody says so: {unsaid:?}");
    let counts = db.read_now(|conn| campaigns::counts(conn, id)).unwrap();
    assert_eq!(counts.people(), PEOPLE);
    assert_eq!(told.len(), usize::try_from(PEOPLE).unwrap(), "{counts:?}");
    assert!(!unknown.is_empty() && accepted.len() > unknown.len(), "{counts:?}");
    assert_eq!(db.read_now(campaigns::proofs).unwrap().1, Vec::new());
}
