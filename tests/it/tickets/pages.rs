//! Tickets from the pages for everybody, with what is hostile, and their files.

use super::question;
use crate::returns::sent;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::tickets::{self, TicketId};

#[test]
pub fn questions_and_call_backs_come_from_a_page_for_everybody() {
    let house = House::open();
    let ann = house.visitor();
    let form = ann.get("/contact").says(200, "Please call me");
    ann.submit(&form, "/contact", &[("email", "ann@"), ("subject", "Hi"), ("body", "Open today?")]).says(422, "such as ann@example.com");
    let typed: &[(&str, &str)] = &[("email", "ann@example.com"), ("subject", "Hi"), ("body", "Open today?")];
    let token: &[(&str, &str)] = &[("request", "a token that is known")];
    ann.submit(&form, "/contact", &[typed, token].concat()).says(200, "wrote to your mail address");
    assert_eq!(ann.get("/requests/T1001").status, 404, "the link goes to the mailbox alone");
    let (_, eve) = house.signed_in("eve@example.com");
    let own = eve.get("/contact");
    let told = eve.submit(&own, "/contact", &[typed, token].concat()).says(200, "We have your request");
    assert!(!told.at.contains("T1001"), "and not to whoever sends the form's token again: {}", told.at);
    let far: &[(&str, &str)] = &[("call", "on"), ("phone", "1"), ("day", "+262142-12-31"), ("from", "22:00"), ("until", "23:30")];
    ann.submit(&form, "/contact", &[typed, far].concat()).says(422, "the later one second");
    let tomorrow = (house.state.clock.now() + TimeDelta::days(1)).date().to_string();
    let call: &[(&str, &str)] = &[("call", "on"), ("phone", "030 123"), ("day", &tomorrow), ("from", "10:00"), ("until", "09:00")];
    let again = ann.get("/contact");
    ann.submit(&again, "/contact", &[typed, call].concat()).says(422, "the later one second");
    let call: &[(&str, &str)] = &[("call", "on"), ("phone", "030 123"), ("day", &tomorrow), ("from", "10:00"), ("until", "12:00")];
    ann.submit(&again, "/contact", &[typed, call].concat()).says(200, "wrote to your mail address");
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    mia.get("/admin/tickets?kind=call_back").says(200, "T1003");
    mia.get("/admin/tickets/T1003").says(200, "would like to be called").says(200, "030 123");
    house.work();
}

#[test]
fn hostile_requests_are_refused_or_harmless() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let (_, line) = sent(&house.db, mug, 2, 2);
    let (_, ben) = house.signed_in("ben@example.com");
    let key = house.state.signer.sign("order", "R1001");
    let ann = house.visitor();
    let help = format!("/orders/R1001/help?key={key}");
    for odd in ["kind=refund&quantity-x=1", "kind=refund&quantity-99=1", "kind=refund&quantity-99999999999999999999=1"] {
        let status = ann.get(&format!("{help}&{odd}")).status;
        assert!(matches!(status, 200 | 404 | 422), "{odd}: {status}");
    }
    ann.get(&format!("{help}&kind=refund&quantity-{line}=-5")).says(422, "more than can come back");
    let form = ann.get(&format!("{help}&kind=complaint"));
    let script = "<script>alert(1)</script>";
    let page = ann.submit(&form, "/orders/R1001/help", &[("body", script)]).says(200, script);
    assert!(!page.body.contains(script), "it was not escaped");
    assert_eq!(ben.get("/requests/T1001").status, 404, "somebody else's");
    assert_eq!(ben.get("/orders/R1001/help").status, 404);
    let signed = house.state.signer.sign("request", "T1001");
    let act = format!("/requests/T1001/files?key={signed}");
    ann.upload(&page, &act, "x.html", b"<html><script>alert(1)</script>").says(200, "Please choose a picture or a PDF.");
    ann.upload(&page, &act, "../../leak.pdf", b"%PDF-1.4 leak").says(200, "leak.pdf");
    let answer = ann.get(&act.replace("/files", "/files/1"));
    assert!(answer.headers["content-disposition"].starts_with("attachment") && answer.headers["x-content-type-options"] == "nosniff");
    assert_eq!(house.visitor().get("/requests/T1001/files/1").status, 404);
    let long = "x".repeat(tickets::BODY + 1);
    let body = [("key", "no"), ("body", long.as_str())];
    assert!(matches!(ann.post("/requests/T1001/messages", &body).status, 404 | 409 | 422));
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let page = mia.get("/admin/tickets/T1001").says(200, script);
    assert!(!page.body.contains(script), "it was not escaped");
    assert_eq!(mia.get("/admin/tickets/T9999").status, 404);
    assert_eq!(mia.get("/admin/tickets?after=x-y-z&status=nonsense").status, 200);
    house.work();
}

#[test]
fn files_of_staff_reach_the_customer_with_answers_and_never_with_notes() {
    let house = House::open();
    let new = question("ann@example.com");
    house.db.write_now(move |conn| tickets::open(conn, &new, now())).unwrap();
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Agent));
    let (reply, note) = ("/admin/tickets/T1001/reply", "/admin/tickets/T1001/note");
    let send = |act: &str, typed: &[(&str, &str)], file: &[u8]| {
        let fields = mia.get("/admin/tickets/T1001").form(act, typed);
        let fields: Vec<(&str, &str)> =
            fields.iter().filter(|(name, _)| !name.ends_with("files")).map(|(name, value)| (name.as_str(), value.as_str())).collect();
        mia.upload_parts(act, &fields, ("files", file))
    };
    // What a file is, its content says; what was typed stays.
    send(reply, &[("body", "The label is here.")], b"<html>hi").says(422, "choose a picture or a PDF").says(422, "The label is here.");
    send(note, &[("note", "Mind him.")], &vec![0u8; 11 << 20]).says(422, "larger than 10 MB").says(422, "Mind him.");
    send(reply, &[("body", "x"), ("seen", "99")], b"%PDF-1.4").says(409, "went on meanwhile");
    let eve = house.visitor();
    assert!(matches!(eve.upload_parts(reply, &[("body", "x")], ("files", b"%PDF-1.4")).at.as_str(), at if at.contains("sign-in")));
    assert_eq!(mia.upload_parts(reply, &[("csrf", "no"), ("body", "x")], ("files", b"%PDF-1.4")).status, 409);
    let count = || {
        let all = house.db.read_now(|conn| {
            let ids: Vec<_> = tickets::thread(conn, TicketId(1), tickets::Eyes::Staff, None, 50)?.iter().map(|one| one.id).collect();
            tickets::files_of(conn, &ids)
        });
        all.unwrap().len()
    };
    assert_eq!(count(), 0, "what was refused is not kept");
    send(note, &[("note", "His old bill.")], b"%PDF-1.4 secret").says(200, "The note is kept").says(200, "x.html");
    send(reply, &[("body", "The label is here.")], b"%PDF-1.4 label").says(200, "The answer is on its way.");
    assert_eq!(count(), 2);
    house.work();
    let mails = house.mails("ann@example.com");
    let told = mails.iter().find(|mail| mail.body_text.contains("The label is here.")).expect("a mail of the answer");
    assert!(told.body_text.contains("A file came with it:") && told.body_html.contains("x.html</a>"), "{}", told.body_text);
    let at = told.body_text.find("/requests/T1001/files/").expect("a link to the file");
    let link = told.body_text[at..].split_whitespace().next().unwrap();
    let ann = house.visitor();
    let file = ann.get(link);
    assert_eq!((file.status, file.body.as_str()), (200, "%PDF-1.4 label"));
    assert!(file.headers["content-disposition"].starts_with("attachment"));
    // The note's file is there for staff alone, whichever link somebody has.
    let secret = link.replace("/files/2?", "/files/1?");
    assert_ne!(secret, link);
    assert_eq!(ann.get(&secret).status, 404);
    assert_eq!(mia.get("/admin/tickets/T1001/files/1").body, "%PDF-1.4 secret");
    let (_, key) = link.split_once('?').unwrap();
    let page = ann.get(&format!("/requests/T1001?{key}")).says(200, "The label is here.");
    assert!(page.body.contains("/files/2") && !page.body.contains("/files/1"), "{}", page.body);
    assert!(mails.iter().all(|mail| !mail.body_text.contains("/files/1?")));
}
