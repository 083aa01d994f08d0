//! What stands between any bytes and the parser. The parser makes a value of each header and each part, and of a mail within a mail another
//! mail: fifty megabytes of headers would take gigabytes, and a mail in a mail in a mail, a million deep, more of the stack than there is.

/// Bytes and lines of headers, of the mail and of all its parts together, and how many parts there may be.
const HEADER_BYTES: usize = 4 * 1024 * 1024;
const HEADER_LINES: usize = 20_000;
const PARTS: usize = 5_000;

/// A copy in which a mail within the mail is a file like any other: the parser is told of no `message/…` and no `multipart/digest`. `None` of
/// what has more headers or parts than any mail.
pub(super) fn tame(raw: &[u8]) -> Option<Vec<u8>> {
    let mut tamed = raw.to_vec();
    let (mut at, mut bytes, mut lines, mut parts) = (0, 0, 0, 0);
    let (mut in_headers, mut in_type) = (true, false);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let range = at..at + line.len();
        at = range.end;
        if line.starts_with(b"--") {
            // The headers of a part may follow. In a text nothing is lost by that.
            parts += 1;
            (in_headers, in_type) = (true, false);
        } else if line.trim_ascii().is_empty() {
            in_headers = false;
        } else if in_headers {
            bytes += line.len();
            if !line.starts_with(b" ") && !line.starts_with(b"\t") {
                lines += 1;
                in_type = line.get(..12).is_some_and(|name| name.eq_ignore_ascii_case(b"content-type"));
            }
            if in_type {
                in_type = !opaque(&mut tamed[range]);
            }
        }
        if bytes > HEADER_BYTES || lines > HEADER_LINES || parts > PARTS {
            return None;
        }
    }
    Some(tamed)
}

/// Makes the type in a line one that the parser does not know, if it is that of a mail. Answers whether its parameters begin in this line.
fn opaque(line: &mut [u8]) -> bool {
    let end = line.iter().position(|byte| *byte == b';');
    let until = end.unwrap_or(line.len());
    let kind = &mut line[..until];
    let start = kind.iter().position(|byte| *byte == b':').map_or(0, |colon| colon + 1);
    // A comment may stand anywhere in it, and hide it. Nobody writes one.
    if kind.contains(&b'(') {
        kind[start..].iter_mut().filter(|byte| !byte.is_ascii_whitespace()).for_each(|byte| *byte = b' ');
    }
    for name in [&b"message"[..], b"digest"] {
        let found = (start..kind.len()).find(|at| kind[*at..].get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name)));
        if let Some(found) = found {
            kind[found] = b'x';
        }
    }
    end.is_some()
}

/// What [`tame`] makes of a type, so that a part is found by its own name.
pub(super) fn tamed_type(kind: &str) -> String {
    kind.replacen("message", "xessage", 1)
}

#[cfg(test)]
mod tests {
    use super::tame;

    fn tamed(raw: &str) -> String {
        String::from_utf8(tame(raw.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_mail_within_a_mail_is_a_file() {
        assert_eq!(
            tamed("Content-Type: message/rfc822; name=\"message.eml\"\r\n"),
            "Content-Type: xessage/rfc822; name=\"message.eml\"\r\n"
        );
        assert_eq!(tamed("content-type:\r\n MESSAGE/global\r\n"), "content-type:\r\n xESSAGE/global\r\n");
        assert_eq!(
            tamed("Content-Type: multipart/digest;\r\n boundary=digest\r\n"),
            "Content-Type: multipart/xigest;\r\n boundary=digest\r\n"
        );
        assert_eq!(tamed("Content-Type: message (x)/rfc822\r\n").trim_end(), "Content-Type:");
        let text = "Subject: message\r\n\r\nContent-Type: message/rfc822\r\n";
        assert_eq!(tamed(text), text, "a text stays as it is");
        assert!(tamed("A: b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nx").contains("xessage/rfc822"));
    }

    #[test]
    fn what_is_no_mail_is_given_up_early() {
        assert!(tame("a:\r\n".repeat(30_000).as_bytes()).is_none());
        assert!(tame(format!("\r\n{}", "--b\r\n\r\n".repeat(6_000)).as_bytes()).is_none());
        assert!(tame(format!("References: {}", "<a@b> ".repeat(1_000_000)).as_bytes()).is_none());
        assert!(tame(format!("A: b\r\n\r\n{}", "text\r\n".repeat(1_000_000)).as_bytes()).is_some());
    }
}
