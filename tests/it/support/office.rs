//! The people of the back office, as a test needs them: with an account, a role and a browser that is signed in.

use super::goods::now;
use super::house::House;
use super::visitor::{Page, Visitor};
use admin::permissions::Preset;
use admin::staff::{self, Newcomer};
use admin::{RoleId, StaffId, roles, second_factor};
use crm::email::Email;
use crm::levels::{self, CalendarId, Hours, PolicyId, Span};
use crm::routing::{self, RouteId};
use kernel::clock::Time;
use kernel::{Conn, Result, totp};
use std::collections::BTreeSet;

/// The password of everybody.
pub const PASSWORD: &str = "celadon gaiwan 27 kettles";

/// A shop whose people may sign in as often as they like: they all come from one address.
pub fn open() -> House {
    House::open_with(&[("REGULARS_LIMITS_SIGN_IN_PER_MINUTE", "1000")])
}

/// The role of a preset.
pub fn role(house: &House, preset: Preset) -> RoleId {
    house.db.read_now(|conn| roles::of_preset(conn, preset)).unwrap()
}

/// An account for `name`, whose address is `name@shop.test`.
pub fn person(house: &House, name: &str, role: RoleId) -> StaffId {
    // Hashing is slow on purpose, and the same for everybody.
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let hash = HASH.get_or_init(|| storefront::logins::hash_password(PASSWORD).unwrap()).clone();
    let email = Email::parse(&format!("{name}@shop.test"), "email").unwrap();
    let newcomer = Newcomer { email, name: name.into(), hash, role, language: "en".into() };
    house.db.write_now(move |conn| staff::add(conn, &newcomer, now())).unwrap()
}

/// Types address and password on the sign-in page; answers where that led.
pub fn sign_in(visitor: &Visitor, name: &str) -> Page {
    let form = visitor.get("/admin/sign-in");
    visitor.submit(&form, "/admin/sign-in", &[("email", &format!("{name}@shop.test")), ("password", PASSWORD)])
}

/// Somebody with an account and a browser in which they are signed in.
pub fn at_work(house: &House, name: &str, role: RoleId) -> (StaffId, Visitor) {
    let id = person(house, name, role);
    let visitor = house.visitor();
    sign_in(&visitor, name).says(200, "Overview");
    (id, visitor)
}

/// The token that forms of this browser carry.
pub fn csrf(visitor: &Visitor) -> String {
    let fields = visitor.get("/admin").form("/admin/sign-out", &[]);
    fields.into_iter().find(|(name, _)| name == "csrf").unwrap().1
}

/// Turns the second factor of somebody on, behind the pages; answers its secret and the recovery codes.
pub fn enrol(house: &House, id: StaffId) -> (String, Vec<String>) {
    let at = house.state.clock.now();
    house
        .db
        .write_now(move |conn| {
            second_factor::begin(conn, id)?;
            let secret = second_factor::state(conn, id)?.pending.unwrap();
            let code = totp::code(&secret, totp::step(at)).unwrap();
            let codes = second_factor::confirm(conn, id, &code, at)?.unwrap();
            Ok((secret, codes))
        })
        .unwrap()
}

/// What the app shows now.
pub fn code(house: &House, secret: &str) -> String {
    totp::code(secret, totp::step(house.state.clock.now())).unwrap()
}

/// A calendar in which somebody is always there, and a policy for all tickets: a first answer within the hour, the next within two, an end
/// within eight. What is late becomes more urgent and is handed to nobody.
pub fn level(conn: &mut Conn, now: Time) -> Result<(CalendarId, PolicyId)> {
    let hours = Hours::new("UTC", std::array::from_fn(|_| vec![Span(0, 24 * 60)]), BTreeSet::new())?;
    let calendar = levels::create_calendar(conn, "Always", &hours)?;
    let wish = levels::Wish {
        position: 9,
        name: "Everybody".into(),
        queue: String::new(),
        kind: None,
        priority: None,
        segment: None,
        calendar,
        first: Some(60),
        next: Some(120),
        resolve: Some(480),
        more_urgent: true,
        hand_to: None,
        task_for: None,
    };
    Ok((calendar, levels::save_policy(conn, None, &wish, now)?))
}

/// A rule that leaves every new ticket where it is.
pub fn rule(conn: &mut Conn) -> Result<RouteId> {
    let wish = routing::Wish {
        position: 9,
        name: "The others".into(),
        kind: None,
        channel: None,
        store: None,
        language: String::new(),
        words: String::new(),
        segment: None,
        queue: String::new(),
        way: routing::Way::Nobody,
        person: None,
        skills: String::new(),
        speaks: false,
    };
    routing::save(conn, None, &wish)
}
