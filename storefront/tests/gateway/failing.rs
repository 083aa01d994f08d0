use crate::{eur, payment, settings, stripe};
use kernel::token::Secret;
use regulars_storefront::gateway::stripe::Stripe;
use regulars_storefront::gateway::{Capture, Gateway, GatewayError, Standing, wait};
use stripe_double::Double;
use stripe_double::faults::Fault;

#[actix_web::test]
async fn a_lost_reply_is_unknown_and_the_same_key_finds_it() {
    let double = Double::start();
    let gateway = stripe(&double);
    let open = || gateway.open(payment("pay-1", eur(9_00), Capture::Manual));
    double.fault(Fault::LoseReply);
    let lost = open().await;
    assert!(matches!(lost, Err(GatewayError::Unknown(_))), "{lost:?}");
    let opened = open().await.unwrap();
    assert_eq!(double.sessions(), vec![opened.reference.clone()], "one session");

    double.pay(&opened.reference).unwrap();
    double.fault(Fault::LoseReply);
    assert!(matches!(gateway.capture(&opened.reference, eur(9_00), "c1").await, Err(GatewayError::Unknown(_))));
    assert_eq!(gateway.state(&opened.reference).await.unwrap().captured, 9_00);
    assert_eq!(gateway.capture(&opened.reference, eur(9_00), "c1").await, Ok(eur(9_00)));

    assert_eq!(gateway.find_refund(&opened.reference, "r1").await, Ok(None));
    double.fault(Fault::LoseReply);
    assert!(matches!(gateway.refund(&opened.reference, eur(4_00), "r1").await, Err(GatewayError::Unknown(_))));
    let found = gateway.find_refund(&opened.reference, "r1").await.unwrap().unwrap();
    assert_eq!(gateway.refund(&opened.reference, eur(4_00), "r1").await, Ok(found));
    assert_eq!(double.refunds_of(&opened.reference).len(), 1, "one refund");
    assert_eq!(double.charges_of(&opened.reference).len(), 1, "one charge");
}

#[actix_web::test]
async fn a_slow_answer_is_unknown() {
    let double = Double::start();
    let gateway = stripe(&double);
    double.fault(Fault::Slow(1_500));
    let slow = gateway.open(payment("pay-1", eur(9_00), Capture::Automatic)).await;
    assert_eq!(slow, Err(GatewayError::Unknown("Stripe did not answer in time".to_string())));
    gateway.open(payment("pay-1", eur(9_00), Capture::Automatic)).await.unwrap();
    assert_eq!(double.sessions().len(), 1);
}

#[actix_web::test]
async fn server_errors_and_garbage_are_unknown() {
    let double = Double::start();
    let gateway = stripe(&double);
    let open = || gateway.open(payment("pay-1", eur(9_00), Capture::Automatic));
    double.fault(Fault::Error500);
    assert!(matches!(open().await, Err(GatewayError::Unknown(_))));
    assert!(double.sessions().is_empty());
    double.fault(Fault::Garbage);
    let garbage = open().await;
    assert!(matches!(garbage, Err(GatewayError::Unknown(_))), "{garbage:?}");
    assert!(open().await.is_ok());
    assert_eq!(double.sessions().len(), 1);

    double.fault(Fault::Error500Kept);
    let other = || gateway.open(payment("pay-2", eur(9_00), Capture::Automatic));
    assert!(matches!(other().await, Err(GatewayError::Unknown(_))));
    assert!(matches!(other().await, Err(GatewayError::Unknown(_))), "Stripe repeats a 500 that it kept");
}

#[actix_web::test]
async fn nothing_happened_when_stripe_was_not_reached_or_too_busy() {
    let double = Double::start();
    let gateway = stripe(&double);
    double.fault(Fault::TooMany);
    let busy = gateway.open(payment("pay-1", eur(9_00), Capture::Manual)).await;
    assert!(matches!(busy, Err(GatewayError::Unreachable(_))), "{busy:?}");
    let opened = gateway.open(payment("pay-1", eur(9_00), Capture::Manual)).await.unwrap();
    double.pay(&opened.reference).unwrap();

    double.down();
    let down = gateway.capture(&opened.reference, eur(9_00), "c1").await;
    assert!(matches!(down, Err(GatewayError::Unreachable(_))), "{down:?}");
    double.up();
    assert_eq!(gateway.state(&opened.reference).await.unwrap().standing, Standing::Authorised);

    // The look-up before the capture breaks: still nothing was captured.
    double.fault_on("GET /v1/checkout/sessions/", Fault::Error500);
    let unread = gateway.capture(&opened.reference, eur(9_00), "c1").await;
    assert!(matches!(unread, Err(GatewayError::Unreachable(_))), "{unread:?}");
    assert!(double.captured_total().is_empty());
}

#[actix_web::test]
async fn a_changed_request_under_the_same_key_is_refused() {
    let double = Double::start();
    let gateway = stripe(&double);
    gateway.open(payment("pay-1", eur(9_00), Capture::Automatic)).await.unwrap();
    let changed = gateway.open(payment("pay-1", eur(8_00), Capture::Automatic)).await;
    assert!(matches!(changed, Err(GatewayError::Refused(_))), "{changed:?}");
    assert_eq!(double.sessions().len(), 1);
}

#[actix_web::test]
async fn a_wrong_key_and_unknown_things_are_refused() {
    let double = Double::start();
    let mut wrong = settings(&double);
    wrong.secret_key = Secret::new("sk_test_somebody_elses_secret");
    assert!(!format!("{wrong:?}").contains("somebody") && !format!("{wrong:?}").contains("whsec"));
    let refused = Stripe::new(wrong).unwrap().open(payment("pay-1", eur(9_00), Capture::Automatic)).await;
    let Err(GatewayError::Refused(text)) = refused else { panic!("{refused:?}") };
    assert!(text.contains("401") && !text.contains("somebody"), "{text}");

    let missing = stripe(&double).state("cs_test_none").await;
    assert!(matches!(missing, Err(GatewayError::Refused(_))), "{missing:?}");
    assert!(matches!(stripe(&double).open(payment("p", eur(0), Capture::Automatic)).await, Err(GatewayError::Refused(_))));
    let mut soon = payment("pay-2", eur(9_00), Capture::Automatic);
    soon.expires_at = Some(1);
    assert!(matches!(stripe(&double).open(soon).await, Err(GatewayError::Refused(_))));
    let mut empty = settings(&double);
    empty.secret_key = Secret::new(" ");
    assert!(Stripe::new(empty).is_err());
}

#[test]
fn a_job_can_wait_on_its_own_thread() {
    let double = Double::start();
    let gateway = stripe(&double);
    let opened = wait(gateway.open(payment("pay-1", eur(9_00), Capture::Automatic))).unwrap();
    double.pay(&opened.reference).unwrap();
    assert_eq!(wait(gateway.state(&opened.reference)).unwrap().captured, 9_00);
}
