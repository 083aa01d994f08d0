use super::*;
use crate::CustomerId;
use crate::customers::{NewCustomer, ensure};
use crate::email::Email;
use crate::rules::trees::noon;
use kernel::Db;

fn people(db: &Db, count: usize) -> Vec<CustomerId> {
    db.write_now(move |conn| {
        let new = |n: usize| {
            let email = Email::parse(&format!("p{n}@example.com"), "email")?;
            Ok(NewCustomer { email, name: String::new(), phone: String::new(), language: "en".into() })
        };
        (0..count).map(|n| new(n).and_then(|new| ensure(conn, &new, noon()))).collect()
    })
    .expect("people")
}

fn company(db: &Db, customer: CustomerId) -> (CompanyId, crate::MemberId) {
    db.write_now(move |conn| {
        let details = Details { name: "Kiln".into(), country: "DE".into(), ..Details::default() };
        apply(conn, customer, &details, "{}", noon())
    })
    .expect("a company")
}

#[test]
fn permissions_are_read_and_written_as_words() {
    for may in May::ALL {
        assert_eq!(may.word().parse::<May>().ok(), Some(*may));
    }
    assert_eq!(May::text(&[May::AllOrders, May::Order, May::Order]), "order all-orders");
    assert_eq!(May::all_of("order nonsense approve"), [May::Order, May::Approve]);
}

#[test]
fn a_tree_of_companies_has_no_ring() {
    let db = kernel::testing::db();
    let who = people(&db, 3);
    let [top, middle, leaf] = [0, 1, 2].map(|n| company(&db, who[n]).0);
    let under = |child: CompanyId, parent: CompanyId| {
        db.write_now(move |conn| {
            let seen = get(conn, child)?.version;
            set(conn, child, seen, &Settings { parent: Some(parent), ..Settings::default() }, "test", noon())
        })
    };
    under(middle, top).expect("one below the other");
    under(leaf, middle).expect("and another");
    for wrong in [(top, leaf), (top, top), (middle, CompanyId(999_999))] {
        assert!(matches!(under(wrong.0, wrong.1), Err(Error::Invalid(_))), "{wrong:?}");
    }
    assert_eq!(db.read_now(move |conn| below(conn, top)).expect("a tree"), [top, middle, leaf]);
    assert_eq!(db.read_now(move |conn| above(conn, leaf)).expect("a tree"), [leaf, middle, top]);
}

#[test]
fn a_member_buys_while_the_company_is_approved_and_they_belong_to_it() {
    let db = kernel::testing::db();
    let who = people(&db, 2);
    let (ann, ben) = (who[0], who[1]);
    let (id, boss) = company(&db, ann);
    let may = move |conn: &mut Conn, member| buyer(conn, member).map(|buyer| buyer.map(|buyer| buyer.may));
    db.write_now(move |conn| {
        assert_eq!(may(conn, boss)?, None, "nobody approved it yet");
        let seen = get(conn, id)?.version;
        approve(conn, id, seen, "test", noon())?;
        assert_eq!(may(conn, boss)?.as_deref(), Some(May::ALL));
        let wish = |role| members::Wish { role, site: None, cost_centre: " K1 ".into() };
        let role = roles::built_in(conn, "accountant")?;
        let second = members::join(conn, id, ben, &wish(role), "test", noon())?;
        assert_eq!(members::join(conn, id, ben, &wish(role), "test", noon())?, second, "once is enough");
        assert_eq!(may(conn, second)?, Some(vec![May::Invoices, May::AllOrders]));
        assert!(
            matches!(members::remove(conn, id, boss, "test", noon()), Err(Error::Conflict(word)) if word == "company-last-administrator")
        );
        let shift = roles::create(conn, id, "Night shift", &[May::Members], "test", noon())?;
        members::change(conn, id, second, &wish(shift), "test", noon())?;
        members::remove(conn, id, boss, "test", noon())?;
        assert_eq!(may(conn, boss)?, None);
        assert!(matches!(roles::delete(conn, id, shift, "test", noon()), Err(Error::Conflict(_))), "somebody has it");
        assert_eq!(members::join(conn, id, ann, &wish(role), "test", noon())?, boss, "the same membership again");
        assert_eq!(memberships(conn, ann)?.len(), 1);
        let log: Vec<String> = log::entries(conn, id, None, 3)?.into_iter().map(|entry| entry.action).collect();
        assert_eq!(log, ["member-joined", "member-removed", "member-changed"]);
        Ok(())
    })
    .expect("members");
}

#[test]
fn a_company_is_found_by_the_beginning_of_what_it_is_known_by() {
    let db = kernel::testing::db();
    let ann = people(&db, 1)[0];
    db.write_now(move |conn| {
        let details = Details {
            name: "Çay & Co".into(),
            country: "DE".into(),
            vat_id: "DE136695976".into(),
            website: "https://www.Tea.example/shop?x".into(),
            ..Details::default()
        };
        let details = details.checked()?;
        assert_eq!(details.website, "tea.example");
        apply(conn, ann, &details, "{}", noon())?;
        for (text, found) in [("çay", 1), ("ÇAY & c", 1), ("de 1366", 1), ("www.tea.ex", 1), ("co", 0), ("", 1)] {
            let filter = Filter { text: text.into(), ..Filter::default() };
            assert_eq!(list(conn, &filter, 9)?.len(), found, "{text}");
        }
        assert_eq!(list(conn, &Filter { state: Some(State::Approved), ..Filter::default() }, 9)?.len(), 0);
        Ok(())
    })
    .expect("companies");
}
