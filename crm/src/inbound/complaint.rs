//! What a mailbox provider says when somebody marked a mail of the shop as unwanted (RFC 5965, abuse reporting format).

use super::report::{self, blocks, field};

/// A report that somebody did not want a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaint {
    /// `abuse`, `fraud`, `virus`, `other` or what was registered since, in lower case.
    pub kind: String,
    /// Whom the mail was to; empty when the provider keeps that to itself.
    pub recipient: String,
    /// The Message-ID of the mail, without angle brackets; empty when the report does not say.
    pub message_id: String,
}

impl Complaint {
    /// Whether it says that the mail was unwanted: a reader who took a mail out of the junk says the contrary (RFC 6430).
    pub fn holds(&self) -> bool {
        self.kind != "not-spam"
    }
}

/// Reads the part `message/feedback-report` and the headers of the mail that came with it. The fields may come in any order.
pub(super) fn read(fields: &str, returned: &str) -> Option<Complaint> {
    let blocks = blocks(fields);
    let block = blocks.iter().find(|block| field(block, "feedback-type").is_some())?;
    let recipient = field(block, "original-rcpt-to").unwrap_or("").trim().trim_matches(['<', '>']);
    Some(Complaint {
        kind: field(block, "feedback-type").unwrap_or("").trim().to_lowercase(),
        recipient: if recipient.contains('@') { recipient.to_string() } else { String::new() },
        message_id: report::message_id(returned).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The machine-readable part of the example in RFC 5965, appendix B.2, and the headers of its mail.
    const FIELDS: &str = "Feedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\nOriginal-Mail-From: <somespammer@example.net>\r\n\
        Original-Rcpt-To: <user@example.com>\r\nArrival-Date: Thu, 8 Mar 2005 14:00:00 EDT\r\nReporting-MTA: dns; mail.example.com\r\n\
        Source-IP: 192.0.2.1\r\nAuthentication-Results: mail.example.com;\r\n               spf=fail smtp.mail=somespammer@example.com\r\n\
        Reported-Domain: example.net\r\nReported-Uri: http://example.net/earn_money.html\r\nReported-Uri: mailto:user@example.com\r\n\
        Removal-Recipient: user@example.com\r\n";
    const RETURNED: &str = "From: <somespammer@example.net>\r\nReceived: from mailserver.example.net (mailserver.example.net\r\n        [192.0.2.1])\r\n\
        To: <Undisclosed Recipients>\r\nSubject: Earn money\r\nMIME-Version: 1.0\r\nContent-type: text/plain\r\n\
        Message-ID: 8787KJKJ3K4J3K4J3K4J3.mail@example.net\r\nDate: Thu, 02 Sep 2004 12:31:03 -0500\r\n\r\nSpam Spam Spam\r\n";

    #[test]
    fn the_example_of_the_rfc_is_read() {
        let read_one = read(FIELDS, RETURNED).unwrap();
        assert_eq!((read_one.kind.as_str(), read_one.recipient.as_str()), ("abuse", "user@example.com"));
        assert_eq!(read_one.message_id, "8787KJKJ3K4J3K4J3K4J3.mail@example.net");
        assert!(read_one.holds());
        let redacted = read("Version: 1\r\nFeedback-Type: Not-Spam\r\nOriginal-Rcpt-To: redacted\r\n", "Subject: x").unwrap();
        assert_eq!((redacted.recipient.as_str(), redacted.message_id.as_str(), redacted.holds()), ("", "", false));
        assert_eq!(read("User-Agent: x\r\n", ""), None);
    }
}
