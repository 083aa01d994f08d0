//! Programs that are told of what happens: signed, in the order of events, tried again, and not at private addresses.

use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use storefront::checkout::Settlement;
use storefront::ids::WebhookEndpointId;
use storefront::webhooks::{self, Endpoint, Message, MessageState, Topic, Wish};

/// A call as the receiver saw it.
#[derive(Clone)]
struct Call {
    headers: HashMap<String, String>,
    body: String,
}

/// A program of the merchant that answers with one status after another, then with 204 for ever.
struct Receiver {
    address: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Receiver {
    fn answering(statuses: &[u16]) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/hook", listener.local_addr().unwrap());
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let (heard, statuses) = (calls.clone(), statuses.to_vec());
        std::thread::spawn(move || {
            let mut statuses = statuses.into_iter();
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut headers = HashMap::new();
                let mut line = String::new();
                while stream.read_line(&mut line).unwrap() > 2 {
                    if let Some((name, value)) = line.trim().split_once(": ") {
                        headers.insert(name.to_lowercase(), value.to_string());
                    }
                    line.clear();
                }
                let mut body = vec![0; headers["content-length"].parse().unwrap()];
                stream.read_exact(&mut body).unwrap();
                heard.lock().push(Call { headers, body: String::from_utf8(body).unwrap() });
                let status = statuses.next().unwrap_or(204);
                write!(stream.get_mut(), "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            }
        });
        Receiver { address, calls }
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().clone()
    }
}

fn open() -> House {
    House::open_with(&[("REGULARS_WEBHOOKS_ALLOW_PRIVATE", "true")])
}

fn endpoint(house: &House, url: &str, topics: &[Topic]) -> WebhookEndpointId {
    let wish = Wish { url: url.into(), topics: topics.to_vec(), active: true };
    house.db.write_now(move |conn| webhooks::create(conn, &wish, now())).unwrap()
}

fn stands(house: &House, id: WebhookEndpointId) -> (Endpoint, Vec<Message>) {
    house.db.read_now(move |conn| Ok((webhooks::get(conn, id)?, webhooks::messages(conn, id, None, None, 50)?))).unwrap()
}

fn buy(house: &House) {
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (cart, seen) = goods::cart(&house.db, &[(mug, 2)], "ann@example.com", "bank_transfer", "");
    goods::place(&house.db, cart, seen, Settlement::After).unwrap();
}

#[test]
fn a_program_is_told_what_it_asked_for_and_can_check_who_said_it() {
    let house = open();
    let receiver = Receiver::answering(&[]);
    let id = endpoint(&house, &receiver.address, &[Topic::OrderPlaced, Topic::OrderConfirmed]);
    buy(&house);
    house.work();
    let calls = receiver.calls();
    let mut kinds: Vec<String> = Vec::new();
    for call in &calls {
        let told: Value = serde_json::from_str(&call.body).unwrap();
        kinds.push(told["type"].as_str().unwrap().to_string());
        assert_eq!(told["data"]["order"]["number"], "R1001");
        assert_eq!(told["data"]["order"]["total"]["minor"], 2890);
        assert!(call.headers["webhook-signature"].starts_with("v1,"));
        assert!(call.headers["webhook-timestamp"].parse::<i64>().unwrap() > 1_700_000_000);
    }
    kinds.sort();
    assert_eq!(kinds, ["order.confirmed", "order.placed"]);
    assert_ne!(calls[0].headers["webhook-id"], calls[1].headers["webhook-id"]);
    assert!(stands(&house, id).1.iter().all(|message| message.state == MessageState::Delivered));
}

#[test]
fn a_program_is_told_of_stock_customers_and_money_that_came_back() {
    let house = open();
    let receiver = Receiver::answering(&[]);
    let topics = [Topic::StockUpdated, Topic::CustomerUpdated, Topic::CustomerErased, Topic::RefundCameBack];
    endpoint(&house, &receiver.address, &topics);
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let told = || {
        house.work();
        let calls: Vec<Value> = receiver.calls().iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect();
        receiver.calls.lock().clear();
        calls
    };
    told();
    house.db.write_now(move |conn| storefront::stock::set_on_hand(conn, mug, 9, "count", "nine", "test", now())).unwrap();
    let calls = told();
    assert_eq!((calls.len(), calls[0]["type"].as_str(), calls[0]["data"]["free"].as_i64()), (1, Some("stock.updated"), Some(9)));
    house.db.write_now(move |conn| crm::customers::annotate(conn, ann, "vip", "", now())).unwrap();
    let calls = told();
    assert_eq!(
        (calls.len(), calls[0]["type"].as_str(), &calls[0]["data"]["tags"]),
        (1, Some("customer.updated"), &serde_json::json!(["vip"]))
    );
    house.db.write_now(move |conn| storefront::erasure::erase(conn, ann, now())).unwrap();
    let calls = told();
    assert_eq!((calls.len(), calls[0]["type"].as_str()), (1, Some("customer.erased")), "{calls:?}");
    assert!(!calls[0].to_string().contains("example.com"));
}

#[test]
fn what_fails_is_tried_again_with_the_same_id_and_a_new_signature() {
    let house = open();
    let receiver = Receiver::answering(&[500, 429]);
    let id = endpoint(&house, &receiver.address, &[]);
    let test = house.db.write_now(move |conn| webhooks::test(conn, id, now())).unwrap();
    house.work();
    let (before, messages) = stands(&house, id);
    assert_eq!((before.failures, messages[0].state, messages[0].attempts), (1, MessageState::Waiting, 1));
    house.db.write_now(move |conn| webhooks::rotate(conn, id, now())).unwrap();
    house.state.clock.advance(TimeDelta::seconds(6));
    house.work();
    house.state.clock.advance(TimeDelta::minutes(6));
    house.work();
    let calls = receiver.calls();
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[0].headers["webhook-id"], calls[2].headers["webhook-id"]);
    assert_eq!(calls[0].body, calls[2].body);
    assert_ne!(calls[0].headers["webhook-signature"], calls[2].headers["webhook-signature"]);
    assert_eq!(calls[2].headers["webhook-signature"].split(' ').count(), 2, "the old secret still signs");
    let (after, messages) = stands(&house, id);
    assert_eq!((after.failures, messages[0].state, messages[0].attempts), (0, MessageState::Delivered, 3));
    let tries = house.db.read_now(move |conn| webhooks::message(conn, test)).unwrap().1;
    assert_eq!(tries.iter().map(|one| one.status).collect::<Vec<_>>(), [Some(204), Some(429), Some(500)]);
    house.db.write_now(move |conn| webhooks::replay(conn, test, now() + TimeDelta::minutes(10))).unwrap();
    house.state.clock.advance(TimeDelta::minutes(10));
    house.work();
    assert_eq!(receiver.calls().len(), 4);
}

#[test]
fn a_program_that_is_gone_is_told_no_more_and_a_private_address_is_not_called() {
    let house = open();
    let receiver = Receiver::answering(&[410]);
    let id = endpoint(&house, &receiver.address, &[]);
    house.db.write_now(move |conn| webhooks::test(conn, id, now())).unwrap();
    house.work();
    buy(&house);
    house.work();
    let (gone, messages) = stands(&house, id);
    assert!(!gone.active && messages.len() == 1 && messages[0].state == MessageState::Failed, "{messages:?}");
    assert_eq!(receiver.calls().len(), 1);

    let careful = House::open();
    let id = endpoint(&careful, &receiver.address, &[]);
    let test = careful.db.write_now(move |conn| webhooks::test(conn, id, now())).unwrap();
    careful.work();
    let tries = careful.db.read_now(move |conn| webhooks::message(conn, test)).unwrap().1;
    assert_eq!(tries[0].error, "the address leads into a private network");
    assert_eq!(receiver.calls().len(), 1);
}

#[test]
fn staff_add_try_and_read_what_was_sent() {
    let house = open();
    let receiver = Receiver::answering(&[503]);
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Owner));
    let form = mei.get("/admin/webhooks").says(200, "No program is told");
    mei.submit(&form, "/admin/webhooks", &[("url", "ftp://x")]).says(422, "Give an address");
    let page = mei.submit(&form, "/admin/webhooks", &[("url", &receiver.address), ("topic-order-placed", "on")]).says(200, "whsec_");
    let here = page.at.clone();
    mei.submit(&page, &format!("{here}/test"), &[]).says(200, "A test is on its way");
    house.work();
    mei.get(&here).says(200, "1 failed attempt").says(200, "waits");
    let id = WebhookEndpointId(here.rsplit('/').next().unwrap().parse().unwrap());
    let message = format!("{here}/messages/{}", stands(&house, id).1[0].id);
    mei.get(&message).says(200, "Answered with 503");
    house.state.clock.advance(TimeDelta::seconds(6));
    house.work();
    let page = mei.get(&message).says(200, "Answered with 204");
    mei.submit(&page, &format!("{message}/replay"), &[]).says(200, "on its way once more");
    let page = mei.get(&here);
    mei.submit(&page, &here, &[("url", &receiver.address), ("active", "")]).says(200, "off");
    assert!(!house.db.read_now(webhooks::any).unwrap());
    let page = mei.get(&here);
    mei.submit(&page, &format!("{here}/remove"), &[]).says(200, "The address was removed.");
    assert!(house.db.read_now(webhooks::list).unwrap().is_empty());
    assert!(!mei.get("/admin/audit").text().contains("whsec_"));
}
