//! The links of mails: signed, so that nobody makes up one, and each for one delivery.
//!
//! `/m/{token}` is a link of the content that is counted; the pages of a mail (`…/view`, `…/why`, `…/unsubscribe`) and its picture have a token
//! that leads nowhere. A token is the delivery and the target with a line's end between them, in base64url (RFC 4648), and a signature.

use crm::campaigns::DeliveryId;
use kernel::token::{self, Signer};

/// What the signature is for.
const PURPOSE: &str = "campaign-link";
/// Characters of a signature ([`Signer::sign`]); it is the end of the token.
const SIGNATURE: usize = 22;

fn token(signer: &Signer, delivery: DeliveryId, target: &str) -> String {
    let text = format!("{delivery}\n{target}");
    let signature = signer.sign(PURPOSE, &text);
    format!("{}{signature}", token::encode(&text))
}

/// The path of a counted link to `target`, which is absolute.
pub fn wrap(signer: &Signer, delivery: DeliveryId, target: &str) -> String {
    format!("/m/{}", token(signer, delivery, target))
}

/// The delivery and the target of a token that was made here; the target is empty of one that leads to the mail's own pages. None for any
/// other text, and for a target that is no page of the web.
pub fn read(signer: &Signer, token: &str) -> Option<(DeliveryId, String)> {
    let at = token.len().checked_sub(SIGNATURE).filter(|at| token.is_char_boundary(*at))?;
    let (letters, signature) = token.split_at(at);
    let text = token::decode(letters)?;
    if !signer.verify(PURPOSE, &text, signature) {
        return None;
    }
    let (delivery, target) = text.split_once('\n')?;
    (target.is_empty() || is_web(target)).then_some((delivery.parse().ok()?, target.to_string()))
}

/// The delivery of a token of a mail's own pages. That of a link of the content does not open them.
pub fn read_own(signer: &Signer, token: &str) -> Option<DeliveryId> {
    read(signer, token).filter(|(_, target)| target.is_empty()).map(|(delivery, _)| delivery)
}

/// Whether `target` is an absolute address of the web.
pub fn is_web(target: &str) -> bool {
    let sound = |text: &str| !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\');
    sound(target) && url::Url::parse(target).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// The picture that says that a mail was opened.
pub fn open_path(signer: &Signer, delivery: DeliveryId) -> String {
    format!("/m/{}/open.gif", token(signer, delivery, ""))
}

/// Where a mail is unsubscribed from: the button of the page, and One-Click (RFC 8058).
pub fn unsubscribe_path(signer: &Signer, delivery: DeliveryId) -> String {
    format!("/m/{}/unsubscribe", token(signer, delivery, ""))
}

/// The mail as a page.
pub fn view_path(signer: &Signer, delivery: DeliveryId) -> String {
    format!("/m/{}/view", token(signer, delivery, ""))
}

/// Why somebody got the mail.
pub fn why_path(signer: &Signer, delivery: DeliveryId) -> String {
    format!("/m/{}/why", token(signer, delivery, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::token::Secret;

    fn signer() -> Signer {
        Signer::new(Secret::new("key"))
    }

    #[test]
    fn a_link_leads_where_it_was_made_to() {
        let path = wrap(&signer(), DeliveryId(7), "https://shop.test/products/mug?a=1&b=2");
        let token = path.strip_prefix("/m/").unwrap();
        let found = read(&signer(), token).unwrap();
        assert_eq!(found, (DeliveryId(7), "https://shop.test/products/mug?a=1&b=2".to_string()));
        // The same token opens no page of the mail: whoever is given a link of it cannot unsubscribe its reader.
        assert_eq!(read_own(&signer(), token), None);
        let own = unsubscribe_path(&signer(), DeliveryId(7));
        let own = own.strip_prefix("/m/").and_then(|rest| rest.strip_suffix("/unsubscribe")).unwrap();
        assert_eq!(read_own(&signer(), own), Some(DeliveryId(7)));
    }

    #[test]
    fn nobody_makes_up_a_link() {
        let other = Signer::new(Secret::new("other"));
        let path = wrap(&other, DeliveryId(7), "https://evil.test/");
        assert_eq!(read(&signer(), &path["/m/".len()..]), None);
        let good = wrap(&signer(), DeliveryId(7), "https://shop.test/");
        let (letters, signature) = good["/m/".len()..].split_at(good.len() - "/m/".len() - SIGNATURE);
        let moved = format!("{}{signature}", kernel::token::encode("7\nhttps://evil.test/"));
        for made_up in ["", "x", "é", "éééééééééééééééé", letters, signature, &moved, &good] {
            assert_eq!(read(&signer(), made_up), None, "{made_up}");
        }
    }

    #[test]
    fn a_link_leads_to_the_web_alone() {
        for target in [
            "javascript:alert(1)",
            "//evil.test",
            "/products/mug",
            "data:text/html,x",
            "https://",
            "https://a.test\\@b.test",
            "ftp://a.test/",
        ] {
            assert!(!is_web(target), "{target}");
            let path = wrap(&signer(), DeliveryId(7), target);
            assert_eq!(read(&signer(), &path["/m/".len()..]), None, "{target}");
        }
        assert!(is_web("https://shop.test/a?b=c#d") && is_web("http://127.0.0.1:8080/"));
    }
}
