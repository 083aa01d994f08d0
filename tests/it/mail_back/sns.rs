//! What Amazon SES tells by way of Amazon SNS: signed by Amazon and of a topic that the operator named, or not heard.

use super::{ANN, counted, held, sent};
use crate::support::house::House;
use crm::suppressions::Reason;
use kernel::jobs;
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::{X509, X509Name};
use serde_json::{Value, json};
use storefront::sns;

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:bounces";
const CERTIFICATE: &str = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem";
const CONFIRM: &str = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=t";

/// A key that signs as Amazon's does, and its certificate.
fn certificate() -> (PKey<Private>, Vec<u8>) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "sns.amazonaws.com").unwrap();
    let name = name.build();
    let mut made = X509::builder().unwrap();
    made.set_version(2).unwrap();
    made.set_subject_name(&name).unwrap();
    made.set_issuer_name(&name).unwrap();
    made.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    made.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    made.set_pubkey(&key).unwrap();
    made.sign(&key, MessageDigest::sha256()).unwrap();
    (key, made.build().to_pem().unwrap())
}

/// Signs these fields of a message, in the order in which SNS does.
fn signed(key: &PKey<Private>, version: &str, mut message: Value) -> Value {
    let fields = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
    let line = |name: &&str| message[*name].as_str().map(|value| format!("{name}\n{value}\n"));
    let text: String = fields.iter().filter_map(line).collect();
    let digest = if version == "1" { MessageDigest::sha1() } else { MessageDigest::sha256() };
    let signature = Signer::new(digest, key).unwrap().sign_oneshot_to_vec(text.as_bytes()).unwrap();
    message["Signature"] = json!(openssl::base64::encode_block(&signature));
    message["SignatureVersion"] = json!(version);
    message["SigningCertURL"] = json!(CERTIFICATE);
    message["UnsubscribeURL"] = json!("https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe");
    message
}

fn notification(topic: &str, said: &Value) -> Value {
    json!({ "Type": "Notification", "MessageId": "1", "TopicArn": topic, "Subject": "Amazon SES", "Message": said.to_string(),
        "Timestamp": "2026-11-23T12:00:00.000Z" })
}

fn subscription(topic: &str) -> Value {
    json!({ "Type": "SubscriptionConfirmation", "MessageId": "2", "TopicArn": topic, "Message": "You have chosen to subscribe.", "Token": "t",
        "SubscribeURL": CONFIRM, "Timestamp": "2026-11-23T12:00:00.000Z" })
}

fn post(house: &House, body: &str) -> u16 {
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = client.post(format!("{}/hooks/reports/ses", house.base_url)).header("content-type", "text/plain; charset=UTF-8");
    request.send(body).unwrap().status().as_u16()
}

#[test]
fn amazon_is_heard_about_topics_that_the_operator_named() {
    let (house, _) = sent(&[("REGULARS_INBOUND_SNS_TOPICS", TOPIC)]);
    let (key, pem) = certificate();
    let fetch = |_: &str| -> kernel::Result<Vec<u8>> { Ok(pem.clone()) };
    sns::certificate(&house.db, CERTIFICATE, &fetch, house.state.clock.now()).unwrap();
    let tell = |message: &Value| post(&house, &message.to_string());
    let confirming = || -> Vec<String> {
        let jobs = house.db.read_now(|conn| jobs::list(conn, None, None, 100)).unwrap();
        jobs.into_iter().filter(|job| job.kind == sns::CONFIRM_JOB).map(|job| job.payload).collect()
    };

    let other = "arn:aws:sns:eu-west-1:999999999999:bounces";
    assert_eq!(tell(&signed(&key, "2", subscription(other))), 403, "a topic that nobody named");
    assert_eq!(tell(&subscription(TOPIC)), 400, "without a signature");
    assert_eq!(confirming(), [""; 0]);
    assert_eq!((tell(&signed(&key, "2", subscription(TOPIC))), tell(&signed(&key, "1", subscription(TOPIC)))), (200, 200));
    assert_eq!(confirming(), [CONFIRM], "once, however often it is asked");

    let bounce = json!({ "notificationType": "Bounce", "bounce": { "bounceType": "Permanent", "bounceSubType": "General",
        "bouncedRecipients": [{ "emailAddress": ANN, "status": "5.1.1" }] },
        "mail": { "messageId": "0100-ses", "commonHeaders": { "messageId": "<spring.1@shop.test>" } } });
    let good = signed(&key, "1", notification(TOPIC, &bounce));
    let mut forged = good.clone();
    forged["Message"] = json!(bounce.to_string().replace(ANN, "ben@example.com"));
    let mut led = good.clone();
    led["SigningCertURL"] = json!("https://sns.eu-west-1.amazonaws.com.evil.example/a.pem");
    let stranger = signed(&certificate().0, "2", notification(TOPIC, &bounce));
    assert_eq!((tell(&forged), tell(&led), tell(&stranger), post(&house, "no JSON")), (401, 403, 401, 400));
    assert_eq!((counted(&house.db, "bounced"), held(&house.db, ANN)), (0, None));
    assert_eq!((tell(&good), tell(&good)), (200, 200));
    assert_eq!((counted(&house.db, "bounced"), held(&house.db, ANN)), (1, Some(Reason::Bounced)));

    let complaint = json!({ "eventType": "Complaint", "complaint": { "complainedRecipients": [{ "emailAddress": ANN }] },
        "mail": { "commonHeaders": { "messageId": "spring.1@shop.test" } } });
    assert_eq!(tell(&signed(&key, "2", notification(TOPIC, &complaint))), 200);
    assert_eq!(counted(&house.db, "complained"), 1);
}

#[test]
fn without_topics_amazon_is_not_heard() {
    let house = House::open();
    assert_eq!(post(&house, &subscription(TOPIC).to_string()), 404);
}
