//! Mails are fetched from a mailbox at a real IMAP server: each becomes a request once, whatever happens to the server, the shop and the mailbox.

use crate::support::double::Double;
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::inbound::{self, Fate, Filter, LARGEST, Stored, Way};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

/// What tests/support/imap_server.py knows.
const PASSWORD: &str = "a word";

/// An IMAP server with a folder `Support`, and somebody signed in at it.
struct Server {
    double: Double,
    port: u16,
    hand: BufReader<TcpStream>,
}

impl Server {
    fn start(port: u16) -> Server {
        let double = Double::start("imap_server.py", &[port.to_string()]);
        let port = double.port;
        let connect = |_| {
            std::thread::sleep(Duration::from_millis(50));
            TcpStream::connect(("127.0.0.1", port)).ok()
        };
        let stream = (0..400).find_map(connect).expect("the IMAP server listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut server = Server { double, port, hand: BufReader::new(stream) };
        assert!(server.line().starts_with("* OK"));
        server.ask(&format!("LOGIN help \"{PASSWORD}\""));
        server.ask("CREATE Support");
        server
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.hand.read_line(&mut line).unwrap() > 0, "the IMAP server hung up");
        line
    }

    /// Says a command and answers what came before its end, which must be good.
    fn ask(&mut self, command: &str) -> String {
        self.hand.get_mut().write_all(format!("h {command}\r\n").as_bytes()).unwrap();
        let mut said = String::new();
        loop {
            let line = self.line();
            match line.strip_prefix("h ") {
                Some(end) => {
                    assert!(end.starts_with("OK"), "{command}: {end}");
                    return said;
                }
                None => said.push_str(&line),
            }
        }
    }

    /// Puts a mail into the folder, with flags such as `(\Seen)`.
    fn put(&mut self, flags: &str, mail: &str) {
        self.ask(&format!("APPEND Support {flags} {{{}+}}\r\n{mail}", mail.len()));
    }

    /// How many mails of a folder there are, or are unread.
    fn count(&mut self, folder: &str, what: &str) -> usize {
        let said = self.ask(&format!("STATUS {folder} ({what})"));
        said.split(what).nth(1).unwrap().trim().trim_end_matches(')').trim().parse().unwrap()
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill {name} {}", self.double.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

fn house(port: u16, more: &[(&str, &str)]) -> House {
    let port = port.to_string();
    let own = [
        ("REGULARS_INBOUND_IMAP_HOST", "127.0.0.1"),
        ("REGULARS_INBOUND_IMAP_PORT", port.as_str()),
        ("REGULARS_INBOUND_IMAP_SECURITY", "plain"),
        ("REGULARS_INBOUND_IMAP_USER", "help"),
        ("REGULARS_INBOUND_IMAP_PASSWORD", PASSWORD),
        ("REGULARS_INBOUND_IMAP_FOLDER", "Support"),
    ];
    House::open_with(&[&own[..], more].concat())
}

/// Time goes by, and the mailbox is looked into.
fn look(house: &House) {
    house.follow();
    house.state.clock.advance(TimeDelta::hours(1));
    house.follow();
}

fn mail(number: u32) -> String {
    format!(
        "Return-Path: <ann@example.com>\r\nFrom: Ann <ann@example.com>\r\nTo: help@tea.example\r\nSubject: Question {number}\r\nMessage-ID: <{number}@example.com>\r\n\r\nHello {number}\r\n"
    )
}

/// The mails that the shop has, oldest first.
fn stored(house: &House) -> Vec<Stored> {
    let mut all = house.db.read_now(|conn| inbound::list(conn, &Filter::default(), 100)).unwrap();
    all.reverse();
    assert!(all.iter().all(|mail| mail.way == Way::Imap && mail.fate == Fate::Opened), "{all:?}");
    all
}

fn subjects(house: &House) -> Vec<String> {
    stored(house).into_iter().map(|mail| mail.subject).collect()
}

#[test]
fn each_mail_of_a_mailbox_becomes_a_request_once() {
    let mut server = Server::start(0);
    server.put("(\\Seen)", &mail(1));
    server.put("()", &mail(2));
    let house = house(server.port, &[]);
    look(&house);
    assert_eq!(subjects(&house), ["Question 2"], "what was read before the shop began is nobody's concern");
    assert_eq!(server.count("Support", "UNSEEN"), 0, "it is marked as read");
    look(&house);
    // Somebody may read a mail before the shop does.
    server.put("(\\Seen)", &mail(3));
    look(&house);
    look(&house);
    assert_eq!(subjects(&house), ["Question 2", "Question 3"]);

    // A mail that is too large stays where it is, and does not keep the next one.
    server.put("()", &format!("Subject: Large\r\n\r\n{}\r\n", "x".repeat(LARGEST)));
    server.put("()", &mail(4));
    look(&house);
    look(&house);
    assert_eq!(subjects(&house), ["Question 2", "Question 3", "Question 4"]);
    assert_eq!(server.count("Support", "UNSEEN"), 1);
    let (_, agent) = at_work(&house, "amy", role(&house, Preset::Agent));
    let page = agent.get("/admin/inbound").says(200, "Mails are fetched from help @ 127.0.0.1 / Support.");
    assert!(page.body.contains("UID 104") && !page.body.contains("cannot be read"), "{}", page.body);

    // The folder is made anew: the same mails have other numbers.
    server.ask("DELETE Support");
    server.ask("CREATE Support");
    for number in 2..=5 {
        server.put("()", &mail(number));
    }
    look(&house);
    look(&house);
    assert_eq!(subjects(&house), ["Question 2", "Question 3", "Question 4", "Question 5"]);
    assert_eq!(server.count("Support", "UNSEEN"), 0);
}

#[test]
fn a_server_that_fails_loses_no_mail_and_doubles_none() {
    let mut server = Server::start(0);
    let house = house(server.port, &[("REGULARS_INBOUND_IMAP_MOVE_TO", "Done")]);
    let (_, agent) = at_work(&house, "amy", role(&house, Preset::Agent));
    agent.get("/admin/inbound").says(200, "Nobody has looked into it yet");
    server.put("()", &mail(1));
    look(&house);
    assert_eq!(subjects(&house), ["Question 1"], "stored before the server is told");
    agent.get("/admin/inbound").says(200, "the folder for it does not exist");
    server.put("()", &mail(2));
    look(&house);
    assert_eq!(subjects(&house), ["Question 1", "Question 2"], "that none can be moved keeps no mail from being stored");
    agent.get("/admin/inbound").says(200, "the folder for it does not exist");
    server.ask("CREATE Done");
    look(&house);
    assert_eq!((server.count("Done", "MESSAGES"), server.count("Support", "MESSAGES")), (2, 0));
    let page = agent.get("/admin/inbound");
    assert!(!page.body.contains("cannot be read"), "{}", page.body);

    server.put("()", &mail(3));
    server.signal("-STOP");
    house.state.clock.advance(TimeDelta::hours(1));
    regulars::imap::fetch(&house.state, Duration::from_millis(300)).unwrap();
    agent.get("/admin/inbound").says(200, "The mail server does not answer");
    server.signal("-CONT");
    look(&house);
    look(&house);
    assert_eq!(subjects(&house), ["Question 1", "Question 2", "Question 3"]);

    let port = server.port;
    drop(server);
    look(&house);
    agent.get("/admin/inbound").says(200, "The mail server does not answer");
    let mut server = Server::start(port);
    server.ask("CREATE Done");
    server.put("()", &mail(3));
    server.put("()", &mail(4));
    look(&house);
    assert_eq!(subjects(&house), ["Question 1", "Question 2", "Question 3", "Question 4"]);
    assert_eq!(server.count("Done", "MESSAGES"), 2);
}

#[test]
fn staff_see_what_is_wrong_with_the_mailbox_and_no_password() {
    let server = Server::start(0);
    for (setting, value, said) in [
        ("REGULARS_INBOUND_IMAP_PASSWORD", "another secret word", "does not let this user in"),
        ("REGULARS_INBOUND_IMAP_FOLDER", "Nowhere", "The folder does not exist there"),
        ("REGULARS_INBOUND_IMAP_SECURITY", "starttls", "A secure connection to the mail server was not possible"),
    ] {
        let house = house(server.port, &[(setting, value)]);
        look(&house);
        look(&house);
        let (_, agent) = at_work(&house, "amy", role(&house, Preset::Agent));
        let page = agent.get("/admin/inbound").says(200, said);
        assert!(!page.body.contains("secret word"), "{}", page.body);
    }
}

/// What a server made for a test says to a command.
enum Says {
    /// These lines, and that it is done.
    Done(String),
    No,
    /// These bytes, and hangs up.
    Ends(Vec<u8>),
}

/// A server whose FETCH of a whole mail is answered by `gives`, which is told of the visit, counted from 0, and the UID.
fn server(uids: &'static str, gives: impl Fn(usize, &str) -> Says + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for (visit, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(stream.unwrap());
            stream.get_mut().write_all(b"* OK here\r\n").unwrap();
            let mut line = String::new();
            while stream.read_line(&mut line).unwrap_or(0) > 0 {
                let (tag, command) = line.trim_end().split_once(' ').unwrap();
                let uid = command.split(' ').nth(2).unwrap_or_default();
                let says = match command.split(' ').next().unwrap() {
                    "CAPABILITY" => Says::Done("* CAPABILITY IMAP4rev1\r\n".to_string()),
                    "SELECT" => Says::Done("* OK [UIDVALIDITY 1] here\r\n* OK [UIDNEXT 1] next\r\n".to_string()),
                    "LOGOUT" => Says::Done("* BYE then\r\n".to_string()),
                    _ if command.starts_with("UID SEARCH") => Says::Done(format!("* SEARCH {uids}\r\n")),
                    _ if command.contains("RFC822.SIZE") => Says::Done(format!("* 1 FETCH (UID {uid} RFC822.SIZE 99)\r\n")),
                    _ if command.contains("BODY.PEEK") => gives(visit, uid),
                    _ => Says::Done(String::new()),
                };
                match says {
                    Says::Done(lines) => stream.get_mut().write_all(format!("{lines}{tag} OK done\r\n").as_bytes()).unwrap(),
                    Says::No => stream.get_mut().write_all(format!("{tag} NO busy\r\n").as_bytes()).unwrap(),
                    Says::Ends(bytes) => {
                        stream.get_mut().write_all(&bytes).unwrap();
                        break;
                    }
                }
                line.clear();
            }
        }
    });
    port
}

fn whole(uid: &str, mail: &str) -> String {
    format!("* 1 FETCH (UID {uid} BODY[] {{{}}}\r\n{mail})\r\n", mail.len())
}

#[test]
fn a_mail_that_did_not_come_whole_is_not_taken_for_gone() {
    let port = server("1", |visit, uid| {
        let answer = whole(uid, &mail(1));
        match visit {
            0 => Says::Ends(answer.as_bytes()[..answer.len() / 2].to_vec()),
            1 => Says::No,
            _ => Says::Done(answer),
        }
    });
    let house = house(port, &[]);
    let (_, agent) = at_work(&house, "amy", role(&house, Preset::Agent));
    for said in ["The mail server does not answer", "answers something that cannot be used"] {
        // Half a minute at a time, so that nothing is looked at twice before it is seen here.
        let seen = (0..8).any(|_| {
            house.state.clock.advance(TimeDelta::seconds(30));
            house.follow();
            agent.get("/admin/inbound").body.contains(said)
        });
        assert!(seen && stored(&house).is_empty(), "{said}");
    }
    look(&house);
    assert_eq!(subjects(&house), ["Question 1"]);
    look(&house);
    assert_eq!(subjects(&house), ["Question 1"]);
}

#[test]
fn a_mail_that_is_never_given_keeps_no_other_back_for_long() {
    let port = server("1 2", |_, uid| if uid == "1" { Says::No } else { Says::Done(whole(uid, &mail(2))) });
    let house = house(port, &[]);
    let (_, agent) = at_work(&house, "amy", role(&house, Preset::Agent));
    house.follow();
    // The wait between looks grows to half an hour.
    let looks = (0..8).take_while(|_| {
        house.state.clock.advance(TimeDelta::minutes(33));
        house.follow();
        stored(&house).is_empty()
    });
    assert_eq!(looks.count(), 5);
    assert_eq!(subjects(&house), ["Question 2"]);
    assert!(agent.get("/admin/inbound").body.contains("did not give this mail"));
}
