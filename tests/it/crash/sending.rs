//! Campaigns while the process is killed: nobody gets a mail twice, nothing is lost, and what nobody can know is said to be unknown.

use super::{Shop, chance};
use crate::support::double::{self, Double};
use crate::support::goods::{self, now};
use chrono::TimeDelta;
use crm::campaigns::{self, CampaignId, DeliveryId, Standing, Wish};
use crm::consents::{self, Consent, Statement};
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use kernel::Db;
use kernel::clock::Clock;
use kernel::config::Config;
use regulars::state::AppState;
use regulars::worker::{SHOP, Worker};
use std::collections::BTreeSet;
use std::time::Duration;

const PEOPLE: i64 = 2000;
const KILLS: usize = 10;
/// Mails that a process may have claimed at a moment: a batch for each of its connections.
const ON_THEIR_WAY: i64 = 8 * 20;

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

/// Whom the deliveries of a standing are to.
fn addressed(db: &Db, id: CampaignId, of: Standing) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut after: Option<DeliveryId> = None;
    loop {
        let page = db.read_now(|conn| campaigns::listed(conn, id, of, after, 500)).unwrap();
        let Some(last) = page.last() else { return found };
        after = Some(last.id);
        for row in &page {
            found.insert(db.read_now(|conn| customers::get(conn, row.customer_id)).unwrap().email);
        }
    }
}

#[test]
fn no_mail_is_lost_or_sent_twice_when_the_process_is_killed() {
    let shop = Shop::seed();
    let taken = shop.folder.join("taken");
    let sink =
        Double::start("smtp_sink.py", &[taken.display().to_string(), "--mode".into(), "slow".into(), "--delay".into(), "0.02".into()]);
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
    for _ in 0..KILLS {
        let mut process = shop.start_with(&more);
        std::thread::sleep(Duration::from_millis(100 + chance(700)));
        // SIGKILL: no handler, no destructor, no flush.
        process.kill().unwrap();
        process.wait().unwrap();
        // As if the two minutes were over for which jobs of the killed are kept for them.
        goods::run(&shop.open(), "UPDATE jobs SET leased_until = NULL");
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
    let to = |mail: &String| mail.lines().find_map(|line| line.strip_prefix("X-Envelope-To: ")).unwrap_or_default().to_string();
    let got: Vec<String> = double::taken(&taken).iter().map(to).collect();
    let once: BTreeSet<String> = got.iter().cloned().collect();
    assert_eq!(got.len(), once.len(), "somebody got two");
    let (accepted, unknown) = (addressed(db, id, Standing::Accepted), addressed(db, id, Standing::Unknown));
    let lost: Vec<&String> = accepted.difference(&once).collect();
    assert!(lost.is_empty(), "said to be accepted, and never came: {lost:?}");
    let unsaid: Vec<&String> = once.iter().filter(|one| !accepted.contains(*one) && !unknown.contains(*one)).collect();
    assert!(unsaid.is_empty(), "came, and nobody says so: {unsaid:?}");
    let counts = db.read_now(|conn| campaigns::counts(conn, id)).unwrap();
    assert_eq!(counts.people(), PEOPLE);
    assert_eq!(accepted.len() + unknown.len(), usize::try_from(PEOPLE).unwrap(), "{counts:?}");
    assert!(counts.standing(Standing::Unknown) <= ON_THEIR_WAY * i64::try_from(KILLS).unwrap(), "{counts:?}");
    assert_eq!(db.read_now(campaigns::proofs).unwrap().1, Vec::new());
}
