//! Signatures of mail (RFC 6376): keys are made here and sign with the relaxed canonicalisation of headers and body.

use crate::clock::Time;
use crate::token::Secret;
use crate::{Error, Result, words};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::crypto::{self, CryptoError, Ed25519Key, Sha256, SigningKey};
use mail_auth::common::headers::{HeaderWriter, Writable};
use mail_auth::dkim::{DkimSigner, Done};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign;

/// The shortest that every receiver takes for safe, and the longest whose record fits everywhere.
const RSA_BITS: u32 = 2048;

/// What is signed. A header that a mail does not have is signed as absent; one that is named twice is signed as there once, so that nobody
/// can put another before it (RFC 6376, 5.4.2 and 8.15). Of a mail that offers to unsubscribe, both headers have to be covered
/// (RFC 8058, 4).
const SIGNED: [&str; 14] = [
    "From",
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Reply-To",
    "List-Unsubscribe",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Unsubscribe-Post",
    "List-ID",
];

words!(
    /// How a key signs (RFC 6376, RFC 8463). Not everybody reads the second yet, so mail gets both.
    Algorithm { Rsa = "rsa", Ed25519 = "ed25519" }
);

/// A key that was just made.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub algorithm: Algorithm,
    pub selector: String,
    /// PKCS#8 in base64.
    pub private: Secret,
    /// As its record says it.
    pub public: String,
}

impl NewKey {
    /// Makes a key for each algorithm. Takes some tenths of a second: not for async threads.
    pub fn pair(now: Time) -> Result<Vec<NewKey>> {
        Algorithm::ALL.iter().map(|algorithm| NewKey::make(*algorithm, now)).collect()
    }

    fn make(algorithm: Algorithm, now: Time) -> Result<NewKey> {
        let (private, public) = match algorithm {
            Algorithm::Rsa => {
                let rsa = Rsa::generate(RSA_BITS).map_err(Error::unexpected)?;
                let key = PKey::from_rsa(rsa).map_err(Error::unexpected)?;
                (key.private_key_to_pkcs8().map_err(Error::unexpected)?, key.public_key_to_der().map_err(Error::unexpected)?)
            }
            Algorithm::Ed25519 => {
                let private = Ed25519Key::generate_pkcs8().map_err(Error::unexpected)?;
                let public = Ed25519Key::from_pkcs8_der(&private).map_err(Error::unexpected)?.public_key();
                (private, public)
            }
        };
        // A selector is never used twice, also when keys are changed twice in a day.
        let chance: [u8; 2] = rand::random();
        let selector = format!("{}{}{}", algorithm.as_str(), now.format("%Y%m%d"), hex::encode(chance));
        Ok(NewKey { algorithm, selector, private: Secret::new(STANDARD.encode(private)), public: STANDARD.encode(public) })
    }
}

/// A key ready to sign.
pub struct DkimKey {
    pub domain: String,
    pub selector: String,
    signer: Signer,
}

enum Signer {
    Rsa(Box<DkimSigner<RsaKey, Done>>),
    Ed25519(Box<DkimSigner<Ed25519Key, Done>>),
}

impl DkimKey {
    /// `private` is PKCS#8 in base64.
    pub fn new(domain: &str, selector: &str, algorithm: Algorithm, private: &Secret) -> Result<DkimKey> {
        let der = STANDARD.decode(private.expose()).map_err(|_| Error::unexpected("a DKIM key is not base64"))?;
        let signer = match algorithm {
            Algorithm::Rsa => {
                let key = PKey::private_key_from_pkcs8(&der).map_err(Error::unexpected)?;
                Signer::Rsa(Box::new(DkimSigner::from_key(RsaKey(key)).domain(domain).selector(selector).headers(SIGNED)))
            }
            Algorithm::Ed25519 => {
                let key = Ed25519Key::from_pkcs8_der(&der).map_err(Error::unexpected)?;
                Signer::Ed25519(Box::new(DkimSigner::from_key(key).domain(domain).selector(selector).headers(SIGNED)))
            }
        };
        Ok(DkimKey { domain: domain.to_string(), selector: selector.to_string(), signer })
    }

    /// The header with the signature of `message`, with its line end.
    fn header(&self, message: &[u8]) -> Result<String, String> {
        let signature = match &self.signer {
            Signer::Rsa(signer) => signer.sign(message),
            Signer::Ed25519(signer) => signer.sign(message),
        };
        Ok(signature.map_err(|error| format!("the mail cannot be signed: {error}"))?.to_header())
    }
}

/// An RSA key that OpenSSL signs with: where the processor has wide multiplications it takes a third of the time of other libraries, and that
/// is most of what a mail of a campaign costs.
struct RsaKey(PKey<Private>);

impl SigningKey for RsaKey {
    type Hasher = Sha256;

    fn sign(&self, input: impl Writable) -> mail_auth::Result<Vec<u8>> {
        let mut data = Vec::with_capacity(1024);
        input.write(&mut data);
        let sign = || -> Result<Vec<u8>, ErrorStack> { sign::Signer::new(MessageDigest::sha256(), &self.0)?.sign_oneshot_to_vec(&data) };
        sign().map_err(|error| mail_auth::Error::Crypto(CryptoError::Library(error.to_string())))
    }

    fn algorithm(&self) -> crypto::Algorithm {
        crypto::Algorithm::RsaSha256
    }
}

/// `message` below a signature of each key.
pub fn signed(message: Vec<u8>, keys: &[DkimKey]) -> Result<Vec<u8>, String> {
    let mut headers = String::new();
    for key in keys {
        headers.push_str(&key.header(&message)?);
    }
    if headers.is_empty() {
        return Ok(message);
    }
    let mut all = headers.into_bytes();
    all.extend_from_slice(&message);
    Ok(all)
}

/// What the record of a key says (RFC 6376, 3.6.1).
pub fn record(algorithm: Algorithm, public: &str) -> String {
    format!("v=DKIM1; k={}; p={public}", algorithm.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(new: &NewKey) -> DkimKey {
        DkimKey::new("shop.example", &new.selector, new.algorithm, &new.private).unwrap()
    }

    #[test]
    fn every_key_signs_what_mailboxes_ask_for_and_one_from_too_many() {
        let keys: Vec<DkimKey> = NewKey::pair(Time::default()).unwrap().iter().map(key).collect();
        let message = b"From: a@shop.example\r\nTo: b@example.com\r\nSubject: Hi\r\n\r\nHello\r\n".to_vec();
        let text = String::from_utf8(signed(message.clone(), &keys).unwrap()).unwrap();
        assert!(text.ends_with(std::str::from_utf8(&message).unwrap()), "the message itself stays as it is");
        let (head, _) = text.split_once("From: a@").unwrap();
        assert_eq!(head.matches("DKIM-Signature: ").count(), 2);
        for part in ["a=rsa-sha256", "a=ed25519-sha256", "c=relaxed/relaxed", "d=shop.example"] {
            assert!(head.contains(part), "{part} in {head}");
        }
        for one in head.split("DKIM-Signature: ").skip(1) {
            let flat: String = one.split_whitespace().collect();
            let names = flat.split(';').find_map(|tag| tag.strip_prefix("h=")).unwrap();
            let names: Vec<&str> = names.split(':').collect();
            assert_eq!(names.iter().filter(|name| **name == "From").count(), 2, "{names:?}");
            assert!(names.contains(&"List-Unsubscribe") && names.contains(&"List-Unsubscribe-Post"), "{names:?}");
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let made = NewKey::pair(Time::default()).unwrap();
        let (told, private) = (format!("{:?}", made[0]), made[0].private.expose());
        assert!(!told.contains(&private[..20]) && told.contains(&made[0].public));
    }
}
