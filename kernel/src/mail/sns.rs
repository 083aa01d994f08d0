//! Messages of Amazon SNS as they come by HTTP, and whether Amazon signed them
//! (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html).

use crate::clock::Time;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::Id;
use openssl::sign::Verifier;
use openssl::x509::X509;
use serde::Deserialize;

/// What happened at a topic that somebody subscribed to.
pub const NOTIFICATION: &str = "Notification";
/// Somebody asks that a topic tells the shop.
pub const SUBSCRIPTION: &str = "SubscriptionConfirmation";

/// A message as it was posted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    #[serde(rename = "Type")]
    pub kind: String,
    pub message_id: String,
    pub topic_arn: String,
    pub message: String,
    pub timestamp: String,
    pub signature_version: String,
    pub signature: String,
    /// Where the certificate is that it was signed with.
    #[serde(rename = "SigningCertURL")]
    pub certificate: String,
    pub subject: Option<String>,
    pub token: Option<String>,
    /// Whoever calls this confirms the subscription.
    #[serde(rename = "SubscribeURL")]
    pub subscribe: Option<String>,
}

/// The region of a topic's name (`arn:aws:sns:region:account:name`); `None` of anything else.
fn region(topic: &str) -> Option<&str> {
    let parts: Vec<&str> = topic.split(':').collect();
    let ["arn", "aws", "sns", region, account, name] = parts[..] else { return None };
    let letters = |text: &str, more: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let known = letters(region, "-") && account.bytes().all(|digit| digit.is_ascii_digit()) && !account.is_empty();
    (known && letters(name, "-_.")).then_some(region)
}

/// Whether a text is the name of a topic.
pub fn is_topic(text: &str) -> bool {
    region(text).is_some()
}

impl Message {
    /// What stands behind the host in an address of Amazon's for this topic; `None` of any other address. The host is compared with what
    /// follows it, so that no name, port or user can be slipped in.
    fn behind<'a>(&self, address: &'a str) -> Option<&'a str> {
        address.strip_prefix(&format!("https://sns.{}.amazonaws.com/", region(&self.topic_arn)?))
    }

    /// Whether the certificate is one of Amazon's.
    pub fn is_amazons(&self) -> bool {
        let plain = |path: &str| path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        self.behind(&self.certificate).is_some_and(|path| path.ends_with(".pem") && path.len() > 4 && plain(path))
    }

    /// The address that confirms the subscription, if it is one of Amazon's.
    pub fn confirms(&self) -> Option<&str> {
        let address = self.subscribe.as_deref()?;
        let query = self.behind(address)?;
        (query.starts_with("?Action=ConfirmSubscription&") && query.chars().all(|c| c.is_ascii_graphic())).then_some(address)
    }

    /// What is signed: names and values, each on a line of its own.
    fn signed(&self) -> Option<String> {
        let mut fields = vec![("Message", self.message.as_str()), ("MessageId", self.message_id.as_str())];
        match self.kind.as_str() {
            NOTIFICATION => fields.extend(self.subject.as_deref().map(|subject| ("Subject", subject))),
            _ => fields.push(("SubscribeURL", self.subscribe.as_deref()?)),
        }
        fields.push(("Timestamp", self.timestamp.as_str()));
        if self.kind != NOTIFICATION {
            fields.push(("Token", self.token.as_deref()?));
        }
        fields.extend([("TopicArn", self.topic_arn.as_str()), ("Type", self.kind.as_str())]);
        Some(fields.iter().map(|(name, value)| format!("{name}\n{value}\n")).collect())
    }

    /// Says what is wrong with the signature, by the certificate in `pem`.
    pub fn verify(&self, pem: &[u8], now: Time) -> Result<(), &'static str> {
        let digest = match self.signature_version.as_str() {
            "1" => MessageDigest::sha1(),
            "2" => MessageDigest::sha256(),
            _ => return Err("the version of the signature is not known"),
        };
        let certificate = X509::from_pem(pem).map_err(|_| "the certificate cannot be read")?;
        let moment = Asn1Time::from_unix(now.and_utc().timestamp()).map_err(|_| "the time is wrong")?;
        if certificate.not_before() > moment || certificate.not_after() < moment {
            return Err("the certificate is not valid now");
        }
        let key = certificate.public_key().map_err(|_| "the certificate has no key")?;
        if key.id() != Id::RSA {
            return Err("the certificate has no RSA key");
        }
        let text = self.signed().ok_or("a part of the message is missing")?;
        let signature = STANDARD.decode(self.signature.trim()).map_err(|_| "the signature is not base64")?;
        let mut verifier = Verifier::new(digest, &key).map_err(|_| "the signature cannot be checked")?;
        match verifier.verify_oneshot(&signature, text.as_bytes()) {
            Ok(true) => Ok(()),
            _ => Err("the signature is wrong"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use openssl::pkey::{PKey, Private};
    use openssl::rsa::Rsa;
    use openssl::sign::Signer;
    use openssl::x509::X509Name;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:bounces";

    /// A key, and its certificate for so many days.
    fn certificate(days: u32) -> (PKey<Private>, Vec<u8>) {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("CN", "sns.amazonaws.com").unwrap();
        let name = name.build();
        let mut made = X509::builder().unwrap();
        made.set_version(2).unwrap();
        made.set_subject_name(&name).unwrap();
        made.set_issuer_name(&name).unwrap();
        made.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        made.set_not_after(&Asn1Time::days_from_now(days).unwrap()).unwrap();
        made.set_pubkey(&key).unwrap();
        made.sign(&key, MessageDigest::sha256()).unwrap();
        (key, made.build().to_pem().unwrap())
    }

    fn message(kind: &str, version: &str, key: &PKey<Private>) -> Message {
        let subscribes = kind == SUBSCRIPTION;
        let mut message = Message {
            kind: kind.into(),
            message_id: "1".into(),
            topic_arn: TOPIC.into(),
            message: "{\"a\":\"line\\nbreak\"}".into(),
            timestamp: "2026-11-23T12:00:00.000Z".into(),
            signature_version: version.into(),
            signature: String::new(),
            certificate: "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem".into(),
            subject: (!subscribes).then(|| "Amazon SES".into()),
            token: subscribes.then(|| "t".into()),
            subscribe: subscribes.then(|| "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t".into()),
        };
        let digest = if version == "1" { MessageDigest::sha1() } else { MessageDigest::sha256() };
        let text = message.signed().unwrap();
        message.signature = STANDARD.encode(Signer::new(digest, key).unwrap().sign_oneshot_to_vec(text.as_bytes()).unwrap());
        message
    }

    #[test]
    fn what_amazon_signed_is_known_and_nothing_else() {
        let now = Clock::default().now() + chrono::TimeDelta::seconds(5);
        let (key, pem) = certificate(2);
        for kind in [NOTIFICATION, SUBSCRIPTION] {
            for version in ["1", "2"] {
                let good = message(kind, version, &key);
                assert_eq!(good.verify(&pem, now), Ok(()), "{kind} {version}");
                for wrong in [
                    Message { message: "{}".into(), ..good.clone() },
                    Message { topic_arn: format!("{TOPIC}2"), ..good.clone() },
                    Message { signature_version: if version == "1" { "2" } else { "1" }.into(), ..good.clone() },
                    Message { signature: "AAAA".into(), ..good.clone() },
                    Message { subject: Some("x".into()), token: Some("x".into()), ..good.clone() },
                ] {
                    assert!(wrong.verify(&pem, now).is_err(), "{wrong:?}");
                }
                assert!(good.verify(&certificate(2).1, now).is_err(), "another certificate");
                assert_eq!(good.verify(&pem, now + chrono::TimeDelta::days(3)), Err("the certificate is not valid now"));
            }
        }
    }

    #[test]
    fn certificates_and_confirmations_are_amazons_alone() {
        let (key, _) = certificate(2);
        let good = message(SUBSCRIPTION, "2", &key);
        assert!(good.is_amazons() && good.confirms().is_some());
        for address in [
            "http://sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
            "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
            "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem",
            "https://s3.eu-west-1.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com/../a.pem",
            "https://sns.eu-west-1.amazonaws.com/.pem",
            "https://sns.eu-west-1.amazonaws.com/a.txt",
            "https://sns.eu-west-1.amazonaws.com/?a.pem",
        ] {
            assert!(!Message { certificate: address.into(), ..good.clone() }.is_amazons(), "{address}");
            assert_eq!(Message { subscribe: Some(address.into()), ..good.clone() }.confirms(), None, "{address}");
        }
        assert!(is_topic(TOPIC) && !is_topic("arn:aws:sns:eu-west-1/evil.example:1:x") && !is_topic("arn:aws:sqs:eu-west-1:1:x"));
    }
}
