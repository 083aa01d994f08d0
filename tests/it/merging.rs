//! Two customers who are one person: joined by staff, and parted again as if nothing had been.

mod after;
mod pages;

use crate::pairs::dumped;
use crate::support::goods::{self, EUR, now, place};
use crm::activities::{self, Activity, Kind};
use crm::consents::{self, Consent, Statement};
use crm::email::Email;
use crm::merges::MergeId;
use crm::rules::{Age, Allowed, Rule, Said, Span};
use crm::trails::{self, Evidence};
use crm::{CustomerId, customers, identities, purchases, segments, tasks};
use kernel::money::Money;
use kernel::testing::TestDb;
use kernel::{Conn, Db, Error, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use storefront::checkout::Settlement;
use storefront::ids::{OrderId, ProductId, VariantId};
use storefront::merging::{self, Fate};
use storefront::refunds::{self, Request, RequestLine};
use storefront::{address_book, carts, logins, offers, orders, payments, promotions, rebuild, store_credit, wish_list};

const ANN: &str = "ann@example.com";
const OLD: &str = "ann.old@example.com";

fn email(text: &str) -> Email {
    Email::parse(text, "email").unwrap()
}

/// Merges as staff do, a moment later than everything so far.
fn merge(db: &Db, merged: CustomerId, survivor: CustomerId) -> Result<MergeId> {
    db.write_now(move |conn| merging::merge(conn, merged, survivor, "the same telephone", "test", now()))
}

fn undo(db: &Db, id: MergeId) -> Result<()> {
    db.write_now(move |conn| merging::undo(conn, id, "two sisters", "test", now()).map(drop))
}

/// Every row of the tables with something of customers, without what tells only that there was a merge.
fn rows(db: &TestDb) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut table, mut columns) = (String::new(), Vec::new());
    for line in dumped(db).lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        if let Some(name) = value["table"].as_str() {
            table = name.to_string();
            columns = value["columns"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_string()).collect();
            continue;
        }
        let Some(values) = value.as_array() else { continue };
        let row: BTreeMap<&str, &Value> = columns.iter().map(String::as_str).zip(values).collect();
        let told = match table.as_str() {
            "customers" | "promotion_balances" | "store_credit_balances" => true,
            // Coming, leaving and coming again is history; who is a member is compared below.
            "segment_history" | "segment_states" => false,
            "activities" => !matches!(row["kind"].as_str(), Some("merged" | "parted")),
            other => merging::TABLES.iter().any(|(known, _)| *known == other),
        };
        let nothing =
            matches!(row.get("uses").or(row.get("balance")), Some(number) if number.as_i64() == Some(0) && table.ends_with("balances"));
        // Balances are numbered as they are made, and one of nothing is as good as none.
        let unsaid: &[&str] = if table == "store_credit_balances" { &["id"] } else { &["updated_at"] };
        if told && !nothing {
            let text = row.iter().filter(|(name, _)| !unsaid.contains(name)).map(|(name, value)| format!("{name}={value}"));
            found.entry(table.clone()).or_default().push(text.collect::<Vec<_>>().join(" "));
        }
    }
    found.values_mut().for_each(|rows| rows.sort());
    found
}

/// Who is in which segment.
fn members(db: &Db, people: &[CustomerId]) -> Vec<Vec<String>> {
    let of = |id: CustomerId| db.read_now(move |conn| segments::of_customer(conn, id, now())).unwrap();
    people.iter().map(|id| of(*id).into_iter().map(|one| one.name).collect()).collect()
}

fn same(before: &BTreeMap<String, Vec<String>>, after: &BTreeMap<String, Vec<String>>, told: &str) {
    for (table, rows) in before {
        assert_eq!(after.get(table), Some(rows), "{told}: {table}");
    }
    assert_eq!(before.len(), after.len(), "{told}");
}

/// Chance that comes out the same each time.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }
}

/// Everything that a history is made of.
struct Shop {
    db: TestDb,
    goods: Vec<VariantId>,
    people: Vec<(CustomerId, &'static str)>,
}

impl Shop {
    fn open() -> Shop {
        let db = goods::open();
        let goods = vec![goods::product(&db, "Mug", 1200, 5000), goods::product(&db, "Pot", 4500, 5000)];
        let people = [ANN, OLD, "bea@example.com"].map(|email| (goods::customer(&db, email, 3000), email)).to_vec();
        goods::coupon(&db, "TEA", 1000, None, Some(50));
        let named = promotions::Terms {
            offer: Some(offers::Terms {
                why: [("en".to_string(), "Because".to_string())].into(),
                control_bp: 5000,
                ..offers::Terms::default()
            }),
            ..named(&[ANN, OLD])
        };
        goods::promotion(&db, named);
        let allowed = Allowed { channel: "email".into(), topic: "news".into(), state: Said::Given };
        let bought = Rule::FirstOrder(Age::Within(Span::Days(30)));
        for (name, rule) in [("Bought", bought), ("Tea", Rule::Tag("tea".into())), ("No", Rule::Not(Box::new(Rule::Consent(allowed))))] {
            let wish = segments::Wish { name: name.into(), note: String::new(), rule };
            db.write_now(move |conn| segments::create(conn, &wish, now())).unwrap();
        }
        segments::build_all(&db, &kernel::clock::Clock::default()).unwrap();
        Shop { db, goods, people }
    }

    /// Something that happens to the one with the number `who`.
    fn happens(&self, dice: &mut Dice, who: usize, step: usize) {
        let (id, address) = self.people[who];
        match dice.below(9) {
            0..=2 => self.orders(dice, who),
            3 => {
                let state = if dice.below(2) == 0 { Consent::Given } else { Consent::Withdrawn };
                let topic = if dice.below(2) == 0 { "news" } else { "offers" };
                let said = Statement { channel: "email", topic, legal_basis: "consent", state, proof: "test" };
                self.db.write_now(move |conn| consents::record(conn, id, &said, now())).unwrap();
            }
            4 => {
                let amount = Money::new(1 + dice.below(900) as i64, EUR);
                let key = format!("{who}-{step}");
                self.db.write_now(move |conn| store_credit::adjust(conn, id, amount, "luck", &key, "test", now())).unwrap();
            }
            5 => {
                let (secret, key) = (format!("browser {who} {}", step / 3), format!("{who}-{step}"));
                let seen = move |conn: &mut Conn| {
                    trails::join(conn, &secret, id, Evidence::SignIn, "signed in", now())?;
                    let trail = Some(trails::open(conn, &secret, now())?.id);
                    let (kind, source) = (Kind::ProductViewed, trails::TRAIL);
                    let (subject, amount, detail) = (Some(1), None, "");
                    let view = Activity { customer: Some(id), trail, kind, at: now(), source, dedupe_key: &key, subject, amount, detail };
                    activities::record(conn, &view).map(drop)
                };
                self.db.write_now(seen).unwrap();
            }
            6 => {
                let mut place = goods::address();
                place.line1 = format!("Street {}", 1 + dice.below(3) as i64);
                let default = dice.below(3) == 0;
                let wished = 1 + dice.below(2) as i64;
                let keep = move |conn: &mut Conn| {
                    wish_list::add(conn, id, ProductId(wished), now())?;
                    address_book::add(conn, id, &place, default, now()).map(drop)
                };
                self.db.write_now(keep).unwrap();
            }
            7 if step.is_multiple_of(2) => {
                let wish = tasks::Wish { title: format!("task {step}"), note: String::new(), due_on: now().date(), assignee: None };
                self.db.write_now(move |conn| tasks::create(conn, id, &wish, "test", now())).unwrap();
            }
            7 => {
                let tags = ["tea", "vip", "tea, wholesale", ""][dice.below(4)];
                let note = format!("note {step}");
                self.db.write_now(move |conn| customers::annotate(conn, id, tags, &note, now())).unwrap();
            }
            _ => {
                let (cart, _) = goods::cart(&self.db, &[(self.goods[0], 1)], address, "bank_transfer", "");
                let token = format!("session {who} {step}");
                let open = move |conn: &mut Conn| {
                    carts::merge(conn, cart, id, now())?;
                    offers::settle(conn, id, now())?;
                    logins::open_session(conn, id, &token, "test", now()).map(drop)
                };
                self.db.write_now(open).unwrap();
            }
        }
    }

    /// An order, of which some are paid with credit, some refunded and some cancelled.
    fn orders(&self, dice: &mut Dice, who: usize) {
        let (id, address) = self.people[who];
        let code = if dice.below(5) < 2 { "TEA" } else { "" };
        let units = 1 + dice.below(3) as i64;
        let (cart, mut seen) = goods::cart(&self.db, &[(self.goods[dice.below(2)], units)], address, "bank_transfer", code);
        if dice.below(5) < 2 {
            seen = goods::pay_with(&self.db, cart, &[], Some(id));
        }
        let Ok(placed) = place(&self.db, cart, seen, Settlement::After) else { return };
        let fate = dice.below(4);
        self.db
            .write_now(move |conn| {
                match fate {
                    0 => orders::cancel(conn, placed.order, orders::CancelReason::Staff, "test", now())?,
                    1 => refunded(conn, placed.order, false)?,
                    2 => refunded(conn, placed.order, true)?,
                    _ => {}
                };
                storefront::timeline::follow(conn, placed.order)
            })
            .unwrap();
    }
}

fn named(emails: &[&str]) -> promotions::Terms {
    let mut rules = promotions::Rules::default();
    rules.conditions.customers = emails.iter().map(ToString::to_string).collect();
    rules.effect = promotions::Effect::Reduce { cut: promotions::Cut::Percentage(500), on: promotions::Goods::default() };
    promotions::Terms::automatic("For you", rules, EUR)
}

fn refunded(conn: &mut Conn, order: OrderId, to_credit: bool) -> Result<()> {
    for payment in payments::of_order(conn, order)? {
        if payment.captured < payment.amount {
            payments::record_receipt(conn, payment.id, "test", now())?;
        }
    }
    let line = orders::lines(conn, order)?[0].id;
    let lines = vec![RequestLine { line, quantity: 1, restock: true }];
    let request = Request { lines, reason: "late".into(), to_credit, ..Request::default() };
    let stored = orders::get(conn, order)?;
    let amount = refunds::preview(conn, &stored, &request)?.amount;
    let id = refunds::request(conn, order, &request, amount, "test", now())?;
    refunds::settle(conn, id, now())
}

#[test]
fn random_histories_are_joined_and_parted_as_if_nothing_had_been() {
    for seed in 0..5 {
        let shop = Shop::open();
        let mut dice = Dice::new(seed);
        for step in 0..40 {
            let who = dice.below(3);
            shop.happens(&mut dice, who, step);
        }
        let ids: Vec<CustomerId> = shop.people.iter().map(|(id, _)| *id).collect();
        let (survivor, merged) = (ids[0], ids[1]);
        let (before, within) = (rows(&shop.db), members(&shop.db, &ids));
        goods::assert_books(&shop.db);
        let sums = |ids: &[CustomerId]| {
            let ids = ids.to_vec();
            shop.db
                .read_now(move |conn| {
                    let (mut orders, mut credit, mut timeline) = (0, 0, 0);
                    for id in ids {
                        orders += purchases::count(conn, id)?;
                        credit += store_credit::balance(conn, id, EUR)?;
                        timeline += activities::count_of(conn, id)?;
                    }
                    Ok((orders, credit, timeline))
                })
                .unwrap()
        };
        let both = sums(&[survivor, merged]);
        let id = merge(&shop.db, merged, survivor).unwrap();
        goods::assert_books(&shop.db);
        let one = sums(&[survivor]);
        assert_eq!((one.0, one.1, one.2), (both.0, both.1, both.2 + 1), "seed {seed}: nothing is lost");
        assert_eq!(sums(&[merged]), (0, 0, 0));
        assert!(members(&shop.db, &[merged])[0].is_empty());
        // Nothing in a table that moves is left behind, and the books make the same again.
        let joined = rows(&shop.db);
        for (table, fate) in merging::TABLES.iter().filter(|(_, fate)| *fate == Fate::Moves) {
            let left = joined.get(*table).into_iter().flatten().filter(|row| row.contains(&format!("customer_id={merged} ")));
            assert_eq!(left.count(), 0, "{table} {fate:?}");
        }
        rebuild::run(&shop.db, now(), &mut |_| {}).unwrap();
        goods::assert_books(&shop.db);
        for table in ["purchases", "purchase_lines", "scores"] {
            assert_eq!(rows(&shop.db).get(table), joined.get(table), "{table} made again");
        }
        undo(&shop.db, id).unwrap();
        goods::assert_books(&shop.db);
        let mut after = rows(&shop.db);
        // What was made again carries other numbers.
        let mut before = before;
        for table in [&mut before, &mut after] {
            for row in table.entry("activities".into()).or_default() {
                *row = row.split(' ').filter(|part| !part.starts_with("id=")).collect::<Vec<_>>().join(" ");
            }
            table.entry("activities".into()).or_default().sort();
        }
        same(&before, &after, &format!("seed {seed}"));
        assert_eq!(members(&shop.db, &ids), within, "seed {seed}");
    }
}

#[test]
fn chains_are_undone_from_their_end() {
    let shop = Shop::open();
    let [a, b, c] = [0, 1, 2].map(|n| shop.people[n].0);
    let before = rows(&shop.db);
    let first = merge(&shop.db, a, b).unwrap();
    assert!(matches!(merge(&shop.db, a, c), Err(Error::Conflict(key)) if key == "merge-hinders-merged"));
    assert!(matches!(merge(&shop.db, c, a), Err(Error::Conflict(key)) if key == "merge-hinders-merged"));
    assert!(matches!(merge(&shop.db, b, b), Err(Error::Conflict(key)) if key == "merge-hinders-self"));
    let second = merge(&shop.db, b, c).unwrap();
    assert_eq!(shop.db.read_now(move |conn| identities::standing(conn, a)).unwrap(), c);
    assert_eq!(shop.db.read_now(move |conn| customers::find_by_email(conn, &email(ANN))).unwrap().unwrap().id, c);
    goods::assert_books(&shop.db);
    assert!(matches!(undo(&shop.db, first), Err(Error::Conflict(key)) if key == "merge-undo-later-first"));
    undo(&shop.db, second).unwrap();
    assert_eq!(shop.db.read_now(move |conn| identities::standing(conn, a)).unwrap(), b);
    undo(&shop.db, first).unwrap();
    same(&before, &rows(&shop.db), "a chain");
    // Two into one are undone in any order.
    let (one, other) = (merge(&shop.db, a, c).unwrap(), merge(&shop.db, b, c).unwrap());
    undo(&shop.db, one).unwrap();
    undo(&shop.db, other).unwrap();
    same(&before, &rows(&shop.db), "two into one");
    goods::assert_books(&shop.db);
}

#[test]
fn every_table_with_customers_is_known_to_a_merge() {
    let db = goods::open();
    let mut found = Vec::new();
    for line in dumped(&db).lines() {
        let head: Value = serde_json::from_str(line).unwrap();
        let holds = |name: &Value| matches!(name.as_str(), Some("customer_id" | "login_id"));
        if head["columns"].as_array().is_some_and(|columns| columns.iter().any(holds)) {
            found.push(head["table"].as_str().unwrap().to_string());
        }
    }
    found.sort();
    let known: Vec<&str> = merging::TABLES.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, known, "say in storefront::merging what a merge does with it, and move it there or in crm::merges");
}
