use crate::{eur, payment, settings, stripe};
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use kernel::token::Secret;
use regulars_storefront::gateway::stripe::Stripe;
use regulars_storefront::gateway::webhook::{Notice, NoticeError};
use regulars_storefront::gateway::{Capture, Gateway};
use std::sync::Mutex;
use std::time::Duration;
use stripe_double::Double;
use stripe_double::faults::Fault;
use stripe_double::webhooks::sign;

const NOW: i64 = 1_800_000_000;

#[test]
fn signatures_are_checked() {
    let double = Double::start();
    let gateway = stripe(&double);
    let body = br#"{"id":"evt_1","type":"checkout.session.completed","data":{"object":{"id":"cs_1","object":"checkout.session"}}}"#;
    let read = |header: &str| gateway.read_notice(header, body, NOW);
    let good = sign(double.webhook_secret(), body, NOW);
    let notice = read(&good).unwrap();
    assert_eq!((notice.event_id.as_str(), notice.reference.as_deref()), ("evt_1", Some("cs_1")));

    let other = sign("whsec_other", body, NOW);
    assert_eq!(read(&other), Err(NoticeError::Signature));
    assert_eq!(gateway.read_notice(&good, b"{}", NOW), Err(NoticeError::Signature));
    assert_eq!(read(&sign(double.webhook_secret(), body, NOW - 301)), Err(NoticeError::Stale(301)));
    assert_eq!(read(&sign(double.webhook_secret(), body, NOW + 301)), Err(NoticeError::Stale(-301)));
    assert!(read(&sign(double.webhook_secret(), body, NOW - 299)).is_ok());
    // Whoever moves the time breaks the signature.
    assert_eq!(read(&good.replace(&NOW.to_string(), &(NOW + 1).to_string())), Err(NoticeError::Signature));
    for header in ["", "t=", "t=x,v1=00", "v1=00", &format!("t={NOW}"), &format!("t={NOW},v0=00"), &format!("t={NOW},v1=zz"), "=,=,,"] {
        assert_eq!(read(header), Err(NoticeError::Header), "{header}");
    }
}

#[test]
fn secrets_rotate_on_both_sides() {
    let double = Double::start();
    let body = br#"{"id":"evt_1","type":"x","data":{"object":{}}}"#;
    let (old, new) = (sign("whsec_old", body, NOW), sign("whsec_new", body, NOW));
    let with = |secrets: &[&str]| {
        let mut settings = settings(&double);
        settings.webhook_secrets = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        Stripe::new(settings).unwrap()
    };
    // We know both, Stripe signs with either.
    for header in [&old, &new] {
        assert!(with(&["whsec_old", "whsec_new"]).read_notice(header, body, NOW).is_ok());
    }
    // Stripe signs with both, we know one.
    let both = format!("{old},{}", new.split_once(',').unwrap().1);
    assert!(with(&["whsec_new"]).read_notice(&both, body, NOW).is_ok());
    assert!(with(&["whsec_old"]).read_notice(&both, body, NOW).is_ok());
    assert_eq!(with(&["whsec_third"]).read_notice(&both, body, NOW), Err(NoticeError::Signature));
    // No secret, or an empty one, opens nothing.
    assert_eq!(with(&[]).read_notice(&sign("", body, NOW), body, NOW), Err(NoticeError::Signature));
    assert_eq!(with(&[""]).read_notice(&sign("", body, NOW), body, NOW), Err(NoticeError::Signature));
}

#[test]
fn events_name_what_to_look_up() {
    let double = Double::start();
    let gateway = stripe(&double);
    let read = |body: &str| gateway.read_notice(&sign(double.webhook_secret(), body.as_bytes(), NOW), body.as_bytes(), NOW);
    let about = |object: &str| read(&format!(r#"{{"id":"evt_1","type":"t","data":{{"object":{object}}}}}"#)).unwrap();
    let notice = about(r#"{"object":"refund","id":"re_1","payment_intent":"pi_1","new_field":{"deep":[1]}}"#);
    assert_eq!((notice.reference.as_deref(), notice.refund.as_deref()), (Some("pi_1"), Some("re_1")));
    let notice = about(r#"{"object":"charge","id":"ch_1","payment_intent":{"id":"pi_2"}}"#);
    assert_eq!((notice.reference.as_deref(), notice.refund), (Some("pi_2"), None));
    let notice = about(r#"{"object":"payment_intent","id":"pi_3","metadata":{"payment_key":"pay-9"}}"#);
    assert_eq!((notice.reference.as_deref(), notice.payment_key.as_deref()), (Some("pi_3"), Some("pay-9")));
    assert_eq!(about(r#"{"object":"customer","id":"cus_1"}"#).reference, None);
    for broken in ["", "null", "[]", r#"{"id":1}"#, r#"{"id":"evt_1","type":"t"}"#, "\u{0}"] {
        assert!(matches!(read(broken), Err(NoticeError::Body(_))), "{broken}");
    }
}

/// A shop's webhook endpoint that keeps what it reads.
struct Endpoint {
    gateway: Stripe,
    taken: Mutex<Vec<Notice>>,
}

async fn receive(request: HttpRequest, body: Bytes, endpoint: Data<Endpoint>) -> HttpResponse {
    let header = endpoint.gateway.signature_header().unwrap();
    let signature = request.headers().get(header).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match endpoint.gateway.read_notice(signature, &body, chrono::Utc::now().timestamp()) {
        Ok(notice) => {
            endpoint.taken.lock().unwrap().push(notice);
            HttpResponse::Ok().finish()
        }
        Err(_) => HttpResponse::BadRequest().finish(),
    }
}

async fn until(what: impl Fn() -> bool) {
    for _ in 0..200 {
        if what() {
            return;
        }
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not happen within four seconds");
}

#[actix_web::test]
async fn events_are_delivered_dropped_doubled_late_and_reordered() {
    let double = Double::start();
    let endpoint = Data::new(Endpoint { gateway: stripe(&double), taken: Mutex::default() });
    let kept = endpoint.clone();
    let app = move || App::new().app_data(kept.clone()).route("/webhooks/stripe", web::post().to(receive));
    let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0)).unwrap();
    double.webhooks_to(&format!("http://{}/webhooks/stripe", server.addrs()[0]));
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let count = |kind: &str| endpoint.taken.lock().unwrap().iter().filter(|notice| notice.kind == kind).count();

    let gateway = stripe(&double);
    let first = gateway.open(payment("pay-1", eur(3_00), Capture::Automatic)).await.unwrap();
    double.fault_on("checkout.session", Fault::DropWebhook);
    double.fault_on("payment_intent.succeeded", Fault::DoubleWebhook);
    double.fault_on("charge.succeeded", Fault::LateWebhook(200));
    double.pay(&first.reference).unwrap();
    until(|| count("payment_intent.succeeded") == 2 && count("charge.succeeded") == 1).await;
    assert_eq!(count("checkout.session.completed"), 0);

    double.hold_webhooks();
    gateway.refund(&first.reference, eur(1_00), "r1").await.unwrap();
    assert_eq!(count("charge.refunded"), 0);
    let double = actix_web::web::block(move || {
        assert_eq!(double.deliver_reversed(), 2);
        assert_eq!(double.deliver_pending(), 0);
        double
    });
    let double = double.await.unwrap();
    let kinds: Vec<String> = endpoint.taken.lock().unwrap().iter().rev().take(2).map(|notice| notice.kind.clone()).collect();
    assert_eq!(kinds, ["refund.created", "charge.refunded"]);

    let events = double.events().len();
    let double = actix_web::web::block(move || {
        assert_eq!(double.deliver_again(), events);
        double
    });
    let double = double.await.unwrap();
    let paid: Vec<Notice> =
        endpoint.taken.lock().unwrap().iter().filter(|notice| notice.kind == "checkout.session.completed").cloned().collect();
    assert_eq!(paid.len(), 1);
    assert_eq!((paid[0].reference.as_deref(), paid[0].payment_key.as_deref()), (Some(first.reference.as_str()), Some("pay-1")));
    assert!(double.deliveries().iter().all(|delivery| delivery.status == Some(200)));
    handle.stop(false).await;
}
