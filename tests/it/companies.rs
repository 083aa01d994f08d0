//! Companies over real HTTP: registration and approval, colleagues and roles, places and orders, and what strangers see of it.

use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office;
use crate::support::visitor::Visitor;
use admin::permissions::Preset;
use crm::companies::{self, May, State, members};
use crm::email::Email;
use crm::{CompanyId, MemberId, identities};
use kernel::Error;
use storefront::checkout::PlaceError;
use storefront::{buying, documents, erasure, logins, personal};

const COMPANY: &str = "/account/company";

/// Applies for a company in a browser; answers its id.
fn apply(house: &House, browser: &Visitor, name: &'static str) -> CompanyId {
    let form = browser.get("/company/register").says(200, "Register a company");
    let typed = [
        ("company", name),
        ("name", "Ann Ash"),
        ("line1", "Hauptstraße 1"),
        ("postcode", "10115"),
        ("city", "Berlin"),
        ("country", "DE"),
        ("vat_id", "DE 136695976"),
    ];
    let mut wrong = typed;
    wrong[6].1 = "DE 136695977";
    browser.submit(&form, "/company/register", &wrong).says(422, "VAT").holds("value=\"DE 136695977\"");
    browser.submit(&form, "/company/register", &typed).says(200, "Waits for approval");
    let filter = companies::Filter { text: name.into(), ..companies::Filter::default() };
    house.db.read_now(move |conn| companies::list(conn, &filter, 1)).unwrap()[0].id
}

fn approve(house: &House, id: CompanyId) {
    let approve = move |conn: &mut kernel::Conn| {
        let seen = companies::get(conn, id)?.version;
        companies::approve(conn, id, seen, "test", now())
    };
    house.db.write_now(approve).unwrap();
}

/// A company with its administrator, who buys for it.
fn buyer_of(house: &House, email: &str, name: &'static str) -> (CompanyId, MemberId, Visitor) {
    let (customer, browser) = house.signed_in(email);
    let id = apply(house, &browser, name);
    approve(house, id);
    let member = house.db.read_now(move |conn| companies::memberships(conn, customer)).unwrap()[0].member;
    let page = browser.get(COMPANY).says(200, "Whom do you buy for?");
    browser.submit(&page, "/account/company/choose", &[("member", &member.to_string())]).says(200, "You buy for the company now.");
    (id, member, browser)
}

#[test]
fn a_company_applies_is_approved_and_buys_for_a_place_of_its_own() {
    let house = office::open();
    goods::product(&house.db, "Mug", 1200, 5);
    let (ann, browser) = house.signed_in("ann@example.com");
    let id = apply(&house, &browser, "Kiln & Co");
    let (_, desk) = office::at_work(&house, "mei", office::role(&house, Preset::Owner));
    desk.get("/admin/companies?q=kiln").says(200, "Kiln & Co");
    desk.get("/admin/companies?q=DE136&state=applied").says(200, "Kiln & Co");
    assert!(!desk.get("/admin/companies?state=approved").text().contains("Kiln & Co"));
    let at = format!("/admin/companies/{id}");
    let page = desk.get(&at).says(200, "Waits for approval").says(200, "DE136695976");
    desk.submit(&page, &format!("{at}/refuse"), &[("reason", "")]).says(422, "Please fill this in");
    let page = desk.get(&at);
    desk.submit(&page, &format!("{at}/approve"), &[]).says(200, "The company can buy now.");
    // A page that was made before is refused.
    desk.submit(&page, &format!("{at}/refuse"), &[("reason", "x")]).says(409, "Somebody changed the company meanwhile");
    let page = desk.get(&at);
    desk.submit(&page, &format!("{at}/settings"), &[("price_group", "gold"), ("parent", "")]).says(200, "Saved");
    desk.get("/admin/audit").says(200, "Approved a company");
    house.work();
    assert!(house.mails("ann@example.com").iter().any(|mail| mail.subject.contains("Kiln & Co can buy now")));

    let member = house.db.read_now(move |conn| companies::memberships(conn, ann)).unwrap()[0].member;
    let product = browser.get("/products/mug");
    browser.submit(&product, "/cart/lines", &[]).says(200, "Mug");
    let page = browser.get(COMPANY).says(200, "Approved");
    let page =
        browser.submit(&page, "/account/company/choose", &[("member", &member.to_string())]).says(200, "You buy for the company now.");
    page.holds("Kiln &amp; Co");
    let site = house.db.read_now(move |conn| companies::sites(conn, id)).unwrap()[0].id.to_string();
    let contact = browser.get("/checkout").says(200, "Order for Kiln & Co");
    let typed = [("site", site.as_str()), ("po_number", "PO 77"), ("cost_centre", "K1"), ("requested_on", "2001-01-01")];
    browser.submit(&contact, "/checkout", &typed).says(422, "Choose a day from today on").holds("value=\"PO 77\"");
    let typed = [("site", site.as_str()), ("po_number", "PO 77"), ("cost_centre", "K1")];
    let shipping = browser.submit(&contact, "/checkout", &typed).says(200, "Standard");
    let payment = browser.submit(&shipping, "/checkout/shipping", &[]).says(200, "");
    let review = browser.submit(&payment, "/checkout/payment", &[("method", "bank_transfer")]).says(200, "Hauptstraße 1");
    browser.submit(&review, "/checkout/place", &[]).says(200, "PO 77").says(200, "K1");
    house.work();
    browser.get("/account/company/orders").says(200, "R1001").says(200, "PO 77");
    browser.get("/account/company/orders/R1001").says(200, "Kiln & Co");
    // An accountant buys for nobody and reads what was bought.
    let (zoe, books) = house.signed_in("zoe@example.com");
    assert_eq!(books.get("/account/company/orders/R1001").status, 404);
    let hire = move |conn: &mut kernel::Conn| {
        let role = companies::roles::built_in(conn, "accountant")?;
        members::join(conn, id, zoe, &members::Wish { role, site: None, cost_centre: String::new() }, "test", now())
    };
    house.db.write_now(hire).unwrap();
    books.get("/account/company/orders").says(200, "R1001");
    books.get("/account/company/orders/R1001").says(200, "PO 77");
    desk.get(&at).says(200, "R1001");
    desk.get("/admin/orders/R1001").says(200, "PO 77");
    let told = move |conn: &mut kernel::Conn| {
        let order = storefront::orders::get_by_number(conn, "R1001")?;
        let paper = documents::of_order(conn, order.id)?[0].content()?;
        Ok((buying::of_order(conn, order.id)?.unwrap(), paper.trade))
    };
    let (trade, paper) = house.db.read_now(told).unwrap();
    assert_eq!((trade.company, trade.member, trade.site.map(|id| id.to_string())), (id, member, Some(site)));
    assert_eq!(paper, [("po-number".to_string(), "PO 77".to_string()), ("cost-centre".to_string(), "K1".to_string())]);
    // Closed, it orders no more; what was ordered stays with whoever placed it.
    let page = desk.get(&at);
    desk.submit(&page, &format!("{at}/close"), &[("reason", "Moved away")]).says(200, "The company was closed.");
    browser.get(COMPANY).says(200, "Moved away");
    assert_eq!(browser.get("/account/company/orders").status, 404);
    browser.get("/account/orders/R1001").says(200, "PO 77");
    goods::assert_books(&house.db);
}

#[test]
fn colleagues_come_by_invitation_and_may_what_their_role_says() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 9);
    let (id, boss, ann) = buyer_of(&house, "ann@example.com", "Kiln & Co");
    let roles = house.db.read_now(move |conn| companies::roles(conn, id)).unwrap();
    let role = |code: &str| roles.iter().find(|role| role.code == code).unwrap().id.to_string();
    let page = ann.get("/account/company/members").says(200, "Invite somebody");
    ann.submit(&page, "/account/company/members", &[("email", "no address"), ("role", &role("buyer"))]).says(422, "");
    let sent = [("email", "Ben@example.com"), ("role", &role("buyer"))];
    ann.submit(&page, "/account/company/members", &sent).says(200, "The invitation is on its way.").says(200, "ben@example.com");
    house.work();
    let mail = house.mails("Ben@example.com").pop().unwrap();
    let link = mail.body_text.split_whitespace().find(|word| word.contains("/company/invitations/")).unwrap().to_string();
    house.visitor().get(&link).says(200, "Sign in to accept");
    let (ben, browser) = house.signed_in("ben@example.com");
    let page = browser.get(&link).says(200, "Accept the invitation");
    let action = page.form_ending(link.rsplit('/').next().unwrap());
    let memberships = move |house: &House| house.db.read_now(move |conn| companies::memberships(conn, ben)).unwrap();
    assert!(memberships(&house).is_empty(), "looking at a link changes nothing");
    browser.submit(&page, &action, &[]).says(200, "Welcome");
    browser.submit(&page, &action, &[]).says(404, "does not work any more");
    let member = memberships(&house)[0].member;
    for closed in ["members", "sites", "log"] {
        assert_eq!(browser.get(&format!("{COMPANY}/{closed}")).status, 404, "a buyer sees no {closed}");
    }
    let product = ann.get("/products/mug");
    ann.submit(&product, "/cart/lines", &[]).says(200, "Mug");
    // The last who looks after the members stays; another administrator makes it possible.
    let page = ann.get("/account/company/members");
    let refused = ann.submit(&page, &format!("/account/company/members/{boss}/remove"), &[]);
    assert_eq!(refused.status, 409, "{}", refused.text());
    let page = ann.get(&format!("/account/company/members/{member}"));
    let promoted = [("role", role("administrator")), ("cost_centre", "K9".to_string())];
    let promoted: Vec<(&str, &str)> = promoted.iter().map(|(name, value)| (*name, value.as_str())).collect();
    ann.submit(&page, &format!("/account/company/members/{member}"), &promoted).says(200, "Saved");
    let log = browser.get("/account/company/log").says(200, "took somebody in").says(200, "Ann: Buyer");
    assert!(log.text().contains("ben@example.com") && !log.text().contains(&format!("{member}: ")), "{}", log.text());
    let page = browser.get("/account/company/members");
    browser.submit(&page, &format!("/account/company/members/{boss}/remove"), &[]).says(200, "do not buy for the company any more");

    // Ann's cart is still the company's: it is told, and cannot be placed.
    ann.get("/cart").says(200, "You cannot order for this company any more.");
    assert_eq!(ann.get("/account/company/members").status, 404);
    let (cart, seen) = goods::cart(&house.db, &[(mug, 1)], "ann@example.com", "bank_transfer", "");
    let set = move |conn: &mut kernel::Conn| companies::buyer(conn, boss);
    assert_eq!(house.db.read_now(set).unwrap(), None);
    assert!(goods::place(&house.db, cart, seen, storefront::checkout::Settlement::After).is_ok(), "for herself she buys on");

    // Erased, nobody is left in the company who was named there.
    let known = house.db.read_now(move |conn| personal::gather(conn, ben, now())).unwrap();
    assert_eq!(known["companies"][0]["company"].as_str(), Some("Kiln & Co"));
    house.db.write_now(move |conn| erasure::erase(conn, ben, now())).unwrap();
    assert_eq!(house.db.read_now(move |conn| companies::members(conn, id, None, 10)).unwrap(), []);
    let log = house.db.read_now(move |conn| companies::log::entries(conn, id, None, 100)).unwrap();
    assert!(log.iter().all(|entry| !format!("{entry:?}").to_lowercase().contains("ben")), "{log:?}");
    let told = house.db.read_now(move |conn| companies::log::told(conn, log, &|key: &str| key.to_string())).unwrap();
    assert!(told.iter().all(|one| !format!("{one:?}").to_lowercase().contains("ben")), "{told:?}");
    assert!(told.iter().any(|one| one.after == format!("{member}: company-role-buyer")), "{told:?}");
}

#[test]
fn an_invitation_is_for_the_address_that_it_was_sent_to() {
    let house = House::open();
    let (id, _, ann) = buyer_of(&house, "ann@example.com", "Kiln & Co");
    let role = house.db.read_now(move |conn| companies::roles(conn, id)).unwrap();
    let role = role.iter().find(|role| role.code == "buyer").unwrap().id.to_string();
    let invite = |email: &str| {
        let page = ann.get("/account/company/members");
        ann.submit(&page, "/account/company/members", &[("email", email), ("role", &role)]).says(200, "on its way");
        house.work();
        let mail = house.mails(email).into_iter().rev().find(|mail| mail.template == "company_invitation").unwrap();
        mail.body_text.split_whitespace().find(|word| word.contains("/company/invitations/")).unwrap().to_string()
    };
    let link = invite("nia@example.com");
    let action = format!("/company/invitations/{}", link.rsplit('/').next().unwrap());
    // Somebody else who has the link looks at it, presses on, and is in nothing.
    let (eve, other) = house.signed_in("eve@example.com");
    let page = other.get(&link).says(200, "went to another mail address than yours");
    let fields = page.form("/account/sign-out", &[]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    other.post(&action, &fields).says(409, "went to another mail address than yours");
    assert!(house.db.read_now(move |conn| companies::memberships(conn, eve)).unwrap().is_empty());

    // Whoever the mail came to makes the account by the link, which proves the address.
    let nia = house.visitor();
    let page = nia.get(&link).says(200, "Sign in to accept");
    let refused = nia.submit(&page, &action, &[("name", "Nia"), ("password", "short")]).says(422, "").holds("value=\"Nia\"");
    nia.submit(&refused, &action, &[("name", "Nia"), ("password", "a long password")]).says(200, "Welcome").says(200, "Kiln & Co");
    nia.get(&link).says(404, "does not work any more");
    let known = move |conn: &mut kernel::Conn| {
        let nia = identities::by_address(conn, &Email::parse("nia@example.com", "email")?)?.ok_or(Error::NotFound)?;
        Ok((logins::verified(conn, nia.id)?, companies::memberships(conn, nia.id)?.len()))
    };
    assert_eq!(house.db.read_now(known).unwrap(), (true, 1));
    // An address that has an account is not taken over by the link.
    let link = invite("eve@example.com");
    let action = format!("/company/invitations/{}", link.rsplit('/').next().unwrap());
    let stranger = house.visitor();
    let page = stranger.get(&link);
    stranger
        .submit(&page, &action, &[("name", "E"), ("password", "a long password")])
        .says(409, "There is an account with the invited address");
    let page = other.get(&link).says(200, "Accept the invitation");
    other.submit(&page, &action, &[]).says(200, "Welcome");
}

#[test]
fn a_membership_that_ends_while_the_cart_is_open_places_nothing() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 9);
    let (id, boss, _) = buyer_of(&house, "ann@example.com", "Kiln & Co");
    let (cart, _) = goods::cart(&house.db, &[(mug, 1)], "ann@example.com", "bank_transfer", "");
    let ann = goods::customer(&house.db, "ann@example.com", 0);
    let session = "a-session-of-ann@example.com";
    let seen = house
        .db
        .write_now(move |conn| {
            storefront::carts::merge(conn, cart, ann, now())?;
            buying::choose(conn, session, ann, None, now())?;
            buying::choose(conn, session, ann, Some(boss), now())?;
            assert_eq!(storefront::carts::get(conn, cart)?.member_id, Some(boss));
            goods::seen(conn, cart)
        })
        .unwrap();
    let end = move |conn: &mut kernel::Conn| {
        let version = companies::get(conn, id)?.version;
        companies::close(conn, id, version, "gone", "test", now())
    };
    house.db.write_now(end).unwrap();
    let refused = goods::place(&house.db, cart, seen, storefront::checkout::Settlement::After);
    assert!(matches!(&refused, Err(PlaceError::Other(Error::Conflict(word))) if word == "company-may-not-order"), "{refused:?}");
    let again = house.db.write_now(move |conn| buying::choose(conn, session, ann, Some(boss), now()));
    assert!(matches!(again, Err(Error::Conflict(_))));
    assert_eq!(house.db.read_now(move |conn| companies::get(conn, id)).unwrap().state, State::Closed);
}

#[test]
fn a_stranger_finds_nothing_of_another_company() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 9);
    let (id, _, ann) = buyer_of(&house, "ann@example.com", "Kiln & Co");
    let (_, _, eve) = buyer_of(&house, "eve@example.com", "Other Ltd");
    let page = ann.get("/account/company/members");
    let role = house.db.read_now(move |conn| companies::roles(conn, id)).unwrap()[1].id.to_string();
    ann.submit(&page, "/account/company/members", &[("email", "ben@example.com"), ("role", &role)]).says(200, "on its way");
    ann.submit(&page, "/account/company/roles", &[("name", "Night shift"), ("may-order", "on")]).says(200, "Night shift");
    let product = ann.get("/products/mug");
    ann.submit(&product, "/cart/lines", &[]).says(200, "Mug");
    let contact = ann.get("/checkout");
    let site = house.db.read_now(move |conn| companies::sites(conn, id)).unwrap()[0].id.to_string();
    let shipping = ann.submit(&contact, "/checkout", &[("site", &site)]).says(200, "Standard");
    let payment = ann.submit(&shipping, "/checkout/shipping", &[]).says(200, "");
    let review = ann.submit(&payment, "/checkout/payment", &[("method", "bank_transfer")]).says(200, "");
    ann.submit(&review, "/checkout/place", &[]).says(200, "R1001");

    let rule = ann.get("/account/company/approval-rules/new");
    ann.submit(&rule, "/account/company/approval-rules/new", &[("name", "Everything")]).says(200, "Everything");
    let budget = ann.get("/account/company/budgets/new");
    ann.submit(&budget, "/account/company/budgets/new", &[("name", "Kitchen"), ("amount", "100")]).says(200, "Kitchen");

    // Everything that her pages lead to, whatever pages there will be: whatever has a number in it is hers alone.
    let (mut todo, mut links, mut actions) = (vec![COMPANY.to_string()], Vec::<String>::new(), Vec::<String>::new());
    while let Some(at) = todo.pop() {
        if links.contains(&at) {
            continue;
        }
        let page = ann.get(&at);
        links.push(at);
        let wanted = |to: &str| to.starts_with(COMPANY) || to.starts_with("/orders/R1001");
        actions.extend(page.forms().into_iter().map(|form| form.action).filter(|to| wanted(to)));
        let found = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        todo.extend(found.filter(|to| to.starts_with(COMPANY)).map(|to| to.split('#').next().unwrap_or(to).to_string()));
    }
    let own = |to: &&String| to.split('?').next().is_some_and(|path| path.bytes().any(|byte| byte.is_ascii_digit()));
    let fields = eve.get("/account/company").form("/account/company", &[]);
    let token = fields.into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    let (mut looked, mut tried) = (0, 0);
    let before = crate::pairs::dumped(&house.db);
    for link in links.iter().filter(own) {
        assert_eq!(eve.get(link).status, 404, "{link}");
        looked += 1;
    }
    for action in actions.iter().filter(own) {
        let fields =
            [("csrf", token.as_str()), ("role", "1"), ("site_name", "x"), ("name", "x"), ("line1", "x"), ("city", "x"), ("country", "IE")];
        assert_eq!(eve.post_once(action, &fields).status, 404, "{action}");
        tried += 1;
    }
    assert!(looked >= 3 && tried >= 5, "{links:?} {actions:?}");
    assert!(crate::pairs::dumped(&house.db) == before, "a stranger has written");
    assert_eq!(eve.get("/orders/R1001").status, 404);
    assert!(!eve.get("/account/company/orders").text().contains("R1001"));
    let other = eve.get(COMPANY);
    assert!(!other.text().contains("Kiln"), "{}", other.text());
}

#[test]
fn two_administrators_cannot_remove_each_other() {
    let house = House::open();
    let (id, boss, _) = buyer_of(&house, "ann@example.com", "Kiln & Co");
    let ben = goods::customer(&house.db, "ben@example.com", 0);
    let second = house
        .db
        .write_now(move |conn| {
            let role = companies::roles::built_in(conn, companies::roles::ADMINISTRATOR)?;
            members::join(conn, id, ben, &members::Wish { role, site: None, cost_centre: String::new() }, "test", now())
        })
        .unwrap();
    let db: &kernel::Db = &house.db;
    let both = std::thread::scope(|scope| {
        let remove = |who: MemberId| scope.spawn(move || db.write_now(move |conn| members::remove(conn, id, who, "test", now())));
        [remove(boss), remove(second)].map(|thread| thread.join().unwrap())
    });
    assert_eq!(both.iter().filter(|removed| removed.is_ok()).count(), 1, "{both:?}");
    let left = house.db.read_now(move |conn| companies::members(conn, id, None, 10)).unwrap();
    assert!(left.len() == 1 && left[0].may.contains(&May::Members));
}
