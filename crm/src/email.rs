//! A mail address, parsed once at the edge.

use kernel::{Error, Result};

/// A syntactically sound address (RFC 5321: at most 254 characters, a domain with a dot), kept as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Reads an address. The error is for the field `field`.
    pub fn parse(text: &str, field: &str) -> Result<Email> {
        let text = text.trim();
        let sound = text.len() <= 254
            && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[],;:\"\\".contains(c))
            && text.split_once('@').is_some_and(|(local, domain)| {
                let labels = domain.split('.').collect::<Vec<_>>();
                !local.is_empty()
                    && local.len() <= 64
                    && labels.len() >= 2
                    && labels.iter().all(|label| {
                        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-') && !label.contains('@')
                    })
            });
        if sound { Ok(Email(text.to_string())) } else { Err(Error::field(field, "email-invalid")) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key by which two spellings are one person: lower case. Dots and `+tags` stay: they are the provider's business.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_for_shape_only() {
        for good in ["ann@example.com", " Ann+tea@mail.example.co ", "用户@例子.广告", "o'hara@example.org"] {
            assert!(Email::parse(good, "email").is_ok(), "{good}");
        }
        for bad in [
            "",
            "ann",
            "ann@",
            "@example.com",
            "ann@host",
            "a b@example.com",
            "ann@example..com",
            "a@b@c.de",
            "x@-a.de",
            "a\r\nBcc: b@c.de",
        ] {
            assert!(Email::parse(bad, "email").is_err(), "{bad}");
        }
        assert_eq!(Email::parse("Ann@Example.COM", "email").map(|e| e.key()).ok(), Some("ann@example.com".into()));
    }
}
