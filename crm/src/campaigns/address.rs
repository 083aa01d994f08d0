//! The mail address by which somebody unsubscribes (RFC 2369, section 3.2): a delivery and a signature at the shop's own domain. Mail
//! servers may change the case of an address, so that a signature is hexadecimal.

use super::DeliveryId;
use kernel::token::{self, Signer};

const PURPOSE: &str = "campaign-unsubscribe";
/// Hexadecimal digits of a signature: 80 bits.
const DIGITS: usize = 20;
const BEGIN: &str = "unsubscribe+";

fn sign(signer: &Signer, delivery: DeliveryId) -> String {
    token::hash(&signer.sign(PURPOSE, &delivery.to_string())).chars().take(DIGITS).collect()
}

/// The address that the header `List-Unsubscribe` names beside the page, as `mailto:`.
pub fn mailto(signer: &Signer, delivery: DeliveryId, domain: &str) -> String {
    format!("mailto:{BEGIN}{delivery}-{}@{domain}", sign(signer, delivery))
}

/// The delivery of an address that [`mailto`] made, on whichever domain; `None` for any other.
pub fn read(signer: &Signer, address: &str) -> Option<DeliveryId> {
    let (local, _) = address.trim().rsplit_once('@')?;
    let local = local.to_lowercase();
    let (delivery, signature) = local.strip_prefix(BEGIN)?.rsplit_once('-')?;
    let delivery: DeliveryId = delivery.parse().ok()?;
    // Both are digests of a secret; comparing them tells nothing that helps to guess one.
    (signature == sign(signer, delivery)).then_some(delivery)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::token::Secret;

    #[test]
    fn only_the_shop_makes_addresses_that_unsubscribe() {
        let signer = Signer::new(Secret::new("key"));
        let made = mailto(&signer, DeliveryId(7), "shop.example");
        let address = made.strip_prefix("mailto:").unwrap();
        assert_eq!(read(&signer, address), Some(DeliveryId(7)));
        assert_eq!(read(&signer, &address.to_uppercase()), Some(DeliveryId(7)));
        assert_eq!(read(&signer, &address.replace("+7-", "+8-")), None);
        assert_eq!(read(&Signer::new(Secret::new("other")), address), None);
        for other in ["", "@", "unsubscribe@x", "unsubscribe+7@x", "unsubscribe+7-@x", "unsubscribe+x-1@x"] {
            assert_eq!(read(&signer, other), None, "{other}");
        }
    }
}
