//! Mail from sending domains: keys and records by the back office, and signatures that two verifiers read which are not ours.

use crate::support::double::{self, Double};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use chrono::TimeDelta;
use kernel::mail::domains::{self, Place, SendingDomainId};
use kernel::mail::post::Parcel;
use kernel::mail::{self, Draft, HandOver, Headers};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A shop with a mail server and a DNS server of its own, and its owner at the desk.
struct Office {
    house: House,
    owner: Visitor,
    folder: PathBuf,
    _servers: [Double; 2],
}

impl Office {
    fn open() -> Office {
        let folder = std::env::temp_dir().join(format!("regulars_post_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("dns.json"), "{}").unwrap();
        let sink = Double::start("smtp_sink.py", &[folder.join("taken").display().to_string()]);
        let dns = Double::start("dns_double.py", &[folder.join("dns.json").display().to_string()]);
        let house = House::open_with(&[
            ("REGULARS_MAIL_FROM", "The Shop <shop@shop.example>"),
            ("REGULARS_MAIL_SMTP_HOST", "127.0.0.1"),
            ("REGULARS_MAIL_SMTP_PORT", &sink.port.to_string()),
            ("REGULARS_MAIL_SMTP_SECURITY", "plain"),
            ("REGULARS_MAIL_DNS_SERVER", &format!("127.0.0.1:{}", dns.port)),
        ]);
        let (_, owner) = at_work(&house, "olga", role(&house, Preset::Owner));
        Office { house, owner, folder, _servers: [sink, dns] }
    }

    /// Puts every record of the domain that the shop asks for into the DNS.
    fn publish(&self, id: SendingDomainId) {
        let place = Place::of(&self.house.state.config);
        let records = self.house.db.read_now(move |conn| {
            let (domain, keys) = (domains::get(conn, id)?, domains::keys(conn, id)?);
            Ok(domains::records(&domain, &keys, &place))
        });
        let mut known = serde_json::Map::new();
        for record in records.unwrap() {
            let rows = known.entry(record.name).or_insert_with(|| json!([]));
            rows.as_array_mut().unwrap().push(json!([record.kind, record.value]));
        }
        std::fs::write(self.folder.join("dns.json"), Value::Object(known).to_string()).unwrap();
    }

    /// Has the records of the domain looked at by the button of its page.
    fn look(&self, page: &str) {
        let check = format!("{page}/check");
        self.owner.submit(&self.owner.get(page), &check, &[]).says(200, "The records are being looked at.");
        self.later();
    }

    /// Works, some seconds from now: what is known of senders is believed for five.
    fn later(&self) {
        self.house.work();
        self.house.state.clock.advance(TimeDelta::seconds(10));
    }

    /// Sends a mail of the outbox to somebody.
    fn queue(&self, key: &str) {
        let draft = Draft {
            dedupe_key: key.into(),
            template: "test".into(),
            recipient: "ann@example.com".into(),
            subject: "Grüße 你好".into(),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
            headers: Headers::default(),
        };
        let now = self.house.state.clock.now();
        self.house.db.write_now(move |conn| mail::queue(conn, &draft, "shop.example", now)).unwrap();
        self.house.work();
    }

    /// The last message that the server took: who bounces go to, and the message.
    fn last(&self) -> (String, String) {
        let mut all = double::taken(&self.folder.join("taken"));
        let kept = all.pop().unwrap();
        let mut parts = kept.splitn(3, "\r\n");
        let from = parts.next().unwrap().strip_prefix("X-Envelope-From: ").unwrap().to_string();
        (from, parts.nth(1).unwrap().to_string())
    }

    /// What both verifiers say about the signatures of a message, by the records that are in the DNS.
    fn verified(&self, message: &str) -> [Vec<Value>; 2] {
        let (file, records) = (self.folder.join("message.eml"), self.folder.join("keys.json"));
        std::fs::write(&file, message).unwrap();
        let dns: Value = serde_json::from_str(&std::fs::read_to_string(self.folder.join("dns.json")).unwrap()).unwrap();
        let texts = dns.as_object().unwrap().iter().map(|(name, rows)| (name.clone(), rows[0][1].clone()));
        std::fs::write(&records, Value::Object(texts.collect()).to_string()).unwrap();
        let node = double::file("mailauth/verify.mjs");
        assert!(double::file("mailauth/node_modules").exists(), "run the tests by bin/test, which installs the programs they need");
        [(double::python(), double::file("verify_dkim.py")), ("node".to_string(), node)].map(|(program, script)| {
            let told = Command::new(program).arg(script).arg(&file).arg(&records).output().unwrap();
            let (out, err) = (String::from_utf8(told.stdout).unwrap(), String::from_utf8_lossy(&told.stderr).into_owned());
            assert!(told.status.success(), "{err}");
            out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        })
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Both verifiers find both signatures right.
#[track_caller]
fn assert_signed(told: &[Vec<Value>; 2]) {
    for signatures in told {
        let mut right: Vec<&str> =
            signatures.iter().filter(|one| one["result"] == "pass").map(|one| one["algorithm"].as_str().unwrap()).collect();
        right.sort_unstable();
        assert_eq!(right, ["ed25519-sha256", "rsa-sha256"], "{signatures:?}");
    }
}

fn selectors(told: &[Vec<Value>; 2]) -> Vec<String> {
    let mut all: Vec<String> = told[0].iter().map(|one| one["selector"].as_str().unwrap().to_string()).collect();
    all.sort();
    all
}

#[test]
fn a_domain_is_added_published_found_and_signs_all_mail_of_the_shop() {
    let office = Office::open();
    office.queue("before");
    let (from, plain) = office.last();
    assert_eq!(from, "shop@shop.example");
    assert!(!plain.contains("DKIM-Signature"), "nobody made a key yet");

    let list = office.owner.get("/admin/sending");
    let refused = office.owner.submit(&list, "/admin/sending", &[("domain", "no domain"), ("spf", "v=spf1")]);
    let refused = refused.says(422, "Give a domain such as shop.example.com.").says(422, "without v=spf1 and without all");
    let page =
        office.owner.submit(&refused, "/admin/sending", &[("domain", "shop.example"), ("return_path", "in.shop.example"), ("spf", "")]);
    page.says(200, "The domain was added").says(200, "waits for its record").says(200, "v=spf1 ip4:127.0.0.1 ~all");
    let id = office.house.db.read_now(domains::list).unwrap()[0].id;
    let address = format!("/admin/sending/{id}");
    office.later();
    office.owner.get(&address).says(200, "not found");
    office.queue("unpublished");
    assert!(!office.last().1.contains("DKIM-Signature"), "nobody could check such a signature");

    office.publish(id);
    office.look(&address);
    let page = office.owner.get(&address).says(200, "signs");
    assert!(!page.text().contains("not found"), "{}", page.text());
    office.queue("after");
    let (from, message) = office.last();
    assert_eq!(from, "bounces@in.shop.example");
    let told = office.verified(&message);
    assert_signed(&told);
    let changed = office.verified(&message.replace("Hello", "Hullo"));
    assert!(changed.iter().flatten().all(|one| one["result"] != "pass"), "{changed:?}");

    // New keys sign once they are found; what the old ones signed is still right then.
    let old = selectors(&told);
    let keys = format!("{address}/keys");
    let page = office.owner.submit(&office.owner.get(&address), &keys, &[]).says(200, "There are new keys.");
    office.owner.submit(&page, &keys, &[]).says(200, "New keys wait for their records already.");
    office.queue("between");
    assert_eq!(selectors(&office.verified(&office.last().1)), old);
    office.publish(id);
    office.look(&address);
    office.owner.get(&address).says(200, "may be taken out after");
    office.queue("rotated");
    let told = office.verified(&office.last().1);
    assert_signed(&told);
    assert!(selectors(&told).iter().all(|selector| !old.contains(selector)), "{told:?}");
    assert_signed(&office.verified(&message));
    let audit = office.owner.get("/admin/audit");
    audit.says(200, "New keys for a sending domain").says(200, "Sending domain added");
    office.house.state.clock.advance(TimeDelta::days(8));
    office.house.work();
    assert_eq!(office.house.db.read_now(move |conn| domains::keys(conn, id)).unwrap().len(), 2, "the old keys are gone");
}

#[test]
fn a_mail_of_a_list_has_both_headers_under_its_signatures_and_nothing_can_be_put_before_them() {
    let office = Office::open();
    let page = office.owner.get("/admin/sending");
    office.owner.submit(&page, "/admin/sending", &[("domain", "shop.example")]).says(200, "The domain was added");
    let id = office.house.db.read_now(domains::list).unwrap()[0].id;
    office.publish(id);
    office.later();
    let parcel = Parcel {
        message_id: "7@shop.example".into(),
        from: "Tee, Tassen & Co <news@shop.example>".into(),
        to: "王小明 <wang@example.com>".into(),
        subject: "Ä very long subject that has to be folded somewhere, since it goes on and on: 新年快乐，祝您万事如意，阖家幸福安康"
            .into(),
        text: ". a line that begins with a dot\n.\nGrüße".into(),
        html: format!("<p>{}</p>", "Tee ".repeat(2000)),
        date: office.house.state.clock.now(),
        list_unsubscribe: Some((format!("https://shop.example/m/{}/unsubscribe", "t".repeat(120)), "mailto:off@shop.example".into())),
        list_id: "news.shop.example".into(),
        feedback_id: "1:news:shop".into(),
        ..Parcel::default()
    };
    let (_, came) = office.house.state.post.send_parcel(&parcel);
    assert_eq!(came, HandOver::Accepted);
    let (_, message) = office.last();
    let told = office.verified(&message);
    assert_signed(&told);
    for one in told.iter().flatten() {
        let headers: Vec<&str> = one["headers"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for name in ["from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post", "list-id"] {
            assert!(headers.contains(&name), "{name} in {headers:?}");
        }
    }
    assert!(message.lines().all(|line| line.len() < 998) && message.is_ascii());
    for put in ["From: somebody@else.example\r\n", "List-Unsubscribe-Post: x\r\n"] {
        let told = office.verified(&format!("{put}{message}"));
        assert!(told[0].iter().all(|one| one["result"] == "fail"), "{put}: {told:?}");
    }
}

#[test]
fn shares_and_limits_are_set_on_pages_and_hold() {
    let office = Office::open();
    let list = office.owner.get("/admin/sending").says(200, "main");
    assert!(!list.text().contains("not configured"));
    let id = office.house.db.read_now(mail::post::transports).unwrap()[0].id;
    let server = format!("/admin/sending/servers/{id}");
    let page = office.owner.get(&server);
    let refused = office.owner.submit(&page, &server, &[("weight", "x"), ("per_hour", "0")]);
    let refused = refused.says(422, "Share");
    let today = office.house.state.clock.now().date().to_string();
    let typed = [("weight", "50"), ("per_hour", ""), ("warm_from", today.as_str()), ("warm_first", "2"), ("warm_growth", "100")];
    office.owner.submit(&refused, &server, &typed).says(200, "0 of 2 mails of today were sent.");
    let rates = office.owner.get("/admin/sending/rates");
    let rates = office.owner.submit(&rates, "/admin/sending/rates", &[("domain", "Slow.Example"), ("per_minute", "1")]);
    rates.says(200, "slow.example");
    office.later();

    let (post, clock) = (&office.house.state.post, &office.house.state.clock);
    let raw = b"From: shop@shop.example\r\nTo: ann@example.com\r\nMessage-ID: <1@shop.example>\r\n\r\nHello\r\n";
    let hand = |to: &str| post.hand_over(raw, "shop@shop.example", to).1;
    assert!(post.pick("example.com", clock.now()).is_some());
    assert_eq!(hand("ann@slow.example"), HandOver::Accepted);
    assert!(matches!(hand("bob@slow.example"), HandOver::Failed(_)) && post.pick("slow.example", clock.now()).is_none());
    assert_eq!(hand("ann@example.com"), HandOver::Accepted);
    assert!(matches!(hand("ann@example.com"), HandOver::Failed(_)) && post.pick("example.com", clock.now()).is_none());
    office.queue("somebody waits for it");
    assert!(office.last().1.contains("Subject"), "limits are for mail of campaigns alone");
    clock.advance(TimeDelta::days(1));
    assert!(post.pick("slow.example", clock.now()).is_some());
    assert_eq!((0..9).filter(|_| hand("ann@example.com") == HandOver::Accepted).count(), 4, "twice as many on the second day");
}
