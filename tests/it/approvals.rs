//! Orders of companies that wait for a yes, and the budgets that hold them: by rules, by many at once, and over HTTP.

use crate::races::together;
use crate::support::goods::{self, EUR, now, place};
use crate::support::house::House;
use chrono::TimeDelta;
use crm::companies::{self, Buyer, Details, members};
use crm::{CompanyId, CustomerId, MemberId};
use kernel::{Db, Error};
use std::sync::Arc;
use storefront::approvals::{self, Approvers, Condition, Outcome, State};
use storefront::budgets::{self, Beyond, Period};
use storefront::carts;
use storefront::catalog::{self, Saving, Text};
use storefront::checkout::{PlaceError, Seen, Settlement};
use storefront::company_accounts::{self, AccountState, Deposit, LIMIT_EXCEEDED, Terms};
use storefront::gateway::Gateways;
use storefront::gateway::offline::BankTransfer;
use storefront::ids::{ApprovalId, BudgetId, CartId, VariantId};
use storefront::orders::{self, CancelReason};
use storefront::{buying, logins};

fn till() -> Gateways {
    Gateways::new(vec![Arc::new(BankTransfer)])
}

/// An approved company with somebody who looks after it and may approve.
pub fn company(db: &Db, boss: CustomerId) -> (CompanyId, MemberId) {
    db.write_now(move |conn| {
        let details = Details { name: "Berg Cafés".into(), country: "DE".into(), ..Details::default() };
        let (company, member) = companies::apply(conn, boss, &details, &kernel::json::text(&goods::address())?, now())?;
        let seen = companies::get(conn, company)?.version;
        companies::approve(conn, company, seen, "test", now())?;
        Ok((company, member))
    })
    .unwrap()
}

fn join(db: &Db, company: CompanyId, customer: CustomerId, role: &'static str) -> MemberId {
    db.write_now(move |conn| {
        let role = companies::roles::built_in(conn, role)?;
        members::join(conn, company, customer, &members::Wish { role, site: None, cost_centre: String::new() }, "test", now())
    })
    .unwrap()
}

/// The cart of a member, ready to be placed.
pub fn cart(db: &Db, of: (CustomerId, MemberId), what: &[(VariantId, i64)], email: &str) -> (CartId, Seen) {
    paid_by(db, "bank_transfer", of, what, email)
}

fn paid_by(db: &Db, method: &str, of: (CustomerId, MemberId), what: &[(VariantId, i64)], email: &str) -> (CartId, Seen) {
    let (cart, _) = goods::cart(db, what, email, method, "");
    let session = kernel::token::random();
    db.write_now(move |conn| {
        carts::merge(conn, cart, of.0, now())?;
        logins::open_session(conn, of.0, &session, "test", now())?;
        buying::choose(conn, &session, of.0, Some(of.1), now())?;
        Ok((cart, goods::seen(conn, cart)?))
    })
    .unwrap()
}

fn buyer(db: &Db, member: MemberId) -> Buyer {
    db.read_now(move |conn| companies::buyer(conn, member)).unwrap().expect("a member of an approved company")
}

fn rule(db: &Db, company: CompanyId, over: i64, needed: i64) {
    db.write_now(move |conn| {
        let condition = Condition { over: Some(over), currency: "EUR".into(), ..Condition::default() };
        let wish = approvals::Wish {
            name: "Large orders".into(),
            position: 1,
            active: true,
            condition,
            approvers: Approvers::default(),
            needed,
            deadline_hours: Some(48),
        };
        approvals::save_rule(conn, company, None, &wish)
    })
    .unwrap();
}

fn budget(db: &Db, company: CompanyId, amount: i64, beyond: Beyond) -> BudgetId {
    db.write_now(move |conn| {
        let wish = budgets::Wish {
            name: "Kitchen".into(),
            member: None,
            site: None,
            cost_centre: String::new(),
            period: Period::Year,
            amount,
            currency: EUR,
            beyond,
            active: true,
        };
        budgets::save(conn, company, None, &wish)
    })
    .unwrap()
}

fn ask(db: &Db, member: MemberId, cart: CartId) -> ApprovalId {
    let buyer = buyer(db, member);
    db.write_now(move |conn| {
        let quote = carts::quote(conn, cart, now())?;
        approvals::request(conn, &buyer, &quote, "Please", now())
    })
    .unwrap()
}

fn answer(db: &Db, member: MemberId, id: ApprovalId, yes: bool) -> kernel::Result<Outcome> {
    let buyer = buyer(db, member);
    db.write_now(move |conn| approvals::vote(conn, &buyer, id, yes, "", &till(), now()))
}

fn state(db: &Db, id: ApprovalId) -> State {
    db.read_now(move |conn| approvals::get(conn, id)).unwrap().state
}

#[test]
fn what_is_bought_on_account_is_placed_by_the_last_yes_for_the_one_who_asked() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    let people: Vec<CustomerId> = ["boss", "ben"].map(|name| goods::customer(&db, &format!("{name}@example.com"), 0)).into();
    let (company, boss) = company(&db, people[0]);
    let ben = join(&db, company, people[1], "buyer");
    rule(&db, company, 5_000, 1);
    budget(&db, company, 20_000, Beyond::Refuse);
    let terms = Terms { currency: EUR, credit_limit: 20_000, net_days: 30, state: AccountState::Open, deposit: Deposit::default() };
    db.write_now(move |conn| company_accounts::agree(conn, company, 0, &terms, now())).unwrap();

    let (large, seen) = paid_by(&db, "account", (people[1], ben), &[(mug, 10)], "ben@example.com");
    let id = ask(&db, ben, large);
    let Outcome::Placed(order) = answer(&db, boss, id, true).unwrap() else { panic!("a yes places what is bought on account") };
    let (order, trade) = db.read_now(move |conn| Ok((orders::get(conn, order)?, buying::of_order(conn, order)?))).unwrap();
    assert_eq!((order.customer_id, order.total), (people[1], seen.total));
    assert_eq!(trade.map(|trade| trade.member), Some(ben));
    let exposure = || db.read_now(move |conn| company_accounts::find(conn, company)).unwrap().unwrap().exposure;
    assert_eq!(exposure(), seen.total);

    // What the account does not bear stays approved, with the reason, for its buyer to place later.
    let (next, _) = paid_by(&db, "account", (people[1], ben), &[(mug, 5)], "ben@example.com");
    let id = ask(&db, ben, next);
    let stop = Terms { currency: EUR, credit_limit: 13_000, net_days: 30, state: AccountState::Open, deposit: Deposit::default() };
    let stop = move |conn: &mut kernel::Conn| {
        let version = company_accounts::find(conn, company)?.unwrap().version;
        company_accounts::agree(conn, company, version, &stop, now())
    };
    db.write_now(stop).unwrap();
    assert_eq!(answer(&db, boss, id, true).unwrap(), Outcome::Approved);
    let told = db.read_now(move |conn| approvals::get(conn, id)).unwrap();
    assert!(told.reason.starts_with(LIMIT_EXCEEDED), "{}", told.reason);
    assert_eq!(exposure(), seen.total);
    goods::assert_books(&db);
}

#[test]
fn the_last_yes_places_the_order_once_and_only_for_the_cart_that_was_asked_for() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    let people: Vec<CustomerId> =
        ["boss", "ben", "cleo", "dora"].map(|name| goods::customer(&db, &format!("{name}@example.com"), 0)).into();
    let (company, boss) = company(&db, people[0]);
    let ben = join(&db, company, people[1], "approver");
    let cleo = join(&db, company, people[2], "approver");
    let dora = join(&db, company, people[3], "buyer");
    rule(&db, company, 5_000, 2);

    // A small order asks nobody.
    let (small, seen) = cart(&db, (people[3], dora), &[(mug, 1)], "dora@example.com");
    place(&db, small, seen, Settlement::After).unwrap();
    // One above the limit is not placed, and its buyer cannot say yes, whatever their role.
    let (large, seen) = cart(&db, (people[1], ben), &[(mug, 10)], "ben@example.com");
    assert!(matches!(place(&db, large, seen, Settlement::After), Err(PlaceError::NeedsApproval)));
    let id = ask(&db, ben, large);
    assert_eq!(ask(&db, ben, large), id, "asking twice is asking once");
    assert!(matches!(answer(&db, ben, id, true), Err(Error::Conflict(word)) if word == "approval-own"));
    // Whoever may not approve does not even see it.
    assert!(matches!(answer(&db, dora, id, true), Err(Error::NotFound)));
    // One yes of two places nothing; the changed cart ends it.
    assert_eq!(answer(&db, cleo, id, true).unwrap(), Outcome::Waiting);
    assert!(matches!(place(&db, large, seen, Settlement::After), Err(PlaceError::NeedsApproval)));
    db.write_now(move |conn| carts::add(conn, large, mug, 1, now())).unwrap();
    assert_eq!(answer(&db, boss, id, true).unwrap(), Outcome::Void);
    assert_eq!(state(&db, id), State::Void);

    // Asked again, two answer at the same moment: one order, placed by the second yes.
    let id = ask(&db, ben, large);
    let voters = [boss, cleo];
    let outcomes = together(|n| if n < 2 { Some(answer(&db, voters[n], id, true).unwrap()) } else { None });
    let outcomes: Vec<Outcome> = outcomes.into_iter().flatten().collect();
    assert!(outcomes.contains(&Outcome::Waiting), "{outcomes:?}");
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Outcome::Placed(_))), "{outcomes:?}");
    assert_eq!(state(&db, id), State::Placed);
    assert!(matches!(answer(&db, cleo, id, true), Err(Error::Conflict(_))));
    let order = db.read_now(move |conn| orders::find_by_cart(conn, large)).unwrap();
    assert_eq!(db.read_now(move |conn| approvals::get(conn, id)).unwrap().order_id, order);

    // A no ends it, and the cart is still there.
    let (third, _) = cart(&db, (people[3], dora), &[(mug, 10)], "dora@example.com");
    let id = ask(&db, dora, third);
    assert_eq!(answer(&db, boss, id, false).unwrap(), Outcome::Refused);
    assert_eq!(db.read_now(move |conn| orders::find_by_cart(conn, third)).unwrap(), None);
    goods::assert_books(&db);
}

#[test]
fn whoever_is_away_is_answered_for_but_never_by_the_one_who_asks() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    let people: Vec<CustomerId> = ["boss", "ben", "dora"].map(|name| goods::customer(&db, &format!("{name}@example.com"), 0)).into();
    let (company, boss) = company(&db, people[0]);
    let (ben, dora) = (join(&db, company, people[1], "buyer"), join(&db, company, people[2], "buyer"));
    rule(&db, company, 5_000, 1);
    let (left, today) = (buyer(&db, boss), now().date());
    db.write_now(move |conn| approvals::delegate(conn, &left, Some((ben, today, today)))).unwrap();
    let (own, _) = cart(&db, (people[1], ben), &[(mug, 10)], "ben@example.com");
    let asked = ask(&db, ben, own);
    assert!(matches!(answer(&db, ben, asked, true), Err(Error::Conflict(word)) if word == "approval-own"));
    let (other, _) = cart(&db, (people[2], dora), &[(mug, 10)], "dora@example.com");
    let asked = ask(&db, dora, other);
    assert!(matches!(answer(&db, ben, asked, true).unwrap(), Outcome::Placed(_)));
    // Not any more once the days are over.
    let left = buyer(&db, boss);
    let yesterday = today - TimeDelta::days(1);
    db.write_now(move |conn| approvals::delegate(conn, &left, Some((ben, yesterday, yesterday)))).unwrap();
    let (third, _) = cart(&db, (people[2], dora), &[(mug, 10)], "dora@example.com");
    let asked = ask(&db, dora, third);
    assert!(matches!(answer(&db, ben, asked, true), Err(Error::NotFound)));
    goods::assert_books(&db);
}

#[test]
fn fifty_buyers_never_pass_a_budget() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 1000);
    let boss = goods::customer(&db, "boss@example.com", 0);
    let (company, _) = company(&db, boss);
    let mut all: Vec<(CartId, Seen)> = Vec::new();
    for n in 0..50 {
        let email = format!("c{n}@example.com");
        let customer = goods::customer(&db, &email, 0);
        let member = join(&db, company, customer, "buyer");
        all.push(cart(&db, (customer, member), &[(mug, 1)], &email));
    }
    let total = all[0].1.total;
    let kitchen = budget(&db, company, total * 7 + 1, Beyond::Refuse);
    let outcomes = together(|n| place(&db, all[n].0, all[n].1, Settlement::After));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 7);
    let refused = |outcome: &PlaceError| matches!(outcome, PlaceError::Other(Error::Conflict(word)) if word.starts_with("budget-exceeded"));
    let mut placed = None;
    for outcome in outcomes {
        match outcome {
            Ok(done) => placed = Some(done.order),
            Err(error) => assert!(refused(&error), "{error}"),
        }
    }
    let spent = |db: &Db| {
        db.read_now(move |conn| {
            let kept = budgets::get(conn, company, kitchen)?;
            budgets::spent(conn, &kept, now())
        })
        .unwrap()
    };
    assert_eq!(spent(&db), total * 7);
    // What is cancelled is free again, once.
    let order = placed.unwrap();
    for _ in 0..2 {
        db.write_now(move |conn| orders::cancel(conn, order, CancelReason::Staff, "test", now())).unwrap();
    }
    assert_eq!(spent(&db), total * 6);
    goods::assert_books(&db);
}

#[test]
fn an_order_beyond_a_budget_can_be_approved() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 100);
    let people: Vec<CustomerId> = ["boss", "dora"].map(|name| goods::customer(&db, &format!("{name}@example.com"), 0)).into();
    let (company, boss) = company(&db, people[0]);
    let dora = join(&db, company, people[1], "buyer");
    budget(&db, company, 1_000, Beyond::Approve);
    let (large, seen) = cart(&db, (people[1], dora), &[(mug, 3)], "dora@example.com");
    assert!(matches!(place(&db, large, seen, Settlement::After), Err(PlaceError::NeedsApproval)));
    let id = ask(&db, dora, large);
    assert!(matches!(answer(&db, boss, id, true).unwrap(), Outcome::Placed(_)));
    goods::assert_books(&db);
}

#[test]
fn a_buyer_asks_and_an_approver_answers_in_the_browser() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 100);
    let (boss, desk) = house.signed_in("boss@example.com");
    let (dora, browser) = house.signed_in("dora@example.com");
    let (company, _) = company(&house.db, boss);
    let member = join(&house.db, company, dora, "buyer");
    // The rule is made by the administrator.
    let form = desk.get("/account/company/approval-rules/new").says(200, "New rule");
    let typed = [("name", "Large orders"), ("over", "x")];
    let refused = desk.submit(&form, "/account/company/approval-rules/new", &typed).says(422, "Type an amount");
    desk.submit(&refused, "/account/company/approval-rules/new", &[("over", "50.00"), ("deadline", "48")]).says(200, "Large orders");
    browser.get("/account/company/approval-rules").says(404, "not");

    cart(&house.db, (dora, member), &[(mug, 10)], "dora@example.com");
    let review = browser.get("/checkout/review").says(200, "This order has to be approved");
    let asked = browser.submit(&review, "/checkout/approval", &[("note", "For the fair")]).says(200, "Your request was sent");
    assert!(asked.at.starts_with("/account/company/approvals/"), "{}", asked.at);
    browser.get("/checkout/review").says(200, "waits for an approval");
    house.work();
    assert_eq!(house.mails("boss@example.com").iter().filter(|mail| mail.template == "approval_asked").count(), 1);

    // Somebody of another company sees nothing of it.
    let (stranger, other) = house.signed_in("eve@example.com");
    other.get(&asked.at).says(404, "not");
    let elsewhere = house.db.write_now(move |conn| {
        let details = Details { name: "Elsewhere".into(), country: "DE".into(), ..Details::default() };
        let (company, _) = companies::apply(conn, stranger, &details, &kernel::json::text(&goods::address())?, now())?;
        let seen = companies::get(conn, company)?.version;
        companies::approve(conn, company, seen, "test", now())
    });
    elsewhere.unwrap();
    other.get(&asked.at).says(404, "not");
    let vote = format!("{}/vote", asked.at);
    let form = other.get("/account/company/approvals").says(200, "Nothing waits").form("/account/sign-out", &[("answer", "yes")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    other.post(&vote, &form).says(404, "not");

    desk.get("/account/company/approvals").says(200, "Ann");
    let named = house.db.write_now(|conn| {
        let mug = catalog::find(conn, "mug")?.ok_or(Error::NotFound)?;
        let mut mug = catalog::products(conn, &[mug], EUR)?.remove(0);
        mug.texts.insert("zh".into(), Text { title: "杯子".into(), ..Text::default() });
        catalog::save_product(conn, &mug, &Saving { currency: EUR, actor: "test", base: None, now: now() })
    });
    named.unwrap();
    // Whoever answers reads the goods in the language of their own.
    desk.get(&format!("/zh{}", asked.at)).says(200, "杯子");
    let page = desk.get(&asked.at).says(200, "For the fair").says(200, "Mug");
    desk.submit(&page, &vote, &[("answer", "yes")]).says(200, "The order is approved and was placed.").says(200, "R1001");
    browser.get(&asked.at).says(200, "Approved and ordered");
    house.work();
    assert_eq!(house.mails("dora@example.com").iter().filter(|mail| mail.template == "approval_decided").count(), 1);

    // What nobody answers is asked once more, and ends by itself.
    let (late, _) = cart(&house.db, (dora, member), &[(mug, 10)], "dora@example.com");
    let id = ask(&house.db, member, late);
    house.work();
    let mailer = house.state.door.mailer();
    for hours in [25, 26] {
        approvals::run(&house.db, &mailer, now() + TimeDelta::hours(hours)).unwrap();
    }
    assert_eq!(house.mails("boss@example.com").iter().filter(|mail| mail.template == "approval_asked").count(), 3);
    assert_eq!(state(&house.db, id), State::Waiting);
    approvals::run(&house.db, &mailer, now() + TimeDelta::hours(49)).unwrap();
    assert_eq!(state(&house.db, id), State::Expired);

    // Erasing somebody takes their words and leaves the books.
    let kept = house.db.read_now(move |conn| approvals::kept(conn, dora)).unwrap();
    assert_eq!(kept["asked"][0]["note"].as_str(), Some("For the fair"));
    house.db.write_now(move |conn| approvals::forget(conn, dora, now())).unwrap();
    let kept = house.db.read_now(move |conn| approvals::kept(conn, dora)).unwrap();
    assert_eq!(kept["asked"][0]["note"].as_str(), Some(""));
}
