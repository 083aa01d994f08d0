//! Whoever is not let in, and what nothing leads to.

use super::{Things, ask, everything};
use crate::support::office::{self, enrol, person, sign_in};
use admin::permissions::{Grants, Permission, Preset};
use admin::web::access::Access;
use admin::web::routes;
use admin::{roles, staff};

#[test]
fn strangers_and_the_half_signed_in_are_led_to_the_door() {
    let house = office::open();
    let id = person(&house, "mei", office::role(&house, Preset::Owner));
    let things = Things::make(&house, id);
    enrol(&house, id);
    let half = house.visitor();
    sign_in(&half, "mei").says(200, "Second step");
    let stranger = house.visitor();
    stranger.get("/admin/sign-in");
    let before = everything(&house);
    for visitor in [&stranger, &half] {
        for route in routes::all().into_iter().filter(|route| route.access != Access::Public) {
            let address = things.address(route.path);
            let page = ask(visitor, route.method.as_str(), &address, &[]);
            let to = page.headers.get("location").cloned().unwrap_or_default();
            assert!(page.status == 303 && to.starts_with("/admin/sign-in"), "{} {address}: {} {to}", route.method, page.status);
        }
        assert!(visitor.get_once("/admin/no-such-page").headers["location"].starts_with("/admin/sign-in"));
    }
    assert!(everything(&house) == before);
}

#[test]
fn a_demanded_second_factor_comes_before_everything_else() {
    let house = office::open();
    let role = office::role(&house, Preset::Owner);
    let id = person(&house, "first", role);
    let things = Things::make(&house, id);
    house.db.write_now(move |conn| roles::demand_second_factor(conn, role, true, &Preset::Owner.grants())).unwrap();
    person(&house, "mei", role);
    let mei = house.visitor();
    sign_in(&mei, "mei").says(200, "Set it up to go on");
    let before = everything(&house);
    for route in routes::all().into_iter().filter(|route| matches!(route.access, Access::SignedIn | Access::Needs(_))) {
        let address = things.address(route.path);
        let page = ask(&mei, route.method.as_str(), &address, &[]);
        assert_eq!((page.status, page.headers["location"].as_str()), (303, "/admin/account/second-factor"), "{} {address}", route.method);
    }
    assert!(everything(&house) == before);
    assert_eq!(mei.get("/admin/no-such-page").status, 404);
}

#[test]
fn no_permission_is_without_an_address() {
    let used: Vec<Access> = routes::all().iter().map(|route| route.access).collect();
    for permission in Permission::ALL {
        assert!(used.contains(&Access::Needs(*permission)), "{permission:?} opens nothing");
    }
    let mut seen: Vec<(String, &str)> = routes::all().iter().map(|route| (route.method.to_string(), route.path)).collect();
    seen.sort();
    let count = seen.len();
    seen.dedup();
    assert_eq!(seen.len(), count, "an address stands twice in the list");
    // Somebody without any role may do nothing.
    let house = office::open();
    let role = office::role(&house, Preset::Owner);
    person(&house, "first", role);
    assert_eq!(house.db.read_now(|conn| roles::grants(conn, None)).unwrap(), Grants::default());
    assert!(house.db.read_now(staff::list).unwrap()[0].role_id.is_some());
}
