//! One-time passwords by time (RFC 6238 over RFC 4226): six digits that change every thirty seconds, by HMAC-SHA-1, which is what every
//! authenticator app takes. And the spare codes for whoever lost the app.

use crate::clock::Time;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// Seconds that a code stands for.
pub const STEP_SECONDS: i64 = 30;
/// Steps before and after now whose codes are taken too, for clocks that differ.
const WINDOW: i64 = 1;
/// RFC 4648, without padding: letters and digits that are hard to mistake for each other.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret: the 160 random bits that RFC 4226 recommends, in base32 as apps take it typed.
pub fn secret() -> String {
    let bytes: [u8; 20] = rand::random();
    base32(&bytes)
}

/// A new spare code: 80 random bits as four groups of four letters. So many that its plain hash can be kept.
pub fn spare() -> String {
    let bytes: [u8; 10] = rand::random();
    let letters = base32(&bytes).to_lowercase();
    let groups: Vec<&str> = (0..letters.len()).step_by(4).filter_map(|at| letters.get(at..at + 4)).collect();
    groups.join("-")
}

/// The step that `now` lies in.
pub fn step(now: Time) -> i64 {
    now.and_utc().timestamp().div_euclid(STEP_SECONDS)
}

/// The six digits of a step. `None` when `secret` is no base32.
pub fn code(secret: &str, step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes(secret)?).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    // The last four bits say where in the digest the number is (RFC 4226, section 5.3).
    let at = usize::from(digest.last()? & 0x0f);
    let word: [u8; 4] = digest.get(at..at + 4)?.try_into().ok()?;
    Some(format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000))
}

/// The step whose code `typed` is: now, one before or one after, and later than `last`, the step that was taken last. Whoever keeps
/// the answer as the new `last` takes every code once.
pub fn accepted(secret: &str, typed: &str, last: i64, now: Time) -> Option<i64> {
    let now = step(now);
    let mut found = None;
    for step in now - WINDOW..=now + WINDOW {
        let right = bool::from(code(secret, step)?.as_bytes().ct_eq(typed.as_bytes()));
        if right && step > last {
            found = Some(step);
        }
    }
    found
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(LETTERS[(held >> bits) as usize & 31]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(LETTERS[(held << (5 - bits)) as usize & 31]));
    }
    text
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    /// The key of the test vectors in RFC 6238, appendix B.
    const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(seconds: i64) -> Time {
        DateTime::from_timestamp(seconds, 0).expect("a time").naive_utc()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, right) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(KEY, step(at(seconds))).as_deref(), Some(right), "{seconds}");
        }
        assert_eq!(code("no base32!", 1), None);
    }

    #[test]
    fn a_code_is_taken_once_and_within_one_step() {
        let now = at(1_111_111_111);
        let this = step(now);
        let of = |step| code(KEY, step).expect("a code");
        assert_eq!(accepted(KEY, &of(this), 0, now), Some(this));
        assert_eq!(accepted(KEY, &of(this - 1), 0, now), Some(this - 1));
        assert_eq!(accepted(KEY, &of(this + 1), 0, now), Some(this + 1));
        assert_eq!(accepted(KEY, &of(this - 2), 0, now), None);
        assert_eq!(accepted(KEY, &of(this + 2), 0, now), None);
        assert_eq!(accepted(KEY, &of(this), this, now), None, "taken already");
        assert_eq!(accepted(KEY, &of(this - 1), this, now), None, "older than the last one taken");
        assert_eq!(accepted(KEY, "", 0, now), None);
    }

    #[test]
    fn base32_is_that_of_the_standard() {
        for (plain, text) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(plain.as_bytes()), text);
            assert_eq!(bytes(text).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(bytes(KEY).as_deref(), Some(b"12345678901234567890".as_slice()));
        assert_eq!((secret().len(), spare().len()), (32, 19));
    }
}
