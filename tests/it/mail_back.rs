//! What comes back of mail to many: yes by double opt-in, no by one click, choices, clicks of people and machines, bounces and complaints.

mod sns;

use crate::support::goods;
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::{NaiveDate, TimeDelta};
use crm::CustomerId;
use crm::campaigns::{self, CampaignId, DeliveryId, address, hits};
use crm::consents::{self, Consent, Statement};
use crm::customers;
use crm::email::Email;
use crm::frequencies::{self, Frequency};
use crm::inbound::{self, Envelope, Fate, InboundId, Way};
use crm::suppressions::{self, Reason};
use crm::trails::{self, Evidence};
use kernel::Db;
use storefront::campaigns::links;

const ANN: &str = "ann@example.com";
const DELIVERY: DeliveryId = DeliveryId(1);
const SECRET: &str = "a secret of the merchant's program";
/// A campaign about news of which Ann got a mail long ago.
const SENT: &str = "
    INSERT INTO campaigns (id, kind, name, store_id, topic, state, audience, control_bp, plan, trial, starts_at, frozen_at, created_at, changed_at)
    VALUES (1, 'campaign', 'Spring', 1, 'news', 'scheduled', '{}', 0, '{}', '{}', '2026-01-01 08:00:00', '2026-01-01 08:00:00',
        '2026-01-01 08:00:00', '2026-01-01 08:00:00');
    INSERT INTO campaign_variants (id, campaign_id, position, content, changed_at) VALUES (1, 1, 1, '{}', '2026-01-01 08:00:00');
    INSERT INTO deliveries (id, campaign_id, customer_id, round, arm, variant_id, state, due_at, attempts, message_id, sent_at)
    SELECT 1, 1, id, 0, 'given', 1, 'accepted', '2026-01-01 08:00:00', 1, 'spring.1@shop.test', '2026-01-01 08:00:00'
    FROM customers WHERE email_key = 'ann@example.com';
    INSERT INTO delivery_counts (campaign_id, variant_id, what, count) VALUES (1, 1, 'accepted', 1);";

/// A shop in which Ann allowed news and got some.
fn sent(more: &[(&str, &str)]) -> (House, CustomerId) {
    let house = House::open_with(more);
    let ann = goods::customer(&house.db, ANN, 0);
    allow(&house.db, ann, "news");
    goods::run(&house.db, SENT);
    (house, ann)
}

fn allow(db: &Db, customer: CustomerId, topic: &'static str) {
    db.write_now(move |conn| {
        let yes = Statement { channel: "email", topic, legal_basis: "consent", state: Consent::Given, proof: "ticked" };
        consents::record(conn, customer, &yes, goods::now())
    })
    .unwrap();
}

fn said(db: &Db, customer: CustomerId, topic: &'static str) -> Option<Consent> {
    db.read_now(move |conn| consents::current(conn, customer, "email", topic)).unwrap()
}

fn held(db: &Db, address: &str) -> Option<Reason> {
    let address = Email::parse(address, "email").unwrap();
    db.read_now(move |conn| suppressions::of(conn, &address)).unwrap().map(|row| row.reason)
}

fn counted(db: &Db, what: &'static str) -> i64 {
    db.read_now(move |conn| campaigns::counts(conn, CampaignId(1))).unwrap().of(what)
}

/// A mail that comes in, read and filed.
fn arrives(house: &House, raw: &str, sender: &str) -> inbound::Stored {
    let envelope = Envelope { way: Way::Hook, sender: Some(sender.into()), recipients: vec!["bounces@shop.test".into()] };
    let (raw, now) = (raw.as_bytes().to_vec(), house.state.clock.now());
    let id: InboundId = house.db.write_now(move |conn| inbound::receive(conn, &raw, &envelope, now)).unwrap();
    house.follow();
    house.db.read_now(move |conn| inbound::get(conn, id)).unwrap()
}

#[test]
fn a_sign_up_is_a_yes_when_the_mailbox_says_so() {
    let house = House::open();
    let ben = goods::customer(&house.db, "ben@example.com", 0);
    let visitor = house.visitor();
    let page = visitor.get("/newsletter").says(200, "Mail from us");
    visitor.get("/zh/newsletter").says(200, "订阅我们的邮件");
    visitor.submit(&page, "/newsletter", &[("email", "nobody")]).says(422, "Please enter an e-mail address");
    let csrf = page.form("/newsletter", &[]).into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    visitor.post("/newsletter", &[("csrf", &csrf), ("email", "new@example.com")]).says(422, "at least one topic");
    assert_eq!(
        house.visitor().post("/newsletter", &[("email", "new@example.com"), ("topic-news", "on")]).status,
        409,
        "only from our pages"
    );
    let stranger = visitor.submit(&page, "/newsletter", &[("email", "new@example.com")]).says(200, "Nearly done");
    let known = visitor.submit(&page, "/newsletter", &[("email", "ben@example.com")]).says(200, "Nearly done");
    assert_eq!(stranger.text(), known.text(), "nobody learns which address is known");

    let mails = house.mails("new@example.com");
    assert_eq!(mails.len(), 1);
    let link = mails[0].body_text.lines().find(|line| line.contains("/newsletter/confirm?token=")).unwrap();
    let link = link.strip_prefix(house.base_url.as_str()).unwrap();
    let new = Email::parse("new@example.com", "email").unwrap();
    let of = |db: &Db| {
        let new = new.clone();
        db.read_now(move |conn| customers::find_by_email(conn, &new)).unwrap()
    };
    let ask = house.visitor();
    let page = ask.get(link).says(200, "One press of the button");
    assert!(of(&house.db).is_none(), "opening a link says nothing");
    assert_eq!(said(&house.db, ben, "news"), None);
    // An older no does not stand against a yes that is newer, and a hash of the address neither.
    let gone = new.clone();
    house.db.write_now(move |conn| suppressions::add(conn, &gone, goods::now())).unwrap();
    ask.submit(&page, "/newsletter/confirm", &[]).says(200, "Thank you");
    let customer = of(&house.db).unwrap();
    assert_eq!((customer.language.as_str(), said(&house.db, customer.id, "news")), ("en", Some(Consent::Given)));
    let proof = house.db.read_now(move |conn| consents::of(conn, customer.id)).unwrap().remove(0).proof;
    assert!(proof.starts_with("double opt-in by new@example.com: asked 20") && proof.contains("confirmed 20"), "{proof}");
    assert_eq!(held(&house.db, "new@example.com"), None);
    ask.submit(&page, "/newsletter/confirm", &[]).says(200, "does not work any more");
    ask.get("/newsletter/confirm?token=made-up").says(200, "does not work any more");
}

#[test]
fn an_address_gets_a_few_mails_however_often_it_is_typed_and_a_link_ends() {
    let house = House::open();
    for _ in 0..3 {
        let visitor = house.visitor();
        let page = visitor.get("/newsletter");
        visitor.submit(&page, "/newsletter", &[("email", "eve@example.com")]).says(200, "Nearly done");
        visitor.submit(&page, "/newsletter", &[("email", "eve@example.com")]).says(200, "Nearly done");
    }
    let mails = house.mails("eve@example.com");
    assert_eq!(mails.len(), 3);
    let link = mails[0].body_text.lines().find(|line| line.contains("/newsletter/confirm?token=")).unwrap();
    house.state.clock.advance(TimeDelta::hours(73));
    house.visitor().get(link.strip_prefix(house.base_url.as_str()).unwrap()).says(200, "does not work any more");
}

/// RFC 8058: one POST by a program without cookies, and none by a GET.
#[test]
fn one_click_unsubscribes_and_looking_at_the_link_does_not() {
    let (house, ann) = sent(&[]);
    let path = links::unsubscribe_path(&house.state.signer, DELIVERY);
    let shopper = house.visitor();
    let page = shopper.get(&path).says(200, "Do you want to get no more of them?");
    shopper.get(&links::why_path(&house.state.signer, DELIVERY)).says(200, "You agreed on");
    assert_eq!((said(&house.db, ann, "news"), counted(&house.db, "unsubscribed")), (Some(Consent::Given), 0), "a GET changes nothing");
    let robot = house.visitor().post_raw(&path, "List-Unsubscribe=One-Click");
    assert_eq!((robot.status, robot.headers.contains_key("location")), (200, false));
    assert_eq!((said(&house.db, ann, "news"), counted(&house.db, "unsubscribed")), (Some(Consent::Withdrawn), 1));
    assert_eq!(house.visitor().post_raw(&path, "List-Unsubscribe=One-Click").status, 200, "again, as mail programs do");
    assert_eq!((counted(&house.db, "unsubscribed"), held(&house.db, ANN)), (1, None));
    shopper.submit(&page, &path, &[("scope", "all")]).says(200, "about anything but your orders");
    assert_eq!(held(&house.db, ANN), Some(Reason::Unsubscribed));
    shopper.get(&links::why_path(&house.state.signer, DELIVERY)).says(200, "You get no more mails");
    // Neither a made-up token nor the link of a picture or a page that was passed on.
    let followed = links::wrap(&house.state.signer, DELIVERY, "https://shop.test/");
    for token in ["/m/made-up", followed.as_str()] {
        assert_eq!(house.visitor().post_raw(&format!("{token}/unsubscribe"), "List-Unsubscribe=One-Click").status, 404);
        assert_eq!(house.visitor().get(&format!("{token}/preferences")).status, 404);
    }
}

#[test]
fn a_reader_without_an_account_chooses_topics_and_how_often() {
    let (house, ann) = sent(&[]);
    let path = links::unsubscribe_path(&house.state.signer, DELIVERY).replace("/unsubscribe", "/preferences");
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let page = olga.get("/admin/mail-topics/new");
    let typed = [("code", "tea-club"), ("name_en", "Tea club"), ("name_zh", "茶友会"), ("description_en", "Tastings")];
    olga.submit(&page, "/admin/mail-topics/new", &typed).says(200, "Tea club");
    olga.submit(&page, "/admin/mail-topics/new", &typed).says(422, "There is a topic with this code");
    let visitor = house.visitor();
    visitor.get(&path).says(200, "Tea club").holds("topic-tea-club");
    visitor.post(&path, &[("topic-tea-club", "on"), ("frequency", "weekly"), ("tracking", "on")]).says(200, "Your choices are kept");
    let (no, yes) = (Some(Consent::Withdrawn), Some(Consent::Given));
    assert_eq!((said(&house.db, ann, "news"), said(&house.db, ann, "tea-club"), said(&house.db, ann, "tracking")), (no, yes, yes));
    let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap().and_hms_opt(9, 0, 0).unwrap();
    let exceeded = |at| house.db.read_now(move |conn| frequencies::exceeded(conn, &[ann], "news", at)).unwrap().len();
    assert_eq!((exceeded(day(1, 3)), exceeded(day(1, 9))), (1, 0), "one mail a week");
}

#[test]
fn how_often_is_kept_in_the_account_and_never_is_never() {
    let (house, _) = sent(&[]);
    let (bea, visitor) = house.signed_in("bea@example.com");
    let page = visitor.get("/account/preferences").says(200, "How often");
    visitor.submit(&page, "/account/preferences", &[("frequency", "none"), ("topic-news", "on")]).says(200, "Your choices are kept");
    let found =
        house.db.read_now(move |conn| Ok((frequencies::of(conn, bea)?, frequencies::exceeded(conn, &[bea], "news", goods::now())?)));
    let (word, exceeded) = found.unwrap();
    assert_eq!((word, exceeded.contains(&bea), said(&house.db, bea, "news")), (Frequency::Never, true, Some(Consent::Given)));
    let page = visitor.get("/account/preferences");
    visitor.submit(&page, "/account/preferences", &[("frequency", "hourly")]).says(422, "");
}

/// Asks for an address as a program does; answers the status.
fn asked(url: &str, agent: &str, head: bool) -> u16 {
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let request = if head { client.head(url) } else { client.get(url) };
    request.header("user-agent", agent).call().unwrap().status().as_u16()
}

#[test]
fn machines_are_told_apart_from_people_and_nobody_is_counted_without_a_yes() {
    let (house, ann) = sent(&[]);
    let (signer, base) = (&house.state.signer, house.base_url.as_str());
    let to = |page: &str| links::wrap(signer, DELIVERY, &format!("https://shop.test/{page}?a=1"));
    let visitor = house.visitor();
    visitor.carry("trail", "the-secret-of-this-browser");
    let answer = visitor.get_once(&to("mug"));
    assert_eq!((answer.status, answer.headers["location"].as_str()), (302, "https://shop.test/mug?a=1"));
    let hits = || house.db.read_now(|conn| hits::of(conn, DELIVERY)).unwrap();
    assert!(hits().is_empty(), "nobody counts what was not allowed");
    allow(&house.db, ann, "tracking");

    assert_eq!(asked(&format!("{base}{}", to("mug")), "Mozilla/5.0 (compatible; Barracuda)", false), 302);
    assert_eq!(asked(&format!("{base}{}", to("mug")), "Mozilla/5.0 (X11; Linux) Firefox/140.0", true), 302);
    assert_eq!(asked(&format!("{base}{}", links::open_path(signer, DELIVERY)), "Mozilla/5.0 (via ggpht.com GoogleImageProxy)", false), 200);
    let reasons: Vec<String> = hits().into_iter().map(|hit| hit.machine).collect();
    assert_eq!(reasons, ["scanner", "head", "proxy"]);
    let counts = || ["clicked", "machine_clicked", "opened", "machine_opened"].map(|what| counted(&house.db, what));
    assert_eq!(counts(), [0, 1, 0, 1]);
    let edges = || house.db.read_now(move |conn| trails::edges(conn, ann, 10)).unwrap();
    assert!(edges().is_empty());

    house.state.clock.advance(TimeDelta::minutes(1));
    visitor.get_once(&to("mug"));
    assert_eq!((counts(), edges()[0].evidence), ([1, 1, 0, 1], Evidence::MailLink));
    // Whoever follows every link within seconds is no person, whatever they say they are.
    house.state.clock.advance(TimeDelta::minutes(1));
    for page in ["pot", "cup", "tray"] {
        visitor.get_once(&to(page));
    }
    let last: Vec<String> = hits().into_iter().skip(4).map(|hit| hit.machine).collect();
    assert_eq!((last, counts()), (vec!["burst".to_string(); 3], [1, 1, 0, 1]), "the click of a minute before stays a person's");
    assert_eq!(house.visitor().get("/m/made-up").status, 404);
    assert_eq!(house.visitor().get_once(&links::wrap(signer, DELIVERY, "javascript:alert(1)")).status, 404);
}

fn bounce(recipient: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: bounces@shop.test\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\n\
         Action: failed\r\nStatus: {status}\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: news@shop.test\r\n\
         Message-ID: <spring.1@shop.test>\r\nSubject: Spring\r\n\r\n--b--\r\n"
    )
}

/// RFC 3464 and 3834.
#[test]
fn a_hard_bounce_suppresses_and_neither_a_soft_one_nor_a_note_of_absence_does() {
    let (house, ann) = sent(&[]);
    let away = "From: ann@example.com\r\nTo: news@shop.test\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n\
                In-Reply-To: <spring.1@shop.test>\r\n\r\nI am away.\r\n";
    assert_eq!(arrives(&house, away, "").fate, Fate::Kept, "what a program answers opens nothing");
    assert_eq!(arrives(&house, &bounce("eve@example.com", "5.1.1"), "").fate, Fate::Kept, "it was not to her");
    assert_eq!((counted(&house.db, "bounced"), held(&house.db, ANN)), (0, None));
    assert_eq!(arrives(&house, &bounce(ANN, "5.2.2"), "").fate, Fate::Bounced);
    assert_eq!((counted(&house.db, "bounced"), held(&house.db, ANN)), (1, None), "a full mailbox is emptied again");
    arrives(&house, &bounce("ANN@example.com", "5.1.1"), "");
    assert_eq!((counted(&house.db, "bounced"), held(&house.db, ANN)), (1, Some(Reason::Bounced)));
    assert_eq!(said(&house.db, ann, "news"), Some(Consent::Given), "she took nothing back");
}

/// A report as in RFC 5965, appendix B.2, about the mail of the campaign.
fn complaint(kind: &str, recipient: &str, message_id: &str) -> String {
    format!(
        "From: <abusedesk@example.com>\r\nDate: Thu, 8 Mar 2005 17:40:36 EDT\r\nSubject: FW: Earn money\r\nTo: <abuse@example.net>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report;\r\n     boundary=\"part1_13d.2e68ed54_boundary\"\r\n\r\n\
         --part1_13d.2e68ed54_boundary\r\nContent-Type: text/plain; charset=\"US-ASCII\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\
         This is an email abuse report for an email message received from IP\r\n192.0.2.1 on Thu, 8 Mar 2005 14:00:00 EDT.\r\n\
         For more information about this format please see\r\nhttp://www.mipassoc.org/arf/.\r\n\r\n\
         --part1_13d.2e68ed54_boundary\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\n\
         User-Agent: SomeGenerator/1.0\r\nVersion: 1\r\nOriginal-Mail-From: <somespammer@example.net>\r\n\
         Original-Rcpt-To: <{recipient}>\r\nArrival-Date: Thu, 8 Mar 2005 14:00:00 EDT\r\nReporting-MTA: dns; mail.example.com\r\n\
         Source-IP: 192.0.2.1\r\nAuthentication-Results: mail.example.com;\r\n               spf=fail smtp.mail=somespammer@example.com\r\n\
         Reported-Domain: example.net\r\nReported-Uri: http://example.net/earn_money.html\r\nReported-Uri: mailto:user@example.com\r\n\
         Removal-Recipient: user@example.com\r\n\r\n\
         --part1_13d.2e68ed54_boundary\r\nContent-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n\
         From: <somespammer@example.net>\r\nReceived: from mailserver.example.net (mailserver.example.net\r\n        [192.0.2.1])\r\n\
         \x20       by example.com with ESMTP id M63d4137594e46;\r\n        Thu, 08 Mar 2005 14:00:00 -0400\r\n\
         To: <Undisclosed Recipients>\r\nSubject: Earn money\r\nMIME-Version: 1.0\r\nContent-type: text/plain\r\n\
         Message-ID: {message_id}\r\nDate: Thu, 02 Sep 2004 12:31:03 -0500\r\n\r\nSpam Spam Spam\r\nSpam Spam Spam\r\n\
         --part1_13d.2e68ed54_boundary--\r\n"
    )
}

/// RFC 5965.
#[test]
fn a_complaint_takes_the_yes_back_and_suppresses() {
    let (house, ann) = sent(&[]);
    for (kind, recipient, id) in [
        ("abuse", "user@example.com", "<spring.1@shop.test>"),
        ("abuse", "user@example.com", "8787KJKJ3K4J3K4J3K4J3.mail@example.net"),
        ("not-spam", ANN, "<spring.1@shop.test>"),
    ] {
        let stored = arrives(&house, &complaint(kind, recipient, id), "abusedesk@example.com");
        assert_eq!((stored.fate, stored.nature.as_str()), (Fate::Kept, "complaint"), "{kind} {recipient} {id}");
    }
    assert_eq!((said(&house.db, ann, "news"), counted(&house.db, "complained")), (Some(Consent::Given), 0));
    // Providers keep to themselves who it was: the Message-ID is enough.
    let stored = arrives(&house, &complaint("abuse", "redacted", "<spring.1@shop.test>"), "abusedesk@example.com");
    assert_eq!(stored.fate, Fate::Bounced);
    assert_eq!((said(&house.db, ann, "news"), counted(&house.db, "complained")), (Some(Consent::Withdrawn), 1));
    assert_eq!(held(&house.db, ANN), Some(Reason::Complained));
}

/// RFC 2369: the address of the header `List-Unsubscribe`.
#[test]
fn a_mail_unsubscribes_whoever_writes_it() {
    let (house, ann) = sent(&[]);
    let to = address::mailto(&house.state.signer, DELIVERY, "shop.test");
    let to = to.strip_prefix("mailto:").unwrap();
    let forged = to.replace("+1-", "+2-");
    assert_eq!(
        arrives(&house, &format!("From: eve@example.com\r\nTo: {forged}\r\nSubject: x\r\n\r\nOff\r\n"), "eve@example.com").fate,
        Fate::Opened
    );
    assert_eq!(said(&house.db, ann, "news"), Some(Consent::Given));
    let stored = arrives(&house, &format!("From: ann@example.com\r\nTo: {to}\r\nSubject: unsubscribe\r\n\r\n\r\n"), ANN);
    assert_eq!((stored.fate, said(&house.db, ann, "news"), counted(&house.db, "unsubscribed")), (Fate::Kept, Some(Consent::Withdrawn), 1));
}

#[test]
fn a_service_that_carries_mails_is_heard_when_it_knows_the_secret() {
    let (house, _) = sent(&[("REGULARS_INBOUND_HOOK_SECRET", SECRET), ("REGULARS_MAIL_REPLY_DOMAIN", "reply.shop.test")]);
    let post = |format: &str, authorization: &str, body: &str| {
        let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = client.post(format!("{}/hooks/reports/{format}", house.base_url)).header("content-type", "application/json");
        request.header("authorization", authorization).send(body).unwrap().status().as_u16()
    };
    let gone = r#"{"event":"gone","message_id":"<spring.1@shop.test>","recipient":"ann@example.com","status":"5.1.1"}"#;
    let token = format!("Bearer {SECRET}");
    assert_eq!((post("plain", "Bearer wrong", gone), post("other", &token, gone), post("plain", &token, "no JSON")), (401, 404, 400));
    assert_eq!((counted(&house.db, "bounced"), held(&house.db, ANN)), (0, None));
    assert_eq!((post("plain", &token, gone), post("plain", &token, gone)), (200, 200));
    assert_eq!((counted(&house.db, "bounced"), held(&house.db, ANN)), (1, Some(Reason::Bounced)));
    // As in an address: "postmark" and the secret.
    let basic = "Basic cG9zdG1hcms6YSBzZWNyZXQgb2YgdGhlIG1lcmNoYW50J3MgcHJvZ3JhbQ==";
    let spam = r#"{"RecordType":"SpamComplaint","Email":"stranger@example.com","Type":"SpamComplaint"}"#;
    assert_eq!(post("postmark", basic, spam), 200);
    assert_eq!(held(&house.db, "stranger@example.com"), Some(Reason::Complained));
}

#[test]
fn a_list_is_brought_along_looked_up_and_lifted_for_a_reason() {
    let house = House::open();
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let page = olga.get("/admin/suppressions").says(200, "No address is suppressed");
    let file = b"Name;E-mail\r\nAnn;ann@example.com\r\nBen;ben@example.com\r\nnobody\r\n";
    olga.upload(&page, "/admin/suppressions/import", "old.csv", file)
        .says(200, "2 addresses are suppressed, 0 were before, 1 lines have none");
    olga.upload(&page, "/admin/suppressions/import", "old.csv", file).says(200, "0 addresses are suppressed, 2 were before");
    olga.submit(&page, "/admin/suppressions", &[("email", ANN)]).says(422, "suppressed already");
    let page = olga.get("/admin/suppressions?q=ann@example.com").says(200, "From a list");
    olga.submit(&page, "/admin/suppressions/lift", &[]).says(200, "Say why");
    olga.submit(&page, "/admin/suppressions/lift", &[("why", "She wrote that she wants mail again")]).says(200, "may be written to again");
    assert_eq!((held(&house.db, ANN), held(&house.db, "ben@example.com")), (None, Some(Reason::Imported)));
    let log = olga.get("/admin/audit").says(200, "Suppression lifted");
    assert!(!log.body.contains(ANN), "the log outlives the person");
}
