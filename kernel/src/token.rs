//! Secrets and what proves them: random tokens, their hashes, signatures with a key that stays in the shop's settings.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// 192 random bits as 32 URL-safe characters.
pub fn random() -> String {
    let bytes: [u8; 24] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the database keeps of a token, so that a leaked backup opens no session.
pub fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// A text in letters that a cookie or URL can carry, and back.
pub fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// What [`encode`] was given; `None` for anything else.
pub fn decode(letters: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(letters).ok()?).ok()
}

/// A text that never shows in logs or error messages.
#[derive(Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// Signs links and form tokens with HMAC-SHA256 (RFC 2104). `purpose` keeps a signature for one use from serving another.
#[derive(Clone)]
pub struct Signer(Secret);

impl Signer {
    pub fn new(key: Secret) -> Signer {
        Signer(key)
    }

    /// 128 bits of the signature over `purpose` and `text`, URL-safe.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        // HMAC takes a key of any length, so this cannot fail; an empty signature would match nothing.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()) else { return String::new() };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..16])
    }

    /// Whether `signature` was made by [`Signer::sign`], compared in constant time.
    pub fn verify(&self, purpose: &str, text: &str, signature: &str) -> bool {
        let right = self.sign(purpose, text);
        !right.is_empty() && bool::from(right.as_bytes().ct_eq(signature.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_serves_one_purpose_and_one_text() {
        let signer = Signer::new(Secret::new("key"));
        let made = signer.sign("order", "R1001");
        assert!(signer.verify("order", "R1001", &made));
        assert!(!signer.verify("csrf", "R1001", &made) && !signer.verify("order", "R1002", &made) && !signer.verify("order", "R1001", ""));
        assert!(!Signer::new(Secret::new("other")).verify("order", "R1001", &made));
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("sk_live_1")), "[secret]");
    }
}
