//! Customers write mails: over a real socket, over HTTP, many at a time, with machines among them that never stop.

use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::inbound::{self, Envelope, Fate, Filter, Stored, Way};
use crm::tickets;
use lettre::message::{Attachment, MultiPart, SinglePart, header::ContentType};
use lettre::{Message, SmtpTransport, Transport};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use tokio::sync::watch;

const SECRET: &str = "a secret of the merchant's program";

/// A shop that mails come in to at `help.test`, with its listener.
struct Office {
    house: House,
    port: u16,
    /// Ends the listener when dropped.
    _stop: watch::Sender<bool>,
}

impl Office {
    fn open() -> Office {
        let settings = [("REGULARS_MAIL_REPLY_DOMAIN", "help.test"), ("REGULARS_INBOUND_HOOK_SECRET", SECRET)];
        let house = House::open_with(&settings);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = watch::channel(false);
        let state = house.state.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                regulars::smtp::serve(regulars::smtp::listener(listener).unwrap(), state, stopped).await;
            });
        });
        Office { house, port, _stop: stop }
    }

    fn client(&self) -> SmtpTransport {
        SmtpTransport::builder_dangerous("127.0.0.1").port(self.port).timeout(Some(Duration::from_secs(20))).build()
    }

    fn stored(&self) -> Vec<Stored> {
        self.house.db.read_now(|conn| inbound::list(conn, &Filter::default(), 1000)).unwrap()
    }

    /// A mail by the function that every way in calls.
    fn receive(&self, raw: &str, sender: &str) -> inbound::InboundId {
        let envelope = Envelope { way: Way::Hook, sender: Some(sender.into()), recipients: vec!["help@help.test".into()] };
        let (raw, now) = (raw.as_bytes().to_vec(), self.house.state.clock.now());
        self.house.db.write_now(move |conn| inbound::receive(conn, &raw, &envelope, now)).unwrap()
    }
}

/// A line of what a client says, and the first line of the answer.
fn say(stream: &mut BufReader<TcpStream>, line: &str) -> String {
    stream.get_mut().write_all(line.as_bytes()).unwrap();
    heard(stream)
}

fn heard(stream: &mut BufReader<TcpStream>) -> String {
    let mut first = String::new();
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the listener hung up after {first}");
        if first.is_empty() {
            first.clone_from(&line);
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return first;
        }
    }
}

fn connected(office: &Office) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", office.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut stream = BufReader::new(stream);
    assert!(heard(&mut stream).starts_with("220 "));
    stream
}

#[test]
fn a_mail_by_smtp_becomes_a_ticket_and_the_reply_to_its_answer_finds_it() {
    let office = Office::open();
    let photo = Attachment::new("broken.png".into()).body(b"\x89PNG\r\n\x1a\nrest".to_vec(), ContentType::parse("image/jpeg").unwrap());
    let mail = Message::builder()
        .from("Ann Bell <ann@example.com>".parse().unwrap())
        .to("Tea <help@help.test>".parse().unwrap())
        .subject("Tasse zerbrochen 杯子碎了")
        .message_id(Some("<first@example.com>".into()))
        .multipart(
            MultiPart::mixed()
                .multipart(MultiPart::alternative_plain_html(
                    String::from(".A line with a dot\r\nSchöne Grüße"),
                    String::from("<p>Hi<script>x()</script><img src=\"https://spy.example/1.gif\"></p>"),
                ))
                .singlepart(photo),
        )
        .unwrap();
    office.client().send(&mail).unwrap();
    assert_eq!(office.stored()[0].fate, Fate::Waiting, "stored before anybody reads it");
    office.house.follow();
    let stored = office.stored().remove(0);
    assert_eq!((stored.fate, stored.from_name.as_str(), stored.way), (Fate::Opened, "Ann Bell", Way::Smtp));
    let ticket = office.house.db.read_now(move |conn| tickets::get(conn, stored.ticket_id.unwrap())).unwrap();
    assert_eq!((ticket.subject.as_str(), ticket.channel), ("Tasse zerbrochen 杯子碎了", tickets::Channel::Mail));
    let (id, number) = (ticket.id, ticket.number.clone());
    let (thread, files) = office
        .house
        .db
        .read_now(move |conn| {
            let thread = tickets::thread(conn, id, tickets::Eyes::Staff, None, 10)?;
            let files = tickets::files_of(conn, &[thread[0].id])?;
            Ok((thread, files))
        })
        .unwrap();
    assert_eq!(thread[0].body, ".A line with a dot\nSchöne Grüße");
    let html = thread[0].html.as_deref().unwrap();
    assert!(html.contains("Hi") && !html.contains("script") && !html.contains("spy.example"), "{html}");
    assert_eq!((files[0].name.as_str(), files[0].content_type.as_str()), ("broken.png", "image/png"), "by its content");

    let address = tickets::address::reply_to(&office.house.state.signer, &number, "help.test");
    let reply = Message::builder()
        .from("ann@example.com".parse().unwrap())
        .to(address.parse().unwrap())
        .subject("Re: x")
        .singlepart(SinglePart::plain("Any news?\r\n\r\nOn Monday Tea wrote:\r\n> Sorry.".to_string()))
        .unwrap();
    office.client().send(&reply).unwrap();
    office.house.follow();
    let thread = office.house.db.read_now(move |conn| tickets::thread(conn, id, tickets::Eyes::Staff, None, 10)).unwrap();
    assert_eq!(thread.last().unwrap().body, "Any news?");

    let (_, agent) = at_work(&office.house, "amy", role(&office.house, Preset::Agent));
    agent.get("/admin/inbound?q=ANN@example.com&fate=opened").says(200, "Tasse zerbrochen 杯子碎了");
    let page = format!("/admin/inbound/{}", stored.id);
    agent.get(&page).says(200, "Part of the request").says(200, "Schöne Grüße");
    let framed = agent.get(&format!("{page}/html"));
    assert!(framed.headers["content-security-policy"].ends_with("sandbox") && !framed.body.contains("spy.example"));
    let raw = agent.get(&format!("{page}/raw"));
    assert!(raw.headers["content-disposition"].starts_with("attachment") && raw.body.contains("first@example.com"));
}

#[test]
fn lmtp_answers_for_each_and_nobody_relays_or_smuggles() {
    let office = Office::open();
    let mut stream = connected(&office);
    assert!(say(&mut stream, "LHLO mx.test\r\n").starts_with("250"));
    assert!(say(&mut stream, "MAIL FROM:<ann@example.com>\r\n").starts_with("250"));
    assert!(say(&mut stream, "RCPT TO:<victim@elsewhere.test>\r\n").starts_with("550"));
    assert!(say(&mut stream, "RCPT TO:<one@help.test>\r\n").starts_with("250"));
    assert!(say(&mut stream, "RCPT TO:<two@HELP.test>\r\n").starts_with("250"));
    assert!(say(&mut stream, "DATA\r\n").starts_with("354"));
    let smuggling = "From: ann@example.com\r\nSubject: One\r\n\r\nx\n.\nMAIL FROM:<eve@example.net>\r\n.\n\r\n.\r\n";
    assert!(say(&mut stream, smuggling).starts_with("250"), "for the first");
    assert!(heard(&mut stream).starts_with("250"), "for the second");
    assert!(say(&mut stream, "NOOP\r\n").starts_with("250"), "and for no third");
    assert!(say(&mut stream, "QUIT\r\n").starts_with("221"));
    let stored = office.stored();
    assert_eq!((stored.len(), stored[0].recipients.as_str()), (1, "one@help.test two@HELP.test"));
    // A client that goes in the middle of a mail leaves nothing.
    let mut stream = connected(&office);
    for line in ["EHLO x\r\n", "MAIL FROM:<>\r\n", "RCPT TO:<a@help.test>\r\n", "DATA\r\n"] {
        say(&mut stream, line);
    }
    stream.get_mut().write_all(b"From: half\r\n").unwrap();
    drop(stream);
    // One that says a line without end is told off, and the listener lives.
    let mut stream = connected(&office);
    assert!(say(&mut stream, &format!("{}\r\n", "x".repeat(100_000))).starts_with("500"));
    assert!(say(&mut stream, "QUIT\r\n").starts_with("221"));
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert_eq!(office.stored().len(), 1);
    office.house.follow();
}

#[test]
fn many_clients_at_once_lose_nothing() {
    let office = Office::open();
    std::thread::scope(|scope| {
        for client in 0..20 {
            let transport = office.client();
            scope.spawn(move || {
                for number in 0..10 {
                    let mail = Message::builder()
                        .from(format!("c{client}@example.com").parse().unwrap())
                        .to("help@help.test".parse().unwrap())
                        .subject(format!("Question {number}"))
                        .body(format!("From client {client}, number {number}"))
                        .unwrap();
                    transport.send(&mail).unwrap();
                }
            });
        }
    });
    assert_eq!(office.stored().len(), 200);
    office.house.follow();
    assert!(office.stored().iter().all(|mail| mail.fate == Fate::Opened), "{:?}", office.stored());
}

#[test]
fn a_program_posts_a_mail_once_however_often_it_tries() {
    let office = Office::open();
    let post = |token: &str, kind: &str, body: &[u8]| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent
            .post(format!("{}/hooks/mail?from=ann%40example.com&to=help%40help.test", office.house.base_url))
            .header("authorization", format!("Bearer {token}"))
            .content_type(kind)
            .send(body)
            .unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    };
    let mail = b"From: ann@example.com\r\nSubject: Posted\r\n\r\nHello\r\n";
    assert_eq!(post("wrong", "message/rfc822", mail).0, 401);
    assert_eq!(post(SECRET, "text/html", mail).0, 415);
    assert_eq!(post(SECRET, "message/rfc822", b"").0, 422);
    let first = post(SECRET, "message/rfc822", mail);
    assert_eq!((first.0, post(SECRET, "message/rfc822; charset=utf-8", mail)), (200, first.clone()));
    office.house.follow();
    let stored = office.stored();
    assert_eq!((stored.len(), stored[0].fate, stored[0].sender.as_deref()), (1, Fate::Opened, Some("ann@example.com")));
    let plain = House::open();
    assert_eq!(plain.visitor().post("/hooks/mail", &[]).status, 404, "without a secret there is no way in");
}

#[test]
fn a_mail_of_fifty_megabytes_comes_in_and_a_larger_one_does_not() {
    let office = Office::open();
    let mut mail = b"From: ann@example.com\r\nTo: help@help.test\r\nSubject: Big\r\nContent-Type: application/zip; name=big.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n".to_vec();
    while mail.len() < inbound::LARGEST - 100 {
        mail.extend_from_slice(b"UEsDBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n");
    }
    for (raw, code) in [(mail.clone(), "250"), ([mail, vec![b'x'; 200]].concat(), "552")] {
        let mut stream = connected(&office);
        for line in ["EHLO x\r\n", "MAIL FROM:<ann@example.com>\r\n", "RCPT TO:<help@help.test>\r\n", "DATA\r\n"] {
            say(&mut stream, line);
        }
        stream.get_mut().write_all(&raw).unwrap();
        let answer = say(&mut stream, "\r\n.\r\n");
        assert!(answer.starts_with(code), "{answer}");
        assert!(say(&mut stream, "QUIT\r\n").starts_with("221"), "the answer had its place");
    }
    office.house.follow();
    let stored = office.stored();
    assert_eq!((stored.len(), stored[0].fate), (1, Fate::Opened));
}

#[test]
fn who_stops_between_storing_and_reading_goes_on_later() {
    let office = Office::open();
    let id = office.receive("From: ann@example.com\r\nSubject: Later\r\n\r\nHello\r\n", "ann@example.com");
    // A worker takes the mail up and dies; its lease runs out.
    let now = office.house.state.clock.now();
    let leased = office.house.db.write_now(move |conn| kernel::jobs::lease(conn, 10, 10, now)).unwrap();
    assert!(leased.iter().any(|job| job.kind == inbound::FILE_JOB));
    office.house.state.clock.advance(TimeDelta::minutes(3));
    office.house.follow();
    let stored = office.house.db.read_now(move |conn| inbound::get(conn, id)).unwrap();
    assert_eq!(stored.fate, Fate::Opened);
    let again = office.receive("From: ann@example.com\r\nSubject: Later\r\n\r\nHello\r\n", "ann@example.com");
    assert_eq!(again, id);
}

/// What another program does with a mail of the shop, if anything: the mail that it writes, and the sender of its envelope.
type Machine = fn(&kernel::mail::Mail, usize) -> Option<(String, String)>;

/// Lets a machine answer every mail of the shop for 10,000 rounds, or until there is nothing to answer. Answers how many mails the shop sent.
fn rounds(office: &Office, address: &str, machine: Machine) -> usize {
    let start = format!("From: {address}\r\nTo: help@help.test\r\nSubject: Begin\r\nMessage-ID: <begin@x>\r\n\r\nHello\r\n");
    office.receive(&start, address);
    let (mut seen, mut round) = (0, 0);
    while round < 10_000 {
        office.house.follow();
        let sent = office.house.mails(address);
        let fresh: Vec<_> = sent.iter().skip(seen).cloned().collect();
        seen = sent.len();
        let mut wrote = false;
        for mail in fresh {
            round += 1;
            if let Some((raw, sender)) = machine(&mail, round) {
                office.receive(&raw, &sender);
                wrote = true;
            }
        }
        if !wrote {
            break;
        }
    }
    assert!(round < 10_000, "it never stops");
    seen
}

#[test]
fn machines_that_answer_everything_do_not_keep_the_shop_busy() {
    let office = Office::open();
    // A vacation responder that says what it is.
    let away = rounds(&office, "away@example.com", |mail, round| {
        let raw = format!(
            "From: away@example.com\r\nTo: {}\r\nSubject: Away: {}\r\nMessage-ID: <a{round}@x>\r\nIn-Reply-To: <{}>\r\nAuto-Submitted: auto-replied\r\n\r\nI am away ({round}).\r\n",
            mail.reply_to, mail.subject, mail.message_id
        );
        Some((raw, String::new()))
    });
    // Another help desk, which does not say so, answers in the thread.
    let desk = rounds(&office, "desk@example.net", |mail, round| {
        let raw = format!(
            "From: desk@example.net\r\nTo: {}\r\nSubject: Re: {}\r\nMessage-ID: <b{round}@x>\r\nIn-Reply-To: <{}>\r\n\r\nWe got your request ({round}).\r\n",
            mail.reply_to, mail.subject, mail.message_id
        );
        Some((raw, "desk@example.net".into()))
    });
    // A worse one begins a new thread each time.
    let worse = rounds(&office, "worse@example.org", |_, round| {
        let raw = format!(
            "From: worse@example.org\r\nTo: help@help.test\r\nSubject: Case {round}\r\nMessage-ID: <c{round}@x>\r\n\r\nCase {round} opened.\r\n"
        );
        Some((raw, "worse@example.org".into()))
    });
    // A mailbox that does not exist bounces everything.
    let gone = rounds(&office, "gone@example.com", |mail, _| {
        let raw = format!(
            "From: MAILER-DAEMON@mx.test\r\nSubject: Failed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; gone@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{}>\r\n\r\nx\r\n--b--\r\n",
            mail.message_id
        );
        Some((raw, String::new()))
    });
    assert!((1..=2).contains(&away) && (1..=2).contains(&desk) && (1..=2).contains(&gone), "{away} {desk} {gone}");
    assert!((1..=25).contains(&worse), "{worse}");
    let failed = office.house.mails("gone@example.com").remove(0);
    assert_eq!((failed.state.as_str(), failed.error.as_deref()), ("failed", Some("it came back: 5.1.1")));
    // A machine that waits for no answer: each of its mails is kept, and few are answered.
    for round in 0..300 {
        office.receive(
            &format!("From: storm@example.org\r\nSubject: Alarm {round}\r\nMessage-ID: <s{round}@x>\r\n\r\nAlarm {round}\r\n"),
            "storm@example.org",
        );
    }
    office.house.follow();
    let answered = office.house.mails("storm@example.org").len();
    assert!((1..=25).contains(&answered), "{answered}");
    let filter = Filter { from: Some("storm@example.org".into()), ..Filter::default() };
    let kept = office.house.db.read_now(move |conn| inbound::list(conn, &filter, 1000)).unwrap();
    assert_eq!(kept.len(), 300);
    assert!(kept.iter().all(|mail| mail.ticket_id.is_some()));
}
