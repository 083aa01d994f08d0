//! What comes after a merge, and beside it.

use super::{ANN, OLD, Shop, merge, undo};
use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use chrono::TimeDelta;
use crm::activities::{self, Activity, Kind};
use crm::consents::{self, Consent, Statement};
use crm::{CustomerId, identities, purchases};
use kernel::money::Money;
use kernel::{Conn, Error};
use storefront::checkout::{PlaceError, Settlement};
use storefront::ids::OrderId;
use storefront::merging;
use storefront::{orders, store_credit};

#[test]
fn what_comes_after_goes_where_it_belongs() {
    let shop = Shop::open();
    let (survivor, merged) = (shop.people[0].0, shop.people[1].0);
    let order = |address: &str| {
        let (cart, seen) = goods::cart(&shop.db, &[(shop.goods[0], 1)], address, "bank_transfer", "");
        place(&shop.db, cart, seen, Settlement::After).unwrap().order
    };
    let owner = |order: OrderId| shop.db.read_now(move |conn| Ok(orders::get(conn, order)?.customer_id)).unwrap();
    let first = order(OLD);
    let id = merge(&shop.db, merged, survivor).unwrap();
    let (own, under_old) = (order(ANN), order(OLD));
    assert_eq!([first, own, under_old].map(owner), [survivor; 3], "either address is the survivor's");
    let no = Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Withdrawn, proof: "test" };
    shop.db.write_now(move |conn| consents::record(conn, survivor, &no, now())).unwrap();
    undo(&shop.db, id).unwrap();
    assert_eq!([first, own, under_old].map(owner), [merged, survivor, merged]);
    goods::assert_books(&shop.db);
    assert_eq!(shop.db.read_now(move |conn| purchases::count(conn, merged)).unwrap(), 2);
    assert!(matches!(undo(&shop.db, id), Err(Error::Conflict(key)) if key == "merge-undo-undone"));
}

#[test]
fn a_no_of_either_counts_for_both_and_is_gone_again_with_the_merge() {
    let shop = Shop::open();
    let (survivor, merged) = (shop.people[0].0, shop.people[1].0);
    let say = |id: CustomerId, state: Consent| {
        let said = Statement { channel: "email", topic: "news", legal_basis: "consent", state, proof: "test" };
        shop.db.write_now(move |conn| consents::record(conn, id, &said, now())).unwrap();
    };
    let heard = |id: CustomerId| shop.db.read_now(move |conn| consents::current(conn, id, "email", "news")).unwrap();
    say(merged, Consent::Withdrawn);
    say(survivor, Consent::Given);
    let id = merge(&shop.db, merged, survivor).unwrap();
    assert_eq!(heard(survivor), Some(Consent::Withdrawn));
    undo(&shop.db, id).unwrap();
    assert_eq!((heard(survivor), heard(merged)), (Some(Consent::Given), Some(Consent::Withdrawn)));
    // Who says no themselves while both are one says it for good.
    let id = merge(&shop.db, merged, survivor).unwrap();
    say(survivor, Consent::Withdrawn);
    undo(&shop.db, id).unwrap();
    assert_eq!(heard(survivor), Some(Consent::Withdrawn));
}

#[test]
fn credit_spent_together_is_not_given_back_twice() {
    let shop = Shop::open();
    let (survivor, merged) = (shop.people[0].0, shop.people[1].0);
    let id = merge(&shop.db, merged, survivor).unwrap();
    let (cart, _) = goods::cart(&shop.db, &[(shop.goods[1], 1)], ANN, "bank_transfer", "");
    let seen = goods::pay_with(&shop.db, cart, &[], Some(survivor));
    place(&shop.db, cart, seen, Settlement::After).unwrap();
    assert!(matches!(undo(&shop.db, id), Err(Error::Conflict(text)) if text.starts_with("merge-undo-credit")));
    goods::assert_books(&shop.db);
    assert_eq!(shop.db.read_now(move |conn| identities::standing(conn, merged)).unwrap(), survivor, "nothing of it was done");
    let amount = Money::new(3000, EUR);
    shop.db.write_now(move |conn| store_credit::adjust(conn, survivor, amount, "settled", "x", "test", now())).unwrap();
    undo(&shop.db, id).unwrap();
    goods::assert_books(&shop.db);
    let credit = |id: CustomerId| shop.db.read_now(move |conn| store_credit::balance(conn, id, EUR)).unwrap();
    assert_eq!(credit(merged), 3000);
}

#[test]
fn a_merge_and_an_order_of_the_merged_one_come_one_after_the_other() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 5000);
    for round in 0..20 {
        let (ann, old) = (format!("ann{round}@example.com"), format!("old{round}@example.com"));
        let (survivor, merged) = (goods::customer(&db, &ann, 0), goods::customer(&db, &old, 1000));
        let (cart, mut seen) = goods::cart(&db, &[(mug, 1)], &old, "bank_transfer", "");
        if round % 2 == 0 {
            seen = goods::pay_with(&db, cart, &[], Some(merged));
        }
        let (placed, id) = std::thread::scope(|scope| {
            let placing = scope.spawn(|| place(&db, cart, seen, Settlement::After));
            let merging = scope.spawn(|| merge(&db, merged, survivor));
            (placing.join().unwrap(), merging.join().unwrap())
        });
        let id = id.unwrap();
        match placed {
            Ok(placed) => {
                let owner = db.read_now(move |conn| Ok(orders::get(conn, placed.order)?.customer_id)).unwrap();
                assert_eq!(owner, survivor, "round {round}");
            }
            // The cart changed hands: the shopper sees it once more.
            Err(error) => assert!(matches!(error, PlaceError::Changed), "{error}"),
        }
        goods::assert_books(&db);
        db.write_now(move |conn| merging::sweep(conn, id, now())).unwrap();
        goods::assert_books(&db);
    }
}

#[test]
fn what_was_on_its_way_is_swept_up() {
    let house = House::open();
    let (ann, old) = (goods::customer(&house.db, ANN, 0), goods::customer(&house.db, OLD, 0));
    let id = merge(&house.db, old, ann).unwrap();
    // A request that had read the number before the merge.
    let late = move |conn: &mut Conn| {
        store_credit::adjust(conn, old, Money::new(500, EUR), "late", "late", "test", now())?;
        let (kind, source, detail) = (Kind::Searched, "test", "tea");
        let (trail, subject, amount) = (None, None, None);
        let late = Activity { customer: Some(old), trail, kind, at: now(), source, dedupe_key: "late", subject, amount, detail };
        activities::record(conn, &late).map(drop)
    };
    house.db.write_now(late).unwrap();
    house.state.clock.advance(TimeDelta::minutes(2));
    house.follow();
    goods::assert_books(&house.db);
    assert_eq!(house.db.read_now(move |conn| store_credit::balance(conn, ann, EUR)).unwrap(), 500);
    undo(&house.db, id).unwrap();
    assert_eq!(house.db.read_now(move |conn| store_credit::balance(conn, old, EUR)).unwrap(), 500);
}
