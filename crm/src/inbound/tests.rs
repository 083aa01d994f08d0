use super::*;
use crate::email::Email;
use crate::rules::trees::noon;
use crate::suppressions;
use crate::tickets::{self, Status, TicketId};
use chrono::TimeDelta;
use kernel::mail::{self, Draft, HandOver};
use kernel::testing::TestDb;
use kernel::token::{Secret, Signer};
use proptest::prelude::*;

fn office() -> Office {
    Office { signer: Signer::new(Secret::new("key")), own: vec!["help@tea.example".into()], store: 1, language: "en".into() }
}

/// Receives, reads and files a mail, as the listener and the job do.
fn arrives(db: &TestDb, raw: &str, at: i64) -> Stored {
    arrives_as(db, raw.as_bytes(), Some("ann@example.com"), at)
}

pub(super) fn arrives_as(db: &TestDb, raw: &[u8], sender: Option<&str>, at: i64) -> Stored {
    let now = noon() + TimeDelta::seconds(at);
    let envelope = Envelope { way: Way::Smtp, sender: sender.map(str::to_string), recipients: vec!["help@tea.example".into()] };
    let raw = raw.to_vec();
    db.write_now(move |conn| {
        let id = receive(conn, &raw, &envelope, now)?;
        if let Some(waiting) = waiting(conn, id)? {
            let letter = read(&waiting.raw, waiting.sender.as_deref(), &waiting.recipients);
            file(conn, id, &letter, &office(), now)?;
            file(conn, id, &letter, &office(), now)?;
        }
        get(conn, id)
    })
    .unwrap()
}

fn texts(db: &TestDb, ticket: TicketId) -> Vec<String> {
    let thread = db.read_now(|conn| tickets::thread(conn, ticket, tickets::Eyes::Staff, None, 100)).unwrap();
    thread.into_iter().map(|message| message.body).collect()
}

const FIRST: &str =
    "From: Ann <ann@example.com>\r\nTo: help@tea.example\r\nSubject: Broken mug\r\nMessage-ID: <1@example.com>\r\n\r\nIt broke.\r\n";

#[test]
fn a_mail_opens_a_ticket_and_answers_to_it_find_it() {
    let db = kernel::testing::db();
    let first = arrives(&db, FIRST, 0);
    assert_eq!((first.fate, first.nature.as_str(), first.from_name.as_str()), (Fate::Opened, "person", "Ann"));
    let ticket = first.ticket_id.unwrap();
    assert_eq!(arrives(&db, FIRST, 1).id, first.id, "the same bytes are one mail");
    let again = arrives(&db, &format!("Received: by mx2\r\n{FIRST}"), 2);
    assert_eq!((again.fate, again.ticket_id), (Fate::Repeated, Some(ticket)));

    let own = arrives(
        &db,
        "From: ann@EXAMPLE.com\r\nSubject: Re: Broken mug\r\nMessage-ID: <2@example.com>\r\nReferences: <0@x> <1@example.com>\r\n\r\nAny news?\r\n\r\nOn Monday Tea wrote:\r\n> Sorry\r\n",
        3,
    );
    assert_eq!((own.fate, own.ticket_id), (Fate::Added, Some(ticket)));
    let stranger = arrives(
        &db,
        "From: eve@example.net\r\nSubject: Re: Broken mug\r\nMessage-ID: <3@example.net>\r\nIn-Reply-To: <1@example.com>\r\n\r\nLet me see.\r\n",
        4,
    );
    assert_eq!(stranger.fate, Fate::Opened, "who quotes a Message-ID opens a ticket of their own");
    assert_ne!(stranger.ticket_id, Some(ticket));
    let forged = arrives(&db, "From: eve@example.net\r\nSubject: x\r\nMessage-ID: <1@example.com>\r\n\r\nI am Ann.\r\n", 5);
    assert_eq!((forged.fate, forged.ticket_id == Some(ticket)), (Fate::Opened, false));

    let number = db.read_now(|conn| tickets::get(conn, ticket)).unwrap().number;
    let address = tickets::address::reply_to(&office().signer, &number, "tea.example");
    let husband = arrives(&db, &format!("From: Bob <bob@example.com>\r\nTo: {address}\r\nSubject: mug\r\n\r\nShe is away.\r\n"), 6);
    assert_eq!((husband.fate, husband.ticket_id), (Fate::Added, Some(ticket)));
    assert_eq!(texts(&db, ticket), ["It broke.", "Any news?", "Bob <bob@example.com>:\n\nShe is away."]);
}

#[test]
fn what_programs_write_opens_nothing_and_wakes_nobody() {
    let db = kernel::testing::db();
    let ticket = arrives(&db, FIRST, 0).ticket_id.unwrap();
    db.write_now(move |conn| {
        let agent = tickets::Agent { id: 1, actor: "agent@tea.example" };
        tickets::solve(conn, ticket, tickets::Outcome::Answered, agent.actor, None, noon())
    })
    .unwrap();
    let away =
        "From: ann@example.com\r\nSubject: Away\r\nIn-Reply-To: <1@example.com>\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n";
    let kept = arrives(&db, away, 1);
    assert_eq!((kept.fate, kept.nature.as_str(), kept.ticket_id), (Fate::Added, "automatic", Some(ticket)));
    let after = db.read_now(|conn| tickets::get(conn, ticket)).unwrap();
    assert_eq!(after.status, Status::Solved, "it does not open it again");
    let news = arrives(&db, "From: news@example.net\r\nSubject: News\r\nList-Id: <news.example.net>\r\n\r\nBuy!\r\n", 2);
    assert_eq!((news.fate, news.ticket_id), (Fate::Kept, None));
    let (id, letter) = (news.id, read(&db.read_now(move |conn| raw(conn, news.id)).unwrap(), None, &[]));
    let (taken, again) = db
        .write_now(move |conn| {
            let taken = take_up(conn, id, &letter, (1, "en"), noon())?;
            Ok((taken, take_up(conn, id, &letter, (1, "en"), noon())))
        })
        .unwrap();
    assert!(matches!(again, Err(Error::Conflict(_))));
    assert_eq!(db.read_now(move |conn| tickets::begun_by(conn, taken)).unwrap().as_deref(), Some("automatic"), "which gets no receipt");
    let echo = arrives(&db, "From: help@tea.example\r\nSubject: Own\r\n\r\nEcho\r\n", 3);
    assert_eq!(echo.fate, Fate::Kept, "the shop does not talk to itself");
    let null = arrives_as(&db, b"From: carl@example.net\r\nSubject: Robot\r\n\r\nx\r\n", Some(""), 4);
    assert_eq!(null.fate, Fate::Kept);
}

#[test]
fn a_machine_that_hides_opens_a_few_tickets_a_day_and_loses_nothing() {
    let db = kernel::testing::db();
    let fates = db
        .write_now(|conn| {
            let mut fates = Vec::new();
            for at in 0..10_000 {
                let raw = format!("From: Robot <robot@example.net>\r\nSubject: Alarm {at}\r\nMessage-ID: <{at}@r>\r\n\r\nAlarm {at}\r\n");
                let envelope = Envelope { way: Way::Hook, sender: None, recipients: Vec::new() };
                let id = receive(conn, raw.as_bytes(), &envelope, noon())?;
                file(conn, id, &read(raw.as_bytes(), None, &[]), &office(), noon() + TimeDelta::seconds(at))?;
                let stored = get(conn, id)?;
                fates.push((stored.fate, stored.ticket_id));
            }
            Ok(fates)
        })
        .unwrap();
    assert_eq!(fates.iter().filter(|(fate, _)| *fate == Fate::Opened).count(), 20);
    assert!(fates[20..].iter().all(|(fate, ticket)| *fate == Fate::Added && *ticket == fates[19].1), "nothing is lost");
}

fn report(message_id: &str, recipient: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\
         MIME-Version: 1.0\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
         From: help@tea.example\r\nMessage-ID: <{message_id}>\r\nSubject: Hello\r\n\r\nHello\r\n--b--\r\n"
    )
}

#[test]
fn a_bounce_is_noted_on_the_mail_that_bounced_and_on_no_other() {
    let db = kernel::testing::db();
    let sent = db
        .write_now(|conn| {
            let draft = Draft {
                dedupe_key: "test:1".into(),
                template: "test".into(),
                recipient: "gone@example.com".into(),
                subject: "Hello".into(),
                text: "Hello".into(),
                html: String::new(),
                headers: mail::Headers::default(),
            };
            mail::queue(conn, &draft, "tea.example", noon())?;
            let sent = mail::list(conn, None, None, 1)?.remove(0);
            mail::record(conn, sent.id, &HandOver::Accepted, noon())?;
            Ok(sent)
        })
        .unwrap();
    let gone = Email::parse("gone@example.com", "email").unwrap();
    for (at, raw) in [report("guessed@tea.example", "gone@example.com", "5.1.1"), report(&sent.message_id, "other@example.com", "5.1.1")]
        .iter()
        .enumerate()
    {
        let stored = arrives_as(&db, raw.as_bytes(), Some(""), at as i64);
        assert_eq!((stored.fate, stored.nature.as_str()), (Fate::Kept, "bounce"), "a report of what nobody sent proves nothing");
    }
    assert!(!db.read_now(|conn| suppressions::holds(conn, "email", &gone)).unwrap());
    let stored = arrives_as(&db, report(&sent.message_id, "gone@example.com", "5.1.1").as_bytes(), Some(""), 9);
    assert_eq!((stored.fate, stored.bounced_mail_id), (Fate::Bounced, Some(sent.id)));
    let noted = db.read_now(move |conn| mail::get(conn, sent.id)).unwrap();
    assert_eq!((noted.state.as_str(), noted.error.as_deref()), ("failed", Some("it came back: 5.1.1")));
    assert!(db.read_now(|conn| suppressions::holds(conn, "email", &gone)).unwrap());
}

/// Mails that broke somebody's program before.
fn nasty() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [
        "\0",
        "\r\n\r\n",
        ":",
        "no header at all",
        "From: \r\nTo: \r\nSubject: \r\n\r\n",
        "From: <>\r\nSubject: =?utf-8?B?////?= =?x-nothing?Q?=ZZ?=\r\n\r\nx",
        "From: a@b.example, c@d.example\r\nFrom: e@f.example\r\nSubject: two\r\nSubject: more\r\n\r\nx",
        "From: ann@example.com\r\nContent-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\nx\r\n----\r\n",
        "From: ann@example.com\r\nContent-Type: multipart/mixed\r\n\r\n--x\r\n\r\nnothing closes\r\n",
        "From: ann@example.com\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n:::\r\n--b--",
        "From: ann@example.com\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+AHM-+////",
        "From: ann@example.com\r\nContent-Type: text/html; charset=gb18030\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        "From: ann@example.com\r\nContent-Type: application/pdf; name=\"../../etc/passwd\"\r\nContent-Disposition: attachment; filename*=utf-8''%00%2F..%2Fx\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==",
        "From: ann@example.com\r\nSubject: \u{202e}gnp.exe\u{0}\r\n\r\n\u{0}\u{feff}text",
        "From: ann@example.com\r\nDate: Thu, 99 Foo 99999999 99:99:99 +9999\r\nMessage-ID: <a\u{0}b c>\r\nReferences: <><><x>\r\n\r\n> \r\n> \r\n",
        "From: \"\\\"<script>\" <ann@example.com>\r\nSubject: <script>\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script><img src=http://x><p>ok",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    all.push(vec![0xff; 5000]);
    all.push(format!("From: ann@example.com\r\nSubject: {}\r\n\r\nx", "a".repeat(200_000)).into_bytes());
    all.push(format!("From: ann@example.com\r\nReferences: {}\r\n\r\nx", "<a@b> ".repeat(20_000)).into_bytes());
    let deep: String = (0..2000).map(|at| format!("Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n")).collect();
    all.push(format!("From: ann@example.com\r\n{deep}").into_bytes());
    let rfc822: String = "Content-Type: message/rfc822\r\n\r\n".repeat(2000);
    all.push(format!("From: ann@example.com\r\n{rfc822}").into_bytes());
    all.push(format!("From: ann@example.com\r\n{}", "Content-Type: message/rfc822\r\n\r\n".repeat(300_000)).into_bytes());
    all.push(format!("From: ann@example.com\r\nContent-Type: text/html\r\n\r\n{}", "<div>".repeat(19_000)).into_bytes());
    all.push(format!("From: ann@example.com\r\nContent-Type: text/html\r\n\r\n{}", "<b>".repeat(600_000)).into_bytes());
    all.push(format!("From: ann@example.com\r\n\r\n{}", "> \n".repeat(30_000)).into_bytes());
    all
}

#[test]
fn whatever_comes_is_stored_and_filed() {
    let db = kernel::testing::db();
    for (at, raw) in nasty().iter().enumerate() {
        let stored = arrives_as(&db, raw, Some("x@example.com"), at as i64);
        assert!(stored.filed_at.is_some() && stored.fate != Fate::Waiting, "{stored:?}");
        assert!(stored.fate == Fate::Kept || stored.ticket_id.is_some(), "what is not automatic makes a ticket: {stored:?}");
    }
    let broken = arrives_as(&db, &[0xfe, 0xff, 0x00, 0x01], None, 99);
    assert_eq!((broken.nature.as_str(), broken.fate), ("unreadable", Fate::Opened));
    assert_eq!(db.read_now(move |conn| raw(conn, broken.id)).unwrap(), [0xfe, 0xff, 0x00, 0x01]);
    let nothing = db.write_now(|conn| receive(conn, b"", &Envelope { way: Way::Hook, sender: None, recipients: vec![] }, noon()));
    assert!(matches!(nothing, Err(Error::Invalid(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read(raw in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let letter = read(&raw, None, &[]);
        prop_assert!(!letter.text.contains('\0') && !letter.subject.contains(['\0', '\n']));
    }

    #[test]
    fn any_mix_of_pieces_is_read(pieces in proptest::collection::vec(prop_oneof![
        Just("From: ann@example.com\r\n"), Just("Subject: =?utf-8?B?"), Just("?=\r\n"), Just("\r\n"), Just("\n"), Just("--b"), Just("--b--\r\n"),
        Just("Content-Type: multipart/mixed; boundary=b\r\n"), Just("Content-Type: message/rfc822\r\n"), Just("Content-Type: text/html\r\n"),
        Just("Content-Transfer-Encoding: quoted-printable\r\n"), Just("Content-Transfer-Encoding: base64\r\n"), Just("=3"), Just("<p>"),
        Just("> quoted\n"), Just("On Monday Ann wrote:\n"), Just("-- \n"), Just("杯子"), Just("\u{0}"),
    ], 0..60)) {
        let raw = pieces.concat();
        let letter = read(raw.as_bytes(), Some(""), &["help@tea.example".to_string()]);
        prop_assert!(letter.html.as_deref().is_none_or(|html| !html.contains("<script")));
        let (fresh, folded) = fold(&raw);
        prop_assert!(raw.contains(fresh) && raw.contains(folded));
    }
}
