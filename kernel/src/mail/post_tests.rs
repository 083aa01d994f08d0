use super::*;
use crate::mail::domains::{self, Wish};
use crate::testing::{self, TestDb};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

/// What a mail server answers to the commands of one connection after another. An answer of `hang up` closes the connection, and one that
/// ends in `!` does after it was said.
fn server(script: Vec<Vec<(&'static str, &'static str)>>) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, (tell, told)) = (listener.local_addr().unwrap().port(), channel());
    std::thread::spawn(move || {
        for answers in script {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            stream.write_all(b"220 test\r\n").unwrap();
            let mut body = false;
            while let Some(Ok(line)) = lines.next() {
                if body && line != "." {
                    continue;
                }
                let word = if line == "." { "." } else { line.split([' ', ':']).next().unwrap_or_default() };
                let _ = tell.send(line.clone());
                let own = answers.iter().find(|(command, _)| *command == word).map(|(_, answer)| *answer);
                let answer = own.unwrap_or(match word {
                    "DATA" => "354 go on",
                    _ => "250 OK",
                });
                if answer == "hang up" {
                    break;
                }
                body = word == "DATA" && answer.starts_with('3');
                let sent = stream.write_all(format!("{}\r\n", answer.trim_end_matches('!')).as_bytes());
                if sent.is_err() || answer.ends_with('!') {
                    break;
                }
            }
        }
    });
    (port, told)
}

fn post(db: &TestDb, port: u16, more: &str) -> (Post, Clock) {
    let vars = [
        ("REGULARS_MAIL_FROM", "Shop <shop@shop.example>"),
        ("REGULARS_MAIL_SMTP_HOST", "127.0.0.1"),
        ("REGULARS_MAIL_SMTP_PORT", port.to_string().as_str()),
        ("REGULARS_MAIL_SMTP_SECURITY", "plain"),
        ("REGULARS_MAIL_RELAYS", more),
    ]
    .map(|(name, value)| (name.to_string(), value.to_string()));
    let (config, clock) = (Config::read(None, vars).unwrap(), Clock::default());
    (Post::open(db, &clock, &config).unwrap(), clock)
}

const RAW: &[u8] = b"From: shop@shop.example\r\nMessage-ID: <1@shop.example>\r\n\r\nHello\r\n";

fn handed(post: &Post) -> HandOver {
    post.hand_over(RAW, "shop@shop.example", "ann@example.com").1
}

#[test]
fn what_a_lost_or_a_bad_answer_means_depends_on_the_step() {
    for (answer, wanted) in [
        (None, "accepted"),
        (Some(("RCPT", "550 5.1.1 nobody")), "refused"),
        (Some(("RCPT", "450 4.2.1 later")), "failed"),
        (Some(("RCPT", "hang up")), "failed"),
        (Some(("DATA", "hang up")), "failed"),
        (Some(("DATA", "554 no")), "refused"),
        (Some((".", "hang up")), "unknown"),
        (Some((".", "451 4.3.0 later")), "failed"),
        (Some((".", "554 5.6.0 spam")), "refused"),
        (Some(("MAIL", "550 not you")), "failed"),
        (Some(("MAIL", "552 5.3.4 too large")), "refused"),
        (Some(("EHLO", "554 5.7.1 no service")), "failed"),
        (Some(("MAIL", "421 busy")), "failed"),
    ] {
        let db = testing::db();
        let (port, _told) = server(vec![answer.into_iter().collect()]);
        let came = match handed(&post(&db, port, "").0) {
            HandOver::Accepted => "accepted",
            HandOver::Refused(_) => "refused",
            HandOver::Failed(_) => "failed",
            HandOver::Unknown(_) => "unknown",
        };
        assert_eq!(came, wanted, "{answer:?}");
    }
}

#[test]
fn connections_are_kept_and_one_that_was_closed_meanwhile_costs_nothing() {
    let db = testing::db();
    let greetings = |told: &Receiver<String>| told.try_iter().filter(|line| line.starts_with("EHLO")).count();
    let (port, told) = server(vec![Vec::new(), Vec::new()]);
    let (one, _) = post(&db, port, "");
    assert_eq!((handed(&one), handed(&one)), (HandOver::Accepted, HandOver::Accepted));
    assert_eq!(greetings(&told), 1, "two mails share a connection");

    let (port, told) = server(vec![vec![(".", "250 taken!")], Vec::new()]);
    let (one, _) = post(&db, port, "");
    assert_eq!((handed(&one), handed(&one)), (HandOver::Accepted, HandOver::Accepted));
    assert_eq!(greetings(&told), 2, "the second found the connection closed");

    let (port, told) = server(vec![vec![("RCPT", "550 nobody"), ("RSET", "hang up")], Vec::new()]);
    let (one, _) = post(&db, port, "");
    assert!(matches!(handed(&one), HandOver::Refused(_)));
    assert_eq!((handed(&one), greetings(&told)), (HandOver::Accepted, 2));
}

#[test]
fn another_server_takes_over_and_a_limit_holds() {
    let db = testing::db();
    let (near, _near) = server(vec![Vec::new(), Vec::new()]);
    // Nothing listens there any more.
    let far = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (post, clock) = post(&db, far, &format!("near=plain://127.0.0.1:{near}"));
    // Some way into an hour, so that what follows is in the same.
    clock.advance(TimeDelta::seconds(3600 - clock.now().and_utc().timestamp() % 3600 + 60));
    let ids = db.read_now(transports).unwrap();
    let (main, other) = (ids.iter().find(|one| one.name == MAIN).unwrap().id, ids.iter().find(|one| one.name == "near").unwrap().id);
    let only = TermsWish { weight: 0, per_hour: Some(2), warm_from: None, warm_first: 0, warm_growth: 0 };
    db.write_now(move |conn| set_terms(conn, other, &only)).unwrap();
    clock.advance(TimeDelta::seconds(6));
    assert_eq!(post.pick("example.com", clock.now()), Some(main), "the other has no share");
    let (by, came) = post.hand_over(RAW, "shop@shop.example", "ann@example.com");
    assert_eq!((by, came), (other, HandOver::Accepted));
    assert_eq!(post.pick("example.com", clock.now()), Some(other), "whoever did not answer is passed over for a while");
    assert_eq!(handed(&post), HandOver::Accepted);
    assert!(matches!(handed(&post), HandOver::Failed(_)), "two in an hour, and the other is away");
    assert_eq!(post.pick("example.com", clock.now()), None);
    clock.advance(TimeDelta::hours(1));
    assert!(post.pick("example.com", clock.now()).is_some());
}

#[test]
fn a_server_that_refuses_the_sender_is_set_aside_until_none_is_left_and_all_are_tried_again() {
    let db = testing::db();
    let (near, _near) = server(vec![vec![(".", "250 taken!")], vec![("MAIL", "553 5.7.1 nor you")]]);
    let (far, _far) = server(vec![vec![("MAIL", "550 5.7.1 not you")], Vec::new()]);
    let (post, clock) = post(&db, far, &format!("near=plain://127.0.0.1:{near}"));
    let ids = db.read_now(transports).unwrap();
    let (main, other) = (ids.iter().find(|one| one.name == MAIN).unwrap().id, ids.iter().find(|one| one.name == "near").unwrap().id);
    let last = TermsWish { weight: 0, per_hour: None, warm_from: None, warm_first: 0, warm_growth: 0 };
    db.write_now(move |conn| set_terms(conn, other, &last)).unwrap();
    clock.advance(TimeDelta::seconds(6));
    let (by, came) = post.hand_over(RAW, "shop@shop.example", "ann@example.com");
    assert_eq!((by, came), (other, HandOver::Accepted), "the other takes it");
    let said = db.read_now(setbacks).unwrap();
    assert_eq!(said.iter().map(|one| (one.transport, one.sender.as_str())).collect::<Vec<_>>(), [(main, "shop.example")]);
    assert!(said[0].reason.contains("not you"), "{said:?}");
    assert_eq!(post.barred("Shop <shop@shop.example>").unwrap(), None, "one is left");
    assert!(matches!(handed(&post), HandOver::Failed(_)));
    let words = post.barred("Shop <shop@shop.example>").unwrap().unwrap();
    assert!(words.contains("main: ") && words.contains("not you") && words.contains("nor you"), "{words}");
    assert_eq!(post.barred("shop@other.example").unwrap(), None, "another sender may be taken");
    assert_eq!(post.hand_over(RAW, "shop@shop.example", "ann@example.com").0, TransportId(0), "nobody is asked");
    assert_eq!(db.write_now(|conn| try_again(conn, None)).unwrap().len(), 2);
    let (by, came) = post.hand_over(RAW, "shop@shop.example", "ann@example.com");
    assert_eq!((by, came), (main, HandOver::Accepted), "at once, whatever was known of it");
}

#[test]
fn mail_is_signed_once_the_record_was_seen_and_bounces_go_their_way() {
    let db = testing::db();
    let (port, _told) = server(Vec::new());
    let (post, clock) = post(&db, port, "");
    let now = clock.now();
    let pair = NewKey::pair(now).unwrap();
    let wish = Wish { domain: "shop.example".into(), spf: String::new(), return_path: "in.shop.example".into() };
    let id = db.write_now(move |conn| domains::add(conn, &wish, &pair, now)).unwrap();
    clock.advance(TimeDelta::seconds(6));
    assert_eq!((post.keys("Shop <shop@Shop.Example>").len(), post.keys("shop@other.example").len()), (0, 0));
    assert_eq!(post.return_path("Shop <shop@shop.example>"), "bounces@in.shop.example");
    assert_eq!(post.return_path("x@other.example"), "x@other.example");
    db.write_now(move |conn| {
        use crate::mail::dns::{Found, Purpose, Sight};
        let found: Vec<Found> = domains::keys(conn, id)?
            .iter()
            .map(|key| Found {
                purpose: Purpose::Dkim,
                name: format!("{}._domainkey.shop.example", key.selector),
                sight: Sight::Right,
                text: String::new(),
            })
            .collect();
        domains::keep(conn, id, &found, now)
    })
    .unwrap();
    clock.advance(TimeDelta::seconds(6));
    let keys = post.keys("shop@shop.example");
    assert_eq!(keys.len(), 2);
    let parcel =
        Parcel { message_id: "1@shop.example".into(), from: "shop@shop.example".into(), to: "a@b.example".into(), ..Parcel::default() };
    assert!(message(&parcel, &keys).unwrap().starts_with(b"DKIM-Signature: "));
}

#[test]
fn a_file_is_called_by_its_message_and_stays_in_its_folder() {
    assert_eq!(file_name(RAW), "1@shop.example.eml");
    assert_eq!(file_name(b"Message-ID: <../../etc/x@y>\r\n\r\n"), "etcx@y.eml");
    assert!(file_name(b"\r\nMessage-ID: <1@x>").len() > 20);
}
