//! Chat on the shop's pages: both sides over real HTTP, with streams and without, and what becomes of it when nobody is there.

use crate::support::goods::now;
use crate::support::house::House;
use crate::support::office::{at_work, csrf, role};
use crate::support::visitor::{Page, Visitor};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::tickets::{self, NewMessage};
use scraper::{Html, Selector};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use storefront::shop::{self, Shop};

/// A shop with chat.
fn talking() -> House {
    let house = House::open();
    let set = |conn: &mut kernel::Conn| {
        let shop = shop::get(conn)?;
        shop::set(conn, &Shop { chat: true, ..shop }, now())
    };
    house.db.write_now(set).unwrap();
    house
}

/// The value of an attribute that one element of a page has.
fn attribute(page: &Page, name: &str) -> String {
    let html = Html::parse_document(&page.body);
    let found = html.select(&Selector::parse(&format!("[{name}]")).unwrap()).next();
    found.unwrap_or_else(|| panic!("{} has no {name}:\n{}", page.at, page.text())).value().attr(name).unwrap().to_string()
}

/// An answer that goes on.
struct Stream {
    from: TcpStream,
    got: String,
}

impl Stream {
    fn open(house: &House, who: &Visitor, path: &str, last: Option<&str>) -> Stream {
        let host = house.base_url.trim_start_matches("http://");
        let mut from = TcpStream::connect(host).unwrap();
        from.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let last = last.map(|last| format!("last-event-id: {last}\r\n")).unwrap_or_default();
        write!(from, "GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {}\r\n{last}\r\n", who.cookies()).unwrap();
        Stream { from, got: String::new() }
    }

    /// Reads for a moment; `false` at the end.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.from.read(&mut bytes) {
            Ok(0) => return false,
            Ok(read) => self.got.push_str(&String::from_utf8_lossy(&bytes[..read])),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return false,
        }
        true
    }

    /// Waits until it said something.
    #[track_caller]
    fn says(&mut self, words: &str) -> &str {
        let until = Instant::now() + Duration::from_secs(20);
        while !self.got.contains(words) {
            assert!(self.read() && Instant::now() < until, "{words:?} did not come:\n{}", self.got);
        }
        &self.got
    }

    /// Waits for its end.
    fn ends(&mut self) {
        let until = Instant::now() + Duration::from_secs(20);
        // The last chunk of an answer is empty.
        while !self.got.ends_with("0\r\n\r\n") && self.read() {
            assert!(Instant::now() < until, "it goes on:\n{}", self.got);
        }
    }
}

/// The number that follows `name` last.
fn number(text: &str, name: &str) -> i64 {
    let (_, rest) = text.rsplit_once(name).unwrap();
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

fn there(visitor: &Visitor, inbox: &Page) -> Page {
    let fields = [("csrf", csrf(visitor)), ("seen", attribute(inbox, "data-seen"))];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    visitor.post_accepting("/admin/tickets/here", &fields, "application/json")
}

fn answers(house: &House) -> usize {
    house.work();
    house.mails("ann@example.com").len()
}

#[test]
fn both_sides_hear_each_other_at_once() {
    let house = talking();
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let ann = house.visitor();
    ann.get("/zh/chat").says(200, "现在没有人在线");
    assert!(ann.get("/").body.contains("/chat"), "the footer leads there");
    let inbox = mia.get("/admin/tickets");
    assert!(there(&mia, &inbox).body.contains("null"), "nothing waits");
    let form = ann.get("/chat").says(200, "We are here.");
    ann.submit(&form, "/chat", &[("email", "ann@"), ("body", "Hi")]).says(422, "such as ann@example.com");
    let typed: &[(&str, &str)] = &[("email", "ann@example.com"), ("name", "Ann"), ("body", "Is it <b>blue</b>?")];
    let page = ann.submit(&form, "/chat", typed).says(200, "Is it <b>blue</b>?");
    ann.submit(&form, "/chat", typed);
    assert!(there(&mia, &inbox).body.contains("T1001"), "the open inbox is told");
    mia.get("/admin/tickets").says(200, "Chats that wait").says(200, "T1001");
    mia.get("/admin/wall").says(200, "1 Chats");

    // Nobody else's.
    let path = attribute(&page, "data-chat");
    let eve = house.visitor();
    let own = eve.get("/chat");
    let token = own.form("/chat", &[]).into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    assert_eq!(eve.get(&path).status, 404);
    for (what, field) in [("lines", "body"), ("seen", "shown")] {
        assert_eq!(eve.post(&format!("/chat/T1001/{what}"), &[("csrf", &token), (field, "1")]).status, 404);
        assert_eq!(ann.post(&format!("/chat/T1001/{what}"), &[("csrf", "guess"), (field, "1")]).status, 409);
    }
    let (_, signed_in) = house.signed_in("ann@example.com");
    assert_eq!(signed_in.get(&path).status, 404, "an address is typed, not proven");

    // The answer comes on the open stream, and no mail about it.
    let mut to_ann = Stream::open(&house, &ann, &path, None);
    to_ann.says("text/event-stream");
    let desk = mia.get("/admin/tickets/T1001").says(200, "Is it <b>blue</b>?");
    let mut to_mia = Stream::open(&house, &mia, &attribute(&desk, "data-stream"), None);
    to_mia.says("retry:");
    mia.submit(&desk, "/admin/tickets/T1001/reply", &[("body", "As the sea.")]).says(200, "As the sea.");
    let shown = number(to_ann.says("As the sea."), "\"id\":");
    assert_eq!(answers(&house), 0);
    let token = attribute(&page, "data-csrf");
    assert_eq!(ann.post("/chat/T1001/seen", &[("csrf", &token), ("shown", &shown.to_string())]).status, 204);
    house.state.clock.advance(TimeDelta::seconds(61));
    assert_eq!(answers(&house), 0, "a page said that it showed it");

    // Without a script, to the other side; the page there may answer with what it was told.
    ann.submit(&page, "/chat/T1001/lines", &[("body", " ")]).says(422, "a few words");
    ann.submit(&page, "/chat/T1001/lines", &[("body", "How deep?")]).says(200, "How deep?").says(200, "As the sea.");
    let seen = number(to_mia.says("How deep?"), "\"seen\":");
    let last = to_mia.got.rsplit_once("id: ").unwrap().1.lines().next().unwrap().to_string();
    let token = csrf(&mia);
    let reply: &[(&str, &str)] = &[("csrf", &token), ("seen", &seen.to_string()), ("body", "Five fathoms.")];
    mia.post("/admin/tickets/T1001/reply", reply).says(200, "Five fathoms.");
    to_ann.says("Five fathoms.");

    // A browser that comes back is told what it missed; what nobody read is mailed.
    let mut again = Stream::open(&house, &mia, "/admin/tickets/T1001/stream", Some(&last));
    assert!(!again.says("Five fathoms.").contains("How deep?"));
    let mut back = Stream::open(&house, &ann, &path, Some(&format!("{shown}-1")));
    assert!(!back.says("Five fathoms.").contains("As the sea."));
    drop((to_ann, back));
    assert_eq!(answers(&house), 0, "the page may still say so");
    house.state.clock.advance(TimeDelta::seconds(61));
    assert_eq!(answers(&house), 1);
    let mail = &house.mails("ann@example.com")[0];
    assert!(mail.body_text.contains("Five fathoms."), "{}", mail.body_text);

    // What else happens to a ticket leaves the forms of an open page stale.
    let desk = mia.get("/admin/tickets/T1001");
    mia.submit(&desk, "/admin/tickets/T1001/assign", &[]);
    let page = mia.get("/admin/tickets/T1001");
    mia.submit(&page, "/admin/tickets/T1001/file", &[("tags", "sea")]);
    to_mia.says("event: moved");
    let page = ann.get("/chat");
    mia.submit(&mia.get("/admin/tickets/T1001"), "/admin/tickets/T1001/solve", &[("outcome", "answered")]).says(200, "solved");
    ann.submit(&page, "/chat/T1001/lines", &[("body", "And warm?")]).says(200, "And warm?");
}

#[test]
fn when_nobody_is_there_or_answers_it_goes_on_by_mail() {
    let house = talking();
    let ann = house.visitor();
    let form = ann.get("/chat").says(200, "Nobody is here now.");
    let typed: &[(&str, &str)] = &[("email", "ann@example.com"), ("body", "Buy at evil.example")];
    ann.submit(&form, "/chat", typed).says(200, "We go on by mail");
    assert_eq!(answers(&house), 1);
    let mail = &house.mails("ann@example.com")[0];
    assert!(mail.subject.contains("T1001") && !mail.body_text.contains("evil") && !mail.subject.contains("evil"), "{}", mail.body_text);
    assert!(mail.body_text.contains("/requests/T1001?key="));

    // From the mailbox on, the browser sees nothing more.
    let wrote = |conn: &mut kernel::Conn| {
        let ticket = tickets::by_number(conn, "T1001")?;
        tickets::append_from_customer(conn, ticket.id, &NewMessage::text("I live in Elm Road"), now())
    };
    let page = ann.get("/chat");
    let mut stream = Stream::open(&house, &ann, &attribute(&page, "data-chat"), None);
    stream.says("retry:");
    house.db.write_now(wrote).unwrap();
    assert!(!stream.says("event: left").contains("Elm Road"));
    stream.ends();
    let left = ann.get("/chat").says(200, "This conversation goes on by mail.");
    assert!(!left.text().contains("Elm Road"));
    ann.submit(&page, "/chat/T1001/lines", &[("body", "Hello?")]).says(200, "This conversation goes on by mail.");

    // Somebody is there, and does not answer in time.
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    there(&mia, &mia.get("/admin/tickets"));
    let (_, bea) = house.signed_in("bea@example.com");
    let form = bea.get("/chat").says(200, "We are here.");
    let page = bea.submit(&form, "/chat", &[("body", "Is it safe in an oven?")]).says(200, "We are here.");
    let mut stream = Stream::open(&house, &bea, &attribute(&page, "data-chat"), None);
    stream.says("retry:");
    house.state.clock.advance(TimeDelta::minutes(4));
    house.work();
    assert_eq!(house.mails("bea@example.com").len(), 0);
    house.state.clock.advance(TimeDelta::minutes(1));
    house.work();
    stream.says("Nobody could answer at once.");
    house.work();
    assert_eq!(house.mails("bea@example.com").len(), 1);
    mia.get("/admin/tickets/T1002").says(200, "The chat goes on by mail");
    bea.get("/account/requests").says(200, "Is it safe in an oven?");
}

#[test]
fn a_shop_without_chat_has_none_and_streams_are_bounded() {
    let house = House::open();
    assert_eq!(house.visitor().get("/chat").status, 404);
    assert!(!house.visitor().get("/").body.contains("/chat"));
    let (_, owner) = at_work(&house, "ada", role(&house, Preset::Owner));
    let settings = owner.get("/admin/settings");
    owner
        .submit(&settings, "/admin/settings", &[("chat", "on"), ("chat_minutes", "0"), ("bank_details", "IBAN")])
        .says(422, "from 1 to 120");
    owner.submit(&settings, "/admin/settings", &[("chat", "on"), ("bank_details", "IBAN")]).says(200, "Saved");
    let ann = house.visitor();
    let form = ann.get("/chat").says(200, "Nobody is here now.");
    owner.post("/admin/tickets/here", &[("csrf", &csrf(&owner))]).says(200, "You are there");
    let page = ann.submit(&form, "/chat", &[("email", "ann@example.com"), ("body", "Hi")]).says(200, "Hi");
    let path = attribute(&page, "data-chat");
    let mut open: Vec<Stream> = (0..4).map(|_| Stream::open(&house, &ann, &path, None)).collect();
    for stream in &mut open {
        stream.says("retry:");
    }
    assert_eq!(ann.get(&path).status, 429, "a fifth");
    let many = "x".repeat(4001);
    ann.submit(&page, "/chat/T1001/lines", &[("body", &many)]).says(422, "too long");
    // The server stops.
    house.state.door.streams.end();
    open.iter_mut().for_each(Stream::ends);
    assert_eq!(ann.get(&path).status, 503);
}
