//! Getting into the back office, and managing who does: over real HTTP and without JavaScript.

use crate::support::house::House;
use crate::support::office::{self, PASSWORD, at_work, code, csrf, enrol, person, sign_in};
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use admin::{audit, invitations, roles, second_factor, staff};
use chrono::TimeDelta;
use kernel::totp::STEP_SECONDS;

/// Moves the clock to the next code.
fn next_code(house: &House) {
    house.state.clock.advance(TimeDelta::seconds(STEP_SECONDS));
}

fn actions(house: &House) -> Vec<String> {
    let found = house.db.read_now(|conn| audit::list(conn, &audit::Filter::default(), 100)).unwrap();
    found.into_iter().rev().map(|entry| entry.action).collect()
}

/// The secret as the page shows it to be typed, and the recovery codes of the page that follows.
fn secrets(page: &crate::support::visitor::Page) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.body);
    let secret = scraper::Selector::parse("code.secret").unwrap();
    html.select(&secret).map(|one| one.text().collect::<String>()).collect()
}

#[test]
fn the_second_factor_from_set_up_to_recovery() {
    let house = office::open();
    let (id, mei) = at_work(&house, "mei", office::role(&house, Preset::Owner));
    let phone = house.visitor();
    sign_in(&phone, "mei").says(200, "Overview");

    let begin = mei.get("/admin/account/second-factor").says(200, "Set it up");
    let page = mei.submit(&begin, "/admin/account/second-factor/start", &[]).says(200, "Scan this");
    assert!(page.body.contains("data:image/svg+xml;base64,"), "a picture to scan");
    let secret = secrets(&page)[0].replace(' ', "");
    let confirm = "/admin/account/second-factor/confirm";
    let page = mei.submit(&page, confirm, &[("code", "000000")]).says(422, "not right");
    let made = mei.submit(&page, confirm, &[("code", &code(&house, &secret))]).says(201, "recovery codes");
    let spares = secrets(&made);
    assert_eq!(spares.len(), second_factor::SPARES);
    assert!(!mei.get("/admin/account/second-factor").body.contains(&spares[0]), "shown once");
    phone.get("/admin").says(200, "Sign in to the back office");

    // The password alone leads to the second step, and that step opens nothing by itself.
    let step = sign_in(&phone, "mei").says(200, "Second step");
    phone.get("/admin/orders").says(200, "Sign in to the back office");
    let half = phone.cookie("staff_sign_in");
    phone.submit(&step, "/admin/sign-in/code", &[("code", &code(&house, &secret))]).says(422, "used already");
    next_code(&house);
    let fresh = code(&house, &secret);
    phone.submit(&step, "/admin/sign-in/code", &[("code", &fresh)]).says(200, "Overview");
    assert!(!half.is_empty() && phone.cookie("staff_session") != half, "the session has a token of its own");
    assert_eq!(phone.cookie("staff_sign_in"), "");

    // The same code does not open a second session; a recovery code does, once.
    let other = house.visitor();
    let step = sign_in(&other, "mei");
    other.submit(&step, "/admin/sign-in/code", &[("code", &fresh)]).says(422, "used already");
    other.submit(&step, "/admin/sign-in/code", &[("code", &spares[2])]).says(200, "Overview");
    let third = house.visitor();
    let step = sign_in(&third, "mei");
    third.submit(&step, "/admin/sign-in/code", &[("code", &spares[2])]).says(422, "used already");
    mei.get("/admin/account").says(200, "9 recovery codes");

    // New codes and turning it off need the password.
    let page = mei.get("/admin/account/second-factor");
    let codes = "/admin/account/second-factor/codes";
    mei.submit(&page, codes, &[("codes_password", "wrong")]).says(422, "");
    let made = mei.submit(&page, codes, &[("codes_password", PASSWORD)]).says(201, "recovery codes");
    assert!(!secrets(&made).contains(&spares[0]));
    let off = "/admin/account/second-factor/off";
    mei.submit(&page, off, &[("off_password", "wrong")]).says(422, "");
    assert!(house.db.read_now(move |conn| second_factor::state(conn, id)).unwrap().on);
    mei.submit(&page, off, &[("off_password", PASSWORD)]).says(200, "The second factor is off");
    assert_eq!(actions(&house), ["staff.factor_on", "staff.factor_codes", "staff.factor_off"]);
}

#[test]
fn five_wrong_codes_end_a_sign_in_and_tries_are_limited() {
    let house = House::open();
    let id = person(&house, "mei", office::role(&house, Preset::Owner));
    let (secret, _) = enrol(&house, id);
    next_code(&house);
    let mei = house.visitor();
    let step = sign_in(&mei, "mei");
    for _ in 0..4 {
        mei.submit(&step, "/admin/sign-in/code", &[("code", "000000")]).says(422, "not right");
    }
    mei.submit(&step, "/admin/sign-in/code", &[("code", "000000")]).says(422, "with your password again");
    mei.submit(&step, "/admin/sign-in/code", &[("code", &code(&house, &secret))]).says(422, "with your password again");
    // The rest of this minute's ten tries goes fast, whoever they are for.
    let stranger = house.visitor();
    let answers: Vec<u16> = (0..8).map(|at| sign_in(&stranger, &format!("nobody{at}")).status).collect();
    assert!(answers[..3] == [422, 422, 422] && answers.contains(&429), "{answers:?}");
}

#[test]
fn sign_in_does_not_tell_who_works_here() {
    let house = office::open();
    let role = office::role(&house, Preset::Agent);
    let gone = person(&house, "gone", role);
    person(&house, "mei", role);
    house.db.write_now(move |conn| staff::deactivate(conn, gone)).unwrap();
    let visitor = house.visitor();
    let form = visitor.get("/admin/sign-in");
    let wrong = |email: &str, password: &str| {
        let page = visitor.submit(&form, "/admin/sign-in", &[("email", email), ("password", password)]);
        assert_eq!(page.status, 422, "{email}");
        page.text()
    };
    let said = wrong("nobody@shop.test", PASSWORD);
    for (email, password) in
        [("mei@shop.test", "wrong"), ("gone@shop.test", PASSWORD), ("no address", PASSWORD), ("mei@shop.test", &"x".repeat(5000))]
    {
        assert_eq!(wrong(email, password), said);
    }
}

#[test]
fn sessions_are_listed_and_ended() {
    let house = office::open();
    let (_, desk) = at_work(&house, "mei", office::role(&house, Preset::Agent));
    let (phone, tablet) = (house.visitor(), house.visitor());
    sign_in(&phone, "mei");
    sign_in(&tablet, "mei");
    let page = desk.get("/admin/account").says(200, "This one");
    let key = kernel::token::hash(&phone.cookie("staff_session"));
    desk.post("/admin/account/sessions/end", &[("csrf", &csrf(&desk)), ("session", &key)]).says(200, "That device is signed out");
    phone.get("/admin").says(200, "Sign in to the back office");
    tablet.get("/admin").says(200, "Overview");
    desk.submit(&page, "/admin/account/sessions/end-others", &[]).says(200, "All other devices");
    tablet.get("/admin").says(200, "Sign in to the back office");

    // Somebody else's session is out of reach.
    let (_, ben) = at_work(&house, "ben", office::role(&house, Preset::Owner));
    let theirs = kernel::token::hash(&desk.cookie("staff_session"));
    ben.post("/admin/account/sessions/end", &[("csrf", &csrf(&ben)), ("session", &theirs)]);
    let account = desk.get("/admin/account").says(200, "This one");

    sign_in(&phone, "mei");
    let change = "/admin/account/password";
    let new = "oolong caddy 12 trays";
    desk.submit(&account, change, &[("current_password", "wrong"), ("new_password", new)]).says(422, "");
    desk.submit(&account, change, &[("current_password", PASSWORD), ("new_password", "short")]).says(422, "");
    phone.get("/admin").says(200, "Overview");
    desk.submit(&account, change, &[("current_password", PASSWORD), ("new_password", new)]).says(200, "Your password is changed");
    phone.get("/admin").says(200, "Sign in to the back office");
    desk.get("/admin").says(200, "Overview");
    sign_in(&phone, "mei").says(422, "do not belong together");
}

/// The link in the last invitation to an address.
fn link(house: &House, email: &str) -> String {
    let mails = house.mails(email);
    let mail = mails.last().unwrap();
    assert!(mail.body_html.contains("/admin/invitation?token="), "{}", mail.body_html);
    mail.body_text.split_whitespace().find(|word| word.contains("/admin/invitation?token=")).unwrap().to_string()
}

#[test]
fn an_invitation_from_mail_to_desk() {
    let house = office::open();
    let (_, ann) = at_work(&house, "ann", office::role(&house, Preset::Owner));
    let agent = office::role(&house, Preset::Agent).to_string();
    let page = ann.get("/admin/staff").says(200, "Invite somebody");
    let invite = |email: &str, language: &str| {
        ann.submit(&page, "/admin/staff/invitations", &[("email", email), ("role", &agent), ("language", language)])
    };
    invite("no address", "en").says(422, "");
    invite("ann@shop.test", "en").says(422, "works here already");
    let sent = invite("li@shop.test", "zh").says(200, "The invitation is on its way");
    invite("Li@shop.test", "en").says(422, "invited already");
    house.work();
    let first = link(&house, "li@shop.test");
    assert!(first.contains("/zh/admin/invitation"), "{first}");
    assert!(house.mails("li@shop.test")[0].body_text.contains("客服"));

    // The link is nobody's business but the reader's, not even of staff who read sent mails.
    let id = house.mails("li@shop.test")[0].id;
    let secret = first.split_once("token=").unwrap().1;
    for page in [ann.get(&format!("/admin/mails/{id}")), ann.get(&format!("/admin/mails/{id}/html"))] {
        assert!(page.status == 200 && !page.body.contains(secret), "{}", page.at);
    }

    // Sent again, the first link is dead; used, the second is.
    let resend = sent.form_ending("/resend");
    ann.submit(&sent, &resend, &[]).says(200, "on its way");
    house.work();
    let second = link(&house, "li@shop.test");
    let (li, late) = (house.visitor(), house.visitor());
    let late_form = late.get(&second);
    li.get(&first).says(404, "失效");
    let form = li.get(&second).says(200, "li@shop.test");
    let accept = "/zh/admin/invitation";
    li.submit(&form, accept, &[("name", " "), ("password", "short")]).says(422, "");
    li.submit(&form, accept, &[("name", "Li Na"), ("password", PASSWORD)]).says(200, "欢迎");
    li.get("/admin/orders").says(200, "Orders");
    assert_eq!(li.get("/admin/settings").status, 404);
    late.submit(&late_form, accept, &[("name", "Li Na"), ("password", PASSWORD)]).says(404, "");
    sign_in(&house.visitor(), "li").says(200, "Overview");

    invite("cat@shop.test", "en").says(200, "on its way");
    house.work();
    let cat = link(&house, "cat@shop.test");
    let listed = ann.get("/admin/staff").says(200, "cat@shop.test");
    ann.submit(&listed, &listed.form_ending("/revoke"), &[]).says(200, "taken back");
    house.visitor().get(&cat).says(404, "does not work any more");
    invite("dan@shop.test", "en").says(200, "on its way");
    house.work();
    let dan = link(&house, "dan@shop.test");
    house.state.clock.advance(TimeDelta::days(invitations::DAYS));
    house.visitor().get(&dan).says(404, "does not work any more");
    let expected = ["invitation.send", "invitation.resend", "staff.join", "invitation.send", "invitation.revoke", "invitation.send"];
    assert_eq!(actions(&house), expected);
}

#[test]
fn who_manages_people_stays_within_their_own_reach() {
    let house = office::open();
    let (owner, manager, agent) =
        (office::role(&house, Preset::Owner), office::role(&house, Preset::Manager), office::role(&house, Preset::Agent));
    let (ann, boss) = at_work(&house, "ann", owner);
    let (ben, ben_desk) = at_work(&house, "ben", manager);
    let (cat, cat_desk) = at_work(&house, "cat", agent);
    let post = |who: &Visitor, path: String, role: &str| who.post(&path, &[("csrf", &csrf(who)), ("role", role)]);
    let role_of = |id| house.db.read_now(move |conn| staff::get(conn, id)).unwrap().role_id;

    // A manager moves the agent, and not the owner; nor anybody up to owner.
    post(&ben_desk, format!("/admin/staff/{cat}/role"), &manager.to_string()).says(200, "Saved");
    post(&ben_desk, format!("/admin/staff/{cat}/role"), &owner.to_string()).says(200, "beyond what your own role allows");
    post(&ben_desk, format!("/admin/staff/{ann}/role"), &agent.to_string()).says(200, "allows more than yours");
    post(&ben_desk, format!("/admin/staff/{ann}/deactivate"), "").says(200, "allows more than yours");
    post(&ben_desk, format!("/admin/staff/{ben}/deactivate"), "").says(200, "This is you");
    assert_eq!((role_of(ann), role_of(ben), role_of(cat)), (Some(owner), Some(manager), Some(manager)));

    // The last owner stays, also when they wish otherwise.
    post(&boss, format!("/admin/staff/{ann}/role"), &agent.to_string()).says(200, "This is you");
    assert!(matches!(house.db.write_now(move |conn| staff::deactivate(conn, ann)), Err(kernel::Error::Conflict(_))));

    // Shut out is out at once, and in again later.
    cat_desk.get("/admin").says(200, "Overview");
    post(&ben_desk, format!("/admin/staff/{cat}/deactivate"), "").says(200, "signed out everywhere");
    cat_desk.get("/admin").says(200, "Sign in to the back office");
    sign_in(&cat_desk, "cat").says(422, "do not belong together");
    post(&ben_desk, format!("/admin/staff/{cat}/reactivate"), "").says(200, "can sign in again");

    // Somebody lost their phone.
    enrol(&house, cat);
    sign_in(&cat_desk, "cat").says(200, "Second step");
    post(&ben_desk, format!("/admin/staff/{cat}/second-factor/off"), "").says(200, "is taken off");
    sign_in(&cat_desk, "cat").says(200, "Overview");
    assert_eq!(actions(&house), ["staff.role", "staff.deactivate", "staff.reactivate", "staff.factor_off"]);
}

#[test]
fn roles_of_the_shops_own() {
    let house = office::open();
    let (_, ann) = at_work(&house, "ann", office::role(&house, Preset::Owner));
    let agent = office::role(&house, Preset::Agent);
    let form = ann.get(&format!("/admin/staff/roles/new?from={agent}")).says(200, "New role");
    let new = "/admin/staff/roles/new";
    let sight = ("stock-adjust", "on");
    ann.submit(&form, new, &[("name", ""), sight]).says(422, "This is needed");
    ann.submit(&form, new, &[("name", "Packer"), sight]).says(200, "Packer");
    let made = house.db.read_now(|conn| roles::find(conn, "Packer")).unwrap();
    let grants = house.db.read_now(move |conn| roles::grants(conn, Some(made.id))).unwrap();
    assert_eq!(grants.0.len(), Preset::Agent.grants().0.len() + 1);
    let fixed = ann.get(&format!("/admin/staff/roles/{agent}")).says(200, "stays as it is");
    assert!(!fixed.body.contains("type=\"submit\">Save"), "nothing to save");
    let path = format!("/admin/staff/roles/{}", made.id);
    let edit = ann.get(&path);
    ann.submit(&edit, &path, &[("name", "Parcels")]).says(200, "Parcels");
    ann.submit(&edit, &format!("{path}/remove"), &[]).says(200, "Deleted");
    assert_eq!(ann.get(&path).status, 404);

    // Demanding the second factor of everybody's role, one's own included, leads to it at once.
    let list = ann.get("/admin/staff/roles");
    let owner = format!("demand-{}", office::role(&house, Preset::Owner));
    let page = ann.submit(&list, "/admin/staff/roles/second-factor", &[(&owner, "on")]).says(200, "Set it up to go on");
    assert!(page.at.starts_with("/admin/account/second-factor"), "{}", page.at);
}

#[test]
fn the_audit_log_shows_what_changed_and_is_filtered() {
    let house = office::open();
    let (_, ann) = at_work(&house, "ann", office::role(&house, Preset::Owner));
    let (_, ben) = at_work(&house, "ben", office::role(&house, Preset::Manager));
    let settings = ann.get("/admin/settings");
    ann.submit(&settings, "/admin/settings", &[("name", "Tea & Table"), ("bank_details", "IBAN")]).says(200, "Saved");
    let settings = ben.get("/admin/settings");
    ben.submit(&settings, "/admin/settings", &[("low_stock", "7"), ("bank_details", "IBAN")]).says(200, "Saved");
    let log = ann.get("/admin/audit").says(200, "Settings saved").text();
    assert!(log.find("after: 7").unwrap() < log.find("Tea & Table").unwrap(), "newest first: {log}");
    assert!(!log.contains("capture at once"), "only what changed: {log}");
    let people = house.db.read_now(staff::list).unwrap();
    let ben = people.iter().find(|one| one.name == "ben").unwrap().id;
    let of_ben = ann.get(&format!("/admin/audit?staff={ben}")).says(200, "after: 7").text();
    assert!(!of_ben.contains("Tea & Table"));
    ann.get("/admin/audit?subject=shop&action=settings.save").says(200, "Tea & Table");
    ann.get("/admin/audit?action=order.refund").says(200, "No changes here");
    ann.get("/zh/admin/audit").says(200, "保存设置");
    assert!(ann.get("/admin/audit").body.contains("href=\"/admin/settings\""));
}
