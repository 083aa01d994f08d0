//! Merged customers at the door, at the desk and at the end.

use super::{ANN, OLD, email, merge, undo};
use crate::pairs::dumped;
use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::{customers, merges};
use kernel::money::Money;
use kernel::{Conn, Error};
use storefront::checkout::Settlement;
use storefront::{erasure, logins, store_credit};

#[test]
fn both_addresses_sign_in_while_they_are_one() {
    let house = House::open();
    let password = "a long password";
    let hash = logins::hash_password(password).unwrap();
    let people = [ANN, OLD].map(|address| goods::customer(&house.db, address, 0));
    let (ann, old) = (people[0], people[1]);
    let set = move |conn: &mut Conn| people.iter().try_for_each(|id| logins::set_password(conn, *id, &hash));
    house.db.write_now(set).unwrap();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], OLD, "bank_transfer", "");
    place(&house.db, cart, seen, Settlement::After).unwrap();
    let sign_in = |address: &str| {
        let visitor = house.visitor();
        let page = visitor.get("/account/sign-in");
        visitor.submit(&page, "/account/sign-in", &[("email", address), ("password", password)]).says(200, "");
        visitor
    };
    let before = sign_in(OLD);
    before.get("/account/orders").says(200, "R1001");
    let id = merge(&house.db, old, ann).unwrap();
    // Whoever was signed in goes on as the survivor, and so does either address.
    for visitor in [&before, &sign_in(OLD), &sign_in(ANN)] {
        visitor.get("/account/profile").says(200, ANN);
        visitor.get("/account/orders/R1001").says(200, "Mug");
    }
    let (one, other) = (sign_in(ANN), sign_in(OLD));
    undo(&house.db, id).unwrap();
    one.get("/account/profile").says(200, ANN);
    assert_eq!(one.get("/account/orders/R1001").status, 404);
    for visitor in [&before, &other] {
        visitor.get("/account/profile").says(200, OLD);
        visitor.get("/account/orders/R1001").says(200, "Mug");
    }
}

#[test]
fn the_desk_joins_and_parts_with_a_preview() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (ann, old) = (goods::customer(&house.db, ANN, 500), goods::customer(&house.db, OLD, 700));
    let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], OLD, "bank_transfer", "");
    place(&house.db, cart, seen, Settlement::After).unwrap();
    house.follow();
    let mei = at_work(&house, "mei", role(&house, Preset::Manager)).1;
    let form = format!("/admin/customers/{ann}/merge");
    mei.get(&format!("/admin/customers/{ann}")).says(200, "Join with another customer");
    for q in ["ann.old", &old.to_string(), "r1001"] {
        mei.get(&format!("{form}?q={q}")).says(200, OLD);
    }
    assert!(!mei.get(&format!("{form}?q=ann@")).text().contains(OLD));
    mei.get(&format!("{form}?other={ann}")).says(200, "That is the same customer");
    assert_eq!(mei.get(&format!("{form}?other=999")).status, 404);
    let preview = mei.get(&format!("{form}?other={old}")).says(200, "€12.00").says(200, "proven address").says(200, "Both as one");
    let reason = ("reason", "The same telephone and street");
    mei.submit(&preview, &form, &[("reason", " ")]).says(422, "Say why");
    // Something happens before they press: they look again.
    let grant = move |conn: &mut Conn| store_credit::adjust(conn, old, Money::new(100, EUR), "x", "x", "test", now());
    house.db.write_now(grant).unwrap();
    let again = mei.submit(&preview, &form, &[reason]).says(409, "look again").says(409, "€13.00");
    mei.submit(&again, &form, &[reason]).says(200, "Both are one customer now").says(200, "The same telephone and street");
    let page = mei.get(&format!("/admin/customers/{old}"));
    page.says(200, &format!("Customer {old} was joined with this one")).says(200, ANN).says(200, OLD).says(200, "R1001");
    mei.get(&format!("/admin/customers/{old}/timeline")).says(200, "Joined with customer");
    mei.get(&format!("/admin/customers/{old}/export")).says(200, OLD);
    assert!(!mei.get("/admin/customers").text().contains(OLD));
    mei.get("/admin/search?q=ann.old").says(200, ANN);
    mei.get("/admin/audit?action=customer.merge").says(200, "mei");
    let helper = at_work(&house, "helper", role(&house, Preset::Agent)).1;
    assert_eq!(helper.get(&form).status, 404);
    let merges = house.db.read_now(move |conn| merges::of_survivor(conn, ann, 9)).unwrap();
    let undoing = format!("/admin/customers/{ann}/merges/{}", merges[0].id);
    let page = mei.get(&undoing).says(200, "one order").says(200, "Goes back to");
    mei.submit(&page, &format!("{undoing}/undo"), &[("reason", "")]).says(422, "Say why");
    mei.submit(&page, &format!("{undoing}/undo"), &[("reason", "Two sisters")]).says(200, "two customers again").says(200, "Two sisters");
    mei.get(&undoing).says(200, "undone already");
    mei.get(&format!("/admin/customers/{old}")).says(200, OLD).says(200, "R1001");
}

#[test]
fn erasing_the_survivor_erases_whoever_was_merged_into_them() {
    let house = House::open();
    let (ann, old) = (goods::customer(&house.db, ANN, 0), goods::customer(&house.db, OLD, 0));
    let id = merge(&house.db, old, ann).unwrap();
    let all = house.db.read_now(move |conn| storefront::personal::gather(conn, ann, now())).unwrap().to_string();
    assert!(all.contains(OLD) && all.contains("the same telephone"));
    assert!(matches!(house.db.write_now(move |conn| erasure::erase(conn, old, now())), Err(Error::NotFound)));
    house.db.write_now(move |conn| erasure::erase(conn, ann, now())).unwrap();
    house.state.clock.advance(TimeDelta::minutes(2));
    house.follow();
    let left = dumped(&house.db);
    assert!(!left.contains(OLD) && !left.contains("the same telephone"));
    assert!(house.db.read_now(move |conn| customers::find_by_email(conn, &email(OLD))).unwrap().is_none());
    assert!(matches!(undo(&house.db, id), Err(Error::Conflict(key)) if key == "merge-undo-erased"));
    let mei = at_work(&house, "mei", role(&house, Preset::Owner)).1;
    mei.get(&format!("/admin/customers/{old}")).says(200, "erased");
    goods::assert_books(&house.db);
}
