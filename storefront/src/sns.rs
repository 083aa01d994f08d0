//! What Amazon SES tells of mails by way of Amazon SNS: certificates that its messages are signed with, subscriptions that are confirmed, and
//! bounces and complaints (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html).

use crate::outbound;
use crate::schema::sns_certificates as kept;
use chrono::TimeDelta;
use crm::campaigns::reports::{self, Notice, Said};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::mail::sns::{Message, NOTIFICATION, SUBSCRIPTION};
use kernel::{Conn, Db, Error, Result, on_each};
use parking_lot::Mutex;
use serde_json::Value;
use std::time::Duration;

/// The job that confirms a subscription; its payload is the address that does.
pub const CONFIRM_JOB: &str = "sns.confirm";
/// How long Amazon may take, and bytes of what it answers.
const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST: u64 = 64 * 1024;
/// How long a certificate is kept. A new one has another address.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Recipients of a notice that are looked at: the shop's mails have one.
const RECIPIENTS: usize = 50;
/// Characters of a status that are kept.
const STATUS: usize = 40;

/// Held by whoever fetches a certificate: strangers cannot have the shop call Amazon many times at once.
static FETCHING: Mutex<()> = Mutex::new(());

/// What is at an address of Amazon's.
pub fn fetch(address: &str) -> Result<Vec<u8>> {
    let failed = |error: ureq::Error| Error::Unavailable(format!("Amazon SNS does not answer: {error}"));
    let mut answer = outbound::agent(PATIENCE, 0, false).get(address).call().map_err(failed)?;
    match answer.status().as_u16() {
        200 => answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(failed),
        status => Err(Error::Unavailable(format!("Amazon SNS answered {status}"))),
    }
}

/// The certificate at an address that is Amazon's ([`Message::is_amazons`]), which the caller has looked at: as it is kept, or fetched now.
/// Blocks; no transaction may be open. `Unavailable` when it cannot be had now.
pub fn certificate(db: &Db, address: &str, fetch: &dyn Fn(&str) -> Result<Vec<u8>>, now: Time) -> Result<String> {
    if let Some(pem) = db.read_now(|conn| known(conn, address, now))? {
        return Ok(pem);
    }
    let Some(_alone) = FETCHING.try_lock() else { return Err(Error::Unavailable("a certificate of Amazon SNS is being fetched".into())) };
    let pem = String::from_utf8(fetch(address)?).map_err(|_| Error::Unavailable("Amazon SNS answered no certificate".into()))?;
    let (address, found) = (address.to_string(), pem.clone());
    db.write_now(move |conn| keep_certificate(conn, &address, &found, now))?;
    Ok(pem)
}

fn known(conn: &mut Conn, address: &str, now: Time) -> Result<Option<String>> {
    let own = kept::table.filter(kept::address.eq(address)).filter(kept::fetched_at.gt(now - KEPT));
    Ok(own.select(kept::pem).first(conn).optional()?)
}

fn keep_certificate(conn: &mut Conn, address: &str, pem: &str, now: Time) -> Result<()> {
    let row = (kept::address.eq(address), kept::pem.eq(pem), kept::fetched_at.eq(now));
    let change = (kept::pem.eq(pem), kept::fetched_at.eq(now));
    on_each!(conn, c => diesel::insert_into(kept::table).values(row).on_conflict(kept::address).do_update().set(change).execute(c))?;
    Ok(())
}

/// Does what a message says whose topic and signature were checked. Answers whether anything followed from it; being told twice changes
/// nothing.
pub fn take(conn: &mut Conn, message: &Message, now: Time) -> Result<bool> {
    match message.kind.as_str() {
        SUBSCRIPTION => {
            let Some(address) = message.confirms() else { return Ok(false) };
            let key = format!("sns:{}:{}", message.topic_arn, message.message_id);
            jobs::enqueue_as(conn, Class::Outside, CONFIRM_JOB, address, Some(&key), now, now)?;
            Ok(true)
        }
        NOTIFICATION => {
            let mut any = false;
            for notice in notices(&message.message) {
                any |= reports::noticed(conn, &notice, now)?;
            }
            Ok(any)
        }
        _ => Ok(false),
    }
}

/// Confirms a subscription by calling the address that was signed.
pub fn confirm(address: &str) -> Result<()> {
    fetch(address).map(drop)
}

/// What SES says in a message: one notice for each recipient, nothing of what is no bounce and no complaint.
fn notices(text: &str) -> Vec<Notice> {
    let Ok(body) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let at = |place: &str| body.pointer(place).and_then(Value::as_str).unwrap_or("");
    let kind = if at("/notificationType").is_empty() { at("/eventType") } else { at("/notificationType") };
    let (said, list) = match kind {
        "Bounce" if at("/bounce/bounceType") == "Permanent" => (Said::Gone, "/bounce/bouncedRecipients"),
        "Bounce" => (Said::Bounced, "/bounce/bouncedRecipients"),
        // Somebody took their complaint back.
        "Complaint" if at("/complaint/complaintFeedbackType") == "not-spam" => return Vec::new(),
        "Complaint" => (Said::Complained, "/complaint/complainedRecipients"),
        _ => return Vec::new(),
    };
    // SES gives mails a Message-ID of its own and tells the one that they had.
    let message_id = at("/mail/commonHeaders/messageId").trim_matches(['<', '>', ' ']).to_string();
    let of = |one: &Value| {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or("").trim().to_string();
        let status = if text("status").is_empty() { at("/bounce/bounceSubType").to_string() } else { text("status") };
        Notice {
            said,
            message_id: message_id.clone(),
            recipient: bare(&text("emailAddress")),
            status: status.chars().filter(|c| !c.is_control()).take(STATUS).collect(),
        }
    };
    let recipients = body.pointer(list).and_then(Value::as_array);
    recipients.into_iter().flatten().take(RECIPIENTS).map(of).filter(|notice| !notice.recipient.is_empty()).collect()
}

/// An address without the name before it.
fn bare(address: &str) -> String {
    match address.rsplit_once('<') {
        Some((_, rest)) => rest.trim_end_matches('>').trim().to_string(),
        None => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::clock::Clock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn bounces_and_complaints_of_ses_are_understood() {
        let bounce = |kind: &str| {
            let text = format!(
                r#"{{"notificationType":"Bounce","bounce":{{"bounceType":"{kind}","bounceSubType":"General","bouncedRecipients":
                [{{"emailAddress":"Ann <ann@example.com>","status":"5.1.1"}},{{"emailAddress":"ben@example.com"}}]}},
                "mail":{{"messageId":"0100-ses","commonHeaders":{{"messageId":"<1.2@shop.test>"}}}}}}"#
            );
            notices(&text)
        };
        let gone = bounce("Permanent");
        let parts = |one: &Notice| (one.said, one.recipient.clone(), one.status.clone(), one.message_id.clone());
        assert_eq!(parts(&gone[0]), (Said::Gone, "ann@example.com".into(), "5.1.1".into(), "1.2@shop.test".into()));
        assert_eq!(parts(&gone[1]), (Said::Gone, "ben@example.com".into(), "General".into(), "1.2@shop.test".into()));
        assert_eq!(bounce("Transient")[0].said, Said::Bounced);
        let complaint = r#"{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"ann@example.com"}]},"mail":{}}"#;
        assert_eq!(notices(complaint)[0].said, Said::Complained);
        for nothing in ["no JSON", "[]", r#"{"notificationType":"Delivery"}"#, r#"{"notificationType":"Bounce"}"#] {
            assert_eq!(notices(nothing), Vec::new(), "{nothing}");
        }
    }

    #[test]
    fn a_certificate_is_fetched_once() {
        let db = kernel::testing::db();
        let (now, asked) = (Clock::default().now(), AtomicUsize::new(0));
        let fetch = |_: &str| {
            // The first time Amazon does not answer.
            match asked.fetch_add(1, Ordering::SeqCst) {
                0 => Err(Error::Unavailable("no".into())),
                _ => Ok(b"a certificate".to_vec()),
            }
        };
        assert!(certificate(&db, "https://a", &fetch, now).is_err());
        for _ in 0..3 {
            assert_eq!(certificate(&db, "https://a", &fetch, now).unwrap(), "a certificate");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        certificate(&db, "https://a", &fetch, now + KEPT + TimeDelta::days(1)).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 3, "and again when it is old");
    }
}
