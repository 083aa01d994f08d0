//! What a mail server says about a mail that it could not bring (RFC 3464).

/// What became of a mail, for one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whom it was for.
    pub recipient: String,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub action: String,
    /// Such as `5.1.1` (RFC 3463).
    pub status: String,
    /// The Message-ID of the mail, without angle brackets; empty when the report does not say.
    pub message_id: String,
}

/// Statuses of an address that is not there, or not any more: bad mailbox, bad host, bad syntax, moved, no mail wanted there, disabled.
const GONE: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];

impl Report {
    /// Whether it will never arrive.
    pub fn failed(&self) -> bool {
        self.action == "failed" && self.status.starts_with('5')
    }

    /// Whether nothing will ever arrive there.
    pub fn gone(&self) -> bool {
        self.failed() && GONE.contains(&self.status.as_str())
    }
}

/// Reads the part `message/delivery-status`: a block of fields about the mail, and one for each recipient, of which the first is told.
pub(super) fn read(status: &str, message_id: &str) -> Option<Report> {
    let blocks = blocks(status);
    let block = blocks.iter().find(|block| field(block, "final-recipient").is_some())?;
    // "rfc822; ann@example.com": the type of the address, and the address.
    let of = |name: &str| field(block, name).map(|value| value.split_once(';').map_or(value, |(_, address)| address).trim());
    let original = of("original-recipient").filter(|address| address.contains('@'));
    let recipient = original.or(of("final-recipient")).unwrap_or("").trim_matches(['<', '>']).to_string();
    let status = field(block, "status").and_then(|value| value.split_whitespace().next()).unwrap_or("");
    let sound = status.len() <= 12 && status.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    Some(Report {
        recipient,
        action: field(block, "action").unwrap_or("").to_lowercase(),
        status: if sound { status.to_string() } else { String::new() },
        message_id: message_id.to_string(),
    })
}

/// The Message-ID among the headers of the mail that came back, without angle brackets.
pub(super) fn message_id(headers: &str) -> Option<String> {
    let first = blocks(headers).into_iter().next()?;
    field(&first, "message-id").map(|value| value.trim_matches(['<', '>', ' ']).to_string())
}

pub(super) type Block = Vec<(String, String)>;

pub(super) fn field<'a>(block: &'a Block, name: &str) -> Option<&'a str> {
    block.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Fields in groups with an empty line between them; a line that begins with a space goes on.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = vec![Vec::new()];
    for line in text.lines() {
        let Some(block) = blocks.last_mut() else { break };
        if line.trim().is_empty() {
            if !block.is_empty() {
                blocks.push(Vec::new());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = block.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            block.push((name.trim().to_lowercase(), value.trim().to_string()));
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_recipient_and_reason() {
        let text = "Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; <gone@example.com>\r\nAction: Failed\r\n\
                    Status: 5.1.1 (no such user)\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n  user unknown\r\n";
        let report = read(text, "m@shop.example").unwrap();
        assert_eq!((report.recipient.as_str(), report.status.as_str()), ("gone@example.com", "5.1.1"));
        assert!(report.failed() && report.gone());
        let full = Report { status: "5.2.2".into(), ..report.clone() };
        assert!(full.failed() && !full.gone(), "a full mailbox is emptied again");
        let late = Report { action: "delayed".into(), status: "4.4.1".into(), ..report };
        assert!(!late.failed());
        assert_eq!(read("nothing here", ""), None);
        assert_eq!(read("", ""), None);
    }

    #[test]
    fn the_message_is_named_by_its_headers() {
        assert_eq!(message_id("Subject: x\nMessage-Id:\n <a@b>\n\nMessage-ID: <no@b>"), Some("a@b".into()));
        assert_eq!(message_id("Subject: x"), None);
    }
}
