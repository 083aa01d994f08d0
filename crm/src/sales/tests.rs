use super::*;
use crate::companies;
use crate::rules::trees::{noon, people};
use chrono::TimeDelta;
use kernel::Db;

fn wish(title: &str) -> Wish {
    Wish {
        title: title.into(),
        company: None,
        contact_name: "Lee".into(),
        contact_email: "Lee@Example.com".into(),
        contact_phone: "+49 30 1".into(),
        contact_company: "Kiln".into(),
        amount: 100_000,
        currency: Currency::EUR,
        owner: Some(1),
        next_step: "Call".into(),
        next_on: Some(noon().date() - TimeDelta::days(1)),
        expected_on: Some(noon().date() + TimeDelta::days(30)),
        source: "fair".into(),
        quote: None,
        with_order: false,
    }
}

fn company(db: &Db) -> CompanyId {
    let customer = people(db, 1, 1)[0];
    db.write_now(move |conn| {
        let details = companies::Details { name: "Kiln".into(), country: "DE".into(), ..companies::Details::default() };
        Ok(companies::apply(conn, customer, &details, "{}", noon())?.0)
    })
    .expect("a company")
}

fn stage_of(conn: &mut Conn, code: &str) -> Result<Stage> {
    Ok(stages(conn)?.into_iter().find(|one| one.code == code).expect("every shop has it"))
}

#[test]
fn an_opportunity_moves_with_a_history_and_never_behind_somebodys_back() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let nobody = Wish { contact_name: String::new(), contact_email: String::new(), contact_company: String::new(), ..wish("Kiln") };
        assert!(matches!(create(conn, &nobody, "test", noon()), Err(Error::Invalid(_))));
        assert!(matches!(create(conn, &Wish { with_order: true, ..wish("Kiln") }, "test", noon()), Err(Error::Invalid(_))));
        let id = create(conn, &wish("Kiln"), "test", noon())?;
        let one = get(conn, id)?;
        assert!(one.lead() && one.overdue(noon().date()) && one.contact_email == "lee@example.com");
        let later = noon() + TimeDelta::days(3);
        let (won, lost) = (stage_of(conn, "won")?.id, stage_of(conn, "lost")?.id);
        move_to(conn, id, one.version, won, "test", later)?;
        assert!(matches!(move_to(conn, id, one.version, lost, "test", later), Err(Error::Conflict(_))), "stale");
        let one = get(conn, id)?;
        assert_eq!((one.state, one.closed_at, one.age(later)), (State::Won, Some(later), 0));
        update(conn, id, one.version, &Wish { amount: 5, ..wish("Kiln") }, "test", later)?;
        let said: Vec<(What, i64)> = history(conn, id, None, 9)?.into_iter().map(|row| (row.what, row.amount)).collect();
        assert_eq!(said, [(What::Amount, 5), (What::Stage, 100_000), (What::Created, 100_000)]);
        assert!(forecast(conn, None)?.is_empty(), "what is closed brings nothing more");
        Ok(())
    })
    .expect("opportunities");
}

#[test]
fn a_quote_moves_its_opportunity_and_an_order_closes_the_one_that_waits() {
    let db = kernel::testing::db();
    let kiln = company(&db);
    db.write_now(move |conn| {
        let of_kiln = |title: &str| Wish { company: Some(kiln), ..wish(title) };
        let quoted = create(conn, &Wish { quote: Some(7), ..of_kiln("Quoted") }, "test", noon())?;
        let waiting = create(conn, &Wish { with_order: true, ..of_kiln("Waiting") }, "test", noon())?;
        quote_moved(conn, 7, QuoteMove::Offered, noon())?;
        assert_eq!(get(conn, quoted)?.stage_id, stage_of(conn, "proposal")?.id);
        let expected = forecast(conn, Some(1))?;
        assert_eq!((expected.len(), expected[0].amount, expected[0].likely), (1, 200_000, 60_000));
        quote_moved(conn, 7, QuoteMove::Declined, noon())?;
        assert_eq!(get(conn, quoted)?.state, State::Open, "staff decide what follows");
        // The order of a quote is its own, and nobody else's.
        let now = noon() + TimeDelta::hours(1);
        quote_moved(conn, 7, QuoteMove::Accepted, now)?;
        order_placed(conn, kiln, 11, now)?;
        let won = get(conn, quoted)?;
        assert_eq!((won.state, won.order_id), (State::Won, Some(11)));
        assert_eq!(get(conn, waiting)?.state, State::Open);
        order_placed(conn, kiln, 12, now)?;
        let won = get(conn, waiting)?;
        assert_eq!((won.state, won.order_id, won.closed_at), (State::Won, Some(12), Some(now)));
        order_placed(conn, kiln, 13, now)?;
        assert_eq!(get(conn, waiting)?.order_id, Some(12), "once");
        quote_moved(conn, 7, QuoteMove::Expired, now)?;
        assert_eq!(history(conn, quoted, None, 1)?[0].what, What::QuoteAccepted, "what is closed moves no more");
        // Opened again it waits for another order.
        let back = stage_of(conn, "new")?.id;
        move_to(conn, waiting, won.version, back, "test", now)?;
        order_placed(conn, kiln, 14, now)?;
        assert_eq!(get(conn, waiting)?.order_id, Some(14));
        Ok(())
    })
    .expect("moves");
}

#[test]
fn a_lead_becomes_a_customer_and_is_forgotten_as_one() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let id = create(conn, &wish("Kiln"), "test", noon())?;
        log_about(conn, id, ContactKind::Call, "Asked for samples", "test", noon())?;
        let customer = convert(conn, id, 1, "en", "test", noon())?;
        let one = get(conn, id)?;
        assert_eq!((one.customer_id, one.contact_email.as_str(), one.contact_name.as_str()), (Some(customer), "", ""));
        assert_eq!(kept(conn, customer, &[], 9)?.len(), 2);
        // Whoever is known is never a contact beside it.
        let other = create(conn, &wish("Glaze"), "test", noon())?;
        assert_eq!(get(conn, other)?.customer_id, Some(customer));
        let address = crate::email::Email::parse("lee@example.com", "email")?;
        forget(conn, customer, &[address])?;
        assert!(kept(conn, customer, &["lee@example.com".into()], 9)?.is_empty());
        let one = get(conn, id)?;
        assert_eq!((one.title.as_str(), one.amount, one.customer_id), ("", 100_000, None));
        assert!(contacts(conn, id, None, 9)?.is_empty());
        Ok(())
    })
    .expect("a lead");
}

#[test]
fn stages_are_data_and_some_are_always_there() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        let wish_for = |stage: &Stage| StageWish {
            name: stage.name.clone(),
            probability_bp: stage.probability_bp,
            kind: stage.kind,
            position: stage.position,
            at_quote: stage.at_quote,
            active: stage.active,
        };
        let won = stage_of(conn, "won")?;
        let off = StageWish { active: false, ..wish_for(&won) };
        assert!(matches!(save_stage(conn, won.id, &off), Err(Error::Conflict(_))), "the only one of its kind");
        let trial = StageWish { name: "Trial".into(), at_quote: true, ..wish_for(&stage_of(conn, "negotiation")?) };
        let trial = add_stage(conn, &trial)?;
        assert_eq!(stages(conn)?.into_iter().filter(|one| one.at_quote).map(|one| one.id).collect::<Vec<_>>(), [trial]);
        let first = stage_of(conn, "new")?;
        let id = create(conn, &wish("Kiln"), "test", noon())?;
        let off = StageWish { active: false, ..wish_for(&first) };
        assert!(matches!(save_stage(conn, first.id, &off), Err(Error::Conflict(_))), "somebody is in it");
        move_to(conn, id, 1, trial, "test", noon())?;
        save_stage(conn, first.id, &off)?;
        assert!(matches!(move_to(conn, id, 2, first.id, "test", noon()), Err(Error::Conflict(_))));
        Ok(())
    })
    .expect("stages");
}

#[test]
fn a_company_is_one_persons_at_a_time_and_rates_hold_from_their_day() {
    let db = kernel::testing::db();
    let kiln = company(&db);
    db.write_now(move |conn| {
        let later = noon() + TimeDelta::days(10);
        own(conn, kiln, Some(1), noon())?;
        own(conn, kiln, Some(2), later)?;
        own(conn, kiln, Some(2), later)?;
        let all = owners(conn, &[kiln])?;
        let at = |moment: Time| all.iter().filter(|one| one.at(moment)).map(|one| one.staff_id).collect::<Vec<_>>();
        assert_eq!([at(noon()), at(later), at(noon() - TimeDelta::days(1))], [vec![1], vec![2], vec![]]);
        own(conn, kiln, None, later)?;
        assert_eq!(owner(conn, kiln)?, None);
        let day = noon().date();
        assert!(matches!(set_rate(conn, 1, day, 10_001), Err(Error::Invalid(_))));
        set_rate(conn, 1, day, 300)?;
        set_rate(conn, 1, day, 200)?;
        set_rate(conn, 1, day + TimeDelta::days(5), 500)?;
        let rates = rates(conn)?;
        let of = |days: i64| rate_at(&rates, 1, day + TimeDelta::days(days));
        assert_eq!([of(-1), of(0), of(4), of(5), of(99)], [0, 200, 200, 500, 500]);
        Ok(())
    })
    .expect("owners");
}
