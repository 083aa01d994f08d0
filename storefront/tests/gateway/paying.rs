use crate::{browser, eur, payment, stripe};
use kernel::money::{Currency, Money};
use regulars_storefront::gateway::{Capture, Gateway, GatewayError, RefundStanding, Standing};
use std::collections::BTreeMap;
use stripe_double::Double;
use stripe_double::acts::NotPaid;
use stripe_double::faults::Fault;

#[actix_web::test]
async fn a_payment_is_opened_and_paid() {
    let double = Double::start();
    let gateway = stripe(&double);
    let opened = gateway.open(payment("pay-1", eur(12_50), Capture::Automatic)).await.unwrap();
    assert_eq!(opened.redirect, Some(format!("{}/pay/{}", double.base_url(), opened.reference)));

    let before = gateway.state(&opened.reference).await.unwrap();
    assert_eq!((before.standing, before.asked, before.captured), (Standing::Open, 12_50, 0));
    assert_eq!(before.payment_key.as_deref(), Some("pay-1"));

    double.pay(&opened.reference).unwrap();
    let after = gateway.state(&opened.reference).await.unwrap();
    assert_eq!(after.standing, Standing::Captured);
    assert_eq!((after.asked, after.authorised, after.captured, after.refunded), (12_50, 12_50, 12_50, 0));
    assert_eq!(after.currency, Currency::EUR);
    assert_eq!(after.payment_key.as_deref(), Some("pay-1"));

    let intent = after.payment_reference.clone().unwrap();
    let by_intent = gateway.state(&intent).await.unwrap();
    assert_eq!((by_intent.standing, by_intent.captured), (Standing::Captured, 12_50));
    assert_eq!(by_intent.payment_key.as_deref(), Some("pay-1"));
    assert_eq!(double.pay(&opened.reference), Err(NotPaid::Closed));
}

#[actix_web::test]
async fn a_hold_is_captured_in_part_and_refunded_in_part() {
    let double = Double::start();
    let gateway = stripe(&double);
    let opened = gateway.open(payment("pay-1", eur(100_00), Capture::Manual)).await.unwrap();
    let early = gateway.capture(&opened.reference, eur(10_00), "c0").await;
    assert!(matches!(early, Err(GatewayError::Refused(_))), "{early:?}");

    double.pay(&opened.reference).unwrap();
    let held = gateway.state(&opened.reference).await.unwrap();
    assert_eq!((held.standing, held.authorised, held.captured), (Standing::Authorised, 100_00, 0));

    let over = gateway.capture(&opened.reference, eur(100_01), "c1").await;
    assert!(matches!(over, Err(GatewayError::Refused(_))), "{over:?}");
    assert_eq!(gateway.capture(&opened.reference, eur(60_00), "c2").await, Ok(eur(60_00)));
    assert_eq!(gateway.capture(&opened.reference, eur(60_00), "c2").await, Ok(eur(60_00)), "the same wish is one capture");
    let again = gateway.capture(&opened.reference, eur(40_00), "c3").await;
    assert!(matches!(again, Err(GatewayError::Refused(_))), "the rest was released: {again:?}");

    let taken = gateway.state(&opened.reference).await.unwrap();
    assert_eq!((taken.standing, taken.captured, taken.refunded), (Standing::Captured, 60_00, 0), "what was released is no refund");

    let refund = gateway.refund(&opened.reference, eur(25_00), "r1").await.unwrap();
    assert_eq!((refund.amount, &refund.standing), (eur(25_00), &RefundStanding::Succeeded));
    assert_eq!(gateway.refund_state(&refund.reference).await.as_ref(), Ok(&refund));
    let over = gateway.refund(&opened.reference, eur(35_01), "r2").await;
    assert!(matches!(over, Err(GatewayError::Refused(_))), "{over:?}");
    assert!(double.refund_in_dashboard(&opened.reference, 5_00).is_some());
    assert_eq!(gateway.state(&opened.reference).await.unwrap().refunded, 30_00);
    assert_eq!(double.captured_total(), BTreeMap::from([("EUR".to_string(), 60_00)]));
    assert_eq!(double.refunded_total(), BTreeMap::from([("EUR".to_string(), 30_00)]));
}

#[actix_web::test]
async fn a_refund_can_pend_and_fail() {
    let double = Double::start();
    let gateway = stripe(&double);
    let opened = gateway.open(payment("pay-1", eur(20_00), Capture::Automatic)).await.unwrap();
    double.pay(&opened.reference).unwrap();
    double.next_refund_pends();
    let refund = gateway.refund(&opened.reference, eur(20_00), "r1").await.unwrap();
    assert_eq!(refund.standing, RefundStanding::Pending);
    assert_eq!(gateway.state(&opened.reference).await.unwrap().refunded, 20_00);
    assert!(double.fail_refund(&refund.reference));
    let failed = gateway.refund_state(&refund.reference).await.unwrap();
    assert_eq!(failed.standing, RefundStanding::Failed("lost_or_stolen_card".to_string()));
    assert_eq!(gateway.state(&opened.reference).await.unwrap().refunded, 0);
}

#[actix_web::test]
async fn voiding_releases_a_hold_and_closes_an_open_payment() {
    let double = Double::start();
    let gateway = stripe(&double);
    let held = gateway.open(payment("pay-1", eur(5_00), Capture::Manual)).await.unwrap();
    double.pay(&held.reference).unwrap();
    assert_eq!(gateway.void(&held.reference, "v1").await, Ok(()));
    let state = gateway.state(&held.reference).await.unwrap();
    assert_eq!((state.standing, state.authorised, state.captured, state.refunded), (Standing::Cancelled, 0, 0, 0));
    assert_eq!(gateway.void(&held.reference, "v2").await, Ok(()), "closed already");

    // Paid between two tries of the same wish: the hold is released all the same.
    let raced = gateway.open(payment("pay-4", eur(5_00), Capture::Manual)).await.unwrap();
    double.fault_on("/expire", Fault::Error500Kept);
    assert!(matches!(gateway.void(&raced.reference, "v5").await, Err(GatewayError::Unknown(_))));
    double.pay(&raced.reference).unwrap();
    assert_eq!(gateway.void(&raced.reference, "v5").await, Ok(()));
    assert_eq!(gateway.state(&raced.reference).await.unwrap().standing, Standing::Cancelled);

    let open = gateway.open(payment("pay-2", eur(5_00), Capture::Automatic)).await.unwrap();
    double.decline(&open.reference).unwrap();
    assert_eq!(gateway.void(&open.reference, "v3").await, Ok(()));
    assert_eq!(gateway.state(&open.reference).await.unwrap().standing, Standing::Expired);
    assert_eq!(double.pay(&open.reference), Err(NotPaid::Closed));

    let paid = gateway.open(payment("pay-3", eur(5_00), Capture::Automatic)).await.unwrap();
    double.pay(&paid.reference).unwrap();
    let refused = gateway.void(&paid.reference, "v4").await;
    assert!(matches!(refused, Err(GatewayError::Refused(_))), "{refused:?}");
    assert!(double.refunded_total().is_empty());
}

#[actix_web::test]
async fn a_declined_card_leaves_the_payment_open() {
    let double = Double::start();
    let gateway = stripe(&double);
    let opened = gateway.open(payment("pay-1", eur(7_00), Capture::Automatic)).await.unwrap();
    double.decline(&opened.reference).unwrap();
    let state = gateway.state(&opened.reference).await.unwrap();
    assert_eq!((state.standing, state.authorised, state.captured), (Standing::Open, 0, 0));
    assert_eq!(state.last_decline.unwrap().code, "generic_decline");

    double.pay(&opened.reference).unwrap();
    let state = gateway.state(&opened.reference).await.unwrap();
    assert_eq!((state.standing, state.captured, state.last_decline), (Standing::Captured, 7_00, None));
    let charges = double.charges_of(&opened.reference);
    assert_eq!(charges.iter().filter(|charge| charge.failure.is_none()).count(), 1);
}

#[actix_web::test]
async fn time_runs_out() {
    let double = Double::start();
    let gateway = stripe(&double);
    let opened = gateway.open(payment("pay-1", eur(7_00), Capture::Automatic)).await.unwrap();
    double.challenge(&opened.reference).unwrap();
    assert_eq!(gateway.state(&opened.reference).await.unwrap().standing, Standing::Open);
    double.expire(&opened.reference).unwrap();
    assert_eq!(gateway.state(&opened.reference).await.unwrap().standing, Standing::Expired);
}

#[actix_web::test]
async fn a_shopper_walks_through_the_payment_page() {
    let double = Double::start();
    let gateway = stripe(&double);
    let opened = gateway.open(payment("pay-1", eur(7_00), Capture::Automatic)).await.unwrap();
    let page = opened.redirect.unwrap();
    let walk = move || {
        let browser = browser();
        let shown = browser.get(&page).call().unwrap().body_mut().read_to_string().unwrap();
        assert!(shown.contains("Order R-1001") && shown.contains("http://shop.test/checkout"), "{shown}");
        let declined = browser.post(&page).send_form([("card", "4000000000000002")]).unwrap().body_mut().read_to_string().unwrap();
        assert!(declined.contains("Your card was declined"), "{declined}");
        let challenge = browser.post(&page).send_form([("card", "4000 0025 0000 3155")]).unwrap();
        assert_eq!(challenge.status(), 303);
        let bank = format!("{page}/authenticate");
        assert!(browser.get(&bank).call().unwrap().body_mut().read_to_string().unwrap().contains("3-D Secure"));
        let failed = browser.post(&bank).send_form([("answer", "fail")]).unwrap().body_mut().read_to_string().unwrap();
        assert!(failed.contains("unable to authenticate"), "{failed}");
        browser.post(&page).send_form([("card", "4000002500003155")]).unwrap();
        let done = browser.post(&bank).send_form([("answer", "complete")]).unwrap();
        done.headers()["location"].to_str().unwrap().to_string()
    };
    let landed = actix_web::web::block(walk).await.unwrap();
    assert_eq!(landed, format!("http://shop.test/pay/return?session={}", opened.reference));
    assert_eq!(gateway.state(&opened.reference).await.unwrap().standing, Standing::Captured);
    assert_eq!(double.captured_total(), BTreeMap::from([("EUR".to_string(), 7_00)]));
}

#[actix_web::test]
async fn currencies_without_and_with_three_decimals_keep_their_value() {
    let double = Double::start();
    let gateway = stripe(&double);
    for (minor, code, theirs) in [(1200, "JPY", 1200), (1200, "ISK", 120_000), (12_340, "KWD", 12_340)] {
        let amount = Money::new(minor, Currency::parse(code).unwrap());
        let key = format!("pay-{code}");
        let opened = gateway.open(payment(&key, amount, Capture::Automatic)).await.unwrap();
        double.pay(&opened.reference).unwrap();
        let state = gateway.state(&opened.reference).await.unwrap();
        assert_eq!((state.captured, state.currency), (minor, amount.currency));
        assert_eq!(double.captured_total()[code], theirs);
    }
}
