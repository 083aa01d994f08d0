//! The mail addresses and Message-IDs by which an answer finds its ticket. Both are signed: nobody makes up one for a ticket they do not
//! know. Mail servers may change the case of an address, so a signature is hexadecimal.

use super::MessageId;
use kernel::token::{self, Signer};

const REPLY: &str = "ticket-reply";
const MESSAGE: &str = "ticket-message";
/// Hexadecimal digits of a signature: 80 bits.
const DIGITS: usize = 20;

fn sign(signer: &Signer, purpose: &str, text: &str) -> String {
    token::hash(&signer.sign(purpose, text)).chars().take(DIGITS).collect()
}

/// Where the customer's mail program sends what they reply: the ticket's number and a signature at the shop's own domain.
pub fn reply_to(signer: &Signer, number: &str, domain: &str) -> String {
    let number = number.to_lowercase();
    let signature = sign(signer, REPLY, &number);
    format!("reply+{number}-{signature}@{domain}")
}

/// The number of the ticket that an address made by [`reply_to`] is for, on whichever domain; `None` for any other address.
pub fn read(signer: &Signer, address: &str) -> Option<String> {
    let (local, _) = address.trim().rsplit_once('@')?;
    let local = local.to_lowercase();
    let (number, signature) = local.strip_prefix("reply+")?.rsplit_once('-')?;
    let right = sign(signer, REPLY, number);
    // Both are digests of a secret; comparing them tells nothing that helps to guess one.
    (signature == right).then(|| number.to_uppercase())
}

/// The Message-ID of the mail that an answer goes by, without angle brackets: the same however often it is asked for.
pub fn message_id(signer: &Signer, number: &str, message: MessageId, host: &str) -> String {
    let number = number.to_lowercase();
    let signature = sign(signer, MESSAGE, &format!("{number}.{message}"));
    format!("{number}.{message}.{signature}@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::token::Secret;

    #[test]
    fn only_the_shop_makes_addresses_of_tickets() {
        let signer = Signer::new(Secret::new("key"));
        let made = reply_to(&signer, "T1001", "shop.example");
        assert_eq!(read(&signer, &made), Some("T1001".into()));
        assert_eq!(read(&signer, &made.to_uppercase()), Some("T1001".into()));
        assert_eq!(read(&signer, &made.replace("t1001", "t1002")), None);
        assert_eq!(read(&Signer::new(Secret::new("other")), &made), None);
        for other in ["", "@", "reply+@x", "reply+t1001@x", "reply+t1001-@x", "ann@example.com"] {
            assert_eq!(read(&signer, other), None, "{other}");
        }
    }
}
