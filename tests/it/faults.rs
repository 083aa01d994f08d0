//! What goes wrong at the desk: files of every kind, two shops that answer each other, and a crash anywhere in a refund from a ticket.

use crate::pairs::dumped;
use crate::returns::sent;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use crate::tickets::{MIA, given_back, question, wish};
use admin::permissions::Preset;
use crm::inbound::{self, Envelope, Fate, Filter, Way};
use crm::tickets::{self, File, MAX_FILE, New, NewMessage, Status};
use diesel::connection::{Connection, InstrumentationEvent};
use kernel::{Conn, Error, on_each};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use storefront::service::{self, Allowance, Carried};

/// The name of a file with what is in it, and as what it is kept; none for what is not kept.
type Brought = (&'static str, &'static [u8], Option<(&'static str, &'static str)>);

const KINDS: [Brought; 18] = [
    ("invoice.pdf", b"%PDF-1.7 x", Some(("invoice.pdf", "application/pdf"))),
    ("broken.jpg", b"\xff\xd8\xff\xe0rest", Some(("broken.jpg", "image/jpeg"))),
    ("broken.png", b"\x89PNG\r\n\x1a\nrest", Some(("broken.png", "image/png"))),
    ("moving.gif", b"GIF89a...", Some(("moving.gif", "image/gif"))),
    ("new.webp", b"RIFF\0\0\0\0WEBPVP8 ", Some(("new.webp", "image/webp"))),
    ("letter.docx", b"PK\x03\x04rest", Some(("letter.docx", "application/zip"))),
    ("notes.txt", "Größe 茶壶".as_bytes(), Some(("notes.txt", "text/plain"))),
    ("page.html", b"<html><script>alert(1)</script>", Some(("page.html", "text/plain"))),
    ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", Some(("drawing.svg", "text/plain"))),
    ("run.js", b"alert(1)", Some(("run.js", "text/plain"))),
    ("setup.exe", b"MZ\x90\0\x03\0", Some(("setup.exe", "application/octet-stream"))),
    ("picture.png", b"MZ\x90\0\x03\0", Some(("picture.png", "application/octet-stream"))),
    ("sound.mp3", b"ID3\x04\0\0", Some(("sound.mp3", "application/octet-stream"))),
    ("../../etc/passwd", b"root", Some(("_.._etc_passwd", "text/plain"))),
    ("C:\\\\Windows\\\\a<b>.txt", b"x", Some(("C_Windows_ab.txt", "text/plain"))),
    ("茶壶.txt", b"x", Some(("茶壶.txt", "text/plain"))),
    (".", b"x", Some(("file", "text/plain"))),
    ("nothing.txt", b"", None),
];

/// A mail that brings each of them, and fifty more than a ticket takes.
fn with_files() -> Vec<u8> {
    let mut raw = b"From: ann@example.com\r\nTo: help@help.test\r\nSubject: Files\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee these.\r\n".to_vec();
    let more: Vec<String> = (0..tickets::MAX_FILES).map(|at| format!("more-{at}.txt")).collect();
    let kinds = KINDS.iter().map(|(name, bytes, _)| (*name, *bytes)).chain(more.iter().map(|name| (name.as_str(), b"more".as_slice())));
    for (name, bytes) in kinds {
        let hex: String = bytes.iter().map(|byte| format!("={byte:02X}")).collect();
        raw.extend(format!("--b\r\nContent-Type: image/png; name=\"x\"\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{hex}\r\n").bytes());
    }
    raw.extend(b"--b--\r\n");
    raw
}

fn receive(house: &House, raw: Vec<u8>, sender: &str) -> inbound::InboundId {
    let envelope = Envelope { way: Way::Hook, sender: Some(sender.into()), recipients: Vec::new() };
    let at = house.state.clock.now();
    house.db.write_now(move |conn| inbound::receive(conn, &raw, &envelope, at)).unwrap()
}

#[test]
fn files_of_every_kind_come_with_a_mail_and_are_only_downloaded() {
    let house = House::open();
    let id = receive(&house, with_files(), "ann@example.com");
    house.follow();
    let stored = house.db.read_now(move |conn| inbound::get(conn, id)).unwrap();
    let ticket = stored.ticket_id.unwrap();
    let files: Vec<File> = house
        .db
        .read_now(move |conn| {
            let first = tickets::thread(conn, ticket, tickets::Eyes::Staff, None, 9)?.remove(0);
            tickets::files_of(conn, &[first.id])
        })
        .unwrap();
    // The empty one is among the first fifty.
    assert_eq!(files.len(), tickets::MAX_FILES - 1, "the others are in the mail as it came");
    let kept: Vec<_> = KINDS.iter().filter_map(|(_, bytes, kept)| Some((kept.as_ref()?, bytes.len()))).collect();
    for (file, ((name, content_type), size)) in files.iter().zip(&kept) {
        assert_eq!((file.name.as_str(), file.content_type.as_str(), file.size), (*name, *content_type, *size as i64));
    }
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let page = mia.get("/admin/tickets/T1001").says(200, "setup.exe");
    assert!(!page.body.contains("alert(1)"), "nothing of a file is in the page");
    for file in &files[..kept.len()] {
        let answer = mia.get(&format!("/admin/tickets/T1001/files/{}", file.id));
        let header = |name: &str| answer.headers.get(name).map_or("", String::as_str);
        assert_eq!((answer.status, header("content-type")), (200, file.content_type.as_str()), "{}", file.name);
        assert!(header("content-disposition").starts_with("attachment; filename=\""), "{}", file.name);
        assert_eq!((header("x-content-type-options"), header("content-security-policy")), ("nosniff", "sandbox"));
    }
}

#[test]
fn a_file_of_fifty_megabytes_is_kept_and_one_more_byte_is_not() {
    let house = House::open();
    let ticket = house.db.write_now(|conn| tickets::open(conn, &question("ann@example.com"), now())).unwrap().ticket;
    assert!(matches!(tickets::checked("big.bin", vec![0; MAX_FILE + 1]), Err(Error::Invalid(_))));
    let file = tickets::checked("big.bin", vec![7; MAX_FILE]).unwrap();
    let message = NewMessage { files: vec![file], ..NewMessage::default() };
    house.db.write_now(move |conn| tickets::append_from_customer(conn, ticket.id, &message, now())).unwrap();
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let page = mia.get("/admin/tickets/T1001").says(200, "big.bin");
    assert!(page.body.len() < 150_000);
    let answer = mia.get("/admin/tickets/T1001/files/1");
    assert_eq!((answer.status, answer.headers["content-length"].as_str()), (200, "52428800"));
    let (_, bytes) = house.db.read_now(move |conn| tickets::file(conn, ticket.id, 1, tickets::Eyes::Staff)).unwrap();
    assert!(bytes.len() == MAX_FILE && bytes.iter().all(|byte| *byte == 7));
}

/// A shop whose mails come from `help@` its domain, and whose mails come in there.
fn desk(domain: &str) -> House {
    let from = format!("Help <help@{domain}>");
    House::open_with(&[("REGULARS_MAIL_FROM", &from), ("REGULARS_MAIL_REPLY_DOMAIN", domain)])
}

/// Takes the mails that a shop sent since then to another one, which reads them; answers how many there were.
fn carry(from: &House, to: &House, seen: &mut BTreeSet<PathBuf>, stripped: bool) -> usize {
    from.follow();
    let folder = from.state.config.data_dir.join("mail");
    let mut files: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).filter(|path| !seen.contains(path)).collect(),
        Err(_) => Vec::new(),
    };
    files.sort();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let says = |line: &str| !stripped || !line.to_lowercase().starts_with("auto-submitted:");
        let raw: String = text.split_inclusive('\n').filter(|line| says(line)).collect();
        assert!(!stripped || raw.len() < text.len(), "every mail of a program says so: {text}");
        receive(to, raw.into_bytes(), "help@somewhere.test");
    }
    let count = files.len();
    seen.extend(files);
    count
}

#[test]
fn two_shops_that_write_to_each_other_fall_silent() {
    // The second time a gateway between them takes away what says that a program wrote.
    for stripped in [false, true] {
        let (tea, pots) = (desk("tea.test"), desk("pots.test"));
        let mut seen = [BTreeSet::new(), BTreeSet::new()];
        let begin = b"From: Pots <help@pots.test>\r\nTo: help@tea.test\r\nSubject: Begin\r\nMessage-ID: <begin@x>\r\n\r\nHello\r\n";
        receive(&tea, begin.to_vec(), "help@pots.test");
        let mut sent = 0;
        for round in 0.. {
            let moved = carry(&tea, &pots, &mut seen[0], stripped) + carry(&pots, &tea, &mut seen[1], stripped);
            sent += moved;
            assert!(round < 10_000 && sent < 50, "they do not stop");
            if moved == 0 {
                break;
            }
        }
        // Without a word of being a program each is somebody who asks, and gets five receipts in an hour.
        let most = if stripped { 10 } else { 1 };
        assert!((1..=most).contains(&sent), "{sent} mails, stripped: {stripped}");
        for house in [&tea, &pots] {
            let mails = house.db.read_now(|conn| inbound::list(conn, &Filter::default(), 99)).unwrap();
            assert!(mails.iter().all(|mail| mail.fate != Fate::Waiting));
        }
    }
}

/// Has the connection panic at the statement with this number from now on, as if the process ended there.
fn fails_at(conn: &mut Conn, number: usize) {
    let mut left = number;
    let count = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { .. } = event {
            assert!(left > 0, "the process ends here");
            left -= 1;
        }
    };
    on_each!(conn, c => c.set_instrumentation(count));
}

#[test]
fn a_crash_at_any_statement_of_a_refund_from_a_ticket_leaves_nothing_of_it() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 20);
    let (placed, line) = sent(&db, mug, 3, 3);
    let new = New { order: Some(placed.order.0), ..question("ann@example.com") };
    let ticket = db.write_now(move |conn| tickets::open(conn, &new, now())).unwrap().ticket.id;
    // PostgreSQL gives the numbers of rows out for good.
    let rows = || dumped(&db).lines().filter(|line| line.starts_with('[')).map(str::to_string).collect::<Vec<_>>();
    let before = rows();
    let seen = db.read_now(move |conn| tickets::get(conn, ticket)).unwrap().version;
    let mut statements = 0;
    loop {
        let refund = || {
            db.write_now(move |conn| {
                fails_at(conn, statements);
                let wish = wish(conn, ticket, line, 1200)?;
                let carried = service::act(conn, &wish, MIA, Allowance::Whole, now())?;
                fails_at(conn, usize::MAX);
                Ok(carried)
            })
        };
        match catch_unwind(AssertUnwindSafe(refund)) {
            Ok(Ok(carried)) => {
                assert_eq!(carried, Carried::Done);
                break;
            }
            _ => {
                // Reading every row takes its time: each tenth statement has all of it compared.
                let version = db.read_now(move |conn| tickets::get(conn, ticket)).unwrap().version;
                let same = version == seen && given_back(&db, placed.order).is_empty() && (statements % 10 > 0 || rows() == before);
                assert!(same, "it ended at statement {statements} and something was written");
            }
        }
        statements += 1;
    }
    assert!(statements > 20, "a refund of {statements} statements was not cut anywhere");
    assert_eq!(given_back(&db, placed.order), [1200]);
    assert_eq!(db.read_now(move |conn| tickets::get(conn, ticket)).unwrap().status, Status::Solved);
    goods::assert_books(&db);
}
