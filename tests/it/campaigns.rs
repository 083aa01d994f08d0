//! Campaigns from the form to the mailbox, over real HTTP and real SMTP: everybody once, nobody who did not allow it, and what nobody knows
//! is said.

mod servers;

use crate::support::double::{self, Double};
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, csrf, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::CustomerId;
use crm::campaigns::{self, CampaignId, Outcome, Standing};
use crm::consents::{self, Consent, Statement};
use crm::email::Email;
use crm::suppressions;
use kernel::Conn;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use storefront::{merging, personal};

static COUNT: AtomicU32 = AtomicU32::new(0);
/// What the variant of every campaign here says.
const CONTENT: &str =
    r#"{"versions":{"en":{"subject":"Spring tea","blocks":[{"part":{"kind":"text","html":"<p>The first harvest is here.</p>"}}]}}}"#;

/// A shop with a mail server beside it that keeps what it takes.
struct Shop {
    house: House,
    folder: PathBuf,
    server: Double,
    marketer: Visitor,
}

impl Shop {
    /// `mode` is how the server behaves, as tests/support/smtp_sink.py takes it.
    fn open(mode: &[&str]) -> Shop {
        let folder =
            std::env::temp_dir().join(format!("regulars_campaigns_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let mut arguments = vec![folder.display().to_string()];
        arguments.extend(mode.iter().map(ToString::to_string));
        let server = Double::start("smtp_sink.py", &arguments);
        let port = server.port.to_string();
        let house = House::open_with(&[
            ("REGULARS_MAIL_FROM", "The Shop <shop@shop.example>"),
            ("REGULARS_MAIL_SMTP_HOST", "127.0.0.1"),
            ("REGULARS_MAIL_SMTP_PORT", &port),
            ("REGULARS_MAIL_SMTP_SECURITY", "plain"),
        ]);
        let (_, marketer) = at_work(&house, "mei", role(&house, Preset::Marketer));
        Shop { house, folder, server, marketer }
    }

    /// Customers with an account who said this about news.
    fn people(&self, count: usize, state: Consent) -> Vec<CustomerId> {
        let known = self.house.db.read_now(crm::customers::count).unwrap();
        let named: Vec<String> = (0..count).map(|number| format!("p{}@example.com", known + number as i64)).collect();
        self.named(&named, state)
    }

    fn named(&self, addresses: &[String], state: Consent) -> Vec<CustomerId> {
        let all: Vec<CustomerId> = addresses.iter().map(|address| goods::customer(&self.house.db, address, 0)).collect();
        let said = all.clone();
        self.house.db.write_now(move |conn| said.iter().try_for_each(|id| say(conn, *id, state))).unwrap();
        all
    }

    /// A campaign made by the form, with words.
    fn written(&self, typed: &[(&str, &str)]) -> CampaignId {
        let form = self.marketer.get("/admin/campaigns/new");
        let mut fields = vec![("name", "Spring"), ("control", "0")];
        fields.extend(typed);
        self.marketer.submit(&form, "/admin/campaigns/new", &fields).says(200, "Spring");
        self.house
            .db
            .write_now(|conn| {
                let id = campaigns::list(conn, campaigns::Kind::Campaign, None, 1)?[0].id;
                let first = campaigns::variants(conn, id)?[0].clone();
                campaigns::put_variant(conn, first.id, first.version, CONTENT, now())?;
                Ok(id)
            })
            .unwrap()
    }

    /// Presses the button of the campaign's page that posts to `act`.
    fn press(&self, id: CampaignId, act: &str, says: &str) {
        let page = self.marketer.get(&at(id));
        self.marketer.submit(&page, &format!("{}/{act}", at(id)), &[]).says(200, says);
    }

    /// Works off everything that is due, some minutes later than now.
    fn later(&self, minutes: i64) {
        self.house.state.clock.advance(TimeDelta::minutes(minutes));
        self.house.follow();
    }

    fn standing(&self, id: CampaignId, of: Standing) -> i64 {
        self.house.db.read_now(|conn| campaigns::counts(conn, id)).unwrap().standing(of)
    }

    /// The server of the mode `sender` takes mail from now on.
    fn mend(&self) {
        std::fs::write(self.folder.join("mended.txt"), "").unwrap();
    }

    /// The addresses that the server took campaign mail for, in order of the letters.
    fn taken(&self) -> Vec<String> {
        let to = |mail: &String| {
            let of = mail.lines().find_map(|line| line.strip_prefix("X-Envelope-To: ")).unwrap_or_default();
            mail.contains("Subject: Spring tea").then(|| of.to_string())
        };
        let mut all: Vec<String> = double::taken(&self.folder).iter().filter_map(to).collect();
        all.sort();
        all
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn at(id: CampaignId) -> String {
    format!("/admin/campaigns/{id}")
}

fn say(conn: &mut Conn, customer: CustomerId, state: Consent) -> kernel::Result<()> {
    let statement = Statement { channel: "email", topic: "news", legal_basis: "consent", state, proof: "test" };
    consents::record(conn, customer, &statement, now())
}

#[test]
fn everybody_who_allowed_it_gets_one_mail_and_the_page_says_how_it_went() {
    let shop = Shop::open(&[]);
    shop.people(25, Consent::Given);
    shop.people(2, Consent::Withdrawn);
    let form = shop.marketer.get("/admin/campaigns/new");
    let wrong = [("name", ""), ("window_from", "09:00"), ("control", "95"), ("cap", "two")];
    shop.marketer.submit(&form, "/admin/campaigns/new", &wrong).says(422, "whole number");
    let id = shop.written(&[("cap", "1"), ("cap_days", "7")]);
    shop.marketer.get(&format!("{}/audience", at(id))).says(200, "They have not allowed it");
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    assert_eq!((shop.taken().len(), shop.standing(id, Standing::Accepted), shop.standing(id, Standing::Skipped)), (25, 25, 2));
    let mut once = shop.taken();
    once.dedup();
    assert_eq!(once.len(), 25, "nobody got two");
    shop.marketer.get(&at(id)).says(200, "Finished");
    let skipped = format!("{}/deliveries?state=skipped", at(id));
    shop.marketer.get(&skipped).says(200, "or took it back. (2)");
    let named = shop.marketer.get(&format!("{skipped}&reason=campaign-skip-consent")).says(200, "They have not allowed it");
    assert_eq!(named.body.matches("class=\"log-head\"").count(), 2, "{}", named.body);
    let other = shop.marketer.get(&format!("{skipped}&reason=campaign-skip-suppressed"));
    assert_eq!((other.status, other.body.matches("class=\"log-head\"").count()), (200, 0), "{}", other.body);
    shop.marketer.get("/admin/campaigns").says(200, "Finished");
    // Their timeline knows, and so does what they are given of themselves.
    let first = shop.house.db.read_now(move |conn| campaigns::listed(conn, id, Standing::Accepted, None, 1)).unwrap()[0].customer_id;
    let told = shop.house.db.read_now(move |conn| personal::gather(conn, first, now())).unwrap();
    assert_eq!(told["campaigns"][0]["campaign"], "Spring");
    assert!(told["timeline"].as_array().unwrap().iter().any(|one| one["kind"] == "mail_sent"), "{told}");
    // The next one finds that everybody had one within seven days.
    let next = shop.written(&[("cap", "1"), ("cap_days", "7")]);
    shop.press(next, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    assert_eq!((shop.taken().len(), shop.standing(next, Standing::Skipped)), (25, 27));
}

#[test]
fn it_waits_for_its_time_and_can_be_paused_recalled_and_cancelled() {
    let shop = Shop::open(&[]);
    let people = shop.people(4, Consent::Given);
    let start = (shop.house.state.clock.now() + TimeDelta::hours(2)).format("%Y-%m-%dT%H:%M").to_string();
    let id = shop.written(&[("at", &start)]);
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    assert_eq!(shop.taken().len(), 0);
    let old = shop.marketer.get(&at(id));
    shop.press(id, "recall", "a draft again");
    // The page that somebody else still has open is refused.
    shop.marketer.submit(&old, &format!("{}/pause", at(id)), &[]).says(200, "went on meanwhile");
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.press(id, "pause", "The campaign is paused.");
    shop.later(180);
    assert_eq!(shop.taken().len(), 0);
    // Taken back while it was paused: nobody writes to them.
    let ann = people[0];
    shop.house.db.write_now(move |conn| say(conn, ann, Consent::Withdrawn)).unwrap();
    shop.press(id, "resume", "The campaign goes on.");
    shop.house.follow();
    assert_eq!((shop.taken().len(), shop.standing(id, Standing::Skipped)), (3, 1));
    let next = shop.written(&[("at", &(shop.house.state.clock.now() + TimeDelta::hours(2)).format("%Y-%m-%dT%H:%M").to_string())]);
    shop.press(next, "schedule", "The campaign is scheduled.");
    shop.press(next, "cancel", "The campaign is cancelled.");
    shop.later(180);
    assert_eq!(shop.taken().len(), 3);
    shop.marketer.get(&at(next)).says(200, "Cancelled");
    let token = csrf(&shop.marketer);
    let answer = shop.marketer.post_once(&format!("{}/resume", at(next)), &[("csrf", &token), ("version", "1")]);
    assert_eq!(answer.status, 303);
    assert_eq!(shop.standing(next, Standing::Waiting), 0);
}

#[test]
fn a_version_has_a_time_of_its_own_that_the_page_shows() {
    let shop = Shop::open(&[]);
    let people = shop.people(20, Consent::Given);
    let id = shop.written(&[("share", "100")]);
    let texts = shop.marketer.get(&format!("{}/texts", at(id)));
    let first = texts.at.split('?').next().unwrap().to_string();
    let copy = shop.marketer.submit(&texts, &format!("{first}/copy"), &[]).says(200, "Version B");
    let second = copy.at.split('?').next().unwrap().to_string();
    shop.marketer.submit(&copy, &second, &[("goes_at", "soon")]).says(422, "").holds("value=\"soon\"");
    let later = shop.house.state.clock.now() + TimeDelta::hours(2);
    shop.marketer.submit(&copy, &second, &[("goes_at", &later.format("%Y-%m-%dT%H:%M").to_string())]).says(200, "Saved");
    shop.marketer.get(&at(id)).says(200, "Version A").says(200, &format!("at {}", later.format("%Y-%m-%d %H:%M")));
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    let early = shop.taken().len();
    assert!(0 < early && early < people.len(), "{early}");
    shop.later(121);
    assert_eq!(shop.taken().len(), people.len());
}

#[test]
fn a_merged_person_gets_one_mail_and_an_erased_one_none() {
    let shop = Shop::open(&[]);
    let people = shop.people(4, Consent::Given);
    let id = shop.written(&[]);
    shop.press(id, "schedule", "The campaign is scheduled.");
    // Frozen and not sent yet.
    let (db, clock) = (&shop.house.db, &shop.house.state.clock);
    campaigns::freeze(db, id, clock).unwrap();
    let (ann, old, gone) = (people[0], people[1], people[2]);
    let merge = db.write_now(move |conn| merging::merge(conn, old, ann, "one person", "test", now())).unwrap();
    db.write_now(move |conn| storefront::erasure::erase(conn, gone, now())).unwrap();
    shop.house.follow();
    assert_eq!(shop.taken(), ["p0@example.com", "p3@example.com"]);
    assert_eq!(shop.standing(id, Standing::Skipped), 2);
    db.write_now(move |conn| merging::undo(conn, merge, "two sisters", "test", now()).map(drop)).unwrap();
    shop.house.follow();
    assert_eq!(shop.taken().len(), 2, "what was skipped stays so");
}

#[test]
fn what_somebody_had_follows_their_merges_and_the_undoing_of_them() {
    let merged = |shop: &Shop, from: CustomerId, to: CustomerId| {
        let now = shop.house.state.clock.now();
        shop.house.db.write_now(move |conn| merging::merge(conn, from, to, "one person", "test", now)).unwrap()
    };
    // The first of three got it, and each became the next.
    let begun = |outcome: Outcome| {
        let shop = Shop::open(&[]);
        let people = shop.people(3, Consent::Given);
        let id = shop.written(&[]);
        shop.press(id, "schedule", "The campaign is scheduled.");
        let now = shop.house.state.clock.now();
        campaigns::freeze(&shop.house.db, id, &shop.house.state.clock).unwrap();
        let claimed = shop.house.db.write_now(move |conn| campaigns::claim(conn, now, 1)).unwrap().remove(0);
        assert_eq!(claimed.customer, people[0]);
        shop.house.db.write_now(move |conn| campaigns::record(conn, &[(claimed.id, outcome.clone())], now)).unwrap();
        merged(&shop, people[0], people[1]);
        merged(&shop, people[1], people[2]);
        shop.house.follow();
        assert_eq!((shop.taken().len(), shop.standing(id, Standing::Skipped)), (0, 2), "nobody gets it through two merges");
        (shop, id)
    };
    begun(Outcome::Accepted { transport: "1".into() });
    let (shop, id) = begun(Outcome::Unknown { transport: "1".into(), reason: "lost".into() });
    let page = shop.marketer.get(&format!("{}/deliveries?state=unknown", at(id)));
    let again = page.form_ending("/again");
    shop.marketer.submit(&page, &again, &[]).says(200, "The mail is sent again.");
    shop.later(1);
    assert_eq!(shop.taken(), ["p2@example.com"], "it goes to whom they are now");
    assert_eq!((shop.standing(id, Standing::Unknown), shop.standing(id, Standing::Accepted)), (0, 1));

    let shop = Shop::open(&[]);
    let ann = shop.people(1, Consent::Given)[0];
    let id = shop.written(&[]);
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    shop.later(1);
    let old = shop.people(1, Consent::Given)[0];
    merged(&shop, ann, old);
    let row = shop.house.db.read_now(move |conn| campaigns::listed(conn, id, Standing::Accepted, None, 1)).unwrap().remove(0);
    assert_eq!(row.customer_id, old);
    let now = shop.house.state.clock.now();
    shop.house.db.write_now(move |conn| campaigns::reports::bounced(conn, row.id, "5.1.1", true, now)).unwrap();
    let held = |address: &str| {
        let address = Email::parse(address, "email").unwrap();
        shop.house.db.read_now(move |conn| suppressions::of(conn, &address)).unwrap().is_some()
    };
    assert_eq!((held("p0@example.com"), held("p1@example.com")), (true, false), "the address that it went to");
    // What goes out while two are one stays with the address it went to.
    let next = shop.written(&[]);
    shop.press(next, "schedule", "The campaign is scheduled.");
    campaigns::freeze(&shop.house.db, next, &shop.house.state.clock).unwrap();
    let late = shop.named(&["p2@example.com".to_string()], Consent::Given)[0];
    let merge = merged(&shop, old, late);
    shop.later(1);
    assert_eq!(shop.taken(), ["p0@example.com", "p2@example.com"]);
    shop.house.db.write_now(move |conn| merging::undo(conn, merge, "two sisters", "test", now).map(drop)).unwrap();
    let row = shop.house.db.read_now(move |conn| campaigns::listed(conn, next, Standing::Accepted, None, 1)).unwrap().remove(0);
    assert_eq!(row.customer_id, late);
    shop.house.follow();
    assert_eq!(shop.taken().len(), 2, "and nobody gets it again");
}
