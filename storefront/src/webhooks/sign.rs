//! Signatures of Standard Webhooks: HMAC-SHA256 over id, time and payload, in Base64, named `v1`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Error, Result};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// A new secret: 256 random bits in the form that receivers' libraries read.
pub fn secret() -> String {
    let bytes: [u8; 32] = rand::random();
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The `webhook-signature` of a message sent at `timestamp` (seconds since 1970), one part for each secret.
pub fn signatures(secrets: &[&str], id: &str, timestamp: i64, payload: &str) -> Result<String> {
    let signed = format!("{id}.{timestamp}.{payload}");
    let parts: Result<Vec<String>> = secrets.iter().map(|secret| signature(secret, &signed)).collect();
    Ok(parts?.join(" "))
}

fn signature(secret: &str, signed: &str) -> Result<String> {
    let broken = || Error::unexpected("a webhook's secret is no secret");
    let key = STANDARD.decode(secret.strip_prefix(PREFIX).ok_or_else(broken)?).map_err(|_| broken())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| broken())?;
    mac.update(signed.as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_receivers_check() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#).expect("signs");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let twice = signatures(&[secret, &super::secret()], "msg_1", 1, "{}").expect("signs");
        assert_eq!(twice.split(' ').count(), 2);
        assert!(signatures(&["no secret"], "msg_1", 1, "{}").is_err());
    }
}
