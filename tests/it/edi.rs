//! Purchase orders by EDI over real HTTP: taken once, answered, shipped and invoiced. What goes in is written, and what comes out is read, by
//! libraries that know nothing of this shop (tests/support/edi.py).

use crate::races::together;
use crate::support::double;
use crate::support::goods::{self, EUR, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use crm::MemberId;
use crm::companies::{self, Details, members};
use kernel::web::i18n::Language;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use storefront::company_accounts::{self, AccountState, Deposit, Terms};
use storefront::edi::{self, Kind, Segment, State, Taken, Wish, folder};
use storefront::ids::PartnerId;
use storefront::shipments::{self, Parcel};
use storefront::shop::{self, Shop};
use storefront::web::words::Words;
use storefront::{buying, orders, stock, stores};

const SHOP: &str = "4012345000009";
const CUPS: &str = "9876543000001";

/// What the independent libraries make of something.
fn python(what: &str, kind: Kind, input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(double::python());
    command.arg("-Wignore").arg(double::file("edi.py")).args([what, kind.as_str()]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{what} {}: {}", kind.as_str(), String::from_utf8_lossy(input));
    done.stdout
}

fn written(kind: Kind, control: &str, segments: &Value) -> Vec<u8> {
    let all = json!({ "sender": CUPS, "recipient": SHOP, "control": control, "messages": [segments] });
    python("write", kind, all.to_string().as_bytes())
}

/// An order as EDIFACT or X12, with lines of SKU, units and price.
fn order(kind: Kind, control: &str, number: &str, lines: &[(&str, i64, &str)]) -> Vec<u8> {
    let seg = |tag: &str, elements: Value| json!({ "tag": tag, "elements": elements });
    let mut all = Vec::new();
    let place = "Lager Süd";
    match kind {
        Kind::Edifact => {
            all.push(seg("BGM", json!([["220"], [number], ["9"]])));
            all.push(seg("DTM", json!([["137", "20261124", "102"]])));
            all.push(seg("FTX", json!([["AAI"], [""], [""], ["It's 1+1: right?"]])));
            all.push(seg("NAD", json!([["DP"], [place, "", "92"]])));
            all.push(seg("CUX", json!([["2", "EUR", "9"]])));
            for (at, (sku, units, price)) in lines.iter().enumerate() {
                all.push(seg("LIN", json!([[((at + 1) * 10).to_string()], [""], [sku, "SA"]])));
                all.push(seg("QTY", json!([["21", units.to_string(), "PCE"]])));
                all.push(seg("PRI", json!([["AAA", price]])));
            }
            all.push(seg("UNS", json!([["S"]])));
        }
        Kind::Cxml | Kind::Oci => panic!("these send no orders"),
        Kind::X12 => {
            all.push(seg("BEG", json!([["00"], ["SA"], [number], [""], ["20261124"]])));
            all.push(seg("CUR", json!([["BY"], ["EUR"]])));
            all.push(seg("N1", json!([["ST"], [place]])));
            all.push(seg("MSG", json!([["It's 1+1: right?"]])));
            for (at, (sku, units, price)) in lines.iter().enumerate() {
                let number = ((at + 1) * 10).to_string();
                all.push(seg("PO1", json!([[number], [units.to_string()], ["EA"], [price], [""], ["VP"], [sku]])));
            }
            all.push(seg("CTT", json!([[lines.len().to_string()]])));
        }
    }
    written(kind, control, &json!(all))
}

/// Our segments in the shape of the script.
fn shaped(segments: &[Segment]) -> Value {
    let parts = |element: &Vec<String>| {
        let last = element.iter().rposition(|one| !one.is_empty()).map_or(0, |at| at + 1);
        element[..last].to_vec()
    };
    let one = |segment: &Segment| {
        let mut elements: Vec<Vec<String>> = segment.elements.iter().map(parts).collect();
        while elements.last().is_some_and(Vec::is_empty) {
            elements.pop();
        }
        json!({ "tag": segment.tag, "elements": elements })
    };
    segments.iter().map(one).collect()
}

/// What an address answers a partner's program: to a body, or to the question what there is.
fn ask(address: &str, secret: &str, body: Option<&[u8]>) -> (u16, Vec<u8>) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let token = format!("Bearer {secret}");
    let mut answer = match body {
        Some(body) => agent.post(address).header("authorization", token).content_type("application/octet-stream").send(body).unwrap(),
        None => agent.get(address).header("authorization", token).call().unwrap(),
    };
    (answer.status().as_u16(), answer.body_mut().read_to_vec().unwrap())
}

struct Office {
    house: House,
    kind: Kind,
    partner: PartnerId,
    secret: String,
}

impl Office {
    fn open(kind: Kind) -> Office {
        let house = House::open();
        goods::product(&house.db, "Mug", 1200, 50);
        goods::product(&house.db, "Bowl", 900, 5);
        let (boss, ben) = (goods::customer(&house.db, "boss@example.com", 0), goods::customer(&house.db, "ben@example.com", 0));
        let (partner, secret) = house
            .db
            .write_now(move |conn| {
                let shop = Shop { vat_id: "DE136695976".into(), imprint: "Tea GmbH\nWeg 1".into(), ..shop::get(conn)? };
                shop::set(conn, &shop, now())?;
                let details = Details { name: "Cups".into(), country: "DE".into(), ..Details::default() };
                let (company, _) = companies::apply(conn, boss, &details, &kernel::json::text(&goods::address())?, now())?;
                let seen = companies::get(conn, company)?.version;
                companies::approve(conn, company, seen, "test", now())?;
                let first = companies::sites(conn, company)?[0].clone();
                let wish = companies::sites::Wish {
                    name: "Lager Süd".into(),
                    address: first.address.clone(),
                    parent: None,
                    billing: false,
                    active: true,
                };
                companies::sites::change(conn, company, first.id, &wish, "test", now())?;
                let buyer = members::Wish { role: companies::roles::built_in(conn, "buyer")?, site: None, cost_centre: "K7".into() };
                let member: MemberId = members::join(conn, company, ben, &buyer, "test", now())?;
                let terms =
                    Terms { currency: EUR, credit_limit: 200_000, net_days: 30, state: AccountState::Open, deposit: Deposit::default() };
                company_accounts::agree(conn, company, 0, &terms, now())?;
                let (own_id, partner_id) = (SHOP.to_string(), CUPS.to_string());
                edi::create(conn, &Wish { company, member, store: stores::MAIN, kind, own_id, partner_id, active: true }, now())
            })
            .unwrap();
        Office { house, kind, partner, secret }
    }

    fn address(&self) -> String {
        format!("{}/edi/{}", self.house.base_url, self.partner)
    }

    fn ask(&self, path: &str, secret: &str, body: Option<&[u8]>) -> (u16, Vec<u8>) {
        ask(&format!("{}{path}", self.address()), secret, body)
    }

    /// The status and the answer to an interchange.
    fn send(&self, raw: &[u8]) -> (u16, Value) {
        let (status, body) = self.ask("", &self.secret, Some(raw));
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// What waits behind a message: its kind, and its segments as the library reads them, which are those that we read.
    fn fetched(&self, after: i64) -> Vec<(i64, String, Vec<Segment>)> {
        let (status, body) = self.ask(&format!("?after={after}"), &self.secret, None);
        assert_eq!(status, 200);
        let list: Value = serde_json::from_slice(&body).unwrap();
        let rows = list["messages"].as_array().unwrap();
        rows.iter()
            .map(|one| {
                let id = one["id"].as_i64().unwrap();
                let (status, raw) = self.ask(&format!("/messages/{id}"), &self.secret, None);
                assert_eq!(status, 200);
                let own = edi::read(self.kind, &edi::text(&raw)).unwrap();
                let theirs: Value = serde_json::from_slice(&python("read", self.kind, &raw)).unwrap();
                assert_eq!(theirs["errors"], json!([]), "{}", edi::text(&raw));
                assert_eq!(theirs["control"].as_str(), Some(own.control.as_str()));
                assert_eq!(theirs["messages"].as_array().unwrap().len(), own.messages.len());
                let part = &own.messages[0];
                assert_eq!(theirs["messages"][0]["kind"].as_str(), Some(part.kind.as_str()));
                assert_eq!(theirs["messages"][0]["segments"], shaped(&part.segments));
                assert_eq!(one["kind"].as_str(), Some(part.kind.as_str()));
                (id, part.kind.clone(), part.segments.clone())
            })
            .collect()
    }

    fn placed(&self) -> usize {
        self.house.db.read_now(|conn| orders::list(conn, &Default::default(), 10)).unwrap().len()
    }

    fn words(&self) -> Words {
        Words::of(&self.house.state.door.templates, Language::ENGLISH).unwrap()
    }
}

/// The component of the first segment with this tag and, if that is wanted, this qualifier.
#[track_caller]
fn part<'a>(segments: &'a [Segment], tag: &str, qualifier: &str, element: usize, component: usize) -> &'a str {
    let found = segments.iter().find(|one| one.tag == tag && (qualifier.is_empty() || one.part(1, 1) == qualifier));
    found.unwrap_or_else(|| panic!("no {tag} {qualifier} in {segments:?}")).part(element, component)
}

fn kinds(messages: &[(i64, String, Vec<Segment>)]) -> Vec<&str> {
    messages.iter().map(|(_, kind, _)| kind.as_str()).collect()
}

fn ship_two(office: &Office) {
    ship_two_of(office, "R1001");
}

fn ship_two_of(office: &Office, number: &'static str) {
    let ship = move |conn: &mut kernel::Conn| {
        let order = orders::get_by_number(conn, number)?;
        let line = orders::lines(conn, order.id)?[0].id;
        let (carrier, tracking_number) = ("DHL+Co".to_string(), "TR'7".to_string());
        let parcel = Parcel { key: "first".into(), lines: vec![(line, 2)], carrier, tracking_number, ..Parcel::default() };
        shipments::ship(conn, order.id, &parcel, "test", now())
    };
    office.house.db.write_now(ship).unwrap();
    office.house.follow();
}

#[test]
fn an_edifact_order_is_placed_once_and_answered_shipped_and_invoiced() {
    let office = Office::open(Kind::Edifact);
    let raw = order(Kind::Edifact, "IC1", "PO'1", &[("MUG", 3, "10.09"), ("bowl", 1, "7.57")]);
    assert_eq!(office.ask("", "wrong", Some(&raw)).0, 401);
    let (status, answer) = office.send(&raw);
    assert_eq!((status, answer["messages"][0]["order"].as_str()), (200, Some("R1001")), "{answer}");
    // The same again is the same answer; the number on something else is refused.
    assert_eq!(office.send(&raw), (200, answer));
    let other = order(Kind::Edifact, "IC1", "PO2", &[("MUG", 1, "10.09")]);
    assert_eq!(office.send(&other).0, 409);
    // The same purchase order under another number is not placed twice.
    let (_, twice) = office.send(&order(Kind::Edifact, "IC2", "PO'1", &[("MUG", 3, "10.09")]));
    assert_eq!(twice["messages"][0]["state"].as_str(), Some("refused"));
    assert!(twice["messages"][0]["problems"][0]["reason"].as_str().unwrap().contains("R1001"), "{twice}");
    assert_eq!(office.placed(), 1);
    let (placed, trade) = office
        .house
        .db
        .read_now(|conn| {
            let order = orders::get_by_number(conn, "R1001")?;
            let trade = buying::of_order(conn, order.id)?.unwrap();
            Ok((order, trade))
        })
        .unwrap();
    assert_eq!((placed.note.as_str(), placed.payment_method.as_str()), ("It's 1+1: right?", "account"));
    assert_eq!((trade.po_number.as_str(), trade.cost_centre.as_str()), ("PO'1", "K7"));

    let sent = office.fetched(0);
    assert_eq!(kinds(&sent), ["ORDRSP", "INVOIC", "CONTRL", "ORDRSP", "CONTRL"]);
    let reply = &sent[0].2;
    assert_eq!((part(reply, "BGM", "", 2, 1), part(reply, "BGM", "", 3, 1)), ("R1001", "29"));
    assert_eq!((part(reply, "RFF", "ON", 1, 2), part(reply, "LIN", "10", 3, 1), part(reply, "LIN", "20", 2, 1)), ("PO'1", "MUG", "5"));
    let bill = &sent[1].2;
    assert_eq!(part(bill, "MOA", "77", 1, 2), goods_total(placed.total));
    assert_eq!((part(bill, "LIN", "10", 3, 1), part(bill, "DTM", "13", 1, 3)), ("MUG", "102"));
    assert_eq!((part(&sent[3].2, "BGM", "", 3, 1), part(&sent[3].2, "FTX", "AAO", 1, 1)), ("27", "AAO"));

    ship_two(&office);
    let last = sent.last().unwrap().0;
    let parcel = office.fetched(last);
    assert_eq!(kinds(&parcel), ["DESADV"]);
    let parcel_segments = &parcel[0].2;
    assert_eq!((part(parcel_segments, "QTY", "12", 1, 2), part(parcel_segments, "RFF", "CN", 1, 2)), ("2", "TR'7"));
    office.house.follow();
    assert!(office.fetched(parcel[0].0).is_empty(), "nothing is written twice");
    // What is not the partner's is nobody's.
    assert_eq!(office.ask("/messages/99999", &office.secret, None).0, 404);
    assert_eq!(office.ask("?after=x", &office.secret, None).0, 400);
}

/// Minor units of euros with a point.
fn goods_total(minor: i64) -> String {
    kernel::money::Money::new(minor, EUR).decimal()
}

#[test]
fn an_x12_order_is_placed_once_and_answered_shipped_and_invoiced() {
    let office = Office::open(Kind::X12);
    let raw = order(Kind::X12, "000000041", "PO-9", &[("MUG", 3, "10.09")]);
    let (status, answer) = office.send(&raw);
    assert_eq!((status, answer["messages"][0]["order"].as_str()), (200, Some("R1001")), "{answer}");
    assert_eq!(office.send(&raw), (200, answer));
    let sent = office.fetched(0);
    assert_eq!(kinds(&sent), ["855", "810", "997"]);
    assert_eq!(
        (part(&sent[0].2, "BAK", "", 2, 1), part(&sent[0].2, "BAK", "", 3, 1), part(&sent[0].2, "BAK", "", 8, 1)),
        ("AD", "PO-9", "R1001")
    );
    assert_eq!((part(&sent[0].2, "PO1", "10", 7, 1), part(&sent[0].2, "ACK", "IA", 2, 1)), ("MUG", "3"));
    let total = office.house.db.read_now(|conn| Ok(orders::get_by_number(conn, "R1001")?.total)).unwrap();
    assert_eq!((part(&sent[1].2, "TDS", "", 1, 1), part(&sent[1].2, "BIG", "", 4, 1)), (total.to_string().as_str(), "PO-9"));
    assert_eq!((part(&sent[2].2, "AK1", "PO", 2, 1), part(&sent[2].2, "AK9", "A", 2, 1)), ("1", "1"));
    ship_two(&office);
    let parcel = office.fetched(sent[2].0);
    assert_eq!((kinds(&parcel), part(&parcel[0].2, "SN1", "", 2, 1)), (vec!["856"], "2"));
    // Cancelled, the partner is told and the invoice is credited.
    let office = Office::open(Kind::X12);
    office.send(&raw);
    let last = office.fetched(0).last().unwrap().0;
    let cancel = |conn: &mut kernel::Conn| {
        let order = orders::get_by_number(conn, "R1001")?.id;
        orders::cancel(conn, order, orders::CancelReason::Staff, "test", now())
    };
    office.house.db.write_now(cancel).unwrap();
    office.house.follow();
    let told = office.fetched(last);
    assert_eq!(kinds(&told), ["810", "855"]);
    assert_eq!((part(&told[0].2, "BIG", "", 7, 1), part(&told[1].2, "BAK", "", 2, 1)), ("CR", "RD"));
}

#[test]
fn what_is_refused_says_why_by_line_and_staff_try_it_again() {
    let office = Office::open(Kind::Edifact);
    let lines = [("MUG", 1, "9.00"), ("BOWL", 1, "7.57")];
    let (_, dear) = office.send(&order(Kind::Edifact, "A1", "P1", &lines));
    assert!(dear["messages"][0]["problems"][0]["reason"].as_str().unwrap().contains("10.08 EUR"), "{dear}");
    let lines = [("MUG", 1, "10.09"), ("BOWL", 9, "7.57"), ("SPOON", 1, "1.00")];
    let (_, short) = office.send(&order(Kind::Edifact, "A2", "P2", &lines));
    let problems = short["messages"][0]["problems"].as_array().unwrap();
    let told: Vec<(&str, &str)> = problems.iter().map(|one| (one["line"].as_str().unwrap(), one["code"].as_str().unwrap())).collect();
    assert_eq!(told, [("20", "BOWL"), ("30", "SPOON")]);
    let (_, scarce) = office.send(&order(Kind::Edifact, "A3", "P3", &[("BOWL", 9, "7.57")]));
    assert_eq!((scarce["messages"][0]["state"].as_str(), office.placed()), (Some("refused"), 0));
    // Goods arrive, and staff try it again.
    office
        .house
        .db
        .write_now(|conn| {
            let bowl = storefront::catalog::find_variant(conn, "BOWL")?.unwrap();
            stock::set_on_hand(conn, bowl, 20, "count", "count", "test", now())
        })
        .unwrap();
    let (_, owner) = at_work(&office.house, "olga", role(&office.house, Preset::Owner));
    let here = format!("/admin/partners/{}", office.partner);
    owner.get("/admin/partners").says(200, "Cups");
    owner.get(&format!("{here}?state=refused")).says(200, "P3");
    let id = scarce["messages"][0]["id"].as_i64().unwrap();
    let message = format!("{here}/messages/{id}");
    let page = owner.get(&message).says(200, "Line 10 (BOWL): Only 5 are left");
    owner.submit(&page, &format!("{message}/again"), &[]).says(200, "It was tried again.").says(200, "R1001");
    assert_eq!(office.placed(), 1);
    let told = office.fetched(0);
    assert_eq!(kinds(&told).iter().filter(|kind| **kind == "ORDRSP").count(), 4);
    // The agreement is kept by a form; a new secret ends the old one.
    let page = owner.get(&here);
    owner.submit(&page, &here, &[("partner_id", "Ü")]).says(422, "Give an identification");
    owner.submit(&page, &here, &[("partner_id", "CUPS:14")]).says(200, "Saved.");
    assert_eq!(office.send(&order(Kind::Edifact, "A4", "P4", &[("MUG", 1, "10.09")])).0, 422, "another sender");
    owner.submit(&owner.get(&here), &format!("{here}/secret"), &[]).says(200, "Copy the secret now");
    assert_eq!(office.ask("", &office.secret, None).0, 401);
}

#[test]
fn many_who_send_the_same_at_once_have_one_order_and_pieces_are_never_taken() {
    let office = Office::open(Kind::Edifact);
    let raw = order(Kind::Edifact, "IC1", "PO1", &[("MUG", 2, "10.09")]);
    let (address, secret) = (office.address(), office.secret.clone());
    let answers = together(|_| ask(&address, &secret, Some(&raw)));
    for (status, answer) in &answers {
        let answer: Value = serde_json::from_slice(answer).unwrap();
        assert_eq!((*status, answer["messages"][0]["order"].as_str()), (200, Some("R1001")), "{answer}");
    }
    assert_eq!((office.placed(), kinds(&office.fetched(0))), (1, vec!["ORDRSP", "INVOIC", "CONTRL"]));
    for kind in [Kind::Edifact, Kind::X12] {
        let whole = edi::text(&order(kind, "000000077", "PO7", &[("MUG", 2, "10.09")]));
        assert!(edi::read(kind, &whole).is_ok());
        let short = whole.trim_end();
        for (at, _) in short.char_indices() {
            assert!(edi::read(kind, &short[..at]).is_err(), "{}", &short[..at]);
        }
    }
    // A piece is kept as what could not be read, and the whole comes under the same number.
    let whole = order(Kind::Edifact, "IC9", "PO9", &[("MUG", 1, "10.09")]);
    assert_eq!(office.send(&whole[..whole.len() - 9]).0, 422);
    assert_eq!(office.send(&whole).1["messages"][0]["state"].as_str(), Some("placed"));
    let (partner, words) = (office.partner, office.words());
    let junk = office.house.db.write_now(move |conn| {
        let partner = edi::get(conn, partner)?;
        edi::take(conn, &partner, "UNA\0", &words, now())
    });
    assert!(matches!(junk.unwrap(), Taken::Unreadable(_)));
    let kept = office.house.db.read_now(move |conn| edi::history(conn, partner, Some(State::Unreadable), None, 10)).unwrap();
    assert_eq!(kept.len(), 2);
    goods::assert_books(&office.house.db);
}

/// What lies in a folder of the partner, by name.
fn lying(own: &Path, folder: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(own.join(folder)) else { return Vec::new() };
    let mut names: Vec<String> = entries.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_gateway_brings_and_fetches_files_each_taken_and_written_once() {
    let office = Office::open(Kind::Edifact);
    let root = std::env::temp_dir().join(format!("regulars-edi-{}", kernel::token::random()));
    let own = root.join(office.partner.to_string());
    let look = || folder::run(&office.house.db, &root, &office.words(), Duration::ZERO, &office.house.state.clock).unwrap();
    // What was written before the folder was there went another way.
    office.send(&order(Kind::Edifact, "IC0", "PO0", &[("MUG", 1, "10.09")]));
    std::fs::create_dir_all(own.join("in")).unwrap();
    std::fs::create_dir_all(own.join("out")).unwrap();
    look();
    assert!(lying(&own, "out").is_empty());
    let raw = order(Kind::Edifact, "IC1", "PO1", &[("MUG", 2, "10.09")]);
    let bring = |name: &str, raw: &[u8]| std::fs::write(own.join("in").join(name), raw).unwrap();
    bring("a.edi", &raw);
    bring("b.edi", &raw[..raw.len() - 9]);
    bring("c.edi.tmp", &raw);
    bring("d.edi", &order(Kind::Edifact, "IC1", "PO2", &[("MUG", 1, "10.09")]));
    look();
    assert_eq!((office.placed(), lying(&own, "in")), (2, vec!["c.edi.tmp".to_string()]));
    let failed = lying(&own, "failed");
    assert_eq!((lying(&own, "done").len(), failed.len()), (1, 4), "{failed:?}");
    let why = |end: &str| std::fs::read_to_string(own.join("failed").join(failed.iter().find(|one| one.ends_with(end)).unwrap())).unwrap();
    assert!(why("b.edi.txt").contains("ends too early") && why("d.edi.txt").contains("was used before"));
    let out = lying(&own, "out");
    let kinds: Vec<&str> = out.iter().map(|one| one.split(['-', '.']).nth(1).unwrap()).collect();
    assert_eq!(kinds, ["ORDRSP", "INVOIC", "CONTRL"]);
    let fetched = office.fetched(0);
    let last = fetched.last().unwrap().0;
    let (_, body) = office.ask(&format!("/messages/{last}"), &office.secret, None);
    assert_eq!(std::fs::read(own.join("out").join(&out[2])).unwrap(), body, "the same message as by HTTP");
    // Killed after the order was placed, the file still lies there; what was fetched does not come again.
    bring("a.edi", &raw);
    out.iter().for_each(|one| std::fs::remove_file(own.join("out").join(one)).unwrap());
    look();
    look();
    assert_eq!((office.placed(), lying(&own, "out"), lying(&own, "done").len()), (2, Vec::new(), 1));
    ship_two_of(&office, "R1002");
    look();
    assert_eq!(lying(&own, "out").len(), 1);
    std::fs::remove_dir_all(root).unwrap();
}

#[test]
fn an_interchange_of_many_messages_is_kept_once_and_has_a_limit() {
    let office = Office::open(Kind::Edifact);
    let unb = "UNB+UNOC:3+9876543000001+4012345000009+261124:1030+MANY'";
    let message =
        |at: usize| format!("UNH+{at}+ORDERS:D:96A:UN'BGM+220+P{at}+9'NAD+DP+Lager Süd::92'LIN+10++MUG:SA'QTY+21:1:PCE'UNS+S'UNT+7+{at}'");
    let many = |count: usize| format!("{unb}{}UNZ+{count}+MANY'", (1..=count).map(message).collect::<String>());
    assert_eq!(office.send(many(201).as_bytes()).0, 422);
    let (status, answer) = office.send(many(3).as_bytes());
    assert_eq!((status, answer["messages"].as_array().unwrap().len(), office.placed()), (200, 3, 3), "{answer}");
    assert_eq!(office.send(many(3).as_bytes()), (200, answer));
    let partner = office.partner;
    let (kept, whole) = office
        .house
        .db
        .read_now(move |conn| {
            let kept = edi::history(conn, partner, Some(State::Placed), None, 10)?;
            let whole = edi::whole(conn, &kept[0])?;
            Ok((kept, whole))
        })
        .unwrap();
    assert_eq!(whole, many(3));
    for one in kept {
        let alone = edi::read(Kind::Edifact, &one.raw).unwrap();
        assert_eq!((alone.messages.len(), alone.control.as_str()), (1, "MANY"), "{}", one.raw);
    }
    // Another under the same control number is none of them.
    assert_eq!(office.send(many(2).as_bytes()).0, 409);
    assert_eq!(office.placed(), 3);
}
